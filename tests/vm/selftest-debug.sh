#!/bin/bash
# SPDX-License-Identifier: MIT
# Prove that the debug kernel's judges are awake: a module commits one fault for
# each, and the kernel log's gate has to name it. TAP on stdout.
set -uo pipefail

vm=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
failed=0

result() { # result STATUS TEXT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		failed=1
		echo "not ok $n $2"
	fi
}

build() {
	local entry
	"$vm/kernels" fetch debug || return
	entry=$("$vm/kernels" path debug) || return
	cp -r "$vm/planted" "$work/planted"
	make -s -C "$entry/kdir" M="$work/planted" CC="$(cat "$entry/compiler")" modules
}

guest() {
	cat >"$work/script" <<-'SCRIPT'
		for kind in order sleep freed shift list lost; do
			insmod /lib/ward/planted.ko kind=$kind
		done
		sleep 6
		echo scan >/sys/kernel/debug/kmemleak
		echo scan >/sys/kernel/debug/kmemleak
		exit 0
	SCRIPT
	"$vm/guest" debug --out "$work/initrd" --script "$work/script" \
		--ko "$work/planted/planted.ko" &&
		"$vm/run" debug "$work/initrd" --dir "$work/run" --mem 1024 --timeout 900 \
			--append "pci=noacpi kasan_multi_shot" --no-gate
}

build >"$work/log" 2>&1 && guest >>"$work/log" 2>&1
result $? "a guest with planted faults comes to its end"
[ $failed = 0 ] || sed 's/^/# /' "$work/log"
"$vm/dmesg-gate" "$work/run/dmesg" >"$work/found"
result $((! $?)) "the gate refuses its log"
while IFS=: read -r what pattern; do
	grep -qE "$pattern" "$work/found"
	result $? "found: $what"
done <<'FOUND'
two locks taken in both orders:possible circular locking
sleeping under a spinlock:sleeping function called from invalid
a write to freed memory:KASAN. slab-use-after-free
a shift by more than there is:UBSAN. shift-out-of-bounds
an entry deleted twice:list_del corruption
lost memory:kmemleak. [0-9]+ new suspected
FOUND
echo "1..$n"
exit $failed
