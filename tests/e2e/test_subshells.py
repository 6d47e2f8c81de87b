"""Subshells: shells beside the main one that answer while a cell runs there (JEP 91)."""
import collections
import itertools
import json
import os
import signal
import time
import unittest
from pathlib import Path

from PIL import Image

from kernel_support import DIGITS, SLOW, Kernel, until

NOWHERE = "0123456789abcdef0123456789abcdef"
LINE = "convolve [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] with edge"
MODEL = "model scratch on logos { conv 4 3x3; flatten; dense classes softmax }"
# Ends only by an interrupt, and prints all the time.
CHATTER = "".join(f"for {name} in {DIGITS} {{ " for name in "abcdefg") + "say WORD $a$b$c$d$e$f$g" + " }" * 7


class Subshells(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel()
        self.client = self.kernel.client().ready()

    def tearDown(self):
        self.assertEqual(self.kernel.stop(), 0)

    # ---- what the tests say ----
    def control(self, kind, **content):
        reply, outputs = self.client.ask(f"{kind}_request", content, "control")
        self.assertEqual(reply.type, f"{kind}_reply")
        self.assertEqual([m.content["execution_state"] for m in outputs], ["busy", "idle"])
        return reply.content

    def create(self):
        content = self.control("create_subshell")
        self.assertEqual(content["status"], "ok", content)
        return content["subshell_id"]

    def delete(self, subshell):
        self.assertEqual(self.control("delete_subshell", subshell_id=subshell), {"status": "ok"})

    def subshells(self):
        return self.control("list_subshell")["subshell_id"]

    def run_cell(self, code, subshell=None, status="ok"):
        reply, outputs = self.client.ask("execute_request", {"code": code}, subshell=subshell)
        self.assertEqual(reply.content["status"], status, reply.content)
        return reply, outputs

    def start(self, code, subshell=None, **options):
        """Sends a cell and waits until it runs."""
        msg_id = self.client.send("execute_request", {"code": code, **options}, subshell=subshell)
        while True:
            message = self.client.receive("iopub")
            if message.parent.get("msg_id") == msg_id and message.type == "execute_input":
                return msg_id

    def text(self, outputs):
        return "\n".join(m.content["data"]["text/plain"] for m in outputs if "data" in m.content) + \
            "".join(m.content["text"] for m in outputs if m.type == "stream")

    def value(self, expression, subshell=None):
        _, outputs = self.run_cell(f"({expression})", subshell)
        return float(self.text(outputs))

    def load_images(self, count=60):
        for number in range(count):
            path = Path(self.kernel.folder.name) / "set" / ("nike" if number % 2 else "puma") / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.effect_noise((16, 16), 20 + 60 * (number % 2)).save(path)
        self.run_cell(f"load logos from set size 16x16\nsplit logos 80/20\n{MODEL}")

    def interrupt(self, **header):
        header = self.client.header("interrupt_request", **header)
        sent = self.client.send("interrupt_request", channel="control", header=header)
        self.assertEqual(self.client.reply(sent, "control").content["status"], "ok")

    def replies(self, msg_ids):
        """Those of several requests, by msg_id, in whatever order the shells send them."""
        found = {}
        while len(found) < len(msg_ids):
            message = self.client.receive("shell")
            if message.parent["msg_id"] in msg_ids:
                found[message.parent["msg_id"]] = message.content
        return found

    def stopped(self, msg_id):
        self.assertEqual(self.client.reply(msg_id).content["ename"], "Interrupted")

    # ---- made, listed, deleted ----
    def test_made_listed_and_deleted(self):
        reply, _ = self.client.ask("kernel_info_request")
        self.assertIn("kernel subshells", reply.content["supported_features"])
        self.assertEqual(self.subshells(), [])
        first, second = self.create(), self.create()
        self.assertNotEqual(first, second)
        self.assertEqual(self.subshells(), [first, second])
        self.delete(first)
        self.assertEqual(self.subshells(), [second])
        self.delete(second)
        self.assertEqual(self.subshells(), [])

    @unittest.skipIf(os.environ.get("LOGOLENS_FLAVOR", "release") != "release", "too many threads for a sanitizer")
    def test_a_thousand_at_a_time(self):
        made = [self.create() for _ in range(1000)]
        self.assertEqual(self.control("create_subshell")["ename"], "LL196")
        self.assertEqual(len(set(self.subshells())), 1000)
        self.run_cell("say well", made[-1])
        self.delete(made[0])
        until(lambda: self.control("create_subshell")["status"] == "ok", "there is room for one again")
        self.assertEqual(self.control("create_subshell")["ename"], "LL196")

    def test_one_that_is_not_there_is_an_error(self):
        gone = self.create()
        self.delete(gone)
        for content in ({"subshell_id": NOWHERE}, {"subshell_id": gone}, {"subshell_id": ""}):
            reply = self.control("delete_subshell", **content)
            self.assertEqual((reply["status"], reply["ename"]), ("error", "LL197"), content)
        self.assertEqual(self.control("delete_subshell")["ename"], "LL192")
        for subshell in (NOWHERE, gone, "x" * 1000, 7, ["main"], {}):
            for kind in ("execute_request", "complete_request", "kernel_info_request"):
                header = self.client.header(kind, subshell_id=subshell)
                reply, outputs = self.client.ask(kind, {"code": "say lost", "cursor_pos": 3}, header=header)
                self.assertEqual(reply.type, kind.replace("request", "reply"))
                self.assertEqual((reply.content["status"], reply.content["ename"]), ("error", "LL197"), subshell)
                self.assertEqual(reply.parent["subshell_id"], subshell)
                shown = ["error"] if kind == "execute_request" else []
                self.assertEqual([m.type for m in outputs], ["status", *shown, "status"])
        header = self.client.header("comm_msg", subshell_id=NOWHERE)
        msg_id = self.client.send("comm_msg", {"comm_id": "x", "data": {}}, header=header)
        self.assertEqual([m.type for m in self.client.outputs(msg_id)], ["status", "status"])
        # A type that there is not has no reply anywhere, and its name is in nobody's header.
        for kind in ("my_request", 'my"_request', "my\n_request", "\u00e9" * 40):
            msg_id = self.client.send(kind, {}, subshell=NOWHERE)
            self.assertEqual([m.type for m in self.client.outputs(msg_id)], ["status", "status"], kind)
        self.assertTrue(self.client.silent("shell"))

    def test_null_is_the_main_shell(self):
        header = self.client.header("execute_request", subshell_id=None)
        reply, _ = self.client.ask("execute_request", {"code": "let a = 1"}, header=header)
        self.assertEqual(reply.content["execution_count"], 1)
        self.assertEqual(self.run_cell("let b = 1")[0].content["execution_count"], 2)

    # ---- beside the main shell ----
    def test_it_answers_while_a_cell_runs(self):
        subshell = self.create()
        slow = self.start(SLOW)
        reply, outputs = self.run_cell("say here\n(6*7)", subshell)
        self.assertEqual([m.content.get("execution_state", m.type) for m in outputs],
                         ["busy", "execute_input", "stream", "execute_result", "idle"])
        self.assertIn("42", self.text(outputs))
        for message in [reply, *outputs]:
            self.assertEqual(message.parent["subshell_id"], subshell)
        for kind, content in (("complete_request", {"code": "sa", "cursor_pos": 2}), ("kernel_info_request", {}),
                              ("inspect_request", {"code": "say", "cursor_pos": 1}), ("comm_info_request", {}),
                              ("history_request", {"hist_access_type": "tail", "n": 3})):
            self.assertEqual(self.client.ask(kind, content, subshell=subshell)[0].content["status"], "ok", kind)
        self.client.ask("interrupt_request", channel="control")
        self.assertEqual(self.client.reply(slow).content["ename"], "Interrupted")

    def test_who_comes_while_a_cell_runs_learns_at_once_what_kernel_this_is(self):
        """A page that is loaded then asks for kernel_info on shell before all else; who sent the cell is in turn."""
        slow = self.start(SLOW)
        other = self.kernel.client()
        self.assertEqual(other.receive("iopub").type, "iopub_welcome")
        reply, outputs = other.ask("kernel_info_request")
        self.assertEqual((reply.type, reply.content["status"]), ("kernel_info_reply", "ok"))
        self.assertEqual([m.content["execution_state"] for m in outputs], ["busy", "idle"])
        cell = other.send("execute_request", {"code": "say behind"})
        behind = other.send("kernel_info_request")
        own = self.client.send("kernel_info_request")
        self.assertTrue(self.client.silent("shell") and other.silent("shell"), "answered before what came before")
        self.interrupt()
        self.assertEqual([self.client.receive("shell").parent["msg_id"] for _ in (slow, own)], [slow, own])
        self.assertEqual([other.receive("shell").parent["msg_id"] for _ in (cell, behind)], [cell, behind])

    def test_each_has_a_count_and_a_history_of_its_own(self):
        subshell = self.create()
        self.run_cell("let a = 1")
        self.run_cell("let a = 2")
        self.assertEqual(self.run_cell("let b = 3", subshell)[0].content["execution_count"], 1)
        self.assertEqual(self.run_cell("let a = 4")[0].content["execution_count"], 3)
        self.assertEqual(self.run_cell("nonsense here", subshell, "error")[0].content["execution_count"], 2)

        for shell, lines in ((None, [[1, 1, "let a = 1"], [1, 2, "let a = 2"], [1, 3, "let a = 4"]]),
                             (subshell, [[1, 1, "let b = 3"], [1, 2, "nonsense here"]])):
            reply, _ = self.client.ask("history_request", {"hist_access_type": "range", "session": 0, "start": 0},
                                       subshell=shell)
            self.assertEqual([[line, text] for _, line, text in reply.content["history"]],
                             [[line, text] for _, line, text in lines])

    def test_a_failure_aborts_the_queue_of_its_own_shell(self):
        subshell = self.create()
        slow = self.start(SLOW)
        after = [self.client.send("execute_request", {"code": "say after"}) for _ in range(3)]
        before = self.start(SLOW, subshell, stop_on_error=False)
        failed = self.client.send("execute_request", {"code": "nonsense here"}, subshell=subshell)
        aborted = self.client.send("execute_request", {"code": "say aborted"}, subshell=subshell)
        self.client.arrived()
        self.interrupt(subshell_id=subshell)
        self.stopped(before)
        self.assertEqual(self.client.reply(failed).content["status"], "error")
        self.assertEqual(self.client.reply(aborted).content["status"], "aborted")
        self.run_cell("say here", subshell)
        self.interrupt()
        self.stopped(slow)
        for msg_id in after:  # sent before the interrupt: an interrupted cell aborts them
            self.assertEqual(self.client.reply(msg_id).content["status"], "aborted")

    def test_what_each_prints_has_its_own_parent(self):
        """Text of shells that print at the same time is not mixed."""
        shells = {None: "main", self.create(): "one", self.create(): "two"}
        msg_ids = {self.client.send("execute_request", {"code": CHATTER.replace("WORD", word)}, subshell=subshell): word
                   for subshell, word in shells.items()}
        seen = {word: 0 for word in shells.values()}
        while min(seen.values()) < 3:
            message = self.client.receive("iopub")
            if message.type != "stream":
                continue
            word = msg_ids[message.parent["msg_id"]]
            lines = message.content["text"].splitlines()[1:-1]  # the first and the last may be cut
            self.assertLessEqual({line.split(" ")[0] for line in lines}, {word})
            seen[word] += 1
        self.interrupt()
        ended = {self.client.receive("shell").parent["msg_id"] for _ in msg_ids}
        self.assertEqual(ended, set(msg_ids))

    def test_a_full_subshell_holds_up_nobody(self):
        """What comes when 64 MiB wait in one is refused, until nothing waits there; the other shells go on."""
        full, other = self.create(), self.create()

        def send(code):
            return self.client.send("execute_request", {"code": code, "stop_on_error": False}, subshell=full)

        running = self.start(SLOW, full, stop_on_error=False)
        first, slow = send("# first " + "x" * 10_000_000), send(SLOW)
        many = [send(f"# {n} " + "x" * 10_000_000) for n in range(7)]
        beside = {self.client.send("execute_request", {"code": "say beside"}, subshell=shell) for shell in (None, other)}
        found = {}
        while not beside | {many[-1]} <= set(found):
            message = self.client.receive("shell")
            found[message.parent["msg_id"]] = message.content
        for msg_id in beside:
            self.assertEqual(found[msg_id]["status"], "ok")
        refused = [msg_id for msg_id in many if msg_id in found]
        self.assertEqual(refused, many[-len(refused):])
        self.assertLess(len(refused), len(many))
        for msg_id in refused:
            self.assertEqual((found[msg_id]["status"], found[msg_id]["ename"]), ("error", "LL513"))
        self.assertNotIn(running, found)
        console = self.kernel.client().ready()  # one that has just been opened beside it is told what kernel this is
        self.assertEqual(console.reply(console.send("kernel_info_request", subshell=full)).content["status"], "ok")
        console.close()

        def until_it_runs(msg_id):
            while True:
                message = self.client.receive("iopub")
                if message.type == "execute_input" and message.parent["msg_id"] == msg_id:
                    return
        self.interrupt(subshell_id=full)
        until_it_runs(slow)  # there is room again, but what was refused was sent before this
        late = send("say late")
        complete = self.client.send("complete_request", {"code": "sa", "cursor_pos": 2}, subshell=full)
        moved = self.client.send("comm_msg", {"comm_id": "x", "data": {}}, subshell=full)
        self.assertEqual([m.type for m in self.client.outputs(moved)], ["status", "status"])
        found = self.replies([running, first, late, complete])
        self.assertEqual([found[m].get("ename") for m in (running, first, late, complete)],
                         ["Interrupted", None, "LL513", "LL513"])
        self.interrupt(subshell_id=full)
        kept = many[:len(many) - len(refused)]
        found = self.replies([slow, *kept])
        self.assertEqual([found[m]["status"] for m in (slow, *kept)], ["error"] + ["ok"] * len(kept))
        self.run_cell("say well", full)

    # ---- what a subshell sees ----
    def test_it_follows_the_main_shell(self):
        subshell = self.create()
        self.run_cell("let grid = [1 2; 3 4]\nlet lr = 0.5\nset decimals 1")
        self.assertEqual(self.value("grid.sum", subshell), 10)
        self.assertEqual(self.value("$lr * 2", subshell), 1)
        self.run_cell("let grid = [1 2; 3 5]\nlet lr = 2")
        self.assertEqual(self.value("grid.sum", subshell), 11)
        self.assertEqual(self.value("$lr * 2", subshell), 4)
        matches = self.client.ask("complete_request", {"code": "show gri", "cursor_pos": 8}, subshell=subshell)
        self.assertIn("grid", matches[0].content["matches"])

    def test_it_sees_what_is_bound_while_the_cell_goes_on(self):
        subshell = self.create()
        slow = self.start(f"let early = [1 2 3]\n{SLOW}")
        until(lambda: "early" in self.text(self.run_cell("list", subshell)[1]), "the binding is seen")
        self.interrupt()
        self.stopped(slow)

    def test_what_it_binds_is_its_own(self):
        first, second = self.create(), self.create()
        self.run_cell("let shared = [1 1]\nlet n = 1")
        self.run_cell("let shared = [5 5]\nlet mine = [7 7]\nlet n = 9", first)
        for shell, total, n in ((None, 2, 1), (first, 10, 9), (second, 2, 1)):
            self.assertEqual(self.value("shared.sum", shell), total, shell)
            self.assertEqual(self.value("$n * 1", shell), n)
        for shell in (None, second):
            self.assertEqual(self.run_cell("show mine", shell, "error")[0].content["ename"], "LL130")
        self.run_cell("let shared = [2 2]\nlet other = [3 3]\nlet n = 2")
        self.assertEqual(self.value("shared.sum", first), 10)
        self.assertEqual(self.value("$n * 1", first), 9)
        self.assertEqual(self.value("other.sum", first), 6)
        self.assertEqual(self.value("shared.sum", second), 4)

    def test_settings_are_its_own_once_it_has_set_them(self):
        def digits(shell):
            _, outputs = self.run_cell("evaluate scratch", shell)
            return self.text(outputs)

        self.load_images()
        first, second = self.create(), self.create()
        usual = digits(None)
        self.run_cell("set decimals 3", first)
        self.assertNotEqual(digits(first), usual)
        self.assertEqual(digits(None), usual)
        self.assertEqual(digits(second), usual)
        self.run_cell("set decimals 4")
        self.assertNotEqual(digits(second), usual)
        self.assertEqual(digits(second), digits(None))
        self.assertNotEqual(digits(first), digits(None))

    # ---- beside a training ----
    def test_show_curves_and_confusion_answer_on_the_last_finished_epoch(self):
        self.load_images()
        subshell = self.create()
        fit = self.start("fit scratch epochs 100000 as trial")
        until(lambda: self.client.ask("execute_request", {"code": "curves scratch"}, subshell=subshell)[0]
              .content["status"] == "ok", "an epoch is over")
        # one cell sees one version of the model, and that is the epoch's
        cell = "(scratch.last.epoch)\nconfusion scratch as matrix\n(scratch.val.accuracy)\n(matrix.accuracy)\n" \
               "evaluate scratch\n(scratch.last.epoch)"
        _, outputs = self.run_cell(cell, subshell)
        epoch, accuracy, again, same = [float(m.content["data"]["text/plain"]) for m in outputs
                                        if m.type == "execute_result"]
        self.assertGreater(epoch, 0)
        self.assertEqual(same, epoch)
        self.assertAlmostEqual(accuracy, again, places=6)
        self.assertIn("12 images", self.text(outputs))
        self.assertNotIn("not been trained", self.text(outputs))
        until(lambda: self.value("scratch.last.epoch", subshell) > epoch, "a later epoch is seen")
        for line in ("show scratch", "curves scratch", "curves trial", "trial"):
            self.assertRegex(self.text(self.run_cell(line, subshell)[1]),
                             r"The training goes on: this is what it had after epoch \d+ of 100000", line)
        for line in ("confusion trial", "explain scratch image 3", "mistakes scratch", "predict scratch", "list"):
            reply, _ = self.client.ask("execute_request", {"code": line}, subshell=subshell)
            self.assertIn(reply.content["status"], ("ok", "error"))
        self.assertIn("in training", self.text(self.run_cell("list", subshell)[1]))
        late = self.create()  # in the middle of it
        self.assertGreater(self.value("scratch.last.epoch", late), epoch)
        self.interrupt()
        self.stopped(fit)
        ended = self.value("scratch.last.epoch")
        for shell in (None, subshell, late):
            self.assertEqual(self.value("scratch.last.epoch", shell), ended)
            text = self.text(self.run_cell("curves scratch", shell)[1])
            self.assertIn("best was epoch", text)
            self.assertNotIn("goes on", text)

    def test_a_training_that_fails_leaves_nothing_behind(self):
        self.load_images()
        subshell = self.create()
        fit = self.start("fit scratch epochs 100000 lr 0.01")
        until(lambda: self.client.ask("execute_request", {"code": "curves scratch"}, subshell=subshell)[0]
              .content["status"] == "ok", "an epoch is over")
        self.interrupt()
        self.stopped(fit)
        reply, _ = self.client.execute("fit scratch epochs 3 lr 1e9")
        self.assertEqual(reply.content["ename"], "LL401")
        self.assertEqual(self.value("scratch.last.epoch", subshell), self.value("scratch.last.epoch"))
        self.assertNotIn("goes on", self.text(self.run_cell("show scratch", subshell)[1]))

    def test_a_training_in_a_subshell(self):
        """It changes the subshell's own model; both train at once."""
        self.load_images()
        subshell = self.create()
        fit = self.start("fit scratch epochs 100000")
        self.run_cell("fit scratch epochs 2 lr 0.02 quiet", subshell)
        self.assertEqual(self.value("scratch.last.epoch", subshell), 2)
        self.interrupt()
        self.stopped(fit)
        self.assertEqual(self.value("scratch.last.epoch", subshell), 2)

    # ---- sliders ----
    def slider(self, shell=None):
        _, outputs = self.run_cell(f"{LINE} slider", shell)
        axis = [m.content["comm_id"] for m in outputs if m.type == "comm_open" and
                m.content["data"]["state"]["_model_name"] == "SelectionSliderModel"][0]
        return axis, outputs[-2].content["transient"]["display_id"]

    def move(self, axis, index, shell):
        data = {"method": "update", "state": {"index": index}, "buffer_paths": []}
        return self.client.outputs(self.client.send("comm_msg", {"comm_id": axis, "data": data}, subshell=shell))

    def rests(self, *shells):
        """Waits until a slider that was moved has all its forms, and the shells, of which any draws it then, are done."""
        while True:
            message = self.client.receive("iopub")
            if message.type == "update_display_data" and "image/png" in message.content["data"]:
                break
        for shell in shells:
            self.client.ask("complete_request", {"code": "", "cursor_pos": 0}, subshell=shell)

    def drawing(self, place):
        _, outputs = self.run_cell(f"{LINE} at {place} slider")
        data = outputs[-2].content["data"]
        return {mime: form for mime, form in data.items() if mime != "image/png"}

    def test_a_slider_moves_while_a_cell_runs(self):
        axis, display = self.slider()
        wanted = self.drawing("2,2")
        subshell = self.create()
        slow = self.start(SLOW)
        outputs = self.move(axis, 3, subshell)
        self.assertEqual([m.content.get("execution_state", m.type) for m in outputs],
                         ["busy", "comm_msg", "update_display_data", "idle"])
        self.assertEqual(outputs[2].content["transient"], {"display_id": display})
        self.assertEqual(outputs[2].content["data"], wanted)
        self.assertEqual(outputs[2].parent["subshell_id"], subshell)
        self.rests(subshell)  # in the subshell too
        self.interrupt()
        self.stopped(slow)
        self.assertEqual(self.move(axis, 0, None)[2].content["data"], self.drawing("1,1"))

    def test_a_slider_outlives_the_subshell_it_was_made_in(self):
        subshell = self.create()
        self.run_cell("let g = [1 2 3 4; 4 3 2 1; 1 2 3 4; 9 9 1 1]", subshell)
        axis, _ = self.slider(subshell)
        self.delete(subshell)
        until(lambda: self.kernel.log.exists() and self.subshells() == [], "it is gone")
        for shell in (None, self.create()):
            for index, place in ((1, "1,2"), (3, "2,2")):
                drawn = self.move(axis, index, shell)[2].content["data"]
                self.rests(None, shell)  # who is still at it would draw the next move too
                self.assertEqual(drawn, self.drawing(place))

    def test_two_shells_move_one_slider(self):
        """Whoever draws goes on until it has drawn what was asked last."""
        axis, display = self.slider()
        wanted = {i: self.drawing(p) for i, p in enumerate(["1,1", "1,2", "2,1", "2,2"])}
        shells = [None, self.create(), self.create()]
        data = {"method": "update", "buffer_paths": []}
        last, seen, echoed = None, None, None
        sent = [self.client.send("comm_msg", {"comm_id": axis, "data": {**data, "state": {"index": i % 4}}},
                                 subshell=shells[i % 3]) for i in range(120)]
        waiting = set(sent)
        while waiting:
            message = self.client.receive("iopub")
            if message.type == "comm_msg":
                echoed = message.content["data"]["state"]["index"]
            if message.type == "update_display_data":
                seen = message.content["data"]
            if message.content.get("execution_state") == "idle":
                waiting.discard(message.parent.get("msg_id"))
        last = {mime: form for mime, form in seen.items() if mime != "image/png"}
        self.assertEqual(last, wanted[echoed])

    # ---- questions ----
    def answer(self, question, value, with_parent=True):
        frames = self.client.frames("input_reply", {"value": value}, header=self.client.header("input_reply"))
        if with_parent:
            frames[3] = json.dumps(question.header).encode()
            frames[1] = self.client.sign(frames[2:6])
        self.client.sockets["stdin"].send_multipart(frames)

    def test_each_asks_and_is_answered_for_itself(self):
        client = self.client = self.kernel.client(identity=b"front-end-1").ready()
        one, two = self.create(), self.create()
        for first, second in ((None, one), (one, two), (two, None)):
            cells, asked = {}, {}
            for shell in (first, second):
                cells[shell] = client.send("execute_request", {"code": "connect bluesky"}, subshell=shell)
                question = client.receive("stdin")
                self.assertEqual(question.parent["msg_id"], cells[shell])
                asked[shell] = question
            # the later question is answered first: the other goes on waiting
            self.answer(asked[second], "\4")
            self.assertEqual(client.reply(cells[second]).content["ename"], "LL508")
            self.assertTrue(client.silent("shell"))
            self.answer(asked[second], "\4")  # once more: nobody wants it
            self.assertTrue(client.silent("shell"))
            self.answer(asked[first], "\4")
            self.assertEqual(client.reply(cells[first]).content["ename"], "LL508")

    def test_a_question_of_a_subshell_is_interrupted_and_deleted(self):
        client = self.client = self.kernel.client(identity=b"front-end-1").ready()
        subshell = self.create()
        asked = client.send("execute_request", {"code": "connect bluesky"}, subshell=subshell)
        self.answer(client.receive("stdin"), "somebody.test", with_parent=False)
        self.assertIn("password", client.receive("stdin").content["prompt"].lower())
        self.interrupt(subshell_id=subshell)
        self.stopped(asked)
        asked = client.send("execute_request", {"code": "connect bluesky"}, subshell=subshell)
        client.receive("stdin")
        self.delete(subshell)
        self.stopped(asked)

    # ---- interrupts and ends ----
    def test_an_interrupt_is_for_all_or_for_one(self):
        one, two = self.create(), self.create()
        for how in (lambda: self.interrupt(), lambda: self.kernel.process.send_signal(signal.SIGINT)):
            running = [self.start(SLOW, shell) for shell in (None, one, two)]
            how()
            for _ in running:
                message = self.client.receive("shell")
                self.assertIn(message.parent["msg_id"], running)
                self.assertEqual(message.content["ename"], "Interrupted")
        main, other = self.start(SLOW), self.start(SLOW, two)
        self.interrupt(subshell_id=two)
        self.stopped(other)
        self.assertTrue(self.client.silent("shell"))
        self.interrupt(subshell_id=NOWHERE)
        self.assertTrue(self.client.silent("shell"))
        self.interrupt()
        self.stopped(main)
        for shell in (None, one, two):
            self.run_cell("say well", shell)

    def test_deleted_while_a_cell_runs(self):
        subshell = self.create()
        main, slow = self.start(SLOW), self.start(SLOW, subshell)
        waits = [self.client.send("execute_request", {"code": "say never"}, subshell=subshell),
                 self.client.send("comm_msg", {"comm_id": "x", "data": {}}, subshell=subshell),
                 self.client.send("complete_request", {"code": "s", "cursor_pos": 1}, subshell=subshell),
                 self.client.send('my"_request', {}, subshell=subshell)]
        until(lambda: self.client.send("list_subshell_request", {}, "control") and
              self.client.receive("control").content["subshell_id"] == [subshell], "they have arrived")
        self.client.send("delete_subshell_request", {"subshell_id": subshell}, "control")
        found = self.replies([slow, waits[0], waits[2]])
        self.assertEqual(found[slow]["ename"], "Interrupted")
        for msg_id in (waits[0], waits[2]):
            self.assertEqual(found[msg_id]["ename"], "LL197")
        self.assertEqual(self.subshells(), [])
        self.assertTrue(self.client.silent("shell"))
        self.interrupt()
        self.stopped(main)

    def test_deleted_at_any_moment(self):
        """A cell that begins just then does not run on, and what comes just afterwards is answered too."""
        for n in range(150):
            subshell = self.create()
            if n % 2:
                self.run_cell("say x", subshell)
            early = self.client.send("execute_request", {"code": SLOW}, subshell=subshell)
            until_then = time.perf_counter() + n % 30 * 1e-5
            while time.perf_counter() < until_then:
                pass
            self.client.send("delete_subshell_request", {"subshell_id": subshell}, "control")
            late = self.client.send("execute_request", {"code": "say late", "silent": True}, subshell=subshell)
            found = self.replies([early, late])
            self.assertIn(found[early]["ename"], ("Interrupted", "LL197"))
            self.assertIn(found[late].get("ename", found[late]["status"]), ("LL197", "aborted"))
            self.assertEqual(self.client.receive("control").content["status"], "ok")

    def test_the_kernel_ends_with_cells_running_everywhere(self):
        for end in (lambda: self.client.send("shutdown_request", {"restart": False}, "control"),
                    lambda: self.kernel.process.send_signal(signal.SIGTERM)):
            self.load_images()
            for shell in (None, self.create(), self.create(), self.create()):
                self.start("fit scratch epochs 100000" if shell is None else SLOW, shell)
            end()
            self.assertEqual(self.kernel.wait(), 0)
            self.kernel.stop()
            self.setUp()

    def files(self):
        """What is open, but for the files of the history, which come and go behind the cells."""
        names = []
        for entry in Path(f"/proc/{self.kernel.process.pid}/fd").iterdir():
            try:
                names.append(os.readlink(entry))
            except OSError:
                pass
        return collections.Counter(name.split(":")[0] for name in names if "history" not in name)

    def test_created_and_deleted_leave_nothing(self):
        def round(count):
            made = [self.create() for _ in range(count)]
            for subshell in made:
                self.run_cell("let g = [1 2; 3 4]\ng", subshell)
            for subshell in made:
                self.delete(subshell)

        self.run_cell("let g = [5 6]")
        until(lambda: "history" in self.kernel.threads(), "the thread of the history has its name")
        threads = self.kernel.threads()
        self.assertNotIn("subshell", threads)
        self.create()
        until(lambda: "subshell" in self.kernel.threads(), "it has a thread")
        self.delete(self.subshells()[0])
        for _ in range(3):
            round(20)
        until(lambda: self.kernel.threads() == threads, "their threads have ended")
        before, room, files = self.kernel.memory(), self.kernel.memory("VmSize"), self.files()
        for _ in range(3):
            round(20)
        until(lambda: self.kernel.threads() == threads, "their threads have ended")
        until(lambda: not self.files() - files, "all it opened is closed")
        if os.environ.get("LOGOLENS_FLAVOR", "release") == "release":
            self.assertLess(self.kernel.memory() - before, 6 << 20)
            grown = self.kernel.memory("VmSize") - room
            self.assertLess(grown, 200 << 20, "the stacks of threads that ended are kept")

    def test_many_come_and_go_while_the_others_work(self):
        """For a race detector: shells are made, used and deleted while others bind, draw and print."""
        self.load_images(20)
        fit = self.start("fit scratch epochs 100000")
        keeper = self.create()
        axis, _ = self.slider(keeper)
        turn, end = itertools.count(), time.monotonic() + 2
        while time.monotonic() < end:
            shell = self.create()
            sent = [self.client.send("execute_request", {"code": code}, subshell=where) for code, where in
                    (("list", shell), ("let own = [1 2 3]\nown", shell), ("let own = [3 4]\nlist", keeper),
                     ("say word", shell), ("evaluate scratch", shell))]
            self.move(axis, next(turn) % 4, keeper)
            self.delete(shell)
            self.replies(sent)
        self.interrupt()
        self.stopped(fit)


if __name__ == "__main__":
    unittest.main()
