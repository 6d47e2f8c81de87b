#!/bin/sh
# gen-table.sh TYPE ARRAY HEADER SYMBOL_PREFIX FILE... : writes the C table of one kind of plug-in.
# A file dir/kind_NAME.c defines the symbol PREFIX##NAME; a wrong symbol is a link error, never a silent gap.
set -eu
type=$1 array=$2 header=$3 prefix=$4
shift 4
names=$(for f in "$@"; do case $f in *.c) b=${f##*/}; b=${b%.c}; echo "${b#*_}" ;; esac; done | sort)
twice=$(printf '%s\n' $names | uniq -d)
[ -z "$twice" ] || { echo "gen-table: two plug-ins called $twice" >&2; exit 1; }
echo "/* generated from file names */"
echo "#include \"$header\""
for n in $names; do echo "extern const $type $prefix$n;"; done
echo "const $type *const $array[] = {"
for n in $names; do echo "    &$prefix$n,"; done
echo "    NULL,"
echo "};"
