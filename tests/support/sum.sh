# sum.sh - sourced: `step NAME COMMAND...` runs a part and adds up its `N passed, N failed, N skipped` lines.
# `beside NAME COMMAND...` starts a part and goes on; `join` waits for all of those and reports them in their order. What
# runs beside something else must be built before: two makes that build one file are in each other's way.
# `finish` repeats what failed in each part, so that a cause is among the last lines however long the rest is.
total_passed=0 total_failed=0 total_skipped=0 lanes=
causes=$(mktemp)

# causes_in LOG: the lines that say so (CAUSE), else a compiler's errors, else the end.
causes_in() {
    if grep -q '^  CAUSE ' "$1"; then sed -n 's/^  CAUSE /  /p' "$1"
    elif grep -qE '(error|\*\*\*|FAILED)[: ]' "$1"; then grep -E '(error|\*\*\*|FAILED)[: ]' "$1"
    else tail -n 4 "$1"
    fi | cut -c1-400 | head -n 15
}

# report NAME STATUS LOG: prints what matters of it, counts it, and removes it.
report() {
    echo "== $1"
    counts=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$3" | tail -n 1)
    if [ "$2" -ne 0 ]; then
        grep -v '^  CC ' "$3" | tail -n 120
        total_failed=$((total_failed + 1))
        { echo "in: $1"; causes_in "$3"; } >> "$causes"
    else
        grep -E '^  skipped|SKIPPED' "$3"
    fi
    status=$2
    rm -f "$3"
    set -- ${counts:-1 0 0}
    [ "$status" -ne 0 ] && [ -z "$counts" ] && set -- 0 0 0
    total_passed=$((total_passed + $1)) total_skipped=$((total_skipped + $3))
    [ "$2" -gt 0 ] && total_failed=$((total_failed + $2 - 1))
    echo "   $1 passed, $2 failed, $3 skipped (status $status)"
}
step() {
    name=$1 log=$(mktemp)
    shift
    "$@" > "$log" 2>&1
    report "$name" $? "$log"
}
beside() {
    lane=$(mktemp -d)
    lanes="$lanes $lane"
    echo "$1" > "$lane/name"
    shift
    # A shell starts these deaf to an interrupt, which tests send to programs that would inherit it.
    { env --default-signal=INT,QUIT "$@" > "$lane/log" 2>&1; echo $? > "$lane/status"; } &
}
join() {
    wait
    for lane in $lanes; do
        report "$(cat "$lane/name")" "$(cat "$lane/status")" "$lane/log"
        rm -rf "$lane"
    done
    lanes=
}
finish() {
    [ ! -s "$causes" ] || { echo "== what failed"; cat "$causes"; }
    rm -f "$causes"
    echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
    [ $total_failed -eq 0 ] && [ $total_passed -gt 0 ]
}
