#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of a guest that something measured (see tests/e2e/measured.sh): what is in
# the TPM's registers, and, where the host says what a TEE would have measured,
# evidence of a simulated one.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

for i in 0 1 2 3 4 5 6 7 8 9 11 12; do
	echo "PCR sha256 $i $(cat /sys/class/tpm/tpm0/pcr-sha256/$i)"
done
tell log /sys/kernel/security/tpm0/binary_bios_measurements
cat /proc/cmdline >$D/cmdline
tell cmdline $D/cmdline

[ -c /dev/ward ]
result $? 'ward.ko of the initrd is loaded'
if [ -s /fw/measurement ]; then
	insmod /lib/ward/tsmsim.ko measurement="$(cat /fw/measurement)"
	try 0 '' 'the simulated TEE is the provider' wardctl provider set tsm
	try 0 bundle 'a worker gets evidence' as worker wardctl report --random \
		--bundle $D/b $D/r $D/q
	tell bundle $D/b
	tell request $D/q
fi
exit $failed
