# SPDX-License-Identifier: MIT
# Guests whose script tries programs (tests/vm/try.sh): their runs, what they said,
# and what the owner of the data makes of it. Sourced; OUT names the test's files.

# An emulated guest on a busy machine is slow: that is no stall of its kernel.
# shellcheck disable=SC2034
PATIENCE="rcupdate.rcu_cpu_stall_timeout=200 watchdog_thresh=60"

# tried NAME DIR COMMAND...: run a guest by COMMAND, its logs in DIR; results of its
# script, NAME before each. 1 = there are none
tried() {
	local name=$1 dir=$2 status=0
	shift 2
	"$@" >&2 || status=$?
	if [ ! -s "$dir/ktap" ]; then
		echo "not ok $name-guest # no result, see $dir"
		return 1
	fi
	sed -n "s/^\(not ok\|ok\) [0-9]* /\1 $name: /p; s/^# \(out\|err\): /# /p" "$dir/ktap"
	if [ $status = 0 ]; then
		echo "ok $name: last word and clean kernel log"
	else
		echo "not ok $name: last word and clean kernel log # $dir"
	fi
}

# file_of DIR NAME: what the guest handed out last under that name
file_of() {
	sed -n "s/^# file $2 //p" "$1/ktap" | tail -n 1 | base64 -d >"$1/$2"
}

# expect CODE TEXT WORD COMMAND...: on this machine; WORD stands in what it says
expect() {
	local code=$1 text=$2 word=$3 got=0
	shift 3
	"$@" >"$OUT.out" 2>&1 || got=$?
	if [ "$got" = "$code" ] && grep -q -- "$word" "$OUT.out"; then
		echo "ok $text"
	else
		echo "not ok $text"
		sed 's/^/# /' "$OUT.out"
	fi
}

# each_release SERIES COUNT JUDGE: for each release in the owner's log, its line in owner/line and
# its receipt from the guest in receipt-$name.ward, JUDGE SERIES; and there are COUNT of them
each_release() {
	local line words=(no one two three four) n=0
	while read -r line; do
		name=${line#*\"resource\":\"default/dataset/}
		name=${name%%\"*}
		printf '%s\n' "$line" >"$DEMO/owner/line"
		file_of "$DEMO" "receipt-$name.ward"
		n=$((n + 1))
		"$3" "$1"
	done <"$DEMO/owner/release.log"
	if [ $n = "$2" ]; then echo "ok $1: ${words[$2]} keys released, none to others"
	else echo "not ok $1: $n keys released, not ${words[$2]}"; fi
}

# numbered: results on stdin as TAP; fails if one of them does
numbered() {
	tee "$OUT.tap" | awk '
		/^(ok|not ok) / { n++; sub(/^not ok /, "not ok " n " - "); if (!/^not/) sub(/^ok /, "ok " n " - ") }
		{ print }
		END { print "1.." n }'
	! grep -q '^not ok' "$OUT.tap"
}
