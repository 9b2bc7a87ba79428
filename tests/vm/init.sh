#!/bin/sh
# SPDX-License-Identifier: MIT
# /init of a test guest (busybox): brings up what a test needs, runs /script,
# says the last word on the port ward.ktap, then dumps the kernel log on the
# port ward.dmesg and powers off.
#
# /script's stdout (and descriptor 3) is the port ward.ktap; its stderr is the
# console. It finds
#   users   worker (1001) and other (1002) in group ward (970), stranger (1003)
#   as USER COMMAND...   runs a command as one of them
#   hold WORD            dumps the kernel log, says WORD, waits for the host
#   /dev/virtio-ports/*  the ports;  /fw/NAME  what run --fw-cfg handed in
#   /modules             the kernel's modules;  /lib/ward  ward.ko, tsmsim.ko
export PATH=/bin:/sbin:/usr/bin HOME=/root

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm /dev/virtio-ports
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
exec </dev/console >/dev/console 2>&1
echo WARD-INIT # the host's `run` looks for it

ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr

loaded=
while read -r ko; do
	insmod "/modules/$ko" || loaded="$loaded $ko"
done </modules/order
[ -z "$loaded" ] || echo "init: could not load:$loaded"

mount -t configfs configfs /sys/kernel/config
mount -t securityfs securityfs /sys/kernel/security
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t cgroup2 cgroup2 /sys/fs/cgroup

# Ports may show up a moment after their driver.
tries=0
while [ ! -e /dev/virtio-ports/ward.ctl ] && [ $tries -lt 50 ]; do
	for port in /sys/class/virtio-ports/*; do
		[ -s "$port/name" ] &&
			ln -sf "/dev/${port##*/}" "/dev/virtio-ports/$(cat "$port/name")"
	done
	tries=$((tries + 1))
	[ -e /dev/virtio-ports/ward.ctl ] || sleep 0.1
done

ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
	ip link set eth0 up
	ip addr add 10.0.2.15/24 dev eth0
	ip route add default via 10.0.2.2
fi
ln -s /sys/firmware/qemu_fw_cfg/by_name/opt/ward /fw.d
fw() { # fw_cfg items are files named raw in a directory each
	mkdir -p /fw
	for item in /fw.d/*; do
		[ -e "$item/raw" ] && cat "$item/raw" >"/fw/${item##*/}"
	done
}
fw

if [ -e /lib/ward/load ]; then
	while read -r ko args; do
		# shellcheck disable=SC2086
		insmod "/lib/ward/$ko" $args || echo "init: could not load $ko"
	done </lib/ward/load
	# What udev does by ward's rule on a real system.
	[ ! -e /dev/ward ] || chgrp ward /dev/ward
fi

# A port can be open once only: descriptor 3 is it, for /script and for hold.
exec 3>/dev/virtio-ports/ward.ktap
/bin/sh /script >&3
echo "WARD-LAST-WORD $?" >&3
dump-dmesg
sync
poweroff -f
