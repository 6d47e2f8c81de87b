"""Output and replies are never lost: readers that pause, readers that never come back, much text, large messages."""
import base64
import datetime
import os
import random
import re
import struct
import tempfile
import time
import unittest
import zlib
from pathlib import Path

import zmq
from kernel_support import PATIENCE, SLOW, Kernel, Message, until

PAUSE = 3  # seconds


def texts(outputs):
    return "".join(m.content["text"] for m in outputs if m.type == "stream")


def seeds(outputs):
    """The displays of `set seed N`, in the order they came."""
    found = (m.content["data"]["text/plain"] for m in outputs if m.type == "display_data")
    return [int(re.search(r"\d+", text)[0]) for text in found]


class Stuck:
    """A front end that subscribes and never reads; its operating system takes a little."""

    def __init__(self, address, topic=b""):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.rcvhwm = 1
        self.socket.setsockopt(zmq.RCVBUF, 4096)
        self.socket.subscribe(topic)
        self.socket.connect(address)

    def __enter__(self):
        until(lambda: self.socket.poll(10), "the front end that will be stuck is connected")
        return self

    def __exit__(self, *unused):
        self.context.destroy(linger=0)


class Text(unittest.TestCase):
    def test_a_hundred_thousand_lines_come_whole_and_in_order(self):
        with Kernel() as kernel:
            client = kernel.client().ready()
            for _ in range(2):
                _, outputs = client.execute("for i in 1..100000 { say line $i }")
                self.assertEqual(texts(outputs), "".join(f"line {i}\n" for i in range(1, 100001)))

    def test_text_stays_below_what_the_server_throws_away(self):
        """Jupyter's server lets through 3 MB of text in 3 s; what it counts is forgotten with each idle."""
        line = "x" * 100
        with Kernel() as kernel:
            client = kernel.client().ready()
            _, outputs = client.execute(f"for i in 1..30500 {{ say {line} }}")
            self.assertEqual(len(texts(outputs)), 30500 * 101)
            sent = [(datetime.datetime.fromisoformat(m.header["date"].replace("Z", "+00:00")).timestamp(),
                     sum(map(len, m.raw)) + 200) for m in outputs if m.type == "stream"]
            self.assertGreater(sum(size for _, size in sent), 3_050_000)  # at once it would be too much
            for first, _ in sent:
                self.assertLess(sum(size for when, size in sent if first <= when < first + 3), 3_000_000)


def png(pixels, side):
    """A square picture without filters, packed lightly."""
    rows = b"".join(b"\0" + pixels[y * side * 3:(y + 1) * side * 3] for y in range(side))
    head = struct.pack(">2I5B", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + name + data +
                                            struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)


def unpacked(data):
    """The rows of a PNG, every sum in it checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, name = 8, b"", b""
    while name != b"IEND":
        size, name = struct.unpack_from(">I4s", data, at)
        body, sum_of = data[at + 8:at + 8 + size], struct.unpack_from(">I", data, at + 8 + size)[0]
        assert zlib.crc32(name + body) == sum_of
        packed += body if name == b"IDAT" else b""
        at += 12 + size
    assert at == len(data)
    return zlib.decompress(packed)


class Pictures(unittest.TestCase):
    def test_a_hundred_pictures_of_a_megabyte_come_whole_and_in_order(self):
        """Two in turn, so that each is known by its pixels; one of them is changed on disk at the end."""
        with Kernel() as kernel:
            folder = Path(kernel.folder.name, "noise")
            folder.mkdir()
            for n in range(2):
                (folder / f"{n}.png").write_bytes(png(random.Random(n).randbytes(570 * 570 * 3), 570))
            client = kernel.client().ready()
            client.execute("load noise from noise size keep\nset detail high")
            _, outputs = client.execute("for i in 1..50 { show noise image 1 size 512\nshow noise image 2 size 512 }")
            shown = [m.content["data"] for m in outputs if m.type == "display_data"]
            self.assertEqual(len(shown), 100)
            pictures = [base64.b64decode(data["image/png"], validate=True) for data in shown]
            self.assertGreater(min(map(len, pictures)), 1_000_000)
            self.assertTrue(pictures == pictures[:2] * 50)
            self.assertTrue([data["text/html"] for data in shown] == [data["text/html"] for data in shown[:2]] * 50)
            rows = [unpacked(picture) for picture in pictures[:2]]
            self.assertTrue(rows[0] != rows[1])
            (folder / "0.png").write_bytes(png(random.Random(2).randbytes(570 * 570 * 3), 570))
            _, outputs = client.execute("load noise from noise size keep\nshow noise image 1 size 512")
            data = [m.content["data"]["image/png"] for m in outputs if "image/png" in m.content.get("data", {})][-1]
            self.assertTrue(unpacked(base64.b64decode(data)) not in rows)


class Readers(unittest.TestCase):
    def test_five_thousand_displays_to_a_reader_that_pauses(self):
        with Kernel() as kernel:
            client = kernel.client(small=True).ready()
            msg_id = client.send("execute_request", {"code": "for i in 1..5000 { set seed $i }"})
            time.sleep(PAUSE)
            self.assertEqual(seeds(client.outputs(msg_id)), list(range(1, 5001)))

    def test_more_than_is_kept_for_a_reader_that_pauses(self):
        """120 MB: what has no room waits in the kernel until the reader goes on."""
        with Kernel() as kernel:
            client = kernel.client(small=True).ready()
            cells = [f"# {n} " + "x" * 10_000_000 for n in range(12)]
            ids = [client.send("execute_request", {"code": cell}) for cell in cells]
            time.sleep(PAUSE)
            echoed = [m.content["code"] for i in ids for m in client.outputs(i) if m.type == "execute_input"]
            self.assertTrue(echoed == cells)
            self.assertNotIn("disconnected", kernel.log.read_text())

    def test_who_has_paused_before_may_stop_for_good(self):
        """What a front end took when there was no room the last time does not help it the next time."""
        with Kernel() as kernel:
            stops, other = kernel.client(small=True).ready(), kernel.client().ready()
            cells = [f"# {n} " + "x" * 10_000_000 for n in range(8)]
            ids = [stops.send("execute_request", {"code": cell}) for cell in cells]
            time.sleep(1)
            for client in (stops, other):  # the latter takes all at once
                for msg_id in ids:
                    client.outputs(msg_id)
            self.assertNotIn("disconnected", kernel.log.read_text())
            for cell in cells:
                other.execute(cell)
            self.assertIn("disconnected", kernel.log.read_text())

    def test_a_reader_that_never_returns_costs_only_itself(self):
        """160 MB pass while somebody takes none of it: it is let go of, memory stays bounded, all others get all."""
        with Kernel() as kernel:
            client = kernel.client().ready()
            with Stuck(client.address("iopub")):
                cells = [f"# {n} " + "x" * 10_000_000 for n in range(16)]
                most = 0
                for cell in cells:
                    msg_id = client.send("execute_request", {"code": cell})
                    echoed = [m.content["code"] for m in client.outputs(msg_id) if m.type == "execute_input"]
                    self.assertTrue(echoed == [cell])
                    self.assertEqual(client.reply(msg_id).content["status"], "ok")
                    most = max(most, kernel.memory())
                self.assertIn("disconnected", kernel.log.read_text())
                if os.environ.get("LOGOLENS_FLAVOR", "release") == "release":  # sanitizers keep what was freed
                    self.assertLess(most, 256 << 20)

    def test_what_is_let_go_of_may_come_again(self):
        """A front end that was let go of and then reads is subscribed and welcomed as any other; over ipc here."""
        names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
        with tempfile.TemporaryDirectory() as folder, \
                Kernel(transport="ipc", ip=folder + "/k", **{n: i + 1 for i, n in enumerate(names)}) as kernel:
            client = kernel.client().ready()
            with Stuck(client.address("iopub")) as stuck:
                for n in range(8):
                    client.execute("# " + "x" * 10_000_000)
                until(lambda: "disconnected" in kernel.log.read_text(), "who takes nothing is disconnected")
                last = []
                while not any(b"said at the end" in frame for frame in last):
                    client.execute("say said at the end")
                    while stuck.socket.poll(200) and not any(b"said at the end" in frame for frame in last):
                        last = stuck.socket.recv_multipart()
                self.assertIn(b"said at the end", last[-1])

    def test_an_interrupt_is_heard_by_who_waits_for_room(self):
        with Kernel() as kernel:
            client = kernel.client().ready()
            with Stuck(client.address("iopub")):
                msg_id = client.send("execute_request", {"code": "for a in 1..1000 { for i in 1..100000 { set seed $i } }"})
                while not client.silent("iopub", 0.3):
                    client.sockets["iopub"].recv_multipart()
                client.send("interrupt_request", channel="control")
                self.assertEqual(client.reply(msg_id).content["ename"], "Interrupted")
                self.assertNotIn("disconnected", kernel.log.read_text())

    def test_at_the_end_nobody_is_waited_for(self):
        """All that waits behind somebody who takes nothing goes out to the others before the kernel ends."""
        with Kernel() as kernel:
            client = kernel.client().ready()
            with Stuck(client.address("iopub")):
                ids = [client.send("execute_request", {"code": f"# {n} " + "x" * 10_000_000}) for n in range(9)]
                found = []
                while not client.silent("iopub", 0.3):
                    found.append(client.receive("iopub"))
                self.assertNotIn("disconnected", kernel.log.read_text())
                client.send("shutdown_request", {"restart": False}, "control")
                while found[-1].type != "shutdown_reply":
                    found.append(client.receive("iopub"))
                shown = [m.parent["msg_id"] for m in found if m.type == "execute_input"]
                self.assertEqual(shown, ids[:len(shown)])
                for msg_id in shown:
                    self.assertEqual(client.reply(msg_id).content["status"], "ok")
                self.assertEqual(kernel.wait(), 0)

    def test_others_are_answered_while_somebody_is_waited_for(self):
        """Replies have no slow reader to wait for, and an interrupt is heard."""
        with Kernel() as kernel:
            client = kernel.client().ready()
            with Stuck(client.address("iopub")):
                ids = [client.send("execute_request", {"code": f"# {n} " + "x" * 10_000_000}) for n in range(9)]
                client.reply(client.send("kernel_info_request", channel="control"), "control")
                client.reply(client.send("interrupt_request", channel="control"), "control")
                for msg_id in ids:
                    self.assertIn(client.reply(msg_id).content["status"], ("ok", "error", "aborted"))


class Requests(unittest.TestCase):
    def test_all_that_came_before_a_failure_is_aborted(self):
        """However many: 12,000 cells that were sent while the cell before the one that fails was running."""
        with Kernel() as kernel:
            client = kernel.client(topic=b"nothing").ready()
            slow = client.send("execute_request", {"code": SLOW, "stop_on_error": False})
            wrong = client.send("execute_request", {"code": "nonsense here"})
            ids = [client.send("execute_request", {"code": "say hello"}) for _ in range(12_000)]
            # A subshell that there is not is answered when this is read, behind all the others.
            client.reply(client.send("kernel_info_request", subshell="0" * 32))
            client.send("interrupt_request", channel="control")
            self.assertEqual(client.reply(slow).content["ename"], "Interrupted")
            self.assertEqual(client.reply(wrong).content["ename"], "LL104")
            replies = [client.receive("shell") for _ in ids]
            self.assertTrue([m.parent["msg_id"] for m in replies] == ids)
            self.assertEqual({m.content["status"] for m in replies}, {"aborted"})
            self.assertEqual(client.reply(client.send("execute_request", {"code": "say on"})).content["status"], "ok")


class Replies(unittest.TestCase):
    TAIL = {"hist_access_type": "tail", "n": 1, "raw": True, "output": False}

    def with_long_cell(self, kernel, **options):
        """A front end after a cell of 4 MB: a question for the last cell has a reply as long."""
        client = kernel.client(topic=b"nothing", **options).ready()
        client.reply(client.send("execute_request", {"code": "# " + "x" * 4_000_000}))
        return client

    def bounded(self, most):
        if os.environ.get("LOGOLENS_FLAVOR", "release") == "release":  # sanitizers keep what was freed
            self.assertLess(most, 256 << 20)

    def test_who_reads_no_replies_costs_only_itself(self):
        """320 MB of replies to one that asks and never reads: it is let go of, others get all, and it may return."""
        with Kernel() as kernel:
            stuck, other = self.with_long_cell(kernel, small=True), kernel.client().ready()
            left = stuck.sockets["shell"].get_monitor_socket(zmq.EVENT_DISCONNECTED)
            for _ in range(80):
                stuck.send("history_request", self.TAIL)

            def works_until_then():
                reply, outputs = other.execute("say hello", store_history=False)
                self.assertEqual((reply.content["status"], texts(outputs)), ("ok", "hello\n"))
                return "disconnected" in kernel.log.read_text()
            until(works_until_then, "who reads nothing is disconnected")
            self.assertTrue(works_until_then())
            self.bounded(kernel.memory("VmHWM"))
            while not left.poll(10):  # behind what was on its way it sees that it is not connected
                if not stuck.silent("shell", 0.1):
                    stuck.sockets["shell"].recv_multipart()
            self.assertEqual(stuck.reply(stuck.send("kernel_info_request")).content["status"], "ok")

    def test_more_replies_than_are_kept_for_a_reader_that_pauses(self):
        """Meanwhile control answers; what others ask waits, and is answered."""
        with Kernel() as kernel:
            pauses, other = self.with_long_cell(kernel, small=True), kernel.client().ready()
            ids = [pauses.send("history_request", self.TAIL) for _ in range(30)]
            asked, end = other.send("kernel_info_request"), time.monotonic() + PAUSE
            while time.monotonic() < end:
                other.reply(other.send("kernel_info_request", channel="control"), "control")
            for msg_id in ids:
                reply = pauses.receive("shell")
                self.assertEqual((reply.parent["msg_id"], len(reply.content["history"][0][2])), (msg_id, 4_000_002))
            self.assertEqual(other.reply(asked).content["status"], "ok")
            self.assertNotIn("disconnected", kernel.log.read_text())

    def test_control_answers_while_somebody_floods_it(self):
        """Each reply has the header of its request in it, 4 MB: who leaves too much lying is let go of at once."""
        with Kernel() as kernel:
            floods, other = kernel.client(topic=b"nothing", small=True).ready(), kernel.client(topic=b"nothing").ready()

            def answers_until_then():
                header = floods.header("kernel_info_request", padding="x" * 4_000_000)
                floods.send("kernel_info_request", channel="control", header=header)
                reply = other.reply(other.send("kernel_info_request", channel="control"), "control")
                self.assertEqual(reply.content["status"], "ok")
                return "disconnected" in kernel.log.read_text()
            until(answers_until_then, "who reads nothing is disconnected")
            self.bounded(kernel.memory("VmHWM"))


class Welcomes(unittest.TestCase):
    def test_a_welcome_comes_before_any_output(self):
        """100 front ends join while displays pour out; the first that each of them reads is a welcome."""
        with Kernel() as kernel:
            client = kernel.client(topic=b"nothing").ready()
            flood = "for a in 1..1000 { for i in 1..100000 { set seed $i } }"
            running = client.send("execute_request", {"code": flood})
            first = []
            for _ in range(100):
                joins = client.context.socket(zmq.SUB)
                joins.subscribe(b"")
                joins.connect(client.address("iopub"))
                self.assertTrue(joins.poll(1000 * PATIENCE))
                first.append(Message(joins.recv_multipart(), client.sign).type)
                joins.close(linger=0)
            client.send("interrupt_request", channel="control")
            self.assertEqual(client.reply(running).content["ename"], "Interrupted")
            self.assertEqual(first, ["iopub_welcome"] * 100)


if __name__ == "__main__":
    unittest.main()
