#!/usr/bin/env python3
"""Resizing and every geometric augmentation against other people's code, on real photos: PSNR, with a floor each.

    pictures.py PROGRAM FOLDER      PROGRAM: build/.../picture_tool; FOLDER: photos

Resizing is compared with Pillow's BILINEAR (the same triangle filter), the warp with OpenCV's warpAffine (bilinear,
BORDER_REFLECT) where cv2 is there and with scikit-image's warp (mode symmetric) where that is; brightness and erase
with their definition in numpy; noise with its own deviation. Ends with 77 where Pillow or numpy is missing."""
import math
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    from PIL import Image
except ImportError:
    print("no Pillow or numpy for this Python")
    sys.exit(77)

PHOTOS = ["astronaut.png", "chelsea.png", "coffee.png", "china.jpg", "flower.jpg", "rocket.jpg",
          "hubble_deep_field.jpg"]
SIDE = 96


def psnr(a, b):
    mean = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return 99.0 if mean == 0 else 10 * math.log10(255**2 / mean)


class Tool:
    def __init__(self, program, folder):
        self.program, self.folder = program, Path(folder)

    def run(self, px, h, w, *words):
        source, out = self.folder / "in", self.folder / "out"
        source.write_bytes(px.tobytes())
        done = subprocess.run([self.program, source, str(px.shape[0]), str(px.shape[1]), out, *map(str, words)],
                              capture_output=True, text=True, timeout=60)
        if done.returncode:
            sys.exit(f"{words}: {done.stderr}")
        return np.frombuffer(out.read_bytes(), np.uint8).reshape(h, w, 3)


def maps(name, v, side):
    """Output (x, y) about the middle to where it is read, 2x3; as op_NAME.c says."""
    v = [*v, 0]
    c, s = math.cos(math.radians(v[0])), math.sin(math.radians(v[0]))
    inverse = 1 / (v[0] or 1)
    return {"flip": [[-1, 0, 0], [0, 1, 0]], "rotate": [[c, s, 0], [-s, c, 0]],
            "zoom": [[inverse, 0, 0], [0, inverse, 0]], "shear": [[1, math.tan(math.radians(v[0])), 0], [0, 1, 0]],
            "shift": [[1, 0, -v[0] * side], [0, 1, -v[1] * side]]}.get(name)


def by_opencv(px, m):
    import cv2
    mid = (px.shape[0] - 1) / 2
    full = np.array(m, np.float64)
    full[:, 2] += mid - full[:, :2] @ [mid, mid]
    return cv2.warpAffine(px, full, px.shape[1::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                          borderMode=cv2.BORDER_REFLECT)


def by_skimage(px, m):
    from skimage import transform
    mid = (px.shape[0] - 1) / 2
    full = np.array([*m, [0, 0, 1]], np.float64)
    full[:2, 2] += mid - full[:2, :2] @ [mid, mid]
    return transform.warp(px, full, order=1, mode="symmetric", preserve_range=True).round().astype(np.uint8)


def rivals():
    found = {}
    for name, module, fn in (("opencv", "cv2", by_opencv), ("scikit-image", "skimage", by_skimage)):
        try:
            __import__(module)
            found[name] = fn
        except ImportError:
            print(f"no {module}: its comparison is left out")
    return found


def check(worst, name, value, floor):
    worst[name] = (min(value, worst.get(name, (99, 0))[0]), floor)


def resizing(tool, px, worst):
    for h, w in ((64, 64), (48, 80), (224, 224), (600, 700), (33, 1)):
        theirs = np.asarray(Image.fromarray(px).resize((w, h), Image.BILINEAR))
        check(worst, "resize, Pillow", psnr(tool.run(px, h, w, "resize", h, w), theirs), 50)


def moving(tool, px, worst, others):
    for name, v in (("flip", [0]), ("rotate", [17.5]), ("rotate", [-90]), ("zoom", [0.8]), ("zoom", [1.3]), ("shear", [12]),
                    ("shift", [0.13, -0.07])):
        ours = tool.run(px, SIDE, SIDE, name, *v)
        for who, fn in others.items():
            check(worst, f"{name}, {who}", psnr(ours, fn(px, maps(name, v, SIDE))), 55)


def valuing(tool, px, worst):
    brighter = np.floor(np.clip(px.astype(np.float32) * np.float32(1.3), 0, 255) + 0.5)
    ours = tool.run(px, SIDE, SIDE, "brightness", 1.3)
    check(worst, "brightness, numpy", psnr(ours, np.minimum(brighter, 255)), 60)
    left, top, right, bottom = (round(q * SIDE) for q in (0.25, 0.125, 0.75, 0.5))
    erased = px.copy()
    erased[top:bottom, left:right] = np.floor(px.reshape(-1, 3).mean(0) + 0.5)
    check(worst, "erase, numpy", psnr(tool.run(px, SIDE, SIDE, "erase", 0.25, 0.125, 0.5, 0.375), erased), 60)
    grey = np.full_like(px, 128)
    noisy = tool.run(grey, SIDE, SIDE, "noise", 0.05).astype(np.float64) - 128
    check(worst, "noise, its deviation", 99 if abs(noisy.std() - 12.75) < 0.4 and abs(noisy.mean()) < 0.4 else 0, 60)


def main():
    program, photos = sys.argv[1], Path(sys.argv[2])
    worst, others = {}, rivals()
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(program, folder)
        for name in PHOTOS:
            photo = Image.open(photos / name).convert("RGB")
            resizing(tool, np.asarray(photo), worst)
            small = np.asarray(photo.resize((SIDE, SIDE), Image.BILINEAR))
            moving(tool, small, worst, others)
            valuing(tool, small, worst)
    for name, (value, floor) in worst.items():
        print(f"  {'ok ' if value >= floor else 'LOW'} {name}: PSNR {value:.1f} dB at least, floor {floor}")
    sys.exit(any(value < floor for value, floor in worst.values()))


main()
