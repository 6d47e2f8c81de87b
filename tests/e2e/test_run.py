"""tests/run.sh and tests/support/sum.sh: what they count, and that a cause is at the end however much comes after it."""
import subprocess
import tempfile
import unittest
from pathlib import Path

from kernel_support import ROOT

LEAKS = """tests/x.c:12: failed: a == b
  FAILED first
tests/x.c:19: got is
  "yes", expected
  "no"
  FAILED second
3 passed, 2 failed, 0 skipped
==12==ERROR: LeakSanitizer: detected memory leaks
""" + "    #0 in somewhere\n" * 200 + "SUMMARY: AddressSanitizer: 100 byte(s) leaked"
OUTPUTS = {"good": ("3 passed, 0 failed, 1 skipped", 0),
           "leak": (LEAKS, 1),
           "bad": ("tests/y.c:7: failed: c\n  FAILED third\n1 passed, 1 failed, 0 skipped", 1),
           "dead": ("on its way", 139)}


class Sums(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="logolens-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def binaries(self, *names):
        for name in names:
            text, status = OUTPUTS[name]
            file = self.folder / f"test_{name}"
            file.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {status}\n")
            file.chmod(0o755)
        return [str(self.folder / f"test_{name}") for name in names]

    def shell(self, *words):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout.splitlines()

    def test_all_is_well(self):
        status, lines = self.shell("sh", "tests/run.sh", str(self.folder), *self.binaries("good"))
        self.assertEqual((status, lines[-1]), (0, "3 passed, 0 failed, 1 skipped"))

    def test_nothing_was_asked(self):
        self.assertEqual(self.shell("sh", "tests/run.sh", str(self.folder)), (1, ["0 passed, 0 failed, 0 skipped"]))

    def test_causes_come_last(self):
        status, lines = self.shell("sh", "tests/run.sh", str(self.folder), *self.binaries("good", "leak", "bad", "dead"))
        self.assertEqual((status, lines[-1]), (1, "4 passed, 3 failed, 1 skipped"))
        end = "\n".join(lines[-40:])
        for cause in ("test_leak: first: tests/x.c:12: failed: a == b", "test_bad: third: tests/y.c:7: failed: c",
                      'test_leak: second: tests/x.c:19: got is   "yes", expected   "no"', "test_dead: ended with status 139",
                      "ERROR: LeakSanitizer: detected memory leaks"):
            self.assertIn(cause, end)

    def test_a_slow_one_is_begun_first(self):
        names = self.binaries("good", "bad")
        (self.folder / "times").write_text("20 test_bad\n10 test_good\n")
        lines = self.shell("env", "JOBS=1", "sh", "tests/run.sh", str(self.folder), *names)[1]
        self.assertEqual([line.split()[0] for line in lines[:2]], ["test_bad", "test_good"])
        self.assertEqual(len((self.folder / "times").read_text().splitlines()), 2)

    def test_parts_beside_each_other(self):
        good, leak = self.binaries("good", "leak")
        script = f""". tests/support/sum.sh
            beside one sh tests/run.sh {self.folder} {leak}
            step two sh tests/run.sh {self.folder} {good}
            beside three grep -q '^SigIgn:.*0$' /proc/self/status
            join
            finish"""
        status, lines = self.shell("sh", "-c", script)
        self.assertEqual((status, lines[-1]), (1, "4 passed, 1 failed, 1 skipped"))
        titles = [line for line in lines if line.startswith("== ")]
        self.assertEqual(titles, ["== two", "== one", "== three", "== what failed"])
        after = lines[lines.index("== what failed"):]
        self.assertEqual(after[1], "in: one")
        self.assertIn("  test_leak: first: tests/x.c:12: failed: a == b", after)


if __name__ == "__main__":
    unittest.main()
