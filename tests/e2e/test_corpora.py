"""Pictures of strangers: every file of the handed-over corpus through the decoder, as the product does it.

Two runs, forwards and backwards, whose heaps are filled with different bytes: the verdicts are those of the corpus, and
not one pixel depends on what the memory held before. The corpus judges by its own tool, check_images.py."""
import csv
import os
import re
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kernel_support import BINARY, SHARED

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
                                  capture_output=True, text=True, timeout=120)
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


if __name__ == "__main__":
    unittest.main()
