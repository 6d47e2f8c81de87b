#!/bin/sh
# check-words.sh: no file of ours holds a path of a machine, a note to do something later, the name of a decision
# (docs/adr) that is not there, or (in a text) a byte that is not UTF-8. Prints file:line of each, and decisions that
# have one number.
set -eu
export LC_ALL=C.UTF-8
listed=$(mktemp) && trap 'rm -f "$listed"' EXIT
texts() { git ls-files -co -z --exclude-standard | LC_ALL=C xargs -0 grep -IlZs ''; }

place='(^|[^A-Za-z0-9_.~-])/(wo''rk|ro''ot)/'
later='(^|[^A-Za-z_])(TO''DO|FIX''ME|X''XX)([^A-Za-z_]|$)'
texts | xargs -0 grep -HanE "$place" | sed 's/$/   <- path of a machine/' >>"$listed" || true
texts | xargs -0 grep -HanE "$later" | sed 's/$/   <- do it now, or open an issue/' >>"$listed" || true
texts | xargs -0 grep -Hanxv '.*' | sed 's/$/   <- not UTF-8/' >>"$listed" || true
ls docs/adr | cut -c1-4 | uniq -d | sed 's/$/   <- number of two decisions/' >>"$listed"
texts | xargs -0 grep -HanoE 'docs/adr/[0-9]{4}[a-z0-9-]*' | while IFS=: read -r file line name; do
    ls "$name"* >/dev/null 2>&1 || printf '%s:%s:%s   <- no such decision\n' "$file" "$line" "$name"
done >>"$listed"
cut -c1-200 "$listed"
bad=$(wc -l <"$listed")
echo "words: $(texts | tr -cd '\0' | wc -c) texts, $bad breaches"
[ "$bad" -eq 0 ]
