"""Files of Keras under strace: besides the file that is named nothing is opened, whatever it asks for, and the helper that
reads it has given up everything before it looks at a byte."""
import csv
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from kernel_support import BINARY, ROOT, SHARED
from test_corpora import need_corpus

TOOL = Path(BINARY).parent / "support" / "keras_tool"
MODELS = SHARED / "corpora" / "models"
# What starting two programs and loading libhdf5 takes, and what lg_confine reads (how much memory is mapped).
OURS = re.compile(r"/etc/ld\.so\.(cache|preload)|(/usr)?/lib[^ ]*|/proc/self/[a-z]+|/dev/(null|urandom)|/sys/devices/system/cpu/[a-z]+")
CALLS = "open,openat,openat2,creat,socket,connect,execve,fork,vfork,prctl,seccomp"


def strace(words):
    """Standard output of a command, and its calls as (pid, text), in their order; None where nothing can be traced."""
    with tempfile.TemporaryDirectory(prefix="logolens-test-") as folder:
        log = Path(folder, "log")
        # A leak check cannot run in a process that is traced.
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", "HOME": folder}
        try:
            done = subprocess.run(["strace", "-f", "-s", "400", "-e", f"trace={CALLS}", "-o", str(log), *words],
                                  capture_output=True, text=True, timeout=300, env=env, cwd=folder)
        except FileNotFoundError:
            return None
        if done.returncode and not done.stdout:
            return None
        lines = [line.split(None, 1) for line in log.read_text(errors="replace").splitlines()]
        return done.stdout, [(pid, text.strip()) for pid, text in lines]


class Opened(unittest.TestCase):
    def setUp(self):
        if not shutil.which("strace") or strace([str(TOOL), BINARY, "read", "/dev/null"]) is None:
            self.skipTest("there is no strace here, or it may not trace")

    def judge(self, files):
        out, calls = strace([str(TOOL), BINARY, "read", *map(str, files)])
        self.assertEqual(len(out.splitlines()), len(files), out)
        named, confined, started = {str(file) for file in files}, set(), 0
        for pid, text in calls:
            if text.startswith(("+++", "---")):
                continue
            self.assertNotRegex(text, r"^(socket|connect|fork|vfork|creat)\(", text)
            opened = re.match(r'open(?:at2?)?\((?:AT_FDCWD, )?"([^"]*)"', text)
            if opened:
                if pid in confined:  # libhdf5 asks whether there is a file of the image's name, and may not even know that
                    self.assertEqual((opened[1], "EPERM" in text), ("image", True), text)
                else:
                    self.assertTrue(opened[1] in named or OURS.fullmatch(opened[1]), text)
            if "SECCOMP_MODE_FILTER" in text or "SECCOMP_SET_MODE_FILTER" in text:
                self.assertRegex(text, r"= 0$")
                confined.add(pid)
            started += text.startswith("execve(")
        return out, len(confined), started

    def test_files_that_name_others(self):
        files = sorted((ROOT / "tests" / "golden" / "keras").glob("hdf5_*.*"))
        self.assertGreater(len(files), 18)
        out, confined, started = self.judge(files)
        self.assertEqual((confined, started), (len(files), len(files) + 1), "a helper for each")
        for line in out.splitlines():
            name, verdict = line.split("\t")[:2]
            self.assertEqual("bad_" in name, verdict != "ok", line)

    def test_the_corpus(self):
        need_corpus(self)
        with open(MODELS / "models.tsv") as file:
            rows = [row[:3] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
        wanted = {name: expect for name, kind, expect in rows if kind in ("h5", "keras")}
        self.assertGreater(len(wanted), 40)
        out, confined, _ = self.judge([MODELS / name for name in wanted])
        self.assertGreater(confined, 35)
        for line in out.splitlines():
            name, verdict = Path(line.split("\t")[0]).name, line.split("\t")[1]
            if wanted[name] == "ok":
                self.assertEqual(verdict, "ok", line)
            self.assertRegex(verdict, "ok|LL36[1-4]")
