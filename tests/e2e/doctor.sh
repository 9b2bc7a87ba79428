#!/bin/bash
# SPDX-License-Identifier: MIT
# `wardctl doctor` in guests that are made to have the faults that it is for: an
# Azure machine as its firmware's tables have it, whose clock stands in 2001, then
# one fault after another; and a Google machine. Amazon's, and a kernel that is too
# old, are those of tests/e2e/wardctl.sh. TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/doctor
BIN=$(realpath "${BIN:-build/bin}")
. tests/e2e/tried.bash
SERIES=6.12

echo "TAP version 13"
make -s build/tests/e2e/nodev tsmsim-keys >&2
kmod=$(dirname "$($VM/module $SERIES | tail -n 1)")
$VM/module $SERIES --what tsmsim >&2
mkdir -p "$OUT"
# The kernel shows what .modinfo says.
sed 's/\x00version=[0-9]\.[0-9]\.[0-9]\x00/\x00version=0.0.9\x00/' "$kmod/ward.ko" >"$OUT/ward-old.ko"
cp "$($VM/module 6.1 | tail -n 1)" "$OUT/ward-other-kernel.ko"
$VM/guest $SERIES --out "$OUT/initrd" --script $VM/t_doctor.sh \
	--file $VM/try.sh:/lib/ward/try.sh --lib-path "$(realpath build/lib)" \
	--program "$BIN/wardctl:/bin/wardctl" --program /sbin/depmod:/opt/depmod \
	--program "$(realpath build/tests/e2e/nodev):/bin/nodev" \
	--ko "$kmod/ward.ko" --ko "$OUT/ward-old.ko" --ko "$OUT/ward-other-kernel.ko" \
	--ko "$kmod/tsmsim.ko" >&2

one_guest() { # NAME OPTION...
	local name=$1 dir=$OUT/$1
	shift
	tried "$name" "$dir" $VM/run $SERIES "$OUT/initrd" --dir "$dir" --timeout 900 "$@" || :
}

{
	one_guest azure --rtc 2001-01-01 \
		--smbios 'type=1,manufacturer=Microsoft Corporation,product=Virtual Machine' \
		--smbios type=3,asset=7783-7084-3265-9085-8269-3286-77
	one_guest google --smbios 'type=1,manufacturer=Google,product=Google Compute Engine'
} | numbered
