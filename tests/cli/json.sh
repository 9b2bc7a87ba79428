#!/bin/bash
# SPDX-License-Identifier: MIT
# doc/json.md against what wardctl prints where there is no module; what it prints
# with one is held against the same tables by tests/e2e/wardctl_read.py. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
READ=tests/cli/json_members.py

as_told() { # as_told HEADING TEXT ARGUMENT...: what it prints is what the table says
	local heading=$1 text=$2
	shift 2
	"$BIN/wardctl" -o json "$@" >"$D/json" 2>/dev/null
	python3 $READ "$heading" "$D/json" >"$D/out" 2>"$D/err"
	result $? "json.md, $heading: $text"
}

python3 $READ --headings >"$D/out" 2>"$D/err"
result $? 'json.md: its tables can be read'
[ "$(wc -l <"$D/out")" -ge 20 ]
result $? 'json.md: ... and are there'

as_told doctor 'all of it' doctor
as_told explain 'every code' explain
as_told 'explain CODE' 'an errno' explain EBUSY
as_told 'explain CODE' 'with a second meaning' explain lease
as_told error 'misuse' explain nonsense
as_told error 'a verb that there is not' frobnicate
echo '{"ward-policy":1,"uid":[1]}' >"$D/policy"
as_told 'policy check' 'what it leaves open' policy check "$D/policy"
as_told 'policy check' 'each rule of it' policy check "$D/policy" --explain
as_told 'config check' 'the file that is shipped' config check userspace/etc/ward.conf
printf '[limits]\nglobal = 1M\n' >"$D/ward.conf"
chmod 0644 "$D/ward.conf"
as_told 'config show' 'a value' config show "$D/ward.conf"
as_told 'config apply' "wardd's options" config apply --from "$D/ward.conf" --wardd "$D/wardd.env"
mkdir "$D/none"
as_told 'config apply' 'nothing to apply' config apply --from "$D/none" limits
if [ -e /sys/module/ward ]; then
	skip 'json.md, error: no module' 'the module is loaded here'
else
	as_told error 'no module' status
fi

# The comparison can fail: one member too many, one too few, one of another type.
"$BIN/wardctl" -o json doctor >"$D/json" 2>/dev/null
fails() { # fails TEXT WORDS EDIT: in Python, of the object d
	python3 -c "
import json, sys
d = json.load(open('$D/json'))
$3
json.dump(d, open('$D/edited', 'w'))" && ! python3 $READ doctor "$D/edited" >"$D/out" 2>"$D/err" &&
		grep -q "$2" "$D/out"
	result $? "the comparison finds $1"
}
fails 'a member that no table has' 'checks\[\].colour: is not in the table' 'd["checks"][3]["colour"] = "red"'
fails 'a member that is missing' 'checks\[\].mend: is missing' 'del d["checks"][0]["mend"]'
fails 'another type' 'ok: is "12", not number' 'd["ok"] = "12"'
fails 'null where there is no null' 'failures: is null' 'd["failures"] = None'

finish
