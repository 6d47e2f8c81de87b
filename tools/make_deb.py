#!/usr/bin/env python3
"""make_deb.py BINARY OUTDIR: a package for apt, OUTDIR/logolens_VERSION_ARCH.deb (docs/adr/0159).

Debian's own tools do the work: dpkg-shlibdeps finds what is needed, dpkg-gencontrol writes the control file, dpkg-deb
packs. What is installed is below STAGE as it will lie below /.
"""
import gzip
import hashlib
import os
import shutil
import sys
import tempfile
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path

from package_parts import (ask, carry_package, epoch, first_use, install_spec, leave_note, manual_page, owner,
                           version)

ROOT = Path(__file__).resolve().parents[1]
# Loaded at first use and only to be faster; the program does without.
FASTER = {"libopenblas0-pthread": "libopenblas0-pthread | libopenblas0", "libnettle8": None}
CONTROL = """\
Source: logolens
Section: science
Priority: optional
Maintainer: {maintainer}
Standards-Version: 4.6.2

Package: logolens
Architecture: any
Depends: ${{shlibs:Depends}}, fonts-dejavu-core
Recommends: {recommends}
Suggests: jupyter-notebook | jupyterlab
Description: Jupyter kernel for pictures with a small language and a CNN library
 Logolens trains, compares and uses image classifiers: a native kernel for
 Jupyter with a small readable language, run by a library of convolutional
 networks in the same process. No Python is needed to run it, only to host the
 notebook page.
 .
 It shows what a network does: one image through every layer, where a decision
 came from, one step of training with all its numbers. Networks go to and come
 from Keras, ONNX and safetensors.
"""
CHANGES = """\
logolens ({version}) unstable; urgency=low

  * This version; the changes are in the commits of the sources.

 -- {maintainer}  {date}
"""
# Debian's own way with Python modules: compiled when they come, for files that Python writes later would stay behind.
SCRIPTS = {"postinst": """\
#!/bin/sh
set -e
if command -v py3compile >/dev/null; then py3compile -p logolens; fi
""", "prerm": """\
#!/bin/sh
set -e
if command -v py3clean >/dev/null; then py3clean -p logolens; fi
"""}
OVERRIDES = """\
# The modules are for a Python that is there, as Jupyter's is. The program needs none.
logolens: python-package-missing-depends-on-python
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Logolens

Files: *
Copyright: {holder}
License: Expat
{text}
"""


def licence():
    """(holder, the text in the form of a copyright file) of LICENSE."""
    lines = (ROOT / "LICENSE").read_text(encoding="utf-8").strip().splitlines()
    holder = next(line for line in lines if line.startswith("Copyright")).replace("Copyright (c) ", "")
    body = lines[lines.index(next(line for line in lines if line.startswith("Permission"))):]
    return holder, "\n".join(" " + (line or ".") for line in body)


def changes(number, maintainer):
    date = format_datetime(datetime.fromtimestamp(epoch(ROOT), timezone.utc))
    return CHANGES.format(version=number, maintainer=maintainer, date=date)


def packed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def lay_out_python(site, number):
    """The lexer and papermill's parameters, for the system's Python and whatever it hosts."""
    carry_package(ROOT, site)
    info = site / f"logolens-{number}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: logolens\nVersion: {number}\n", encoding="utf-8")
    shutil.copyfile(ROOT / "install/wheel/entry_points.txt", info / "entry_points.txt")


def lay_out(binary, stage, number, maintainer):
    program = stage / "usr/bin/logolens"
    program.parent.mkdir(parents=True)
    shutil.copyfile(binary, program)
    program.chmod(0o755)
    ask("strip", "--remove-section=.comment", "--remove-section=.note", program)
    install_spec(binary, stage / "usr", "/usr/bin/logolens")
    leave_note(stage / "usr", "apt", "sudo apt remove logolens")
    lay_out_python(stage / "usr/lib/python3/dist-packages", number)
    packed(stage / "usr/share/man/man1/logolens.1.gz", manual_page(ROOT, number))
    overrides = stage / "usr/share/lintian/overrides/logolens"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(OVERRIDES, encoding="utf-8")
    doc = stage / "usr/share/doc/logolens"
    packed(doc / "changelog.gz", changes(number, maintainer))
    holder, text = licence()
    (doc / "copyright").write_text(COPYRIGHT.format(holder=holder, text=text), encoding="utf-8")


def loaded_later():
    """(Depends, Recommends) by libraries of first use: shlibdeps' own words for those that are needed."""
    needed, faster = [], ["ca-certificates"]
    for path in first_use(ROOT):
        package = owner(path).package
        if package in FASTER:
            faster.append(FASTER[package] or package)
        else:
            needed.append(path)
    return needed, faster


def control(stage, work, number, maintainer):
    """DEBIAN/control and DEBIAN/md5sums of the staged files."""
    needed, faster = loaded_later()
    (work / "debian").mkdir()
    text = CONTROL.format(maintainer=maintainer, recommends=", ".join(faster))
    (work / "debian/control").write_text(text, encoding="utf-8")
    (work / "debian/changelog").write_text(changes(number, maintainer), encoding="utf-8")
    ask("dpkg-shlibdeps", "--ignore-missing-info", "-Tdebian/substvars", stage / "usr/bin/logolens", cwd=work)
    depends = (work / "debian/substvars").read_text(encoding="utf-8").strip()
    later = sorted({owner(path).package for path in needed} - set(depends.replace(",", " ").replace("=", " ").split()))
    (work / "debian/substvars").write_text(", ".join([depends, *later]) + "\n", encoding="utf-8")
    (stage / "DEBIAN").mkdir()
    ask("dpkg-gencontrol", "-plogolens", f"-P{stage}", f"-v{number}", "-Tdebian/substvars", f"-O{stage}/DEBIAN/control",
        "-fdebian/files", cwd=work)
    files = sorted(p for p in stage.rglob("*") if p.is_file() and "DEBIAN" not in p.relative_to(stage).parts)
    sums = [f"{hashlib.md5(p.read_bytes()).hexdigest()}  {p.relative_to(stage)}\n" for p in files]
    (stage / "DEBIAN/md5sums").write_text("".join(sums), encoding="utf-8")
    for name, text in SCRIPTS.items():
        (stage / "DEBIAN" / name).write_text(text, encoding="utf-8")
        (stage / "DEBIAN" / name).chmod(0o755)


def main(binary, outdir):
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch(ROOT))
    os.environ["LC_ALL"] = "C.UTF-8"
    number = version(binary)
    name, mail = os.environ.get("DEBFULLNAME", "Logolens"), os.environ.get("DEBEMAIL", "packages@logolens.invalid")
    maintainer = f"{name} <{mail}>"
    outdir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="logolens-deb-") as folder:
        stage, work = Path(folder, "stage"), Path(folder, "work")
        work.mkdir()
        lay_out(binary, stage, number, maintainer)
        control(stage, work, number, maintainer)
        for file in [stage, *stage.rglob("*")]:
            file.chmod(0o755 if file.is_dir() or os.access(file, os.X_OK) else 0o644)
            os.utime(file, (epoch(ROOT), epoch(ROOT)))
        made = outdir / f"logolens_{number}_{ask('dpkg', '--print-architecture').strip()}.deb"
        ask("dpkg-deb", "--root-owner-group", "-Zxz", "--build", stage, made)
        print(f"made {made} ({made.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
