"""Jupyter's own tests of a kernel (jupyter_kernel_test), through an installed kernelspec."""
import os
import subprocess
import tempfile
import unittest

from kernel_support import BINARY

try:
    import jupyter_kernel_test
except ImportError:
    jupyter_kernel_test = None

if jupyter_kernel_test:
    _prefix = tempfile.TemporaryDirectory(prefix="logolens-test-")
    subprocess.run([BINARY, "install", "--prefix", _prefix.name, "--name", "logolens-under-test"], check=True,
                   stdout=subprocess.DEVNULL)
    os.environ["JUPYTER_PATH"] = os.path.join(_prefix.name, "share", "jupyter")
    os.environ.setdefault("LOGOLENS_HOME", os.path.join(_prefix.name, "home"))

    class KernelSpec(jupyter_kernel_test.KernelTests):
        kernel_name = "logolens-under-test"
        language_name = "logolens"
        file_extension = ".lens"
        code_hello_world = "say hello, world"
        code_generate_error = "nosuchcommand 1"
        completion_samples = [{"text": "confus", "matches": ["confusion"]}]
        complete_code_samples = ["say hello", "", "# only a comment", "model m { dense 3 }"]
        incomplete_code_samples = ["model m {", "model m {\n  conv 16 3x3 relu"]
        code_execute_result = [{"code": "(6*7)", "result": "42"}, {"code": "(1+1)", "result": "2"},
                               {"code": "(6*7)", "result": "42"}]
        code_display_data = [{"code": "help fit", "mime": "text/plain"}]
        code_history_pattern = "(6?7*"
        supported_history_operations = ("tail", "range", "search")
        code_inspect_sample = "fit"
        code_clear_output = "clear"

    class Welcome(jupyter_kernel_test.IopubWelcomeTests):
        kernel_name = "logolens-under-test"
        support_iopub_welcome = True

else:

    class KernelSpec(unittest.TestCase):
        def test_kernel_spec(self):
            self.skipTest("jupyter_kernel_test is not installed")


if __name__ == "__main__":
    unittest.main()
