#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl's verifying verbs: arguments to exit code and reason, the text that
# people see, and JSON that agrees with it. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

# want CODE WORD ARGUMENT...: exit code; WORD is the verdict, or stands in the error
want() {
	local code=$1 word=$2 got bad=0
	shift 2
	"$W" "$@" >"$D/out" 2>"$D/err" </dev/null
	got=$?
	[ $got -eq "$code" ] || bad=1
	grep -qE "^verdict: +$word( |$)" "$D/out" || grep -q -- "$word" "$D/err" || bad=1
	[ $bad -eq 0 ] || echo "(exit code $got; wanted $code and '$word')" >>"$D/err"
	result $bad "$(echo "$*" | sed "s,$D/,,g; s,$PWD/,,g"): $code $word"
}

# shows TEXT ARGUMENT...: exit code 0, and TEXT on stdout
shows() {
	local text=$1
	shift
	"$W" "$@" >"$D/out" 2>"$D/err" </dev/null && grep -q -- "$text" "$D/out"
	result $? "$(echo "$*" | sed "s,$D/,,g; s,$PWD/,,g") shows '$text'"
}

# golden NAME ARGUMENT...: the text on stdout is exactly what stands on stdin
golden() {
	local name=$1
	shift
	cat >"$D/want"
	"$W" "$@" >"$D/out" 2>"$D/err" </dev/null
	diff "$D/want" "$D/out" >"$D/err"
	result $? "golden text: $name"
}

make -s build/tests/mkevidence >"$D/err" 2>&1 && build/tests/mkevidence "$D" 2>"$D/err"
result $? "evidence of a simulated guest"
[ $failed -eq 0 ] || finish

OK="--policy $D/policy.json --root $D/ark.pem"
N=1111111111111111111111111111111111111111111111111111111111111111
B=$(printf '22%.0s' {1..64})
S=44444444444444444444444444444444

# shellcheck disable=SC2086 # words of $OK are arguments
bundles() {
	want 0 ok verify bundle "$D/release.ward" $OK --nonce $N --binding "$B" --session $S \
		--purpose release --complete
	want 0 ok verify evidence "$D/release.ward" $OK
	want 0 ok verify bundle "$D/no-events.ward" $OK
	want 0 ok verify bundle "$D/release.ward" $OK --no-collateral
	want 2 events-gap verify bundle "$D/no-events.ward" $OK --complete
	want 2 chain-broken verify bundle "$D/other-events.ward" $OK
	want 2 report-data-mismatch verify bundle "$D/edited.ward" $OK
	want 2 chain-untrusted verify bundle "$D/release.ward" --policy "$D/policy.json"
	want 2 certificate-expired verify bundle "$D/release.ward" $OK --at 2050-01-01T00:00:00Z
	want 2 certificate-not-yet-valid verify bundle "$D/release.ward" $OK --at 2020-01-01T00:00:00Z
	# A wrong clock and an old certificate look the same to a certificate: whose time it was is said.
	grep -q "^Judged as of 2020-01-01T00:00:00Z, as --at says" "$D/out"
	result $? '... by whose time'
	grep -q 'what comes behind it was not looked at' "$D/out"
	result $? '... and that the rest was not looked at'
	want 1 'carries no time' verify bundle "$D/release.ward" $OK --at document
	want 5 guest-unmeasured verify bundle "$D/release.ward" --policy "$D/unpinned.json" \
		--root "$D/ark.pem"
	want 5 simulated-refused verify bundle "$D/release.ward" --policy "$D/real-only.json" \
		--root "$D/ark.pem"
	want 5 simulated-refused verify bundle "$D/release.ward" --root "$D/ark.pem"
	want 5 debug-allowed verify bundle "$D/debug.ward" $OK
	want 5 measurement-mismatch verify bundle "$D/other-image.ward" $OK
	want 5 wrong-uid verify bundle "$D/other-uid.ward" $OK
	jq '.posture = ["lockdown-integrity", "exclusive"]' "$D/policy.json" >"$D/posture.json"
	want 5 posture-refused verify bundle "$D/release.ward" --root "$D/ark.pem" \
		--policy "$D/posture.json"
	grep -q 'not known to be true: .*lockdown-integrity' "$D/out"
	result $? '... which names the facts'
	want 5 nonce-mismatch verify bundle "$D/release.ward" $OK --nonce "0${N:1}"
	want 5 binding-mismatch verify bundle "$D/release.ward" $OK --binding "0${B:1}"
	want 5 wrong-session verify bundle "$D/release.ward" $OK --session "0${S:1}"
	want 5 wrong-purpose verify bundle "$D/release.ward" $OK --purpose channel
	want 5 wrong-purpose verify bundle "$D/receipt.ward" $OK
	want 7 bundle-damaged verify bundle "$D/cut.ward" $OK
	jq 'del(.purpose)' "$D/policy.json" >"$D/any.json"
	shows 'model-n.onnx' verify bundle "$D/card.ward" --root "$D/ark.pem" --policy "$D/any.json" \
		--card "$D/card/model-n.json"
	want 5 wrong-purpose verify bundle "$D/release.ward" --root "$D/ark.pem" \
		--policy "$D/any.json" --card "$D/card/model-n.json"
	want 5 'of another session' verify bundle "$D/card.ward" $OK --session "0${S:1}" \
		--card "$D/card/model-n.json"
	want 2 'another instance or declared' verify bundle "$D/card-other-plan.ward" \
		--root "$D/ark.pem" --policy "$D/any.json" --card "$D/card/model-n.json"
	want 1 'says nonce, binding and purpose' verify bundle "$D/card.ward" $OK --nonce $N \
		--card "$D/card/model-n.json"
	want 7 "not a model's card" verify bundle "$D/card.ward" $OK --card "$D/policy.json"
	want 7 evidence-unknown verify bundle "$D/policy.json" $OK
	want 7 evidence-unknown verify bundle "$D/report.bin" $OK
	grep -q "of kind snp, bare: 'wardctl verify evidence'" "$D/out"
	result $? '... which says what to type for a report'
	in_another_form
	want 7 bundle-damaged verify bundle - $OK
	want 7 policy-damaged verify bundle "$D/release.ward" --policy "$D/bad.json"
	want 7 certificate-damaged verify bundle "$D/release.ward" --root "$D/policy.json"
	want 3 'No such file' verify bundle "$D/release.ward" $OK --collateral "$D/none"
}

# A TPM's quote by a key of OpenSSL's, alone and beside a simulated launch.
# shellcheck disable=SC2086
tpms() {
	local tpm="--policy $D/tpm.json --root $D/ark.pem"
	want 0 ok verify bundle "$D/tpm.ward" $tpm --nonce $N --binding "$B"
	shows 'ak: *named by the policy' verify bundle "$D/tpm.ward" $tpm
	shows ' 9 1919191919' verify bundle "$D/tpm.ward" $tpm
	shows 'measured: *yes' verify bundle "$D/tpm.ward" $tpm
	shows 'ak sha256: *[0-9a-f]\{64\}' display "$D/tpm.ward"
	want 5 tee-refused verify bundle "$D/tpm.ward" $OK
	want 5 pcr-mismatch verify bundle "$D/tpm-other-boot.ward" $tpm
	want 2 ak-untrusted verify bundle "$D/tpm-other-machine.ward" $tpm
	want 2 signature-invalid verify bundle "$D/tpm-edited.ward" $tpm
	want 0 ok verify bundle "$D/both.ward" --policy "$D/both.json" --root "$D/ark.pem"
	want 5 evidence-missing verify bundle "$D/release.ward" --policy "$D/both.json" \
		--root "$D/ark.pem"
	want 5 tee-refused verify bundle "$D/tpm.ward" --policy "$D/both.json"
	"$W" -o json verify bundle "$D/tpm-other-boot.ward" $tpm >"$D/tpm-no.json" 2>"$D/err"
	"$W" -o json verify bundle "$D/tpm.ward" $tpm >"$D/tpm-ok.json" 2>>"$D/err"
	"$W" -o json display "$D/tpm.ward" >"$D/tpm-shown.json" 2>>"$D/err"
	python3 - "$D" 2>>"$D/err" <<-'PY'
		import json, sys
		load = lambda n: json.load(open(f"{sys.argv[1]}/tpm-{n}.json"))
		v, n, shown = load("ok"), load("no"), load("shown")["evidence"][0]
		t = v["tpm"]
		assert v["ok"] and v["measured"] and not v["simulated"] and "report" not in v, v
		assert t["ak"] | {"sha256": ""} == {"sha256": "", "type": "ecc", "bits": 256, "scheme": "ecdsa",
			"hash": "sha256", "trust": "pinned", "shared": False}, t
		assert t["pcrs"]["sha256"]["4"] == "14" * 32 and len(t["pcrs"]["sha256"]) == 9, t
		assert t["clock_ms"] == 123456 and t["clock_safe"] and t["reset_count"] == 7, t
		assert t["event_log"] == {"state": "absent", "events": 0, "explains": []}, t
		assert shown["ak_sha256"] == t["ak"]["sha256"] and shown["pcrs"] == t["pcrs"], shown
		assert n["verdict"] == "pcr-mismatch" and n["field"] == "pcrs.9" and n["exit_code"] == 5, n
	PY
	result $? "JSON of a quote agrees with the text"
}

misuse() {
	want 1 'one file' verify bundle
	want 1 'one file' verify bundle "$D/release.ward" "$D/release.ward"
	want 1 'No such file' verify bundle "$D/none.ward"
	want 1 "'--frob' is not an option" verify bundle "$D/release.ward" --frob
	want 1 "'--policy' is not an option here, or lacks" verify bundle "$D/release.ward" --policy
	want 1 '16 to 128 hexa' verify bundle "$D/release.ward" --nonce 11
	want 1 '128 hexa' verify bundle "$D/release.ward" --binding 1122
	want 1 '32 hexa' verify bundle "$D/release.ward" --session "${S}zz"
	want 1 '\-\-at takes' verify bundle "$D/release.ward" --at yesterday
	want 1 '\-\-purpose takes' verify bundle "$D/release.ward" --purpose fun
	want 1 'exclude each other' verify bundle "$D/release.ward" --collateral "$D" --no-collateral
	want 1 'needs one more word: .*bundle' verify
	want 1 "no verb 'verify bogus'; after 'verify' comes one of: .*bundle" verify bogus
	want 1 "did you mean 'verify bundle'" verify bundel
	want 1 'a verb is missing'
	misuse_json bogus
	misuse_json verify
	misuse_json verify bogus
	misuse_json
	not_files
	want 1 'did you mean' verfy bundle
	want 1 'no reason' explain frobnicated
	shows 'Ask for fresh evidence' explain nonce-mismatch
	shows 'exit codes' help
	shows '[-][-]nonce HEX' help verify bundle
}

misuse_json() { # misuse_json ARGUMENT...: one error object, exit code 1
	local got
	"$W" -o json "$@" >"$D/out" 2>"$D/err" </dev/null
	got=$?
	python3 - "$D/out" "$got" 2>>"$D/err" <<-'PY'
		import json, sys
		e = json.load(open(sys.argv[1]))["error"]
		assert e["reason"] == "usage" and e["text"], e
		assert e["exit_code"] == int(sys.argv[2]) == 1, e
	PY
	result $? "-o json $*: one error object"
}

# What never ends is no input; what is piped in is, by the name of the standard input.
not_files() {
	local path verb
	mkfifo "$D/pipe"
	for path in "$D/pipe" "$D" /dev/zero; do
		for verb in display 'policy check'; do
			# shellcheck disable=SC2086
			timeout 60 "$W" $verb "$path" >"$D/out" 2>"$D/err"
			[ $? -eq 1 ] && grep -q 'not a regular file' "$D/err"
			result $? "$verb: $(basename "$path") is refused"
		done
	done
	head -c 70000 /dev/zero >"$D/big.json"
	want 7 'policy-damaged: 70000 bytes' policy check "$D/big.json"
	for path in - /dev/stdin; do
		# shellcheck disable=SC2002 # a pipe is what is tested
		cat "$D/policy.json" | "$W" policy check "$path" >"$D/out" 2>"$D/err"
		result $? "policy check $path reads a pipe"
	done
}

# shellcheck disable=SC2086
receipts() {
	local r="$OK --release $D/log.json"
	want 0 ok receipt verify "$D/receipt.ward" $r --complete
	shows 'records: *complete' receipt verify "$D/receipt.ward" $r
	shows 'records: *gap' receipt verify "$D/receipt-gap.ward" $r
	shows 'records: *absent' receipt verify "$D/receipt-bare.ward" $r
	want 2 events-gap receipt verify "$D/receipt-gap.ward" $r --complete
	want 2 events-gap receipt verify "$D/receipt-bare.ward" $r --complete
	want 5 not-sealed receipt verify "$D/unsealed.ward" $r
	want 5 memory-live receipt verify "$D/live.ward" $r
	want 5 wrong-session receipt verify "$D/other-session.ward" $r
	want 5 wrong-purpose receipt verify "$D/release.ward" $r
	want 1 'release names' receipt verify "$D/receipt.ward" $OK
	want 7 release-damaged receipt verify "$D/receipt.ward" $OK --release "$D/policy.json"
	want 5 guest-unmeasured receipt verify "$D/receipt.ward" --policy "$D/unpinned.json" \
		--root "$D/ark.pem" --release "$D/log.json"
}

# ranged CODE WORDS TEXT ARGUMENT...: a directory of receipts against a log; its
# JSON is what doc/json.md has
# shellcheck disable=SC2086
ranged() {
	local code=$1 words=$2 text=$3 got
	shift 3
	"$W" receipt verify "$D/receipts" $OK "$@" >"$D/out" 2>"$D/err"
	got=$?
	[ $got -eq "$code" ] && cat "$D/out" "$D/err" | grep -qE -- "$words"
	result $? "receipts of a time: $text"
	"$W" -o json receipt verify "$D/receipts" $OK "$@" >"$D/json" 2>/dev/null
	case $(head -c 20 "$D/json") in
	*error*) python3 tests/cli/json_members.py error "$D/json" >"$D/out" ;;
	*) python3 tests/cli/json_members.py 'receipt verify --log' "$D/json" >"$D/out" ;;
	esac
	result $? "receipts of a time: $text, JSON"
}

# shellcheck disable=SC2086
ranges() {
	local release one log
	release=$(printf '7%.0s' {1..32})
	one=$D/receipts/$release.ward
	log="--log $D/log.json"
	mkdir "$D/receipts"
	cp "$D/receipt.ward" "$one"
	ranged 0 '^range: +complete' 'all are there, with all records' $log
	ranged 0 '^range: +complete' 'from its very second on' $log --complete \
		--since 2026-11-22T02:00:00Z --until 2026-11-22T02:00:01Z
	ranged 1 'nothing could be said' 'from a second later' $log --since 2026-11-22T02:00:01Z
	ranged 1 'nothing could be said' 'until its very second' $log --until 2026-11-22T02:00:00Z
	ranged 1 'must be after' 'until before it began' $log --since 2026-11-22T02:00:00Z \
		--until 2026-11-22T01:00:00Z
	cp "$D/receipt-gap.ward" "$one"
	ranged 0 'records: +gap' 'records are missing, and that is told' $log
	grep -q '"range": "gap"' "$D/json"
	result $? 'receipts of a time: a range with missing records has a gap'
	ranged 2 'verdict: +events-gap' 'records are missing, and refused' $log --complete
	cp "$D/receipt-bare.ward" "$one"
	ranged 0 'records: +absent' 'no records at all' $log
	ranged 2 'verdict: +events-gap' 'no records at all, and refused' $log --complete
	cp "$D/unsealed.ward" "$one"
	ranged 5 'verdict: +not-sealed' 'one that is refused' $log
	cp "$D/receipt.ward" "$one"
	{ cat "$D/log.json" && sed "s/$release/${release/7/8}/; s/T02:/T04:/" "$D/log.json"; } \
		>"$D/log2.json"
	ranged 2 'verdict: +receipt-missing' 'one is missing' --log "$D/log2.json"
	grep -q '"range": "gap"' "$D/json" && grep -q '"accepted": 1' "$D/json"
	result $? 'receipts of a time: what is there still counts, the range has a gap'
	ranged 0 '^range: +complete' 'the missing one lies later' --log "$D/log2.json" \
		--until 2026-11-22T03:00:00Z
	cp "$one" "$D/receipts/${release/7/8}.ward"
	ranged 5 'verdict: +(nonce|binding)-mismatch' "one release's receipt for another" \
		--log "$D/log2.json"
	echo '{"version":1}' >>"$D/log2.json"
	ranged 7 'line 3 of the log' 'a damaged line' --log "$D/log2.json"
	want 1 'exclude' receipt verify "$D/receipts" $OK $log --release "$D/log.json"
	want 1 'go with --log' receipt verify "$D/receipt.ward" $OK --release "$D/log.json" \
		--since 2026-01-01T00:00:00Z
	want 1 'takes a time' receipt verify "$D/receipts" $OK $log --since yesterday
}

# What people send in place of evidence: the refusal says what it looks like.
in_another_form() {
	local what n=0
	od -An -v -tx1 "$D/report.bin" >"$D/form1"
	base64 "$D/report.bin" >"$D/form2"
	head -c 900 "$D/report.bin" >"$D/form3"
	tail -c +1185 "$D/extended.bin" >"$D/form4"
	cp "$D/ark.pem" "$D/form5"
	printf '\377TCG\200\030' >"$D/form6"
	printf 'eyJhbGciOiJSUzI1NiJ9.e30.AA' >"$D/form7"
	printf '{"evidence":"AA=="}' >"$D/form8"
	{ head -c 32 /dev/zero; printf 'Spec ID Event03\0'; } >"$D/form9"
	printf '0\202\001' >"$D/form10"
	for what in 'hexadecimal digits' base64 'cut short' 'certificate table' 'in PEM' \
		"a TPM's quote without" 'token verify' JSON 'measure log' 'begin with 30'; do
		n=$((n + 1))
		want 7 evidence-unknown verify evidence "$D/form$n"
		grep -q "^because:.*$what" "$D/out"
		result $? "... which looks like: $what"
	done
}

# A folder as somebody filled it, not as a tool names its files.
# shellcheck disable=SC2086
other_names() { # other_names OPTIONS
	mkdir -p "$D/names"
	cp "$D/vcek.pem" "$D/names/node-7.pem"
	cat "$D/ask.pem" "$D/ark.pem" >"$D/names/amd.pem"
	want 0 ok verify evidence "$D/report.bin" $1 --collateral "$D/names"
	cp "$D/report.bin" "$D/other-chip.bin"
	other_byte "$D/other-chip.bin" 416
	want 3 collateral-missing verify evidence "$D/other-chip.bin" $1 --collateral "$D/names"
	grep -q "at hand: 1, of this report's chip and reported TCB: none" "$D/out"
	result $? '... and why that certificate is not taken'
	cp "$D/report-edited.bin" "$D/edited-here.bin"
	want 2 signature-invalid verify evidence "$D/edited-here.bin" $1 --collateral "$D/names"
}

# shellcheck disable=SC2086
bare() { # bare DATA OTHER: of a report and its table in one file, and of a report alone
	local any="--policy $D/any.json --root $D/ark.pem"
	echo '{"ward-policy":1,"accept_unmeasured":true,"allow_tee":["simulated-snp"]}' >"$D/any.json"
	want 0 ok verify evidence "$D/extended.bin" $any
	want 0 ok verify evidence "$D/extended.bin" $any --report-data "$1"
	want 0 ok verify evidence "$D/extended.bin" $any --nonce "$1"
	want 2 report-data-mismatch verify evidence "$D/extended.bin" $any --nonce "$2"
	want 2 report-data-mismatch verify evidence "$D/extended.bin" $any --report-data "$2"
	want 1 usage verify evidence "$D/extended.bin" $any --nonce "${1:64}"
	want 2 chain-untrusted verify evidence "$D/extended.bin" --policy "$D/any.json"
	cp "$D/extended.bin" "$D/extended-bad.bin"
	printf '\200' | dd of="$D/extended-bad.bin" bs=1 seek=1200 conv=notrunc 2>/dev/null
	want 7 certificate-damaged verify evidence "$D/extended-bad.bin" $any
	want 3 collateral-missing verify evidence "$D/report.bin" $any
	other_names "$any"
	want 1 'in no bundle' verify evidence "$D/release.ward" $any --report-data "$1"
	shows 'reported_tcb' -o json display "$D/extended.bin"
}

reports() {
	want 0 ok verify certs "$D" --root "$D/ark.pem"
	want 2 chain-untrusted verify certs "$D"
	want 0 ok verify attestation "$D" "$D/report.bin" --root "$D/ark.pem"
	want 0 ok verify attestation "$D" "$D/report.bin" --root "$D/ark.pem" -t -s \
		-r "$(printf '5a%.0s' {1..64})"
	want 2 report-data-mismatch verify attestation "$D" "$D/report.bin" --root "$D/ark.pem" \
		-r "$(printf '5b%.0s' {1..64})"
	want 5 measurement-mismatch verify attestation "$D" "$D/report.bin" --root "$D/ark.pem" \
		-m "$(printf '00%.0s' {1..48})"
	want 2 chain-untrusted verify attestation "$D" "$D/report.bin"
	want 2 signature-invalid verify attestation "$D" "$D/report-edited.bin" --root "$D/ark.pem"
	want 7 evidence-damaged verify attestation "$D" "$D/report-cut.bin" --root "$D/ark.pem"
	want 3 'No such file' verify certs "$D/none"
	bare "$(printf '5a%.0s' {1..64})" "$(printf '5b%.0s' {1..64})"
	want 7 evidence-unknown display "$D/report-cut.bin"
	want 0 ok policy check "$D/policy.json"
	want 7 'line 2, column 3, uids' policy check "$D/bad.json"
}

# shellcheck disable=SC2086
texts() {
	golden 'verify bundle' verify bundle "$D/release.ward" $OK --nonce $N --binding "$B" <<-'EOT'
		verdict:      ok (simulated)
		SIMULATED TEE: this protects nothing and proves the procedure only.
		chain:        ward SIMULATED test VCEK <- ward SIMULATED test ASK <- ward SIMULATED test ARK
		report:       SEV-SNP version 3, milan, VMPL 0
		reported tcb: bootloader 3, tee 0, snp 8, microcode 115 (used)
		other tcbs:   current: the same; committed: the same; launch: the same
		measurement:  a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf
		purpose:      release
		session:      44444444444444444444444444444444
		instance:     33333333333333333333333333333333
		caller:       uid 1000, gid 1000, pid 0
		data keys:    in user space, if there are any
		events:       6 of 6 records, complete up to the attested head
		measured:     yes
		not checked:
		  - crl-unchecked: No revocation list was looked at. Fetch the lists ('wardctl fetch crl', 'wardctl fetch tdx') and give their folder (--collateral DIR); a policy asks for them with collateral.crl.
		warnings:
		  - simulated: A simulated TEE stands behind this; it protects nothing.
		  - named-root: Trust comes from a root that was named, not from one that is built in.
		  - smt: The guest may share a core with others (SMT).
	EOT
	golden 'policy check' policy check "$D/unpinned.json" <<-'EOT'
		verdict: ok
		leaves open:
		  - guest-unmeasured: of evidence that is accepted nothing, or too little, is pinned that measures the guest
		  - simulated: a simulated TEE is accepted, which protects nothing
		  - purpose-unchecked: evidence for any purpose is accepted
	EOT
	golden 'explain' explain not-sealed <<-'EOT'
		kind:      verdict
		reason:    not-sealed
		code:      81
		exit code: 5
		meaning:   The session was neither sealed nor ended when the receipt was taken: it could go on allocating protected memory.
		mend:      Seal the session, then take the receipt.
	EOT
	golden 'quiet says nothing' -q verify bundle "$D/release.ward" $OK <<-'EOT'
	EOT
}

# shellcheck disable=SC2086
json() {
	"$W" -o json verify bundle "$D/release.ward" $OK --nonce $N >"$D/ok.json" 2>"$D/err"
	"$W" -o json verify bundle "$D/edited.ward" $OK >"$D/no.json" 2>>"$D/err"
	"$W" -o json receipt verify "$D/receipt.ward" $OK --release "$D/log.json" \
		>"$D/receipt.json" 2>>"$D/err"
	"$W" -o json verify bundle "$D/none" >"$D/misuse.json" 2>>"$D/err"
	"$W" -o json explain >"$D/explain.json" 2>>"$D/err"
	"$W" -o json verify attestation "$D" "$D/report.bin" --root "$D/ark.pem" \
		>"$D/report.json" 2>>"$D/err"
	python3 - "$D" >"$D/out" 2>>"$D/err" <<-'PY'
		import hashlib, json, sys
		d = sys.argv[1]
		load = lambda n: json.load(open(f"{d}/{n}.json"))
		v = load("ok")
		assert v["ok"] is True and v["verdict"] == "ok" and v["exit_code"] == 0
		assert v["version"] == 1 and v["simulated"] is True and v["measured"] is True
		assert v["warnings"] == ["simulated", "named-root", "binding-unchecked",
					 "crl-unchecked", "smt"], v["warnings"]
		assert v["not_checked"] == ["binding-unchecked", "crl-unchecked"], v["not_checked"]
		assert v["evidence_sha256"] == hashlib.sha256(open(f"{d}/release.ward", "rb").read()).hexdigest()
		assert v["claims"]["caller"]["uid"] == 1000 and v["claims"]["purpose"] == "release"
		assert v["report"]["reported_tcb"]["microcode"] == 115
		assert v["report"]["tcb_used"] == "reported" and v["report"]["launch_tcb"]["snp"] == 8
		assert v["report"]["guest_policy"]["smt"] and not v["report"]["platform"]["ecc"]
		assert v["events"] == {"count": 6, "complete": True}
		assert v["chain"]["named_root"] is True and v["chain"]["kind"] == "vcek"
		n = load("no")
		assert n["ok"] is False and n["verdict"] == "report-data-mismatch" and n["exit_code"] == 2
		assert n["field"] == "report.report_data" and n["offset"] == 80 and n["mend"]
		r = load("receipt")
		assert r["ok"] is True and r["receipt"]["wiped_bytes"] == 6 << 20
		assert r["receipt"]["records"] == "complete" and r["receipt"]["records_missing"] == 0
		assert "Not proved" in r["statement"] and r["simulated"] is True
		m = load("misuse")
		assert m["error"]["exit_code"] == 1 and m["error"]["text"]
		e = load("explain")["reasons"]
		assert len(e) > 50 and all(x["meaning"] and x["mend"] for x in e)
		assert len({x["reason"] for x in e}) == len({x["code"] for x in e}) == len(e)
		assert all(x["exit_code"] in (0, 1, 2, 3, 4, 5, 6, 7) for x in e)
		a = load("report")
		assert a["ok"] is True and "claims" not in a and a["report"]["debug"] is False
	PY
	result $? "JSON agrees with the text"
}

# An independent reader in Python: doc/formats.md is enough to read a bundle.
second_reader() {
	local f
	if ! python3 -c 'import cryptography' 2>"$D/err"; then
		skip "second reader" "python3-cryptography is not installed"
		return
	fi
	for f in release no-events receipt; do
		"$W" -o json display "$D/$f.ward" >"$D/shown.json" 2>"$D/err" &&
			PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests python3 -m reader "$D/$f.ward" "$D/shown.json" "$D/ark.pem" \
				>"$D/out" 2>>"$D/err"
		result $? "second reader agrees on $f.ward"
	done
	for f in cut edited other-events; do
		! PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests python3 -m reader "$D/$f.ward" - "$D/ark.pem" >"$D/out" 2>"$D/err" &&
			grep -q '^reader: ' "$D/err"
		result $? "second reader refuses $f.ward"
	done
}

# A real chain: real AMD certificates and reports where they are at hand.
real() {
	local v=${WARD_VECTORS:-${WARD_CACHE:-$HOME/.cache/ward}/vectors}
	[ -d "$v" ] || v=../shared/vectors
	if [ ! -d "$v/snp" ]; then
		skip "real evidence" "no folder of evidence (WARD_VECTORS)"
		return
	fi
	mkdir "$D/milan" "$D/aws"
	csplit -s -z -f "$D/milan/c" "$v/snp/trust-milan-chain.pem" '/BEGIN/' '{*}'
	mv "$D/milan/c00" "$D/milan/ask.pem" && mv "$D/milan/c01" "$D/milan/ark.pem"
	cp "$v/snp/milan-v2-vcek.der" "$D/milan/vcek.der"
	csplit -s -z -f "$D/aws/c" "$v/snp/trust-milan-vlek-chain.pem" '/BEGIN/' '{*}'
	mv "$D/aws/c00" "$D/aws/asvk.pem" && mv "$D/aws/c01" "$D/aws/ark.pem"
	cp "$v/snp/milan-v3-vlek-aws-vlek.der" "$D/aws/vlek.der"
	want 0 ok verify certs "$D/milan" --at 2026-06-01T00:00:00Z
	want 0 ok verify attestation "$D/milan" "$v/snp/milan-v2-report.bin" --at 2026-06-01T00:00:00Z
	want 2 signature-invalid verify attestation "$D/milan" "$v/snp/milan-v2-debug-report.bin" \
		--at 2026-06-01T00:00:00Z
	want 0 ok verify certs "$D/aws" --at 2025-06-01T00:00:00Z
	want 0 ok verify attestation "$D/aws" "$v/snp/milan-v3-vlek-aws-report.bin" \
		--at 2025-06-01T00:00:00Z
	want 2 certificate-expired verify attestation "$D/aws" \
		"$v/snp/milan-v3-vlek-aws-report.bin" --at 2026-06-01T00:00:00Z
	want 3 collateral-missing verify attestation "$D/aws" "$v/snp/milan-v2-report.bin" \
		--at 2025-06-01T00:00:00Z
	shows 'product: *turin' display "$v/snp/turin-v5-report.bin"
	for g in milan-v2 milan-v3 genoa-v3 genoa-v5 turin-v5; do
		want 5 guest-unmeasured verify evidence "$v/snp/$g-report.bin" \
			--collateral "$v/snp" --at 2026-06-01T00:00:00Z
	done
}

bundles
tpms
misuse
receipts
ranges
reports
texts
json
second_reader
real
finish
