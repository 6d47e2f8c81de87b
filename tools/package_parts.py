"""What packages are made of: the shared libraries the program uses, where each comes from, and its licence.

Nothing is listed by hand. Libraries the program is linked to are told by ldd; those it loads at first use stand in the
sources as `.sonames` of an lg_library (lib/base/library.h), and of those the first is meant that this machine has.
Debian's and Ubuntu's package database says who owns a file and under which licence.
"""
import json
import os
import re
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

SONAMES = re.compile(r"\.sonames\s*=\s*\(const char \*const\[\]\)\s*\{([^}]*)\}")
LD_CACHE = re.compile(r"^\s+(\S+) \(libc6[^)]*\) => (\S+)$", re.M)
# The C library and its loader belong to the system; the wheel's platform tag says which is old enough.
SYSTEM = {"libc6"}

Owner = namedtuple("Owner", "package version source source_version")


def ask(*command, **options):
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def version(binary):
    return ask(binary, "version").split()[1]


def first_use(root, machine=os.uname().machine):
    """[path] of the libraries that the sources load at first use."""
    known = {}
    for name, path in LD_CACHE.findall(ask("/sbin/ldconfig", "-p")):
        known.setdefault(name, path)
    found = []
    for file in sorted(p for part in ("lib", "nnlib", "scraper", "kernel") for p in (root / part).rglob("*.c")):
        for names in SONAMES.findall(file.read_text(encoding="utf-8")):
            names = re.findall(r'"([^"]+)"', names)
            path = next((known[name] for name in names if name in known), None)
            if not path:
                raise SystemExit(f"{file.relative_to(root)} loads {' or '.join(names)}, and none of them is here")
            found.append(Path(path))
    return found


def needed(file):
    """{soname: path} of everything that file needs, and what that needs."""
    found = {}
    for line in ask("ldd", file).splitlines():
        parts = line.split()
        if "not found" in line:
            raise SystemExit(f"{file} needs {parts[0]}, which is not here")
        if len(parts) > 2 and parts[1] == "=>":
            found[parts[0]] = Path(parts[2])
    return found


def soname(path):
    return re.search(r"\(SONAME\).*\[(.+)\]", ask("readelf", "-d", path)).group(1)


def owner(path):
    """The package that owns a file. The database knows a file by one of its names below / and /usr."""
    names = []
    for name in (str(path), os.path.realpath(path)):
        names += [name, name.removeprefix("/usr") if name.startswith("/usr/lib") else "/usr" + name]
    for name in names:
        done = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if done.returncode == 0:
            package = done.stdout.split(": ")[0].split(",")[0]
            form = "${Package}\t${Version}\t${source:Package}\t${source:Version}"
            return Owner(*ask("dpkg-query", "-W", "-f", form, package).split("\t"))
    raise SystemExit(f"no package owns {path}: packages are made on Debian or Ubuntu, from their libraries")


def libraries(binary, root):
    """{soname: (path, Owner)} of all that the program needs beyond the C library."""
    found = needed(binary)
    for path in first_use(root):
        found[soname(path)] = path
        found.update(needed(path))
    owned = {name: (path, owner(path)) for name, path in sorted(found.items())}
    return {name: both for name, both in owned.items() if both[1].package not in SYSTEM}


def licences(package):
    """(copyright text, names of the common licences it refers to) as Debian keeps them."""
    text = Path("/usr/share/doc", package, "copyright").read_text(encoding="utf-8", errors="replace")
    return text, set(re.findall(r"/usr/share/common-licenses/([A-Za-z0-9.-]+[A-Za-z0-9])", text))


def epoch(root):
    """The time of what packages hold: that of the last commit, so that the same sources make the same bytes."""
    if os.environ.get("SOURCE_DATE_EPOCH"):
        return int(os.environ["SOURCE_DATE_EPOCH"])
    try:
        return int(ask("git", "-C", root, "log", "-1", "--format=%ct"))
    except (OSError, SystemExit):  # sources without their history
        return 1577836800


def install_spec(binary, prefix, argv0):
    """Jupyter's files below prefix, by the program itself; kernel.json names argv0."""
    ask(binary, "install", "--prefix", prefix, env={"PATH": os.environ["PATH"]})
    spec = Path(prefix, "share/jupyter/kernels/logolens")
    text = (spec / "kernel.json").read_text(encoding="utf-8")
    written = json.dumps(json.loads(text)["argv"][0])
    (spec / "kernel.json").write_text(text.replace(written, json.dumps(argv0)), encoding="utf-8")
    return spec


def leave_note(prefix, manager, how):
    """Who installed what lies below prefix, and how it is taken away: for `logolens install`, which then leaves it alone,
    and for `jupyter labextension list`. The form is JupyterLab's own."""
    note = {"packageManager": manager, "packageName": "logolens", "uninstallInstructions": how}
    for folder in ("kernels/logolens", "labextensions/logolens"):
        written = Path(prefix, "share/jupyter", folder, "install.json")
        written.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")


def carry_package(root, site):
    """The Python package below site, without what running it from the sources has left."""
    shutil.copytree(root / "install/wheel/logolens", site / "logolens", ignore=shutil.ignore_patterns("__pycache__"))


def manual_page(root, number):
    return (root / "install/logolens.1").read_text(encoding="utf-8").replace("@VERSION@", number)
