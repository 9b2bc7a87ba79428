#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl and quotes of Intel's: what display shows, what verify says by exit code and
# reason, alone and in a bundle, with collateral and without. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

# want CODE WORD ARGUMENT...: exit code and verdict
want() {
	local code=$1 word=$2 got bad=0
	shift 2
	"$W" "$@" >"$D/out" 2>"$D/err" </dev/null
	got=$?
	[ $got -eq "$code" ] || bad=1
	grep -qE "^verdict: +$word( |$)" "$D/out" || grep -q -- "$word" "$D/err" || bad=1
	[ $bad -eq 0 ] || echo "(exit code $got; wanted $code and '$word')" >>"$D/err"
	result $bad "${*//"$D/"/}: $code $word"
}

# says WANTED JQ ARGUMENT...: what jq makes of the JSON on stdout
says() {
	local wanted=$1 filter=$2 got
	shift 2
	got=$("$W" -o json "$@" 2>"$D/err" </dev/null | jq -c "$filter" 2>>"$D/err")
	[ "$got" = "$wanted" ] || echo "got $got" >>"$D/err"
	[ "$got" = "$wanted" ]
	result $? "${*//"$D/"/}: $filter is $wanted"
}

make -s build/tests/mkevidence >"$D/err" 2>&1 && build/tests/mkevidence "$D" 2>"$D/err"
result $? "quotes of a platform, its collateral"
[ $failed -eq 0 ] || finish

R="--root $D/intel-root.pem"
P="--policy $D/td.json"
C="--collateral $D/intel"
# shellcheck disable=SC2086  # options, several
{
	want 0 ok verify evidence "$D/quote.dat" $R $P
	want 0 ok verify evidence "$D/quote.dat" $R $P $C
	want 0 ok verify bundle "$D/td.ward" $R $P $C
	want 0 ok verify evidence "$D/td.ward" $R $P $C
	want 2 chain-untrusted verify evidence "$D/quote.dat" $P
	want 5 guest-unmeasured verify evidence "$D/quote.dat" $R
	want 5 debug-allowed verify evidence "$D/quote-debug.dat" $R $P $C
	want 4 certificate-revoked verify evidence "$D/quote.dat" $R $P \
		--collateral "$D/intel-revoked"
	want 4 certificate-revoked verify bundle "$D/td.ward" $R $P --collateral "$D/intel-revoked"
	want 2 certificate-not-yet-valid verify evidence "$D/quote.dat" $R $P --at 2020-01-01T00:00:00Z
	want 2 certificate-expired verify evidence "$D/quote.dat" $R $P --at 2040-01-01T00:00:00Z
	want 3 collateral-expired verify evidence "$D/quote.dat" $R $P $C --at 2034-01-01T00:00:00Z

	data=$(printf '11%.0s' {1..64})
	want 0 ok verify evidence "$D/quote.dat" $R $P --report-data "$data"
	want 0 ok verify evidence "$D/quote.dat" $R $P --nonce "$data"
	want 2 report-data-mismatch verify evidence "$D/quote.dat" $R $P --report-data "${data%1}2"
	want 1 report-data verify evidence "$D/quote.dat" $R $P --report-data 1111
	want 1 bundle verify evidence "$D/td.ward" $R $P --report-data "$data"
	want 1 report-data verify bundle "$D/td.ward" $R $P --report-data "$data"

	echo '{"ward-policy":1,"collateral":{"tcb_status":["UpToDate"]},"accept_unmeasured":true,
	       "allow_tee":["tdx"]}' >"$D/pinned.json"
	want 3 collateral-missing verify evidence "$D/quote.dat" $R --policy "$D/pinned.json"
	want 0 ok verify evidence "$D/quote.dat" $R --policy "$D/pinned.json" $C
	echo '{"ward-policy":1,"sgx":{"mrenclave":["'"$(printf 'ec%.0s' {1..32})"'"]}}' >"$D/sgx.json"
	want 0 ok verify evidence "$D/enclave.dat" $R --policy "$D/sgx.json"
	want 5 guest-unmeasured verify evidence "$D/enclave.dat" $R
	jq -s '.[0] + .[1]' "$D/td.json" "$D/sgx.json" >"$D/both-td.json"
	want 5 evidence-missing verify bundle "$D/td.ward" $R --policy "$D/both-td.json"

	says '["UpToDate",[]]' '[.tdx.tcb.status, .tdx.tcb.unchecked]' verify evidence "$D/quote.dat" \
		$R $P $C
	says '["named-root","nonce-unchecked","crl-unchecked","collateral-unchecked"]' .warnings \
		verify evidence "$D/quote.dat" $R $P
	says '["90c06f000000","0000",13]' '[.tdx.pck.fmspc, .tdx.pck.pce_id, .tdx.pck.pce_svn]' \
		verify evidence "$D/quote.dat" $R $P
	says true .measured verify bundle "$D/td.ward" $R $P
	says '"tdx"' '.claims.tee' verify bundle "$D/td.ward" $R $P
}
says "\"$(printf '3d%.0s' {1..48})\"" .mrtd display "$D/quote.dat"
says '["td-1.5","0x0000000010000000",false]' '[.body, .attributes, .debug]' display "$D/quote.dat"
says true .debug display "$D/quote-debug.dat"
says "\"$(printf 'ec%.0s' {1..32})\"" .mrenclave display "$D/enclave.dat"
says "\"$(printf 'a1%.0s' {1..48})\"" '.evidence[0].quote.rtmr1' display "$D/td.ward"
head -c 700 "$D/quote.dat" >"$D/cut.dat"
want 7 evidence-damaged display "$D/cut.dat"
# shellcheck disable=SC2086
want 7 evidence-damaged verify evidence "$D/cut.dat" $R $P
finish
