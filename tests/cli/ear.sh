#!/bin/bash
# SPDX-License-Identifier: MIT
# Attestation results beside a verdict: wardctl verify ... --ear, --ear-jwt. The signature is
# checked by openssl, the claims by python. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

make -s build/tests/mkevidence >"$D/err" 2>&1 && build/tests/mkevidence "$D" 2>"$D/err"
result $? "evidence of a simulated guest"
[ $failed -eq 0 ] || finish
for curve in prime256v1 secp384r1 secp521r1; do
	(umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve \
		-out "$D/$curve.pem" 2>"$D/err")
done
OK="--policy $D/policy.json --root $D/ark.pem"

# ear CODE FILE OPTION...: verify the bundle FILE with $OK; the exit code
# shellcheck disable=SC2086
ear() {
	local code=$1 file=$2
	shift 2
	"$W" verify bundle "$D/$file" $OK "$@" >"$D/out" 2>"$D/err" </dev/null
	[ $? -eq "$code" ]
}

holds() { # holds TEXT EXPRESSION FILE: in Python, of the result r and its submodule cpu
	python3 -c "
import json, sys
r = json.load(open('$D/$3'))
cpu = r['submods']['cpu0']
vec = cpu['ear.trustworthiness-vector']
assert $2, json.dumps(r, indent=1)" 2>>"$D/err"
	result $? "$1"
}

ear 0 release.ward --ear "$D/ok.json"
result $? 'accepted: exit code 0'
holds 'a simulated TEE is affirmed by nobody' \
	'cpu["ear.status"] == "warning" and set(vec.values()) == {0, 33} and len(vec) == 8' ok.json
holds 'the policy is named by its hash' \
	"cpu['ear.appraisal-policy-id'] == 'nih:sha-256;$(sha256sum <"$D/policy.json" | cut -c1-64)'" ok.json
holds 'the evidence is told whole' \
	'cpu["ear.veraison.annotated-evidence"]["claims"]["caller"]["uid"] == 1000' ok.json
holds "ward's own verdict" 'r["ward"]["verdict"] == "ok" and r["ward"]["exit_code"] == 0' ok.json
[ "$(stat -c %a "$D/ok.json")" = 644 ]
result $? 'others may read the result'

ear 5 other-image.ward --ear "$D/no.json"
result $? "refused: the verdict's exit code"
holds 'a refusal is a result, too' \
	'cpu["ear.status"] == "contraindicated" and vec["executables"] == 33 and vec["hardware"] == 0' no.json
holds '... and says nothing of what the evidence holds' \
	'"ear.veraison.annotated-evidence" not in cpu and r["ward"]["verdict"] == "measurement-mismatch"' no.json
ear 2 edited.ward --ear "$D/forged.json"
holds 'a forgery' 'set(vec.values()) == {99}' forged.json
ear 7 cut.ward --ear "$D/cut.json"
holds 'bytes that nobody can read' 'cpu["ear.status"] == "none" and set(vec.values()) == {1}' cut.json
"$W" verify bundle "$D/tpm.ward" --policy "$D/tpm.json" --root "$D/ark.pem" --ear "$D/tpm-ear.json" \
	>"$D/out" 2>"$D/err"
holds 'a TPM has a submodule of its own' \
	'r["submods"]["tpm0"]["ear.status"] == "affirming" and cpu["ear.status"] == "warning"' tpm-ear.json
"$W" verify bundle "$D/release.ward" --policy "$D/policy.json" --root "$D/ark.pem" \
	--at 2050-01-01T00:00:00Z --ear "$D/late.json" >"$D/out" 2>"$D/err"
holds 'issued now, verified then' \
	'r["ward"]["verified_at"] == 2524608000 and r["iat"] < 2524608000 and set(vec.values()) == {0}' late.json

# The signature by somebody else's means: openssl, over the public half of the key's file.
signed() { # signed CURVE ALG DIGEST LENGTH
	ear 0 release.ward --ear-jwt "$D/$1.jwt" --ear-key "$D/$1.pem"
	result $? "$2: signed"
	python3 - "$D" "$1" "$2" "$4" 2>>"$D/err" <<-'PY'
		import base64, hashlib, json, sys
		d, curve, alg, n = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
		un = lambda s: base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
		head, body, tag = open(f"{d}/{curve}.jwt").read().rstrip("\n").split(".")
		h, sig = json.loads(un(head)), un(tag)
		assert h["alg"] == alg and h["typ"] == "JWT" and len(sig) == 2 * n, h
		canonical = json.dumps(h["jwk"], sort_keys=True, separators=(",", ":")).encode()
		assert un(h["kid"]) == hashlib.sha256(canonical).digest() and "d" not in h["jwk"], h
		def integer(b):
		    b = b.lstrip(b"\0")
		    b = b"\0" + b if not b or b[0] & 128 else b
		    return bytes([2, len(b)]) + b
		both = integer(sig[:n]) + integer(sig[n:])
		open(f"{d}/sig", "wb").write(b"\x30" + bytes([len(both)]) + both)
		open(f"{d}/input", "w").write(f"{head}.{body}")
		assert json.loads(un(body))["submods"]["cpu0"]["ear.status"] == "warning"
	PY
	result $? "$2: header and claims"
	openssl pkey -in "$D/$1.pem" -pubout -out "$D/pub" 2>>"$D/err" &&
		openssl dgst "-$3" -verify "$D/pub" -signature "$D/sig" "$D/input" >>"$D/err" 2>&1
	result $? "$2: the signature verifies"
}
signed prime256v1 ES256 sha256 32
signed secp384r1 ES384 sha384 48

refuses() { # refuses CODE WORD TEXT OPTION...
	local code=$1 word=$2 text=$3
	shift 3
	rm -f "$D/x.jwt" "$D/x.json"
	ear "$code" release.ward "$@" && grep -q -- "$word" "$D/err" && [ ! -e "$D/x.jwt" ]
	result $? "$text"
}
refuses 1 'go together' 'no signature without a key' --ear-jwt "$D/x.jwt"
refuses 1 'go together' 'no key without a place for the signature' --ear-key "$D/prime256v1.pem"
refuses 1 'P-256 or P-384' 'a key on another curve' --ear-jwt "$D/x.jwt" --ear-key "$D/secp521r1.pem"
install -m 0600 "$D/ark.pem" "$D/cert.pem"
refuses 1 'no private key' 'a file that is no key' --ear-jwt "$D/x.jwt" --ear-key "$D/cert.pem"
refuses 1 'No such file' 'a key that is not there' --ear-jwt "$D/x.jwt" --ear-key "$D/none"
refuses 1 'one file' 'the result does not replace the key' --ear-jwt "$D/prime256v1.pem" \
	--ear-key "$D/prime256v1.pem"
refuses 6 'x/y' 'a directory that is not there' --ear "$D/x/y"
cp "$D/release.ward" "$D/own.ward"
ear 1 own.ward --ear "$D/own.ward"
cmp -s "$D/own.ward" "$D/release.ward"
result $? 'the result does not replace the evidence'
cp "$D/prime256v1.pem" "$D/open.pem"
chmod 0640 "$D/open.pem"
refuses 1 'others may reach it' 'a key that others can read' --ear-jwt "$D/x.jwt" --ear-key "$D/open.pem"
(umask 077 && openssl ec -in "$D/prime256v1.pem" -aes128 -passout pass:x -out "$D/locked.pem" 2>"$D/err")
refuses 1 'without a passphrase' 'a key with a passphrase asks nobody' --ear-jwt "$D/x.jwt" \
	--ear-key "$D/locked.pem"
ear 5 other-image.ward --ear "$D/x/y"
result $? 'a refusal stays one where the result cannot be written'
finish
