#!/usr/bin/env python3
"""The dashboard in headless Chromium: what its readers do with it, with a mouse, with keys alone, on paper, without script.

Usage: test_dashboard.py TOOL [--keep DIR] [--only WORD]   (TOOL: build/support/dash_tool; screenshots go to DIR). Run with the
private Jupyter's Python. What the page shows is compared with counts made here from the posts in it. The last line is
`N passed, N failed, N skipped`; where there is no Chromium, or no axe-core, that is skipped aloud.
"""
import argparse
import csv
import datetime
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHROMIUM = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if os.access(p, os.X_OK)), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
POSTS = 300
PLATFORM, DAY, AUTHOR, LIKES, REPOSTS, REPLIES, ID, SHOTS = range(8)


class Reader:
    """Somebody with a browser, who opens the file."""

    def __init__(self, browser, folder, keep):
        self.browser, self.folder, self.keep, self.faults, self.contexts = browser, folder, keep, [], []

    def open(self, name="page", width=1200, height=900, **how):
        context = self.browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **how)
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10000)
        page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: self.faults.append(str(e)))
        page.on("request", lambda r: None if re.match(r"(data|blob):", r.url) or r.url == page.url or
                r.url.startswith("file://") and r.is_navigation_request() else self.faults.append("asks for " + r.url[:80]))
        page.goto((self.folder / f"{name}.html").as_uri())
        return page

    def shot(self, page, name, whole=False):
        if self.keep:
            page.screenshot(path=str(self.keep / f"{name}.png"), full_page=whole)

    def close(self):
        for context in self.contexts:
            context.close()


def facts(page):
    return json.loads(page.text_content("#data"))


def words(page, selector):
    return page.inner_text(selector).strip()


def count(page):
    return words(page, "#count")


# ---- the same counts, made here ----
def sure(data, shot, least=None):
    return len(shot) == 2 and (least is None or shot[1] >= 10 * least)


def passing(data, brand=None, platform=None, since=None, until=None, least=None):
    found = []
    for i, post in enumerate(data["posts"]):
        if platform is not None and post[PLATFORM] != platform:
            continue
        if (since is not None and (post[DAY] is None or post[DAY] < since)) or \
                (until is not None and (post[DAY] is None or post[DAY] > until)):
            continue
        shots = [s for s in post[SHOTS] if sure(data, s, least)]
        if brand == -1 and shots or brand not in (None, -1) and not any(s[0] == brand for s in shots):
            continue
        if brand is None and least is not None and not shots:
            continue
        found.append(i)
    return found


def day_text(day):
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
    return f"{date.day} {date:%b %Y}"


STATE = """() => ({
    lead: document.getElementById('lead').textContent.trim(), people: document.getElementById('lead-people').textContent.trim(),
    trend: document.getElementById('trend').textContent.trim(), weeks: document.getElementById('weeks').textContent,
    lines: [...document.querySelectorAll('#chart path.line')].map(p => p.getAttribute('class')),
    names: [...document.querySelectorAll('#chart text')].map(t => t.textContent).filter(t => !/^[0-9]/.test(t)),
    rows: [...document.querySelectorAll('.people tbody tr')].filter(r => !r.hidden).map(r => r.id + ' ' +
        [...r.cells].slice(0, 4).map(c => c.textContent.trim()).join('|')),
})"""


def test_script_says_what_the_file_says(reader):
    """Without a filter the script shows the very texts that stand without it; and again after all filters are taken away."""
    bare = reader.open(java_script_enabled=False)
    without = {key: bare.text_content("#" + key).strip() for key in ("lead", "lead-people", "trend", "weeks")}
    page = reader.open()
    before = page.evaluate(STATE)
    assert {"lead": before["lead"], "lead-people": before["people"], "trend": before["trend"], "weeks": before["weeks"]} == without
    assert before["lines"] == ["line c0", "line c1", "line c2"] * 2 or len(before["lines"]) == 6, before["lines"]
    page.select_option("#brand", "1")
    page.fill("#since", "2026-10-10")
    page.evaluate("() => { const e = document.getElementById('least'); e.value = 80; e.dispatchEvent(new Event('input', {bubbles: true})); }")
    assert page.evaluate(STATE) != before
    page.click("#show-all")
    page.wait_for_function(f"document.getElementById('count').textContent === 'All {POSTS} posts are shown.'")
    assert page.evaluate(STATE) == before


def test_without_script(reader):
    page = reader.open(java_script_enabled=False)
    assert not page.is_visible("#filters") and not page.is_visible("#tools")
    assert page.locator("#gallery > li").count() == POSTS and page.is_visible("#p0")
    assert "Scripts are off" in page.inner_text("header")
    for selector in ("#p0 .i", "#r0 .photos .i"):
        box = page.locator(selector).first.bounding_box()
        assert box["width"] > 20 and box["height"] > 20, box
    assert page.inner_text("#r0 th").startswith("@secrethandle_")
    assert "Of 100 pictures it calls adidas, about 93" in page.inner_text("main")
    reader.shot(page, "no-script")


def check_filter(page, data, expected, label=None):
    assert count(page) == f"{len(expected)} of {POSTS} posts pass the filters.", (count(page), len(expected))
    assert words(page, "#lead").startswith(f"{len(expected)} of {POSTS} posts with "), words(page, "#lead")
    shown = page.evaluate("[...document.querySelectorAll('#shown > li')].map(c => +c.id.slice(1))")
    assert shown == expected[:60], (shown[:9], expected[:9])
    days = [data["posts"][i][DAY] for i in expected if data["posts"][i][DAY] is not None]
    if days:
        assert day_text(min(days)) in words(page, "#lead") and day_text(max(days)) in words(page, "#lead")
    chosen = set(expected)
    for number, person in enumerate(data["people"]):
        hits = {p for p, s in person["photos"] if p in chosen and (label is None or data["posts"][p][SHOTS][s][0] == label)}
        visible = page.is_visible(f"#r{number}")
        assert visible == bool(hits), (number, hits)
        if visible:
            assert words(page, f"#r{number} .n") == str(len(hits))


def test_filters_act_on_everything(reader):
    page = reader.open()
    data = facts(page)
    puma = data["labels"].index("puma")
    page.select_option("#brand", str(puma))
    check_filter(page, data, passing(data, brand=puma), puma)
    assert page.evaluate("[...document.querySelectorAll('#chart path.line')].length") == 2
    assert "puma" in words(page, "#trend") and "adidas" not in words(page, "#trend")
    total = page.evaluate("[...document.querySelectorAll('#weeks td')].reduce((n, td) => n + parseInt(td.textContent), 0)")
    assert total == sum(data["posts"][i][DAY] is not None for i in passing(data, brand=puma))
    reader.shot(page, "filtered")
    page.select_option("#brand", "-1")
    check_filter(page, data, passing(data, brand=-1), -9)
    page.select_option("#brand", "")
    page.select_option("#platform", "1")
    check_filter(page, data, passing(data, platform=1))
    day = data["first"] + 20
    page.fill("#since", (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).isoformat())
    page.fill("#until", (datetime.date(1970, 1, 1) + datetime.timedelta(days=day + 30)).isoformat())
    check_filter(page, data, passing(data, platform=1, since=day, until=day + 30))
    page.focus("#least")
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    assert words(page, "#bound") == "85%"
    expected = passing(data, platform=1, since=day, until=day + 30, least=85)
    assert count(page) == f"{len(expected)} of {POSTS} posts pass the filters."
    page.fill("#until", "2026-09-01")
    assert count(page) == f"0 of {POSTS} posts pass the filters." and page.is_visible("#empty") and page.is_visible("#nobody")
    assert not page.is_visible("#chart") and "No post to draw passes" in words(page, "#trend")
    reader.shot(page, "empty", True)
    page.click("#again")
    page.wait_for_function(f"document.getElementById('count').textContent === 'All {POSTS} posts are shown.'")
    page.select_option("#order", "liked")
    likes = [data["posts"][int(i[1:])][LIKES] for i in page.evaluate("[...document.querySelectorAll('#shown > li')].map(c => c.id)")]
    assert likes == sorted((p[LIKES] for p in data["posts"]), reverse=True)[:60]
    page.click("#more")
    assert page.locator("#shown > li").count() == 120
    assert page.evaluate("document.activeElement === document.getElementById('shown').children[60]")


def test_photos_of_a_person(reader):
    page = reader.open()
    data = facts(page)
    button = page.locator("#r0 .all")
    photos = data["people"][0]["photos"]
    assert button.inner_text().startswith(f"See {len(photos)} photos")
    button.click()
    assert page.is_visible("dialog#person") and words(page, "#person-name") == data["people"][0]["name"]
    assert page.locator("#person-photos > li").count() == len(photos)
    assert f"{len(photos)} posts that speak for it. The chance that this entry is right is 93% (85 to 97)." == words(page, "#person-say")
    assert page.evaluate("document.getElementById('person').contains(document.activeElement)")
    reader.shot(page, "dialog")
    page.keyboard.press("Escape")
    assert not page.is_visible("dialog#person")
    assert page.evaluate("document.activeElement.closest('tr').id") == "r0", "the focus is lost"
    page.locator("#r1 .photos a").first.click()
    post = data["people"][1]["photos"][0][0]
    assert page.evaluate("document.activeElement.id") == f"p{post}"
    assert page.is_visible(f"#p{post}")


def rows_of(download):
    text = Path(download.path()).read_bytes().decode("utf-8-sig")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def no_formulas(rows):
    for row in rows:
        for name, cell in row.items():
            if re.match(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell) and not re.fullmatch(r"[+-]?\d+(\.\d+)?", cell):
                assert cell.startswith("'"), (name, cell)


def test_downloads(reader):
    page = reader.open()
    data = facts(page)
    with page.expect_download() as waiting:
        page.click("#save-posts")
    assert waiting.value.suggested_filename == "Who-posts-our-shoes-posts.csv"
    rows = rows_of(waiting.value)
    assert len(rows) == sum(max(1, len(p[SHOTS])) for p in data["posts"])
    no_formulas(rows)
    assert any(r["text"].startswith("'=HYPERLINK(") for r in rows) and any(r["user"].startswith("secrethandle") for r in rows)
    assert any('comma, "quote"' in r["text"] for r in rows)
    page.select_option("#brand", "0")
    expected = passing(data, brand=0)
    with page.expect_download() as waiting:
        page.click("#save-posts")
    rows, at = rows_of(waiting.value), 0
    for i in expected:
        post = data["posts"][i]
        card = page.evaluate("i => { const c = document.getElementById('p' + i); return [c.querySelector('.t'), c.querySelector('.w a')].map("
                             "(e, k) => e ? k ? e.href : e.textContent : '') }", i)
        for number, shot in enumerate(post[SHOTS]):
            row, at = rows[at], at + 1
            date = "" if post[DAY] is None else (datetime.date(1970, 1, 1) + datetime.timedelta(days=post[DAY])).isoformat()
            got = [row["post_id"], row["platform"], row["user"].lstrip("'"), row["date"], row["picture"], row["brand"], float(row["confidence"]),
                   row["sure"], row["likes"], row["text"].lstrip("'"), row["url"]]
            want = [post[ID], data["platforms"][post[PLATFORM]], data["authors"][post[AUTHOR]].lstrip("'@") if post[AUTHOR] >= 0 else "", date,
                    str(number + 1), data["labels"][shot[0]], shot[1] / 1000, "yes" if sure(data, shot) else "no",
                    "" if post[LIKES] < 0 else str(post[LIKES]), card[0].lstrip("'"), card[1]]
            assert got == want, (got, want)
    assert at == len(rows)
    with page.expect_download() as waiting:
        page.click("#save-people")
    rows = rows_of(waiting.value)
    no_formulas(rows)
    names = page.evaluate("[...document.querySelectorAll('.people tbody tr')].filter(r => !r.hidden).map(r => r.querySelector('th').childNodes[0].textContent)")
    assert [r["person"] for r in rows] == [n.strip().lstrip("@") for n in names] and [r["rank"] for r in rows] == [str(i + 1) for i in range(len(rows))]
    assert {r["standing"] for r in rows} == {"current"} and all(r["url"].startswith("https://") or not r["url"] for r in rows)


def focus(page):
    """What has the focus, and whether that can be seen."""
    return page.evaluate("""() => {
        const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
        return {id: e.id, tag: e.tagName, text: (e.textContent || '').trim().slice(0, 40), outline: parseFloat(s.outlineWidth) >= 2 &&
                s.outlineStyle !== 'none', inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.left >= -1};
    }""")


def test_with_keys_alone(reader):
    page = reader.open()
    data = facts(page)
    page.keyboard.press("Tab")
    assert focus(page)["text"] == "Skip to the results" and focus(page)["inside"], focus(page)
    page.keyboard.press("Enter")
    assert focus(page)["id"] == "main"
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        now = focus(page)
        again = seen and seen[-1] == now["id"] and now["tag"] == "INPUT"  # the parts of a date, which the browser marks
        assert now["inside"] and (now["outline"] or again), f"the focus cannot be seen: {now}"
        seen.append(now["id"] or now["text"])
        if now["text"].startswith("See "):
            break
    order = [i for i in seen if i in ("brand", "platform", "since", "until", "least", "show-all")]
    assert list(dict.fromkeys(order)) == ["brand", "platform", "since", "until", "least", "show-all"], seen
    assert any(t.startswith("The same numbers") for t in seen) and "chart" in seen, seen
    page.keyboard.press("Enter")
    assert page.is_visible("dialog#person")
    for _ in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate("document.getElementById('person').contains(document.activeElement) || document.activeElement === document.body")
    page.keyboard.press("Escape")
    assert focus(page)["text"].startswith("See ") and not page.is_visible("dialog#person")
    page.focus("#brand")
    page.keyboard.type("nike")
    assert count(page) == f"{len(passing(data, brand=1))} of {POSTS} posts pass the filters."
    page.keyboard.press("Home")
    page.focus("summary")
    page.keyboard.press("Space")
    assert page.is_visible("#weeks")
    page.focus("#show-all")
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.getElementById('count').textContent === 'All {POSTS} posts are shown.'")
    with page.expect_download():
        page.focus("#save-people")
        page.keyboard.press("Enter")


def ground(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_light_and_dark(reader):
    page = reader.open(color_scheme="dark")
    assert ground(page) == "rgb(27, 27, 27)" and words(page, "#theme") == "Light colours"
    reader.shot(page, "dark", True)
    page.click("#theme")
    assert ground(page) == "rgb(255, 255, 255)" and words(page, "#theme") == "Dark colours"
    page = reader.open(color_scheme="light")
    assert ground(page) == "rgb(255, 255, 255)"
    reader.shot(page, "light", True)
    page.click("#theme")
    assert ground(page) == "rgb(27, 27, 27)"
    page.emulate_media(media="print")
    assert ground(page) == "rgb(255, 255, 255)", "paper is not dark"
    page = reader.open(color_scheme="dark")  # and where nobody chose, but the system is dark
    page.emulate_media(media="print", color_scheme="dark")
    ink = "getComputedStyle(document.querySelector('#lead')).color"
    assert (ground(page), page.evaluate(ink)) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)"), "paper is not dark"


def test_on_paper(reader):
    page = reader.open()
    pdf = page.pdf(path=str(reader.keep / "page.pdf") if reader.keep else None, format="A4")
    assert pdf.startswith(b"%PDF") and len(re.findall(rb"/Type ?/Page\b", pdf)) >= 3
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for selector in ("#lead", "#chart svg", "#weeks", "#r0", "#p0", "h2#sure", "#count"):
        assert page.is_visible(selector), selector
    for selector in ("#tools", "nav", "#brand", "#r0 .all", "#more", "#order"):
        assert not page.is_visible(selector), selector
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not page.evaluate("document.querySelector('details').open")


def test_narrow(reader):
    page = reader.open(width=360, height=740)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, "wider than a telephone"
    box = page.locator("#r0 .photos").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 361, box
    page.locator("#r0 .all").click()
    assert page.locator("#person").bounding_box()["width"] <= 360
    reader.shot(page, "narrow-dialog")
    page.click("#close")
    reader.shot(page, "narrow", True)


def test_nobody_is_named(reader):
    page = reader.open("anonymous")
    text = (reader.folder / "anonymous.html").read_text()
    for word in ("secrethandle", "Secret Name", "://", "<image", "18400000000000"):
        assert word not in text, word
    assert words(page, "#r0 th").startswith("person 1") and page.locator(".all").count() == 0
    page.select_option("#platform", "1")
    data = facts(page)
    for number, person in enumerate(data["people"]):
        hits = [p for p in person["own"] if p[PLATFORM] == 1]
        assert page.is_visible(f"#r{number}") == bool(hits), number
    with page.expect_download() as waiting:
        page.click("#save-posts")
    rows = rows_of(waiting.value)
    assert list(rows[0]) == ["platform", "date", "picture", "brand", "confidence", "sure", "likes", "reposts", "replies"]
    assert len(rows) == sum(max(1, len(data["posts"][i][SHOTS])) for i in passing(data, platform=1))
    reader.shot(page, "anonymous", True)


def test_nothing_is_asked_for_and_nothing_runs(reader):
    page = reader.open()
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked === undefined")
    page.evaluate("""() => {
        const script = document.createElement('script'), button = document.createElement('button');
        script.textContent = 'window.hacked = 1';
        button.setAttribute('onclick', 'window.hacked = 2');
        document.body.append(script, button);
        button.click();
    }""")
    assert page.evaluate("window.hacked === undefined"), "the policy lets strangers' texts run"
    fetched = page.evaluate("fetch('data:text/plain,x').then(() => 'fetched', () => 'refused')")
    assert fetched == "refused"
    reader.faults[:] = [f for f in reader.faults if "Content Security Policy" not in f and "data:text/plain,x" not in f]
    for link in page.locator("a[href^='http']").all()[:5]:
        assert link.get_attribute("rel") == "noopener noreferrer"


# ---- other people's judge ----
def axe_source():
    spec = importlib.util.find_spec("axe_playwright_python")
    return (Path(spec.origin).parent / "axe.min.js").read_text() if spec else None


def judged(page, axe, what):
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], elementRef: false})")
    assert found["passes"], "axe looked at nothing"
    bad = [f"{what}: {v['impact']} {v['id']}: {v['help']} {v['nodes'][0]['html'][:160]} {v['nodes'][0].get('failureSummary', '')[:200]}"
           for v in found["violations"] if v["impact"] in ("serious", "critical")]
    mild = [f"{v['id']} ({v['impact']})" for v in found["violations"] if v["impact"] not in ("serious", "critical")]
    if mild:
        print(f"  axe, {what}: {', '.join(mild)}")
    assert not bad, "\n".join(bad)


def test_axe_finds_nothing_serious(reader):
    axe = axe_source()
    page = reader.open("small")
    judged(page, axe, "light")
    page.click("summary")
    page.locator("#r0 .all").click()
    judged(page, axe, "dialog")
    page.keyboard.press("Escape")
    page.fill("#until", "2026-09-01")
    judged(page, axe, "empty")
    judged(reader.open("small", color_scheme="dark"), axe, "dark")
    judged(reader.open("small", width=360, height=740), axe, "narrow")
    judged(reader.open("anonymous-small"), axe, "anonymous")


def make_pages(tool, folder):
    for name, arguments in {"page": [str(POSTS)], "anonymous": [str(POSTS), "anonymous"], "small": ["40"],
                            "anonymous-small": ["40", "anonymous"]}.items():
        done = subprocess.run([tool, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
        (folder / f"{name}.html").write_bytes(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    tests = [t for name, t in globals().items() if name.startswith("test_") and args.only in name]
    if not CHROMIUM:
        for test in tests:
            print(f"  skipped {test.__name__}: there is no Chromium on this machine")
        print(f"0 passed, 0 failed, {len(tests)} skipped")
        return 0
    from playwright.sync_api import sync_playwright
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
    passed = failed = skipped = 0
    if not axe_source() and test_axe_finds_nothing_serious in tests:
        tests.remove(test_axe_finds_nothing_serious)
        print("  skipped test_axe_finds_nothing_serious: no axe-core here (install/requirements-test.txt brings it)")
        skipped += 1
    with tempfile.TemporaryDirectory(prefix="lens-dash-") as folder, sync_playwright() as play:
        make_pages(args.tool, Path(folder))
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for test in tests:
            reader = Reader(browser, Path(folder), args.keep)
            try:
                test(reader)
                assert not reader.faults, reader.faults[:5]
                passed += 1
            except Exception as error:  # noqa: BLE001 - every fault of a test is a failure of that test
                failed += 1
                if args.only:
                    raise
                print(f"  FAILED {test.__name__}: {type(error).__name__}: {str(error)[:1500]}")
            reader.close()
        browser.close()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
