"""Conformance, section 2: frames, signatures, JSON, headers. The lines are listed in test_conformance.py."""

import datetime
import json
import random
import time
import unittest

import zmq
from conformance_support import HELLO, WithKernel, only, text, types
from kernel_support import DELIMITER, PATIENCE, Kernel, until

WEIRD = json.dumps({"a": "\u00e9\U0001d41a", "deep": [{"x": [1, 2, {"y": None}]}], "n": 1e300})


class Frames(WithKernel):
    def raw(self, frames, channel="shell"):
        self.client.sockets[channel].send_multipart(frames)
        return self.client.receive(channel)

    def dropped(self, frames, channel="shell"):
        """No answer and no busy: shown by the next request's being the next that is answered at all."""
        self.client.sockets[channel].send_multipart(frames)
        msg_id = self.client.send("kernel_info_request", channel=channel)
        self.assertEqual(self.client.receive(channel).parent["msg_id"], msg_id, frames[:3])
        for state in ("busy", "idle"):
            message = self.client.receive("iopub")
            self.assertEqual(
                (message.parent["msg_id"], message.content), (msg_id, {"execution_state": state}), frames[:3]
            )

    def test_2_01_any_routing_frames_come_back_in_order(self):
        for channel in ("shell", "control"):
            for routing in (
                [],
                [b""],
                [b"\0"],
                [b"", b"", b""],
                [b"a" * 200, b"\0\0b", b"\xff\xfe", b"<IDS|MSG", b"x"] * 5,
            ):
                frames = self.client.frames("kernel_info_request")
                message = self.raw(routing + frames, channel)
                self.assertEqual(message.routing, routing)
                self.client.outputs(message.parent["msg_id"])

    def test_2_02_the_signature_is_over_the_bytes_as_sent(self):
        """Blanks, escapes and the order of members are the client's own; nothing is written anew to be checked."""
        head = b'{ "session" : "s" ,\n"msg_type":"\\u006bernel_info_request","msg_id":"spaced-1","msg_id":"spaced-2"}'
        parts = [head, b' { } ', b'{"x":1.50}', b'\t{"y" : "\\u00e9"}\r\n']
        message = self.raw([DELIMITER, self.client.sign(parts), *parts])
        self.assertEqual((message.type, message.raw[1]), ("kernel_info_reply", head))
        self.client.outputs("spaced-2")

    def test_2_02_ours_are_lower_case_hex(self):
        reply, outputs = self.client.execute(HELLO)
        for message in [reply, *outputs]:
            self.assertRegex(message.signature, rb"^[0-9a-f]{64}$")

    def test_2_02_each_part_is_signed_and_buffers_are_not(self):
        good = self.client.frames("kernel_info_request")
        for part in range(2, 6):
            frames = list(good)
            frames[part] = b"{\"changed\":1}" if part > 2 else frames[2][:-1] + b" }"
            self.dropped(frames)
        moved = [good[0], good[1], good[2], good[3] + b" ", good[4][1:], good[5]]
        self.dropped(moved)
        message = self.raw(good + [b"any", b"", b"\0" * 1000, DELIMITER])
        self.assertEqual(message.type, "kernel_info_reply")
        self.client.outputs(message.parent["msg_id"])

    def test_2_03_bad_frames_are_dropped_without_a_word(self):
        good = self.client.frames("kernel_info_request")
        rest = [b""] * 4
        for frames in (
            [DELIMITER],
            good[:2],
            good[:5],
            [DELIMITER, self.client.sign(rest), *rest],
            [b"x"] * 3000,
            [b"x"] * 2100 + good,
            good + [b"b"] * 2100,
            [b"\0\xff\xfe"] * 6,
            [DELIMITER] * 6,
        ):
            for channel in ("shell", "control"):
                self.dropped(frames, channel)

    def test_2_03_random_bytes(self):
        chance = random.Random(20261129)
        for _ in range(300):
            frames = self.client.frames("kernel_info_request")
            how = chance.randrange(4)
            at = chance.randrange(len(frames))
            if how == 0:
                frames[at] = chance.randbytes(chance.randrange(200))
            elif how == 1:
                del frames[at]
            elif how == 2 and frames[at]:
                cut = chance.randrange(len(frames[at]))
                frames[at] = frames[at][:cut] + chance.randbytes(1) + frames[at][cut + 1 :]
                if frames == self.client.frames("kernel_info_request"):
                    continue
            else:
                chance.shuffle(frames)
            self.client.sockets[chance.choice(["shell", "control", "stdin"])].send_multipart(frames)
        self.alive(self.kernel.client().ready())

    def test_2_04_a_message_is_obeyed_once_by_all_channels_together(self):
        frames = self.client.frames("kernel_info_request")
        message = self.raw(frames)
        self.client.outputs(message.parent["msg_id"])
        for channel in ("shell", "control"):
            self.dropped(frames, channel)
        other = self.kernel.client()
        other.sockets["shell"].send_multipart([b"other routing"] + frames + [b"another buffer"])
        self.assertTrue(other.silent("shell", 0.2))
        other.close()

    def test_2_04_without_a_key_nothing_is_remembered(self):
        with Kernel(key="") as kernel:
            client = kernel.client().ready()
            frames = client.frames("kernel_info_request")
            for signature in (b"", b"", b"0" * 64):
                frames[1] = signature
                client.sockets["shell"].send_multipart(frames)
                self.assertEqual(client.receive("shell").signature, b"")

    def test_2_05_json_that_is_refused(self):
        """An answer with status error, between busy and idle."""
        for content in (
            b"",
            b"{",
            b"[]",
            b"5",
            b'"x"',
            b"nul",
            b"\xef\xbb\xbf{}",
            b'{"code":"\xff"}',
            b'{"code":"\xc0\x80"}',
            b'{"code":"\xed\xa0\x80"}',
            b'{"code":"\\ud800"}',
            b'{"code":"\\udc00x"}',
            b'{"code":"x"} {}',
            b'{"code":"x","n":1e999}',
            b'{"code":"x","n":' + b"9" * 1000 + b"}",
            b'{"code":"x",}',
            b'{"code":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            b'{"a":' * 3000 + b"1" + b"}" * 3000,
            b"{'code':'x'}",
            b'{"code":"a\nb"}',
            b'{"\\u0000":1,"code":"x"}',
        ):
            reply, outputs = self.client.ask("execute_request", content)
            self.assertEqual(reply.content["status"], "error", content[:40])
            self.assertRegex(reply.content["ename"], r"^LL19\d$")
            self.assertEqual(types(outputs), ["busy", "error", "idle"])
            self.assertEqual(outputs[1].content["evalue"], reply.content["evalue"])

    def test_2_05_json_that_is_read(self):
        deep = b"[" * 1000 + b"]" * 1000
        for content, code in (
            (b'{"code":"(6*9)","code":"(6*7)"}', "(6*7)"),
            (b'{"x":' + deep + b',"code":" "}', " "),
            (b'\n\t {"code" : "say a\\u0000b"}\r\n', "say a\0b"),
            (b'{"code":"say \\ud835\\udc1a"}', "say \U0001d41a"),
            (b'{"code":"say \\/","n":1.7976931348623157e308}', "say /"),
            (b'{"code":"# \xef\xbb\xbf\xe2\x80\xa8"}', "# \ufeff\u2028"),
        ):
            reply, outputs = self.client.ask("execute_request", content)
            self.assertIn(reply.content["status"], ("ok", "error"))
            for message in only(outputs, "execute_input"):
                self.assertEqual(message.content["code"], code)

    def test_2_05_what_we_send_is_utf_8(self):
        """Whatever comes in, what goes out is read here by Python's reader, and there is no surrogate in it."""
        for code in (
            "say \x00\x01\x1f\x7f\u0085\u2028\ufeff\ufffe\U0010ffff",
            "\"\\",
            "nosuch \u202e\u0007",
            "say \ud7ff\ue000",
        ):
            reply, outputs = self.client.execute(code)
            for message in [reply, *outputs]:
                for part in message.raw:
                    part.decode("utf-8")

    def test_2_05_many_keys(self):
        """Many members, and names made to fall together in a table: no second is spent on either."""
        many = {f"k{n}": n for n in range(100_000)}
        reply, _ = self.client.ask("execute_request", {**many, "code": "(6*7)", "user_expressions": {}})
        self.assertEqual(reply.content["status"], "ok")
        reply, _ = self.client.ask("comm_info_request", many)
        self.assertEqual(reply.content["status"], "ok")

    def test_2_06_headers_that_lack_or_have_more(self):
        for header in (
            {"msg_type": "kernel_info_request"},
            {"msg_type": "kernel_info_request", "msg_id": None},
            {"msg_type": "kernel_info_request", "msg_id": {"a": [1]}, "date": 5, "session": []},
            {**self.client.header("kernel_info_request"), "tracking": {"x": 1}, "\u00e9": WEIRD},
            {**self.client.header("kernel_info_request"), "subshell_id": None},
        ):
            message = self.raw(self.client.frames("", header=header))
            self.assertEqual((message.type, message.parent), ("kernel_info_reply", header))
            for state in ("busy", "idle"):
                output = self.client.receive("iopub")
                self.assertEqual((output.parent, output.content["execution_state"]), (header, state))

    def test_2_06_headers_that_are_none(self):
        for header in (
            b"null",
            b"{}",
            b"[1]",
            b'{"msg_type":null}',
            b'{"msg_type":["kernel_info_request"]}',
            b'{"msg_type":"k',
            b'{"msg_type":"\xff"}',
            b'{"msg_type":"\\ud800"}',
            b'{"a":' * 3000,
            b"",
        ):
            self.dropped(self.client.frames("", header=header))

    def test_2_06_our_headers(self):
        first = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
        reply, outputs = self.client.execute(HELLO)
        control, more = self.client.ask("kernel_info_request", channel="control")
        messages = [reply, *outputs, control, *more]
        for message in messages:
            self.assertEqual(set(message.header), {"msg_id", "session", "username", "date", "msg_type", "version"})
            self.assertTrue(all(isinstance(value, str) and value for value in message.header.values()))
            self.assertRegex(message.header["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            date = datetime.datetime.fromisoformat(message.header["date"].replace("Z", "+00:00"))
            self.assertTrue(first <= date <= datetime.datetime.now(datetime.timezone.utc), message.header["date"])
        self.assertEqual(len({m.header["msg_id"] for m in messages}), len(messages))
        self.assertEqual(len({m.header["session"] for m in messages}), 1)
        self.assertNotEqual(reply.header["session"], self.client.session)
        with Kernel() as other:
            self.assertNotEqual(other.client().ready().execute(HELLO)[0].header["session"], reply.header["session"])

    def test_2_07_the_parent_is_the_request_s_header(self):
        odd = (
            b'{"msg_type":"execute_request","msg_id":"odd-1","x":1.0,"x":2.00,'
            b'"\\u0061":"\\/","big":12345678901234567890e-2}'
        )
        self.client.send("", {"code": "say x\n(6*7)\nnosuch"}, header=odd)
        messages = [self.client.reply("odd-1"), *self.client.outputs("odd-1")]
        self.assertEqual({m.raw[1] for m in messages}, {odd})
        header = {**self.client.header("no_such_request"), "more": [WEIRD]}
        msg_id = self.client.send("", header=header)
        self.assertEqual([m.parent for m in self.client.outputs(msg_id)], [header] * 2)

    def test_2_08_metadata(self):
        """What JupyterLab sends with a cell; what nobody sends; and metadata that is no JSON."""
        for metadata in (
            {"cellId": "6ab7a55e-1a2b", "deletedCells": ["a", "b"], "recordTiming": True, "trusted": True},
            {"cellId": 5, "deletedCells": {"a": 1}, "recordTiming": None},
            {f"k{n}": [n] for n in range(1000)},
        ):
            reply, outputs = self.client.ask("execute_request", {"code": HELLO}, metadata=metadata)
            self.assertEqual((reply.content["status"], text(outputs)), ("ok", "hello\n"))
            self.assertRegex(reply.metadata["started"], r"^\d{4}-.*Z$")
            self.assertTrue(all(m.metadata == {} for m in outputs))
            started = datetime.datetime.fromisoformat(reply.metadata["started"].replace("Z", "+00:00"))
            ended = datetime.datetime.fromisoformat(reply.header["date"].replace("Z", "+00:00"))
            self.assertLessEqual(started, ended)
        frames = self.client.frames("kernel_info_request")
        frames[4] = b"no JSON"
        frames[1] = self.client.sign(frames[2:])
        self.assertEqual(self.raw(frames).content["status"], "ok")
        self.client.outputs(json.loads(frames[2])["msg_id"])

    def test_2_09_one_topic_frame(self):
        _, outputs = self.client.execute("say x\n(6*7)\nclear\nhelp fit\nnosuch")
        for message in outputs:
            self.assertEqual(message.routing, [f"kernel.{message.header['session']}.{message.type}".encode()])

    def test_2_09_topics_can_be_subscribed_to(self):
        session = self.client.execute(HELLO)[0].header["session"]
        client = self.kernel.client(topic=f"kernel.{session}.stream".encode()).ready()
        client.execute_id = client.send("execute_request", {"code": "say to you\n(6*7)"})
        self.assertEqual(client.receive("iopub").content["text"], "to you\n")
        client.reply(client.execute_id)
        self.assertTrue(client.silent("iopub", 0.1))
        client.close()
        until(lambda: self.client.receive("iopub").content.get("execution_state") == "idle", "the cell's end")

    def test_2_10_buffers_with_any_message(self):
        buffers = [b"", b"\0" * 100_000, b"{}", DELIMITER]
        for kind, content, channel in (
            ("execute_request", {"code": HELLO}, "shell"),
            ("kernel_info_request", {}, "control"),
            ("complete_request", {"code": "sho", "cursor_pos": 3}, "shell"),
        ):
            msg_id = self.client.send(kind, content, channel, buffers=buffers)
            reply, outputs = self.client.reply(msg_id, channel), self.client.outputs(msg_id)
            self.assertEqual(reply.content["status"], "ok")
            self.assertTrue(all(m.buffers == [] for m in [reply, *outputs]))
        msg_id = self.client.send("comm_open", {"comm_id": "b", "target_name": "nobody", "data": {}}, buffers=buffers)
        self.assertEqual(types(self.client.outputs(msg_id)), ["busy", "comm_close", "idle"])

    def test_2_10_messages_as_large_as_they_may_be(self):
        """60 MB in one buffer are read, 70 MB are too much: that client is cut off, and only it."""
        msg_id = self.client.send("kernel_info_request", buffers=[b"x" * 60_000_000])
        self.assertEqual(self.client.reply(msg_id).content["status"], "ok")
        self.client.outputs(msg_id)
        other = self.kernel.client()
        other.send("kernel_info_request", buffers=[b"x" * 70_000_000])
        self.assertTrue(other.silent("shell", 0.5))
        other.close()
        self.alive()


if __name__ == "__main__":
    unittest.main()
