# sum.sh - sourced: `step NAME COMMAND...` runs a part and adds up its `N passed, N failed, N skipped` lines.
total_passed=0 total_failed=0 total_skipped=0
step() {
    name=$1
    shift
    echo "== $name"
    log=$(mktemp)
    "$@" > "$log" 2>&1
    status=$?
    counts=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$log" | tail -n 1)
    if [ $status -ne 0 ]; then
        grep -v '^  CC ' "$log" | tail -n 120
        total_failed=$((total_failed + 1))
    else
        grep -E '^  skipped|SKIPPED' "$log"
    fi
    set -- ${counts:-1 0 0}
    [ $status -ne 0 ] && [ -z "$counts" ] && set -- 0 0 0
    total_passed=$((total_passed + $1)) total_skipped=$((total_skipped + $3))
    [ "$2" -gt 0 ] && total_failed=$((total_failed + $2 - 1))
    echo "   $1 passed, $2 failed, $3 skipped (status $status)"
    rm -f "$log"
}
finish() {
    echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
    [ $total_failed -eq 0 ] && [ $total_passed -gt 0 ]
}
