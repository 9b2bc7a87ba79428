#!/bin/bash
# SPDX-License-Identifier: MIT
# ward-train without a device: what the command line, a plan or a data set can
# have wrong, told by exit code and words, with nothing written. TAP on stdout.
# BIN names the directory of the programs (default build/bin).
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

# want CODE WORDS TEXT ARGUMENT...: of ward-train
want() {
	local code=$1 words=$2 text=$3 got
	shift 3
	"$BIN/ward-train" "$@" >"$D/stdout" 2>"$D/err" </dev/null
	got=$?
	if [ $got -ne "$code" ]; then
		echo "exit code $got, not $code" >>"$D/err"
		result 1 "$text"
	elif ! grep -qF -- "$words" "$D/err" "$D/stdout"; then
		echo "'$words' is missing" >>"$D/err"
		result 1 "$text"
	else
		result 0 "$text"
	fi
}

plan() { # plan JSON: into $D/plan.json
	printf '%s\n' "$1" >"$D/plan.json"
}

run() { # run CODE WORDS TEXT [OPTION...]: with all that must stand
	local code=$1 words=$2 text=$3
	shift 3
	want "$code" "$words" "$text" train --broker https://127.0.0.1:1 --ca "$D/ca.pem" \
		--plan "$D/plan.json" --out "$D/out" --device "$D/no-device" "$@"
}

good='{"ward-plan":1,"name":"n","features":[{"column":"a"}],"label":{"column":"y","above":0},
"split":{"rule":"every","every":5},"runs":[{"name":"m","method":"newton"}]}'

printf 'a,y\n1,0\n2,1\n3,0\n' >"$D/t.csv"
"$BIN/wardctl" -q dataset encrypt --new-key "$D/key" --table --label y "$D/t.csv" "$D/t.wds" \
	2>"$D/err"
result $? "a data set to work with"
"$BIN/wardctl" -q dataset encrypt --key "$D/key" "$D/t.csv" "$D/bytes.wds" 2>"$D/err"
result $? "and one that is no table"
: >"$D/ca.pem"

want 1 'a verb is missing' 'no verb'
want 1 "there is no verb 'guess'" 'an unknown verb' guess
want 0 'usage: ward-train' '--help' --help
want 0 '--early-receipt' 'train --help' train --help
want 0 'ward-train ' '--version' --version
want 1 'must stand' 'nothing but the verb' train
want 1 'text and json' 'an unknown format' train -o xml
want 1 'NAME=FILE' 'a data set without a name' train --data x.wds
want 1 'NAME=FILE' 'a data set with a path for a name' train --data ../x=x.wds
want 1 'stands twice' 'a data set twice' train --data x=a --data x=b
want 1 'K, M or G' 'a budget that is no size' train --budget 12Q
want 1 'K, M or G' 'a budget below zero' train --budget -1
want 1 'K, M or G' 'a budget above all numbers' train --budget 99999999999G
want 1 'is expected here' 'an argument too many' train x
want 1 'from 1 to 86400' 'no time after which a peer attests again' aggregate --reattest 0
want 1 'from 1 to 86400' 'one of another unit' train --reattest turns=1
want 1 'reattest rounds 0: must be a number from 1' 'no round either' aggregate --reattest rounds=0
want 1 'reattest rounds : must be' 'nor an empty one' train --reattest rounds=
want 1 'must stand' 'but every second' aggregate --reattest rounds=2 --reattest 60

want 1 'plain, mlocked, secret and ward' 'a kind of memory that there is not' bench --memory tape
want 1 '--memory, --plan and --data must stand' 'nothing to measure' bench --memory plain
want 1 'one character, or tab' 'a delimiter of two' bench --delimiter ,,

plan "$good"
want 0 'bench: plain: ' 'a training, measured' bench --memory plain --plan "$D/plan.json" \
	--data "$D/t.csv" --epochs 1
want 0 'ward: not measured here: there is no' 'no device is no failure of it' bench --memory ward \
	--plan "$D/plan.json" --data "$D/t.csv" --device "$D/no-device"
run 1 'at least 65536' 'a budget too small to work in' --data a="$D/t.wds" --budget 1K
run 1 'go with --join' 'rounds without a federation' --data a="$D/t.wds" --reattest rounds=1
run 1 "--peer-policy $D/none: No such file" "a policy for the aggregator that is not there" \
	--data a="$D/t.wds" --join 127.0.0.1:1 --peer-policy "$D/none"
printf '{' >"$D/policy.json"
run 1 "--peer-policy $D/policy.json: " 'one cut short' \
	--data a="$D/t.wds" --join 127.0.0.1:1 --peer-policy "$D/policy.json"
want 1 "--policy $D/none: No such file" "an aggregator's that is not there" aggregate --plan "$D/plan.json" \
	--sites 2 --listen 127.0.0.1:0 --policy "$D/none" --out "$D/out" --device "$D/no-device"
run 1 'above --budget' 'a threshold above the budget' --data a="$D/t.wds" --threshold 1G
run 1 'No such file' 'a data set that is not there' --data a="$D/none.wds"
run 7 'not a table' 'a data set that is no table' --data a="$D/bytes.wds"
head -c 100 "$D/t.wds" >"$D/short.wds"
run 7 'short.wds' 'a data set cut short' --data a="$D/short.wds"
run 6 'ward-train: ' 'no device' --data a="$D/t.wds"
run 6 '{"step":"failed","text":' 'the same for programs' --data a="$D/t.wds" -o json
if grep -q '"exit_code":6' "$D/stdout"; then result 0 'with its exit code'; else result 1 'with its exit code'; fi
plan '{"ward-plan":1'
run 7 'line ' 'a plan cut short' --data a="$D/t.wds"
plan "${good/newton/magic}"
run 7 'runs.method' 'a plan with an unknown method' --data a="$D/t.wds"
rm "$D/plan.json"
run 1 'No such file' 'no plan' --data a="$D/t.wds"
if [ -z "$(ls -A "$D/out")" ]; then result 0 'nothing was written'; else result 1 'nothing was written'; fi

plan "$good"
run 1 'name who can open it' 'a checkpoint that nobody could open' --data n="$D/t.wds" --checkpoint "$D/c"
run 1 'nothing is sealed' 'a recipient and nothing to open' --data n="$D/t.wds" --seal-to tpm
run 1 '0 to 23' 'a PCR that is none' --data n="$D/t.wds" --checkpoint "$D/c" --seal-to tpm:0,24
run 1 '0 to 23' 'PCRs with a comma too many' --data n="$D/t.wds" --checkpoint "$D/c" --seal-to tpm:0,
run 1 'words of' 'a word that binds nothing' --data n="$D/t.wds" --checkpoint "$D/c" --seal-to snp:shoe
run 1 'are possible' 'a recipient of no known kind' --data n="$D/t.wds" --checkpoint "$D/c" --seal-to disk
run 1 '1 and 2' 'three threads' --data n="$D/t.wds" --threads 3
run 1 'or a time' 'an interval of nothing' --data n="$D/t.wds" --every 0
run 1 'or a time' 'an interval in days' --data n="$D/t.wds" --every 1d
run 6 'no-device' 'all of it as it should be' --data n="$D/t.wds" --checkpoint "$D/c" \
	--seal-to tpm:none --seal-to snp:measurement,uid --seal-to broker:a/b/c --every 5m
mkfifo "$D/fifo"
run 1 'not a regular file' 'an early receipt in place of a pipe' --data "n=$D/t.wds" \
	--early-receipt "$D/fifo"
[ -p "$D/fifo" ]
result $? 'the pipe is still there'
run 1 'not a regular file' 'a pipe in place of a data set' --data "n=$D/fifo"
run 1 'not a regular file' 'a directory in place of a data set' --data "n=$D"
rm "$D/plan.json"
mkfifo "$D/plan.json"
run 1 'not a regular file' 'a pipe in place of a plan' --data "n=$D/t.wds"
rm "$D/plan.json"
plan "$good"

finish
