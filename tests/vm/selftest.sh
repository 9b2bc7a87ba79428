#!/bin/bash
# SPDX-License-Identifier: MIT
# Prove that the guests' bench can fail: the kernel log's gate on planted lines,
# and runs of a real guest that ends badly, hangs, or faults. TAP on stdout.
set -uo pipefail

vm=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
series=${WARD_SELFTEST_SERIES:-6.12}
n=0
failed=0

result() { # result STATUS TEXT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		failed=1
		echo "not ok $n $2"
		[ ! -e "$work/log" ] || sed 's/^/# /' "$work/log"
	fi
}

# guest_run SCRIPT-TEXT ARGS...: status of a run of that script
guest_run() {
	printf '%s\n' "$1" >"$work/script"
	shift
	"$vm/guest" "$series" --out "$work/initrd" --script "$work/script" &&
		"$vm/run" "$series" "$work/initrd" --dir "$work/run" --timeout 600 "$@" 2>"$work/log"
}

# Every line of the gate's own test is one of ours.
gate=$("$vm/dmesg-gate" --self-test)
while read -r line; do
	[ "${line%% *}" = ok ]
	result $? "${line#*ok }"
done <<<"$gate"

"$vm/kernels" fetch "$series" >"$work/log" 2>&1
result $? "guest kernel $series is at hand"

# packs PATH: a program with a library of its own, which is looked for there
packs() {
	(cd "$work" && "$vm/guest" "$series" --out initrd --script script --lib-path "$1" \
		--program needs) >"$work/log" 2>&1
}
mkdir -p "$work/lib" "$work/empty"
echo : >"$work/script"
echo 'int one(void) { return 1; }' | "${CC:-cc}" -xc -shared -fPIC -o "$work/lib/libone.so" - &&
	echo 'int one(void); int main(void) { return one(); }' |
	"${CC:-cc}" -xc -o "$work/needs" - -L"$work/lib" -lone
result $? "a program that needs a library"
packs lib && zcat "$work/initrd" | cpio -t --quiet | grep libone.so >/dev/null
result $? "a relative --lib-path: the guest has the library"
! packs empty && grep -q 'libone.so' "$work/log"
result $? "a library that nobody finds is named, and no guest is built"
! packs none && grep -q 'no such directory' "$work/log"
result $? "nor with a --lib-path that is not there"

# Under emulation a kernel stands still now and then while it starts, but not each time.
for _ in 1 2 3; do
	guest_run 'exit 0' && ! grep -q 'once more' "$work/log" && break
done
result $? "a good guest passes, at its first boot"
cp "$work/initrd" "$work/first"
guest_run 'exit 0'
cmp -s "$work/initrd" "$work/first"
result $? "the same inputs make the same initramfs"
! guest_run 'exit 3'
result $? "a script's bad status fails the run"
! guest_run 'poweroff -f'
result $? "a guest without its last word fails"
! guest_run 'echo c >/proc/sysrq-trigger'
result $? "a panic fails"
! guest_run 'echo "<4>WARNING: CPU: 0 PID: 1 at planted" >/dev/kmsg'
result $? "a planted warning in a real kernel log fails"
! guest_run 'sleep 100' --timeout 12
result $? "a hang fails at its limit"
! guest_run 'exit 0' --append root=/dev/none\ rdinit=/none &&
	[ "$(grep -c 'once more' "$work/log")" = 1 ]
result $? "a kernel that ends before init is booted twice, and fails"

! guest_run 'exit 0' --timeout 45 --append rdinit=/bin/cat &&
	[ "$(grep -c 'once more' "$work/log")" = 1 ] && grep -q 'stood still' "$work/log"
result $? "... and so is one that stands still before init"

# A guest with firmware: what OVMF measured is in the TPM and in its log.
# shellcheck disable=SC2016
measured='p=/sys/class/tpm/tpm0/pcr-sha256
echo LOG $(base64 </sys/kernel/security/tpm0/binary_bios_measurements | tr -d "\n")
for i in 0 1 2 3 4 5 6 7 8 9 11 12; do echo PCR sha256 $i $(cat $p/$i); done'
agree() { # the log, replayed by another program, and the TPM's registers
	sed -n 's/^LOG //p' "$work/run/ktap" | base64 -d >"$work/bios" &&
		python3 "$vm/tcglog_read.py" "$work/bios" "$work/run/ktap" >"$work/events"
}
if [ -r /usr/share/OVMF/OVMF_CODE_4M.fd ] && command -v swtpm >/dev/null; then
	guest_run "$measured" --uefi --tpm "$work/tpm" && agree &&
		grep -q '^9 00000006 .*Linux initrd' "$work/events"
	result $? "--uefi --tpm: the log explains the registers, the initrd is in register 9"
else
	echo "ok $((n += 1)) --uefi --tpm # SKIP no ovmf or no swtpm"
fi
if [ -r /usr/lib/systemd/boot/efi/linuxx64.efi.stub ] && [ -e "$work/events" ]; then
	mkdir -p "$work/esp/EFI/BOOT"
	kernel=$("$vm/kernels" path "$series")/vmlinuz
	"$vm/uki" "$kernel" "$work/initrd" "console=ttyS0 panic=-1 quiet" \
		"$work/esp/EFI/BOOT/BOOTX64.EFI" &&
		guest_run "$measured" --esp "$work/esp" --tpm "$work/tpm" && agree &&
		grep -q '^11 0000000d' "$work/events"
	result $? "--esp: a unified kernel image starts from a disk, its sections are in register 11"
else
	echo "ok $((n += 1)) --esp # SKIP no systemd-boot-efi, or no ovmf"
fi

marker=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "$marker" >"$work/marker"
guest_run 'x=$(cat /fw/marker); hold here; hold gone' --fw-cfg "marker=$work/marker" \
	--ram "$work/ram" --resume \
	--hold here --on-hold "grep -qaF $marker \$WARD_RAM" \
	--hold gone --on-hold "! grep -qaF absent-$marker \$WARD_RAM"
result $? "a held guest's memory can be searched, and it goes on"
! guest_run 'hold here' --hold here --on-hold false
result $? "a failing search fails the run"

echo "1..$n"
exit $failed
