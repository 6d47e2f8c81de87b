#!/usr/bin/env python3
"""A real JupyterLab in headless Chromium: opens the first notebook, runs all cells, looks at what is there.

Usage: test_jupyterlab.py [--keep DIR]   (screenshots, light and dark, go to DIR). Run with the private Jupyter's Python.
The last line is `N passed, N failed, N skipped`; where there is no Chromium all is skipped aloud.
"""
import json
import re
import struct
import sys
import zlib

from lab import ROOT, SHARED, dark, idle, main, menu, open_notebook, run_all, save, shows, write_notebook


def shots(page, keep, name):
    """One picture of each output, the page being made tall enough for it."""
    if not keep:
        return
    usual = page.viewport_size
    outputs = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-OutputArea-child")
    for i in range(outputs.count()):
        output = outputs.nth(i)
        box = output.bounding_box()
        if not box or box["height"] <= 8:
            continue
        page.set_viewport_size({"width": usual["width"], "height": max(usual["height"], int(box["height"]) + 400)})
        output.scroll_into_view_if_needed()
        output.screenshot(path=str(keep / f"{name}-{i + 1:02d}.png"))
    page.set_viewport_size(usual)


def unfold(page):
    page.evaluate("document.querySelectorAll('.jp-OutputArea details').forEach(d => d.open = true)")


def shots_in_both(page, keep, name):
    """For people to look at; where none are kept the theme need not change, which draws every output anew."""
    if not keep:
        return
    shots(page, keep, f"{name}light")
    dark(page, True)
    page.wait_for_timeout(1000)  # until it is drawn
    unfold(page)
    shots(page, keep, f"{name}dark")
    dark(page, False)


def fewer_epochs(lab, name):
    """The copy of a notebook as it is but for the length of its training, which `make demo` has whole."""
    path = lab.work / name
    text, times = re.subn(r"\bepochs 20\b", "epochs 4", path.read_text())
    assert times, "the notebook has another training than this test knows"
    path.write_text(text)


def test_run_all(page, lab, keep):
    fewer_epochs(lab, "01-logo-classifier.ipynb")
    open_notebook(page, lab, "01-logo-classifier.ipynb")
    run_all(page, 300)
    shows(page, "True Total", "Predicted Total", "130,532", "conv2d_1 (Conv2D)", "precision")
    errors = page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr'], "
                          ".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']")
    assert errors.count() == 0, errors.first.inner_text()
    broken = page.evaluate("""[...document.querySelectorAll('.jp-OutputArea img')]
                              .filter(i => i.complete && i.naturalWidth === 0).map(i => i.alt.slice(0, 80))""")
    assert not broken, f"pictures that do not load: {broken}"
    unnamed = page.evaluate("[...document.querySelectorAll('.jp-RenderedHTMLCommon img')].filter(i => !i.alt).length")
    assert unnamed == 0, f"{unnamed} pictures have no words for those who cannot see them"
    shots_in_both(page, keep, "")
    save(page)
    saved = json.loads((lab.work / "01-logo-classifier.ipynb").read_text())
    outputs = [o for c in saved["cells"] if c["cell_type"] == "code" for o in c["outputs"]]
    assert outputs and not [o for o in outputs if o["output_type"] == "error"]
    assert all("text/plain" in o["data"] for o in outputs if o["output_type"] == "display_data")


def colours(html):
    return re.findall(r"(?:color|background|background-color):[^;\"]+", html)


def test_untrusted(page, lab, keep):
    """The same page received from somebody else: nothing may be missing, and no colour, as what loses one of its two
    cannot be read in one of the themes."""
    saved = json.loads((lab.work / "01-logo-classifier.ipynb").read_text())
    saved["cells"].append({"cell_type": "markdown", "id": "mark", "metadata": {}, "source": ["received"]})
    (lab.work / "received.ipynb").write_text(json.dumps(saved))
    open_notebook(page, lab, "received.ipynb")
    shows(page, "True Total", "130,532", "conv2d_1 (Conv2D)")  # also where it is not trusted
    assert page.locator(".jp-OutputArea img").count() > 0
    for file in (ROOT / "tests/golden/plot").glob("*.html.exp"):
        html = file.read_text()
        kept = page.evaluate("""html => window.jupyterapp.shell.currentWidget.content.rendermime.sanitizer
                                        .sanitize(html)""", html)
        assert colours(kept) == colours(html), f"{file.name}: {set(colours(html)) - set(colours(kept))}"
    shots(page, keep, "untrusted")


VISUALS = [
    "load logos from sample:logos size 48x48 seed 7 limit 500\nsplit logos 60/20/20 seed 7",
    "show logos limit 12\nshow logos where duplicate limit 4",
    "describe logos",
    "load other from sample:logos size 48x48 seed 8 limit 60\ncombine logos, other into both dedupe\nuse logos",
    "relabel both nike, puma as rest\ndrop both where brightness < 0.15\nundo\nundo",
    "augment both x6 flip",
    "model scratch on logos { conv 16 3x3 relu; maxpool 2; conv 32 3x3 relu; maxpool 2; flatten; dense 32 relu; "
    "dropout 0.3; dense classes softmax }",
    "summary scratch detail all",
    "findlr scratch",
    "fit scratch epochs 12 lr 0.05 as first",
    "sweep scratch lr 0.1, 0.03, 0.01 batch 16, 64 epochs 4 repeat 3 as board",
    "sweep scratch lr 0.01..0.3 dropout 0, 0.5 random 4 epochs 3 as few",
    "confusion scratch on logos.val",
    "evaluate scratch on logos.val",
    "report scratch on logos.val calibration",
    "mistakes scratch on logos.val limit 12",
    "embed logos.val with scratch",
    "embed logos.val with scratch method tsne limit 300",
    "model small on logos { conv 8 3x3 relu; maxpool 4; flatten; dense classes softmax }\n"
    "fit small epochs 6 lr 0.05 quiet\ncompare scratch, small on logos.val by adidas",
    "fit scratch epochs 12 lr 0.01 again quiet as second\ncurves first, second",
    "show logos.val with scratch where correct = no sort confidence limit 8",
    "save scratch to scratch.lmodel\nlist\nhelp sweep",
    "pad logos.train by 2 image 7\nconvolve logos.train with scratch layer conv1 filter 3 image 7\n"
    "activate logos.train relu with scratch image 7",
    "explain scratch image 7, \"a photo.png\" method occlusion",
    "explain scratch image 7 class nike method saliency",
    "activations scratch image \"a photo.png\" layer conv2 limit 4",
    "filters scratch limit 8\nfilters scratch layer conv2 limit 6",
    "embed logos.val with scratch layer conv2",
]

# An instructor's hour, as the language's description has it; LOAD is a line of its own for photos.
HOUR = [
    "# the grid printed in the report\nlet g = [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3]\npad g by 1\n"
    "convolve g with edge same animate\nconvolve g with [0 1 0; 1 -4 1; 0 1 0] at 2,2\npool g 2x2 max\n"
    "activate g relu\nsoftmax 2.0, 1.0, 0.1, -1.0 names adidas, nike, other, puma",
    "# the same steps inside a real network\nLOAD\nmodel scratch on logos {\n"
    "  for n in 16, 32, 64, 128 { conv $n 3x3 relu; maxpool 2 }\n  flatten\n  dense 64 relu\n  dropout 0.5\n"
    "  dense classes softmax\n}\nsummary scratch detail all\ntrace scratch image 7\n"
    "convolve logos.train with scratch layer conv1 filter 3 image 7 at 10,12\n"
    "activations scratch image 7 layer conv1\npool logos.train 2x2 image 7 animate\n"
    "receptive scratch layer conv4 image 7\nsoftmax scratch image 7",
    "# learning, one step at a time\nstep scratch image 7 lr 0.01\ngradients scratch batch 32\n"
    "landscape scratch size 21\nfit scratch epochs 10 batch 32 as honest\nfilters scratch layer conv1\n"
    "dream scratch class adidas",
    "# what goes wrong, on purpose\noverfit scratch images 40 epochs 40 cures dropout, augment, decay\n"
    "for rate in 1.0, 0.1, 0.01, 0.001 { fit scratch epochs 5 lr $rate again quiet as demo }\n"
    "quiz shapes on scratch count 5\n"
    "check scratch.conv1.params = ((3*3*3+1)*16) \"count the weights again\"",
]
# Six hundred pictures: what is looked at is the page, not what the network has learnt.
SAMPLE = "load logos from sample:logos size 64x64 seed 7 limit 600"
PHOTOS = "load logos from DATA/logos labels DATA/logos/labels-full.tsv columns path, class4 size 64x64 seed 7 limit 600"

# Collecting, cleaning and multiplying as the language's description does it.
REAL = [
    "load flickr27 from DATA/flickr27 size 64x64 seed 7",
    "load shoes3 from DATA/shoes3 size 64x64",
    "load sportswear2 from DATA/sportswear2 size 64x64",
    "load pumashop from DATA/pumashop size 64x64",
    "combine flickr27, shoes3, sportswear2, pumashop into logos dedupe",
    "relabel logos keep adidas, nike, puma rest other",
    "split logos 80/20 by source",
    "show logos limit 24",
    "clean logos scale 0..1 glare 240 replace median brightness 0.2..0.95",
    "augment logos x10 rotate 15 shift 10% zoom 10% brightness 20% flip",
]

# Whatever is wider than its place, broken, or without words.
FAULTS = """() => {
    const faults = [];
    for (const area of document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output')) {
        const html = area.querySelector('.jp-RenderedHTMLCommon, .jp-RenderedHTML') || area;
        if (html.scrollWidth > html.clientWidth + 2)
            faults.push('wider than the page by ' + (html.scrollWidth - html.clientWidth) + ': ' + html.innerText.slice(0, 60));
        for (const img of area.querySelectorAll('img')) {
            if (img.complete && !img.naturalWidth) faults.push('does not load: ' + img.alt.slice(0, 60));
            if (!img.alt) faults.push('a picture without words');
        }
    }
    return faults;
}"""

COUNTS = """() => ['img', 'table', 'td', 'details', 'summary', 'li'].map(
    tag => document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea ' + tag).length)"""


def run_whole(page, lab, name):
    """Opens and runs a notebook tall enough for its outputs; no cell may fail."""
    page.set_viewport_size({"width": 1280, "height": 3000})
    open_notebook(page, lab, name)
    run_all(page, 300)
    errors = page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']")
    assert errors.count() == 0, errors.first.inner_text()


def test_real_sets(page, lab, keep):
    """Four sets of real photos as they were published: loaded, combined, split, cleaned and multiplied."""
    write_notebook(lab, "real.ipynb", [s.replace("DATA", str(SHARED / "data/logos")) for s in REAL])
    run_whole(page, lab, "real.ipynb")
    shows(page, "1,270 images", "Adidas", "before", "after")
    unfold(page)
    faults = page.evaluate(FAULTS)
    assert not faults, faults
    shots_in_both(page, keep, "real-")


def moves(page, alt):
    """Does the picture with these words change while nobody touches it?"""
    picture = page.locator(f".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea img[alt^='{alt}']").first
    picture.scroll_into_view_if_needed()
    seen = set()
    for _ in range(4):
        seen.add(picture.screenshot())
        if len(seen) > 1:
            return True
        page.wait_for_timeout(1500)
    return False


def write_photo(lab, name):
    """A picture that belongs to no dataset."""
    rows = b"".join(b"\0" + bytes(c for x in range(90) for c in (x * 2, y * 3, (x ^ y) & 255)) for y in range(60))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 90, 60, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    (lab.work / name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks))


def looked_at(page, lab, keep, name, sources):
    """Every picture of these cells is whole, with words, no wider than its place; the same for who does not trust it."""
    write_notebook(lab, f"{name}.ipynb", sources)
    run_whole(page, lab, f"{name}.ipynb")
    faults = page.evaluate(FAULTS)
    assert not faults, faults
    counts = page.evaluate(COUNTS)
    unfold(page)
    faults = page.evaluate(FAULTS)
    assert not faults, faults
    shots_in_both(page, keep, f"{name}-")
    save(page)
    saved = json.loads((lab.work / f"{name}.ipynb").read_text())
    saved["cells"].append({"cell_type": "markdown", "id": "mark", "metadata": {}, "source": ["received"]})
    (lab.work / f"{name}-received.ipynb").write_text(json.dumps(saved))
    open_notebook(page, lab, f"{name}-received.ipynb")
    try:  # until all is drawn
        page.wait_for_function(f"want => JSON.stringify(({COUNTS})()) === JSON.stringify(want)", arg=counts)
    except Exception as error:
        raise AssertionError(f"{page.evaluate(COUNTS)} where it is not trusted, {counts} where it is") from error
    unfold(page)
    assert not page.evaluate(FAULTS), page.evaluate(FAULTS)
    shots_in_both(page, keep, f"{name}-untrusted-")


def test_every_visual(page, lab, keep):
    write_photo(lab, "a photo.png")
    looked_at(page, lab, keep, "visual", VISUALS)


def test_instructors_hour(page, lab, keep):
    looked_at(page, lab, keep, "hour", [s.replace("LOAD", SAMPLE) for s in HOUR])
    assert moves(page, "feature map at 4,4"), "the sliding kernel stands still where it is not trusted"
    assert not moves(page, "feature map at 2,2"), "a single position moves"


def test_hour_on_photos(page, lab, keep):
    looked_at(page, lab, keep, "photos", [s.replace("LOAD", PHOTOS).replace("DATA", str(SHARED / "data"))
                                          for s in HOUR[1:]])


SLIDERS = [
    "let g = [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3]\nconvolve g with edge slider",
    "softmax 2.0, 1.0, 0.1, -1.0 names adidas, nike, other, puma slider",
]
HANDLE = ".jp-NotebookPanel:not(.lm-mod-hidden) .widget-slider .noUi-handle"
PICTURE = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea img[alt^='feature map at {}']"


def drag_to_end(page):
    """The first slider, by its handle, beyond its right end."""
    handle = page.locator(HANDLE).first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in (1, 2, 3, 4):
        page.mouse.move(box["x"] + 150 * step, box["y"] + box["height"] / 2)
    page.mouse.up()


def test_sliders(page, lab, keep):
    """A slider moves the picture that the notebook keeps; without it the picture is whole."""
    write_notebook(lab, "sliders.ipynb", SLIDERS)
    open_notebook(page, lab, "sliders.ipynb")
    run_all(page, 180)
    page.wait_for_selector(PICTURE.format("1,1"))
    page.locator(HANDLE).first.press("ArrowRight")
    page.wait_for_selector(PICTURE.format("1,2"), timeout=180000)
    drag_to_end(page)
    page.wait_for_selector(PICTURE.format("2,2"), timeout=180000)
    assert page.locator(PICTURE.format("")).count() == 1, "the picture is there twice"
    shows(page, "at 2,2: 16·1 + 3·1 + 7·-4 + 10·1 + 1·1 = 2")
    page.locator(HANDLE).nth(1).press("End")
    page.wait_for_function("document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)').innerText.includes('temperature 10')")
    faults = page.evaluate(FAULTS)
    assert not faults, faults
    shots_in_both(page, keep, "slider-")
    # at rest the picture that was moved gets all its forms
    page.wait_for_function("""() => window.jupyterapp.shell.currentWidget.content.widgets[0].model.outputs.get(1)
                                          .data['image/png']""")
    save(page)
    saved = json.loads((lab.work / "sliders.ipynb").read_text())
    view, picture = saved["cells"][0]["outputs"]
    assert "application/vnd.jupyter.widget-view+json" in view["data"] and "slider for" in "".join(view["data"]["text/plain"])
    assert "feature map at 2,2" in "".join(picture["data"]["text/html"]), "the notebook keeps another position"
    assert "image/png" in picture["data"], "a form of the picture is lost"

    page.reload()
    page.wait_for_selector(PICTURE.format("2,2"), timeout=180000)
    page.locator(HANDLE).first.press("ArrowLeft", timeout=180000)
    page.wait_for_selector(PICTURE.format("2,1"), timeout=180000)
    assert page.locator(PICTURE.format("2,2")).count() == 1, "what was saved is lost"
    shots(page, keep, "slider-reloaded")

    saved["cells"].append({"cell_type": "markdown", "id": "mark", "metadata": {}, "source": ["received"]})
    (lab.work / "sliders-received.ipynb").write_text(json.dumps(saved))
    open_notebook(page, lab, "sliders-received.ipynb")
    page.wait_for_selector(PICTURE.format("2,2"))
    shows(page, "temperature 10")
    assert not page.evaluate(FAULTS), page.evaluate(FAULTS)
    shots(page, keep, "slider-untrusted")


BUSY = [
    "let g = [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3]\nconvolve g with edge slider",
    "load logos from sample:logos size 32x32 seed 7 limit 300\nsplit logos 80/20 seed 7\n"
    "model scratch on logos { conv 8 3x3 relu; maxpool 2; flatten; dense classes softmax }",
    "fit scratch epochs 100000 lr 0.01",
]


def test_slider_while_a_cell_runs(page, lab, keep):
    """The page sends comm messages to a subshell of their own."""
    write_notebook(lab, "busy.ipynb", BUSY)
    open_notebook(page, lab, "busy.ipynb")
    menu(page, "Run", "Run All Cells")
    page.wait_for_selector(PICTURE.format("1,1"), timeout=180000)
    page.wait_for_function("document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)').innerText.includes('left')",
                           timeout=180000)
    page.locator(HANDLE).first.press("ArrowRight")
    page.wait_for_selector(PICTURE.format("1,2"), timeout=180000)
    drag_to_end(page)
    page.wait_for_selector(PICTURE.format("2,2"), timeout=180000)
    prompts = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert prompts[-1].startswith("[*]"), prompts
    shots(page, keep, "slider-busy")
    page.evaluate("window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    idle(page, 180)
    shows(page, "stopped at epoch")


if __name__ == "__main__":
    sys.exit(main([test_run_all, test_untrusted, test_real_sets, test_every_visual, test_instructors_hour,
                   test_hour_on_photos, test_sliders, test_slider_while_a_cell_runs],
                  needs_data=(test_real_sets, test_hour_on_photos)))
