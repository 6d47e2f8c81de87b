#!/usr/bin/env python3
"""How far 64x64 pictures lie from a float area-resize of the wholly decoded JPEGs of a folder, in steps of 1/255.

    images_error.py FOLDER SIZE floats.raw                 what bench_images wrote
    images_error.py FOLDER SIZE --lib opencv --peers DIR   what the peers' images.py makes of the folder"""
import argparse
import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def area_weights(n, m):
    """(m, n): how much of each of n pixels lies below each of m."""
    edge = np.linspace(0, n, m + 1)
    low, high = edge[:-1, None], edge[1:, None]
    pixel = np.arange(n)[None, :]
    part = np.clip(np.minimum(high, pixel + 1) - np.maximum(low, pixel), 0, None)
    return part / part.sum(1, keepdims=True)


def reference(folder, size):
    out = []
    for path in sorted(Path(folder).glob("*.jpg")):
        px = np.asarray(Image.open(path).convert("RGB"), np.float64) / 255
        rows = np.tensordot(area_weights(px.shape[0], size), px, (1, 0))
        out.append(np.tensordot(area_weights(px.shape[1], size), rows, (1, 1)).transpose(1, 0, 2))
    return np.array(out)


def of_peer(lib, peers, folder, size):
    sys.path.insert(0, peers)
    sys.argv = ["images.py", "--lib", lib, "--dir", folder, "--size", str(size), "--repeats", "1", "--threads", "1"]
    with contextlib.redirect_stdout(io.StringIO()):
        return runpy.run_path(str(Path(peers) / "images.py"))["out"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("folder")
    p.add_argument("size", type=int)
    p.add_argument("raw", nargs="?")
    p.add_argument("--lib")
    p.add_argument("--peers")
    a = p.parse_args()
    wanted = reference(a.folder, a.size)
    got = (of_peer(a.lib, a.peers, a.folder, a.size) if a.lib else np.fromfile(a.raw, np.float32).reshape(wanted.shape))
    print(json.dumps({"error": round(float(np.abs(got - wanted).mean()) * 255, 4)}))


if __name__ == "__main__":
    main()
