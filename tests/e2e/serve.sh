#!/bin/bash
# SPDX-License-Identifier: MIT
# ward-train serve in a guest, its client on this machine: the server's evidence is verified, and
# bound to its TLS key and our nonce; of what was asked and answered nothing is left in the guest's
# memory after the answer, while the server runs and the connection stands, nor after a refusal, a
# connection that broke off, or the end. The TEE is SIMULATED. TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/serve
BIN=$(realpath "${BIN:-build/bin}")
. tests/e2e/tried.bash

HOLDS="half answered refused closed sealed channel"
CLIENT=
trap '[ -z "$CLIENT" ] || kill "$CLIENT"; rm -f $OUT/*/ram' EXIT

# The plan and the model as the register has them.
declared() { # DIR
	python3 - "$1/table.json" "$1/table.safetensors" <<-'DECLARED'
		import hashlib, sys
		register = bytes(64)
		for path in sys.argv[1:]:
		    with open(path, "rb") as f:
		        register = hashlib.sha512(register + hashlib.sha512(f.read()).digest()).digest()
		print(register.hex())
	DECLARED
}

policies() { # DIR: the right one, and one of another measurement
	local common
	common="\"ward-policy\": 1, \"uid\": [1001], \"accept_unmeasured\": true,
		\"declared\": [\"$(declared "$1")\"], \"allow_tee\": [\"simulated-snp\"]"
	echo "{$common}" >"$1/policy.json"
	echo "{$common, \"measurement\": [\"$(printf %096d 7)\"]}" >"$1/wrong.json"
}

client() { # DIR: PORT
	WARD_TRAIN=$BIN/ward-train WARD_ROOT=build/tsmsim/ark.pem python3 tests/e2e/serve_host.py run "$1" >"$1/client.out" 2>&1 &
	CLIENT=$!
	for _ in $(seq 600); do
		[ ! -s "$1/port" ] || break
		sleep 0.05
	done
	PORT=$(cat "$1/port")
}

one_guest() { # SERIES
	local series=$1 dir=$PWD/$OUT/$1 kmod holds=() when
	rm -rf "$dir"
	mkdir -p "$dir"
	make -s tsmsim-keys >&2
	kmod=$(dirname "$($VM/module "$series" | tail -n 1)")
	$VM/module "$series" --what tsmsim >&2
	$VM/guest "$series" --out "$dir/initrd" --script $VM/t_serve.sh --file $VM/try.sh:/lib/ward/try.sh \
		--program "$BIN/wardctl:/bin/wardctl" --program "$BIN/ward-train:/bin/ward-train" \
		--load "$kmod/ward.ko" --ko "$kmod/tsmsim.ko" >&2
	python3 -c 'import sys; sys.path.insert(0, "tests/cli"); import serve_world as w; w.write(sys.argv[1])' "$dir"
	policies "$dir"
	client "$dir"
	for when in $HOLDS; do
		holds+=(--hold "$when" --on-hold "python3 tests/e2e/serve_host.py scan '$dir' $when")
	done
	tried "$series" "$dir" $VM/run "$series" "$dir/initrd" --dir "$dir" --mem 512 --timeout 1800 \
		--append "$PATIENCE" --port "$PORT" --ram "$dir/ram" "${holds[@]}" --resume \
		--fw-cfg "table.json=$dir/table.json" --fw-cfg "table.safetensors=$dir/table.safetensors" \
		--fw-cfg "cert.pem=$dir/cert.pem" --fw-cfg "key.pem=$dir/key.pem" || return 0
	judge "$series" "$dir"
	[ ! -d "/proc/$CLIENT" ] || kill "$CLIENT"
	wait "$CLIENT" || :
	CLIENT=
}

bound() { # NONCE KEY
	python3 -c 'import hashlib, sys
nonce, key = map(bytes.fromhex, sys.argv[1:])
print(hashlib.sha512(b"WARD-CHANNEL-V1\0" + bytes(32) + key + bytes(32) + b"\2" + nonce).hexdigest())' "$@"
}

judge() { # SERIES DIR
	local series=$1 dir=$2 when nonce key model plan session args none='^word 0 text 0 double 0 answer 0$'
	expect 0 "$series: tables and JSON have the same answer, what is damaged none" \
		'"csv": 200, "json": 200, "same": true, "health": 200, "refused": 400' cat "$dir/said"
	expect 0 "$series: the search finds a request that is there" \
		'^word [1-9][0-9]* text [1-9][0-9]* ' cat "$dir/found-half"
	for when in answered refused closed sealed channel; do
		expect 0 "$series: $when: of requests and answers nothing is in memory" "$none" cat "$dir/found-$when"
	done
	expect 0 "$series: infer: another measurement is refused, and no row was sent" \
		'"wrong": {"exit": 5, .*measurement-mismatch.*"less": true}' cat "$dir/said"
	expect 0 "$series: infer: a server that the policy accepts answers over the attested channel" \
		'"right": {"exit": 0, "rows": 800, "asked": 800, "err": ""}' cat "$dir/said"
	file_of "$dir" channel
	expect 0 "$series: and says that it answered these rows alone" '"rows": *800' \
		grep '"step": *"answered"' "$dir/channel"
	args=(--root build/tsmsim/ark.pem --policy "$dir/policy.json")
	nonce=$(sed -n 's/.*"nonce": "\([0-9a-f]*\)".*/\1/p' "$dir/said")
	key=$(sed -n 's/.*"key": "\([0-9a-f]*\)".*/\1/p' "$dir/said")
	expect 0 "$series: evidence for this nonce and this TLS key, plan and model declared" 'simulated' \
		"$BIN/wardctl" verify bundle "$dir/channel.ward" "${args[@]}" --purpose channel \
		--nonce "$nonce" --binding "$(bound "$nonce" "$key")"
	expect 5 "$series: another key's is refused" binding-mismatch \
		"$BIN/wardctl" verify bundle "$dir/channel.ward" "${args[@]}" --purpose channel \
		--nonce "$nonce" --binding "$(bound "$nonce" "$(printf %064d 1)")"
	expect 5 "$series: another nonce's is refused" nonce-mismatch \
		"$BIN/wardctl" verify bundle "$dir/channel.ward" "${args[@]}" --purpose channel \
		--nonce "$(printf %064d 1)" --binding "$(bound "$nonce" "$key")"
	file_of "$dir" steps
	file_of "$dir" receipt
	session=$(sed -n 's/.*"step": *"open".*"session": *"\([0-9a-f]*\)".*/\1/p' "$dir/steps")
	plan=$(sha512sum <"$dir/table.json" | cut -c 1-32)
	model=$(sha256sum <"$dir/table.safetensors" | cut -d' ' -f1)
	expect 0 "$series: the receipt is of this session, plan and model" 'simulated' \
		"$BIN/wardctl" verify bundle "$dir/receipt" "${args[@]}" --purpose receipt --complete \
		--session "$session" --nonce "$model" --binding "$(python3 -c 'import hashlib, sys
print(hashlib.sha512(b"WARD-RECEIPT-V1\0" + bytes.fromhex(sys.argv[1])).hexdigest())' "$session$plan$model")"
}

umask 077
echo "TAP version 13"
mkdir -p $OUT
for series in ${SERVE_KERNELS:-6.12}; do
	one_guest "$series"
done | numbered
