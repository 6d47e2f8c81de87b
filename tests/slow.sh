#!/bin/sh
# slow.sh: the sanitizers over a chosen subset, both compilers, the real photos; called by `make test-slow`.
. tests/support/sum.sh
step "clang builds without a warning" make --no-print-directory -j"$(nproc)" all CC=clang O=build/clang
step "AddressSanitizer and UBSan" make --no-print-directory -j"$(nproc)" unit FLAVOR=asan
step "ThreadSanitizer" make --no-print-directory -j"$(nproc)" unit FLAVOR=tsan T='[dnpkw]*'
step "real photos" sh tests/real/logos.sh
finish
