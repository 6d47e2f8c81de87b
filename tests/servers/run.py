"""run.py [PART …]: scrapes real servers through the real program and compares with what was posted
(`make test-servers`).

Parts (all, where none is named): replay, hostile, x, pds, bluesky, cuts, kills. The end is a table of what was
expected and what came, and `N passed, N failed, N skipped`. LOGOLENS_KILLS says how often a scrape is killed (100),
LOGOLENS_SEED seeds cuts and kills. Servers are fetched once into build/servers (LOGOLENS_SERVERS); the pictures
posted are those of the handed-over data."""

import csv
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request
from collections import Counter

import real
from cutter import Cutter
from home import Home
from loopback import Answer, Pictures, Server
from recorded import API, CORPUS, LOGOS, Hostile, hostile_cases, logo_files
from services import Mastodon, Post, Twitter, User

SEED = int(os.environ.get("LOGOLENS_SEED", "8"))
KILLS = int(os.environ.get("LOGOLENS_KILLS", "100"))
SPECIFICATION = API / "twitter-v2-openapi" / "openapi.json"
BRANDS = ("Adidas", "Nike", "Puma", "Other")


class Table:
    """What was expected and what came."""

    def __init__(self):
        self.rows = []

    def equal(self, what, got, wanted):
        self.rows.append((what, wanted, got, got == wanted))
        shown = f"{len(got)} of them" if got == wanted and isinstance(got, (dict, list)) and len(got) > 1 else got
        print(f"  {'ok    ' if got == wanted else 'FAILED'} {what}: {shown}" +
              ("" if got == wanted else f" (expected {wanted})"), flush=True)
        return got == wanted

    def true(self, what, holds, shown=""):
        self.rows.append((what, "yes", shown or ("yes" if holds else "no"), bool(holds)))
        print(f"  {'ok    ' if holds else 'FAILED'} {what}{': ' + str(shown) if shown else ''}", flush=True)
        return holds

    def skip(self, what, why):
        self.rows.append((what, "", str(why), None))
        print(f"  skipped {what}: {why}", flush=True)

    def show(self):
        many = lambda v: f"{len(v)} of them" if isinstance(v, (dict, list)) and len(v) > 1 else str(v)
        cut = lambda v, n: many(v) if len(many(v)) <= n else many(v)[:n - 1] + "…"
        print(f"\n{'what':<66} {'expected':>16} {'came':>26}")
        for what, wanted, got, good in self.rows:
            mark = {True: "", False: "  FAILED", None: "  skipped"}[good]
            print(f"{cut(what, 66):<66} {cut(wanted, 16):>16} {cut(got, 26):>26}{mark}")
        passed, failed, skipped = (sum(1 for r in self.rows if r[3] is v) for v in (True, False, None))
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
        return failed == 0 and passed > 0


def ended_well(table, what, status, out):
    if not table.equal(f"{what}: exit status", status, 0):
        print(out)
    return status == 0


# ---- what is posted ----
def people(pds):
    """Who posts what: handle -> [(text, label, number of pictures)]. Everything has #kicks; one post has no picture."""
    say = {"Adidas": "new shoes #kicks #adidas", "Nike": "at last #kicks #nike", "Puma": "the cat #kicks #puma",
           "Other": "nice day #kicks"}
    plan = {"runner0.test": ["Adidas"] * 6, "runner1.test": ["Nike"] * 5, "runner2.test": ["Puma"] * 3 + ["Adidas"] * 2,
            "runner3.test": ["Other"] * 4, "runner4.test": ["Adidas", "Nike", "Puma", "Other"]}
    left = {label: iter(logo_files(label, 40, "shoes3/" if label in ("Adidas", "Nike") else "")) for label in BRANDS}
    everybody, moment = {}, time.time() - 3000
    for handle, labels in plan.items():
        person = everybody[handle] = real.Person(pds, handle)
        person.shown = {}
        for i, label in enumerate(labels):
            files = [next(left[label]) for _ in range(2 if i == 1 else 1)]
            moment += 60
            created = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(moment))
            person.shown[person.post(f"{say[label]} {i}", files, created=created)] = (label, files)
    person.shown[person.post("nothing to see #kicks", [])] = ("", [])
    return everybody


def posted(everybody):
    return {uri: shown for person in everybody.values() for uri, shown in person.shown.items()}


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.2)


def found(view, tag):
    text = urllib.request.urlopen(
        f"{view}/xrpc/app.bsky.feed.searchPosts?q=%23{tag}&tag={tag}&limit=100", timeout=30
    ).read()
    return {post["uri"]: post for post in json.loads(text)["posts"]}


# Of the whole set, what was posted included: the brands are to be seen, so that there is something to count. How good a
# network is with pictures that it has not seen is no question here; the posts of practice.py are kept back.
TRAINING = f"""load logos from {LOGOS} labels {LOGOS / "labels.txt"} size 48x48 seed 7
model scratch on logos {{
  for n in 16, 32, 64 {{ conv $n 3x3 relu; maxpool 2 }}
  flatten; dense 64 relu; dropout 0.3; dense classes softmax
}}
fit scratch epochs 25 lr 0.001 optimizer adam quiet
"""


# ---- Bluesky ----
SCRAPE = "scrape bluesky tag kicks limit 100{resume} into posts"


def bluesky_home(everybody, origin, view):
    reader = next(iter(everybody.values()))
    reader.word = getattr(reader, "word", None) or reader.app_password()
    keys = {"bluesky": {"instance": origin, "handle": reader.handle, "app_password": reader.word}}
    return Home(keys, allow=[origin, view, LOGOS.parent])


def same_as_posted(table, what, home, shown):
    posts = home.rows("SELECT p.native_id, count(m.id) FROM posts p LEFT JOIN media m ON m.post = p.id GROUP BY p.id")
    table.equal(f"{what}: posts", len(posts), len(shown))
    table.equal(f"{what}: each with its pictures", dict(posts), {uri: len(files) for uri, (_, files) in shown.items()})
    table.equal(f"{what}: authors", home.count("users"), len({uri.split("/")[2] for uri in shown}))
    table.equal(f"{what}: pictures kept", home.count("post_image"), sum(len(files) for _, files in shown.values()))
    table.equal(f"{what}: trouble in the catalogue", home.trouble(), [])


def pictures_as_served(table, home):
    """What is kept is what the server gives, byte for byte."""
    rows = home.rows(
        "SELECT m.url, i.sha256 FROM media m JOIN post_image x ON x.media = m.id JOIN images i ON i.id = x.image"
    )
    other = [url for url, name in rows
             if hashlib.sha256(urllib.request.urlopen(url, timeout=60).read()).hexdigest() != name]
    table.equal(f"of {len(rows)} pictures, not as the server gives them", len(other), 0)


def read_csv(file):
    with open(file, newline="", encoding="utf-8-sig") as f:
        return list(csv.DictReader(f))


def bluesky(table):
    with Cutter() as front, Cutter() as pictures, real.Bluesky("network", public=pictures.url) as net:
        front.target = ("127.0.0.1", int(net.pds.rsplit(":", 1)[1]))
        pictures.target = ("127.0.0.1", int(net.view.rsplit(":", 1)[1]))
        everybody = people(net.pds)
        shown = posted(everybody)
        wait_for(lambda: len(found(net.view, "kicks")) == len(shown), "everything posted can be found")
        print(f"  {len(everybody)} accounts, {len(shown)} posts")
        if "bluesky" in table.parts:
            whole_way(table, net, everybody, shown, front.url, pictures.url)
        if "cuts" in table.parts:
            through_cuts(table, everybody, posted(everybody), front, pictures)
        if "kills" in table.parts:
            kills(table, everybody, posted(everybody), front.url, pictures.url)


def whole_way(table, net, everybody, shown, origin, view):
    """Scraped, classified, ranked, exported; then people delete, and are deleted."""
    with bluesky_home(everybody, origin, view) as home:
        ended_well(table, "connect bluesky", *home.run("connect bluesky"))
        ended_well(table, "scrape a tag", *home.run(SCRAPE.format(resume="")))
        same_as_posted(table, "a tag", home, shown)
        pictures_as_served(table, home)
        own = everybody["runner2.test"]
        with bluesky_home(everybody, origin, view) as other:
            ended_well(table, "scrape a user", *other.run("scrape bluesky user runner2.test limit 50 into posts"))
            same_as_posted(table, "a user", other, own.shown)
        ended_well(table, "a tag and resume", *home.run(SCRAPE.format(resume=" resume")))
        same_as_posted(table, "again, nothing twice", home, shown)
        ranked(table, home, everybody, shown)
        leaving(table, net, home, everybody)


def ranked(table, home, everybody, shown):
    script = f"""{TRAINING}{SCRAPE.format(resume=" resume")}
classify posts with scratch min 40% as labelled
customers from labelled brand adidas min 40% posts 2 as fans
export labelled to labelled.csv
export fans to fans.csv
dashboard from fans, labelled, scratch to adidas.html title "Who posts our shoes"
"""
    status, out = home.run(script)
    if not ended_well(table, "train, classify, customers, dashboard, exports", status, out):
        return
    labelled, fans = read_csv(home.folder / "labelled.csv"), read_csv(home.folder / "fans.csv")
    table.equal("rows of the posts' file", len(labelled), sum(max(1, len(some)) for _, some in shown.values()))
    page = (home.folder / "adidas.html").read_text()
    table.true(
        "the dashboard refers to nothing outside",
        not re.search(r"""(?:src|href)=["']https?://(?!bsky\.app)""", page),
        f"{len(page) >> 10} KB",
    )
    brand, rival = counted(labelled, {"adidas"}), counted(labelled, {"nike", "puma"})
    wanted = {user: len(posts) for user, posts in brand.items() if len(posts) >= 2}
    current = [row for row in fans if row["standing"] == "current"]
    table.true("somebody posts the brand twice", wanted, wanted)
    table.equal("customers: people with two posts of the brand, and how many",
                {row["user"]: int(row["brand_posts"]) for row in current}, wanted)
    table.equal("customers: most posts first", [int(row["brand_posts"]) for row in current],
                sorted(wanted.values(), reverse=True))
    table.equal("customers: people with two posts of rivals and none of the brand",
                {row["user"]: int(row["rival_posts"]) for row in fans if row["standing"] == "potential"},
                {user: len(posts) for user, posts in rival.items() if len(posts) >= 2 and user not in brand})
    truth = {uri: label for uri, (label, _) in shown.items()}
    right = [row for row in labelled if row["brand"] and row["unsure"] == "no" and row["post_id"] in truth]
    hits = sum(row["brand"] == truth[row["post_id"]] for row in right)
    table.true("most of what is sure is right", hits > len(right) / 2, f"{hits} of {len(right)} pictures")


def counted(rows, brands):
    """Posts with a sure picture of one of these brands, by user."""
    found = {}
    for row in rows:
        if row["brand"].lower() in brands and row["unsure"] == "no":
            found.setdefault(row["user"], set()).add(row["post_id"])
    return found


def leaving(table, net, home, everybody):
    """Posts that are deleted upstream go with recheck; a person goes everywhere."""
    person = everybody["runner1.test"]
    gone = person.posts[:2]
    for uri in gone:
        person.delete(uri)
        person.shown.pop(uri)
    shown = posted(everybody)
    wait_for(lambda: len(found(net.view, "kicks")) == len(shown), "what was deleted is not found any more")
    status, out = home.run(SCRAPE.format(resume=" resume") + "\nrecheck posts")
    ended_well(table, "recheck", status, out)
    same_as_posted(table, "after recheck", home, shown)
    status, out = home.run("delete user runner4.test")
    ended_well(table, "delete user", status, out)
    left = {uri: some for uri, some in shown.items() if uri not in everybody["runner4.test"].shown}
    same_as_posted(table, "after delete user", home, left)
    written = b"".join(f.read_bytes() for f in home.data.glob("catalogue.sqlite*"))
    table.true("no byte of the name is left in the catalogue", b"runner4.test" not in written)
    ended_well(table, "the same scrape again", *home.run(SCRAPE.format(resume="")))
    same_as_posted(table, "who was deleted stays away", home, left)


def until_done(home, most):
    """Says `resume` until the scrape ends well; how often that was, or None."""
    for turn in range(1, most + 1):
        status, out = home.run(SCRAPE.format(resume=" resume"), timeout=300)
        due = home.rows("SELECT count(*) FROM media WHERE state = 0 AND url IS NOT NULL")
        if status == 0 and not (due and due[0][0]):
            return turn
    print(out)
    return None


def reference(everybody, origin, view):
    with bluesky_home(everybody, origin, view) as home:
        status, out = home.run(SCRAPE.format(resume=""))
        assert status == 0, out
        return home.posts()


def through_cuts(table, everybody, shown, front, pictures):
    wanted = reference(everybody, front.url, pictures.url)
    for seed in range(SEED, SEED + 3):
        for line in (front, pictures):
            line.seed, line.count, line.bad = seed, 0, True
            line.seen.clear()
        with bluesky_home(everybody, front.url, pictures.url) as home:
            turns = until_done(home, 20)
            front.bad = pictures.bad = False
            seen = front.seen + pictures.seen
            table.true(f"a line that cuts (seed {seed}): done", turns, f"{turns} runs, {dict(seen)}")
            other = sorted(set(home.posts()) ^ set(wanted), key=repr)
            why = home.rows("SELECT url, why FROM media WHERE state = 2")
            table.equal(f"a line that cuts (seed {seed}): what differs", other + why if other else [], [])
            table.equal(f"a line that cuts (seed {seed}): trouble", home.trouble(), [])


def kill_loop(start_home, script, wanted, rounds=KILLS):
    """Kills `script` until it was killed so often; when it comes to its end the set is compared, and it begins anew.
    Gives kills, ends, and what differed."""
    draw, home, killed, ends, wrong = random.Random(SEED), start_home(), 0, 0, []
    began = time.monotonic()
    home.run(script)
    whole, home = time.monotonic() - began, (home.remove(), start_home())[1]
    while killed < rounds:
        process = home.begin(script)
        time.sleep(draw.random() * whole)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
            process.communicate()
            wrong += home.trouble()
            if draw.random() < 0.8:
                continue
            process = home.begin(script)
        out = process.communicate()[0]
        ends += 1
        if process.returncode != 0 or home.posts() != wanted:
            wrong.append(f"status {process.returncode}, {len(home.posts())} of {len(wanted)}: {out[-300:]}")
        home.remove()
        home = start_home()
    home.remove()
    return killed, ends, wrong


def kills(table, everybody, shown, origin, view):
    wanted = reference(everybody, origin, view)
    # A picture's file that no row names yet is no trouble: the next start sweeps it.
    start = lambda: bluesky_home(everybody, origin, view)
    killed, ends, wrong = kill_loop(start, SCRAPE.format(resume=" resume"), wanted)
    table.equal(f"kill -9, {killed} times, {ends} times to the end: what differed", wrong[:2], [])


def pds(table):
    """A data server alone: people can log in, nothing can be searched, and that is said."""
    with real.Bluesky("pds", rate_limits=True) as net:
        person = real.Person(net.pds, "alone.test")
        files = logo_files("Adidas", 2)
        uris = [person.post(f"hello #kicks {i}", [f]) for i, f in enumerate(files)]
        with bluesky_home({"alone.test": person}, net.pds, net.pds) as home:
            ended_well(table, "connect to a data server alone", *home.run("connect bluesky"))
            status, out = home.run(SCRAPE.format(resume=""))
            table.equal("search without an app view: exit status", status, 1)
            table.true("search without an app view: an error with a code", re.search(r"^LL[57]\d\d ", out, re.M),
                       (re.search(r"^LL\d+ .*", out, re.M) or [""])[0][:60])
            table.equal("search without an app view: trouble", home.trouble(), [])
        listed = json.loads(urllib.request.urlopen(f"{net.pds}/xrpc/com.atproto.repo.listRecords?repo={person.did}"
                                                   "&collection=app.bsky.feed.post").read())["records"]
        table.equal("a data server alone: posts", sorted(r["uri"] for r in listed), sorted(uris))
        blobs = {r["value"]["embed"]["images"][0]["image"]["ref"]["$link"] for r in listed}
        given = {urllib.request.urlopen(f"{net.pds}/xrpc/com.atproto.sync.getBlob?did={person.did}&cid={b}").read()
                 for b in blobs}
        table.true("pictures come back as they were posted", given == {f.read_bytes() for f in files})


# ---- X, by its specification ----
class Through:
    """Hands requests on to Prism, with what it is to do (`Prefer`), and keeps what it said of them."""

    def __init__(self, url, prefer=None):
        self.url, self.prefer, self.said = url, prefer, []

    def answer(self, request):
        headers = {"Accept": "application/json"}
        if "authorization" in request.headers:
            headers["Authorization"] = request.headers["authorization"]
        if self.prefer:
            headers["Prefer"] = self.prefer
        asked = urllib.request.Request(self.url + request.target, headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        self.said.append((status, request.target, body[:400]))
        if status == 200 and "/users/by/username/" in request.path:  # its example has a text where a number stands
            body = re.sub(rb'"id":\s*"[^"]*"', b'"id":"2244994945"', body)
        return Answer(body, status)


def x(table):
    with real.Prism(SPECIFICATION) as prism:
        through = Through(prism.url)
        with Server([through]) as server:
            keys = {"twitter": {"instance": server.url, "bearer_token": "a-token-for-tests"}}
            ask = {
                "a tag": "scrape twitter tag adidas, nike since 3d limit 50",
                "text": "scrape twitter query \"new shoes\"",
                "a user": "scrape twitter user runner limit 20",
                "what the account may do": "connect twitter",
            }
            for what, line in ask.items():
                with Home(keys, allow=[server.url]) as home:
                    through.said.clear()
                    home.run(line)
                    bad = [
                        (status, target[:80], body[:200])
                        for status, target, body in through.said
                        if status in (400, 422)
                    ]
                    table.equal(f"X's specification, {what}: of {len(through.said)} requests, refused", bad, [])
                    table.true(f"X's specification, {what}: asked", through.said)
                    table.equal(f"X's specification, {what}: trouble", home.trouble(), [])
            answers_of_a_specification(table, through, keys, server)


def answers_of_a_specification(table, through, keys, server):
    """Every field drawn at random: read or refused, never a crash, and a whole catalogue."""
    for prefer, rounds in (("dynamic=true", 25), ("code=429", 0), ("code=503", 1)):
        statuses, trouble = Counter(), []
        through.prefer = prefer
        for _ in range(rounds):
            with Home(keys, allow=[server.url]) as home:
                status, out = home.run("scrape twitter tag adidas limit 20", timeout=120)
                statuses[status] += 1
                trouble += home.trouble()
                if status < 0 or status > 1 or (status == 1 and not re.search(r"^LL[57]\d\d ", out, re.M)):
                    trouble.append(out[-300:])
        if rounds:
            table.equal(f"answers with `{prefer}`, {rounds} times ({dict(statuses)}): trouble", trouble[:2], [])


# ---- the interfaces, replayed ----
def replay(table):
    """Many posts through the interfaces of X and Mastodon, killed all the time."""
    files = logo_files("Adidas", 30) + logo_files("Nike", 30)
    users = [User(str(100 + i), f"user{i}", f"User {i}") for i in range(12)]
    posts = [Post(str(10**15 + i), f"post {i} #kicks", users[i % 12], time.time() - 1000 - i, [files[i % 60]])
             for i in range(240)]
    for service, platform, key in (
        (Twitter(posts), "twitter", "bearer_token"),
        (Mastodon(posts), "mastodon", "access_token"),
    ):
        service.limit = 10**6
        with Server([service], Pictures(files)) as server:
            keys = {platform: {"instance": server.url, key: service.token}}
            start = lambda: Home(keys, allow=[server.url])
            line = f"scrape {platform} tag kicks limit 300 resume into posts"
            with start() as home:
                ended_well(table, f"{platform}, 240 posts", *home.run(line))
                wanted = home.posts()
                table.equal(f"{platform}: posts", home.count("posts"), 240)
                table.equal(f"{platform}: pictures", home.count("post_image"), 240)
                table.equal(
                    f"{platform}: pictures kept once each", home.count("images"), len({f.read_bytes() for f in files})
                )
            killed, ends, wrong = kill_loop(start, line, wanted)
            table.equal(f"{platform}: kill -9, {killed} times, {ends} to the end: what differed", wrong[:2], [])


# ---- hostile answers ----
HOSTILE = {"twitter": "tag kicks", "mastodon": "tag kicks", "instagram": "tag kicks", "facebook": "user shop",
           "bluesky": "tag kicks"}
AFTER = "show posts\nexport posts to posts.csv\nexport posts to posts.json\n"


def hostile(table):
    """Answers made to do harm, through the whole program: an error with a code or posts, nothing dangerous in what is
    shown and written, and a whole catalogue."""
    files, checker = logo_files("Adidas", 3), CORPUS.parent / "check" / "check_output.py"
    ends, wrong = Counter(), []
    for case in hostile_cases():
        platform = case["platform"]
        with Server([Hostile(case)], Pictures(files)) as server:
            keys = {"instance": server.url, "bearer_token": "t-of-tests", "access_token": "t-of-tests",
                    "handle": "reader.test", "app_password": "t-of-tests", "user_id": "17841400000000001"}
            with Home({platform: keys}) as home:
                status, out = home.run(
                    f"scrape {platform} {HOSTILE[platform]} limit 30 into posts\n{AFTER}", timeout=120
                )
                ends[status] += 1
                wrong += [f"{case['id']}: {t}" for t in home.trouble()]
                if status not in (0, 1) or (status == 1 and not re.search(r"^LL\d{3} ", out, re.M)):
                    wrong.append(f"{case['id']}: status {status}: {out[-200:]}")
                (home.folder / "out.txt").write_text(out)
                for kind, name in (("text", "out.txt"), ("csv", "posts.csv"), ("text", "posts.json")):
                    if (home.folder / name).exists():
                        done = subprocess.run(
                            [sys.executable, checker, kind, home.folder / name], capture_output=True, text=True
                        )
                        if done.returncode:
                            wrong.append(f"{case['id']}: {name}: {done.stdout[:200]}")
    table.true("hostile answers", sum(ends.values()) > 80, f"{sum(ends.values())}, by exit status {dict(ends)}")
    for line in wrong[:20]:
        print(f"    {line}")
    table.equal("hostile answers: harm done", len(wrong), 0)


PARTS = {
    "replay": replay,
    "hostile": hostile,
    "x": x,
    "pds": pds,
    "bluesky": bluesky,
    "cuts": bluesky,
    "kills": bluesky,
}


def main(names):
    table = Table()
    table.parts = names or list(PARTS)
    unknown = set(table.parts) - set(PARTS)
    if unknown:
        sys.exit(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not SPECIFICATION.exists():
        sys.exit("the handed-over data is not there: set LOGOLENS_SHARED")
    done = set()
    for name in table.parts:
        part = PARTS[name]
        if part in done:
            continue
        done.add(part)
        print(f"{name}", flush=True)
        try:
            part(table)
        except real.Missing as why:
            table.skip(name, why)
        except Exception as why:  # the other parts are still worth a look
            traceback.print_exc()
            table.true(f"{name} goes through", False, f"{type(why).__name__}: {why}")
    return 0 if table.show() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
