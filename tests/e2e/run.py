"""run.py PATTERN [--but PATTERN] [--at-once N]: runs the end-to-end tests (those in --folder) with unittest; the last
line is `N passed, N failed, N skipped`.

With N above 1 that many classes run beside each other, each in a process of its own (they make their kernels, folders and
ports themselves), those of SLOWEST first."""
import argparse
import fnmatch
import json
import os
import re
import sys
import tempfile
import traceback
import unittest
from pathlib import Path

# Modules of classes that take long: begun last they would run alone at the end.
SLOWEST = ["test_notebooks", "test_kill", "test_hostile", "test_scrape_replay", "test_scrape", "test_protocol",
           "test_flow"]


def first(suite):
    """The name of its first test."""
    part = next(part for part in suite if part.countTestCases())
    return first(part) if isinstance(part, unittest.TestSuite) else part.id()


def module_of(suite):
    return first(suite).split(".")[0]


def parts(module):
    """The suites of its classes; itself if it sets something up for all of them, or could not be imported."""
    whole = hasattr(sys.modules.get(module_of(module)), "setUpModule")
    if whole or not all(isinstance(part, unittest.TestSuite) for part in module):
        return [module]
    return [part for part in module if part.countTestCases()]


def chosen(folder, pattern, but):
    sys.path.insert(0, folder)
    modules = [module for module in unittest.defaultTestLoader.discover(folder, pattern=f"test_{pattern}.py")
               if module.countTestCases() and not fnmatch.fnmatch(module_of(module), f"test_{but}")]
    return [part for module in modules for part in parts(module)]


def run(suite):
    """Its counts, and lines about what failed or was left out."""
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    lines = []
    for test, trace in result.failures + result.errors:
        # The exception's own line, which may have more of its text below.
        said = [line for line in trace.splitlines() if re.match(r"[A-Za-z_][\w.]*(: |$)", line)]
        lines.append(f"  CAUSE {test.id()}: {said[-1][:400] if said else trace[-400:]}")
    lines += [f"  skipped {test}: {why}" for test, why in result.skipped]
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    return [max(result.testsRun - failed - skipped, 0), failed, skipped], lines


class Beside:
    """A class of tests in a process of its own; what it prints and found comes when it has ended."""

    def __init__(self, suite):
        self.name = first(suite).rsplit(".", 1)[0]
        self.output, self.found = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self.child(suite)

    def child(self, suite):
        os.dup2(self.output.fileno(), 1)
        os.dup2(self.output.fileno(), 2)
        status = 1
        try:
            json.dump(run(suite), self.found)
            self.found.flush()
            status = 0
        except BaseException:  # noqa: B902 - nothing of the parent's may run here
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(status)

    def ended(self, status):
        for file in (self.output, self.found):
            file.seek(0)
        sys.stdout.write(self.output.read())
        if status:
            return [0, 1, 0], [f"  CAUSE {self.name}: its process ended with status {status}"]
        return json.load(self.found)


def run_beside(suites, at_once):
    """What run() gives, for each."""
    place = {name: n for n, name in enumerate(SLOWEST)}
    waiting = sorted(suites, key=lambda suite: place.get(module_of(suite), len(place)))
    running, found = {}, []
    while waiting or running:
        while waiting and len(running) < at_once:
            one = Beside(waiting.pop(0))
            running[one.pid] = one
        pid, status = os.wait()
        found.append(running.pop(pid).ended(os.waitstatus_to_exitcode(status)))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pattern", nargs="?", default="")
    parser.add_argument("--folder", default=str(Path(__file__).parent))
    parser.add_argument("--but", default="")
    parser.add_argument("--at-once", type=int, default=1)
    args = parser.parse_args()
    suites = chosen(args.folder, args.pattern or "*", args.but)
    if args.at_once > 1:
        found = run_beside(suites, args.at_once)
    else:
        found = [run(unittest.TestSuite(suites))]
    for _, lines in found:
        print("\n".join(lines), end="\n" if lines else "")
    passed, failed, skipped = (sum(counts[k] for counts, _ in found) for k in range(3))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed > 0 or passed + skipped == 0


if __name__ == "__main__":
    sys.exit(main())
