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
if command -v systemd-analyze >/dev/null; then
	# It looks for the program, too, which is below the scratch directory here.
	sed "s,^ExecStart=,&$D/root," "$D/root/usr/lib/systemd/system/wardd.service" >"$D/wardd.service"
	systemd-analyze verify --man=no "$D/wardd.service" >"$D/out" 2>&1
	result $? 'wardd.service: systemd-analyze verify'
	grep 'wardd\.service' "$D/out" >"$D/err"
	clean 'wardd.service: nothing to complain about' <"$D/err"
	# 0 to 100, lower is better; what is open is what wardd is for.
	systemd-analyze security --offline=yes --threshold=35 "$D/wardd.service" >"$D/out" 2>&1
	result $? 'wardd.service: systemd-analyze security'
else
	skip 'wardd.service: systemd-analyze' 'systemd-analyze is not installed'
fi
make -s uninstall DESTDIR="$D/root" PREFIX=/usr >"$D/out" 2>"$D/err"
result $? 'make uninstall'
find "$D/root" -type f >"$D/out"
clean 'no file is left' <"$D/out"
finish
