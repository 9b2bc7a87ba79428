#!/bin/bash
# SPDX-License-Identifier: MIT
# make install and uninstall below a scratch directory: the programs say their
# version, the plans are there, and nothing of them is left. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

make -s install DESTDIR="$D/root" PREFIX=/usr DEPS=skip >"$D/out" 2>"$D/err"
result $? 'make install'
for program in wardctl wardd ward-broker ward-train; do
	LD_LIBRARY_PATH=$D/root/usr/lib "$D/root/usr/bin/$program" --version >"$D/out" 2>"$D/err" &&
		grep -qE "^$program [0-9]+\.[0-9]+\.[0-9]+$" "$D/out"
	result $? "$program --version"
done
for plan in userspace/worker/plans/*.json; do
	cmp -s "$plan" "$D/root/usr/share/ward/plans/$(basename "$plan")"
	result $? "plan $(basename "$plan") is installed"
done
make -s uninstall DESTDIR="$D/root" PREFIX=/usr >"$D/out" 2>"$D/err"
result $? 'make uninstall'
find "$D/root" -type f >"$D/out"
clean 'no file is left' <"$D/out"
finish
