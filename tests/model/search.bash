# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Searching a model whole with spin; sourced, after results.sh, by the tests beside it, which
# set $model, its file. A search that doesn't end, or doesn't fit, is a failed test.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

errors() { # LEVEL DEFINES...: errors of the search, or nothing when it did not end
	(
		cd "$work" || exit
		spin "${@:2}" -a "$model" >spin.log 2>&1 || exit
		gcc "$1" -w -DSAFETY -DCOLLAPSE -DMEMLIM=1024 -o pan pan.c || exit
		timeout 1500 ./pan -m200000 >pan.log 2>&1
		grep -q 'search depth too small\|max search depth\|out of memory' pan.log && exit
		sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log
	)
}

# A mistake, or that something happens at all: soon, so that compiling takes longer than searching.
finds() { # NAME DEFINES...
	local found
	found=$(errors -O0 "${@:2}")
	clean "found: $1" < <([ "${found:-0}" -gt 0 ] || echo "errors: ${found:-the search did not end}")
}

sound() { # NAME DEFINES...
	local found
	found=$(errors -O2 "${@:2}")
	clean "$1" < <([ "$found" = 0 ] || echo "errors: ${found:-the search did not end}")
	echo "# $1: $(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$work/pan.log") states"
}
