# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by kernels: how the debug kernels are made, from Debian's source packages
# and the configuration in debug.config; for those but `debug` itself, SERIES.config
# has the last word. Their entries look like any other one, and hold beside that the
# key that their modules are signed with.

# shellcheck disable=SC2034 # for kernels, which asks apt for it
DEBUG_PACKAGE=linux-source-6.12
DEBUG_CONFIG=$WARD_TOP/tests/vm/debug.config

# Of the newest suite the metapackage says which source it is.
debug_package() { # SERIES ROOT
	case $1 in
	debug-newest)
		apt_in "$2" apt-cache --no-all-versions show linux-source |
			sed -n 's/^Depends: \(linux-source-[0-9.]*\).*/\1/p' | grep . ||
			die "linux-source of the newest suite names no source package"
		;;
	*) echo "$DEBUG_PACKAGE" ;;
	esac
}

# debug.config, without the lines that the series' own file has another word on.
debug_wanted() { # SERIES
	local own=$WARD_TOP/tests/vm/$1.config
	[ "$1" != debug ] || own=/dev/null
	awk '
		match($0, /CONFIG_[A-Za-z0-9_]*/) && /^(# )?CONFIG_/ {
			name = substr($0, RSTART, RLENGTH)
			if (FILENAME == ARGV[1])
				own[name] = 1
			else if (name in own)
				next
		}
		FILENAME == ARGV[2]' "$own" "$DEBUG_CONFIG"
	cat "$own"
}

debug_compiler() {
	local cc
	cc=gcc-$(gcc -dumpversion | cut -d. -f1)
	command -v "$cc" >/dev/null 2>&1 || cc=gcc
	echo "$cc"
}

# Wanted lines of a fragment that CONFIG does not hold, each with what it holds
# instead. Status 1 if there is any: olddefconfig drops without a word what it
# cannot have.
config_missing() { # FRAGMENT CONFIG
	awk '
		function name(line) {
			sub(/^# /, "", line)
			sub(/[= ].*/, "", line)
			return line
		}
		/^CONFIG_/ || /^# CONFIG_[A-Za-z0-9_]* is not set/ {
			if (FNR == NR) {
				wanted[name($0)] = $0
				order[++n] = name($0)
			} else {
				got[name($0)] = $0
			}
		}
		END {
			for (i = 1; i <= n; i++) {
				o = order[i]
				if (o in got ? got[o] == wanted[o] : wanted[o] ~ /^#/)
					continue
				print wanted[o] " (is: " (o in got ? got[o] : "not there: it depends on what is off") ")"
				bad = 1
			}
			exit bad
		}' "$1" "$2"
}

# In the entry's temporary directory: source/ and, beside it, build/.
debug_make() { # TEMP COMPILER WORD...
	local temp=$1 cc=$2
	shift 2
	nice make -s -C "$temp/source" O="$temp/build" ARCH=x86_64 CC="$cc" HOSTCC="$cc" \
		KBUILD_BUILD_USER=ward KBUILD_BUILD_HOST=ward "$@"
}

debug_configure() {
	local temp=$1 cc=$2 missing
	mkdir "$temp/build"
	debug_make "$temp" "$cc" KCONFIG_ALLCONFIG="$DEBUG_CONFIG" allnoconfig
	missing=$(config_missing "$DEBUG_CONFIG" "$temp/build/.config") ||
		die "debug.config asks for what this kernel does not take:
$missing"
}

# The image, the modules that guests load, what building a module takes, the key.
debug_collect() {
	local temp=$1 cc=$2 build=$1/build version
	version=$(cat "$build/include/config/kernel.release")
	cp "$build/arch/x86/boot/bzImage" "$temp/vmlinuz"
	cp "$build/.config" "$temp/config"
	debug_make "$temp" "$cc" INSTALL_MOD_PATH="$temp/tree" DEPMOD=true modules_install
	unpack_modules "$temp/tree" "$version" "$temp/modules"
	debug_make "$temp" "$cc" run-command \
		KBUILD_RUN_COMMAND="\$(srctree)/scripts/package/install-extmod-build $temp/kdir"
	cp "$build/.config" "$temp/kdir/"
	mkdir -p "$temp/kdir/certs"
	cp "$build"/certs/signing_key.{pem,x509} "$temp/kdir/certs/"
	echo "$cc" >"$temp/compiler"
	echo "$version" >"$temp/version"
}

# Thousands of files are compiled: the log is kept where it can be read while
# that goes on, and after a failure.
unpack_debug() {
	local temp=$1 deb=$3 cc log started=$SECONDS
	need bc bison flex xz make tar
	cc=$(debug_compiler)
	log=$WARD_CACHE/kernels/debug.log
	mkdir "$temp/source"
	dpkg-deb --fsys-tarfile "$deb" |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ -C "$temp/source" --strip-components=1
	debug_configure "$temp" "$cc"
	note "compiling the debug kernel, log in $log"
	debug_make "$temp" "$cc" -j"$(nproc)" bzImage modules >"$log" 2>&1 || {
		grep -E -m 20 'error|Error' "$log" >&2 || tail -n 20 "$log" >&2
		die "the debug kernel does not compile (whole log: $log)"
	}
	debug_collect "$temp" "$cc"
	rm -rf --one-file-system "$temp/source" "$temp/build" "$temp/tree"
	note "the debug kernel took $((SECONDS - started)) s"
}

# debug's lock too: there is one log, and two compilations at once help nobody.
unpack_debug_as() { # SERIES TEMP FINAL DEB
	local series=$1 wanted=$2/wanted
	shift
	debug_wanted "$series" >"$wanted"
	DEBUG_CONFIG=$wanted with_lock kernel-debug unpack_debug "$@"
	rm "$wanted"
}

unpack_debug_newest() {
	unpack_debug_as debug-newest "$@"
}

unpack_kcsan() {
	unpack_debug_as kcsan "$@"
}
