"""install/setup.sh: what it installs, and when again. Packages and pip are stood in for; nothing is downloaded."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pygments

from kernel_support import PATIENCE, ROOT


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="logolens-test-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        shutil.copytree(ROOT / "install", self.root / "install")
        self.program("path/dpkg-query", 'printf "install ok installed"')
        for name in ("apt-get", "sudo"):
            self.program(f"path/{name}", "exit 1")
        self.program("build/venv/bin/jupyter", "")
        self.pip("echo installing \"$@\"")

    def program(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n" + text + "\n")
        file.chmod(0o755)

    def pip(self, text):
        self.program("build/venv/bin/pip", text)

    def run_setup(self, *words):
        env = {**os.environ, "PATH": f"{self.root / 'path'}:{os.environ['PATH']}"}
        return subprocess.run(["sh", "install/setup.sh", *words], cwd=self.root, env=env, capture_output=True, text=True,
                              timeout=PATIENCE)

    def installed(self, *words):
        done = self.run_setup(*words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("installing")]

    def test_each_list_once_and_again_when_it_changed(self):
        main, package, tests = (f"install/requirements{name}.txt" for name in ("", "-package", "-test"))
        self.assertIn("would run: build/venv/bin/pip install", self.run_setup("--dry-run").stdout)
        self.assertEqual(self.installed(), [main])
        self.assertEqual(self.installed(), [])
        self.assertEqual(self.installed("--package"), [package])
        self.assertEqual(self.installed("--tests"), [tests])
        self.assertEqual(self.installed("--tests"), [])
        with open(self.root / main, "a") as file:
            file.write("another\n")
        self.assertEqual(self.installed("--tests"), [main])
        self.assertEqual(self.installed("--tests"), [])

    def test_the_language_is_told_once(self):
        """Python finds the lexer and papermill's parameters where they lie in the sources, wherever those lie."""
        site = self.root / "build/venv/lib/python3.11/site-packages"
        site.mkdir(parents=True)
        self.run_setup("--dry-run")
        self.assertEqual(list(site.iterdir()), [])
        self.assertIn("telling build/venv of the language", self.run_setup().stdout)
        self.assertNotIn("telling", self.run_setup().stdout)
        moved = self.root / "moved to" / "there"
        moved.mkdir(parents=True)
        for part in ("build", "install"):
            (self.root / part).rename(moved / part)
        asks = ("import site, sys; site.addsitedir(sys.argv[1]); sys.path.append(sys.argv[2])\n"
                "from importlib.metadata import entry_points as points, files\n"
                "from pygments.lexers import get_lexer_by_name as lexer\n"
                "print([e.name for e in points(group='papermill.engine')], [str(f) for f in files('logolens') if not"
                " f.locate().exists()]); print(sys.modules[type(lexer('logolens')).__module__].__file__)")
        there = moved / site.relative_to(self.root)
        done = subprocess.run([sys.executable, "-S", "-c", asks, there, Path(pygments.__file__).parents[1]],
                              capture_output=True, text=True)
        self.assertEqual(done.stdout.split("\n")[0], "['logolens'] []", done.stderr)
        self.assertEqual(os.path.realpath(done.stdout.split("\n")[1]),
                         os.path.realpath(moved / "install/wheel/logolens/pygments_lexer.py"))

    def test_what_failed_is_done_again(self):
        self.pip("exit 3")
        self.assertNotEqual(self.run_setup().returncode, 0)
        self.pip("echo installing \"$@\"")
        self.assertEqual(self.installed(), ["install/requirements.txt"])


if __name__ == "__main__":
    unittest.main()
