#!/bin/bash
# SPDX-License-Identifier: MIT
# Search the model of a buffer (buffer.pml) whole, with all who end it by twos and threes; then
# once with each planted fault, which the search has to find. TAP on stdout. Needs spin.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh
. tests/model/search.bash
model=$PWD/tests/model/buffer.pml

if ! command -v spin >/dev/null; then
	skip 'the model of a buffer' 'spin is not installed'
else
	sound 'no order of its ends breaks a buffer' -DREVOKER -DRECLAIM
	sound 'nor where a key opens messages into it' -DOPENER -DREVOKER
	sound 'nor where it is lazy' -DLAZY -DREVOKER
	finds 'zeroed before it is out of reach' -DFAULT_ORDER
	finds 'an end that leaves the entries' -DFAULT_HIDE
	finds 'bytes that are uncharged before they are zero' -DFAULT_EARLY
	finds 'two who end it, having looked without the lock' -DFAULT_MARK -DREVOKER
	finds 'an end told before it is over' -DFAULT_WAIT -DREVOKER
	finds 'a fault that looks, lets go, and inserts' -DFAULT_FAULT
	finds 'a chunk put into a buffer that has ended' -DFAULT_LAZY -DLAZY
	finds 'a message opened behind the zeroing' -DFAULT_FILL -DOPENER
	finds 'a page that somebody pinned' -DFAULT_GUP
	finds 'an entry that fork copied' -DFAULT_FORK
	finds 'an mm that kills without holding' -DFAULT_HOLD
	finds 'a reference that is leaked' -DFAULT_LEAK
fi

finish
