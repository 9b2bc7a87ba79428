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

echo "TAP version 13"
mkdir -p "$(dirname "$OUT")"

one_guest() { # SERIES
	local series=$1 dir=$OUT-$1 kmod args=() status=0
	kmod=$(dirname "$($VM/module "$series" | tail -n 1)")
	args=(--load "$kmod/ward.ko" --file "$VM/try.sh:/lib/ward/try.sh")
	if [ "$series" != 6.1 ]; then
		make -s tsmsim-keys >&2
		$VM/module "$series" --what tsmsim >&2
		args+=(--ko "$kmod/tsmsim.ko")
	fi
	mkdir -p "$dir"
	rm -rf --one-file-system "$dir/tpm"
	$VM/guest "$series" --out "$dir/initrd" --script $VM/t_wardd_tpm.sh \
		--lib-path "$(realpath build/lib)" --program "$BIN/wardctl:/bin/wardctl" \
		--program "$BIN/wardd:/bin/wardd" "${args[@]}" >&2
	$VM/run "$series" "$dir/initrd" --dir "$dir" --tpm "$dir/tpm" --timeout 400 >&2 ||
		status=$?
	if [ ! -s "$dir/ktap" ]; then
		echo "not ok $series-guest # no result, see $dir"
		return
	fi
	sed -n "s/^\(not ok\|ok\) [0-9]* /\1 $series: /p; s/^# \(out\|err\): /# /p" "$dir/ktap"
	if [ $status = 0 ]; then
		echo "ok $series: last word and clean kernel log"
	else
		echo "not ok $series: last word and clean kernel log # $dir"
	fi
	python3 tests/e2e/wardd_tpm_read.py "$series" "$dir/ktap" "$dir" ||
		echo "not ok $series: what the guest handed out"
}

for series in ${WARDD_KERNELS:-6.12 6.1}; do
	one_guest "$series"
done | tee "$OUT.tap" | awk '
	/^(ok|not ok) / { n++; sub(/^not ok /, "not ok " n " - "); if (!/^not/) sub(/^ok /, "ok " n " - ") }
	{ print }
	END { print "1.." n }'
! grep -q '^not ok' "$OUT.tap"
