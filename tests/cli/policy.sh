#!/bin/bash
# SPDX-License-Identifier: MIT
# doc/policy.md, doc/policy.schema.json and the reader of policies: each says of every
# member what the others say. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
TRY=build/tests/policy_try
READ=tests/cli/policy_members.py

make -s $TRY >"$D/err" 2>&1
result $? 'a reader of many policies'
[ $failed -eq 0 ] || finish

agree() { # agree TEXT ARGUMENT...
	local text=$1
	shift
	python3 $READ "$@" >"$D/out" 2>"$D/err"
	result $? "$text"
}
agree 'each object has the members of the schema, and no other' members $TRY
agree 'each word of a list is in the schema, and the reverse' words $TRY
agree 'examples are taken, and values around them as the schema says' values $TRY
agree 'doc/policy.md has a row for each member, with its default and its reasons' doc
agree 'the examples of doc/policy.md are policies' examples $TRY
clean 'reasons that the schema names are reasons' < <(
	python3 $READ refused | while read -r word; do
		"$W" -q explain "$word" >/dev/null 2>&1 || echo "$word: wardctl explain does not know it"
	done
)
finish
