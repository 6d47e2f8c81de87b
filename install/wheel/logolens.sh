#!/bin/sh
# The program lies in the kernel's folder, with its libraries.
here=$(dirname -- "$(readlink -f -- "$0")")
exec "$here/../share/jupyter/kernels/logolens/logolens" "$@"
