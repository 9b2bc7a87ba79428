#!/bin/bash
# SPDX-License-Identifier: MIT
# `make vectors` against a server of ours: each way in which a file is made of its source, what is
# there already, a source that is another, one that is missing, and no network. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
D=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$D"' EXIT
. tests/harness/results.sh

mkdir -p "$D/srv/owner/name/c0ffee"
python3 - "$D" >"$D/SOURCES" <<'PY'
import base64, hashlib, json, pathlib, sys
d = pathlib.Path(sys.argv[1]) / "srv/owner/name/c0ffee"
raw = bytes(range(256)) * 3
pem = b"-----BEGIN X-----\n" + base64.encodebytes(raw[:90]) + b"-----END X-----\n"
inner = json.dumps({"blob": base64.urlsafe_b64encode(raw[:200]).decode().rstrip("=")})
files = {"plain.bin": raw, "cert.pem": pem, "hex.txt": raw[:99].hex().encode() + b"\n",
         "big.pb": b"\x0a\x04junk" + raw[:64] + b"tail",
         "all.json": json.dumps({"a": {"sig": base64.b64encode(raw[:33]).decode(), "n": list(raw[:40]),
                                       "pcrs": [raw[:32].hex(), raw[32:64].hex()], "text": inner},
                                 "tcb_info": '{"x":1}', "tcb_info_signature": "ab"}).encode()}
for name, data in files.items():
    (d / name).write_bytes(data)
rows = [("as-is.bin", raw, "plain.bin", "as-is"), ("x/der.bin", raw[:90], "cert.pem", "der"),
        ("hex.bin", raw[:99], "hex.txt", "text"), ("carved.bin", raw[:64], "big.pb", "carved 64"),
        ("base64.bin", raw[:33], "all.json", "member"), ("array.bin", raw[:40], "all.json", "member"),
        ("inner.bin", raw[:200], "all.json", "member"), ("pcrs.bin", raw[:64], "all.json", "joined"),
        ("tcb.json", b'{"tcbInfo":{"x":1},"signature":"ab"}', "all.json", "pcs tcb_info")]
print("# of a server of ours")
for name, data, path, how in rows:
    print("\t".join((name, hashlib.sha256(data).hexdigest(), "MIT", "owner/name", "c0ffee", path, how)))
PY
python3 -u -m http.server --bind 127.0.0.1 --directory "$D/srv" 0 >"$D/port" 2>/dev/null &
server=$!
for _ in $(seq 1500); do
	port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$D/port")
	[ -n "$port" ] && break
	sleep 0.1
done
export WARD_RAW_HOST=http://127.0.0.1:$port WARD_SOURCES=$D/SOURCES
fetch() { tests/vectors/fetch "$D/out" >"$D/said" 2>"$D/err"; }

fetch && grep -q '^vectors: 9 made, 0 were there, 0 not' "$D/said" && [ -s "$D/out/x/der.bin" ]
result $? 'vectors: a file of each kind is made of its source'
fetch && grep -q '^vectors: 0 made, 9 were there, 0 not' "$D/said"
result $? 'vectors: what is there is not fetched again'

echo x >>"$D/out/as-is.bin"
rm -r "$D/out/hex.bin" "$D/out/.sources"
fetch && grep -q '^vectors: 2 made, 7 were there' "$D/said"
result $? 'vectors: what is damaged or missing is made again'

rm -r "$D/out"
echo other >"$D/srv/owner/name/c0ffee/plain.bin"
rm "$D/srv/owner/name/c0ffee/cert.pem"
! fetch && grep -q '^vectors: 7 made, 0 were there, 2 not' "$D/said" &&
	grep -q 'as-is.bin: .*not the one named' "$D/err" && grep -q 'x/der.bin: .*404' "$D/err" &&
	[ ! -e "$D/out/as-is.bin" ] && [ ! -e "$D/out/x/der.bin" ]
result $? 'vectors: another source, and none, are named and leave nothing behind'
! find "$D/out" -name '*.part' -o -name 'tmp*' | grep -q .
result $? 'vectors: nothing half written is left'

kill "$server"
wait "$server" 2>/dev/null
server=
rm -r "$D/out"
! fetch && grep -q '^vectors: no network' "$D/err" && [ "$(wc -l <"$D/err")" -le 2 ]
result $? 'vectors: without a network it says so in one line'

python3 - <<'PY' >"$D/tap" 2>"$D/err"
rows = [l.rstrip("\n").split("\t") for l in open("tests/vectors/SOURCES") if not l.startswith("#")]
assert len(rows) > 100 and all(len(r) == 7 and len(r[1]) == 64 for r in rows)
assert len({r[0] for r in rows}) == len(rows)
assert all(r[3] == "-" or len(r[4]) == 40 for r in rows)
PY
result $? 'vectors: SOURCES names repository, commit, licence and SHA-256 of each'

finish
