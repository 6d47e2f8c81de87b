#!/bin/sh
# sets.sh: the four real sets that were handed over, loaded as published: their counts, and what is said about them.
# Skipped aloud where they are not there (a failure with LOGOLENS_REQUIRE_SHARED=1).
shared=${LOGOLENS_SHARED:-../shared}
if [ ! -d "$shared/data/logos" ]; then
    echo "  skipped real sets: $shared/data/logos is not there"
    [ "${LOGOLENS_REQUIRE_SHARED:-0}" != 1 ] || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
data=$(cd "$shared/data/logos" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

run() { # what the script on standard input shows goes to $work/out
    sed "s|DATA|$data|g" > "$work/script.lens"
    LOGOLENS_ROOTS=$data LOGOLENS_HOME=$work/home build/logolens run "$work/script.lens" > "$work/out" 2>&1
}

judge() { # judge TEST COMMAND: counts it
    name=$1
    shift
    if "$@"; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "  FAILED $name"
        tail -5 "$work/out"
    fi
}

says() { grep -qF "$1" "$work/out"; }
refuses() { ! run && says "$1"; }

judge "counts of the sets" run < tests/real/sets.lens
judge "look-alikes are told" says "LL311  37 of 430 images look like an earlier one"
judge "boxes without an area are told" says "LL305  5 boxes have no area"
judge "classes beyond the table are counted" says "others  Total  Share"
judge "classes that val lacks are told" says "val has no image of Adidas, Nike, so nothing says how well a network tells them"
judge "what was left out is told" says "54 near-duplicates left out, one of each stays"
judge "test images stay" says "test stays as it was"
judge "sets without marks are refused" refuses "LL326  nothing in" << 'END'
load x from DATA/shoes3 boxes
END
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
