#!/bin/bash
# SPDX-License-Identifier: MIT
# Where is a data key that the kernel holds? Its owner is on the host, a worker in a
# guest imports it and opens a message; all of the guest's memory is searched while the
# worker runs, when the key has ended, and when the buffer has; and, with another key,
# after a panic with panic_wipe. TAP on stdout.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
TOP=$PWD

owner=$TOP/build/tests/e2e/key_owner

# said WORD: what the worker's line of that name has
said() {
	tr -d '\r' <"$dir/ktap" | sed -n "s/^$1 //p" | tail -n 1
}

# One word for on-hold's command: this script, with what to do.
if [ "${1:-}" = --held ]; then
	dir=$2
	case $3 in
	1 | 5) "$owner" seal "$dir" "$(said pair)" >"$dir/handed" && cat "$dir/handed" >"$WARD_RUN/ctl.in" ;;
	*) "$owner" scan "$WARD_RAM" "$dir" "$(said open)" >"$dir/found-$3" ;;
	esac
	exit
fi

. tests/harness/results.sh

search() { # SERIES
	local i holds=()
	for i in 1 2 3 4 5 6; do
		holds+=(--hold "w$i" --on-hold "'$TOP/tests/e2e/keys.sh' --held '$dir' $i")
	done
	(umask 077 && exec tests/vm/run "$1" "$dir/initrd" --dir "$dir" --mem 512 --timeout 900 \
		--no-gate --append "rcupdate.rcu_cpu_stall_timeout=200 watchdog_thresh=60" \
		--ram "$dir/ram" "${holds[@]}" --resume >"$dir/run.log" 2>&1)
}

# found NUMBER PATTERN TEXT
found() {
	grep -qxE "$2" "$dir/found-$1" 2>/dev/null
	result $? "$series: $3"
	sed 's/^/# /' "$dir/found-$1" 2>/dev/null
}

make -s e2e-programs >/dev/null || exit 1
for series in ${KERNELS:-6.12 6.1 newest}; do
	dir=$TOP/build/run/keys-$series
	mkdir -p "$dir"
	rm -f "$dir"/found-* "$dir"/handed "$dir"/secrets
	tests/vm/module "$series" >/dev/null &&
		tests/vm/guest "$series" --out "$dir/initrd" --script tests/e2e/keys.guest \
			--program build/tests/e2e/keyed \
			--load "build/kmod/$(cat "$(tests/vm/kernels path "$series")/version")/ward.ko panic_wipe=1" &&
		search "$series" && tests/vm/dmesg-gate "$dir/dmesg"
	result $? "$series: the worker imports, opens, ends; its kernel log is clean"
	sed 's/^/# /' "$dir/run.log"
	found 2 'key [1-9][0-9]* elsewhere 0 derived [1-9][0-9]* text 63' \
		'while it lives, the key is in the kernel'"'"'s object alone, the text in the buffer alone'
	found 3 'key 0 elsewhere 0 derived 0 text 63' \
		'once it has ended, neither it nor what was derived from it is anywhere'
	found 4 'key 0 elsewhere 0 derived 0 text 0' 'nor is the text, once the buffer is wiped'
	found 6 'key [1-9][0-9]* elsewhere 0 derived [1-9][0-9]* text 63' 'another key is there'
	grep -q 'Kernel panic' "$dir/console" &&
		"$owner" scan "$dir/ram" "$dir" "$(said open)" >"$dir/found-7"
	found 7 'key 0 elsewhere 0 derived 0 text 0' 'after a panic nothing of it is'
	rm -f "$dir/ram" "$dir/secrets"
done
finish
