"""The helper that decodes pictures, as the kernel uses it: it survives interrupts, is replaced, and never outlives us."""
import os
import signal
import struct
import subprocess
import tempfile
import unittest
import zlib
from pathlib import Path

from kernel_support import BINARY, PATIENCE, Kernel, until


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(colour, side=40):
    rows = b"".join(b"\0" + bytes((colour + x + y) % 256 for x in range(side)) for y in range(side))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_pictures(folder):
    for name, base in (("cat", 0), ("dog", 120)):
        (folder / name).mkdir(parents=True)
        for i in range(6):
            (folder / name / f"{i}.png").write_bytes(png(base + 7 * i))


def state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "gone"


def helpers(parent):
    """Living children: the kernel has no others."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "stat").read_text().rsplit(")", 1)[1].split() if entry.name.isdigit() else []
        except OSError:
            continue
        if words and words[1] == str(parent) and words[0] != "Z":
            found.append(int(entry.name))
    return sorted(found)


class Helper(unittest.TestCase):
    def load(self, client, name):
        reply, outputs = client.execute(f"load {name} from pictures")
        self.assertEqual(reply.content["status"], "ok", outputs)

    def start(self, kernel):
        write_pictures(Path(kernel.folder.name) / "pictures")
        client = kernel.client().ready()
        self.assertEqual(helpers(kernel.process.pid), [], "none before there is a picture")
        self.load(client, "a")
        found = helpers(kernel.process.pid)
        self.assertGreaterEqual(len(found), 1)
        return client, found

    def test_interrupts_do_not_reach_it(self):
        with Kernel() as kernel:
            client, before = self.start(kernel)
            os.killpg(kernel.process.pid, signal.SIGINT)
            self.load(client, "b")
            self.assertTrue(set(before) <= set(helpers(kernel.process.pid)))

    def test_a_killed_one_is_replaced(self):
        with Kernel() as kernel:
            client, before = self.start(kernel)
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            for pid in before:
                until(lambda: state(pid) in ("Z", "gone"), "the helper ends")
            self.load(client, "b")
            self.assertFalse(set(before) & set(helpers(kernel.process.pid)))

    def test_it_ends_with_the_kernel(self):
        for number in (signal.SIGKILL, signal.SIGTERM):
            with Kernel() as kernel:
                _, before = self.start(kernel)
                kernel.process.send_signal(number)
                kernel.wait()
                for pid in before:
                    until(lambda: state(pid) in ("Z", "gone"), "the helper ends")

    def test_a_damaged_file_is_named(self):
        with Kernel() as kernel:
            write_pictures(Path(kernel.folder.name) / "pictures")
            broken = Path(kernel.folder.name) / "pictures" / "cat" / "broken.png"
            broken.write_bytes(png(3)[:150])
            reply, outputs = kernel.client().ready().execute("load a from pictures")
            self.assertEqual(reply.content["status"], "ok")
            self.assertIn("broken.png", str(outputs))

    def test_run_says_nothing_about_it(self):
        with tempfile.TemporaryDirectory() as folder:
            write_pictures(Path(folder) / "pictures")
            Path(folder, "script.lens").write_text("load a from pictures\n")
            done = subprocess.run([BINARY, "run", "script.lens"], cwd=folder, capture_output=True, text=True,
                                  timeout=PATIENCE,
                                  env={**os.environ, "LOGOLENS_HOME": folder + "/home", "HOME": folder})
            self.assertEqual((done.returncode, done.stderr), (0, ""))


class Command(unittest.TestCase):
    def test_check(self):
        for where in (subprocess.PIPE, None):
            with tempfile.TemporaryFile() as file:
                done = subprocess.run([BINARY, "sandbox", "--check"], stdout=where or file, stderr=subprocess.PIPE,
                                      timeout=PATIENCE)
                file.seek(0)
                text = (done.stdout or file.read()).decode()
            self.assertEqual(done.returncode, 0, text)
            self.assertEqual(text.count("refused"), 9)

    def test_by_hand_it_says_what_it_is(self):
        done = subprocess.run([BINARY, "sandbox"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--check", done.stderr)
        self.assertEqual(subprocess.run([BINARY, "sandbox", "x"], capture_output=True, timeout=PATIENCE).returncode, 2)
