#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl token fetch maa and kbs release azure, against doubles (tests/cli/azure.py) of Azure
# Attestation and Key Vault that behave and misbehave: with evidence of a stand-in for /dev/ward
# (tests/cli/fakeward.c), and with that of a software TPM (tests/cli/mkguest.c). TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
. tests/harness/results.sh
. tests/harness/swtpm.sh
server='' tpm=''
trap '[ -z "$server" ] || kill "$server"; [ -z "$tpm" ] || kill "$tpm"; rm -rf "$D"' EXIT
unset XDG_RUNTIME_DIR FAKEWARD FAKEWARD_MEMORY FAKEWARD_LOG
M=$(printf 'a1%.0s' {1..48})

ctl() { # ctl ARGUMENT...: over the stand-in
	timeout 60 env LD_PRELOAD="$PWD/build/tests/fakeward.so" "$W" "$@" >"$D/out" 2>"$D/err" </dev/null
}
want() { # want TEXT CODE WORD ARGUMENT...: exit code, and what stdout or stderr says
	local text=$1 code=$2 word=$3
	shift 3
	ctl "$@"
	local got=$?
	[ $got -eq "$code" ] && cat "$D/out" "$D/err" | grep -aq -- "$word"
	result $? "$text"
}

want 'no service named' 1 "'maa'" token fetch --url https://h --ca /dev/null
want 'neither instance nor authority' 1 'url and --ca are needed' token fetch maa --accept-unmeasured
want 'nothing to compare' 1 'compares proves no image' token fetch maa --url https://h --ca /dev/null
want 'plain http' 1 'takes https' token fetch maa --url http://h --ca /dev/null --accept-unmeasured
want 'device and file' 1 'exclude each other' token fetch maa --url https://h --ca /dev/null --accept-unmeasured --device --evidence x
want 'a bearer on the command line has no option' 1 'not an option' kbs release azure --bearer-token x
want 'no vault' 1 'bearer-fd are needed' kbs release azure --url https://h --ca /dev/null
for bad in 'a/b/c' 'a?b' '../x' '' 'x/'; do
	want "a key called '$bad'" 1 'NAME/VERSION' kbs release azure --key "$bad"
done
want 'another algorithm' 1 'none of CKM_RSA' kbs release azure --vault https://h --key k --bearer x --enc RSA1_5

if ! python3 -c 'import cryptography' 2>/dev/null || [ ! -e build/tests/fakeward.so ]; then
	skip 'azure: against doubles' 'no python3-cryptography, or no stand-in (make cli-tests)'
	finish
fi
for name in tls other; do
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$D/$name.key" -out "$D/$name.pem" 2>"$D/err"
done
# Whom the authority vouches for, and for what: by-NAME has the vault's answer signed by them.
leaf() { # leaf NAME BITS HOST EXTENSION
	openssl req -new -newkey "rsa:$2" -nodes -subj "/CN=$1" -keyout "$D/$1.key" -out "$D/$1.csr" 2>"$D/err" &&
		printf 'subjectAltName=IP:%s\n%s\n' "$3" "$4" >"$D/$1.ext" &&
		openssl x509 -req -in "$D/$1.csr" -CA "$D/tls.pem" -CAkey "$D/tls.key" -set_serial "0x$(openssl rand -hex 8)" \
			-days 2 -extfile "$D/$1.ext" -out "$D/$1.pem" 2>>"$D/err"
}
leaf vault 2048 127.0.0.1 extendedKeyUsage=serverAuth,clientAuth
leaf plain 2048 127.0.0.1 keyUsage=digitalSignature
leaf client 2048 127.0.0.1 extendedKeyUsage=clientAuth
leaf code 2048 127.0.0.1 extendedKeyUsage=codeSigning
leaf wraps 2048 127.0.0.1 keyUsage=keyEncipherment
leaf small 1024 127.0.0.1 extendedKeyUsage=serverAuth
leaf elsewhere 2048 127.0.0.2 extendedKeyUsage=serverAuth
head -c 32 /dev/urandom >"$D/secret"
head -c 48 /dev/urandom | base64 -w0 >"$D/bearer"
chmod 600 "$D/bearer"
python3 tests/cli/azure.py "$D" 2>"$D/double" &
server=$!
for _ in $(seq 1500); do
	[ ! -e "$D/port" ] || break
	sleep 0.1
done
U=https://127.0.0.1:$(cat "$D/port")

fetch() { # fetch TEXT CODE WORD MODE ARGUMENT...
	local text=$1 code=$2 word=$3 mode=$4
	shift 4
	rm -f "$D/got"
	want "$text" "$code" "$word" token fetch maa --url "$U/$mode" --ca "$D/tls.pem" \
		--measurement "$M" --chain "$D/tls.pem" --out "$D/got" "$@"
}
release() { # release TEXT CODE WORD MODE VAULT-MODE ARGUMENT...
	local text=$1 code=$2 word=$3 mode=$4 vault=$5
	shift 5
	rm -f "$D/got"
	want "$text" "$code" "$word" kbs release azure --url "$U/$mode" --ca "$D/tls.pem" \
		--measurement "$M" --chain "$D/tls.pem" --vault "$U/$vault" --key k1/v1 \
		--bearer "$D/bearer" --out "$D/got" "$@"
}
got() { # got TEXT: the secret is there, whole, for its owner alone
	[ "$(stat -c %a "$D/got" 2>/dev/null)" = 600 ] && cmp -s "$D/secret" "$D/got"
	result $? "$1"
}
none() { # none TEXT
	[ ! -e "$D/got" ]
	result $? "$1"
}
refused() { # refused MODE CODE WORD TEXT ARGUMENT...
	local mode=$1 code=$2 word=$3 text=$4
	shift 4
	fetch "$text" "$code" "$word" "$mode" "$@"
	none '... and no token'
}

# ---- tokens over evidence of the hardware
fetch 'SEV-SNP: a token' 0 'tee: *azure-snp' ok
[ "$(stat -c %a "$D/got")" = 600 ] && [ "$(tr -dc . <"$D/got")" = .. ]
result $? '... in a file of mode 0600'
grep -q '^key: *memory' "$D/out" && grep -q '^measured: *yes' "$D/out"
result $? '... measured, and of a key in memory'
FAKEWARD=tdx fetch 'TDX: a token' 0 'tee: *azure-tdx' ok
fetch 'a nonce of the caller' 0 'cached: *no' ok --nonce 0011223344556677
fetch 'who waits is served' 0 'cached: *no' throttle
fetch 'pinned keys' 7 'jwks-damaged' ok --jwks "$D/tls.pem"
refused nonce 5 'nonce-mismatch' 'another nonce'
refused key 2 'does not name this guest' 'a token for another key'
refused keys 2 'does not name this guest' 'a token for two keys'
refused tee 2 'speaks of azure-tdx' 'a token of another TEE'
refused other 5 'measurement-mismatch' 'a token of another measurement'
rm -f "$D/got"
want '... that nobody named' 2 'another measurement than the evidence' token fetch maa --url "$U/other" \
	--ca "$D/tls.pem" --accept-unmeasured --chain "$D/tls.pem" --out "$D/got"
none '... and no token'
refused debug 5 'debug-allowed' 'a guest that can be looked into'
refused expired 2 'jwt-expired' 'a token that has ended'
refused issuer 2 'jwt-issuer-mismatch' 'of another instance'
refused forged 2 'jwt-signature-invalid' 'by another key'
refused none 2 'jwt-algorithm-refused' 'by no key'
refused throttled 8 '3600 s of patience' 'throttled for an hour'
refused redirect 8 'not followed' 'a redirection'
refused huge 8 'longer than 262144 bytes' 'an answer of 10 MB'
refused text 8 'no JSON object' 'an answer that is not JSON'
refused empty 8 'no token' 'an answer without a token'
refused refuse 5 'double, not Azure: the policy' 'the service refuses'
FAKEWARD=denied refused ok 5 'wardctl policy show' "the administrator's policy"
FAKEWARD=cca refused ok 6 'judges SEV-SNP and TDX' 'evidence of another TEE'
want 'no chain' 1 'chain FILE is needed' token fetch maa --url "$U/ok" --ca "$D/tls.pem" --accept-unmeasured --out "$D/got"
want 'another authority' 8 'certificate' token fetch maa --url "$U/ok" --ca "$D/other.pem" --chain "$D/tls.pem" --accept-unmeasured --out "$D/got"

# ---- keys
release 'a key out of the vault' 0 'kty: *oct-HSM' ok ok
got '... whole, in a file of mode 0600'
for enc in RSA_AES_KEY_WRAP_256 RSA_AES_KEY_WRAP_384; do
	release "wrapped by $enc" 0 'bytes: *32' ok ok --enc $enc
	got '... unwraps'
done
FAKEWARD=tdx release 'to a TD' 0 'tee: *azure-tdx' ok ok
got '... too'
FAKEWARD_MEMORY=1 release 'class A memory, where there is some' 0 'memory: *class-a' ok ok
got '... passes it on'
release 'the latest version' 0 '/keys/k1/latest0' ok ok --key k1
release 'a bearer through a descriptor' 0 'bytes: *32' ok ok --bearer /nonexistent --bearer-fd 8 8<"$D/bearer"
ctl kbs release azure --url "$U/ok" --ca "$D/tls.pem" --measurement "$M" --chain "$D/tls.pem" \
	--vault "$U/ok" --key k1 --bearer "$D/bearer" && cmp -s "$D/out" "$D/secret"
result $? 'through a pipe: the key and nothing else'
vault() { # vault MODE CODE WORD TEXT ARGUMENT...
	local mode=$1 code=$2 word=$3 text=$4
	shift 4
	release "$text" "$code" "$word" ok "$mode" "$@"
	none '... and no key'
}
vault v-key 2 'not encrypted to this guest' 'wrapped to another key'
vault v-wrap 2 'changed, or is damaged' 'a wrapped key that was changed'
vault v-aes 2 'no AES-256' 'wrapped by AES-128'
vault v-enc 2 'another algorithm' 'another algorithm than asked for'
vault v-nonce 2 'another nonce' 'an answer of before'
vault v-kid 2 'another key' 'another key than asked for'
vault v-form 7 'not known' 'a form of later'
vault v-sign 2 'by an authority' 'signed by another key than its certificate has'
vault v-cert 2 'by an authority' 'signed under another authority'
vault v-edit 2 'by an authority' 'an answer that was changed'
for name in vault plain; do
	release "signed by a certificate of its own: $name" 0 'bytes: *32' ok "by-$name"
	got '... opens'
done
vault by-client 2 'unsuitable certificate purpose' 'by a certificate for clients'
vault by-code 2 'unsuitable certificate purpose' 'by one for code'
vault by-wraps 2 'not for signing' 'by one whose key wraps keys'
vault by-small 2 'key too weak' 'by a key of RSA with 1024 bits'
vault by-elsewhere 2 'IP address mismatch' "by another host's"
vault v-deny 5 'double, not Azure: the policy' "the key's policy"
vault throttled 8 'patience' 'a vault that throttles'
vault redirect 8 'not followed' 'a vault that sends elsewhere'
vault huge 8 'longer than' 'a vault that never ends'
vault empty 7 'released key' 'an answer without a key'
echo other >"$D/bearer2"
chmod 644 "$D/bearer2"
vault ok 1 'others may reach it' 'a bearer that others can read' --bearer "$D/bearer2"
chmod 600 "$D/bearer2"
vault ok 5 'who are you' 'another bearer' --bearer "$D/bearer2"
printf 'two\nlines' >"$D/bearer2"
vault ok 1 'one line' 'a bearer of two lines' --bearer "$D/bearer2"
release 'a token that has ended goes nowhere' 2 jwt-expired expired ok

# ---- a VM below a paravisor, by its vTPM
if command -v swtpm >/dev/null && [ -e build/tests/mkguest ]; then
	mkdir "$D/tpm"
	swtpm_start "$D/tpm" "$D/sock"
	tpm=$!
	build/tests/mkguest "unix:$D/sock" "$D" >"$D/err" 2>&1
	result $? 'a software TPM becomes that of an Azure VM'
	at=(--evidence "$D/guest.ward" --tpm "unix:$D/sock")
	fetch 'AzureGuest: a token' 0 'key: *tpm' ok "${at[@]}"
	export FAKEWARD_EVIDENCE=$D/guest
	FAKEWARD=paravisor fetch '... over what /dev/ward gives' 0 'key: *tpm' ok --tpm "unix:$D/sock"
	FAKEWARD=paravisor release '... and a key by it' 0 'key: *tpm' ok ok --tpm "unix:$D/sock"
	got '... unwraps'
	FAKEWARD=paravisor refused nonce 5 'nonce-mismatch' '... with another nonce' --tpm "unix:$D/sock"
	fetch '... of its hardware alone' 0 'key: *none' ok "${at[@]}" --platform
	refused ok 5 'not the one that the paravisor names' 'a quote by another key' --evidence "$D/twisted.ward" --tpm "unix:$D/sock"
	refused inner 6 "token's key" 'a token encrypted to another key' "${at[@]}"
	refused tag 8 'it was changed' 'an encrypted token that was changed' "${at[@]}"
	refused nonce 5 'nonce-mismatch' 'another nonce' "${at[@]}"
	refused key 2 'does not name this guest' 'a token for another key' "${at[@]}"
	refused text 8 'no JSON object' 'an answer that is not JSON' "${at[@]}"
	release "a key to the vTPM's" 0 'key: *tpm' ok ok "${at[@]}"
	got '... unwraps'
	release '... with SHA-256' 0 'bytes: *32' ok ok "${at[@]}" --enc RSA_AES_KEY_WRAP_256
	got '... unwraps'
	vault v-key 2 'not encrypted to this guest' 'wrapped to another key' "${at[@]}"
	python3 tests/cli/tpm.py "$D/sock" extend 7
	refused ok 5 'policy is not these registers' 'registers that changed since the quote' "${at[@]}"
else
	skip 'azure: by a vTPM' 'swtpm is not installed'
fi

# ---- a token of before
mkdir -m 700 "$D/run"
export XDG_RUNTIME_DIR=$D/run
fetch 'with a runtime directory' 0 'cached: *no' ok
fetch 'the second time' 0 'cached: *yes' ok
[ "$(stat -c %a "$D/run/ward")" = 700 ] && [ "$(stat -c %a "$D"/run/ward/maa-*)" = 600 ]
result $? '... out of a file of mode 0600'
release 'a key by the token of before' 0 'cached: *yes' ok ok
got '... and the key kept with it'
fetch '--no-cache' 0 'cached: *no' ok --no-cache
fetch 'another nonce' 0 'cached: *no' ok --nonce 0011223344556677
fetch 'another measurement than the kept one' 5 'measurement-mismatch' ok --measurement "${M/a1/a2}"
fetch 'another instance' 0 'cached: *no' short
sleep 3
fetch 'a token that ends in 9 s' 0 'cached: *no' short
chmod 0644 "$D"/run/ward/maa-*
fetch 'a file that others can read' 0 'cached: *no' ok
for f in "$D"/run/ward/maa-*; do echo '{"ward-maa":1,"token":"a.b.c","nonce":"00","jwks":"{}","key":null}' >"$f"; done
fetch 'a file that is damaged' 0 'cached: *no' ok

for how in token kbs; do
	case $how in
	token) ctl -o json token fetch maa --url "$U/ok" --ca "$D/tls.pem" --measurement "$M" --chain "$D/tls.pem" --out "$D/got" ;;
	kbs) ctl -o json kbs release azure --url "$U/ok" --ca "$D/tls.pem" --measurement "$M" --chain "$D/tls.pem" \
		--vault "$U/ok" --key k1 --bearer "$D/bearer" --out "$D/got" ;;
	esac
	python3 tests/cli/json_members.py "$([ $how = token ] && echo 'token fetch' || echo 'kbs release')" "$D/out" >"$D/err" 2>&1
	result $? "json.md: $how"
done

# ---- where the secrets are, and where not
rm -f "$D"/run/ward/* "$D/got" "$D/bearer2"
python3 tests/cli/kbs_secrets.py "$D" "$W" "$PWD/build/tests/fakeward.so" "$U/ok" azure >"$D/out" 2>"$D/err"
result $? "key and bearer in no form in argv, environment, /proc, output, cache or log: $(tail -n 1 "$D/out")"
finish
