#!/bin/bash
# SPDX-License-Identifier: MIT
# Man pages: mandoc finds nothing to complain about; what libward exports, what
# its headers declare and what libward(3) describes are one list; wardctl(1)
# has every verb and every option; ward(4) every ioctl. TAP on stdout.
# shellcheck disable=SC2317 # functions that differ() runs
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
LIB=$BIN/../lib/libward.so
. tests/harness/results.sh

declared() {
	find userspace/lib -name '*.h' ! -name '*private.h' ! -name sys.h -print0 |
		xargs -0 grep -hoE '^[a-z][^(/]*[ *](ward_[a-z0-9_]+)\(' |
		grep -v '^typedef' | grep -oE 'ward_[a-z0-9_]+\($' | tr -d '(' | sort -u
}

mapped() {
	sed -n 's/^\t\(ward_[a-z0-9_]*\);$/\1/p' userspace/lib/libward.map | sort -u
}

described() { # MACRO: names after .Nm or .It Fn
	sed -n "s/^\\.$1 \\(ward_[a-z0-9_]*\\).*/\\1/p" userspace/man/libward.3 | sort -u
}

differ() {
	diff <(declared) <("$@") | grep '^[<>]'
}

if command -v mandoc >/dev/null; then
	for page in userspace/man/*.[1-8]; do
		# Whether other packages' pages are installed says nothing about ours.
		clean "$(basename "$page"): mandoc -T lint" < <(
			mandoc -T lint "$page" 2>/dev/null | grep -v 'referenced manual not found'
		)
	done
else
	skip 'mandoc -T lint' 'mandoc is not installed'
fi

clean 'headers declare some functions' < <([ "$(declared | wc -l)" -gt 50 ] || echo "found $(declared | wc -l)")
clean 'libward.map lists what the headers declare' < <(differ mapped)
clean 'libward(3) NAME lists what the headers declare' < <(differ described Nm)
clean 'libward(3) SYNOPSIS has it' < <(
	diff <(declared) <(sed -n 's/^\.F[no] \(ward_[a-z0-9_]*\).*/\1/p' userspace/man/libward.3 | sort -u) |
		grep '^<'
)
clean 'libward(3) describes it' < <(differ described 'It Fn')

if [ -e "$LIB" ]; then
	exported() {
		nm -D --defined-only "$LIB" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort -u
	}
	clean 'libward.so exports it' < <(differ exported)
else
	skip 'libward.so exports it' "no $LIB"
fi

verbs() {
	"$BIN/wardctl" help | sed -n '/^usage/,/-o, --output/s/^  \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p'
}

plain() { # PAGE: one line, without markup
	mandoc -T ascii "userspace/man/$1" | col -b | tr -s ' \n' ' '
}

if [ -x "$BIN/wardctl" ] && command -v mandoc >/dev/null; then
	text=$(plain wardctl.1)
	clean 'wardctl has verbs' < <([ "$(verbs | wc -l)" -ge 20 ] || verbs)
	clean 'wardctl(1) has every verb' < <(
		verbs | while read -r verb; do
			[[ $text == *" $verb"* ]] || echo "$verb"
		done
	)
	clean 'wardctl(1) has every long option' < <(
		verbs | while read -r verb; do
			# shellcheck disable=SC2086
			"$BIN/wardctl" help $verb | grep -oE -e '--[a-z-]{2,}' | sort -u |
				while read -r option; do
					[[ $text == *"$option"* ]] || echo "$verb $option"
				done
		done
	)
else
	skip 'wardctl(1) has every verb' 'wardctl or mandoc is missing'
fi

if [ -x "$BIN/wardd" ] && command -v mandoc >/dev/null; then
	text=$(plain wardd.8)
	clean 'wardd(8) has every long option, backend and option of one' < <(
		{
			"$BIN/wardd" --help | grep -oE -e '--[a-z-]{2,}'
			"$BIN/wardd" --help | sed -n '/^Backends/,$p' | sed 1d |
				sed 's/^  \([a-z-]*\)  .*/\1/' | tr -s ' ' '\n'
		} | sort -u | while read -r word; do
			[[ $text == *"$word"* ]] || echo "$word"
		done
	)
else
	skip 'wardd(8) has every long option' 'wardd or mandoc is missing'
fi

clean 'ward(4) has every ioctl' < <(
	sed -n "s/^#define \\(WARD_[A-Z_]*\\)\\t_IO('W'.*/\\1/p" include/uapi/linux/ward.h |
		while read -r name; do
			grep -q "^\\.It Dv $name " userspace/man/ward.4 || echo "$name"
		done
)
clean 'ward(4) has every errno of the header' < <(
	sed -n 's/^ \*  \(E[A-Z0-9]*\)  .*/\1/p' include/uapi/linux/ward.h |
		while read -r name; do
			grep -q "^\\.It Bq Er $name\$" userspace/man/ward.4 || echo "$name"
		done
)

finish
