#!/bin/bash
# SPDX-License-Identifier: MIT
# wardd in guests, over a double of /dev/sev-guest (tests/tsmsim/sevsim.c): 6.1,
# where it is the only way to evidence, and kernels that have TSM reports too. The
# bundles are verified on this machine. TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/wardd
BIN=$(realpath "${BIN:-build/bin}")

echo "TAP version 13"
make -s tsmsim-keys >&2
mkdir -p "$(dirname "$OUT")"

one_guest() { # SERIES
	local series=$1 dir=$OUT-$1 kmod args=() status=0
	kmod=$(dirname "$($VM/module "$series" | tail -n 1)")
	$VM/module "$series" --what sevsim >&2
	args=(--load "$kmod/ward.ko" --ko "$kmod/sevsim.ko")
	if [ "$series" != 6.1 ]; then
		$VM/module "$series" --what tsmsim >&2
		args+=(--ko "$kmod/tsmsim.ko")
	fi
	mkdir -p "$dir"
	$VM/guest "$series" --out "$dir/initrd" --script $VM/t_wardd.sh \
		--file $VM/try.sh:/lib/ward/try.sh --lib-path "$(realpath build/lib)" \
		--program "$BIN/wardctl:/bin/wardctl" --program "$BIN/wardd:/bin/wardd" "${args[@]}" >&2
	$VM/run "$series" "$dir/initrd" --dir "$dir" --timeout 400 >&2 || status=$?
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
	judge "$series" "$dir"
}

# expect CODE TEXT WORD COMMAND...: the owner's side, on this machine
expect() {
	local code=$1 text=$2 word=$3 got=0
	shift 3
	"$@" >"$OUT.out" 2>&1 || got=$?
	if [ "$got" = "$code" ] && grep -q -- "$word" "$OUT.out"; then
		echo "ok $text"
	else
		echo "not ok $text"
		sed 's/^/# /' "$OUT.out"
	fi
}

file_of() { # DIR NAME: what the guest handed out
	sed -n "s/^# file $2 //p" "$1/ktap" | tail -n 1 | base64 -d >"$1/$2"
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
	expect 0 "$1: the kernel's own report and wardd's, both over the same claims" simulated \
		"$w" verify bundle "$dir/both" "${args[@]}"
	expect 0 "$1: they are told apart" sev-guest "$w" display "$dir/both"
}

for series in ${WARDD_KERNELS:-6.1 6.12 newest}; do
	one_guest "$series"
done | tee "$OUT.tap" | awk '
	/^(ok|not ok) / { n++; sub(/^not ok /, "not ok " n " - "); if (!/^not/) sub(/^ok /, "ok " n " - ") }
	{ print }
	END { print "1.." n }'
! grep -q '^not ok' "$OUT.tap"
