"""history_request over restarts: one file, several kernels, kills, and trouble with the file."""
import os
import sqlite3
import stat
import tempfile
import unittest
from pathlib import Path

from kernel_support import SLOW, Kernel, until


class History(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="logolens-history-")
        self.addCleanup(self.folder.cleanup)
        self.data = Path(self.folder.name) / "home" / "data"

    def kernel(self, **options):
        kernel = Kernel(folder=self.folder.name, **options)
        self.addCleanup(lambda: kernel.alive() and kernel.stop())
        client = kernel.client().ready()
        return kernel, client

    def session(self, *cells, how="stop", **options):
        """A kernel that runs these cells and ends."""
        kernel, client = self.kernel(**options)
        for cell in cells:
            client.execute(cell)
        if how == "kill":
            kernel.process.kill()
            kernel.wait()
        kernel.stop()

    @staticmethod
    def ask(client, how, **content):
        reply, _ = client.ask("history_request", {"hist_access_type": how, "raw": True, "output": False, **content})
        assert reply.content["status"] == "ok", reply
        return reply.content["history"]

    def test_cells_of_earlier_kernels(self):
        self.session("say one", "(6*7)")
        self.session("say two")
        _, client = self.kernel()
        before = [[1, 1, "say one"], [1, 2, "(6*7)"], [2, 1, "say two"]]
        self.assertEqual(self.ask(client, "tail", n=10), before)
        client.execute("say three")
        self.assertEqual(self.ask(client, "tail", n=3), before[1:] + [[3, 1, "say three"]])
        self.assertEqual(self.ask(client, "tail", n=3, output=True),
                         [[1, 2, ["(6*7)", "42"]], [2, 1, ["say two", None]], [3, 1, ["say three", None]]])
        self.assertEqual(self.ask(client, "range", session=1, start=2, stop=3), [[1, 2, "(6*7)"]])
        self.assertEqual(self.ask(client, "range", session=0, start=1, stop=2), [[3, 1, "say three"]])
        self.assertEqual(self.ask(client, "range", session=3, start=0), [[3, 1, "say three"]])
        self.assertEqual(self.ask(client, "range", session=-1, start=0, stop=None), [[2, 1, "say two"]])
        self.assertEqual(self.ask(client, "range", session=-2, start=1, stop=2), [[1, 1, "say one"]])
        self.assertEqual(self.ask(client, "range", session=-2, start=-1, stop=0), [[1, 2, "(6*7)"]])
        self.assertEqual(self.ask(client, "range", session=-9, start=0, stop=9), [])

    def test_a_question_has_no_output(self):
        _, client = self.kernel()
        client.execute("(6*7)")
        client.execute("fit?")
        client.execute("say x")
        self.assertEqual(self.ask(client, "tail", n=3, output=True),
                         [[1, 1, ["(6*7)", "42"]], [1, 2, ["fit?", None]], [1, 3, ["say x", None]]])

    def test_search_over_kernels(self):
        self.session("say alpha", "say beta", "show")
        _, client = self.kernel()
        client.execute("say alpha")
        self.assertEqual(self.ask(client, "search", pattern="say *"),
                         [[1, 1, "say alpha"], [1, 2, "say beta"], [2, 1, "say alpha"]])
        self.assertEqual(self.ask(client, "search", pattern="say *", unique=True), [[1, 2, "say beta"], [2, 1, "say alpha"]])
        self.assertEqual(self.ask(client, "search", pattern="say *", n=2), [[1, 2, "say beta"], [2, 1, "say alpha"]])
        self.assertEqual(self.ask(client, "search", pattern="s?ow"), [[1, 3, "show"]])
        self.assertEqual(self.ask(client, "search", pattern="alpha"), [])

    def test_a_kill_loses_nothing_that_was_answered(self):
        for n in range(1, 6):
            self.session(f"say first {n}", f"say last {n}", how="kill")
        _, client = self.kernel()
        self.assertEqual(self.ask(client, "tail"),
                         [[n, line, f"say {what} {n}"] for n in range(1, 6) for line, what in ((1, "first"), (2, "last"))])

    def test_a_shutdown_while_a_cell_runs_keeps_the_cells_before(self):
        kernel, client = self.kernel()
        client.execute("say before")
        client.send("execute_request", {"code": SLOW})
        client.ask("shutdown_request", {"restart": False}, channel="control")
        kernel.wait()
        _, client = self.kernel()
        self.assertIn([1, 1, "say before"], self.ask(client, "tail"))

    def test_a_restart_on_the_same_ports_is_a_new_session(self):
        kernel, client = self.kernel()
        client.execute("say one")
        client.ask("shutdown_request", {"restart": True}, channel="control")
        kernel.wait()
        kernel.start()
        client = kernel.client().ready()
        client.execute("say two")
        self.assertEqual(self.ask(client, "tail"), [[1, 1, "say one"], [2, 1, "say two"]])

    def test_two_kernels_at_once(self):
        (_, a), (_, b) = self.kernel(), self.kernel()
        for n in range(20):
            a.execute(f"say a {n}")
            b.execute(f"say b {n}")
        for client, own, other in ((a, "a", "b"), (b, "b", "a")):
            self.assertEqual([row[2] for row in self.ask(client, "tail", n=25)][-20:], [f"say {own} {n}" for n in range(20)])
            until(lambda: len([r for r in self.ask(client, "search", pattern=f"say {other} *")]) == 20, "the other's cells")
        rows = self.ask(a, "tail")
        self.assertEqual(len({tuple(row[:2]) for row in rows}), 40)

    def test_what_is_not_stored_is_not_kept(self):
        kernel, client = self.kernel()
        client.execute("say stored")
        client.execute("say not stored", store_history=False)
        client.execute("say silent", silent=True)
        client.execute("  \n")
        kernel.stop()
        _, client = self.kernel()
        self.assertEqual(self.ask(client, "tail"), [[1, 1, "say stored"]])

    def test_a_kernel_that_only_answers_leaves_no_file(self):
        kernel, client = self.kernel()
        client.execute("say silent", silent=True)
        kernel.stop()
        self.assertEqual([p.name for p in self.data.glob("history*")], [])

    def test_nobody_else_can_read_it(self):
        kernel, client = self.kernel()
        client.execute("say one")
        self.ask(client, "tail")
        found = {p.name: stat.S_IMODE(p.stat().st_mode) for p in self.data.rglob("history*")}
        self.assertEqual({k: v for k, v in found.items() if v != (0o700 if k == "history.pending" else 0o600)}, {})
        self.assertIn("history.sqlite", found)

    def test_no_history_is_kept_where_nobody_wants_it(self):
        self.session("say one", env={"LOGOLENS_HISTORY": "off"})
        config = Path(self.folder.name) / "home" / "config" / "config.json"
        config.write_text('{"version": 1, "settings": {"history": false}}')
        config.chmod(0o600)
        kernel, client = self.kernel()
        client.execute("say two")
        self.assertEqual(self.ask(client, "tail"), [[1, 1, "say two"]])
        kernel.stop()
        self.assertEqual([p.name for p in self.data.glob("history*")], [])
        self.session("say three", env={"LOGOLENS_HISTORY": "on"})
        self.assertEqual([p.name for p in self.data.glob("history.p*")], ["history.pending"])

    def test_a_damaged_file_is_told_and_survived(self):
        self.data.mkdir(parents=True)
        (self.data / "history.sqlite").write_bytes(b"no database at all" * 500)
        kernel, client = self.kernel()
        client.execute("say one")
        self.assertEqual(self.ask(client, "tail"), [[1, 1, "say one"]])
        self.assertIn("damaged", kernel.log.read_text())
        self.assertTrue((self.data / "history.damaged.sqlite").read_bytes().startswith(b"no database"))
        kernel.stop()
        _, client = self.kernel()
        self.assertEqual(self.ask(client, "tail"), [[1, 1, "say one"]])

    def test_a_file_that_cannot_be_used_is_told_once_and_survived(self):
        (self.data / "history.sqlite").mkdir(parents=True)
        kernel, client = self.kernel()
        for n in range(5):
            client.execute(f"say {n}")
            self.assertEqual(self.ask(client, "tail"), [[1, i + 1, f"say {i}"] for i in range(n + 1)])
        self.assertEqual(kernel.log.read_text().count("history of cells cannot be kept"), 1)

    def test_the_file_is_one_that_others_can_read_with_sqlite(self):
        kernel, client = self.kernel()
        client.execute("(6*7)")
        self.ask(client, "tail")
        kernel.stop()
        with sqlite3.connect(self.data / "history.sqlite") as db:
            self.assertEqual(db.execute("SELECT session, line, input, output FROM cells").fetchall(), [(1, 1, "(6*7)", "42")])
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchone(), ("ok",))

    def test_many_cells_leave_nothing_behind(self):
        """Written behind the cells' back: descriptors and memory stay."""
        kernel, client = self.kernel()
        for n in range(300):
            client.execute(f"say {n}")
        self.ask(client, "tail", n=1)
        before, memory = kernel.descriptors(), kernel.memory()
        for n in range(700):
            client.execute(f"say {n}")
        self.assertEqual(len(self.ask(client, "tail", n=1000)), 1000)
        self.assertEqual(kernel.descriptors(), before)
        if os.environ.get("LOGOLENS_FLAVOR", "release") == "release":
            self.assertLess(kernel.memory() - memory, 8 << 20)
        until(lambda: sum(p.stat().st_size for p in (self.data / "history.pending").iterdir()) == 0, "the journal is emptied")
