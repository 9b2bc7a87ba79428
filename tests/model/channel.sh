#!/bin/bash
# SPDX-License-Identifier: MIT
# Search the model of the attested channel (channel.pml) whole, with either side's TLS key
# stolen; then with each part of the binding left out that some attack needs gone, which the
# search has to find. TAP on stdout. Needs spin.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh
. tests/model/search.bash
model=$PWD/tests/model/channel.pml

if ! command -v spin >/dev/null; then
	skip 'the model of the attested channel' 'spin is not installed'
else
	sound "no attack with the acceptors' TLS key" -DSTOLEN=2
	sound "nor with the connectors'" -DSTOLEN=1
	finds 'honest channels that open' -DNOBODY
	sound 'the TLS keys are a second lock, where none is stolen' -DSTOLEN=3 -DWITHOUT_EXPORTER
	finds 'without exporter and peer, a stolen key' -DSTOLEN=2 -DWITHOUT_EXPORTER -DWITHOUT_PEER
	finds 'without exporter and keys, a relay' -DSTOLEN=3 -DWITHOUT_EXPORTER -DWITHOUT_OWN -DWITHOUT_PEER
	finds 'without the role, a reflection by a stolen key' -DSTOLEN=1 -DWITHOUT_ROLE
	finds 'without role and keys, a reflection' -DSTOLEN=3 -DWITHOUT_ROLE -DWITHOUT_OWN -DWITHOUT_PEER
fi

finish
