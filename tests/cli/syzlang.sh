#!/bin/bash
# SPDX-License-Identifier: MIT
# The syzlang description of the ABI (tests/fuzz/ward.txt) is the ABI: every ioctl with its number
# and struct, every member in order with its width, every flag, every netlink command.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

compare() { # TEXT HEADERS
	python3 tests/fuzz/abi/table.py compare "$1" "$2" tests/cli/abi.frozen >"$D/out" 2>"$D/err"
}

compare tests/fuzz/ward.txt include/uapi
result $? 'the description has all of the ABI'

# broken TEXT WORDS SED-SCRIPT: such a description is found
broken() {
	sed "$3" tests/fuzz/ward.txt >"$D/ward.txt"
	! cmp -s "$D/ward.txt" tests/fuzz/ward.txt && ! compare "$D/ward.txt" include/uapi &&
		grep -qE "$2" "$D/out"
	result $? "found: $1"
}
broken 'an ioctl that is not there' 'no ioctl.WARD_KEY_END' '/^ioctl.WARD_KEY_END/d'
broken 'another number' 'WARD_SEAL is 0x5709' 's/^define WARD_SEAL.*/define WARD_SEAL	0x5719/'
broken 'a member that is not there' "ward_lease's members" '/^ward_lease {/,/^}/{/term_ns	/d}'
broken 'a member of another width' 'ward_lease.term_ns has 8 bytes, not 4' 's/^	term_ns	int64/	term_ns	int32/'
broken 'an array of another length' 'ward_measure.digest has 64 bytes' 's/^	digest	array.int8, 64/	digest	array[int8, 32/'
broken 'a flag that is not there' 'flag WARD_BUF_LAZY' 's/WARD_BUF_LAZY, //'
broken 'a netlink command that is not there' 'no message with WARD_GENL_CMD_PACE_SET' '/^sendmsg.WARD_PACE_SET/d'

# What the headers have more: the table of the fuzzer is made of them, so it has it at once.
cp -r include/uapi "$D/uapi"
sed -i '/^struct ward_seal {/a\	__u32 planted;' "$D/uapi/linux/ward.h"
! compare tests/fuzz/ward.txt "$D/uapi" && grep -q "ward_seal's members" "$D/out"
result $? 'found: a header with a new member'
python3 tests/fuzz/abi/table.py c "$D/uapi" 2>"$D/err" | grep -q 'FIELD(ward_seal, planted'
result $? "... and the fuzzer's table has it"
finish
