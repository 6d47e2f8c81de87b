#!/bin/sh
# export.sh: networks exported in every format, and what Keras, onnxruntime and the compiled C file say to random images
# beside what we say (export.py). PEER_PYTHON names a Python with numpy, or several with colons between; asked is what they
# have of onnxruntime, onnx, keras (with a backend), tf_keras (Keras 2) and safetensors.
[ -n "$PEER_PYTHON" ] || {
    echo "  skipped exports: PEER_PYTHON names no Python with keras or onnxruntime"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}
make --no-print-directory all build/support/export_tool || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$PWD
cp tests/real/export.lens "$work"
(cd "$work" && LOGOLENS_HOME=$work/home "$here/build/logolens" run export.lens > out 2>&1) || {
    tail -20 "$work/out"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}
EXPORT_FOLDER=$work build/support/export_tool || exit 1
failed=0 passed=0
IFS=:
for python in $PEER_PYTHON; do
    if "$python" tests/real/export.py "$work"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
