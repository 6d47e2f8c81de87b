#!/bin/sh
# run.sh DIR BINARY...: runs test binaries and adds up their counts. As many run at once as there are processors, the
# longest first (each works in a folder of its own); JOBS=1 for one at a time. What failed is printed whole at the end, and
# after it once more as a list of causes: sanitizers say much after a CHECK. DIR keeps the times for the next call.
here=$(cd "$(dirname "$0")" && pwd)

# The second call of this file, by xargs: one binary, its output and status into $results.
if [ "$1" = --one ]; then
    name=${2##*/} from=$(date +%s%N)
    "$2" > "$results/$name.out" 2>&1
    echo $? > "$results/$name.status"
    echo "$(($(date +%s%N) - from)) $name" >> "$results/times"
    printf '  %-28s %s\n' "$name" "$(tail -n 1 "$results/$name.out")"
    exit 0
fi

dir=$1
shift
export ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1:${ASAN_OPTIONS:-}"
export LSAN_OPTIONS="suppressions=$here/support/lsan.supp:print_suppressions=0"
export TSAN_OPTIONS="suppressions=$here/support/tsan.supp:allocator_may_return_null=1:${TSAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
results=$(mktemp -d)
export results
trap 'rm -rf "$results"' EXIT
trap 'exit 130' INT TERM

# longest_first < BINARIES: by what they took the last time, here or in the release build; new ones come first.
longest_first() {
    awk -v before="build/tests/times $dir/times" '
        BEGIN { n = split(before, file, " "); for (i = 1; i <= n; i++) while ((getline line < file[i]) > 0) {
                    split(line, word, " "); took[word[2]] = word[1] } }
        { name = $0; sub(/.*\//, "", name); printf "%.0f %s\n", name in took ? took[name] : 1e15, $0 }' |
        sort -rn | cut -d' ' -f2-
}
printf '%s\n' "$@" | longest_first > "$results/list"
xargs -P "${JOBS:-$(nproc)}" -I '{}' sh "$0" --one '{}' < "$results/list"

# cause NAME < OUTPUT: each failed CHECK with the name of its test, and a sanitizer's or a signal's own words.
cause() {
    awk -v name="$1" '
        /^[^ ]+\.[ch]:[0-9]+: / { check = $0; more = 2; next }
        /^  FAILED / { print name ": " $2 ": " substr(check, 1, 400); check = ""; more = 0; next }
        more-- > 0 { check = check " " $0 }
        /ERROR: [A-Z][A-Za-z]*Sanitizer|WARNING: ThreadSanitizer|^SUMMARY: |runtime error: / { print name ": " substr($0, 1, 400) }' |
        head -n 12
}
passed=0 failed=0 skipped=0
for bin in $(sort "$results/list"); do
    name=${bin##*/} out=$results/${bin##*/}.out
    status=$(cat "$results/$name.status" 2>/dev/null || echo 'of no kind, it was not run')
    set -- $(tail -n 1 "$out" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p')
    if [ $# -ne 3 ] || { [ "$status" != 0 ] && [ "$2" -eq 0 ]; }; then
        tail -n 60 "$out"
        echo "  FAILED $name ended with status $status"
        echo "$name: ended with status $status" >> "$results/causes"
        cause "$name" < "$out" >> "$results/causes"
        failed=$((failed + 1))
        continue
    fi
    if [ "$2" -ne 0 ]; then
        cat "$out"
        cause "$name" < "$out" >> "$results/causes"
    elif [ "$3" -ne 0 ]; then grep '^  skipped' "$out"
    fi
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
done
[ "$(wc -l < "$results/list")" -eq 1 ] || sort -k2 "$results/times" > "$dir/times"
[ ! -s "$results/causes" ] || sed 's/^/  CAUSE /' "$results/causes"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
