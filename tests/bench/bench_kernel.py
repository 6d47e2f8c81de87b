"""bench_kernel.py [--rounds 5] [--cells 50000] [--peer PYTHON] [--only WORD]: the kernel beside ipykernel and
xeus-python.

Every round measures each figure with each kernel in turn, all through the same raw sockets, so that what the machine
does meanwhile hits all alike. Where cells are timed, the clock stops when the last frame is with the client; what a
client then makes of frames (signatures, JSON) is Python's time, not the kernel's, and comes after. --peer (or
PEER_PYTHON) names a Python that has the others (pip install ipykernel xeus-python); without, ours alone. A table of
minimum (median), and how many times ours is better than the best of the others; then JSON. Asserts nothing. A figure a
kernel does not have, or does not live to tell, is a dash.

What each row measures is said where it is measured; `--only lines` takes the rows whose name has that word."""
import argparse
import json
import os
import random
import signal
import statistics
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from kernel_support import DELIMITER, PATIENCE, SLOW, Kernel, Message  # noqa: E402

LINES, DISPLAYS, PAUSE, PICTURES, LABELS = 100_000, 5_000, 3, 100, 10_000
PEERS = {"ipykernel": "ipykernel_launcher", "xeus-python": "xpython_launcher"}
PYTHON = {
    "nothing": "pass",
    "lines": f"for i in range(1, {LINES + 1}): print('line', i)",
    "displays": f"from IPython.display import display\nfor i in range(1, {DISPLAYS + 1}): "
                "display({'text/plain': f'seed: {i}'}, raw=True)",
    "prepare": "from IPython.display import display, Image\npicture = Image(data=open('noise/0.png', 'rb').read())\n"
               "display(picture)",
    "pictures": f"for i in range({PICTURES}): display(picture)",
    "loop": "while True: pass",
    "complete": "import os\nos.path.jo",
}
OURS = {
    "nothing": "let a = 1",
    "lines": f"for i in 1..{LINES} {{ say line $i }}",
    "displays": f"for i in 1..{DISPLAYS} {{ set seed $i }}",
    "prepare": "load noise from noise size keep\nset detail high\nshow noise image 1 size 512",
    "pictures": "for i in 1..{} {{ show noise image 1 size 512 }}",
    "loop": SLOW,
    "complete": "show many where label = name12",
}


def png(width, height, pixels):
    rows = b"".join(b"\0" + pixels[y * width * 3:(y + 1) * width * 3] for y in range(height))
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def of(message):
    """Whose it is; one kernel sends a null for nobody."""
    return (message.parent or {}).get("msg_id")


def request(client, code):
    """Frames ready to be sent, and the id by which answers are known."""
    frames = client.frames("execute_request", {"code": code})
    return frames, json.loads(frames[2])["msg_id"]


def gather(client, msg_id, patience=PATIENCE):
    """Frames of IOPub as they come, up to idle of that request, or until nothing came so long."""
    iopub, found, mine = client.sockets["iopub"], [], msg_id.encode()
    while iopub.poll(1000 * patience):
        frames = iopub.recv_multipart()
        found.append(frames)
        if len(frames[-1]) < 100 and b"idle" in frames[-1] and mine in frames[frames.index(DELIMITER) + 3]:
            break
    return found


def read(client, found, msg_id):
    """The messages of that request, their signatures checked."""
    return [m for m in (Message(frames, client.sign) for frames in found) if of(m) == msg_id]


class Contestant(Kernel):
    """A kernel of another make is started in our place."""

    def __init__(self, name, peer, **options):
        self.name, self.peer = name, peer
        self.words = OURS if name == "logolens" else PYTHON
        super().__init__(wait=False, **options)

    def start(self, wait=True):
        command = None if self.name == "logolens" else [self.peer, "-m", PEERS[self.name], "-f", str(self.file)]
        if not command:
            return super().start(wait)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder.name, start_new_session=True)

    def ready(self):
        """A client whose IOPub is heard: not every kernel welcomes."""
        client = self.client(reconnect=1)
        while True:
            msg_id = client.send("kernel_info_request")
            client.reply(msg_id)
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                if not client.silent("iopub", 0.02) and of(client.receive("iopub")) == msg_id:
                    while not client.silent("iopub", 0.1):
                        client.receive("iopub")
                    return client

    def stop(self):
        if self.name == "logolens":
            return super().stop()
        for client in self.clients:
            client.close()
        if self.alive():
            self.process.kill()
        self.process.wait()
        self.folder.cleanup()


# ---- what is measured: each gives {figure: list of values} ----------------------------------------------------------
def start(name, peer):
    """From exec to the kernel_info_reply; the client's sockets are there before. Then memory, once it has settled."""
    kernel = Contestant(name, peer)
    kernel.process.kill()
    kernel.process.wait()
    client = kernel.client(reconnect=1)
    msg_id = client.send("kernel_info_request")
    began = time.perf_counter()
    kernel.start(wait=False)
    client.reply(msg_id)
    took = time.perf_counter() - began
    time.sleep(0.5)
    found = {"start to kernel_info, ms": [1e3 * took], "idle memory, MiB": [kernel.memory() / 2**20]}
    kernel.stop()
    return found


def nothing(name, peer):
    """A cell that does next to nothing: execute_request to idle and the reply, 500 after 50 that do not count."""
    with Contestant(name, peer) as kernel:
        client, times = kernel.ready(), []
        shell = client.sockets["shell"]
        for n in range(550):
            frames, msg_id = request(client, kernel.words["nothing"])
            began = time.perf_counter()
            shell.send_multipart(frames)
            found = gather(client, msg_id)
            reply = shell.recv_multipart()
            times.append(1e3 * (time.perf_counter() - began))
            if of(Message(reply, client.sign)) != msg_id or read(client, found, msg_id)[-1].type != "status":
                raise SystemExit(f"{name} answered something else")
        times = sorted(times[50:])
    return {"no-op cell p50, ms": [statistics.median(times)], "no-op cell p99, ms": [times[int(0.99 * len(times))]]}


def interrupts(name, peer):
    """From SIGINT to the reply of a loop that never ends, ten times; ours by message, too."""
    found = {"interrupt of a loop, ms": [], "... by message, ms": []}
    with Contestant(name, peer) as kernel:
        client = kernel.ready()
        for how in found:
            for _ in range(10 if how.startswith("int") or name == "logolens" else 0):
                msg_id = client.send("execute_request", {"code": kernel.words["loop"]})
                while client.receive("iopub").type != "execute_input":
                    pass
                time.sleep(0.05)
                began = time.perf_counter()
                if how.startswith("int"):
                    os.kill(kernel.process.pid, signal.SIGINT)
                else:
                    client.send("interrupt_request", channel="control")
                end = time.monotonic() + 5
                while client.silent("shell", 0.01):
                    if time.monotonic() > end or not kernel.alive():
                        return {}
                found[how].append(1e3 * (time.perf_counter() - began))
                client.reply(msg_id)
                client.outputs(msg_id)
    return found


def fit(name, peer):
    """From SIGINT to the reply of a `fit`, and from shutdown_request to the end of the process while it runs."""
    if name != "logolens":
        return {}
    found = {"interrupt of fit, ms": [], "shutdown during fit, ms": []}
    with Contestant(name, peer) as kernel:
        client = kernel.ready()
        client.execute("load logos from sample:logos size 64x64 seed 7 limit 200")
        client.execute("model scratch on logos { conv 16 3x3 relu; maxpool 2; conv 32 3x3 relu; maxpool 2; "
                       "flatten; dense classes softmax }")
        for n in range(6):
            msg_id = client.send("execute_request", {"code": f"fit scratch epochs 10000 seed {n} again"})
            while client.receive("iopub").type != "display_data":
                pass
            time.sleep(0.3)
            began = time.perf_counter()
            if n == 5:
                client.send("shutdown_request", {"restart": False}, "control")
                kernel.wait()
                found["shutdown during fit, ms"].append(1e3 * (time.perf_counter() - began))
                break
            os.kill(kernel.process.pid, signal.SIGINT)
            client.reply(msg_id)
            found["interrupt of fit, ms"].append(1e3 * (time.perf_counter() - began))
            client.outputs(msg_id)
    return found


def shutdown(name, peer):
    """From shutdown_request to the end of the process: idle, and while a loop runs (given up after ten seconds)."""
    found = {}
    for figure in ("shutdown idle, ms", "shutdown in a loop, ms"):
        with Contestant(name, peer) as kernel:
            client = kernel.ready()
            if "loop" in figure:
                client.send("execute_request", {"code": kernel.words["loop"]})
                while client.receive("iopub").type != "execute_input":
                    pass
            began = time.perf_counter()
            client.send("shutdown_request", {"restart": False}, "control")
            try:
                kernel.wait(10)
                found[figure] = [1e3 * (time.perf_counter() - began)]
            except subprocess.TimeoutExpired:
                found[figure] = []
    return found


def complete(name, peer):
    """complete_request to its reply, 300 times: ours with 10,000 labels known, the others the members of a module."""
    with Contestant(name, peer) as kernel:
        if name == "logolens":
            many = Path(kernel.folder.name, "many")
            many.mkdir()
            for n in range(LABELS):
                (many / f"{n}.png").write_bytes(png(1, 1, bytes([n % 256, n // 256, 0])))
            (many / "labels.txt").write_text("".join(f"{n}.png name{n}\n" for n in range(LABELS)))
        client, times = kernel.ready(), []
        if name == "logolens":
            reply, _ = client.execute("load many from many labels many/labels.txt size 8x8")
            if reply.content["status"] != "ok":
                raise SystemExit(f"the labels could not be loaded: {reply.content}")
        code = kernel.words["complete"]
        for _ in range(310):
            began = time.perf_counter()
            msg_id = client.send("complete_request", {"code": code, "cursor_pos": len(code)})
            reply = client.reply(msg_id)
            times.append(1e3 * (time.perf_counter() - began))
            client.outputs(msg_id)
        if not reply.content["matches"]:
            raise SystemExit(f"{name} has nothing to complete: {reply.content}")
        times = sorted(times[10:])
    return {"completion p50, ms": [statistics.median(times)], "completion p99, ms": [times[int(0.99 * len(times))]]}


def run(client, code, pause=0):
    """A cell's outputs and how long they took; idle may be lost with the others, and then patience ends the wait."""
    frames, msg_id = request(client, code)
    began = time.perf_counter()
    client.sockets["shell"].send_multipart(frames)
    time.sleep(pause)
    found = gather(client, msg_id, 5)
    took = time.perf_counter() - began
    return read(client, found, msg_id), took


def lines(name, peer):
    """A hundred thousand lines of text, to a reader that reads."""
    with Contestant(name, peer) as kernel:
        outputs, took = run(kernel.ready(), kernel.words["lines"])
    got = "".join(m.content["text"] for m in outputs if m.type == "stream").split("\n")
    lost = len({f"line {n}" for n in range(1, LINES + 1)} - set(got))
    return {"100,000 lines, lines/s": [LINES / took], "... lost": [lost]}


def displays(name, peer):
    """Five thousand displays, to a reader that first pauses for three seconds."""
    with Contestant(name, peer) as kernel:
        kernel.ready()
        client = kernel.client(small=True)
        time.sleep(0.5)
        while not client.silent("iopub", 0.1):
            client.receive("iopub")
        outputs, _ = run(client, kernel.words["displays"], PAUSE)
    return {"5,000 displays, reader pauses 3 s: lost": [DISPLAYS - sum(m.type == "display_data" for m in outputs)]}


def pictures(name, peer):
    """PNGs of a megabyte, of one picture that has been shown before: each kernel has the bytes, and sends them on."""
    kernel = Contestant(name, peer)
    noise = Path(kernel.folder.name, "noise")
    noise.mkdir()
    (noise / "0.png").write_bytes(png(580, 600, random.Random(1).randbytes(580 * 600 * 3)))
    with kernel:
        client = kernel.ready()
        run(client, kernel.words["prepare"])
        outputs, took = run(client, kernel.words["pictures"].format(PICTURES))
    size = sum(len(m.content["data"].get("image/png", "")) * 3 / 4 for m in outputs if m.type == "display_data")
    return {"100 pictures of 1 MB, MB/s": [size / 1e6 / took]}


def many(kernel_name, peer, cells):
    """Growth over many cells: of memory after the first tenth of them, and of descriptors."""
    if kernel_name != "logolens":
        return {}
    with Contestant(kernel_name, peer) as kernel:
        client = kernel.ready()
        for n in range(cells):
            if n == cells // 10:
                memory, descriptors = kernel.memory(), kernel.descriptors()
            msg_id = client.send("execute_request", {"code": f"say {n}"})
            client.outputs(msg_id)
            client.reply(msg_id)
        return {f"{cells:,} cells: growth, MiB": [(kernel.memory() - memory) / 2**20],
                "... of descriptors": [kernel.descriptors() - descriptors]}


MORE_IS_BETTER = ("/s",)
PARTS = (start, nothing, interrupts, fit, shutdown, complete, lines, displays, pictures)


def table(results, names):
    print(f"{'minimum (median)':42}" + "".join(f"{name:>24}" for name in names) + f"{'ours beside the best':>24}")
    for figure in dict.fromkeys(f for name in names for f in results[name]):
        best = max if any(w in figure for w in MORE_IS_BETTER) else min
        row, values = f"{figure:42}", {}
        for name in names:
            got = results[name].get(figure)
            values[name] = best(got) if got else None
            row += f"{f'{best(got):.4g} ({statistics.median(got):.4g})' if got else '-':>24}"
        others = [values[n] for n in names if n != "logolens" and values[n] is not None]
        if values["logolens"] and others and best(others):
            ratio = values["logolens"] / best(others) if best is max else best(others) / values["logolens"]
            row += f"{f'x {ratio:.3g}':>24}"
        print(row)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cells", type=int, default=50_000)
    parser.add_argument("--peer", default=os.environ.get("PEER_PYTHON"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    names = ["logolens"] + (list(PEERS) if options.peer else [])
    if not options.peer:
        print("PEER_PYTHON names no Python with ipykernel and xeus-python: ours alone", file=sys.stderr)
    results = {name: {} for name in names}
    for number in range(options.rounds):
        for part in PARTS:
            if options.only not in part.__name__:
                continue
            for name in names:
                print(f"round {number + 1}: {part.__name__}, {name} ...", file=sys.stderr)
                for figure, values in part(name, options.peer).items():
                    results[name].setdefault(figure, []).extend(values)
    if options.cells and options.only in many.__name__:
        results["logolens"].update(many("logolens", options.peer, options.cells))
    table(results, names)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
