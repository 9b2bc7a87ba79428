#!/bin/bash
# SPDX-License-Identifier: MIT
# make install and uninstall below a scratch directory: the programs say their
# version, the plans are there, and nothing of them is left. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

make -s install DESTDIR="$D/root" PREFIX=/usr DEPS=skip >"$D/out" 2>"$D/err"
result $? 'make install'
for program in wardctl wardd ward-broker ward-train; do
	LD_LIBRARY_PATH=$D/root/usr/lib "$D/root/usr/bin/$program" --version >"$D/out" 2>"$D/err" &&
		grep -qE "^$program [0-9]+\.[0-9]+\.[0-9]+$" "$D/out"
	result $? "$program --version"
done
for plan in userspace/worker/plans/*.json; do
	cmp -s "$plan" "$D/root/usr/share/ward/plans/$(basename "$plan")"
	result $? "plan $(basename "$plan") is installed"
done
cmp -s userspace/cdi/ward.json "$D/root/etc/cdi/ward.json"
result $? "the CDI file is where container engines look"
for program in wardctl wardd ward-broker ward-train; do
	# As bash-completion looks it up: a file by the program's name.
	bash -c '. "$1" && complete -p "$2"' - \
		"$D/root/usr/share/bash-completion/completions/$program" "$program" >"$D/out" 2>"$D/err"
	result $? "completion of $program is installed"
done
# Each exported function has a page by its name, which is that of its library.
for library in libward libwardverify; do
	nm -D --defined-only "build/lib/$library.so" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' |
		while read -r name; do
			cmp -s "$D/root/usr/share/man/man3/$name.3" userspace/man/$library.3 || echo "$name(3)"
		done >"$D/out"
	clean "$library: every function has a page by its name" <"$D/out"
done
for page in userspace/man/*.[1-8]; do
	cmp -s "$page" "$D/root/usr/share/man/man${page##*.}/$(basename "$page")" || echo "$page"
done >"$D/out"
clean 'every page is installed' <"$D/out"
if command -v man >/dev/null; then
	for page in wardctl ward_session_open wv_verify_bundle ward-policy; do
		MANPATH=$D/root/usr/share/man man "$page" 2>"$D/err" | grep -q NAME
		result $? "man $page"
	done
else
	skip 'man finds the pages' 'man is not installed'
fi
# As a worker's developer builds them, with what is installed alone.
for program in server client; do
	${CC:-cc} -Wall -Wextra -Werror -I"$D/root/usr/include" -o "$D/$program" \
		"examples/channel/$program.c" examples/channel/worker.c \
		-L"$D/root/usr/lib" -lward -lwardverify >"$D/out" 2>"$D/err"
	result $? "examples/channel/$program.c builds with what is installed"
done
# Pages, and folders of them, that messages and manuals name.
DOC=$D/root/usr/share/doc/ward
grep -rhoE '"[^"]*\<doc/[a-z-]+[^"]*"' userspace --include='*.[ch]' | grep -oE 'doc/[a-z-]+(\.md)?' >"$D/named"
grep -hoE '[a-z-]+\.md' userspace/man/*.[1-8] | sed 's,^,doc/,' >>"$D/named"
sort -u "$D/named" >"$D/names"
grep -qx doc/verifying.md "$D/names" && grep -qx doc/signing "$D/names"
result $? 'names of pages are found in messages'
while read -r name; do
	[ -s "$DOC/${name#doc/}" ] || echo "$name"
done <"$D/names" >"$D/out"
clean 'every page that a message or a manual names is installed' <"$D/out"
(cd "$DOC" && find . -type f | sed 's,^\./,doc/,' | sort) >"$D/have"
grep -v '^#' debian/ward-tools.docs | while read -r name; do
	find "$name" -type f
done | sort >"$D/packaged"
diff "$D/have" "$D/packaged" >"$D/out"
clean 'ward-tools has the pages that make install installs' <"$D/out"
make -s uninstall DESTDIR="$D/root" PREFIX=/usr >"$D/out" 2>"$D/err"
result $? 'make uninstall'
find "$D/root" ! -type d >"$D/out"
clean 'no file is left' <"$D/out"
finish
