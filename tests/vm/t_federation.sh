#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2046,SC2086 # names and options are words
# /script of the guest of tests/e2e/federation.sh: four sites and an aggregator, each a process
# with a session of its own, on loopback. The sites' broker is on the host. The evidence is
# SIMULATED (tsmsim.ko); data sets, policies and plan come by fw_cfg and in the initrd.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

URL=https://10.0.2.100:8443
ROOT=/data/ark.pem
AT=127.0.0.1:7000
PLAN=/data/plan.json
COMMON="--broker $URL --ca /data/broker.pem"

site() { # NAME DIR OPTIONS...: a hospital's worker, its process in $begun
	name=$1 dir=$2
	shift 2
	mkdir -p "$dir"
	chown worker "$dir"
	as worker ward-train train $COMMON --plan $PLAN --data "$name=/fw/$name.wds" \
		--join $AT --peer-policy /data/aggregator.json --peer-root $ROOT \
		--out "$dir" "$@" >"$dir.log" 2>&1 &
	begun=$!
}

aggregator() { # DIR OPTIONS...: its process in $aggregator
	dir=$1
	shift
	mkdir -p "$dir"
	chown other "$dir"
	as other ward-train aggregate --plan $PLAN --listen $AT --policy /data/site.json \
		--root $ROOT --out "$dir" "$@" >"$dir.log" 2>&1 &
	aggregator=$!
}

names() {
	for f in /fw/*.wds; do
		f=${f##*/}
		echo "${f%.wds}"
	done
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
	aggregator /tmp/all --sites 4 --reattest 20
	for s in $(names); do
		site "$s" "/tmp/all-$s" --reattest 20
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
		as other ward-train train $COMMON --plan /data/plan.json --data "$1=/fw/$1.wds" \
		--join $AT --peer-policy /data/aggregator.json --peer-root $ROOT --out /tmp/no-site
	kill $aggregator
	wait $aggregator
}

insmod /lib/ward/tsmsim.ko
wardctl provider set tsm >&2 || exit 1
whole
tell bundle /tmp/all/federation.wardfed
site_killed
tell two /tmp/two/federation.wardfed
aggregator_killed
stranger
exit $failed
