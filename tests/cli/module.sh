#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/vm/module with a stand-in for a kernel's build tree: what of the make that calls it
# reaches the kernel's, and that a warning fails the build. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
D=$(mktemp -d) || exit 1
release=0-stand-in-${D##*.}	# its place in build/kmod is this test's alone
trap 'rm -rf "$D" "build/kmod/$release"' EXIT
. tests/harness/results.sh

mkdir "$D/kernel"
: >"$D/kernel/.config"
cat >"$D/kernel/Makefile" <<MAKE
kernelrelease: ; @echo $release
modules: ; @[ -z "\$(SAY)" ] || echo "\$(SAY)"; touch "\$(M)/ward.ko"
MAKE
printf 'all: ; @tests/vm/module --kdir %s --out %s\n' "$D/kernel" "$D/out" >"$D/Makefile"

for jobs in '' -j1 -j2; do
	rm -rf "$D/out"
	# shellcheck disable=SC2086 # no word at all where it is empty
	make -s $jobs -f "$D/Makefile" >"$D/stdout" 2>"$D/err" && [ -e "$D/out/ward.ko" ]
	result $? "make ${jobs:-without -j} builds a module"
done
rm -rf "$D/out"
! SAY='ward.c:1: warning: of the compiler' make -s -j2 -f "$D/Makefile" >"$D/stdout" 2>"$D/err" &&
	grep -q 'with warnings' "$D/err" && [ ! -e "$D/out/ward.ko" ]
result $? 'a warning of the compiler fails the build'
finish
