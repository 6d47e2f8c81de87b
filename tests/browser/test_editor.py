#!/usr/bin/env python3
"""Hands on the keyboard of a real JupyterLab: colours, folding, comments, indentation; Tab and Shift-Tab; cells that
live, are stopped, ask, and run again; a second console beside a training.

Usage: test_editor.py [--keep DIR] [--only WORD]   (screenshots go to DIR). Run with the private Jupyter's Python. The
last line is `N passed, N failed, N skipped`; where there is no Chromium all is skipped aloud.
"""
import json
import re
import sys

from lab import Lab, dark, idle, main, menu, open_notebook, run_all, save, shot, shows, write_notebook

PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
CELL = PANEL + " .jp-Notebook .jp-CodeCell"
EDITOR = CELL + " .cm-content"
SAMPLE = """# a comment
load logos from sample:logos size 64x64 seed 7
let lr = 0.01
model scratch on logos {
  for n in 16, 32 { conv $n 3x3 relu; maxpool 2 }
  residual {
    conv 32 3x3 relu same
  }
  dense classes softmax
}
fit scratch epochs 2 lr ($lr / 2) optimizer sgd no shuffle as trial
show logos.val where label = "two words" and confidence < 40%
check scratch.val.accuracy > 0.25 "no better than $lr"
"""


def cells(page, lab, name, *sources):
    write_notebook(lab, name + ".ipynb", sources)
    open_notebook(page, lab, name + ".ipynb")


def source(page, cell=0):
    return page.evaluate("i => window.jupyterapp.shell.currentWidget.content.widgets[i].model.sharedModel.source", cell)


def edit(page, cell=0):
    """The keyboard into a cell."""
    page.locator(EDITOR).nth(cell).click()
    page.keyboard.press("Control+End")


def cell_says(page, cell, pattern):
    """Waits until prompt, source or output of a cell has it."""
    page.wait_for_function("([cells, i, has]) => new RegExp(has).test(document.querySelectorAll(cells)[i]?.innerText)",
                           arg=[CELL, cell, pattern], timeout=180000)


def rests(page):
    page.wait_for_selector(f"{PANEL} .jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=180000)


def run(page, cell):
    """The button with the arrow, on one cell."""
    page.locator(CELL).nth(cell).locator(".jp-InputPrompt").click()
    press(page, "run")


def press(page, name):
    """A button of the notebook's toolbar."""
    page.locator(f"{PANEL} .jp-NotebookPanel-toolbar [data-jp-item-name='{name}'] jp-button").click()


# ---- colours ----
# Text and colour of every piece, colours by the names they have in JupyterLab's themes.
PAINTED = """() => {
    const names = {};
    for (const name of ['keyword', 'atom', 'number', 'def', 'builtin', 'variable-2', 'property', 'operator', 'comment',
                        'string', 'string-2', 'bracket', 'attribute', 'punctuation', 'variable']) {
        const probe = document.body.appendChild(document.createElement('i'));
        probe.style.color = `var(--jp-mirror-editor-${name}-color)`;
        (names[getComputedStyle(probe).color] ||= []).push(name);
        probe.remove();
    }
    return [...document.querySelectorAll('SELECTOR span')].filter(s => !s.querySelector('span'))
        .map(s => [s.textContent, names[getComputedStyle(s).color] || []]);
}"""

ROLES = {role: words.split("|") for role, words in {
    "comment": "# a comment", "keyword": "load|from|let|model|for|no|and|check", "def": "logos|lr|scratch|trial",
    "attribute": "size|same|epochs|optimizer|shuffle", "number": "64x64|3x3|40%", "operator": "=|/", "bracket": "{",
    "builtin": "conv|residual", "atom": "relu|classes|softmax|sgd", "variable-2": "$n|$lr",
    "property": ".val|.val.accuracy", "string": '"two words"|"no better than '}.items()}


def painted(page, selector):
    page.wait_for_selector(selector + " span", timeout=180000)
    return page.evaluate(PAINTED.replace("SELECTOR", selector))


def roles_hold(found):
    first = {}
    for text, names in found:
        first.setdefault(text, names)
    wrong = {word: first.get(word) for role, words in ROLES.items() for word in words
             if role not in first.get(word, ())}
    assert not wrong, f"{wrong} of {found}"


def test_colours(page, lab, keep):
    """Each word by its role, in the colours of the page's theme: in a cell, in a file, in a text about the language."""
    cells(page, lab, "colours", SAMPLE)
    roles_hold(painted(page, EDITOR))
    shot(page, keep, "colours-light", CELL)
    dark(page, True)
    roles_hold(painted(page, EDITOR))
    shot(page, keep, "colours-dark", CELL)
    dark(page, False)
    (lab.work / "lines.lens").write_text(SAMPLE)
    page.goto(lab.url("lab/tree/lines.lens?reset"))
    roles_hold(painted(page, ".jp-FileEditor .cm-content"))
    shot(page, keep, "colours-file")
    (lab.work / "about.md").write_text(f"# Lines\n\n```lens\n{SAMPLE}```\n")
    page.evaluate("""window.jupyterapp.commands.execute('docmanager:open',
                                                        {path: 'about.md', factory: 'Markdown Preview'})""")
    roles_hold(painted(page, ".jp-RenderedMarkdown pre"))
    shot(page, keep, "colours-text")
    assert not page.problems, page.problems


# Kinds of all pieces of texts, by the extension's own machine.
MACHINE = """async ([url, query, texts]) => {
    const lens = await import(`${url}lens.js?${query}`), words = await import(`${url}words.js?${query}`);
    const prepared = lens.prepare(words.default);
    return texts.map(text => lens.tokens(text, prepared));
}"""


def test_two_lexers_are_one(page, lab, keep):
    """JupyterLab and Pygments give every piece of what we write the same role, and of what nobody should write."""
    from test_words import mangled, pygments_kinds, written
    page.goto(lab.url("lab?reset"))
    page.wait_for_function("() => window._JUPYTERLAB?.logolens")
    texts = written() + mangled()
    folder = f"{lab.url('lab/extensions/logolens/static/').split('?')[0]}"
    for text, ours in zip(texts, page.evaluate(MACHINE, [folder, f"token={lab.token}", texts])):
        theirs = pygments_kinds(text)
        assert [tuple(piece) for piece in ours] == theirs, f"{text!r}: {ours} and {theirs}"


# ---- editing ----
FOLDED = CELL + " .cm-foldPlaceholder"


def click_until(page, mark, done):
    """The editor may draw anew what is under the pointer, and what was clicked is gone: it is looked what came of it."""
    from playwright.sync_api import TimeoutError
    for _ in range(30):
        if done():
            return
        try:
            mark.click(timeout=5000)
        except TimeoutError:
            pass
        page.wait_for_timeout(500)
    raise AssertionError(f"nothing came of clicks on {mark}")


def test_folding(page, lab, keep):
    """Braces over several lines fold at the gutter; a brace in a comment or a text is none."""
    lines = SAMPLE.replace("# a comment", '# { a comment\nsay "{"').replace("  residual", "  # } not here\n  residual")
    cells(page, lab, "fold", lines)
    fold = page.locator(CELL + " .cm-foldGutter [title='Fold line']")
    fold.nth(1).wait_for()
    assert fold.count() == 2, fold.count()
    placeholder = page.locator(FOLDED)
    click_until(page, fold.first, placeholder.count)
    text = page.inner_text(EDITOR)
    assert re.search(r"model scratch on logos \{…\}\nfit scratch", text), text
    shot(page, keep, "folded", CELL)
    click_until(page, placeholder, lambda: not placeholder.count())
    click_until(page, fold.nth(1), placeholder.count)
    text = page.inner_text(EDITOR)
    assert "residual {…}" in text and "conv $n" in text, text
    assert source(page) == lines, "folding changed the cell"


def test_comments(page, lab, keep):
    """Ctrl-/ makes comments of the lines chosen, and takes them back; indentation stays."""
    lines = "model m on logos {\n  flatten\n\n  dense classes\n}\nsay hello"
    cells(page, lab, "comments", lines)
    edit(page)
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+/")
    assert source(page) == "model m on logos {\n  # flatten\n\n  # dense classes\n}\nsay hello", source(page)
    shot(page, keep, "comments", CELL)
    page.keyboard.press("Control+/")
    assert source(page) == lines, source(page)


def test_indentation(page, lab, keep):
    """Enter indents as the program does for what is not complete; a brace goes back to its line; Tab is two blanks."""
    cells(page, lab, "indent", "")
    edit(page)
    keys = page.keyboard
    for line in ("model m on logos {", "for n in 8,", "16 {", "conv $n 3x3 relu"):
        keys.type(line)
        keys.press("Enter")
    keys.type("}")
    shot(page, keep, "indent", CELL)
    text = source(page)
    assert text == "model m on logos {\n  for n in 8,\n    16 {\n      conv $n 3x3 relu\n    }\n    }\n}", text
    keys.press("Control+End")
    keys.press("Enter")
    keys.press("Tab")
    assert source(page) == text + "\n  ", source(page)


def test_brackets_close(page, lab, keep):
    cells(page, lab, "brackets", "")
    edit(page)
    page.keyboard.type("model m {")
    assert source(page) == "model m {}", source(page)
    page.keyboard.press("Enter")
    assert source(page) == "model m {\n  \n}", source(page)
    page.keyboard.type('say "a')
    assert source(page) == 'model m {\n  say "a"\n}', source(page)


INDENTED = """async ([url, query, texts]) => {
    const lens = await import(`${url}lens.js?${query}`), words = await import(`${url}words.js?${query}`);
    const prepared = lens.prepare(words.default);
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel, found = [];
    for (const text of texts) {
        const { content } = await kernel.requestIsComplete({ code: text });
        found.push([content.status, content.indent?.length, lens.indented(text, prepared)]);
    }
    return found;
}"""


def test_indents_as_the_kernel_says(page, lab, keep):
    """Consoles ask the kernel how far the next line is indented, notebooks the extension: one answer."""
    cells(page, lab, "asks", "")
    texts = ["model m {", "model m {\n  for n in 1, 2 {", "model m {\n  for n in 1,", "let g = [1 2\n  3 4", "say a,",
             "fit m \\", "for a in 1 { for b in 2 {", "check (1 +", "model m { # {", "model m {\n  flatten,",
             'model m {\n  conv 8 3x3 name "}"']
    folder = f"{lab.url('lab/extensions/logolens/static/').split('?')[0]}"
    found = page.evaluate(INDENTED, [folder, f"token={lab.token}", texts])
    assert all(status == "incomplete" and kernel == ours for status, kernel, ours in found), list(zip(texts, found))


# ---- Tab and Shift-Tab ----
COMPLETER = ".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item"


def offered(page, typed):
    """What Tab offers behind what is typed into the last cell."""
    page.keyboard.type(typed)
    page.keyboard.press("Tab")
    page.wait_for_selector(COMPLETER, timeout=180000)
    return page.locator(COMPLETER + " .jp-Completer-match").all_inner_texts()


def test_completer(page, lab, keep):
    """The popup: verbs, the object made above, options still unset, values of an option, layers in their braces."""
    cells(page, lab, "complete", "model scratch { input 8x8; flatten; dense 3 softmax }", "")
    run(page, 0)
    cell_says(page, 0, r"\[1\]")
    edit(page, 1)
    verbs = offered(page, "con")
    assert {"confusion", "connect", "convolve"} <= set(verbs), verbs
    shot(page, keep, "completer-verbs")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert source(page, 1) == verbs[1], (source(page, 1), verbs)
    page.keyboard.press("Control+a")
    page.keyboard.type("fit scratch epochs 3 ")
    options = offered(page, "o")
    assert "optimizer" in options and "epochs" not in options, options
    wants = page.locator(COMPLETER + ":has-text('optimizer') .jp-Completer-typeExtended").inner_text()
    assert wants.split() == "one of sgd, momentum, …, default sgd".split(), wants
    shot(page, keep, "completer-options")
    page.keyboard.press("Escape")
    page.keyboard.type("ptimizer ")
    values = offered(page, "")
    assert {"sgd", "adam"} <= set(values), values
    shot(page, keep, "completer-values")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    layers = offered(page, "model other {\nco")
    assert "conv" in layers and "confusion" not in layers, layers
    page.keyboard.press("Escape")


def test_tooltip(page, lab, keep):
    """Shift-Tab: the card of the word the cursor is at."""
    cells(page, lab, "tooltip", "fit scratch lr 0.1")
    edit(page)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Tab")
    page.wait_for_selector(".jp-Tooltip:has-text('train a model')", timeout=180000)
    shot(page, keep, "tooltip")
    page.keyboard.press("Escape")
    page.wait_for_selector(".jp-Tooltip", state="detached")


# ---- cells ----
LEARN = ["load logos from sample:logos size 48x48 seed 7 limit 400",
         "model m on logos { conv 16 3x3 relu; maxpool 2; flatten; dense classes softmax }"]
EPOCH = rf"(() => +(/epoch (\d+) of/.exec(document.querySelector('{PANEL} .jp-Notebook').innerText) || [0, 0])[1])()"


def learns_on(page, beyond):
    page.wait_for_function(f"beyond => {EPOCH} > beyond", arg=beyond, timeout=180000)


def test_live_display_and_stop(page, lab, keep):
    """One picture moves while `fit` runs; stop ends it with the best weights kept, and the kernel goes on."""
    cells(page, lab, "stop", *LEARN, "fit m epochs 100000", "say still here")
    menu(page, "Run", "Run All Cells")
    learns_on(page, 1)
    outputs = page.locator(f"{PANEL} .jp-OutputArea-child").count()
    learns_on(page, page.evaluate(EPOCH))
    assert page.locator(f"{PANEL} .jp-OutputArea-child").count() == outputs, "an epoch is an output of its own"
    page.locator(CELL).nth(2).scroll_into_view_if_needed()
    shot(page, keep, "live")
    press(page, "interrupt")
    rests(page)
    shows(page, "stopped at epoch", "goes on from here")
    run(page, 3)
    cell_says(page, 3, r"still here\s*$")


def test_subshell_console(page, lab, keep):
    """A console beside the notebook answers while `fit` runs there, on the last epoch that has ended."""
    cells(page, lab, "beside", *LEARN, "fit m epochs 100000")
    menu(page, "Run", "Run All Cells")
    learns_on(page, 1)
    page.locator(CELL).nth(1).locator(".jp-InputPrompt").click(button="right")
    page.locator(".lm-Menu-itemLabel:text-is('New Subshell Console for Notebook')").click()
    prompt = page.locator(".jp-CodeConsole-promptCell .cm-content")
    prompt.wait_for(timeout=180000)
    page.wait_for_function("""() => window.jupyterapp.shell.currentWidget.console?.sessionContext.session?.kernel
                                    ?.subshellId""", timeout=180000)
    prompt.click()
    for line, answer in (("evaluate m", "accuracy"), ("curves m", "epoch"), ("confusion m on logos.val", "True Total")):
        page.keyboard.type(line)
        page.keyboard.press("Shift+Enter")
        said = f".jp-CodeConsole-content .jp-CodeCell:has-text('{line}') .jp-OutputArea-output:has-text('{answer}')"
        page.wait_for_selector(said, timeout=180000)
    shot(page, keep, "subshell")
    learns_on(page, page.evaluate(EPOCH))
    painted(page, ".jp-CodeConsole-content .cm-content")
    press(page, "interrupt")
    cell_says(page, 2, "stopped at epoch")


def test_restart_and_run_all(page, lab, keep):
    """The button with two arrows: a new kernel, which knows nothing of the old one's names, runs every cell."""
    cells(page, lab, "again", "let x = 6", "let y = 7\n(6 * $y)", "say done $x")
    run_all(page, 180)
    run(page, 1)
    cell_says(page, 1, r"\[4\]")
    press(page, "restart-and-run")
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    cell_says(page, 1, r"\[2\]")
    idle(page, 180)
    shows(page, "42", "done 6")
    counts = page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.map(c => c.model.executionCount)")
    assert counts == [1, 2, 3], counts
    shot(page, keep, "again")


def test_masked_prompt(page, lab, keep):
    """`connect` asks in the cell: a handle in plain sight, a password behind dots that is nowhere to be read."""
    from test_connect import PASSWORD
    cells(page, lab, "prompt", "connect bluesky", "connect bluesky")
    run(page, 0)
    for prompt, answer in (("Handle", "shop.test"), ("App password", PASSWORD), ("Keep them", "no")):
        field = page.locator(f"{PANEL} .jp-Stdin:has-text('{prompt}') input")
        field.wait_for(timeout=180000)
        field.fill(answer)
        assert (field.get_attribute("type") == "password") == (answer == PASSWORD), prompt
        if answer == PASSWORD:
            shot(page, keep, "prompt", CELL)
        field.press("Enter")
    cell_says(page, 0, "lets @shop.test in")
    assert PASSWORD not in page.content(), "the password can be read on the page"
    shot(page, keep, "prompt-answered", CELL)
    save(page)
    saved = (lab.work / "prompt.ipynb").read_text()
    assert PASSWORD not in saved and "shop.test" in saved


def test_prompt_is_interrupted(page, lab, keep):
    """Who does not want to answer presses stop: the cell ends, and the kernel goes on."""
    cells(page, lab, "unanswered", "connect mastodon", "say still here")
    run(page, 0)
    page.locator(f"{PANEL} .jp-Stdin-input").wait_for(timeout=180000)
    press(page, "interrupt")
    rests(page)
    cell_says(page, 0, "interrupted")
    run(page, 1)
    cell_says(page, 1, r"still here\s*$")
    shot(page, keep, "unanswered")


def test_saved_and_reopened(page, lab, keep):
    """A notebook that is saved, closed and opened again by somebody who did not make it has all it had."""
    cells(page, lab, "kept", "(6 * 7)", "say hello", "help fit", "confusion nothing")
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    cell_says(page, 3, "LL130")
    save(page)
    before = [cell.inner_text() for cell in page.locator(CELL).all()]
    saved = json.loads((lab.work / "kept.ipynb").read_text())
    language = saved["metadata"]["language_info"]
    assert [language[key] for key in ("name", "file_extension", "pygments_lexer")] == ["logolens", ".lens", "logolens"]
    assert "codemirror_mode" not in language
    (lab.work / "kept-received.ipynb").write_text(json.dumps(saved))
    for name in ("kept", "kept-received"):
        open_notebook(page, lab, name + ".ipynb")
        page.wait_for_function(f"() => document.querySelectorAll('{CELL}').length === 4")
        after = [cell.inner_text() for cell in page.locator(CELL).all()]
        assert after == before, f"{name}: {after} and {before}"
        assert not page.evaluate("window.jupyterapp.shell.currentWidget.context.model.dirty"), f"{name} is changed"
        painted(page, EDITOR)
        shot(page, keep, name)


def lab_of_platforms():
    """Editors with what people switch on, and platforms of our own to connect to."""
    from test_connect import Platforms
    platforms = Platforms()
    origins = {f"LOGOLENS_{name}_INSTANCE": platforms.origin for name in ("BLUESKY", "TWITTER")}
    return Lab(cells={"codeFolding": True, "autoClosingBrackets": True}, environment=origins)


if __name__ == "__main__":
    sys.exit(main([test_colours, test_two_lexers_are_one, test_folding, test_comments, test_indentation,
                   test_brackets_close, test_indents_as_the_kernel_says, test_completer, test_tooltip,
                   test_live_display_and_stop, test_subshell_console, test_restart_and_run_all, test_masked_prompt,
                   test_prompt_is_interrupted, test_saved_and_reopened], lab_of_platforms))
