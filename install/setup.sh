#!/bin/sh
# setup.sh [--tests] [--package] [--dry-run]: everything Logolens needs on a fresh Debian 12 or Ubuntu.
#
# Installs the missing packages of install/packages.txt with apt (through sudo where you are not root) and puts a private
# Jupyter into build/venv unless one is there already with what install/requirements*.txt list now, and with the language's
# colours for nbconvert. Says what it is about to do; running it again does nothing.
#   --tests    also what `make test` uses (clang, chromium, jupyter_kernel_test, ...)
#   --package  also what `make wheel` and `make deb` use
#   --dry-run  only say it
set -eu
cd "$(dirname "$0")/.."
tests=0 package=0 dry=0
for word in "$@"; do
    case $word in
    --tests) tests=1 package=1 ;;
    --package) package=1 ;;
    --dry-run) dry=1 ;;
    *) echo "usage: install/setup.sh [--tests] [--package] [--dry-run]" >&2; exit 2 ;;
    esac
done
say() { echo "setup: $*"; }
do_it() { if [ $dry -eq 1 ]; then say "would run: $*"; else "$@"; fi; }

# ---- packages ----
wanted=$(awk -v tests=$tests -v package=$package \
    '$1 == "build" || ($1 == "test" && tests) || ($1 == "package" && package) {print $2}' install/packages.txt)
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    missing=
    for p in $wanted; do
        case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
        "install ok installed") ;;
        *) missing="$missing $p" ;;
        esac
    done
    if [ -n "$missing" ]; then
        root=
        if [ "$(id -u)" -ne 0 ]; then
            command -v sudo >/dev/null || { say "not root and no sudo; ask an administrator for: apt-get install$missing" >&2; exit 1; }
            root=sudo
        fi
        say "installing with apt:$missing"
        do_it $root apt-get update -qq
        # Ubuntu's chromium is a snap, which headless tests cannot use: browser tests say so and are skipped there.
        if grep -qi ubuntu /etc/os-release 2>/dev/null; then missing=$(echo "$missing" | sed 's/ chromium\b//'); fi
        do_it $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
    else
        say "all packages are there"
    fi
else
    say "no apt here; these packages (Debian's names) must be there:" $wanted
fi

# ---- the private Jupyter ----
python=/usr/bin/python3
[ -x $python ] || python=python3
# install_list FILE: what FILE lists, into build/venv, unless exactly this list is there already. The stamp comes last, so
# that what was interrupted is done again.
install_list() {
    stamp=build/venv/.$(basename "$1") sum=$(cksum <"$1")
    [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
    say "putting what $1 lists into build/venv"
    do_it build/venv/bin/pip install --quiet --disable-pip-version-check -r "$1"
    [ $dry -eq 1 ] || echo "$sum" >"$stamp"
}
if [ ! -x build/venv/bin/pip ] || [ ! -x build/venv/bin/jupyter ]; then
    say "making a private Jupyter in build/venv"
    do_it mkdir -p build
    do_it $python -m venv build/venv
    do_it rm -f build/venv/.requirements.txt build/venv/.requirements-test.txt
fi
install_list install/requirements.txt
[ $package -eq 0 ] || install_list install/requirements-package.txt
[ $tests -eq 0 ] || install_list install/requirements-test.txt

# ---- the language ----
# What colours cells in pages of nbconvert and writes papermill's parameters, where it lies: as pip tells an environment of
# sources that are worked on, but without a registry. From site-packages to install/wheel the way is the same everywhere.
for site in build/venv/lib/python3*/site-packages; do
    info=logolens-0+sources.dist-info
    if [ ! -d "$site" ] || cmp -s install/wheel/entry_points.txt "$site/$info/entry_points.txt"; then continue; fi
    say "telling build/venv of the language in install/wheel"
    [ $dry -eq 0 ] || continue
    mkdir -p "$site/$info"
    echo ../../../../../install/wheel >"$site/logolens.pth"
    printf 'Metadata-Version: 2.1\nName: logolens\nVersion: 0+sources\n' >"$site/$info/METADATA"
    printf '%s,,\n' logolens.pth $info/METADATA $info/RECORD $info/entry_points.txt >"$site/$info/RECORD"
    cp install/wheel/entry_points.txt "$site/$info"
done
say "ready"
