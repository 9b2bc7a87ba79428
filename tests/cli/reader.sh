#!/bin/bash
# SPDX-License-Identifier: MIT
# The second reader, tests/reader/, of doc/formats.md alone: it and wardctl accept and refuse the
# same bundles and receipts, as they are and mutated (fixed seed). TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
export PYTHONDONTWRITEBYTECODE=1

if ! python3 -c 'import cryptography' 2>"$D/err"; then
	skip 'second reader' 'python3-cryptography is not installed'
	finish
fi
make -s build/tests/mkevidence >"$D/err" 2>&1 && build/tests/mkevidence "$D" 2>"$D/err"
result $? 'evidence of a simulated guest'
[ "$failed" -eq 0 ] || finish
python3 tests/reader/agree.py "$BIN/wardctl" "$D" 2000 >"$D/out" 2>"$D/err"
result $? "a second reader agrees: $(tail -n 1 "$D/out" | cut -d : -f 1)"
finish
