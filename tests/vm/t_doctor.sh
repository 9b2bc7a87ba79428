#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of guests that are made to have faults: `wardctl doctor` must name each,
# and its mend (see tests/e2e/doctor.sh). Whose machine it is the firmware's tables
# say. The modules are in /lib/ward, not loaded. What no emulator has (SEV without
# SNP, a paravisor, a lost VMPCK) the kernel's log says by tsmsim's word, and the
# firmware's Secure Boot variable is a file: both are doubles of a machine's words.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

# says WORDS TEXT [USER]: doctor finds something wrong, and says so
says() {
	try 6 "$1" "doctor: $2" as "${3:-root}" wardctl doctor
}

# finds WORDS TEXT: whether or not something else is wrong
finds() {
	try 0 "$1" "doctor: $2" sh -c 'wardctl doctor; true'
}

kernel_says() {
	echo "$1" >/sys/module/tsmsim/parameters/log
}

mend() { # mend WORDS TEXT: of the last findings
	grep -q "mend: .*$1" $D/out
	result $? "doctor: $2"
}

# ---- Azure, at a time before its kernel was built --------------------------------

whose() {
	says '^ok    machine .*Azure: Microsoft Corporation, Virtual Machine' 'an Azure machine'
	grep -q '^warn  tee .*no memory encryption' $D/out
	result $? 'doctor: a guest that no hardware protects'
	mend 'security-type ConfidentialVM' "... and how Azure makes one"
	grep -q '^fail  tpm .*none: evidence of an Azure' $D/out
	result $? 'doctor: no TPM'
	grep -q '^fail  clock .*2001-01-01 .*before the kernel was built (20[2-9]' $D/out
	result $? 'doctor: a clock before the kernel was built'
	mend 'set-ntp\|chrony' '... and what sets it'
	grep -q '^fail  module-file .*none is installed' $D/out &&
		grep -q '^fail  module-loaded' $D/out
	result $? 'doctor: no module'
	as stranger wardctl doctor >$D/out 2>$D/err
	grep -q '^skip  vmpck .*root alone' $D/out
	result $? "doctor: what a stranger is not told"
}

no_configfs() {
	umount /sys/kernel/config
	says '^fail  configfs .*not mounted on' 'configfs is not mounted'
	mend 'mount -t configfs' '... and the mend'
	mount -t configfs configfs /sys/kernel/config
	finds '^ok    configfs' 'configfs is mounted again'
}

access_denied() {
	ward=$(cat /sys/class/misc/ward/dev)
	chgrp ward /dev/ward
	says '^fail  device-access .*EACCES: .*uid 1003, which is not in' 'not in the group' stranger
	mend 'usermod -aG ward' '... and the mend'
	sed -i 's/^ward:.*/&,stranger/' /etc/group
	says '^fail  device-access .*EACCES: .*was not when it logged in' \
		'in the group since the login' stranger
	mend 'log in again' '... and the mend'
	mkdir -p $D/devices /sys/fs/cgroup/shut
	mount -t cgroup -o devices none $D/devices && mkdir $D/devices/shut &&
		echo "c $ward rwm" >$D/devices/shut/devices.deny
	try 6 '^fail  device-access .*EPERM: a device cgroup .*devices:/shut' \
		'doctor: the device cgroup of version 1 refuses' \
		sh -c "echo \$\$ >$D/devices/shut/cgroup.procs; exec wardctl doctor"
	mend 'DeviceAllow=\|--device /dev/ward' '... and the mend'
	umount $D/devices
	nodev /sys/fs/cgroup/shut "${ward%:*}" "${ward#*:}"
	try 6 '^fail  device-access .*EPERM: a device cgroup .* in /shut' \
		'doctor: the device program of a cgroup refuses' \
		sh -c 'echo $$ >/sys/fs/cgroup/shut/cgroup.procs; exec wardctl doctor'
	finds '^ok    device-access' 'none of them refuses'
}

no_provider() {
	says '^fail  tsm .*no TSM provider is registered' 'no provider'
	insmod /lib/ward/tsmsim.ko
	says '^fail  provider-link .*not made' 'no link to the provider'
	wardctl provider set tsm -q
	finds '^ok    provider-link' 'the link is made'
	mknod -m 0666 /dev/sev-guest c 10 250
	finds '^warn  quote-interface .*/dev/sev-guest: mode 0666' 'a quote node open to others'
	mend 'chmod go-rwx /dev/sev-guest' '... and the mend'
	rm /dev/sev-guest
}

lost_key() {
	echo '<1>sev-guest sev-guest: Disabling VMPCK0 communication key to prevent IV reuse.' >/dev/kmsg
	finds '^ok    vmpck' "a program's word for a lost VMPCK counts for nothing"
	kernel_says 'sev-guest sev-guest: Disabling VMPCK0 communication key to prevent IV reuse.'
	echo 25 >/sys/module/tsmsim/parameters/error
	as worker wardctl report --random $D/r $D/q >$D/out 2>&1
	says '^fail  vmpck .*lost' 'VMPCK lost (double)'
	mend 'reboot' '... and the mend'
	grep -q '^warn  provider-breaker .*1 of 1 calls failed' $D/out
	result $? 'doctor: a provider that always failed'
	echo 5 >/sys/module/tsmsim/parameters/error
	wardctl pace set --cooldown 3600000 -q
	for _ in 1 2 3; do
		as worker wardctl report --random $D/r $D/q >$D/out 2>&1
	done
	says '^fail  provider-breaker .*open: tsmsim failed, .*EHOSTDOWN' \
		'a provider that failed is left alone'
	echo 0 >/sys/module/tsmsim/parameters/error
}

other_tees() {
	kernel_says 'Memory Encryption Features active: AMD SEV'
	says "^fail  tee .*SEV without SNP, says the kernel's log: .*no report possible" \
		'SEV without SNP (double)'
	kernel_says 'Memory Encryption Features active: AMD SEV SEV-ES'
	says '^fail  tee .*SEV-ES without SNP, .*no report possible' 'SEV-ES without SNP (double)'
	mend 'security-type ConfidentialVM' '... and the mend'
	wardctl provider unset -q
	rmmod tsmsim
	says '^fail  tsm .*no report possible without SNP' 'the layer that refuses is SEV (double)'
	insmod /lib/ward/tsmsim.ko
	kernel_says 'Hyper-V: Isolation Config: Group A 0x1, Group B 0xba2'
	rmmod tsmsim
	says '^warn  paravisor .*stands between' 'a paravisor (double)'
	mend 'wardd' '... and the mend'
	grep -q '^fail  tsm .*paravisor has' $D/out && grep -q '^ok    tee .*SEV-SNP' $D/out
	result $? 'doctor: the layer that refuses is the paravisor (double)'
}

# What DKMS built for 6.1 is of no use to this kernel.
other_kernel() {
	try 6 'built for another kernel' 'module load: one of another kernel' \
		wardctl module load /lib/ward/ward-other-kernel.ko
	[ ! -e /sys/module/ward ] && [ ! -e /dev/ward ]
	result $? '... and nothing is loaded'
}

# The old one is today's, what .modinfo says of its version overwritten: a double of an
# upgrade that did not end in a reboot. By netlink it still gives today's.
other_version() {
	insmod /lib/ward/ward-old.ko
	finds '^warn  module-loaded .*version 0\.0\.9 .* is loaded, version [0-9.]* .*is installed' \
		'another version is loaded (double)'
	mend 'wardctl module unload, then' '... and the mend'
	try 6 'version 0\.0\.9 .*is loaded already, and .*extra/ward.ko is version' \
		'module load: the kernel has another version already' wardctl module load
	try 6 'version 0\.0\.9 .*is loaded already, and /lib/ward/ward.ko is version' \
		'module load FILE: likewise' wardctl module load /lib/ward/ward.ko
	try 0 'Not the installed version is loaded' 'module status says so' wardctl module status
	try 0 '^module version: *[0-9.]*$' 'status names the version of the module' wardctl status
	grep -q '^wardctl version: *[0-9.]*' $D/out
	result $? "... and wardctl's own"
	try 0 'loaded: *no' 'module unload takes it out' wardctl module unload
	try 0 'other version loaded: *no' 'module load: the installed one' wardctl module load
	try 0 '' 'module load once more: it is there' wardctl module load
	wardctl module unload -q
}

# What lockdown and sig_enforce refuse they refuse until the guest ends.
signatures() {
	wardctl module unload -q
	kernel=/lib/modules/$(uname -r)
	mkdir -p "$kernel/extra"
	cp /lib/ward/ward.ko "$kernel/extra/"
	/opt/depmod -a 2>/dev/null
	says '^ok    module-file .*extra/ward.ko' 'the module is installed'
	grep -q '^warn  module-signature .*not signed; enforced: no' $D/out
	result $? 'doctor: not signed, and nobody asks'
	grep -q '^warn  lockdown .*none' $D/out
	result $? 'doctor: no lockdown'
	other_kernel
	other_version
	mount -t tmpfs none /sys/firmware
	mkdir -p /sys/firmware/efi/efivars
	printf '\006\000\000\000\001' \
		>/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
	echo integrity >/sys/kernel/security/lockdown
	try 6 'lockdown' 'module load: what lockdown refuses' wardctl module load
	says '^fail  module-signature .*by lockdown, which Secure Boot .*EPERM' \
		'unsigned under Secure Boot and lockdown'
	mend 'mokutil --import' '... and the mend'
	grep -q '^ok    secure-boot .*on' $D/out && grep -q '^ok    lockdown .*integrity' $D/out
	result $? 'doctor: Secure Boot (double) and lockdown'
	umount /sys/firmware
	echo 1 >/sys/module/module/parameters/sig_enforce
	try 6 'not signed' 'module load: what module.sig_enforce refuses' wardctl module load
	says '^fail  module-signature .*module.sig_enforce .*EKEYREJECTED' \
		'unsigned under module.sig_enforce'
}

azure() {
	whose
	no_configfs
	insmod /lib/ward/ward.ko
	access_denied
	no_provider
	lost_key
	other_tees
	signatures
}

# ---- Google Cloud ------------------------------------------------------------------

google() {
	insmod /lib/ward/ward.ko
	finds '^ok    machine .*Google Cloud: Google, Google Compute Engine' 'a Google machine'
	mend 'confidential-compute-type=SEV_SNP' '... and how Google makes a confidential one'
	grep -q '^warn  tpm ' $D/out
	result $? 'doctor: no vTPM'
	mend 'shielded-vtpm' '... and the mend'
	grep -q '^warn  clock .*no time service' $D/out
	result $? 'doctor: a clock that nobody keeps'
	date -s "@$(($(date +%s) + 7200))" >/dev/null
	finds '^warn  clock .* 7[12][0-9][0-9] s away' "a clock that differs from the machine's"
	mend 'hwclock\|makestep' '... and the mend'
	rmmod ward
}

echo "# program doctor"
case $(cat /sys/class/dmi/id/sys_vendor) in
Google) google ;;
*) azure ;;
esac
echo "1..$n"
echo "# exit doctor $failed"
exit $failed
