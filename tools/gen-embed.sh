#!/bin/sh
# gen-embed.sh ARRAY HEADER FOLDER FILE... : writes the C table of files that are part of the program; names are those
# below FOLDER. The bytes are assembled in, so that no copy of them lies in the sources. Dates of what the table stands
# on are make's to follow.
set -eu
array=$1 header=$2 folder=$3
shift 3
echo "/* generated from the files of $folder */"
echo "#include \"$header\""
n=0
for f in "$@"; do
    # printf: echo of some shells makes line ends of \n
    printf '__asm__(".pushsection .rodata\\n%s: .incbin \\"%s\\"\\n%s: .byte 0\\n.popsection\\n");\n' \
        "${array}_$n" "$f" "${array}_end_$n"
    echo "extern const char ${array}_$n[], ${array}_end_$n[];"
    n=$((n + 1))
done
echo "const install_file $array[] = {"
n=0
for f in "$@"; do
    echo "    {\"${f#"$folder"/}\", ${array}_$n, ${array}_end_$n},"
    n=$((n + 1))
done
echo "    {0},"
echo "};"
