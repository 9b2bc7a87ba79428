#!/bin/bash
# SPDX-License-Identifier: MIT
# A federation of four sites and an aggregator in a guest, each with a session and a network of
# its own, the data's broker on this machine: their models are those of one place, to the bit;
# sites lie, wires are cut, sites and aggregator are killed; everybody's receipts are verified
# here, and the guest's memory is searched when all have ended. The TEE is SIMULATED. TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
TOP=$PWD
VM=tests/vm
OUT=$TOP/build/run/federation
DEMO=$OUT
BIN=$(realpath "${BIN:-build/bin}")
SET=()
EXPIRE=600
KEYS=kernel
BROKER=
# shellcheck disable=SC2034 # read by what is sourced
JOB_UID=
. tests/e2e/tried.bash
. tests/e2e/ui.bash
. tests/e2e/owner.bash

die() {
	echo "not ok $*"
	exit 1
}

# The shipped plan, with federated averaging in place of minibatches of all rows.
plan() {
	sed -i 's/"method": "sgd", "epochs": 40,/"method": "sgd", "rounds": 3, "epochs": 2,/' \
		"$OUT/owner/plan.json"
	grep -q rounds "$OUT/owner/plan.json" || die "the shipped plan has no run to change"
}

# policy FILE PURPOSE UID: whoever runs this plan as that user, on a guest that nobody measured
policy() {
	cat >"$OUT/owner/$1" <<-POLICY
		{"ward-policy": 1, "purpose": "$2", "uid": [$3], "accept_unmeasured": true,
		 "declared": ["$(declared "$OUT/owner/plan.json")"], "allow_tee": ["simulated-snp"]}
	POLICY
}

# What the search looks for beside rows and keys.
numbers() {
	local missing tables
	missing=$(head -n 1 "$OUT/owner/tables.tsv" | cut -f 3)
	[ "$missing" != - ] || missing=
	mapfile -t tables < <(cut -f 4 "$OUT/owner/sites")
	build/tests/e2e/numbers "$OUT/owner/plan.json" "$OUT/owner/numbers" "$missing" "${tables[@]}" ||
		die "no numbers of training"
}

prepare() {
	mkdir -p "$OUT"
	exec 8>"$OUT/lock"
	flock -n 8 || die "another run uses $OUT"
	find "$OUT" -mindepth 1 ! -name lock -delete
	mkdir -p "$OUT"/{log,owner}
	owner_encrypt >&2
	owner_tls
	plan
	policy policy.json release "1001, 1002"
	policy site.json channel 1001
	policy aggregator.json channel 1002
	numbers
	owner_broker
}

# search WHEN EXPECTATION: of the guest's memory, while it is stopped; DIR is its folder
search() {
	local args=(--plan "$OUT/owner/plan.json" --numbers "$OUT/owner/numbers") name dataset key table run
	while IFS=$'\t' read -r name dataset key table; do
		args+=(--site "$dataset" "$key" "$table")
	done <"$OUT/owner/sites"
	for run in newton sgd; do
		file_of "$DIR" "weights-$run"
		args+=(--model "$DIR/weights-$run")
	done
	if [ "$1" = wiped ]; then
		build/tests/e2e/residue "${args[@]}" --export "$OUT/holding"
		feed &
	fi
	build/tests/e2e/residue "${args[@]}" --ram "$WARD_RAM" --json "$DIR/residue-$1.json" \
		--expect "$2" >"$DIR/residue-$1"
}

# The control reads what it shall hold as soon as it says so.
feed() {
	local i
	for ((i = 0; i < 600; i++)); do
		! grep -q '^# holding' "$DIR/ktap" || break
		sleep 0.5
	done
	timeout 120 cat "$OUT/holding" >"$DIR/ctl.in"
}
export -f search feed file_of
export OUT DIR

# judged FILE none|most: of each kind of pattern nothing was found, or of each the most (a row is
# standardised in several ways, and the control knows one)
judged() {
	python3 - "$@" <<-'PYTHON'
		import json, sys
		scan = json.load(open(sys.argv[1], encoding="utf-8"))
		kinds = scan["kinds"]
		print("%d patterns in %d MiB" % (scan["patterns"], scan["bytes"] >> 20))
		good = len(kinds) > 10 and all(k["patterns"] for k in kinds)
		if sys.argv[2] == "none":
		    good = good and not scan["hits"] and not any(k["hits"] for k in kinds)
		else:
		    good = good and all(k["distinct"] > k["patterns"] / 2 for k in kinds
		                        if "standard" not in k["kind"])
		sys.exit(not good)
	PYTHON
}

# What the searches found.
found() { # SERIES DIR
	local what
	if what=$(judged "$2/residue-wiped.json" none); then
		echo "ok $1: of $what none is left: rows, keys, weights on their way, sums"
	else
		echo "not ok $1: rows, keys, weights on their way or sums are left"
		sed 's/^/# /' "$2/residue-wiped"
	fi
	if judged "$2/residue-control.json" most >/dev/null; then
		echo "ok $1: a plain program that held the same leaves most of each kind"
	else
		echo "not ok $1: the search does not find what a plain program leaves"
		sed 's/^/# /' "$2/residue-control"
	fi
}

one_guest() { # SERIES
	local series=$1 dir=$OUT/$1 status=0 kmod name dataset fw=()
	kmod=$(dirname "$($VM/module "$series" | tail -n 1)")
	$VM/module "$series" --what tsmsim >&2
	mkdir -p "$dir"
	DIR=$dir
	while IFS=$'\t' read -r name dataset _ _; do
		fw+=(--fw-cfg "$name.wds=$dataset")
	done <"$OUT/owner/sites"
	$VM/guest "$series" --out "$dir/initrd" --script $VM/t_federation.sh \
		--file $VM/try.sh:/lib/ward/try.sh --file build/tsmsim/ark.pem:/data/ark.pem \
		--file "$OUT/owner/plan.json:/data/plan.json" \
		--file "$OUT/owner/site.json:/data/site.json" \
		--file "$OUT/owner/aggregator.json:/data/aggregator.json" \
		--file "$OUT/owner/broker.pem:/data/broker.pem" \
		--program "$BIN/wardctl:/bin/wardctl" --program "$BIN/ward-train:/bin/ward-train" \
		--program build/tests/e2e/turncoat --program build/tests/e2e/hoard \
		--load "$kmod/ward.ko" --ko "$kmod/tsmsim.ko" >&2
	tried "$series" "$dir" $VM/run "$series" "$dir/initrd" --dir "$dir" --mem 768 \
		--timeout 1800 --append "$PATIENCE" --port "$PORT" --wires 4 "${fw[@]}" \
		--ram "$OUT/ram" --resume --hold wiped --on-hold "search wiped none" \
		--hold control --on-hold "search control some" || status=1
	rm -f "$OUT/ram" "$OUT/holding"
	[ $status = 0 ] || return 0
	judge "$series" "$dir"
	found "$series" "$dir"
}

# Everybody's receipts, on the owner's machine: of all, of the two that a third one left, of an
# earlier federation, and with a byte that is another one.
judge() { # SERIES DIR
	local dir=$2 args byte
	file_of "$dir" bundle
	file_of "$dir" two
	head -n 1 "$OUT/owner/release.log" >"$dir/first.json"
	tail -n 1 "$OUT/owner/release.log" >"$dir/last.json"
	cat >"$dir/policy.json" <<-POLICY
		{"ward-policy": 1, "uid": [1001, 1002], "accept_unmeasured": true,
		 "declared": ["$(declared "$OUT/owner/plan.json")"], "allow_tee": ["simulated-snp"]}
	POLICY
	args=(--root build/tsmsim/ark.pem --policy "$dir/policy.json")
	expect 0 "$1: four sites' receipts and the aggregator's prove the wipe" \
		'receipts of all: *complete' "$BIN/wardctl" receipt federation "$dir/bundle" "${args[@]}"
	expect 0 "$1: one of them is for our release" 'own release: *yes' \
		"$BIN/wardctl" receipt federation "$dir/bundle" "${args[@]}" --release "$dir/first.json"
	expect 2 "$1: none of them is for a later one" 'receipts of all: *gap' \
		"$BIN/wardctl" receipt federation "$dir/bundle" "${args[@]}" --release "$dir/last.json"
	expect 2 "$1: of a site that was killed there is none, and it is said" receipt-missing \
		"$BIN/wardctl" receipt federation "$dir/two" "${args[@]}"
	cp "$dir/bundle" "$dir/changed"
	# the digest of a model, of which the aggregator's receipt speaks
	byte=$(od -An -tu1 -j 180 -N 1 "$dir/bundle")
	printf %b "\\x$(printf %02x $((byte ^ 1)))" |
		dd of="$dir/changed" bs=1 seek=180 conv=notrunc status=none
	expect 5 "$1: another model's digest is refused" nonce-mismatch \
		"$BIN/wardctl" receipt federation "$dir/changed" "${args[@]}"
	cut_off "$1" "$dir"
}

# Of a site whose wire was cut: its own receipt is good; in the list of all it is missing.
cut_off() { # SERIES DIR
	local dir=$2 name
	name=$(sed -n 3p "$OUT/owner/sites" | cut -f 1)
	file_of "$dir" cut-receipt
	file_of "$dir" cut-bundle
	grep "dataset/$name\"" "$OUT/owner/release.log" | tail -n 1 >"$dir/cut.json"
	expect 0 "$1: who was cut off has a receipt that proves its wipe" '' \
		"$BIN/wardctl" receipt verify "$dir/cut-receipt" --release "$dir/cut.json" "${args[@]}" --complete
	expect 2 "$1: in the others' list it is missing" receipt-missing \
		"$BIN/wardctl" receipt federation "$dir/cut-bundle" "${args[@]}"
}

echo "TAP version 13"
make -s tsmsim-keys >&2
trap owner_stop EXIT
prepare
for series in ${FEDERATION_KERNELS:-6.12}; do
	one_guest "$series"
done | numbered
