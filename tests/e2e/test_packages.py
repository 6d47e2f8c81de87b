"""The wheel: what is in it, what its tag promises, and that it runs where nothing else is installed. And what the package
for apt holds; it is installed for real by `make packages-test`."""
import base64
import csv
import hashlib
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

from kernel_support import BINARY, PATIENCE, ROOT

SPEC = "share/jupyter/kernels/logolens/"
CELL = """load logos from sample:logos size 32x32 limit 120 seed 1
model m on logos { conv 8 3x3 relu; maxpool 2; flatten; dense classes softmax }
fit m epochs 1 quiet
curves m
export m to m.keras
"""


class Wheel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.environ.get("LOGOLENS_FLAVOR", "release") != "release":
            raise unittest.SkipTest("packages carry the release build")
        if not importlib.util.find_spec("auditwheel"):
            raise unittest.SkipTest("auditwheel is not installed (install/setup.sh --package brings it)")
        folder = tempfile.TemporaryDirectory(prefix="logolens-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        made = subprocess.run([sys.executable, ROOT / "tools/make_wheel.py", BINARY, cls.folder], capture_output=True,
                              text=True)
        assert made.returncode == 0, made.stdout + made.stderr
        cls.wheel = next(cls.folder.glob("*.whl"))
        cls.zip = zipfile.ZipFile(cls.wheel)
        cls.addClassCleanup(cls.zip.close)
        cls.version = re.search(r'LG_VERSION "(.+)"', (ROOT / "lib/base/lg.h").read_text()).group(1)
        cls.data = f"logolens-{cls.version}.data/data/"
        cls.info = f"logolens-{cls.version}.dist-info/"
        cls.venv = cls.folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", cls.venv], check=True)
        cls.pip("install", "--no-index", "--no-deps", cls.wheel)

    @classmethod
    def pip(cls, *words):
        pip = [ROOT / "build/venv/bin/python", "-m", "pip", "--python", cls.venv / "bin/python", "--quiet"]
        done = subprocess.run([str(word) for word in [*pip, *words]], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def text(self, name):
        return self.zip.read(name).decode()

    def files(self, part):
        return [name for name in self.zip.namelist() if name.startswith(part) and not name.endswith("/")]

    def run_it(self, *words):
        """In an empty folder, without an activated environment or anything else in the process's environment."""
        folder = tempfile.mkdtemp(dir=self.folder)
        return subprocess.run([str(word) for word in words], cwd=folder, env={"HOME": folder}, capture_output=True,
                              text=True, timeout=PATIENCE)

    def test_one_version(self):
        self.assertIn(f"Version: {self.version}\n", self.text(self.info + "METADATA"))
        self.assertTrue(self.wheel.name.startswith(f"logolens-{self.version}-py3-none-manylinux_2_"), self.wheel.name)
        self.assertEqual(self.run_it(self.venv / "bin/logolens", "version").stdout.splitlines()[0],
                         f"logolens {self.version}")

    def test_the_tag_promises_what_the_files_need(self):
        """Read with other eyes than auditwheel's: the newest version of a symbol of the C library."""
        unpacked = self.venv / SPEC
        files = [unpacked / "logolens", *(unpacked / "lib").iterdir()]
        symbols = subprocess.run(["objdump", "-T", *files], capture_output=True, text=True, check=True).stdout
        newest = max(int(n) for n in re.findall(r"\(?GLIBC_2\.(\d+)", symbols))
        self.assertEqual(newest, int(re.search(r"manylinux_2_(\d+)_", self.wheel.name).group(1)))

    def test_record_holds_every_file(self):
        recorded = {name: digest for name, digest, _ in csv.reader(io.StringIO(self.text(self.info + "RECORD")))}
        self.assertEqual(sorted(recorded), sorted(self.files("")))
        for name, digest in recorded.items():
            if not name.endswith("/RECORD"):
                found = base64.urlsafe_b64encode(hashlib.sha256(self.zip.read(name)).digest()).rstrip(b"=")
                self.assertEqual(digest, "sha256=" + found.decode(), name)

    def test_jupyter_files(self):
        found = json.loads(self.text(self.data + SPEC + "kernel.json"))
        self.assertEqual(found["argv"], ["{resource_dir}/logolens", "kernel", "-f", "{connection_file}"])
        for name in ("logo-32x32.png", "logo-64x64.png", "logo-svg.svg"):
            self.assertEqual(self.zip.read(self.data + SPEC + name), (ROOT / "install" / name).read_bytes())
        source, carried = ROOT / "install/labextension", self.data + "share/jupyter/labextensions/logolens/"
        for file in source.rglob("*"):
            if file.is_file():
                self.assertEqual(self.zip.read(carried + str(file.relative_to(source))), file.read_bytes())
        self.assertEqual(json.loads(self.text(carried + "package.json"))["version"], self.version)
        for note in (carried, self.data + SPEC):
            found = json.loads(self.text(note + "install.json"))
            self.assertEqual(found["uninstallInstructions"], "pip uninstall logolens")

    def test_the_language_is_found_by_its_name(self):
        entries = self.text(self.info + "entry_points.txt")
        self.assertIn("[pygments.lexers]\nlogolens = logolens.pygments_lexer:", entries)
        self.assertIn("[papermill.engine]\nlogolens = logolens.papermill:", entries)
        for name in ("__init__", "__main__", "papermill", "pygments_lexer", "words"):
            self.assertEqual(self.text(f"logolens/{name}.py"), (ROOT / f"install/wheel/logolens/{name}.py").read_text())

    def test_every_library_has_its_licence(self):
        table = self.text(self.info + "licenses/THIRD-PARTY.md")
        rows = dict(re.findall(r"^\| ((?:lib|fonts)/\S+) \| (\S+) \| ", table, re.M))
        carried = self.files(self.data + SPEC + "lib/") + self.files(self.data + SPEC + "fonts/D")
        self.assertEqual(sorted(rows), sorted(name.removeprefix(self.data + SPEC) for name in carried))
        self.assertGreater(len(rows), 20)
        for package in rows.values():
            text = self.text(f"{self.info}licenses/{package}.txt")
            for name in re.findall(r"/usr/share/common-licenses/([\w.-]+\w)", text):
                self.assertGreater(len(self.text(f"{self.info}licenses/common/{name}")), 1000, package)

    def test_libraries_of_first_use_are_carried(self):
        for name in ("libopenblas.so.0", "libcairo.so.2", "libsqlite3.so.0", "libcurl.so.4", "libzip.so.4"):
            self.assertTrue((self.venv / SPEC / "lib" / name).exists(), name)
        self.assertTrue(list((self.venv / SPEC / "lib").glob("libhdf5*")))

    def test_it_runs_by_its_kernelspec(self):
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import KernelManager
        home = self.folder / "home"
        home.mkdir()
        specs = KernelSpecManager(kernel_dirs=[str(self.venv / "share/jupyter/kernels")], ensure_native_kernel=False)
        manager = KernelManager(kernel_name="logolens", kernel_spec_manager=specs)
        manager.start_kernel(cwd=str(home), env={"HOME": str(home), "PATH": "/usr/bin:/bin"})
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=PATIENCE)
            shown = []
            reply = client.execute_interactive(CELL, timeout=PATIENCE, output_hook=shown.append)
            self.assertEqual(reply["content"]["status"], "ok", reply["content"])
            pictures = [m["content"]["data"] for m in shown if "image/png" in m["content"].get("data", {})]
            self.assertTrue(pictures)
            self.assertEqual((home / "m.keras").read_bytes()[:2], b"PK")
            maps = Path(f"/proc/{manager.provisioner.pid}/maps").read_text()
        finally:
            client.stop_channels()
            manager.shutdown_kernel()
        mapped = {line.split(None, 5)[5] for line in maps.splitlines() if ".so" in line or line.endswith(".ttf")}
        ours = {os.path.basename(name) for name in mapped if name.startswith(os.path.realpath(self.venv))}
        others = {os.path.basename(name) for name in mapped if not name.startswith(os.path.realpath(self.venv))}
        self.assertLessEqual({"libzmq.so.5", "libcairo.so.2", "libfontconfig.so.1", "DejaVuSans.ttf"}, ours)
        system = re.compile(r"(libc|libm|libresolv|libpthread|libdl|librt|ld-linux-x86-64|ld-linux-aarch64)\.so\.\d+$")
        self.assertEqual([name for name in others if not system.match(name)], [])

    def test_manual_page(self):
        """It has every subcommand and option that the program's own help has."""
        page = self.text(self.data + "share/man/man1/logolens.1").replace("\\-", "-")
        self.assertIn(f'"Logolens {self.version}"', page)
        said = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
        words = set(re.findall(r"^  logolens (\w+)", said, re.M)) | set(re.findall(r"--[a-z-]+", said))
        self.assertGreater(len(words), 8)
        self.assertEqual([word for word in sorted(words) if word not in page], [])

    def test_it_runs_scripts(self):
        done = self.run_it(sys.executable, "-c", "import os, sys; os.symlink(sys.argv[1], 'lens')\n"
                           "open('a.lens', 'w').write('say hello')\nos.execv('./lens', ['lens', 'run', 'a.lens'])",
                           self.venv / "bin/logolens")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "hello\n", ""))
        self.assertEqual(self.run_it(self.venv / "bin/python", "-m", "logolens", "nonsense").returncode, 2)

    def test_lessons(self):
        """In an environment that is not active, and the platform of the last one finds the program there."""
        ask = "import sys; sys.path.insert(0, 'logolens-lessons/practice'); import practice; print(practice.program())"
        done = self.run_it("/bin/sh", "-c", '"$0" lessons && exec "$1" -Bc "$2"', self.venv / "bin/logolens",
                           self.venv / "bin/python", ask)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("  09-from-posts-to-customers.ipynb\n", done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], str(self.venv.resolve() / SPEC / "logolens"))

    def test_pip_alone_changes_it(self):
        found = self.run_it(self.venv / "bin/logolens", "install", "--sys-prefix")
        self.assertEqual(found.returncode, 0)
        self.assertIn("there already", found.stdout)
        found = self.run_it(self.venv / "bin/logolens", "install", "--sys-prefix", "--remove")
        self.assertEqual(found.returncode, 1)
        self.assertIn("pip uninstall logolens", found.stderr)
        self.assertTrue((self.venv / SPEC / "kernel.json").exists())

    def test_an_older_system_is_told_by_pip(self):
        """By the name of the file, before anything is written."""
        number = int(re.search(r"manylinux_2_(\d+)_", self.wheel.name).group(1))
        machine = self.wheel.name.split(f"_2_{number}_")[1].removesuffix(".whl")
        for minor, status in ((number, 0), (number - 1, 1)):
            words = ["download", "--quiet", "--no-index", "--no-deps", "--only-binary=:all:", self.wheel, "--dest",
                     tempfile.mkdtemp(dir=self.folder), f"--platform=manylinux_2_{minor}_{machine}"]
            done = subprocess.run([ROOT / "build/venv/bin/python", "-m", "pip", *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertEqual("is not a supported wheel on this platform" in done.stderr, status == 1)

    def test_z_uninstall_leaves_nothing(self):
        """Last: the others need what it removes."""
        self.pip("uninstall", "--yes", "logolens")
        self.assertEqual([str(p) for p in self.venv.rglob("*logolens*")], [])


class Deb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.environ.get("LOGOLENS_FLAVOR", "release") != "release":
            raise unittest.SkipTest("packages carry the release build")
        if not shutil.which("dpkg-shlibdeps"):
            raise unittest.SkipTest("dpkg-shlibdeps is not installed (install/setup.sh --package brings it)")
        folder = tempfile.TemporaryDirectory(prefix="logolens-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name, "root")
        made = subprocess.run([sys.executable, ROOT / "tools/make_deb.py", BINARY, folder.name], capture_output=True,
                              text=True)
        assert made.returncode == 0, made.stdout + made.stderr
        cls.deb = next(Path(folder.name).glob("*.deb"))
        subprocess.run(["dpkg-deb", "--raw-extract", cls.deb, cls.root], check=True)

    def python(self, code):
        """Where site-packages are those of this Python, but not what it knows of us, and the package's are in front."""
        ours = self.root / "usr/lib/python3/dist-packages"
        env = {"PYTHONPATH": str(ours), "PATH": str(self.root / "usr/bin")}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split("\n")[:-1]

    def test_the_language(self):
        lexer, program = self.python("from pygments.lexers import get_lexer_by_name as lexer; import logolens, sys\n"
                                     "print(sys.modules[type(lexer('logolens')).__module__].__file__)\n"
                                     "print(logolens.program())")
        self.assertEqual(lexer, str(self.root / "usr/lib/python3/dist-packages/logolens/pygments_lexer.py"))
        self.assertEqual(program, str(self.root / "usr/bin/logolens"))

    @unittest.skipUnless(importlib.util.find_spec("papermill"), "papermill is not installed")
    def test_parameters_of_papermill(self):
        out = self.deb.with_name("out.ipynb")
        self.python("import sys; from papermill.cli import papermill; sys.exit(papermill(['--prepare-only', '-p', 'lr', '0.01', "
                    f"{str(ROOT / 'notebooks/01-logo-classifier.ipynb')!r}, {str(out)!r}], standalone_mode=False))")
        cells = json.loads(out.read_text())["cells"]
        self.assertIn("let lr = 0.01", [line.strip() for cell in cells for line in cell["source"]])

    def test_only_apt_changes_it(self):
        done = subprocess.run([self.root / "usr/bin/logolens", "install", "--prefix", self.root / "usr", "--remove"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("try: sudo apt remove logolens\n", done.stderr)

    def test_every_file_has_its_sum(self):
        sums = dict(reversed(line.split("  ")) for line in (self.root / "DEBIAN/md5sums").read_text().splitlines())
        files = {str(p.relative_to(self.root)): p for p in (self.root / "usr").rglob("*") if p.is_file()}
        self.assertEqual(sums, {name: hashlib.md5(p.read_bytes()).hexdigest() for name, p in files.items()})


if __name__ == "__main__":
    unittest.main()
