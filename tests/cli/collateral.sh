#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl verify --collateral: TDX quotes against TCB info, identities and revocation lists
# of a simulated vendor; what the folder holds. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

make -s build/tests/mkcollateral >"$D/err" 2>&1 && build/tests/mkcollateral "$D" 2>"$D/err"
result $? 'quotes and collateral of a simulated platform'
[ $failed -eq 0 ] || finish
echo '{"ward-policy":1,"accept_unmeasured":true,"allow_tee":["tdx"],
  "collateral":{"crl":"required","tcb_status":["UpToDate"]}}' >"$D/policy.json"
echo '{"ward-policy":1,"accept_unmeasured":true,"allow_tee":["tdx"]}' >"$D/open.json"

folder() { # folder FILE...: a folder with these alone
	rm -rf "$D/c"
	mkdir "$D/c"
	(cd "$D" && cp "$@" c/)
}
ALL=(tcbinfo.json qeidentity.json pck.crl root.crl signers.pem)

is() { # is TEXT CODE WORD FILE OPTION...: exit code and verdict
	local text=$1 code=$2 word=$3 file=$4
	shift 4
	"$W" -o json verify evidence "$D/$file" --root "$D/intel-root.pem" "$@" \
		>"$D/out" 2>"$D/err" </dev/null
	local rc=$? verdict
	verdict=$(jq -r .verdict "$D/out")
	[ $rc -eq "$code" ] && [ "$verdict" = "$word" ]
	result $? "$text: $code, $word"
	[ $rc -eq "$code" ] && [ "$verdict" = "$word" ] || echo "# $rc, $verdict: $(jq -c .text "$D/out")"
}
P=(--policy "$D/policy.json" --collateral "$D/c")
O=(--policy "$D/open.json" --collateral "$D/c")

folder "${ALL[@]}"
is 'everything given, everything required' 0 ok td.bin "${P[@]}"
[ "$(jq -r '[.tdx.tcb.status, (.tdx.tcb.unchecked | length), (.collateral | length)] | join(" ")' \
	"$D/out")" = 'UpToDate 0 5' ]
result $? '... the verdict shows the status and the folder'
jq -e '.collateral[] | select(.file == "tcbinfo.json") | .kind == "tcb-info-tdx" and
	.fmspc == "90c06f000000" and .next_update > "2026"' "$D/out" >/dev/null
result $? '... and of each file what it is for'
jq -e '.warnings | index("crl-unchecked") or index("collateral-unchecked") | not' "$D/out" >/dev/null
result $? '... and nothing as unchecked'
is 'a platform that is behind' 5 tcb-status-refused td-behind.bin "${P[@]}"
[ "$(jq -c '[.tdx.tcb.status, .tdx.tcb.behind.tdx[2], .tdx.tcb.advisories]' "$D/out")" = \
	'["OutOfDate",1,["INTEL-SA-00837","INTEL-SA-01036"]]' ]
result $? '... by how much, and what that opens'
is '... without a word in the policy' 5 tcb-status-refused td-behind.bin "${O[@]}"
"$W" verify evidence "$D/td-behind.bin" --root "$D/intel-root.pem" "${O[@]}" >"$D/out" 2>/dev/null
grep -q 'TDX component 3 by 1' "$D/out" && grep -q 'tcb: *OutOfDate since 2025-05-14' "$D/out" &&
	grep -q 'tcbinfo.json: tcb-info-tdx, FMSPC 90c06f000000, until' "$D/out"
result $? '... and for people'

echo 'notes' >"$D/c/notes.pem"
cp "$D/policy.json" "$D/c/policy.json"
is 'files of no kind are passed over' 0 ok td.bin "${P[@]}"
[ "$(jq -r '[.collateral[] | select(.kind == "unknown") | .file] | join(" ")' "$D/out")" = \
	'notes.pem policy.json' ]
result $? '... and told'

is 'nothing is given' 0 ok td.bin --policy "$D/open.json"
jq -e '(.warnings | index("crl-unchecked") and index("collateral-unchecked")) and
	.tdx.tcb.status == "unchecked" and (.tdx.tcb.unchecked | length) == 4' "$D/out" >/dev/null
result $? '... which the verdict says'
is 'nothing is given, lists are required' 3 crl-missing td.bin --policy "$D/policy.json"
folder pck.crl root.crl
is 'lists alone' 3 collateral-missing td.bin "${P[@]}"
folder tcbinfo.json qeidentity.json signers.pem pck.crl
is "the root's list is missing" 3 crl-missing td.bin "${P[@]}"
folder pck.crl root.crl
is 'a list that is over' 3 collateral-expired td.bin "${O[@]}" \
	--at "$(date -u -d '+30 days' +%Y-%m-%dT%H:%M:%SZ)"
jq -e '.field == "pck_ca.crl" and (.text | startswith("the list of '"'Intel SGX Root CA': it was to be"'")) and
	(.tdx.tcb.unchecked | index("root-crl") | not)' "$D/out" >/dev/null
result $? '... whose it is, and that it was given'
folder tcbinfo-old.json qeidentity.json signers.pem
is 'TCB info that is over' 3 collateral-expired td.bin "${O[@]}"
folder tcbinfo-other.json qeidentity.json signers.pem
is "another platform's TCB info" 3 collateral-of-other-platform td.bin "${O[@]}"
folder tcbinfo.json qeidentity.json
is 'who signed is not there' 3 collateral-missing td.bin "${O[@]}"
folder tcbinfo.json qeidentity.json signers-foreign.pem
is "another root's signer" 3 collateral-missing td.bin "${O[@]}"
folder "${ALL[@]}"
is 'the clock is of another year' 2 clock-suspect td.bin "${O[@]}" --at 2025-07-01T00:00:00Z
sed -i 's/"isvsvn":4/"isvsvn":3/' "$D/c/qeidentity.json"
is 'an altered identity' 2 collateral-signature-invalid td.bin "${O[@]}"
folder "${ALL[@]}"
truncate -s -1 "$D/c/pck.crl"
is 'a list cut short' 7 collateral-damaged td.bin "${O[@]}"
folder "${ALL[@]}"
cp "$D/crl-other.der" "$D/c/pck.crl"
is 'a list of nobody in the chain' 0 ok td.bin "${O[@]}"
jq -e '.warnings | index("crl-unchecked")' "$D/out" >/dev/null
result $? '... counts for nothing'

# A chip's report beside what its ARK publishes.
echo '{"ward-policy":1,"accept_unmeasured":true,"allow_tee":["simulated-snp"],
  "collateral":{"crl":"required"}}' >"$D/chip.json"
C=(--root "$D/ark.pem" --policy "$D/chip.json" --collateral "$D/c")
folder vcek.der ask.pem ark.pem crl.der
is "the ARK's list" 0 ok report.bin "${C[@]}"
jq -e '.chain.crl_checked and (.warnings | index("crl-unchecked") | not)' "$D/out" >/dev/null
result $? '... was looked at'
folder vcek.der ask.pem ark.pem
is "the ARK's list is missing" 3 crl-missing report.bin "${C[@]}"
folder vcek.der ask.pem ark.pem crl-other.der
is "the ASK's list is none of the ARK's" 3 crl-missing report.bin "${C[@]}"
folder vcek.der ask.pem ark.pem crl-old.der
is 'a list that is over' 3 collateral-expired report.bin "${C[@]}"
rm -r "$D/c" && mkdir "$D/c" && cp "$D"/{vcek.der,ask.pem,ark.pem} "$D/c" &&
	sed 's/^-----BEGIN X509/-----BEGIN X508/' >"$D/c/crl.pem" < <(
		openssl crl -inform DER -in "$D/crl.der" 2>"$D/err")
is 'a list whose first line is damaged' 7 collateral-damaged report.bin "${C[@]}"

shows() { # shows FILE KIND
	[ "$("$W" -o json display "$D/$1" 2>"$D/err" | jq -r .kind)" = "$2" ]
	result $? "display $1: $2"
}
shows tcbinfo.json tcb-info-tdx
shows qeidentity.json td-qe-identity
shows root.crl crl
shows signers.pem certificates
finish
