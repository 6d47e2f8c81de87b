"""tests/run.sh, tests/support/sum.sh, tests/e2e/run.py: what they count, and that a cause is at the end however much comes
after it."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from kernel_support import PATIENCE, ROOT

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

CLASSES = """import os, unittest
class Good(unittest.TestCase):
    def test_one(self): pass
    def test_two(self): self.skipTest("not here")
class Bad(unittest.TestCase):
    def test_three(self): self.assertEqual(1, 2)
class Dead(unittest.TestCase):
    def test_four(self): os._exit(9)
"""
SHARED = """import unittest
ready = []
def setUpModule(): ready.append(1)
class One(unittest.TestCase):
    def test_one(self): self.assertEqual(ready, [1])
class Two(unittest.TestCase):
    def test_two(self): self.assertEqual(ready, [1])
class Three(unittest.TestCase):
    def test_three(self): self.assertEqual(ready, [1])
"""


class EndToEnd(unittest.TestCase):
    def counted(self, mark, *words):
        """mark: what stands before the class that ends its process."""
        with tempfile.TemporaryDirectory(prefix="logolens-test-") as folder:
            Path(folder, "test_some.py").write_text(CLASSES.replace("class Dead", mark + "class Dead"))
            Path(folder, "test_other.py").write_text(CLASSES[:CLASSES.index("class Bad")])
            done = subprocess.run([sys.executable, ROOT / "tests/e2e/run.py", "--folder", folder, *words],
                                  capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout.splitlines()

    def test_what_a_module_sets_up_is_for_all_its_classes(self):
        with tempfile.TemporaryDirectory(prefix="logolens-test-") as folder:
            Path(folder, "test_shared.py").write_text(SHARED)
            Path(folder, "test_broken.py").write_text("import nothing_of_this_name")
            done = subprocess.run([sys.executable, ROOT / "tests/e2e/run.py", "--folder", folder, "--at-once", "3"],
                                  capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.stdout.splitlines()[-1], "3 passed, 1 failed, 0 skipped")
        self.assertIn("No module named 'nothing_of_this_name'", done.stdout)

    def test_one_after_the_other(self):
        self.assertEqual(self.counted("", "other")[1][-1], "1 passed, 0 failed, 1 skipped")
        self.assertEqual(self.counted("", "--but", "some")[0], 0)
        self.assertEqual(self.counted("", "nothing")[0], 1)

    def test_beside_each_other(self):
        """All is counted, also a class that ends its process; one that may not run is not."""
        status, lines = self.counted("", "--at-once", "2")
        self.assertEqual((status, lines[-1]), (1, "2 passed, 2 failed, 2 skipped"))
        self.assertIn("  CAUSE test_some.Bad.test_three: AssertionError: 1 != 2", lines)
        self.assertIn("  CAUSE test_some.Dead: its process ended with status 9", lines)
        status, lines = self.counted("@unittest.skip('never')\n", "--at-once", "2")
        self.assertEqual((status, lines[-1]), (1, "2 passed, 1 failed, 3 skipped"))
        status, lines = self.counted("", "--at-once", "2", "--but", "some")
        self.assertEqual((status, lines[-1]), (0, "1 passed, 0 failed, 1 skipped"))


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
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
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
