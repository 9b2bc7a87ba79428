# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by run. For each tool: needs_TOOL says what is missing, status 1; tool_TOOL prints
# findings as "PATH:LINE: [ID] text", of the tree, or of what is planted if told so.
# Status of tool_TOOL: 0 when it ran to its end, whatever it found.

P=tests/static/planted
JOBS=${JOBS:-2}

needs() { # needs PROGRAM PACKAGE
	command -v "$1" >/dev/null && return
	echo "$1 is missing (apt-get install $2)"
	return 1
}

# What a planted mistake shows as, in the findings of its tool.
planted_for() {
	case $1 in
	shellcheck) echo SC2045 ;;
	mypy) echo return-value ;;
	checkpatch) echo UNSPECIFIED_INT ;;
	coccicheck) echo '[ifnullfree]' ;;
	sparse) echo 'dereference of noderef' ;;
	cppcheck) echo doubleFree ;;
	fanalyzer) echo analyzer-double-free ;;
	clang_tidy) echo clang-analyzer-unix.Malloc ;;
	pahole) echo '[hole]' ;;
	nm) echo '[not-in-map] ward_planted' ;;
	esac
}

# ---- scripts and Python -------------------------------------------------------------

needs_shellcheck() { needs shellcheck shellcheck; }

scripts() {
	git ls-files | grep -v "^$P/" | while read -r f; do
		case $(head -c 11 "$f" | tr -d '\0') in
		'#!/bin/bash' | '#!/bin/sh'* | '# shellchec') echo "$f" ;;
		esac
	done
}

# What shellcheck can't follow (SC1091) is checked as a file of its own.
tool_shellcheck() {
	{ if [ -n "${1:-}" ]; then echo $P/script; else scripts; fi; } |
		nice xargs -n8 -P"$JOBS" shellcheck -f gcc -x --source-path=SCRIPTDIR -S warning -e SC1091 |
		sed -E 's/^([^:]+:[0-9]+):[0-9]+: [a-z]+: (.*) \[(SC[0-9]+)\]$/\1: [\3] \2/'
	[ "${PIPESTATUS[1]}" -le 123 ]
}

needs_mypy() { needs mypy mypy; }

tool_mypy() {
	if [ -n "${1:-}" ]; then
		mypy --strict --no-incremental $P/text.py
	else
		make -s DEPS=skip python >&2 && (cd build/python && mypy --strict -p ward)
	fi | sed -n -E 's/^([^:]+:[0-9]+): error: (.*)  \[([a-z-]+)\]$/\1: [\3] \2/p'
	[ "${PIPESTATUS[0]}" -le 1 ]
}

# ---- the module ---------------------------------------------------------------------

# checkpatch.pl and the semantic patches are the kernel's own, from the source that the debug
# kernel was made of.
kernel_scripts() {
	local kdir
	kdir=$(tests/vm/kernels path debug 2>/dev/null)/kdir/scripts
	[ -e "$kdir/$1" ] && echo "$kdir/$1" && return
	echo "the kernel's $1 is not at hand (tests/vm/kernels fetch debug)"
	return 1
}

needs_checkpatch() {
	local said
	needs perl perl && { said=$(kernel_scripts checkpatch.pl) || { echo "$said" && return 1; }; }
}

tool_checkpatch() {
	local files=(kmod/*.[ch] include/uapi/linux/*.h)
	[ -z "${1:-}" ] || files=("$P/kernel.c")
	nice perl "$(kernel_scripts checkpatch.pl)" --no-tree --strict --terse --show-types \
		--max-line-length=100 --tab-size=8 -f "${files[@]}" |
		sed -n -E 's/^([^:]+:[0-9]+): [A-Z]+:([A-Z_0-9]+): /\1: [\2] /p'
	[ "${PIPESTATUS[0]}" -le 1 ]
}

needs_coccicheck() {
	local said
	needs spatch coccinelle && { said=$(kernel_scripts coccinelle) || { echo "$said" && return 1; }; }
}

# Two of the patches are partly OCaml, which spatch runs only beside a compiler of its own:
# a driver's that is not ours, and comparisons of pointers with 0, which sparse finds.
semantic_patches() {
	grep -rlw 'virtual report' "$(kernel_scripts coccinelle)" |
		grep -vE '/(check_bq27xxx_data|badzero)\.cocci$' | LC_ALL=C sort
}

# As scripts/coccicheck runs them, each with the options that it names; spatch leaves what it
# works with where it is started.
tool_coccicheck() {
	local patch options name top=$PWD dir=kmod which=.
	[ -z "${1:-}" ] || { dir=$P && which=ifnullfree; }
	for patch in $(semantic_patches | grep "$which"); do
		read -ra options < <(sed -n 's/.*Options: *//p' "$patch")
		name=$(basename "$patch" .cocci)
		(cd $B && nice spatch -D report --no-show-diff --very-quiet --cocci-file "$patch" \
			"${options[@]}" --dir "$top/$dir" -I "$top/kmod" -I "$top/include/uapi" \
			--jobs "$JOBS" --chunksize 1) >"$B/spatch.out" || return 1
		sed -n -E "s,^$top/([^:]+:[0-9]+):[0-9-]+: (.*),\1: [$name] \2,p" "$B/spatch.out"
	done
}

# The kernel whose headers this machine's own compiler serves: the debug kernel's.
needs_sparse() {
	needs sparse sparse || return
	tests/vm/kernels path debug >/dev/null 2>&1 && return
	echo "no kernel headers at hand (tests/vm/kernels fetch debug)"
	return 1
}

# A copy of its own, since kbuild writes beside what it reads. C=2 reads every file again.
tool_sparse() {
	local src=$PWD/$B/sparse.src entry
	entry=$(tests/vm/kernels path debug)
	rm -rf "$src"
	mkdir -p "$src"
	if [ -n "${1:-}" ]; then
		cp $P/kernel.c "$src/"
		echo 'obj-m := kernel.o' >"$src/Kbuild"
	else
		cp -r Kbuild kmod include "$src/"
	fi
	nice env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$entry/kdir" M="$src" \
		CC="$(cat "$entry/compiler")" C=2 CHECK=sparse CF='-Wno-context' W=1 -j"$JOBS" modules \
		>"$B/sparse.log" 2>&1 || { cat "$B/sparse.log" >&2; [ -n "${1:-}" ] || return 1; }
	sed -n -E "s,^($src/)?([^: ]+:[0-9]+):[0-9]+: (warning|error): (.*),\2: [sparse] \4,p" "$B/sparse.log"
}

# ---- layouts and names --------------------------------------------------------------

needs_pahole() { needs pahole pahole; }

# Of the ABI no byte is without a name: what is padded goes out with what was there.
uapi_layouts() {
	local o=$B/uapi.o header headers=(include/uapi/linux/*.h)
	[ -z "${1:-}" ] || headers=("$P/holes.h")
	for header in "${headers[@]}"; do
		echo "#include \"$header\""
	done | gcc -g -fno-eliminate-unused-debug-types -I. -Iinclude/uapi -xc - -c -o $o || return
	pahole $o | awk '
		/^struct ward/ { name = $2 }
		/XXX.*hole/ { print "include/uapi:0: [hole] struct " name ": " $0 }
		/padding: / { print "include/uapi:0: [padding] struct " name ": " $0 }
	' | tr -s '\t ' ' '
}

# Of the module's own structs none wastes a word where another order would not.
module_layouts() {
	local ko
	ko=$(find build/kmod -maxdepth 2 -name ward.ko -printf '%T@ %p\n' 2>/dev/null |
		sort -n | sed -n '$s/[^ ]* //p')
	if [ -z "$ko" ]; then
		echo "# pahole: no module is built (make module KERNEL=6.12): the ABI's structs alone" >&2
		return
	fi
	pahole --hole_size_ge 8 "$ko" 2>/dev/null | awk '
		/^struct/ { name = $2 }
		/^}/ { name = "" }
		/XXX [0-9]+ bytes hole/ && $3 >= 8 { print name " " $3 }
	' | while read -r name bytes; do
		! grep -qE "^struct $name \{" kmod/*.[ch] ||
			echo "kmod:0: [hole] struct $name: $bytes bytes"
	done
}

tool_pahole() {
	uapi_layouts "${1:-}" || return
	[ -n "${1:-}" ] || module_layouts
}

needs_nm() { needs nm binutils; }

# exported LIBRARY, promised MAP LIBRARY: names, sorted
exported() {
	nm -D --defined-only "$1" | awk '$2 ~ /[TDBRVW]/ { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort
}
# A map may promise all of a prefix (wv_*): then those are it that there are.
promised() {
	local name
	sed -n -E '/global:/,/local:/s/^[[:space:]]+([a-z][a-z0-9_]*\*?);.*/\1/p' "$1" | while read -r name; do
		case $name in
		*\*) exported "$2" | grep "^${name%\*}" || echo "$name" ;;
		*) echo "$name" ;;
		esac
	done | LC_ALL=C sort
}

# against LIBRARY MAP
against() {
	LC_ALL=C comm -23 <(exported "$1") <(promised "$2" "$1") | sed "s|.*|$2:0: [not-in-map] &|"
	LC_ALL=C comm -13 <(exported "$1") <(promised "$2" "$1") | sed "s|.*|$2:0: [not-there] &|"
}

tool_nm() {
	local lib map
	if [ -n "${1:-}" ]; then
		gcc -shared -fPIC -o $B/planted.so $P/exports.c &&
			against $B/planted.so userspace/lib/libward.map
		return
	fi
	make -s DEPS=skip userspace >&2 || return
	for map in userspace/*/lib*.map; do
		lib=$(basename "$map" .map)
		against "build/lib/$lib.so" "$map"
	done
	module_names
}

# The module exports nothing, and its own names say whose they are.
module_names() {
	local ko
	for ko in build/kmod/*/ward.ko; do
		[ -e "$ko" ] || continue
		nm --defined-only "$ko" | awk '
			$3 ~ /^__ksymtab_/ { print "kmod:0: [exported] " $3 }
			$2 ~ /[TDBRC]/ && $3 !~ /^(__pfx_|__cfi_)?(__)?ward_/ && $3 !~ /^__(start|stop)_/ &&
			$3 !~ /^(__pfx_|__cfi_)?(init_module|cleanup_module|__this_module)$/ {
				print "kmod:0: [foreign-name] " $3
			}'
	done
}

# ---- user space ---------------------------------------------------------------------

needs_cppcheck() { needs cppcheck cppcheck; }

# Macros of others' headers that stand where C has none: cppcheck reads no header of theirs.
tool_cppcheck() {
	local what=(userspace examples)
	[ -z "${1:-}" ] || what=("$P/user.c")
	nice cppcheck -q -j"$JOBS" --enable=warning,portability,performance --inline-suppr \
		--std=c11 --library=posix,gnu,openssl --library=tests/static/cppcheck.cfg \
		-D_GNU_SOURCE= -DWARD_VERSION='""' -Iuserspace/lib -Iuserspace/verifier -Iinclude/uapi \
		--template='{file}:{line}: [{id}] {message}' "${what[@]}" 2>&1
}

# Each file by a command of ours before its own flags, with an output of its own: several at
# once would cut each other's lines.
each_file() { # each_file PROGRAM WORD...
	tests/static/commands.py $B || return
	rm -rf $B/parts
	mkdir $B/parts
	sed "s|^|$* |" $B/flags | tr '\n' '\0' |
		nice xargs -0 -n1 -P"$JOBS" sh -c "eval \"\$0\" >$B/parts/\$\$ 2>&1; true"
	cat $B/parts/*
}

needs_fanalyzer() { needs gcc gcc; }

# Two checks are off: gcc 12 takes a structure that a library returns for uninitialised, and
# a node that stays in its list for leaked.
tool_fanalyzer() {
	local words='gcc -fanalyzer -fdiagnostics-plain-output -Wno-analyzer-use-of-uninitialized-value
		-Wno-analyzer-malloc-leak -c -o /dev/null -Wno-error'
	# shellcheck disable=SC2086
	if [ -n "${1:-}" ]; then
		gcc ${words#gcc} $P/user.c 2>&1
	else
		each_file $words
	fi | sed -n -E 's/^([^: ]+:[0-9]+):[0-9]+: (warning|error): (.*) \[-W(error=)?(analyzer-[a-z-]+)\]$/\1: [\5] \3/p'
}

needs_clang_tidy() { needs clang-tidy clang-tidy; }

# With the analyzer that scan-build runs, in one pass. Of bugprone what is about what a program
# does, not how it is written: an array of pointers is sizeof(*a) for each, and a comparison
# is true where it is not 0. clang 14 takes each va_list for one that nobody began.
tool_clang_tidy() {
	local checks='-*,bugprone-*,misc-redundant-expression'
	checks+=',clang-analyzer-core*,clang-analyzer-unix*,clang-analyzer-deadcode*'
	checks+=',clang-analyzer-nullability*,clang-analyzer-security.FloatLoopCounter'
	checks+=,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier
	checks+=,-bugprone-narrowing-conversions,-bugprone-implicit-widening-of-multiplication-result
	checks+=,-bugprone-branch-clone,-bugprone-assignment-in-if-condition
	checks+=,-bugprone-suspicious-string-compare,-bugprone-sizeof-expression
	if [ -n "${1:-}" ]; then
		clang-tidy --quiet "--checks=$checks" $P/user.c -- 2>/dev/null
	else
		tests/static/commands.py $B || return
		rm -rf $B/parts
		mkdir $B/parts
		sed 's/.* //' $B/flags |
			nice xargs -n4 -P"$JOBS" sh -c "clang-tidy -p $B --quiet '--checks=$checks' \"\$@\" >$B/parts/\$\$ 2>/dev/null; true" sh
		cat $B/parts/*
	fi | sed -n -E "s,^($PWD/)?([^:/ ][^: ]*:[0-9]+):[0-9]+: (warning|error): (.*) \[(.*)\]\$,\2: [\5] \4,p"
}
