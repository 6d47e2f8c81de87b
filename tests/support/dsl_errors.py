#!/usr/bin/env python3
"""Writes docs/errors.md from kernel/dsl/codes.def: python3 tests/support/dsl_errors.py > docs/errors.md"""
import re
from pathlib import Path

TEXT = r'"((?:[^"\\]|\\.)*)"'
GROUPS = {1: "Reading", 2: "Networks", 3: "Data", 4: "Training and evaluation", 5: "Places and platforms", 6: "Not allowed",
          7: "The network, posts and their catalogue", 9: "Our fault"}


def plain(text):
    return text.replace('\\"', '"').replace("\\\\", "\\").replace("|", "\\|")


source = Path("kernel/dsl/codes.def").read_text()
print("# Error codes\n\nMade from kernel/dsl/codes.def; in a notebook `help LL203` shows the same.")
group = 0
for number, when, example, text in re.findall(rf"DSL_CODE\((\d+),\s*{TEXT},\s*{TEXT},\s*{TEXT}\)", source):
    if int(number) // 100 != group:
        group = int(number) // 100
        print(f"\n## LL{group}xx: {GROUPS[group]}\n\n| Code | When | Example | What helps |\n|--|--|--|--|")
    print(f"| LL{number} | {plain(when)} | {'`` ' + plain(example) + ' ``' if example else ''} | {plain(text)} |")
