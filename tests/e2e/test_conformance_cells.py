"""Conformance, sections 5 and 6: cells, and positions in their code. The lines are listed in test_conformance.py."""

import base64
import random
import time
import unittest

from conformance_support import HELLO, LOAD, MODEL, WRONG, WithKernel, begin, only, pictures, text, types

MATH = "\U0001d41a\U00020b9e"  # two characters, four in UTF-16, eight bytes


class Cells(WithKernel):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pictures(cls.kernel.folder.name)
        assert cls.first.execute(f"{LOAD}\n{MODEL}")[0].content["status"] == "ok"

    def count(self):
        return self.client.execute("", silent=True)[0].content["execution_count"]

    def send(self, code, **options):
        return self.client.send("execute_request", {"code": code, **options})

    def statuses(self, ids):
        return [self.client.reply(msg_id).content["status"] for msg_id in ids]

    # ---- 5 ----
    def test_5_01_order(self):
        reply, outputs = self.client.execute("say a\n(6*7)\nhelp fit\nsay b\nclear\nsay c\nnosuch")
        self.assertEqual(
            types(outputs), ["busy", "execute_input", "error", "idle"]
        )  # nothing runs of what has an error
        reply, outputs = self.client.execute("say a\n(6*7)\nhelp fit\nsay b\nclear\nsay c\ncurves net")
        self.assertEqual(
            types(outputs)[:9],
            [
                "busy",
                "execute_input",
                "stream",
                "execute_result",
                "display_data",
                "stream",
                "clear_output",
                "stream",
                "error",
            ],
        )
        self.assertEqual(types(outputs)[9:], ["idle"])

    def test_5_02_one_counter(self):
        start, stored = self.count(), 0
        chance = random.Random(5)
        for _ in range(60):
            code = chance.choice([HELLO, "(6*7)", WRONG, "", " \r\n\t"])
            options = {name: chance.random() < 0.5 for name in ("silent", "store_history") if chance.random() < 0.7}
            silent = options.get("silent", False)
            stored += bool(code.strip()) and not silent and options.get("store_history", True)
            reply, outputs = self.client.execute(code, **options, stop_on_error=False)
            self.assertEqual(reply.content["execution_count"], start + stored, (code, options))
            for message in only(outputs, "execute_input") + only(outputs, "execute_result"):
                self.assertEqual(message.content["execution_count"], start + stored, (code, options))

    def test_5_03_silent(self):
        """Neither input nor result nor history nor count; text and errors are sent: helpers of front ends read them."""
        start = self.count()
        reply, outputs = self.client.execute("say x\n(6*7)\nhelp fit", silent=True)
        self.assertEqual(types(outputs), ["busy", "stream", "display_data", "idle"])
        reply, outputs = self.client.execute(WRONG, silent=True)
        self.assertEqual((reply.content["status"], types(outputs)), ("error", ["busy", "error", "idle"]))
        self.assertEqual(self.count(), start)
        tail = self.client.ask("history_request", {"hist_access_type": "tail", "n": 3, "raw": True, "output": False})[0]
        self.assertNotIn("say x\n(6*7)\nhelp fit", [entry[2] for entry in tail.content["history"]])

    def test_5_04_blank_code(self):
        start = self.count()
        for code in ("", " ", "\n\r\n\t"):
            reply, outputs = self.client.execute(code, user_expressions={"a": "(1+1)"})
            self.assertEqual((reply.content["status"], reply.content["execution_count"]), ("ok", start))
            self.assertEqual(reply.content["user_expressions"]["a"]["data"]["text/plain"], "2")
            self.assertEqual(types(outputs)[0 :: max(len(outputs) - 1, 1)], ["busy", "idle"])
        reply, _ = self.client.execute("# only a comment")
        self.assertEqual((reply.content["status"], reply.content["execution_count"]), ("ok", start + 1))

    def test_5_05_stop_on_error(self):
        running = begin(self.client, stop_on_error=False)
        ids = [self.send(code) for code in (WRONG, HELLO)] + [self.send("(6*7)", silent=True)]
        others = [
            self.client.send(kind, {"code": "sho", "cursor_pos": 3})
            for kind in ("kernel_info_request", "complete_request", "is_complete_request")
        ]
        ids.append(self.send(HELLO))
        self.client.arrived()
        self.client.send("interrupt_request", channel="control")
        self.assertEqual(self.statuses([running, *ids[:3]]), ["error", "error", "aborted", "aborted"])
        self.assertEqual(self.statuses(others), ["ok", "ok", "complete"])
        self.assertEqual(self.statuses(ids[3:]), ["aborted"])
        for msg_id in ids[1:3]:
            self.assertEqual(types(self.client.outputs(msg_id)), ["busy", "idle"])
        self.client.outputs(ids[3])
        self.assertEqual(self.client.execute(HELLO)[0].content["status"], "ok")

    def test_5_05_stop_on_error_of_another_front_end_too(self):
        """There is one queue: what another front end sent meanwhile is aborted as well, what it sends later runs."""
        other = self.kernel.client().ready()
        running = begin(self.client)
        theirs = other.send("execute_request", {"code": HELLO})
        other.arrived()
        self.client.send("interrupt_request", channel="control")
        self.assertEqual(self.client.reply(running).content["ename"], "Interrupted")
        self.assertEqual(other.reply(theirs).content["status"], "aborted")
        self.assertEqual(other.execute(HELLO)[0].content["status"], "ok")
        other.close()

    def test_5_05_going_on(self):
        """Without stop_on_error, and after a silent failure, the queue goes on."""
        for options in ({"stop_on_error": False}, {"silent": True}):
            ids = [self.send(WRONG, **options), self.send(HELLO)]
            self.assertEqual(self.statuses(ids), ["error", "ok"], options)
            self.client.outputs(ids[1])

    def test_5_06_an_interrupt_aborts_the_queue(self):
        running = begin(self.client)
        ids = [self.send(HELLO) for _ in range(5)]
        self.client.arrived()
        self.client.send("interrupt_request", channel="control")
        self.assertEqual(self.statuses([running, *ids]), ["error"] + ["aborted"] * 5)
        self.client.outputs(ids[-1])
        running = begin(self.client, stop_on_error=False)
        ids = [self.send(HELLO)]
        self.client.arrived()
        self.client.send("interrupt_request", channel="control")
        self.assertEqual(self.statuses([running, *ids]), ["error", "ok"])

    def test_5_07_user_expressions(self):
        asked = {
            "good": "(6*7)",
            "object": "pics",
            "bad": "nothing.of.it",
            "command": "say no",
            "odd": 5,
            "empty": "",
            "\u00e9 \"": "(1+1)",
            "long": "(1" + "+1" * 5000 + ")",
        }
        start = self.count()
        reply, outputs = self.client.execute("let x = 1", user_expressions=asked)
        found = reply.content["user_expressions"]
        self.assertEqual(set(found), set(asked))
        for name, value in found.items():
            members = {"ok": {"status", "data", "metadata"}, "error": {"status", "ename", "evalue", "traceback"}}
            self.assertEqual(set(value), members[value["status"]], name)
        self.assertEqual(found["good"]["data"]["text/plain"], "42")
        self.assertEqual({found[name]["status"] for name in ("bad", "odd", "command")}, {"error"})
        self.assertEqual((reply.content["status"], reply.content["execution_count"]), ("ok", start + 1))
        self.assertEqual(types(outputs), ["busy", "execute_input", "idle"])  # evaluating shows nothing
        reply, _ = self.client.execute(WRONG, user_expressions=asked)
        self.assertEqual((reply.content["status"], reply.content["user_expressions"]), ("error", {}))

    def test_5_08_payload(self):
        for code in (HELLO, WRONG, "", "help fit"):
            self.assertEqual(self.client.execute(code)[0].content["payload"], [], code)

    def test_5_10_text_is_collected_and_never_cut_within_a_character(self):
        line = "\u00e9" * 7 + MATH * 5
        count = 4000
        reply, outputs = self.client.execute("\n".join(f"say {line}" for _ in range(count)))
        streams = only(outputs, "stream")
        self.assertEqual(text(outputs), (line + "\n") * count)
        self.assertLess(len(streams), count / 10)
        for message in streams:
            message.raw[3].decode()
            self.assertNotIn("\ufffd", message.content["text"])

    def test_5_12_pictures(self):
        reply, outputs = self.client.execute("show pics limit 3\nfit net epochs 2 again")
        pictured = [m.content for m in outputs if "image/png" in m.content.get("data", {})]
        self.assertEqual(len(pictured), 2)
        for content in pictured:
            self.assertEqual(base64.b64decode(content["data"]["image/png"], validate=True)[:4], b"\x89PNG")
            self.assertTrue(content["data"]["text/plain"].strip())
            self.assertLessEqual(len(content["data"]["image/png"]), 100_000 * 4 // 3 + 4)
            size = content["metadata"]["image/png"]
            self.assertTrue(all(isinstance(size[name], int) and size[name] > 0 for name in ("width", "height")))

    def test_5_13_a_live_display_is_updated_a_few_times_a_second(self):
        began = time.monotonic()
        reply, outputs = self.client.execute("fit net epochs 3000 again")
        took = time.monotonic() - began
        self.assertEqual(reply.content["status"], "ok", reply.content)
        self.assertLessEqual(len(only(outputs, "update_display_data")), 4 * took + 3)

    # ---- 6 ----
    def test_6_01_positions_count_code_points(self):
        for before in (
            f"say {MATH}; ",
            f"say {MATH}\r\n",
            "say e\u0301\u00e9\n",
            "# \U0001f468\u200d\U0001f469\u200d\U0001f467\n",
        ):
            code = before + "show pics li" + " # " + MATH
            cursor = len(before) + len("show pics li")
            content = self.client.ask("complete_request", {"code": code, "cursor_pos": cursor})[0].content
            self.assertIn("limit", content["matches"], before)
            self.assertEqual((content["cursor_start"], content["cursor_end"]), (cursor - 2, cursor), before)
            for kind in content["metadata"]["_jupyter_types_experimental"]:
                self.assertEqual((kind["start"], kind["end"]), (cursor - 2, cursor))
            content = self.client.ask("inspect_request", {"code": code, "cursor_pos": len(before) + 2})[0].content
            self.assertTrue(content["found"], before)

    def test_6_02_positions_that_are_none(self):
        code = f"say {MATH}; sho"
        for cursor in (
            -1,
            10**9,
            None,
            "x",
            1.5,
            2**63 - 1,
            -(2**63),
            2**70,
            1e308,
            -1e308,
            True,
            [],
            {},
            len(code) + 1,
        ):
            for kind in ("complete_request", "inspect_request"):
                content = self.client.ask(kind, {"code": code, "cursor_pos": cursor})[0].content
                self.assertIn(content["status"], ("ok", "error"), (kind, cursor))
                if "cursor_start" in content:
                    self.assertTrue(0 <= content["cursor_start"] <= content["cursor_end"] <= len(code), cursor)
        for cursor in (10**9, None):
            content = self.client.ask("complete_request", {"code": code, "cursor_pos": cursor})[0].content
            self.assertEqual((content["cursor_end"], "show" in content["matches"]), (len(code), True), cursor)
        self.assertEqual(self.client.ask("complete_request", {"code": code})[0].content["cursor_end"], len(code))

    def test_6_02_every_cursor_of_an_odd_text(self):
        code = f"show pics where label = \"d\u00e9\" # {MATH}\r\n}}{{ let x = [1 2;\nfit \0 net"
        for cursor in range(-1, len(code) + 2):
            for kind in ("complete_request", "inspect_request"):
                self.assertEqual(self.client.ask(kind, {"code": code, "cursor_pos": cursor})[0].content["status"], "ok")


if __name__ == "__main__":
    unittest.main()
