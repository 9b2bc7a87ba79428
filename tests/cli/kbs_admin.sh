#!/bin/bash
# SPDX-License-Identifier: MIT
# The administration of a living broker, by curl: who may, what it does, and that no
# secret that it was given stands anywhere but wrapped. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${BIN:-build/bin}/ward-broker
D=$(mktemp -d) || exit 1
PID=
trap '[ -z "$PID" ] || { kill "$PID"; wait "$PID"; } 2>/dev/null; rm -rf "$D"' EXIT
. tests/harness/results.sh
umask 077

certificate() { # certificate NAME SIGNER
	openssl ecparam -name prime256v1 -genkey -noout -out "$D/$1.key"
	openssl req -new -key "$D/$1.key" -subj "/CN=$1" -out "$D/$1.csr"
	openssl x509 -req -in "$D/$1.csr" -CA "$D/$2.pem" -CAkey "$D/$2.key" -days 1 -out "$D/$1.pem" \
		-extfile <(echo 'subjectAltName=IP:127.0.0.1')
}
ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=$1" \
		-keyout "$D/$1.key" -out "$D/$1.pem"
}
{ ca ca; ca strange; certificate tls ca; certificate boss ca; certificate clerk ca
  certificate spy strange; } 2>/dev/null
digest=$(openssl x509 -in "$D/boss.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
	sha256sum | cut -d' ' -f1)
# Below those that the kernel gives to whoever asks for any.
port=$(python3 - <<'PYTHON'
import random, socket
for port in random.sample(range(15000, 32000), 100):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
PYTHON
)
head -c 32 /dev/urandom >"$D/k"
head -c 32 /dev/urandom >"$D/secret"
echo 'a passphrase of this test' >"$D/pass"
echo '{"ward-policy": 1, "accept_unmeasured": true}' >"$D/policy.json"
configure() { # configure MEMBER
	cat <<-CONFIG >"$D/broker.json"
	{"ward-broker": 1, "listen": "127.0.0.1:0", "tls": {"certificate": "tls.pem", "key": "tls.key"},
	 "policy": "policy.json", "release_log": "log", "keyring": "passphrase:pass", $1,
	 "resources": {"a/b/c": {"dataset": "000102030405060708090a0b0c0d0e0f", "key": "k"}}}
	CONFIG
}
refused() { # refused WORDS MEMBER
	configure "$2"
	! timeout 60 "$B" --check --config "$D/broker.json" 2>"$D/err" && grep -q -- "$1" "$D/err"
	result $? "$2: $1"
}
refused "must have 'listen', 'ca' and 'clients'" '"admin": {"listen": "127.0.0.1:0"}'
refused "'clients' must be a list" '"admin": {"listen": "127.0.0.1:0", "ca": "ca.pem", "clients": []}'
refused "64 lower-case hex" '"admin": {"listen": "127.0.0.1:0", "ca": "ca.pem", "clients": ["00"]}'
refused 'is not ADDRESS:PORT' "\"admin\": {\"listen\": \"x\", \"ca\": \"ca.pem\", \"clients\": [\"$digest\"]}"
refused 'none.pem' "\"admin\": {\"listen\": \"127.0.0.1:0\", \"ca\": \"none.pem\", \"clients\": [\"$digest\"]}"

configure "\"admin\": {\"listen\": \"127.0.0.1:$port\", \"ca\": \"ca.pem\", \"clients\": [\"$digest\"]}"
"$B" --config "$D/broker.json" >"$D/ready" 2>"$D/journal" &
PID=$!
for _ in $(seq 1500); do
	grep -q listening "$D/ready" && break
	sleep 0.1
done
main=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$D/ready")

# A worker that was given the administrators' port.
if [ -e build/tests/fakeward.so ]; then
	LD_PRELOAD=$PWD/build/tests/fakeward.so timeout 60 "${BIN:-build/bin}/wardctl" kbs get-resource \
		--url "https://127.0.0.1:$port" --ca "$D/ca.pem" --out "$D/o" a/b/c 2>"$D/err" >"$D/out"
	[ $? = 8 ] && grep -q "client's certificate.*workers ask at another port" "$D/err"
	result $? 'who asks for a resource there is told that it is the port of administration'
else
	skip 'a resource at the port of administration' 'no stand-in (make cli-tests)'
fi

# ask WHO METHOD PATH [BODY-FILE]: status in $status, answer in $D/answer
ask() {
	status=$(curl -s -m 60 --cacert "$D/ca.pem" --cert "$D/$1.pem" --key "$D/$1.key" -X "$2" \
		${4:+--data-binary "@$4"} -o "$D/answer" -w '%{http_code}' \
		"https://127.0.0.1:${to:-$port}/${under:-admin/v1}/$3")
}
kbs() { # kbs WHO PATH BODY-FILE: as the clients of Trustee's brokers post it
	under=kbs/v0 ask "$1" POST "$2" "$3"
}
says() { # says STATUS WORDS NAME
	[ "$status" = "$1" ] && grep -q -- "$2" "$D/answer"
	local rc=$?
	[ $rc = 0 ] || echo "# $status $(head -c 300 "$D/answer")"
	result $rc "$3"
}

ask boss GET resources
says 200 '^\[\]$' 'whose key is listed may ask'
ask clerk GET resources
says 403 client-refused 'a key that is not listed may not, whoever signed'
grep -q '"event":"admin","result":"client-refused","peer":"127.0.0.1"' "$D/journal"
result $? 'and the journal has that it asked'
ask spy GET resources
[ "$status" = 000 ]
result $? 'a certificate of another CA ends in the handshake'
status=$(curl -s -m 60 --cacert "$D/ca.pem" -o "$D/answer" -w '%{http_code}' "https://127.0.0.1:$port/admin/v1/resources")
[ "$status" = 000 ]
result $? 'no certificate ends in the handshake'
to=$main ask boss GET resources
says 404 path-unknown 'the port of the workers has no administration'

echo '{"project": "clinic", "policy": "{\"ward-policy\":1,\"uid\":[77]}"}' >"$D/body"
ask boss PUT policies/strict "$D/body"
says 200 entered 'a policy is entered'
echo '{"project": "clinic", "policy": "{\"ward-policy\":1,\"nonsense\":[77]}"}' >"$D/body"
ask boss PUT policies/other "$D/body"
says 400 nonsense 'what is no policy is not, and the member is named'
ask boss GET policies
says 200 '"name":"strict"' 'policies are listed'
ask boss GET policies/strict
says 200 'uid.*sha256' 'one is shown'

secret=$(basenc --base64url -w0 "$D/secret" | tr -d =)
echo "{\"project\": \"clinic\", \"dataset\": \"$(printf %032d 7)\", \"key\": \"$secret\", \"policy\": \"strict\", \"key_uses\": 0, \"key_lifetime\": 60, \"uses\": 3, \"expires\": \"2099-01-01T00:00:00Z\", \"clients\": [\"$digest\"]}" >"$D/body"
ask boss PUT resources/clinic/dataset/one "$D/body"
says 200 entered 'a key is entered'
ask boss PUT resources/clinic/dataset/one "$D/body"
says 409 name-taken 'not twice'
ask boss PUT resources/a/b/c "$D/body"
says 409 name-taken 'nor over one of the configuration'
ask boss PUT resources/passwd "$D/body"
says 400 malformed 'nor under what is no path'
sed 's/strict/none/' "$D/body" >"$D/body2"
ask boss PUT resources/x/y/z "$D/body2"
says 400 'no policy of that name' 'nor with a policy that is not there'
sed 's/uses": 3/uses": 0/' "$D/body" >"$D/body2"
ask boss PUT resources/x/y/z "$D/body2"
says 400 malformed 'nor with a limit of zero'
sed 's/"key_lifetime": 60/"key_uses": "7"/' "$D/body" >"$D/body2"
ask boss PUT resources/x/y/z "$D/body2"
says 400 malformed 'nor with a number that is a text'
sed 's/"key_lifetime": 60/"key_lifetime": 36028797018963968/' "$D/body" >"$D/body2"
ask boss PUT resources/x/y/z "$D/body2"
says 400 malformed 'nor for a life whose nanoseconds no number holds'
sed 's/}$/, /' "$D/body" >"$D/body2"
ask boss PUT resources/x/y/z "$D/body2"
says 400 'not an object' 'a torn body is refused'
ask boss GET resources
says 200 '"path":"clinic/dataset/one".*"disabled":false.*"policy":"strict".*"uses":3,"key_lifetime":60' 'resources are listed'
! grep -q -e "$secret" "$D/answer"
result $? 'without their keys'
# What a client that encodes its query makes of a path's slashes, and a page of one.
ask boss GET 'resources?limit=1&after=clinic%2Fdataset%2Fon'
says 200 '^\[{"path":"clinic/dataset/one"[^{}]*}\]$' 'from a path on, a page of them'
ask boss GET 'resources?after=clinic/dataset/one'
says 200 '^\[\]$' 'and nothing behind the last'
ask boss GET 'resources?after=../etc'
says 400 malformed-request 'what is no path is no place in the list'
ask boss DELETE policies/strict
says 409 policy-in-use 'a policy that is asked for stays'
echo '{"disabled": true}' >"$D/body2"
ask boss POST resources/clinic/dataset/one "$D/body2"
says 200 true 'a resource is disabled'
ask boss POST resources/no/such/one "$D/body2"
says 404 path-unknown 'one that is not there is not'

echo '{"bundle": "AAAA", "policy": "strict"}' >"$D/body2"
ask boss POST dry-run "$D/body2"
says 200 '"ok":false' 'a dry run gives a verdict'
echo '{"bundle": "AAAA", "policy": "none"}' >"$D/body2"
ask boss POST dry-run "$D/body2"
says 400 'no policy of that name' 'of a policy that is there'
ask boss GET sessions
says 200 '"sessions":0' 'no session came of it'
ask boss POST reload
says 200 reloaded 'the configuration is read again'
cp "$D/policy.json" "$D/kept"
echo '{' >"$D/policy.json"
ask boss POST reload
says 409 configuration-refused 'a wrong one is refused'
cp "$D/kept" "$D/policy.json"
ask boss GET audit
says 200 'admin.*resources/clinic/dataset/one' 'the audit has what was done'
ask boss GET nothing
says 404 path-unknown 'there is nothing else'
ask boss POST resources
says 405 method-unsupported 'nor by another method'

# ---- as the clients of Trustee's brokers ask
policy() { # policy TEXT: as they send it
	printf %s "$1" | basenc --base64url -w0 | tr -d =
}
attestation_policy() { # attestation_policy TYPE NAME TEXT
	echo "{\"type\": \"$1\", \"policy_id\": \"$2\", \"policy\": \"$(policy "$3")\"}"
}
attestation_policy rego site '{"ward-policy":1,"uid":[5]}' >"$D/body2"
kbs boss attestation-policy "$D/body2"
says 200 '"entered":"site","version":1' 'an attestation policy is entered'
attestation_policy ward-policy site '{"ward-policy":1,"uid":[6]}' >"$D/body2"
kbs boss attestation-policy "$D/body2"
says 200 '"version":2' 'another text under its name is its second version'
ask boss GET policies/site
says 200 '"project":"default".*\[6\].*"version":2' '... which is in force'
ask boss GET policies/site/1
says 200 '\[5\].*"version":1' '... and the first can still be read'
for version in 3 0 1x ''; do
	ask boss GET "policies/site/$version"
	says 404 path-unknown "... but no version '$version'"
done
sha256=$(printf %s '{"ward-policy":1,"uid":[6]}' | sha256sum | cut -d' ' -f1)
ask boss GET audit
says 200 "attestation-policy.*$sha256" '... and the audit names it'
attestation_policy rego default $'package policy\n\ndefault allow = true' >"$D/body2"
kbs boss attestation-policy "$D/body2"
says 400 'errors/policy-not-ward.*ward-policy(5)' 'Rego is refused, and the answer says what would be taken'
attestation_policy opa site '{"ward-policy":1}' >"$D/body2"
kbs boss attestation-policy "$D/body2"
says 400 policy-not-ward '... and so is another type'
attestation_policy rego site '{"ward-policy":1,"nonsense":1}' >"$D/body2"
kbs boss attestation-policy "$D/body2"
says 400 'malformed-request.*nonsense' '... and what is no policy'
attestation_policy rego 'no name' '{"ward-policy":1}' >"$D/body2"
kbs boss attestation-policy "$D/body2"
says 400 malformed-request '... and a name that is none'
for text in 'not+base64' ''; do
	echo "{\"policy\": \"$text\"}" >"$D/body2"
	kbs boss resource-policy "$D/body2"
	says 400 base64url "... and '$text', which is no base64url"
done
echo "{\"policy\": \"$(policy '{"ward-policy":1,"uid":[7]}')\"}" >"$D/body2"
kbs boss resource-policy "$D/body2"
says 200 '"entered":"resource-policy","version":1' 'the resource policy is entered'
kbs clerk resource-policy "$D/body2"
says 403 client-refused 'by who is listed alone'
to=$main kbs boss resource-policy "$D/body2"
says 404 path-unknown 'the port of the workers takes none'
to=$main kbs boss resource/clinic/key/raw "$D/secret"
says 405 method-unsupported '... and no resource'
kbs boss resource/clinic/key/raw "$D/secret"
says 200 '"entered":"clinic/key/raw","version":1' 'the bytes of a key are entered'
kbs boss resource/clinic/key/raw "$D/secret"
says 200 '"version":2' '... and others in their place'
ask boss GET resources
says 200 'clinic/key/raw","project":"default","dataset":"00000000000000000000000000000000".*"version":2' '... of no data set'
kbs boss resource/clinic/dataset/one "$D/secret"
says 200 '"version":2' 'a resource gets another key'
ask boss GET resources
says 200 'clinic/dataset/one".*"dataset":"00000000000000000000000000000007","disabled":true.*"uses":3' '... on its terms'
sed 's/"uses": 3/"uses": 4/' "$D/body" >"$D/body2"
kbs boss resource/clinic/dataset/one "$D/body2"
says 200 '"version":3' '... or other terms as well'
ask boss GET resources
says 200 'clinic/dataset/one".*"uses":4' '... which hold'
head -c 33 /dev/zero >"$D/body2"
kbs boss resource/clinic/key/raw "$D/body2"
says 400 '32 bytes as they are, or JSON' 'what is neither a key nor JSON is refused'
kbs boss resource/a/b/c "$D/secret"
says 409 name-taken 'and so is a path of the configuration'
kbs boss resource/passwd "$D/secret"
says 400 malformed 'and what is no path'
under=kbs/v0 ask boss GET resource/clinic/key/raw
says 405 method-unsupported 'nothing is released here'
kbs boss reference-value "$D/body2"
says 404 path-unknown 'nor are there reference values'

# ---- the same by wardctl
W=$(realpath "${BIN:-build/bin}/wardctl")
cli() { # cli WHO VERB ARGUMENT...
	local who=$1 verb=$2
	shift 2
	"$W" ${json:+-o json} kbs "$verb" --url "https://127.0.0.1:$port" --ca "$D/${ca:-ca}.pem" --cert "$D/$who.pem" \
		--cert-key "$D/$who.key" "$@" >"$D/out" 2>"$D/err" </dev/null
}
want() { # want TEXT CODE WORDS WHO VERB ARGUMENT...
	local text=$1 code=$2 words=$3
	shift 3
	cli "$@"
	local got=$?
	[ $got = "$code" ] && cat "$D/out" "$D/err" | grep -q -- "$words"
	local rc=$?
	[ $rc = 0 ] || echo "# $got $(cat "$D/out" "$D/err" | head -c 300)"
	result $rc "$text"
}
id=$(printf %032d 8)
echo '{"ward-policy": 1, "uid": [8]}' >"$D/named"
want 'wardctl: a policy by its name' 0 'policy: *ward8' boss set-attestation-policy --policy-file "$D/named" --id ward8
want '... and that of all evidence' 0 'policy: *default' boss set-attestation-policy --policy-file "$D/named"
want '... and that of all releases' 0 'version: *2' boss set-resource-policy --policy-file "$D/named"
want 'a key with its terms' 0 'version: *1' boss set-resource --resource-file "$D/secret" --dataset "$id" \
	--project clinic --policy ward8 --uses 2 --expires 2099-01-01T00:00:00Z clinic/key/two
ask boss GET resources
says 200 "clinic/key/two\",\"project\":\"clinic\",\"dataset\":\"$id\".*\"policy\":\"ward8\".*\"uses\":2" '... which the broker has'
want 'another key on its terms' 0 'version: *2' boss set-resource --resource-file "$D/secret" clinic/key/two
json=1
for verb in 'set-resource --resource-file secret clinic/key/two' 'delete-resource clinic/key/two' \
	'set-resource-policy --policy-file named' 'set-attestation-policy --policy-file named'; do
	# shellcheck disable=SC2086
	(cd "$D" && cli boss $verb) &&
		python3 tests/cli/json_members.py "kbs ${verb%% *}" "$D/out" >"$D/err" 2>&1
	result $? "json.md: kbs ${verb%% *}"
done
json=
want 'a key that is not there' 5 'path-unknown' boss delete-resource clinic/key/two
echo 'package policy' >"$D/rego"
want 'Rego' 5 'policy-not-ward: .*ward-policy(5)' boss set-resource-policy --policy-file "$D/rego"
want 'who is not listed' 5 'client-refused' clerk set-resource-policy --policy-file "$D/named"
want 'who is of another CA' 8 'wardctl: https:' spy set-resource-policy --policy-file "$D/named"
port=$main want 'the port of the workers is another' 5 "method-unsupported.*port of administration" \
	boss set-resource --resource-file "$D/secret" a/b/d
ca=strange want 'a CA that does not vouch for the broker' 8 'name the CA' \
	boss set-resource-policy --policy-file "$D/named"
! "$W" kbs delete-resource --url https://127.0.0.1 --ca "$D/ca.pem" a/b/d 2>"$D/err" && grep -q 'cert-key are needed' "$D/err"
result $? 'no certificate'
want 'a key that is none' 1 'exactly 32 bytes' boss set-resource --resource-file "$D/named" clinic/key/two
want 'terms without a data set' 1 'go with --dataset' boss set-resource --resource-file "$D/secret" --uses 2 a/b/d
want 'a path out of paths' 1 'repository/type/tag' boss delete-resource 'a b?'
ask boss DELETE policies/ward8
ask boss DELETE policies/default
says 200 deleted 'what wardctl entered goes as the rest'

# What was entered, as it is, in hex and in base64: wrapped alone.
hex=$(xxd -p -c64 "$D/secret" 2>/dev/null || od -An -tx1 -v "$D/secret" | tr -d ' \n')
base64=$(base64 -w0 "$D/secret" | cut -c1-40)
cat "$D"/broker.db* "$D/journal" "$D/log" "$D/answer" "$D/out" "$D/err" "/proc/$PID/cmdline" "/proc/$PID/environ" >"$D/all" 2>/dev/null
grep -qa 'clinic/dataset/one' "$D/all"
result $? 'what is searched holds the path of the key'
! grep -qaF -e "$hex" -e "$base64" -e "${secret:0:40}" -e 'a passphrase of this' "$D/all" &&
	python3 - "$D/secret" "$D/all" <<-'PYTHON'
	import sys
	secret, all = (open(f, "rb").read() for f in sys.argv[1:])
	sys.exit(secret in all)
	PYTHON
result $? 'and no secret'
ask boss DELETE resources/clinic/dataset/one
says 200 deleted 'a resource is deleted'
ask boss DELETE policies/strict
says 200 deleted 'and its policy'
ask boss DELETE policies/resource-policy
says 200 deleted 'and that of all resources'

# The audit in pages, put together, is the audit.
first=1
: >"$D/audit"
while ask boss GET "audit?first=$first&limit=7" && [ -s "$D/answer" ] && [ $first -lt 200 ]; do
	cat "$D/answer" >>"$D/audit"
	first=$((first + $(wc -l <"$D/answer")))
done
"$B" --audit-key --config "$D/broker.json" >"$D/audit.pem"
"$B" --audit-export --config "$D/broker.json" | cmp - "$D/audit" &&
	"${B%/*}/wardctl" audit verify "$D/audit" --key "$D/audit.pem" >"$D/out"
result $? 'pages of the audit verify as one'
ask boss GET 'audit?limit=501'
says 400 malformed 'a page has an end'

# Certificate, CA and who may change while it runs.
clerk=$(openssl x509 -in "$D/clerk.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
	sha256sum | cut -d' ' -f1)
certificate new strange 2>/dev/null
cp "$D/new.pem" "$D/tls.pem"
cp "$D/new.key" "$D/tls.key"
configure "\"admin\": {\"listen\": \"127.0.0.1:$port\", \"ca\": \"ca.pem\", \"clients\": [\"$clerk\"]}"
reloads=$(grep -c '"event":"reload","result":"ok"' "$D/journal")
kill -HUP "$PID"
for _ in $(seq 1500); do
	[ "$(grep -c '"event":"reload","result":"ok"' "$D/journal")" -eq "$reloads" ] || break
	sleep 0.1
done
ask clerk GET sessions
[ "$status" = 000 ]
result $? 'a certificate that was renewed is the one of this port, too'
cat "$D/strange.pem" >>"$D/ca.pem"
ask clerk GET sessions
says 200 sessions 'who is listed anew may ask'
ask boss GET sessions
says 403 client-refused 'who is not any more may not'

# Four at a time until they are told: 20 requests a second are nobody's too many.
asking=()
for n in {1..4}; do
	curl -s -f --fail-early -m 60 --cacert "$D/ca.pem" --cert "$D/clerk.pem" --key "$D/clerk.key" \
		-o "$D/answer$n" -w '%{http_code} %header{retry-after}\n' \
		"https://127.0.0.1:$port/admin/v1/sessions?[1-20000]" >"$D/codes$n" &
	asking+=($!)
done
wait "${asking[@]}"
cat "$D"/codes? >"$D/codes"
grep -qE '^429 [1-9]' "$D/codes" && [ "$(grep -c '^200' "$D/codes")" -gt 50 ]
result $? 'who asks without end is told to wait'
[ "$(grep -c '"event":"admin","result":"rate-limited"' "$D/journal")" -lt 20 ]
result $? 'and the journal is not filled by it'
kill "$PID"
wait "$PID"
result $? 'it ends in order'
PID=
finish
