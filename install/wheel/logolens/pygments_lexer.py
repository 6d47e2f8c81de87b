"""The Logolens language for Pygments: what colours cells in nbconvert's pages and in Jupyter's consoles.

The same machine as that of lens.js in install/labextension/static, to which a test holds it: it follows the program's
own rules (two lexer modes, then words to roles by the tables) but for one thing: it cannot know which objects exist, so
the word behind a verb is an option wherever it may be one.
"""
import re

from pygments.lexer import Lexer
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from .words import WORDS

__all__ = ["LogolensLexer"]

_N = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?%?"
NUMBER = re.compile(rf"(?:{_N}|{_N}\.\.{_N}|[0-9]+(?:x[0-9]+)+|x[0-9]+|[0-9]+(?:/[0-9]+)+|"
                    r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]|[0-9]+(?:\.[0-9]+)?[smhd])\Z")
PLACE = re.compile(r"[a-z]+://(?:(?!\\\s*$)\S)+")  # with a scheme: up to the next blank
WORD = re.compile(r"""[^\s{}()\[\],;="'#$<>!\\][^\s{}()\[\],;="'<>!\\]*""")
STRING = re.compile(r'''"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?''')
VARIABLE = re.compile("\\$[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*")
FILLED = re.compile(r'\$\{[^}"]*\}|\$[A-Za-z_][A-Za-z0-9_]*')
REFERENCE = re.compile("[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*")
FIELDS = re.compile("(?:\\.[A-Za-z0-9_\u0080-\U0010ffff]+)+")
AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?%?")
PART = re.compile(r"([^.]+)\.(?:train|val|test)(?:\.|\Z)")
NOT_BLANK = re.compile(r"\S+")
PAIRS = ("()", "[]", "{}")


def _set(text):
    return frozenset((text or "").split())


class _Row:
    """What the tables say of a command or a layer."""

    def __init__(self, row):
        self.takes, self.flags, self.values = (_set(row.get(key)) for key in ("takes", "flags", "values"))
        self.new, self.where, self.block = (bool(row.get(key)) for key in ("new", "where", "block"))


COMMANDS = {name: _Row(row) for name, row in WORDS["commands"].items()}
LAYERS = {word: _Row(row) for name, row in WORDS["layers"].items() for word in (name, *_set(row.get("also")))}
PREPOSITIONS, FUNCTIONS = _set(WORDS["prepositions"]), _set(WORDS["functions"])


class Reader:
    """One text, token by token; `stack` holds (bracket, layers inside?), the innermost last."""

    def __init__(self):
        self.stack = []
        self.rest = self.inside = 0  # where the fields of a dotted word end; where a text with variables ends
        self.begin()

    def begin(self):
        """A statement begins."""
        self.fresh, self.row, self.block, self.condition, self.expect, self.goes = True, None, "", False, "", ""

    @property
    def bracket(self):
        return self.stack[-1][0] if self.stack else ""

    def new_line(self):
        self.rest = self.inside = 0
        if not self.goes and self.bracket not in ("(", "["):
            self.begin()
        if self.goes == "\\":  # joins one line; a comma also what stands below blank lines
            self.goes = ""

    def after_value(self):
        self.fresh, self.expect = False, ""

    def open(self, bracket):
        above = bool(self.stack) and self.stack[-1][1]
        layers = bracket == "{" and (self.block == "layers" or (self.block == "same" and above))
        self.stack.append((bracket, layers))
        if bracket == "{":
            self.begin()
        else:
            self.after_value()

    def close(self, bracket):
        if self.bracket + bracket not in PAIRS:
            return "error"
        self.stack.pop()
        if bracket == "}":
            self.begin()
        return "bracket"

    def first_word(self, word):
        self.fresh = False
        layer = LAYERS.get(word) if self.stack and self.stack[-1][1] else None
        if word in ("let", "for"):
            self.expect, self.block = "name", "same" if word == "for" else ""
            return "word"
        if word == "check" and not layer:
            self.condition, self.expect = True, "field"
            return "word"
        self.row = layer or COMMANDS.get(word)
        if not self.row:
            return "plain"
        self.block = "layers" if self.row.block else ""
        self.expect = "name" if self.row.new else ""
        return "layer" if layer else "verb"

    def value_kind(self, text, word):
        if NUMBER.match(text):
            return "number"
        return "value" if self.row and word in self.row.values else "plain"

    def condition_word(self, text, word):
        """`and`, `or`, … of a condition; "" where the word belongs to what follows the condition."""
        if self.expect == "field":
            if word == "not":
                return "word"
            self.expect = ""
            return "number" if NUMBER.match(text) else "field"
        if word in ("and", "or"):
            self.expect = "field"
        elif word in ("in", "contains"):
            self.expect = "value"
        elif word != "not":
            return ""
        return "word"

    def later_word(self, text, word):
        row, expect = self.row, self.expect
        if expect == "name":
            self.expect = ""
            return "word" if word in PREPOSITIONS else "name"
        if expect == "value":
            self.expect = ""
            return self.value_kind(text, word)
        inside = self.condition and self.condition_word(text, word)
        if inside:
            return inside
        if word == "where" and (not row or row.where):
            self.condition, self.expect = True, "field"
            return "word"
        self.condition = False
        if self.block == "same" and word == "in":
            self.expect = "value"
            return "word"
        if not row:
            return self.value_kind(text, word)
        if word == "no":
            return "word"
        if word in row.takes:
            self.expect = "name" if word in ("as", "into") else "value"
            return "word" if word in PREPOSITIONS else "option"
        return "option" if word in row.flags else self.value_kind(text, word)

    def read_word(self, line, at):
        found = PLACE.match(line, at) or WORD.match(line, at)
        if not found:
            return None
        text, end = found.group(), found.end()
        if self.bracket == "[":
            return "number" if NUMBER.match(text) else "plain", end
        word = text.lower()
        kind = self.first_word(word) if self.fresh else self.later_word(text, word)
        part = PART.match(text) if kind == "plain" else None
        dot = text.find(".") if kind == "field" else part.end(1) if part else -1
        if dot > 0:
            self.rest, end = end, at + dot
        return "plain" if kind == "field" else kind, end

    def read_sum(self, line, at):
        """Inside round brackets: arithmetic."""
        found = AMOUNT.match(line, at)
        if found:
            return "number", found.end()
        found = REFERENCE.match(line, at)
        if found:
            end = found.end()
            if found.group().lower() in FUNCTIONS and line[end:end + 1] == "(":
                return "function", end
            fields = FIELDS.match(line, end)
            if fields:
                self.rest = fields.end()
            return "plain", end
        return ("operator", at + 1) if line[at] in "+-*/^" else None

    def read_text(self, line, at):
        """A text in "…" whose variables are filled in comes in pieces."""
        first = not self.inside
        end = STRING.match(line, at).end() if first else self.inside
        self.inside = 0
        if first and line[at] == "'":
            return "text", end
        for found in FILLED.finditer(line, at, end):
            if line[found.start() - 1] == "\\":
                continue
            self.inside = end
            return ("text", found.start()) if found.start() > at else ("filled", found.end())
        return "text", end

    def read_sign(self, line, at):
        c = line[at]
        if c == ",":
            if self.expect != "name":
                self.expect = "value"
            self.goes = ","
            return "separator", at + 1
        if c == ";":
            if self.bracket in ("", "{"):
                self.begin()
            return "separator", at + 1
        if c == "\\":
            last = not line[at + 1:].strip()
            self.goes = "\\" if last else ""
            return "separator" if last else "error", at + 1
        if c in "=<>" or line.startswith("!=", at):
            self.expect = "value"
            return "operator", at + (2 if line[at:at + 2] in ("==", "<=", ">=", "!=") else 1)
        return "error", at + 1

    def next(self, line, at):
        """The token at a place where no blank may be skipped: kind and end."""
        if self.rest > at:
            end, self.rest = self.rest, 0
            return "part", end
        if self.inside > at:
            return self.read_text(line, at)
        c = line[at]
        if c == "#":
            if at == 0 or line[at - 1].isspace() or line[at - 1] in ";{([,":
                return "comment", len(line)
            return "error", NOT_BLANK.match(line, at).end()
        self.goes = ""
        if c in "\"'":
            self.after_value()
            return self.read_text(line, at)
        if c in "([{":
            self.open(c)
            return "bracket", at + 1
        if c in ")]}":
            return self.close(c), at + 1
        if c == "$":
            self.after_value()
            found = VARIABLE.match(line, at)
            return ("variable", found.end()) if found else ("error", at + 1)
        token = self.read_sum(line, at) if self.bracket == "(" else self.read_word(line, at)
        return token or self.read_sign(line, at)

    def tokens(self, line):
        """Kind and text of all that stands on a line, blanks ("") included."""
        self.new_line()
        at = 0
        while at < len(line):
            kind, end = "", at
            while end < len(line) and self.inside <= at and line[end].isspace():
                end += 1
            if end == at:
                kind, end = self.next(line, at)
            yield kind, line[at:end]
            at = end


# Pages of nbconvert colour no kind of Name, so layers, which begin their lines as verbs do, are keywords.
TYPES = {
    "": Whitespace, "verb": Keyword, "word": Keyword, "layer": Keyword.Type, "function": Name.Builtin,
    "option": Name.Attribute, "value": Name.Constant, "name": Name.Class, "plain": Text, "part": Name.Property,
    "number": Number, "text": String, "filled": String.Interpol, "variable": Name.Variable, "operator": Operator,
    "bracket": Punctuation, "separator": Punctuation, "comment": Comment.Single, "error": Error,
}


class LogolensLexer(Lexer):
    """Lines of Logolens: a verb, what it works on, options."""

    name = "Logolens"
    aliases = ["logolens", "lens"]
    filenames = ["*.lens"]
    mimetypes = ["text/x-logolens"]
    url = ""

    def get_tokens_unprocessed(self, text):
        reader, at = Reader(), 0
        for line in text.splitlines(keepends=True):
            bare = line.rstrip("\r\n")
            for kind, piece in reader.tokens(bare):
                yield at, TYPES[kind], piece
                at += len(piece)
            if len(bare) < len(line):
                yield at, Whitespace, line[len(bare):]
                at += len(line) - len(bare)
