#!/bin/bash
# SPDX-License-Identifier: MIT
# The interface of the module as a release froze it (tests/cli/abi.frozen): no struct
# shrinks, no member moves, no number changes; what is new is written down. And the
# libraries' names on disk stay those that programs ask for. TAP on stdout.
#
#   abi.sh --write     write down what is new; what has moved is left to you
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
FROZEN=tests/cli/abi.frozen

if [ "${1:-}" = --write ]; then
	new=$(python3 tests/cli/abi.py print include/uapi) || exit
	{
		sed '/^#/!d' $FROZEN
		printf '%s\n' "$new"
	} >$FROZEN.new && mv $FROZEN.new $FROZEN
	git diff --stat -- $FROZEN
	exit
fi

D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
command -v pahole >/dev/null || {
	skip 'the interface is as it was released' 'pahole is missing'
	finish
}

python3 tests/cli/abi.py compare $FROZEN include/uapi >"$D/out" 2>"$D/err"
result $? 'the interface is as it was released, and what is new is written down'
[ "$(grep -c '^ward_.*\.' $FROZEN)" -gt 200 ] && [ "$(grep -c '^WARD_' $FROZEN)" -gt 200 ]
result $? '... all of it was looked at'

# broken TEXT WORDS FILE SED-SCRIPT: such a change is found
broken() {
	rm -rf "$D/uapi"
	cp -r include/uapi "$D/uapi"
	sed -i "$4" "$D/uapi/linux/$3"
	! cmp -s "$D/uapi/linux/$3" "include/uapi/linux/$3" &&
		! python3 tests/cli/abi.py compare $FROZEN "$D/uapi" >"$D/out" 2>"$D/err" &&
		grep -qE "$2" "$D/out"
	result $? "found: $1"
}
broken 'a member put in the middle' 'ward_lease\.\w+ was' ward.h \
	'/^struct ward_lease {/a\	__u64 planted;'
broken 'a member taken away' 'ward_seal .*shrunk|ward_seal\.\w+ is gone' ward.h \
	'/^struct ward_seal {/,/^};/{/out_/d}'
broken 'a number that changed' 'WARD_CMD_MEASURE was' ward.h 's/WARD_CMD_MEASURE = 0x03/WARD_CMD_MEASURE = 0x33/'
broken 'a constant that went' 'WARD_ABI_VERSION is gone' ward.h '/define WARD_ABI_VERSION/d'
broken 'something new that is not written down' 'WARD_PLANTED is new' ward.h \
	'/define WARD_ABI_VERSION/a #define WARD_PLANTED 7'

for lib in libward libwardverify; do
	readelf -d build/lib/$lib.so >"$D/out" 2>&1
	grep -q "SONAME.*\[$lib\.so\.0\]" "$D/out" && grep -q "^$lib\.so\.0 " debian/libward0.symbols
	result $? "$lib is still $lib.so.0, as its symbols file has it"
done
finish
