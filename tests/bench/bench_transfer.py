#!/usr/bin/env python3
"""Transfer learning, ours beside the peers' scripts, in interleaved rounds: the features of images of 224x224 by a
frozen ResNet-50 (random weights), once; epochs of a head on them (two 3x3 convolutions of 256, global average, dense 4
softmax; batch 32, SGD at 0.01); and one image, and eight, through the network. Prints a table on stderr and one JSON
object.

PEER_PYTHON names a Python with any of keras and tensorflow, torch, onnx and onnxruntime or openvino; several may be
given, parted by colons, and the first that has a package stands for it. PEER_TORCH is one more. Without them, or
without peers/ below LOGOLENS_SHARED (else ../shared), ours is timed alone. Graph engines only use networks: they have
no head.

For each contestant and each of the four jobs (features, head_epoch, batch_1, batch_8):
  s          least seconds of all rounds, by the clock (batch_1, batch_8: of one call)
  cpu_s      least processor time, all threads. On a busy machine only this counts, and only with --threads 1: waiting
             threads of two may spin
  ours       how many times as long as ours this one takes (above 1: ours is faster)
  ours_cpu   the same of processor time
others_cpu is how many cores other programs used meanwhile: below 0.1 the seconds are clean."""
import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from bench import cpu_seconds
from bench_images import PEERS, python_with, run

OURS, JOBS = "logolens", ("features", "head_epoch", "batch_1", "batch_8")


def learner_times(line):
    """job -> (seconds, processor seconds), of a program that trains."""
    epoch, cpu = line["cached"]["epoch_s"]["min"], line["cached"]["epoch_cpu_s"]["min"]
    return {"features": (line["features"]["s"], line["features"]["cpu_s"]), "head_epoch": (epoch, cpu)}


def user_times(line):
    """The same, of one that uses a network; the fastest of its ways to be called."""
    found = {}
    for row in line.get("results") or line["infer"]:
        job, seconds = f"batch_{row['batch']}", (row["ms"]["min"] / 1e3, row["cpu_ms_min"] / 1e3)
        found[job] = tuple(map(min, found.get(job, seconds), seconds))
    return found


def both_times(line):
    return {**learner_times(line), **user_times(line)}


def contestants(args, threads, folder):
    """name -> [(command, how to read its line)]; ours first."""
    found = {OURS: [([args.ours, threads, args.images, args.epochs], both_times)]}
    pythons = [x for x in os.environ.get("PEER_PYTHON", "").split(":") + [os.environ.get("PEER_TORCH", "")] if x]
    if not pythons or not (PEERS / "transfer_keras.py").exists():
        print("no PEER_PYTHON, or no peers' scripts: timing ours alone", file=sys.stderr)
        return found
    learn = ["--threads", threads, "--images", args.images, "--epochs", args.epochs, "--uncached-epochs", 0]
    use = ["--threads", threads, "--name", "resnet50", "--size", 224, "--features", "--batches", "1,8", "--repeats", 5,
           "--min-time", 0]
    python = python_with(pythons, "keras", "tensorflow")
    if python:
        found["keras"] = [([python, PEERS / "transfer_keras.py", *learn], learner_times),
                          ([python, PEERS / "infer_keras.py", *use, "--how", "function"], user_times)]
    python = python_with(pythons, "torch")
    if python:
        found["torch"] = [([python, PEERS / "transfer_torch.py", *learn, "--channels-last"], learner_times),
                          ([python, PEERS / "infer_torch.py", *use, "--mode", "freeze"], user_times)]
    maker, model = python_with(pythons, "onnx"), Path(folder) / "resnet50"
    for engine in ("onnxruntime", "openvino"):
        python = python_with(pythons, engine, "numpy")
        if not python or not maker:
            continue
        if not model.with_suffix(".onnx").exists():
            run([maker, PEERS / "make_onnx.py", "--model", "resnet50", "--size", 224, "--features", "--out", model])
        found[engine] = [([python, PEERS / "infer_graph.py", *use, "--engine", engine, "--model", model], user_times)]
    return found


def interleaved(runs, rounds):
    """name -> job -> row. A peer that fails is left out; ours may not."""
    least = {name: {} for name in runs}
    for _ in range(rounds):
        for name, commands in runs.items():
            for command, read in commands:
                line = run(command, check=name == OURS)
                for job, seconds in (read(line) if line else {}).items():
                    least[name][job] = tuple(map(min, least[name].get(job, seconds), seconds))
    table = {}
    for name, jobs in least.items():
        for job, (seconds, cpu) in jobs.items():
            row = table.setdefault(name, {}).setdefault(job, {"s": round(seconds, 5), "cpu_s": round(cpu, 5)})
            if name != OURS:
                row["ours"] = round(seconds / least[OURS][job][0], 3)
                row["ours_cpu"] = round(cpu / least[OURS][job][1], 3)
    return table


def show(title, table, images):
    print(f"\n{title}", file=sys.stderr)
    for job in JOBS:
        unit = {"features": f"s, {images} images", "head_epoch": f"s, {images} images"}.get(job, "s a call")
        print(f"  {job} ({unit})\n{'':16}{'s':>10}{'cpu_s':>10}{'ours':>8}{'ours_cpu':>10}", file=sys.stderr)
        for name, jobs in table.items():
            if job in jobs:
                row = jobs[job]
                print(f"    {name:12}{row['s']:>10.4f}{row['cpu_s']:>10.4f}{row.get('ours', ''):>8}"
                      f"{row.get('ours_cpu', ''):>10}", file=sys.stderr)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("ours", help="the bench_transfer program")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    p.add_argument("--images", type=int, default=512)
    p.add_argument("--epochs", type=int, default=4, help="of the head, in each round; the first is not counted")
    args = p.parse_args()
    out = {"workload": "frozen ResNet-50 at 224x224, head of two 3x3 convolutions of 256", "images": args.images,
           "rounds": args.rounds, "what the words mean": "tests/bench/bench_transfer.py --help"}
    with tempfile.TemporaryDirectory() as folder:
        for threads in args.threads:
            runs = contestants(args, threads, folder)
            busy, mine = cpu_seconds()
            start = os.times().elapsed
            table = interleaved(runs, args.rounds)
            busy2, mine2 = cpu_seconds()
            others = round(max(0, busy2 - busy - (mine2 - mine)) / (os.times().elapsed - start), 2)
            many = f"{threads} thread{'s' if threads > 1 else ''}"
            out[many] = {"others_cpu": others, **table}
            show(f"{many}, least of {args.rounds} rounds; others used {others} cores", table, args.images)
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
