"""What the protocol tests share: a kernel process on ports of its own, and a client that sees every frame.

LOGOLENS_BINARY names the program (default build/logolens)."""
import datetime
import hmac
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import zmq

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LOGOLENS_BINARY") or str(ROOT / "build" / "logolens")
SHARED = Path(os.environ.get("LOGOLENS_SHARED") or ROOT.parent / "shared")
# Sanitizers and other tests beside make everything slower; these only end a wait.
PATIENCE = float(os.environ.get("LOGOLENS_PATIENCE", "180"))
DELIMITER = b"<IDS|MSG>"
DIGITS = "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
# Ten million commands: ends only by an interrupt or a shutdown.
SLOW = "".join(f"for {name} in {DIGITS} {{ " for name in "abcdefg") + "let x = ($a + $g)" + " }" * 7


def below_the_systems_own():
    """Ports that the system gives to nobody who asks for any: between a look at one and its use nobody else gets it."""
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        first = 32768
    return range(10000, first) if first > 15000 else range(20000, 60000)


def take_port(port):
    """A socket by which this process has it among the tests that run, which may be many at once; None: it is not free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the kernel asks for it
        taken = socket.socket(socket.AF_UNIX)
        try:
            probe.bind(("127.0.0.1", port))
            taken.bind(f"\0logolens-test-port-{port}")  # no file: it is gone with the process
        except OSError:
            taken.close()
            return None
    return taken


TAKEN = {}  # port: its socket


def free_ports(count):
    """Ports that are this process's, also for a kernel that starts again on them, until they are given back."""
    own = []
    while len(own) < count:
        port = random.SystemRandom().choice(below_the_systems_own())
        taken = take_port(port)
        if taken:
            TAKEN[port] = taken
            own.append(port)
    return own


def give_back(ports):
    for port in ports:
        TAKEN.pop(port).close()


def small_photos(folder, of_each=6, side=8):
    """Pictures of two classes, light and dark, as BMP files in a folder of each."""
    for label, shade in (("light", 200), ("dark", 40)):
        (folder / label).mkdir(parents=True)
        for n in range(of_each):
            head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + 3 * side * side, 0, 0, 54, 40, side, side, 1, 24, 0,
                               3 * side * side, 2835, 2835, 0, 0)
            # Each differs from the others in every row, so that no two look alike.
            pixels = bytes(min(255, shade + (7 * x * (n + 1) + 13 * y * n) % 50) for y in range(side)
                           for x in range(side) for _ in range(3))
            (folder / label / f"{n}.bmp").write_bytes(head + pixels)
    return folder


def give_sample(home):
    """The pictures of sample:logos into a home (LOGOLENS_HOME), as if they had been drawn there: `make` drew them once
    (Makefile: SAMPLE)."""
    drawn, cache = ROOT / "build/test-home/cache/samples", Path(home) / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    # Links where both are on one disk: nothing writes into these files.
    if subprocess.run(["cp", "-al", drawn, cache], stderr=subprocess.DEVNULL).returncode:
        shutil.rmtree(cache / "samples", ignore_errors=True)
        subprocess.run(["cp", "-a", drawn, cache], check=True)


def signer_of(connection):
    """A function from parts to the signature that a connection file asks for."""
    key, scheme = connection["key"].encode(), connection.get("signature_scheme", "hmac-sha256").split("-")[1]
    return lambda parts: hmac.new(key, b"".join(parts), scheme).hexdigest().encode() if key else b""


class Message:
    def __init__(self, frames, sign):
        at = frames.index(DELIMITER)
        self.routing, self.signature = frames[:at], frames[at + 1]
        self.raw = frames[at + 2:at + 6]
        self.header, self.parent, self.metadata, self.content = (json.loads(part) for part in self.raw)
        self.buffers = frames[at + 6:]
        self.type = self.header["msg_type"]
        assert self.signature == sign(self.raw), f"{self.type} is wrongly signed"

    def __repr__(self):
        return f"{self.type} {self.content}"


CHANNELS = ("shell", "control", "stdin", "iopub")


class Client:
    """Raw DEALERs and a SUB; every message that comes in has its signature checked."""

    def __init__(self, connection, topic=b"", curve=None, reconnect=100, small=False, identity=None, channels=CHANNELS):
        self.connection, self.sign = connection, signer_of(connection)
        self.context = zmq.Context()
        self.session = uuid.uuid4().hex
        self.sockets = {}
        self.topic, self.curve, self.reconnect, self.small, self.identity = topic, curve, reconnect, small, identity
        for name in channels:
            self.connect(name)

    def connect(self, name, events=0):
        """events: of libzmq's, that the socket which is given tells of."""
        s = self.context.socket(zmq.SUB if name == "iopub" else zmq.DEALER)
        s.linger = 0
        s.ipv6 = ":" in self.connection["ip"]
        s.rcvhwm = 10 if self.small else 0  # small: room for a few messages only
        if self.small:
            s.setsockopt(zmq.RCVBUF, 4096)
        s.reconnect_ivl = self.reconnect  # milliseconds
        if self.curve:
            s.curve_publickey, s.curve_secretkey = zmq.curve_keypair()
            s.curve_serverkey = self.curve
        if name == "iopub":
            s.subscribe(self.topic)
        elif self.identity:  # the same on shell and stdin: who sent a cell is asked
            s.identity = self.identity
        told = s.get_monitor_socket(events) if events else None
        s.connect(self.address(name))
        self.sockets[name] = s
        return told

    def address(self, name):
        c = self.connection
        join = "-" if c["transport"] == "ipc" else ":"
        ip = f"[{c['ip']}]" if ":" in c["ip"] else c["ip"]
        return f"{c['transport']}://{ip}{join}{c[name + '_port']}"

    def close(self):
        self.context.destroy(linger=0)

    def header(self, msg_type, **extra):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        return {"msg_id": uuid.uuid4().hex, "session": self.session, "username": "test", "date": now,
                "msg_type": msg_type, "version": "5.5", **extra}

    def frames(self, msg_type, content=None, header=None, metadata=None):
        head = self.header(msg_type) if header is None else header
        body = content if isinstance(content, bytes) else json.dumps(content or {}).encode()
        parts = [head if isinstance(head, bytes) else json.dumps(head).encode(), b"{}",
                 json.dumps(metadata or {}).encode(), body]
        return [DELIMITER, self.sign(parts)] + parts

    def send(self, msg_type, content=None, channel="shell", buffers=(), subshell=None, **more):
        if subshell:
            more["header"] = self.header(msg_type, subshell_id=subshell)
        frames = self.frames(msg_type, content, **more)
        self.sockets[channel].send_multipart(frames + list(buffers))
        return json.loads(frames[2])["msg_id"]

    def receive(self, channel, timeout=None):
        s = self.sockets[channel]
        if not s.poll(1000 * (PATIENCE if timeout is None else timeout)):
            raise TimeoutError(f"nothing on {channel}")
        return Message(s.recv_multipart(), self.sign)

    def arrived(self):
        """Waits until the kernel has everything that was sent on shell so far, though a cell runs: a subshell that is
        not there answers as soon as it is asked."""
        message = self.reply(self.send("is_complete_request", {"code": ""}, subshell="of nobody"))
        assert message.content["ename"] == "LL197", message

    def silent(self, channel, seconds=0.3):
        return not self.sockets[channel].poll(1000 * seconds)

    def reply(self, msg_id, channel="shell"):
        while True:
            message = self.receive(channel)
            if message.parent.get("msg_id") == msg_id:
                return message

    def outputs(self, msg_id):
        """All of IOPub that belongs to a request, from busy to idle."""
        found = []
        while True:
            message = self.receive("iopub")
            if message.parent.get("msg_id") != msg_id:
                continue
            found.append(message)
            if message.type == "status" and message.content["execution_state"] == "idle":
                return found

    def ask(self, msg_type, content=None, channel="shell", **more):
        msg_id = self.send(msg_type, content, channel, **more)
        return self.reply(msg_id, channel), self.outputs(msg_id)

    def execute(self, code, **options):
        return self.ask("execute_request", {"code": code, **options})

    def ready(self):
        """Waits until IOPub is connected: the welcome says so."""
        while self.receive("iopub").type != "iopub_welcome":
            pass
        return self


class Kernel:
    def __init__(self, key=None, wait=True, env=None, argv=(), folder=None, log=None, **connection):
        """folder: that of another kernel, which it shares with its home; without one, a folder of its own. log: a
        descriptor for its outputs, instead of a file."""
        self.home = Path(folder) if folder else None
        self.folder = tempfile.TemporaryDirectory(prefix="logolens-test-")
        names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
        self.ports = free_ports(5)
        self.connection = {"transport": "tcp", "ip": "127.0.0.1", **dict(zip(names, self.ports)),
                           "key": uuid.uuid4().hex if key is None else key, "signature_scheme": "hmac-sha256",
                           "kernel_name": "logolens", **connection}
        self.file = Path(self.folder.name) / "connection.json"
        self.file.write_text(json.dumps(self.connection))
        self.log = Path(self.folder.name) / "log"
        self.argv, self.env, self.clients, self.outputs_to = list(argv), env or {}, [], log
        self.start(wait)

    def start(self, wait=True):
        work = self.home or Path(self.folder.name)
        env = {**os.environ, "LOGOLENS_HOME": str(work / "home"), **self.env}
        env.pop("JPY_PARENT_PID", None) if "JPY_PARENT_PID" not in self.env else None
        with open(self.log, "ab") as file:
            log = file if self.outputs_to is None else self.outputs_to
            self.process = subprocess.Popen([BINARY, "kernel", "-f", str(self.file)] + self.argv, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=work, env=env, start_new_session=True)
        if wait:
            client = self.client()
            until(lambda: not self.alive() or client.sockets["iopub"].poll(50), "the kernel speaks")
            if not self.alive():
                raise AssertionError("the kernel ended: " + self.log.read_text(errors="replace"))
            client.ready().ask("kernel_info_request")
            client.close()

    def client(self, **options):
        client = Client(self.connection, **options)
        self.clients.append(client)
        return client

    def alive(self):
        return self.process.poll() is None

    def wait(self, timeout=None):
        return self.process.wait(PATIENCE if timeout is None else timeout)

    def stop(self):
        for client in self.clients:
            client.close()
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        status = self.wait()
        text = self.log.read_text(errors="replace")
        self.folder.cleanup()
        give_back(self.ports)
        self.ports = []
        assert "Sanitizer" not in text, text
        return status

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def memory(self, kind="VmRSS"):
        """Resident bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(kind):
                return 1024 * int(line.split()[1])
        return 0

    def opened(self):
        """What each of its descriptors leads to, without the files of the history, which it opens behind the cells."""
        found = []
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                found.append(os.readlink(entry))
            except OSError:  # closed meanwhile
                pass
        return [target for target in found if "/history." not in target]

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def connections(self):
        """Front ends' four each, once all of them stand. The five sockets that listen are none."""
        return sum(target.startswith("socket:") for target in self.opened()) - 5

    def connected(self, clients):
        """Waits until just so many front ends are connected, on all their channels."""
        until(lambda: self.connections() == 4 * clients, f"{clients} front ends are connected")

    def closes_all_but(self, before):
        """Waits until no more is open than was (opened())."""
        until(lambda: len(self.opened()) <= len(before), "what came since is closed")

    def threads(self):
        """The names of its threads; one that ends meanwhile may be left out."""
        names = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                names.append((task / "comm").read_text().strip())
            except OSError:
                pass
        return sorted(names)


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.01)
