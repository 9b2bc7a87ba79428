# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: MIT
# For scripts of a guest, as /lib/ward/try.sh: results on stdout as TAP lines, with
# what a command said behind those that failed. Counts in $n, and $failed is 1
# after the first that did.
n=0
failed=0
D=/tmp/t
mkdir -p $D
chmod 1777 $D

result() { # result STATUS TEXT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		failed=1
		echo "not ok $n $2"
		sed 's/^/# out: /' $D/out
		sed 's/^/# err: /' $D/err
	fi
}

# try CODE WORD TEXT COMMAND...: exit code, and a word in either output
try() {
	code=$1 word=$2 text=$3
	shift 3
	"$@" >$D/out 2>$D/err
	got=$?
	if [ $got -ne "$code" ]; then
		echo "exit code $got, not $code" >>$D/err
		result 1 "$text"
	elif ! cat $D/out $D/err | grep -q -- "$word"; then
		echo "'$word' is missing" >>$D/err
		result 1 "$text"
	else
		result 0 "$text"
	fi
}
