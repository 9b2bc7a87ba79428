#!/bin/bash
# SPDX-License-Identifier: MIT
# Rules of the house that a grep can check, over the files that git tracks.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh

files() {
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files "$@"
	else
		find "${@%/\*}" -type f 2>/dev/null
	fi
}

code() {
	files | grep -E '\.(c|h|sh|py|mk)$|(^|/)(Makefile|Kbuild)$'
}

clean "every file names its licence" < <(
	files | grep -vE '^LICENSES/' | while read -r f; do
		# JSON has no comments: its licence stands in FILE.license beside it
		head -qn 3 "$f" "$f.license" 2>/dev/null |
			grep -q 'SPDX-License-Identifier: ' || echo "$f"
	done
)

clean "no source file has more than 600 lines" < <(
	code | while read -r f; do
		awk -v f="$f" 'END { if (NR > 600) print f ": " NR " lines" }' "$f"
	done
)

clean "version differences live in kmod/compat.h only" < <(
	files 'kmod/*' | grep -v '^kmod/compat\.h$' | xargs grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION'
)

clean "no kernel pointer reaches a log, no symbol is looked up behind the kernel's back" < <(
	files 'kmod/*' | xargs grep -nE '%px|kallsyms'
)

clean "every file_operations pins the module" < <(
	files 'kmod/*.c' 'tests/tsmsim/*.c' | while read -r f; do
		awk -v f="$f" '
			/^(static )?(const )?struct file_operations [a-z_]+ = \{/ { inside = 1; owned = 0; at = NR }
			inside && /\.owner = THIS_MODULE/ { owned = 1 }
			inside && /^};/ { if (!owned) print f ":" at ": file_operations without .owner"; inside = 0 }
		' "$f"
	done
)

clean "ioctl() is called by libward alone" < <(
	files 'userspace/*.c' 'userspace/*.h' | grep -v '^userspace/lib/' | xargs grep -nE '[^_a-z]ioctl\('
)

clean "the verifier does no I/O, reads no clock, prints nothing" < <(
	files 'userspace/verifier/*.[ch]' |
		xargs grep -nE '\b(fopen|open|read|time|gettimeofday|clock_gettime|getenv|printf|puts|socket|exit|abort)\('
)

clean "libward does not print, exit or read the environment" < <(
	files 'userspace/lib/*.[ch]' | xargs grep -nE '\b(printf|puts|perror|exit|_exit|abort|getenv|secure_getenv) ?\('
)

clean "nothing is left undone by its own words" < <(
	code | grep -v '^tests/cli/tree\.sh$' | xargs grep -nE '\b(TODO|FIXME|XXX|HACK)\b'
)

clean "a test program can be executed" < <(
	files 'tests/cli/*.sh' 'tests/e2e/*.sh' | while read -r f; do
		[ -x "$f" ] || echo "$f: chmod +x"
	done
)

clean "the ABI uses fixed-size types" < <(
	files 'include/uapi/*.h' | xargs grep -nE '\b(enum [a-z_]+ [a-z_]+;|unsigned (int|long)|size_t|bool )' |
		grep -vE '^\S+:[0-9]+: \*'
)

clean "the ABI's headers stand alone, in C and in C++" < <(
	for h in ward ward_claims ward_netlink; do
		for mode in "-m64 -xc -std=c99" "-m64 -xc++ -std=c++17"; do
			# shellcheck disable=SC2086
			printf '#include <linux/%s.h>\n' "$h" |
				${CC:-cc} $mode -Wall -Wextra -Wpedantic -Iinclude/uapi -fsyntax-only - 2>&1 |
				grep -vE 'warning: .*long long' | grep -E 'error|warning'
		done
	done
)

finish
