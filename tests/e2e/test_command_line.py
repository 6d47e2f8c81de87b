"""The program in a terminal: run, install, allow, version."""
import json
import os
import resource
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from kernel_support import BINARY, SLOW


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="logolens-test-")
        self.addCleanup(self.folder.cleanup)
        self.env = {**os.environ, "LOGOLENS_HOME": self.folder.name + "/home", "HOME": self.folder.name}

    def program(self, *words, **options):
        return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60, cwd=self.folder.name,
                              env=options.pop("env", self.env), **options)

    def script(self, text):
        Path(self.folder.name, "script.lens").write_text(text)
        return self.program("run", "script.lens")

    def test_run(self):
        done = self.script("say hello\n(6*7)\n")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "hello\n42\n", ""))

    def test_run_reads_standard_input(self):
        done = self.program("run", "-", input='say "from a pipe"')
        self.assertEqual((done.returncode, done.stdout), (0, "from a pipe\n"))

    def test_an_error_is_status_1_and_names_the_line(self):
        done = self.script("say one\n\nnosuchcommand 1\n")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"LL\d{3}")
        self.assertIn("nosuchcommand", done.stderr)
        self.assertNotIn("\033", done.stderr)

    def test_wrong_usage_is_status_2(self):
        for words in (["run"], ["run", "a", "b"], ["nonsense"], ["kernel"], ["kernel", "-x"], ["install", "--prefix"],
                      ["install", "--name", "a/b"], ["install", "--name", "../x"], ["allow"]):
            done = self.program(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("usage" if words[0] == "install" else "logolens", done.stderr)

    def test_missing_script_is_status_1(self):
        done = self.program("run", "nowhere.lens")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nowhere.lens", done.stderr)

    def test_files_that_may_not_grow_end_nothing(self):
        """ulimit -f: pixels that cannot be kept on disk are made again, and what cannot be saved is told."""
        for i in range(8):
            photo = Path(self.folder.name, "set", "ab"[i % 2], f"{i}.bmp")
            photo.parent.mkdir(parents=True, exist_ok=True)
            head = struct.pack("<2sIIIIiiHHIIiiII", b"BM", 54 + 12288, 0, 54, 40, 64, 64, 1, 24, 0, 12288, 0, 0, 0, 0)
            photo.write_bytes(head + bytes((i * 31 + k * (i + 1)) % 256 for k in range(12288)))
        Path(self.folder.name, "script.lens").write_text(
            "load logos from set size 64x64\ndescribe logos.train\nsave logos to kept.ldata\n")
        done = self.program("run", "script.lens", env={**self.env, "LOGOLENS_CACHE_MEMORY": "0"},
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)))
        self.assertIn("8 images", done.stdout)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("LL392", done.stderr)

    def test_interrupt_is_status_130(self):
        Path(self.folder.name, "slow.lens").write_text("say started\n" + SLOW)
        process = subprocess.Popen([BINARY, "run", "slow.lens"], cwd=self.folder.name, env=self.env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "started\n")
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)

    def test_help_and_version(self):
        self.assertIn("logolens run FILE", self.program("--help").stdout)
        self.assertRegex(self.program("version").stdout, r"^logolens \d+\.\d+\.\d+\n")

    def test_version_says_what_arithmetic_does(self):
        """OpenBLAS as the library itself finds it, not as it may lie on the disk."""
        self.assertIn("OpenBLAS: not used", self.program("version", env={**self.env, "NN_ISA": "scalar"}).stdout)
        self.assertRegex(self.program("version").stdout, "OpenBLAS: (there, used for large products|not used)")

    def test_other_arithmetic_is_another_run(self):
        """A home that several machines share: what kernels of one made is not shown as what another's would make."""
        script = Path(self.folder.name, "script.lens")
        script.write_text("load logos from sample:logos size 16x16 limit 60\n"
                          "model m on logos { conv 4 3x3 relu; flatten; dense classes softmax }\nfit m epochs 1 quiet\n")
        scalar = {**self.env, "NN_ISA": "scalar"}
        same = self.program("version").stdout == self.program("version", env=scalar).stdout
        self.assertIn("from its first weights", self.program("run", "script.lens").stdout)
        self.assertIn("not trained again", self.program("run", "script.lens").stdout)
        words = "not trained again" if same else "from its first weights"
        self.assertIn(words, self.program("run", "script.lens", env=scalar).stdout)

    def check_spec(self, folder, name="logolens"):
        spec = Path(folder) / "kernels" / name
        found = json.loads((spec / "kernel.json").read_text())
        self.assertEqual(found["argv"], [os.path.realpath(BINARY), "kernel", "-f", "{connection_file}"])
        self.assertEqual((found["language"], found["interrupt_mode"]), ("logolens", "message"))
        self.assertEqual(sorted(p.name for p in spec.iterdir()),
                         ["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"])
        for size in (32, 64):
            png = (spec / f"logo-{size}x{size}.png").read_bytes()
            self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual(int.from_bytes(png[16:20], "big"), size)

    def test_install(self):
        self.assertEqual(self.program("install", "--prefix", "p").returncode, 0)
        self.check_spec(self.folder.name + "/p/share/jupyter")
        self.assertEqual(self.program("install", "--prefix", self.folder.name + "/q/", "--name", "two.x").returncode, 0)
        self.check_spec(self.folder.name + "/q/share/jupyter", "two.x")
        plain = {k: v for k, v in self.env.items() if not k.startswith(("JUPYTER", "XDG", "VIRTUAL_ENV", "CONDA"))}
        self.assertEqual(self.program("install", "--user", env=plain).returncode, 0)
        self.check_spec(self.folder.name + "/.local/share/jupyter")
        self.assertEqual(self.program("install", env={**plain, "JUPYTER_DATA_DIR": "", "XDG_DATA_HOME": self.folder.name + "/x"}
                                      ).returncode, 0)
        self.check_spec(self.folder.name + "/x/jupyter")
        self.assertEqual(self.program("install", "--sys-prefix", env={**plain, "VIRTUAL_ENV": self.folder.name + "/v"}
                                      ).returncode, 0)
        self.check_spec(self.folder.name + "/v/share/jupyter")
        done = self.program("install", "--sys-prefix", env=plain)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--prefix", done.stderr)

    def test_allow(self):
        place = Path(self.folder.name, "pictures")
        place.mkdir()
        done = self.program("allow", str(place))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(place.resolve()), done.stdout)
        self.assertEqual(self.program("allow", "http://example.org").returncode, 1)
        self.assertEqual(self.program("forbid", str(place)).returncode, 0)


if __name__ == "__main__":
    unittest.main()
