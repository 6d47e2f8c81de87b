#!/bin/sh
# check-symbols.sh OBJECTS: every symbol that an object below OBJECTS shows to others carries the prefix of its folder,
# so that the library can be linked into anybody's program; and no two tests have one name (make unit T=name).
set -eu
objects=${1:-build/obj}
listed=$(mktemp) && trap 'rm -f "$listed"' EXIT

prefix_of() {
    case $1 in
    lib/base) echo lg_ ;;
    lib/image) echo img_ ;;
    lib/hdf5) echo h5_ ;;
    lib/data) echo data_ ;;
    lib/sample) echo smp_ ;;
    lib/plot) echo plt_ ;;
    lib/net) echo net_ ;;
    lib/store) echo store_ ;;
    lib/report) echo rep_ ;;
    scraper) echo scrape_ ;;
    nnlib/*) echo nn_ ;;
    kernel/dsl) echo dsl_ ;;
    kernel/commands) echo '(dsl_)?cmd_' ;;
    kernel/jupyter) echo jp_ ;;
    kernel) echo main ;;
    *) echo "(give the folder a prefix in tools/check-symbols.sh)" ;;
    esac
}

seen=0
for folder in $(git ls-files -co --exclude-standard '*.c' | grep -v '^tests/' | sed 's|/[^/]*$||' | sort -u); do
    prefix=$(prefix_of "$folder")
    set --
    for source in "$folder"/*.c; do
        object=$objects/${source%.c}.o
        [ -f "$object" ] && [ -f "$source" ] && set -- "$@" "$object"
    done
    [ $# -gt 0 ] || continue
    seen=$((seen + $#))
    # names beginning with two underscores are the compiler's own (coverage, sanitizers)
    nm -A -g --defined-only -P "$@" | awk -v p="$prefix" -v o="$objects/" '
        $3 != "U" && $2 !~ ("^(" p ")") && index($2, "__") != 1 {
            sub(/\.o:$/, ".c", $1)
            print substr($1, length(o) + 1) ": " $2 " should begin with " p }' >>"$listed"
done
git ls-files -co --exclude-standard 'tests/*/test_*.c' | sed 's|.*/||' | sort | uniq -d |
    sed 's/$/: more than one test has this name/' >>"$listed"
cat "$listed"
bad=$(wc -l <"$listed")
echo "symbols: $seen objects, $bad breaches"
[ "$bad" -eq 0 ]
