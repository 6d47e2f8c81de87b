#!/usr/bin/env python3
"""write-words.py PROGRAM [--check]: the words of the language where lines are coloured without the program.

`PROGRAM words` says them, from the tables that bind a line. They become words.js of install/labextension/static and
words.py of install/wheel/logolens. The address of the extension's entry gets a sum of what it loads, so that no browser
keeps an old one; its version is the program's. With --check nothing is written, and what is not in step is named
(status 1).
"""
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ROOT / "install/labextension"
STATIC = EXTENSION / "static"
PYTHON = ROOT / "install/wheel/logolens/words.py"
MADE = "Made by `make words` from the program's tables (`logolens words`)."


def says(program, word):
    return subprocess.run([program, word], check=True, capture_output=True, text=True).stdout


def as_javascript(words):
    return f"/* {MADE} */\nexport default {words.strip()};\n"


def as_python(words):
    return f'"""{MADE}"""\nWORDS = {words.strip()}\n'


def package(version, texts):
    """package.json, its version and the sum of what is loaded brought up to date."""
    path = EXTENSION / "package.json"
    text = path.read_text()
    total = hashlib.sha256("".join(texts[n] for n in sorted(texts)).encode()).hexdigest()[:12]
    text = re.sub(r'("version": )"[^"]*"', rf'\1"{version}"', text)
    text = re.sub(r"remoteEntry\.js\?v=\w+", f"remoteEntry.js?v={total}", text)
    json.loads(text)
    return text


def main(program, *flags):
    words = says(program, "words")
    json.loads(words)
    version = says(program, "version").split()[1]
    static = {path.name: path.read_text() for path in STATIC.glob("*.js")}
    static["words.js"] = as_javascript(words)
    wanted = {STATIC / "words.js": static["words.js"], PYTHON: as_python(words),
              EXTENSION / "package.json": package(version, static)}
    behind = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in behind:
        print(f"{'not in step, `make words` writes' if flags else 'wrote'} {path.relative_to(ROOT)}")
        if not flags:
            path.write_text(wanted[path])
    return bool(flags and behind)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
