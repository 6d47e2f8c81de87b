#!/usr/bin/env python3
"""One training epoch of the course's network, ours against Keras, in interleaved rounds. Prints one JSON object.

PEER_PYTHON names a Python that has TensorFlow; without it ours is timed alone. The rival's script is
peers/train_keras.py below LOGOLENS_SHARED (else ../shared). Absolute times mean little on another machine or beside
other work; the ratio of the least times of interleaved rounds is the figure to quote. `others_cpu` is how many cores
other programs used meanwhile: below 0.1 the numbers are clean."""
import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds():
    fields = [int(v) for v in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    busy = (sum(fields) - fields[3] - fields[4]) / TICKS
    mine = os.times()
    return busy, mine.user + mine.system + mine.children_user + mine.children_system


def last_json(command, env):
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=900)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        sys.exit(f"{command[0]} failed: {done.stderr.strip()[-400:]}")
    return json.loads(lines[-1])


def contestants(args):
    """name -> (command, how to read its line: (list of least epoch seconds, medians, memory in MB))"""
    found = {"logolens": ([args.ours, str(args.threads), str(args.epochs), str(args.images)],
                          lambda r: (r["epoch_s_min"], r["epoch_s_median"], r["peak_rss_mb"]))}
    python = os.environ.get("PEER_PYTHON")
    script = Path(os.environ.get("LOGOLENS_SHARED", "../shared")) / "peers/train_keras.py"
    if not python:
        print("PEER_PYTHON is not set: timing ours alone", file=sys.stderr)
    elif not script.exists():
        print(f"{script} is not there: timing ours alone", file=sys.stderr)
    else:
        for steps in (1, 94):
            found[f"keras_steps_{steps}"] = (
                [python, str(script), "--steps-per-execution", str(steps), "--epochs", str(args.epochs), "--threads",
                 str(args.threads), "--images", str(args.images)],
                lambda r: (r["epoch_s"]["min"], r["epoch_s"]["median"], r["peak_rss_mb"]))
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("ours", help="the bench_train program")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--epochs", type=int, default=6, help="in each round; Keras' first is not counted")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--images", type=int, default=3000)
    args = p.parse_args()
    env = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    runs = contestants(args)
    seen = {name: [] for name in runs}
    busy, mine = cpu_seconds()
    start = os.times().elapsed
    for _ in range(args.rounds):
        for name, (command, read) in runs.items():
            seen[name].append(read(last_json(command, env)))
    busy2, mine2 = cpu_seconds()
    out = {"workload": "one epoch, 64x64x3, batch 32, SGD", "images": args.images, "threads": args.threads,
           "rounds": args.rounds, "epochs_a_round": args.epochs,
           "others_cpu": round(max(0, busy2 - busy - (mine2 - mine)) / (os.times().elapsed - start), 2)}
    for name, rows in seen.items():
        out[name] = {"epoch_s_min": min(r[0] for r in rows), "epoch_s_median": round(statistics.median(r[1] for r in rows), 4),
                     "peak_mb": max(r[2] for r in rows)}
    for name in runs:
        if name != "logolens":
            out[name]["ratio_ours_to_theirs_min"] = round(out["logolens"]["epoch_s_min"] / out[name]["epoch_s_min"], 3)
            out[name]["ratio_ours_to_theirs_median"] = round(out["logolens"]["epoch_s_median"] / out[name]["epoch_s_median"], 3)
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
