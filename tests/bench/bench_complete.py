"""bench_complete.py [TIMES] [FOLDER]: how long Tab and Shift-Tab take where there is much to offer.

A kernel as Jupyter starts it knows a set with 10,000 labels, a set of 100,000 images, a folder of 10,000 files, 1,000
objects and a cell of a megabyte. Each place is asked about TIMES (300) times, over ZeroMQ, one request after the other.
Prints milliseconds from the request to its reply: the median, the 99th of a hundred, the longest; and how many matches
there were. Asserts nothing; the aim is 2 ms for 99 of a hundred. FOLDER keeps the pictures for the next time."""
import json
import random
import shutil
import struct
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import kernel_support  # noqa: E402

SIDE = 8
MANY, FILES, OBJECTS = 100_000, 10_000, 1_000
PREPARE = (
    "load many from many size 8x8 split 80/20",
    "load named from flat labels labels.csv columns file, label size 8x8 split 80/20",
    "model scratch on many { conv 4 3x3 relu; flatten; dense classes softmax }",
    "model wide on named { flatten; dense classes softmax }",
    "\n".join(f"let object{i} = [{i} 1; 1 {i}]" for i in range(OBJECTS)),
)
LONG = "say \"a line of a long cell, with a few words in it\"\n" * (1_000_000 // 52)
PLACES = (
    ("a verb", "f"),
    ("nothing yet", ""),
    ("all options", "fit scratch "),
    ("an option", "fit scratch ep"),
    ("1,000 objects", "describe "),
    ("one of 1,000 objects", "describe object77"),
    ("10,000 labels", "show named where label = "),
    ("one of 10,000 labels", "show named where label = name09"),
    ("a label's fact", "(wide.val.name09"),
    ("100,000 images", "show many image "),
    ("one of them", "show many image 9999"),
    ("one by its name", "show many image 00999"),
    ("10,000 files", "load x from flat labels flat/"),
    ("one of them ", "explain scratch image flat/009"),
    ("a layer", "model m on many {\n  conv 8 3x3 relu\n  maxpool 2\n  "),
    ("behind resnet50", "model m on many {\n  base resnet50 weights none\n  "),
    ("until", "model m on many {\n  base resnet50 until "),
    ("end of a megabyte", LONG + "fit scratch ep"),
)


def write_pictures(folder, first, count, part):
    """BMP files of noise, each another one."""
    header = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + SIDE * SIDE * 3, 0, 0, 54, 40, SIDE, SIDE, 1, 24, 0, 0,
                         2835, 2835, 0, 0)
    noise = random.Random(first)
    for i in range(first, first + count):
        place = folder / (f"part{i // 10_000}/brand{i % 10}" if part else ".")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i:06}.bmp").write_bytes(header + noise.randbytes(SIDE * SIDE * 3))


def prepare(base):
    write_pictures(base / "many", 0, MANY, True)
    write_pictures(base / "flat", MANY, FILES, False)
    lines = [f"{MANY + i:06}.bmp,name{i:04}" for i in range(FILES)]
    (base / "labels.csv").write_text("file,label\n" + "\n".join(lines) + "\n")


def measure(client, request, code, times):
    taken, found = [], 0
    for _ in range(times + 1):
        content = {"code": code, "cursor_pos": len(code)}
        began = time.perf_counter()
        msg_id = client.send(request, content)
        frames = client.sockets["shell"].recv_multipart()
        taken.append(1000 * (time.perf_counter() - began))
        reply = json.loads(frames[frames.index(b"<IDS|MSG>") + 5])
        assert json.loads(frames[frames.index(b"<IDS|MSG>") + 3])["msg_id"] == msg_id and reply["status"] == "ok", reply
        found = len(reply.get("matches", ())) or int(reply.get("found", 0))
    first, rest = taken[0], sorted(taken[1:])
    return first, rest[len(rest) // 2], rest[int(len(rest) * 0.99)], rest[-1], found


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] else 300
    base = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else Path(tempfile.mkdtemp(prefix="logolens-tab-"))
    base.mkdir(parents=True, exist_ok=True)
    try:
        if not (base / "labels.csv").exists():
            prepare(base)
        kernel_support.PATIENCE = 3600
        with kernel_support.Kernel(folder=base) as kernel:
            client = kernel.client().ready()
            for cell in PREPARE:
                began = time.perf_counter()
                content = client.execute(cell)[0].content
                if content["status"] != "ok":
                    raise SystemExit(f"{content['ename']} {content['evalue']}")
                print(f"{time.perf_counter() - began:7.1f} s  {cell[:70].splitlines()[0]}", flush=True)
            client.sockets["iopub"].close()
            for request, what in (("complete_request", "Tab"), ("inspect_request", "Shift-Tab")):
                print(f"\n{what:24} {'first':>8} {'median':>8} {'99 of 100':>9} {'longest':>8}  ms   offered")
                for name, code in PLACES:
                    first, median, p99, longest, found = measure(client, request, code, times)
                    print(f"{name:24} {first:8.2f} {median:8.2f} {p99:9.2f} {longest:8.2f} {found:13}", flush=True)
    finally:
        if len(sys.argv) <= 2:
            shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
