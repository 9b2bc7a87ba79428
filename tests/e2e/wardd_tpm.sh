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
		--timeout 900 || return 0
	python3 tests/e2e/wardd_tpm_read.py "$series" "$dir/ktap" "$dir" ||
		echo "not ok $series: what the guest handed out"
	judge "$series" "$dir"
}

# What an owner pins who knows this machine's key and what it booted.
pins() { # DIR BUNDLE
	"$BIN/wardctl" -o json display "$1/$2" >"$1/shown.json" && python3 - "$1" <<'PY'
import json, sys
where = sys.argv[1]
piece = json.load(open(f"{where}/shown.json"))["evidence"][-1]
values = piece["pcrs"]["sha256"]
pins = {"ak": [piece["ak_sha256"]], "pcrs": {"sha256": {n: [values[n]] for n in ("0", "4", "7")}}}
for name, kinds in (("alone", ["tpm"]), ("both", ["simulated-snp"])):
    policy = {"ward-policy": 1, "allow_tee": kinds, "tpm": pins}
    json.dump(policy, open(f"{where}/policy-{name}.json", "w"))
PY
}

# wardctl's own words: alone a quote is accepted by who knows its key and registers.
judge() { # SERIES DIR
	local w=$BIN/wardctl dir=$2 nonce args name
	for name in request alone rsa; do
		file_of "$dir" "$name"
	done
	nonce=$(od -An -v -tx1 "$dir/request" | tr -d ' \n')
	echo '{"ward-policy":1,"allow_tee":["simulated-snp"],"accept_unmeasured":true}' \
		>"$dir/policy.json"
	args=(--root build/tsmsim/ark.pem --nonce "$nonce")
	expect 5 "$1: a TPM's quote alone is accepted by no policy that does not name it" tee-refused \
		"$w" verify bundle "$dir/alone" "${args[@]}" --policy "$dir/policy.json"
	pins "$dir" alone
	expect 0 "$1: ... and by one that pins its key and registers" 'event log: *[0-9]* events, replayed' \
		"$w" verify bundle "$dir/alone" "${args[@]}" --policy "$dir/policy-alone.json"
	expect 2 "$1: ... but not with another key, of the same machine" ak-untrusted \
		"$w" verify bundle "$dir/rsa" "${args[@]}" --policy "$dir/policy-alone.json"
	expect 0 "$1: display says whose the key is" 'ak shared: *no' "$w" display "$dir/alone"
	[ "$1" != 6.1 ] || return 0
	file_of "$dir" both
	expect 0 "$1: beside launch evidence it must hold, and nothing rests on its key" ak-unpinned \
		"$w" verify bundle "$dir/both" "${args[@]}" --policy "$dir/policy.json"
	pins "$dir" both
	expect 0 "$1: ... and both are measured where the key is pinned" 'measured: *yes' \
		"$w" verify bundle "$dir/both" "${args[@]}" --policy "$dir/policy-both.json"
}

for series in ${WARDD_KERNELS:-6.12 6.1}; do
	one_guest "$series"
done | numbered
