# SPDX-License-Identifier: MIT
# Shared by the scripts of tests/vm: the cache, a private apt root, chroots.
# Sourced by bash; sets nothing but functions and the variables just below.

WARD_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WARD_CACHE=${WARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ward}
# depmod and debootstrap are where an ordinary user's PATH doesn't lead.
PATH=$PATH:/usr/sbin:/sbin

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

note() {
	echo "${0##*/}: $*" >&2
}

need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null 2>&1 ||
			die "$tool is not installed (tests/deps installs what the tests need)"
	done
}

# recipe_hash FUNCTION... [-- TEXT...]: what a cache entry depends on. A shell
# function prints without its comments, so only a changed recipe changes it.
recipe_hash() {
	local f
	{
		while [ $# -gt 0 ] && [ "$1" != -- ]; do
			f=$1
			shift
			declare -f "$f" || die "no recipe $f"
		done
		printf '%s\n' "$@"
	} | sha256sum | cut -c1-12
}

# with_lock NAME COMMAND...: one run at a time for a cache entry. Whoever waits
# finds the entry made and leaves it alone.
with_lock() {
	local name=$1
	shift
	mkdir -p "$WARD_CACHE/locks"
	(
		flock -n 9 || {
			note "waiting for another run that makes $name"
			flock -w 3600 9 || die "gave up waiting for $WARD_CACHE/locks/$name"
		}
		"$@"
	) 9>"$WARD_CACHE/locks/$name"
}

# publish TEMP ENTRY: an entry exists whole or not at all.
publish() {
	sync -f "$1"
	if [ -e "$2" ]; then
		mv "$2" "$1.old"
	fi
	mv -T "$1" "$2"
	rm -rf --one-file-system "$1.old"
}

# temp_beside ENTRY: a temporary directory on the entry's file system. Those
# that a killed run left behind go after a day.
temp_beside() {
	local dir
	dir=$(dirname "$1")
	mkdir -p "$dir"
	find "$dir" -maxdepth 1 -name '.tmp.*' -mmin +1440 -exec rm -rf --one-file-system {} + 2>/dev/null
	mktemp -d "$dir/.tmp.XXXXXX"
}

host_codename() {
	(
		. /etc/os-release
		echo "${VERSION_CODENAME:-unknown}"
	)
}

# mirror_of KIND (main|security): the Debian mirror that this machine's apt uses.
mirror_of() {
	local code uri
	code=$(host_codename)
	[ "$1" = main ] || code=$code-security
	uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
		'Created-By: Packages' 2>/dev/null |
		awk -v r="$code" '$2 == r { print $1; exit }')
	if [ -z "$uri" ]; then
		uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
			'Created-By: Packages' 2>/dev/null |
			awk -v k="$1" '{ s = ($1 ~ /security/) ? "security" : "main" }
				$1 ~ /\/debian(-security)?\/?$/ && s == k { print $1; exit }')
	fi
	echo "${uri%/}"
}

# How this machine's apt reaches the network, and nothing else of its settings.
network_settings() {
	apt-config dump |
		grep -E '^Acquire::(https?|ftp|Retries|Check-[A-Za-z-]*|Force[A-Za-z0-9]*)[ :]' || :
}

# arch_of SERIES: whose kernel it is, in Debian's words.
arch_of() {
	case $1 in
	*-arm64) echo arm64 ;;
	*) echo amd64 ;;
	esac
}

# Series that are compiled here, to judge ward (see debug.sh).
DEBUG_SERIES="debug debug-newest kcsan"

is_debug() { # SERIES
	case " $DEBUG_SERIES " in *" $1 "*) ;; *) return 1 ;; esac
}

# triplet_of ARCH: how GNU's tools and Debian's directories of libraries call it.
triplet_of() {
	case $1 in
	arm64) echo aarch64-linux-gnu ;;
	amd64) echo x86_64-linux-gnu ;;
	esac
}

# built_for ARCH: where the Makefile's output for it is.
built_for() {
	case $1 in
	arm64) echo "$WARD_TOP/build/arm64" ;;
	amd64) echo "$WARD_TOP/build" ;;
	esac
}

DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_root DIR SUITE...: an apt world of its own (sources, state, cache), so that
# the machine's apt is never touched. Only how to reach the network is inherited.
# APT_FOREIGN names an architecture whose packages it knows beside amd64's.
apt_root() {
	local root=$1 suite uri arches=amd64${APT_FOREIGN:+,$APT_FOREIGN}
	shift
	mkdir -p "$root"/etc/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} \
		"$root"/state/lists/partial "$root"/cache/archives/partial
	: >"$root/state/status"
	: >"$root/etc/sources.list.new"
	for suite; do
		case $suite in
		*-security) uri=$(mirror_of security) ;;
		*) uri=$(mirror_of main) ;;
		esac
		if [ -z "$uri" ]; then
			case $suite in
			*-security | *-updates) continue ;;
			*) die "no Debian mirror in this machine's apt configuration" ;;
			esac
		fi
		echo "deb [signed-by=$DEBIAN_KEYRING arch=$arches] $uri $suite main" \
			>>"$root/etc/sources.list.new"
	done
	mv "$root/etc/sources.list.new" "$root/etc/sources.list"
	{
		network_settings
		cat <<-CONF
			Dir "$root";
			Dir::Etc "$root/etc";
			Dir::Etc::Parts "$root/etc/apt.conf.d";
			Dir::State "$root/state";
			Dir::State::status "$root/state/status";
			Dir::Cache "$root/cache";
			APT::Architecture "amd64";
			APT::Architectures { "${arches//,/\"; \"}"; };
			APT::Sandbox::User "root";
			Acquire::Languages "none";
			Acquire::Retries "3";
			Acquire::http::Timeout "60";
		CONF
	} >"$root/apt.conf"
}

apt_in() {
	local root=$1 tool=$2
	shift 2
	APT_CONFIG="$root/apt.conf" "$tool" "$@"
}

# apt_update ROOT: at most once a day, unless WARD_REFRESH is set.
apt_update() {
	if [ -z "${WARD_REFRESH:-}" ] && [ -e "$1/updated" ] &&
		[ -z "$(find "$1/updated" -mmin +1440)" ]; then
		return 0
	fi
	apt_in "$1" apt-get -qq update || return 1
	touch "$1/updated"
}
