"""Clients that come, ask something and go at any moment, many at once, while the kernel trains, prints and is asked by
others.

A few seconds in the tests; `make visitors S=180 FLAVOR=tsan` lets them come for minutes. LOGOLENS_VISITORS names the
seconds."""
import collections
import os
import random
import re
import socket
import threading
import time
import unittest
from pathlib import Path

from kernel_support import Kernel, small_photos, until

SECONDS = float(os.environ.get("LOGOLENS_VISITORS", "4"))
AT_ONCE = 6
WORK = ["fit small epochs 2000 again", "\n".join(f"say line {i}\n({i}*2)" for i in range(200)), "show tiny limit 4",
        "let n = (1 + 2)\nsay \"$n\"", "nosuchcommand", "fit small epochs 3 again\nconfusion small", "list"]
PREPARE = """load tiny from tiny labels folders size 8x8
model small on tiny { flatten; dense classes softmax }
let g = [1 2; 3 4]"""
QUESTIONS = [("kernel_info_request", {}), ("complete_request", {"code": "fit small ep", "cursor_pos": 12}),
             ("inspect_request", {"code": "fit", "cursor_pos": 2}), ("is_complete_request", {"code": "model m {"}),
             ("history_request", {"hist_access_type": "tail", "n": 5, "output": False, "raw": True}),
             ("comm_info_request", {}), ("comm_open", {"comm_id": "x", "target_name": "nosuch", "data": {}}),
             ("execute_request", {"code": "say hello from a visitor"}),
             ("execute_request", {"code": "small", "silent": True}),
             ("execute_request", {"code": "convolve g with edge same slider"}), ("no_such_request", {})]


class Visitor(threading.Thread):
    """One after the other, until told to stop; what goes wrong is kept."""

    def __init__(self, kernel, number, stop):
        super().__init__(daemon=True)
        self.kernel, self.random, self.stop, self.visits, self.trouble = kernel, random.Random(number), stop, 0, None

    def run(self):
        while not self.stop.is_set() and not self.trouble:
            try:
                self.random.choice([self.ask, self.ask, self.leave, self.aside, self.knock, self.control])()
            except Exception as trouble:
                self.trouble = trouble
            self.visits += 1

    def visiting(self):
        from kernel_support import Client
        topic = self.random.choice([b"", b"", b"kernel.", b"nothing"])
        return Client(self.kernel.connection, topic=topic, small=self.random.random() < 0.3)

    def ask(self):
        """Waits for the answers, as front ends do."""
        client = self.visiting()
        for kind, content in self.random.sample(QUESTIONS, 3):
            client.send(kind, content, metadata={"cellId": "1"})
        client.reply(client.send("is_complete_request", {"code": "say"}))
        client.close()

    def leave(self):
        """Goes without having read anything, some before the connection stands."""
        client = self.visiting()
        for kind, content in self.random.sample(QUESTIONS, self.random.randrange(6)):
            client.send(kind, content)
        time.sleep(self.random.random() * 0.05)
        client.close()

    def aside(self):
        """A subshell of its own, left behind now and then with a cell in it."""
        client = self.visiting()
        made = client.reply(client.send("create_subshell_request", channel="control"), "control")
        shell = made.content.get("subshell_id")
        if shell:
            client.send("execute_request", {"code": self.random.choice(["say aside", "small", "let n = 9"])},
                        header=client.header("execute_request", subshell_id=shell))
            client.reply(client.send("delete_subshell_request", {"subshell_id": shell}, channel="control"), "control")
        client.close()

    def control(self):
        client = self.visiting()
        kind = self.random.choice(["kernel_info_request", "usage_request", "list_subshell_request",
                                   "interrupt_request"])
        client.reply(client.send(kind, channel="control"), "control")
        client.close()

    def knock(self):
        """Somebody who does not speak the protocol, on any port."""
        port = self.kernel.connection[self.random.choice(["shell", "iopub", "control", "hb", "stdin"]) + "_port"]
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.send(self.random.choice([b"GET / HTTP/1.1\r\n\r\n", b"", b"\xff" + bytes(8) + b"\x7f\x03",
                                       os.urandom(100)]))
            time.sleep(self.random.random() * 0.02)


def opened(kernel):
    """What each descriptor of the kernel leads to."""
    found = {}
    for name in os.listdir(f"/proc/{kernel.process.pid}/fd"):
        try:
            found[name] = re.sub(r"\d+", "N", os.readlink(f"/proc/{kernel.process.pid}/fd/{name}"))
        except FileNotFoundError:
            pass
    return found


class Visitors(unittest.TestCase):
    def test_clients_come_and_go_while_it_works(self):
        with Kernel() as kernel:
            small_photos(Path(kernel.folder.name) / "tiny")
            client = kernel.client().ready()
            kernel.connected(1)
            self.assertEqual(client.execute(PREPARE)[0].content["status"], "ok")
            client.execute("fit small epochs 2")
            until(lambda: any(name.endswith(".sqlite-shm") for name in opened(kernel).values()), "the history is open")
            before = opened(kernel)
            stop = threading.Event()
            visitors = [Visitor(kernel, n, stop) for n in range(AT_ONCE)]
            for v in visitors:
                v.start()
            end, cells = time.monotonic() + SECONDS, 0
            while time.monotonic() < end and kernel.alive() and not any(v.trouble for v in visitors):
                reply, outputs = client.execute(WORK[cells % len(WORK)])  # a visitor's interrupt may end any of them
                self.assertIn(reply.content["status"], ("ok", "error", "aborted"))
                self.assertEqual([m.type for m in outputs][0], "status")
                cells += 1
            stop.set()
            for v in visitors:
                v.join()
            self.assertEqual([v.trouble for v in visitors if v.trouble], [])
            self.assertTrue(kernel.alive(), kernel.log.read_text(errors="replace")[-3000:])
            reply, outputs = client.execute("say still here")
            self.assertEqual(reply.content["status"], "ok")
            self.assertEqual(client.ask("list_subshell_request", channel="control")[0].content["subshell_id"], [])
            try:
                until(lambda: len(opened(kernel)) <= len(before), "what visitors opened is closed")
            except AssertionError as trouble:
                more = collections.Counter(opened(kernel).values()) - collections.Counter(before.values())
                raise AssertionError(f"{trouble}: {dict(more)} more")
            print(f"  {sum(v.visits for v in visitors)} visits, {cells} cells meanwhile")


if __name__ == "__main__":
    unittest.main()
