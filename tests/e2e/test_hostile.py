"""Messages nobody should send: signatures, replays, odd frames, strangers on the ports."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from kernel_support import DELIMITER, SHARED, Kernel

AT_ONCE = 12  # kernels that the hostile messages of the corpus go to


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        cls.client = cls.kernel.client().ready()

    @classmethod
    def tearDownClass(cls):
        status = cls.kernel.stop()
        assert status == 0, status

    def ignored(self, frames, channel="shell"):
        self.client.sockets[channel].send_multipart(frames)
        self.assertTrue(self.client.silent(channel, 0.1), frames[:3])
        self.assertTrue(self.client.silent("iopub", 0.02), frames[:3])

    def test_wrong_signatures(self):
        good = self.client.frames("kernel_info_request")
        for signature in (b"", b"0" * 64, good[1][:-1], good[1] + b"0", good[1].upper(), b"\0" * 64, good[1][:-1] + b"g"):
            for channel in ("shell", "control"):
                self.ignored([DELIMITER, signature] + good[2:], channel)
        changed = self.client.frames("kernel_info_request")
        changed[5] = b'{"x":1}'
        self.ignored(changed)

    def test_a_message_is_obeyed_once(self):
        frames = self.client.frames("execute_request", {"code": "say once"})
        self.client.sockets["shell"].send_multipart(frames)
        msg_id = json.loads(frames[2])["msg_id"]
        self.assertEqual(self.client.reply(msg_id).content["status"], "ok")
        self.client.outputs(msg_id)
        self.ignored(frames)
        self.ignored(frames, "control")

    def test_odd_frames(self):
        good = self.client.frames("kernel_info_request")
        for frames in ([b""], [b"\0"], [DELIMITER], [DELIMITER] * 7, good[:5], good[1:], [b""] * 3000 + good,
                       [b"x"] * 3000, [b"a"] + good[:3], good[:1] + [b""] * 5):
            self.ignored(frames)
        for header in (b"", b"null", b"5", b"[]", b"{}", b'{"msg_type":5}', b'{"msg_type":"\xff"}', b"{" * 5000):
            self.ignored(self.client.frames("", header=header))

    def test_nul_frames_in_front_are_routing(self):
        frames = self.client.frames("kernel_info_request")
        self.client.sockets["shell"].send_multipart([b"\0\0", b"\0"] + frames)
        self.assertEqual(self.client.receive("shell").routing, [b"\0\0", b"\0"])
        self.client.outputs(json.loads(frames[2])["msg_id"])

    def test_delimiter_again_in_the_content(self):
        frames = self.client.frames("kernel_info_request") + [DELIMITER, b"buffer"]
        self.client.sockets["shell"].send_multipart(frames)
        self.assertEqual(self.client.receive("shell").type, "kernel_info_reply")
        self.client.outputs(json.loads(frames[2])["msg_id"])

    def test_strangers_on_every_port(self):
        for name in ("shell", "control", "stdin", "iopub", "hb"):
            for data in (b"GET / HTTP/1.0\r\n\r\n", b"\0" * 200, b"\xff" + b"\0" * 8 + b"\x7f" + b"junk" * 50, b""):
                with socket.create_connection(("127.0.0.1", self.kernel.connection[name + "_port"]), 5) as s:
                    s.sendall(data)
        reply, _ = self.client.ask("kernel_info_request")
        self.assertEqual(reply.content["status"], "ok")

    def test_noise_while_nobody_reads_the_log(self):
        """Each message that is dropped is a line on stderr, here a pipe that is full: whoever sends noise, without the key,
        stops the kernel no more than whoever forgot to read."""
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        with Kernel(log=write) as kernel:
            os.close(write)
            client = kernel.client().ready()
            for _ in range(3000):
                client.sockets["control"].send_multipart([DELIMITER, b"0" * 64, b"{}", b"{}", b"{}", b"{}"])
            reply, _ = client.ask("kernel_info_request", channel="control")
            self.assertEqual(reply.content["status"], "ok")

    def test_junk_subscriptions(self):
        import zmq
        context = zmq.Context()
        s = context.socket(zmq.XSUB)
        s.linger = 0
        s.connect(self.client.address("iopub"))
        for frames in ([b"\x01\xff\xfe"], [b"\x02x"], [b"\x01" + b"t" * 60000], [b"hello", b"\x01"], [b""]):
            s.send_multipart(frames)
        reply, _ = self.client.ask("kernel_info_request")
        self.assertEqual(reply.content["status"], "ok")
        context.destroy(linger=0)

    def test_the_hostile_messages_of_the_corpus(self):
        tool = SHARED / "corpora" / "wire" / "badwire.py"
        if not tool.exists():
            if os.environ.get("LOGOLENS_REQUIRE_SHARED") == "1":
                self.fail("the handed-over data is not there, and LOGOLENS_REQUIRE_SHARED=1")
            self.skipTest("the handed-over data is not there")
        cases = json.loads((tool.parent / "cases.json").read_text())
        self.assertGreater(len(cases), 40)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            said = list(pool.map(lambda part: self.asked(tool, part), (cases[n::AT_ONCE] for n in range(AT_ONCE))))
        self.assertEqual([text for text in said if not re.search(r"(?m)^\d+ passed, 0 failed$", text)], [])
        self.assertEqual(sum(int(re.search(r"(\d+) passed, 0", text)[1]) for text in said), len(cases))

    def asked(self, tool, cases):
        """Most of these wait until they may say that nothing came, so several kernels are asked at once."""
        with Kernel() as kernel, tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(cases, file)
            file.flush()
            return subprocess.run([sys.executable, str(tool), str(kernel.file), file.name], capture_output=True, text=True,
                                  timeout=500).stdout


if __name__ == "__main__":
    unittest.main()
