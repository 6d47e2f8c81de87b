"""bench_kernel.py [ROUNDS]: prints how fast the kernel starts and answers, and what it takes when idle. Asserts nothing.

start: from exec to the kernel_info_reply, the client's sockets being there already; cell: execute_request to idle."""
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from kernel_support import Kernel  # noqa: E402

rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
starts, cells, memory, endings = [], [], [], []
for _ in range(rounds):
    kernel = Kernel(wait=False)
    kernel.process.terminate()
    kernel.wait()
    client = kernel.client(reconnect=1)
    msg_id = client.send("kernel_info_request")
    began = time.perf_counter()
    kernel.start(wait=False)
    client.reply(msg_id)
    starts.append(time.perf_counter() - began)
    client.close()
    client = kernel.client().ready()
    for _ in range(50):
        began = time.perf_counter()
        client.execute("say x")
        cells.append(time.perf_counter() - began)
    memory.append(kernel.memory())
    began = time.perf_counter()
    client.reply(client.send("shutdown_request", {"restart": False}, "control"), "control")
    kernel.wait()
    endings.append(time.perf_counter() - began)
    kernel.stop()


def show(name, values, scale, unit):
    values = sorted(values)
    print(f"{name:28} median {statistics.median(values) * scale:8.2f} {unit}   best {values[0] * scale:8.2f}   "
          f"worst {values[-1] * scale:8.2f}")


show("start to kernel_info reply", starts, 1e3, "ms")
show("one cell, request to idle", cells, 1e3, "ms")
show("shutdown to exit", endings, 1e3, "ms")
show("resident after 50 cells", memory, 1 / (1 << 20), "MiB")
