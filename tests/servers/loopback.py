"""A web server on 127.0.0.1 for tests of all that talks to platforms: services answer, faults spoil it on demand.

    with Server([Twitter(posts)], pictures) as server:
        server.spoil(Fault("cut", path="/2/tweets", times=2))
        ... server.url ... server.log ...

A service is an object with `answer(request)`, which gives an Answer or None where the request is another's. It may
have `limited(seconds)`, `refused()` and `empty(request)`: how its platform says that too much was asked, that this
may not be asked, and that a page is empty though more comes. Standard library only."""

import collections
import hashlib
import http.server
import json
import re
import socket
import threading
import time
import urllib.parse
from pathlib import Path

TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp"}
PICTURE = re.compile(r"/media/(\d+)/[^/]*$")


class Answer:
    def __init__(self, body=b"", status=200, headers=None, kind="application/json; charset=utf-8"):
        self.body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.status, self.headers, self.kind = status, dict(headers or {}), kind


class Request:
    def __init__(self, method, target, headers, body, base):
        self.method, self.target, self.headers, self.body, self.base = method, target, headers, body, base
        parts = urllib.parse.urlsplit(target)
        self.path, self.query = urllib.parse.unquote(parts.path), parts.query
        self.pairs = sorted(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.params = dict(self.pairs)

    def number(self, name, default):
        text = self.params.get(name, "")
        return int(text) if text.isdigit() else default


class Fault:
    """One thing that goes wrong for requests whose path (with its query) matches.

    kind: `limited` (429 as the platform says it; seconds: until it lets go), `refused` (403 as the platform says it),
    `status` (an error page with that status), `cut` (part of the body, then the end; share: how much), `reset`
    (nothing, then the end), `slow` (seconds before the answer), `drip` (the body in pieces over so many seconds),
    `unchanged` (304 to somebody who has nothing), `ignore` (a parameter is not seen), `empty` (a page without posts,
    and more to come), `body` (these bytes in the place of the answer). after: so many such requests go well first;
    times: for how many it goes wrong."""

    def __init__(self, kind, path="", times=1, after=0, **more):
        self.kind, self.path, self.times, self.after, self.more = kind, re.compile(path), times, after, more

    def due(self, request):
        if not self.path.search(request.target) or self.times <= 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Pictures:
    """Files that are served below /media. An address that cannot be reached is given one of them, always the same."""

    def __init__(self, files):
        self.files = [Path(f) for f in files]
        self.place = {f: i for i, f in enumerate(self.files)}
        self.given = {}

    def path(self, file):
        return f"/media/{self.place[Path(file)]}/{urllib.parse.quote(Path(file).name)}"

    def path_for(self, address):
        """In the order in which they are asked for, so that every picture is used once before one is used twice."""
        if address not in self.given:
            self.given[address] = self.files[len(self.given) % len(self.files)]
        return self.path(self.given[address])

    def answer(self, request):
        found = PICTURE.match(request.path)
        if not found:
            return None
        if int(found.group(1)) >= len(self.files):
            return Answer(b"gone", 404, kind="text/plain")
        file = self.files[int(found.group(1))]
        body = file.read_bytes()
        tag = '"' + hashlib.sha256(body).hexdigest()[:20] + '"'
        if request.headers.get("if-none-match") == tag:
            return Answer(b"", 304, {"ETag": tag})
        return Answer(body, headers={"ETag": tag, "Cache-Control": "max-age=604800"}, kind=TYPES[file.suffix.lower()])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, services=(), pictures=None, faults=(), port=0):
        self.services = list(services) + ([pictures] if pictures else [])
        self.pictures, self.faults, self.lock, self.log = pictures, list(faults), threading.Lock(), []
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        for service in self.services:
            if hasattr(service, "at"):
                service.at(self)
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join()

    def handle_error(self, request, client_address):
        pass  # a client that went away: nothing of the server's

    def spoil(self, *faults):
        with self.lock:
            self.faults += faults

    def heal(self):
        with self.lock:
            self.faults.clear()

    def asked(self, path=""):
        """Targets that were asked for, in their order."""
        return [entry.target for entry in list(self.log) if re.search(path, entry.target)]

    def fault_for(self, request):
        with self.lock:
            return next((fault for fault in self.faults if fault.due(request)), None)

    def service_for(self, request):
        for service in self.services:
            answer = service.answer(request)
            if answer is not None:
                return service, answer
        return None, Answer({"error": "Not Found"}, 404)


Entry = collections.namedtuple("Entry", "method target headers body")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle_any(self):
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length), self.server.url)
        with self.server.lock:
            self.server.log.append(Entry(request.method, request.target, headers, request.body))
        fault = self.server.fault_for(request)
        if fault and fault.kind == "ignore":
            left = [(k, v) for k, v in request.pairs if k != fault.more["name"]]
            request = Request(request.method, f"{self.path.split('?')[0]}?{urllib.parse.urlencode(left)}", headers,
                              request.body, request.base)
        service, answer = self.server.service_for(request)
        if fault:
            answer = self.spoiled(fault, service, request, answer)
        if answer:
            self.send(answer, fault)

    do_GET = do_POST = do_HEAD = do_DELETE = do_PUT = handle_any

    def spoiled(self, fault, service, request, answer):
        """The answer as the fault leaves it; None: the connection just ends."""
        kind, more = fault.kind, fault.more
        if kind == "limited":
            return service.limited(more.get("seconds", 2)) if service else Answer(b"", 429)
        if kind == "refused":
            return service.refused()
        if kind == "empty":
            return service.empty(request) or answer
        if kind == "status":
            page = b"<html><head><title>Error</title></head><body>Please try again later.</body></html>"
            return Answer(more.get("body", page), more["status"], more.get("headers"), "text/html; charset=utf-8")
        if kind == "body":
            return Answer(more["body"], more.get("status", 200), answer.headers, answer.kind)
        if kind == "unchanged":
            return Answer(b"", 304, {"ETag": '"of-something-else"'})
        if kind == "slow":
            time.sleep(more["seconds"])
        if kind == "reset":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        return answer

    def send(self, answer, fault):
        body = b"" if self.command == "HEAD" or answer.status == 304 else answer.body
        self.send_response(answer.status)
        if answer.status != 304:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        if fault and fault.kind == "cut":
            self.wfile.write(body[:int(len(body) * fault.more.get("share", 0.5))])
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if fault and fault.kind == "drip":
            pieces = 10
            for i in range(pieces):
                self.wfile.write(body[len(body) * i // pieces:len(body) * (i + 1) // pieces])
                time.sleep(fault.more["seconds"] / pieces)
            return
        self.wfile.write(body)
