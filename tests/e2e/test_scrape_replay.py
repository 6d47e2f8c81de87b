"""Scraping from the program's side, against a server of ours on this computer (tests/servers): recorded exchanges of X
and Mastodon as they were, recorded posts of X and Instagram behind today's interfaces, posts of our own as Facebook
gives them. What is counted is what is in the catalogue, and what the server was asked for.

tests/servers/run.py does the same with real servers, for longer."""

import json
import os
import re
import signal
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kernel_support as support

sys.path.insert(0, str(support.ROOT / "tests" / "servers"))

import recorded  # noqa: E402
from cutter import Cutter  # noqa: E402
from home import Home  # noqa: E402
from loopback import Fault, Pictures, Server  # noqa: E402
from services import Graph, Mastodon, Post, Twitter, User  # noqa: E402

TOKEN = "a-token-for-tests"
TAG = "fgiztsshwiaqqiztpmmjbtvmescsculuvmgjgopwoeidbcrixp"
ERROR = re.compile(r"^(LL\d{3}) ", re.M)


def need_recordings():
    if recorded.API.joinpath("MANIFEST.md").exists():
        return
    if os.environ.get("LOGOLENS_REQUIRE_SHARED") == "1":
        raise AssertionError("the handed-over data is not there, and LOGOLENS_REQUIRE_SHARED=1")
    raise unittest.SkipTest("the handed-over data is not there")


def own_posts(count, pictures, page=None):
    """Posts of ours; page: all by this user."""
    users = [User(str(500 + i), f"user{i}", f"User {i}") for i in range(7)]
    return [Post(str(10**15 + i), f"post {i} #kicks", page or users[i % 7], time.time() - 1000 - 60 * i,
                 [pictures[i % len(pictures)]], likes=i) for i in range(count)]


class Scraping(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need_recordings()
        cls.files = (
            recorded.logo_files("Adidas", 12) + recorded.logo_files("Nike", 12) + recorded.logo_files("Puma", 12)
        )

    def serve(self, *services, faults=()):
        server = Server(services, Pictures(self.files), faults)
        self.addCleanup(server.stop)
        return server

    def home(self, server, token=TOKEN):
        """A user who is connected to all platforms, which are one server."""
        keys = {
            "twitter": {"bearer_token": token},
            "mastodon": {"access_token": token},
            "facebook": {"access_token": token},
            "instagram": {"access_token": token, "user_id": "17841400000000001"},
        }
        url = server if isinstance(server, str) else server.url
        home = Home({name: {"instance": url, **values} for name, values in keys.items()})
        self.addCleanup(home.remove)
        return home

    def scrape(self, home, line, status=0):
        code, out = home.run(line)
        self.assertEqual(code, status, out)
        self.assertEqual(home.trouble(), [])
        self.assertNotIn(TOKEN, out)
        return out

    def kept(self, home, posts):
        """The catalogue holds these posts, each with its author and all of its pictures."""
        rows = {
            row[0]: row[1:]
            for row in home.rows(
                "SELECT native_id, text, (SELECT handle FROM users u WHERE u.id = p.user), likes FROM posts p"
            )
        }
        self.assertEqual(set(rows), {p.id for p in posts})
        self.assertEqual(home.count("post_image"), sum(len(p.pictures) for p in posts))
        return rows


class Recordings(Scraping):
    """Counts are those of the recording, paging goes to its end."""

    def test_mastodon(self):
        items = recorded.exchanges("mastodon-cassettes/test_fetch_remaining.json")
        server = self.serve(recorded.Recorded(items))
        home = self.home(server)
        self.scrape(home, f"scrape mastodon tag {TAG} limit 200 into posts")
        pages = [item for item in items if "/timelines/tag/" in item["uri"]]
        wanted = {post["id"]: post for item in pages for post in item["body"]}
        self.assertEqual(len(wanted), 30)
        rows = home.rows("SELECT p.native_id, u.native_id FROM posts p JOIN users u ON u.id = p.user")
        self.assertEqual(dict(rows), {i: post["account"]["id"] for i, post in wanted.items()})
        asked = server.asked("/timelines/tag/")
        self.assertEqual(len(asked), len(pages))  # each page once, the empty one at the end too
        self.assertEqual(
            [re.findall(r"max_id=(\d+)", t) for t in asked], [re.findall(r"max_id=(\d+)", p["uri"]) for p in pages]
        )

    def test_mastodon_public(self):
        items = [
            i for i in recorded.exchanges("mastodon-cassettes/test_timeline_disabled.json") if "/public" in i["uri"]
        ]
        home = self.home(self.serve(recorded.Recorded(items)))
        self.scrape(home, "scrape mastodon limit 20 into posts")
        self.assertEqual(
            {row[0] for row in home.rows("SELECT native_id FROM posts")},
            {post["id"] for post in items[0]["body"] if not post["reblog"] and post["visibility"] == "public"},
        )

    def test_twitter(self):
        search = recorded.exchanges("tweepy-cassettes/test_client_search_recent_tweets.json")
        timeline = recorded.exchanges("tweepy-cassettes/test_client_get_user.json") + \
            recorded.exchanges("tweepy-cassettes/test_client_get_users_tweets.json")
        server = self.serve(recorded.Recorded(search, {("query", "(Tweepy) has:images -is:retweet"): "Tweepy"}),
                            recorded.Recorded(timeline))
        home = self.home(server)
        self.scrape(home, "scrape twitter query Tweepy limit 10 into posts")
        self.assertEqual({row[0] for row in home.rows("SELECT native_id FROM posts")},
                         {post["id"] for post in search[0]["body"]["data"]})
        home = self.home(server)
        self.scrape(home, "scrape twitter user Twitter limit 5 into posts")
        self.assertEqual({row[0] for row in home.rows("SELECT native_id FROM posts")},
                         {post["id"] for item in timeline for post in item["body"]["data"] if "text" in post})

    def test_twitter_posts_with_pictures(self):
        posts = [p for p in recorded.twitter_posts() if "🍕" in p.text]
        self.assertGreater(len(posts), 10)
        server = self.serve(Twitter(posts, most=4))
        home = self.home(server)
        self.scrape(home, "scrape twitter query 🍕 limit 100 into posts")
        rows = self.kept(home, posts)
        for post in posts:
            self.assertEqual(rows[post.id], (post.text, post.user.handle, post.likes))
        self.assertEqual(len(server.asked("search/recent")), -(-len(posts) // 4))

    def test_instagram(self):
        tagged, own = recorded.instagram_posts("tag_recent_media", "cat"), recorded.instagram_posts("recent_media")
        server = self.serve(Graph(tagged + own, most=8))
        home = self.home(server)
        out = self.scrape(home, "scrape instagram tag cat limit 100 into posts")
        self.assertEqual({r[1] for r in self.kept(home, tagged).values()}, {None})  # no names are given
        self.assertRegex(out, "(?i)user ?name")  # and that is said
        self.assertGreaterEqual(len(server.asked("recent_media")), 3)
        home = self.home(server)
        self.scrape(home, "scrape instagram user shayne limit 100 into posts")
        self.assertEqual({r[1] for r in self.kept(home, own).values()}, {"shayne"})

    def test_facebook(self):
        page = User("20531316728", "ourshop", "Our shop")
        posts = own_posts(60, self.files, page)
        posts[3].pictures = self.files[:3]
        server = self.serve(Graph(facebook=posts, most=25))
        home = self.home(server)
        self.scrape(home, "scrape facebook user ourshop limit 200 into posts")
        self.kept(home, posts)
        self.assertEqual(len(server.asked("/ourshop/posts")), 3)


class Faults(Scraping):
    """What servers do wrong. All of it ends with the same set, or an error that says why, and a whole catalogue."""

    PLATFORMS = {"twitter": "scrape twitter tag kicks limit 100", "mastodon": "scrape mastodon tag kicks limit 100",
                 "instagram": "scrape instagram tag kicks limit 100", "facebook": "scrape facebook user shop limit 100"}
    LISTS = r"search/recent|timelines/tag|recent_media|/posts\?"

    def services(self, count=30, most=10):
        posts = own_posts(count, self.files)
        page = own_posts(count, self.files, User("777", "shop", "Shop"))
        return posts, [Twitter(posts, most=most), Mastodon(posts, most=most), Graph(posts, page, most=most)]

    def each(self, work):
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(work, *item) for item in self.PLATFORMS.items()]:
                done.result()

    def test_asked_too_often(self):
        """429 in each platform's own form: the scrape waits until the server's own time, and goes on."""
        def one(name, line):
            posts, services = self.services()
            server = self.serve(*services, faults=[Fault("limited", self.LISTS, after=1, seconds=1)])
            home = self.home(server)
            self.scrape(home, f"{line} into posts")
            self.assertEqual(home.count("posts"), len(posts), name)
            self.assertEqual(home.count("post_image"), len(posts), name)
        self.each(one)

    def test_meta_says_it_its_own_way(self):
        """403 and an error of its own number: a limit, and no refusal. One that lasts is said, with what was kept."""
        for name in ("instagram", "facebook"):
            _, services = self.services()
            server = self.serve(*services, faults=[Fault("limited", self.LISTS, after=1, seconds=1800)])
            home = self.home(server)
            out = self.scrape(home, f"{self.PLATFORMS[name]} into posts", status=1)
            self.assertRegex(out, r"LL510 .*no more requests", name)
            self.assertEqual(home.count("posts"), 10, name)
            self.scrape(home, f"{self.PLATFORMS[name]} resume into posts")
            self.assertEqual(home.count("posts"), 30, name)

    def test_broken_transfers(self):
        """Errors of the server, cut, reset, delayed and dripping answers, on pages and on pictures."""
        def one(name, line):
            posts, services = self.services()
            server = self.serve(*services, faults=[
                Fault("status", self.LISTS, status=503), Fault("cut", self.LISTS, after=1), Fault("reset", self.LISTS),
                Fault("slow", self.LISTS, seconds=0.2), Fault("drip", self.LISTS, seconds=0.2),
                Fault("cut", "/media/", times=3, after=2), Fault("reset", "/media/", times=2, after=5),
                Fault("status", "/media/", status=502, times=2), Fault("slow", "/media/", seconds=0.2, times=3)])
            home = self.home(server)
            self.scrape(home, f"{line} into posts")
            self.assertEqual((home.count("posts"), home.count("post_image")), (len(posts), len(posts)), name)
        self.each(one)

    def test_paging_that_does_not_end(self):
        """A server that does not see the mark of the next page gives the first one for ever: once is enough."""
        marks = {"twitter": "next_token", "mastodon": "max_id", "instagram": "after", "facebook": "after"}

        def one(name, line):
            _, services = self.services()
            server = self.serve(*services, faults=[Fault("ignore", self.LISTS, times=1000, name=marks[name])])
            home = self.home(server)
            self.scrape(home, f"{line} into posts")
            self.assertEqual(home.count("posts"), 10, name)
            self.assertLessEqual(len(server.asked(self.LISTS)), 3, name)
        self.each(one)

    def test_a_page_of_nothing(self):
        """X gives pages without a post between others; the walk goes on behind them. For ever is another matter."""
        posts, services = self.services()
        server = self.serve(*services, faults=[Fault("empty", self.LISTS, after=1)])
        home = self.home(server)
        self.scrape(home, "scrape twitter tag kicks limit 100 into posts")
        self.kept(home, posts)
        server.spoil(Fault("empty", self.LISTS, after=1, times=10**6))
        server.log.clear()
        other = self.home(server)
        self.scrape(other, "scrape twitter tag kicks limit 100 into posts")
        self.assertEqual(other.count("posts"), 10)
        self.assertLess(len(server.asked(self.LISTS)), 60)

    def test_refusals(self):
        """Access that was not paid for, reviewed or granted: an error with a code and the platform's words."""
        def one(name, line):
            _, services = self.services()
            server = self.serve(*services, faults=[Fault("refused", self.LISTS, times=9)])
            home = self.home(server)
            out = self.scrape(home, f"{line} into posts", status=1)
            self.assertRegex(out, r"LL503 ", name)
            self.assertEqual(home.count("posts"), 0, name)
        self.each(one)

    def test_wrong_keys(self):
        def one(name, line):
            _, services = self.services()
            home = self.home(self.serve(*services), token="another-token")
            out = self.scrape(home, f"{line} into posts", status=1)
            self.assertRegex(out, ERROR, name)
            self.assertNotIn("another-token", out)
        self.each(one)

    def test_an_error_in_the_middle(self):
        """What came before it stays, and `resume` ends with the set that it would have been."""
        bodies = [b"", b'{"data": [{"id": 5, "text": {}}]', b"<html>login</html>",
                  b'{"data":' + b"[" * 5000 + b"]" * 5000 + b"}", b"\xff\xfe{}"]

        def one(name, line):
            posts, services = self.services()
            server = self.serve(*services)
            home = self.home(server)
            for body in bodies:
                server.spoil(Fault("body", self.LISTS, after=1, body=body))
                code, out = home.run(f"{line} resume into posts")
                server.heal()
                self.assertIn(code, (0, 1), out)
                if code:
                    self.assertRegex(out, ERROR, name)
                self.assertEqual(home.trouble(), [], name)
                self.assertGreaterEqual(home.count("posts"), 10, name)
                if not code:
                    break
            self.scrape(home, f"{line} resume into posts")
            self.assertEqual((home.count("posts"), home.count("post_image")), (len(posts), len(posts)), name)
        self.each(one)

    def test_pictures_that_are_none(self):
        posts, services = self.services(6)
        (junk := Path(self.home(self.serve()).folder) / "junk.jpg").write_bytes(b"<html>gone</html>")
        pictures = Pictures([*self.files, junk])
        posts[0].pictures = [junk]
        server = Server(services, pictures, [Fault("status", "/media/1/", status=404, times=99)])
        self.addCleanup(server.stop)
        home = self.home(server)
        self.scrape(home, "scrape twitter tag kicks limit 100 into posts")
        self.assertEqual((home.count("posts"), home.count("post_image")), (6, 4))
        self.assertEqual(home.rows("SELECT count(*) FROM media WHERE state = 2 AND why IS NOT NULL"), [(2,)])

    def test_a_second_time(self):
        """Pictures that are there are not fetched again; `unchanged` said to somebody new is not believed."""
        _, services = self.services()
        server = self.serve(*services)
        home = self.home(server)
        self.scrape(home, "scrape twitter tag kicks limit 100 into posts")
        before = home.posts()
        server.log.clear()
        self.scrape(home, "scrape twitter tag kicks limit 100 into posts")
        self.assertEqual(home.posts(), before)
        self.assertEqual(server.asked("/media/"), [])
        other = self.home(server)
        server.spoil(Fault("unchanged", "/media/", times=2), Fault("unchanged", "search/recent"))
        code, out = other.run("scrape twitter tag kicks limit 100 into posts")
        self.assertEqual(other.trouble(), [])
        server.heal()
        self.scrape(other, "scrape twitter tag kicks limit 100 resume into posts")
        self.assertEqual(len(other.rows("SELECT 1 FROM posts")), 30)

    def test_a_line_that_cuts(self):
        posts, services = self.services(12, most=6)
        server = self.serve(*services)
        with Cutter(server.server_address, seed=1) as line:
            home = self.home(line.url)
            for service in services:  # addresses of pictures lead through the line as well
                service.picture = lambda request, which, s=service: line.url + s.pictures.path(which)
            line.bad = True
            for _ in range(6):
                code, out = home.run("scrape twitter tag kicks limit 100 resume into posts")
                self.assertEqual(home.trouble(), [])
                if code == 0 and home.count("post_image") == len(posts):
                    break
            self.assertEqual((code, home.count("posts"), home.count("post_image")), (0, 12, 12), out)
            self.assertGreater(sum(line.seen[k] for k in ("cut", "dead", "short")), 0)

    def test_killed(self):
        posts, services = self.services(40)
        server = self.serve(*services, faults=[Fault("slow", self.LISTS, times=10**6, seconds=0.05)])
        home, killed = self.home(server), 0
        for i in range(8):
            process = home.begin("scrape twitter tag kicks limit 100 resume into posts")
            time.sleep(0.03 * (i + 1))
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.communicate()
            self.assertEqual(home.trouble(), [])
        self.assertGreater(killed, 0)
        self.scrape(home, "scrape twitter tag kicks limit 100 resume into posts")
        self.kept(home, posts)


class InAKernel(Scraping):
    def test_waiting_is_shown_and_can_be_ended(self):
        """A limit that lasts is counted down in one display; an interrupt ends it, and what was kept stays."""
        posts, services = Faults.services(self)
        server = self.serve(*services, faults=[Fault("limited", "search/recent", after=1, seconds=300)])
        home = self.home(server)
        with support.Kernel(folder=home.folder) as kernel:
            client = kernel.client().ready()
            msg_id = client.send("execute_request", {"code": "scrape twitter tag kicks limit 100 into posts"})
            texts = []
            while not any("it goes on in 4 min" in t for t in texts):
                message = client.receive("iopub")
                if message.type in ("display_data", "update_display_data"):
                    texts.append(message.content["data"]["text/plain"])
            client.ask("interrupt_request", channel="control")
            self.assertEqual(client.reply(msg_id).content["status"], "error")
            self.assertEqual(home.count("posts"), 10)
            self.assertEqual(home.trouble(), [])
            server.heal()
            reply, _ = client.execute("scrape twitter tag kicks limit 100 resume into posts")
            self.assertEqual(reply.content["status"], "ok")
            self.assertEqual(home.count("posts"), len(posts))

    def test_recheck_and_delete(self):
        posts, services = Faults.services(self)
        server = self.serve(*services)
        home = self.home(server)
        line = "scrape twitter tag kicks limit 100 into posts"
        self.scrape(home, line)
        services[0].deleted = {posts[4].id, posts[20].id}
        self.scrape(home, f"{line[:-11]} resume into posts\nrecheck posts")
        self.assertEqual(home.count("posts"), len(posts) - 2)
        self.scrape(home, "delete user user3")
        left = [p for p in posts if p.user.handle != "user3" and p.id not in services[0].deleted]
        self.kept(home, left)
        self.scrape(home, line)
        self.kept(home, left)


if __name__ == "__main__":
    unittest.main()
