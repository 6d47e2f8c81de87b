#!/usr/bin/env python3
"""scrape_recount.py SHARED > tests/golden/scrape/recount.tsv: what the recorded exchanges of X and Mastodon hold, counted by
Python's own JSON and HTML readers. tests/unit/test_scrape_recorded.c reads the same files with our parsers and compares.
Only names of files and numbers are written; SHARED is the folder with data/api.

A line: platform, file, index of the exchange, how it was asked (s search, u account, t tag, a account, p public; o
one post, as answered when it was written), posts given,
reposts left out, posts that are not public, posts kept, media, media with an address, hashtags, posts with an author's name, likes in all,
milliseconds in all, bytes of text in all, next cursor as the platform writes it (or -)."""
import json
import re
import sys
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path


class Text(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.out = ""

    def handle_starttag(self, tag, attrs):
        self.out += "\n" if tag == "br" else ""

    def handle_endtag(self, tag):
        self.out += "\n\n" if tag == "p" else ""

    def handle_data(self, data):
        self.out += data


def plain(html):
    reader = Text()
    reader.feed(html)
    reader.close()
    return reader.out.rstrip("\n")


def ms(text):
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000) if text else 0


def twitter(body):
    data = body.get("data", [])
    users = {u["id"]: u for u in body.get("includes", {}).get("users", [])}
    media = {m["media_key"]: m for m in body.get("includes", {}).get("media", [])}
    reposts = [p for p in data if any(x["type"] == "retweeted" for x in p.get("referenced_tweets", []))]
    kept = {p["id"]: p for p in data if p not in reposts}.values()
    keys = [k for p in kept for k in p.get("attachments", {}).get("media_keys", [])]
    return (len(data), len(reposts), 0, len(kept), len(keys),
            sum(1 for k in keys if "url" in media.get(k, {}) or "preview_image_url" in media.get(k, {})),
            sum(len(p.get("entities", {}).get("hashtags", [])) for p in kept),
            sum(1 for p in kept if p.get("author_id") in users),
            sum(p.get("public_metrics", {}).get("like_count", 0) for p in kept),
            sum(ms(p.get("created_at")) for p in kept), sum(len(p["text"].encode()) for p in kept),
            body.get("meta", {}).get("next_token", "-"))


def mastodon(body, link):
    reposts = [p for p in body if p.get("reblog")]
    own = [p for p in body if not p.get("reblog")]
    kept = {p["id"]: p for p in own if p["visibility"] in ("public", "unlisted")}.values()
    media = [m for p in kept for m in p["media_attachments"]]
    found = re.search(r'<[^>]*[?&]max_id=([0-9A-Za-z]+)[^>]*>; rel="next"', link or "")
    return (len(body), len(reposts), len(own) - len(kept), len(kept), len(media),
            sum(1 for m in media if (m["url"] if m["type"] == "image" else m["preview_url"])),
            sum(len(p["tags"]) for p in kept), sum(1 for p in kept if p["account"]["acct"]),
            sum(p["favourites_count"] for p in kept), sum(ms(p["created_at"]) for p in kept),
            sum(len(plain(p["content"]).encode()) for p in kept), found[1] if found and body else "-")


X = re.compile(r"/2/(tweets/search/|users/\d+/(tweets|mentions|liked_tweets|timelines/)|lists/\d+/tweets|tweets/\d+/quote_tweets|tweets\?ids)")
MASTODON = re.compile(r"/api/v1/(timelines/|accounts/\d+/statuses|trends/statuses|statuses/\d+/quotes)")


def kind(platform, uri):
    if platform == "twitter":
        return "u" if re.search(r"/users/\d+/tweets", uri) else "s"
    return "t" if "/timelines/tag/" in uri else "a" if "/accounts/" in uri else "p"


def main():
    root = Path(sys.argv[1]) / "data/api"
    for platform, folder in (("twitter", "tweepy-cassettes"), ("mastodon", "mastodon-cassettes")):
        for path in sorted((root / folder).glob("*.json")):
            for index, one in enumerate(json.loads(path.read_text())):
                uri, body = one["uri"], one["body"]
                if platform == "mastodon" and isinstance(body, dict) and {"content", "visibility", "reblog"} <= body.keys():
                    print(platform, f"{folder}/{path.name}", index, "o", *mastodon([body], None), sep="\t")
                    continue
                if one["method"].upper() != "GET" or one["status"] != 200:
                    continue
                if platform == "twitter" and X.search(uri) and isinstance(body, dict):
                    row = twitter(body)
                elif platform == "mastodon" and MASTODON.search(uri) and isinstance(body, list):
                    row = mastodon(body, one["headers"].get("link"))
                else:
                    continue
                print(platform, f"{folder}/{path.name}", index, kind(platform, uri), *row, sep="\t")


main()
