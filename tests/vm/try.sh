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

# ended PROCESS CODE TEXT LOG WORD: it ends so, having said that
ended() {
	wait "$1"
	got=$?
	cp "$4" $D/err
	echo "exit code $got" >$D/out
	[ $got = "$2" ] && grep -q -- "$5" "$4"
	result $? "$3"
}

# tell NAME: hand a file to the host
tell() {
	echo "# file $1 $(base64 -w 0 <"$2")"
}

# tell_json NAME COMMAND...: a command's JSON, to be read by the host
tell_json() {
	name=$1
	shift
	"$@" -o json >$D/json 2>$D/err
	tell "$name" $D/json
}

# lines N FILE: wait until it has so many
lines() {
	tries=0
	while [ "$(wc -l <"$2")" -lt "$1" ] && [ $tries -lt 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}
