#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2046,SC2086,SC2016 # names and options are words; programs of awk
# /script of the guest of tests/e2e/federation.sh: four sites and an aggregator, each a process
# with a session of its own in a network namespace of its own. A site has a wire to the aggregator
# and a way to its broker, which is on the host; the aggregator has the other ends of the wires
# (tests/vm/run --wires). The evidence is SIMULATED (tsmsim.ko); data sets, policies and plan come
# by fw_cfg and in the initrd.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

URL=https://10.0.2.100:8443
ROOT=/data/ark.pem
PORT=7000
PLAN=/data/plan.json
COMMON="--broker $URL --ca /data/broker.pem"

# ---- networks ----------------------------------------------------------------------------

namespace() { # a new one, held by process $held
	unshare -n sleep 100000 &
	held=$!
	tries=0
	while [ "$(readlink /proc/$held/ns/net)" = "$(readlink /proc/self/ns/net)" ] &&
		[ $tries -lt 300 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

within() { # PROCESS COMMAND...: in its network namespace
	process=$1
	shift
	nsenter -t "$process" -n -- "$@"
}

card() { # MAC PROCESS NAME ADDRESS: into its namespace
	for c in /sys/class/net/*; do
		[ "$(cat "$c/address")" != "$1" ] || break
	done
	ip link set "${c##*/}" netns "$2"
	within "$2" sh -c "ip link set lo up; ip link set ${c##*/} name $3;
		ip addr add $4 dev $3; ip link set $3 up"
}

names() {
	for f in /fw/*.wds; do
		f=${f##*/}
		echo "${f%.wds}"
	done
}

number() { # NAME: of its site, from 1
	names | grep -nx "$1" | cut -d : -f 1
}

holder() { # NUMBER: the process whose namespace is that site's
	cut -d ' ' -f "$1" $D/holders
}

networks() {
	namespace
	middle=$held
	holders=
	for s in $(names); do
		namespace
		holders="$holders$held "
		i=$(number "$s")
		card "52:54:00:00:0$i:01" $held hospital 10.0.2.15/24
		card "52:54:00:00:0$i:02" $held wire "10.1.$i.2/24"
		card "52:54:00:00:0$i:03" $middle "wire$i" "10.1.$i.1/24"
	done
	echo "$holders" >$D/holders
	try 0 ' 0% packet loss' 'a site sees the aggregator' \
		within "$(holder 1)" ping -c 1 -W 30 10.1.1.1
	try 1 unreachable 'it does not see another site' within "$(holder 1)" ping -c 1 -W 5 10.1.2.2
	try 1 unreachable 'nor the wire of one' within "$(holder 1)" ping -c 1 -W 5 10.1.2.1
	try 1 unreachable 'the aggregator sees no broker' within $middle ping -c 1 -W 5 10.0.2.100
}

wire() { # NUMBER up|down
	within $middle ip link set "wire$1" "$2"
}

# ---- processes -----------------------------------------------------------------------------

site() { # NAME DIR OPTIONS...: a hospital's worker, its process in $begun; $WORKER is its program
	name=$1 dir=$2
	shift 2
	mkdir -p "$dir"
	chown worker "$dir"
	i=$(number "$name")
	# not by within(), so that the process is the program's own
	nsenter -t "$(holder "$i")" -n -- as worker ${WORKER:-ward-train} train $COMMON --plan $PLAN \
		--data "$name=/fw/$name.wds" --join "10.1.$i.1:$PORT" \
		--peer-policy /data/aggregator.json --peer-root $ROOT --out "$dir" "$@" >"$dir.log" 2>&1 &
	begun=$!
}

aggregator() { # DIR OPTIONS...: its process in $aggregator
	dir=$1
	shift
	mkdir -p "$dir"
	chown other "$dir"
	nsenter -t $middle -n -- as other ward-train aggregate --plan $PLAN --listen ":$PORT" \
		--policy /data/site.json --root $ROOT --out "$dir" "$@" >"$dir.log" 2>&1 &
	aggregator=$!
}

same() { # TEXT FILE FILE
	cmp "$2" "$3" >$D/out 2>$D/err
	result $? "$1"
}

live() {	# bytes of protected memory that anybody holds
	wardctl -o json mem list 2>$D/err >$D/out
	grep -q '"buffers": *\[\]' $D/out
	result $? 'nobody holds protected memory any more'
}

# ---- all four, and the same data in one place ------------------------------------------

whole() {
	sites=
	aggregator /tmp/all --sites 4 --reattest rounds=2
	for s in $(names); do
		site "$s" "/tmp/all-$s" --reattest rounds=3 --reattest 20
		sites="$sites $begun:$s"
	done
	for s in $sites; do
		ended "${s%%:*}" 0 "site ${s#*:}: done" "/tmp/all-${s#*:}.log" "everybody's receipts"
	done
	ended $aggregator 0 'aggregator: done' /tmp/all.log 'to 4 sites'
	data=
	for s in $(names); do
		data="$data --data $s=/fw/$s.wds"
		same "site $s has the aggregator's file of receipts" \
			/tmp/all/federation.wardfed "/tmp/all-$s/federation.wardfed"
	done
	mkdir -p /tmp/one
	chown worker /tmp/one
	try 0 'receipt' 'one place with all data' as worker ward-train train $COMMON --plan $PLAN \
		$data --out /tmp/one
	for m in /tmp/one/model-*.onnx; do
		m=${m##*/}
		same "${m%.onnx}: the federation's is that of one place, to the bit" \
			"/tmp/one/$m" "/tmp/all/$m"
		for s in $(names); do
			same "${m%.onnx}: site $s has it" "/tmp/all/$m" "/tmp/all-$s/$m"
		done
	done
	live
}

# ---- somebody dies ------------------------------------------------------------------------

waited() { # FILE WORD
	tries=0
	until grep -q -- "$2" "$1" || [ $tries -ge 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

# One of three sites is killed once it takes part: two are a quorum.
site_killed() {
	set -- $(names)
	aggregator /tmp/two --sites 3 --quorum 2 --round-timeout 600
	site "$1" "/tmp/two-$1"
	a=$begun
	site "$2" "/tmp/two-$2"
	b=$begun
	site "$3" "/tmp/two-$3"
	waited "/tmp/two-$3.log" '^join:'
	kill -KILL $begun
	ended $a 0 'a site is killed: the others go on' "/tmp/two-$1.log" "everybody's receipts"
	ended $b 0 'both of them' "/tmp/two-$2.log" "everybody's receipts"
	ended $aggregator 0 'and the aggregator' /tmp/two.log 'to 2 sites'
	live
}

# ---- somebody lies ------------------------------------------------------------------------

# One has a Hessian that none has, another an update that is no number: two are a quorum.
liars() {
	set -- $(names)
	aggregator /tmp/lies --sites 4 --quorum 2
	site "$1" "/tmp/lies-$1"
	a=$begun
	site "$2" "/tmp/lies-$2"
	b=$begun
	WORKER="env TURN=hessian:1 turncoat"
	site "$3" "/tmp/lies-$3"
	c=$begun
	WORKER="env TURN=nan:2 turncoat"
	site "$4" "/tmp/lies-$4"
	d=$begun
	WORKER=
	ended $c 5 'a site whose Hessian none can be is refused' "/tmp/lies-$3.log" \
		'refuses this site: .* that its rows cannot have given'
	ended $d 5 'one whose update is no number, in the second round' "/tmp/lies-$4.log" \
		'refuses this site: .* not finite'
	ended $a 0 'the others go on' "/tmp/lies-$1.log" "everybody's receipts"
	ended $b 0 'both of them' "/tmp/lies-$2.log" "everybody's receipts"
	ended $aggregator 0 'and the aggregator says why' /tmp/lies.log "gone: $4: .* not finite"
	same 'and their model is one' "/tmp/lies/model-sgd.onnx" "/tmp/lies-$1/model-sgd.onnx"
	live
}

# ---- a wire is cut ------------------------------------------------------------------------

stopped() { # PROCESS
	tries=0
	until grep -q '^State:.T' "/proc/$1/status" || [ $tries -ge 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

# What it sent to the aggregator is on its way, and nobody says that it came.
unanswered() { # NUMBER
	tries=0
	until within "$(holder "$1")" awk '$3 ~ /:1B58$/ && $4 == "01" && $5 !~ /^00000000:/ { yes = 1 }
			END { exit !yes }' /proc/net/tcp || [ $tries -ge 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

# In the midst of the second round, each before its answer: one wire is mended, one is not.
wire_cut() {
	set -- $(names)
	aggregator /tmp/cut --sites 3 --quorum 2
	WORKER="env TURN=stop:2 turncoat"
	site "$1" "/tmp/cut-$1"
	a=$begun
	site "$3" "/tmp/cut-$3"
	c=$begun
	WORKER=
	site "$2" "/tmp/cut-$2"
	b=$begun
	stopped $a
	stopped $c
	wire 1 down
	wire 3 down
	kill -CONT $a $c
	unanswered 1
	unanswered 3
	wire 1 up
	ended $a 0 'a wire is cut in the midst of a round and mended: nobody minds' \
		"/tmp/cut-$1.log" "everybody's receipts"
	ended $b 0 'one is cut for good: the others go on' "/tmp/cut-$2.log" "everybody's receipts"
	ended $aggregator 0 'and the aggregator' /tmp/cut.log 'to 2 sites'
	ended $c 8 'who is behind it stops' "/tmp/cut-$3.log" '^receipt:'
	wire 3 up
	live
	tell cut-bundle /tmp/cut/federation.wardfed
	tell cut-receipt "/tmp/cut-$3/receipt-$3.ward"
}

# ---- the aggregator dies --------------------------------------------------------------------

# The aggregator is killed while it waits for a second site: the first has its receipts.
aggregator_killed() {
	set -- $(names)
	aggregator /tmp/none --sites 2
	site "$1" "/tmp/none-$1"
	waited /tmp/none.log '^join:'
	kill -KILL $aggregator
	ended $begun 8 'the aggregator is killed: a site stops' "/tmp/none-$1.log" '^receipt:'
	[ -s "/tmp/none-$1/receipt-$1.ward" ]
	result $? 'and has its receipt'
	tell last-receipt "/tmp/none-$1/receipt-$1.ward"
	live
}

# A worker that is accepted as no site, for its uid.
stranger() {
	set -- $(names)
	aggregator /tmp/no --sites 1 --join-timeout 60
	mkdir -p /tmp/no-site
	chown other /tmp/no-site
	try 5 'evidence refused by the other side' 'a worker of another user is refused' \
		within "$(holder 1)" as other ward-train train $COMMON --plan /data/plan.json \
		--data "$1=/fw/$1.wds" --join "10.1.1.1:$PORT" --peer-policy /data/aggregator.json \
		--peer-root $ROOT --out /tmp/no-site
	kill $aggregator
	wait $aggregator
}

insmod /lib/ward/tsmsim.ko
wardctl provider set tsm >&2 || exit 1
networks
whole
tell bundle /tmp/all/federation.wardfed
site_killed
tell two /tmp/two/federation.wardfed
liars
wire_cut
aggregator_killed
stranger
for m in newton sgd; do
	tell weights-$m /tmp/all/model-$m.safetensors
done
hold wiped
# The control: a plain program that holds the same. It gets it only now.
: >$D/hoard
: >$D/err
echo "# holding"
hoard </dev/virtio-ports/ward.ctl >>$D/hoard 2>>$D/err &
hoard=$!
lines 1 $D/hoard
cp $D/hoard $D/out
grep -q '^hoard: ' $D/hoard
result $? 'the control holds the same'
kill -KILL $hoard
wait $hoard
hold control
exit $failed
