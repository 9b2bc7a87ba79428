#!/bin/bash
# SPDX-License-Identifier: MIT
# ward-broker as a process: what it starts with and what not, and what strangers
# on the network can do to it. The protocol with evidence is tested in
# tests/unit/test_broker_rcar.c and test_kbs.c. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
PID=
. tests/harness/results.sh

stop() { # stop: SIGTERM, wait; leaves the exit code in CODE
	[ -n "$PID" ] || return 0
	kill -TERM "$PID" 2>/dev/null
	wait "$PID"
	CODE=$?
	PID=
}
trap 'stop; rm -rf "$D"' EXIT

config() { # config [MEMBER]...: the configuration, with more members
	local more=
	for m; do more+=",$m"; done
	cat <<-CONFIG
	{"ward-broker": 1, "listen": "127.0.0.1:0",
	 "tls": {"certificate": "tls.pem", "key": "tls.key"},
	 "policy": "policy.json", "release_log": "release.log",
	 "resources": {"hospital/dataset/one": {"file": "one.wds", "key": "one.key"}}$more}
	CONFIG
}

start() { # start: the broker with $D/broker.json; sets PORT
	: >"$D/ready"
	"$BIN/ward-broker" --config "$D/broker.json" >"$D/ready" 2>"$D/err" &
	PID=$!
	for _ in $(seq 1200); do
		PORT=$(sed -n 's/^listening on 127.0.0.1://p' "$D/ready")
		[ -z "$PORT" ] || return 0
		kill -0 "$PID" 2>/dev/null || break
		sleep 0.05
	done
	return 1
}

# refuses WORD TEXT: the broker must end with 1 at once and say WORD
refuses() {
	timeout 60 "$BIN/ward-broker" --check --config "$D/broker.json" >"$D/out" 2>"$D/err"
	local rc=$?
	[ $rc -eq 1 ] && grep -q -- "$1" "$D/err"
	result $? "$2"
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=test \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$D/tls.key" -out "$D/tls.pem" 2>"$D/err"
chmod 600 "$D/tls.key"
printf 'a,b\n1,2\n' >"$D/one.csv"
"$BIN/wardctl" -q dataset encrypt --table --new-key "$D/one.key" "$D/one.csv" "$D/one.wds"
echo '{"ward-policy": 1, "purpose": "release", "uid": [1000]}' >"$D/policy.json"

config >"$D/broker.json"
"$BIN/ward-broker" --check --config "$D/broker.json" 2>"$D/err"
result $? 'a good configuration is accepted'
chmod 644 "$D/one.key"
refuses 'chmod 600' 'a data key that others can read is refused'
chmod 600 "$D/one.key"
chmod 644 "$D/tls.key"
refuses 'chmod 600' 'so is a TLS key'
chmod 600 "$D/tls.key"
cp "$D/one.key" "$D/right.key"
head -c 32 /dev/urandom >"$D/one.key"
refuses 'one.wds' "a key that doesn't open its data set is refused"
cp "$D/right.key" "$D/one.key"
mv "$D/policy.json" "$D/away"
refuses 'policy.json' 'a policy that is missing is refused'
echo '{"ward-policy": 1, "uids": [1000]}' >"$D/policy.json"
refuses 'uids' 'a policy with an unknown member is refused'
mv "$D/away" "$D/policy.json"
config '"roots": ["one.csv"]' >"$D/broker.json"
refuses 'one.csv' 'a root that is no certificate is refused'
config '"sesion_max": 3' >"$D/broker.json"
refuses 'sesion_max' 'a misspelt member is refused'
for m in 0.0.0.0:9 192.0.2.1:9 '[::]:9' localhost:9 127.0.0.1; do
	config "\"metrics\": \"$m\"" >"$D/broker.json"
	refuses 'metrics:' "metrics on $m are refused"
done
echo '{' >"$D/broker.json"
refuses 'line 2' 'a damaged configuration is refused with its line'

mkdir "$D/vendors"
cp "$D/tls.pem" "$D/vendors/ark.pem"
config '"session_max": 4' '"limits": {"peer_sessions": 9}' \
	'"metrics": "127.0.0.1:0"' '"session_timeout": 3' '"collateral": "vendors"' >"$D/broker.json"
start
result $? 'the broker starts and says where it listens'
timeout 60 "$BIN/ward-broker" --config "$D/broker.json" >"$D/out" 2>"$D/err2"
[ $? -eq 1 ] && grep -q 'another broker' "$D/err2"
result $? 'a second broker on the same release log is refused'
openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 </dev/null >"$D/out" 2>&1
[ $? -ne 0 ]
result $? 'TLS 1.2 is refused'

while read -r line; do
	case $line in
	'ok '*) result 0 "${line#ok - }" ;;
	'not ok '*) result 1 "${line#not ok - }" ;;
	*) echo "# $line" ;;
	esac
done < <(timeout 600 python3 tests/e2e/broker_strangers.py "$PORT" "$D/tls.pem" 2>&1 ||
	echo 'not ok - the strangers came to the end')

METRICS=$(sed -n 's/^metrics on 127.0.0.1://p' "$D/ready")
curl -s "http://127.0.0.1:$METRICS/metrics" >"$D/metrics"
python3 tests/e2e/prometheus.py "$D/metrics" >"$D/values"
result $? 'its metrics are what Prometheus reads'
# count JOURNAL VALUE: as often in the journal as in the metrics
count() {
	[ "$(grep -c "$1" "$D/err")" -gt 0 ] &&
		grep -qxF "$2 $(grep -c "$1" "$D/err")" "$D/values"
}
count '"event":"auth","result":"ok"' 'ward_broker_decisions_total{event="auth",result="ok"}' &&
	count '"event":"resource","result":"token-invalid"' \
		'ward_broker_decisions_total{event="resource",result="token-invalid"}' &&
	count '"event":"auth"' 'ward_broker_request_duration_seconds_count{event="auth"}' &&
	grep -qxF 'ward_broker_releases_total 0' "$D/values"
result $? 'and they agree with its journal'
[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$METRICS/")" = 404 ] &&
	[ "$(curl -s -o /dev/null -w '%{http_code}' -d x "http://127.0.0.1:$METRICS/metrics")" != 200 ]
result $? 'there is nothing else on that port'

kill -HUP "$PID"
for _ in $(seq 1200); do
	grep -q '"event":"collateral","result":"ok"' "$D/err" && break
	sleep 0.05
done
grep -q '"event":"collateral","result":"ok","detail":"1 files"' "$D/err"
result $? 'SIGHUP has it read its collateral again'
kill -0 "$PID"
result $? 'the broker is still there'
stop
[ "$CODE" -eq 0 ]
result $? 'SIGTERM ends it with exit code 0'
[ -e "$D/release.log" ] && [ ! -s "$D/release.log" ]
result $? 'nothing was released to strangers'
python3 - "$D/err" <<'EOF'
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
assert len(lines) > 10, len(lines)
assert all({"time", "event", "result"} <= set(l) for l in lines)
assert lines[-1]["event"] == "stop"
EOF
result $? 'its journal is one JSON object a line'
! grep -qiE 'cookie|kbs-session|Bearer|[A-Za-z0-9+/]{43}=' "$D/err"
result $? 'with neither cookies nor nonces in it'

finish
