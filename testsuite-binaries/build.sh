#!/bin/sh
# Builds the guest programs of src/ into bin/ (or the directory given). A program `NAME.S` is built
# without libc; `NAME.c` is built static, static-pie and dynamic.
#
#   testsuite-binaries/build.sh [out-dir]
#
# CROSS names another compiler prefix than aarch64-linux-gnu-.
set -eu
here=$(dirname "$0")
out=${1:-$here/bin}
cc=${CROSS:-aarch64-linux-gnu-}gcc
mkdir -p "$out"
for src in "$here"/src/*.S; do
    "$cc" -nostdlib -static -s -Wl,--build-id=none -Wl,-z,noseparate-code \
        -Wl,-z,max-page-size=4096 "$src" -o "$out/$(basename "$src" .S)"
done
for src in "$here"/src/*.c; do
    [ -e "$src" ] || continue
    name=$(basename "$src" .c)
    "$cc" -O2 -static "$src" -o "$out/$name.static"
    "$cc" -O2 -static-pie -fPIE "$src" -o "$out/$name.static-pie"
    "$cc" -O2 "$src" -o "$out/$name.dynamic"
done
