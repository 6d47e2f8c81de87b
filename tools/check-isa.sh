#!/bin/sh
# check-isa.sh OBJECTS: only files named *_avx2.c or *_avx512.c hold instructions of wide vectors (ymm, zmm registers); all
# other objects below OBJECTS run on any x86-64. Says nothing on other machines, whose registers have other names.
set -eu
objects=${1:-build/obj}
bad=0 seen=0
for object in $(find "$objects" -name '*.o' ! -name '*_avx2.o' ! -name '*_avx512.o' | sort); do
    seen=$((seen + 1))
    if objdump -d --no-show-raw-insn "$object" | grep -qE '%[yz]mm[0-9]'; then
        echo "$object: wide vector registers outside *_avx2.c and *_avx512.c"
        bad=$((bad + 1))
    fi
done
echo "instructions: $seen objects, $bad breaches"
[ $bad -eq 0 ] && [ $seen -gt 0 ]
