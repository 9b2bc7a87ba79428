#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl kbs attest and get-resource, by Trustee's protocol, against a double of its broker
# (tests/cli/trustee.py) that behaves and misbehaves, with evidence of a stand-in for
# /dev/ward (tests/cli/fakeward.c). What the command line says without any broker comes
# first; where secrets may be found is tests/cli/kbs_secrets.py. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
. tests/harness/results.sh
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$D"' EXIT
unset XDG_RUNTIME_DIR FAKEWARD FAKEWARD_MEMORY
export FAKEWARD_LOG=$D/attests

kbs() { # kbs ARGUMENT...: over the stand-in
	: >"$D/attests"
	timeout 60 env LD_PRELOAD="$PWD/build/tests/fakeward.so" "$W" "$@" >"$D/out" 2>"$D/err" </dev/null
}
want() { # want TEXT CODE WORD ARGUMENT...: exit code, and what stdout or stderr says
	local text=$1 code=$2 word=$3
	shift 3
	kbs "$@"
	local got=$?
	[ $got -eq "$code" ] && cat "$D/out" "$D/err" | grep -aq -- "$word"
	result $? "$text"
}

want 'neither broker nor authority' 1 'url and --ca are needed' kbs attest
want 'no resource' 1 'one resource is expected' kbs get-resource --url https://h --ca /dev/null
want 'a protocol that there is not' 1 "'kmip' is not one of" kbs attest --protocol kmip
want 'keys are chosen for Trustee alone' 1 'for --protocol trustee' kbs attest --url https://h --ca /dev/null --key rsa
want 'plain http' 1 'takes https' kbs attest --url http://127.0.0.1:1 --ca /dev/null
want 'two ways out' 1 'take one' kbs get-resource --url https://h --ca /dev/null --out x --stdout a/b/c
want 'a descriptor that nobody opened' 1 'no such descriptor' kbs get-resource --url https://h --ca /dev/null --fd 77 a/b/c
want 'JSON and the secret on one output' 1 'both want' -o json kbs get-resource --url https://h --ca /dev/null --stdout a/b/c
"$W" kbs get-resource --url https://h --ca /dev/null --out "$D/x" a/b/c >"$D/out" 2>"$D/err"
got=$?
[ -e /dev/ward ] || [ $got -eq 6 ]
result $? 'without a module: exit code 6'
script -qec "$W kbs get-resource --url https://h --ca /dev/null a/b/c" /dev/null >"$D/out" 2>"$D/err" </dev/null
grep -q 'not for a terminal' "$D/out"
result $? 'a terminal gets no secret unless it is asked for'

if ! python3 -c 'import cryptography' 2>/dev/null || [ ! -e build/tests/fakeward.so ]; then
	skip 'kbs: against a double' 'no python3-cryptography, or no stand-in (make cli-tests)'
	finish
fi
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$D/tls.key" -out "$D/tls.pem" 2>"$D/err"
head -c 48 /dev/urandom >"$D/secret"
python3 tests/cli/trustee.py "$D" 2>"$D/double" &
server=$!
for _ in $(seq 1500); do
	[ ! -e "$D/port" ] || break
	sleep 0.1
done
U=https://127.0.0.1:$(cat "$D/port")
at() { # at MODE: arguments for the double in that mode
	echo "--protocol trustee --ca $D/tls.pem --url $U/$1"
}
get() { # get TEXT CODE WORD MODE ARGUMENT...
	local text=$1 code=$2 word=$3 mode=$4
	shift 4
	rm -f "$D/got"
	# shellcheck disable=SC2046
	want "$text" "$code" "$word" kbs get-resource $(at "$mode") --out "$D/got" "$@" test/key/one
}
got() { # got TEXT: the secret is there, whole, for its owner alone
	[ "$(stat -c %a "$D/got" 2>/dev/null)" = 600 ] && cmp -s "$D/secret" "$D/got"
	result $? "$1"
}
none() { # none TEXT
	[ ! -e "$D/got" ]
	result $? "$1"
}

# ---- as it should be
get 'a secret' 0 '^bytes: *48' ok
got '... in a file of mode 0600'
[ "$(wc -l <"$D/attests")" -eq 2 ]
result $? '... with one more report to find out the TEE'
for key in p256 p521 rsa; do
	get "a key of $key" 0 'protocol: *trustee' ok --key $key --tee snp
	got "... unwraps it"
done
[ "$(wc -l <"$D/attests")" -eq 1 ]
result $? '... and --tee spares that report'
for tee in tdx cca; do
	FAKEWARD=$tee get "evidence of $tee" 0 'bytes' ok
	got "... by which it is released"
done
get 'no class A memory' 0 'memory: *\(un\)\?locked' ok --tee snp
FAKEWARD_MEMORY=1 get 'class A memory, where there is some' 0 'memory: *class-a' ok --tee snp
got '... passes the secret on'
get 'SHA-256, where the broker selects it' 0 bytes sha256
got '... releases too'
get 'a JWE with a null for aad' 0 bytes aad
got '... is read'
get 'a token that never ends is used' 0 'expires at: *-' endless
# shellcheck disable=SC2046
kbs kbs get-resource $(at ok) test/key/one && cmp -s "$D/out" "$D/secret"
result $? 'through a pipe: the secret and nothing else'
# shellcheck disable=SC2046
kbs kbs get-resource $(at ok) --fd 7 test/key/one 7>"$D/fd7" && cmp -s "$D/fd7" "$D/secret" &&
	! cat "$D/out" "$D/err" | grep -aqF -f <(base64 -w0 "$D/secret")
result $? 'through a descriptor'
# shellcheck disable=SC2046
want 'a token on the standard output' 0 '^token: *e' kbs attest $(at ok)
# shellcheck disable=SC2046
want 'a token in a file' 0 '^written' kbs attest $(at ok) --out "$D/token"
[ "$(stat -c %a "$D/token")" = 600 ] && [ "$(tr -dc . <"$D/token")" = .. ]
result $? '... of mode 0600'
for how in attest "get-resource --out $D/got test/key/one"; do
	# shellcheck disable=SC2046,SC2086
	kbs -o json kbs ${how%% *} $(at ok) $([ "$how" = attest ] || echo ${how#* })
	python3 tests/cli/json_members.py "kbs ${how%% *}" "$D/out" >"$D/err" 2>&1
	result $? "json.md: kbs ${how%% *}"
done

# ---- byte for byte
rm -f "$D/exchanges"
get 'an SNP guest, for the transcript' 0 bytes ok --tee snp --key p256
FAKEWARD=tdx get '... a TDX guest' 0 bytes ok --tee tdx --key rsa
FAKEWARD=cca get '... a CCA realm' 0 bytes ok --tee cca --key p521
while IFS= read -r line; do
	case $line in
	'ok - '*) result 0 "as the protocol has it: ${line#ok - }" ;;
	*) result 1 "as the protocol has it: ${line#not ok - }" ;;
	esac
done < <(python3 tests/cli/rcar_client.py "$D/exchanges" || echo 'not ok - rcar_client.py')

# ---- not as it should be
refused() { # refused MODE CODE WORD TEXT ARGUMENT...
	local mode=$1 code=$2 word=$3 text=$4
	shift 4
	get "$text" "$code" "$word" "$mode" "$@"
	none '... and no file'
}
refused version 5 'RcarAuthFailed' 'another version of the protocol'
refused nonce-other 5 'VerificationFailed' 'evidence for another nonce: the double sees it'
FAKEWARD=tdx refused ok 6 'not announced' 'evidence of another TEE than announced' --tee snp
FAKEWARD=azure refused ok 6 'no evidence of azure-snp' 'evidence that does not hold the report data'
FAKEWARD=denied refused ok 5 'wardctl policy show' "the administrator's policy" --tee snp
refused nonce-huge 8 'nonce is not base64' 'a nonce of 10^5 bytes'
refused nonce-text 8 'nonce is not base64' 'a nonce that is none'
refused nonce-none 8 'challenge' 'no nonce'
refused sha512 6 'neither sha384 nor' 'a digest that leaves no zeroes'
refused hash 8 'hash algorithm is no word' 'a digest that is a number'
refused huge 8 'more than 262144 bytes' 'an answer of 10 MB'
refused text 8 'line 1' 'an answer that is not JSON'
refused slow 8 'timed out' 'an answer that does not come' --timeout 1
refused expired 8 'token had ended' 'a token that has ended'
refused alg 8 "can't be unwrapped" 'RSA1_5'
refused enc 8 "can't be unwrapped" 'A128GCM'
refused tag 8 "can't be unwrapped" 'a secret that was changed'
refused stranger 8 "can't be unwrapped" "a secret for another's key"
refused deny 5 'PolicyDeny' "the broker's policy"
refused broken 8 'HTTP status 500' 'a broker that fails'
# shellcheck disable=SC2046
want 'a resource that there is not' 5 PluginNotFound kbs get-resource $(at ok) --out "$D/got" test/key/two
# shellcheck disable=SC2046
want 'a path that is none' 1 'is not repository' kbs get-resource $(at ok) --out "$D/got" ../../x
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other \
	-keyout "$D/other.key" -out "$D/other.pem" 2>"$D/err"
want "another authority" 8 'certificate' kbs attest --protocol trustee --ca "$D/other.pem" --url "$U/ok" --tee snp

# ---- an attestation of before
mkdir -m 700 "$D/run"
export XDG_RUNTIME_DIR=$D/run
get 'with a runtime directory' 0 'cached: *no' ok --tee snp
get 'the second time' 0 'cached: *yes' ok --tee snp
got '... by the token of before'
[ ! -s "$D/attests" ] && [ "$(stat -c %a "$D/run/ward")" = 700 ] && [ "$(stat -c %a "$D"/run/ward/kbs-*)" = 600 ]
result $? '... without evidence, out of a file of mode 0600'
get '--no-cache' 0 'cached: *no' ok --tee snp --no-cache
get 'another broker' 0 'cached: *no' short --tee snp
cp "$D/tls.pem" "$D/kept.pem"
cat "$D/other.pem" >>"$D/tls.pem"
get 'another authority in the same file' 0 'cached: *no' ok --tee snp
cp "$D/kept.pem" "$D/tls.pem"
get '... and the first again' 0 'cached: *yes' ok --tee snp
sleep 3
get 'a token that ends in 9 s' 0 'cached: *no' short --tee snp
rm -f "$D"/run/ward/*
get 'a broker that takes no tokens' 0 'cached: *no' forgetful --tee snp
get '... is attested anew' 0 'cached: *no' forgetful --tee snp
got '... and releases'
get 'a token without an end' 0 'cached: *no' endless --tee snp
get '... is not kept' 0 'cached: *no' endless --tee snp
rm -f "$D"/run/ward/*
get 'again one' 0 'cached: *no' ok --tee snp
chmod 0644 "$D"/run/ward/kbs-*
get 'a file that others can read' 0 'cached: *no' ok --tee snp
for f in "$D"/run/ward/kbs-*; do echo '{"ward-kbs":1,"token":"a.b.c","key":{}}' >"$f"; done
get 'a file that is damaged' 0 'cached: *no' ok --tee snp
chmod 0755 "$D/run"
get 'a directory that others can read' 0 'cached: *no' ok --tee snp
chmod 0700 "$D/run"

# ---- where the secret is, and where not
rm -f "$D"/run/ward/* "$D/fd7" "$D/got"
python3 tests/cli/kbs_secrets.py "$D" "$W" "$PWD/build/tests/fakeward.so" "$U/ok" >"$D/out" 2>"$D/err"
result $? "the secret in no form in argv, environment, /proc, output, cache or log: $(tail -n 1 "$D/out")"
finish
