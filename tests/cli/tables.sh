#!/bin/bash
# SPDX-License-Identifier: MIT
# The tables of tests and demonstrations: the same bytes each time, and each of
# them passes the check of `wardctl dataset encrypt`. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

encrypts() { # encrypts LIST: every table of it, with its label and mark
	local path label missing rows
	while IFS=$'\t' read -r path label missing rows; do
		local options=(--table --label "$label")
		[ "$missing" = - ] || options+=(--missing "$missing")
		"$BIN/wardctl" -o json dataset encrypt --new-key "$path.key" "${options[@]}" \
			"$path" "$path.wds" >"$D/out" 2>"$D/err" || return 1
		grep -qE "\"rows\": *$rows\b" "$D/out" || return 1
	done <"$1"
}

set_of() { # set_of NAME ROWS: ROWS = those of the four sites together
	tests/datasets/tables.sh --set "$1" "$D/a" >"$D/list" 2>"$D/err"
	local rc=$?
	if [ $rc -eq 3 ]; then
		skip "$1" "$(tail -n 1 "$D/err")"
		return
	fi
	result $rc "$1: four tables"
	[ "$(awk -F'\t' '{ n += $4 } END { print NR, n }' "$D/list")" = "4 $2" ]
	result $? "$1: $2 rows in all"
	encrypts "$D/list"
	result $? "$1: each passes the check and encrypts"
	tests/datasets/tables.sh --set "$1" "$D/b" >/dev/null 2>"$D/err"
	rm -f "$D"/a/*.key "$D"/a/*.wds
	diff -r "$D/a" "$D/b" >"$D/err"
	result $? "$1: the same bytes again"
	rm -rf "$D/a" "$D/b"
}

set_of heart 920
set_of breast 569
mkdir -p "$D/wrong/uci_heart_disease"
for h in cleveland hungarian switzerland va; do
	echo 1,2,3 >"$D/wrong/uci_heart_disease/processed.$h.data"
done
WARD_DATASETS=$D/wrong tests/datasets/tables.sh --set heart "$D/c" >/dev/null 2>"$D/err"
[ $? -eq 7 ] && grep -q SOURCES "$D/err" && [ -z "$(ls -A "$D/c")" ]
result $? 'a file that SOURCES does not name is refused'
finish
