#!/bin/bash
# SPDX-License-Identifier: MIT
# Search the model of the attested channel (channel.pml) whole, with either side's TLS key
# stolen; then with each part of the binding left out that some attack needs gone, which the
# search has to find. TAP on stdout. Needs spin.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
model=$PWD/tests/model/channel.pml

errors() { # DEFINES...: errors of the search, or nothing when it did not end
	(
		cd "$work" || exit
		spin "$@" -a "$model" >spin.log 2>&1 || exit
		gcc -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=1024 -o pan pan.c || exit
		timeout 60 ./pan -m200000 >pan.log 2>&1
		grep -q 'search depth too small\|max search depth\|out of memory' pan.log && exit
		sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log
	)
}

finds() { # NAME DEFINES...
	local found
	found=$(errors "${@:2}")
	clean "$1" < <([ "${found:-0}" -gt 0 ] || echo "errors: ${found:-the search did not end}")
}

sound() { # NAME DEFINES...
	local found
	found=$(errors "${@:2}")
	clean "$1" < <([ "$found" = 0 ] || echo "errors: ${found:-the search did not end}")
	echo "# $1: $(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$work/pan.log") states"
}

if ! command -v spin >/dev/null; then
	skip 'the model of the attested channel' 'spin is not installed'
else
	sound "no attack with the acceptors' TLS key" -DSTOLEN=2
	sound "nor with the connectors'" -DSTOLEN=1
	finds 'honest channels do open' -DNOBODY
	sound 'the TLS keys are a second lock, where none is stolen' -DSTOLEN=3 -DWITHOUT_EXPORTER
	finds 'found: without exporter and peer, a stolen key' -DSTOLEN=2 -DWITHOUT_EXPORTER -DWITHOUT_PEER
	finds 'found: without exporter and keys, a relay' -DSTOLEN=3 -DWITHOUT_EXPORTER -DWITHOUT_OWN -DWITHOUT_PEER
	finds 'found: without the role, a reflection by a stolen key' -DSTOLEN=1 -DWITHOUT_ROLE
	finds 'found: without role and keys, a reflection' -DSTOLEN=3 -DWITHOUT_ROLE -DWITHOUT_OWN -DWITHOUT_PEER
fi

finish
