#!/bin/bash
# SPDX-License-Identifier: MIT
# Prove that the harness can fail: every kind of broken test program, and every
# way in which a program can break its word to tests/harness/tap.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
program=$top/build/tests/harness/selftest
tap=$top/tests/harness/tap
n=0
failed=0

result() { # result STATUS TEXT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		failed=1
		echo "not ok $n $2"
	fi
}

# One test of the C harness alone: exit status and result line by its name.
one_test() {
	local name=$1 out status
	out=$("$program" "$name")
	status=$?
	case $name in
	pass_*) grep -qx "ok 1 $name" <<<"$out" && [ $status = 0 ] ;;
	skip_*) grep -qx "ok 1 $name # SKIP" <<<"$out" && [ $status = 0 ] ;;
	fail_*) grep -qx "not ok 1 $name" <<<"$out" && [ $status = 1 ] ;;
	*) false ;;
	esac
}

# verdict STATUS LINE TEXT: what tap makes of the stream on stdin.
verdict() {
	local out status
	out=$("$tap" -v prefix=p)
	status=$?
	[ $status = "$1" ] && grep -qxF -- "$2" <<<"$out"
	result $? "$3"
}

stream() { printf '%s\n' "$@"; }

for name in $("$program" -l); do
	one_test "$name"
	result $? "harness: $name"
done
said=$("$program" fail_goes_on_after_expect)
grep -qx '# went on' <<<"$said" && ! grep -q 'must not be seen' <<<"$said"
result $? "harness: expect goes on, assert ends the test"
! "$program" >/dev/null
result $? "harness: a failing test fails the program"

verdict 0 'ok p/a/x' "tap: a good program passes" \
	< <(stream '# program a' '1..1' 'ok 1 x' '# exit a 0')
verdict 1 'not ok p/a/x' "tap: a failed test fails the run" \
	< <(stream '# program a' '1..1' 'not ok 1 x' '# exit a 1')
verdict 0 'ok p/a/x # SKIP why' "tap: a skip is a skip, with its reason" \
	< <(stream '# program a' '1..1' 'ok 1 x # SKIP why' '# exit a 0')
verdict 0 'ok p/a/x # SKIP why' "tap: cmocka's skip is a skip, with the reason before it" \
	< <(stream '# program a' '1..1' '# skip: why' 'not ok 1 # SKIP x' '# exit a 0')
verdict 0 'ok p/a/y # SKIP (no reason given)' "tap: a reason is one test's alone" \
	< <(stream '# program a' '1..2' '# skip: why' 'ok 1 x # SKIP' 'ok 2 y # SKIP' '# exit a 0')
verdict 0 'ok p/a/(program) # SKIP why' "tap: a program that skips itself is seen" \
	< <(stream '# program a' '1..0 # SKIP why' '# exit a 0')
verdict 1 'not ok p/a/x' "tap: a failed test is no skip, whatever it says" \
	< <(stream '# program a' '1..1' 'not ok 1 x # SKIP y' '# exit a 1')
verdict 1 'not ok p/a/(program) # 1 results, 2 planned' "tap: a missing result fails" \
	< <(stream '# program a' '1..2' 'ok 1 x' '# exit a 0')
verdict 1 'not ok p/a/(program) # exit status 3 without a failed test' "tap: a bad exit fails" \
	< <(stream '# program a' '1..1' 'ok 1 x' '# exit a 3')
verdict 1 'not ok p/a/(program) # exit status 0 with failed tests' "tap: a good exit hides no failure" \
	< <(stream '# program a' '1..1' 'not ok 1 x' '# exit a 0')
verdict 1 'not ok p/a/(program) # no exit status: it or its guest died' "tap: a guest that dies fails" \
	< <(stream '# program a' '1..1' 'ok 1 x')
verdict 1 'not ok p/a/(program) # no plan' "tap: a silent program fails" \
	< <(stream '# program a' '# exit a 0')
! stream 'Kernel panic' | "$tap" >/dev/null
result $? "tap: no result at all fails"

echo "1..$n"
exit $failed
