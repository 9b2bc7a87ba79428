#!/bin/bash
# SPDX-License-Identifier: MIT
# ward-broker besieged (broker_siege.py), reloaded, and told to end in the middle of
# requests. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
PID=
. tests/harness/results.sh

end() {
	[ -n "$PID" ] && kill -KILL "$PID" 2>/dev/null
	rm -rf "$D"
}
trap end EXIT

config() { # config [MEMBER]...
	local more=
	for m; do more+=",$m"; done
	cat <<-CONFIG >"$D/new"
	{"ward-broker": 1, "listen": "127.0.0.1:0",
	 "tls": {"certificate": "tls.pem", "key": "tls.key"},
	 "policy": "policy.json", "release_log": "release.log",
	 "resources": {"hospital/dataset/one": {"dataset": "000102030405060708090a0b0c0d0e0f", "key": "one.key"}}$more}
	CONFIG
	mv "$D/new" "$D/broker.json"
}

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=$1" \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$D/key.new" -out "$D/pem.new" 2>"$D/req"
	chmod 600 "$D/key.new"
	mv "$D/key.new" "$D/tls.key"
	mv "$D/pem.new" "$D/tls.pem"
}

# await COUNT TEXT: so many lines of the journal have it, within a minute
await() {
	for _ in $(seq 1200); do
		[ "$(grep -c -- "$2" "$D/err")" -ge "$1" ] && return 0
		sleep 0.05
	done
	return 1
}

start() {
	: >"$D/ready"
	"$BIN/ward-broker" --config "$D/broker.json" >"$D/ready" 2>"$D/err" &
	PID=$!
	for _ in $(seq 1200); do
		PORT=$(sed -n 's/^listening on 127.0.0.1://p' "$D/ready")
		[ -z "$PORT" ] || return 0
		sleep 0.05
	done
	return 1
}

results_of() { # results_of COMMAND...: its TAP is ours
	while read -r line; do
		case $line in
		'ok '*) result 0 "${line#ok - }" ;;
		'not ok '*) result 1 "${line#not ok - }" ;;
		*) echo "# $line" ;;
		esac
	done < <(timeout 900 "$@" 2>&1 || echo "not ok - $2 came to the end")
}

subject() { # of the certificate that the broker shows
	openssl s_client -connect "127.0.0.1:$PORT" </dev/null 2>/dev/null |
		openssl x509 -noout -subject 2>/dev/null
}

certificate first
head -c 32 /dev/urandom >"$D/one.key"
chmod 600 "$D/one.key"
echo '{"ward-policy": 1, "purpose": "release", "uid": [1000]}' >"$D/policy.json"
LIMITS='"limits": {"request_timeout": 3, "connections": 200, "peer_connections": 20,
	"peer_rate": 50, "peer_burst": 100, "shutdown_timeout": 2}'
config "$LIMITS"
ulimit -n "$(ulimit -Hn)"
start
result $? 'the broker starts'
results_of python3 tests/e2e/broker_siege.py "$PORT" "$D/tls.pem" "$PID"

# The protocol, as curl speaks it.
results_of python3 tests/e2e/rcar_replay.py "$PORT" "$D/tls.pem"

# The watch: nobody sends a signal.
certificate second
await 1 '"event":"reload","result":"ok"' && [[ $(subject) == *second* ]]
result $? 'a new certificate is taken without a signal'
echo '{"ward-policy": 1, "uids": [1]}' >"$D/policy.json"
await 1 '"event":"reload","result":"kept".*uids'
result $? 'a policy that is wrong is not, and the journal says why'
certificate third
sleep 2.5
[[ $(subject) == *second* ]]
result $? 'nor a sound certificate beside it: all or nothing'
[ "$(grep -c '"result":"kept"' "$D/err")" -eq 1 ]
result $? 'which is said once'
echo '{"ward-policy": 1, "purpose": "release", "uid": [1001]}' >"$D/policy.json"
await 2 '"event":"reload","result":"ok"' && [[ $(subject) == *third* ]]
result $? 'both are when the policy is right'
config '"session_max": 9'
await 1 '"result":"kept".*session_max: changes only with a restart'
result $? 'what needs a restart is not taken'
config "$LIMITS" '"token_lifetime": 7'
kill -HUP "$PID"
await 3 '"event":"reload","result":"ok"'
result $? 'SIGHUP has it read at once'

# Told to end: a request that has begun is answered, a new connection is not, and one
# that never ends is not waited for.
kill -TERM "$PID"
wait "$PID"
config '"limits": {"request_timeout": 120, "shutdown_timeout": 8}'
start
results_of python3 tests/e2e/broker_end.py "$PORT" "$D/tls.pem" "$PID"
wait "$PID"
[ $? -eq 0 ]
result $? 'it ended with exit code 0'
PID=
tail -n 1 "$D/err" | grep -q '"event":"stop","result":"ok"'
result $? 'and its last word is that'
finish
