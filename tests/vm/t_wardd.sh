#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which wardd answers for a double of /dev/sev-guest (see
# tests/e2e/wardd.sh). ward.ko is loaded; sevsim.ko and, where the kernel has TSM
# reports, tsmsim.ko are in /lib/ward. The evidence is SIMULATED.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh
# shellcheck source=tests/vm/channel.sh
. /lib/ward/channel.sh

PARAMETERS=/sys/module/sevsim/parameters

# bound LOG: wait until the one in $wardd says so, or ends
bound() {
	tries=0
	while ! grep -q 'bound' "$1" && kill -0 $wardd 2>/dev/null && [ $tries -lt 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

# start LOG OPTIONS...: wardd in the background, its process in $wardd, until it
# is bound
start() {
	log=$1
	shift
	: >"$log"
	wardd "$@" 2>"$log" &
	wardd=$!
	bound "$log"
}

# called N: wait until the device was asked so often
called() {
	tries=0
	while [ "$(cat $PARAMETERS/calls)" -lt "$1" ] && [ $tries -lt 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

ask() { # by the worker, who may open /dev/ward and no quote device
	as worker wardctl report --bundle $D/b $D/r $D/q
}

# fault NAME VALUE CODE WORD SAID TEXT: one request fails; wardd says why; the next
# one succeeds
fault() {
	echo "$2" >$PARAMETERS/"$1"
	try "$3" "$4" "$6" ask
	echo 0 >$PARAMETERS/"$1"
	grep -q -- "$5" $D/log
	result $? "$6: said in the log"
	try 0 simulated "$6: the next one succeeds" ask
}

without_device() {
	try 6 '/dev/sev-guest is not there' 'a backend that is not there' wardd -b sev-guest
	try 6 'nothing here gives evidence' 'nothing is found' wardd
	try 6 '^sev-guest *.* is not there' 'probe: nothing works' wardd --probe
	insmod /lib/ward/sevsim.ko
	try 6 'Permission denied' 'the device is not for the worker' as worker wardd -b sev-guest
	chmod 0666 /dev/sev-guest
	try 6 'CAP_SYS_ADMIN' 'nor is being an agent' as worker wardd -b sev-guest
	chmod 0600 /dev/sev-guest
	try 0 '^sev-guest *works' 'probe: it works' wardd --probe
}

evidence() {
	start $D/log -b sev-guest,simulated
	grep -q 'SIMULATED' $D/log
	result $? 'wardd says that it is simulated'
	try 0 'attached: *yes' 'provider show: attached' wardctl provider show
	try 6 'stop wardd' 'module unload: wardd holds it' wardctl module unload
	head -c 64 /dev/urandom >$D/q
	try 0 'simulated' 'report: by the worker, through wardd' ask
	tell report $D/r
	tell request $D/q
	tell bundle $D/b
	wardctl pace set --call-interval 0 --user-interval 0 --cooldown 0 -q
	echo 2 >$PARAMETERS/busy
	try 0 'simulated' 'a host that throttles twice is asked again' ask
}

faults() {
	fault error 5 6 'provider' 'firmware error 0x16' 'the firmware fails'
	fault short 1 6 'does not belong\|cannot be read' 'a report of 1000 bytes' 'a short report'
	fault oversized 1 6 'longer than allowed' 'a report of 33792 bytes' 'a length that lies'
	fault stale 1 6 'does not belong\|cannot be read' 'over other data' 'a stale report'
	fault lost 1 6 'gone' 'VMPCK' 'a lost message key'
}

# A request that is with wardd when it dies fails at once, and as what it is.
death() {
	echo 60000 >$PARAMETERS/slow_ms
	called=$(cat $PARAMETERS/calls)
	ask >$D/killed 2>&1 &
	asking=$!
	called $((called + 1))
	kill -KILL $wardd
	wait $asking
	got=$?
	echo 0 >$PARAMETERS/slow_ms
	cp $D/killed $D/err
	[ $got = 6 ] && grep -q 'is gone' $D/killed
	result $? 'killed with a request: it fails as ENXIO'
	wait $wardd
	try 6 'provider' 'afterwards there is no provider' ask
	start $D/log -b sev-guest,simulated
	try 0 'simulated' 'another wardd serves' ask
}

handing_over() {
	older=$wardd
	cp $D/log $D/older
	# It has its log open: what it says goes to the file that start() empties.
	start $D/log2 -b sev-guest,simulated
	ended $older 0 'the older one is retired and ends' $D/log 'retired'
	try 0 'simulated' 'the newer one serves' ask
	kill -TERM $wardd
	ended $wardd 0 'SIGTERM ends it' $D/log2 'ended after 1 answers'
}

# The grace time is wardd's own; the device would take a minute more.
hung() {
	start $D/log -b sev-guest,simulated
	echo 120000 >$PARAMETERS/slow_ms
	called=$(cat $PARAMETERS/calls)
	ask >$D/killed 2>&1 &
	asking=$!
	called $((called + 1))
	kill -TERM $wardd
	ended $wardd 0 'SIGTERM ends it beside a device that hangs' $D/log 'left behind'
	wait $asking
	echo 0 >$PARAMETERS/slow_ms
	cp $D/killed $D/err
	grep -q 'is gone' $D/killed
	result $? 'and the request fails as ENXIO'
}

# Bound by a launcher, wardd needs the device and no right of ward's.
launched() {
	chown worker /dev/sev-guest
	: >$D/log
	launch sev-guest 9 as worker wardd -b sev-guest,simulated --agent-fd 9 2>$D/log &
	wardd=$!
	bound $D/log
	grep -q '^Uid:.1001' /proc/$wardd/status
	result $? 'launched: wardd is the worker'
	try 0 'simulated' 'launched: it serves' ask
	kill -TERM $wardd
	ended $wardd 0 'launched: ends' $D/log 'ended after 1 answers'
	chown root /dev/sev-guest
}

# What wardd asserts of the quote interfaces, and only after a look.
exclusive() {
	chmod 0666 /dev/sev-guest
	try 6 'others may get quotes' 'exclusive: not where others may open the device' \
		wardd --exclusive -b sev-guest,simulated
	chmod 0600 /dev/sev-guest
	sh -c 'exec 3<>/dev/sev-guest; exec sleep 300' &
	holder=$!
	tries=0
	until [ "$(readlink /proc/$holder/fd/3)" = /dev/sev-guest ] || [ $tries -ge 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	try 6 "process $holder has /dev/sev-guest open" 'nor where another process has it open' \
		wardd --exclusive=mend -b sev-guest,simulated
	kill $holder
	wait $holder
	chmod 0666 /dev/sev-guest
	start $D/log --exclusive=mend -b sev-guest,simulated
	[ "$(stat -c %a /dev/sev-guest)" = 600 ]
	result $? 'exclusive=mend: takes the rights away'
	try 0 'simulated' 'report: while wardd holds it alone' ask
	tell exclusive $D/b
	kill -TERM $wardd
	ended $wardd 0 'ends' $D/log 'ended after 1 answers'
}

# Where the kernel has a report of its own, the agent's stands beside it.
beside() {
	insmod /lib/ward/tsmsim.ko
	wardctl provider set tsm -q
	try 0 'nothing is left for an agent' 'found: the kernel does it' wardd
	start $D/log --beside sev-guest,simulated
	try 0 'simulated' 'report: with a second piece' ask
	tell both $D/b
	kill -TERM $wardd
	ended $wardd 0 'ends' $D/log 'ended after 1 answers'
	wardctl provider unset -q
	rmmod tsmsim
}

echo "# program wardd"
without_device
evidence
channels
faults
death
handing_over
hung
launched
exclusive
[ ! -e /lib/ward/tsmsim.ko ] || beside
rmmod ward && rmmod sevsim
result $? 'the modules unload'
echo "1..$n"
echo "# exit wardd $failed"
exit $failed
