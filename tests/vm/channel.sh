# shellcheck shell=sh disable=SC2086
# SPDX-License-Identifier: MIT
# For t_wardd.sh: two workers of two users talk over an attested channel on loopback
# (examples/channel), out of class A memory and into it, and a man in the middle
# (tests/e2e/middle.c) gets nowhere. The TEE is SIMULATED.

NONE=$(printf %096d 0)		# what the simulated TEE measures
OTHER=$(printf %096d 1)

# demand NAME UID MEASUREMENT: $D/NAME.json, a policy for the peer
demand() {
	cat >"$D/$1.json" <<-POLICY
		{"ward-policy": 1, "purpose": "channel", "allow_tee": ["simulated-snp"],
		 "accept_unmeasured": true, "uid": [$2], "measurement": ["$3"]}
	POLICY
}

# begin LOG COMMAND...: in the background, its process in $begun, until it has said something
begin() {
	log=$1
	shift
	: >"$log"
	"$@" >"$log" 2>&1 &
	begun=$!
	lines 1 "$log"
}

# said LOG WORD TEXT: some line of the log has it
said() {
	tries=0
	until grep -q -- "$2" "$1" || [ $tries -ge 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	cp "$1" $D/err
	grep -q -- "$2" "$1"
	result $? "$3"
}

# talks CODE WORD TEXT OPTIONS... PORT: the other worker sends a message
talks() {
	code=$1 word=$2 text=$3
	shift 3
	try "$code" "$word" "$text" as other client "$@" <$D/message
}

# To a worker that stands still no more is said than a moment's evidence covers.
stopped() {
	mkfifo $D/pipe
	: >$D/stopped
	as other client -t 1000 -p $D/worker.json -r /data/ark.pem 7001 <$D/pipe >$D/stopped 2>&1 &
	waiting=$!
	exec 4>$D/pipe
	lines 1 $D/stopped
	kill -STOP "$giving"
	cat $D/message >&4
	exec 4>&-
	wait $waiting
	got=$?
	kill -CONT "$giving"
	cp $D/stopped $D/err
	echo "exit code $got" >$D/out
	[ $got = 5 ] && grep -q 'refused: evidence-missing, by this side' $D/stopped
	result $? 'channel: a peer that does not attest again in time is left'
}

channels() {
	demand worker 1001 "$NONE"
	demand other 1002 "$NONE"
	demand changed 1001 "$OTHER"
	head -c 300000 /dev/urandom >$D/message
	begin $D/mutual as worker server -e -p $D/other.json -r /data/ark.pem 7000
	mutual=$begun
	begin $D/giving as worker server -e 7001
	giving=$begun
	both="-e -p $D/worker.json -r /data/ark.pem"
	one="-p $D/worker.json -r /data/ark.pem"

	talks 0 'message: 300000 bytes there and back' 'channel: mutual' $both 7000
	grep -q 'peer: accepted, uid 1001, SIMULATED TEE' $D/out
	result $? 'channel: who the peer is, and that its TEE is simulated'
	said $D/mutual 'peer: accepted, uid 1002, SIMULATED' 'channel: the peer says so, too'
	talks 0 'message: 300000 bytes there and back' 'channel: one-sided' $one 7001
	said $D/giving 'no evidence was asked for' 'channel: of who connects nothing is known'
	talks 5 'refused: evidence-missing' 'channel: not without evidence' $one 7000
	talks 5 'refused: measurement-mismatch, by this side' 'channel: not with another guest' \
		-p $D/changed.json -r /data/ark.pem 7001
	said $D/giving 'refused: measurement-mismatch, by the peer' 'channel: the peer is told why'
	try 5 'refused: wrong-uid, by the peer' 'channel: not for another user' \
		as worker client $both 7000 <$D/message

	begin $D/middle as stranger middle relay 7002 7001
	talks 5 'refused: binding-mismatch, by this side' 'channel: not through a relay' $one 7002
	said $D/middle 'ends' 'channel: ... which ends'
	begin $D/middle2 as stranger middle relay 7002 7000
	talks 5 'refused: binding-mismatch, by the peer' 'channel: nor where both prove it' $both 7002
	begin $D/middle3 as stranger middle replay 7002 7001
	lines 2 $D/middle3
	talks 5 'refused: nonce-mismatch, by this side' 'channel: not on stale evidence' $one 7002
	said $D/middle3 'ends' 'channel: ... nor after it'
	stopped
	! grep -q data $D/middle $D/middle2 $D/middle3
	result $? 'channel: no message came to the man in the middle'
	kill "$mutual" "$giving"
	wait "$mutual" "$giving"
}
