#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which tests/bench/run counts instructions. Which parts,
# stands on the kernel's command line (ward.bench=memory,pin), or all.
exec 2>&1
# What a call costs is counted, not when it may be made.
insmod /lib/ward/ward.ko attest_interval_ms=0 attest_user_interval_ms=0 || exit
insmod /lib/ward/wardbench.ko || exit
# The kernel's own tests of the digests that were just loaded; idling costs nothing.
sleep 5
# Nor is what the kernel tidies up in the background ward's cost.
echo 0 >/proc/sys/vm/compaction_proactiveness
echo 70000 >/proc/sys/vm/max_map_count
parts=$(sed -n 's/.*ward\.bench=\([a-z,]*\).*/\1/p' /proc/cmdline | tr ',' ' ')
# shellcheck disable=SC2086 # one word a part
exec /bin/guest_cost $parts
