"""What the conformance tests share: one kernel for a class, and words for what was seen.

The names of these tests begin with the number of the line of the checklist in test_conformance.py that they show."""

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from kernel_support import BINARY, SLOW, Kernel, small_photos

PORTS = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
HELLO = "say hello"
WRONG = "nosuchcommand 1 2 3"


def types(outputs):
    """Message types in order, states in the place of `status`."""
    return [m.content["execution_state"] if m.type == "status" else m.type for m in outputs]


def only(outputs, kind):
    return [m for m in outputs if m.type == kind]


def text(outputs, name="stdout"):
    return "".join(m.content["text"] for m in only(outputs, "stream") if m.content["name"] == name)


def begin(client, code=SLOW, **options):
    """Starts a cell; returns its msg_id when it runs."""
    running = client.send("execute_request", {"code": code, **options})
    while True:
        message = client.receive("iopub")
        if message.parent.get("msg_id") == running and message.type == "execute_input":
            return running


def an_epoch_ends(client):
    """Reads until a training that is shown has ended its first epoch."""
    while not re.search(r"epoch ([2-9]|\d\d+) of", json.dumps(client.receive("iopub").content)):
        pass


def stop(client, running):
    """Interrupts a cell and reads to its end."""
    client.reply(client.send("interrupt_request", channel="control"), "control")
    reply = client.reply(running)
    client.outputs(running)
    return reply.content


class WithKernel(unittest.TestCase):
    """One kernel for a class, and a new front end for each test."""

    options = {}

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel(**cls.options)
        cls.first = cls.kernel.client().ready()

    def setUp(self):
        self.client = self.kernel.client(identity=os.urandom(4).hex().encode()).ready()
        self.addCleanup(self.client.close)

    @classmethod
    def tearDownClass(cls):
        status = cls.kernel.stop()
        assert status == 0, status

    def alive(self, client=None):
        reply, _ = (client or self.client).ask("kernel_info_request")
        self.assertEqual(reply.content["status"], "ok")


def installed(name="logolens-conformance"):
    """A kernelspec in a folder of its own (the caller keeps it), and the folder of the spec."""
    prefix = tempfile.TemporaryDirectory(prefix="logolens-test-")
    subprocess.run([BINARY, "install", "--prefix", prefix.name, "--name", name], check=True, stdout=subprocess.DEVNULL)
    return prefix, Path(prefix.name) / "share" / "jupyter" / "kernels" / name


def children(pid):
    """Processes that a process started and that are still there."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in task.read_text().split()]
    return found


def gone(pid):
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def pictures(folder):
    """Two classes of tiny pictures, enough for every kind of output: what LOAD loads in that folder."""
    small_photos(Path(folder) / "pictures", of_each=12, side=16)


LOAD = "load pics from pictures size 16x16"
MODEL = "model net on pics seed 3 { flatten; dense classes softmax }"


def signal_group(kernel, number=signal.SIGINT):
    os.killpg(kernel.process.pid, number)
