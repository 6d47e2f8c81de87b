#!/bin/sh
# networks.sh: networks of torchvision and Keras saved as ONNX by their own exporters, in our engine beside theirs
# (networks.py). PEER_PYTHON names a Python that has one of them, or several with blanks between.
[ -n "$PEER_PYTHON" ] || {
    echo "  skipped networks of others: PEER_PYTHON names no Python with torchvision or Keras"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}
make --no-print-directory build/support/network_tool || exit 1
failed=0 passed=0 skipped=0
for python in $PEER_PYTHON; do
    "$python" tests/real/networks.py build/support/network_tool
    case $? in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
