#!/bin/sh
# SPDX-License-Identifier: MIT
# wardctl's device verbs where there is no module: exit code 6, one clear
# error that says what to do, nothing written; and what they refuse as misuse
# before they look at any device. TAP on stdout.
set -u
BIN=${BIN:-build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
# shellcheck source=tests/harness/results.sh
. "$(dirname "$0")/../harness/results.sh"

# want CODE WORD TEXT ARGUMENT...: exit code, and a word on stderr
want() {
	code=$1 word=$2 text=$3
	shift 3
	"$W" "$@" >"$D/out" 2>"$D/err"
	got=$?
	bad=0
	grep -q -- "$word" "$D/err" || bad=1
	[ "$got" -eq "$code" ] || bad=1
	[ $bad -eq 0 ] || echo "(exit code $got; wanted $code and '$word')" >>"$D/err"
	result $bad "$text"
}

# want_json CODE REASON ARGUMENT...: the same for programs
want_json() {
	code=$1 reason=$2
	shift 2
	"$W" -o json "$@" >"$D/out" 2>"$D/err"
	got=$?
	python3 - "$D/out" "$reason" "$got" "$code" 2>>"$D/err" <<-'PY'
		import json, sys
		error = json.load(open(sys.argv[1]))["error"]
		assert error["reason"] == sys.argv[2], error
		assert error["exit_code"] == int(sys.argv[3]) == int(sys.argv[4]), error
		assert error["text"], error
	PY
	result $? "$* -o json: reason $reason, exit code $code"
}

RELEASE=00112233445566778899aabbccddeeff
NONCE=$RELEASE$RELEASE
ID="--session $RELEASE --release $RELEASE --dataset $RELEASE --nonce $NONCE"
head -c 64 /dev/urandom >"$D/request"
head -c 63 /dev/urandom >"$D/short"
head -c 65 /dev/urandom >"$D/long"

# ---- misuse, told before any device is looked at -----------------------------
for verb in status doctor "module status" "module unload" "session list" "mem list" \
	"mem selftest" "limits show" \
	"provider show" "provider unset" "policy show" "pace show" events pressure; do
	# shellcheck disable=SC2086
	want 1 'takes no argument' "$verb: an argument too many" $verb extra
done
want 1 "is 'tsm'" 'provider set: which one' provider set
want 1 "is 'tsm'" 'provider set: an unknown one' provider set vtpm
want 1 'NAME=VALUE' 'module load: a parameter without a value' module load limit
want 1 'two files' 'report: no file' report
want 1 'two files' 'report: three files' report a b c
want 1 'purpose is' 'report: unknown purpose' report --purpose lunch a b
want 1 'over no claims' 'report: raw and a bundle' report --raw --bundle "$D/b" a b
want 1 'over no claims' 'report: raw and a purpose' report --purpose seal --raw a b
want 1 '1 to 3600' 'report: no time to wait' report --timeout 0 a b
want 1 'not an option' 'report: unknown option' report --frobnicate a b
want 1 'none of them' 'report: over its request' report "$D/request" "$D/../${D##*/}/request"
want 1 'none of them' 'report: a bundle over the request' \
	report --bundle "$D/request" "$D/r" "$D/request"
want 1 'none of them' 'report: a bundle over the report' \
	report --bundle "$D/r" "$D/r" "$D/request"
want 1 "read $D/none" 'report: no request' report "$D/r" "$D/none"
want 7 'is shorter' 'report: a short request' report "$D/r" "$D/short"
want 7 'byte 48 is not zero' 'report: raw, and no zeroes at the end' \
	report --raw "$D/r" "$D/request"
want 7 'is longer' 'report: a long request' report "$D/r" "$D/long"
want 1 'exclude each other' 'pressure: mine, followed' pressure --mine --follow
want 1 '10 to 3600000' 'pressure: interval of nothing' pressure --follow --interval 0
want 1 'number from 1' 'pressure: count of nothing' pressure --follow --count 0
want 1 'others is missing' 'policy set: nothing' policy set
want 1 'two rules name uid 0' 'policy set: a user twice' \
	policy set --others all --user 0=all --user root=none
want 1 'not .lunch' 'policy set: no such purpose' policy set --others lunch
want 1 'NAME=PURPOSES' 'policy set: half a rule' policy set --others all --user root
want 1 'a group of this machine' 'policy set: no such group' \
	policy set --others all --group no-such-group=all
want 1 rules,brave 'policy set: no such latch' policy set --others all --latch rules,brave
want 1 'a fact' 'policy set: no such fact' policy set --others all --posture mem-encrypt,
want 1 'init-on-free' 'policy set: the facts that there are' policy set --others all --posture foo
want 1 'nothing is named' 'pace set: nothing' pace set
want 1 'takes 1 to 4096' 'pace set: a burst of nothing' pace set --call-burst 0
want 1 'takes 0 to 3600000' 'pace set: more than an hour' pace set --user-interval 3600001
want 1 'takes 0 to 3600000' 'pace set: no number' pace set --cooldown 1s
want 1 'twice' 'pace set: one figure twice' pace set --user-burst 1 --user-burst 2
want 1 'not an option' 'pace set: no value' pace set --call-interval
want 1 'number from 1' 'events: count of nothing' events --count 0
want 1 'takes a number' 'events: the last of a word' events --last all
want 1 'exclude each other' 'events: from both ends' events --from 2 --last 2
want 1 'exclude each other' 'events: from the first and from the last' events --from 1 --last 2
want 1 'exclude each other' 'events: one session and the global chain' \
	events --session "$RELEASE" --global
want 1 '32 hex digits' 'events: seven digits of a session' events --session 0011223
want 1 'takes a number' 'events: from a word' events --from 1st
want 1 '32 hex digits' 'events: half a session' events --session 0011
want 1 'neither' 'events: one chain, followed' events --follow --global
for args in --bytes '--interval 100' '--count 1'; do
	# shellcheck disable=SC2086
	want 1 'go with --follow' "pressure: $args without --follow" pressure $args
done
for args in '' '00 11' zz 0011 00112233445566778899aabbccddeeffaa; do
	# shellcheck disable=SC2086
	want 1 'session id' "session revoke '$args'" session revoke $args
done
want 1 'no limit is named' 'limits set: nothing' limits set
want 1 'needs its option' 'limits set: a size without its option' limits set 8G
for size in '' -1 +1 ' 4096' 4096B 4k4 0x1000 1e9 99999999999999999999 16777216T 1.5G K; do
	want 1 'is no size' "limits set: '$size' is no size" limits set --global "$size"
done
want 1 'page size' 'limits set: half a page' limits set --session 2048
want 1 'twice' 'limits set: one limit twice' limits set --session 1M --session 2M
want 1 'neither' 'limits set: no such user' limits set --user 'no such user' 1M
want 1 'neither' 'limits set: no such uid' limits set --user 4294967295 1M
want 1 'after the options a size' 'limits set: a user without a size' limits set --user root
want 1 'exclude' 'limits set: one user and each' limits set --user root --each-user 1M 1M
want 1 'one user at a time' 'limits set: two users' limits set --user root --user 1 1M
want 1 'neither' 'limits show: no such user' limits show --user nobody/nogroup
want 1 'not an option' 'limits show: unknown option' limits show --all
want 1 'one file' 'receipt export: no file' receipt export
want 1 'session is missing' 'receipt export: of what' receipt export "$D/r"
want 1 '32 hex digits' 'receipt export: a short id' receipt export --session 1234 "$D/r"
want 1 '64 hex digits' 'receipt export: a short nonce' receipt export --nonce "$RELEASE" "$D/r"
echo '{"session":"zz"}' >"$D/line"
want 1 'hex digits' 'receipt export: a line with a bad id' receipt export --line "$D/line" "$D/r"
printf '{"session":"%s","release":"%s","dataset":"%s","receipt_nonce":"%s"}\n' \
	"$RELEASE" "$RELEASE" "$RELEASE" "$NONCE" >"$D/line"
want 1 'is the line' 'receipt export: over the line' receipt export --line "$D/line" "$D/line"
echo '{"session":' >"$D/line"
want 7 'line:2' 'receipt export: a broken line' receipt export --line "$D/line" "$D/r"
head -c 70000 /dev/zero >"$D/line"
want 7 'at most 65536' 'receipt export: a huge line' receipt export --line "$D/line" "$D/r"
want 1 'go with --log' 'receipt export: a time without a log' \
	receipt export --since 2026-01-01T00:00:00Z "$D/r"
want 1 'nothing else goes' 'receipt export: a log and a session' \
	receipt export --log "$D/line" --session "$RELEASE" "$D/r"
want 1 'takes a time' 'receipt export: no time' receipt export --log "$D/none" --since now "$D/r"
want 1 'log-of-none' 'receipt export: no log' receipt export --log "$D/log-of-none" "$D/r"
echo '{"version":2}' >"$D/log"
want 7 'line 1 of the log' 'receipt export: a damaged log' receipt export --log "$D/log" "$D/r"
want 1 'read' 'receipt export: no line' receipt export --line "$D/none" "$D/r"

# Every bit that the ABI has has a name, so that none shows as unknown.
top=$(dirname "$0")/../..
for words in features:FEATURE:ward.h postures:POSTURE:ward_claims.h; do
	IFS=: read -r array macro header <<-WORDS
		$words
	WORDS
	want=$(grep -c "^#define WARD_${macro}_[A-Z_]*[[:space:]]*(1ull <<" \
		"$top/include/uapi/linux/$header")
	got=$(sed -n "/^static const char .*const ${array}\[\]/,/^}/p" \
		"$top/userspace/wardctl/device_words.c" | grep -o '"' | wc -l)
	echo "$want bits, $got quotes" >"$D/err"
	[ "$want" -gt 0 ] && [ "$got" -eq $((2 * want)) ]
	result $? "every WARD_${macro}_* has a name"
done

# ---- no module ----------------------------------------------------------------
if [ -e /sys/module/ward ]; then
	skip 'without a module' 'the module is loaded here'
else
	for verb in status 'policy show' 'pace show' 'pace set --call-burst 4' "session revoke 00112233" 'events --session 00112233 --last 3' 'policy set --others all' events 'events --follow' pressure 'pressure --follow --count 2' 'session list' 'mem list' \
		'mem selftest' 'limits show' 'limits show --user root' "session revoke $RELEASE" \
		'limits set --global 8G --session none' 'limits set --user root 512m' \
		'provider show' 'provider unset' "report $D/r $D/request" \
		"report --random --bundle $D/b $D/r $D/q" "receipt export $ID $D/r"; do
		# shellcheck disable=SC2086
		want 6 'module is not loaded' "$verb: no module" $verb
		# shellcheck disable=SC2086
		want_json 6 no-module $verb
	done
	want 6 'mend: ' 'provider set: no module' provider set tsm
	want 6 'ward' 'module load: no such file' module load "$D/ward.ko"
	want 6 'built for another kernel\|not allowed\|not implemented\|Function' \
		'module load: not a module' module load "$D/request"
	want_json 6 no-module module unload

	[ ! -e "$D/r" ] && [ ! -e "$D/b" ] && [ ! -e "$D/q" ]
	result $? 'nothing was written'

	"$W" doctor >"$D/out" 2>"$D/err"
	[ $? -eq 6 ] && grep -q '^fail  module-loaded' "$D/out" && grep -q 'mend: ' "$D/out"
	result $? 'doctor: names the module and the mend, exit code 6'

	"$W" doctor -o json >"$D/out" 2>"$D/err"
	got=$?
	python3 - "$D/out" "$got" 2>>"$D/err" <<-'PY'
		import json, sys
		doc = json.load(open(sys.argv[1]))
		checks = doc["checks"]
		names = [c["check"] for c in checks]
		assert int(sys.argv[2]) == 6
		for name in ("machine", "tee", "paravisor", "vmpck", "secure-boot", "lockdown", "tpm", "clock",
		         "module-file", "module-signature", "module-loaded", "device-node",
		         "device-access", "configfs", "tsm", "provider-link", "provider-name", "provider-breaker",
		         "kernel-policy",
		         "quote-interface", "memory-limit", "memory-cgroup", "rlimit-nofile", "rlimit-core",
		         "user-namespaces", "swap", "crash-kernel", "kexec-kernel"):
		    if name in ("tsm", "provider-link", "provider-name", "provider-breaker") and \
		       any(c["check"] == "configfs" and c["state"] == "skip" for c in checks):
		        continue
		    assert name in names, name
		for c in checks:
		    assert c["state"] in ("ok", "warn", "fail", "skip"), c
		    assert c["text"], c
		    assert c["state"] not in ("fail", "warn") or c["mend"], c
		states = [c["state"] for c in checks]
		assert states.count("fail") == doc["failures"] > 0
		assert states.count("warn") == doc["warnings"]
		assert states.count("ok") == doc["ok"]
		assert states.count("skip") == doc["not_checked"]
	PY
	result $? 'doctor -o json: every check, a mend for each that failed, true counts'

	"$W" module status >"$D/out" 2>"$D/err"
	[ $? -eq 6 ] && grep -q 'wardctl module load\|dkms install ward' "$D/out" "$D/err"
	result $? 'module status: exit code 6 and what to do'
	"$W" explain not-installed | grep -q "this kernel's headers"
	result $? 'a missing module: the mend has the headers that DKMS needs'
fi

finish
