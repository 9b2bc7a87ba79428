#!/bin/bash
# SPDX-License-Identifier: MIT
# Man pages: mandoc and man find nothing to complain about; what each library
# exports, its headers declare and its page describes is one list; every program has
# a page with every option, wardctl(1) every verb, ward(4) every ioctl. TAP on stdout.
# File formats: formats.sh. What is missing is named with the file that lacks it.
# shellcheck disable=SC2317 # functions that differ() runs
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
. tests/harness/results.sh

# Functions that the public headers of a library declare.
declared() { # LIBRARY
	case $1 in
	libward)
		find userspace/lib -name '*.h' ! -name '*private.h' ! -name sys.h -print0 |
			xargs -0 grep -hoE '^[a-z][^(/]*[ *](ward_[a-z0-9_]+)\(' |
			grep -v '^typedef' | grep -oE 'ward_[a-z0-9_]+\($'
		;;
	libwardverify)
		cat userspace/verifier/wardverify*.h | tr '\n' ' ' |
			grep -oE 'WV_API [a-z][^();]*[ *]wv_[a-z0-9_]+\(' | grep -oE 'wv_[a-z0-9_]+\($'
		;;
	esac | tr -d '(' | sort -u
}

# Names of a page: after .Nm, .It Fn, or both .Fo and .Fn.
described() { # MACRO LIBRARY
	sed -n "s/^\\.$1 \\([a-z][a-z0-9_]*\\).*/\\1/p" "userspace/man/$2.3" | sort -u
}

exported() { # LIBRARY
	nm -D --defined-only "$BIN/../lib/$1.so" |
		awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort -u
}

# What the version map promises; libwardverify's leaves it to the prefix.
mapped() { # LIBRARY
	sed -n 's/^\t\(ward_[a-z0-9_]*\);$/\1/p' userspace/lib/libward.map | sort -u
}

promised() { # LIBRARY
	awk -v lib="$1.so.0" '/^[^ *]/ { inside = $1 == lib; next }
		inside && /^ [a-z]/ { sub(/@.*/, "", $1); print $1 }' debian/libward0.symbols | sort -u
}

differ() { # LIBRARY FILE COMMAND...: what one has and the other has not
	local library=$1 file=$2

	shift 2
	comm -23 <(declared "$library") <("$@") | sed "s|\$|: add it to $file|"
	comm -13 <(declared "$library") <("$@") | sed "s|\$|: $file has it, and no header|"
}

if command -v mandoc >/dev/null; then
	for page in userspace/man/*.[1-8]; do
		# Whether other packages' pages are installed says nothing about ours.
		clean "$(basename "$page"): mandoc -T lint" < <(
			mandoc -T lint "$page" 2>/dev/null | grep -v 'referenced manual not found'
		)
	done
else
	skip 'mandoc -T lint' 'mandoc is not installed'
fi
if command -v man >/dev/null && command -v groff >/dev/null; then
	for page in userspace/man/*.[1-8]; do
		clean "$(basename "$page"): man --warnings" < <(
			LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$page" 2>&1 >/dev/null
		)
	done
else
	skip 'man --warnings' 'man or groff is not installed'
fi
clean 'pages refer to pages that are there' < <(
	sed -nE 's/^\.(Pq )?Xr (ward[a-z.-]*|libward[a-z]*) ([1-8]).*/\2.\3/p' userspace/man/*.[1-8] |
		sort -u | while read -r page; do
			[ -e "userspace/man/$page" ] || echo "$page"
		done
)

for library in libward libwardverify; do
	page=userspace/man/$library.3
	clean "$library: headers declare some functions" < <(
		[ "$(declared $library | wc -l)" -gt 30 ] || echo "found $(declared $library | wc -l)"
	)
	clean "$library(3) NAME lists what the headers declare" < <(
		differ $library "$page NAME" described Nm $library
	)
	clean "$library(3) SYNOPSIS has it" < <(differ $library "$page SYNOPSIS" described 'F[no]' $library)
	clean "$library(3) describes it" < <(
		differ $library "$page, as .It Fn" described 'It Fn' $library
	)
	clean "$library: debian/libward0.symbols promises it" < <(
		differ $library debian/libward0.symbols promised $library
	)
	if [ -e "$BIN/../lib/$library.so" ]; then
		clean "$library.so exports it" < <(
			differ $library "what $library.so exports" exported $library
		)
	else
		skip "$library.so exports it" "no $library.so"
	fi
done
clean 'libward.map lists what the headers declare' < <(
	differ libward userspace/lib/libward.map mapped libward
)

verbs() {
	"$BIN/wardctl" help | sed -n '/^usage/,/-o, --output/s/^  \([a-z]\+\( [a-z][a-z-]*\)\?\)  .*/\1/p'
}

clean 'units and catalog refer to pages that are there' < <(
	grep -ohE 'man:[a-z.-]+\([1-8]\)' userspace/systemd/* | sed -E 's/man:(.*)\((.)\)/\1.\2/' |
		sort -u | grep ward | while read -r page; do
			[ -e "userspace/man/$page" ] || echo "$page"
		done
)

# Verbs that wardctl(1) describes: .It Cm VERB, or the first .Cm VERB of .It Xo.
items() {
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh FILES/p' userspace/man/wardctl.1 |
		awk '/^\.It Xo/ { open = 1; next } open && /^\.Cm/ { print; open = 0 } /^\.It Cm/' |
		sed -E 's/^\.(It )?Cm ([a-z]+( [a-z][a-z-]*)?).*/\2/'
}

plain() { # PAGE: one line, without markup
	mandoc -T ascii "userspace/man/$1" | col -b | tr -s ' \n' ' '
}

if [ -x "$BIN/wardctl" ] && command -v mandoc >/dev/null; then
	text=$(plain wardctl.1)
	clean 'wardctl has verbs' < <([ "$(verbs | wc -l)" -ge 20 ] || verbs)
	clean 'wardctl(1) has every verb' < <(
		comm -23 <(verbs | sort -u) <(items | sort -u) |
			sed 's|$|: add it to userspace/man/wardctl.1, .It Cm or .Cm below .It Xo|'
	)
	clean 'wardctl(1) has no other' < <(comm -13 <(verbs | sort -u) <(items | sort -u))
	clean 'wardctl(1) has every long option' < <(
		verbs | while read -r verb; do
			# shellcheck disable=SC2086
			"$BIN/wardctl" help $verb | grep -oE -e '--[a-z-]{2,}' | sort -u |
				while read -r option; do
					[[ $text == *"$option"* ]] || echo "$verb $option"
				done
		done
	)
else
	skip 'wardctl(1) has every verb' 'wardctl or mandoc is missing'
fi

if [ -x "$BIN/wardd" ] && command -v mandoc >/dev/null; then
	text=$(plain wardd.8)
	clean 'wardd(8) has every long option, backend and option of one' < <(
		{
			"$BIN/wardd" --help | grep -oE -e '--[a-z-]{2,}'
			"$BIN/wardd" --help | sed -n '/^Backends/,$p' | sed 1d |
				sed 's/^  \([a-z-]*\)  .*/\1/' | tr -s ' ' '\n'
		} | sort -u | while read -r word; do
			[[ $text == *"$word"* ]] || echo "$word"
		done
	)
else
	skip 'wardd(8) has every long option' 'wardd or mandoc is missing'
fi

# Every option of a program's usage stands in its page.
has_options() { # PAGE COMMAND...
	local page=$1 text option

	shift
	text=$(plain "$page")
	"$@" 2>&1 | grep -oE -e '--[a-z][a-z-]+' | sort -u | while read -r option; do
		[[ $text == *"$option"* ]] || echo "$option: add it to userspace/man/$page"
	done
}

if [ -x "$BIN/ward-train" ] && command -v mandoc >/dev/null; then
	clean 'ward-broker(8) has every option' < <(has_options ward-broker.8 "$BIN/ward-broker" --help)
	clean 'ward-train(1) has every option' < <(
		has_options ward-train.1 "$BIN/ward-train" --help
		has_options ward-train.1 "$BIN/ward-train" train --help
	)
	clean 'ward-train(1) has every verb' < <(
		"$BIN/ward-train" --help | sed -nE '/^usage/,/--help/s/^  ([a-z]+)  .*/\1/p' |
			while read -r verb; do
				grep -qE "^\.(It )?Cm $verb( |\$)" userspace/man/ward-train.1 || echo "$verb"
			done
	)
else
	skip 'ward-broker(8) and ward-train(1) have every option' 'a program or mandoc is missing'
fi
clean 'every program has a page' < <(
	for program in "$BIN"/*; do
		ls userspace/man/"$(basename "$program")".[18] >/dev/null 2>&1 ||
			echo "$(basename "$program"): there is no page in userspace/man"
	done
)

# Examples in C: whole, or the body of a function whose arguments are given here.
example() { # PAGE N: the n-th block of its examples
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE ALSO/p' "userspace/man/$1" |
		awk -v n="$2" '/^\.Bd/ { inside = ++at == n; next } /^\.Ed/ { inside = 0 } inside' |
		sed 's/\\e/\\/g; s/\\-/-/g'
}

compiles() { # on stdin
	${CC:-cc} -Wall -Werror -Wno-unused -Iinclude/uapi -Iuserspace/lib -Iuserspace/verifier \
		-fsyntax-only -xc - 2>&1
}

clean 'libwardverify(3): the example compiles' < <(example libwardverify.3 1 | compiles)
clean 'libward(3): the first example compiles' < <(
	{
		echo '#include <err.h>'
		echo '#include <libward.h>'
		echo 'void f(const uint8_t *challenge, size_t challenge_len, const uint8_t *thumbprint) {'
		example libward.3 1
		echo '}'
	} | compiles
)
clean 'examples are found' < <([ "$(example libward.3 1 | wc -l)" -gt 20 ] || echo none)

clean 'ward(4) has every ioctl' < <(
	sed -n "s/^#define \\(WARD_[A-Z_]*\\)\\t_IO('W'.*/\\1/p" include/uapi/linux/ward.h |
		while read -r name; do
			grep -q "^\\.It Dv $name " userspace/man/ward.4 || echo "$name"
		done
)
clean 'ward(4) has every errno of the header' < <(
	sed -n 's/^ \*  \(E[A-Z0-9]*\)  .*/\1/p' include/uapi/linux/ward.h |
		while read -r name; do
			grep -q "^\\.It Bq Er $name\$" userspace/man/ward.4 || echo "$name"
		done
)

finish
