"""Recorded exchanges of platforms (the handed-over data, `data/api`; its MANIFEST.md says where they come from).

`Recorded(exchanges)` is a service that gives an answer as it was recorded, found by its request: method, path, and the
parameters that say which posts are meant. Those that say how many, and which of their fields, are not compared: the
client that was recorded had its own. Addresses of the recorded host become those of this server, pictures become ours.

The functions below give posts of recordings whose interface is retired (Instagram v1, X v1.1) as plain posts, so that
services.py can serve them in today's. Nothing is invented but what is said to be."""
import calendar
import datetime
import json
import os
import re
import time
import urllib.parse
from pathlib import Path

from loopback import Answer
from services import Mastodon, Post, Twitter, User

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LOGOLENS_SHARED") or ROOT.parent / "shared")
API = SHARED / "data" / "api"
LOGOS = SHARED / "data" / "logos"

# How many and in what form: another client asks for other ones and means the same posts.
FORM = re.compile(
    r"(?:.*[._])?fields|expansions|limit|max_results|only_media|exclude_reblogs|exclude|local|remote|sort|since|until|"
    r"access_token|start_time|end_time"
)


def exchanges(name):
    """The GET requests of one cassette, in their order; of equal ones the first."""
    found = {}
    for item in json.loads((API / name).read_text()):
        if item["method"].upper() == "GET":
            found.setdefault(item["uri"], item)
    return list(found.values())


def means(target):
    """What a request is about."""
    parts = urllib.parse.urlsplit(target)
    pairs = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
    return parts.path.rstrip("/"), tuple(sorted(pair for pair in pairs if not FORM.fullmatch(pair[0])))


class Recorded:
    def __init__(self, items, alias=None):
        """alias: parameters to be read as another value, {("query", what our client asks): what was recorded}."""
        self.items, self.alias, self.server = {}, alias or {}, None
        for item in items:
            self.items.setdefault(means(item["uri"]), item)
        self.host = urllib.parse.urlsplit(items[0]["uri"])
        self.words = Twitter([]) if "twitter" in self.host.netloc else Mastodon([])
        self.limited, self.refused, self.empty = self.words.limited, self.words.refused, self.words.empty

    def at(self, server):
        self.server = server

    def answer(self, request):
        path, pairs = means(request.target)
        pairs = tuple(sorted((k, self.alias.get((k, v), v)) for k, v in pairs))
        item = self.items.get((path, pairs))
        if request.method != "GET" or not item:
            return None
        headers = {k: self.here(v, request) for k, v in item["headers"].items() if k not in ("content-type", "etag")}
        return Answer(self.here(item["body"], request), item["status"], headers, item["headers"]["content-type"])

    def here(self, value, request):
        if isinstance(value, dict):
            return {k: self.here(v, request) for k, v in value.items()}
        if isinstance(value, list):
            return [self.here(v, request) for v in value]
        if not isinstance(value, str):
            return value
        if re.search(r"^https?://\S+\.(?:jpe?g|png|gif)$|pbs\.twimg\.com|/media_attachments/", value):
            return request.base + self.server.pictures.path_for(value)
        return value.replace(f"{self.host.scheme}://{self.host.netloc}", request.base)


# ---- hostile answers ----
CORPUS = SHARED / "corpora" / "api"
LISTS = re.compile(r"/tweets/search|/timelines/tag/|/recent_media|/posts$|searchPosts")


def hostile_cases():
    """The handed-over answers that a plain server can give."""
    cases = json.loads((CORPUS / "cases.json").read_text())
    return [case for case in cases if case["how"] == "plain" and case["body"] and 200 <= case["status"] < 600]


class Hostile:
    """One of them, as the list of posts of its platform; whatever comes before the list is answered well."""

    def __init__(self, case):
        self.case, self.body = case, (CORPUS / "bodies" / case["body"]).read_bytes()

    def answer(self, request):
        if LISTS.search(request.path):
            body = self.body.replace(b"MEDIA/", request.base.encode() + b"/media/")
            return Answer(body, self.case["status"], dict(self.case["headers"]), self.case["ctype"])
        if request.path.endswith("createSession"):
            token = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjk5OTk5OTk5OTl9.c2lnbmF0dXJl"
            return Answer({"accessJwt": token, "refreshJwt": token, "handle": "reader.test", "did": "did:plc:reader"})
        if request.path.endswith("ig_hashtag_search"):
            return Answer({"data": [{"id": "17800000000000001"}]})
        return None


# ---- posts of interfaces that are retired ----
def objects(value):
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from objects(item)


def twitter_posts():
    """Posts with pictures among X's samples of v1.1; those of others that are only passed on are left out."""
    found = {}
    for file in sorted((API / "twitter-v1-fixtures").glob("premium_search*.json")):
        for item in objects(json.loads(file.read_text())):
            media = [m for m in (item.get("entities") or {}).get("media", []) if m.get("type") == "photo"]
            if not {"text", "user", "id_str"} <= set(item) or not media or "retweeted_status" in item:
                continue
            user = User(item["user"]["id_str"], item["user"]["screen_name"], item["user"]["name"])
            moment = calendar.timegm(time.strptime(item["created_at"], "%a %b %d %H:%M:%S +0000 %Y"))
            found[item["id_str"]] = Post(item["id_str"], item["text"], user, moment, [media[0]["media_url_https"]],
                                         likes=item.get("favorite_count", 0), reposts=item.get("retweet_count", 0),
                                         language=item.get("lang", "und"))
    return list(found.values())


def instagram_posts(name, tag=None):
    """Posts of a sample of Instagram's v1. tag: written behind each caption that does not have it, as v1 found posts
    also by tags of comments."""
    out = []
    for item in json.loads((API / "instagram-v1-fixtures" / f"{name}.json").read_text())["data"]:
        text = ((item.get("caption") or {}).get("text") or (item.get("caption") or {}).get("message") or "")
        if tag and f"#{tag}" not in text.lower():
            text = f"{text} #{tag}".strip()
        made = item["created_time"]
        moment = int(made) if made.isdigit() else datetime.datetime.strptime(made, "%Y-%m-%dT%H:%M:%S%z").timestamp()
        user = User(str(item["user"]["id"]), item["user"]["username"], item["user"].get("full_name") or "")
        out.append(Post(str(item["id"]), text, user, moment, [item["images"]["low_resolution"]["url"]],
                        likes=item.get("like_count", 0)))
    return out


def logo_files(label, count, folder=""):
    """Real photographs of a brand, by the list of labels."""
    rows = (line.split("\t") for line in (LOGOS / "labels.txt").read_text().splitlines())
    return [LOGOS / path for path, name in rows if name == label and path.startswith(folder)][:count]
