"""`scrape` and `recheck` as a user runs them, against servers of ours on 127.0.0.1: a whole run, kills at any moment,
interrupts, two programs at once, and every hostile answer of the handed-over corpus through the whole command.

SCRAPE_KILLS=100 for more kills (`make scrape-kill`); SCRAPE_SLOW=1 also for answers that take their time."""
import http.server
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kernel_support import BINARY, PATIENCE, SHARED, Kernel

CORPUS = SHARED / "corpora" / "api"
TOOL = Path(BINARY).parent / "support" / "catalogue_tool"
TOKEN = "scrape-token-8f3a"
KILLS = int(os.environ.get("SCRAPE_KILLS", "6"))
SLOW = os.environ.get("SCRAPE_SLOW") == "1"
SANITIZED = os.environ.get("LOGOLENS_FLAVOR", "release") != "release"


def png(number, side=40):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" + bytes([number * 37 % 256, number * 91 % 256, number * 13 % 256]) * side
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(row * side)) + chunk(b"IEND", b""))


class Mastodon(http.server.BaseHTTPRequestHandler):
    """A server with `posts` posts, the newest first; every fifth picture is that of another post."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body, kind="application/json", lines=()):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *lines):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def status(self, number):
        return {"id": str(number), "created_at": f"2026-11-{1 + number % 28:02}T10:00:00.000Z", "visibility": "public",
                "url": f"https://m.example/@u/{number}", "content": f"<p>post {number} \x1b[31m &lt;b&gt;</p>",
                "favourites_count": number, "account": {"id": str(number % 7), "acct": f"user{number % 7}"},
                "tags": [], "media_attachments": [
                    {"id": f"9{number}", "type": "image", "url": f"{self.server.base}/pic/{number}"}]}

    def do_GET(self):
        s, (path, _, query) = self.server, self.path.partition("?")
        given = dict(part.split("=", 1) for part in query.split("&") if "=" in part)
        s.seen.append((self.path, self.headers.get("Authorization"), self.headers.get("User-Agent")))
        time.sleep(s.delay)
        if path.startswith("/pic/"):
            number = int(path[5:])
            return self.say(200, png(number - number % 5), "image/png")
        if path.startswith("/api/v1/statuses/"):
            number = path.rsplit("/", 1)[1]
            gone = number in s.gone
            return self.say(404 if gone else 200, json.dumps({"error": "gone"} if gone else {"id": number}).encode())
        if s.limited and given.get("max_id"):
            return self.say(429, b"{}", lines=[("Retry-After", str(s.limited))])
        top, size = int(given.get("max_id", s.posts + 1)) - 1, min(int(given.get("limit", 20)), s.page)
        numbers = list(range(top, max(0, top - size), -1))
        lines = [("X-RateLimit-Limit", "300"), ("X-RateLimit-Remaining", "297")]
        if numbers and numbers[-1] > 1:
            lines.append(("Link", f'<{s.base}{path}?max_id={numbers[-1]}>; rel="next"'))
        self.say(200, json.dumps([self.status(n) for n in numbers]).encode(), lines=lines)


class X(Mastodon):
    """Four posts; `gone` are not found any more, `hidden` not for this account; `tier` False: no search."""

    def do_GET(self):
        s, (path, _, query) = self.server, self.path.partition("?")
        s.seen.append((self.path, self.headers.get("Authorization"), self.headers.get("User-Agent")))
        problem = "https://api.x.com/2/problems/"
        if not s.tier:
            return self.say(403, json.dumps({"errors": [{"code": 453, "message": "a subset of endpoints"}]}).encode())
        ids = [str(n) for n in range(1, 5)]
        answer = {"data": [{"id": n, "text": "shoes", "created_at": "2026-11-20T10:00:00Z", "author_id": "9"}
                           for n in ids if path.endswith("recent") or n not in s.gone | s.hidden],
                  "includes": {"users": [{"id": "9", "name": "Ann", "username": "ann"}]}}
        if path.endswith("recent"):
            answer["meta"] = {"result_count": 4}
        else:
            answer["errors"] = [{"resource_id": n, "type": problem + kind} for kind, some in (
                ("resource-not-found", s.gone), ("not-authorized-for-resource", s.hidden)) for n in some]
        self.say(200, json.dumps(answer).encode())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Programs that are killed break off."""


class Place:
    """A server, and a home of its own whose user has connected it."""

    def __init__(self, posts=30, page=5, delay=0.0, platform="mastodon"):
        self.platform = platform
        self.server = s = Server(("127.0.0.1", 0), X if platform == "twitter" else Mastodon)
        s.tier, s.hidden = True, set()
        s.posts, s.page, s.delay, s.seen, s.gone, s.limited = posts, page, delay, [], set(), 0
        s.base = f"http://127.0.0.1:{s.server_address[1]}"
        threading.Thread(target=s.serve_forever, daemon=True).start()
        self.homes = []

    def home(self):
        self.homes.append(Home(self.platform, self.server.base))
        return self.homes[-1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        for home in self.homes:
            home.close()


class Home:
    def __init__(self, platform, origin, hosts=()):
        self.folder = Path(tempfile.mkdtemp(prefix="logolens-test-"))
        config = self.folder / "home" / "config"
        config.mkdir(parents=True, mode=0o700)
        os.chmod(config.parent, 0o700)
        lines = {"mastodon": "access_token = %s", "twitter": "bearer_token = %s", "instagram": "access_token = %s\n"
                 "user_id = 17841", "facebook": "access_token = %s", "bluesky": "handle = ann.test\napp_password = %s"}
        (config / "credentials").write_text(f"[{platform}]\ninstance = {origin}\n{lines[platform] % TOKEN}\n")
        (config / "config.json").write_text(json.dumps(
            {"version": 1, "hosts": list(hosts), "settings": {"contact": "mailto:us@example.org"}}))
        for name in ("credentials", "config.json"):
            os.chmod(config / name, 0o600)

    def start(self, line):
        (self.folder / "line.lens").write_text(line + "\n")
        return subprocess.Popen([BINARY, "run", "line.lens"], cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace",
                                env={**os.environ, "LOGOLENS_HOME": str(self.folder / "home")})

    def run(self, line):
        process = self.start(line)
        text, _ = process.communicate(timeout=10 * PATIENCE)
        return process.returncode, text

    def catalogue(self):
        """All of it as an object, checked to the last byte."""
        done = subprocess.run([str(TOOL), str(self.folder / "home" / "data")], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Scrape(unittest.TestCase):
    def place(self, **how):
        place = Place(**how)
        self.addCleanup(place.close)
        return place

    def test_a_whole_run_and_a_recheck(self):
        place = self.place(posts=30, page=20)
        home = place.home()
        code, text = home.run("scrape mastodon tag adidas limit 25 into found\nshow found")
        self.assertEqual(code, 0, text)
        self.assertIn("25 posts on 2 pages", text)
        self.assertIn("25 of 25 kept, 6 of them different", text)
        self.assertIn("25 of 25 posts spent", text)
        self.assertIn("3 of 300 requests used, 297 left", text)
        self.assertNotIn("\x1b", text)
        self.assertNotIn(TOKEN, text)
        paths = [path for path, _, _ in place.server.seen]
        self.assertEqual([p for p in paths if "/timelines/" in p],
                         ["/api/v1/timelines/tag/adidas?limit=25&only_media=true",
                          "/api/v1/timelines/tag/adidas?limit=5&max_id=11&only_media=true"])
        for path, key, agent in place.server.seen:
            self.assertEqual(key, None if "/pic/" in path else f"Bearer {TOKEN}")
            self.assertIn("(+mailto:us@example.org)", agent)
        # the same line again: the newest posts first, nothing twice
        code, text = home.run("scrape mastodon tag adidas limit 25")
        self.assertEqual(code, 0, text)
        self.assertIn("25, 0 of them new to the catalogue", text)
        self.assertEqual(home.catalogue()["posts"], 25)
        # what is gone there goes here
        place.server.gone = {"30", "21"}
        code, text = home.run("scrape mastodon tag adidas limit 25 resume\nrecheck posts\n"
                              "check posts.count = 23\nrecheck posts")
        self.assertEqual(code, 0, text)
        self.assertIn("2 posts deleted there are dropped, from the catalogue and from posts", text)
        found = home.catalogue()
        self.assertEqual((found["whole"], found["posts"]), (True, 23), found)

    def test_x_its_prices_and_its_tiers(self):
        place = self.place(platform="twitter")
        home = place.home()
        place.server.gone, place.server.hidden = {"2"}, {"3"}
        code, text = home.run("scrape twitter tag adidas limit 10 into found\nrecheck found\ncheck found.count = 3")
        self.assertEqual(code, 0, text)
        self.assertIn("cost      at most $0.08 so far", text)
        self.assertIn("cost  at most $0.02 ($0.005 a post", text)
        self.assertIn("1 post deleted there is dropped", text)
        self.assertIn("hidden (1): the platform does not show them to this account now", text)
        place.server.tier = False
        code, text = home.run("scrape twitter tag adidas limit 500")
        self.assertEqual(code, 1, text)
        self.assertIn("""LL503  Twitter refused the search: this account may not call it (answer 403, code 453)
   1 | scrape twitter tag adidas limit 500
     |        ^^^^^^^
   why: your key works, but its tier has no recent search; nothing was spent
   try: `connect twitter` shows what it may do; `scrape … dry` shows the request
""", text)

    def test_dry_sends_nothing(self):
        place = self.place()
        home = place.home()
        code, text = home.run("scrape mastodon tag adidas limit 25 dry")
        self.assertEqual(code, 0, text)
        self.assertIn(f"GET {place.server.base}/api/v1/timelines/tag/adidas?limit=25&only_media=true", text)
        self.assertEqual(place.server.seen, [])
        self.assertNotIn(TOKEN, text)
        code, text = home.run("scrape twitter tag adidas limit 500 budget 700 dry")  # not connected, and still shown
        self.assertEqual(code, 0, text)
        self.assertIn("GET https://api.x.com/2/tweets/search/recent?", text)
        self.assertIn("at most $14.00", text)
        code, text = home.run("scrape twitter tag adidas")
        self.assertIn("LL502", text)

    def test_a_limit_far_away(self):
        place = self.place()
        home = place.home()
        place.server.limited = 7200
        code, text = home.run("scrape mastodon tag adidas limit 20")
        self.assertEqual(code, 1, text)
        self.assertIn("LL510  Mastodon allows no more requests until", text)
        self.assertIn("try: scrape mastodon tag adidas limit 20 resume", text)
        self.assertIn("5 posts on 1 page, stopped early", text)
        place.server.limited = 0
        code, text = home.run("scrape mastodon tag adidas limit 20 resume\ncheck posts.count = 20")
        self.assertEqual(code, 0, text)
        self.assertNotIn("nothing to `resume`", text)
        code, text = home.run("scrape mastodon tag adidas limit 6 resume")  # another line: none of it was asked for yet
        self.assertEqual(code, 0, text)
        self.assertIn("There was nothing to `resume`", text)

    def test_an_interrupt_while_it_waits(self):
        place = self.place()
        home = place.home()
        place.server.limited = 600
        process = home.start("scrape mastodon tag adidas limit 20")
        end = time.monotonic() + PATIENCE
        while sum("max_id" in path for path, _, _ in place.server.seen) < 1 and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=PATIENCE)
        self.assertNotEqual(process.returncode, 0, text)
        self.assertIn("Interrupted; what came before is kept, and this line goes on with it", text)
        self.assertIn("scrape mastodon tag adidas limit 20 resume", text)
        self.assertEqual(home.catalogue()["posts"], 5)

    def test_a_notebook_sees_it_wait(self):
        place = self.place()
        home = place.home()
        place.server.limited = 600
        with Kernel(folder=home.folder) as kernel:
            client = kernel.client().ready()
            cell = client.send("execute_request", {"code": "scrape mastodon tag adidas limit 20"})
            waits = 0
            while waits < 2:  # the countdown goes on, in one display
                message = client.receive("iopub")
                if message.type == "update_display_data":
                    waits += "allows no more requests for now: it goes on in 9 min" in message.content["data"]["text/plain"]
            client.send("interrupt_request", channel="control")
            reply = client.reply(cell)
            self.assertEqual((reply.content["status"], reply.content["ename"]), ("error", "Interrupted"))
            last = [m.content["data"] for m in client.outputs(cell) if m.type == "update_display_data"][-1]
            self.assertIn("scrape mastodon tag adidas limit 20 resume", last["text/plain"])
            self.assertIn("stopped early", last["text/html"])
            place.server.limited = 0
            reply, shown = client.execute("scrape mastodon tag adidas limit 20 resume into found\nfound.count")
            self.assertEqual(reply.content["status"], "ok", reply)
            self.assertEqual([m.content["data"]["text/plain"] for m in shown if m.type == "execute_result"], ["20"])

    def test_killed_at_any_moment(self):
        place = self.place(posts=24, page=4, delay=0.004)
        whole = place.home()
        line = "scrape mastodon tag adidas limit 24 resume"
        began = time.monotonic()
        code, text = whole.run(line)
        span = time.monotonic() - began
        self.assertEqual(code, 0, text)
        wanted = whole.catalogue()
        self.assertEqual((wanted["whole"], wanted["posts"], wanted["wanted"]), (True, 24, 0), wanted)
        draw, home, finished, killed = random.Random(KILLS), place.home(), 0, 0
        while killed < KILLS:
            process = home.start(line)
            time.sleep(draw.random() * span)
            process.kill()
            process.communicate()
            killed += process.returncode == -signal.SIGKILL
            if process.returncode == 0:  # it was quicker: the next one from the beginning
                self.assertEqual(home.catalogue(), wanted)
                home, finished, span = place.home(), finished + 1, span * 0.95
        code, text = home.run(line)
        self.assertEqual(code, 0, text)
        self.assertEqual(home.catalogue(), wanted)
        print(f"\n  {killed} kills, {finished + 1} scrapes the same", flush=True)

    def test_two_at_once(self):
        place = self.place(posts=40, page=4, delay=0.01)
        home = place.home()
        line = "scrape mastodon tag adidas limit 40"
        both = [home.start(line + " resume") for _ in range(2)]
        done = [(p.communicate(timeout=10 * PATIENCE)[0], p.returncode) for p in both]
        told = [text for text, code in done if code]
        for text in told:
            self.assertIn("LL733  another program goes on with this scrape", text)
        self.assertLess(len(told), 2, told)
        found = home.catalogue()
        self.assertEqual((found["whole"], found["posts"]), (True, 40), found)


class Turned:
    """A port whose every path is below /s/CASE of the corpus' server, which answers there with that case alone."""

    def __init__(self, case, port):
        self.case, self.port = case, port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        with client, socket.create_connection(("127.0.0.1", self.port)) as there:
            try:
                while b"\r\n\r\n" not in head:
                    more = client.recv(65536)
                    if not more:
                        return
                    head += more
                method, path, rest = head.split(b" ", 2)
                session = b"createSession" in path or b"refreshSession" in path
                if session:  # logging in is not what this case is about
                    body = b'{"accessJwt":"eyJ0.eyJleHAiOjk5OTk5OTk5OTl9.aaaa","refreshJwt":"refresh-token",' \
                           b'"did":"did:plc:abc","handle":"ann.test"}'
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                                   b"Content-Length: %d\r\n\r\n" % len(body) + body)
                    return
                there.sendall(method + b" /s/" + self.case.encode() + path + b" " + rest)
                while data := there.recv(1 << 16):
                    client.sendall(data)
            except OSError:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self):
        self.listener.close()


LINES = {"twitter": "tag adidas", "mastodon": "tag adidas", "bluesky": "tag adidas", "instagram": "user adidas tagged",
         "facebook": "user adidas"}
TAKES_ITS_TIME = {"hang", "slow", "endless"}
TAKES_LONG = {"u_slow", "h_429_neg", "h_429_reset"}  # 429 without a time that makes sense is waited for in steps


class Hostile(unittest.TestCase):
    maxDiff = None
    """Every answer of the corpus through the whole command: a clear error or posts, and a catalogue that is whole."""

    @classmethod
    def setUpClass(cls):
        cls.server = None
        if not CORPUS.joinpath("cases.json").exists():
            return
        cls.cases = json.loads((CORPUS / "cases.json").read_text())
        cls.server = subprocess.Popen([sys.executable, str(CORPUS / "badapi.py"), "--max-seconds", "600"],
                                      stdout=subprocess.PIPE, text=True)
        cls.port = json.loads(cls.server.stdout.readline())["port"]

    @classmethod
    def tearDownClass(cls):
        if cls.server:
            cls.server.terminate()
            cls.server.wait()
            cls.server.stdout.close()

    def setUp(self):
        if not self.server and os.environ.get("LOGOLENS_REQUIRE_SHARED") == "1":
            self.fail("the handed-over data is not there, and LOGOLENS_REQUIRE_SHARED=1")
        if not self.server:
            self.skipTest("the handed-over data is not there")

    def judge(self, case):
        """What is wrong with the outcome, or None."""
        began = time.monotonic()
        turned = Turned(case["id"], self.port)
        home = Home(case["platform"], turned.origin, [f"http://127.0.0.1:{self.port}"])
        try:
            line = f"scrape {case['platform']} {LINES[case['platform']]} limit 10 into found"
            code, text = home.run(line)
            found = home.catalogue()
            told = re.search(r"^LL\d{3}  \S", text, re.M)
            wrong = [what for what, bad in (
                (f"ended with {code}", code not in (0, 1)),
                ("says no error", code == 1 and not told),
                (f"is not whole: {found['why']}", not found["whole"]),
                ("shows the token", TOKEN in text),
                ("shows control characters", any(ord(c) < 32 and c != "\n" for c in text)),
                ("shows marks that turn text", any(0x202a <= ord(c) <= 0x202e or 0x2066 <= ord(c) <= 0x2069 for c in text)),
                ("is taken for good", case["expect"] == "error" and code == 0 and "stopped" not in text),
                ("is taken for bad", case["expect"] in ("ok", "escape") and code != 0)) if bad]
            return f"{case['id']} ({case['expect']}) {'; '.join(wrong)}\n{text}" if wrong else None
        finally:
            self.seconds[case["id"]] = time.monotonic() - began
            turned.close()
            home.close()

    def test_every_answer(self):
        cases = [c for c in self.cases if SLOW or (c["how"] not in TAKES_ITS_TIME and c["id"] not in TAKES_LONG)]
        self.seconds = {}
        with ThreadPoolExecutor(8) as pool:
            wrong = [w for w in pool.map(self.judge, cases) if w]
        longest = sorted(self.seconds, key=self.seconds.get)[-4:]
        print(f"\n  {len(cases)} of {len(self.cases)} answers; longest "
              f"{', '.join(f'{name} {self.seconds[name]:.1f} s' for name in longest)}", flush=True)
        self.assertEqual(wrong, [])
        self.assertGreater(len(cases), 80)


if __name__ == "__main__":
    unittest.main()
