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
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

from kernel_support import BINARY, PATIENCE, Kernel, until

BEARER = "AAAA-bearer-of-the-test/+=9"
KEY, SECRET = "consumer-key-8431", "consumer-secret-5532"
TOKEN, TOKEN_SECRET = "user-token-77123", "user-token-secret-9"
APP = "app-only-token-41239"
PASSWORD = "abcd-efgh-ijkl-mnop"
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
        threading.Thread(target=self.serve_forever, daemon=True).start()

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
        text = "&".join(f"{quote(k)}={quote(v)}" for k, v in sorted((quote(k), quote(v)) for k, v in pairs))
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
