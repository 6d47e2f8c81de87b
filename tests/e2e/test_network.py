"""Hostile answers of platforms: the handed-over corpus, served by its own server, fetched with lib/net.

Each answer is fetched by a process of its own (tests/support/net_tool.c) with the limits of the product: the verdict
is the corpus', it takes at most 30 seconds and 256 MB, the token reaches no other server and no output. What the server can
do beyond its list (redirect loops, broken framing, endless pages) is asked for too."""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kernel_support import BINARY, SHARED

CORPUS = SHARED / "corpora" / "api"
TOOL = Path(BINARY).parent / "support" / "net_tool"
SANITIZED = os.environ.get("LOGOLENS_FLAVOR", "release") != "release"
TOKEN = "corpus-token-8f3a/+="
LISTS = {"twitter": "data", "instagram": "data", "facebook": "data", "bluesky": "posts", "mastodon": "."}
SECONDS, MEGABYTES = 30, 256

# More of what the server can do; the body is that of an ordinary answer.
MORE = {"redir_loop": "error", "redir_50": "error", "redir_other": "error", "chunk_bad": "error", "chunk_huge": "error",
        "cl_two": "error", "cl_less": "error", "endless_hdr": "error", "http09": "error", "garbage": "error",
        "close_now": "error", "flaky": "ok", "pages_endless": "ok", "pages_cycle": "ok"}
# The bound of 30 seconds is for what one answer takes; these are more than one request.
PICTURE_TOO = {"u_slow"}
# What is in a post is judged by the reader of posts; here it has to arrive as it was sent.
POSTS_ONLY = {"t_item_num", "t_text_null", "t_text_obj", "t_text_num", "t_author_missing", "t_media_url_null",
              "t_media_url_num", "t_date_garbage", "t_date_neg", "j_10mb_string"}


def need_corpus(test):
    if CORPUS.joinpath("cases.json").exists():
        return
    if os.environ.get("LOGOLENS_REQUIRE_SHARED") == "1":
        test.fail("the handed-over data is not there, and LOGOLENS_REQUIRE_SHARED=1")
    test.skipTest("the handed-over data is not there")


def fits(case, verdict):
    expect = case["expect"]
    if case["id"] in POSTS_ONLY or expect == "escape":
        return verdict == "ok"
    return verdict in {"ok_or_error": ("ok", "error"), "error_or_partial": ("error", "partial")}.get(expect, (expect,))


class Fetched:
    """What came of one case: the tool's object, its messages, seconds and kilobytes."""

    def __init__(self, case, url, origins):
        done = subprocess.run([str(TOOL), LISTS[case["platform"]], url, *origins], capture_output=True,
                              env={**os.environ, "NET_TOKEN": TOKEN, "LOGOLENS_LOG": "debug"})
        self.text, self.messages = done.stdout.decode(), done.stderr.decode()
        self.case, self.status = case, done.returncode
        self.result = json.loads(self.text) if self.status == 0 else {"verdict": f"ended with {self.status}"}
        self.seconds, self.kilobytes = self.result.get("seconds", 0), self.result.get("kilobytes", 0)


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = None
        if not CORPUS.joinpath("cases.json").exists():
            return
        cls.held = tempfile.TemporaryDirectory(prefix="logolens-test-")
        folder = Path(cls.held.name)
        cls.cases = json.loads((CORPUS / "cases.json").read_text())
        plain = next(case for case in cls.cases if case["id"] == "valid_twitter")
        cls.cases += [{**plain, "id": "more_" + how, "how": how, "expect": expect} for how, expect in MORE.items()]
        (folder / "cases.json").write_text(json.dumps(cls.cases))
        (folder / "bodies").symlink_to(CORPUS / "bodies")
        (folder / "ok.jpg").symlink_to(CORPUS / "ok.jpg")
        cls.log = folder / "log"
        cls.server = subprocess.Popen([sys.executable, str(CORPUS / "badapi.py"), "--dir", str(folder),
                                       "--log", str(cls.log), "--max-seconds", "300"], stdout=subprocess.PIPE, text=True)
        cls.ports = json.loads(cls.server.stdout.readline())
        cls.base = f"http://127.0.0.1:{cls.ports['port']}"

    @classmethod
    def tearDownClass(cls):
        if cls.server:
            cls.server.terminate()
            cls.server.wait()
            cls.server.stdout.close()
            cls.held.cleanup()

    def setUp(self):
        need_corpus(self)

    def requests(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def fetch(self, case):
        return Fetched(case, f"{self.base}/s/{case['id']}", [self.base])

    def test_every_answer(self):
        began, before = time.monotonic(), len(self.requests())
        with ThreadPoolExecutor(32) as pool:
            # What waits first, so that the rest runs meanwhile.
            slow = sorted(self.cases, key=lambda c: c["how"] not in ("hang", "slow") and c["id"] not in PICTURE_TOO)
            done = list(pool.map(self.fetch, slow))
        seconds = time.monotonic() - began
        wrong = [f"{d.case['id']}: {d.result['verdict']} for {d.case['expect']} {d.text}{d.messages}"
                 for d in done if not fits(d.case, d.result["verdict"])]
        self.assertEqual(wrong, [])
        for d in done:
            self.assertNotIn(TOKEN, d.text + d.messages)
            self.assertNotIn("corpus-token", d.text + d.messages)
            if not SANITIZED:
                self.assertTrue(0 < d.kilobytes < MEGABYTES << 10, f"{d.kilobytes} kB: {d.case['id']}")
            most = SECONDS * (4 if SANITIZED else 2 if d.case["id"] in PICTURE_TOO else 1)
            self.assertLess(d.seconds, most + 5, d.case["id"])
        self.bodies(done)
        worst = max(done, key=lambda d: d.seconds), max(done, key=lambda d: d.kilobytes)
        print(f"\n  {len(done)} answers in {seconds:.1f} s; longest {worst[0].case['id']} {worst[0].seconds:.1f} s, "
              f"largest {worst[1].case['id']} {worst[1].kilobytes >> 10} MB", flush=True)
        self.leaks(self.requests()[before:])

    def bodies(self, done):
        """What was read is what was sent, byte for byte."""
        same = 0
        for d in done:
            if d.case["how"] != "plain" or d.case["status"] != 200 or d.case["gen"] or d.case["id"] == "h_gzip_trunc":
                continue
            sent = (CORPUS / "bodies" / d.case["body"]).read_bytes().replace(b"MEDIA", self.base.encode() + b"/media")
            self.assertEqual(d.result["sha256"], "" if d.result["code"] == 708 and not d.result["sha256"] else
                             hashlib.sha256(sent).hexdigest(), d.case["id"])
            same += bool(d.result["sha256"])
        self.assertGreater(same, 60)

    def leaks(self, seen):
        """The second port is another server: it got nothing. Pictures were asked for without the token."""
        self.assertGreater(len(seen), 120)
        for request in seen:
            if request["port"] != self.ports["port"]:
                self.fail(f"another server was asked: {request}")
            self.assertNotIn("cookie", request["headers"])
            if request["path"].startswith("/media/"):
                self.assertNotIn("authorization", request["headers"])
            else:
                self.assertEqual(request["headers"]["authorization"], "Bearer " + TOKEN)

    def test_a_redirect_to_an_allowed_server_takes_no_token_along(self):
        other = f"http://127.0.0.1:{self.ports['other']}"
        case, before = next(case for case in self.cases if case["id"] == "more_redir_other"), len(self.requests())
        got = Fetched(case, f"{self.base}/s/{case['id']}/allowed", [self.base, other])
        self.assertEqual(got.result["verdict"], "ok", got.text)
        asked = [r for r in self.requests()[before:] if r["port"] == self.ports["other"]]
        self.assertEqual([r["path"] for r in asked], ["/leak"])
        self.assertNotIn(TOKEN, json.dumps(asked))
        self.assertNotIn("authorization", asked[0]["headers"])

    def test_a_certificate_of_its_own_is_refused(self):
        if not self.ports["tls"]:
            self.skipTest("the server has no certificate (openssl is not there)")
        url = f"https://127.0.0.1:{self.ports['tls']}"
        case = {"id": "tls", "platform": "twitter"}
        got = Fetched(case, url + "/s/valid_twitter/tls", [url])
        self.assertEqual((got.result["verdict"], got.result["code"]), ("error", 705), got.text)
        self.assertNotIn("/s/valid_twitter/tls", self.log.read_text())
