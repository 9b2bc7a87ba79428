#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest with a TPM (see tests/e2e/wardd_tpm.sh). ward.ko is loaded;
# where the kernel has TSM reports, tsmsim.ko is in /lib/ward.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

# start OPTIONS...: wardd in the background, its process in $wardd, until it is bound
start() {
	: >$D/log
	wardd "$@" 2>$D/log &
	wardd=$!
	tries=0
	while ! grep -q 'bound' $D/log && kill -0 $wardd 2>/dev/null && [ $tries -lt 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

stop() {
	kill -TERM $wardd
	wait $wardd
	got=$?
	cp $D/log $D/err
	result $got "$1: wardd ends"
}

ask() { # by the worker, who may open /dev/ward and not the TPM
	as worker wardctl report --bundle $D/b $D/r $D/q
}

registers() { # as the kernel has them, for the host to compare
	cat /sys/class/tpm/tpm0/pcr-sha256/? /sys/class/tpm/tpm0/pcr-sha256/1[0-5] >$D/registers
	tell registers $D/registers
}

machine() {
	[ -c /dev/tpmrm0 ]
	result $? 'the guest has a TPM'
	chmod 0600 /dev/tpm0 /dev/tpmrm0
	try 0 '^vtpm *works' 'probe: the TPM works' wardd --probe
	try 0 '^azure *.*no confidential VM' 'probe: this is not Azure' wardd --probe
	head -c 64 /dev/urandom >$D/q
	tell request $D/q
	registers
	cat /sys/kernel/security/tpm0/binary_bios_measurements >$D/event_log 2>/dev/null
	tell event_log $D/event_log
}

alone() {
	start --backend vtpm
	try 0 'tpm' 'provider show: the TPM' wardctl provider show
	try 0 'tpm' 'report: by the worker, through wardd' ask
	tell alone $D/b
	try 0 '"ak_shared": false' 'display: the key is not shared' wardctl display $D/b -o json
	# Anybody's quote, by a key that its template makes again for anybody.
	try 0 'tpm' 'a second report' ask
	tell second $D/b
	stop alone
}

rsa() {
	start --backend vtpm,key=rsa,hierarchy=owner,pcrs=sha256:0-7+14,timeout=60000
	try 0 'tpm' 'report: RSA, fewer registers' ask
	tell rsa $D/b
	stop rsa
}

# The launch by the kernel's own report, the registers by wardd: one bundle.
beside() {
	insmod /lib/ward/tsmsim.ko
	wardctl provider set tsm -q
	try 0 'vtpm: bound beside' 'found: the TPM, beside the kernel' sh -c '
		wardd 2>&1 & found=$!; tries=0
		while kill -0 $found 2>/dev/null && [ $tries -lt 1800 ] &&
			! wardctl provider show | grep -q vtpm; do tries=$((tries + 1)); sleep 0.1; done
		kill $found; wait $found'
	start --beside vtpm
	try 0 'provider: *vtpm' 'report: two pieces' ask
	tell both $D/b
	tell_json report as worker wardctl report $D/r $D/q
	stop beside
	wardctl provider unset -q
	rmmod tsmsim
}

echo "# program wardd-tpm"
machine
wardctl pace set --call-interval 0 --user-interval 0 -q
alone
rsa
[ ! -e /lib/ward/tsmsim.ko ] || beside
rmmod ward
result $? 'the module unloads'
echo "1..$n"
exit $failed
