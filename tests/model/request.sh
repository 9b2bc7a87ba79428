#!/bin/bash
# SPDX-License-Identifier: MIT
# Search the model of a request (request.pml) whole, with callers who may give up
# and with callers who never do; then once with each planted fault, which the
# search has to find. TAP on stdout. Needs spin.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
model=$PWD/tests/model/request.pml

errors() { # DEFINES...: errors of the search, or nothing when it did not end
	(
		cd "$work" || exit
		spin "$@" -a "$model" >spin.log 2>&1 || exit
		gcc -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=1024 -o pan pan.c || exit
		timeout 1500 ./pan -m200000 >pan.log 2>&1
		grep -q 'search depth too small\|max search depth\|out of memory' pan.log && exit
		sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log
	)
}

states() {
	sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$work/pan.log"
}

finds() { # NAME DEFINES...
	local found
	found=$(errors "${@:2}")
	clean "$1 is found" < <([ "${found:-0}" -gt 0 ] || echo "errors: ${found:-the search did not end}")
}

sound() { # NAME DEFINES...
	local found
	found=$(errors "${@:2}")
	clean "$1" < <([ "$found" = 0 ] || echo "errors: ${found:-the search did not end}")
	echo "# $1: $(states) states"
}

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
