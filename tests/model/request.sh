#!/bin/bash
# SPDX-License-Identifier: MIT
# Search the model of a request (request.pml) whole, with callers who may give up
# and with callers who never do; then once with each planted fault, which the
# search has to find. TAP on stdout. Needs spin.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh
. tests/model/search.bash
model=$PWD/tests/model/request.pml

if ! command -v spin >/dev/null; then
	skip 'the model of a request' 'spin is not installed'
else
	sound 'no order breaks a request' -DN=3
	sound 'nor where nobody gives up' -DN=3 -DPATIENT
	sound 'nor where one goes alone' -DN=2 -DALONE
	sound 'nor where nobody gives up and one goes alone' -DN=3 -DPATIENT -DALONE
	finds 'a completion that two may win' -DN=2 -DFAULT_DONE
	finds 'a reference put twice' -DN=2 -DFAULT_PUT
	finds 'a worker that sleeps without a timer' -DN=2 -DPATIENT -DFAULT_TIMER
	finds 'a second probe' -DN=3 -DFAULT_PROBE
	finds 'a probe that is gone and still awaited' -DN=2 -DFAULT_ABANDON
	finds 'a caller that cancels a call' -DN=2 -DFAULT_CANCEL
	finds 'a tree with one that goes alone' -DN=2 -DALONE -DFAULT_ALONE
fi

finish
