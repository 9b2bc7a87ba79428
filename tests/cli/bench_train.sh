#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl bench train where there is no module: the kinds of memory that this machine has are
# measured and drawn, the others are 'not measured here', with the reason; and what a command
# line, a table or a plan can have wrong. TAP on stdout. With the module: tests/e2e/wardctl.sh.
# BIN names the directory of the programs (default build/bin).
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

cat >"$D/plan.json" <<'EOM'
{"ward-plan":1,"name":"n","features":[{"column":"a"},{"column":"b"}],
"label":{"column":"y","above":0},"split":{"rule":"every","every":5},
"runs":[{"name":"m","method":"adam","hidden":[4],"epochs":40}]}
EOM
awk 'BEGIN { print "a,b,y"; for (i = 0; i < 2000; i++)
	printf "%.4f,%.4f,%d\n", sin(i), cos(3 * i), (sin(i) + cos(5 * i) > 0) }' >"$D/t.csv"

bench() { # bench ARGUMENT...: one round, with plan and table
	"$BIN/wardctl" bench train --plan "$D/plan.json" --data "$D/t.csv" --rounds 1 \
		--device "$D/no-device" "$@" >"$D/out" 2>"$D/err"
}

want() { # want CODE WORDS TEXT ARGUMENT...
	local code=$1 words=$2 text=$3
	shift 3
	bench "$@"
	[ $? -eq "$code" ] && cat "$D/err" "$D/out" | grep -qF -- "$words"
	result $? "$text"
}

member() { # member EXPRESSION TEXT: in Python, of the object d and its memories m
	python3 -c "
import json, sys
d = json.load(open('$D/out'))
m = {k['memory']: k for k in d['memories']}
sys.exit(0 if ($1) else 1)" 2>>"$D/err"
	result $? "$2"
}

bench -o json --png "$D/a.png" --rounds 2
result $? 'without a module'
member "list(m) == ['plain', 'mlocked', 'secret', 'ward'] and d['rounds'] == 2" 'four kinds of memory'
member "m['plain']['measured'] and m['plain']['counts']['epochs'] == 40" 'plain memory is measured'
member "m['plain']['to_plain']['total'] == 1" '... and is what the others are compared with'
member "not m['ward']['measured'] and m['ward']['ms']['total'] is None" 'ward memory is not'
member "m['ward']['not_measured'][0]['what'] == 'all' and
	'wardctl module load' in m['ward']['not_measured'][0]['why']" '... with the reason and the mend'
member "all(k['measured'] or k['not_measured'][0]['what'] == 'all' for k in m.values())" \
	'what is not measured says why'
member "all(abs(sum(k['ms'][p] or 0 for p in ('compute', 'decrypt', 'system_calls', 'memory',
	'attestation')) / k['ms']['total'] - 1) < 1e-6 for k in m.values() if k['measured'])" \
	'the parts are the whole'
member "d['same_weights']" 'the weights are the same in every training'
member "len({k['counts']['chunks_decrypted'] for k in m.values() if k['measured']}) == 1" \
	'... and so is what was decrypted'
python3 tests/cli/json_members.py 'bench train' "$D/out" >"$D/members" 2>"$D/err"
result $? 'doc/json.md has its members'
cp "$D/out" "$D/a.json"
python3 tests/cli/bench_bars.py "$D/a.png" "$D/a.json" >"$D/out" 2>"$D/err"
result $? 'its picture, decoded: bars as long as the figures say'
python3 -c "
import json
d = json.load(open('$D/a.json'))
d['memories'][0]['ms']['compute'] *= 2
json.dump(d, open('$D/b.json', 'w'))"
! python3 tests/cli/bench_bars.py "$D/a.png" "$D/b.json" >"$D/out" 2>"$D/err"
result $? '... and not as other figures do'

want 0 'ward: not measured here: there is no' 'for people, too'
grep -q '^plain  *[0-9.]*' "$D/out" && grep -q '^Weights: the same in every' "$D/out"
result $? '... a row for each kind'
want 0 '' 'one kind alone' --memory plain -o json
member "list(m) == ['plain']" '... and no other'
want 6 'not measured here: there is no' 'nothing that can be measured' --memory ward
want 0 '"epochs": 3,' 'epochs in place of the plan' --memory plain --epochs 3 -o json

# Who may lock no memory is told so; root is no exception without its capabilities.
(
	ulimit -l 0
	setpriv --bounding-set=-all --inh-caps=-all "$BIN/wardctl" bench train --plan "$D/plan.json" \
		--data "$D/t.csv" --rounds 1 --memory plain,mlocked >"$D/out" 2>"$D/err"
)
if [ "$(id -u)" = 0 ] && ! setpriv --bounding-set=-all --inh-caps=-all true 2>/dev/null; then
	skip 'memory that may not be locked' 'setpriv cannot drop capabilities here'
else
	grep -q '^plain ' "$D/out" && grep -q 'mlocked: not measured here: .*RLIMIT_MEMLOCK' "$D/out"
	result $? 'memory that may not be locked'
fi

want 1 'some of plain, mlocked' 'a kind of memory that there is not' --memory tape
want 1 '1 to 99' 'no rounds' --rounds 0
want 1 '1 to 99' 'more than can be kept' --rounds 100
want 1 'not an option' 'an option that there is not' --fast
want 1 'no argument is expected' 'an argument' more
want 6 '--worker FILE' 'a worker that is not there' --worker "$D/none"
want 6 'another version' 'a worker that says nothing' --worker /bin/true
want 1 'number from 1' "the worker's complaints are passed on" --epochs 0
want 1 'No such file' 'a table that is not there' --data other="$D/none.csv"
want 6 "can't write" 'a picture in no directory' --memory plain --png "$D/none/a.png"
mkdir "$D/dir"
want 1 "can't write" 'a directory in place of a picture' --memory plain --png "$D/dir"
want 1 "can't write" '... which is said before anything is measured' --worker "$D/none" --png "$D/dir"
want 6 '--worker FILE' 'no figures, no picture' --worker "$D/none" --png "$D/no.png"
[ ! -e "$D/no.png" ]
result $? '... not even an empty one'
printf 'a,b,y\n1,2,0\n1,x,1\n' >"$D/bad.csv"
want 7 'line 3' 'a table that is damaged, with its line' --data other="$D/bad.csv"
"$BIN/wardctl" bench train --plan "$D/plan.json" >"$D/out" 2>"$D/err"
[ $? -eq 1 ] && grep -q -- '--plan and --data must stand' "$D/err"
result $? 'no table'
echo '{' >"$D/plan.json"
want 7 'plan' 'a plan that is damaged'

finish
