#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl seal --counter, killed before each call by which it puts the file in its place and
# has the TPM count: what stands there opens, old or new, and once the new one was
# opened the old one is refused. TAP on stdout. BIN names the directory of the programs.
set -u
BIN=$(realpath "${BIN:-build/bin}")
W=$BIN/wardctl
HERE=$(realpath "$(dirname "$0")")
D=$(mktemp -d) || exit 1
tpm=''
trap '[ -z "$tpm" ] || kill "$tpm"; rm -rf "$D"' EXIT
# shellcheck source=tests/harness/results.sh
. "$HERE/../harness/results.sh"
# shellcheck source=tests/harness/swtpm.sh
. "$HERE/../harness/swtpm.sh"
cd "$D" || exit 1

# The TPM as after a reset: of who was killed no session is left there, nor a key.
reset() {
	if [ -n "$tpm" ]; then
		kill "$tpm"
		wait "$tpm"
	fi 2>/dev/null
	rm -f sock
	swtpm_start tpm sock
	tpm=$!
}

seal() { # FILE [KILLER...]: in the place of v
	local file=$1
	shift
	"$@" "$W" -q seal --key key --counter 0x01800077 --tcti "unix:$D/sock" "$file" v
}

unseal() { # FILE TO
	"$W" -q unseal --key key --tcti "unix:$D/sock" "$1" "$2"
}

# One kill, before call number $1; what is wrong goes to wrong.
try() {
	reset
	seal before && cp v v.before && seal after ./killer -n "$1"
	ended=$?
	[ $ended = 9 ] || [ $ended = 0 ] || echo "call $1: ended with $ended"
	reset
	rm -f back again
	unseal v back 2>err || echo "call $1: what stands there does not open: $(cat err)"
	if cmp -s back before; then
		old=$((old + 1))
	elif cmp -s back after; then
		new=$((new + 1))
		unseal v.before again 2>err
		[ $? = 5 ] && [ ! -e again ] || echo "call $1: the old one opens beside the new one"
		unseal v again || echo "call $1: the new one does not open again"
	else
		echo "call $1: neither old nor new"
	fi
}

if ! command -v swtpm >/dev/null; then
	skip 'a seal that is killed while it counts' 'swtpm is not installed'
	finish
fi
${CC:-cc} -D_GNU_SOURCE -o killer "$HERE/killer.c" || exit 1
mkdir tpm
(umask 077 && head -c 32 /dev/urandom >key)
echo 'as it was' >before
echo 'as it is to be' >after
old=0 new=0 ended=9
for ((n = 1; n < 200 && ended == 9; n++)); do
	try "$n" >>wrong
done
sed 's/^/# /' wrong
[ ! -s wrong ] && [ $ended = 0 ]
result $? "killed before $((n - 2)) calls, until it ended by itself: $old times the old file, $new times the new one, and nothing else opens"
[ $old -ge 1 ] && [ $new -ge 3 ]
result $? 'before the file was in its place, and behind'

finish
