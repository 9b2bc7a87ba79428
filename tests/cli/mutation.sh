#!/bin/bash
# SPDX-License-Identifier: MIT
# The faults of tests/mutation can still be put in, each at one place, and name a test that there
# is; nothing is built, which `make mutation` does. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT

tests/mutation/run --check >"$D/out" 2>"$D/err"
result $? "each fault can be put in, once"

kinds=$(sed -n 's,^in \([a-z]*/[a-z]*\)/.*,\1,p; s,^in \(kmod\)/.*,\1,p' tests/mutation/*.faults |
	sort | uniq -c | awk '{ print $2 "=" $1 }')
at_least() { # ROOM N
	clean "at least $2 of them in $1" < <(
		n=$(sed -n "s,^$1=,,p" <<<"$kinds")
		[ "${n:-0}" -ge "$2" ] || echo "${n:-0}"
	)
}
at_least kmod 14
at_least userspace/lib 6
at_least userspace/verifier 8

# A fault whose place has gone is named.
mkdir -p "$D/tests/mutation" "$D/kmod"
cp tests/mutation/run tests/mutation/*.py "$D/tests/mutation"
printf '%s\n' 'fault gone' 'in kmod/x.c' 'what it is not there' 'test kernel/test_x' '-int y;' '+int z;' \
	>"$D/tests/mutation/x.faults"
printf '%s\n' 'int y;' 'int y;' >"$D/kmod/x.c"
"$D/tests/mutation/run" --check >"$D/out" 2>"$D/err"
clean "one that fits twice, and has no test, is told" < <(
	grep -q 'stands 2 times in kmod/x.c' "$D/out" || echo 'not that it fits twice'
	grep -q 'there is no tests/kernel/test_x.c' "$D/out" || echo 'not that its test is missing'
)

finish
