#!/bin/bash
# SPDX-License-Identifier: MIT
# A boot that a TPM measured: OVMF starts kernel and initrd, ward.ko lies in the
# initrd, swtpm holds the registers, wardd quotes them by a key that was enrolled
# before. Evidence of the boot that is known is accepted, offline and by a broker; one
# byte of ward.ko changed, and it is refused. swtpm is a program, no TPM: it proves the
# procedure. TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/measured-tpm
BIN=$(realpath "${BIN:-build/bin}")
BROKER=
. tests/e2e/tried.bash

series=${MEASURED_KERNEL:-6.12}
dir=$OUT-$series

missing() { # what this machine lacks, if anything
	command -v swtpm >/dev/null || echo "swtpm is not installed"
	[ -r /usr/share/OVMF/OVMF_CODE_4M.fd ] || echo "ovmf is not installed"
}

stop_broker() {
	[ -n "$BROKER" ] || return 0
	kill "$BROKER" 2>/dev/null || :
	wait "$BROKER" 2>/dev/null || :
	BROKER=
}

# The owner's, once: a key in the TPM, whose digest goes into the policy.
enrol() {
	local socket=$dir/enrol pid i
	rm -rf --one-file-system "$dir/tpm"
	mkdir -p "$dir/tpm"
	swtpm socket --tpm2 --tpmstate "dir=$dir/tpm" --server "type=unixio,path=$socket" \
		--flags not-need-init,startup-clear >"$dir/swtpm.log" 2>&1 &
	pid=$!
	for ((i = 0; i < 300; i++)); do
		[ ! -S "$socket" ] || break
		sleep 0.1
	done
	AK=$(build/tests/e2e/enrol "unix:$socket" 0x81010002) || AK=
	kill "$pid" 2>/dev/null || :
	wait "$pid" 2>/dev/null || :
	rm -f "$socket"
	[ -n "$AK" ]
}

# One letter of the module's description: as many bytes, the same code.
change_byte() { # FROM TO
	python3 - "$1" "$2" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.index(b"\0description=") + len(b"\0description=")
data[at] ^= 0x20
open(sys.argv[2], "wb").write(data)
PY
}

image() { # WARD_KO NAME
	$VM/guest "$series" --out "$dir/$2" --script $VM/t_measured_tpm.sh \
		--file $VM/try.sh:/lib/ward/try.sh --lib-path "$(realpath build/lib)" \
		--program "$BIN/wardctl:/bin/wardctl" --program "$BIN/wardd:/bin/wardd" \
		--program "$(realpath build/tests/e2e/attack):/bin/attack" \
		--file "$dir/broker.pem:/data/broker.pem" \
		--file userspace/worker/plans/wdbc.json:/data/plan.json --load "$1" >&2
}

# Started by firmware on a busy machine, the emulated timer misses the kernel's test of
# it, which ends in a panic: without that test.
boot() { # NAME IMAGE OPTIONS...
	local name=$1 image=$2
	shift 2
	mkdir -p "$dir/$name"
	rm -f "$dir/$name"/{log,bundle,answer}
	head -c 64 /dev/urandom >"$dir/$name/nonce"
	tried "$series, $name" "$dir/$name" $VM/run "$series" "$dir/$image" --dir "$dir/$name" \
		--uefi --tpm "$dir/tpm" --fw-cfg "nonce=$dir/$name/nonce" --append "$PATIENCE no_timer_check" \
		--timeout 900 "$@" || return 0
	file_of "$dir/$name" log
	file_of "$dir/$name" bundle
	file_of "$dir/$name" answer
}

# The owner's policy: the enrolled key, and the kernel and the initrd (with ward.ko) as
# the boot that was looked at has them.
pin() { # REGISTERS FILE
	"$BIN/wardctl" -o json display "$dir/known/bundle" >"$dir/shown.json" &&
		python3 - "$dir" "$AK" "$1" "$2" <<'PY'
import json, sys
where, ak, registers, out = sys.argv[1:]
values = json.load(open(f"{where}/shown.json"))["evidence"][0]["pcrs"]["sha256"]
json.dump({"ward-policy": 1, "allow_tee": ["tpm"], "uid": [1001],
           "tpm": {"ak": [ak], "pcrs": {"sha256": {n: [values[n]] for n in registers.split()}}}},
          open(f"{where}/{out}", "w"))
PY
}

# What register 9 will be with another initrd, before it was ever started. Register 4
# cannot be told: QEMU writes the initrd's place and length into the kernel. 7 stays.
predict() { # IMAGE FILE
	"$BIN/wardctl" -o json measure boot --log "$dir/known/log" --initrd "$dir/$1" \
		>"$dir/predicted.json" && python3 - "$dir" "$AK" "$2" <<'PY'
import json, sys
where, ak, out = sys.argv[1:]
values = json.load(open(f"{where}/predicted.json"))["tpm"]["pcrs"]["sha256"]
known = json.load(open(f"{where}/shown.json"))["evidence"][0]["pcrs"]["sha256"]
json.dump({"ward-policy": 1, "allow_tee": ["tpm"], "uid": [1001],
           "tpm": {"ak": [ak], "pcrs": {"sha256": {"7": [known["7"]], "9": values["9"]}}}},
          open(f"{where}/{out}", "w"))
PY
}

tls() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj "/CN=ward test broker" -addext "subjectAltName=IP:10.0.2.100" \
		-keyout "$dir/broker.key" -out "$dir/broker.pem" >"$dir/tls.log" 2>&1
	chmod 600 "$dir/broker.key"
}

start_broker() {
	local i
	rm -f "$dir"/one.wds "$dir"/one.key "$dir/release.log"
	echo '1,2' >"$dir/rows"
	"$BIN/wardctl" -q dataset encrypt --new-key "$dir/one.key" --name one "$dir/rows" "$dir/one.wds"
	cat >"$dir/broker.json" <<-'CONFIG'
		{"ward-broker": 1, "listen": "127.0.0.1:0",
		 "tls": {"certificate": "broker.pem", "key": "broker.key"},
		 "policy": "policy.json", "release_log": "release.log", "session_timeout": 600,
		 "resources": {"default/dataset/one": {"file": "one.wds", "key": "one.key"}}}
	CONFIG
	: >"$dir/broker.out"
	"$BIN/ward-broker" --config "$dir/broker.json" >"$dir/broker.out" 2>"$dir/broker.log" &
	BROKER=$!
	for ((i = 0; i < 300; i++)); do
		PORT=$(sed -n 's/^listening on .*://p' "$dir/broker.out")
		[ -z "$PORT" ] || return 0
		sleep 0.1
	done
	return 1
}

verify() { # BOOT POLICY
	"$BIN/wardctl" verify bundle "$dir/$1/bundle" --policy "$dir/$2" \
		--nonce "$(od -An -v -tx1 "$dir/$1/nonce" | tr -d ' \n')"
}

answered() { # BOOT WORDS TEXT: what the broker said to the worker
	if grep -q -- "$2" "$dir/$1/answer"; then
		echo "ok $series, $1: $3"
	else
		echo "not ok $series, $1: $3"
		sed 's/^/# /' "$dir/$1/answer"
	fi
}

judge() {
	expect 0 "$series: the known boot is accepted" 'measured: *yes' verify known policy.json
	expect 0 "$series: ... and its log explains the registers" 'events, replayed' \
		verify known policy.json
	expect 0 "$series: the same image, started again, is accepted" 'measured: *yes' \
		verify again policy.json
	answered again '"attest":{"status":200' "the broker accepts it"
	expect 5 "$series: its evidence is not that of another request" nonce-mismatch \
		"$BIN/wardctl" verify bundle "$dir/again/bundle" --policy "$dir/policy.json" \
		--nonce "$(od -An -v -tx1 "$dir/known/nonce" | tr -d ' \n')"
	expect 5 "$series: one byte of ward.ko changed: refused" pcr-mismatch \
		verify changed policy.json
	expect 5 "$series: ... for register 9, that of the initrd" 'pcrs\.9' \
		verify changed policy-9.json
	expect 0 "$series: ... and accepted by who predicted that initrd's registers" 'measured: *yes' \
		verify changed policy-next.json
	answered changed '"reason":"pcr-mismatch"' "the broker refuses it"
	answered changed '"resource":{"status":401' "and releases nothing"
}

all() {
	local ko
	trap stop_broker EXIT
	mkdir -p "$dir"
	ko=$($VM/module "$series" | tail -n 1)
	tls
	enrol || { echo "not ok $series: a key in the TPM"; return; }
	change_byte "$ko" "$dir/other.ko"
	mkdir -p "$dir/changed-ko"
	mv "$dir/other.ko" "$dir/changed-ko/ward.ko"
	image "$ko" initrd
	image "$dir/changed-ko/ward.ko" initrd-changed
	boot known initrd
	[ -s "$dir/known/bundle" ] || return 0
	pin "4 9" policy.json
	pin 9 policy-9.json
	predict initrd-changed policy-next.json || echo "not ok $series: a prediction"
	start_broker || { echo "not ok $series: the broker"; return; }
	boot again initrd --port "$PORT"
	boot changed initrd-changed --port "$PORT"
	stop_broker
	judge
}

echo "TAP version 13"
lacks=$(missing)
if [ -n "$lacks" ]; then
	echo "ok 1 - a boot that a TPM measured # SKIP ${lacks//$'\n'/, }"
	echo "1..1"
	exit
fi
make -s build/tests/e2e/attack build/tests/e2e/enrol >&2
mkdir -p "$(dirname "$OUT")"
all | numbered
