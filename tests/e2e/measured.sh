#!/bin/bash
# SPDX-License-Identifier: MIT
# One byte of ward.ko, and what notices. Guests start from OVMF with a TPM (swtpm): the
# registers that wardctl measure boot computes beforehand must be those that the
# guest then has. The same initrd as an SEV-SNP machine would measure it: the TEE is
# SIMULATED, it signs the launch digest that wardctl measure snp computes for what
# was really booted, over a firmware image that was made up for the test.
# TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/measured
BIN=$(realpath "${BIN:-build/bin}")
W=$BIN/wardctl
GRUB=/usr/lib/grub/x86_64-efi/monolithic/grubx64.efi
. tests/e2e/tried.bash
# Started by firmware on a busy machine, the emulated timer misses the kernel's test.
CMDLINE='console=ttyS0 panic=-1 quiet no_timer_check rcupdate.rcu_cpu_stall_timeout=200 watchdog_thresh=60'

missing() {
	[ -r /usr/share/OVMF/OVMF_CODE_4M.fd ] || echo ovmf
	[ -r /usr/lib/systemd/boot/efi/linuxx64.efi.stub ] || echo systemd-boot-efi
	command -v swtpm >/dev/null || echo swtpm
}

kernel_of() { # SERIES
	echo "$($VM/kernels path "$1")/vmlinuz"
}

# One letter of the module's description: the same code, another file.
other_module() { # WARD_KO OUT
	python3 - "$@" <<-'PY'
		import sys
		ko = bytearray(open(sys.argv[1], "rb").read())
		ko[ko.index(b"description=") + len(b"description=")] ^= 0x20
		open(sys.argv[2], "wb").write(ko)
	PY
	[ "$(cmp -l "$1" "$2" | wc -l)" = 1 ]
}

make_initrd() { # SERIES WARD_KO OUT
	local args=(--load "$2")
	[ "$1" = 6.1 ] || args+=(--ko "$(dirname "$KO")/tsmsim.ko")
	$VM/guest "$1" --out "$3" --script $VM/t_measured.sh --file "$VM/try.sh:/lib/ward/try.sh" \
		--lib-path "$(realpath build/lib)" --program "$W:/bin/wardctl" "${args[@]}" >&2
}

prepare() { # SERIES: initrds with one ward.ko and the other, and unified images of them
	local series=$1 which
	KO=$($VM/module "$series" | tail -n 1)
	[ "$series" = 6.1 ] || $VM/module "$series" --what tsmsim >&2
	mkdir -p "$OUT/$series/other"
	cp "$KO" "$OUT/$series/ward.ko"
	other_module "$KO" "$OUT/$series/other/ward.ko"
	make_initrd "$series" "$OUT/$series/ward.ko" "$OUT/$series/initrd"
	make_initrd "$series" "$OUT/$series/other/ward.ko" "$OUT/$series/other/initrd"
	for which in "$OUT/$series" "$OUT/$series/other"; do
		mkdir -p "$which/esp/EFI/BOOT"
		$VM/uki "$(kernel_of "$series")" "$which/initrd" "$CMDLINE" \
			"$which/esp/EFI/BOOT/BOOTX64.EFI"
	done
}

# started NAME SERIES DIR OPTIONS...: a guest whose registers and log come to rest in DIR
started() {
	local name=$1 series=$2 dir=$3
	shift 3
	mkdir -p "$dir"
	rm -rf --one-file-system "$dir/tpm"
	tried "$name" "$dir" $VM/run "$series" "${INITRD:-none}" --dir "$dir" --uefi \
		--tpm "$dir/tpm" --timeout 900 "$@" || return 0
	file_of "$dir" log
}

# foretold TEXT DIR REGISTERS ARGUMENT...: the registers are those of the guest in DIR
foretold() {
	told "$1" "$2" "$3" boot "${@:4}"
}

told() { # TEXT DIR REGISTERS boot|log ARGUMENT...
	local text=$1 dir=$2 registers=$3
	shift 3
	if "$W" -o json measure "$@" >"$OUT.json" 2>"$OUT.out" &&
		python3 - "$OUT.json" "$dir/ktap" "$registers" >>"$OUT.out" <<-'PY'; then
			import json, sys
			told = json.load(open(sys.argv[1]))
			if "registers" in told:
			    told = {str(r["pcr"]): [r["value"]] for r in told["registers"] if r["bank"] == "sha256"}
			else:
			    told = told["tpm"]["pcrs"]["sha256"]
			had = {}
			for line in open(sys.argv[2], errors="replace"):
			    words = line.split()
			    if words[:2] == ["PCR", "sha256"]:
			        had[words[2]] = words[3].lower()
			bad = [r for r in sys.argv[3].split() if told.get(r) != [had.get(r)]]
			for r in bad:
			    print(f"register {r}: {had.get(r)}, foretold was {told.get(r)}")
			sys.exit(1 if bad else 0)
		PY
		echo "ok $text"
	else
		echo "not ok $text"
		sed 's/^/# /' "$OUT.out"
	fi
}

differs() { # TEXT DIR DIR REGISTER
	local a b
	a=$(grep "^PCR sha256 $4 " "$2/ktap" || :)
	b=$(grep "^PCR sha256 $4 " "$3/ktap" || :)
	if [ -n "$a" ] && [ -n "$b" ] && [ "$a" != "$b" ]; then
		echo "ok $1"
	else
		echo "not ok $1 # $a $b"
	fi
}

# What an SEV-SNP machine would have measured of what QEMU hands over.
launch_digest() { # SERIES INITRD
	"$W" -o json measure snp --ovmf "$OUT/ovmf.fd" --vcpus 2 --vcpu-type EPYC-Milan \
		--kernel "$(kernel_of "$1")" --initrd "$2" --append "$CMDLINE" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["measurement"][0])'
}

# The policy pins the first initrd; the guest that had the other is refused.
judged() { # DIR CODE WORD TEXT
	file_of "$1" bundle
	file_of "$1" request
	expect "$2" "$4" "$3" "$W" verify bundle "$1/bundle" --root build/tsmsim/ark.pem \
		--policy "$OUT/policy.json" --nonce "$(od -An -v -tx1 "$1/request" | tr -d ' \n')"
}

handed_over() { # kernel, initrd and command line by QEMU
	local dir=$OUT/6.12 digest name which
	python3 tests/cli/measure.py ovmf "$OUT/ovmf.fd"
	for which in "$dir" "$dir/other"; do
		launch_digest 6.12 "$which/initrd" | tr -d '\n' >"$which/digest"
		name=${which#"$OUT/"}
		INITRD=$which/initrd started "${name//\// }" 6.12 "$which/handed" \
			--append no_timer_check --fw-cfg "measurement=$which/digest"
	done
	digest=$(cat "$dir/digest")
	echo "{\"ward-policy\":1,\"measurement\":[\"$digest\"],\"allow_tee\":[\"simulated-snp\"]}" \
		>"$OUT/policy.json"
	judged "$dir/handed" 0 'simulated' 'the launch digest that was pinned: ok (simulated TEE)'
	judged "$dir/other/handed" 5 measurement-mismatch \
		'one byte of ward.ko: measurement-mismatch (simulated TEE)'
	file_of "$dir/other/handed" cmdline
	# Register 4 is not for this: QEMU writes where the initrd lies, and how long it is,
	# into the kernel's header before the firmware measures it.
	foretold '6.12: the other initrd, from the log of the first' "$dir/other/handed" 9 \
		--log "$dir/handed/log" --initrd "$dir/other/initrd" \
		--append "$(cat "$dir/other/handed/cmdline")"
	differs '6.12: one byte of ward.ko: another register 9' "$dir/handed" "$dir/other/handed" 9
}

unified() { # started from a disk as one image
	local dir=$OUT/6.12
	started '6.12 unified' 6.12 "$dir/unified" --esp "$dir/esp"
	started '6.12 other unified' 6.12 "$dir/other/unified" --esp "$dir/other/esp"
	foretold '6.12: the other unified image, from the log of the first' "$dir/other/unified" \
		'4 9 11' --log "$dir/unified/log" --uki "$dir/other/esp/EFI/BOOT/BOOTX64.EFI"
	foretold '6.12: its register 11 without a log' "$dir/other/unified" 11 \
		--uki "$dir/other/esp/EFI/BOOT/BOOTX64.EFI"
	differs '6.12: one byte of ward.ko: another register 11' "$dir/unified" "$dir/other/unified" 11
	differs '6.12: ... and another register 4' "$dir/unified" "$dir/other/unified" 4
}

# GRUB on a disk, which reads kernel and initrd and starts them by the kernel's EFI stub, or
# there would be no log. Nothing is predicted of it; its log tells what led to the registers.
by_grub() {
	local dir=$OUT/6.12 which
	if [ ! -r "$GRUB" ]; then
		echo "ok 6.12 grub # SKIP not installed: grub-efi-amd64-bin"
		return
	fi
	for which in "$dir" "$dir/other"; do
		mkdir -p "$which/grub-esp/EFI"/{BOOT,debian}
		cp "$GRUB" "$which/grub-esp/EFI/BOOT/BOOTX64.EFI"
		cp "$(kernel_of 6.12)" "$which/grub-esp/vmlinuz"
		cp "$which/initrd" "$which/grub-esp/initrd"
		printf '%s\n' 'set timeout=0' "linuxefi /vmlinuz $CMDLINE" "initrdefi /initrd" boot \
			>"$which/grub-esp/EFI/debian/grub.cfg"
	done
	started '6.12 grub' 6.12 "$dir/grub" --esp "$dir/grub-esp"
	started '6.12 other grub' 6.12 "$dir/other/grub" --esp "$dir/other/grub-esp"
	for which in "$dir" "$dir/other"; do
		told "6.12: GRUB's log leads to the registers (${which#"$OUT/"})" "$which/grub" '4 8 9' \
			log "$which/grub/log"
	done
	differs '6.12: one byte of ward.ko, by GRUB: another register 9' "$dir/grub" "$dir/other/grub" 9
	expect 7 '6.12: from such a log nothing is predicted, and it is said why' 'not one initrd' \
		"$W" measure boot --log "$dir/grub/log" --initrd "$dir/other/initrd"
}

# Another kernel on the same firmware: the log of 6.12 serves.
other_kernel() {
	local dir=$OUT/6.1
	prepare 6.1
	started '6.1 unified' 6.1 "$dir/unified" --esp "$dir/esp"
	foretold '6.1: a unified image, from the log of 6.12' "$dir/unified" '4 9 11' \
		--log "$OUT/6.12/unified/log" --uki "$dir/esp/EFI/BOOT/BOOTX64.EFI"
	INITRD=$dir/initrd started '6.1' 6.1 "$dir/handed" --append no_timer_check
	foretold '6.1: an initrd, from the log of 6.12' "$dir/handed" 9 \
		--log "$OUT/6.12/handed/log" --initrd "$dir/initrd"
}

echo "TAP version 13"
lacking=$(missing | tr '\n' ' ')
if [ -n "$lacking" ]; then
	echo "ok 1 - measured boots # SKIP not installed: $lacking"
	echo "1..1"
	exit 0
fi
make -s tsmsim-keys >&2
mkdir -p "$OUT"
{
	prepare 6.12
	handed_over
	unified
	by_grub
	other_kernel
} | numbered
