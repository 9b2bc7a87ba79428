# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For scripts inside a DKMS chroot (tests/vm/chroot scratch): packages of headers, what
# DKMS made of ward, and results. Sourced in the directory that holds the packages in
# debs/, and for some kernels modules of theirs in modules/RELEASE/.
D=/tmp/t	# what commands said
mkdir -p $D
# shellcheck source=tests/harness/results.sh
. ./results.sh
export DEBIAN_FRONTEND=noninteractive
HEADERS=/srv/headers

# headers_of SERIES FLAVOUR: the packages that one flavour takes, its own last.
headers_of() {
	local own
	own=$(flavour_package "$1" "$2")
	ls "$HEADERS/$1"/linux-{compiler,kbuild}* "$HEADERS/$1"/linux-headers-*-"$(common_of "$2")"_* 2>/dev/null
	echo "$own"
}

common_of() {
	case $1 in rt) echo common-rt ;; *) echo common ;; esac
}

# FLAVOUR: amd64, cloud, rt
flavour_package() {
	local f
	for f in "$HEADERS/$1"/linux-headers-*amd64_*.deb; do
		case $f in
		*-cloud-amd64_*) [ "$2" = cloud ] || continue ;;
		*-rt-amd64_*) [ "$2" = rt ] || continue ;;
		*) [ "$2" = amd64 ] || continue ;;
		esac
		echo "$f"
		return
	done
	return 1
}

release_of() { # SERIES FLAVOUR: as uname -r would have it
	local deb
	deb=$(flavour_package "$1" "$2") || return
	dpkg-deb -f "$deb" Package | sed 's/^linux-headers-//'
}

# From 6.12 on headers ask for the kernel's image, which nobody boots here.
install_headers() {
	# shellcheck disable=SC2046
	dpkg -i --force-depends $(headers_of "$1" "$2")
}

# What the kernel's image would have done: modules (the test brought some of some kernels),
# and depmod, without which later DKMS leaves modules.dep to the image.
bring_modules() { # SERIES FLAVOUR
	local release
	release=$(release_of "$1" "$2")
	mkdir -p "/lib/modules/$release/kernel"
	[ ! -d "modules/$release" ] || cp "modules/$release"/*.ko "/lib/modules/$release/kernel/"
	touch "/lib/modules/$release"/modules.{order,builtin}
	depmod "$release"
}

module_of() { # RELEASE
	find "/lib/modules/$1/updates" -name 'ward.ko*' 2>/dev/null
}

# depends_known RELEASE MODULE: depmod lists it, with what it says that it needs.
depends_known() {
	local line need
	line=$(grep '^updates/dkms/ward\.ko' "/lib/modules/$1/modules.dep") || return
	[ -d "modules/$1" ] || return 0
	for need in $(modinfo -F depends "$2" | tr ',' ' '); do
		[[ $line == *" kernel/$need.ko"* ]] || return
	done
}

# built RELEASE TEXT: DKMS has built and installed it, without a warning, and depmod knows.
built() {
	local ko log
	ko=$(module_of "$1")
	log=/var/lib/dkms/ward/$VERSION/$1/x86_64/log/make.log
	{
		dkms status -k "$1"
		modinfo "$ko"
		grep ward /lib/modules/"$1"/modules.dep
	} >>$D/out 2>&1
	dkms status -k "$1" | grep -q '^ward/.*: installed' && [ -n "$ko" ] &&
		modinfo -F vermagic "$ko" | grep -q "^$1 " &&
		[ "$(modinfo -F version "$ko")" = "$VERSION" ]
	result $? "$2: DKMS has built and installed it for $1"
	! grep -iE 'warning|error' "$log" >$D/out 2>&1
	result $? "$2: without a warning"
	grep ward "/lib/modules/$1/modules.dep" >$D/out 2>&1
	depends_known "$1" "$ko"
	result $? "$2: modules.dep has it, with what it needs"
}

not_built() { # RELEASE TEXT
	module_of "$1" >$D/out
	! [ -s $D/out ]
	result $? "$2"
}

# timed TEXT COMMAND...: what it says into $D/out; as a comment how long it took, and the
# processors' time of it, which other work beside it leaves nearly as it is
timed() {
	local text=$1 status=0
	shift
	TIMEFORMAT="# $text: %0R s, of processors %0U + %0S s"
	{ time "$@" >$D/out 2>&1; } 2>$D/time || status=$?
	cat $D/time
	return $status
}

VERSION=$(dpkg-deb -f debs/ward-dkms_*.deb Version)

# Names of what is there, but for logs, caches and what dpkg, depmod and DKMS keep for
# themselves; the group stays, since files may belong to it.
there() {
	find / -xdev \( -path /proc -o -path /dev -o -path /mnt -o -path /tmp -o -path "$PWD" \) \
		-prune -o ! -path '/var/cache/*' ! -path '/var/log/*' -print | grep -vE \
		-e '^/(etc/(group|gshadow)-?|etc/\.pwd\.lock|var/lib/dpkg/.*|var/lib/systemd.*)$' \
		-e '^/(usr/)?lib/modules/[^/]*/modules\.[a-z.]*$' -e '^/var/lib/dkms/mok\.(key|pub)$' | sort
}

as_before() { # TEXT
	there >after
	diff before after >$D/out
	result $? "$1"
}
