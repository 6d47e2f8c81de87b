#!/bin/sh
# slow.sh: what takes minutes: the other compiler, the sanitizers, the real photos; called by `make test-slow`.
. tests/support/sum.sh
make="make --no-print-directory"
jobs=-j$(nproc)

# All of clang's warnings come before it optimises, so all is compiled without; one file tells that it takes the flags of
# the release too.
clang() {
    $make "$jobs" all CC=clang FLAVOR=debug O=build/clang &&
        $make build/clang-release/obj/lib/base/alloc.o CC=clang O=build/clang-release
}
step "clang builds without a warning" clang
step "everything builds" $make "$jobs" all e2e-build build/support/picture_tool build/support/network_tool
beside "every notebook, trained whole" env LOGOLENS_WHOLE=1 $make e2e E=notebooks
beside "a rare moment of the protocol, often" env LOGOLENS_WHOLE=1 $make e2e E=protocol
beside "the packages" $make e2e E=packages
step "real photos" sh tests/real/photos.sh logos
step "a frozen base on real photos" sh tests/real/photos.sh transfer
step "real sets as published" sh tests/real/sets.sh
step "pictures against other people's code" sh tests/real/pictures.sh
step "networks of other programs" sh tests/real/networks.sh
join

step "everything builds with AddressSanitizer" $make "$jobs" unit-build e2e-build FLAVOR=asan
beside "C tests under AddressSanitizer and UBSan" $make unit FLAVOR=asan
for part in protocol sliders corpora; do
    step "the kernel under AddressSanitizer: $part" env LOGOLENS_WHOLE=1 $make e2e FLAVOR=asan E=$part
done
join
step "everything builds with ThreadSanitizer" $make "$jobs" unit-build e2e-build FLAVOR=tsan
beside "C tests under ThreadSanitizer" $make unit FLAVOR=tsan
for part in lifecycle visitors; do
    step "the kernel under ThreadSanitizer: $part" $make e2e FLAVOR=tsan E=$part
done
join
finish
