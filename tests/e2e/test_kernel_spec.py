"""Jupyter's own tests of a kernel (jupyter_kernel_test), every one of them, through an installed kernelspec."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from kernel_support import BINARY, small_photos

try:
    import jupyter_kernel_test
except ImportError:
    jupyter_kernel_test = None

NAME = "logolens-under-test"
# What takes a while tells a console so on stderr, and the result comes as a display.
LONG = """load tiny from {folder} labels folders size 8x8
model small on tiny {{ flatten; dense classes softmax }}
fit small epochs 2 again"""

if jupyter_kernel_test:
    _prefix = tempfile.TemporaryDirectory(prefix="logolens-test-")
    subprocess.run([BINARY, "install", "--prefix", _prefix.name, "--name", NAME], check=True, stdout=subprocess.DEVNULL)
    _changed = {"JUPYTER_PATH": os.path.join(_prefix.name, "share", "jupyter"),
                "LOGOLENS_HOME": os.path.join(_prefix.name, "home"), "LOGOLENS_ROOTS": _prefix.name}
    _before = {name: os.environ.get(name) for name in _changed}

    def setUpModule():
        os.environ.update(_changed)
        small_photos(Path(_prefix.name) / "tiny")

    def tearDownModule():
        for name, value in _before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        _prefix.cleanup()

    class KernelSpec(jupyter_kernel_test.KernelTests):
        kernel_name = NAME
        language_name = "logolens"
        file_extension = ".lens"
        code_hello_world = "say hello, world"
        code_stderr = LONG.format(folder=os.path.join(_prefix.name, "tiny"))
        code_generate_error = "nosuchcommand 1"
        code_page_something = "fit?"
        completion_samples = [{"text": "confus", "matches": ["confusion"]}]
        complete_code_samples = ["say hello", "", "# only a comment", "model m { dense 3 }"]
        incomplete_code_samples = ["model m {", "model m {\n  conv 16 3x3 relu"]
        invalid_code_samples = ["model m }", "let g ]"]
        code_execute_result = [{"code": "(6*7)", "result": "42"}, {"code": "(1+1)", "result": "2"},
                               {"code": "(6*7)", "result": "42"}]
        code_display_data = [{"code": "help fit", "mime": "text/plain"}, {"code": "help fit", "mime": "text/html"}]
        code_history_pattern = "(6?7*"
        supported_history_operations = ("tail", "range", "search")
        code_inspect_sample = "fit"
        code_clear_output = "clear"

        def test_nothing_is_left_out(self):
            """What a sample is missing for is skipped there, and counts as passed with us."""
            for name, value in vars(jupyter_kernel_test.KernelTests).items():
                if not name.startswith("_") and (value == "" or value == [] or value == ()):
                    self.assertTrue(getattr(self, name), name)

    class Welcome(jupyter_kernel_test.IopubWelcomeTests):
        kernel_name = NAME
        support_iopub_welcome = True

else:

    class KernelSpec(unittest.TestCase):
        def test_kernel_spec(self):
            self.skipTest("jupyter_kernel_test is not installed")


if __name__ == "__main__":
    unittest.main()
