#!/bin/bash
# SPDX-License-Identifier: MIT
# What the libraries export is what debian/libward0.symbols promises, name by name.
# TAP on stdout. A release freezes the names: one that goes breaks programs, one
# that comes is written down with the version that brought it.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
n=0
failed=0

for lib in libward libwardverify; do
	n=$((n + 1))
	difference=$(diff \
		<(awk -v lib="$lib.so.0" '/^[^ *]/ { inside = $1 == lib; next } inside && /^ / { print $1 }' \
			"$top/debian/libward0.symbols" | sort) \
		<(nm -D --defined-only "$top/build/lib/$lib.so" |
			awk '{ sub(/@@/, "@", $3); print $2 == "A" ? $3 "@" $3 : $3 }' | sort))
	if [ -z "$difference" ]; then
		echo "ok $n $lib exports what its symbols file promises"
	else
		failed=1
		echo "not ok $n $lib exports what its symbols file promises"
		# shellcheck disable=SC2001
		echo "$difference" | sed 's/^/# /'
	fi
done
echo "1..$n"
exit $failed
