#!/bin/bash
# SPDX-License-Identifier: MIT
# ward-train serve over a stand-in for /dev/ward (tests/cli/fakeward.c): answers, refusals,
# evidence, its page and its end (tests/cli/serve.py, serve_page.py). TAP on stdout. In a guest, with its residue:
# tests/e2e/serve.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

# want CODE WORDS TEXT [OPTION...]: of a server that does not come to listen
want() {
	local code=$1 words=$2 text=$3 got=0
	shift 3
	"$BIN/ward-train" serve --plan "$D/table.json" --model "$D/table.safetensors" \
		--tls-cert "$D/cert.pem" --tls-key "$D/key.pem" --out "$D/out" \
		--device "$D/none" "$@" >"$D/stdout" 2>"$D/err" </dev/null || got=$?
	[ "$got" -eq "$code" ] && grep -qF -- "$words" "$D/err"
	result $? "$text"
}

python3 -c 'import sys; sys.path.insert(0, "tests/cli"); import serve_world as w; w.write(sys.argv[1])' \
	"$D" 2>"$D/err"
result $? 'plans, models and a certificate to work with'
want 1 'must stand' 'nowhere to listen'
want 1 'must stand' 'a channel, and a certificate, too' --listen 127.0.0.1:0 --channel
want 1 'must be ADDR:PORT' 'an address without a port' --listen 127.0.0.1
want 1 'must be ADDR:PORT' 'a port that is none' --listen 127.0.0.1:65536
want 1 'no such run' 'a run that the plan has not' --listen 127.0.0.1:0 --run sgd
want 1 'at most' 'a request of more than is taken' --listen 127.0.0.1:0 --body 1G
want 1 'a number from 1' 'no rows' --listen 127.0.0.1:0 --rows 0
want 6 'ward-train: ' 'no device' --listen 127.0.0.1:0

# of what is said of a model and a key, once there is a device
with() {
	LD_PRELOAD=$PWD/build/tests/fakeward.so FAKEWARD=claims FAKEWARD_MEMORY=1 want "$@" \
		--device /dev/ward
}

infer() { # infer CODE WORDS TEXT OPTION...
	local code=$1 words=$2 text=$3 got=0
	shift 3
	"$BIN/ward-train" infer "$@" >"$D/stdout" 2>"$D/err" </dev/null || got=$?
	[ "$got" -eq "$code" ] && grep -qF -- "$words" "$D/err" && [ ! -s "$D/stdout" ]
	result $? "infer: $text"
}
echo '{"ward-policy": 1, "accept_unmeasured": true}' >"$D/policy.json"
echo age >"$D/rows.csv"
infer 1 'must stand' 'no server' --policy "$D/policy.json" --rows "$D/rows.csv"
infer 1 'must be HOST:PORT' 'no port' --server here --policy "$D/policy.json" --rows "$D/rows.csv"
infer 1 'rows.csv' 'a policy that is none' --server 127.0.0.1:1 --policy "$D/rows.csv" --rows "$D/rows.csv"
infer 8 'Connection refused' 'nobody there' --server 127.0.0.1:1 --policy "$D/policy.json" --rows "$D/rows.csv"

if [ ! -e build/tests/fakeward.so ]; then
	skip 'answers' 'no build/tests/fakeward.so'
	finish
fi
with 7 'metadata format' 'the model of another plan' --listen 127.0.0.1:0 --model "$D/course.safetensors"
with 6 'raise --budget' 'no room for the connections' --listen 127.0.0.1:0 --budget 1M
with 8 'Name or service not known' 'a name in place of an address' --listen localhost:0
cp "$D/key.pem" "$D/open.pem"
chmod 644 "$D/open.pem"
with 1 'chmod 600' 'a key that others may read' --listen 127.0.0.1:0 --tls-key "$D/open.pem"
python3 tests/cli/serve.py "$BIN/ward-train" "$PWD/build/tests/fakeward.so" "$D" >"$D/stdout" 2>"$D/err" ||
	echo "1 the client came to its end" >>"$D/stdout"
results() {
	while read -r bad text; do
		result "$bad" "$text"
	done <"$D/stdout"
}
results

# Its page, in a browser; CHROMIUM names it where it is not in the path.
CHROMIUM=${CHROMIUM:-$(command -v chromium)}
if [ -z "$CHROMIUM" ]; then
	skip 'the page' 'no chromium'
	finish
fi
python3 tests/cli/serve_page.py "$BIN/ward-train" "$PWD/build/tests/fakeward.so" "$D" "$CHROMIUM" \
	>"$D/stdout" 2>"$D/err" || echo "1 the browser came to its end" >>"$D/stdout"
results
finish
