#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest that tests/e2e/measured_tpm.sh starts with firmware and a TPM.
# ward.ko, of the initrd, is loaded. wardd quotes by the key that was enrolled; the
# worker asks for evidence over the owner's nonce, then the broker for a key.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

start() { # wardd in the background until it is bound
	: >$D/log
	wardd --backend vtpm,ak=0x81010002,pcrs=sha256:0-9 2>$D/log &
	wardd=$!
	tries=0
	while ! grep -q 'bound' $D/log && kill -0 $wardd 2>/dev/null && [ $tries -lt 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

echo "# program measured-tpm"
cat /sys/kernel/security/tpm0/binary_bios_measurements >$D/log 2>$D/err
[ -s $D/log ]
result $? 'the firmware measured, and left its log'
tell log $D/log
chmod 0600 /dev/tpm0 /dev/tpmrm0
wardctl pace set --call-interval 0 --user-interval 0 -q
start
cp /fw/nonce $D/q
try 0 'tpm' 'the worker has evidence, through wardd' as worker wardctl report --bundle $D/b $D/r $D/q
tell bundle $D/b
if [ -d /sys/class/net/eth0 ]; then
	as worker attack --url https://10.0.2.100:8443 --ca /data/broker.pem \
		--plan /data/plan.json --resource default/dataset/one honest >$D/answer 2>$D/err
	result $? 'the worker asked the broker'
	tell answer $D/answer
fi
kill -TERM $wardd
wait $wardd
result $? 'wardd ends'
rmmod ward
result $? 'the module unloads'
echo "1..$n"
exit $failed
