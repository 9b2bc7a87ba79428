#!/bin/bash
# SPDX-License-Identifier: MIT
# A federation of four sites and an aggregator in a guest, each with a session of its own, the
# data's broker on this machine: their models are those of one place, to the bit; sites and
# aggregator are killed; everybody's receipts are verified here. The TEE is SIMULATED.
# TAP on stdout.
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
	owner_broker
}

one_guest() { # SERIES
	local series=$1 dir=$OUT/$1 kmod name dataset fw=()
	kmod=$(dirname "$($VM/module "$series" | tail -n 1)")
	$VM/module "$series" --what tsmsim >&2
	mkdir -p "$dir"
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
		--load "$kmod/ward.ko" --ko "$kmod/tsmsim.ko" >&2
	tried "$series" "$dir" $VM/run "$series" "$dir/initrd" --dir "$dir" --mem 768 \
		--timeout 1800 --append "$PATIENCE" --port "$PORT" "${fw[@]}" || return 0
	judge "$series" "$dir"
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
}

echo "TAP version 13"
make -s tsmsim-keys >&2
trap owner_stop EXIT
prepare
for series in ${FEDERATION_KERNELS:-6.12}; do
	one_guest "$series"
done | numbered
