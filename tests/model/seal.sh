#!/bin/bash
# SPDX-License-Identifier: MIT
# Search the model of seal and receipt (seal.pml) whole, with those who give up waiting for room
# and with those who never do; then once with each planted fault, which the search has to find.
# TAP on stdout. Needs spin.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh
. tests/model/search.bash
model=$PWD/tests/model/seal.pml

if ! command -v spin >/dev/null; then
	skip 'the model of seal and receipt' 'spin is not installed'
else
	sound 'no order breaks a receipt'
	sound 'nor where nobody gives up' -DPATIENT
	finds 'buffers that are made' -DNOBODY
	finds 'a charge after the seal' -DFAULT_CLOSED
	finds 'a buffer made after the seal that was charged before' -DFAULT_MADE
	finds 'bytes that are uncharged before they are zero' -DFAULT_ORDER
	finds 'a wipe that is counted after it is uncharged' -DFAULT_RECORD
	finds 'figures and state of two moments' -DFAULT_SNAPSHOT
	finds 'a receipt without seal' -DFAULT_UNSEALED
	finds 'a tombstone before the last buffer' -DFAULT_GRAVE
	finds 'a refund that counts twice' -DFAULT_REFUND
	finds 'room that nobody who waits is told of' -DPATIENT -DFAULT_SERVE
fi

finish
