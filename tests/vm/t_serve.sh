#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest of tests/e2e/serve.sh: a server that answers what a model says, whose client
# is on the host, so that this machine never has a question or an answer but in the server. What
# passes here besides is ciphertext: the client reaches the server through nc. The evidence is
# SIMULATED (tsmsim.ko).
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

AT=127.0.0.1:7443

# One connection of the host's client each.
relay() {
	nc 10.0.2.100 8443 -e /lib/ward/relay.sh &
}

# serve LOG OPTION...: a server; its process in $server
serve() {
	log=$1 tries=0
	shift
	as worker ward-train serve --plan /fw/table.json --model /fw/table.safetensors --listen $AT \
		--out /tmp/out "$@" -o json >"$log" 2>&1 &
	server=$!
	until grep -q '"listen"' "$log" || [ $tries -ge 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	grep -q '"listen"' "$log"
	result $? "the server listens ($1)"
}

# asked WORD: the client has come so far
asked() {
	[ "$(echo "$1" | nc 10.0.2.100 8443)" = go ]
	result $? "the client: $1"
}

cat >/lib/ward/relay.sh <<-RELAY
	#!/bin/sh
	echo relay
	exec nc ${AT%:*} ${AT#*:}
RELAY
chmod +x /lib/ward/relay.sh
: >$D/out
: >$D/err

insmod /lib/ward/tsmsim.ko
wardctl provider set tsm >&2 || exit 1
mkdir -p /tmp/out /tmp/tls
cp /fw/cert.pem /fw/key.pem /tmp/tls
chmod 600 /tmp/tls/key.pem
chown -R worker /tmp/out /tmp/tls
serve /tmp/serve.log --tls-cert /tmp/tls/cert.pem --tls-key /tmp/tls/key.pem --request-timeout 300
tell steps /tmp/serve.log
relay
relay
asked half
hold half
asked answered
hold answered
asked refused
hold refused
relay
relay
asked closed
hold closed
kill -TERM $server
ended $server 0 'told to end, it wipes, seals and writes its receipt' /tmp/serve.log '"receipt"'
hold sealed
tell receipt /tmp/out/receipt-serve.ward
serve /tmp/channel.log --channel --request-timeout 300
relay
relay
asked channel
hold channel
kill -TERM $server
ended $server 0 'a server of attested channels ends as well' /tmp/channel.log '"receipt"'
tell channel /tmp/channel.log
wardctl -o json mem list 2>$D/err >$D/out
grep -q '"buffers": *\[\]' $D/out
result $? 'nobody holds protected memory any more'
exit $failed
