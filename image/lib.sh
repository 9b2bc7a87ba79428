# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Roots of Debian for images and for what is built beside them. Sourced, with
# tests/vm/lib.sh before it; needs root.

IMAGE_PACKAGES="systemd systemd-sysv dbus udev kmod initramfs-tools zstd iproute2 ca-certificates apparmor cloud-init e2fsprogs openssh-server python3 python3-apt"
COMPILER_PACKAGES="dkms gcc make libc6-dev"
BUILD_PACKAGES="build-essential debhelper dh-dkms"

# ---- what Debian has ----------------------------------------------------------

# The cloud flavour is smaller, and that of 6.1 has no driver of /dev/sev-guest.
flavour_of() {
	case $1 in
	bookworm) echo amd64 ;;
	*) echo cloud-amd64 ;;
	esac
}

# packages_of KIND SUITE [DEBS]: of an image that can hold the packages in DEBS, or of
# a chroot that ward's packages are built in
packages_of() {
	local flavour
	flavour=$(flavour_of "$2")
	case $1 in
	image)
		echo "$IMAGE_PACKAGES linux-image-$flavour"
		echo "$COMPILER_PACKAGES linux-headers-$flavour"
		depends_of "$3"
		;;
	build) echo "$BUILD_PACKAGES" && build_depends ;;
	esac | tr -s ' \n' ' '
}

# What the packages of a directory need beside each other, so that they install without a network.
depends_of() {
	local deb
	for deb in "$1"/*.deb; do
		dpkg-deb -f "$deb" Depends | tr , '\n'
	done | sed 's/|.*//; s/(.*//' | tr -d ' ' | sort -u |
		grep -vxF -e '' -f <(for deb in "$1"/*.deb; do dpkg-deb -f "$deb" Package; done)
}

build_depends() {
	sed -n '/^Build-Depends:/,/^[A-Z]/{s/^Build-Depends://;/^[A-Z]/d;p}' "$WARD_TOP/debian/control" |
		sed 's/(.*//; s/debhelper-compat//; s/,//'
}

sources_of() {
	local security
	security=$(mirror_of security)
	echo "deb $(mirror_of main) $1 main"
	[ -z "$security" ] || echo "deb $security $1-security main"
}

# What clouds have their disks behind, and no more: the initrd is part of what is measured.
DISKS="virtio_pci virtio_blk virtio_scsi sd_mod nvme hv_vmbus hv_storvsc ext4"

# Before any kernel is installed.
small_initrd() {
	cat <<-HOOK
		mkdir -p "\$1/etc/initramfs-tools/conf.d" "\$1/usr/share/initramfs-tools/modules.d"
		echo MODULES=list >"\$1/etc/initramfs-tools/conf.d/ward"
		printf '%s\\n' $DISKS >"\$1/usr/share/initramfs-tools/modules.d/ward"
	HOOK
}

# A root of what Debian has, as a directory. Only how to reach the network is
# taken from this machine's apt, and that does not stay.
make_base() {
	local suite=$1 packages=$2 final=$3 temp
	[ ! -e "$final/usr/bin/make" ] || return 0
	need mmdebstrap
	[ -n "$(mirror_of main)" ] || die "no Debian mirror in this machine's apt configuration"
	note "making $final (some minutes, once)"
	temp=$(temp_beside "$final")
	# shellcheck disable=SC2064
	trap "rm -rf --one-file-system '$temp' '$temp.log' '$temp.apt'" EXIT
	network_settings >"$temp.apt"
	sources_of "$suite" | unshare --mount --propagation private \
		mmdebstrap --mode=root --variant=minbase --format=directory --aptopt="$temp.apt" \
		--keyring="$DEBIAN_KEYRING" --include="$packages" \
		--essential-hook="$(small_initrd)" \
		--customize-hook="rm -f \"\$1/etc/apt/apt.conf.d/99mmdebstrap\"" \
		"$suite" "$temp" - >"$temp.log" 2>&1 || {
		tail -n 20 "$temp.log" >&2
		die "mmdebstrap $suite failed"
	}
	chmod 755 "$temp"
	publish "$temp" "$final"
	# Those of recipes that nobody has used for a month.
	find "${final%/*}" -mindepth 1 -maxdepth 1 -name '[a-z]*-????????????' -mtime +30 \
		! -path "$final" -exec rm -rf --one-file-system {} +
}

# base KIND SUITE [DEBS]: path of such a root in the cache
base() {
	local packages final
	packages=$(packages_of "$@")
	final=$WARD_CACHE/image/$1-$2-$(recipe_hash make_base sources_of small_initrd -- "$DISKS" "$packages")
	with_lock "image-$1-$2" make_base "$2" "$packages" "$final" >&2 || return
	echo "$final"
}

# ---- chroots ------------------------------------------------------------------

# merged BASE LAYER COMMAND...: run COMMAND with LAYER/root being BASE, where what is
# written goes to LAYER/upper. Mounts go with the command, however it ends.
merged() {
	mkdir -p "$2"/{upper,work,root}
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --kill-child --propagation private bash -ec '
		mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
		cd "$2/root"
		shift 2
		exec "$@"
	' bash "$@"
}

# enter BASE LAYER DIR COMMAND...: run COMMAND in there, with DIR as /mnt.
enter() {
	local base=$1 layer=$2 dir=$3
	shift 3
	# shellcheck disable=SC2016
	merged "$base" "$layer" bash -ec '
		mount -t proc proc proc
		mount --rbind /dev dev
		mount -t tmpfs -o mode=755 none run
		mount -t tmpfs -o mode=1777 none tmp
		mount --bind "$1" mnt
		shift
		exec chroot . env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root \
			DEBIAN_FRONTEND=noninteractive "$@"
	' bash "$dir" "$@"
}
