"""The notebooks as a reader gets them and as a learner leaves them: executed whole by nbclient, every output complete and
safe to look at. An exercise is a cell tagged `raises-exception`: as shipped its `check` does not hold, and with the folded
answer of the cell above in place of its first lines it does.

LOGOLENS_WHOLE=1 (`make test-slow`) trains as long as the notebooks say. Without it every training ends after two epochs,
which shows all that a change of a word or an output can break; only what a `check` asks of a trained network is left to
the former."""
import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient

import kernel_support as support

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 400 * 1024  # bytes of one form of one output
PNG_AIM, PNG_LIMIT = 100_000, 150_000  # and of a picture; sheets of 24 large photos reach the latter
# A sanitizer sees in two epochs of the first notebook all that it would see in twenty of each, in minutes not hours.
SANITIZED = os.environ.get("LOGOLENS_FLAVOR", "release") in ("asan", "tsan")
SHORT = SANITIZED or os.environ.get("LOGOLENS_WHOLE") != "1"

CHECKER = Path(os.environ.get("LOGOLENS_SHARED", ROOT.parent / "shared")) / "corpora" / "check" / "check_output.py"


def wants_practice(path):
    """Is there a platform to practise on in it (`make practice`)?"""
    return nbformat.read(path, as_version=4).metadata.get("logolens", {}).get("needs") == "practice"


def is_exercise(cell):
    return cell.cell_type == "code" and "raises-exception" in cell.metadata.get("tags", [])


def solved(cells, exercise):
    """The source of an exercise with the answer above it in place of as many of its first lines."""
    text = next(c.source for c in reversed(cells[:cells.index(exercise)]) if c.cell_type == "markdown")
    answer = re.search(r"<details>.*?```\n(.*?)\n```", text, re.DOTALL).group(1).splitlines()
    return "\n".join(answer + exercise.source.splitlines()[len(answer):])


def shorten(cell):
    """Two epochs for every training; a `check` may then fail without ending the notebook."""
    cell.source = re.sub(r"\bepochs ([3-9]|[0-9]{2,})\b", "epochs 2", cell.source)
    if "check " in cell.source:
        cell.metadata.tags = cell.metadata.get("tags", []) + ["raises-exception"]


def errors_of(cell):
    return [output.ename for output in cell.get("outputs", []) if output.output_type == "error"]


class Notebooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="lens-notebooks-")
        prefix = Path(cls.home.name) / "prefix"
        subprocess.run([support.BINARY, "install", "--prefix", str(prefix)], check=True, stdout=subprocess.DEVNULL)
        cls.before = {k: os.environ.get(k) for k in ("JUPYTER_PATH", "XDG_DATA_HOME")}
        os.environ["JUPYTER_PATH"] = str(prefix / "share" / "jupyter")
        os.environ["XDG_DATA_HOME"] = str(Path(cls.home.name) / "data")  # runs of earlier sessions are not met here

    @classmethod
    def tearDownClass(cls):
        for name, value in cls.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        cls.home.cleanup()

    def execute(self, path):
        """Runs it as a learner does who tries every exercise as it stands, then with the answer in the same cell. Gives
        the notebook with the answers, and the exercises as they were before."""
        notebook = nbformat.read(path, as_version=4)
        tried = [cell for cell in notebook.cells if is_exercise(cell)]
        answers = {}
        for cell in tried:
            answers[cell.id] = nbformat.v4.new_code_cell(solved(notebook.cells, cell))
        both = [c for cell in notebook.cells for c in (cell, answers.get(cell.id)) if c is not None]
        notebook.cells = [c for c in both if c not in tried] if SANITIZED else both
        if SHORT:
            for cell in (c for c in notebook.cells if c.cell_type == "code"):
                shorten(cell)
        NotebookClient(notebook, kernel_name="logolens", timeout=600, iopub_timeout=support.PATIENCE,
                       resources={"metadata": {"path": str(Path(path).parent)}}).execute()
        tried = [cell for cell in notebook.cells if any(cell.id == t.id for t in tried)]
        notebook.cells = [cell for cell in notebook.cells if cell not in tried]
        if SHORT:  # what a `check` says of two epochs is no output of this notebook
            notebook.cells = [cell for cell in notebook.cells if errors_of(cell) != ["LL150"]]
        return notebook, tried

    def check_exercises(self, tried, name):
        for cell in tried:
            if SHORT and "epochs" in cell.source:
                continue
            self.assertEqual(errors_of(cell), ["LL150"], f"{name}: the learner has nothing to do: {cell.source}")

    def check_png(self, png, said, name):
        """Above the aim all has been done that makes it smaller: few colours, one pixel for each that is shown."""
        self.assertLess(len(png), PNG_LIMIT, name)
        if len(png) > PNG_AIM:
            self.assertEqual((int.from_bytes(png[16:20], "big"), png[25]), (said["width"], 3), name)

    def check_outputs(self, notebook, name):
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                self.assertNotEqual(output["output_type"], "error", name)
                if output["output_type"] not in ("display_data", "execute_result"):
                    continue
                data = output["data"]
                self.assertTrue(data.get("text/plain", "").strip(), f"{name}: an output without words: {cell.source[:60]}")
                self.assertNotIn("application/javascript", data)
                for mime, body in data.items():
                    self.assertLess(len(body), LIMIT * 4 // 3, f"{name}: {mime} of {cell.source[:60]}")
                if "image/png" in data:
                    self.check_png(base64.b64decode(data["image/png"]), output["metadata"]["image/png"], name)

    def test_all(self):
        paths = sorted(p for p in (ROOT / "notebooks").glob("*.ipynb") if not wants_practice(p))
        paths = paths[: 1 if SANITIZED else None]
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(path.name):
                self.check_notebook(path, path)

    def check_notebook(self, path, place):
        """path: as it is kept; place: where it is executed. Gives it with its outputs."""
        for cell in nbformat.read(path, as_version=4).cells:
            self.assertFalse(cell.get("outputs"), f"{path.name} is kept without outputs")
        notebook, tried = self.execute(place)
        self.check_exercises(tried, path.name)
        self.check_outputs(notebook, path.name)
        executed = Path(self.home.name) / path.name
        nbformat.write(notebook, executed)
        if CHECKER.exists():
            done = subprocess.run([sys.executable, str(CHECKER), "nb", str(executed)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)
        else:
            self.assertNotEqual(os.environ.get("LOGOLENS_REQUIRE_SHARED"), "1", f"{CHECKER} is not there")
        return notebook

    def practice(self):
        """A folder to work in beside the platform to practise on, as `make practice` starts it; and how many posts."""
        work = Path(tempfile.mkdtemp(dir=self.home.name))
        places = mock.patch.dict(os.environ, {"XDG_CONFIG_HOME": str(work / "config")})  # the keys
        places.start()
        self.addCleanup(places.stop)
        os.environ.pop("LOGOLENS_HOME", None)  # it would go before
        practice = subprocess.Popen([sys.executable, str(ROOT / "tests" / "servers" / "practice.py"), "--port", "0",
                                     "--binary", support.BINARY], stdout=subprocess.PIPE, text=True)
        self.addCleanup(practice.stdout.close)
        self.addCleanup(practice.wait)
        self.addCleanup(practice.terminate)
        return work, int(re.search(r"(\d+) posts", practice.stdout.readline()).group(1))

    @unittest.skipIf(SANITIZED, "the commands in it have tests of their own")
    def test_from_posts_to_customers(self):
        """Notebook 09 as it ships."""
        path = next(p for p in (ROOT / "notebooks").glob("09-*.ipynb") if wants_practice(p))
        work, posted = self.practice()
        notebook = self.check_notebook(path, shutil.copy(path, work))
        said = "\n".join(o["data"]["text/plain"] for c in notebook.cells for o in c.get("outputs", []) if "data" in o)
        self.assertIn(f"{posted} posts", said)
        self.assertRegex(said, r"Of \d+ listed about \d+ are right")
        self.assertNotIn("a-token-for-tests", nbformat.writes(notebook))
        page = (work / "adidas.html").read_text()
        self.assertIn("Who posts our shoes", page)
        for file in ("fans.csv", "posts.csv"):
            self.assertGreater(len((work / file).read_text().splitlines()), 5, file)

    @unittest.skipIf(SANITIZED, "the commands in it have tests of their own")
    def test_the_cells_of_the_manual(self):
        """The business cells of the worked notebook, every line as it is written there; keys lie where they usually do."""
        work, posted = self.practice()
        keys = work / "config" / "logolens" / "practice"
        keys.rename(keys.with_name("credentials"))
        (work / "cells.lens").write_text("""load logos from sample:logos size 32x32 seed 7 limit 800
model scratch on logos { conv 8 3x3 relu; maxpool 2; flatten; dense classes softmax }
model transfer on logos { conv 16 3x3 relu; maxpool 2; conv 16 3x3 relu; maxpool 2; flatten; dense classes softmax }
fit scratch epochs 1 quiet
fit transfer epochs 8 lr 0.05 quiet
connect twitter
scrape twitter tag adidas, nike, puma since 2026-10-01 limit 500 budget 1000 into posts
classify posts with transfer min 60% as labelled
show labelled where predicted = adidas and confidence >= 80% sort confidence limit 24
customers from labelled brand adidas min 80% posts 2 top 50 as fans
dashboard from fans, labelled, scratch, transfer to adidas.html title "Who posts our shoes"
export fans to fans.csv
export labelled to posts.csv
save transfer to transfer.lmodel
export scratch to scratch.py format keras
""")
        done = subprocess.run([support.BINARY, "run", "cells.lens"], cwd=work, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        for part in (f"{posted} posts", "posts of this month are left", "unsure", "at most $20.00"):
            self.assertIn(part, done.stdout)
        self.assertNotIn("a-token-for-tests", done.stdout + done.stderr)
        for file in ("adidas.html", "fans.csv", "posts.csv", "transfer.lmodel", "scratch.py"):
            self.assertTrue((work / file).stat().st_size, file)


if __name__ == "__main__":
    unittest.main()
