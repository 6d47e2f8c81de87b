"""The interfaces of platforms over a list of posts, for tests: paths, parameters, paging, headers, refusals and limits
as their documents and recordings have them. What a platform does not give is not given here either: Instagram's
hashtags have no user names, X's recent search has no posts without being asked for pictures, and so on.

    posts = [Post(id="1", text="new #adidas", user=User("7", "runner", "A Runner"), pictures=[file], time=...)]
    Server([Twitter(posts)], Pictures(files))
"""

import base64
import dataclasses
import datetime
import json
import re
import time
import urllib.parse

from loopback import Answer


@dataclasses.dataclass(frozen=True)
class User:
    id: str
    handle: str
    name: str = ""


@dataclasses.dataclass
class Post:
    id: str
    text: str
    user: User
    time: float  # seconds since 1970
    pictures: list = dataclasses.field(default_factory=list)  # files of Pictures, or addresses that cannot be reached
    alt: str = ""
    likes: int = 0
    reposts: int = 0
    replies: int = 0
    language: str = "en"

    @property
    def tags(self):
        return re.findall(r"#(\w+)", self.text)


def iso(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class Service:
    """What all of them share: posts from the newest on, some of them deleted meanwhile, a window of requests."""

    window = 900  # seconds

    def __init__(self, posts, limit=450, token="a-token-for-tests", most=100):
        """limit: requests in a window; most: posts on a page, however many are asked for."""
        self.posts = sorted(posts, key=lambda p: (-p.time, p.id))
        self.limit, self.token, self.most, self.used, self.deleted = limit, token, most, 0, set()
        self.empties = 0
        self.pictures = None

    def at(self, server):
        self.pictures = server.pictures

    def live(self):
        return [p for p in self.posts if p.id not in self.deleted]

    def picture(self, request, which):
        """The address of a picture here, whatever it was when it was recorded."""
        here = self.pictures.path_for(which) if isinstance(which, str) else self.pictures.path(which)
        return request.base + here

    def known(self, request):
        """Whether the caller brought the token, in the header or as Meta takes it too."""
        given = re.sub("^(Bearer|OAuth) ", "", request.headers.get("authorization", ""))
        return self.token in (given, request.params.get("access_token"))

    def users(self):
        return {p.user.id: p.user for p in self.posts}.values()

    def user(self, handle):
        return next((u for u in self.users() if u.handle.lower() == handle.lower().lstrip("@")), None)


def marked(offset, other=0):
    """other: another mark of the same page."""
    return base64.urlsafe_b64encode(f"page:{'0' * other}{offset}".encode()).decode().rstrip("=")


def offset_of(mark):
    """Where a page begins; None for a mark that is not ours."""
    if not mark:
        return 0
    try:
        text = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)).decode()
        return int(text[5:]) if text.startswith("page:") else None
    except ValueError:
        return None


# ---- X, API v2 ----
class Twitter(Service):
    PARAMETERS = {
        "query",
        "max_results",
        "next_token",
        "pagination_token",
        "start_time",
        "end_time",
        "since_id",
        "until_id",
        "sort_order",
        "expansions",
        "tweet.fields",
        "post.fields",
        "media.fields",
        "user.fields",
        "place.fields",
        "poll.fields",
        "exclude",
        "ids",
        "days",
        "usage.fields",
    }
    PROBLEMS = "https://api.twitter.com/2/problems/"

    def headers(self, remaining=None, reset=None):
        left = max(self.limit - self.used, 0) if remaining is None else remaining
        return {"x-rate-limit-limit": self.limit, "x-rate-limit-remaining": left,
                "x-rate-limit-reset": int(time.time() + self.window if reset is None else reset)}

    def limited(self, seconds):
        body = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}
        return Answer(body, 429, self.headers(0, time.time() + seconds))

    def refused(self):
        return Answer(
            {
                "errors": [
                    {
                        "message": "You currently have access to a subset of X API V2 endpoints and limited v1.1 "
                        "endpoints (e.g. media post, oauth) only. If you need access to this endpoint, you may "
                        "need a different access level.",
                        "code": 453,
                    }
                ]
            },
            403,
            self.headers(),
        )

    def empty(self, request):
        self.empties += 1
        again = marked(offset_of(request.params.get("next_token")) or 0, self.empties)
        return Answer({"meta": {"result_count": 0, "next_token": again}}, headers=self.headers())

    def problem(self, detail, status=400, kind="invalid-request", title="Invalid Request", **more):
        body = {"title": title, "detail": detail, "type": self.PROBLEMS + kind, **more}
        return Answer({**body, "status": status} if status != 400 else body, status, self.headers())

    def answer(self, request):
        path = request.path
        if path == "/oauth2/token" and request.method == "POST":
            return Answer({"token_type": "bearer", "access_token": self.token})
        if not path.startswith("/2/"):
            return None
        if not self.known(request):
            return self.problem("Unauthorized", 401, "about:blank", "Unauthorized")
        unknown = sorted(set(request.params) - self.PARAMETERS)
        if unknown:
            named = {"parameters": {unknown[0]: [request.params[unknown[0]]]},
                     "message": f"The query parameter [{unknown[0]}] is not one of the known ones"}
            return self.problem("One or more parameters to your request was invalid.", errors=[named])
        self.used += 1
        if path == "/2/tweets/search/recent":
            return self.search(request)
        if path == "/2/tweets":
            return self.lookup(request)
        if path == "/2/usage/tweets":
            return Answer({"data": {"project_cap": "2000000", "project_usage": "1200", "cap_reset_day": 1}},
                          headers=self.headers())
        if path == "/2/users/me":
            return self.problem("Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.", 403,
                                "unsupported-authentication", "Unsupported Authentication")
        found = re.fullmatch(r"/2/users/by/username/(\w+)", path)
        if found:
            return self.account(found.group(1))
        found = re.fullmatch(r"/2/users/(\d+)/tweets", path)
        return (
            self.timeline(request, found.group(1)) if found else self.problem("", 404, "not-found", "Not Found Error")
        )

    def account(self, handle):
        user = self.user(handle)
        if user:
            return Answer({"data": {"id": user.id, "name": user.name, "username": user.handle, "protected": False}},
                          headers=self.headers())
        error = {
            "value": handle,
            "detail": f"Could not find user with username: [{handle}].",
            "title": "Not Found Error",
            "resource_type": "user",
            "parameter": "username",
            "resource_id": handle,
            "type": self.PROBLEMS + "resource-not-found",
        }
        return Answer({"errors": [error]}, headers=self.headers())

    @staticmethod
    def matches(query, post):
        """Words and hashtags joined by OR, and the two operators that narrow it."""
        if "has:images" in query and not post.pictures:
            return False
        words = [w for w in re.sub(r"has:images|-is:retweet|[()]", " ", query).split() if w != "OR"]
        tags, text = {t.lower() for t in post.tags}, post.text.lower()
        return any(w[1:].lower() in tags if w.startswith("#") else w.lower().strip('"') in text for w in words)

    def within(self, request, posts):
        since, until = request.params.get("start_time"), request.params.get("end_time")
        return [p for p in posts if (not since or iso(p.time) >= since.replace("Z", ".000Z"))
                and (not until or iso(p.time) < until.replace("Z", ".000Z"))]

    def search(self, request):
        if not request.params.get("query"):
            return self.problem("The query parameter [query] is missing.")
        return self.page(
            request, [p for p in self.live() if self.matches(request.params["query"], p)], "next_token", 10
        )

    def timeline(self, request, number):
        return self.page(request, [p for p in self.live() if p.user.id == number], "pagination_token", 5)

    def page(self, request, posts, name, least):
        size, offset = request.number("max_results", 10), offset_of(request.params.get(name))
        if not least <= size <= 100:
            return self.problem(f"The `max_results` query parameter value [{size}] is not between {least} and 100")
        if offset is None:
            return self.problem(f"The `{name}` is not a valid one")
        posts, size = self.within(request, posts), min(size, self.most)
        some = posts[offset:offset + size]
        meta = {"result_count": len(some)}
        if some:
            meta.update(newest_id=some[0].id, oldest_id=some[-1].id)
        if offset + size < len(posts):
            meta["next_token"] = marked(offset + size)
        body = {"data": [self.shape(request, p) for p in some], "includes": self.includes(request, some), "meta": meta}
        return Answer({k: v for k, v in body.items() if v}, headers=self.headers())

    def fields(self, request, name):
        return set(filter(None, request.params.get(name, "").split(",")))

    def shape(self, request, post):
        every = {
            "author_id": post.user.id,
            "created_at": iso(post.time),
            "lang": post.language,
            "possibly_sensitive": False,
            "public_metrics": {
                "retweet_count": post.reposts,
                "reply_count": post.replies,
                "like_count": post.likes,
                "quote_count": 0,
                "bookmark_count": 0,
                "impression_count": 0,
            },
            "entities": {
                "hashtags": [
                    {"start": m.start(), "end": m.end(), "tag": m.group(1)} for m in re.finditer(r"#(\w+)", post.text)
                ]
            },
        }
        if post.pictures:
            every["attachments"] = {"media_keys": [self.key(post, i) for i in range(len(post.pictures))]}
        wanted = self.fields(request, "tweet.fields")
        return {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id],
                **{k: v for k, v in every.items() if k in wanted}}

    @staticmethod
    def key(post, index):
        return f"3_{post.id}{index}"

    def includes(self, request, posts):
        out, expansions = {}, self.fields(request, "expansions")
        if "author_id" in expansions:
            users = {p.user.id: p.user for p in posts}.values()
            out["users"] = [{"id": u.id, "name": u.name, "username": u.handle, "protected": False} for u in users]
        if "attachments.media_keys" in expansions:
            out["media"] = [{"media_key": self.key(p, i), "type": "photo", "url": self.picture(request, which),
                             **({"alt_text": p.alt} if p.alt else {})}
                            for p in posts for i, which in enumerate(p.pictures)]
        return {k: v for k, v in out.items() if v}

    def lookup(self, request):
        ids = request.params.get("ids", "").split(",")
        live = {p.id: p for p in self.live()}
        errors = [{"value": i, "detail": f"Could not find tweet with ids: [{i}].", "title": "Not Found Error",
                   "resource_type": "tweet", "parameter": "ids", "resource_id": i,
                   "type": self.PROBLEMS + "resource-not-found"} for i in ids if i not in live]
        body = {"data": [self.shape(request, live[i]) for i in ids if i in live], "errors": errors}
        return Answer({k: v for k, v in body.items() if v}, headers=self.headers())


# ---- Mastodon ----
class Mastodon(Service):
    window = 300

    def __init__(self, posts, limit=300, most=40, **more):
        super().__init__(posts, limit, most=most, **more)

    def headers(self, remaining=None, reset=None):
        return {"X-RateLimit-Limit": self.limit,
                "X-RateLimit-Remaining": max(self.limit - self.used, 0) if remaining is None else remaining,
                "X-RateLimit-Reset": iso(time.time() + self.window if reset is None else reset).replace("Z", "000Z")}

    def limited(self, seconds):
        return Answer({"error": "Too many requests"}, 429, self.headers(0, time.time() + seconds))

    def refused(self):
        return Answer({"error": "This action is outside the authorized scopes"}, 403, self.headers())

    def empty(self, request):
        link = f"<{request.base}{request.path}?max_id={request.params.get('max_id', '999')}>; rel=\"next\""
        return Answer([], headers={**self.headers(), "Link": link})

    def answer(self, request):
        path = request.path
        if not path.startswith("/api/v"):
            return None
        if not self.known(request):
            return Answer({"error": "The access token is invalid"}, 401, self.headers())
        self.used += 1
        if path == "/api/v1/accounts/verify_credentials":
            return Answer(
                {"id": "1", "username": "reader", "acct": "reader", "display_name": ""}, headers=self.headers()
            )
        if path in ("/api/v2/instance", "/api/v1/instance"):
            return Answer(
                {"domain": "127.0.0.1", "title": "A server of tests", "version": "4.5.0"}, headers=self.headers()
            )
        if path == "/api/v1/accounts/lookup":
            user = self.user(request.params.get("acct", ""))
            return Answer(self.account(request, user), headers=self.headers()) if user else self.missing()
        found = re.fullmatch(r"/api/v1/timelines/tag/(\w+)", path)
        if found:
            wanted = {found.group(1).lower()} | {v.lower() for k, v in request.pairs if k == "any[]"}
            return self.page(request, [p for p in self.live() if wanted & {t.lower() for t in p.tags}])
        if path == "/api/v1/timelines/public":
            return self.page(request, self.live())
        found = re.fullmatch(r"/api/v1/accounts/(\w+)/statuses", path)
        if found:
            return self.page(request, [p for p in self.live() if p.user.id == found.group(1)])
        found = re.fullmatch(r"/api/v1/statuses/(\w+)", path)
        post = found and next((p for p in self.live() if p.id == found.group(1)), None)
        return Answer(self.shape(request, post), headers=self.headers()) if post else self.missing()

    def missing(self):
        return Answer({"error": "Record not found"}, 404, self.headers())

    def page(self, request, posts):
        size = min(request.number("limit", 20), self.most)
        if request.params.get("only_media") == "true":
            posts = [p for p in posts if p.pictures]
        below = request.params.get("max_id")
        at = next((i + 1 for i, p in enumerate(posts) if p.id == below), len(posts)) if below else 0
        some, headers = posts[at:at + size], self.headers()
        if some:
            keep = [(k, v) for k, v in request.pairs if k not in ("max_id", "min_id", "access_token")]
            link = (
                lambda name, value: f"<{request.base}{request.path}?{urllib.parse.urlencode(keep + [(name, value)])}>"
            )
            headers["Link"] = (f'{link("max_id", some[-1].id)}; rel="next", {link("min_id", some[0].id)}; rel="prev"')
        return Answer([self.shape(request, p) for p in some], headers=headers)

    def account(self, request, user):
        return {"id": user.id, "username": user.handle, "acct": user.handle, "display_name": user.name, "locked": False,
                "bot": False, "url": f"{request.base}/@{user.handle}", "emojis": [], "fields": []}

    def shape(self, request, post):
        text = re.sub(
            r"#(\w+)",
            rf'<a href="{request.base}/tags/\1" class="mention hashtag" rel="tag">#<span>\1</span></a>',
            post.text.replace("&", "&amp;").replace("<", "&lt;"),
        )
        media = [
            {
                "id": f"{post.id}{i}",
                "type": "image",
                "url": self.picture(request, which),
                "preview_url": self.picture(request, which),
                "remote_url": None,
                "description": post.alt or None,
                "meta": {},
            }
            for i, which in enumerate(post.pictures)
        ]
        return {
            "id": post.id,
            "created_at": iso(post.time),
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": post.language,
            "url": f"{request.base}/@{post.user.handle}/{post.id}",
            "replies_count": post.replies,
            "reblogs_count": post.reposts,
            "favourites_count": post.likes,
            "reblog": None,
            "content": f"<p>{text}</p>",
            "account": self.account(request, post.user),
            "media_attachments": media,
            "tags": [{"name": t.lower(), "url": f"{request.base}/tags/{t}"} for t in post.tags],
            "emojis": [],
        }


# ---- Meta's Graph API: Instagram and Facebook ----
class Graph(Service):
    """instagram: posts of professional accounts, by hashtag, tagging `account`; facebook: posts of Pages."""

    def __init__(self, instagram=(), facebook=(), account="17841400000000001", most=50, **more):
        super().__init__([*instagram, *facebook], 200, most=most, **more)
        order = lambda posts: sorted(posts, key=lambda p: (-p.time, p.id))
        self.instagram, self.facebook, self.account = order(instagram), order(facebook), account

    def headers(self, used=12):
        return {"x-app-usage": json.dumps({"call_count": used, "total_cputime": 3, "total_time": 4}),
                "facebook-api-version": "v23.0", "x-fb-rev": "1030000000"}

    def error(self, message, code, status=400, kind="OAuthException", headers=None):
        body = {"error": {"message": message, "type": kind, "code": code, "fbtrace_id": "AbCdEfGhIjK"}}
        return Answer(body, status, headers or self.headers())

    def limited(self, seconds):
        """Meta says it with its own number and 403, and the time only in whole minutes; below one, as others say it."""
        if seconds < 60:
            return self.error("(#4) Application request limit reached", 4, 429,
                              headers={**self.headers(), "Retry-After": seconds})
        usage = [{"type": "instagram", "call_count": 100, "total_cputime": 20, "total_time": 20,
                  "estimated_time_to_regain_access": seconds // 60}]
        headers = {**self.headers(100), "x-business-use-case-usage": json.dumps({self.account: usage})}
        return self.error("(#4) Application request limit reached", 4, 403, headers=headers)

    def refused(self):
        return self.error("(#10) Application does not have permission for this action", 10, 403)

    def empty(self, request):
        after = request.params.get("after") or marked(0)
        return Answer({"data": [], "paging": {"cursors": {"before": after, "after": after}, "next": request.base}},
                      headers=self.headers())

    def answer(self, request):
        found = re.fullmatch(r"/v\d+\.\d+/([^/]+)(?:/(\w+))?", request.path)
        if not found:
            return None
        if not self.known(request):
            return self.error("Invalid OAuth access token - Cannot parse access token", 190, 401)
        self.used += 1
        node, edge = found.groups()
        if node == "me":
            return Answer(self.me(edge), headers=self.headers())
        if node == "ig_hashtag_search":
            tag = request.params.get("q", "")
            known = any(tag.lower() in (t.lower() for t in p.tags) for p in self.instagram)
            return Answer({"data": [{"id": self.number(tag)}]}, headers=self.headers()) if known else self.error(
                "The requested resource does not exist", 24, kind="OAuthException")
        if edge == "recent_media":
            some = [p for p in self.instagram if node in map(self.number, p.tags) and p.id not in self.deleted]
            return self.list(request, some, self.media, names=False)
        if edge == "tags" and node == self.account:
            return self.list(request, [p for p in self.instagram if p.id not in self.deleted], self.media, names=True)
        if edge in ("posts", "tagged", "photos"):
            return self.page_posts(request, node, edge)
        if node == self.account and "business_discovery" in request.params.get("fields", ""):
            return self.discovery(request)
        return self.one(request, node)

    def me(self, edge):
        if edge == "permissions":
            return {
                "data": [{"permission": name, "status": "granted"} for name in ("instagram_basic", "pages_show_list")]
            }
        if edge == "accounts":
            tied = {"id": self.account, "username": "our_shop"}
            return {"data": [{"name": "Our shop", "id": "20001", "instagram_business_account": tied}]}
        return {"id": "10001", "name": "An owner of shops"}

    @staticmethod
    def number(tag):
        return "178" + "".join(f"{ord(c) % 100:02d}" for c in tag.lower())[:14]

    def list(self, request, posts, shape, **more):
        size, offset = min(request.number("limit", 25), self.most), offset_of(request.params.get("after"))
        if offset is None:
            return self.error("(#100) Invalid parameter", 100)
        return Answer(self.piece(request, posts, size, offset, shape, **more), headers=self.headers())

    def piece(self, request, posts, size, offset, shape, **more):
        some = posts[offset:offset + size]
        body = {"data": [shape(request, p, **more) for p in some]}
        if some:
            body["paging"] = {"cursors": {"before": marked(offset), "after": marked(offset + size)}}
            if offset + size < len(posts):
                keep = [(k, v) for k, v in request.pairs if k not in ("after", "access_token")]
                body["paging"]["next"] = (f"{request.base}{request.path}?"
                                          f"{urllib.parse.urlencode(keep + [('after', marked(offset + size))])}")
        return body

    def media(self, request, post, names):
        album = len(post.pictures) > 1
        out = {"id": post.id, "caption": post.text, "permalink": f"https://www.instagram.com/p/{post.id}/",
               "timestamp": iso(post.time)[:19] + "+0000", "like_count": post.likes, "comments_count": post.replies,
               "media_type": "CAROUSEL_ALBUM" if album else "IMAGE"}
        if post.pictures:
            out["media_url"] = self.picture(request, post.pictures[0])
        if album:
            out["children"] = {
                "data": [
                    {"id": f"{post.id}{i}", "media_type": "IMAGE", "media_url": self.picture(request, f)}
                    for i, f in enumerate(post.pictures)
                ]
            }
        return {**out, "username": post.user.handle} if names else out

    def discovery(self, request):
        fields = request.params["fields"]
        name = re.search(r"username\(([\w.]+)\)", fields).group(1)
        after = re.search(r"\.after\(([^)]*)\)", fields)
        offset = offset_of(after.group(1) if after else "")
        user = next((p.user for p in self.instagram if p.user.handle == name), None)
        if not user:
            return self.error("Invalid user id", 110)
        posts = [p for p in self.instagram if p.user == user and p.id not in self.deleted]
        media = self.piece(request, posts, self.most, offset or 0, self.media, names=False)
        media.get("paging", {}).pop("next", None)
        body = {"business_discovery": {"id": user.id, "username": user.handle, "name": user.name, "media": media},
                "id": self.account}
        return Answer(body, headers=self.headers())

    def page_posts(self, request, node, edge):
        page = next((p.user for p in self.facebook if node in (p.user.id, p.user.handle)), None)
        if not page:
            return self.error(f"Unsupported get request. Object with ID '{node}' does not exist", 100, 404,
                              "GraphMethodException")
        posts = [p for p in self.facebook if p.user == page and p.id not in self.deleted]
        return self.list(request, posts, self.photo if edge == "photos" else self.page_post)

    def page_post(self, request, post):
        pictures = [
            {"media_type": "photo", "media": {"image": {"src": self.picture(request, f)}}} for f in post.pictures
        ]
        out = {
            "id": post.id,
            "message": post.text,
            "created_time": iso(post.time)[:19] + "+0000",
            "permalink_url": f"https://www.facebook.com/{post.id}",
            "from": {"id": post.user.id, "name": post.user.name},
            "shares": {"count": post.reposts},
            "reactions": {"data": [], "summary": {"total_count": post.likes}},
            "comments": {"data": [], "summary": {"total_count": post.replies}},
        }
        if len(pictures) > 1:
            out["attachments"] = {
                "data": [{**pictures[0], "media_type": "album", "subattachments": {"data": pictures}}]
            }
        elif pictures:
            out["attachments"] = {"data": pictures}
        return out

    def photo(self, request, post):
        return {"id": post.id, "name": post.text, "created_time": iso(post.time)[:19] + "+0000",
                "link": f"https://www.facebook.com/photo.php?fbid={post.id}",
                "from": {"id": post.user.id, "name": post.user.name},
                "images": [{"source": self.picture(request, f)} for f in post.pictures[:1]]}

    def one(self, request, node):
        post = next((p for p in self.live() if p.id == node), None)
        user = next((u for u in self.users() if node in (u.id, u.handle)), None)
        if post:
            return Answer({"id": post.id}, headers=self.headers())
        if user or node == self.account:
            return Answer({"id": user.id if user else node, "name": user.name if user else ""}, headers=self.headers())
        return self.error(
            f"Unsupported get request. Object with ID '{node}' does not exist, cannot be loaded due to missing "
            "permissions, or does not support this operation",
            100,
            kind="GraphMethodException",
        )
