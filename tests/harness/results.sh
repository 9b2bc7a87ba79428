# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Counting of results for tests written in shell; sourced. TAP on stdout.
#
# Beforehand a test may set D, its scratch directory: when a result is bad, the
# last lines of $D/out and $D/err say why. It closes with `finish`.
count=0
failed=0
echo "TAP version 13"

result() { # result STATUS TEXT
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $count - $2"
	[ -z "${D:-}" ] || cat "$D/out" "$D/err" 2>/dev/null | tail -n 20 | sed 's/^/# /'
}

skip() { # skip TEXT REASON
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

clean() { # clean TEXT: what stands on stdin breaks the rule that TEXT says
	rows=$(head -n 20)
	[ -z "$rows" ]
	result $? "$1"
	[ -z "$rows" ] || printf '%s\n' "$rows" | sed 's/^/# /'
}

# other_byte FILE AT: that byte becomes another one, whatever it was, which a constant in its
# place may not be
other_byte() {
	was=$(od -An -tu1 -j"$2" -N1 "$1") || return
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $((was ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

finish() {
	echo "1..$count"
	[ "$failed" -eq 0 ]
	exit
}
