#!/bin/bash
# SPDX-License-Identifier: MIT
# Prove that the judges of a debug kernel (SERIES, by default debug) are awake: a module
# commits one fault for each, and the kernel log's gate has to name it. TAP on stdout.
set -uo pipefail

SERIES=${SERIES:-debug}

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

# Which faults this kernel has a judge for: the kind, what it is, what the gate finds.
judged() {
	cat <<-'ALL'
		sleep:sleeping under a spinlock:sleeping function called from invalid
		shift:a shift by more than there is:UBSAN. shift-out-of-bounds
		list:an entry deleted twice:list_del corruption
	ALL
	if [ "$SERIES" = kcsan ]; then
		echo 'race:a word that two threads write:KCSAN. data-race in race_on'
		return
	fi
	cat <<-'REST'
		order:two locks taken in both orders:possible circular locking
		freed:a write to freed memory:KASAN. slab-use-after-free
		lost:lost memory:kmemleak. [0-9]+ new suspected
	REST
}

build() {
	local entry
	"$vm/kernels" fetch "$SERIES" || return
	entry=$("$vm/kernels" path "$SERIES") || return
	cp -r "$vm/planted" "$work/planted"
	make -s -C "$entry/kdir" M="$work/planted" CC="$(cat "$entry/compiler")" modules
}

guest() {
	cat >"$work/script" <<-SCRIPT
		for kind in $(judged | cut -d: -f1 | tr '\n' ' '); do
			insmod /lib/ward/planted.ko kind=\$kind
		done
		[ -e /sys/kernel/debug/kmemleak ] || exit 0
		sleep 6
		echo scan >/sys/kernel/debug/kmemleak
		echo scan >/sys/kernel/debug/kmemleak
		exit 0
	SCRIPT
	"$vm/guest" "$SERIES" --out "$work/initrd" --script "$work/script" \
		--ko "$work/planted/planted.ko" &&
		"$vm/run" "$SERIES" "$work/initrd" --dir "$work/run" --mem 1024 --timeout 900 \
			--append "pci=noacpi kasan_multi_shot" --no-gate
}

build >"$work/log" 2>&1 && guest >>"$work/log" 2>&1
result $? "a guest with planted faults comes to its end"
[ $failed = 0 ] || sed 's/^/# /' "$work/log"
"$vm/dmesg-gate" "$work/run/dmesg" >"$work/found"
result $((! $?)) "the gate refuses its log"
while IFS=: read -r _ what pattern; do
	grep -qE "$pattern" "$work/found"
	result $? "found: $what"
done < <(judged)
echo "1..$n"
exit $failed
