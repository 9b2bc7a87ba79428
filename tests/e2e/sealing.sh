#!/bin/bash
# SPDX-License-Identifier: MIT
# Sealing in a guest: a worker gets keys that the firmware (a double, SIMULATED) derives
# through wardd, and a key of a live ward-broker; what it is bound to, positive and
# negative; and that neither keys nor plaintext are left in the guest's memory when the
# program has ended. TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/sealing
BIN=$(realpath "${BIN:-build/bin}")
. tests/e2e/tried.bash

# What on-hold's command is: this script, with what to do.
if [ "${1:-}" = --held ]; then
	{
		build/tests/e2e/marker_scan --seed "$(cat "$2/seed")" --ram "$WARD_RAM" && echo none
	} >"$2/text-$3" || :
	exec python3 tests/e2e/sealing_scan.py "$2" >"$2/keys-$3"
fi

BROKER=
trap '[ -z "$BROKER" ] || kill "$BROKER"; rm -f $OUT/*/ram' EXIT

# What the owner keeps: a key for state, which only uid 1001 of that measurement gets.
broker() { # DIR: PORT
	local dir=$1
	(umask 077 && head -c 32 /dev/urandom >"$dir/seal.key")
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test \
		-addext subjectAltName=IP:10.0.2.100 -keyout "$dir/tls.key" -out "$dir/broker.pem" 2>/dev/null
	chmod 600 "$dir/tls.key"
	printf '{"ward-policy": 1, "purpose": "release", "uid": [1001], "measurement": ["%096d"],
		"allow_tee": ["simulated-snp"]}' 1 >"$dir/policy.json"
	cat >"$dir/broker.json" <<-CONFIG
		{"ward-broker": 1, "listen": "127.0.0.1:0", "roots": ["$PWD/build/tsmsim/ark.pem"],
		 "tls": {"certificate": "broker.pem", "key": "tls.key"},
		 "policy": "policy.json", "release_log": "release.log",
		 "resources": {"default/seal/state": {"dataset": "$(openssl rand -hex 16)", "key": "seal.key"}}}
	CONFIG
	"$BIN/ward-broker" --config "$dir/broker.json" >"$dir/broker.out" 2>"$dir/broker.err" &
	BROKER=$!
	for _ in $(seq 1500); do
		PORT=$(sed -n 's/^listening on .*://p' "$dir/broker.out")
		[ -z "$PORT" ] || return 0
		sleep 0.05
	done
	echo "sealing: no broker: $(tail -n 1 "$dir/broker.err")" >&2
	return 1
}

# The same code under another build id.
other_module() { # KO TO
	objcopy -O binary --only-section=.note.gnu.build-id --set-section-flags .note.gnu.build-id=alloc \
		"$1" "$2.note"
	printf 'another' | dd of="$2.note" bs=1 seek=16 conv=notrunc status=none
	objcopy --update-section .note.gnu.build-id="$2.note" "$1" "$2"
}

# What AppArmor's parser wants in the guest, and wardd's profile for where it lies there.
apparmor() { # DIR
	command -v apparmor_parser >/dev/null || return 0
	mkdir -p "$1/apparmor.d"
	cp -r /etc/apparmor.d/{abi,abstractions,tunables} "$1/apparmor.d/"
	sed "s,@PREFIX@,,g; s,@LIBDIR@,/lib/x86_64-linux-gnu,g" userspace/apparmor/wardd.in \
		>"$1/apparmor.d/wardd"
	APPARMOR=(--tree "$1/apparmor.d:/etc/apparmor.d" --program "$(command -v apparmor_parser)")
}

image() { # SERIES DIR
	local kmod APPARMOR=()
	kmod=$(dirname "$($VM/module "$1" | tail -n 1)")
	make -s tsmsim-keys build/tests/e2e/sealed build/tests/e2e/marker_scan >&2
	$VM/module "$1" --what sevsim >&2
	other_module "$kmod/ward.ko" "$2/other.ko"
	apparmor "$2"
	$VM/guest "$1" --out "$2/initrd" "${APPARMOR[@]}" --script $VM/t_sealing.sh --file $VM/try.sh:/lib/ward/try.sh \
		--lib-path "$(realpath build/lib)" --program "$BIN/wardctl:/bin/wardctl" \
		--program "$BIN/wardd:/bin/wardd" --program "$(realpath build/tests/e2e/sealed):/bin/sealed" \
		--load "$kmod/ward.ko" --ko "$kmod/sevsim.ko" --ko "$2/other.ko" >&2
}

one_guest() { # SERIES
	local series=$1 dir=$PWD/$OUT/$1 holds=() when
	rm -rf "$dir"
	mkdir -p "$dir"
	image "$series" "$dir"
	broker "$dir"
	od -An -N6 -tu8 /dev/urandom | tr -d ' ' >"$dir/seed"
	echo "state of a worker's, sealed" >"$dir/note"
	for when in filled sealed opened fetched control; do
		holds+=(--hold "$when" --on-hold "tests/e2e/sealing.sh --held '$dir' $when")
	done
	tried "$series" "$dir" $VM/run "$series" "$dir/initrd" --dir "$dir" --mem 512 --timeout 1800 \
		--append "$PATIENCE" --port "$PORT" --ram "$dir/ram" "${holds[@]}" --resume \
		--fw-cfg "seed=$dir/seed" --fw-cfg "note=$dir/note" --fw-cfg "broker.pem=$dir/broker.pem" || return 0
	judge "$series" "$dir"
	kill $BROKER
	wait $BROKER || :
	BROKER=
}

judge() { # SERIES DIR
	local when none='^broker 0 derived 0 secret 0 content 0$'
	expect 0 "$1: the search finds the plaintext while it is there" '4096 markers of 256 buffers' cat "$2/text-filled"
	for when in sealed opened fetched; do
		expect 0 "$1: $when, ended: no key of any kind in memory" "$none" cat "$2/keys-$when"
		expect 0 "$1: $when, ended: no plaintext" '^none$' cat "$2/text-$when"
	done
	expect 0 "$1: the control: the search finds a key that is there" '^broker [1-9]' cat "$2/keys-control"
	expect 0 "$1: the broker released to the one identity alone" '^10$' grep -c . "$2/release.log"
}

umask 077
echo "TAP version 13"
mkdir -p $OUT
for series in ${SEALING_KERNELS:-6.12}; do
	one_guest "$series"
done | numbered
