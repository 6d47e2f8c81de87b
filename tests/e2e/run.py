"""run.py PATTERN: runs the end-to-end tests with unittest; the last line is `N passed, N failed, N skipped`."""
import re
import sys
import unittest
from pathlib import Path

folder = Path(__file__).parent
sys.path.insert(0, str(folder))
suite = unittest.defaultTestLoader.discover(str(folder), pattern=f"test_{sys.argv[1] or '*'}.py")
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
for test, trace in result.failures + result.errors:
    # The exception's own line, which may have more of its text below.
    said = [line for line in trace.splitlines() if re.match(r"[A-Za-z_][\w.]*(: |$)", line)]
    print(f"  CAUSE {test.id()}: {said[-1][:400] if said else trace[-400:]}")
for test, why in result.skipped:
    print(f"  skipped {test}: {why}")
print(f"{max(result.testsRun - failed - skipped, 0)} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0 or result.testsRun == 0)
