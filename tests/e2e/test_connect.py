"""`connect`: the prompt of a cell, keys that nobody gets to see, and what platforms answer.

The platforms are small servers on 127.0.0.1 that know their keys: a request without the right ones is 401."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import tempfile
import termios
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

from kernel_support import BINARY, PATIENCE, Kernel, until

BEARER = "AAAA-bearer-of-the-test/+=9"
KEY, SECRET = "kx8431-of-the-app-1", "sx5532-of-the-app-1"
TOKEN, TOKEN_SECRET = "ux77123-of-somebody", "vx99431-of-somebody"
APP = "ax41239-made-of-two"
PASSWORD = "pxcd-efgh-ijkl-mnop"
SECRETS = [BEARER, KEY, SECRET, TOKEN, TOKEN_SECRET, APP, PASSWORD]


def jwt(name, seconds):
    part = base64.urlsafe_b64encode(json.dumps({"exp": int(time.time()) + seconds}).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJub25lIn0.{part}.{name}-signature"


class Platforms(http.server.ThreadingHTTPServer):
    """All platforms at once; `seen` are method, path, authorization and body of every request."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.answers, self.tokens, self.refreshed = [], {}, {APP, BEARER, TOKEN}, 0
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self):
        return [f"{method} {path}" for method, path, _, _ in self.seen]

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def say(self, status, body, **headers):
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        self.serve("POST")

    def do_GET(self):
        self.serve("GET")

    def serve(self, method):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        auth = self.headers.get("Authorization") or ""
        url = urllib.parse.urlsplit(self.path)
        self.server.seen.append((method, url.path, auth, body))
        fixed = self.server.answers.get(url.path)
        if fixed:
            return self.say(fixed[0], fixed[1], **(fixed[2] if len(fixed) > 2 else {}))
        name = re.sub(r"\W+", "_", url.path)
        return getattr(self, name, self.nothing)(auth, body, url)

    def nothing(self, auth, body, url):
        self.say(404, {"detail": "Not Found"})

    def bearer(self, auth):
        return auth.startswith("Bearer ") and auth[7:] in self.server.tokens

    def signed(self, auth, url):
        """RFC 5849, checked by other code than ours."""
        if not auth.startswith("OAuth "):
            return False
        given = {k: urllib.parse.unquote(v) for k, v in re.findall(r'(\w+)="([^"]*)"', auth)}
        pairs = [(k, v) for k, v in given.items() if k != "oauth_signature"] + urllib.parse.parse_qsl(url.query)
        def quote(text):
            return urllib.parse.quote(text, safe="-._~")
        text = "&".join("=".join(pair) for pair in sorted((quote(k), quote(v)) for k, v in pairs))
        base = "&".join(("GET", quote(self.server.origin + url.path), quote(text)))
        mac = hmac.new(f"{quote(SECRET)}&{quote(TOKEN_SECRET)}".encode(), base.encode(), hashlib.sha1).digest()
        return given.get("oauth_signature") == base64.b64encode(mac).decode() and given["oauth_token"] == TOKEN

    # ---- X ----
    def _oauth2_token(self, auth, body, url):
        wanted = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if auth != f"Basic {wanted}" or body != "grant_type=client_credentials":
            return self.say(403, {"errors": [{"code": 99, "message": f"Unable to verify {auth}"}]})
        self.say(200, {"token_type": "bearer", "access_token": APP})

    def _2_usage_tweets(self, auth, body, url):
        if not self.bearer(auth):
            return self.say(401, {"title": "Unauthorized", "detail": f"Unauthorized: {auth}"})
        self.say(200, {"data": {"project_cap": "2000000", "project_usage": "1200", "cap_reset_day": 3}},
                 x_rate_limit_limit="50", x_rate_limit_remaining="49", x_rate_limit_reset=str(int(time.time()) + 600))

    def _2_users_me(self, auth, body, url):
        if not self.signed(auth, url):
            return self.say(401, {"title": "Unauthorized", "detail": "Unauthorized"})
        self.say(200, {"data": {"id": "783214", "username": "shop", "name": "The <b>Shop</b>"}})

    # ---- Bluesky ----
    def _xrpc_com_atproto_server_createSession(self, auth, body, url):
        if json.loads(body) != {"identifier": "shop.test", "password": PASSWORD}:
            return self.say(401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"})
        access = jwt("access", 7200)
        self.server.tokens.add(access)
        self.say(200, {"accessJwt": access, "refreshJwt": jwt("refresh", 90000), "handle": "shop.test", "did": "did:1"})

    def _xrpc_com_atproto_server_getSession(self, auth, body, url):
        if not self.bearer(auth):
            return self.say(400, {"error": "ExpiredToken", "message": "Token has expired"})
        self.say(200, {"handle": "shop.test", "did": "did:plc:1", "email": "a@b.c"}, RateLimit_Limit="3000",
                 RateLimit_Remaining="2998", RateLimit_Reset=str(int(time.time()) + 300), RateLimit_Policy="3000;w=300")

    def _xrpc_com_atproto_server_refreshSession(self, auth, body, url):
        self.server.refreshed += 1
        if "refresh-signature" not in auth:
            return self.say(400, {"error": "InvalidToken", "message": "no"})
        access = jwt(f"again{self.server.refreshed}", 7200)
        self.server.tokens.add(access)
        self.say(200, {"accessJwt": access, "refreshJwt": jwt("refresh", 90000), "handle": "shop.test", "did": "did:1"})

    # ---- Mastodon ----
    def _api_v1_accounts_verify_credentials(self, auth, body, url):
        if not self.bearer(auth):
            return self.say(401, {"error": "The access token is invalid"})
        self.say(200, {"id": "117", "username": "shop", "acct": "shop", "display_name": "Shop"},
                 X_RateLimit_Limit="300", X_RateLimit_Remaining="299", X_RateLimit_Reset="2126-08-01T13:50:00.055798Z")

    def _api_v1_timelines_public(self, auth, body, url):
        self.say(200, []) if not auth else self.say(401, {"error": "?"})

    # ---- Meta ----
    def _v23_0_me(self, auth, body, url):
        if not self.bearer(auth):
            return self.say(400, {"error": {"message": "Error validating access token", "code": 190}})
        self.say(200, {"id": "1", "name": "Shop Owner"}, X_App_Usage='{"call_count":12,"total_time":3,"total_cputime":4}')

    def _v23_0_me_permissions(self, auth, body, url):
        self.say(200, {"data": [{"permission": "instagram_basic", "status": "granted"},
                                {"permission": "pages_read_engagement", "status": "granted"},
                                {"permission": "instagram_manage_comments", "status": "declined"}]})

    def _v23_0_me_accounts(self, auth, body, url):
        self.say(200, {"data": [{"name": "The Page", "id": "5",
                                 "instagram_business_account": {"id": "17841", "username": "shopgram"}}]})

    # ---- X, a user's token of OAuth 2 ----
    def _2_oauth2_token(self, auth, body, url):
        given = dict(urllib.parse.parse_qsl(body))
        if given != {"grant_type": "refresh_token", "client_id": "client-1", "refresh_token": "dx6614-refresh-one"}:
            return self.say(400, {"error": "invalid_request", "error_description": "Value passed for the token was invalid"})
        self.server.refreshed += 1
        self.server.tokens.add("bx6612-access-two")
        self.say(200, {"token_type": "bearer", "access_token": "bx6612-access-two", "refresh_token": "cx6613-refresh-two",
                       "expires_in": 7200})


class Cells(unittest.TestCase):
    """A kernel whose platforms are ours, and a front end that counts everything it gets to see."""

    def setUp(self):
        self.platforms = Platforms()
        self.addCleanup(self.platforms.close)
        self.folder = tempfile.TemporaryDirectory(prefix="logolens-connect-")
        self.addCleanup(self.folder.cleanup)
        self.work = Path(self.folder.name)
        self.config = self.work / "home" / "config"

    def start(self, **env):
        names = ("TWITTER", "BLUESKY", "MASTODON", "INSTAGRAM", "FACEBOOK")
        env = {**{f"LOGOLENS_{name}_INSTANCE": self.platforms.origin for name in names if name != "MASTODON"}, **env}
        self.kernel = Kernel(folder=self.work, env={"LOGOLENS_LOG": "debug", **env})
        self.addCleanup(self.kernel.stop)
        self.client = self.kernel.client(identity=b"front-end-1").ready()
        self.seen = []

    def keys(self, text, name="credentials", folder=None, mode=0o600):
        folder = folder or self.config
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for place in (folder.parent, folder):
            place.chmod(0o700)
        path = folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def begin(self, code, **options):
        return self.client.send("execute_request", {"code": code, **options})

    def question(self):
        message = self.client.receive("stdin")
        self.seen.append(message)
        self.assertEqual(message.type, "input_request")
        return message

    def answer(self, value, question=None, client=None, **content):
        client = client or self.client
        header = client.header("input_reply")
        frames = client.frames("input_reply", content or {"value": value}, header=header)
        if question:
            frames[3] = json.dumps(question.header).encode()
            frames[1] = client.sign(frames[2:6])
        client.sockets["stdin"].send_multipart(frames)

    def end(self, msg_id):
        reply = self.client.reply(msg_id)
        outputs = self.client.outputs(msg_id)
        self.seen += [reply, *outputs]
        return reply.content, outputs

    def run_cell(self, code, *answers, **options):
        """Answers each question in turn; gives the reply, what was shown as text, and the questions."""
        msg_id, asked = self.begin(code, **options), []
        for value in answers:
            asked.append(self.question())
            self.answer(value, asked[-1])
        reply, outputs = self.end(msg_id)
        text = "".join(m.content["data"]["text/plain"] for m in outputs if m.type == "display_data")
        return reply, text + "".join(m.content["text"] for m in outputs if m.type == "stream"), asked

    def fails(self, code, name, *answers, **options):
        reply, _, _ = self.run_cell(code, *answers, **options)
        self.assertEqual((reply["status"], reply.get("ename")), ("error", name), reply)
        return "\n".join(reply["traceback"])

    def nowhere(self, *secrets, but=()):
        """Neither in a message, nor the log, nor any file but those of keys."""
        texts = {f"message {i} {m.type}": json.dumps([m.header, m.parent, m.content, m.metadata])
                 for i, m in enumerate(self.seen)}
        for path in self.work.rglob("*"):
            if path.is_file() and path.name not in but:
                texts[str(path)] = path.read_bytes().decode("latin-1")
        texts["log"] = self.kernel.log.read_text(errors="replace")
        self.assertGreater(len(texts), 3)
        for secret in secrets:
            for form in (secret, urllib.parse.quote(secret, safe=""), base64.b64encode(secret.encode()).decode()[:-4],
                         secret[:8]):
                for place, text in texts.items():
                    self.assertNotIn(form, text, place)


class Prompt(Cells):
    def test_typed_keys_and_who_sees_them(self):
        self.start()
        reply, text, asked = self.run_cell("connect twitter", "", KEY, SECRET + "\n", TOKEN, TOKEN_SECRET, "no")
        self.assertEqual(reply["status"], "ok", reply)
        self.assertEqual([q.content["password"] for q in asked], [True] * 5 + [False])
        self.assertEqual(asked[0].parent, json.loads(json.dumps(asked[0].parent)))
        self.assertIn("X lets @shop in: 1,998,800 of 2,000,000 posts of this month are left", text)
        self.assertIn("49 of 50", text)
        self.assertIn("The <b>Shop</b>", text)
        html = "".join(m.content["data"].get("text/html", "") for m in self.seen if m.type == "display_data")
        self.assertIn("The &lt;b&gt;Shop&lt;/b&gt;", html)
        self.assertFalse((self.config / "credentials").exists())
        # The session keeps them: nothing is asked again.
        reply, text, _ = self.run_cell("connect twitter")
        self.assertEqual(reply["status"], "ok", reply)
        self.assertEqual(self.platforms.paths().count("POST /oauth2/token"), 1)
        # Whoever writes one into a cell does not find it again.
        for code in (f"say {KEY}", f'say "it is {SECRET}!"', f"let x = 1 # {TOKEN_SECRET}", f"fit {KEY}"):
            self.run_cell(code)
        # Nor in what the session saves.
        network = "model net {{ input 8x8x3; flatten; dense 3 softmax name {} }}\nsave net to {}.lmodel"
        self.assertEqual(self.run_cell(network.format("plain", "plain"))[0]["status"], "ok")
        self.run_cell(network.format(f'"{KEY}"', "named"))
        self.assertIn('say "it is [secret]!"', [m.content["code"] for m in self.seen if m.type == "execute_input"])
        for how in ({"hist_access_type": "range", "output": True}, {"hist_access_type": "tail", "n": 10}):
            reply, _ = self.client.ask("history_request", how)
            self.seen.append(reply)
            self.assertIn("[secret]", json.dumps(reply.content))
        reply, _ = self.client.ask("complete_request", {"code": f"say {KEY}", "cursor_pos": 5})
        self.seen.append(reply)
        self.nowhere(KEY, SECRET, TOKEN, TOKEN_SECRET, APP)

    def test_with_jupyters_own_client(self):
        from jupyter_client import BlockingKernelClient
        self.start()
        client = BlockingKernelClient(connection_file=str(self.kernel.file))
        client.load_connection_file()
        client.start_channels()
        self.addCleanup(client.stop_channels)
        client.wait_for_ready(timeout=PATIENCE)
        asked, shown = [], []

        def on_stdin(message):
            asked.append(message["content"])
            client.input({"Handle": "shop.test", "App pa": PASSWORD, "These ": "no"}[message["content"]["prompt"][:6]])

        reply = client.execute_interactive("connect bluesky", allow_stdin=True, timeout=PATIENCE, stdin_hook=on_stdin,
                                           output_hook=shown.append)
        self.assertEqual(reply["content"]["status"], "ok", reply)
        self.assertEqual([q["password"] for q in asked], [False, True, False])
        self.assertIn("Bluesky lets @shop.test in", json.dumps([m["content"] for m in shown]))
        self.assertNotIn(PASSWORD, json.dumps([m["content"] for m in shown]))

    def test_interrupt_while_it_waits(self):
        self.start()
        msg_id = self.begin("connect twitter")
        first = self.question()
        self.client.reply(self.client.send("interrupt_request", channel="control"), "control")
        reply, _ = self.end(msg_id)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "Interrupted"))
        # What comes too late answers nothing, neither at once nor the next question.
        self.answer(BEARER, first)
        msg_id = self.begin("connect twitter")
        second = self.question()
        self.answer(BEARER, first)
        self.assertTrue(self.client.silent("stdin"))
        self.kernel.process.send_signal(signal.SIGINT)
        reply, _ = self.end(msg_id)
        self.assertEqual(reply["ename"], "Interrupted")
        self.assertNotEqual(first.header["msg_id"], second.header["msg_id"])
        reply, text, _ = self.run_cell("say hello")
        self.assertIn("hello", text)
        self.assertEqual(self.platforms.seen, [])
        self.nowhere(BEARER)

    def test_nobody_to_ask(self):
        self.start()
        text = self.fails("connect twitter", "LL502", allow_stdin=False)
        self.assertTrue(self.client.silent("stdin"))
        for part in ("[twitter]", "bearer_token", str(self.config), "LOGOLENS_TWITTER_BEARER_TOKEN"):
            self.assertIn(part, text)

    def test_answers_that_are_none(self):
        self.start()
        other = self.kernel.client(identity=b"front-end-2")
        msg_id = self.begin("connect facebook")
        question = self.question()
        self.answer(BEARER, question, client=other)  # not who was asked
        frames = self.client.frames("input_reply", {"value": BEARER})
        self.client.sockets["stdin"].send_multipart([frames[0], b"0" * 64] + frames[2:])  # wrongly signed
        self.client.sockets["stdin"].send_multipart(self.client.frames("execute_request", {"value": BEARER}))
        self.client.sockets["stdin"].send_multipart([b"junk"])
        self.assertTrue(self.client.silent("shell"))
        self.answer(None, question, nothing=1)
        reply, _ = self.end(msg_id)
        self.assertEqual(reply["ename"], "LL508", reply)
        self.assertEqual(self.platforms.seen, [])
        for value, name in (("\x04", "LL508"), ("", "LL508"), ("short", "LL715"), ("a" * 9000, "LL715"),
                            ("line\nbreak-in-it", "LL715")):
            self.fails("connect facebook", name, value)
        for value in (7, None, ["a"], {"a": 1}):
            self.fails("connect facebook", "LL508", value)
        self.nowhere(BEARER, "a" * 100)

    def test_shutdown_while_it_waits(self):
        self.start()
        self.begin("connect twitter")
        self.question()
        self.client.send("shutdown_request", {"restart": False}, channel="control")
        self.assertEqual(self.kernel.wait(), 0)

    def test_kept_for_next_time(self):
        self.start()
        self.keys("# mine\n[bluesky]\nhandle = other.test\napp_password = other-password\n")
        reply, text, _ = self.run_cell("connect x", BEARER, "yes")
        self.assertIn("kept in the file `credentials`", text)
        path = self.config / "credentials"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertIn(f"[twitter]\nbearer_token = {BEARER}\n", path.read_text())
        self.assertIn("app_password = other-password", path.read_text())
        self.start()
        reply, text, _ = self.run_cell("connect twitter")
        self.assertEqual(reply["status"], "ok", reply)
        self.nowhere(BEARER, but=("credentials",))


class Files(Cells):
    def test_a_file_of_the_settings_folder(self):
        self.start()
        self.keys(f"bearer_token = {BEARER}\n", "x.keys")
        for place in ("x.keys", str(self.config / "x.keys")):
            reply, text, _ = self.run_cell(f'connect twitter from "{place}"')
            self.assertEqual(reply["status"], "ok", reply)
            self.assertIn("the file `x.keys`, for this session", text)
            self.assertNotIn("means nothing here", text)
        self.assertFalse((self.config / "credentials").exists())
        self.nowhere(BEARER, but=("x.keys",))

    def test_names_that_nobody_reads_are_told(self):
        self.start()
        self.keys(f"bearer_token = {BEARER}\nserver = https://elsewhere.example\n", "x.keys")
        reply, text, _ = self.run_cell("connect twitter from x.keys")
        self.assertEqual(reply["status"], "ok", reply)
        self.assertIn("`server` stands among these keys and means nothing here", text)

    def test_files_that_are_refused(self):
        self.start()
        self.keys(f"bearer_token = {BEARER}\n", "open.keys", mode=0o644)
        text = self.fails("connect twitter from open.keys", "LL713")
        self.assertIn(f"chmod 600 {self.config}/open.keys", text)
        self.keys(f"bearer_token = {BEARER}\n", "open.keys", mode=0o640)
        self.fails("connect twitter from open.keys", "LL713")
        (self.config / "link.keys").symlink_to(self.keys(f"bearer_token = {BEARER}\n", "real.keys"))
        self.fails("connect twitter from link.keys", "LL713")
        self.assertIn(str(self.config), self.fails("connect twitter from none.keys", "LL302"))
        self.fails("connect mastodon from real.keys", "LL502")
        self.keys(f"[twitter]\nbearer = {BEARER}\n", "credentials")  # a name that is none
        for line in ("connect twitter", "scrape twitter tag adidas"):
            self.assertIn("only `bearer` for it", self.fails(line, "LL502", allow_stdin=False))
        (self.config / "credentials").unlink()
        self.fails("connect twitter from /etc/passwd", "LL601")
        self.keys("what is this\n", "odd.keys")
        self.fails("connect twitter from odd.keys", "LL715")
        self.assertEqual(self.platforms.seen, [])

    def test_a_file_that_came_with_the_notebook(self):
        """Its keys may be used; where they go to is not its to say."""
        self.start(LOGOLENS_TWITTER_BEARER_TOKEN=BEARER)
        self.keys(f"[twitter]\ninstance = {self.platforms.origin}\nbearer_token = {APP}\n", "there.keys", folder=self.work)
        text = self.fails("connect twitter from ./there.keys", "LL601")
        self.assertIn(f"logolens allow {self.platforms.origin}", text)
        self.keys(f"[mastodon]\ninstance = {self.platforms.origin}\n", "here.keys", folder=self.work)
        self.fails("connect mastodon from ./here.keys", "LL601")
        self.keys(f"bearer_token = {APP}\n", "open.keys", folder=self.work, mode=0o644)
        self.fails("connect twitter from ./open.keys", "LL713")
        self.assertEqual(self.platforms.seen, [])
        self.work.joinpath("home", "config", "config.json").write_text(
            json.dumps({"version": 1, "roots": [], "hosts": [self.platforms.origin]}))
        self.work.joinpath("home", "config", "config.json").chmod(0o600)
        self.start()
        reply, text, _ = self.run_cell("connect twitter from ./there.keys")
        self.assertEqual(reply["status"], "ok", reply)
        self.assertEqual({auth for _, _, auth, _ in self.platforms.seen}, {f"Bearer {APP}"})

    def test_a_refreshed_token_is_written_back(self):
        path = self.keys("[mastodon]\ninstance = https://mastodon.example\n[twitter]\nclient_id = client-1\n"
                         "access_token = access-one-1\nrefresh_token = dx6614-refresh-one\nexpires_at = 1000\n")
        self.platforms.answers["/2/users/me"] = (200, {"data": {"id": "7", "username": "shop"}})
        self.start(LOGOLENS_TWITTER_SCOPE="tweet.read")
        reply, text, _ = self.run_cell("connect twitter")
        self.assertEqual(reply["status"], "ok", reply)
        self.assertEqual(self.platforms.refreshed, 1)
        text = path.read_text()
        self.assertIn("access_token = bx6612-access-two\nrefresh_token = cx6613-refresh-two\nexpires_at = ", text)
        self.assertIn("[mastodon]\ninstance = https://mastodon.example\n", text)
        self.assertNotIn("scope", text)  # of the environment: it stays there
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.run_cell("connect twitter")
        self.assertEqual(self.platforms.refreshed, 1)
        self.nowhere("bx6612-access-two", "cx6613-refresh-two", "dx6614-refresh-one", but=("credentials",))

    def test_a_refreshed_token_that_no_file_takes_stays_in_the_session(self):
        """The environment goes on saying the old one, which is spent."""
        self.platforms.answers["/2/users/me"] = (200, {"data": {"id": "7", "username": "shop"}})
        self.start(LOGOLENS_TWITTER_CLIENT_ID="client-1", LOGOLENS_TWITTER_ACCESS_TOKEN="access-one-1",
                   LOGOLENS_TWITTER_REFRESH_TOKEN="dx6614-refresh-one", LOGOLENS_TWITTER_EXPIRES_AT="1000")
        for _ in range(3):
            reply, text, _ = self.run_cell("connect twitter")
            self.assertEqual(reply["status"], "ok", reply)
        self.assertEqual(self.platforms.refreshed, 1)
        self.assertFalse((self.config / "credentials").exists())


class Answers(Cells):
    def test_all_platforms(self):
        self.start(LOGOLENS_BLUESKY_HANDLE="@shop.test", LOGOLENS_BLUESKY_APP_PASSWORD=PASSWORD,
                   LOGOLENS_MASTODON_INSTANCE=self.platforms.origin, LOGOLENS_INSTAGRAM_ACCESS_TOKEN=TOKEN,
                   LOGOLENS_FACEBOOK_ACCESS_TOKEN=TOKEN, LOGOLENS_AZURE_ACCOUNT_NAME="shop",
                   LOGOLENS_AZURE_ACCOUNT_KEY=SECRET)
        for name, part in (("bluesky", "Bluesky lets @shop.test in"), ("bluesky", "2,998 of 3,000"),
                           ("mastodon", "Mastodon shows its public timelines without keys"),
                           ("instagram", "@shopgram, number 17841, by the page The Page"),
                           ("instagram", "lacks the permission instagram_manage_comments"),
                           ("instagram", "Withholds user names"), ("facebook", "88% of those of an hour"),
                           ("azure", "this version has nothing that uses them yet")):
            reply, text, _ = self.run_cell(f"connect {name}")
            self.assertEqual(reply["status"], "ok", reply)
            self.assertIn(part, text)
        self.nowhere(PASSWORD, TOKEN, SECRET)

    def test_a_session_that_expired_goes_on(self):
        self.start(LOGOLENS_BLUESKY_HANDLE="shop.test", LOGOLENS_BLUESKY_APP_PASSWORD=PASSWORD)
        self.run_cell("connect bluesky")
        self.platforms.tokens.clear()
        reply, text, _ = self.run_cell("connect bluesky")
        self.assertEqual(reply["status"], "ok", reply)
        self.assertEqual(self.platforms.refreshed, 1)
        self.assertEqual(sum("createSession" in path for path in self.platforms.paths()), 1)

    def test_wrong_keys(self):
        self.start()
        text = self.fails("connect twitter", "LL501", "", KEY, "nx551-not-the-secret", "")
        self.assertIn("Unable to verify", text)  # and what it was sent, which is not shown
        self.assertIn("[secret]", text)
        self.fails("connect bluesky", "LL501", "shop.test", "wx771-wrong-password")
        self.fails("connect facebook", "LL501", "tx772-wrong-token")
        self.fails("connect twitter", "LL501", "yx773-wrong-bearer")
        self.nowhere(KEY, "nx551-not-the-secret", "wx771-wrong-password", "tx772-wrong-token", "yx773-wrong-bearer")
        # Typed wrong, asked again.
        reply, _, _ = self.run_cell("connect bluesky", "shop.test", PASSWORD, "no")
        self.assertEqual(reply["status"], "ok", reply)

    def test_plans_that_do_not_include_it(self):
        said = "You currently have access to a subset of X API V2 endpoints"
        self.platforms.answers["/2/usage/tweets"] = (403, {"errors": [{"code": 453, "message": said}]})
        self.start(LOGOLENS_TWITTER_BEARER_TOKEN=BEARER)
        reply, text, _ = self.run_cell("connect twitter")
        self.assertEqual(reply["status"], "ok", reply)
        for part in ("answer 403, code 453", said, "the plan of this app does not include"):
            self.assertIn(part, text)

    def test_asked_too_often(self):
        self.platforms.answers["/2/usage/tweets"] = (429, {"title": "Too Many Requests"},
                                                     {"x-rate-limit-limit": "50", "x-rate-limit-remaining": "0",
                                                      "x-rate-limit-reset": str(int(time.time()) + 700)})
        self.start(LOGOLENS_TWITTER_BEARER_TOKEN=BEARER)
        reply, text, _ = self.run_cell("connect twitter")
        self.assertEqual(reply["status"], "ok", reply)
        self.assertIn("has been asked too often", text)
        self.assertIn("0 of 50", text)

    def test_without_a_network(self):
        self.start(LOGOLENS_TWITTER_INSTANCE="http://127.0.0.1:9")
        self.fails("connect twitter", "LL704", BEARER)
        msg_id = self.begin("connect twitter")  # nothing is asked again: what was typed is there
        self.assertTrue(self.client.silent("stdin"))
        self.client.reply(self.client.send("interrupt_request", channel="control"), "control")
        self.assertEqual(self.end(msg_id)[0]["ename"], "Interrupted")
        self.nowhere(BEARER)

    def test_an_instance_that_is_none(self):
        for instance, name in (("https://a.example/path", "LL507"), ("http://mastodon.example", "LL605"),
                               ("ftp://a.example", "LL507"), ("https://u:p@a.example", "LL507")):
            self.keys(f"[mastodon]\ninstance = {instance}\n")
            self.start()
            self.fails("connect mastodon", name)


class Terminal(Cells):
    """`logolens run` on a terminal of its own."""

    def run_terminal(self, script, *answers, interrupt=False):
        path = self.work / "script.lens"
        path.write_text(script)
        env = {**os.environ, "LOGOLENS_HOME": str(self.work / "home"),
               "LOGOLENS_TWITTER_INSTANCE": self.platforms.origin}
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.work)
            os.execve(BINARY, [BINARY, "run", str(path)], env)
        text, waiting = "", list(answers)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if not select.select([fd], [], [], 0.1)[0]:
                continue
            try:
                part = os.read(fd, 65536).decode(errors="replace")
            except OSError:
                break
            if not part:
                break
            text += part
            if re.search(r"(: |\? )$", text) and waiting:
                time.sleep(0.1)
                os.write(fd, waiting.pop(0).encode())
            elif re.search(r": $", text) and interrupt:
                os.write(fd, b"\x03")
        _, status = os.waitpid(pid, 0)
        os.close(fd)
        return text, os.waitstatus_to_exitcode(status)

    def test_typed_on_a_terminal(self):
        text, status = self.run_terminal("connect twitter\nsay done\n", BEARER + "\n", "no\n")
        self.assertEqual(status, 0, text)
        self.assertIn("posts of this month are left", text)
        self.assertIn("done", text)
        self.assertNotIn(BEARER, text)

    def test_interrupted_on_a_terminal(self):
        text, status = self.run_terminal("connect twitter\nsay done\n", interrupt=True)
        self.assertEqual(status, 130, text)
        self.assertNotIn("done", text)

    def test_stopped_on_a_terminal(self):
        path = self.work / "typed.lens"
        path.write_text("connect twitter\n")
        main, side = pty.openpty()
        # a group that the shell of the test could bring back: in one without, nothing can be stopped
        child = subprocess.Popen([BINARY, "run", str(path)], stdin=side, stdout=side, stderr=side, preexec_fn=os.setpgrp,
                                 cwd=self.work, env={**os.environ, "LOGOLENS_HOME": str(self.work / "home")})
        hidden = lambda: not termios.tcgetattr(side)[3] & termios.ECHO
        until(hidden, "the prompt does not hide what is typed")
        child.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        self.assertFalse(hidden())
        child.send_signal(signal.SIGCONT)
        self.assertEqual(child.wait(PATIENCE), 1)
        os.close(main), os.close(side)

    def test_no_terminal(self):
        env = {**os.environ, "LOGOLENS_HOME": str(self.work / "home")}
        done = subprocess.run([BINARY, "run", "-"], input="connect twitter\n", text=True, capture_output=True, env=env,
                              cwd=self.work)
        self.assertEqual(done.returncode, 1)
        self.assertIn("LL502", done.stderr)


if __name__ == "__main__":
    unittest.main()
