#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which abi runs (see fuzz-abi): its words are in /data/words.
if grep -q '^tsmsim ' /proc/modules; then
	mkdir /sys/kernel/config/tsm/report/ward
fi
# shellcheck disable=SC2046 # words
abi $(cat /data/words)
status=$?
if [ -e /sys/kernel/debug/wardgcov ]; then
	cat /sys/kernel/debug/wardgcov >/dev/vdb && sync
fi
exit $status
