#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest that seals (see tests/e2e/sealing.sh): keys that the firmware
# derives, which a worker gets through wardd, and a broker's. ward.ko is loaded; sevsim.ko,
# a double of /dev/sev-guest, and another build of ward.ko are in /lib/ward. SIMULATED.
# shellcheck disable=SC2086
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

PARAMETERS=/sys/module/sevsim/parameters
CGROUPS=/sys/fs/cgroup
BROKER="--broker https://10.0.2.100:8443/default/seal/state --ca /fw/broker.pem"
SEED=$(cat /fw/seed)
NOTE=/sys/module/ward/notes/.note.gnu.build-id

# confined COMMAND...: as the service manager starts wardd, in its AppArmor profile
confined() {
	if [ ! -e /etc/apparmor.d/wardd ]; then
		exec "$@"
	fi
	# shellcheck disable=SC2016
	exec sh -c 'echo "exec wardd" >/proc/self/attr/exec && exec "$@"' sh "$@"
}

start() { # MEASUREMENT: the firmware's double, and wardd
	insmod /lib/ward/sevsim.ko measurement="$1" guest_svn=3
	: >$D/log
	confined wardd -b sev-guest,simulated --keys 2>$D/log &
	wardd=$!
	tries=0
	until grep -q 'sev-guest: bound' $D/log || [ $tries -ge 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

stop() {
	kill $wardd
	wait $wardd
	rmmod sevsim
}

within() { # CGROUP COMMAND...
	# shellcheck disable=SC2016
	sh -c 'echo $$ >'"$CGROUPS/$1"'/cgroup.procs; shift; exec "$@"' sh "$@"
}

# seals FILE BIND [COMMAND...]: by the worker, through wardd
seals() {
	file=$1 bind=$2
	shift 2
	try 0 '' "sealed, bound to $bind" "$@" as worker wardctl seal --snp --bind "$bind" $D/plain "$file"
	chmod 644 "$file"
}

# opens TEXT FILE COMMAND...: it is what was sealed
opens() {
	text=$1 file=$2
	shift 2
	rm -f $D/back
	try 0 '' "$text" "$@" wardctl unseal "$file" $D/back
	cmp -s $D/plain $D/back || result 1 "$text: other bytes"
}

refused() { # TEXT FILE COMMAND...
	text=$1 file=$2
	shift 2
	rm -f $D/back
	try 5 'another' "$text" "$@" wardctl unseal "$file" $D/back
	[ ! -e $D/back ] || result 1 "$text: and yet a file"
}

# Debian's kernels have AppArmor on; what it refuses is in the kernel's log.
profile() {
	[ -e /etc/apparmor.d/wardd ] || return 0
	try 0 '' "wardd's AppArmor profile is loaded" apparmor_parser --replace --skip-cache /etc/apparmor.d/wardd
	(confined cat /fw/seed) >$D/out 2>$D/err
	[ $? = 1 ] && grep -q 'Permission denied' $D/err
	result $? 'and enforced'
	denied=$(denials)
}

denials() {
	dmesg | grep -c 'apparmor="DENIED".*profile="wardd"'
}

no_denials() {
	[ -e /etc/apparmor.d/wardd ] || return 0
	dmesg | grep 'apparmor="DENIED"' >$D/out
	[ "$(denials)" = "$denied" ]
	result $? 'AppArmor refused wardd nothing'
}

who() {
	if [ -e /etc/apparmor.d/wardd ]; then
		grep -qx 'wardd (enforce)' /proc/$wardd/attr/current
		result $? 'wardd runs in its profile'
	fi
	[ "$(stat -c '%a %g' /run/wardd/keys)" = "660 970" ]
	result $? 'who may open /dev/ward may ask'
	try 5 'Permission denied' 'the device is not for the worker' \
		as worker wardctl seal --snp --device /dev/sev-guest $D/plain $D/x
	try 5 'Permission denied' 'nor is wardd for a stranger' \
		as stranger wardctl seal --snp --device unix:/run/wardd/keys $D/plain $D/x
	try 0 '^short: 0 closed' 'who misbehaves there is refused' as worker sealed hostile /run/wardd/keys
	for line in '^bare: 0 closed' '^many: 0 closed' '^loose: -22 no memory' \
		'^strange: -22 no session' '^unknown: -74 ' '^magic: -22 a question'; do
		grep -q "$line" $D/out
		result $? "... $line"
	done
}

# Bound or not, each thing: what differs refuses the one and not the other.
guest() {
	seals $D/all measurement,policy,svn,tcb
	seals $D/free measurement
	seals $D/module module
	opens 'opened by the worker' $D/all as worker
	opens 'and by root, at the device itself' $D/all
	opens 'by a worker in a mount namespace of its own, as services are' $D/all \
		unshare -m sh -c 'mount -o bind /dev /dev && exec "$@"' sh as worker
	try 0 '' 'root seals at the device' wardctl seal --snp --bind measurement,svn $D/plain $D/root
	chmod 644 $D/root
	opens 'the worker opens that through wardd' $D/root as worker
	echo 5 >$PARAMETERS/guest_svn
	opens 'the SVN was raised: opened by what the header has' $D/all as worker
	seals $D/five measurement,svn
	echo 4 >$PARAMETERS/guest_svn
	try 6 'sealed by a guest of SVN 5, and this one has 4: it was rolled back' \
		'the SVN was lowered below that of sealing: both are named' \
		as worker wardctl unseal $D/five $D/back
	opens 'what was sealed below still opens' $D/all as worker
	echo 1 >$PARAMETERS/debug
	refused 'another guest policy' $D/all as worker
	opens 'where it was not bound to one' $D/free as worker
	echo 0 >$PARAMETERS/debug
}

# What the header has of the firmware, and what of it can be derived again later.
firmware() {
	tcb=$(cat $PARAMETERS/committed_tcb)
	raised=$((tcb + 1))
	seals $D/tcb measurement,svn,tcb
	echo $raised >$PARAMETERS/committed_tcb
	opens 'the TCB was raised: opened by what the header has' $D/tcb as worker
	opens 'and by root, at the device' $D/tcb
	opens 'what was not bound to a TCB, too' $D/free as worker
	seals $D/raised measurement,tcb
	opens 'sealed at the new TCB' $D/raised as worker
	echo "$tcb" >$PARAMETERS/committed_tcb
	rm -f $D/back
	try 6 "sealed at TCB $(printf %016x $raised), and the processor's firmware is committed to $(printf %016x "$tcb"): it was rolled back" \
		'the TCB was lowered below that of sealing: both are named' as worker wardctl unseal $D/raised $D/back
	[ ! -e $D/back ]
	result $? 'and nothing is written'
	opens 'what was sealed below still opens' $D/tcb as worker
}

# A root that goes with the firmware, and one that doesn't.
roots() {
	echo 1 >$PARAMETERS/vcek_by_tcb
	seals $D/vcek measurement,tcb
	try 0 '' 'sealed, root vmrk' as worker wardctl seal --snp --root vmrk --bind measurement,tcb $D/plain $D/vmrk
	chmod 644 $D/vmrk
	echo $raised >$PARAMETERS/committed_tcb
	opens 'the firmware was updated: root vmrk opens' $D/vmrk as worker
	refused 'a VCEK that changed with it: root vcek does not' $D/vcek as worker
	grep -q 'whose VCEK an update of its firmware may have changed' $D/err
	result $? 'which is said'
	echo "$tcb" >$PARAMETERS/committed_tcb
	opens 'root vcek where the firmware is as it was' $D/vcek as worker
	echo 0 >$PARAMETERS/vcek_by_tcb
	refused 'one root is not the other' $D/vcek as worker
}

# Who made the guest, and which of its guests it is.
made_by() {
	seals $D/image image
	seals $D/family family
	echo 7 >$PARAMETERS/image
	refused 'another image id' $D/image as worker
	opens 'where it was bound to the family' $D/family as worker
	echo 7 >$PARAMETERS/family
	refused 'another family id' $D/family as worker
	opens 'where it was bound to neither' $D/free as worker
	echo 0 >$PARAMETERS/image
	opens 'the same image id again' $D/image as worker
	echo 0 >$PARAMETERS/family
}

levels() {
	try 0 '' 'sealed for VMPL 2' as worker wardctl seal --snp --vmpl 2 --bind measurement $D/plain $D/vmpl
	chmod 644 $D/vmpl
	try 0 'at VMPL 2' 'the file says so' wardctl dataset info $D/vmpl
	opens 'VMPL 0 opens what is for VMPL 2' $D/vmpl as worker
	echo 2 >$PARAMETERS/vmpl
	opens 'so does VMPL 2' $D/vmpl as worker
	try 6 'a VMPL below its own' 'but not what is for VMPL 0' as worker wardctl unseal $D/free $D/x
	try 6 'a VMPL below its own\|VMPL 0 not this guest' 'nor does it seal for that' \
		as worker wardctl seal --snp $D/plain $D/x
	echo 3 >$PARAMETERS/vmpl
	try 6 'a VMPL below its own' 'nor does VMPL 3 open what is for VMPL 2' as worker wardctl unseal $D/vmpl $D/x
	echo 0 >$PARAMETERS/vmpl
	[ ! -e $D/x ]
	result $? 'and nothing is written'
}

worker() {
	seals $D/uid measurement,uid
	opens 'the same uid' $D/uid as worker
	refused 'another uid' $D/uid as other
	opens 'not bound to a uid' $D/free as other
	mkdir $CGROUPS/a $CGROUPS/b
	seals $D/cgroup measurement,cgroup within a
	opens 'the same cgroup' $D/cgroup within a as worker
	refused 'another cgroup' $D/cgroup within b as worker
	opens 'not bound to a cgroup' $D/free within b as worker
	opens 'root in that cgroup, at the device' $D/cgroup within a
}

fetched() {
	try 0 '' "sealed with the broker's key" as worker wardctl seal $BROKER /fw/note $D/broker
	chmod 644 $D/broker
	rm -f $D/back
	try 0 '' 'opened by the same worker' as worker wardctl unseal $BROKER $D/broker $D/back
	cmp -s /fw/note $D/back
	result $? 'it is whole'
	head -c 32 /dev/urandom >$D/key
	chmod 600 $D/key
	chown worker $D/key
	try 0 'noticed, by the broker' 'a version that the broker counts' \
		as worker wardctl seal $BROKER --versions --key $D/key $D/plain $D/v
	cp $D/v $D/v1
	try 0 '' 'a newer one' as worker wardctl seal $BROKER --versions --key $D/key $D/plain $D/v
	chmod 644 $D/v $D/v1
	try 0 'version: *2' 'which opens' as worker wardctl unseal $BROKER $D/v $D/back
	try 5 'it is an old file' 'the older does not' as worker wardctl unseal $BROKER $D/v1 $D/x
	try 5 'it is an old file' 'nor by a key' as worker wardctl unseal --key $D/key $BROKER $D/v1 $D/x
	try 1 'a broker counts' 'nor without asking' as worker wardctl unseal --key $D/key $D/v1 $D/x
	try 5 'wrong-uid' 'the broker has no key for another uid' \
		as other wardctl unseal $BROKER $D/broker $D/x
	[ ! -e $D/x ]
	result $? 'and nothing is written'
}

# What was in memory: plaintext in a file, and every key of it in processes that ended.
residue() {
	sealed fill $D/marked "$SEED"
	hold filled
	within a as worker wardctl -q seal --snp --bind measurement,uid,cgroup,module $BROKER \
		$D/marked $D/kept
	[ -s $D/kept ]
	result $? 'the marked file is sealed'
	sealed wipe $D/marked
	base64 -w 0 <$D/kept | sed 's/^/# file kept /; s/$/\n/'
	echo "# module $(sha256sum <$NOTE | cut -d' ' -f1)"
	hold sealed
	try 0 '' 'opened by the firmware' within a as worker wardctl unseal $D/kept $D/open
	sealed wipe $D/open
	hold opened
	try 0 '' "opened by the broker's key" within b as worker wardctl unseal $BROKER $D/kept $D/open2
	sealed wipe $D/open2
	hold fetched
	# The control: the key and what it opens where nobody wipes them.
	as worker wardctl kbs get-resource --url https://10.0.2.100:8443 --ca /fw/broker.pem \
		--out $D/leak default/seal/state >/dev/null
	hold control
}

elsewhere() {
	stop
	rmmod ward
	insmod /lib/ward/other.ko
	chgrp ward /dev/ward
	start "$(printf '%096d' 1)"
	opens 'another build of ward.ko' $D/free as worker
	refused 'where it was bound to that' $D/module as worker
	stop
	start "$(printf '%096d' 2)"
	refused 'another measurement' $D/free as worker
	try 0 'the same processor' 'the file says what it takes' wardctl dataset info $D/free
	stop
}

echo "# program sealing"
head -c 100000 /dev/urandom >$D/plain
profile
start "$(printf '%096d' 1)"
who
guest
firmware
roots
made_by
levels
worker
fetched
residue
elsewhere
no_denials
rmmod ward
result $? 'the module unloads'
echo "1..$n"
echo "# exit sealing $failed"
exit $failed
