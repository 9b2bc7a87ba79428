#!/bin/bash
# SPDX-License-Identifier: MIT
# Completion of bash, as bash calls it: every verb of wardctl's one table, every
# option that a program takes by its source, every backend of wardd's, and values
# by their kind. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
# shellcheck source=userspace/completion/ward.bash
. userspace/completion/ward.bash

# offered WORD...: what is offered for the last WORD; the first is the program.
offered() {
	local program=$1 function

	function=$(complete -p "$program" | sed 's/.*-F \([^ ]*\).*/\1/')
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	"$function" "$BIN/$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
}

missing() { # missing WANTED OFFERED: files of lines
	comm -23 <(sort -u "$1") <(sort -u "$2") | sed 's/$/ is not offered/'
}

# Verbs by the table in verbs.h, not by what the program says of itself.
table() {
	sed -n 's/^\tX(\([a-z_]*\)).*/\1/p' userspace/wardctl/verbs.h | sed 's/_/ /; s/_/-/g'
}

# Long options by the tables for getopt.
taken() { # ROOM
	sed -nE 's/.*"([a-z-]+)", (no|required|optional)_argument.*/--\1/p' "userspace/$1"/*.c | sort -u
}

for program in wardctl wardd ward-broker ward-train; do
	[ -x "$BIN/$program" ] || {
		skip 'completion' "no $BIN/$program"
		finish
	}
	complete -p "$program" >"$D/out" 2>"$D/err"
	result $? "$program has completion"
done

clean 'wardctl: the table has verbs' < <([ "$(table | wc -l)" -ge 20 ] || table)
table | cut -d ' ' -f 1 >"$D/first"
offered wardctl '' >"$D/offered"
clean 'wardctl: the first word of every verb' < <(missing "$D/first" "$D/offered")
table | grep ' ' | while read -r first second; do
	echo "$second" >"$D/wanted"
	offered wardctl "$first" '' >"$D/offered"
	missing "$D/wanted" "$D/offered" | sed "s/^/$first /"
done >"$D/rows"
clean 'wardctl: the second word of every verb' <"$D/rows"
table | while read -r verb; do
	# shellcheck disable=SC2086
	"$BIN/wardctl" help $verb | grep -oE -e '--[a-z][a-z-]+' | sort -u >"$D/wanted"
	# shellcheck disable=SC2086
	offered wardctl $verb - | tee -a "$D/all" >"$D/offered"
	missing "$D/wanted" "$D/offered" | sed "s/^/$verb: /"
done >"$D/rows"
clean "wardctl: every option of every verb's usage" <"$D/rows"
taken wardctl >"$D/wanted"
clean 'wardctl: every option of its source (else add it to the usage of its verb)' < <(missing "$D/wanted" "$D/all")
printf '%s\n' -o --output -q --quiet -h --help --version >"$D/wanted"
offered wardctl - >"$D/offered"
clean 'wardctl: options that go with every verb' < <(missing "$D/wanted" "$D/offered")

taken agent >"$D/wanted"
offered wardd - >"$D/offered"
clean 'wardd: every option of its source' < <(missing "$D/wanted" "$D/offered")
sed -nE 's/^\t\.name = "([a-z-]+)",$/\1/p' userspace/agent/*.c >"$D/wanted"
clean 'wardd: backends are found in its source' < <([ "$(wc -l <"$D/wanted")" -ge 5 ] || cat "$D/wanted")
offered wardd --beside '' >"$D/offered"
clean 'wardd: every backend' < <(missing "$D/wanted" "$D/offered")
taken broker >"$D/wanted"
offered ward-broker - >"$D/offered"
clean 'ward-broker: every option of its source' < <(missing "$D/wanted" "$D/offered")
sed -nE 's/^\t\{ "([a-z]+)", "[^"]*", [a-z_]+ \},$/\1/p' userspace/worker/main.c >"$D/wanted"
clean 'ward-train: verbs are found in its source' < <([ -s "$D/wanted" ] || echo none)
offered ward-train '' >"$D/offered"
clean 'ward-train: every verb' < <(missing "$D/wanted" "$D/offered")
while read -r verb; do
	offered ward-train "$verb" -
done <"$D/wanted" >"$D/offered"
taken worker >"$D/wanted"
clean 'ward-train: every option of its source' < <(missing "$D/wanted" "$D/offered")

offers() { # offers WANTED WORD...: exactly these, blanks between them
	local wanted=$1

	shift
	[ "$(offered "$@" | sort -u | paste -sd ' ')" = "$wanted" ]
	result $? "$* -> $wanted"
	offered "$@" >"$D/out" 2>"$D/err"
}

value() { # value WANTED OPTION USAGE
	[ "$(_ward_value "$2" <<<"$3")" = "$1" ]
	result $? "$3: $2 takes ${1:-nothing}"
}
value FILE --policy 'x FILE [--policy FILE] [--root CERT]...'
value CERT --root 'x FILE [--policy FILE] [--root CERT]...'
value 'qemu|ec2|gce' --vmm 'x [--vmm qemu|ec2|gce] [--log FILE]'
value 'traced,dumpable' --refuse 'x [--refuse traced,dumpable]'
value HEX -m '  -m, --measurement HEX  the launch digest'
value '' --table 'x (--key FILE) [--table] INPUT OUTPUT'
value '' --key 'x --new-key FILE'
value UID --user 'x [--user UID|NAME]'

touch "$D/policy.json" "$D/module.ko"
mkdir "$D/dir"
offers 'json text' wardctl -o ''
offers json wardctl verify bundle --output = j
offers 'check set show' wardctl policy ''
offers 'policy' wardctl -o json help pol
offers 'receipt release report' wardctl report --purpose re
offers 'tsm' wardctl provider set ''
offers 'traced' wardctl policy set --refuse tr
offers 'rules,posture' wardctl policy set --latch rules,p
offers 'raw' wardctl policy set --others ra
offers '' wardctl limits set --global ''
offers "$D/policy.json" wardctl verify bundle --policy "$D/p"
offers "$D/dir" wardctl verify bundle --collateral "$D/d"
offers "$D/module.ko" wardctl module load "$D/m"
offers 'measurement-mismatch' wardctl explain measurement-mis
offers 'mend' wardd --exclusive = m
offers 'vtpm,ak vtpm,ak-cert' wardd --beside vtpm,ak
offers 'vtpm,ima,timeout' wardd --beside vtpm,ima,ti
offers "$D/policy.json" ward-broker --config "$D/p"
offers "$D/policy.json" ward-train train --plan "$D/p"
offers "$D/policy.json" ward-train train --ca "$D/p"
offers "$D/policy.json" ward-train train --data a = "$D/p"
offers "$D/policy.json" wardctl receipt verify --release "$D/p"
offers '' wardctl provider set tsm --service-provider ''
offers "$D/dir" ward-train train --out "$D/d"
offers '' wardctl nonsense more ''
# What was typed is completed, and run by nobody.
ran="\$(touch $D/ran)"
offered wardctl policy set --refuse "$ran,tr" >"$D/out" 2>"$D/err"
offered wardd --beside "vtpm$ran,i" >>"$D/out" 2>>"$D/err"
offered wardctl verify bundle "--x/e;s/.*/touch ${D//\//\\\/}\/ran/e;s/" '' >>"$D/out" 2>>"$D/err"
[ ! -e "$D/ran" ]
result $? 'a command in what was typed is not run'
# At a terminal, where bash itself cuts the line into words: TYPED and a tab is TYPED MORE.
typed() { # typed TEXT WANTED
	python3 tests/cli/tab.py "$BIN" userspace/completion/ward.bash "$1" >"$D/out" 2>"$D/err"
	[ "$(cat "$D/out")" = "$2" ]
	result $? "tab after '$1': '$2'"
}
if command -v python3 >/dev/null; then
	typed 'wardctl limits se' 'wardctl limits set '
	typed 'wardctl --output=js' 'wardctl --output=json '
	typed 'wardctl verify bundle --purp' 'wardctl verify bundle --purpose '
	typed "wardctl policy check $D/pol" "wardctl policy check $D/policy.json "
	typed 'wardctl policy set --refuse traced,du' 'wardctl policy set --refuse traced,dumpable'
	typed 'wardd --beside vtpm,ak-' 'wardd --beside vtpm,ak-cert'
	typed 'wardd --exclusive=' 'wardd --exclusive=mend '
	typed 'ward-broker --con' 'ward-broker --config '
else
	skip 'a tab at a terminal' 'python3 is not installed'
fi
bash -n userspace/completion/ward.bash 2>"$D/err"
result $? 'bash reads it'
finish
