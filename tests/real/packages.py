"""packages.py PROGRAM FOLDER: what a user does on the first day, in a system where Logolens came as a package and
nothing that it is built with is installed. Run by packages.sh inside that system, with the Jupyter there. The last line
is `N passed, N failed, N skipped`."""
import base64
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unittest
import zipfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

PROGRAM, FOLDER = sys.argv[1], Path(sys.argv[2])
CELLS = """\
load logos from sample:logos size 32x32 limit 300 seed 1
show logos
%%
model m on logos {
  conv 16 3x3 relu; maxpool 2; conv 32 3x3 relu; maxpool 2
  flatten; dense 64 relu; dense classes softmax
}
fit m epochs 2 batch 16 seed 1
%%
curves m
confusion m on logos.val
%%
trace m image 7
%%
export m to m.keras
export m to m.onnx
open back from m.onnx
evaluate back on logos.val
%%
load zipped from pictures.zip size 32x32
zipped
"""


def outputs(notebook, mime):
    return [o["data"][mime] for c in notebook.cells for o in c.get("outputs", []) if mime in o.get("data", {})]


def execute(notebook, name):
    notebook.metadata.kernelspec = {"name": "logolens", "display_name": "Logolens", "language": "logolens"}
    place = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, kernel_name="logolens", timeout=900, resources=place).execute()
    nbformat.write(notebook, FOLDER / name)
    return notebook


def plain(shown):
    """What is shown on a terminal, without what moves its cursor."""
    return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\r", b"", shown)


def echoes(screen):
    """Before the program takes the keys itself, moments after its prompt, the terminal shows them: nobody types so fast."""
    return termios.tcgetattr(screen)[3] & termios.ECHO


class Package(unittest.TestCase):
    def test_kernelspec(self):
        listed = json.loads(subprocess.run([sys.executable, "-m", "jupyter_client.kernelspecapp", "list", "--json"],
                                           check=True, capture_output=True, text=True).stdout)
        spec = listed["kernelspecs"]["logolens"]
        self.assertEqual(spec["spec"]["display_name"], "Logolens")
        for name in ("logo-32x32.png", "logo-64x64.png", "logo-svg.svg"):
            self.assertTrue(Path(spec["resource_dir"], name).exists(), name)

    def test_version_and_what_is_there(self):
        said = subprocess.run([PROGRAM, "version"], check=True, capture_output=True, text=True, env={}).stdout
        self.assertIn("OpenBLAS: there", said)

    def test_sandbox(self):
        subprocess.run([PROGRAM, "sandbox", "--check"], check=True, stdout=subprocess.DEVNULL)

    def test_1_notebook(self):
        subprocess.run([PROGRAM, "run", "-"], input="load logos from sample:logos limit 10", text=True, check=True,
                       stdout=subprocess.DEVNULL, cwd=FOLDER)
        kept = Path(os.environ["HOME"], ".cache/logolens/samples/logos-1")
        with zipfile.ZipFile(FOLDER / "pictures.zip", "w") as archive:
            for line in (kept / "labels.txt").read_text().splitlines()[:40]:
                name, _, label = line.partition("\t")
                archive.write(kept / name, f"{label}/{name}")
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS.split("%%\n")])
        execute(notebook, "first.ipynb")
        pictures = [base64.b64decode(text) for text in outputs(notebook, "image/png")]
        self.assertGreaterEqual(len(pictures), 4)
        for number, picture in enumerate(pictures):
            width, height = struct.unpack(">II", picture[16:24])
            self.assertGreater(width * height, 100 * 100)
            (FOLDER / f"picture-{number}.png").write_bytes(picture)
        said = "\n".join(outputs(notebook, "text/plain"))
        self.assertIn("40 images", said)
        self.assertNotIn("cannot be drawn", said)
        with zipfile.ZipFile(FOLDER / "m.keras") as archive:
            self.assertEqual(archive.read("model.weights.h5")[:8], b"\x89HDF\r\n\x1a\n")
        self.assertGreater((FOLDER / "m.onnx").stat().st_size, 1000)

    def test_a_notebook_for_papermill(self):
        """Which runs it (packages.sh), where there is one."""
        cell = nbformat.v4.new_code_cell("let n = 1", metadata={"tags": ["parameters"]})
        notebook = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_code_cell('say "n is $n"')])
        self.assertIn("n is 1", execute(notebook, "parameters.ipynb").cells[1].outputs[0].text)

    def test_2_lessons(self):
        """The last of them, beside the platform that comes with them, which finds the program by itself."""
        said = subprocess.run([PROGRAM, "lessons"], check=True, capture_output=True, text=True, cwd=FOLDER).stdout
        lessons = FOLDER / "logolens-lessons"
        self.assertEqual(len(list(lessons.glob("*.ipynb"))), 9, said)
        practice = subprocess.Popen([sys.executable, lessons / "practice/practice.py", "--port", "0"],
                                    stdout=subprocess.PIPE, text=True)
        self.addCleanup(practice.stdout.close)
        self.addCleanup(practice.wait)
        self.addCleanup(practice.terminate)
        posted = re.search(r"(\d+) posts", practice.stdout.readline()).group(1)
        notebook = execute(nbformat.read(next(lessons.glob("09-*.ipynb")), as_version=4), "posts.ipynb")
        self.assertIn(f"{posted} posts", "\n".join(outputs(notebook, "text/plain")))
        self.assertIn("Who posts our shoes", (FOLDER / "adidas.html").read_text())
        for name in ("fans.csv", "posts.csv"):
            self.assertGreater(len((FOLDER / name).read_text().splitlines()), 5, name)

    def test_terminal(self):
        """Cells are typed with editing keys: Tab completes the verb."""
        pid, screen = pty.fork()
        if pid == 0:
            os.chdir(FOLDER)
            os.execve(PROGRAM, ["logolens"], {**os.environ, "TERM": "xterm"})
        shown = b""
        for wanted, keys in ((b"> ", b"clas\t"), (b"> classify ", b"\x15say \"hello\"\r"), (b"\nhello", b"\x04")):
            until = time.monotonic() + 60
            while (wanted not in (text := plain(shown)) or echoes(screen)) and time.monotonic() < until:
                if select.select([screen], [], [], 0.1)[0]:
                    shown += os.read(screen, 4096)
            self.assertIn(wanted, text)
            maps = Path(f"/proc/{pid}/maps").read_text()
            os.write(screen, keys)
        self.assertIn("libedit", maps)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        os.close(screen)

    def test_a_script(self):
        done = subprocess.run([PROGRAM, "run", "-"], input="say hello\n(6*7)", text=True, capture_output=True, env={},
                              cwd=FOLDER)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "hello\n42\n", ""))


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromTestCase(Package)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
