#!/bin/sh
# pictures.sh: resizing and every augmentation against Pillow, OpenCV and scikit-image on real photos (pictures.py).
# Skipped aloud where the photos are not there (a failure with LOGOLENS_REQUIRE_SHARED=1) or Python has no Pillow;
# PEER_PYTHON names a Python that has the packages.
shared=${LOGOLENS_SHARED:-../shared}
python=${PEER_PYTHON:-python3}
if [ ! -d "$shared/data/photos" ]; then
    echo "  skipped pictures: $shared/data/photos is not there"
    [ "${LOGOLENS_REQUIRE_SHARED:-0}" != 1 ] || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
make --no-print-directory build/support/picture_tool || exit 1
"${python%%:*}" tests/real/pictures.py build/support/picture_tool "$shared/data/photos"
status=$?
case $status in
0) echo "1 passed, 0 failed, 0 skipped" ;;
77)
    echo "  skipped pictures: ${python%%:*} has no Pillow and numpy"
    echo "0 passed, 0 failed, 1 skipped"
    status=0
    ;;
*) echo "0 passed, 1 failed, 0 skipped" ;;
esac
exit $status
