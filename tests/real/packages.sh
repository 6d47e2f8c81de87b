#!/bin/sh
# packages.sh [wheel] [deb]: makes the packages and uses them in systems that have nothing else: of Debian's base system
# and a Python for the wheel, and its own Jupyter for the package of apt. Nothing Logolens is built with is in them, and
# while they are used there is no network. Wants mmdebstrap, iproute2 and root; lintian where it is installed. Fetches
# packages of Debian and, for the wheel, of Jupyter's (once, into build/roots).
set -eu
cd "$(dirname "$0")/../.."
top=$PWD what=${*:-wheel deb}
[ "$(id -u)" = 0 ] || { echo "packages.sh: systems of their own are made by root only"; exit 2; }
for tool in mmdebstrap unshare ip; do
    command -v $tool >/dev/null || { echo "packages.sh needs $tool (apt-get install mmdebstrap util-linux iproute2)"; exit 2; }
done
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
sources=$(grep -lE "(^| )$codename( |\$)" /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true)
kept=$top/build/roots shown=$top/build/dist/shown
mkdir -p "$kept" "$shown"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

say() { echo "packages: $*"; }
judge() { # judge TEST COMMAND: counts it
    test=$1
    shift
    if "$@" >"$work/log" 2>&1; then passed=$((passed + 1)) && echo "  ok     $test"
    else
        failed=$((failed + 1))
        echo "  FAILED $test"
        tail -40 "$work/log"
    fi
}
system() { # system NAME PACKAGES: an unpacked system in $root; what was fetched is kept
    root=$work/$1
    if [ ! -f "$kept/$1.tar" ] || [ "$(cat "$kept/$1.has" 2>/dev/null)" != "$2" ]; then
        say "making a system with $2"
        # shellcheck disable=SC2086
        mmdebstrap --quiet --variant=minbase --include="$2" "$codename" "$kept/$1.new.tar" $sources
        mv "$kept/$1.new.tar" "$kept/$1.tar"
        echo "$2" >"$kept/$1.has"
    fi
    mkdir "$root"
    tar -C "$root" -xf "$kept/$1.tar"
    useradd --root "$root" --create-home --shell /bin/sh ann
    mkdir "$root/home/ann/work" "$root/given"
    cp tests/real/packages.py "$root/given"
    chown -R 1000:1000 "$root/home/ann"
}
as() { # as USER COMMAND: in $root, without a network, with an environment of nothing
    user=$1
    shift
    unshare --mount --net --pid --fork --mount-proc="$root/proc" sh -c 'ip link set lo up &&
        mount -t devpts -o newinstance,ptmxmode=0666 devpts "$0/dev/pts" && mount --bind "$0/dev/pts/ptmx" "$0/dev/ptmx" &&
        exec "$@"' "$root" \
        env -i HOME=/home/ann PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        chroot --userspec="$user" "$root" sh -c "cd \$HOME && $*"
}
nothing_of_ours() { # nothing_of_ours LIBRARIES: none of these is in the system, nor others of ours, nor what it is built with
    for name in "$@" libcairo libopenblas libhdf5 libcurl libjansson libzip libturbojpeg libfontconfig; do
        if find "$root/usr" "$root/home" -name "$name*.so*" | grep .; then return 1; fi
    done
    [ ! -e "$root/usr/bin/gcc" ] && [ ! -d "$root/usr/share/fonts/truetype" ]
}
show() { # pictures, notebooks and the page, for somebody to look at
    rm -rf "${shown:?}/$1" && mkdir -p "$shown/$1" && cp "$root"/home/ann/work/*.png "$root"/home/ann/work/*.html "$root"/home/ann/work/*.ipynb "$shown/$1" || true
}

jupyter() { # Jupyter's packages for pip, in $root/given
    list="jupyterlab==4.6.6 nbclient nbconvert papermill"
    if [ "$(cat "$kept/jupyter/done" 2>/dev/null)" != "$list" ]; then
        say "fetching Jupyter's packages"
        rm -rf "$kept/jupyter"
        # shellcheck disable=SC2086
        build/venv/bin/pip download --quiet --dest "$kept/jupyter" $list
        echo "$list" >"$kept/jupyter/done"
    fi
    cp -r "$kept/jupyter" "$root/given"
}
filled() { # filled ENVIRONMENT: papermill of this environment fills in a notebook's parameters and runs it
    as 1000:1000 "$1/bin/papermill work/parameters.ipynb work/filled.ipynb -p n 7 && grep -q '\"n is 7' work/filled.ipynb"
}
coloured() { # coloured PYTHON: a page made by its nbconvert has colours in its cells
    as 1000:1000 "$1 -m nbconvert --to html --output page work/first.ipynb && grep -q '<span class=.kt.>conv</span>' work/page.html"
}

try_wheel() {
    wheel=$(ls build/dist/logolens-*.whl)
    system wheel python3,python3-venv
    judge "nothing of ours is in the system" nothing_of_ours libzmq libsodium
    jupyter
    cp "$wheel" "$root/given"
    file=/given/$(basename "$wheel") env=/home/ann/env
    judge "an environment" as 1000:1000 "python3 -m venv env && $env/bin/pip install --no-index --find-links /given/jupyter \
        jupyterlab nbclient nbconvert papermill"
    judge "pip install" as 1000:1000 "$env/bin/pip install --no-index $file"
    judge "jupyter lists the kernel" as 1000:1000 "$env/bin/jupyter kernelspec list | grep -E 'logolens +$env/share/jupyter'"
    judge "JupyterLab lists the extension" as 1000:1000 "$env/bin/jupyter labextension list 2>&1 | grep -E 'logolens v.*enabled.*OK'"
    as 1000:1000 "$env/bin/python /given/packages.py $env/bin/logolens work" >"$work/first" 2>&1 || true
    judge "the first day" grep -q ' 0 failed' "$work/first"
    cat "$work/first"
    judge "nbconvert writes colours" coloured "$env/bin/python"
    show wheel
    judge "jupyter nbconvert --execute" as 1000:1000 "$env/bin/jupyter nbconvert --to notebook --execute --output again work/first.ipynb \
        --ExecutePreprocessor.cwd=work"
    judge "papermill fills in parameters" filled "$env"
    judge "the environment at another place" as 1000:1000 "mv env moved && moved/share/jupyter/kernels/logolens/logolens version"
    judge "pip install --user" as 1000:1000 "moved/bin/python -m pip --python /usr/bin/python3 install --user --no-index \
        --break-system-packages $file && .local/bin/logolens version && .local/share/jupyter/kernels/logolens/logolens version"
    judge "pip install --target" as 1000:1000 "moved/bin/python -m pip install --no-index --target there $file && there/bin/logolens version"
}

try_deb() {
    deb=$(ls build/dist/logolens_*.deb)
    if command -v lintian >/dev/null; then judge "lintian" lintian --fail-on error,warning "$deb"; fi
    system deb python3-nbclient,python3-nbconvert,python3-venv,jupyter-client,man-db
    jupyter
    judge "nothing of ours is in the system" nothing_of_ours
    cp "$deb" "$root/given"
    cp /etc/resolv.conf "$root/etc"
    judge "apt install" chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -c \
        "apt-get update -qq && apt-get install -qq -y /given/$(basename "$deb")"
    judge "man logolens" as 1000:1000 "man logolens | grep -q 'logolens run FILE'"
    as 1000:1000 "python3 /given/packages.py /usr/bin/logolens work" >"$work/first" 2>&1 || true
    judge "the first day" grep -q ' 0 failed' "$work/first"
    cat "$work/first"
    judge "nbconvert writes colours" coloured python3
    show deb
    judge "papermill of an environment, told of the package" as 1000:1000 "python3 -m venv mill && mill/bin/pip install --no-index \
        --find-links /given/jupyter papermill && ln -s /usr/lib/python3/dist-packages/logolens* mill/lib/python3*/site-packages"
    judge "papermill fills in parameters" filled mill
    judge "logolens install --user" as 1000:1000 "logolens install && grep /usr/bin/logolens .local/share/jupyter/kernels/logolens/kernel.json \
        && logolens install --remove && [ ! -e .local/share/jupyter/kernels/logolens ]"
    judge "what apt installed is left alone" as 0:0 "for more in '' --remove; do
        logolens install --prefix /usr \$more >said 2>&1; cat said; grep -qE 'there already|sudo apt remove logolens' said || exit 1; done
        [ -z \"\$(dpkg --verify logolens)\" ]"
    judge "apt remove leaves nothing" chroot "$root" sh -c \
        "apt-get purge -qq -y logolens && ! find /usr /etc /var/lib/dpkg/info -name '*logolens*' | grep ."
}

for one in $what; do
    say "$one"
    make --no-print-directory "$one"
    "try_$one"
done
same_pictures() { for picture in "$shown"/wheel/*.png; do cmp "$picture" "$shown/deb/${picture##*/}" || return 1; done; }
case $what in *wheel*deb*) judge "both draw the same pictures" same_pictures ;; esac
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
