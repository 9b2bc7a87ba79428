#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl token verify: tokens as Azure Attestation and Intel Trust Authority make them, by
# keys of openssl's, and every way of forging or mistaking one. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

python3 tests/cli/mktokens.py "$D" 2>"$D/err"
result $? 'tokens of two services, and their keys'
# shellcheck disable=SC2154 # of results.sh
[ "$failed" -eq 0 ] || finish
M=$(printf 'a1%.0s' {1..48})
N=$(cat "$D/nonce")
ISS=https://sharedeus2.eus2.attest.azure.net

# want CODE WORD FILE OPTION...: exit code; WORD is the verdict, or stands in the error
want() {
	local code=$1 word=$2 file=$3 got bad=0
	shift 3
	"$W" token verify "$D/$file" --jwks "$D/jwks.json" "$@" >"$D/out" 2>"$D/err" </dev/null
	got=$?
	[ $got -eq "$code" ] || bad=1
	grep -qE "^verdict: +$word\$" "$D/out" || grep -q -- "$word" "$D/err" || bad=1
	[ $bad -eq 0 ] || echo "(exit code $got; wanted $code and '$word')" >>"$D/err"
	result $bad "$(echo "$file $*" | sed "s,$D/,,g; s,$M,M,g; s,$N,N,g"): $code $word"
}

shows() { # shows TEXT: on stdout of the last one
	grep -qE -- "$1" "$D/out"
	result $? "... shows '$1'"
}

want 0 ok maa.jwt --measurement "$M" --issuer $ISS --nonce "$N"
shows '^service: +Azure Attestation'
shows '^tee: +azure-snp'
shows '^measured: +yes'
want 0 ok maa-line.jwt --policy "$D/policy.json"
shows '^- issuer: |^  - issuer: '
shows 'nonce: it may be a replay'
want 0 ok es.jwt --measurement "$M"
want 0 ok ps.jwt --measurement "$M"
want 0 ok maa.jwt --measurement "$M" --jwks "$D/jwks-x5c.json"
want 0 ok ita.jwt --measurement "$M" --nonce "$N"
shows '^service: +Intel Trust Authority'
shows '^status: +UpToDate'
want 0 ok ita.jwt --policy "$D/tdx-policy.json"

# What the field's guide leaves out: it reads the measurement, and compares it with nothing.
want 5 measurement-mismatch other-image.jwt --measurement "$M"
want 5 measurement-mismatch other-image.jwt --policy "$D/policy.json"
want 5 measurement-mismatch maa.jwt --policy "$D/other-policy.json"
want 5 measurement-mismatch other-td.jwt --measurement "$M"
want 5 measurement-mismatch other-td.jwt --policy "$D/tdx-policy.json"
want 5 measurement-mismatch ita.jwt --policy "$D/other-tdx-policy.json"
want 1 'nobody compares' maa.jwt
want 5 guest-unmeasured maa.jwt --policy "$D/open-policy.json"
want 0 ok other-image.jwt --accept-unmeasured
shows '^measured: +no'
shows 'measurement: nobody knows which image'
want 5 tee-refused ita.jwt --policy "$D/policy.json"
want 5 tee-refused maa.jwt --policy "$D/snp-policy.json"
want 5 debug-allowed debug.jwt --measurement "$M"
want 2 jwt-unsupported plain-vm.jwt --measurement "$M"
want 2 jwt-not-compliant not-compliant.jwt --measurement "$M"
want 5 tcb-status-refused old-firmware.jwt --measurement "$M"

# A clock that is wrong is not a token that has ended.
want 2 jwt-expired expired.jwt --measurement "$M"
want 0 ok expired.jwt --measurement "$M" --at "$(date -u -d '5 minutes ago' +%FT%TZ)"
want 2 jwt-from-future future.jwt --measurement "$M"
shows 'clock is behind'
want 2 jwt-from-future maa.jwt --measurement "$M" --at 2020-01-01T00:00:00Z
want 2 jwt-expired maa.jwt --measurement "$M" --at 2050-01-01T00:00:00Z
want 2 jwt-not-yet-valid later.jwt --measurement "$M"
want 2 jwt-claim-missing no-end.jwt --measurement "$M"

want 2 jwt-issuer-mismatch maa.jwt --measurement "$M" --issuer $ISS.example.org
want 2 jwt-audience-mismatch for-others.jwt --measurement "$M" --audience me
want 0 ok for-others.jwt --measurement "$M" --audience somebody
want 5 nonce-mismatch maa.jwt --measurement "$M" --nonce "${N:2}00"
want 5 nonce-mismatch ita.jwt --measurement "$M" --nonce "${N:2}00"

# Signatures, algorithms, keys.
want 2 jwt-algorithm-refused none.jwt --measurement "$M"
want 2 jwt-algorithm-refused none-signed.jwt --measurement "$M"
want 2 jwt-algorithm-refused hs256.jwt --measurement "$M"
want 2 jwt-key-unknown kid.jwt --measurement "$M"
want 2 jwt-key-unknown maa.jwt --measurement "$M" --jwks "$D/jwks-other.json"
want 2 jwt-signature-invalid wrong-key.jwt --measurement "$M"
want 2 jwt-signature-invalid own-key.jwt --measurement "$M"
want 2 jwt-signature-invalid edited.jwt --measurement "$M"
want 2 jwt-signature-invalid edited.jwt --accept-unmeasured
if grep -q "^issuer\|$ISS" "$D/out"; then bad=1; else bad=0; fi
result $bad '... and repeats nothing of a forgery'
want 2 jwt-unsupported crit.jwt --measurement "$M"

# Input that is damaged.
want 2 jwt-signature-invalid cut.jwt --measurement "$M"
for file in two-parts four-parts junk padded huge empty twice deep; do
	want 7 jwt-damaged $file.jwt --measurement "$M"
done
want 7 jwks-damaged maa.jwt --measurement "$M" --jwks "$D/maa.jwt"
want 7 jwks-damaged maa.jwt --measurement "$M" --jwks "$D/jwks-twice.json"
want 7 policy-damaged maa.jwt --policy "$D/jwks.json"
want 1 'No such file' none --measurement "$M"
want 1 '96 hexadecimal digits' maa.jwt --measurement "${M:2}"
"$W" token verify "$D/maa.jwt" --measurement "$M" >"$D/out" 2>"$D/err"
[ $? -eq 1 ] && grep -q 'whom you trust' "$D/err"
result $? 'no keys, no trust'

for file in maa other-image hs256 edited expired; do
	"$W" -o json token verify "$D/$file.jwt" --jwks "$D/jwks.json" --measurement "$M" >"$D/json" 2>/dev/null
	python3 tests/cli/json_members.py 'token verify' "$D/json" >"$D/out" 2>"$D/err"
	result $? "$file: JSON as doc/json.md has it"
done
finish
