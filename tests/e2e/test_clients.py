"""Clients of Jupyter as their users start them: nbclient, nbconvert, papermill, jupytext, Voila, jupyter run, jupyter
console on a terminal, a Jupyter server and jupyter_client's managers. All through an installed kernelspec
(docs/clients.md, docs/adr/0161)."""
import asyncio
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import jupyter_client
import nbconvert
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from kernel_support import BINARY, PATIENCE, ROOT, SLOW, Kernel, small_photos, until

NAME = "logolens-under-test"
INFO = {"kernelspec": {"name": NAME, "display_name": "Logolens", "language": "logolens"},
        "language_info": {"name": "logolens", "file_extension": ".lens", "mimetype": "text/x-logolens"}}
TRAIN = ["load tiny from tiny labels folders size 8x8", "model small on tiny { flatten; dense classes softmax }",
         "fit small epochs 3 again"]


def setUpModule():
    global folder, temporary, before
    temporary = tempfile.TemporaryDirectory(prefix="logolens-test-")
    folder = Path(temporary.name)
    prefix = folder / "prefix"
    subprocess.run([BINARY, "install", "--prefix", str(prefix), "--name", NAME], check=True, stdout=subprocess.DEVNULL)
    small_photos(folder / "tiny")
    changed = {"JUPYTER_PATH": str(prefix / "share" / "jupyter"), "LOGOLENS_HOME": str(folder / "home"),
               "JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "IPYTHONDIR": str(folder / "ipython"),
               "JUPYTER_CONFIG_DIR": str(folder / "config")}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)


def tearDownModule():
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    temporary.cleanup()


def needs(module):
    return unittest.skipUnless(importlib.util.find_spec(module), f"{module} is not installed")


def run(module, *words, env=None, status=0, **options):
    """A program of Jupyter as `python -m module words`; gives what it printed."""
    done = subprocess.run([sys.executable, "-m", module, *map(str, words)], cwd=folder, text=True,
                          timeout=10 * PATIENCE, capture_output=True, env={**os.environ, **(env or {})}, **options)
    assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done


def notebook(*cells):
    made = nbformat.v4.new_notebook(metadata=INFO)
    made.cells = [cell if isinstance(cell, dict) else nbformat.v4.new_code_cell(cell) for cell in cells]
    return made


def write(name, *cells):
    nbformat.write(notebook(*cells), folder / name)
    return folder / name


def execute(*cells, **options):
    made = notebook(*cells)
    options = {"iopub_timeout": PATIENCE, **options}
    NotebookClient(made, kernel_name=NAME, timeout=PATIENCE, resources={"metadata": {"path": str(folder)}},
                   **options).execute()
    return made.cells


def kinds(cell):
    return [o.output_type for o in cell.outputs]


def plain(cell):
    return "".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.get("outputs", []))


class Nbclient(unittest.TestCase):
    def test_outputs_in_order_and_a_live_display_once(self):
        cells = execute(*TRAIN, "say one\n(6*7)\nhelp fit\nsay two", "small")
        self.assertEqual(kinds(cells[2]), ["display_data"])  # its last form, where the first one stood
        self.assertIn("epoch 3", plain(cells[2]))
        self.assertEqual(set(cells[2].outputs[0].data) - {"image/png"}, {"text/plain", "text/html"})
        self.assertEqual(kinds(cells[3]), ["stream", "execute_result", "display_data", "stream"])
        self.assertEqual([c.execution_count for c in cells], [1, 2, 3, 4, 5])
        self.assertEqual(kinds(cells[4]), ["execute_result"])

    def test_an_error_stops_it_unless_the_cell_may_fail(self):
        with self.assertRaises(CellExecutionError) as caught:
            execute("say one", "nosuchcommand 1", "say two")
        self.assertEqual(caught.exception.ename, "LL104")
        self.assertIn("there is no command", str(caught.exception))
        self.assertEqual(kinds(execute("bad", "say after", allow_errors=True)[1]), ["stream"])
        allowed = nbformat.v4.new_code_cell("bad", metadata={"tags": ["raises-exception"]})
        self.assertEqual(kinds(execute(allowed, "say after")[1]), ["stream"])

    def test_a_cell_that_takes_too_long_is_interrupted(self):
        cells = execute(SLOW, "say after", interrupt_on_timeout=True, allow_errors=True,
                        timeout_func=lambda cell: 1 if cell.source == SLOW else PATIENCE)
        self.assertEqual(cells[0].outputs[-1].ename, "Interrupted")
        self.assertEqual(plain(cells[1]), "after\n")
        with self.assertRaises(CellTimeoutError):
            execute(SLOW, timeout_func=lambda cell: 1)

    def test_nobody_can_be_asked(self):
        cells = execute("connect bluesky", allow_errors=True)
        self.assertEqual(kinds(cells[0])[-1], "error")


class Nbconvert(unittest.TestCase):
    def test_execute_to_every_form(self):
        path = write("forms.ipynb", nbformat.v4.new_markdown_cell("# Title"), *TRAIN)
        run("nbconvert", "--execute", "--to", "notebook", path, "--output", "done.ipynb")
        done = nbformat.read(folder / "done.ipynb", as_version=4)
        nbformat.validate(done)
        self.assertEqual(done.metadata.language_info.name, "logolens")
        self.assertEqual(done.metadata.language_info.file_extension, ".lens")
        forms = {"html": "epoch 3", "markdown": "```logolens", "rst": "epoch 3", "slides": "epoch 3"}
        for form, wanted in forms.items():
            if form != "rst" or shutil.which("pandoc"):
                self.assertIn(wanted, nbconvert.get_exporter(form)().from_notebook_node(done)[0], form)

    def test_a_script_of_a_notebook_runs(self):
        path = write("script.ipynb", "let n = 2", "say \"n is $n\"\n(6*7)")
        text, resources = nbconvert.get_exporter("script")().from_filename(str(path))
        self.assertEqual(resources["output_extension"], ".lens")
        script = folder / "script.lens"
        script.write_text(text)
        done = subprocess.run([BINARY, "run", script], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "n is 2\n42\n")


@needs("papermill")
class Papermill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """The module as a wheel installs it: a package and its entry point."""
        site = folder / "site"
        shutil.copytree(ROOT / "install" / "wheel" / "logolens", site / "logolens",
                        ignore=shutil.ignore_patterns("__pycache__"))
        info = site / "logolens-0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: logolens\nVersion: 0\n")
        shutil.copy(ROOT / "install" / "wheel" / "entry_points.txt", info)
        cls.env = {"PYTHONPATH": str(site)}
        lines = ["let lr = 0.1  # learning rate", "let who = you, \"# me\"", "  let text = '#' # said ", "say none"]
        cell = nbformat.v4.new_code_cell("\n".join(lines), metadata={"tags": ["parameters"]})
        write("in.ipynb", cell, "say \"$lr $text\"\nfor i in $who { say \"<$i>\" }")

    def mill(self, *words, **options):
        return run("papermill", "in.ipynb", "out.ipynb", *words, env=self.env, **options)

    def said(self, *words):
        self.mill(*words)
        cells = nbformat.read(folder / "out.ipynb", as_version=4).cells
        return cells[1].source, plain(cells[-1])

    @classmethod
    def plugin(cls):
        spec = importlib.util.spec_from_file_location("papermill_plugin", folder / "site" / "logolens" / "papermill.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def test_parameters(self):
        """From the command line; texts with everything in them that means something, in papermill or here."""
        source, said = self.said("-p", "lr", "0.01", "-r", "text", "it's $lr \"or\" \\ #4",
                                 "-y", "{grid: [[1, 2.5], [-3, 1.0e-7]], who: [a b, 'c, d', true, null, 1.0e-7]}")
        self.assertIn("let lr = 0.01\n", source)
        self.assertIn("let grid = [1 2.5; -3 1e-07]\n", source)
        self.assertEqual(said, "0.01 it's $lr \"or\" \\ #4\n<a b>\n<c, d>\n<true>\n<off>\n<1e-07>\n")

    def test_what_cannot_be_said(self):
        plugin = self.plugin()
        for value in ([], float("nan"), "a\nb", [[1, "x"]], [[1, True]], [1, [2]], [{}], "bell\a", {"a": 1}):
            with self.subTest(value=value), self.assertRaises(ValueError):
                plugin.LogolensTranslator.translate(value)
        for name in ("l-r", "1r", ""):
            with self.subTest(name=name), self.assertRaises(ValueError):
                plugin.LogolensTranslator.codify({name: 1})

    def test_what_can_be_set_is_listed(self):
        """For `papermill --help-notebook`."""
        cell = nbformat.read(folder / "in.ipynb", as_version=4).cells[0]
        found = self.plugin().LogolensTranslator.inspect(cell)
        self.assertEqual([tuple(one) for one in found], [
            ("lr", "number", "0.1", "learning rate"), ("who", "list", "you, \"# me\"", ""),
            ("text", "text", "'#'", "said")])

    def test_an_error_is_kept_in_the_notebook(self):
        import papermill
        write("bad.ipynb", "say one", "nosuchcommand 1")
        with self.assertRaises(papermill.PapermillExecutionError) as caught:
            papermill.execute_notebook(folder / "bad.ipynb", folder / "out.ipynb", progress_bar=False, cwd=folder)
        self.assertEqual(caught.exception.ename, "LL104")
        cells = nbformat.read(folder / "out.ipynb", as_version=4).cells
        self.assertIn("one\n", [plain(cell) for cell in cells])  # among papermill's own marks and links


@needs("jupytext")
class Jupytext(unittest.TestCase):
    CELLS = ["# said twice\nsay \"n is 2\"\n\n\nsay again", "let n = 2  # two",
             "model small on tiny {\n  flatten\n\n  dense 2\n}", "(6*7)", "fit?", "say '# %'"]

    def test_there_and_back(self):
        """Of jupytext's formats these two need not know the language."""
        import jupytext
        made = notebook(nbformat.v4.new_markdown_cell("# Title\n\nwords"), *self.CELLS)
        for form in ("md:myst", "py:percent"):
            back = jupytext.reads(jupytext.writes(made, fmt=form), fmt=form)
            self.assertEqual([(c.cell_type, c.source) for c in back.cells],
                             [(c.cell_type, c.source) for c in made.cells], form)
            self.assertEqual(back.metadata.kernelspec.name, NAME)

    def test_a_pair_is_kept_in_step_and_its_text_runs(self):
        path = write("pair.ipynb", nbformat.v4.new_markdown_cell("# Title"), "let n = 2", "say \"n is $n\"\n(6*7)")
        run("jupytext", "--set-formats", "ipynb,py:percent", path)
        text = folder / "pair.py"
        text.write_text(text.read_text() + "\n# %%\nsay added\n")
        run("jupytext", "--sync", text)
        self.assertEqual(nbformat.read(path, as_version=4).cells[-1].source, "say added")
        done = subprocess.run([BINARY, "run", text], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "n is 2\n42\nadded\n")


class Served:
    """A program of Jupyter that serves on a port of this computer, as `python -m module words`."""

    def __init__(self, module, *words):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen([sys.executable, "-m", module, f"--port={self.port}", *map(str, words)],
                                        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def ask(self, path, method="GET", body=None):
        """What it answers, or None while it does not listen."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", data=data, method=method,
                                         headers={"Authorization": "token of-the-test"})
        try:
            with urllib.request.urlopen(request, timeout=10 * PATIENCE) as answer:
                return answer.read().decode()
        except urllib.error.URLError as error:
            if isinstance(error.reason, ConnectionRefusedError):
                return None
            raise


@needs("voila")
class Voila(unittest.TestCase):
    def test_a_page_without_code(self):
        path = write("page.ipynb", nbformat.v4.new_markdown_cell("# Title"), *TRAIN, "softmax 2.0, 1.0, 0.1 slider")
        server = Served("voila", path, "--no-browser")
        self.addCleanup(server.close)
        until(lambda: server.ask("voila/static/voila.js") is not None, "Voila listens")
        page = server.ask("")
        for word in ("Title", "epoch 3", "softmax of 3 scores", "application/vnd.jupyter.widget-view+json"):
            self.assertIn(word, page)
        self.assertNotIn("fit small epochs", page)


@needs("jupyter_resource_usage")
class Server(unittest.TestCase):
    def test_kernels_and_what_they_use(self):
        """jupyter_server by its REST interface, and the answer of usage_request below JupyterLab's panel."""
        server = Served("jupyter_server", "--no-browser", "--allow-root", "--IdentityProvider.token=of-the-test",
                        "--ServerApp.jpserver_extensions={'jupyter_resource_usage': True, 'jupyterlab': False}")
        self.addCleanup(server.close)
        until(lambda: server.ask("api") is not None, "the server listens")
        kernel = json.loads(server.ask("api/kernels", "POST", {"name": NAME}))["id"]

        def state():
            return json.loads(server.ask(f"api/kernels/{kernel}"))["execution_state"]
        files = list((folder / "runtime").glob(f"kernel-{kernel}.json"))
        self.assertEqual(len(files), 1)
        client = jupyter_client.BlockingKernelClient(connection_file=str(files[0]))
        client.load_connection_file()
        client.start_channels()
        self.addCleanup(client.stop_channels)
        client.wait_for_ready(timeout=PATIENCE)
        msg_id = client.execute(SLOW)
        until(lambda: state() == "busy", "the server sees it run")
        used = json.loads(server.ask(f"api/metrics/v1/kernel_usage/get_usage/{kernel}"))["content"]
        self.assertGreater(used["kernel_memory"], 0)
        self.assertGreaterEqual(set(used), {"hostname", "pid", "kernel_cpu", "cpu_count", "host_virtual_memory"})
        server.ask(f"api/kernels/{kernel}/interrupt", "POST", {})
        self.assertEqual(client._recv_reply(msg_id, timeout=PATIENCE)["content"]["ename"], "Interrupted")
        until(lambda: state() == "idle", "the server sees it rest")
        self.assertEqual(json.loads(server.ask(f"api/kernels/{kernel}/restart", "POST", {}))["id"], kernel)
        server.ask(f"api/kernels/{kernel}", "DELETE")
        self.assertEqual(json.loads(server.ask("api/kernels")), [])


class JupyterRun(unittest.TestCase):
    def test_a_file_its_pictures_and_its_failure(self):
        """Its words are handed to the kernel too; what changes in place is on stderr, the result on stdout."""
        (folder / "train.lens").write_text("\n".join(TRAIN) + "\nsay done\n(6*7)\n")
        done = run("jupyter_client.runapp", "--kernel", NAME, "train.lens")
        self.assertRegex(done.stdout, r"(?s)epoch 3.*done\n42")
        self.assertNotIn("\033[K", done.stdout)
        self.assertRegex(done.stderr, r"33%  epoch 1 of 3 .*\n\x1b\[K$")  # \n: a \r, as text
        (folder / "bad.lens").write_text("say one\nnosuchcommand 1\n")
        self.assertIn("LL104", run("jupyter_client.runapp", "--kernel", NAME, "bad.lens", status=1).stderr)

    def test_standard_input(self):
        self.assertEqual(run("jupyter_client.runapp", "--kernel", NAME, input="say hello").stdout, "hello\n")


@needs("jupyter_console")
class Console(unittest.TestCase):
    """`jupyter console` on a terminal of its own: what comes is read as it scrolls by, colours taken out."""

    def setUp(self):
        self.open()

    def open(self):
        import pexpect
        env = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "PAGER": "cat"}
        # One answer that takes it more than a second, and it never asks again whether a cell is complete.
        waits = [f"--{name}={PATIENCE}" for name in (
            "ZMQTerminalInteractiveShell.kernel_is_complete_timeout", "ZMQTerminalInteractiveShell.kernel_timeout",
            "ZMQCompleter.timeout")]
        self.child = pexpect.spawn(sys.executable, ["-m", "jupyter_console", "--kernel", NAME, *waits],
                                   cwd=str(folder), env=env,
                                   encoding="utf-8", codec_errors="replace", dimensions=(50, 100), timeout=PATIENCE)
        self.child.delaybeforesend = None
        self.addCleanup(self.child.close, force=True)
        self.count = 0
        self.prompt()

    def prompt(self):
        """Waits for the next prompt; gives what came before it."""
        self.count += 1
        self.child.expect(r"In \[[^\]]*?m%d\x1b[^\]]*\]: (?:\x1b\[[0-9?;]*[A-Za-z])*" % self.count)
        return re.sub(r"\x1b\[[0-9?;]*[A-Za-z]", "", self.child.before).replace("\r\n", "\n")

    def type(self, text, enter="\r"):
        self.child.send(text + enter)

    def cell(self, text):
        self.type(text)
        return self.prompt()

    def test_cells(self):
        self.assertIn("hello\n", self.cell("say hello"))
        self.assertRegex(self.cell("(6*7)"), r"Out.*42")
        self.type("nosuchcommand 1")
        self.child.expect("\x1b\\[[0-9;]*31m|LL104")  # the house block, in colours
        self.assertIn("`help` lists the commands", self.prompt())
        self.type("confu\t", enter="")
        self.child.expect("sion")  # what is new on the screen
        self.type("")
        self.assertIn("`confusion` needs a model", self.prompt())  # the word was completed
        self.type("for i in 1, 2 {")
        self.child.expect(r"\.\.\.")  # it is not complete
        self.type("say \"i is $i\"")
        self.type("}")
        self.type("")
        self.assertRegex(self.prompt(), r"(?s)i is 1.*i is 2")
        self.type("exit")
        self.child.expect("Shutting down kernel")

    def test_the_next_console_has_the_history(self):
        self.cell("say of the first console")
        self.type("exit")
        self.child.expect("Shutting down kernel")
        self.child.close(force=True)
        self.open()
        self.type("\x1b[A\x1b[A")  # Up past `exit`
        self.assertIn("\nof the first console\n", self.prompt())

    def test_a_training_and_questions(self):
        self.cell(TRAIN[0])
        self.cell(TRAIN[1])
        seen = self.cell(TRAIN[2])
        self.assertRegex(seen, r"(?s)33%  epoch 1 of 3 .*\r.*Training [0-9.]+%.*after epoch 3")
        self.assertIn("train a model, with live curves", self.cell("fit?"))
        self.assertIn("learning rate: how far", self.cell("?fit lr"))
        self.assertIn("LL131", self.cell("nosuchword?"))

    def test_interrupt_and_prompts(self):
        self.type(f"say started; {SLOW}")
        self.child.expect("started\r\n")  # before it runs the console itself takes Ctrl-C
        self.child.sendintr()
        self.assertIn("interrupted", self.prompt().lower())
        self.type("connect bluesky")
        self.child.expect("Handle on Bluesky")
        self.type("me.example")
        self.child.expect("App password")
        self.type("not-to-be-seen")
        self.assertNotIn("not-to-be-seen", self.prompt())
        self.assertIn("still here", self.cell("say still here"))


class Managers(unittest.TestCase):
    """jupyter_client, which is under all of them."""

    def start(self, name=NAME, **traits):
        manager = jupyter_client.KernelManager(kernel_name=name, **traits)
        manager.start_kernel(cwd=str(folder))
        self.addCleanup(manager.cleanup_resources)
        self.addCleanup(manager.shutdown_kernel, now=True)
        client = manager.client()
        client.start_channels()
        self.addCleanup(client.stop_channels)
        client.wait_for_ready(timeout=PATIENCE)
        return manager, client

    def said(self, client, code):
        texts = []
        reply = client.execute_interactive(code, timeout=PATIENCE, output_hook=lambda m: texts.append(
            m["content"].get("text") or m["content"].get("ename", "")))
        return reply["content"]["status"], "".join(texts)

    def interrupted(self, manager, client):
        msg_id = client.execute(SLOW)
        while client.get_iopub_msg(timeout=PATIENCE)["msg_type"] != "execute_input":
            pass
        manager.interrupt_kernel()
        reply = client._recv_reply(msg_id, timeout=PATIENCE)
        self.assertEqual(reply["content"]["ename"], "Interrupted")
        self.assertEqual(self.said(client, "say after"), ("ok", "after\n"))

    def test_restart_forgets_and_goes_on(self):
        manager, client = self.start()
        ports, pid = manager.get_connection_info(), manager.provisioner.pid
        self.said(client, "let n = 5")
        manager.restart_kernel()
        client.wait_for_ready(timeout=PATIENCE)
        self.assertNotEqual(manager.provisioner.pid, pid)
        self.assertEqual(manager.get_connection_info(), ports)
        self.assertEqual(self.said(client, "say \"$n\"")[0], "error")
        manager.shutdown_kernel()
        self.assertFalse(manager.is_alive())

    def test_interrupt_by_message_and_by_signal(self):
        manager, client = self.start()
        self.assertEqual(manager.kernel_spec.interrupt_mode, "message")
        self.interrupted(manager, client)
        spec = folder / "prefix" / "share" / "jupyter" / "kernels"
        shutil.copytree(spec / NAME, spec / "by-signal", dirs_exist_ok=True)
        text = json.loads((spec / NAME / "kernel.json").read_text())
        (spec / "by-signal" / "kernel.json").write_text(json.dumps({**text, "interrupt_mode": "signal"}))
        self.interrupted(*self.start("by-signal"))

    def test_ipc(self):
        manager, client = self.start(transport="ipc", ip=str(folder / "socket"))
        self.assertEqual(self.said(client, "say hello"), ("ok", "hello\n"))
        self.interrupted(manager, client)

    def test_a_killed_kernel_is_started_again(self):
        """What a Jupyter server does, with its own restarter."""
        from jupyter_client.ioloop import IOLoopKernelManager
        from tornado.ioloop import IOLoop

        class Quick(IOLoopKernelManager):
            def start_restarter(self):
                super().start_restarter()
                self._restarter.stop()
                self._restarter.time_to_dead = 0.1
                self._restarter.start()

        loop = IOLoop(make_current=False)
        thread = threading.Thread(target=loop.start, daemon=True)
        thread.start()
        self.addCleanup(thread.join, PATIENCE)
        self.addCleanup(loop.add_callback, loop.stop)
        manager = Quick(kernel_name=NAME, loop=loop)
        self.addCleanup(manager.cleanup_resources)
        done = threading.Event()
        loop.add_callback(lambda: (manager.start_kernel(), done.set()))
        self.assertTrue(done.wait(PATIENCE))
        first = manager.provisioner.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: manager.provisioner and manager.provisioner.pid not in (None, first), "it is started again")
        client = manager.client()
        client.start_channels()
        self.addCleanup(client.stop_channels)
        client.wait_for_ready(timeout=PATIENCE)
        self.assertEqual(self.said(client, "say back"), ("ok", "back\n"))
        done.clear()
        loop.add_callback(lambda: (manager.shutdown_kernel(now=True), done.set()))
        self.assertTrue(done.wait(PATIENCE))

    def test_many_at_once(self):
        async def all_of_them():
            managers = jupyter_client.AsyncMultiKernelManager(default_kernel_name=NAME)
            ids = await asyncio.gather(*(managers.start_kernel() for _ in range(4)))
            clients = [managers.get_kernel(one).client() for one in ids]
            for client in clients:
                client.start_channels()
            await asyncio.gather(*(client.wait_for_ready(timeout=PATIENCE) for client in clients))
            cells = (client.execute("(6*7)", reply=True, timeout=PATIENCE) for client in clients)
            replies = await asyncio.gather(*cells)
            for client in clients:
                client.stop_channels()
            await managers.shutdown_all()
            return [reply["content"]["status"] for reply in replies], managers.list_kernel_ids()
        self.assertEqual(asyncio.run(all_of_them()), (["ok"] * 4, []))

    def test_two_front_ends_on_one_kernel(self):
        """The second sees what the first does, and is not asked what the first is asked."""
        manager, one = self.start()
        two = jupyter_client.BlockingKernelClient(connection_file=manager.connection_file)
        two.load_connection_file()
        two.start_channels()
        self.addCleanup(two.stop_channels)
        two.wait_for_ready(timeout=PATIENCE)
        self.said(one, "let n = 5")
        msg_id = one.execute("say \"$n\"")
        texts = []
        while True:
            message = two.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            texts.append(message["content"].get("text", ""))
            if message["content"].get("execution_state") == "idle":
                break
        self.assertEqual("".join(texts), "5\n")
        one.execute("connect bluesky", allow_stdin=True)
        self.assertIn("Handle", one.get_stdin_msg(timeout=PATIENCE)["content"]["prompt"])
        with self.assertRaises(Exception):
            two.get_stdin_msg(timeout=0.2)
        manager.interrupt_kernel()


class Reconnecting(unittest.TestCase):
    def test_who_comes_back_is_answered(self):
        """A server connects anew under its old identity while its old connection, dead or not, is still there."""
        with Kernel() as kernel:
            old = kernel.client(identity=b"of-the-server").ready()
            old.ask("kernel_info_request")
            new = kernel.client(identity=b"of-the-server").ready()
            self.assertEqual(new.ask("kernel_info_request")[0].content["status"], "ok")
            self.assertEqual(new.execute("say back")[1][2].content["text"], "back\n")


if __name__ == "__main__":
    unittest.main()
