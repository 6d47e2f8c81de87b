"""Conformance, sections 0, 1 and 11: versions, start-up, kernelspec. The lines are listed in test_conformance.py."""

import json
import os
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import zmq
from conformance_support import (
    HELLO,
    LOAD,
    PORTS,
    WithKernel,
    begin,
    children,
    gone,
    installed,
    pictures,
    signal_group,
    stop,
    text,
    types,
)
from kernel_support import BINARY, DELIMITER, PATIENCE, Client, Kernel, free_ports, signer_of, until


class Versions(WithKernel):
    def test_0_01_one_version_everywhere(self):
        reply, outputs = self.client.ask("kernel_info_request")
        version = reply.content["protocol_version"]
        self.assertRegex(version, r"^5\.\d+$")
        self.assertEqual({m.header["version"] for m in [reply, *outputs]}, {version})
        prefix, folder = installed()
        with prefix:
            self.assertEqual(json.loads((folder / "kernel.json").read_text())["kernel_protocol_version"], version)
        told = subprocess.run([BINARY, "version"], capture_output=True, text=True, timeout=PATIENCE).stdout
        self.assertIn(f"Jupyter protocol {version}\n", told)
        self.assertIn(reply.content["implementation_version"], told.splitlines()[0])
        self.assertEqual(reply.content["language_info"]["version"], reply.content["implementation_version"])

    def test_0_02_clients_of_any_version_are_answered(self):
        for version in ("4.1", "5.0", "5.3", "6.0", "", None, 5):
            header = {**self.client.header("kernel_info_request"), "version": version}
            reply = self.client.reply(self.client.send("", header=header))
            self.assertEqual(reply.content["status"], "ok", version)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        return True
    except OSError:
        return False


class Start(unittest.TestCase):
    def test_1_01_nothing_but_the_file_is_needed(self):
        """Neither PATH nor HOME nor any standard stream; the connection file's path may be odd."""
        with tempfile.TemporaryDirectory(prefix="logolens test \u00e9'$x ") as folder:
            ports = dict(zip(PORTS, free_ports(5)))
            connection = {"transport": "tcp", "ip": "127.0.0.1", "key": "k", **ports}
            file = Path(folder) / "kernel 1;&.json"
            file.write_text(json.dumps(connection))
            checkers = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
            script = 'exec "$0" kernel -f "$1" <&- >&- 2>&-'
            process = subprocess.Popen(
                ["/bin/sh", "-c", script, BINARY, str(file)],
                cwd=folder,
                close_fds=True,
                env={**checkers, "LOGOLENS_HOME": folder, "LOGOLENS_LOG": "debug"},
                start_new_session=True,
            )
            client = Client(connection)
            try:
                client.ready()
                reply, outputs = client.execute(HELLO)
                self.assertEqual((reply.content["status"], text(outputs)), ("ok", "hello\n"))
                for stream in range(3):  # else the log would be written into a socket
                    target = os.readlink(f"/proc/{process.pid}/fd/{stream}")
                    self.assertTrue(target == "/dev/null" or target.startswith("pipe:"), target)
                client.sockets["shell"].send_multipart([b"junk"])
                self.assertEqual(client.execute("(6*7)")[0].content["status"], "ok")
            finally:
                process.send_signal(signal.SIGTERM)
                client.close()
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_1_02_it_works_in_the_notebook_s_folder(self):
        with Kernel() as kernel:
            folder = Path(f"/proc/{kernel.process.pid}/cwd").resolve()
            (folder / "t.csv").write_text("name,count\nalpha,41\n")
            client = kernel.client().ready()
            reply, outputs = client.execute("open t from t.csv\nshow t")
            self.assertEqual(reply.content["status"], "ok", reply.content)
            self.assertIn("alpha", json.dumps([m.content for m in outputs]))

    def test_1_02_a_signal_to_the_group_interrupts_the_cell_only(self):
        with Kernel() as kernel:
            client = kernel.client().ready()
            pictures(Path(f"/proc/{kernel.process.pid}/cwd").resolve())
            self.assertEqual(client.execute(LOAD + "\nlet kept = 5")[0].content["status"], "ok")
            helpers = children(kernel.process.pid)
            running = begin(client)
            signal_group(kernel)
            self.assertEqual(client.reply(running).content["ename"], "Interrupted")
            client.outputs(running)
            self.assertEqual([pid for pid in helpers if gone(pid)], [])
            reply, outputs = client.execute("load again from pictures size 8x8\nsay $kept")
            self.assertEqual((reply.content["status"], text(outputs)[-2:]), ("ok", "5\n"))

    def test_1_03_odd_members_of_the_connection_file(self):
        """Ports as text, members nobody knows, null where a member may be absent."""
        with Kernel(
            **{name: str(port) for name, port in zip(PORTS, free_ports(5))},
            kernel_name=None,
            more={"a": []},
            jupyter_session="/a/b.ipynb",
            curve_publickey=None,
            curve_secretkey=None,
        ) as kernel:
            self.assertEqual(kernel.client().ready().execute("(6*7)")[0].content["status"], "ok")

    def test_1_03_sha512(self):
        with Kernel(signature_scheme="hmac-sha512") as kernel:
            client = kernel.client().ready()
            self.assertEqual(client.execute("(6*7)")[0].content["status"], "ok")
            short = client.frames("kernel_info_request")
            short[1] = signer_of({**kernel.connection, "signature_scheme": "hmac-sha256"})(short[2:])
            client.sockets["shell"].send_multipart(short)
            self.assertTrue(client.silent("shell", 0.2))

    def test_1_04_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            self.skipTest("this machine has no ::1")
        with Kernel(ip="::1") as kernel:
            self.assertEqual(kernel.client().ready().execute("(6*7)")[0].content["status"], "ok")

    def test_1_04_ipc_leaves_no_files(self):
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(2):  # a second kernel takes the same names at once
                with Kernel(transport="ipc", ip=folder + "/k", **{n: i + 1 for i, n in enumerate(PORTS)}) as kernel:
                    self.assertEqual(kernel.client().ready().execute("(6*7)")[0].content["status"], "ok")
                    self.assertEqual(sorted(os.listdir(folder)), [f"k-{i + 1}" for i in range(5)])
                self.assertEqual(os.listdir(folder), [])

    def test_1_05_other_kinds_of_client_sockets(self):
        with Kernel() as kernel:
            client = kernel.client().ready()
            for kind, channel in ((zmq.REQ, "shell"), (zmq.REQ, "control"), (zmq.ROUTER, "shell")):
                s = client.context.socket(kind)
                s.linger = 0
                if kind == zmq.ROUTER:
                    s.setsockopt(zmq.PROBE_ROUTER, 1)  # an empty message to begin with: dropped
                s.connect(client.address(channel))
                if kind == zmq.REQ:
                    s.send_multipart(client.frames("kernel_info_request"))
                    self.assertTrue(s.poll(1000 * PATIENCE))
                    self.assertIn(DELIMITER, s.recv_multipart())
                s.close()
            self.assertEqual(client.execute(HELLO)[0].content["status"], "ok")

    def test_1_07_an_error_is_short_and_soon(self):
        """No file, no sense or no port: told on stderr, with a status, and nothing hangs."""
        with tempfile.TemporaryDirectory() as folder:
            good = {"transport": "tcp", "ip": "127.0.0.1", "key": "k", **dict(zip(PORTS, free_ports(5)))}
            cases = {
                "{": "not a JSON object",
                "null": "not a JSON object",
                "[]": "not a JSON object",
                " ": "not a JSON",
                json.dumps({**good, "shell_port": 2**70}): "193",
                json.dumps({**good, "shell_port": "7e3"}): "shell_port",
                json.dumps({**good, "hb_port": True}): "hb_port",
                json.dumps({**good, "ip": "x" * 300}): "ip",
                json.dumps({**good, "ip": "no.such.host.invalid"}): "LL194",
                "\0" * 100: "not a JSON object",
                json.dumps({**good, "signature_scheme": "hmac-md5"}): "hmac-sha256 or hmac-sha512",
                json.dumps({**good, "key": "x" * 5000}): "key",
                "[" * 5000: "not a JSON object",
            }
            for number, (content, word) in enumerate(cases.items()):
                file = Path(folder) / f"{number}.json"
                file.write_text(content)
                done = subprocess.run(
                    [BINARY, "kernel", "-f", str(file)],
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE,
                    stdin=subprocess.DEVNULL,
                )
                self.assertEqual(done.returncode, 1, content[:60])
                self.assertIn(word, done.stderr)
                self.assertLess(len(done.stderr.splitlines()), 6, done.stderr)
                self.assertEqual(done.stdout, "")
            for words in (["kernel"], ["kernel", "-f"], ["kernel", "--what"]):
                self.assertEqual(subprocess.run([BINARY, *words], capture_output=True, timeout=PATIENCE).returncode, 2)
            done = subprocess.run([BINARY, "kernel", "-f", folder], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 1)

    def test_1_08_a_port_that_is_let_go_of_a_moment_later(self):
        held = socket.socket()
        held.bind(("127.0.0.1", 0))
        held.listen()
        with Kernel(stdin_port=held.getsockname()[1], wait=False) as kernel:
            until(lambda: listens(kernel.connection["shell_port"]), "the kernel comes to its ports")
            time.sleep(0.1)  # the first tries; it goes on for a second
            held.close()
            self.assertEqual(kernel.client().ready().execute("(6*7)")[0].content["status"], "ok")

    def test_1_13_clients_come_and_go_while_it_works(self):
        """For ThreadSanitizer above all: output, comms, control, interrupts, with front ends that appear and vanish."""
        with Kernel() as kernel:
            client = kernel.client().ready()
            running = begin(client)
            for number in range(12):
                visitor = kernel.client()
                visitor.send("comm_open", {"comm_id": f"c{number}", "target_name": "nobody", "data": {}})
                visitor.send("kernel_info_request", channel="control")
                visitor.send("usage_request", channel="control")
                if number % 3:
                    visitor.ready()
                    visitor.receive("control")
                visitor.close()
            self.assertEqual(stop(client, running)["ename"], "Interrupted")
            reply, outputs = client.execute("\n".join(f"say {n}" for n in range(2000)))
            self.assertEqual(text(outputs), "".join(f"{n}\n" for n in range(2000)))


class Launcher:
    """The other side of the handshake."""

    def __init__(self, transport="tcp", **more):
        self.folder = tempfile.TemporaryDirectory(prefix="logolens-test-")
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.linger = 0
        ip, port = "127.0.0.1", 7
        if transport == "ipc":
            ip = self.folder.name + "/r"
            self.socket.bind(f"ipc://{ip}-{port}")
        else:
            port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.file = {
            "kernel_id": "kernel \u00e9 1",
            "transport": transport,
            "registration_ip": ip,
            "registration_port": port,
            "signature_scheme": "hmac-sha256",
            "key": "the-key",
            **more,
        }
        self.path = Path(self.folder.name) / "registration.json"
        self.path.write_text(json.dumps(self.file))
        self.runtime = Path(self.folder.name) / "a" / "runtime"
        self.signer = signer_of(self.file)
        self.processes, self.clients = [], []

    def start(self, **env):
        env = {**os.environ, "LOGOLENS_HOME": self.folder.name, "JUPYTER_RUNTIME_DIR": str(self.runtime), **env}
        self.processes.append(
            subprocess.Popen(
                [BINARY, "kernel", "-f", str(self.path)],
                env=env,
                cwd=self.folder.name,
                start_new_session=True,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return self.processes[-1]

    def registration(self):
        """What a kernel told: who it is for the socket, and its content."""
        assert self.socket.poll(1000 * PATIENCE), "no kernel registers"
        *who, delimiter, signature, content = self.socket.recv_multipart()
        assert delimiter == DELIMITER and signature == self.signer([content]), (delimiter, signature)
        return who, json.loads(content)

    def acknowledge(self, who, content=b"ACK", signature=None):
        self.socket.send_multipart(
            [*who, DELIMITER, self.signer([content]) if signature is None else signature, content]
        )

    def client(self, told, **options):
        ports = {name: told[name] for name in PORTS}
        ip = self.file["registration_ip"]
        self.clients.append(
            Client(
                {
                    "transport": self.file["transport"],
                    "ip": ip,
                    "key": self.file["key"],
                    "signature_scheme": self.file["signature_scheme"],
                    **ports,
                },
                **options,
            )
        )
        return self.clients[-1]

    def close(self):
        for client in self.clients:
            client.close()
        for process in self.processes:
            process.kill()
            process.wait()
            process.stderr.close()
        self.context.destroy(linger=0)
        self.folder.cleanup()


class Registration(unittest.TestCase):
    def launcher(self, *words, **more):
        launcher = Launcher(*words, **more)
        self.addCleanup(launcher.close)
        return launcher

    def test_1_09_the_kernel_chooses_its_ports(self):
        for transport, scheme in (("tcp", "hmac-sha256"), ("ipc", "hmac-sha256"), ("tcp", "hmac-sha512")):
            launcher = self.launcher(transport, signature_scheme=scheme)
            process = launcher.start()
            who, told = launcher.registration()
            self.assertEqual(set(told), {"kernel_id", *PORTS})
            self.assertEqual(told["kernel_id"], launcher.file["kernel_id"])
            self.assertTrue(all(isinstance(told[name], str) and told[name].isdigit() for name in PORTS))
            self.assertEqual(len({told[name] for name in PORTS}), 5)
            launcher.acknowledge(who)
            client = launcher.client(told).ready()
            self.assertEqual(client.execute("(6*7)")[0].content["status"], "ok")
            client.send("shutdown_request", {"restart": False}, "control")
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_1_09_a_connection_file_for_others(self):
        from jupyter_client import BlockingKernelClient

        launcher = self.launcher()
        process = launcher.start()
        who, told = launcher.registration()
        self.assertFalse(launcher.runtime.exists())  # not before the launcher knows
        launcher.acknowledge(who)
        until(lambda: launcher.runtime.exists() and os.listdir(launcher.runtime), "a connection file")
        file = launcher.runtime / f"kernel-{process.pid}.json"
        until(lambda: file.read_text().endswith("\n"), "all of it")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        connection = json.loads(file.read_text())
        self.assertEqual({name: str(connection[name]) for name in PORTS}, {name: told[name] for name in PORTS})
        self.assertEqual(connection["key"], launcher.file["key"])
        client = BlockingKernelClient(connection_file=str(file))
        client.load_connection_file()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=PATIENCE)
            self.assertEqual(
                client.execute_interactive("(6*7)", timeout=PATIENCE, output_hook=lambda m: None)["content"]["status"],
                "ok",
            )
            client.shutdown()
        finally:
            client.stop_channels()
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(os.listdir(launcher.runtime), [])

    def test_1_09_only_a_signed_answer_counts(self):
        launcher = self.launcher()
        process = launcher.start()
        who, told = launcher.registration()
        launcher.acknowledge(who, signature=b"0" * 64)
        launcher.acknowledge(who, signature=b"")
        launcher.socket.send_multipart([*who, b"ACK"])
        launcher.socket.send_multipart([*who, DELIMITER])
        client = launcher.client(told)
        client.send("kernel_info_request")
        process.send_signal(signal.SIGINT)  # there is nothing to interrupt
        self.assertTrue(client.silent("shell", 0.5))
        launcher.acknowledge(who, b"")
        self.assertEqual(client.receive("shell").type, "kernel_info_reply")
        self.assertIsNone(process.poll())

    def test_1_09_many_at_one_registration_socket_and_a_restart(self):
        launcher = self.launcher()
        ports = set()
        for _ in range(4):
            launcher.start()
        for _ in range(4):
            who, told = launcher.registration()
            launcher.acknowledge(who)
            launcher.client(told).ready()
            ports |= {told[name] for name in PORTS}
        self.assertEqual(len(ports), 20)
        launcher.processes[0].send_signal(signal.SIGTERM)
        self.assertEqual(launcher.processes[0].wait(PATIENCE), 0)
        launcher.start()
        who, told = launcher.registration()
        launcher.acknowledge(who)
        self.assertEqual(launcher.client(told).ready().execute("(6*7)")[0].content["status"], "ok")

    def test_1_09_without_an_answer_it_ends(self):
        launcher = self.launcher()
        waiting = launcher.start()
        told = launcher.start()
        for _ in range(2):
            launcher.registration()
        told.send_signal(signal.SIGTERM)
        self.assertEqual(told.wait(PATIENCE), 1)
        self.assertEqual(waiting.wait(PATIENCE), 1)
        self.assertIn("LL198", waiting.stderr.read())
        self.assertFalse(launcher.runtime.exists())

    def test_1_09_bad_registration_files(self):
        launcher = self.launcher()
        for member, value in (
            ("kernel_id", None),
            ("kernel_id", 5),
            ("registration_ip", None),
            ("registration_port", 0),
            ("registration_port", "x"),
            ("transport", "udp"),
            ("signature_scheme", "hmac-crc"),
        ):
            launcher.path.write_text(json.dumps({**launcher.file, member: value}))
            process = launcher.start()
            self.assertEqual(process.wait(PATIENCE), 1)
            self.assertIn(member, process.stderr.read())

    def test_1_11_starting_is_told_once_and_has_no_parent(self):
        """The launcher subscribes before it answers, so that it hears the first words."""
        launcher = self.launcher()
        launcher.start()
        who, told = launcher.registration()
        client = launcher.client(told, channels=("shell", "control"))
        heard = client.connect("iopub", zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self.assertTrue(heard.poll(1000 * PATIENCE))
        time.sleep(0.5)  # what it subscribes to follows at once
        launcher.acknowledge(who)
        seen = [client.receive("iopub")]
        while seen[-1].type != "status":
            seen.append(client.receive("iopub"))
        self.assertEqual([m.type for m in seen], ["iopub_welcome", "status"])
        self.assertEqual((seen[1].content, seen[1].raw[1]), ({"execution_state": "starting"}, b"{}"))
        _, outputs = client.execute(HELLO)
        self.assertEqual(types(outputs), ["busy", "execute_input", "stream", "idle"])
        client.ask("kernel_info_request", channel="control")
        self.assertTrue(client.silent("iopub", 0.2))


@unittest.skipUnless(zmq.has("curve"), "this libzmq has no encryption")
class Encryption(unittest.TestCase):
    def test_1_10_who_has_no_key_gets_nothing_anywhere(self):
        public, secret = zmq.curve_keypair()
        with Kernel(wait=False, curve_publickey=public.decode(), curve_secretkey=secret.decode()) as kernel:
            client = kernel.client(curve=public, identity=b"front").ready()
            self.assertEqual(client.execute("(6*7)")[0].content["status"], "ok")
            client.ask("kernel_info_request", channel="control")
            strangers = [kernel.client(), kernel.client(curve=zmq.curve_keypair()[0])]  # plain, and with another's key
            for stranger in strangers:
                beat = stranger.context.socket(zmq.DEALER)
                beat.linger = 0
                beat.connect(stranger.address("hb"))
                stranger.sockets["hb"] = beat
                beat.send(b"ping")
                for channel in ("shell", "control", "stdin"):
                    stranger.send("kernel_info_request", channel=channel)
            client.execute(HELLO)
            time.sleep(0.3)
            for stranger in strangers:
                for channel in ("shell", "control", "stdin", "iopub", "hb"):
                    self.assertTrue(stranger.silent(channel, 0), channel)
            self.assertEqual(client.execute("(6*7)")[0].content["status"], "ok")

    def test_1_10_keys_that_are_none(self):
        public, secret = (key.decode() for key in zmq.curve_keypair())
        other = zmq.curve_keypair()[0].decode()
        for keys in (
            {"curve_publickey": public},
            {"curve_secretkey": secret},
            {"curve_publickey": other, "curve_secretkey": secret},
            {"curve_publickey": public, "curve_secretkey": secret[:-1] + "~"},
            {"curve_publickey": "short", "curve_secretkey": "short"},
        ):
            kernel = Kernel(wait=False, **keys)
            self.assertEqual(kernel.wait(), 1, keys)
            self.assertIn("curve_", kernel.log.read_text())
            kernel.stop()

    def test_1_10_registration_with_keys(self):
        public, secret = zmq.curve_keypair()
        launcher = Launcher(curve_publickey=public.decode(), curve_secretkey=secret.decode())
        self.addCleanup(launcher.close)
        launcher.start()
        who, told = launcher.registration()
        launcher.acknowledge(who)
        plain = launcher.client(told)
        connection = plain.connection
        client = Client(connection, curve=public)
        launcher.clients.append(client)
        self.assertEqual(client.ready().execute("(6*7)")[0].content["status"], "ok")
        self.assertTrue(plain.silent("iopub", 0.1))

    def test_1_10_jupyter_s_own_launcher_asks_for_it(self):
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import KernelManager

        prefix, folder = installed()
        with prefix:
            specs = KernelSpecManager(kernel_dirs=[str(folder.parent)], ensure_native_kernel=False)
            manager = KernelManager(kernel_name=folder.name, kernel_spec_manager=specs)
            if not hasattr(manager, "transport_encryption"):
                self.skipTest("this jupyter_client has no transport encryption")
            manager.transport_encryption = "required"
            manager.start_kernel(env={**os.environ, "LOGOLENS_HOME": prefix.name + "/home"})
            client = manager.client()
            client.start_channels()
            try:
                self.assertIn("curve_secretkey", Path(manager.connection_file).read_text())
                client.wait_for_ready(timeout=PATIENCE)
                reply = client.execute_interactive("(6*7)", timeout=PATIENCE, output_hook=lambda m: None)
                self.assertEqual(reply["content"]["status"], "ok")
            finally:
                client.stop_channels()
                manager.shutdown_kernel(now=True)


class KernelSpec(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix, cls.folder = installed("Lens-1.x_y")
        cls.spec = json.loads((cls.folder / "kernel.json").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.prefix.cleanup()

    def test_11_01_members_and_their_types(self):
        spec = self.spec
        self.assertEqual(
            set(spec),
            {"argv", "display_name", "language", "interrupt_mode", "kernel_protocol_version", "metadata", "env"},
        )
        self.assertTrue(all(isinstance(word, str) for word in spec["argv"]))
        self.assertTrue(os.path.isabs(spec["argv"][0]) and os.access(spec["argv"][0], os.X_OK))
        self.assertEqual(spec["argv"].count("{connection_file}"), 1)
        self.assertIn(spec["interrupt_mode"], ("message", "signal"))
        self.assertIsInstance(spec["display_name"], str)
        self.assertTrue(all(isinstance(v, str) for v in spec["env"].values()))
        self.assertEqual(spec["metadata"]["supported_encryption"], ["curve"])
        self.assertFalse(spec["metadata"].get("debugger", False))
        self.assertRegex(spec["kernel_protocol_version"], r"^\d+\.\d+(\.\d+)?$")
        with Kernel() as kernel:
            info = kernel.client().ready().ask("kernel_info_request")[0].content
        self.assertEqual(spec["language"], info["language_info"]["name"])

    def test_11_02_name_and_logos(self):
        self.assertRegex(self.folder.name, r"^[A-Za-z0-9._-]+$")
        for size in (32, 64):
            data = (self.folder / f"logo-{size}x{size}.png").read_bytes()
            self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual(struct.unpack(">II", data[16:24]), (size, size))
        svg = (self.folder / "logo-svg.svg").read_text()
        self.assertRegex(svg, r"(?s)^\s*(<\?xml.*?\?>\s*)?<svg")
        self.assertNotIn("<script", svg)
        self.assertFalse((self.folder / "kernel.js").exists())
        for name in ("../up", "a b", "a/b", "", "\u00e9"):
            done = subprocess.run(
                [BINARY, "install", "--prefix", self.prefix.name, "--name", name], capture_output=True
            )
            self.assertNotEqual(done.returncode, 0, name)

    def test_11_03_jupyter_starts_it(self):
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import KernelManager

        specs = KernelSpecManager(kernel_dirs=[str(self.folder.parent)], ensure_native_kernel=False)
        self.assertIn(self.folder.name.lower(), specs.find_kernel_specs())
        manager = KernelManager(kernel_name=self.folder.name, kernel_spec_manager=specs)
        manager.start_kernel(env={**os.environ, "LOGOLENS_HOME": self.prefix.name + "/home"})
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=PATIENCE)
            first = client.kernel_info(reply=True, timeout=PATIENCE)["header"]["session"]
            manager.interrupt_kernel()
            manager.restart_kernel(now=False)
            client.wait_for_ready(timeout=PATIENCE)
            again = client.kernel_info(reply=True, timeout=PATIENCE)["header"]["session"]
            self.assertNotEqual(first, again)
            manager.shutdown_kernel(now=False)
            self.assertFalse(manager.is_alive())
        finally:
            client.stop_channels()
            if manager.is_alive():
                manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    unittest.main()
