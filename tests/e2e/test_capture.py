"""What a library writes to descriptors 1 and 2 of the kernel reaches the cell, in order and before idle."""
import os
import signal
import threading
import unittest

from kernel_support import SLOW, Kernel, until


class Captured(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel()
        self.addCleanup(self.kernel.stop)
        self.client = self.kernel.client().ready()

    def write(self, fd, text):
        """As a library in the kernel's process would: its pipe, by way of /proc."""
        with open(f"/proc/{self.kernel.process.pid}/fd/{fd}", "wb", buffering=0) as file:
            file.write(text.encode())

    def streams(self, msg_id, count):
        found = []
        while len(found) < count:
            message = self.client.receive("iopub")
            if message.type == "stream":
                self.assertEqual(message.parent["msg_id"], msg_id)
                found.append((message.content["name"], message.content["text"]))
        return found

    def test_both_descriptors_while_a_cell_runs(self):
        msg_id = self.client.send("execute_request", {"code": f"say runs\n{SLOW}"})
        self.assertEqual(self.streams(msg_id, 1), [("stdout", "runs\n")])  # it is announced before it begins
        self.write(1, "from a library\n")
        self.assertEqual(self.streams(msg_id, 1), [("stdout", "from a library\n")])
        self.write(2, "and a warning: \N{LATIN SMALL LETTER E WITH ACUTE}\n")
        self.assertEqual(self.streams(msg_id, 1), [("stderr", "and a warning: \N{LATIN SMALL LETTER E WITH ACUTE}\n")])
        os.kill(self.kernel.process.pid, signal.SIGINT)
        self.assertEqual(self.client.reply(msg_id).content["ename"], "Interrupted")

    def test_after_a_cell_it_belongs_to_that_cell(self):
        reply, _ = self.client.execute("say done")
        self.write(1, "later\n")
        self.assertEqual(self.streams(reply.parent["msg_id"], 1), [("stdout", "later\n")])

    def test_all_of_it_comes_before_what_follows(self):
        """Many pipes full, from outside, while cells come and go: each byte once, in order, around the cells' own."""
        reply, _ = self.client.execute("say first")
        text = "".join(f"{n}\n" for n in range(40_000))
        self.write(1, text)
        msg_id = self.client.send("execute_request", {"code": "say last"})
        got = ""
        while not got.endswith("last\n"):
            message = self.client.receive("iopub")
            if message.type == "stream":
                got += message.content["text"]
                whose = msg_id if "last" in message.content["text"] else reply.parent["msg_id"]
                self.assertEqual(message.parent["msg_id"], whose)
        self.assertEqual(got, text + "last\n")

    def test_what_came_before_a_cell_is_not_its_own(self):
        """Also when so much was printed that the rest waits in the pipe."""
        first, _ = self.client.execute(f"for i in 1..19000 {{ say {'x' * 100} }}")
        self.write(1, "from a library\n")
        second = self.client.send("execute_request", {"code": "say next"})
        whose = {}
        while second not in whose.values():
            message = self.client.receive("iopub")
            if message.type == "stream":
                whose[message.content["text"]] = message.parent["msg_id"]
        self.assertEqual(whose, {"from a library\n": first.parent["msg_id"], "next\n": second})

    def test_more_than_may_leave_at_once(self):
        """What the burst has no room for waits in the pipe, and goes on by itself when there is some again, though
        nothing else happens in the kernel. Lines end where chunks do, so that none of it waits outside the pipe."""
        reply, _ = self.client.execute("say first")
        text = "0123456789abcde\n" * 140_000
        writer = threading.Thread(target=self.write, args=(1, text))
        writer.start()
        self.addCleanup(writer.join)
        got, size = [], 0
        while size < len(text):
            message = self.client.receive("iopub")
            self.assertEqual((message.type, message.parent["msg_id"]), ("stream", reply.parent["msg_id"]))
            got.append(message.content["text"])
            size += len(got[-1])
        self.assertEqual("".join(got), text)

    def test_before_the_first_cell_it_goes_to_the_log(self):
        self.write(2, "loaded\n")
        until(lambda: "loaded" in self.kernel.log.read_text(), "it is in the log")

    def test_last_words(self):
        """A library that gives up says why, and then nobody reads the pipe any more."""
        self.client.execute("say x")
        os.kill(self.kernel.process.pid, signal.SIGSTOP)
        until(lambda: "T (stopped)" in open(f"/proc/{self.kernel.process.pid}/status").read(), "it stands still")
        self.write(2, "assertion failed: 1 == 2\n")
        os.kill(self.kernel.process.pid, signal.SIGABRT)
        os.kill(self.kernel.process.pid, signal.SIGCONT)
        self.assertEqual(self.kernel.wait(), -signal.SIGABRT)
        self.assertIn("assertion failed: 1 == 2", self.kernel.log.read_text())


if __name__ == "__main__":
    unittest.main()
