#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest of the leak matrix (see tests/leak/run): a disk to swap
# and hibernate to, one for O_DIRECT, and every switch of the kernel's so that
# ordinary memory is as reachable as it can be.

settings() {
	echo 0 >/proc/sys/kernel/yama/ptrace_scope
	echo 1 >/proc/sys/vm/unprivileged_userfaultfd
	[ ! -e /proc/sys/kernel/io_uring_disabled ] || echo 0 >/proc/sys/kernel/io_uring_disabled
	mkdir -p /tmp/leak-cores && chmod 1777 /tmp/leak-cores
	echo /tmp/leak-cores/core.%p >/proc/sys/kernel/core_pattern
}

disks() {
	mke2fs /dev/vdb >/dev/null && mkdir /direct && mount -t ext4 /dev/vdb /direct &&
		chmod 1777 /direct || return 1
	mkswap /dev/vda >/dev/null && swapon /dev/vda || return 1
	cat /sys/block/vda/dev >/sys/power/resume
}

echo "# program leak-matrix"
if settings && disks; then
	/bin/matrix
	echo "# exit leak-matrix $?"
fi
swapoff /dev/vda
exit 0
