#!/bin/sh
# photos.sh NAME: runs tests/real/NAME.lens on the data that were handed over; its checks decide.
#   logos     the report's network trained on the real photos
#   transfer  a small head on features of real weights, on the same photos
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
sed "s|DATA|$data|g" "tests/real/$1.lens" > "$script/$1.lens"
if LOGOLENS_ROOTS=$data LOGOLENS_HOME=$script/home build/logolens run "$script/$1.lens"; then
    echo "1 passed, 0 failed, 0 skipped"
else
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
