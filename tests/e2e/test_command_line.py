"""The program in a terminal: run, install, allow, version."""
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from kernel_support import BINARY, PATIENCE, ROOT, SLOW, give_sample


def package_parts():
    sys.path.insert(0, str(ROOT / "tools"))
    import package_parts
    return package_parts


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="logolens-test-")
        self.addCleanup(self.folder.cleanup)
        self.env = {**os.environ, "LOGOLENS_HOME": self.folder.name + "/home", "HOME": self.folder.name}

    def program(self, *words, **options):
        return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=PATIENCE, cwd=self.folder.name,
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
                      ["install", "--name", "a/b"], ["install", "--name", "../x"], ["allow"], ["lessons", "a", "b"],
                      ["lessons", "--all"], ["lessons", ""]):
            done = self.program(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("usage" if words[0] == "install" else "logolens", done.stderr)

    def test_missing_script_is_status_1(self):
        done = self.program("run", "nowhere.lens")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nowhere.lens", done.stderr)

    def test_a_script_without_run(self):
        Path(self.folder.name, "script.lens").write_text("say hello\n")
        done = self.program("script.lens")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, "logolens: there is no subcommand script.lens; "
                                      "a script runs by: logolens run script.lens\n")
        self.assertIn("logolens run FILE", self.program("nothing.lens").stderr)

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
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130)

    def test_help_and_version(self):
        self.assertIn("logolens run FILE", self.program("--help").stdout)
        for words in (("run", "--help"), ("kernel", "-h"), ("allow", "--help"), ("version", "--help"),
                      ("lessons", "--help")):
            done = self.program(*words)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            self.assertIn("logolens run FILE", done.stdout, words)
        self.assertRegex(self.program("version").stdout, r"^logolens \d+\.\d+\.\d+\n")

    def test_version_says_what_arithmetic_does(self):
        """OpenBLAS as the library itself finds it, not as it may lie on the disk."""
        self.assertIn("OpenBLAS: not used", self.program("version", env={**self.env, "NN_ISA": "scalar"}).stdout)
        self.assertRegex(self.program("version").stdout, "OpenBLAS: (there, used for large products|not used)")

    def test_other_arithmetic_is_another_run(self):
        """A home that several machines share: what kernels of one made is not shown as what another's would make."""
        give_sample(self.env["LOGOLENS_HOME"])
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

    def installed_to(self, *words, **env):
        plain = {k: v for k, v in self.env.items() if not k.startswith(("JUPYTER", "XDG", "VIRTUAL_ENV", "CONDA"))}
        done = self.program("install", *words, env={**plain, **env})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_install_says_what_is_next(self):
        said = self.installed_to("--prefix", "p")
        self.assertIn(f"it runs {os.path.realpath(BINARY)}", said)
        self.assertIn(f"JUPYTER_PATH={self.folder.name}/p/share/jupyter", said)
        self.assertIn(f"`{os.path.realpath(BINARY)} lessons` writes notebooks", said)
        self.assertIn("every Jupyter of yours", self.installed_to())

    def test_empty_variables_name_no_folder(self):
        """An empty JUPYTER_DATA_DIR or JUPYTER_PATH is no folder, and above all not the current one."""
        self.installed_to(JUPYTER_PATH="", JUPYTER_DATA_DIR="", XDG_DATA_HOME="", VIRTUAL_ENV="")
        self.check_spec(self.folder.name + "/.local/share/jupyter")
        self.assertFalse(Path(self.folder.name, "kernels").exists())

    def test_sys_prefix_is_where_the_program_lies(self):
        """An environment that is not activated is found by the program in it."""
        inside = Path(self.folder.name, "env", "bin", "logolens")
        inside.parent.mkdir(parents=True)
        shutil.copy(BINARY, inside)
        Path(self.folder.name, "env", "pyvenv.cfg").touch()
        plain = {k: v for k, v in self.env.items() if not k.startswith(("JUPYTER", "XDG", "VIRTUAL_ENV", "CONDA"))}
        subprocess.run([inside, "install", "--sys-prefix"], check=True, env=plain, stdout=subprocess.DEVNULL)
        spec = Path(self.folder.name, "env/share/jupyter/kernels/logolens/kernel.json")
        self.assertEqual(json.loads(spec.read_text())["argv"][0], os.path.realpath(inside))

    def lessons(self, *words, folder="logolens-lessons"):
        done = self.program("lessons", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        top = Path(self.folder.name, folder)
        return done.stdout, {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if p.is_file()}

    def test_lessons(self):
        """All that the sources have, byte by byte, and what to type next."""
        said, written = self.lessons()
        ours = {p.name: p for p in (ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb")}
        ours["README.md"] = ROOT / "notebooks/README.md"
        for name in ("practice.py", "services.py", "loopback.py"):
            ours[f"practice/{name}"] = ROOT / "tests/servers" / name
        self.assertEqual(written, {name: file.read_bytes() for name, file in ours.items()})
        self.assertEqual(sorted(line[2:] for line in said.splitlines() if line.startswith("  ")), sorted(written))
        self.assertIn("`jupyter lab logolens-lessons` and open 01-", said)

    def test_help_says_where_to_begin(self):
        done = self.script("help\n")
        self.assertIn("`logolens lessons`, typed in a terminal", done.stdout)

    def test_lessons_write_nothing_over(self):
        """What was run, changed or made by somebody else stays, and is named; what is missing comes back."""
        before = self.lessons("ann's lessons/", folder="ann's lessons")[1]
        top = Path(self.folder.name, "ann's lessons")
        (top / "01-logo-classifier.ipynb").write_bytes(before["01-logo-classifier.ipynb"] + b" ")
        (top / "02-data.ipynb").write_bytes(before["02-data.ipynb"][:-1])
        (top / "05-tuning.ipynb").unlink()
        (top / "05-tuning.ipynb").symlink_to("elsewhere")
        (top / "README.md").unlink()
        os.mkfifo(top / "README.md")
        (top / "08-what-did-it-look-at.ipynb").unlink()
        said, after = self.lessons("ann's lessons", folder="ann's lessons")
        left = ["01-logo-classifier.ipynb", "02-data.ipynb", "05-tuning.ipynb", "README.md"]
        parts = said.split("left as they are")
        self.assertIn("  08-what-did-it-look-at.ipynb\n", parts[0])
        self.assertIn("there already: 8 files\n", parts[0])
        self.assertEqual([line[2:] for line in parts[1].splitlines() if line.startswith("  ")], left)
        self.assertIn("`logolens lessons FOLDER`", parts[1])
        self.assertIn("""jupyter lab 'ann'\\''s lessons'`""", parts[1])
        self.assertEqual(after.pop("01-logo-classifier.ipynb"), before["01-logo-classifier.ipynb"] + b" ")
        self.assertEqual(after.pop("02-data.ipynb"), before["02-data.ipynb"][:-1])
        self.assertEqual(after, {name: text for name, text in before.items() if name not in left})
        self.assertFalse(Path(self.folder.name, "elsewhere").exists() or (top / "elsewhere").exists())

    def test_lessons_leave_alone_what_is_named_alike(self):
        top = Path(self.folder.name, "logolens-lessons")
        top.mkdir()
        Path(top, "02-data.ipynb.new").write_text("mine")
        Path(self.folder.name, "precious").write_text("precious")
        for ending in ("new", "logolens-new"):
            Path(top, f"README.md.{ending}").symlink_to("../precious")
        self.lessons()
        self.assertEqual(Path(top, "02-data.ipynb.new").read_text(), "mine")
        self.assertEqual(Path(self.folder.name, "precious").read_text(), "precious")
        self.assertFalse(Path(top, "README.md").is_symlink())

    def test_lessons_that_cannot_be_written(self):
        Path(self.folder.name, "file").touch()
        Path(self.folder.name, "half").mkdir()
        Path(self.folder.name, "half", "practice").touch()
        for folder, code in (("file", "LL393"), ("file/in", "LL392"), ("half", "LL392"), ("/proc/nowhere", "LL392"),
                             ("a/" * 2500, "LL392")):
            done = self.program("lessons", folder)
            self.assertEqual((done.returncode, done.stdout), (1, ""), folder)
            self.assertIn(code, done.stderr)
            self.assertIn("try: logolens lessons FOLDER", done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["file", "half"])

    def test_the_platform_finds_the_program(self):
        """On the PATH, or it says what to name. What pip installed is found in test_packages."""
        self.lessons()
        found = Path(self.folder.name, "bin", "logolens")
        found.parent.mkdir()
        words = [sys.executable, "-S", "logolens-lessons/practice/practice.py", "--port", "0"]
        alone = {**self.env, "PATH": str(found.parent)}
        done = subprocess.run(words, capture_output=True, text=True, env=alone, timeout=PATIENCE, cwd=self.folder.name)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--binary", done.stderr)
        give_sample(self.env["LOGOLENS_HOME"])
        found.symlink_to(os.path.realpath(BINARY))
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=alone, cwd=self.folder.name) as platform:
            self.assertRegex(platform.stdout.readline(), r"is open: \d+ posts")
            platform.terminate()

    def test_install_remove(self):
        data = Path(self.folder.name, "p/share/jupyter")
        self.installed_to("--prefix", "p")
        self.installed_to("--prefix", "p", "--name", "two")
        self.assertIn(f"removed {data}/kernels/logolens", self.installed_to("--prefix", "p", "--remove"))
        self.assertEqual([p.name for p in (data / "kernels").iterdir()], ["two"])
        self.check_spec(data, "two")
        extension = data / "labextensions/logolens/package.json"
        self.assertEqual(extension.exists(), Path(ROOT, "install/labextension/package.json").exists())
        self.installed_to("--prefix", "p", "--name", "two", "--remove")
        self.assertEqual([p for p in data.rglob("*") if not p.is_dir()], [])
        self.assertEqual(list((data / "kernels").iterdir()), [])
        self.assertIn("there is no kernel", self.installed_to("--prefix", "p", "--remove"))

    def test_install_helps(self):
        done = self.program("install", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--sys-prefix", done.stdout)
        done = self.program("install", "--prefix")
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("not understood", done.stderr)
        self.assertIn("--prefix DIR", done.stderr)
        self.assertFalse(list(Path(self.folder.name).rglob("kernel.json")))

    def packaged(self, how):
        """Files as a package brings them: of another version, and each folder with the note that packages leave."""
        data = Path(self.folder.name, "p/share/jupyter")
        self.installed_to("--prefix", "p")
        kernel, extension = data / "kernels/logolens", data / "labextensions/logolens"
        package_parts().leave_note(Path(self.folder.name, "p"), "a package manager", how)
        spec = (kernel / "kernel.json").read_text()
        (kernel / "kernel.json").write_text(spec.replace(os.path.realpath(BINARY), "/usr/bin/logolens"))
        (extension / "package.json").write_text("{}")
        return data, {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}

    def test_install_leaves_what_a_package_brought(self):
        """As root, `--prefix /usr` is where apt puts it; a link to the place is the same place."""
        for how in ("pip uninstall logolens", "sudo apt remove logolens"):
            data, before = self.packaged(how)
            if not Path(self.folder.name, "link").exists():
                Path(self.folder.name, "link").symlink_to("p")
            for more, hint in (((), "logolens install --name lens"), (("--remove",), how)):
                for prefix in ("p", "link"):
                    done = self.program("install", "--prefix", prefix, *more)
                    self.assertEqual(done.returncode, 1, done.stdout)
                    self.assertIn("LL396", done.stderr)
                    self.assertIn(f"try: {hint}\n", done.stderr)
            self.assertEqual({p: p.read_bytes() for p in data.rglob("*") if p.is_file()}, before)
            shutil.rmtree(data)

    def test_a_kernel_beside_a_package(self):
        """Under another name, it leaves the package's extension when it comes and when it goes, also last."""
        data, before = self.packaged("pip uninstall logolens")
        self.assertIn(f"left {data}/labextensions/logolens", self.installed_to("--prefix", "p", "--name", "lens"))
        self.check_spec(data, "lens")
        self.installed_to("--prefix", "p", "--name", "lens", "--remove")
        self.assertEqual({p: p.read_bytes() for p in data.rglob("*") if p.is_file()}, before)
        self.installed_to("--prefix", "p", "--name", "lens")
        shutil.rmtree(data / "kernels/logolens")
        self.installed_to("--prefix", "p", "--name", "lens", "--remove")
        self.assertTrue((data / "labextensions/logolens/install.json").exists())

    def test_install_where_a_package_put_this_program(self):
        data, _ = self.packaged("sudo apt remove logolens")
        spec = data / "kernels/logolens/kernel.json"
        spec.write_text(spec.read_text().replace("/usr/bin/logolens", os.path.realpath(BINARY)))
        said = self.installed_to("--prefix", "p")
        self.assertIn("there already", said)
        self.assertIn("lessons` writes notebooks", said)

    def test_install_replaces_an_earlier_extension(self):
        """Its files' names change with their contents; what a link points to is not ours to empty."""
        there = Path(self.folder.name, "p/share/jupyter/labextensions/logolens")
        self.installed_to("--prefix", "p")
        if not there.exists():
            self.skipTest("this build carries no extension for JupyterLab")
        whole = sorted(there.rglob("*"))
        (there / "static/remoteEntry.0123.js").write_text("of yesterday")
        self.installed_to("--prefix", "p")
        self.assertEqual(sorted(there.rglob("*")), whole)
        elsewhere = Path(self.folder.name, "elsewhere")
        there.rename(elsewhere)
        there.symlink_to(elsewhere)
        self.installed_to("--prefix", "p")
        self.assertFalse(there.is_symlink())
        self.assertTrue((elsewhere / "package.json").exists())

    def test_kernels_of_others_stay(self):
        spec = Path(self.folder.name, "p/share/jupyter/kernels/python3/kernel.json")
        spec.parent.mkdir(parents=True)
        spec.write_text('{"argv": ["python"], "language": "python"}')
        for words in ((), ("--remove",)):
            done = self.program("install", "--prefix", "p", "--name", "python3", *words)
            self.assertEqual(done.returncode, 1)
            self.assertIn("LL395", done.stderr)
            self.assertEqual([p.name for p in spec.parent.iterdir()], ["kernel.json"])

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
