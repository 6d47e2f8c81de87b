"""What the tests in a browser share: JupyterLab with the kernel and the extension of this build, in headless Chromium.

Nothing is installed where other people's things are: kernelspec and extension lie in a folder of the test's own, to
which JUPYTER_PATH points.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/e2e"))
from kernel_support import free_ports, give_sample  # noqa: E402
BINARY = os.environ.get("LOGOLENS_BINARY") or str(ROOT / "build/logolens")
SHARED = Path(os.environ.get("LOGOLENS_SHARED") or ROOT.parent / "shared")
CHROMIUM = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if os.access(p, os.X_OK)), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


class Lab:
    """JupyterLab on a loopback port, with a folder of its own that holds a copy of the notebooks.

    cells: settings of code cells' editors (codeFolding, …); environment: variables for the server and its kernels."""

    def __init__(self, cells=None, environment=None):
        self.home = Path(tempfile.mkdtemp(prefix="lens-lab-"))
        self.work = self.home / "work"
        shutil.copytree(ROOT / "notebooks", self.work)
        self.port, self.token = free_ports(1)[0], "t" * 32
        # No windowing: whole pages, for looking at.
        self.setting("notebook-extension/tracker", {"windowingMode": "none", "codeCellConfig": cells or {}})
        self.setting("apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False})
        give_sample(self.home / "own")
        prefix = self.home / "prefix"
        subprocess.run([BINARY, "install", "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
        env = dict(os.environ, JUPYTER_PATH=str(prefix / "share/jupyter"),
                   JUPYTER_CONFIG_DIR=str(self.home / "config"), JUPYTER_DATA_DIR=str(self.home / "data"),
                   JUPYTER_RUNTIME_DIR=str(self.home / "run"), XDG_DATA_HOME=str(self.home / "data"),
                   JUPYTERLAB_SETTINGS_DIR=str(self.home / "settings"), LOGOLENS_HOME=str(self.home / "own"),
                   LOGOLENS_ROOTS=str(SHARED / "data"), **(environment or {}))
        self.log = open(self.home / "lab.log", "wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
             f"--port={self.port}",
             f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.work}",
             "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None",
             "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
            env=env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        for _ in range(720):
            try:
                urllib.request.urlopen(self.url("api/status"), timeout=10).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.25)
        raise RuntimeError("JupyterLab did not start:\n" + (self.home / "lab.log").read_text()[-2000:])

    def setting(self, plugin, values):
        path = self.home / "settings" / "@jupyterlab" / (plugin + ".jupyterlab-settings")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}{'&' if '?' in path else '?'}token={self.token}"

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)


def open_notebook(page, lab, name):
    page.goto(lab.url(f"lab/tree/{name}?reset"))
    page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook", timeout=180000)
    page.wait_for_function("""() => {
        const session = window.jupyterapp?.shell.currentWidget?.sessionContext?.session;
        return session?.kernel?.connectionStatus === 'connected' && session.kernel.status === 'idle';
    }""", timeout=180000)


def idle(page, seconds):
    """All code cells have been run: none waits ([*]), none is empty ([ ]), the kernel rests."""
    page.wait_for_function("""() => {
        const prompts = window.jupyterapp.shell.currentWidget.content.widgets.filter(c => c.model.type === 'code');
        return prompts.every(c => c.model.executionState !== 'running' &&
                                  (c.model.executionCount || c.model.outputs.length)) &&
               document.querySelector(".jp-Notebook-ExecutionIndicator[data-status='idle']");
    }""", timeout=seconds * 1000)


def menu(page, *words):
    page.click(f".lm-MenuBar-itemLabel:text-is('{words[0]}')")
    for word in words[1:]:
        page.locator(f".lm-Menu-itemLabel:text-is('{word}')").last.click()


def run_all(page, seconds):
    menu(page, "Run", "Run All Cells")
    idle(page, seconds)


def full_text(page):
    """Text of all cells and outputs."""
    page.wait_for_timeout(500)
    return page.inner_text(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook")


def shows(page, *words):
    """Waits until all of these are on the page, in whatever case."""
    told = """words => { const text = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook').innerText
                                              .toLowerCase();
                        return words.filter(word => !text.includes(word.toLowerCase())); }"""
    try:
        page.wait_for_function(f"words => !({told})(words).length", arg=list(words))
    except Exception as error:
        raise AssertionError(f"{page.evaluate(told, list(words))} not on the page: {full_text(page)[-600:]}") from error


def dark(page, on):
    page.evaluate("""on => window.jupyterapp.commands.execute('apputils:change-theme',
                     {theme: on ? 'JupyterLab Dark' : 'JupyterLab Light'})""", on)
    page.wait_for_function("on => document.body.dataset.jpThemeLight === String(!on)", arg=on, timeout=180000)


def save(page):
    menu(page, "File", "Save Notebook")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=180000)


def shot(page, keep, name, selector=None):
    """A picture of the page, or of the first thing that is so selected."""
    if keep:
        (page.locator(selector).first if selector else page).screenshot(path=str(keep / f"{name}.png"))


def write_notebook(lab, name, sources):
    notebook = json.loads((ROOT / "notebooks/01-logo-classifier.ipynb").read_text())
    cell = notebook["cells"][2]
    notebook["cells"] = [dict(cell, id=f"v{i}", source=[s], outputs=[]) for i, s in enumerate(sources)]
    (lab.work / name).write_text(json.dumps(notebook))


def run_tests(tests, make_lab, keep):
    """[passed, failed] of the tests, one page each in one browser, beside one JupyterLab."""
    from playwright.sync_api import sync_playwright
    passed = failed = 0
    lab = make_lab()
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for test in tests:
                page = browser.new_page(viewport={"width": 1100, "height": 1400})
                page.set_default_timeout(180000)  # this ends a wait, and machines are shared
                page.problems = []  # what pages throw
                page.on("pageerror", lambda error, page=page: page.problems.append(str(error)))
                try:
                    test(page, lab, keep)
                    passed += 1
                except Exception as error:  # noqa: BLE001 - every fault of a test is a failure of that test
                    failed += 1
                    print(f"  FAILED {test.__name__}: {str(error)[:1500]}")
                    print(f"  CAUSE {test.__name__}: {' '.join(str(error).split())[:400]}")
                    if keep:
                        page.screenshot(path=str(keep / f"failed-{test.__name__}.png"))
                page.close()
            browser.close()
    finally:
        lab.close()
    return passed, failed


def main(tests, make_lab=Lab, needs_data=()):
    """Runs what the command line wants; needs_data: those of the tests that read SHARED/data. Gives the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    tests = [test for test in tests if args.only in test.__name__]
    if not CHROMIUM:
        for test in tests:
            print(f"  skipped {test.__name__}: there is no Chromium on this machine")
        print(f"0 passed, 0 failed, {len(tests)} skipped")
        return 0
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
    absent = [] if (SHARED / "data/logos").is_dir() else [test for test in tests if test in needs_data]
    for test in absent:
        print(f"  skipped {test.__name__}: {SHARED} is not there")
    passed, failed = run_tests([test for test in tests if test not in absent], make_lab, args.keep)
    print(f"{passed} passed, {failed} failed, {len(absent)} skipped")
    return failed > 0 or (bool(absent) and os.environ.get("LOGOLENS_REQUIRE_SHARED") == "1")
