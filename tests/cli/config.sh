#!/bin/bash
# SPDX-License-Identifier: MIT
# The machine's configuration, ward.conf(5): what is there is merged and shown with
# its place; what cannot be is told with file, line and what is allowed, and nothing
# comes of it. What the kernel makes of it is tests/e2e/wardctl.sh's. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
W=$(realpath "${BIN:-build/bin}")/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
umask 022
C=$D/ward
mkdir -p "$C/ward.conf.d"

# want CODE PATTERN TEXT ARGUMENT...: exit code, and what is said in either place
want() {
	local code=$1 pattern=$2 text=$3
	shift 3
	"$W" "$@" >"$D/out" 2>"$D/err"
	[ $? = "$code" ] && cat "$D/out" "$D/err" | grep -qE -- "$pattern"
	result $? "$text"
}

# refused PATTERN TEXT: the file on stdin is damaged, and why
refused() {
	cat >"$D/bad.conf"
	want 7 "$1" "refused: $2" config check "$D/bad.conf"
}

want 0 'verdict: ok' 'the file that is shipped' config check userspace/etc/ward.conf
sed -nE 's/^#([a-z-]+(\.NAME)?) = .*/\1/p' userspace/etc/ward.conf >"$D/shipped"
sed -nE 's/^\t\{ "[a-z]+", "([a-z.-]+)", take_.*/\1/p' userspace/wardctl/config_settings.c |
	sed 's/\.$/.NAME/' >"$D/keys"
clean 'the file that is shipped has keys that are there' < <(
	grep -vxF -f "$D/keys" "$D/shipped"
)
sed -nE 's/^\.It Cm (.*)/\1/p' userspace/man/ward.conf.5 | sed 's/ Ns Ar \././; s/ , / /g' |
	tr ' ' '\n' | sed 's/\.name/.NAME/' | sort -u >"$D/described"
clean 'ward.conf(5) describes every key' < <(sort -u "$D/keys" | comm -23 - "$D/described")
# With the examples taken for real, too.
sed -E 's/^#([a-z].* = .*)/\1/; s/NAME/0/; s/group\.ward/group.0/' userspace/etc/ward.conf >"$D/all.conf"
want 0 'verdict: ok' 'every key of it' config check "$D/all.conf"

cat >"$C/ward.conf" <<'EOM'
# Limits first.
[limits]
  global =  32G
each-user = 512M
user.0 = 1G
; and evidence
[policy]
others = none
group.0 = release,receipt
[wardd]
backend = sev-guest,vmpl=1 nitro
beside = vtpm
exclusive = check
keys = yes
EOM
printf '[limits]\neach-user = 1M\nsession=4096' >"$C/ward.conf.d/20-b.conf"
printf '[limits]\neach-user = 2M\nuser.0 =\n' >"$C/ward.conf.d/10-a.conf"
echo 'nonsense' >"$C/ward.conf.d/notes.txt"
want 0 'verdict: ok' 'a directory: ward.conf and its drop-ins' config check "$C"
"$W" -o json config show "$C" >"$D/json" 2>"$D/err"
result $? 'config show'
python3 - "$D/json" "$C" >"$D/out" 2>"$D/err" <<'PY'
import json, sys
doc, base = json.load(open(sys.argv[1])), sys.argv[2]
assert doc["files"] == [base + "/ward.conf", base + "/ward.conf.d/10-a.conf",
                        base + "/ward.conf.d/20-b.conf"], doc["files"]
values = {(v["section"], v["key"]): v for v in doc["values"]}
each = values["limits", "each-user"]
assert (each["value"], each["file"], each["line"]) == ("1M", base + "/ward.conf.d/20-b.conf", 2), each
assert values["limits", "global"]["value"] == "32G" and values["limits", "global"]["line"] == 3
assert values["limits", "session"]["value"] == "4096"
assert ("limits", "user.0") not in values
PY
result $? '... the last file has the word, an empty value takes back'
want 0 'wardd:' "wardd's options are written" config apply --from "$C" --wardd "$D/wardd.env"
grep -qx 'WARDD_OPTIONS=--backend sev-guest,vmpl=1 --backend nitro --beside vtpm --exclusive --keys' "$D/wardd.env"
result $? '... as its command line has them'
want 0 'verdict: ok' 'an empty directory' config check "$D"
want 0 'applied: -' 'nothing said, nothing applied, no module needed' \
	config apply --from "$D" limits pace policy
want 1 'No such file' 'a file that is not there' config check "$D/none"
want 1 'one file or directory' 'two files' config check "$D" "$D"
want 1 'no section' 'a section that is not the kernel'\''s' config apply --from "$C" wardd
[ -e /sys/module/ward ] || want 6 'not loaded' 'without the module nothing is applied' \
	config apply --from "$C"

refused 'bad.conf:2: \[limits\] has no key .globl.; it has global, each-user, session, user.NAME' \
	'a key that is not known' < <(printf '[limits]\nglobl = 3\n')
refused 'bad.conf:1: there is no section \[limit\]; there are limits, pace, policy, provider, wardd and fetch' \
	'a section that is not known' \
	< <(printf '[limit]\nglobal = 3\n')
refused 'bad.conf:3: .*global = 5: allowed is bytes, a multiple of the page size' 'a size' \
	< <(printf '#\n[limits]\nglobal = 5\n')
refused 'call-burst = 0: allowed is 1 to 4096' 'a burst of nothing' < <(printf '[pace]\ncall-burst = 0\n')
refused 'user.nobody-here = all: allowed is after the dot a user of this machine' 'a user that is not there' \
	< <(printf '[policy]\nothers = all\nuser.nobody-here = all\n')
refused 'user.0 = all: .*each once' 'one user by name and by number' \
	< <(printf '[policy]\nothers = all\nuser.root = all\nuser.0 = all\n')
refused "lacks 'others'" 'a policy without others' < <(printf '[policy]\nrefuse = traced\n')
refused 'others = relaese: allowed is release' 'a purpose' < <(printf '[policy]\nothers = relaese\n')
refused 'allowed is names of sev-guest' 'a backend that is not there' < <(printf '[wardd]\nbackend = sevguest\n')
# shellcheck disable=SC2016 # for systemd
refused 'allowed is names of sev-guest' 'a backend with what systemd would make something of' \
	< <(printf '[wardd]\nbackend = sev-guest,device=${HOME}\n')
refused 'global stands in line 2 already' 'a key twice in a file' \
	< <(printf '[limits]\nglobal = 1M\nglobal = 2M\n')
refused 'global stands before any section' 'a key without a section' < <(printf 'global = 1M\n')
refused "a line is KEY = VALUE" 'a line without a sign' < <(printf '[limits]\nglobal 1M\n')
refused 'a section is \[NAME\]' 'a section that does not end' < <(printf '[limits\nglobal = 1M\n')
refused 'control character' 'an escape' < <(printf '[limits]\nglobal = \033[1m\n')
refused 'zero byte' 'a zero byte' < <(printf '[limits]\n\0global = 1M\n')
refused 'longer than 65536' 'a file that is too long' < <(head -c 70000 /dev/zero | tr '\0' '#')
refused 'and [0-9]+ more' 'many errors: the first are told, the others counted' \
	< <(echo '[limits]'; seq -f 'key-%g = 1' 100)
refused 'more than 640 keys' 'more keys than there are' < <(echo '[limits]'; seq -f 'key-%g = 1' 700)
refused 'and (1[0-6]|[0-9]) more' 'lines in error: reading ends' < <(seq -f '[section-%g]' 100)
printf '[limits]\nglobal = 1M\n' >"$D/open.conf"
chmod 0666 "$D/open.conf"
want 7 'others than its owner may write it .mode 0666.: chmod go-w' 'refused: what others may write' \
	config check "$D/open.conf"
if [ "$(id -u)" = 0 ]; then
	chmod 0644 "$D/open.conf"
	chown 65534 "$D/open.conf"
	want 7 'belongs to uid 65534, not to root' "refused: what is another user's" config check "$D/open.conf"
else
	skip "refused: what is another user's" 'only root can make one'
fi
echo '[limits' >"$C/ward.conf.d/99-c.conf"
cp "$D/wardd.env" "$D/before"
want 7 '99-c.conf:1' 'an error in one file' config apply --from "$C" --wardd "$D/wardd.env"
cmp -s "$D/before" "$D/wardd.env"
result $? '... changes nothing'
mkfifo "$D/pipe"
want 1 'not a regular file' 'a pipe does not hang it' config check "$D/pipe"

# Backends by the names that wardd has.
"$(dirname "$W")/wardd" --help >"$D/help" 2>&1
sed -n '/^Backends/,$p' "$D/help" | sed -nE 's/^  ([a-z][a-z-]*)  .*/\1/p' | sort >"$D/wardd"
while read -r backend; do
	printf '[wardd]\nbackend = %s\n' "$backend" >"$D/one.conf"
	"$W" -q config check "$D/one.conf" 2>/dev/null || echo "$backend is not known"
done <"$D/wardd" >"$D/rows"
[ "$(wc -l <"$D/wardd")" -ge 5 ] || echo "wardd --help lists no backends" >>"$D/rows"
clean 'every backend of wardd is known' <"$D/rows"
finish
