"""Sliders: what a page sees of them over comms, and what moving one changes."""
import json
import math
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

from kernel_support import BINARY, PATIENCE, SLOW, Kernel

GRID = "[35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3]"
LINE = f"convolve {GRID} with edge"
VIEW = "application/vnd.jupyter.widget-view+json"
MOST = 64  # sliders a kernel keeps


class Slider:
    """What one line with `slider` put on the page."""

    def __init__(self, outputs):
        self.types = [m.type for m in outputs]
        self.opened = {m.content["comm_id"]: m for m in outputs if m.type == "comm_open"}
        self.states = {key: m.content["data"]["state"] for key, m in self.opened.items()}
        self.view, self.shown = [m for m in outputs if m.type == "display_data"]
        self.display = self.shown.content["transient"]["display_id"]
        self.axes = [key for key, state in self.states.items() if state["_model_name"] == "SelectionSliderModel"]

    def labels(self, axis=0):
        return self.states[self.axes[axis]]["_options_labels"]


class Sliders(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel()
        self.client = self.kernel.client().ready()

    def tearDown(self):
        self.assertEqual(self.kernel.stop(), 0)

    def outputs(self, line):
        reply, outputs = self.client.execute(line)
        self.assertEqual(reply.content["status"], "ok", reply.content)
        return outputs

    def load_images(self, size):
        for number in range(12):
            path = Path(self.kernel.folder.name) / "set" / ("nike" if number % 2 else "puma") / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture = Image.effect_mandelbrot((64, 64), (-2, -1, 1, 1 + number / 10), 20)
            Image.merge("RGB", (picture, picture.rotate(90), picture.rotate(180))).save(path)
        self.outputs(f"load logos from set size {size}")

    def slider(self, line):
        return Slider(self.outputs(line))

    def send(self, comm, method="update", **data):
        return self.client.send("comm_msg", {"comm_id": comm, "data": {"method": method, **data}})

    def move(self, slider, index, axis=0):
        """What the page is told when one axis is moved."""
        return self.client.outputs(self.send(slider.axes[axis], state={"index": index}, buffer_paths=[]))

    def drawn(self, outputs):
        return [m.content for m in outputs if m.type == "update_display_data"]

    def nothing(self, outputs):
        self.assertEqual([m.type for m in outputs], ["status", "status"])

    def data(self, line):
        """The forms of the one display of a line."""
        return [m.content["data"] for m in self.outputs(line) if m.type == "display_data"][-1]

    def quick(self, line):
        """The forms of it that a page looks at."""
        return {mime: form for mime, form in self.data(line).items() if mime != "image/png"}

    # ---- what is opened ----
    def test_the_result_is_whole_and_the_slider_an_output_of_its_own(self):
        s = self.slider(f"{LINE} slider")
        self.assertEqual(s.types, ["status", "execute_input", *6 * ["comm_open"], "display_data", "display_data", "status"])
        self.assertEqual(s.shown.content["data"], self.data(f"{LINE} at 1,1 slider"))
        self.assertEqual(set(s.shown.content["data"]), {"text/plain", "text/html", "image/png"})
        self.assertIn("2,2: 16·1 + 3·1 + 7·-4 + 10·1 + 1·1 = 2", s.shown.content["data"]["text/plain"])
        self.assertEqual(set(s.view.content["data"]), {"text/plain", VIEW})
        self.assertEqual(s.view.content["data"][VIEW],
                         {"version_major": 2, "version_minor": 0, "model_id": list(s.states)[-1]})
        self.assertIn(f"{LINE} at 1,2", s.view.content["data"]["text/plain"])
        self.assertEqual(s.labels(), ["1,1", "1,2", "2,1", "2,2"])
        self.assertEqual(s.states[s.axes[0]]["index"], 0)

    def test_comms_open_as_the_protocol_says(self):
        s = self.slider(f"{LINE} slider")
        for message in s.opened.values():
            self.assertEqual(message.metadata, {"version": "2.1.0"})
            self.assertEqual(message.content["target_name"], "jupyter.widget")
            self.assertEqual(message.content["data"]["buffer_paths"], [])
            self.assertEqual(message.parent["msg_type"], "execute_request")
        models = [state["_model_name"] for state in s.states.values()]
        self.assertEqual(models, ["LayoutModel", "LayoutModel", "SliderStyleModel", "HTMLModel", "SelectionSliderModel",
                                  "VBoxModel"])
        known = set()  # the page can only follow what it has been told of
        for key, state in s.states.items():
            for text in [state.get("layout"), state.get("style"), *state.get("children", [])]:
                self.assertTrue(text is None or text[:10] == "IPY_MODEL_" and text[10:] in known, text)
            known.add(key)

    def test_many_places_have_a_row_and_a_column(self):
        self.load_images("64x64")
        s = self.slider("convolve logos with sobelx slider")
        self.assertEqual([s.states[a]["description"] for a in s.axes], ["row", "column"])
        self.assertEqual([len(s.labels(i)) for i in (0, 1)], [62, 62])
        box = s.states[s.view.content["data"][VIEW]["model_id"]]
        self.assertEqual(box["_model_name"], "VBoxModel")
        self.assertEqual(box["children"][:2], ["IPY_MODEL_" + a for a in s.axes])
        self.move(s, 9)
        self.assertEqual(self.drawn(self.move(s, 19, axis=1))[0]["data"],
                         self.quick("convolve logos with sobelx at 10,20 slider"))

    def test_without_the_word_nothing_changes(self):
        self.assertEqual([m.type for m in self.outputs(LINE)], ["status", "execute_input", "display_data", "status"])
        self.assertEqual([m.type for m in self.outputs(f"{LINE} no slider")],
                         ["status", "execute_input", "display_data", "status"])

    def test_one_place_has_no_slider(self):
        outputs = self.outputs("convolve [35] with [2] slider")
        self.assertEqual([m.type for m in outputs], ["status", "execute_input", "display_data", "status"])
        self.assertIn("nothing to move", outputs[2].content["data"]["text/plain"])

    # ---- moving ----
    def test_moving_draws_what_the_line_gives_there(self):
        s = self.slider(f"{LINE} slider")
        for index, place in ((3, "2,2"), (1, "1,2"), (0, "1,1")):
            msg_id = self.send(s.axes[0], state={"index": index}, buffer_paths=[])
            outputs = self.client.outputs(msg_id)
            self.assertEqual([m.content.get("execution_state", m.type) for m in outputs],
                             ["busy", "comm_msg", "update_display_data", "idle"])
            self.assertEqual(outputs[1].content, {"comm_id": s.axes[0], "data": {
                "method": "echo_update", "state": {"index": index}, "buffer_paths": []}})
            self.assertEqual(outputs[2].content["transient"], {"display_id": s.display})
            self.assertEqual(outputs[2].content["data"], self.quick(f"{LINE} at {place} slider"))
        self.assertTrue(self.client.silent("shell"))

    def test_at_rest_the_last_drawing_gets_all_its_forms(self):
        first, second = self.slider(f"{LINE} slider"), self.slider(f"{LINE} slider")
        self.move(first, 1)
        moves = [self.send(first.axes[0], state={"index": 3}), self.send(second.axes[0], state={"index": 2})]
        whole = {}
        while len(whole) < 2:  # the first may be at rest before the second is moved
            message = self.client.receive("iopub")
            if message.parent["msg_id"] in moves and "image/png" in message.content.get("data", {}):
                self.assertEqual(message.type, "update_display_data")
                whole[message.content["transient"]["display_id"]] = message
        for s, place, msg_id in ((first, "2,2", moves[0]), (second, "2,1", moves[1])):
            message = whole[s.display]
            self.assertEqual(message.parent["msg_id"], msg_id)
            self.assertEqual(message.content["data"], self.data(f"{LINE} at {place} slider"))
        self.assertTrue(self.client.silent("iopub", 1))

    def test_staying_is_echoed_and_draws_nothing(self):
        s = self.slider(f"{LINE} slider")
        self.assertEqual([m.type for m in self.move(s, 0)], ["status", "comm_msg", "status"])

    def test_moving_is_no_execution(self):
        s = self.slider(f"{LINE} slider")
        count = self.client.execute("say one")[0].content["execution_count"]
        self.move(s, 2)
        self.assertEqual(self.client.execute("say two")[0].content["execution_count"], count + 1)
        reply, _ = self.client.ask("history_request", {"hist_access_type": "tail", "n": 10, "output": False, "raw": True})
        self.assertEqual([row[2] for row in reply.content["history"]], [f"{LINE} slider", "say one", "say two"])

    def test_a_slider_keeps_what_its_line_saw(self):
        s = self.slider(f"let g = {GRID}\nconvolve g with edge slider")
        before = self.quick("convolve g with edge at 2,1 slider")
        self.outputs("let g = [1 1 1; 1 1 1; 1 1 1]")
        self.assertEqual(self.drawn(self.move(s, 2))[0]["data"], before)

    def test_a_line_of_a_loop_keeps_its_round(self):
        outputs = self.outputs(f"for k in edge, sharpen {{ convolve {GRID} with $k slider }}")
        half = [i for i, m in enumerate(outputs) if m.type == "comm_open"][6]
        first, second = Slider(outputs[:half]), Slider(outputs[half:])
        for s, kernel in ((first, "edge"), (second, "sharpen")):
            self.assertEqual(self.drawn(self.move(s, 3))[0]["data"],
                             self.quick(f"convolve {GRID} with {kernel} at 2,2 slider"))

    def test_only_the_newest_of_waiting_moves_is_drawn(self):
        s = self.slider(f"{LINE} slider")
        cell = self.client.send("execute_request", {"code": SLOW})
        while self.client.receive("iopub").type != "execute_input":
            pass
        moves = [self.send(s.axes[0], state={"index": i % 4}) for i in range(1, 11)]
        other = self.client.send("comm_msg", {"comm_id": "nobody", "data": {"method": "update"}})
        self.client.arrived()
        self.client.send("interrupt_request", channel="control")
        self.client.outputs(cell)
        outputs = [self.client.outputs(msg_id) for msg_id in moves]
        self.nothing(self.client.outputs(other))
        self.assertEqual([len(self.drawn(o)) for o in outputs], [0] * 9 + [1])
        self.assertTrue(all(o[1].content["data"]["method"] == "echo_update" for o in outputs))
        self.assertEqual(self.drawn(outputs[-1])[0]["data"], self.quick(f"{LINE} at 2,1 slider"))

    def test_what_only_mentions_a_slider_loses_no_drawing(self):
        s = self.slider(f"{LINE} slider")
        cell = self.client.send("execute_request", {"code": SLOW})
        while self.client.receive("iopub").type != "execute_input":
            pass
        first = self.send(s.axes[0], state={"index": 3})
        last = self.client.send("comm_msg", b'{"comm_id": "' + s.axes[0].encode() + b'", "data": nonsense}')
        self.client.arrived()
        self.client.send("interrupt_request", channel="control")
        self.client.outputs(cell)
        self.assertEqual(self.drawn(self.client.outputs(first)), [])
        self.assertEqual(self.drawn(self.client.outputs(last))[0]["data"], self.quick(f"{LINE} at 2,2 slider"))

    def test_what_every_command_moves(self):
        self.load_images("32x32")
        self.outputs("model m on logos { conv 4 3x3 relu; maxpool 2; "
                     "conv 6 3x3 relu; flatten; dense classes softmax }")
        for line, option, words in (
                (f"pool {GRID} 2x2", "at", ["1,1", "1,2", "2,1", "2,2"]),
                ("softmax 2, 1, 0.1 temperature 0.4", "temperature",
                 "0.1 0.2 0.3 0.4 0.5 0.7 1 1.5 2 3 5 7 10".split()),
                ("activations m", "layer", ["conv1", "maxpool1", "conv2"]),
                ("activations m where label = nike", "layer", ["conv1", "maxpool1", "conv2"]),
                ("filters m", "layer", ["conv1", "conv2"]),
                ("receptive m image 1", "layer", ["conv1", "maxpool1", "conv2"]),
                ("step m image 3 lr 0.03", "lr", "0.0001 0.0002 0.0005 0.001 0.002 0.005 0.01 0.02 0.03 0.05 0.1 0.2 0.5 1 2 5 "
                 "10".split())):
            s = self.slider(f"{line} slider")
            self.assertEqual(s.labels(), words)
            start = s.states[s.axes[0]]["index"]
            bare = line.replace(" temperature 0.4", "").replace(" lr 0.03", "")
            for index in [i for i in range(len(words)) if i != start][-2:] + [start]:
                wanted = bare.replace(" where", f" {option} {words[index]} where")
                wanted += "" if " where" in bare else f" {option} {words[index]}"
                self.assertEqual(self.drawn(self.move(s, index))[0]["data"], self.quick(f"{wanted} slider"), wanted)

    # ---- a page that is loaded again ----
    def test_a_page_that_is_loaded_again_finds_its_sliders(self):
        s = self.slider(f"{LINE} slider")
        self.move(s, 2)
        info = self.client.ask("comm_info_request", {"target_name": "jupyter.widget"})[0].content["comms"]
        self.assertEqual(info, {key: {"target_name": "jupyter.widget"} for key in s.opened})
        other = self.client.ask("comm_info_request", {"target_name": "elsewhere"})[0].content["comms"]
        self.assertEqual(other, {})
        control = self.client.send("comm_open", {"comm_id": "page", "target_name": "jupyter.widget.control", "data": {}},
                                   metadata={"version": "1.0.0"})
        self.nothing(self.client.outputs(control))
        everything = self.client.ask("comm_info_request")[0].content["comms"]
        self.assertEqual(everything, {**info, "page": {"target_name": "jupyter.widget.control"}})
        answer = self.client.outputs(self.send("page", method="request_states"))[1].content
        self.assertEqual((answer["comm_id"], answer["data"]["method"]), ("page", "update_states"))
        self.assertEqual(answer["data"]["buffer_paths"], [])
        states = answer["data"]["states"]
        self.assertEqual({key: entry["state"] for key, entry in states.items()},
                         {**s.states, s.axes[0]: {**s.states[s.axes[0]], "index": 2}})
        for entry in states.values():
            self.assertEqual((entry["model_name"], entry["model_module"], entry["model_module_version"]),
                             tuple(entry["state"][f"_model_{n}"] for n in ("name", "module", "module_version")))
        frame, picture = list(s.opened)[1], list(s.opened)[3]
        outputs = self.move(s, 3)
        self.assertEqual([m.type for m in outputs][2:-1], ["update_display_data", "comm_msg", "comm_msg"])
        wide, inside = [m.content for m in outputs][3:5]
        self.assertEqual(wide, {"comm_id": frame, "data": {"method": "update", "state": {"display": "block"},
                                                           "buffer_paths": []}})
        self.assertEqual(inside["comm_id"], picture)
        value = inside["data"]["state"]["value"]
        self.assertIn(self.drawn(outputs)[0]["data"]["text/html"], value)
        self.assertIn("until it runs again", value)  # what stands below it is old
        self.client.outputs(self.client.send("comm_close", {"comm_id": "page", "data": {}}))
        self.assertEqual(self.client.ask("comm_info_request")[0].content["comms"], info)

    def test_one_model_is_told_when_asked_for(self):
        s = self.slider(f"{LINE} slider")
        for key, state in s.states.items():
            answer = self.client.outputs(self.send(key, method="request_state"))[1].content
            self.assertEqual(answer, {"comm_id": key, "data": {"method": "update", "state": state, "buffer_paths": []}})

    # ---- closing ----
    def test_closing_one_model_closes_the_slider(self):
        s = self.slider(f"{LINE} slider")
        outputs = self.client.outputs(self.client.send("comm_close", {"comm_id": s.axes[0], "data": {}}))
        closed = [m.content["comm_id"] for m in outputs if m.type == "comm_close"]
        self.assertEqual(set(closed) | {s.axes[0]}, set(s.opened))
        self.nothing(self.move(s, 1))
        self.assertEqual(self.client.ask("comm_info_request")[0].content["comms"], {})

    def test_of_many_sliders_the_oldest_are_closed(self):
        first = self.slider(f"{LINE} slider")
        second = self.slider(f"{LINE} slider")
        for _ in range(MOST - 2):
            self.slider(f"{LINE} slider")
        self.assertEqual(len(self.drawn(self.move(first, 1))), 1)
        outputs = self.outputs(f"{LINE} slider")
        self.assertEqual({m.content["comm_id"] for m in outputs if m.type == "comm_close"}, set(first.opened))
        self.nothing(self.move(first, 2))
        self.assertEqual(len(self.drawn(self.move(second, 2))), 1)
        self.assertEqual(len(self.client.ask("comm_info_request")[0].content["comms"]), MOST * len(first.opened))

    def test_a_new_kernel_knows_no_old_sliders(self):
        s = self.slider(f"{LINE} slider")
        self.client.send("shutdown_request", {"restart": True}, channel="control")
        self.kernel.wait()
        self.kernel.start()
        self.client = self.kernel.client().ready()
        self.nothing(self.move(s, 1))
        self.assertEqual(self.client.ask("comm_info_request")[0].content["comms"], {})

    # ---- messages that nobody should send ----
    def test_odd_messages_change_nothing(self):
        s = self.slider(f"{LINE} slider")
        self.move(s, 2)
        axis, layout = s.axes[0], next(k for k, v in s.states.items() if v["_model_name"] == "LayoutModel")
        deep = b"[" * 1500 + b"]" * 1500
        values = [None, -1, 4, 2**31, 2**63, -(2**70), 1.5, 2.0, math.nan, math.inf, "1", True, [1], {"index": 1}, "x" * 10**6]
        odd = [{"comm_id": axis, "data": {"method": "update", "state": {"index": v}}} for v in values]
        odd += [{"comm_id": axis, "data": {"method": "update", "state": v}} for v in (None, 3, [], {}, {"value": 1}, {"index ": 1})]
        odd += [{"comm_id": axis, "data": v} for v in (None, 3, [], {}, {"method": 1}, {"method": "updat"}, {"state": {"index": 1}})]
        odd += [{"comm_id": v, "data": {"method": "update", "state": {"index": 1}}}
                for v in (None, 3, "", [], axis[:-1], axis + "0", axis + "\0", axis.upper() + "A", layout, "x" * 10**6)]
        bodies = [json.dumps(o).encode() for o in odd]
        bodies += [b'{"comm_id": "%s", "data": {"method": "update", "state": %s}}' % (axis.encode(), deep),
                   b'{"comm_id": "%s", "data": {"method": "update", "state": {"index": %s}}}' % (axis.encode(), deep),
                   b"", b"null", b"[]", b"{", b"\xff", b'{"comm_id": "%s"' % axis.encode()]
        for body in bodies:
            self.nothing(self.client.outputs(self.client.send("comm_msg", body)))
        states = self.client.outputs(self.send(axis, method="request_state"))[1].content["data"]["state"]
        self.assertEqual(states["index"], 2)
        self.assertEqual(len(self.drawn(self.move(s, 1))), 1)
        lines = [line for line in self.kernel.log.read_text(errors="replace").splitlines() if "comm_msg" in line]
        self.assertEqual(len(lines), len(bodies))
        self.assertTrue(all(len(line) < 400 for line in lines))

    def test_targets_of_others_are_closed(self):
        for target in ("jupyter.widget", "jupyter.widget.control2", "", 7, None):
            outputs = self.client.outputs(self.client.send("comm_open", {"comm_id": "c", "target_name": target, "data": {}}))
            self.assertEqual([m.type for m in outputs], ["status", "comm_close", "status"])
        for key in ("", "x" * 100000, "a\0b"):
            outputs = self.client.outputs(self.client.send(
                "comm_open", {"comm_id": key, "target_name": "jupyter.widget.control", "data": {}}))
            self.assertEqual([m.type for m in outputs], ["status", "comm_close", "status"])
            self.assertEqual(outputs[1].content["comm_id"], key)

    def test_pages_without_end_take_no_memory(self):
        for i in range(100):
            self.client.outputs(self.client.send("comm_open", {"comm_id": f"page {i}", "target_name": "jupyter.widget.control",
                                                               "data": {}}))
        self.assertEqual(len(self.client.ask("comm_info_request")[0].content["comms"]), 16)
        self.nothing(self.client.outputs(self.send("page 1", method="request_states")))
        self.assertEqual(len(self.client.outputs(self.send("page 99", method="request_states"))), 3)


class Executed(unittest.TestCase):
    def test_a_notebook_that_nbclient_ran_is_whole(self):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"{LINE} slider")])
        before = os.environ.get("JUPYTER_PATH")
        with tempfile.TemporaryDirectory(prefix="lens-sliders-") as folder:
            subprocess.run([BINARY, "install", "--prefix", folder], check=True, stdout=subprocess.DEVNULL)
            os.environ["JUPYTER_PATH"] = f"{folder}/share/jupyter"
            try:
                NotebookClient(notebook, kernel_name="logolens", timeout=600, iopub_timeout=PATIENCE).execute()
            finally:
                del os.environ["JUPYTER_PATH"]
                if before is not None:
                    os.environ["JUPYTER_PATH"] = before
        view, drawing = [output.data for output in notebook.cells[0].outputs]
        self.assertEqual(set(drawing), {"text/plain", "text/html", "image/png"})
        self.assertIn(f"{LINE} at 1,2", view["text/plain"])
        states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
        self.assertEqual(states[view[VIEW]["model_id"]]["model_name"], "VBoxModel")
        self.assertIn("SelectionSliderModel", [state["model_name"] for state in states.values()])


if __name__ == "__main__":
    unittest.main()
