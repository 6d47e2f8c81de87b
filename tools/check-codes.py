#!/usr/bin/env python3
"""check-codes.py: every error code the sources use stands in kernel/dsl/codes.def exactly once, in order, with a text,
and every code there is used. A code is the number in lg_fail(err, STATUS, 203, …), in ..._FAIL(x, 103, …), in
note_add(report, 301, …), or written out as LL203. Only C code counts as use; a code in a comment must exist."""
import pathlib
import re
import sys

TABLE = pathlib.Path("kernel/dsl/codes.def")
TEXT = r'"(?:[^"\\]|\\.)'
ENTRY = re.compile(rf'DSL_CODE\((\d+), {TEXT}+", {TEXT}*",\s+{TEXT}+"\)')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
RAISED = [
    re.compile(r"\bLG_E_[A-Z]+,(?P<codes>[^,\"]*?\b\d{3}\b[^,\"]*),"),
    re.compile(r"\b[A-Z]+_FAIL\([^,()]*,(?P<codes>\s*\d{3}\b\s*),"),
    re.compile(r"\bnote_add\([^,()]*,(?P<codes>\s*\d{3}\b\s*),"),
    re.compile(r"\.code = (?P<codes>\d{3})\b"),
    re.compile(r"\?\s*err->code\s*:(?P<codes>\s*\d{3})\b"),
]
NUMBER = re.compile(r"(?<![\w.])[1-9]\d\d(?![\w.])")


def blank(match):
    """A comment gives way to its line ends, so that lines keep their numbers."""
    return "\n" * match.group(0).count("\n")


def main():
    bad, listed, last = [], {}, 0
    table = TABLE.read_text(encoding="utf-8")
    for start in re.finditer(r"^DSL_CODE", table, re.M):
        number = table.count("\n", 0, start.start()) + 1
        entry = ENTRY.match(table, start.start())
        if not entry:
            bad.append(f"{TABLE}:{number}: not of the form DSL_CODE(number, \"when\", \"example\", \"help\")")
            continue
        code = int(entry[1])
        if code <= last:
            bad.append(f"{TABLE}:{number}: LL{code} comes twice or out of order")
        last = code
        listed[code] = number
    used = {}
    for folder in ("nnlib", "lib", "scraper", "kernel"):
        for path in sorted(pathlib.Path(folder).rglob("*.[ch]")):
            text = path.read_text(encoding="utf-8")
            code_only = COMMENT.sub(blank, text)
            for pattern in RAISED:
                for match in pattern.finditer(code_only):
                    line = code_only.count("\n", 0, match.start()) + 1
                    for number in NUMBER.findall(match["codes"]):
                        used.setdefault(int(number), f"{path}:{line}")
            for match in re.finditer(r"\bLL(\d{3})\b", text):
                if int(match[1]) not in listed:
                    line = text.count("\n", 0, match.start()) + 1
                    bad.append(f"{path}:{line}: LL{match[1]} is spoken of but not in {TABLE}")
    bad += [f"{where}: LL{code} is not in {TABLE}" for code, where in used.items() if code not in listed]
    bad += [f"{TABLE}:{line}: LL{code} is used nowhere" for code, line in listed.items() if code not in used]
    print("\n".join(sorted(bad)) + "\n" * bool(bad) + f"codes: {len(listed)} error codes, {len(bad)} breaches")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
