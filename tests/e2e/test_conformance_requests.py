"""Conformance, sections 3 and 4: what surrounds every request, and each message's members. See test_conformance.py."""

import base64
import json
import os
import re
import struct
import time
import unittest
from pathlib import Path

import zmq
from conformance_support import HELLO, LOAD, MODEL, PORTS, WRONG, WithKernel, begin, only, pictures, stop, text, types
from kernel_support import PATIENCE, small_photos

NUMBER = (int, float)
# Content of every message we send: exactly these members, with these types; a name that ends with ? may be absent.
CONTENT = {
    "status": {"execution_state": str},
    "execute_input": {"code": str, "execution_count": int},
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict, "transient": dict},
    "update_display_data": {"data": dict, "metadata": dict, "transient": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "clear_output": {"wait": bool},
    "iopub_welcome": {"subscription": str},
    "comm_open": {"comm_id": str, "target_name": str, "data": dict, "target_module?": str},
    "comm_msg": {"comm_id": str, "data": dict},
    "comm_close": {"comm_id": str, "data": dict},
    "input_request": {"prompt": str, "password": bool},
    "kernel_info_reply": {
        "status": str,
        "protocol_version": str,
        "implementation": str,
        "implementation_version": str,
        "banner": str,
        "language_info": dict,
        "help_links": list,
        "supported_features": list,
        "debugger?": bool,
    },
    "execute_reply": {"status": str, "execution_count": int, "user_expressions": dict, "payload": list},
    "complete_reply": {"status": str, "matches": list, "cursor_start": int, "cursor_end": int, "metadata": dict},
    "inspect_reply": {"status": str, "found": bool, "data": dict, "metadata": dict},
    "is_complete_reply": {"status": str, "indent?": str},
    "history_reply": {"status": str, "history": list},
    "comm_info_reply": {"status": str, "comms": dict},
    "connect_reply": {"status": str, **{name: int for name in PORTS}},
    "shutdown_reply": {"status": str, "restart": bool},
    "interrupt_reply": {"status": str},
    "create_subshell_reply": {"status": str, "subshell_id": str},
    "delete_subshell_reply": {"status": str},
    "list_subshell_reply": {"status": str, "subshell_id": list},
    "usage_reply": {
        "status": str,
        "hostname": str,
        "pid": int,
        "kernel_cpu": NUMBER,
        "kernel_memory": int,
        "cpu_count": int,
        "host_cpu_percent?": NUMBER,
        "host_virtual_memory": dict,
    },
}
ERROR = {"status": str, "ename": str, "evalue": str, "traceback": list}
MIMES = {"text/plain", "text/html", "image/png", "image/svg+xml", "application/vnd.jupyter.widget-view+json"}


class Requests(WithKernel):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pictures(cls.kernel.folder.name)
        assert cls.first.execute(f"{LOAD}\n{MODEL}")[0].content["status"] == "ok"

    def formed(self, message):
        """A message has the members it must have, of the right types, and no other."""
        shape = CONTENT.get(message.type)
        status = message.content.get("status")
        if message.type == "execute_reply":
            shape = {**shape, **(ERROR if status == "error" else {})}
        elif message.type.endswith("_reply") and status == "error":
            shape = ERROR
        self.assertIsNotNone(shape, message)
        must = {name for name in shape if not name.endswith("?")}
        self.assertLessEqual(must, set(message.content), message)
        for name, value in message.content.items():
            kind = shape.get(name, shape.get(name + "?"))
            self.assertIsNotNone(kind, f"{name} in {message}")
            self.assertIsInstance(value, kind, message)
            self.assertFalse(kind is int and isinstance(value, bool), message)
        return message

    def ask(self, kind, content=None, channel="shell", **more):
        reply, outputs = self.client.ask(kind, content, channel, **more)
        for message in [reply, *outputs]:
            self.formed(message)
        return reply, outputs

    def execute(self, code, **options):
        return self.ask("execute_request", {"code": code, **options})

    def count(self):
        return self.execute("", silent=True)[0].content["execution_count"]

    def collect(self, msg_id):
        """What IOPub has of a request, and no word of any other in between."""
        seen = []
        while not seen or seen[-1].content.get("execution_state") != "idle":
            seen.append(self.formed(self.client.receive("iopub")))
        self.assertEqual({m.parent["msg_id"] for m in seen}, {msg_id})
        return seen

    # ---- 3: around every request ----
    def test_3_01_busy_first_and_idle_last(self):
        """For each type on each channel, with good content, with none, with wrong types in it, and with no JSON."""
        good = {
            "code": "say x",
            "cursor_pos": 1,
            "hist_access_type": "tail",
            "n": 1,
            "comm_id": "c",
            "target_name": "t",
            "data": {},
        }
        wrong = {name: [None] for name in good}
        shell = [
            "execute",
            "complete",
            "inspect",
            "is_complete",
            "history",
            "comm_info",
            "connect",
            "kernel_info",
            "no_such",
        ]
        kinds = {
            "shell": [f"{kind}_request" for kind in shell] + ["comm_open", "comm_msg", "comm_close", "", "x"],
            "control": [
                "kernel_info_request",
                "interrupt_request",
                "usage_request",
                "debug_request",
                "list_subshell_request",
                "delete_subshell_request",
                "execute_request",
                "no_such_request",
            ],
        }
        replies = {}
        for channel in kinds:
            for kind in kinds[channel]:
                for content in (good, {}, wrong, b"no JSON"):
                    msg_id = self.client.send(kind, content, channel)
                    seen = types(self.collect(msg_id))
                    self.assertEqual((seen[0], seen.count("busy"), seen.count("idle")), ("busy", 1, 1), (channel, kind))
                    replies[msg_id] = kind
        for channel in kinds:
            end = self.client.send("kernel_info_request", channel=channel)
            self.collect(end)
            while (message := self.formed(self.client.receive(channel))).parent["msg_id"] != end:
                kind = replies.pop(message.parent["msg_id"])  # one at the most
                self.assertEqual(message.type, kind.replace("_request", "_reply"))
        self.assertLessEqual(
            {"no_such_request", "comm_open", "comm_msg", "comm_close", "", "x", "debug_request"}, set(replies.values())
        )

    def test_3_01_the_reply_comes_before_idle(self):
        """The order in which the kernel sends: nothing of a request leaves after its idle."""
        for _ in range(50):
            msg_id = self.client.send("execute_request", {"code": HELLO})
            self.collect(msg_id)
            self.assertEqual(self.client.receive("shell").parent["msg_id"], msg_id)

    def test_3_02_in_the_order_they_came(self):
        kinds = [
            "execute_request",
            "complete_request",
            "kernel_info_request",
            "is_complete_request",
            "comm_info_request",
            "inspect_request",
            "history_request",
        ]
        content = {"code": "say x", "hist_access_type": "tail", "n": 1}
        sent = [self.client.send(kinds[n % len(kinds)], content) for n in range(140)]
        self.assertEqual([self.client.receive("shell").parent["msg_id"] for _ in sent], sent)
        for msg_id in sent:
            self.collect(msg_id)

    def test_3_03_control_and_heartbeat_answer_while_a_cell_runs(self):
        beat = self.client.context.socket(zmq.REQ)
        beat.linger = 0
        beat.connect(self.client.address("hb"))
        running = begin(self.client)
        waiting = self.client.send("kernel_info_request")
        for kind in ("kernel_info_request", "usage_request", "kernel_info_request"):
            msg_id = self.client.send(kind, channel="control")
            self.formed(self.client.reply(msg_id, "control"))
            self.assertEqual(types(self.client.outputs(msg_id)), ["busy", "idle"])
            beat.send(b"still there")
            self.assertTrue(beat.poll(1000 * PATIENCE))
            self.assertEqual(beat.recv(), b"still there")
        beat.close()
        self.assertTrue(self.client.silent("shell", 0))
        self.assertEqual(stop(self.client, running)["ename"], "Interrupted")
        self.assertEqual(self.client.reply(waiting).content["status"], "ok")
        self.collect(waiting)

    def test_3_05_every_reply_has_a_status_and_an_error_its_three_members(self):
        for kind, content in (
            ("execute_request", {}),
            ("execute_request", {"code": WRONG}),
            ("complete_request", {"code": 5}),
            ("inspect_request", {}),
            ("is_complete_request", {}),
            ("history_request", {}),
            ("history_request", {"hist_access_type": "sideways"}),
        ):
            reply, _ = self.ask(kind, content)
            self.assertEqual(reply.content["status"], "error", (kind, content))
            self.assertRegex(reply.content["ename"], r"^LL\d{3}$")
            self.assertTrue(reply.content["traceback"])
            self.assertTrue(all(isinstance(line, str) for line in reply.content["traceback"]))

    # ---- 4: the messages ----
    def test_4_01_kernel_info(self):
        shell, control = (
            self.ask("kernel_info_request", channel=channel)[0].content for channel in ("shell", "control")
        )
        self.assertEqual(shell, control)
        language = shell["language_info"]
        self.assertLessEqual({"name", "version", "mimetype", "file_extension"}, set(language))
        self.assertTrue(all(isinstance(value, str) for value in language.values()))
        self.assertRegex(language["file_extension"], r"^\.\w+$")
        self.assertRegex(language["mimetype"], r"^[a-z]+/[\w.+-]+$")
        self.assertTrue(all(set(link) == {"text", "url"} for link in shell["help_links"]))
        self.assertTrue(all(isinstance(feature, str) for feature in shell["supported_features"]))
        self.assertNotIn("debugger", shell["supported_features"])
        self.assertFalse(shell.get("debugger", False))
        self.assertIn("`help`", shell["banner"])
        self.assertIn("`logolens lessons`", shell["banner"])
        self.assertEqual(self.ask("kernel_info_request", {"odd": [1]})[0].content, shell)

    def test_4_02_execute_request_by_its_defaults(self):
        """Only `code` is needed: stored, heard, asked, stopped on error; null and odd types mean the default."""
        start = self.count()
        for number, content in enumerate(
            (
                {},
                {"silent": None, "store_history": None, "user_expressions": None},
                {"silent": 0, "store_history": "no", "user_expressions": [], "allow_stdin": 1},
            )
        ):
            reply, outputs = self.ask("execute_request", {"code": HELLO, **content})
            self.assertEqual(reply.content["execution_count"], start + 1 + number)
            self.assertEqual(types(outputs), ["busy", "execute_input", "stream", "idle"])
        reply, outputs = self.execute("(6*7)", silent=True, store_history=True)
        self.assertEqual((reply.content["execution_count"], types(outputs)), (start + 3, ["busy", "idle"]))

    def test_4_03_execute_input(self):
        code = "# \u00e9\U0001d41a \\ \" \t\r\n(6*7)\r\n\n"
        reply, outputs = self.execute(code)
        self.assertEqual(
            only(outputs, "execute_input")[0].content,
            {"code": code, "execution_count": reply.content["execution_count"]},
        )

    def test_4_04_stream(self):
        _, outputs = self.execute("say \u00e9\U0001d41a\nsay two\nsay three")
        self.assertEqual({m.content["name"] for m in only(outputs, "stream")}, {"stdout"})
        self.assertEqual(text(outputs), "\u00e9\U0001d41a\ntwo\nthree\n")

    def test_4_05_display_data(self):
        _, outputs = self.execute("show pics limit 2")
        content = only(outputs, "display_data")[0].content
        self.assertLessEqual({"text/plain", "image/png"}, set(content["data"]))
        self.assertLessEqual(set(content["data"]), MIMES)
        self.assertTrue(all(isinstance(form, str) for form in content["data"].values()))
        picture = base64.b64decode(content["data"]["image/png"], validate=True)  # no line ends in it
        self.assertEqual(picture[:8], b"\x89PNG\r\n\x1a\n")
        size = content["metadata"]["image/png"]
        width, height = struct.unpack(">II", picture[16:24])
        self.assertTrue(0 < size["width"] <= width and 0 < size["height"] <= height, (size, width, height))

    def test_4_06_update_display_data(self):
        _, outputs = self.execute("fit net epochs 3 again")
        first, last = only(outputs, "display_data")[0], only(outputs, "update_display_data")[-1]
        name = first.content["transient"]["display_id"]
        self.assertTrue(name)
        self.assertEqual({m.content["transient"]["display_id"] for m in only(outputs, "update_display_data")}, {name})
        self.assertIn("text/plain", last.content["data"])
        _, again = self.execute("fit net epochs 3 again")
        self.assertNotEqual(only(again, "display_data")[0].content["transient"]["display_id"], name)

    def test_4_07_execute_result_has_the_count_of_the_reply(self):
        for options in ({}, {"store_history": False}, {}, {"store_history": False}):
            reply, outputs = self.execute("(6*7)", **options)
            result = only(outputs, "execute_result")[0].content
            self.assertEqual(
                (result["execution_count"], result["data"]["text/plain"]), (reply.content["execution_count"], "42")
            )
        _, outputs = self.execute("(1+1)\nnet\n(2+2)")
        self.assertEqual({m.content["execution_count"] for m in only(outputs, "execute_result")}, {self.count()})

    def test_4_08_error(self):
        reply, outputs = self.execute("say before\nshow nobody")
        error = only(outputs, "error")[0].content
        self.assertEqual({name: reply.content[name] for name in error}, error)
        self.assertRegex(error["ename"], r"^LL\d{3}$")
        self.assertIn("nobody", error["evalue"])
        self.assertGreater(len(error["traceback"]), 1)
        self.assertIn("show nobody", re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error["traceback"])))

    def test_4_09_clear_output(self):
        _, outputs = self.execute("say a\nclear\nsay b")
        self.assertEqual(types(outputs), ["busy", "execute_input", "stream", "clear_output", "stream", "idle"])
        self.assertIsInstance(outputs[3].content["wait"], bool)

    def test_4_10_iopub_welcome(self):
        """To everybody, under the topic as it was subscribed to, whatever its bytes; first of all that is heard."""
        running = begin(self.client, "\n".join(f"say {n}" for n in range(3000)))
        for topic in (b"", b"", b"kernel.", b"\xff\xfe\0", "\u00e9".encode(), b"x" * 1000):
            client = self.kernel.client(topic=topic)
            message = self.formed(client.receive("iopub"))
            while message.type == "iopub_welcome" and message.routing != [topic]:
                message = self.formed(client.receive("iopub"))  # it stood in the place of an output (docs/adr/0152)
            self.assertEqual((message.type, message.raw[1], message.routing), ("iopub_welcome", b"{}", [topic]))
            self.assertEqual(message.content["subscription"], topic.decode(errors="replace"))
            client.close()
        self.client.reply(running)
        while self.client.receive("iopub").content.get("execution_state") != "idle":
            pass

    def test_4_10_who_subscribes_twice_is_welcomed_twice(self):
        client = self.kernel.client(topic=b"a")
        client.receive("iopub")
        client.sockets["iopub"].subscribe(b"b")
        self.assertEqual(client.receive("iopub").content, {"subscription": "b"})
        client.sockets["iopub"].unsubscribe(b"a")
        client.sockets["iopub"].subscribe(b"a")
        self.assertEqual(client.receive("iopub").content, {"subscription": "a"})
        client.close()

    def test_4_11_complete(self):
        code = "show pics li"
        content = self.ask("complete_request", {"code": code, "cursor_pos": len(code)})[0].content
        self.assertIn("limit", content["matches"])
        self.assertEqual(code[content["cursor_start"] : content["cursor_end"]], "li")
        kinds = content["metadata"]["_jupyter_types_experimental"]
        self.assertEqual([kind["text"] for kind in kinds], content["matches"])
        for kind in kinds:
            self.assertLessEqual({"start", "end", "text", "type"}, set(kind))
            self.assertLessEqual(set(kind), {"start", "end", "text", "type", "signature"})
            self.assertTrue(0 <= kind["start"] <= kind["end"] <= len(code))
        nothing = self.ask("complete_request", {"code": "qqqqqq", "cursor_pos": 6})[0].content
        self.assertEqual((nothing["status"], nothing["matches"]), ("ok", []))
        self.assertTrue(nothing["cursor_start"] <= nothing["cursor_end"] <= 6)
        self.assertTrue(self.ask("complete_request", {"code": "", "cursor_pos": 0})[0].content["matches"])

    def test_4_12_inspect(self):
        for detail in (0, 1, 2, None):
            ask = {"code": "fit net epochs 3", "cursor_pos": 1, "detail_level": detail, "omit_sections": ["file"]}
            content = self.ask("inspect_request", ask)[0].content
            self.assertTrue(content["found"])
            self.assertLessEqual(set(content["data"]), MIMES)
            self.assertIn("fit", content["data"]["text/plain"])
        content = self.ask("inspect_request", {"code": "qqqqqq", "cursor_pos": 3})[0].content
        self.assertEqual((content["status"], content["found"], content["data"]), ("ok", False, {}))
        self.assertTrue(self.ask("inspect_request", {"code": "show pics", "cursor_pos": 6})[0].content["found"])

    def test_4_13_is_complete(self):
        for code, status in (
            ("", "complete"),
            ("say x", "complete"),
            ("model m", "complete"),
            ("model m {", "incomplete"),
            ("model m {\n  dense 3", "incomplete"),
            ("model m { dense 3 }", "complete"),
            ("say \"x", "invalid"),
            ("model m { dense 3 } }", "invalid"),
        ):
            content = self.ask("is_complete_request", {"code": code})[0].content
            self.assertEqual("indent" in content, content["status"] == "incomplete", code)
            if status != "invalid":  # how much is guessed of what is wrong is the language's own
                self.assertEqual(content["status"], status, code)
            self.assertIn(content["status"], ("complete", "incomplete", "invalid"))
            self.assertEqual(content.get("indent", "").strip(), "")

    def test_4_14_history(self):
        self.execute("# one")
        self.execute("(6*7)")
        self.execute("# not kept", store_history=False)
        self.execute("# nor this", silent=True)
        self.execute(" ")
        ask = lambda **more: self.ask("history_request", {"raw": True, "output": False, **more})[0].content["history"]
        tail = ask(hist_access_type="tail", n=2)
        self.assertEqual([entry[2] for entry in tail], ["# one", "(6*7)"])
        for session, line, code in tail:
            self.assertIsInstance(session, int)
            self.assertEqual(
                ask(hist_access_type="range", session=session, start=line, stop=line + 1), [[session, line, code]]
            )
            self.assertEqual(ask(hist_access_type="range", session=0, start=line, stop=line + 1)[0][2], code)
        self.assertEqual(tail[1][1], self.count())
        self.assertEqual(
            [entry[2] for entry in ask(hist_access_type="tail", n=2, output=True)], [["# one", None], ["(6*7)", "42"]]
        )
        self.assertEqual([entry[2] for entry in ask(hist_access_type="search", pattern="# on?", n=1)], ["# one"])
        self.execute("# one")
        self.assertGreater(len(ask(hist_access_type="search", pattern="# one")), 1)
        self.assertEqual(len(ask(hist_access_type="search", pattern="# one", unique=True)), 1)
        self.assertEqual(ask(hist_access_type="search", pattern="# not kept*"), [])
        self.assertEqual(ask(hist_access_type="range", session=10**6, start=0, stop=5), [])
        for n in (0, -1, 10**12, None, "x", 1.5, []):
            self.ask("history_request", {"hist_access_type": "tail", "n": n, "session": n, "start": n, "stop": n})
            self.ask("history_request", {"hist_access_type": "range", "session": n, "start": n, "stop": n, "output": n})
            self.ask("history_request", {"hist_access_type": "search", "n": n, "pattern": n, "unique": n, "raw": n})

    def test_4_15_comms(self):
        info = self.ask("comm_info_request")[0].content["comms"]
        self.assertTrue(all(set(comm) == {"target_name"} for comm in info.values()))
        self.assertEqual(self.ask("comm_info_request", {"target_name": "nobody"})[0].content["comms"], {})
        for target in ("nobody", None, 5, "", "x" * 100_000):
            for comm in ("c-1", "c-1", "\u00e9", "", 5, None):
                msg_id = self.client.send("comm_open", {"comm_id": comm, "target_name": target, "data": {}})
                seen = self.collect(msg_id)
                self.assertIn(types(seen), (["busy", "comm_close", "idle"], ["busy", "idle"]), (target, comm))
                if target == "nobody" and comm in ("c-1", "\u00e9"):
                    self.assertEqual(seen[1].content["comm_id"], comm)
        for kind in ("comm_msg", "comm_close"):
            for content in ({"comm_id": "c-1", "data": {}}, {"comm_id": "none"}, {}, {"comm_id": 5, "data": 7}):
                self.assertEqual(types(self.collect(self.client.send(kind, content))), ["busy", "idle"])
        self.assertTrue(self.client.silent("shell", 0.05))

    def test_4_16_connect(self):
        content = self.ask("connect_request")[0].content
        self.assertEqual(
            {name: content[name] for name in PORTS}, {name: self.kernel.connection[name] for name in PORTS}
        )

    def test_4_18_interrupt(self):
        for content in ({}, {"odd": 1}, b"no JSON"):
            reply, outputs = self.ask("interrupt_request", content, "control")
            self.assertEqual((reply.content, types(outputs)), ({"status": "ok"}, ["busy", "idle"]))

    def test_4_19_debugging_is_not_claimed_and_not_answered(self):
        ask = {"type": "request", "seq": 1, "command": "debugInfo", "arguments": {}}
        for channel in ("control", "shell"):
            self.assertEqual(types(self.collect(self.client.send("debug_request", ask, channel))), ["busy", "idle"])
            self.assertTrue(self.client.silent(channel, 0.05))

    def test_4_20_subshells(self):
        first, second = (
            self.ask("create_subshell_request", content, "control")[0].content["subshell_id"]
            for content in ({}, {"odd": [1]})
        )
        self.assertTrue(first and second and first != second)
        self.assertEqual(
            self.ask("list_subshell_request", channel="control")[0].content["subshell_id"], [first, second]
        )
        for subshell in (first, second):
            header = {**self.client.header("execute_request"), "subshell_id": subshell}
            reply, outputs = self.ask("execute_request", {"code": "say x\n(6*7)"}, header=header)
            self.assertEqual({m.parent["subshell_id"] for m in [reply, *outputs]}, {subshell})
            self.assertEqual(reply.content["execution_count"], 1)
            self.assertEqual(types(outputs), ["busy", "execute_input", "stream", "execute_result", "idle"])
            self.assertTrue(all("subshell_id" not in m.header for m in [reply, *outputs]))
            self.assertEqual(
                self.ask("delete_subshell_request", {"subshell_id": subshell}, "control")[0].content, {"status": "ok"}
            )
        self.assertEqual(self.ask("list_subshell_request", channel="control")[0].content["subshell_id"], [])
        for content in (
            {},
            {"subshell_id": first},
            {"subshell_id": None},
            {"subshell_id": 5},
            {"subshell_id": ""},
            b"no JSON",
        ):
            self.assertEqual(self.ask("delete_subshell_request", content, "control")[0].content["status"], "error")

    def test_4_21_usage(self):
        first = self.ask("usage_request", channel="control")[0].content
        self.assertEqual((first["pid"], first["hostname"]), (self.kernel.process.pid, os.uname().nodename))
        self.assertEqual(first["cpu_count"], os.sysconf("SC_NPROCESSORS_ONLN"))
        self.assertTrue(1 << 20 < first["kernel_memory"] < 1 << 40)
        memory = first["host_virtual_memory"]
        self.assertLessEqual({"total", "available", "percent", "used", "free", "cached", "buffers"}, set(memory))
        self.assertEqual(memory["used"], memory["total"] - memory["available"])
        self.assertTrue(0 <= memory["percent"] <= 100)
        running = begin(self.client)
        while True:  # the system counts processor time in hundredths of a second
            busy = self.ask("usage_request", channel="control")[0].content
            if busy["kernel_cpu"] > 0 and "host_cpu_percent" in busy:
                break
            time.sleep(0.1)
        stop(self.client, running)
        self.assertTrue(0 <= busy["host_cpu_percent"] <= 100)
        for content in (b"no JSON", {"odd": 1}):
            self.assertEqual(self.ask("usage_request", content, "control")[0].content["status"], "ok")

    def test_4_21_usage_counts_helpers(self):
        """What the helper that decodes pictures uses is the kernel's, while it runs and when it has ended."""
        try:
            import psutil
        except ImportError:
            self.skipTest("psutil is not installed")
        small_photos(Path(self.kernel.folder.name) / "photos")
        self.client.execute("load photos from photos labels folders size 8x8")
        process = psutil.Process(self.kernel.process.pid)
        helpers = sum(p.memory_full_info().pss for p in process.children(recursive=True))
        self.assertGreater(helpers, 0)
        # what is shared counts less for each while other kernels come, and more when they go
        measured = lambda: sum(p.memory_full_info().pss for p in [process, *process.children(recursive=True)])
        before = measured()
        told = self.ask("usage_request", channel="control")[0].content["kernel_memory"]
        want = sorted([before, measured()])
        off = min(0.2 * want[0], helpers / 2)
        self.assertTrue(want[0] - off < told < want[1] + off, (want, told, off))

    def test_4_23_heartbeat(self):
        for kind, frames in (
            (zmq.REQ, [b""]),
            (zmq.REQ, [b"a", b"b", b""]),
            (zmq.DEALER, [b"\0" * 100_000]),
            (zmq.DEALER, [bytes([n]) for n in range(200)]),
        ):
            s = self.client.context.socket(kind)
            s.linger = 0
            s.connect(self.client.address("hb"))
            for _ in range(3):
                s.send_multipart(frames)
                self.assertTrue(s.poll(1000 * PATIENCE))
                self.assertEqual(s.recv_multipart(), frames)
            s.close()


if __name__ == "__main__":
    unittest.main()
