"""A bad line: forwards TCP connections on 127.0.0.1 and cuts, delays and truncates them by a seeded schedule.

    with Cutter(("127.0.0.1", 14051), seed=7) as line:
        line.bad = True
        ... line.url ... line.seen ...

What becomes of the n-th connection depends on seed and n alone: `whole`, `late` (held up before it goes on), `slow`
(in small pieces), `short` (closed properly after some bytes of the answer), `cut` (reset after some bytes), `dead`
(reset at once). Bytes are counted from the server's side: what the client sends arrives. Connections made while `bad`
is False are `whole` and are not counted."""

import collections
import random
import socket
import struct
import threading
import time

KINDS = {"whole": 50, "late": 10, "slow": 10, "short": 12, "cut": 12, "dead": 6}  # of a hundred


class Cutter:
    def __init__(self, target=None, seed=1, bad=False):
        self.target, self.seed, self.bad, self.count = target, seed, bad, 0
        self.seen, self.lock = collections.Counter(), threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()

    def fate(self):
        """What becomes of the next connection, and after how many bytes of the answer."""
        with self.lock:
            if not self.bad:
                return "whole", 0
            self.count += 1
            draw = random.Random(f"{self.seed}/{self.count}")
            kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
            self.seen[kind] += 1
            return kind, int(10 ** draw.uniform(0, 5))

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client, *self.fate()), daemon=True).start()

    def serve(self, client, kind, length):
        try:
            if kind == "dead":
                return reset(client)
            with socket.create_connection(self.target) as server:
                up = threading.Thread(target=pour, args=(client, server), daemon=True)
                up.start()
                if kind == "late":
                    time.sleep(0.4)
                down(server, client, kind, length)
                reset(client) if kind == "cut" else close(client)
        except OSError:
            close(client)


def pour(source, sink):
    """All that comes, until one of them has enough."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def down(server, client, kind, length):
    left = length if kind in ("short", "cut") else None
    while data := server.recv(400 if kind == "slow" else 65536):
        if left is not None:
            data = data[:left]
            left -= len(data)
        client.sendall(data)
        if left == 0:
            return
        if kind == "slow":
            time.sleep(0.002)


def close(s):
    try:
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    s.close()


def reset(s):
    """Ends a connection as a machine does that has gone: without a goodbye."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
