#!/bin/sh
# all.sh FLAVOR: every fast test, added up; called by `make test`. The last line is `N passed, N failed, N skipped`.
flavor=${1:-release}
. tests/support/sum.sh
built() { make --no-print-directory -j"$(nproc)" unit-build e2e-build "$@" FLAVOR="$flavor"; }
# Chromium and the kernels of the end-to-end tests wait more than they compute, and take longest: the C tests, one at a
# time, take what they leave.
if [ "$flavor" = release ]; then
    step "everything builds ($flavor)" built register build/support/dash_tool
    beside "JupyterLab in a browser" make --no-print-directory browser
    beside "JupyterLab at the keyboard" make --no-print-directory browser-editor
    beside "the dashboard in a browser" make --no-print-directory browser-dashboard
else
    step "everything builds ($flavor)" built
fi
# The packages are for `make test-slow`: what breaks them is a library, seldom a line of C.
beside "the kernel as Jupyter sees it ($flavor)" make --no-print-directory e2e FLAVOR="$flavor" BUT=packages AT_ONCE=3
beside "C tests ($flavor)" env JOBS=1 make --no-print-directory unit FLAVOR="$flavor"
join
finish
