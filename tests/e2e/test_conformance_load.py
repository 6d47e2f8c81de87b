"""Conformance, section 10: load and hostility. The lines are listed in test_conformance.py."""

import os
import random
import socket
import unittest

import zmq
from conformance_support import HELLO, PORTS, WithKernel, only, text, types
from kernel_support import DIGITS, Kernel


class Load(WithKernel):
    def test_10_01_forty_front_ends(self):
        """Each gets its own replies and everybody's outputs; one cell at a time."""
        clients = [self.kernel.client(identity=f"c{n}".encode()).ready() for n in range(40)]
        ids = [client.send("execute_request", {"code": f"say from {n}"}) for n, client in enumerate(clients)]
        counts = [client.reply(msg_id).content["execution_count"] for client, msg_id in zip(clients, ids)]
        self.assertEqual(sorted(counts), list(range(min(counts), min(counts) + 40)))
        for client in clients[::5]:
            for n, msg_id in sorted(enumerate(ids), key=lambda pair: counts[pair[0]]):
                self.assertEqual(text(client.outputs(msg_id)), f"from {n}\n")
        for client in clients:
            client.close()

    def test_10_02_three_hundred_come_and_go(self):
        self.kernel.connected(2)
        before = self.kernel.opened()
        for _ in range(100):
            visitors = [self.kernel.client() for _ in range(3)]
            for n, visitor in enumerate(visitors):
                if n:
                    visitor.send("kernel_info_request", channel=("shell", "control")[n - 1])
                visitor.close()
        self.kernel.closes_all_but(before)
        self.alive()

    def test_10_03_noise_on_every_port(self):
        chance = random.Random(7)
        greeting = b"\xff" + b"\0" * 8 + b"\x7f\x03\0NULL" + b"\0" * 48
        noise = [
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
            b"\0" * 5000,
            b"",
            greeting,
            greeting + b"\x04\x29\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0",
            greeting + b"\x02\x7f\xff\xff\xff\xff\xff\xff\xff",
            greeting + b"\x06" + b"\xff" * 8,
            *(chance.randbytes(chance.randrange(1, 400)) for _ in range(6)),
        ]
        self.kernel.connected(2)
        before, held = self.kernel.opened(), []
        for name in PORTS:
            for data in noise:
                s = socket.create_connection(("127.0.0.1", self.kernel.connection[name]), 5)
                s.sendall(data)
                held.append(s)
        self.alive()
        for s in held:
            s.close()
        self.kernel.closes_all_but(before)
        self.alive()

    def test_10_03_the_wrong_kind_of_socket(self):
        """A PUB, PULL or REP where a DEALER should be, and a DEALER where a SUB should be."""
        for kind in (zmq.PUB, zmq.SUB, zmq.PUSH, zmq.PULL, zmq.REP, zmq.DEALER, zmq.XPUB, zmq.PAIR):
            for name in ("shell", "iopub", "hb"):
                s = self.client.context.socket(kind)
                s.linger = 0
                s.connect(self.client.address(name))
                if kind in (zmq.PUB, zmq.PUSH, zmq.DEALER, zmq.PAIR):
                    try:
                        s.send_multipart([b"\x01junk", b"x"], zmq.DONTWAIT)
                    except zmq.Again:
                        pass
                s.close()
        self.alive()

    def test_10_03_subscriptions_nobody_makes(self):
        s = self.client.context.socket(zmq.XSUB)
        s.linger = 0
        s.connect(self.client.address("iopub"))
        for frames in (
            [b"\x01" + b"\xff" * 300],
            [b"\x02never"],
            [b"\x01" + b"t" * 60_000],
            [b"hello"],
            [b""],
            [b"\x01", b"more"],
            [b"\x03"],
        ) + tuple([b"\x01%d" % n] for n in range(2000)):
            s.send_multipart(frames)
        self.alive()
        s.close()
        other = self.kernel.client().ready()
        self.alive(other)
        other.close()

    def test_10_04_ten_thousand_comm_messages(self):
        for n in range(10_000):
            self.client.send("comm_msg", {"comm_id": f"c{n % 7}", "data": {"n": n}})
        last = self.client.send("kernel_info_request")
        self.client.reply(last)
        states = []
        while len(states) < 20_002:
            states.append(self.client.receive("iopub").content["execution_state"])
        self.assertEqual(states, ["busy", "idle"] * 10_001)

    def test_10_05_a_cell_of_fifty_megabytes(self):
        """15 MB run; 50 MB are answered: too large to read. What is echoed is whole."""
        for length, status in ((15_000_000, "ok"), (50_000_000, "error")):
            code = "say x\n" + "# " + "y" * length
            reply, outputs = self.client.execute(code, store_history=False)
            self.assertEqual(
                (reply.content["status"], reply.content.get("ename")), (status, {"error": "LL113"}.get(status))
            )
            self.assertEqual(text(outputs), "x\n" if status == "ok" else "")
            self.assertEqual(only(outputs, "execute_input")[0].content["code"], code)
        self.alive()

    def test_10_06_long_names_and_many_members(self):
        name = "n" * 100_000
        reply, _ = self.client.execute(f"let {name} = 1")
        self.assertIn(reply.content["status"], ("ok", "error"))
        reply, outputs = self.client.execute(HELLO, user_expressions={f"e{n}": "(1+1)" for n in range(10_000)})
        self.assertEqual(len(reply.content["user_expressions"]), 10_000)
        msg_id = self.client.send(name)
        self.assertEqual(types(self.client.outputs(msg_id)), ["busy", "idle"])

    def test_10_08_rounds_of_a_loop(self):
        """What a round binds is gone when the next one binds it: a thousand of 8 KB leave no 8 MB."""
        code = "".join(f"for {name} in {DIGITS} {{ " for name in "abc") + "let x = " + "w, " * 999 + "w }}}"
        with Kernel() as kernel:
            client = kernel.client().ready()
            client.execute(code.replace(DIGITS, "0, 1"))
            before = kernel.memory("VmHWM")
            self.assertEqual(client.execute(code)[0].content["status"], "ok")
            if os.environ.get("LOGOLENS_FLAVOR", "release") == "release":
                self.assertLess(kernel.memory("VmHWM") - before, 4 << 20)

    def test_10_08_two_thousand_cells(self):
        for n in range(300):
            self.client.execute(f"say {n}\n(6*7)\nnosuch", store_history=False)
            self.client.execute(f"say {n}\n(6*7)", store_history=False)
        self.first.close()  # it reads nothing, and may have been let go of
        self.kernel.connected(1)
        memory, opened = self.kernel.memory(), self.kernel.opened()
        for n in range(2000):
            self.client.execute(f"say {n}\n(6*7)", store_history=False)
        if os.environ.get("LOGOLENS_FLAVOR", "release") == "release":  # checkers keep freed memory for a while
            self.assertLess(self.kernel.memory() - memory, 4 << 20)
        self.kernel.closes_all_but(opened)


if __name__ == "__main__":
    unittest.main()
