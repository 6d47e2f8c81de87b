#!/usr/bin/env python3
"""Pictures, ours beside the peers' scripts, in interleaved rounds: JPEGs to 64x64 floats, and ten variants of each of
300 pictures (flip, rotate, shift). Prints one JSON object.

PEER_PYTHON names a Python with any of opencv-python-headless, simplejpeg, pillow, tensorflow, torchvision,
albumentations; numpy and pillow are needed to make and judge the pictures. Without it, or without the scripts below
LOGOLENS_SHARED (else ../shared), ours is timed alone on nothing: there is no rival to quote. Several Pythons may be
given, parted by colons; the first that has a package stands for it.

`ratio` is ours to theirs, of the best rates of the rounds. `error` is the mean absolute difference, in steps of 1/255,
from a float area-resize of the wholly decoded photo (Pillow's decoder, sums in double precision)."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGE_PEERS = {"simplejpeg": "simplejpeg", "opencv-reduced": "cv2", "opencv-area": "cv2", "opencv": "cv2",
               "pillow-draft": "PIL", "pillow": "PIL", "torchvision": "torchvision", "tf": "tensorflow"}
AUGMENT_PEERS = {"opencv": "cv2", "albumentations": "albumentations", "torchvision": "torchvision", "scipy": "scipy",
                 "keras": "keras"}
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
    found = {"logolens": ours}
    for lib, module in peers.items():
        also = ("cv2",) if lib == "simplejpeg" else ()
        python = python_with(pythons, module, "numpy", *also)
        if python:
            found[lib] = [python, PEERS / script, "--lib", lib, *arguments]
    return found


def interleaved(runs, rounds):
    best = {}
    for _ in range(rounds):
        for name, command in runs.items():
            line = run(command, check=name == "logolens")
            if line:
                best[name] = max(best.get(name, 0), line["images_per_s"])
    return {name: {"images_per_s": rate, "ratio": round(best["logolens"] / rate, 2)} for name, rate in best.items()}


def errors(judge, table, runs, ours_raw, folder, size):
    """Adds each contestant's error; the judge makes the reference again from the files."""
    for name, row in table.items():
        command = [judge, HERE / "images_error.py", folder, size]
        if name == "logolens":
            row["error"] = run([*command, ours_raw])["error"]
        else:
            row["error"] = run([runs[name][0], *command[1:], "--lib", name, "--peers", PEERS])["error"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("ours", help="the bench_images program")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--count", type=int, default=200, help="JPEGs of 500x375")
    p.add_argument("--size", type=int, default=64)
    a = p.parse_args()
    pythons = [x for x in os.environ.get("PEER_PYTHON", "").split(":") if x]
    judge = python_with(pythons, "numpy", "PIL")
    if not judge or not (PEERS / "images.py").exists():
        print("no PEER_PYTHON with numpy and pillow, or no peers' scripts: nothing to stand beside", file=sys.stderr)
        print(json.dumps({"augment": run([a.ours, "augment", 300, a.size, a.threads, 5])}, indent=1))
        return
    with tempfile.TemporaryDirectory() as folder:
        raw, photos = Path(folder) / "ours.raw", Path(folder) / "jpg"
        run([judge, PEERS / "make_jpegs.py", "--count", a.count, "--out", photos])
        names = Path(folder) / "list"
        names.write_text("".join(f"{f}\n" for f in sorted(photos.glob("*.jpg"))))
        common = ["--threads", a.threads, "--size", a.size]
        images = contestants(pythons, IMAGE_PEERS, [a.ours, "images", names, a.size, a.threads, 7, 1, raw], "images.py",
                             ["--dir", photos, *common])
        augment = contestants(pythons, AUGMENT_PEERS, [a.ours, "augment", 300, a.size, a.threads, 5], "augment.py",
                              common)
        out = {"threads": a.threads, "rounds": a.rounds, "decode_and_resize": interleaved(images, a.rounds),
               "augment_x10": interleaved(augment, a.rounds)}
        errors(judge, out["decode_and_resize"], images, raw, photos, a.size)
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
