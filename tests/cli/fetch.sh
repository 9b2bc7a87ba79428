#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl fetch against services that misbehave in each way (tests/cli/kds.py), the
# cache between processes, folders in place of a network. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
. tests/harness/results.sh
unset WARD_COLLATERAL_CACHE XDG_CACHE_HOME
export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$D"' EXIT

if ! command -v python3 >/dev/null || ! command -v openssl >/dev/null; then
	skip 'fetch' 'no python3 or no openssl'
	finish
fi
make -s build/tests/mkcollateral >"$D/err" 2>&1 && mkdir "$D/s" &&
	build/tests/mkcollateral "$D/s" 2>"$D/err"
result $? 'collateral of a simulated chip and platform'
[ $failed -eq 0 ] || finish

tls() { # tls NAME: a CA of one's own and a server's certificate for 127.0.0.1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj "/CN=test $1 CA" -keyout "$D/$1-ca.key" -out "$D/$1-ca.pem" &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 \
			-keyout "$D/$1.key" -out "$D/$1.csr" &&
		openssl x509 -req -in "$D/$1.csr" -CA "$D/$1-ca.pem" -CAkey "$D/$1-ca.key" -days 2 \
			-CAcreateserial -extfile <(echo subjectAltName=IP:127.0.0.1) -out "$D/$1.pem"
}
late() { # the same, expired
	mkdir "$D/ca" && : >"$D/ca/index" && echo 01 >"$D/ca/serial" &&
		printf '[ca]\ndatabase = %s\nserial = %s\npolicy = p\n[p]\ncommonName = supplied\n' \
			"$D/ca/index" "$D/ca/serial" >"$D/ca.conf" &&
		openssl ca -batch -config "$D/ca.conf" -name ca -md sha256 -notext -in "$D/tls.csr" \
			-cert "$D/tls-ca.pem" -keyfile "$D/tls-ca.key" -outdir "$D/ca" \
			-startdate 200101000000Z -enddate 210101000000Z \
			-extfile <(echo subjectAltName=IP:127.0.0.1) -out "$D/s/late.pem" &&
		cp "$D/tls.key" "$D/s/late.key"
}
{ tls tls && tls foreign && late && cp "$D/tls.pem" "$D/tls.key" "$D/s/"; } >"$D/out" 2>"$D/err"
result $? 'certificates of the server'
python3 tests/cli/kds.py "$D/s" >"$D/server.log" 2>&1 &
server=$!
for _ in {1..600}; do
	[ ! -e "$D/s/port-tls" ] || break
	sleep 0.1
done
read -r TLS <"$D/s/port-tls" && read -r OLD <"$D/s/port-old" && read -r HTTP <"$D/s/port-http" &&
	read -r LATE <"$D/s/port-late"
result $? 'the server listens'
[ $failed -eq 0 ] || finish

: >"$D/empty.conf"
chmod 0644 "$D/empty.conf"
n=0
# fresh: an empty cache $C and an empty folder $O
fresh() {
	n=$((n + 1))
	C=$D/cache$n
	O=$D/out$n
	mkdir "$O"
	: >"$D/s/requests"
}

fetch() { # fetch VERB ARGUMENT...: with the tests' roots, cache and authority
	local verb=$1
	shift
	"$W" fetch "$verb" --config "$D/empty.conf" --cache "$C" --tls-ca "$D/tls-ca.pem" --root "$D/s/ark.pem" \
		--root "$D/s/intel-root.pem" "$@" >"$D/out" 2>"$D/err" </dev/null
}

from() { # from MODE: where AMD's collateral is asked for
	echo "--source=kds=https://127.0.0.1:$TLS/$1"
}

intel() { # intel NAME MODE
	echo "--source=$1=https://127.0.0.1:$TLS/$2"
}

asked() { # asked COUNT [PATTERN]: so many requests were sent
	[ "$(grep -c -- "${2:-.}" "$D/s/requests")" -eq "$1" ]
}

# want TEXT CODE WORDS COMMAND...: its exit code, and WORDS on stderr or stdout
want() {
	local text=$1 code=$2 words=$3 got bad=1
	shift 3
	"$@"
	got=$?
	[ $got -ne "$code" ] || ! grep -q -- "$words" "$D/out" "$D/err" || bad=0
	[ $bad -eq 0 ] || echo "(exit code $got, wanted $code and '$words')" >>"$D/err"
	result $bad "$text"
}

nothing_left() { # nothing in the folder, and nothing of this kind in the cache
	[ -z "$(ls -A "$O")" ] && ! find "$C" -type f ! -path '*/locks/*' -name "${1:-*}" 2>/dev/null | grep -q .
}

as_it_should() {
	fresh
	want 'ca, by model' 0 'kds' fetch ca pem "$O" milan "$(from ok)"
	cmp -s "$O/ark.pem" "$D/s/ark.pem" && cmp -s "$O/ask.pem" "$D/s/ask.pem"
	result $? 'ca: ark.pem and ask.pem are what was served'
	want 'vcek, by report' 0 'kds' fetch vcek pem "$O" "$D/s/report.bin" "$(from ok)"
	cmp -s "$O/vcek.pem" "$D/s/vcek.pem" && asked 2
	result $? 'vcek: what was served; the issuers came out of the cache'
	"$W" verify certs "$O" --root "$D/s/ark.pem" >"$D/out" 2>"$D/err"
	result $? 'verify certs takes the folder'
	echo '{"ward-policy":1,"accept_unmeasured":true,"vmpl_max":3,"allow_tee":["simulated-snp"]}' >"$D/policy"
	"$W" verify evidence "$D/s/report.bin" --policy "$D/policy" --root "$D/s/ark.pem" \
		--collateral "$O" >"$D/out" 2>"$D/err"
	result $? 'verify evidence --collateral takes the folder'
	"$W" verify evidence "$D/s/report.bin" --policy "$D/policy" --root "$D/s/ark.pem" \
		--collateral "$C" >"$D/out" 2>"$D/err"
	result $? 'verify evidence --collateral takes the cache itself'
	"$W" verify evidence "$D/s/report-v2.bin" --policy "$D/policy" --root "$D/s/ark.pem" \
		--collateral "$C" >"$D/out" 2>"$D/err"
	result $? '... for a report of version 2, too'
	"$W" verify evidence "$D/s/turin-report.bin" --policy "$D/policy" --root "$D/s/ark.pem" \
		--collateral "$C" >"$D/out" 2>"$D/err"
	[ $? -eq 3 ]
	result $? '... and lacks what it has not'
	want 'crl' 0 'next update' fetch crl der "$O" milan "$(from ok)"
	cmp -s "$O/crl.der" "$D/s/crl.der"
	result $? 'crl: what was served'
	want 'all of it again: from the cache' 0 'cache' fetch vcek der "$O" "$D/s/report.bin" "$(from 500)"
	cmp -s "$O/vcek.der" "$D/s/vcek.der"
	result $? 'vcek: as DER, too'
	want '--refresh asks again' 0 'kds' fetch crl der "$O" milan --refresh "$(from ok)"
	fresh
	want 'ca -r REPORT' 0 'kds' fetch ca der "$O" -r "$D/s/report.bin" "$(from ok)"
	want 'a bundle in place of a report' 0 'kds' fetch vcek der "$O" "$D/s/release.ward" "$(from ok)"
	want 'version 2 of reports: the model is named' 0 'cache' fetch vcek der "$O" "$D/s/report-v2.bin" \
		-p milan "$(from 500)"
	want 'version 2 of reports: or asked for' 1 'name the model' fetch vcek der "$O" "$D/s/report-v2.bin"
	fresh
	want 'ca -e vlek' 0 'asvk.pem' fetch ca pem "$O" milan -e vlek "$(from ok)"
	asked 1 '^ok /vlek/v1/Milan/cert_chain$'
	result $? 'ca -e vlek: asked there'
	want 'a VLEK is the operator'"'"'s' 3 'certificate table' fetch vcek pem "$O" "$D/s/report-vlek.bin"
	want 'a masked chip has no VCEK' 3 'masks it' fetch vcek pem "$O" "$D/s/report-masked.bin"
	fresh
	want 'turin: 8 bytes of HWID and fmcSPL' 0 'kds' fetch vcek der "$O" "$D/s/turin-report.bin" \
		"$(from vcek=turin-vcek.der)"
	ls "$C"/vcek/*/ >"$D/out" 2>"$D/err"
	grep -qx 'bl00_tee00_snp00_ucode115_fmc03_vcek.der' "$D/out"
	result $? "the cache has Trustee's names"
}

misbehaving() {
	fresh
	want '429 twice: asked again' 0 'kds' fetch ca pem "$O" milan "$(from 429x2)"
	asked 3
	result $? '... three times in all'
	fresh
	local before=$SECONDS
	want '503 with Retry-After: asked again' 0 'kds' fetch ca pem "$O" milan "$(from 503x1ra3)"
	[ $((SECONDS - before)) -ge 3 ]
	result $? '... and not before that'
	fresh
	python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$W" fetch ca pem "$O" milan \
		--config "$D/empty.conf" --cache "$C" --tls-ca "$D/tls-ca.pem" --root "$D/s/ark.pem" \
		"$(from 503x1ra1)" >"$D/out" 2>"$D/err" </dev/null && grep -q 'waiting for kds \[##' "$D/out"
	result $? '... a terminal sees the waiting'
	fresh
	before=$SECONDS
	want '429 with a long Retry-After: not waited for' 8 'asks for 3000 s' fetch ca pem "$O" milan \
		"$(from 429ra3000)"
	[ $((SECONDS - before)) -lt 30 ] && asked 1 && nothing_left
	result $? '... and nothing is written'
	fresh
	before=$SECONDS
	want '429 for ever: --timeout ends it' 8 'HTTP status 429' fetch ca pem "$O" milan "$(from 429)" \
		--timeout 8
	[ $((SECONDS - before)) -le 60 ] && nothing_left
	result $? '... in time'
	fresh
	want '500: three tries' 8 'HTTP status 500' fetch ca pem "$O" milan "$(from 500)"
	asked 3
	result $? '... and no more'
	fresh
	want '404: once' 3 'HTTP status 404' fetch ca pem "$O" milan "$(from 404)"
	asked 1 && nothing_left
	result $? '... and no more'
	fresh
	want 'a body that never ends' 8 'imed out\|too slow' fetch ca pem "$O" milan "$(from loris)" --timeout 3
	fresh
	want 'no answer at all' 8 'imed out' fetch ca pem "$O" milan "$(from never)" --timeout 2
	fresh
	want 'a reset' 8 'https://127' fetch ca pem "$O" milan "$(from reset)"
	asked 3
	result $? '... is tried three times'
	fresh
	want 'a truncated body' 8 'https://127' fetch ca pem "$O" milan "$(from truncated)"
	nothing_left
	result $? '... leaves nothing'
	fresh
	want 'a body without end' 3 'longer than 16384' fetch ca pem "$O" milan "$(from oversized)"
	asked 1 && nothing_left
	result $? '... once, and nothing is left'
	fresh
	want 'headers without end' 3 'longer than' fetch ca pem "$O" milan "$(from headers)"
	fresh
	want 'a redirection to itself' 3 'not followed' fetch ca pem "$O" milan "$(from loop)"
	asked 1
	result $? '... is not followed'
	fresh
	want 'a redirection to plain http' 3 'not followed' fetch ca pem "$O" milan "$(from tohttp)"
	asked 1
	result $? '... is not followed'
	fresh
	want 'another page' 3 'no self-signed' fetch ca pem "$O" milan "$(from html)"
	nothing_left
	result $? '... is not kept'
}

unbelievable() {
	fresh
	want 'a chain of another root' 3 'neither pinned nor named' fetch ca pem "$O" milan \
		"$(from ca=chain-foreign.pem)"
	want 'the issuers are good' 0 'kds' fetch ca pem "$D" milan "$(from ok)"
	want "another chip's VCEK" 3 'another chip' fetch vcek pem "$O" "$D/s/report.bin" \
		"$(from vcek=vcek-chip.der)"
	want "another TCB's" 3 'another' fetch vcek pem "$O" "$D/s/report.bin" "$(from vcek=vcek-tcb.der)"
	want 'an expired one' 3 'certificate-expired' fetch vcek pem "$O" "$D/s/report.bin" \
		"$(from vcek=vcek-expired.der)"
	want "another CA's" 3 'chain-invalid' fetch vcek pem "$O" "$D/s/report.bin" \
		"$(from vcek=vcek-foreign.der)"
	want 'no certificate' 3 'not one certificate' fetch vcek pem "$O" "$D/s/report.bin" "$(from html)"
	want 'a list by another key' 3 'not signed by' fetch crl pem "$O" milan "$(from crl=crl-other.der)"
	want 'a list of yesterday' 3 'ended at' fetch crl pem "$O" milan "$(from crl=crl-old.der)"
	nothing_left '*vcek.der' && nothing_left '*crl.der'
	result $? 'none of them is kept or written'
	want 'the next source is asked' 0 'kds' fetch vcek pem "$O" "$D/s/report.bin" \
		"$(from vcek=vcek-chip.der)" "$(from 404)" "$(from ok)"
}

links() {
	fresh
	want 'TLS by a foreign CA' 8 'certificate' fetch ca pem "$O" milan "$(from ok)" \
		--tls-ca "$D/foreign-ca.pem"
	want 'TLS by an expired certificate' 8 'expired' fetch ca pem "$O" milan \
		"--source=kds=https://127.0.0.1:$LATE/ok"
	want 'TLS 1.1' 8 'https://127' fetch ca pem "$O" milan "--source=kds=https://127.0.0.1:$OLD/ok"
	want 'plain http is refused' 1 'not an https address' fetch ca pem "$O" milan \
		"--source=kds=http://127.0.0.1:$HTTP/ok"
	want 'a password in an address is refused' 1 'not an https address' fetch ca pem "$O" milan \
		--source=kds=https://me:secret@127.0.0.1/
	want "Intel's source for AMD" 1 'takes kds or thim' fetch ca pem "$O" milan --source pcs
	want 'nobody listens' 8 'https://127' fetch ca pem "$O" milan --source=kds=https://127.0.0.1:9 \
		--timeout 4
	asked 0
	result $? 'none of these sent a request'
	want 'a proxy that was named' 8 'https://127' fetch ca pem "$O" milan "$(from ok)" --timeout 2 \
		--proxy http://127.0.0.1:9
	want "a proxy's password is refused" 1 'without a password' fetch ca pem "$O" milan \
		--proxy http://me:secret@127.0.0.1:9
	want 'thim, in plain http on this machine' 0 'thim' fetch vcek pem "$O" "$D/s/report.bin" \
		"--source=thim=http://127.0.0.1:$HTTP/ok"
	cmp -s "$O/vcek.pem" "$D/s/vcek.pem"
	result $? '... gives this VCEK'
	want 'thim has no lists' 3 'has no such thing' fetch crl pem "$O" milan \
		"--source=thim=http://127.0.0.1:$HTTP/ok"
	want 'thim elsewhere is refused' 1 'not an https address' fetch ca pem "$O" milan \
		--source=thim=http://192.0.2.1
}

together() {
	local i pids=() bad=0
	fresh
	for i in {1..8}; do
		mkdir "$O/$i"
		"$W" -q fetch ca pem "$O/$i" milan --cache "$C" --tls-ca "$D/tls-ca.pem" \
			--root "$D/s/ark.pem" "$(from slow)" 2>"$O/$i/err" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || bad=1
	done
	cat "$O"/*/err >"$D/err"
	[ $bad -eq 0 ] && asked 1
	result $? '8 processes at once: one request'
	pids=()
	for i in {1..4}; do
		"$W" -q fetch ca pem "$O/$i" milan --cache "$C" --tls-ca "$D/tls-ca.pem" --refresh \
			--root "$D/s/ark.pem" "$(from slow)" 2>"$O/$i/err" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || bad=1
	done
	[ $bad -eq 0 ] && asked 2
	result $? '4 with --refresh: one more'

	fresh
	"$W" -q fetch ca pem "$O" milan --cache "$C" --tls-ca "$D/tls-ca.pem" --root "$D/s/ark.pem" \
		"$(from never)" 2>/dev/null &
	local holder=$!
	disown $holder
	for i in {1..600}; do
		asked 1 && break
		sleep 0.1
	done
	{ sleep 1 && kill -9 $holder; } &
	want 'who holds the lock is killed: the next one asks' 0 'kds' fetch ca pem "$O" milan "$(from ok)" \
		--timeout 60
	asked 1 '^ok '
	result $? '... itself'
	fresh
	"$W" -q fetch ca pem "$O" milan --cache "$C" --tls-ca "$D/tls-ca.pem" --root "$D/s/ark.pem" \
		"$(from never)" --timeout 50 2>/dev/null &
	holder=$!
	disown $holder
	for i in {1..600}; do
		asked 1 && break
		sleep 0.1
	done
	want 'who holds it is slow: --timeout ends the waiting' 8 'another process' fetch ca pem "$O" milan \
		"$(from ok)" --timeout 2
	kill -9 $holder
}

damaged() {
	local file
	fresh
	fetch ca pem "$O" milan "$(from ok)" && fetch crl der "$O" milan "$(from ok)"
	result $? 'a cache'
	for file in amd/milan/vcek-ca.pem amd/milan/vcek-crl.der; do
		other_byte "$C/$file" 300
		want "$file, one byte changed: asked for again" 0 'requests: 1$' fetch crl der "$O" milan "$(from ok)"
		cmp -s "$O/crl.der" "$D/s/crl.der"
		result $? '... and right'
		truncate -s 100 "$C/$file"
		want "$file, cut short: asked for again" 0 'requests: 1$' fetch crl der "$O" milan "$(from ok)"
		: >"$C/$file"
		want "$file, empty: asked for again" 0 'requests: 1$' fetch crl der "$O" milan "$(from ok)"
	done
	: >"$D/s/requests"
	cp "$D/s/crl-old.der" "$C/amd/milan/vcek-crl.der"
	want 'a list past its next update: not used offline' 3 'ended at' fetch crl der "$O" milan --offline
	want '... and asked for again' 0 'kds' fetch crl der "$O" milan "$(from ok)"
	rm -r "$C/amd/milan/vcek-crl.der"
	mkdir "$C/amd/milan/vcek-crl.der"
	want 'a cache that cannot be written: said, and no harm' 0 'is not kept' fetch crl der "$O" milan \
		"$(from ok)"
	find "$C" -name '*.??????' ! -path '*/locks/*' | grep -q . && bad=1 || bad=0
	result "$bad" 'no part of a file is left behind'
}

offline() {
	fresh
	want 'nothing at hand' 3 'amd/milan/vcek-ca.pem' fetch vcek pem "$O" "$D/s/report.bin" --offline
	asked 0 && nothing_left
	result $? '... and nobody asked'
	want '--offline --refresh' 1 'exclude' fetch ca pem "$O" milan --offline --refresh
	mkdir "$D/plain" && cp "$D/s/ark.pem" "$D/s/ask.pem" "$D/s/vcek.pem" "$D/s/crl.der" "$D/plain/"
	"$W" fetch ca pem "$O" milan --config "$D/empty.conf" --cache "$C" --offline --import "$D/plain" \
		>"$D/out" 2>"$D/err"
	[ $? -eq 3 ] && grep -q 'nor named (--root)' "$D/err" && nothing_left
	result $? 'under a root that was not named: said so'
	want 'a plain folder' 0 'import' fetch vcek der "$O" "$D/s/report.bin" --offline --import "$D/plain"
	cmp -s "$O/vcek.der" "$D/s/vcek.der"
	result $? '... has the VCEK'
	want '... and the list' 0 'import' fetch crl pem "$O" milan --offline --import "$D/plain"
	want 'what was imported is in the cache' 0 'cache' fetch vcek der "$O" "$D/s/report.bin" --offline

	local chip tcb store=$D/kds-store
	chip=$(xxd -p -s 416 -l 64 -c 64 "$D/s/report.bin" 2>/dev/null ||
		od -An -v -tx1 -j 416 -N 64 "$D/s/report.bin" | tr -d ' \n')
	tcb=bl03_tee00_snp08_ucode115
	mkdir -p "$store/vcek/$chip" "$store/vcek/00ff" && cp "$D/s/vcek-tcb.der" "$store/vcek/$chip/vcek.der"
	cp "$D/s/vcek.der" "$store/vcek/$chip/${tcb}_vcek.der"
	cp "$D/s/vcek-chip.der" "$store/vcek/00ff/vcek.der"
	fresh
	want "Trustee's store alone has no issuers" 3 'ARK' fetch vcek der "$O" "$D/s/report.bin" --offline \
		--import "$store"
	want "Trustee's store, named by TCB" 0 'import' fetch vcek der "$O" "$D/s/report.bin" --offline \
		--import "$store" --import "$D/plain"
	cmp -s "$O/vcek.der" "$D/s/vcek.der"
	result $? '... the one of this TCB'
	rm "$store/vcek/$chip/${tcb}_vcek.der"
	cp "$D/s/vcek.der" "$store/vcek/$chip/vcek.der"
	rm "$D/plain/vcek.pem"
	fresh
	want "Trustee's older layout" 0 'import' fetch vcek der "$O" "$D/s/report.bin" --offline \
		--import "$store" --import "$D/plain"
	[ -e "$C/vcek/$chip/${tcb}_vcek.der" ]
	result $? 'the cache itself is such a store'
	local stick=$C
	fresh
	want 'a cache on a stick' 0 'import' fetch vcek der "$O" "$D/s/report.bin" --offline --import "$stick"
	want 'a folder that is not there' 3 'not there' fetch ca der "$O" genoa --offline --import "$D/none"
	ln -s . "$D/plain/self"
	want 'a folder that holds itself' 3 'not there' fetch ca der "$O" milan -e vlek --offline \
		--import "$D/plain"
	HOME=$D/home WARD_COLLATERAL_CACHE=$stick "$W" fetch vcek der "$O" "$D/s/report.bin" --offline \
		--root "$D/s/ark.pem" >"$D/out" 2>"$D/err" && grep -q "$stick" "$D/out"
	result $? 'WARD_COLLATERAL_CACHE names the cache'
}

tdx() {
	fresh
	want 'tdx, by quote' 0 'tcbinfo.json' fetch tdx "$O" "$D/s/quote.bin" "$(intel pcs ok)"
	cmp -s "$O/tcbinfo.json" "$D/s/tcbinfo.json" && cmp -s "$O/qeidentity.json" "$D/s/qeidentity.json" &&
		cmp -s "$O/pck.crl" "$D/s/pck.crl" && cmp -s "$O/root.crl" "$D/s/root.crl" &&
		cmp -s "$O/tcbinfo-chain.pem" "$D/s/signers.pem" &&
		cmp -s "$O/pck-chain.pem" "$D/s/pck-chain.pem" && asked 4
	result $? '... byte by byte what was served, by four requests'
	want '... again, without a network' 0 'cache' fetch tdx "$O" "$D/s/quote.bin" --offline
	local stick=$C
	fresh
	want 'by FMSPC and CA, from a PCCS (lists as digits)' 0 'pccs' fetch tdx "$O" --fmspc 90C06F000000 \
		--ca platform "$(intel pccs ok)"
	cmp -s "$O/root.crl" "$D/s/root.crl"
	result $? '... the same list'
	fresh
	want 'from a folder' 0 'import' fetch tdx "$O" "$D/s/quote.bin" --offline --import "$stick"
	fresh
	want "another platform's TCB info" 3 'another FMSPC' fetch tdx "$O" "$D/s/quote.bin" \
		"$(intel pcs tcb=tcbinfo-other.json)"
	want 'an old TCB info' 3 'ended at' fetch tdx "$O" "$D/s/quote.bin" \
		"$(intel pcs tcb=tcbinfo-old.json)"
	want 'a QE identity in its place' 3 "member 'tcbInfo'" fetch tdx "$O" "$D/s/quote.bin" \
		"$(intel pcs tcb=qeidentity.json)"
	sed 's/UpToDate/UpToDatf/' "$D/s/tcbinfo.json" >"$D/s/tcbinfo-edited.json"
	want 'one byte changed' 3 'none of its issuers signed' fetch tdx "$O" "$D/s/quote.bin" \
		"$(intel pcs tcb=tcbinfo-edited.json)"
	want 'signers of another root' 3 'none of its issuers signed' fetch tdx "$O" "$D/s/quote.bin" \
		"$(intel pcs signers=signers-foreign.pem)"
	want "another list for the root's" 3 'not signed by' fetch tdx "$O" "$D/s/quote.bin" \
		"$(intel pcs root=pck.crl)"
	nothing_left 'tcbinfo-other.json'
	result $? 'no half of it is in the folder'
	"$W" fetch tdx "$O" "$D/s/quote.bin" --cache "$D/none" --tls-ca "$D/tls-ca.pem" \
		"$(intel pcs ok)" >"$D/out" 2>"$D/err"
	[ $? -eq 3 ] && grep -q 'neither pinned nor named' "$D/err"
	result $? 'a root that nobody named is not trusted'
	want 'a file that is no quote' 7 'no PCK certificate' fetch tdx "$O" "$D/s/report.bin"
	want 'half of what says the platform' 1 'both' fetch tdx "$O" --fmspc 90c06f000000
	want 'an FMSPC that is none' 1 '12 hexadecimal' fetch tdx "$O" --fmspc 90c06f --ca platform
}

told() {
	fresh
	"$W" -o json fetch ca pem "$O" milan --cache "$C" --tls-ca "$D/tls-ca.pem" --root "$D/s/ark.pem" \
		"$(from ok)" >"$D/json" 2>"$D/err"
	python3 tests/cli/json_members.py fetch "$D/json" >"$D/out" 2>>"$D/err"
	result $? 'json.md, fetch: ca'
	"$W" -o json fetch tdx "$O" "$D/s/quote.bin" --cache "$C" --tls-ca "$D/tls-ca.pem" \
		--root "$D/s/intel-root.pem" "$(intel pcs ok)" >"$D/json" 2>"$D/err"
	python3 tests/cli/json_members.py 'fetch tdx' "$D/json" >"$D/out" 2>>"$D/err"
	result $? 'json.md, fetch tdx'
	want 'a model that is none' 1 'milan, genoa' fetch ca pem "$O" rome
	want 'neither pem nor der' 1 'pem or der' fetch ca p7b "$O" milan
	want 'a time that is none' 1 'timeout takes' fetch ca pem "$O" milan --timeout 0
	want 'at another time: not valid yet' 3 'not valid yet' fetch ca pem "$O" milan --offline \
		--at 2020-01-01T00:00:00Z
}

configured() {
	fresh
	printf '[fetch]\nsource = pccs=https://127.0.0.1:%s/ok kds=https://127.0.0.1:%s/ok\ntls-ca = %s\n' \
		"$TLS" "$TLS" "$D/tls-ca.pem" >"$D/ward.conf"
	chmod 0644 "$D/ward.conf"
	"$W" fetch ca pem "$O" milan --cache "$C" --root "$D/s/ark.pem" --config "$D/ward.conf" \
		>"$D/out" 2>"$D/err"
	result $? 'ward.conf names the source and its authority'
	"$W" fetch tdx "$O" "$D/s/quote.bin" --cache "$C" --root "$D/s/intel-root.pem" \
		--config "$D/ward.conf" >"$D/out" 2>"$D/err" && grep -q pccs "$D/out"
	result $? "... another for Intel's"
	"$W" fetch ca pem "$O" milan --cache "$D/none" --root "$D/s/ark.pem" --config "$D/ward.conf" \
		"$(from 404)" >"$D/out" 2>"$D/err"
	[ $? -eq 3 ]
	result $? '... options go before it'
	printf '[fetch]\nimport = %s\n' "$D/s" >"$D/ward.conf"
	"$W" fetch ca pem "$O" milan --cache "$D/none" --root "$D/s/ark.pem" --config "$D/ward.conf" \
		--offline >"$D/out" 2>"$D/err" && grep -q import "$D/out"
	result $? '... and a folder'
	printf '[fetch]\nproxy = http://127.0.0.1:9\n' >"$D/ward.conf"
	want '... and a proxy' 8 'https://127' fetch crl pem "$O" milan --config "$D/ward.conf" --timeout 2 \
		"$(from ok)"
	for bad in 'source = kds=http://127.0.0.1' 'source = pccs' 'source = other=https://h' 'import = here' \
		'proxy = proxy:3128'; do
		printf '[fetch]\n%s\n' "$bad" >"$D/ward.conf"
		want "refused: $bad" 7 'ward.conf:2: .*allowed is' fetch ca pem "$O" milan --config "$D/ward.conf"
	done
}

# Real collateral out of a folder, under the roots that are built in.
real() {
	local v=${WARD_VECTORS:-${WARD_CACHE:-$HOME/.cache/ward}/vectors} chip i
	[ -d "$v" ] || v=../shared/vectors
	if [ ! -d "$v/snp" ] || [ ! -d "$v/tdx" ]; then
		skip 'real collateral' 'no folder of evidence (WARD_VECTORS)'
		return
	fi
	for chip in milan-v3 genoa-v3 genoa-v5 turin-v5; do
		fresh
		"$W" fetch vcek der "$O" "$v/snp/$chip-report.bin" --offline --import "$v/snp" \
			--cache "$C" --at 2026-06-01T00:00:00Z >"$D/out" 2>"$D/err" &&
			"$W" fetch ca der "$O" -r "$v/snp/$chip-report.bin" --offline --cache "$C" \
				--at 2026-06-01T00:00:00Z >>"$D/out" 2>>"$D/err" &&
			"$W" verify attestation "$O" "$v/snp/$chip-report.bin" \
				--at 2026-06-01T00:00:00Z >>"$D/out" 2>>"$D/err"
		result $? "$chip: the VCEK of this chip out of a folder of many; verify takes it"
	done
	fresh
	"$W" fetch vcek der "$O" "$v/azure/snp-genoa-hcl.bin" --offline --import "$v/azure" \
		--import "$v/snp" --cache "$C" --at 2026-06-01T00:00:00Z >"$D/out" 2>"$D/err" &&
		cmp -s "$O/vcek.der" "$v/azure/snp-genoa-vcek.der"
	result $? "Azure's HCL report: the VCEK of what it holds"
	fresh
	"$W" fetch tdx "$O" "$v/tdx/v4-b0c06f.bin" --offline --import "$v/tdx" --cache "$C" \
		--at 2025-07-01T00:00:00Z >"$D/out" 2>"$D/err" &&
		cmp -s "$O/tcbinfo.json" "$v/tdx/v4-b0c06f-tcbinfo.json" &&
		cmp -s "$O/pck.crl" "$v/tdx/v4-b0c06f-pck.crl"
	result $? 'v4-b0c06f: its TCB info and lists'
	for i in "$O" "$C"; do
		"$W" -o json verify evidence "$v/tdx/v4-b0c06f.bin" --collateral "$i" \
			--at 2025-07-01T00:00:00Z >"$D/out" 2>"$D/err"
		grep -q '"status": "UpToDate"' "$D/out" && grep -q '"unchecked": \[\]' "$D/out"
		result $? "... verify evidence judges by them, and lacks nothing (${i##*/})"
	done
	"$W" fetch tdx "$O" "$v/tdx/v5-90c06f.bin" --offline --import "$v/tdx" --cache "$C" \
		--at 2026-04-01T00:00:00Z >"$D/out" 2>"$D/err" &&
		cmp -s "$O/qeidentity.json" "$v/tdx/2026-03-qeidentity.json"
	result $? 'v5-90c06f, nine months later: those that hold then'
}

# What wardd makes in an Azure VM: the report is in what the paravisor gave, inside of it.
of_azure() {
	mkdir "$D/made" && build/tests/mkevidence "$D/made" >"$D/out" 2>"$D/err"
	fresh
	"$W" fetch vcek pem "$O" "$D/made/azure-snp.ward" --offline --import "$D/made/azure" --cache "$C" \
		--root "$D/made/ark.pem" >"$D/out" 2>"$D/err" &&
		"$W" fetch ca pem "$O" -r "$D/made/azure-snp.ward" --offline --import "$D/made/azure" \
			--cache "$C" --root "$D/made/ark.pem" >>"$D/out" 2>>"$D/err" &&
		cmp -s "$O/vcek.pem" "$D/made/azure/vcek.pem"
	result $? "an Azure VM's bundle: the VCEK of the report in it"
	"$W" -o json verify bundle "$D/made/azure-snp.ward" --collateral "$C" --root "$D/made/ark.pem" \
		>"$D/out" 2>"$D/err"
	grep -q '"kind": "vcek"' "$D/out" && ! grep -q collateral-missing "$D/out"
	result $? '... and verify takes it out of a cache of many'
}

as_it_should
misbehaving
unbelievable
links
together
damaged
offline
tdx
told
configured
of_azure
real
finish
