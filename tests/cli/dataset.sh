#!/bin/sh
# SPDX-License-Identifier: MIT
# wardctl dataset: what an owner types, and what must not work. TAP on stdout.
# BIN names the directory of the programs (default build/bin).
set -u
BIN=${BIN:-build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
# shellcheck source=tests/harness/results.sh
. "$(dirname "$0")/../harness/results.sh"

# want CODE WORD TEXT COMMAND...: exit code, and a word on stderr ('' = none asked for)
want() {
	code=$1 word=$2 text=$3
	shift 3
	"$@" >"$D/out" 2>"$D/err"
	got=$?
	if [ "$got" -ne "$code" ]; then
		echo "# exit code $got, not $code" >>"$D/err"
		result 1 "$text"
	elif [ -n "$word" ] && ! grep -q -- "$word" "$D/err"; then
		echo "# '$word' is missing" >>"$D/err"
		result 1 "$text"
	else
		result 0 "$text"
	fi
}

absent() { # absent TEXT FILE...: none of them exists, no temporary file either
	text=$1
	shift
	for f; do
		for g in "$f" "$f".??????; do
			[ ! -e "$g" ] || { result 1 "$text ($g)"; return; }
		done
	done
	result 0 "$text"
}

flip() { # flip FILE OFFSET: change one byte
	python3 - "$1" "$2" <<'EOF'
import sys
f = open(sys.argv[1], "r+b")
f.seek(int(sys.argv[2]))
b = f.read(1)[0]
f.seek(int(sys.argv[2]))
f.write(bytes([b ^ 1]))
EOF
}

printf 'age,chol,num\n63,233,0\n41,?,1\n' >"$D/t.csv"

want 0 '' 'encrypt a table under a new key' \
	"$W" dataset encrypt --table --label num --missing '?' --name site --new-key "$D/k" \
	"$D/t.csv" "$D/t.wds"
[ "$(stat -c '%a %s' "$D/k")" = '600 32' ]
result $? 'the key file has 32 bytes, mode 0600'
want 0 '' 'info needs no key' "$W" -o json dataset info "$D/t.wds"
python3 - "$D/out" <<'EOF'
import json, sys
i = json.load(open(sys.argv[1]))
m = i["metadata"]
assert i["rows"] == 2 and i["header_verified"] is False, i
assert m["columns"] == ["age", "chol", "num"] and m["label"] == "num", m
assert m["missing"] == "?" and m["header"] is True and m["name"] == "site", m
EOF
result $? 'info shows rows, columns, label and mark'
want 0 '' 'info with the key verifies the header' "$W" -o json dataset info --key "$D/k" "$D/t.wds"
grep -q '"header_verified": *true' "$D/out"
result $? 'and says so'
want 0 '' 'verify' "$W" dataset verify --key "$D/k" "$D/t.wds"
want 0 '' 'decrypt' "$W" dataset decrypt --key "$D/k" "$D/t.wds" "$D/back.csv"
cmp -s "$D/t.csv" "$D/back.csv"
result $? 'the plaintext comes back as it was'
[ "$(stat -c %a "$D/back.csv")" = 600 ]
result $? 'and only its owner may read it'
! grep -q 233 "$D/t.wds"
result $? 'the data set does not hold the rows'

want 1 'never overwrites' 'a key is never overwritten' \
	"$W" dataset encrypt --new-key "$D/k" "$D/t.csv" "$D/u.wds"
absent 'and nothing is written then' "$D/u.wds"
want 0 '' 'encrypt with an existing key' "$W" dataset encrypt --key "$D/k" "$D/t.csv" "$D/u.wds"
cmp -s "$D/t.wds" "$D/u.wds"
[ $? -eq 1 ]
result $? 'two data sets under one key differ'

head -c 32 /dev/zero >"$D/other"
chmod 600 "$D/other"
want 7 'key' 'another key is refused' "$W" dataset verify --key "$D/other" "$D/t.wds"
want 7 'key' 'and decrypts nothing' \
	"$W" dataset decrypt --key "$D/other" "$D/t.wds" "$D/no.csv"
absent 'no plaintext file is left' "$D/no.csv"
chmod 644 "$D/other"
want 1 'chmod 600' 'a key that others can read is refused' \
	"$W" dataset verify --key "$D/other" "$D/t.wds"
head -c 31 /dev/zero >"$D/short"
chmod 600 "$D/short"
want 1 '32 bytes' 'a short key file is refused' "$W" dataset verify --key "$D/short" "$D/t.wds"
want 1 'No such file' 'a missing key file is named' \
	"$W" dataset verify --key "$D/nokey" "$D/t.wds"

# In place: no byte of the contents is written.
cp "$D/t.wds" "$D/p.wds"
openssl genpkey -algorithm X25519 -out "$D/id.pem" 2>"$D/err" && chmod 600 "$D/id.pem" &&
	openssl pkey -in "$D/id.pem" -pubout -out "$D/id.pub"
result $? 'a private key and its public one'
want 0 '' 'add whoever has a private key' \
	"$W" dataset rekey --key "$D/k" --keep --to "$D/id.pub" "$D/p.wds"
want 0 '' 'the private key opens it' \
	"$W" dataset decrypt --identity "$D/id.pem" "$D/p.wds" "$D/p.csv"
want 0 '' 'and gives the table' cmp "$D/p.csv" "$D/t.csv"
want 0 '' 'the key of before does too' "$W" dataset verify --key "$D/k" "$D/p.wds"
want 0 '' 'two recipients are shown' "$W" -o json dataset info "$D/p.wds"
python3 - "$D/out" <<'EOF'
import json, sys
r = json.load(open(sys.argv[1]))["recipients"]
assert [x["type"] for x in r] == ["key", "x25519"] and len(r[1]["id"]) == 32, r
EOF
result $? 'by type and id'
python3 -B tests/reader/dataset.py decrypt "$D/p.wds" "$D/k" >"$D/p2.csv"
cmp -s "$D/p2.csv" "$D/t.csv"
result $? 'another reader opens it, from the format alone'
want 0 '' 'put a new key in place of the private one' \
	"$W" dataset rekey --identity "$D/id.pem" --new-key "$D/kp" --hint 'hospital/dataset/one' "$D/p.wds"
want 7 'any of its recipients (2)' 'the private key opens it no more' \
	"$W" dataset verify --identity "$D/id.pem" "$D/p.wds"
want 0 '' 'the new key does' "$W" dataset verify --key "$D/kp" "$D/p.wds"
grep -q 'hospital/dataset/one' "$D/out"
result $? 'and where it is found is shown'
old=$("$W" -o json dataset info "$D/p.wds" |
	python3 -c 'import json,sys; print(json.load(sys.stdin)["recipients"][0]["id"])')
xxd -p "$D/p.wds" | tr -d '\n' | grep -q "$(printf %.16s "$old")"
result $? 'a recipient stands there under its id'
want 0 '' 'remove the first key by its id' \
	"$W" dataset rekey --key "$D/kp" --remove "$old" "$D/p.wds"
want 7 'any of its recipients (1)' 'it opens it no more' "$W" dataset verify --key "$D/k" "$D/p.wds"
! xxd -p "$D/p.wds" | tr -d '\n' | grep -q "$(printf %.16s "$old")"
result $? 'and nothing of it is left in the file'
want 1 'is not there' 'remove it again' "$W" dataset rekey --key "$D/kp" --remove "$old" "$D/p.wds"
cp "$D/p.wds" "$D/p3.wds"
last=$("$W" -o json dataset info "$D/p.wds" |
	python3 -c 'import json,sys; print(json.load(sys.stdin)["recipients"][0]["id"])')
want 1 'nobody could open it' 'the last recipient stays' \
	"$W" dataset rekey --key "$D/kp" --remove "$last" "$D/p.wds"
want 0 '' 'a refusal changes nothing' cmp "$D/p.wds" "$D/p3.wds"
want 1 'not an X25519 key' 'a public key of another kind' \
	"$W" dataset rekey --key "$D/kp" --to "$D/k" "$D/p.wds"
chmod 644 "$D/id.pem"
want 1 'chmod 600' 'a private key that others can read' \
	"$W" dataset verify --identity "$D/id.pem" "$D/p.wds"
want 0 '' 'encrypt for a private key alone' \
	"$W" dataset encrypt --to "$D/id.pub" --model "$D/t.csv" "$D/m.wds"
want 0 '' 'it is called a model' "$W" dataset info "$D/m.wds"
grep -q 'model' "$D/out"
result $? 'by its kind'

want 0 '' 'rekey' "$W" dataset rekey --key "$D/k" --new-key "$D/k2" "$D/t.wds" "$D/r.wds"
want 7 'key' 'the old key no longer opens it' "$W" dataset verify --key "$D/k" "$D/r.wds"
want 0 '' 'the new key does' "$W" dataset decrypt --key "$D/k2" "$D/r.wds" "$D/r.csv"
cmp -s "$D/t.csv" "$D/r.csv"
result $? 'rekeying keeps the plaintext'
id() { "$W" -o json dataset info "$1" | sed -n 's/.*"dataset": *"\([0-9a-f]*\)".*/\1/p'; }
[ -n "$(id "$D/t.wds")" ] && [ "$(id "$D/t.wds")" = "$(id "$D/r.wds")" ]
result $? 'rekeying keeps the data-set id'
want 1 'same key' 'rekeying to the same key is refused' \
	"$W" dataset rekey --key "$D/k" --to-key "$D/k" "$D/t.wds" "$D/s.wds"

head -c 300000 /dev/urandom >"$D/blob"
want 0 '' 'encrypt any bytes' \
	"$W" dataset encrypt --key "$D/k" --chunk 4096 "$D/blob" "$D/b.wds"
want 0 '' 'decrypt them' "$W" dataset decrypt --key "$D/k" "$D/b.wds" "$D/blob2"
cmp -s "$D/blob" "$D/blob2"
result $? 'any bytes come back as they were'
cp "$D/b.wds" "$D/d.wds"
flip "$D/d.wds" 36400
want 7 'chunk 4, offset' 'a changed byte: the chunk is named' \
	"$W" dataset verify --key "$D/k" "$D/d.wds"
want 7 'chunk 4, offset' 'and it decrypts to nothing' \
	"$W" dataset decrypt --key "$D/k" "$D/d.wds" "$D/d.out"
absent 'no part of the plaintext is left' "$D/d.out"
want 7 'chunk 4, offset' 'nor can it be rekeyed' \
	"$W" dataset rekey --key "$D/k" --new-key "$D/k3" "$D/d.wds" "$D/d2.wds"
absent 'a failed rekeying leaves neither file nor key' "$D/d2.wds" "$D/k3"
cp "$D/b.wds" "$D/c.wds"
truncate -s -1 "$D/c.wds"
want 7 'cut short' 'a truncated file is refused without a key' "$W" dataset info "$D/c.wds"
truncate -s +2 "$D/c.wds"
want 7 'extended' 'an extended file is refused' "$W" dataset info "$D/c.wds"
want 7 'WARDDS2' 'another kind of file is refused' "$W" dataset info "$D/blob"
: >"$D/empty"
want 7 'ends early' 'an empty file is refused' "$W" dataset info "$D/empty"
echo 'age,label' >"$D/short.csv"
want 7 'WARDDS2' 'a short file of another kind is called that' "$W" dataset info "$D/short.csv"

bad() { # bad CODE WORD TEXT CONTENT [OPTION...]: a table that must be refused
	code=$1 word=$2 text=$3
	printf "$4" >"$D/bad.csv"
	shift 4
	want "$code" "$word" "$text" \
		"$W" dataset encrypt --table --new-key "$D/badkey" "$@" "$D/bad.csv" "$D/bad.wds"
	absent "$text: nothing is written" "$D/bad.wds" "$D/badkey"
}
bad 7 'line 3, field 1' 'ragged row' 'a,b\n1,2\n3\n'
bad 7 'line 2, field 2' 'text in a field' 'a,b\n1,x\n'
bad 7 'line 2: a NUL' 'NUL' 'a,b\n1,\0002\n'
bad 7 'empty' 'empty table' ''
bad 7 'no rows' 'header line alone' 'a,b\n'
bad 7 'line 1: a byte order mark' 'byte order mark' '\357\273\277a,b\n1,2\n'
bad 7 '--missing' 'mark of a missing value that was not named' 'a,b\n1,?\n'
bad 1 'no column' 'label that is no column' 'a,b\n1,2\n' --label c
bad 7 '--columns' 'no header line' '1,2\n3,4\n'
python3 -c "print('a'); print('1' * 70000)" >"$D/long.csv"
want 7 'line 2: longer' 'a line that is too long' \
	"$W" dataset encrypt --table --new-key "$D/badkey" "$D/long.csv" "$D/bad.wds"
absent 'too long: nothing is written' "$D/bad.wds" "$D/badkey"

want 1 'either' 'no key at all' "$W" dataset encrypt "$D/t.csv" "$D/x.wds"
want 1 'either' 'two keys' "$W" dataset encrypt --key "$D/k" --new-key "$D/z" "$D/t.csv" "$D/x.wds"
want 1 'power of two' 'odd chunk size' \
	"$W" dataset encrypt --key "$D/k" --chunk 5000 "$D/t.csv" "$D/x.wds"
want 1 "'--frob' is not an option" 'an option that is not there' "$W" dataset info --frob "$D/x.wds"
want 1 'name is an option of another verb' "another verb's option" "$W" dataset info --name n "$D/x.wds"
want 1 'need --table' 'options of tables alone' \
	"$W" dataset encrypt --key "$D/k" --label num "$D/t.csv" "$D/x.wds"
want 1 'regular file' 'input that is no file' \
	"$W" dataset encrypt --key "$D/k" /dev/null "$D/x.wds"
want 6 'nothing was written' 'a directory that is missing' \
	"$W" dataset encrypt --key "$D/k" "$D/t.csv" "$D/none/x.wds"
absent 'misuse writes nothing' "$D/x.wds" "$D/z"

want 1 'the output is a file' 'plaintext to -' \
	sh -c 'cd "$1" && "$2" dataset decrypt --key k t.wds -' sh "$D" "$(realpath "$W")"
absent 'and no file of that name' "$D/-"

# An output whose directory can't be synced is there: so must its key be.
cat >"$D/nosync.c" <<'EOF'
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int fsync(int fd)
{
	struct stat st, bad;

	if (!fstat(fd, &st) && !stat(getenv("NOSYNC"), &bad) && st.st_ino == bad.st_ino) {
		errno = EIO;
		return -1;
	}
	return fdatasync(fd);
}
EOF
mkdir "$D/unsynced"
${CC:-cc} -shared -fPIC -o "$D/nosync.so" "$D/nosync.c"
want 6 "is written, but its directory can't be synced" 'a directory that cannot be synced' \
	env NOSYNC="$D/unsynced" LD_PRELOAD="$D/nosync.so" \
	"$W" dataset encrypt --new-key "$D/k5" "$D/t.csv" "$D/unsynced/t.wds"
want 0 '' 'its key is kept' "$W" dataset verify --key "$D/k5" "$D/unsynced/t.wds"

# What stands in the output's place is a file of the same name at most.
mkfifo "$D/fifo"
ln -s t.csv "$D/link"
for place in fifo link .; do
	want 1 'not a regular file' "an output in place of $place" \
		"$W" dataset decrypt --key "$D/k" "$D/t.wds" "$D/$place"
done
[ -p "$D/fifo" ] && [ -L "$D/link" ]
result $? 'pipe and link are still there'
cp "$D/k" "$D/k4"
want 1 'input or a key' 'an output in place of its key' \
	"$W" dataset encrypt --key "$D/k4" "$D/t.csv" "$D/k4"
cmp -s "$D/k" "$D/k4"
result $? 'the key is still there'
want 1 'input or a key' 'an output in place of its new key' \
	"$W" dataset rekey --key "$D/k" --new-key "$D/z" "$D/t.wds" "$D/z"
absent 'and no key is left without a data set' "$D/z"
want 1 'input or a key' 'an output in place of the table' \
	"$W" dataset encrypt --key "$D/k" "$D/t.csv" "$D/./t.csv"
want 0 '' 'the table is still there' cmp "$D/t.csv" "$D/back.csv"

# However long the input, memory stays what it is.
rss() { # FILE: KiB at most, encrypting it by two threads and decrypting it
	python3 - "$W" "$D/k" "$1" "$D/rss" <<'EOM'
import resource, subprocess, sys
ctl, key, plain, out = sys.argv[1:]
subprocess.run([ctl, "-q", "dataset", "encrypt", "--threads", "2", "--key", key, plain, out], check=True)
subprocess.run([ctl, "-q", "dataset", "decrypt", "--threads", "2", "--key", key, out, out + ".plain"], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
EOM
}
truncate -s 1M "$D/small"
truncate -s "${SPARSE:-256M}" "$D/large"
small=$(rss "$D/small") large=$(rss "$D/large")
echo "# ${SPARSE:-256M} takes $large KiB, 1 MiB $small KiB"
[ -n "$large" ] && [ "$large" -lt $((small + 2048)) ]
result $? 'a large file takes no more memory than a small one'
want 0 '' 'and comes back whole' cmp "$D/large" "$D/rss.plain"
want 1 'threads takes' 'no threads' "$W" dataset verify --threads 0 --key "$D/k" "$D/rss"

# What a stranger wrote commands no terminal: not a member's name, not a text of an error.
esc=$(printf '\033')
echo x >"$D/x.txt"
"$W" dataset encrypt --name abcdefgh --new-key "$D/esc.key" "$D/x.txt" "$D/esc.wds" >/dev/null 2>&1
LC_ALL=C sed -i 's/{"name":"abcdefgh"}/{"\\u001b[2J":"abc"}/' "$D/esc.wds"
"$W" dataset info "$D/esc.wds" >"$D/out" 2>&1 && grep -q '?\[2J' "$D/out" && ! grep -q "$esc" "$D/out"
result $? 'the name of a member of the metadata is shown without its escape'
"$W" dataset info "$D/none${esc}[2J" 2>"$D/err"
grep -q 'none?\[2J' "$D/err" && ! grep -q "$esc" "$D/err"
result $? 'so is a text of an error'

finish
