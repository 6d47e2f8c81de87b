"""papermill's parameters in the language of Logolens: `papermill in.ipynb out.ipynb -p lr 0.01` inserts
`let lr = 0.01`.

papermill finds plug-ins by entry points for engines and for storage only, not for languages. So this module is the
engine `logolens`, which is papermill's own under another name, and importing it makes the language known; papermill imports
every engine when it starts, so that nothing has to be named on its command line.
"""
import math
import re

from papermill.engines import NBClientEngine
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

LETTERS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LET = re.compile(r"\s*let\s+(?P<name>[A-Za-z_]\w*)\s*=\s*"
                 r"(?P<value>(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^#]|(?<=\S)#)*?)\s*(?:(?<=\s)#\s*(?P<help>.*?)\s*)?$")


class LogolensTranslator(Translator):
    """Numbers, words, texts, yes and no, lists of them, and grids (lists of lists of numbers)."""

    @classmethod
    def comment(cls, cmt_str):
        return "\n".join(f"# {line}" for line in str(cmt_str).splitlines())

    @classmethod
    def assign(cls, name, str_val):
        if not LETTERS.fullmatch(str(name)):
            raise ValueError(f"`{name}` cannot be a name here: letters, digits and _ make one")
        return f"let {name} = {str_val}"

    @classmethod
    def translate_none(cls, val):
        return "off"

    @classmethod
    def translate_float(cls, val):
        if not math.isfinite(val):
            raise ValueError(f"{val} is no number that can be written down")
        return repr(val)

    @classmethod
    def translate_escaped_str(cls, str_val):
        text = str(str_val)
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text):
            raise ValueError("a text is one line; this one has line ends or other control characters")
        if "'" not in text:
            return f"'{text}'"  # taken as it stands: no escapes, no $names
        return '"' + re.sub(r'(["\\$])', r"\\\1", text) + '"'

    @classmethod
    def translate_list(cls, val):
        if not val:
            raise ValueError("an empty list cannot be written down; leave the parameter away")
        if all(isinstance(row, (list, tuple)) for row in val):
            return "[" + "; ".join(" ".join(cls._cell(cell) for cell in row) for row in val) + "]"
        if any(isinstance(item, (list, tuple, dict)) for item in val):
            raise ValueError("a list holds numbers or texts, or rows of numbers that make a grid")
        return ", ".join(cls.translate(item) for item in val)

    @classmethod
    def _cell(cls, cell):
        if isinstance(cell, bool) or not isinstance(cell, (int, float)):
            raise ValueError(f"a grid holds numbers, not {cell!r}")
        return cls.translate(cell)

    @classmethod
    def translate_dict(cls, val):
        raise ValueError("there are no tables of names and values here; give each value a name of its own")

    @classmethod
    def inspect(cls, parameters_cell):
        """What `papermill --help-notebook` lists: the `let` lines of the cell tagged `parameters`."""
        found = (LET.match(line) for line in parameters_cell["source"].splitlines())
        return [Parameter(name=m["name"], inferred_type_name=cls._kind(m["value"]), default=m["value"],
                          help=m["help"] or "") for m in found if m]

    @staticmethod
    def _kind(value):
        if value.startswith("["):
            return "grid"
        if re.fullmatch(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?%?", value):
            return "number"
        return "list" if re.sub(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", "", value).count(",") else "text"


class LogolensEngine(NBClientEngine):
    """papermill's own engine; it is here so that papermill imports this module."""


papermill_translators.register("logolens", LogolensTranslator)
