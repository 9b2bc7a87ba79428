#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of guests that take signed modules only (see tests/e2e/signed.sh): one that
# boots with module.sig_enforce=1 and knows none of the test's keys, and one whose
# firmware has Secure Boot on, with the image builder's certificate in db and another
# where shim leaves those of its own list.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh
kernel=/lib/modules/$(uname -r)

install_module() { # NAME: as the module of this kernel
	mkdir -p "$kernel/extra"
	cp "/lib/ward/ward-$1.ko" "$kernel/extra/ward.ko"
	/opt/depmod -a 2>/dev/null
}

refused() { # NAME WORDS TEXT
	install_module "$1"
	try 6 "$2" "$3: refused" wardctl module load
	try 6 "mend:" '... with a mend' wardctl module load
	[ ! -e /dev/ward ] && [ ! -e /sys/module/ward ]
	result $? '... and nothing is loaded'
}

doctor_says() { # WORDS TEXT
	wardctl doctor >$D/out 2>$D/err
	grep -q -- "$1" $D/out
	result $? "doctor: $2"
}

enforced_by_command_line() {
	refused unsigned 'not signed, or its signature is wrong' 'an unsigned module'
	doctor_says '^fail  module-signature .*not signed, .*module.sig_enforce' 'an unsigned module'
	refused db 'not signed, or its signature is wrong' 'signed with a key that the kernel does not know'
	doctor_says '^ok    module-signature .*signed by test image builder' 'a file that is signed'
}

# loads NAME SIGNER: it does what it is for, and goes
loads() {
	install_module "$1"
	try 0 "signer: *$2" "signed by $2: loads" wardctl module load
	doctor_says "^ok    module-signature .*signed by $2; enforced by: " "signed by $2, enforced"
	doctor_says '^ok    module-loaded' 'loaded'
	try 0 '' '... and gives memory, hides it and wipes it' wardctl mem selftest
	try 0 '' '... and is taken out' wardctl module unload
}

enforced_by_firmware() {
	dmesg >$D/out
	grep -q 'secureboot: Secure boot enabled' $D/out
	result $? 'Secure Boot is on, says the kernel'
	doctor_says '^ok    lockdown .*integrity' 'lockdown, which Secure Boot turned on'
	refused unsigned 'not signed, or its signature is wrong' 'an unsigned module'
	doctor_says '^fail  module-signature .*not signed, and this kernel takes signed modules only' 'an unsigned module'
	refused foreign 'not signed, or its signature is wrong' 'signed by a stranger'
	refused changed 'not signed, or its signature is wrong' 'changed after it was signed'
	loads db 'test image builder'
	loads mok 'test machine owner'
	dmesg | grep -A1 'Loading X.509 certificate: UEFI:' >$D/out
	grep -A1 'UEFI:db' $D/out | grep -q 'test image builder' &&
		grep -A1 'UEFI:MokListRT' $D/out | grep -q 'test machine owner'
	result $? 'the kernel took both certificates from the firmware'
}

if [ -d /sys/firmware/efi ]; then
	echo "# program secure-boot"
	enforced_by_firmware
else
	echo "# program sig-enforce"
	enforced_by_command_line
fi
echo "1..$n"
exit $failed
