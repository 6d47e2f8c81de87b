"""bench_sliders.py [MOVES]: from the message that a slider was moved to the drawing that answers it, through jupyter_client.

Starts build/logolens as Jupyter would, on the sample set, and moves the slider of each line MOVES (100) times, to another
place each time. Prints the median, the 95th of a hundred and the longest, in milliseconds, and the bytes of a drawing.
Asserts nothing; the aim is 50 ms."""
import os
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

BINARY = os.environ.get("LOGOLENS_BINARY") or str(Path(__file__).resolve().parents[2] / "build" / "logolens")
GRID = "[35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3]"
PREPARE = (
    "load logos from sample:logos size 64x64 seed 7 limit 200",
    "model scratch on logos { conv 16 3x3 relu; maxpool 2; conv 32 3x3 relu; maxpool 2; conv 64 3x3 relu; maxpool 2; "
    "conv 128 3x3 relu; maxpool 2; flatten; dense 64 relu; dropout 0.5; dense classes softmax }",
    "fit scratch epochs 1 quiet",
)
LINES = (
    f"convolve {GRID} with edge slider",
    "convolve logos with edge slider",
    "convolve logos with scratch layer conv1 slider",
    "convolve logos with scratch layer conv3 slider",
    f"pool {GRID} 2x2 slider",
    "pool logos 2x2 slider",
    "softmax 2.0, 1.0, 0.1, -1.0 slider",
    "softmax scratch slider",
    "activations scratch slider",
    "filters scratch slider",
    "step scratch slider",
    "receptive scratch slider",
)
PATIENCE = 600


def outputs(client, msg_id):
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") != msg_id:
            continue
        yield message
        if message["msg_type"] == "error":
            raise SystemExit(message["content"]["evalue"])
        if message["content"].get("execution_state") == "idle":
            return


def axes_of(client, line):
    opened = [m["content"] for m in outputs(client, client.execute(line)) if m["msg_type"] == "comm_open"]
    return [(c["comm_id"], len(c["data"]["state"]["_options_labels"])) for c in opened
            if "_options_labels" in c["data"]["state"]]


def move(client, comm, index):
    """Seconds until the drawing is there, and its bytes."""
    message = client.session.msg("comm_msg", {"comm_id": comm, "data": {"method": "update", "state": {"index": index}}})
    began = time.perf_counter()
    client.shell_channel.send(message)
    took = size = None
    for answer in outputs(client, message["header"]["msg_id"]):
        if answer["msg_type"] == "update_display_data":
            took = time.perf_counter() - began
            size = sum(len(str(form)) for form in answer["content"]["data"].values())
    return took, size


def measure(client, line, moves):
    axes, took, sizes = axes_of(client, line), [], []
    at = [0] * len(axes)
    for i in range(moves):
        axis = i % len(axes)
        comm, count = axes[axis]
        at[axis] = (at[axis] + (count // 3 or 1)) % count
        seconds, size = move(client, comm, at[axis])
        if seconds is not None:  # None: it stood there already
            took.append(1000 * seconds)
            sizes.append(size)
    took.sort()
    last = len(took) - 1
    return took[last // 2], took[round(0.95 * last)], took[last], max(sizes)


def main():
    moves = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory(prefix="logolens-sliders-") as folder:
        os.environ["LOGOLENS_HOME"] = str(Path(folder) / "home")
        manager = KernelManager()
        manager._kernel_spec = KernelSpec(argv=[BINARY, "kernel", "-f", "{connection_file}"], language="logolens",
                                          display_name="Logolens", interrupt_mode="message")
        manager.start_kernel(cwd=folder)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        try:
            for line in PREPARE:
                for _ in outputs(client, client.execute(line)):
                    pass
            print(f"{'median':>8} {'95 %':>8} {'longest':>8} ms {'KB':>5}  line")
            for line in LINES:
                median, high, longest, size = measure(client, line, moves)
                print(f"{median:8.1f} {high:8.1f} {longest:8.1f} {size / 1000:8.0f}  {line}", flush=True)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main()
