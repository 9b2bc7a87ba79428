#!/bin/bash
# SPDX-License-Identifier: MIT
# What is left of protected memory when the machine goes down: guests end by a
# reboot, a kexec and a panic, their memory is a file of ours and is searched
# afterwards. Plain memory of the same process, filled in the same way, is the
# control in each search. The guest that panics without panic_wipe first shows
# the facts about the machine that ward tells, made true one after the other.
# TAP on stdout. Environment: WARD_POWER_KERNEL, 6.12 by default.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
. tests/vm/lib.sh
SERIES=${WARD_POWER_KERNEL:-6.12}
OUT=$top/build/run/power-$SERIES
SEED=$(od -An -N8 -tu8 /dev/urandom | tr -d ' ')
PATIENCE="rcupdate.rcu_cpu_stall_timeout=200 watchdog_thresh=60"
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

# initrd NAME [PARAMETER]
initrd() {
	tests/vm/guest "$SERIES" --out "$OUT/$1.initrd" --script tests/e2e/power-guest \
		--program build/bin/wardctl --program build/tests/e2e/remains \
		--file "$ENTRY/vmlinuz:/data/vmlinuz" --load "$KO${2:+ $2}"
}

# guest PART INITRD OPTIONS...: to its end; its memory stays in PART.ram
guest() {
	local part=$1 image=$2
	shift 2
	printf %s "$part" >"$OUT/part"
	printf %s "$SEED" >"$OUT/seed"
	tests/vm/run "$SERIES" "$OUT/$image.initrd" --dir "$OUT/$part" --timeout 900 \
		--ram "$OUT/$part.ram" --fw-cfg "part=$OUT/part" --fw-cfg "seed=$OUT/seed" \
		"$@" >"$OUT/$part.log" 2>&1
	result $? "the guest ends by itself ($part)"
	while read -r word text; do
		[ "$word" = ok ]
		result $? "$text ($part)"
	done < <(tr -d '\r' <"$OUT/$part/ktap" | sed -n 's/^not ok /notok /p; s/^ok /ok /p')
	sed 's/^/# /' "$OUT/$part.log"
}

# found FILE: "A n B n plain n"
found() {
	build/tests/e2e/remains scan "$1" "$SEED"
}

# expect TEXT PATTERN FILE
expect() {
	local have
	have=$(found "$3")
	[[ $have =~ ^$2$ ]]
	result $? "$1"
	echo "# found: $have"
}

some='[1-9][0-9]{4,}'
mkdir -p "$OUT"
if ! ENTRY=$(tests/vm/kernels path "$SERIES") || ! KO=$(tests/vm/module "$SERIES" | tail -n 1) ||
	! initrd plain || ! initrd wipe panic_wipe=1; then
	echo "not ok 1 the guests can be made"
	echo "1..1"
	exit 1
fi

guest reboot plain --append "$PATIENCE" --hold live --resume \
	--on-hold "build/tests/e2e/remains scan \$WARD_RAM $SEED >$OUT/live"
[[ $(cat "$OUT/live") =~ ^A\ $some\ B\ $some\ plain\ $some$ ]]
result $? "while it runs, all three are found"
expect "after a reboot neither class is left, and plain memory is" \
	"A 0 B 0 plain $some" "$OUT/reboot.ram"
rm -f "$OUT/reboot.ram"

guest kexec plain --no-gate --append "$PATIENCE"
grep -q 'Unable to mount root fs' "$OUT/kexec/console"
result $? "another kernel came up over that memory"
expect "it finds neither class, and plain memory" \
	"A 0 B 0 plain $some" "$OUT/kexec.ram"
rm -f "$OUT/kexec.ram"

guest facts plain --no-gate --append "$PATIENCE init_on_free=1 crashkernel=128M"
expect "after a panic everything is left, as by default" \
	"A $some B $some plain $some" "$OUT/facts.ram"
rm -f "$OUT/facts.ram"

guest panic wipe --no-gate --append "$PATIENCE"
expect "after a panic with panic_wipe neither class is left, and plain memory is" \
	"A 0 B 0 plain $some" "$OUT/panic.ram"
rm -f "$OUT/panic.ram"

echo "1..$n"
exit $failed
