#!/bin/bash
# SPDX-License-Identifier: MIT
# wardd in guests, over a double of /dev/sev-guest (tests/tsmsim/sevsim.c): 6.1,
# where it is the only way to evidence, and kernels that have TSM reports too. The
# bundles are verified on this machine; attested channels open and are refused in the
# guest (tests/vm/channel.sh). TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/wardd
BIN=$(realpath "${BIN:-build/bin}")
. tests/e2e/tried.bash

echo "TAP version 13"
make -s tsmsim-keys examples build/tests/e2e/launch build/tests/e2e/middle >&2
mkdir -p "$(dirname "$OUT")"

one_guest() { # SERIES
	local series=$1 dir=$OUT-$1 kmod args=()
	kmod=$(dirname "$($VM/module "$series" | tail -n 1)")
	$VM/module "$series" --what sevsim >&2
	args=(--load "$kmod/ward.ko" --ko "$kmod/sevsim.ko")
	if [ "$series" != 6.1 ]; then
		$VM/module "$series" --what tsmsim >&2
		args+=(--ko "$kmod/tsmsim.ko")
	fi
	mkdir -p "$dir"
	$VM/guest "$series" --out "$dir/initrd" --script $VM/t_wardd.sh \
		--file $VM/try.sh:/lib/ward/try.sh --file $VM/channel.sh:/lib/ward/channel.sh \
		--file build/tsmsim/ark.pem:/data/ark.pem --lib-path "$(realpath build/lib)" \
		--program "$BIN/wardctl:/bin/wardctl" --program "$BIN/wardd:/bin/wardd" \
		--program "$(realpath build/tests/e2e/launch):/bin/launch" \
		--program "$(realpath build/tests/e2e/middle):/bin/middle" \
		--program "$(realpath build/examples/channel/server):/bin/server" \
		--program "$(realpath build/examples/channel/client):/bin/client" "${args[@]}" >&2
	tried "$series" "$dir" $VM/run "$series" "$dir/initrd" --dir "$dir" --timeout 900 || return 0
	judge "$series" "$dir"
}

judge() { # SERIES DIR
	local w=$BIN/wardctl dir=$2 nonce args name
	for name in report request bundle exclusive both; do
		file_of "$dir" "$name"
	done
	nonce=$(od -An -v -tx1 "$dir/request" | tr -d ' \n')
	echo '{"ward-policy":1,"allow_tee":["simulated-snp"],"accept_unmeasured":true}' \
		>"$dir/policy.json"
	args=(--root build/tsmsim/ark.pem --nonce "$nonce" --policy "$dir/policy.json")
	expect 0 "$1: the bundle verifies, with the certificates that came along" simulated \
		"$w" verify bundle "$dir/bundle" "${args[@]}" --purpose report
	expect 0 "$1: it says who made the evidence" sev-guest \
		"$w" display "$dir/bundle"
	echo '{"ward-policy":1,"allow_tee":["simulated-snp"],"accept_unmeasured":true,"posture":["exclusive"]}' \
		>"$dir/exclusive.json"
	expect 0 "$1: a policy that wants an exclusive hold accepts it" simulated \
		"$w" verify bundle "$dir/exclusive" "${args[@]}" --policy "$dir/exclusive.json"
	expect 5 "$1: and not where wardd did not assert it" posture-refused \
		"$w" verify bundle "$dir/bundle" "${args[@]}" --policy "$dir/exclusive.json"
	expect 5 "$1: it does not where a simulated TEE is not named" simulated \
		"$w" verify bundle "$dir/bundle" --root build/tsmsim/ark.pem --nonce "$nonce"
	[ "$1" != 6.1 ] || return 0
	expect 2 "$1: two reports of one hardware over the same claims are refused" evidence-repeated \
		"$w" verify bundle "$dir/both" "${args[@]}"
	expect 0 "$1: they are told apart" sev-guest "$w" display "$dir/both"
}

for series in ${WARDD_KERNELS:-6.1 6.12 newest}; do
	one_guest "$series"
done | numbered
