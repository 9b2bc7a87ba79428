#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl's device verbs in guests: 6.12, and 6.1, which has no TSM reports.
# TAP on stdout. What the guest hands out is read by tests/e2e/wardctl_read.py,
# which knows doc/formats.md but none of ward's code.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/wardctl
BIN=$(realpath "${BIN:-build/bin}")
. tests/e2e/tried.bash

echo "TAP version 13"
make -s build/tests/e2e/keeper >&2
mkdir -p "$(dirname "$OUT")"

one_guest() { # SERIES
	local series=$1 dir=$OUT-$1 kmod args=()
	kmod=$(dirname "$($VM/module "$series" | tail -n 1)")
	args=(--ko "$kmod/ward.ko")
	if [ "$series" != 6.1 ]; then
		make -s tsmsim-keys >&2
		$VM/module "$series" --what tsmsim >&2
		args+=(--ko "$kmod/tsmsim.ko")
	fi
	mkdir -p "$dir"
	$VM/guest "$series" --out "$dir/initrd" --script $VM/t_wardctl.sh \
		--file $VM/try.sh:/lib/ward/try.sh \
		--lib-path "$(realpath build/lib)" --program "$BIN/wardctl:/bin/wardctl" \
		--program "$BIN/ward-train:/bin/ward-train" \
		--program "$(realpath build/tests/e2e/keeper):/bin/keeper" "${args[@]}" >&2
	tried "$series" "$dir" $VM/run "$series" "$dir/initrd" --dir "$dir" --timeout 900 \
		--smbios 'type=1,manufacturer=Amazon EC2,product=m6a.large' || return 0
	python3 tests/e2e/wardctl_read.py "$series" "$dir/ktap" "$dir" ||
		echo "not ok $series: what the guest handed out"
	[ ! -e "$dir/bundle" ] || judge "$series" "$dir"
}

judge() { # SERIES DIR
	local w=$BIN/wardctl dir=$2 nonce args
	nonce=$(od -An -v -tx1 "$dir/request" | tr -d ' \n')
	echo '{"ward-policy":1,"allow_tee":["simulated-snp"],"accept_unmeasured":true}' \
		>"$dir/policy.json"
	args=(--root build/tsmsim/ark.pem --policy "$dir/policy.json")
	expect 0 "$1: the report's bundle verifies, events complete" ok \
		"$w" verify bundle "$dir/bundle" "${args[@]}" --complete \
		--nonce "$nonce" --purpose report
	expect 5 "$1: it does not for another nonce" refused \
		"$w" verify bundle "$dir/bundle" "${args[@]}" --nonce "$(printf %0128d 0)"
	expect 5 "$1: nor where a simulated TEE is not named" refused \
		"$w" verify bundle "$dir/bundle" --root build/tsmsim/ark.pem --nonce "$nonce"
	expect 0 "$1: the receipt of the ended session verifies" ok \
		"$w" receipt verify "$dir/receipt" --release "$dir/line" "${args[@]}"
	expect 2 "$1: ... but not where all records are asked for" gap \
		"$w" receipt verify "$dir/receipt" --release "$dir/line" "${args[@]}" --complete
	expect 0 "$1: root's has them all" ok \
		"$w" receipt verify "$dir/receipt-root" --release "$dir/line" "${args[@]}" --complete
	expect 0 "$1: the receipts of a time verify, all records there" '^range: *complete' \
		"$w" receipt verify "$dir/receipts" --log "$dir/log" --until 2026-01-01T01:00:00Z \
		"${args[@]}" --complete
	expect 2 "$1: those of a longer time do not: a session had not ended" '^range: *gap' \
		"$w" receipt verify "$dir/receipts" --log "$dir/log" "${args[@]}"
	expect 5 "$1: a report is no receipt" refused \
		"$w" receipt verify "$dir/bundle" --release "$dir/line" "${args[@]}"
}

for series in ${WARDCTL_KERNELS:-6.12 6.1}; do
	one_guest "$series"
done | numbered
