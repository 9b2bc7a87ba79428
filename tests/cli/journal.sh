#!/bin/bash
# SPDX-License-Identifier: MIT
# The journal: every message id of the code has an entry in the catalog and stands in a
# page, none is there twice or unused, and what wardd and ward-broker tell arrives with
# its fields at a double of the journal's socket (in a mount namespace of its own; needs
# root, or user namespaces), and at systemd's own. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
[ ! -d "$BIN" ] || BIN=$(cd "$BIN" && pwd)
catalog=userspace/systemd/ward.catalog
header=userspace/common/journal_ids.h

ids() { # NAME ID, one a line
	sed -nE 's/^#define JOURNAL_([A-Z_]+) "([0-9a-f]+)"$/\1 \2/p' "$header"
}

ids | cut -d ' ' -f 2 | sort >"$D/ids"
clean 'there are ids' < <([ "$(wc -l <"$D/ids")" -ge 20 ] || cat "$D/ids")
clean 'an id is 32 digits' < <(grep -vxE '[0-9a-f]{32}' "$D/ids")
clean 'no two kinds share one' < <(uniq -d "$D/ids")
clean 'every kind is used' < <(
	ids | while read -r name _; do
		grep -qw "JOURNAL_$name" userspace/agent/*.c userspace/broker/*.c || echo "$name"
	done
)
sed -nE 's/^-- ([0-9a-f]{32})$/\1/p' "$catalog" | sort >"$D/catalog"
clean 'the catalog has each id' < <(comm -23 "$D/ids" "$D/catalog" | sed "s|\$|: add it to $catalog|")
clean '... and no other' < <(comm -13 "$D/ids" "$D/catalog")
for page in wardd ward-broker; do
	sed -nE 's/^\.It ([0-9a-f]{32})$/\1/p' "userspace/man/$page.8"
done | sort >"$D/pages"
clean 'wardd(8) and ward-broker(8) have each id' < <(
	comm -23 "$D/ids" "$D/pages" | sed 's|$|: add it to wardd.8 or ward-broker.8|'
)
clean '... and no other' < <(comm -13 "$D/ids" "$D/pages")
clean 'ids that other pages name are known' < <(
	grep -ohE 'MESSAGE_ID=[0-9a-f]+' doc/*.md README.md | cut -d = -f 2 | sort -u | comm -23 - "$D/ids"
)
clean 'each entry has subject, origin, page and text' < <(
	awk '/^-- / { if (id && found != 15) print id; id = $2; found = 0 }
		/^Subject: ./ { found += 1 } /^Defined-By: ward$/ { found += 2 }
		/^Documentation: man:ward/ { found += 4 } blank && /^[A-Za-z@]/ { if (found < 8) found += 8 }
		{ blank = $0 == "" } END { if (found != 15) print id }' "$catalog"
)
clean 'fields in its text are fields that are sent' < <(
	grep -oE '@[A-Z_]+@' "$catalog" | tr -d @ | sort -u | while read -r field; do
		grep -qE "journald_(field|number)\(.*\"$field\"|add_text\(.*\"$field\"" \
			userspace/agent/say.c userspace/broker/journal_native.c || echo "$field"
	done
)
if command -v journalctl >/dev/null; then
	mkdir -p "$D/root/usr/lib/systemd/catalog" "$D/root/var/lib/systemd/catalog"
	cp "$catalog" "$D/root/usr/lib/systemd/catalog/"
	journalctl --root="$D/root" --update-catalog >"$D/out" 2>"$D/err" && ! [ -s "$D/err" ]
	result $? 'journalctl --update-catalog takes the catalog'
	journalctl --root="$D/root" --list-catalog 2>"$D/err" | cut -d ' ' -f 1 | sort >"$D/out"
	cmp "$D/ids" "$D/out" >"$D/err" 2>&1
	result $? 'journalctl --list-catalog has every id'
else
	skip 'journalctl takes the catalog' 'journalctl is not installed'
fi

# ---- what arrives ---------------------------------------------------------------

namespace=(unshare -m)
"${namespace[@]}" true 2>/dev/null || namespace=(unshare -rm)
if ! "${namespace[@]}" true 2>/dev/null || ! command -v openssl >/dev/null ||
	[ ! -x "$BIN/wardd" ] || [ ! -x "$BIN/ward-broker" ]; then
	skip 'messages arrive with their fields' 'no mount namespace, openssl or program'
	finish
fi
(
	cd "$D" || exit 1
	umask 077
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 \
		-subj /CN=localhost -keyout tls.key -out tls.pem
	echo text >va.csv
	"$BIN/wardctl" dataset encrypt --new-key va.key va.csv va.wds
	echo '{"ward-policy":1,"accept_unmeasured":true}' >policy.json
	echo '{"ward-broker":1,"listen":"127.0.0.1:0","tls":{"certificate":"tls.pem","key":"tls.key"},
		"policy":"policy.json","release_log":"log","resources":{"a/b/c":{"key":"va.key","file":"va.wds"}}}' >broker.json
) >"$D/out" 2>"$D/err"
result $? 'a configuration of a broker is made'
ids >"$D/names"
heard() { # heard WHICH TEXT
	"${namespace[@]}" timeout 300 python3 tests/cli/journal_heard.py "$BIN" "$D" "$1" >"$D/tap" 2>"$D/err"
	result $? "$2"
	while read -r ok text; do
		[ "$ok" = ok ]
		result $? "$text"
	done <"$D/tap"
}

heard double 'the double of the journal ran to its end'
journald=/lib/systemd/systemd-journald
if [ "$(id -u)" = 0 ] && [ -x $journald ] && [ -s /etc/machine-id ]; then
	heard $journald 'systemd-journald ran to its end'
else
	skip 'systemd-journald takes the messages' 'it is not installed, or we are not root'
fi
finish
