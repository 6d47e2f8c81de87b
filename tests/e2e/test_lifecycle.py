"""Starting, interrupting, restarting and ending the kernel; slow and many front ends."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

import zmq
from kernel_support import BINARY, PATIENCE, SLOW, Client, Kernel, free_ports, until


def start_slow(client):
    running = client.send("execute_request", {"code": SLOW})
    while client.receive("iopub").type != "execute_input":
        pass
    return running


class Starting(unittest.TestCase):
    def refused(self, text, word):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([BINARY, "kernel", "-f", file.name], capture_output=True, text=True, timeout=PATIENCE)
        self.assertGreater(done.returncode, 0)
        self.assertIn(word, done.stderr)
        self.assertNotIn("Sanitizer", done.stderr)

    def test_bad_connection_files(self):
        good = {"transport": "tcp", "ip": "127.0.0.1", "key": "k", **dict(zip(
            ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"], free_ports(5)))}
        self.refused("", "empty")
        self.refused("[1, 2]", "not a JSON object")
        self.refused(json.dumps(good)[:40], "not a JSON object")
        for member, value in (("shell_port", None), ("iopub_port", "eighty"), ("stdin_port", 70000), ("hb_port", -1),
                              ("control_port", 1.5), ("transport", "pigeon"), ("signature_scheme", "hmac-md5"),
                              ("key", 5), ("ip", ["127.0.0.1"]), ("curve_secretkey", "short")):
            self.refused(json.dumps({**good, member: value}), member)
        missing = dict(good)
        del missing["iopub_port"]
        self.refused(json.dumps(missing), "iopub_port")
        self.refused(json.dumps({**good, "ip": "999.1.1.1"}), "LL194")

    def test_no_file(self):
        done = subprocess.run([BINARY, "kernel", "-f", "/nonexistent/c.json"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/c.json", done.stderr)

    def test_port_in_use(self):
        with Kernel() as first:
            done = subprocess.run([BINARY, "kernel", "-f", str(first.file)], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 1)
            self.assertIn("LL194", done.stderr)

    def test_ports_as_digits_and_unknown_members(self):
        ports = {name: str(port) for name, port in zip(["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"],
                                                       free_ports(5))}
        with Kernel(**ports, surprise={"a": [1]}) as kernel:
            self.assertTrue(kernel.alive())

    def test_empty_key_means_no_signatures(self):
        with Kernel(key="") as kernel:
            reply, _ = kernel.client().ready().execute("(6*7)")
            self.assertEqual((reply.content["status"], reply.signature), ("ok", b""))
        everywhere = Kernel(key="", wait=False, ip="0.0.0.0")
        self.assertEqual(everywhere.wait(), 1)
        self.assertIn("--insecure", everywhere.log.read_text())
        with Kernel(key="", wait=False, ip="0.0.0.0", argv=["--insecure"]) as open_kernel:
            client = open_kernel.client().ready()
            client.ask("kernel_info_request")

    def test_ipc(self):
        with tempfile.TemporaryDirectory() as folder:
            names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
            with Kernel(transport="ipc", ip=folder + "/k", **{n: i + 1 for i, n in enumerate(names)}) as kernel:
                reply, _ = kernel.client().ready().execute("(6*7)")
                self.assertEqual(reply.content["status"], "ok")

    @unittest.skipUnless(zmq.has("curve"), "this libzmq has no encryption")
    def test_encryption(self):
        public, secret = zmq.curve_keypair()
        with Kernel(wait=False, curve_publickey=public.decode(), curve_secretkey=secret.decode()) as kernel:
            client = kernel.client(curve=public).ready()
            self.assertEqual(client.execute("(6*7)")[0].content["status"], "ok")
            plain = kernel.client()
            plain.send("kernel_info_request")
            self.assertTrue(plain.silent("shell", 0.5))
            self.assertTrue(plain.silent("iopub", 0.1))


class Interrupting(unittest.TestCase):
    def test_interrupt_stops_the_cell_and_what_is_queued(self):
        with Kernel() as kernel:
            client = kernel.client().ready()
            for how in ("message", "signal"):
                running = start_slow(client)
                queued = client.send("execute_request", {"code": "say never"})
                client.arrived()
                if how == "message":
                    msg_id = client.send("interrupt_request", channel="control")
                    self.assertEqual(client.reply(msg_id, "control").content, {"status": "ok"})
                else:
                    os.kill(kernel.process.pid, signal.SIGINT)
                reply = client.reply(running)
                self.assertEqual((reply.content["status"], reply.content["ename"]), ("error", "Interrupted"))
                self.assertEqual(client.reply(queued).content["status"], "aborted")
                client.outputs(queued)
                self.assertEqual(client.execute("say on")[0].content["status"], "ok")

    def test_an_interrupt_right_after_busy_works(self):
        """Reading a cell of a megabyte takes a while; nothing of it has run when the interrupt comes."""
        code = "# " + "x" * 1_000_000 + "\n" + SLOW
        with Kernel() as kernel:
            client = kernel.client().ready()
            for _ in range(5):
                running = client.send("execute_request", {"code": code})
                while client.receive("iopub").content.get("execution_state") != "busy":
                    pass
                os.kill(kernel.process.pid, signal.SIGINT)
                reply = client.reply(running)
                self.assertEqual((reply.content["status"], reply.content["ename"]), ("error", "Interrupted"))
                client.outputs(running)

    def test_interrupts_while_idle_are_harmless(self):
        with Kernel() as kernel:
            client = kernel.client().ready()
            for _ in range(20):
                client.send("interrupt_request", channel="control")
                os.kill(kernel.process.pid, signal.SIGINT)
            for _ in range(20):
                self.assertEqual(client.receive("control").type, "interrupt_reply")
            self.assertEqual(client.execute("say fine")[0].content["status"], "ok")


class Ending(unittest.TestCase):
    def test_shutdown_idle_and_running_on_both_channels(self):
        for running in (False, True):
            for channel, restart in (("control", True), ("control", False), ("shell", False)):
                with self.subTest(running=running, channel=channel, restart=restart), Kernel() as kernel:
                    client = kernel.client().ready()
                    if running:
                        start_slow(client)
                    msg_id = client.send("shutdown_request", {"restart": restart}, channel)
                    reply = client.reply(msg_id, channel)
                    self.assertEqual(reply.content, {"status": "ok", "restart": restart})
                    broadcast = next(m for m in iter(lambda: client.receive("iopub"), None) if m.type == "shutdown_reply")
                    self.assertEqual(broadcast.content, reply.content)
                    self.assertNotEqual(broadcast.header["msg_id"], reply.header["msg_id"])
                    self.assertEqual(kernel.wait(), 0)

    def test_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            for running in (False, True):
                with Kernel() as kernel:
                    client = kernel.client().ready()
                    if running:
                        start_slow(client)
                    kernel.process.send_signal(number)
                    self.assertEqual(kernel.wait(), 0)

    def test_restart_on_the_same_ports(self):
        with Kernel() as kernel:
            sessions = set()
            for _ in range(20):
                client = kernel.client().ready()
                reply, _ = client.execute("say x")
                self.assertEqual(reply.content["execution_count"], 1)
                sessions.add(reply.header["session"])
                client.ask_shutdown = client.send("shutdown_request", {"restart": True}, "control")
                client.reply(client.ask_shutdown, "control")
                self.assertEqual(kernel.wait(), 0)
                client.close()
                kernel.start()
            self.assertEqual(len(sessions), 20)

    def test_it_does_not_outlive_its_parent(self):
        with tempfile.TemporaryDirectory() as folder:
            ports = dict(zip(["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"], free_ports(5)))
            file = Path(folder) / "c.json"
            file.write_text(json.dumps({"transport": "tcp", "ip": "127.0.0.1", "key": uuid.uuid4().hex, **ports}))
            program = ("import os, subprocess, sys\n"
                       "env = dict(os.environ, JPY_PARENT_PID=str(os.getpid()))\n"
                       "p = subprocess.Popen([sys.argv[1], 'kernel', '-f', sys.argv[2]], env=env, start_new_session=True)\n"
                       "print(p.pid, flush=True)\n"
                       "sys.stdin.read()\n")
            parent = subprocess.Popen([sys.executable, "-c", program, BINARY, str(file)], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
            pid = int(parent.stdout.readline())
            client = Client(json.loads(file.read_text()))
            client.ready()
            client.close()
            os.kill(pid, 0)
            parent.kill()
            parent.communicate()

            def gone():
                try:
                    return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
                except FileNotFoundError:
                    return True
            until(gone, "the kernel ends")


class Load(unittest.TestCase):
    def test_forty_clients(self):
        with Kernel() as kernel:
            clients = [kernel.client() for _ in range(40)]
            ids = [c.send("execute_request", {"code": f"say {i}"}) for i, c in enumerate(clients)]
            counts = sorted(c.reply(i).content["execution_count"] for c, i in zip(clients, ids))
            self.assertEqual(counts, list(range(1, 41)))

    def test_clients_that_come_and_go_leave_nothing(self):
        with Kernel() as kernel:
            client = kernel.client().ready()
            client.execute("say x")
            kernel.connected(1)
            before = kernel.opened()
            for _ in range(30):
                visitors = [kernel.client() for _ in range(3)]
                for v in visitors:
                    v.send("kernel_info_request")
                for v in visitors:
                    v.close()
            kernel.closes_all_but(before)

    def sleeps(self, kernel, when):
        """The I/O thread takes no processor time at all for a while."""
        stat = Path(f"/proc/{kernel.process.pid}/task/{kernel.process.pid}/stat")

        def quiet():
            used = [stat.read_text().rsplit(")", 1)[1].split()[11:13] for _ in range(2) if not time.sleep(0.2)]
            return used[0] == used[1]
        until(quiet, "the I/O thread sleeps " + when)

    def test_nobody_works_where_there_is_nothing_to_do(self):
        with Kernel() as kernel:
            self.sleeps(kernel, "at first")
            client = kernel.client().ready()
            kernel.client(small=True).ready()  # reads nothing from here on
            client.execute("say x")
            with open(f"/proc/{kernel.process.pid}/fd/1", "wb", buffering=0) as file:
                file.write(b"half a character: \xc3")  # by a library
            self.sleeps(kernel, "with text that is not whole")
            running = start_slow(client)
            waits = [client.send("execute_request", {"code": "say never"}) for _ in range(10_100)]
            self.sleeps(kernel, "while more requests wait than are read ahead")
            client.ask("interrupt_request", channel="control")
            self.assertEqual(client.reply(running).content["ename"], "Interrupted")
            for msg_id in waits:  # the last of them were still in the socket
                client.reply(msg_id)
            self.sleeps(kernel, "after all of them")
            client.send("shutdown_request", {"restart": False}, "control")
            self.assertEqual(kernel.wait(), 0)

    def test_a_reader_that_pauses_loses_nothing(self):
        with Kernel() as kernel:
            client = kernel.client(small=True).ready()
            text = "x" * 2000
            msg_id = client.send("execute_request", {"code": "\n".join(f"say {text}\n({n}*1)" for n in range(6000))})
            time.sleep(2)
            outputs = client.outputs(msg_id)
            results = [m.content["data"]["text/plain"] for m in outputs if m.type == "execute_result"]
            self.assertEqual(len(results), 6000)
            self.assertEqual(len([m for m in outputs if m.type == "stream"]), 6000)

    def test_a_reader_that_never_reads_stalls_nobody_for_long(self):
        with Kernel() as kernel:
            context = zmq.Context()
            stuck = context.socket(zmq.SUB)
            stuck.rcvhwm = 1
            stuck.setsockopt(zmq.RCVBUF, 4096)
            stuck.linger = 0
            stuck.subscribe(b"")
            client = kernel.client().ready()
            stuck.connect(client.address("iopub"))
            time.sleep(0.3)
            text = "x" * 2000
            code = "\n".join(f'say {text}\n({n}*1)' for n in range(3000))
            msg_id = client.send("execute_request", {"code": code})
            self.assertEqual(client.reply(msg_id).content["status"], "ok")
            outputs = client.outputs(msg_id)
            results = [m.content["data"]["text/plain"] for m in outputs if m.type == "execute_result"]
            self.assertEqual(results, [str(n) for n in range(3000)])
            context.destroy(linger=0)


if __name__ == "__main__":
    unittest.main()
