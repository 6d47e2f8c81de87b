#!/bin/sh
# slow.sh: what takes minutes: the other compiler, the sanitizers, the real photos; called by `make test-slow`.
. tests/support/sum.sh
step "clang builds without a warning" make --no-print-directory -j"$(nproc)" all CC=clang O=build/clang
step "real photos" sh tests/real/photos.sh logos
step "a frozen base on real photos" sh tests/real/photos.sh transfer
step "real sets as published" sh tests/real/sets.sh
step "pictures against other people's code" sh tests/real/pictures.sh
step "networks of other programs" sh tests/real/networks.sh
step "C tests under AddressSanitizer and UBSan" make --no-print-directory -j"$(nproc)" unit FLAVOR=asan
step "the kernel under AddressSanitizer" make --no-print-directory -j"$(nproc)" e2e FLAVOR=asan E=protocol
step "sliders under AddressSanitizer" make --no-print-directory -j"$(nproc)" e2e FLAVOR=asan E=sliders
step "the corpus of hostile files under AddressSanitizer" make --no-print-directory -j"$(nproc)" e2e FLAVOR=asan E=corpora
step "C tests under ThreadSanitizer" make --no-print-directory -j"$(nproc)" unit FLAVOR=tsan
step "the kernel under ThreadSanitizer" make --no-print-directory -j"$(nproc)" e2e FLAVOR=tsan E=lifecycle
finish
