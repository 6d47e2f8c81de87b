"""Conformance, sections 7 and 8: questions, interrupts, the end. The lines are listed in test_conformance.py."""

import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from conformance_support import (
    HELLO,
    LOAD,
    MODEL,
    PORTS,
    WithKernel,
    an_epoch_ends,
    begin,
    children,
    gone,
    pictures,
    signal_group,
    stop,
    text,
    types,
)
from kernel_support import BINARY, PATIENCE, Client, Kernel, free_ports, until

ASK = "connect twitter"  # its first question is for a secret, and comes before any network


class Questions(WithKernel):
    def ask(self, client=None, **options):
        client = client or self.client
        msg_id = client.send("execute_request", {"code": ASK, **options})
        return msg_id, client.receive("stdin")

    def answer(self, content, question=None, frames=None, client=None, **changes):
        client = client or self.client
        frames = client.frames("input_reply", content, **changes)
        if question:
            frames[3] = json.dumps(question.header).encode()
            frames[1] = client.sign(frames[2:6])
        client.sockets["stdin"].send_multipart(frames)

    def waiting(self, msg_id):
        """The cell still waits for its answer."""
        self.assertTrue(self.client.silent("shell", 0.15))

    def end(self, msg_id, status="error"):
        reply = self.client.reply(msg_id)
        self.assertEqual(reply.content["status"], status, reply.content)
        self.client.outputs(msg_id)
        return reply.content

    def test_7_01_without_allow_stdin_nobody_is_asked(self):
        reply, outputs = self.client.execute(ASK, allow_stdin=False)
        self.assertEqual(reply.content["status"], "error")
        self.assertEqual(types(outputs)[-2:], ["error", "idle"])
        self.assertTrue(self.client.silent("stdin", 0.1))

    def test_7_02_only_who_sent_the_cell_is_asked(self):
        other = self.kernel.client(identity=b"another").ready()
        msg_id, question = self.ask()
        self.assertEqual((question.type, question.content["password"]), ("input_request", True))
        self.assertTrue(question.content["prompt"])
        self.assertEqual(question.parent["msg_id"], msg_id)
        self.assertTrue(other.silent("stdin", 0.1))
        self.answer({"value": "x"}, question, client=other)
        self.waiting(msg_id)
        stop(self.client, msg_id)
        other.close()

    def test_7_02_the_parent_is_the_cell_s_header(self):
        odd = b'{"msg_type":"execute_request","msg_id":"asks-1","x":1.0,"session":"s"}'
        self.client.send("", {"code": ASK}, header=odd)
        self.assertEqual(self.client.receive("stdin").raw[1], odd)
        stop(self.client, "asks-1")

    def test_7_03_stale_answers_answer_nothing(self):
        self.answer({"value": "\x04"})  # before anybody asks
        msg_id, first = self.ask()
        self.waiting(msg_id)
        stop(self.client, msg_id)
        self.answer({"value": "\x04"}, first)  # too late
        msg_id, second = self.ask()
        self.answer({"value": "\x04"}, first)  # of another question
        self.waiting(msg_id)
        self.answer({"value": "\x04"}, second)
        self.assertEqual(self.end(msg_id)["ename"], "LL508")

    def test_7_04_an_answer_without_a_value(self):
        for content in ({}, {"value": None}, {"value": 5}, {"value": ["x"]}, {"text": "x"}, b"no JSON", b"[]"):
            msg_id, question = self.ask()
            self.answer(content, question)
            self.assertEqual(self.end(msg_id)["ename"], "LL508", content)

    def test_7_04_an_answer_that_is_not_signed(self):
        msg_id, question = self.ask()
        frames = self.client.frames("input_reply", {"value": "\x04"})
        for signature in (b"", b"0" * 64):
            self.client.sockets["stdin"].send_multipart([frames[0], signature, *frames[2:]])
        self.client.sockets["stdin"].send_multipart([b"junk"])
        self.client.sockets["stdin"].send_multipart(
            self.client.frames("execute_request", {"code": HELLO, "value": "\x04"})
        )
        self.waiting(msg_id)
        self.answer({"value": "\x04"})  # without a parent, as some front ends send it
        self.assertEqual(self.end(msg_id)["ename"], "LL508")

    def test_7_05_an_interrupt_ends_the_wait(self):
        for how in ("message", "signal"):
            msg_id, _ = self.ask()
            queued = self.client.send("execute_request", {"code": HELLO})
            self.client.arrived()
            if how == "signal":
                signal_group(self.kernel)
            else:
                self.client.send("interrupt_request", channel="control")
            self.assertEqual(self.end(msg_id)["ename"], "Interrupted")
            self.assertEqual(self.client.reply(queued).content["status"], "aborted")
            self.client.outputs(queued)
        self.assertEqual(self.client.execute(HELLO)[0].content["status"], "ok")

    def test_7_06_end_of_input(self):
        msg_id, question = self.ask()
        self.answer({"value": "\x04"}, question)
        self.assertEqual(self.end(msg_id)["ename"], "LL508")

    def test_7_07_text_before_the_question_is_out_before_it(self):
        msg_id = self.client.send("execute_request", {"code": f"say first\n{ASK}"})
        self.client.receive("stdin")
        while (message := self.client.receive("iopub")).type != "stream":
            pass
        self.assertEqual(message.content["text"], "first\n")
        stop(self.client, msg_id)

    def shell_alone(self, identity):
        """A front end whose stdin is not connected."""
        return self.kernel.client(identity=identity, channels=("shell", "control", "iopub")).ready()

    def test_7_09_a_front_end_that_listens_later_is_asked_then(self):
        client = self.shell_alone(b"late")
        msg_id = begin(client, ASK)
        time.sleep(0.3)  # it has been asked in vain by then
        client.connect("stdin")
        question = client.receive("stdin")
        self.assertTrue(client.silent("stdin", 0.2))  # once
        self.answer({"value": "\x04"}, question, client=client)
        self.assertEqual(client.reply(msg_id).content["ename"], "LL508")
        client.close()

    def test_7_09_one_that_never_listens_does_not_hang(self):
        client = self.shell_alone(b"deaf")
        for interrupted in (True, False):
            msg_id = begin(client, ASK)
            if interrupted:
                client.send("interrupt_request", channel="control")
            reply = client.reply(msg_id).content
            self.assertEqual(reply["ename"], "Interrupted" if interrupted else "LL508")
        self.assertIn("does not listen", "\n".join(reply["traceback"]))
        client.close()

    def test_7_08_control_answers_while_it_waits(self):
        msg_id, _ = self.ask()
        self.client.ask("kernel_info_request", channel="control")
        stop(self.client, msg_id)


class Interrupts(WithKernel):
    def test_8_01_by_signal_and_by_message(self):
        """Whatever the kernelspec says; each ends the cell, and what was made before it is still there."""
        self.client.execute("let kept = 7")
        for how in ("message", "signal", "group"):
            running = begin(self.client)
            if how == "message":
                self.client.send("interrupt_request", channel="control")
            elif how == "signal":
                self.kernel.process.send_signal(signal.SIGINT)
            else:
                signal_group(self.kernel)
            reply = self.client.reply(running)
            self.assertEqual((reply.content["status"], reply.content["ename"]), ("error", "Interrupted"))
            outputs = self.client.outputs(running)
            self.assertEqual(types(outputs)[-2:], ["error", "idle"])
            self.assertEqual(text(self.client.execute("say $kept")[1]), "7\n")

    def test_8_01_of_a_training(self):
        pictures(self.kernel.folder.name)
        self.client.execute(f"{LOAD}\n{MODEL}")
        running = begin(self.client, "fit net epochs 100000 again")
        an_epoch_ends(self.client)
        self.client.send("interrupt_request", channel="control")
        self.assertEqual(self.client.reply(running).content["ename"], "Interrupted")
        self.client.outputs(running)
        self.assertEqual(self.client.execute("curves net")[0].content["status"], "ok")

    def test_8_02_bursts_are_harmless(self):
        for _ in range(20):
            self.client.send("interrupt_request", channel="control")
            self.kernel.process.send_signal(signal.SIGINT)
        for _ in range(20):
            self.assertEqual(self.client.receive("control").content, {"status": "ok"})
        self.assertEqual(self.client.execute(HELLO)[0].content["status"], "ok")
        running = begin(self.client)
        for _ in range(20):
            self.client.send("interrupt_request", channel="control")
            self.kernel.process.send_signal(signal.SIGINT)
        self.assertEqual(self.client.reply(running).content["ename"], "Interrupted")
        for _ in range(20):
            self.client.receive("control")
        self.assertEqual(self.client.execute(HELLO)[0].content["status"], "ok")

    def test_8_02_one_that_is_late_does_not_hit_the_next_cell(self):
        for _ in range(30):
            self.client.execute(HELLO)
            self.client.reply(self.client.send("interrupt_request", channel="control"), "control")
            self.assertEqual(self.client.execute(HELLO)[0].content["status"], "ok")


class End(unittest.TestCase):
    def test_8_03_shutdown_in_every_state(self):
        """Idle, with a cell, with cells waiting, with a question asked, in a training; interrupted at that moment."""
        for state in ("idle", "cell", "queue", "question", "training"):
            with self.subTest(state=state), Kernel() as kernel:
                client = kernel.client(identity=b"f").ready()
                helpers = []
                if state == "training":
                    pictures(kernel.folder.name)
                    client.execute(f"{LOAD}\n{MODEL}")
                    helpers = children(kernel.process.pid)
                    begin(client, "fit net epochs 100000")
                if state in ("cell", "queue"):
                    begin(client)
                if state == "queue":
                    for _ in range(50):
                        client.send("execute_request", {"code": "say never"})
                    client.arrived()
                if state == "question":
                    client.send("execute_request", {"code": ASK})
                    client.receive("stdin")
                client.send("interrupt_request", channel="control")
                kernel.process.send_signal(signal.SIGINT)
                msg_id = client.send("shutdown_request", {"restart": False}, "control")
                reply = client.reply(msg_id, "control")
                self.assertEqual(reply.content, {"status": "ok", "restart": False})
                while (told := client.receive("iopub")).type != "shutdown_reply":
                    self.assertNotEqual(told.content.get("text"), "never\n")
                self.assertEqual((told.content, told.parent["msg_id"]), (reply.content, msg_id))
                self.assertNotEqual(told.header["msg_id"], reply.header["msg_id"])
                self.assertEqual(kernel.wait(), 0)
                for pid in helpers:
                    until(lambda: gone(pid), "its helpers end")

    def test_8_04_restart_is_echoed(self):
        for content, restart in (
            ({"restart": True}, True),
            ({"restart": False}, False),
            ({}, False),
            ({"restart": 1}, False),
            (b"no JSON", False),
        ):
            for channel in ("control", "shell"):
                with Kernel() as kernel:
                    client = kernel.client().ready()
                    reply = client.reply(client.send("shutdown_request", content, channel), channel)
                    self.assertEqual(reply.content, {"status": "ok", "restart": restart})
                    self.assertEqual(kernel.wait(), 0)

    def test_8_05_restarted_at_once(self):
        """The same ports and key; a new session; nothing of the old one; the client that stayed is welcomed again."""
        with Kernel() as kernel:
            stayed = kernel.client(reconnect=10).ready()
            stayed.execute("let kept = 5")
            old = stayed.execute(HELLO)[0]
            stayed.reply(stayed.send("shutdown_request", {"restart": True}, "control"), "control")
            self.assertEqual(kernel.wait(), 0)
            kernel.start()
            stayed.ready()
            reply, _ = stayed.execute("say $kept")
            self.assertEqual((reply.content["status"], reply.content["execution_count"]), ("error", 1))
            self.assertNotEqual(reply.header["session"], old.header["session"])

    def launch(self, script, words=(), **env):
        """A connection file, and what `script` (of the shell, with $0 the program and $1 the file) makes of it."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        connection = {"transport": "tcp", "ip": "127.0.0.1", "key": "k", **dict(zip(PORTS, free_ports(5)))}
        file = Path(folder.name) / "c.json"
        file.write_text(json.dumps(connection))
        env = {**os.environ, "LOGOLENS_HOME": folder.name, **env}
        process = subprocess.Popen(
            ["/bin/sh", "-c", script, BINARY, str(file), *words],
            env=env,
            cwd=folder.name,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, connection

    def test_8_06_it_ends_with_the_server_behind_a_launcher(self):
        """The parent is a shell that stays; the server that JPY_PARENT_PID names is another process."""
        server = subprocess.Popen(["sleep", "600"])
        process, _ = self.launch('"$0" kernel -f "$1" & echo $!; wait; exec sleep 600', JPY_PARENT_PID=str(server.pid))
        pid = int(process.stdout.readline())
        time.sleep(1.3)
        self.assertFalse(gone(pid))
        server.kill()
        server.wait()
        until(lambda: gone(pid), "the kernel ends")

    def test_8_06_a_parent_s_number_of_elsewhere(self):
        """In a container the number may be nobody's; without a number nobody is watched."""
        for env in (
            {"JPY_PARENT_PID": str(2**22 - 3)},
            {"JPY_PARENT_PID": "x"},
            {"JPY_PARENT_PID": ""},
            {"JPY_PARENT_PID": "-1"},
        ):
            with Kernel(env=env) as kernel:
                time.sleep(0.1 if env["JPY_PARENT_PID"] != str(2**22 - 3) else 1.3)
                self.assertEqual(kernel.client().ready().execute(HELLO)[0].content["status"], "ok")

    def test_8_07_signals(self):
        """SIGTERM ends it in order, also many times; SIGPIPE does nothing; SIGHUP ends it unless nohup was used."""
        with Kernel() as kernel:
            client = kernel.client().ready()
            kernel.process.send_signal(signal.SIGPIPE)
            self.assertEqual(client.execute(HELLO)[0].content["status"], "ok")
            begin(client)
            for _ in range(10):
                kernel.process.send_signal(signal.SIGTERM)
            self.assertEqual(kernel.wait(), 0)
        process, connection = self.launch('trap "" HUP; exec "$0" kernel -f "$1"')
        client = Client(connection)
        self.addCleanup(client.close)
        client.ready().execute(HELLO)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        self.assertEqual(client.execute(HELLO)[0].content["status"], "ok")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_8_07_what_was_made_is_kept(self):
        """SIGTERM in a training: the same lines after a restart go on where it was cut off; what was saved is whole."""
        with tempfile.TemporaryDirectory(prefix="logolens-test-") as folder:
            pictures(folder)
            with Kernel(folder=folder) as kernel:
                client = kernel.client().ready()
                client.execute(f"{LOAD}\n{MODEL}\nsave net to net.lmodel")
                running = begin(client, "fit net epochs 100000")
                an_epoch_ends(client)
                kernel.process.send_signal(signal.SIGTERM)
                self.assertEqual(kernel.wait(), 0)
            self.assertEqual(
                [p.name for p in Path(folder).iterdir() if p.name not in ("home", "pictures")], ["net.lmodel"]
            )
            with Kernel(folder=folder) as kernel:
                client = kernel.client().ready()
                reply, _ = client.execute(f"open other from net.lmodel\n{LOAD}\n{MODEL}")
                self.assertEqual(reply.content["status"], "ok", reply.content)
                running = begin(client, "fit net epochs 100000")
                an_epoch_ends(client)
                client.send("interrupt_request", channel="control")
                self.assertEqual(client.reply(running).content["ename"], "Interrupted")
                self.assertIn("taken up", json.dumps([m.content for m in client.outputs(running)]))


if __name__ == "__main__":
    unittest.main()
