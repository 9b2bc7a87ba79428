#!/bin/bash
# SPDX-License-Identifier: MIT
# wardd over a TPM in guests that have one (swtpm): alone, and its quote beside the
# kernel's own launch evidence, in one bundle. What the guests hand out is read by
# tests/e2e/wardd_tpm_read.py, which knows doc/formats.md and none of ward's code.
# TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/wardd-tpm
BIN=$(realpath "${BIN:-build/bin}")
. tests/e2e/tried.bash

echo "TAP version 13"
make -s tsmsim-keys >&2
mkdir -p "$(dirname "$OUT")"

one_guest() { # SERIES
	local series=$1 dir=$OUT-$1 kmod args=()
	kmod=$(dirname "$($VM/module "$series" | tail -n 1)")
	args=(--load "$kmod/ward.ko" --file "$VM/try.sh:/lib/ward/try.sh")
	if [ "$series" != 6.1 ]; then
		$VM/module "$series" --what tsmsim >&2
		args+=(--ko "$kmod/tsmsim.ko")
	fi
	mkdir -p "$dir"
	rm -rf --one-file-system "$dir/tpm"
	$VM/guest "$series" --out "$dir/initrd" --script $VM/t_wardd_tpm.sh \
		--lib-path "$(realpath build/lib)" --program "$BIN/wardctl:/bin/wardctl" \
		--program "$BIN/wardd:/bin/wardd" "${args[@]}" >&2
	tried "$series" "$dir" $VM/run "$series" "$dir/initrd" --dir "$dir" --tpm "$dir/tpm" \
		--timeout 400 || return 0
	python3 tests/e2e/wardd_tpm_read.py "$series" "$dir/ktap" "$dir" ||
		echo "not ok $series: what the guest handed out"
	judge "$series" "$dir"
}

# wardctl's own words: no verifier of its judges a TPM's quote yet.
judge() { # SERIES DIR
	local w=$BIN/wardctl dir=$2 nonce args name
	for name in request alone; do
		file_of "$dir" "$name"
	done
	nonce=$(od -An -v -tx1 "$dir/request" | tr -d ' \n')
	echo '{"ward-policy":1,"allow_tee":["simulated-snp"],"accept_unmeasured":true}' \
		>"$dir/policy.json"
	args=(--root build/tsmsim/ark.pem --nonce "$nonce" --policy "$dir/policy.json")
	expect 2 "$1: a TPM's quote alone is not accepted" evidence-unsupported \
		"$w" verify bundle "$dir/alone" "${args[@]}"
	expect 0 "$1: display says whose the key is" 'ak shared: *no' "$w" display "$dir/alone"
	[ "$1" != 6.1 ] || return 0
	file_of "$dir" both
	expect 0 "$1: beside launch evidence it is not judged, and that is told" \
		evidence-unchecked "$w" verify bundle "$dir/both" "${args[@]}"
}

for series in ${WARDD_KERNELS:-6.12 6.1}; do
	one_guest "$series"
done | numbered
