#!/bin/sh
# all.sh FLAVOR: every fast test, added up; called by `make test`. The last line is `N passed, N failed, N skipped`.
flavor=${1:-release}
. tests/support/sum.sh
step "C tests ($flavor)" make --no-print-directory -j"$(nproc)" unit FLAVOR="$flavor"
step "the kernel as Jupyter sees it ($flavor)" make --no-print-directory e2e FLAVOR="$flavor"
[ "$flavor" != release ] || step "JupyterLab in a browser" make --no-print-directory browser
finish
