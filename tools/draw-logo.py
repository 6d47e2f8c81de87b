#!/usr/bin/env python3
"""Draws install/logo-32x32.png and logo-64x64.png: the shapes of install/logo-svg.svg, with edges smoothed by 8x8 samples
a pixel. Standard library only. Usage: tools/draw-logo.py [FOLDER]"""
import struct
import sys
import zlib
from pathlib import Path

DARK, MIDDLE, LIGHT, ORANGE, WHITE = (31, 78, 121), (91, 143, 185), (201, 214, 226), (224, 122, 31), (255, 255, 255)


def rounded(x, y, left, top, size, radius):
    dx = max(left + radius - x, 0, x - (left + size - radius))
    dy = max(top + radius - y, 0, y - (top + size - radius))
    return left <= x <= left + size and top <= y <= top + size and dx * dx + dy * dy <= radius * radius


def near(x, y, x1, y1, x2, y2, width):
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    t = min(1, max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length))
    return (x - x1 - t * (x2 - x1)) ** 2 + (y - y1 - t * (y2 - y1)) ** 2 <= (width / 2) ** 2


def colour(x, y):
    """Colour at a point of the 64 x 64 drawing, or None; the last shape of the SVG lies on top."""
    distance = ((x - 34) ** 2 + (y - 34) ** 2) ** 0.5
    if near(x, y, 29, 25, 29, 42, 6) or near(x, y, 29, 42, 41, 42, 6):
        return ORANGE
    if near(x, y, 47, 47, 58, 58, 8):
        return DARK
    if distance <= 21:
        return DARK if distance >= 15 else WHITE
    for left, top, fill in ((4, 4, LIGHT), (18, 4, MIDDLE), (4, 18, MIDDLE), (18, 18, DARK)):
        if rounded(x, y, left, top, 11, 2.5):
            return fill
    return None


def pixel(column, row, size, samples=8):
    found = [colour((column + (i + 0.5) / samples) * 64 / size, (row + (j + 0.5) / samples) * 64 / size)
             for i in range(samples) for j in range(samples)]
    inside = [c for c in found if c]
    if not inside:
        return bytes(4)
    return bytes([round(sum(c[k] for c in inside) / len(inside)) for k in range(3)] + [round(255 * len(inside) / len(found))])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size):
    rows = b"".join(b"\0" + b"".join(pixel(x, y, size) for x in range(size)) for y in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


folder = Path(sys.argv[1] if len(sys.argv) > 1 else "install")
for size in (32, 64):
    (folder / f"logo-{size}x{size}.png").write_bytes(png(size))
