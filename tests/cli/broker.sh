#!/bin/bash
# SPDX-License-Identifier: MIT
# What ward-broker says of a call and of files that make no sense, before it listens.
# TAP on stdout. The broker at work: tests/e2e/broker.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${BIN:-build/bin}/ward-broker
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

# says WORDS ARGUMENT...: exit code 1, and what stands on standard error
says() {
	local words=$1 got=0
	shift
	timeout 60 "$B" "$@" >"$D/out" 2>"$D/err" </dev/null || got=$?
	[ "$got" = 1 ] && grep -q -- "$words" "$D/err"
	result $? "ward-broker ${*//$D\//}: $words"
}

: >"$D/empty"
says '--config FILE is missing'
says '--config FILE is missing' --check
says "unrecognized option '--frob'" --frob
says 'one configuration is expected' --config "$D/empty" "$D/empty"
says 'the number of a descriptor that is open' --ready-fd x --config "$D/empty"
says 'none: No such file' --config "$D/none"
says "$D: not a regular file" --config "$D"
says 'empty: line 1, column 0' --check --config "$D/empty"

# A folder of collateral: the broker's configuration is read before its keys are.
broker() { # broker MEMBER
	cat <<-CONFIG >"$D/broker.json"
	{"ward-broker": 1, "listen": "127.0.0.1:0", "tls": {"certificate": "tls.pem", "key": "tls.key"},
	 "policy": "policy.json", "release_log": "log", $1,
	 "resources": {"a/b/c": {"dataset": "000102030405060708090a0b0c0d0e0f", "key": "k"}}}
	CONFIG
}
echo '{"ward-policy": 1}' >"$D/policy.json"
broker '"collateral": ["c"]'
says 'Expected string' --check --config "$D/broker.json"
broker '"collateral": "c"'
says 'c: No such file' --check --config "$D/broker.json"
mkdir "$D/c"
says 'k: No such file' --check --config "$D/broker.json"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=test \
	-keyout "$D/x" -out "$D/c/ark.pem" 2>/dev/null
says 'k: No such file' --check --config "$D/broker.json"
sed -i '2,4d' "$D/c/ark.pem"
says 'c/ark.pem: ' --check --config "$D/broker.json"

# Keyrings: the words of each that can't be opened, and that no passphrase shows.
rm "$D/c/ark.pem"
head -c 32 /dev/zero >"$D/k"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -days 1 -subj /CN=test \
	-keyout "$D/tls.key" -out "$D/tls.pem" 2>/dev/null
chmod 600 "$D/k" "$D/tls.key"
says 'names no keyring' --enrol passphrase:x --config "$D/broker.json"
broker '"keyring": "passphrase:pass"'
says 'pass: No such file' --check --config "$D/broker.json"
echo 'swordfish swordfish' >"$D/pass"
chmod 640 "$D/pass"
says 'chmod 600' --check --config "$D/broker.json"
chmod 600 "$D/pass"
runs() { # runs WORDS ARGUMENT...: exit code 0
	local words=$1
	shift
	timeout 60 "$B" "$@" >"$D/out" 2>"$D/err" </dev/null
	result $? "$words"
}
runs 'a keyring is made' --check --config "$D/broker.json"
says 'neither passphrase:FILE nor' --enrol swordfish --config "$D/broker.json"
(umask 077; echo 'another passphrase' >"$D/other")
runs 'another source is enrolled' --enrol "passphrase:$D/other" --config "$D/broker.json"
broker '"keyring": "passphrase:other"'
runs 'the other source opens it' --check --config "$D/broker.json"
echo 'another passphrasf' >"$D/other"
says 'opens none of the 2 wraps' --check --config "$D/broker.json"

# Beside a broker that runs, at its very address: neither its port nor its log is wanted.
echo 'another passphrase' >"$D/other"
"$B" --config "$D/broker.json" >"$D/ready" 2>"$D/broker.err" &
broker=$!
trap 'kill $broker 2>/dev/null; rm -rf "$D"' EXIT
for _ in $(seq 600); do
	[ ! -s "$D/ready" ] || break
	sleep 0.1
done
sed -i "s/127\.0\.0\.1:0/$(sed -n 's/^listening on //p' "$D/ready")/" "$D/broker.json"
grep -q '127.0.0.1:[1-9]' "$D/broker.json"
result $? 'a broker runs'
runs 'its configuration is checked beside it' --check --config "$D/broker.json"
says 'another broker writes to it' --config "$D/broker.json"
mv "$D/policy.json" "$D/policy"
echo '{"ward-policy": 1, "uid": "x"}' >"$D/policy.json"
says 'uid' --check --config "$D/broker.json"
mv "$D/policy" "$D/policy.json"
mv "$D/tls.key" "$D/key"
says 'tls.key: No such file' --check --config "$D/broker.json"
mv "$D/key" "$D/tls.key"
kill -0 $broker
result $? 'the broker runs on'
kill $broker
wait $broker
! grep -rqa -e swordfish -e 'another passphras' "$D"/broker.db* "$D/log" "$D/err" "$D/out"
result $? 'no passphrase stands in database, log or messages'
finish
