#!/bin/bash
# SPDX-License-Identifier: MIT
# The broker's audit: exported, verified by wardctl and by a second reader of doc/formats.md,
# and every way of changing it. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl B=$BIN/ward-broker
D=$(mktemp -d) || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$D"' EXIT
. tests/harness/results.sh
export PYTHONDONTWRITEBYTECODE=1

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=test \
	-keyout "$D/tls.key" -out "$D/tls.pem" 2>/dev/null
echo '{"ward-policy": 1}' >"$D/policy.json"
(umask 077 && head -c 32 /dev/urandom >"$D/k")
cat <<-CONFIG >"$D/broker.json"
	{"ward-broker": 1, "listen": "127.0.0.1:0", "tls": {"certificate": "tls.pem", "key": "tls.key"},
	 "policy": "policy.json", "release_log": "log",
	 "resources": {"a/b/c": {"dataset": "000102030405060708090a0b0c0d0e0f", "key": "k"}}}
CONFIG
chmod 600 "$D/tls.key"

mkfifo "$D/ready"
"$B" --config "$D/broker.json" --ready-fd 3 3>"$D/ready" 2>"$D/journal" &
pid=$!
read -r -t 60 _ _ address <"$D/ready"
# Eight sessions whose evidence is refused; refusals of eight strangers, two requests that are
# no decisions, and two more sessions.
python3 - "$address" >"$D/out" 2>"$D/err" <<'PY'
import http.client
import json
import ssl
import sys

tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
host, port = sys.argv[1].rsplit(":", 1)
cookies, answers = [], []


def call(method, path, body=None, cookie=None):
    c = http.client.HTTPSConnection(host, int(port), context=tls, timeout=60)
    c.request(method, "/kbs/v0/" + path, body, {"Cookie": cookie} if cookie else {})
    r = c.getresponse()
    cookies.append((r.getheader("Set-Cookie") or "").split(";")[0])
    answers.append(r.read())
    return r.status


good = '{"version": "0.4.0", "tee": "ward"}'
for _ in range(8):
    assert call("POST", "auth", good) == 200
    nonce = json.loads(answers[-1])["nonce"]
    assert call("POST", "attest", json.dumps({
        "runtime-data": {"nonce": nonce, "tee-pubkey": {"kty": "RSA"}},
        "tee-evidence": {"primary_evidence": {"bundle": "AAAA"}}}), cookies[-1]) == 401
assert [call("POST", "auth", '{"version": "0.4.0", "tee": "%d"}' % n) for n in range(4)] == [401] * 4
assert call("POST", "auth", "{") == 400 and call("GET", "auth") == 405
assert call("POST", "auth", good) == 200 and call("POST", "auth", good) == 200
assert call("GET", "resource/a/b/c", cookie=cookies[-1]) == 401
assert call("GET", "resource/a/b/c", cookie="kbs-session-id=" + "0" * 64) == 401
assert call("POST", "attest", "{}") == 401
assert call("GET", "resource/a/b/c") == 401
print("\n".join(c.partition("=")[2] for c in cookies if c))
PY
result $? 'a broker refuses'
cp "$D/out" "$D/cookies"

timeout 60 "$B" --audit-export --config "$D/broker.json" >"$D/export" 2>"$D/err" &&
	timeout 60 "$B" --audit-key --config "$D/broker.json" >"$D/key.pem" 2>>"$D/err" &&
	[ "$(wc -l <"$D/export")" = 8 ]
result $? 'its audit is exported while it runs: each decision over evidence is there, and nothing else'
! grep -qFf "$D/cookies" "$D/export" "$D/journal" "$D/broker.db"*
result $? 'no cookie is in audit, journal or database'

# Its own numbers go on after a restart, with the same key.
kill "$pid"
wait "$pid"
"$B" --config "$D/broker.json" --ready-fd 3 3>"$D/ready" 2>>"$D/journal" &
pid=$!
read -r -t 60 _ <"$D/ready"
# The strangers are summed when it ends.
timeout 60 "$B" --audit-export --config "$D/broker.json" >"$D/more" 2>>"$D/err" &&
	head -n 8 "$D/more" | cmp -s - "$D/export" && [ "$(wc -l <"$D/more")" = 9 ] &&
	tail -n 1 "$D/more" | grep -qF '\"event\":\"refused\",\"result\":\"counted\",\"peer\":\"loopback\"' &&
	tail -n 1 "$D/more" | grep -qF '\"total\":8,' &&
	tail -n 1 "$D/more" | grep -qF '{\"tee-unsupported\":4}'
result $? 'what strangers were refused is one record, with how often and why'
timeout 60 "$B" --audit-key --config "$D/broker.json" | cmp -s - "$D/key.pem"
result $? 'the key stays when the broker is started again'

second() { # second FILE [HEAD]: what the other reader says
	(cd tests && python3 -m reader.audit "$1" "${KEY:-$D/key.pem}" ${2:+"$2"}) >"$D/second" 2>>"$D/err"
}

# want CODE WORDS FILE [HEAD]: both readers; WORDS stand in the output
want() {
	local got bad=0 both=0
	"$W" audit verify "$3" --key "${KEY:-$D/key.pem}" ${4:+--head "$4"} >"$D/out" 2>"$D/err"
	got=$?
	[ $got = "$1" ] && grep -q -- "$2" "$D/out" "$D/err" || bad=1
	if python3 -c 'import cryptography' 2>/dev/null; then
		second "$3" ${4:+"$4"} || both=1
		[ $((got != 0)) = $both ] || { bad=1; echo "(the second reader differs)" >>"$D/err"; }
	fi
	result $bad "${5:-$(basename "$3")}: $1 $2"
}
want 0 'records: *8' "$D/export"
head=$(sed -n 's/^head: *//p' "$D/out")
want 0 'refusals: *8' "$D/export" "$head" 'with its head'
want 0 'refusals: *16' "$D/more"
"$W" -o json audit verify "$D/export" --key "$D/key.pem" >"$D/json" &&
	python3 tests/cli/json_members.py 'audit verify' "$D/json" >"$D/err" 2>&1
result $? 'JSON as doc/json.md has it'

sed '3s/key-unsupported/ok/' "$D/export" >"$D/changed"
want 2 'line 3: the record, or one before it, is not what was signed' "$D/changed"
sed '4d' "$D/export" >"$D/cut"
want 2 'line 4: record 5 stands where record 4 belongs' "$D/cut"
sed '1d' "$D/export" >"$D/without-begin"
want 2 'line 1: record 2 stands where record 1 belongs' "$D/without-begin"
sed '2p' "$D/export" >"$D/inserted"
want 2 'line 3: record 2 stands where record 3 belongs' "$D/inserted"
sed '5{h;d};6G' "$D/export" >"$D/reordered"
want 2 'line 5: record 6 stands where record 5 belongs' "$D/reordered"
# Renumbered after the cut: the signatures hold, the chain does not.
sed '4d; s/"seq\\":\([5-8]\)/"seq\\":@\1/' "$D/export" | sed 's/@5/4/; s/@6/5/; s/@7/6/; s/@8/7/' >"$D/renumbered"
want 2 'line 4: the record, or one before it' "$D/renumbered"
sed '$d' "$D/export" >"$D/end-cut"
want 0 'records: *7' "$D/end-cut"
want 2 'the last ones are missing' "$D/end-cut" "$head" 'the end cut, with its head'
earlier=$(sed -n '7s/.*"head":"\([0-9a-f]*\)".*/\1/p' "$D/export")
want 2 'that head is of line 7, and others follow' "$D/export" "$earlier" 'with a head kept earlier'
want 0 'records: *7' "$D/end-cut" "$earlier" 'as many lines as there were then'
sed '6s/"signature":"\(.\)/"signature":"0\1/; 6s/..}$/"}/' "$D/export" >"$D/signature"
want 2 'line 6: its head is not signed by this key' "$D/signature"
head -c -1 "$D/export" >"$D/torn"
want 7 'line 8: torn' "$D/torn"
sed '2s/^/x/' "$D/export" >"$D/no-json"
want 7 'line 2: it is not JSON' "$D/no-json"
: >"$D/empty"
want 0 'records: *0' "$D/empty"
openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout -out "$D/other.pem"
KEY=$D/other.pem want 2 'line 1: its head is not signed' "$D/export" '' 'with another key'
openssl x509 -in "$D/tls.pem" -pubkey -noout >"$D/ec.pem"
KEY=$D/ec.pem want 7 'not an Ed25519 public key' "$D/export" '' 'with a key of another kind'
"$W" audit verify "$D/export" >"$D/out" 2>"$D/err"
[ $? = 1 ] && grep -q -- '--key is missing' "$D/err"
result $? 'without a key: 1'
finish
