#!/usr/bin/env python3
"""Pictures, ours beside the peers' scripts, in interleaved rounds: JPEGs of 500x375 to 64x64 floats, and ten variants of
each of 300 pictures (flip, rotate, shift), on one thread and on two. Prints one JSON object, and as a table on stderr what
is in it.

PEER_PYTHON names a Python with any of opencv-python-headless, simplejpeg, pillow, tensorflow, torchvision,
albumentations; numpy and pillow are needed to make and judge the pictures. Without it, or without the scripts below
LOGOLENS_SHARED (else ../shared), ours is timed alone on nothing: there is no rival to quote. Several Pythons may be
given, parted by colons; the first that has a package stands for it.

`logolens` is the library in this process: read, decode, fit, to floats, as the peers do. `logolens load` is what a cell
does: read below what is allowed, SHA-256, decode in the sandboxed helper at no less than 128x128, brightness, perceptual
hash, fit, look-alikes, split, to floats. For each contestant:
  images_per_s        the best rate of all rounds, by the clock
  median_images_per_s the median of the rounds' best rates
  cpu_us              processor time an image, all threads, in the best round; on a busy machine the figure to trust.
                      Of `load` the mean of all rounds, with the helpers and their start
  ours                how many times the rate of this one `logolens` has (above 1: ours is faster)
  load                the same of `logolens load`
  ours_cpu, load_cpu  the same of processor time (above 1: ours takes less)
  error               mean absolute difference, in steps of 1/255, from a float area-resize of the wholly decoded photo
                      (Pillow's decoder, sums in double precision)"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGE_PEERS = {"simplejpeg": "simplejpeg", "opencv-reduced": "cv2", "opencv-area": "cv2", "opencv": "cv2",
               "pillow-draft": "PIL", "pillow": "PIL", "torchvision": "torchvision", "tf": "tensorflow"}
AUGMENT_PEERS = {"opencv": "cv2", "albumentations": "albumentations", "torchvision": "torchvision", "scipy": "scipy",
                 "keras": "keras"}
OURS, LOAD = "logolens", "logolens load"
HERE = Path(__file__).resolve().parent
PEERS = (Path(os.environ.get("LOGOLENS_SHARED", "../shared")) / "peers").resolve()


def run(command, check=True):
    env = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    done = subprocess.run([str(c) for c in command], env=env, capture_output=True, text=True, timeout=900)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if check and (done.returncode or not lines):
        sys.exit(f"{command} failed: {done.stderr.strip()[-400:]}")
    return json.loads(lines[-1]) if lines and not done.returncode else None


def python_with(pythons, *modules):
    """The first Python that can import them all, or None."""
    find = "import importlib.util as u, sys; sys.exit(any(u.find_spec(m) is None for m in sys.argv[1:]))"
    for python in pythons:
        if subprocess.run([python, "-c", find, *modules], capture_output=True).returncode == 0:
            return python
    return None


def contestants(pythons, peers, ours, script, arguments):
    """name -> command; ours first."""
    found = dict(ours)
    for lib, module in peers.items():
        also = ("cv2",) if lib == "simplejpeg" else ()
        python = python_with(pythons, module, "numpy", *also)
        if python:
            found[lib] = [python, PEERS / script, "--lib", lib, *arguments]
    return found


def interleaved(runs, rounds):
    """name -> row. A peer that fails is left out; ours may not."""
    seen = {}
    for _ in range(rounds):
        for name, command in runs.items():
            line = run(command, check=name in (OURS, LOAD))
            if line:
                seen.setdefault(name, []).append(line)
    table = {}
    for name, lines in seen.items():
        rates = [line["images_per_s"] for line in lines]
        table[name] = {"images_per_s": max(rates), "median_images_per_s": round(statistics.median(rates)),
                       "cpu_us": round(min(line["cpu_us_per_image"] for line in lines), 1)}
    for name, row in table.items():
        for word, us in (("ours", OURS), ("load", LOAD)):
            if us in table and name != us:
                row[word] = round(table[us]["images_per_s"] / row["images_per_s"], 2)
                row[word + "_cpu"] = round(row["cpu_us"] / table[us]["cpu_us"], 2)
    return table


def judge_errors(judge, table, runs, raw, folder, size):
    """name -> error. The judge makes the reference again from the files."""
    found = {}
    for name in table:
        command = [judge, HERE / "images_error.py", folder, size]
        if name in raw:
            found[name] = run([*command, raw[name]])["error"]
        else:
            found[name] = run([runs[name][0], *command[1:], "--lib", name, "--peers", PEERS])["error"]
    return found


def show(title, table):
    words = ("images_per_s", "median_images_per_s", "cpu_us", "ours", "ours_cpu", "load", "load_cpu", "error")
    words = [w for w in words if any(w in row for row in table.values())]
    print(f"\n{title}\n{'':16}" + "".join(f"{w:>{max(len(w), 7) + 2}}" for w in words), file=sys.stderr)
    for name, row in table.items():
        cells = "".join(f"{row.get(w, ''):>{max(len(w), 7) + 2}}" for w in words)
        print(f"{name:16}{cells}", file=sys.stderr)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("ours", help="the bench_images program")
    p.add_argument("program", help="the logolens program, whose helper decodes for `load`")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    p.add_argument("--count", type=int, default=200, help="JPEGs of 500x375")
    p.add_argument("--size", type=int, default=64)
    a = p.parse_args()
    pythons = [x for x in os.environ.get("PEER_PYTHON", "").split(":") if x]
    judge = python_with(pythons, "numpy", "PIL")
    if not judge or not (PEERS / "images.py").exists():
        print("no PEER_PYTHON with numpy and pillow, or no peers' scripts: nothing to stand beside", file=sys.stderr)
        print(json.dumps({"augment": run([a.ours, "augment", 300, a.size, a.threads[0], 5])}, indent=1))
        return
    out = {"rounds": a.rounds, "what the words mean": "tests/bench/bench_images.py --help"}
    with tempfile.TemporaryDirectory() as folder:
        photos, names = Path(folder) / "jpg", Path(folder) / "list"
        raw = {OURS: Path(folder) / "ours.raw", LOAD: Path(folder) / "load.raw"}
        run([judge, PEERS / "make_jpegs.py", "--count", a.count, "--out", photos])
        names.write_text("".join(f"{f}\n" for f in sorted(photos.glob("*.jpg"))))
        errors = None
        for threads in a.threads:
            common = ["--threads", threads, "--size", a.size]
            ours = {OURS: [a.ours, "images", names, a.size, threads, 7, 1, raw[OURS]],
                    LOAD: [a.ours, "load", photos, a.size, threads, 7, a.program, raw[LOAD]]}
            images = contestants(pythons, IMAGE_PEERS, ours, "images.py", ["--dir", photos, *common])
            table = interleaved(images, a.rounds)
            errors = errors or judge_errors(judge, table, images, raw, photos, a.size)
            for name, row in table.items():
                row["error"] = errors[name]
            ours = {OURS: [a.ours, "augment", 300, a.size, threads, 5]}
            augment = interleaved(contestants(pythons, AUGMENT_PEERS, ours, "augment.py", common), a.rounds)
            many = f"{threads} thread{'s' if threads > 1 else ''}"
            out[many] = {"decode and resize": table, "augment x10": augment}
            show(f"JPEGs of 500x375 to {a.size}x{a.size} floats, {many}, best of {a.rounds} rounds", table)
            show(f"ten variants of a picture of {a.size}x{a.size}, {many}, best of {a.rounds} rounds", augment)
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
