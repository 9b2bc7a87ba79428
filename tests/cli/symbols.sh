#!/bin/bash
# SPDX-License-Identifier: MIT
# What the libraries export is what debian/libward0.symbols promises, name by name.
# TAP on stdout. A release freezes the names: one that goes breaks programs, one
# that comes is written down with the version that brought it. And what libwardverify
# asks of others: no file, no clock, nothing that it would remember.
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

# ---- libwardverify as it was built: bytes in, a verdict out -------------------------------
none() { # none TEXT: nothing is to be on stdin
	local found
	n=$((n + 1))
	found=$(cat)
	if [ -z "$found" ]; then
		echo "ok $n $1"
	else
		failed=1
		echo "not ok $n $1"
		# shellcheck disable=SC2001
		echo "$found" | sed 's/^/# /'
	fi
}
V=$top/build/lib/libwardverify.so
calls() { nm -D --undefined-only "$V" | awk '{ print $NF }'; }

none 'libwardverify needs OpenSSL, libcbor and jansson alone' < <(
	readelf -d "$V" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -vE '^lib(crypto|cbor|jansson|c)\.so'
)
none 'libwardverify asks the C library for memory and texts, nothing else' < <(
	calls | sed -n 's/@GLIBC.*//p' |
		grep -vE '^((mem|str)[a-z]+|v?snprintf|[mc]alloc|realloc|free|__cxa_finalize|__stack_chk_fail)$' |
		grep -vE '^__[a-z]+_chk$'
)
none 'libwardverify has OpenSSL and jansson open no file and read no clock' < <(
	calls | grep -E '^(BIO_(new_(file|fp|fd|socket|connect)|s_(file|fd|socket|connect))|X509_(cmp_current_time|gmtime_adj|time_adj)|json_(load|dump)_?(f|fd|file))(@|$)'
)
# But for what the compiler gives to every library.
none 'libwardverify has no globals that can be written' < <(
	nm -f sysv "$V" | tr -d ' ' |
		awk -F'|' '$7 ~ /^\.t?(data|bss)$/ && $1 !~ /^(completed\.[0-9]+|__dso_handle|__TMC_END__)$/'
)
echo "1..$n"
exit $failed
