"""qtconsole as its users see it, offscreen: the whole application with its window, driven by keys (make clients).

Cells, a result, an error in colours, a training with its line and its picture, completion by Tab, a pager,
prompts, an interrupt by Ctrl-C, restart and `exit`. With a folder as argument the window is left there as PNG
files. Needs qtconsole and PySide6-Essentials."""
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from kernel_support import BINARY, PATIENCE, small_photos  # noqa: E402

NAME = "logolens-under-test"
PICTURES = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None  # before this works in a folder of its own


class Window:
    def __init__(self):
        from qtconsole.qtconsoleapp import JupyterQtConsoleApp
        self.app = JupyterQtConsoleApp()
        self.app.initialize(["--kernel", NAME, "--JupyterWidget.include_other_output=False"])
        self.app.window.resize(1000, 800)
        self.app.window.show()
        self.widget = self.app.widget
        self.until(lambda: "In [" in self.text(), "the first prompt")

    def text(self):
        return self.widget._control.toPlainText()

    def until(self, condition, what, patience=PATIENCE):
        end = time.monotonic() + patience
        while not condition():
            self.app.app.processEvents()
            time.sleep(0.01)
            if time.monotonic() > end:
                self.picture("failed")
                raise AssertionError(f"not within {patience} s: {what}; the window says\n{self.text()[-3000:]}")

    def keys(self, text, enter=True):
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest
        QTest.keyClicks(self.widget._control, text)
        if enter:
            QTest.keyClick(self.widget._control, Qt.Key_Return)

    def key(self, key, *modifiers):
        from qtpy.QtTest import QTest
        QTest.keyClick(self.widget._control, key, *modifiers)

    def idle(self):
        return not self.widget._executing and not self.widget._reading

    def cell(self, code, wanted=""):
        """Types it, waits for what it shall say and the next prompt, gives what came between. Output may follow the
        prompt, which comes with the reply: it is then put before it."""
        before = len(self.text())
        count = self.text().count("In [")
        self.keys(code)
        self.until(lambda: self.text().count("In [") > count and self.idle() and wanted in self.text()[before:], code)
        return self.text()[before:]

    def picture(self, name):
        if PICTURES:
            PICTURES.mkdir(parents=True, exist_ok=True)
            self.app.app.processEvents()
            written = self.app.window.grab().save(str(PICTURES / f"qtconsole-{name}.png"))
            assert written, f"{PICTURES} takes no picture"


def expect(condition, what, window):
    if not condition:
        window.picture("failed")
        raise AssertionError(f"{what}; the window says\n{window.text()[-3000:]}")
    print("  ok", what)


def cells(w):
    expect("hello" in w.cell("say hello", "\nhello"), "a cell prints", w)
    expect("Out[" in w.cell("(6*7)", "42"), "a result has its number", w)
    said = w.cell("nosuchcommand 1", "LL104")
    expect("\x1b" not in said, "an error is the house block, its colours understood", w)
    w.picture("cells")


def training(w):
    w.cell("load tiny from tiny labels folders size 8x8", "12 images")
    w.cell("model small on tiny { flatten; dense classes softmax }", "386")
    said = w.cell("fit small epochs 300 again", "after epoch 300")
    w.until(lambda: w.text().count("\ufffc") >= 2, "its picture")
    expect("Kept: epoch" in said, "a training ends with its result and a picture", w)
    expect(said.count("epoch 1 of 300") == 0, "its line is gone", w)
    w.picture("training")
    count = w.text().count("In [")
    w.keys("fit small epochs 100000 again")
    w.until(lambda: "of 100000" in w.text(), "the line of a training")
    w.picture("line")
    expect(w.text().count("of 100000") == 1, "a training is one line that changes", w)
    from qtpy.QtCore import Qt
    w.key(Qt.Key_C, Qt.ControlModifier)
    w.until(lambda: w.text().count("In [") > count and w.idle(), "the prompt after Ctrl-C")
    w.until(lambda: "topped at epoch" in w.text(), "its result after Ctrl-C")
    print("  ok Ctrl-C stops it and keeps the best weights")
    w.picture("stopped")


def help_on_words(w):
    from qtpy.QtCore import Qt
    w.keys("confu", enter=False)
    w.key(Qt.Key_Tab)
    w.until(lambda: "confusion" in w.widget.input_buffer, "Tab completes")
    print("  ok Tab completes a word")
    w.widget.input_buffer = ""
    w.keys("fit small ep", enter=False)
    w.key(Qt.Key_Tab)
    w.until(lambda: "epochs" in w.widget.input_buffer, "Tab completes an option")
    print("  ok Tab completes an option")
    w.widget.input_buffer = ""
    count = w.text().count("In [")
    w.keys("fit?")
    pager = w.widget._page_control  # what is short enough stands in the console itself
    w.until(lambda: "train a model" in pager.toPlainText() + w.text(), "the card of fit")
    w.picture("pager")
    if pager.isVisible():
        from qtpy.QtTest import QTest
        QTest.keyClick(pager, Qt.Key_Q)
    w.until(lambda: w.text().count("In [") > count and w.idle(), "the prompt after fit?")
    print("  ok fit? shows the card")


def prompts(w):
    count = w.text().count("In [")
    w.keys("connect bluesky")
    w.until(lambda: w.widget._reading, "the first question")
    w.keys("me.example")
    w.until(lambda: "App password" in w.text() and w.widget._reading, "the second question")
    w.keys("not-to-be-seen", enter=False)
    expect("does not support password mode" in w.text(), "it says itself that a password is seen", w)
    w.picture("prompt")
    from qtpy.QtCore import Qt
    w.key(Qt.Key_Return)
    w.until(lambda: w.text().count("In [") > count and w.idle(), "the answer")


def life(w):
    w.cell("let n = 5")
    expect("<5>" in w.cell('say "<$n>"', "<5>"), "a variable", w)
    count = w.text().count("In [")
    w.keys("fit small epochs 100000 again")
    w.until(lambda: "of 100000 ·" in w.text(), "it runs")
    w.widget.interrupt_kernel()
    w.until(lambda: w.text().count("In [") > count and w.idle(), "the prompt after an interrupt")
    w.app.widget.confirm_restart = False
    w.widget.restart_kernel("restarting", now=True)
    w.until(lambda: "In [" in w.text().rpartition("Restarting")[2] and w.idle(), "the first prompt of the next kernel")
    # Its connection for output stands a moment after that for requests; a person types more slowly.
    ready = time.monotonic() + 1
    w.until(lambda: time.monotonic() > ready, "connections to the next kernel")
    expect("LL" in w.cell('say "$n"', "LL"), "a restarted kernel has forgotten", w)
    gone = []
    w.widget.exit_requested.connect(lambda *unused: gone.append(True))
    w.widget.confirm_exit = False
    w.app.window.confirm_exit = False
    w.keys("exit")
    w.until(lambda: gone, "exit closes the window")
    print("  ok interrupt, restart, exit")


def main():
    with tempfile.TemporaryDirectory(prefix="logolens-test-") as folder:
        prefix = Path(folder, "prefix")
        subprocess.run([BINARY, "install", "--prefix", str(prefix), "--name", NAME], check=True,
                       stdout=subprocess.DEVNULL)
        small_photos(Path(folder, "tiny"))
        os.environ.update({"JUPYTER_PATH": str(prefix / "share" / "jupyter"),
                           "LOGOLENS_HOME": str(Path(folder, "home")),
                           "JUPYTER_RUNTIME_DIR": str(Path(folder, "runtime")), "XDG_RUNTIME_DIR": folder})
        os.chdir(folder)
        window = Window()
        for part in (cells, training, help_on_words, prompts, life):
            print(part.__name__)
            part(window)
        os.chdir("/")
        if window.app.kernel_manager and window.app.kernel_manager.is_alive():
            window.app.kernel_manager.shutdown_kernel(now=True)
    print("qtconsole: all well")


if __name__ == "__main__":
    main()
