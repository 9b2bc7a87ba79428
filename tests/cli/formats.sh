#!/bin/bash
# SPDX-License-Identifier: MIT
# Pages of file formats: each says of every member that the readers take, and of no
# other; doc/formats.md names the same (doc/policy.md: tests/cli/policy.sh); what the pages
# give as an example is taken. TAP on stdout.
# shellcheck disable=SC2317 # functions that same() runs
# shellcheck disable=SC2016 # what stands between backquotes in formats.md
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
[ ! -d "$BIN" ] || BIN=$(cd "$BIN" && pwd)

# What a page describes: the names after .It Cm, several with commas between them.
described() { # PAGE
	sed -n 's/^\.It Cm //p' "userspace/man/$1" | sed 's/ , /\n/g' | sort -u
}

words() { # of double quotes on stdin
	grep -oE '"[a-z][a-z0-9_-]*"' | tr -d '"' | sort -u
}

# between FROM TO FILE: the lines from one pattern to the other
between() {
	sed -n "/$1/,/$2/p" "$3"
}

# First column of the table below a heading of formats.md, without its head.
table() { # HEADING
	between "^## $1" '^## [0-9]' doc/formats.md | sed -n 's/^| \(`[^|]*\) |.*/\1/p' |
		grep -oE '`[a-z0-9_-]+`' | tr -d '`' | sort -u
}

same() { # same TEXT A B: commands with arguments, one line each word
	$2 >"$D/a"
	$3 >"$D/b"
	clean "$1" < <(
		[ "$(wc -l <"$D/a")" -ge 3 ] || echo "only $(wc -l <"$D/a") were found to compare"
		comm -23 "$D/a" "$D/b" | sed "s|\$|: add it to $4|"
		comm -13 "$D/a" "$D/b" | sed "s|\$|: $4 has it, and no reader|"
	)
}

# Every policy_*.c and policy.c may have members of members in a list that ends in NULL.
policy_members() {
	sed -n '/^static const char \*const members/,/};/p' userspace/verifier/policy.c | words
}
# What the page has in addition must be known to the reader as a member of a member.
policy_page() {
	policy_members >"$D/top"
	cat userspace/verifier/policy*.c | words >"$D/known"
	{
		comm -12 <(described ward-policy.5) "$D/top"
		comm -23 <(described ward-policy.5) "$D/known"
	} | sort -u
}
policy_words() {
	sed -n '/^static const struct word/,/};/p' userspace/verifier/policy.c |
		sed -n 's/^\t{ "\([a-z-]*\)".*/\1/p' | sort -u
}
plan_members() {
	sed -nE 's/^\t(NAME|REAL|COUNT|CHOICE|OTHER)\("([a-z0-9_-]+)".*/\2/p' \
		userspace/worker/plan_read.c | sort -u
}
broker_members() {
	{
		tr '\n' ' ' <userspace/broker/config.c | grep -oE 'json_unpack_ex\([^;]*;' | words
		grep -v '#define' userspace/broker/limits.c | grep -oE '\<[MC]\([a-z_]+' | cut -c3-
	} | sort -u
}
bundle_members() {
	sed -n 's/.*cbor_put_text(w, \("[a-z]*"\)).*/\1/p' userspace/verifier/bundle_write.c | words
}
dataset_members() {
	sed -n 's/.*json_object_set_new([^,]*, \("[a-z]*"\),.*/\1/p' userspace/lib/table.c | words
}
dataset_text() {
	grep '^| 88 ' doc/formats.md | cut -d '|' -f 4 | grep -oE '`[a-z]+`' | tr -d '`' | sort -u
}
release_members() {
	sed -n '/^static const char \*const/,/};/p' userspace/verifier/release.c | words
}
release_text() {
	between '^## 8' '^## 9' doc/formats.md | sed -n '/^`{"version":1,"time"/,/^`wardctl/p' |
		sed '/^`wardctl/d' | words
}

same 'ward-policy(5) has the members of a policy' policy_members policy_page ward-policy.5
text=$(mandoc -T ascii userspace/man/ward-policy.5 2>/dev/null | col -b | tr -s ' \n' ' ')
if [ -n "$text" ]; then
	clean 'ward-policy(5) has every word that stands in lists of one' < <(
		policy_words | while read -r word; do
			[[ $text == *"$word"* ]] || echo "$word: add it to ward-policy.5"
		done
	)
	clean 'ward-policy(5) has every member of a member' < <(
		between 'static const char \*const [a-z]*\[\]' '};' userspace/verifier/policy.c | words |
			while read -r word; do
				[[ $text == *"$word"* ]] || echo "$word: add it to ward-policy.5"
			done
	)
else
	skip 'words of ward-policy(5)' 'mandoc is not installed'
fi
plan_page() { described ward-plan.5; }
broker_page() { described ward-broker.json.5; }
bundle_page() { described ward-bundle.5; }
# The table's first column, and what stands before a bracket in the text on pieces.
bundle_table() {
	{
		table 4
		between '^Each piece' '^claims name' doc/formats.md | tr '\n' ' ' |
			grep -oE '`[a-z]+` \(' | grep -oE '[a-z]+'
	} | grep -vE '^(vtpm|azure|nitro|tsmsim|sev_guest|sev-guest|tdx-guest|tdx_guest)$' | sort -u
}
dataset_page() { described ward-dataset.5; }
receipt_page() { described ward-receipt.5; }
same 'ward-plan(5) has the members of a plan' plan_members plan_page ward-plan.5
same 'ward-broker.json(5) has the members of a configuration' broker_members broker_page ward-broker.json.5
same 'ward-bundle(5) has the members of a bundle' bundle_members bundle_page ward-bundle.5
same 'formats.md has them' bundle_members bundle_table 'doc/formats.md section 4'
same 'ward-dataset(5) has the metadata of a data set' dataset_members dataset_page ward-dataset.5
same 'formats.md has them' dataset_members dataset_text 'doc/formats.md section 6'
same 'ward-receipt(5) has the members of a release' release_members receipt_page ward-receipt.5
same 'formats.md has them' release_members release_text 'doc/formats.md section 8'

# ---- what the pages give as an example -------------------------------------------

example() { # PAGE: its first one in JSON
	sed -n '/^\.Sh EXAMPLES/,$p' "userspace/man/$1" | sed -n '/^{$/,/^}$/p'
}

programs="wardctl ward-broker ward-train"
for program in $programs; do
	[ -x "$BIN/$program" ] || {
		skip 'examples of the pages' "no $BIN/$program"
		finish
	}
done
example ward-policy.5 >"$D/policy.json"
"$BIN/wardctl" policy check "$D/policy.json" >"$D/out" 2>"$D/err"
result $? "ward-policy(5): wardctl takes the example"
sed 's/"purpose"/"purposes"/' "$D/policy.json" >"$D/wrong.json"
"$BIN/wardctl" policy check "$D/wrong.json" >"$D/out" 2>"$D/err"
[ $? -eq 7 ] && grep -q purposes "$D/err"
result $? "ward-policy(5): ... and not with a member that it does not have"

# The whole configuration, over files that this test makes.
example ward-broker.json.5 | sed 's/192\.0\.2\.10:8443/127.0.0.1:0/' >"$D/broker.json"
(
	cd "$D" || exit 1
	umask 077
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 \
		-subj /CN=localhost -keyout tls.key -out tls.pem
	echo 'not a table' >va.csv
	mkdir collateral
	"$BIN/wardctl" dataset encrypt --new-key va.key va.csv va.wds
	"$BIN/ward-broker" --check broker.json
) >"$D/out" 2>"$D/err"
result $? "ward-broker.json(5): ward-broker takes the example"

example ward-plan.5 >"$D/plan.json"
train() { # a plan is read before anything else is looked at
	"$BIN/ward-train" train --broker https://localhost:1 --ca "$D/none.pem" \
		--data a="$D/none.wds" --plan "$1" --out "$D/results" --device "$D/none" >"$D/out" 2>"$D/err"
}
train "$D/plan.json"
! grep -q 'plan' "$D/err"
result $? "ward-plan(5): ward-train takes the example"
sed 's/"l2"/"l3"/' "$D/plan.json" >"$D/wrong.json"
train "$D/wrong.json"
[ $? -eq 7 ] && grep -q 'l3: is not known' "$D/err"
result $? "ward-plan(5): ... and not with a member that it does not have"
finish
