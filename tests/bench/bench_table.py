"""bench_table.py [IMAGES] [FOLDER]: how long a kernel takes to list, relabel, split and show a very large set, and its memory.

Writes IMAGES (1,000,000) small pictures, each another one, into FOLDER (kept and used again; default: a folder that is
removed), ten classes of them, and drives build/logolens as Jupyter would. Prints seconds of each cell and the largest
resident memory after it. Asserts nothing."""
import random
import shutil
import struct
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import kernel_support  # noqa: E402

SIDE, PER_FOLDER = 16, 10_000
CELLS = (
    "load many from {many} size 64x64 split 80/20 seed 1",
    "list",
    "relabel many keep brand0, brand1, brand2 rest other",
    "split many 70/15/15 seed 2",
    "many",
    "describe many",
    "relabel many image 412, 518 as brand1",
    "drop many image 7",
    "undo",
    "show many where label = brand2 limit 24",
)


def write_pictures(folder, count):
    """BMP files: 54 bytes of header and the pixels, which are blobs of noise, so that they differ for the hash."""
    header = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + SIDE * SIDE * 3, 0, 0, 54, 40, SIDE, SIDE, 1, 24, 0, 0,
                         2835, 2835, 0, 0)
    noise = random.Random(1)
    for first in range(0, count, PER_FOLDER):
        part = folder / f"part{first // PER_FOLDER:04}"
        for brand in range(10):
            (part / f"brand{brand}").mkdir(parents=True, exist_ok=True)
        for i in range(first, min(count, first + PER_FOLDER)):
            cells = noise.randbytes(48)
            rows = [b"".join(cells[(y // 4 * 4 + x // 4) * 3:][:3] for x in range(SIDE)) for y in range(SIDE)]
            with open(part / f"brand{i % 10}" / f"{i:07}.bmp", "wb") as file:
                file.write(header + b"".join(rows))


def peak(process):
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    base = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else Path(tempfile.mkdtemp(prefix="logolens-many-"))
    many = base / "many"
    try:
        if not many.exists():
            began = time.perf_counter()
            write_pictures(many, count)
            print(f"{count:,} pictures written in {time.perf_counter() - began:.0f} s", flush=True)
        kernel_support.PATIENCE = 3600
        with kernel_support.Kernel(env={"LOGOLENS_ROOTS": str(base)}) as kernel:
            client = kernel.client().ready()
            print(f"{'seconds':>9}  {'peak MiB':>9}  cell")
            for cell in CELLS:
                began = time.perf_counter()
                content = client.execute(cell.format(many=many))[0].content
                seconds = time.perf_counter() - began
                failed = "" if content["status"] == "ok" else f"   FAILED: {content.get('ename')} {content.get('evalue')}"
                print(f"{seconds:9.2f}  {peak(kernel.process):9.0f}  {cell}{failed}", flush=True)
    finally:
        if len(sys.argv) <= 2:
            shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
