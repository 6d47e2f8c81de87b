"""Files of strangers: the handed-over corpus of pictures and labels, and traps of the file system.

Pictures go through the decoder as the product does it. Two runs, forwards and backwards, whose heaps are filled with
different bytes: the verdicts are those of the corpus, and not one pixel depends on what the memory held before. The
corpus judges by its own tool, check_images.py."""
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kernel_support import BINARY, PATIENCE, SHARED

CORPUS = SHARED / "corpora"
TOOL = Path(BINARY).parent / "support" / "decode_tool"
SANITIZED = os.environ.get("LOGOLENS_FLAVOR", "release") != "release"
FILLS = (85, 170)
MEGABYTE = 1 << 10  # in the kilobytes the tool counts
# Where we differ on purpose. The corpus' mean colours leave transparency away; we lay transparent parts over white
# (docs/adr/0010-pictures.md), which is tested pixel by pixel in tests/unit/test_decode.c.
OVER_WHITE = {
    "images/real/libpng/gray-2-1.8-tRNS.png",
    "images/real/image-rs/png_transparency_acid2.png",
    "images/real/pillow/caption_6_33_22.png",
}


def humble():
    """Words before a program by which files without a permission are closed to it, also where we are root."""
    words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if os.geteuid() == 0 and shutil.which("setpriv") and subprocess.run([*words, "true"], capture_output=True).returncode == 0:
        return words
    return []


HUMBLE = humble()


def need_corpus(test):
    if CORPUS.joinpath("images", "verdicts.tsv").exists():
        return
    if os.environ.get("LOGOLENS_REQUIRE_SHARED") == "1":
        test.fail("the handed-over data is not there, and LOGOLENS_REQUIRE_SHARED=1")
    test.skipTest("the handed-over data is not there")


def verdicts():
    with open(CORPUS / "images" / "verdicts.tsv") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


class Run:
    """The lines the tool made of some files, in a process of its own, and what that took."""

    def __init__(self, paths, fill, helper):
        self.environment = {**os.environ, "MALLOC_PERTURB_": str(fill)}
        options = f"max_malloc_fill_size=1073741824:malloc_fill_byte={fill}:free_fill_byte={fill}:detect_leaks=1:exitcode=99"
        self.environment["ASAN_OPTIONS"] = f"{options}:{os.environ.get('ASAN_OPTIONS', '')}"
        with tempfile.TemporaryDirectory(prefix="logolens-test-") as folder:
            words = [str(TOOL)] + ([self.wrapper(folder, fill)] if helper else [])
            done = subprocess.run(words, input="".join(f"{path}\n" for path in paths), capture_output=True, text=True,
                                  cwd=CORPUS, env=self.environment, timeout=900)
        lines = done.stdout.splitlines()
        self.status, self.errors = done.returncode, done.stderr
        self.rows = {line.split("\t")[0]: line for line in lines if not line.startswith("#")}
        ends = [line.split("\t") for line in lines if line.startswith("#")]
        self.peak, self.seconds = (int(ends[0][1]), float(ends[0][2])) if ends else (0, 0)

    def wrapper(self, folder, fill):
        """The kernel hands its helpers no more of the environment than they need, so MALLOC_PERTURB_ is set behind it."""
        path = Path(folder, "logolens")
        path.write_text(f"#!/bin/sh\nMALLOC_PERTURB_={fill} exec '{BINARY}' \"$@\"\n")
        path.chmod(0o700)
        return str(path)


class Pictures(unittest.TestCase):
    def setUp(self):
        need_corpus(self)
        self.table = verdicts()
        self.paths = [row["path"] for row in self.table]
        self.assertGreater(len(self.paths), 1000)

    def twice(self, helper):
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(lambda k: Run(self.paths[::1 - 2 * k], FILLS[k], helper), range(2)))
        for run in runs:
            self.assertEqual(run.status, 0, run.errors[-4000:])
            self.assertEqual(run.errors, "")
            self.assertEqual(len(run.rows), len(self.paths))
        return runs

    def judge(self, runs):
        """check_images.py on both, as it is; what it finds must be exactly what we explain."""
        with tempfile.TemporaryDirectory(prefix="logolens-test-") as folder:
            names = [os.path.join(folder, str(k)) for k in range(2)]
            for run, name in zip(runs, names):
                Path(name).write_text("".join(f"{line}\n" for line in run.rows.values()))
            done = subprocess.run([sys.executable, str(CORPUS / "check" / "check_images.py"),
                                   str(CORPUS / "images" / "verdicts.tsv"), *names],
                                  capture_output=True, text=True, timeout=PATIENCE)
        *found, counts = done.stdout.splitlines()
        there = OVER_WHITE & set(self.paths)
        self.assertEqual(found[1:], [], done.stdout)
        for line in found:
            self.assertTrue(line.startswith(f"{len(there)} wrong colours e.g. "), done.stdout)
            self.assertEqual(set(line.split(" e.g. ")[1].split()), there, done.stdout)
        self.assertEqual(counts, f"{len(self.paths) - len(there)} passed, {len(there)} failed")
        for path in self.paths:  # also the reasons of what is refused
            self.assertEqual(runs[0].rows[path], runs[1].rows[path])

    def test_in_the_helper(self):
        runs = self.twice(helper=True)
        self.judge(runs)
        for row in self.table:
            line = runs[0].rows[row["path"]]
            if "\terr\t" in line:
                self.assertRegex(line, r"\tLL305 [a-zA-Z ]", "a reason in words")
        if not SANITIZED:  # 256 MB to work with, and the largest picture there may be
            self.assertLess(max(run.peak for run in runs), (256 + 150) * MEGABYTE)

    def test_in_this_process(self):
        """So that a sanitizer sees the decoder itself, and its leaks."""
        self.judge(self.twice(helper=False))

    def test_bombs_take_little(self):
        paths = [row["path"] for row in self.table if row["expect"] == "limit" or row["category"] in ("bomb", "png-dims")]
        self.assertGreater(len(paths), 8)
        run = Run(paths, FILLS[0], helper=True)
        self.assertEqual((run.status, run.errors, len(run.rows)), (0, "", len(paths)))
        for line in run.rows.values():
            self.assertRegex(line, r"\t(ok|err)\t")
        if not SANITIZED:
            self.assertLess(run.peak, 256 * MEGABYTE)


class Script:
    """`logolens run` of one script in a folder: status, outputs, and the most memory it and its helpers took."""

    def __init__(self, test, folder, text, timeout=PATIENCE):
        name, outputs = Path(folder, "script.lens"), [Path(folder, "stdout"), Path(folder, "stderr")]
        name.write_text(text)
        with open(outputs[0], "wb") as out, open(outputs[1], "wb") as err:
            started = subprocess.Popen([*HUMBLE, BINARY, "run", str(name)], cwd=folder, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err, env=self.environment(folder))
            try:
                self.status = started.wait(timeout)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
                test.fail(f"it hangs: {text}")
        self.stdout, self.stderr = (path.read_text() for path in outputs)  # which wants UTF-8
        test.assertIn(self.status, (0, 1), self.stdout + self.stderr)
        for text in (self.stdout, self.stderr):
            test.assertNotRegex(text, r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
            test.assertNotIn("LL9", text)

    @staticmethod
    def environment(folder):
        return {**os.environ, "LOGOLENS_HOME": str(folder) + "/home", "HOME": str(folder),
                "LOGOLENS_ROOTS": str(CORPUS)}


class Folder(unittest.TestCase):
    def setUp(self):
        need_corpus(self)
        held = tempfile.TemporaryDirectory(prefix="logolens-test-")
        self.addCleanup(held.cleanup)
        self.folder = held.name


class Loaded(Folder):
    def test_all_pictures_at_once(self):
        """One `load` of the whole corpus gives each file the verdict it has by itself."""
        done = Script(self, self.folder, f'load all from "{CORPUS}/images" size 16x16\nexport all to all.csv\n', 600)
        self.assertEqual(done.status, 0, done.stderr)
        with open(self.folder + "/all.csv", newline="") as file:
            loaded = {"images/" + row["file"]: row["broken"] == "no" for row in csv.DictReader(file)}
        run = Run(loaded, FILLS[0], helper=False)
        self.assertGreater(len(loaded), 1000)
        self.assertEqual({path for path, read in loaded.items() if read},
                         {path for path, line in run.rows.items() if line.split("\t")[1] == "ok"})


class Labels(Folder):
    """labels.tsv through the language; the reader itself has its own test (tests/unit/test_labels.c)."""

    # Expected is a warning, and we differ on purpose.
    SILENT = {"trailing_ws.txt": "blanks at the ends of a field do not count (docs/formats.md)"}

    def judge(self, row):
        folder = Path(self.folder, row["name"])
        folder.mkdir()
        done = Script(self, folder, f'load logos from "{CORPUS}/labels" labels "{CORPUS}/labels/{row["name"]}" size 16x16\n')
        expect = row["expect"]
        if done.status:
            self.assertIn("error", expect, row["name"] + done.stderr)
            self.assertRegex(done.stderr, r"^LL3\d\d ", row["name"])
            return
        self.assertNotEqual(expect, "error", row["name"])
        found = re.search(r"(?m)^([\d,]+) images? in (\d+) class", done.stdout)
        self.assertEqual([found[1], found[2]], [row["rows_used"], row["classes"]], row["name"])
        warned = re.search(r"(?m)^LL(306|307|308|310) ", done.stdout)
        if row["name"] == "not_image.txt":
            self.assertIn("images/not_image.png: this is a web page", done.stdout)
        elif "warn" in expect and row["name"] not in self.SILENT:
            self.assertTrue(warned, row["name"] + done.stdout)
        elif expect == "ok":
            self.assertFalse(warned, row["name"] + done.stdout)

    def test_verdicts(self):
        with open(CORPUS / "labels" / "labels.tsv") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        self.assertGreaterEqual(len(rows), 44)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.judge, rows))


class Traps(Folder):
    """fs_traps.sh: pipes, devices, links in circles, holes of 10 GB, names that are no text."""

    def setUp(self):
        super().setUp()
        subprocess.run(["bash", str(CORPUS / "images" / "fs_traps.sh"), self.folder + "/traps"], check=True,
                       capture_output=True, timeout=PATIENCE)
        self.addCleanup(shutil.rmtree, self.folder + "/traps", ignore_errors=True)

    def run_script(self, text):
        done = Script(self, self.folder, text)
        self.assertFalse(list(Path(self.folder).rglob("pwned")))
        return done

    def test_load(self):
        done = self.run_script("load logos from traps size 16x16\nshow logos\nshow logos where broken\n"
                               "export logos to all.csv\nexport logos to all.html\n")
        self.assertEqual(done.status, 0, done.stderr)
        self.assertIn("17 images", done.stdout)
        reasons = ["empty.jpg: the file is empty", "sparse_10g.jpg: it has 10,737,418,240"]
        if HUMBLE or os.geteuid():
            reasons.append("noperm.png: you do not have the permission")
        self.assertIn(f"{len(reasons)} of 17 images cannot be read", done.stdout)
        for reason in reasons:
            self.assertIn(reason, done.stdout)
        self.assertIn("LL328  8 things in `traps` were passed over", done.stdout)
        self.assertIn("\\x1b[31mred.png", done.stdout)
        with open(self.folder + "/all.csv", newline="") as file:
            self.assertIn("with new\nline.png", [row["file"] for row in csv.DictReader(file)])
        for kind in ("csv", "html"):
            checked = subprocess.run([sys.executable, str(CORPUS / "check" / "check_output.py"), kind,
                                      f"{self.folder}/all.{kind}"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(checked.stdout, "1 passed, 0 failed\n")

    def test_every_passed_over_thing_has_its_reason(self):
        """Two at a time, since the note names five."""
        reasons = {b"bad\xff\xfename.png": r"bad\xff\xfename.png: its name is not UTF-8",
                   b"fifo.jpg": "fifo.jpg: a device, a pipe",
                   b"sock.jpg": "sock.jpg: a device, a pipe", b"passwd.jpg": "passwd.jpg: a link that leads nowhere, or out of",
                   b"zero.jpg": "zero.jpg: a link that leads", b"tty.jpg": "tty.jpg: a link", b"self.jpg": "self.jpg: a link",
                   b"dangling.jpg": "dangling.jpg: a link"}
        traps = os.fsencode(self.folder) + b"/traps/"
        names = list(reasons)
        for two in zip(names[::2], names[1::2]):
            some = os.fsencode(self.folder) + b"/some"
            shutil.rmtree(some, ignore_errors=True)
            os.mkdir(some)
            shutil.copy(traps + b"ok.png", some)
            for name in two:
                os.rename(traps + name, some + b"/" + name)
            done = self.run_script("load logos from some size 16x16\n")
            for name in two:
                self.assertIn(reasons[name], done.stdout)

    def test_labels_that_name_traps(self):
        lines = ["ok.png,A", "link_inside.png,B", "setuid.png,A", "-rf.png,B", "sparse_10g.jpg,A", "fifo.jpg,A", "zero.jpg,B",
                 "passwd.jpg,A", "self.jpg,B", "dir.jpg,B", "loop/up/ok.png,A", "sock.jpg,B"]
        Path(self.folder, "list.csv").write_text("".join(f"{line}\n" for line in lines))
        done = self.run_script("load logos from traps labels list.csv size 16x16\n")
        self.assertEqual(done.status, 0, done.stderr)
        self.assertIn("4 images in 2 classes", done.stdout)
        self.assertRegex(done.stdout, r"LL306  7 .*lines")

    def test_traps_where_a_file_or_a_folder_is_wanted(self):
        for name in ("fifo.jpg", "sock.jpg", "zero.jpg", "tty.jpg", "passwd.jpg", "self.jpg", "dangling.jpg", "noperm.png",
                     "sparse_10g.jpg", "dir.jpg", "empty.jpg"):
            for line in (f"load logos from traps/{name}", f"load logos from traps labels traps/{name}",
                         f"load logos from traps labels traps/{name} columns 1, 2", f"open t from traps/{name}"):
                done = self.run_script(line + "\n")
                self.assertEqual(done.status, 1, line + done.stdout)
                self.assertRegex(done.stderr, r"^LL(3|6)\d\d ", line)
                self.assertNotIn("root:", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
