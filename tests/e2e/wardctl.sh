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

echo "TAP version 13"
make -s build/tests/e2e/keeper >&2
mkdir -p "$(dirname "$OUT")"

one_guest() { # SERIES
	local series=$1 dir=$OUT-$1 kmod args=() status=0
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
		--program "$(realpath build/tests/e2e/keeper):/bin/keeper" "${args[@]}" >&2
	$VM/run "$series" "$dir/initrd" --dir "$dir" --timeout 400 \
		--smbios 'type=1,manufacturer=Amazon EC2,product=m6a.large' >&2 || status=$?
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
	python3 tests/e2e/wardctl_read.py "$series" "$dir/ktap" "$dir" ||
		echo "not ok $series: what the guest handed out"
	[ ! -e "$dir/bundle" ] || judge "$series" "$dir"
}

# expect CODE TEXT COMMAND...: the owner's side, on this machine
expect() {
	local code=$1 text=$2 got=0
	shift 2
	"$@" >"$OUT.out" 2>&1 || got=$?
	if [ "$got" = "$code" ]; then
		echo "ok $text"
	else
		echo "not ok $text"
		sed 's/^/# /' "$OUT.out"
	fi
}

judge() { # SERIES DIR
	local w=$BIN/wardctl dir=$2 nonce args
	nonce=$(od -An -v -tx1 "$dir/request" | tr -d ' \n')
	echo '{"ward-policy":1,"allow_tee":["simulated-snp"],"accept_unmeasured":true}' \
		>"$dir/policy.json"
	args=(--root build/tsmsim/ark.pem --policy "$dir/policy.json")
	expect 0 "$1: the report's bundle verifies, events complete" \
		"$w" verify bundle "$dir/bundle" "${args[@]}" --complete \
		--nonce "$nonce" --purpose report
	expect 5 "$1: it does not for another nonce" \
		"$w" verify bundle "$dir/bundle" "${args[@]}" --nonce "$(printf %0128d 0)"
	expect 5 "$1: nor where a simulated TEE is not named" \
		"$w" verify bundle "$dir/bundle" --root build/tsmsim/ark.pem --nonce "$nonce"
	expect 0 "$1: the receipt of the ended session verifies" \
		"$w" receipt verify "$dir/receipt" --release "$dir/line" "${args[@]}"
	expect 2 "$1: ... but not where all records are asked for" \
		"$w" receipt verify "$dir/receipt" --release "$dir/line" "${args[@]}" --complete
	expect 0 "$1: root's has them all" \
		"$w" receipt verify "$dir/receipt-root" --release "$dir/line" "${args[@]}" --complete
	expect 0 "$1: the receipts of a time verify, all records there" \
		"$w" receipt verify "$dir/receipts" --log "$dir/log" --until 2026-01-01T01:00:00Z \
		"${args[@]}" --complete
	grep -q '^range: *complete' "$OUT.out" || echo "not ok $1: the range is complete"
	expect 2 "$1: those of a longer time do not: a session had not ended" \
		"$w" receipt verify "$dir/receipts" --log "$dir/log" "${args[@]}"
	grep -q '^range: *gap' "$OUT.out" || echo "not ok $1: the range has a gap"
	expect 5 "$1: a report is no receipt" \
		"$w" receipt verify "$dir/bundle" --release "$dir/line" "${args[@]}"
}

for series in ${WARDCTL_KERNELS:-6.12 6.1}; do
	one_guest "$series"
done | tee "$OUT.tap" | awk '
	/^(ok|not ok) / { n++; sub(/^not ok /, "not ok " n " - "); if (!/^not/) sub(/^ok /, "ok " n " - ") }
	{ print }
	END { print "1.." n }'
! grep -q '^not ok' "$OUT.tap"
