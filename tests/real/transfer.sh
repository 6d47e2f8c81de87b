#!/bin/sh
# transfer.sh: features of real weights on the real photos that were handed over; prints the report.
# Skipped aloud where they are not there (a failure with LOGOLENS_REQUIRE_SHARED=1).
shared=${LOGOLENS_SHARED:-../shared}
if [ ! -d "$shared/data/logos" ]; then
    echo "  skipped real photos: $shared/data/logos is not there"
    [ "${LOGOLENS_REQUIRE_SHARED:-0}" != 1 ] || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
data=$(cd "$shared/data" && pwd)
script=$(mktemp -d)
trap 'rm -rf "$script"' EXIT
sed "s|DATA|$data|g" tests/real/transfer.lens > "$script/transfer.lens"
if LOGOLENS_ROOTS=$data LOGOLENS_HOME=$script/home build/logolens run "$script/transfer.lens"; then
    echo "1 passed, 0 failed, 0 skipped"
else
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
