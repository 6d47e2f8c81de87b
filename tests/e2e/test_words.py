"""Colours where the program is not at hand: the words of the extension and of the Pygments lexer are the program's own,
and pages made by nbconvert have colours where our lexer is installed and are whole where it is not."""
import importlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

from pygments import token

from kernel_support import BINARY, Kernel

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "install/wheel/logolens"


def lexer_module():
    """The lexer, though the package around it is not installed."""
    package = sys.modules.setdefault("lexer_in_tree", types.ModuleType("lexer_in_tree"))
    package.__path__ = [str(PACKAGE)]
    return importlib.import_module("lexer_in_tree.pygments_lexer")


def install(folder, entry_points):
    """A package logolens as pip leaves it, in front of one that is installed, whose entry points it hides."""
    shutil.copytree(PACKAGE, folder / "logolens", ignore=shutil.ignore_patterns("__pycache__"))
    info = folder / "logolens-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: logolens\nVersion: 0\n")
    (info / "entry_points.txt").write_text(entry_points)


def written():
    """Every cell and line of the manual and the notebooks."""
    texts = re.findall(r"```lens\n(.*?)```", (ROOT / "docs/commands.md").read_text(), re.DOTALL)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        texts += ["".join(c["source"]) for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    return texts


def mangled():
    """What nobody should write: halves of texts with something odd between them, always the same."""
    draw, texts = random.Random(1), written()
    odd = ["", "{", "}", "(", "[", '"', "'", "\\\n", ",\n", "#", "$", "${", "=", "!=", " x10 ", "é", "😀", "\t", " no ", "in"]
    halves = [(draw.choice(texts), draw.choice(odd), draw.choice(texts)) for _ in range(400)]
    return [a[:draw.randrange(len(a) + 1)] + between + b[draw.randrange(len(b) + 1):] for a, between, b in halves]


def pygments_kinds(text):
    """Every piece of a text that is no blank with its kind, by the Pygments lexer."""
    reader = lexer_module().Reader()
    return [(kind, piece) for line in text.split("\n") for kind, piece in reader.tokens(line) if kind]


def known_layers(words):
    """Layers and their other spellings: the manual's examples of them stand without the braces around them."""
    return {word for name, row in words["layers"].items() for word in (name, *row.get("also", "").split())}


class Words(unittest.TestCase):
    def test_extension_and_lexer_have_the_words_of_the_program(self):
        check = subprocess.run([sys.executable, ROOT / "tools/write-words.py", BINARY, "--check"],
                               capture_output=True, text=True)
        self.assertEqual((check.returncode, check.stdout), (0, ""), check.stderr)

    def test_every_word_of_the_manual_is_one(self):
        """What docs/commands.md has as option or flag of a command, or as a layer, is there."""
        words = json.loads(subprocess.run([BINARY, "words"], capture_output=True, check=True).stdout)
        manual, missing = (ROOT / "docs/commands.md").read_text(), []
        for title, rest in re.findall(r"\n### (\w+)\n(.*?)(?=\n##|\Z)", manual, re.DOTALL):
            rows = [words[kind][title] for kind in ("commands", "layers") if title in words[kind]]
            known = set(" ".join(f"{row.get('takes', '')} {row.get('flags', '')}" for row in rows).split())
            options = re.findall(r"^\| `(\w+)` \| (?:option|flag) \|", rest, re.MULTILINE)
            missing += [f"{title} {option}" for option in options if option not in known] + ([] if rows else [title])
        self.assertEqual(missing, [])

    def test_kernel_names_the_lexer_and_no_mode_of_an_editor(self):
        with Kernel() as kernel:
            client = kernel.client()
            info = client.reply(client.send("kernel_info_request")).content["language_info"]
        self.assertEqual(info["pygments_lexer"], "logolens")
        self.assertNotIn("codemirror_mode", info)


class Lexer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lexer = lexer_module().LogolensLexer()

    def pieces(self, text):
        return [(kind, piece) for kind, piece in self.lexer.get_tokens(text) if piece.strip()]

    def test_roles_of_words(self):
        """The same word is a verb, an option, a name or a value by where it stands."""
        found = self.pieces("fit scratch epochs 2 loss focal no shuffle as fit # fit\n"
                            "show logos.val where loss > 1 sort loss")
        self.assertEqual(found, [
            (token.Keyword, "fit"), (token.Text, "scratch"), (token.Name.Attribute, "epochs"), (token.Number, "2"),
            (token.Name.Attribute, "loss"), (token.Name.Constant, "focal"), (token.Keyword, "no"),
            (token.Name.Attribute, "shuffle"), (token.Keyword, "as"), (token.Name.Class, "fit"),
            (token.Comment.Single, "# fit"), (token.Keyword, "show"), (token.Text, "logos"),
            (token.Name.Property, ".val"), (token.Keyword, "where"), (token.Text, "loss"), (token.Operator, ">"),
            (token.Number, "1"), (token.Name.Attribute, "sort"), (token.Text, "loss")])

    def test_layers_stand_in_the_braces_of_a_model_only(self):
        found = dict(reversed([(piece, kind) for kind, piece in self.pieces(
            "dense 4\nmodel m { for n in 8, 16 { Conv2D $n 3x3 relu }; residual { conv 8 3x3 }; dense classes }")]))
        self.assertEqual(found["Conv2D"], token.Keyword.Type)
        self.assertEqual(found["conv"], token.Keyword.Type)
        self.assertEqual(found["$n"], token.Name.Variable)
        self.assertEqual(found["dense"], token.Text, "outside of a model `dense` is no word")

    def test_two_modes(self):
        """Inside round brackets 1/4 is a sum, elsewhere a word; # begins a comment behind a blank only."""
        found = self.pieces('split a 1/4\ncheck a.val.accuracy > (1/4 + round(2)) "not $x"\nexport a to a#b.csv')
        self.assertIn((token.Number, "1/4"), found)
        self.assertIn((token.Operator, "/"), found)
        self.assertIn((token.Name.Builtin, "round"), found)
        self.assertIn((token.String.Interpol, "$x"), found)
        self.assertIn((token.Text, "a#b.csv"), found)

    def test_nothing_is_lost_and_nothing_is_wrong_in_what_we_write(self):
        """A text comes out as it went in; cells of the manual and the notebooks hold no error and begin with a verb."""
        texts = written()
        self.assertGreater(len(texts), 100)
        for text in texts:
            pieces = list(self.lexer.get_tokens_unprocessed(text))
            self.assertEqual("".join(piece for _, _, piece in pieces), text)
            self.assertEqual([p for p in pieces if p[1] in token.Error], [], text)
        for text in ("", "\n", "\\", "a\\\n\n", "(\r\n)", "\"", "$", "é $é 😀 '", "{]", "a" * 10000):
            self.assertEqual("".join(piece for _, _, piece in self.lexer.get_tokens_unprocessed(text)), text)
        words = json.loads(subprocess.run([BINARY, "words"], capture_output=True, check=True).stdout)
        first = {token.Keyword, token.Comment.Single, token.Punctuation}
        odd = [text for text in texts if next(self.lexer.get_tokens(text))[0] not in first]
        self.assertLessEqual({text.split()[0].lower() for text in odd}, known_layers(words), "no verb, no layer")


class Pages(unittest.TestCase):
    """nbconvert's page of the first notebook."""

    def page(self, entry_points):
        with tempfile.TemporaryDirectory(prefix="lens-page-") as out:
            install(Path(out), entry_points)
            env = dict(os.environ, PYTHONPATH=out, JUPYTER_CONFIG_DIR=out)
            made = subprocess.run(
                [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", out, "--output", "page",
                 ROOT / "notebooks/01-logo-classifier.ipynb"], env=env, capture_output=True, text=True)
            self.assertEqual(made.returncode, 0, made.stderr)
            return (Path(out) / "page.html").read_text()

    def test_with_the_lexer_and_without(self):
        coloured, plain = self.page((PACKAGE.parent / "entry_points.txt").read_text()), self.page("")
        self.assertRegex(coloured, r'<span class="k">model</span> *<span class="w"> </span>')
        self.assertRegex(coloured, r'<span class="kt">conv</span>')
        self.assertNotIn('<span class="k">model</span>', plain)
        code = re.findall(r'<div class="highlight hl-logolens"><pre>(.*?)</pre>', plain, re.DOTALL)
        self.assertTrue(any("model" in cell for cell in code), "a cell is lost where there is no lexer of ours")


if __name__ == "__main__":
    unittest.main()
