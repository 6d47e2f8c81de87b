#!/bin/sh
# run.sh DIR PATTERN: runs every test binary below DIR whose name matches test_PATTERN and adds up their counts.
dir=$1 pattern=${2:-*}
passed=0 failed=0 skipped=0
here=$(cd "$(dirname "$0")" && pwd)
export ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1:${ASAN_OPTIONS:-}"
export LSAN_OPTIONS="suppressions=$here/support/lsan.supp:print_suppressions=0"
export TSAN_OPTIONS="suppressions=$here/support/tsan.supp:allocator_may_return_null=1:${TSAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
for bin in "$dir"/*/test_$pattern; do
    [ -x "$bin" ] && [ -f "$bin" ] || continue
    out=$("$bin" 2>&1)
    status=$?
    line=$(printf '%s\n' "$out" | tail -n 1)
    set -- $(printf '%s\n' "$line" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p')
    if [ $# -ne 3 ] || { [ $status -ne 0 ] && [ "$2" -eq 0 ]; }; then
        printf '%s\n' "$out" | tail -n 60
        echo "  FAILED ${bin##*/} ended with status $status"
        failed=$((failed + 1))
        continue
    fi
    [ "$2" -eq 0 ] || printf '%s\n' "$out"
    [ "$3" -eq 0 ] || [ "$2" -ne 0 ] || printf '%s\n' "$out" | grep '^  skipped'
    printf '  %-28s %s\n' "${bin##*/}" "$line"
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
