#!/usr/bin/env python3
"""Includes point only downwards, and a third-party header has one owner (tools/layers.txt). Prints file:line of each breach."""
import re
import subprocess
import sys
from pathlib import Path

STD = set(" complex ctype errno fenv float inttypes iso646 limits locale math pthread sched semaphore setjmp signal "
          "stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib string strings time unistd fcntl dirent poll "
          "wchar".split())
rank, owners = {}, {}
for line in Path("tools/layers.txt").read_text().splitlines():
    line = line.split("#")[0].strip()
    if line:
        left, _, third = line.partition(":")
        number, folder = left.split()
        rank[folder] = int(number)
        for header in third.split():
            owners.setdefault(header, set()).add(folder)

bad = 0


def report(where, text):
    global bad
    bad += 1
    print(f"{where}: {text}")


files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.c", "*.h"], capture_output=True, text=True, check=True)
names = {}
for name in files.stdout.split():
    path = Path(name)
    if not path.exists() or name.startswith("tests/"):
        continue
    folder = str(path.parent)
    if path.name in names:
        report(name, f"file name also used by {names[path.name]}")
    names[path.name] = name
    if folder not in rank:
        report(name, f"folder {folder} has no rank in tools/layers.txt")
        continue
    text = path.read_text()
    if path.suffix == ".c" and '"lib/base/banned.h"' not in text and folder != "lib/base":
        report(name, 'does not include "lib/base/banned.h"')
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > 120:
            report(f"{name}:{number}", "longer than 120 columns")
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not found:
            continue
        kind, target = found.groups()
        where = f"{name}:{number}"
        if kind == '"':
            other = str(Path(target).parent)
            if target.startswith("nnlib/nnlib.h"):
                other = "nnlib"
            if other not in rank:
                report(where, f"{target} is in no ranked folder (include from the root)")
            elif other != folder and rank[other] >= rank[folder]:
                report(where, f"{folder} (rank {rank[folder]}) must not include {target} (rank {rank[other]})")
            elif folder.startswith(("lib/", "kernel")) and other.startswith("nnlib/") :
                report(where, f"outside nnlib only nnlib/nnlib.h may be included, not {target}")
        elif target in owners:
            if folder not in owners[target]:
                report(where, f"<{target}> belongs to {', '.join(sorted(owners[target]))}")
        elif not (target.startswith(("sys/", "linux/", "arpa/", "netinet/")) or target.removesuffix(".h") in STD):
            report(where, f"<{target}> has no owner in tools/layers.txt")
print(f"layers: {len(names)} files, {bad} breaches")
sys.exit(bad > 0)
