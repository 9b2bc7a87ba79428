// SPDX-License-Identifier: MIT
/* Checks: limits, and facts of the machine that weaken what ward protects. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "device.h"
#include "doctor.h"
#include "sysfs.h"

#define FILES_WANTED 256

static void check_memory(struct doctor *d)
{
	struct ward_control *control;
	struct ward_memory memory;
	int err = ward_control_open(&control);

	if (!err) {
		err = ward_control_pressure(control, &memory);
		ward_control_close(control);
	}
	if (err)
		doctor_say(d, "memory-limit", DOCTOR_SKIP, NULL, "no control plane to ask");
	else if (memory.level)
		doctor_say(d, "memory-limit", DOCTOR_WARN,
			   "wardctl mem list shows who holds it; wardctl limits set raises it",
			   "pressure is %s: %llu of %llu bytes", device_level(memory.level),
			   (unsigned long long)(memory.live_a + memory.live_b),
			   (unsigned long long)memory.limit);
	else
		doctor_say(d, "memory-limit", DOCTOR_OK, NULL, "%llu of %llu bytes held",
			   (unsigned long long)(memory.live_a + memory.live_b),
			   (unsigned long long)memory.limit);
}

/* Buffers are charged to the caller's memory cgroup: its limit is ward's too. */
static void check_cgroup(struct doctor *d)
{
	char own[512], path[640], limit[32];

	sysfs_cgroup("", own, sizeof(own));
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", own);
	if (!own[0] || sysfs_line(path, limit, sizeof(limit)))
		doctor_say(d, "memory-cgroup", DOCTOR_OK, NULL, "no limit of its own");
	else
		doctor_say(d, "memory-cgroup", DOCTOR_OK, NULL,
			   "memory.max of %s is %s: buffers count towards it", own, limit);
}

static void check_rlimits(struct doctor *d)
{
	struct rlimit files = { 0 }, core = { 0 };

	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_CORE, &core);
	if (files.rlim_cur < FILES_WANTED)
		doctor_say(d, "rlimit-nofile", DOCTOR_WARN, "ulimit -n 1024, or LimitNOFILE=",
			   "%llu descriptors; every buffer needs one",
			   (unsigned long long)files.rlim_cur);
	else
		doctor_say(d, "rlimit-nofile", DOCTOR_OK, NULL,
			   "%llu descriptors; RLIMIT_MEMLOCK does not matter to ward",
			   (unsigned long long)files.rlim_cur);
	if (core.rlim_cur)
		doctor_say(d, "rlimit-core", DOCTOR_WARN, "ulimit -c 0, or LimitCORE=0",
			   "core dumps are on: buffers are left out of them, what a worker copied to"
			   " its heap is not");
	else
		doctor_say(d, "rlimit-core", DOCTOR_OK, NULL, "core dumps are off");
}

static void check_userns(struct doctor *d)
{
	long long clone = sysfs_number("/proc/sys/kernel/unprivileged_userns_clone", 1);
	long long max = sysfs_number("/proc/sys/user/max_user_namespaces", 0);

	if (clone && max)
		doctor_say(d, "user-namespaces", DOCTOR_WARN,
			   "sysctl kernel.unprivileged_userns_clone=0 (or user.max_user_namespaces=0)",
			   "unprivileged user namespaces are allowed: a worker can forge what the"
			   " kernel takes for its executable; rely on uid and cgroup");
	else
		doctor_say(d, "user-namespaces", DOCTOR_OK, NULL, "not for unprivileged users");
}

static void check_swap(struct doctor *d)
{
	FILE *f = fopen("/proc/swaps", "re");
	char line[256];
	int lines = 0;

	if (!f) {
		doctor_say(d, "swap", DOCTOR_OK, NULL, "this kernel has none");
		return;
	}
	while (lines < 2 && fgets(line, sizeof(line), f))
		lines++;
	fclose(f);
	if (lines > 1)
		doctor_say(d, "swap", DOCTOR_WARN, "swapoff -a, or encrypt it with a random key",
			   "on: buffers are never swapped, what a worker copied to its heap may be");
	else
		doctor_say(d, "swap", DOCTOR_OK, NULL, "off");
}

static void check_kexec(struct doctor *d)
{
	if (sysfs_number("/sys/kernel/kexec_crash_loaded", 0))
		doctor_say(d, "crash-kernel", DOCTOR_WARN,
			   "systemctl disable --now kdump-tools; sysctl kernel.kexec_load_disabled=1",
			   "loaded: after a panic it could read all memory");
	else
		doctor_say(d, "crash-kernel", DOCTOR_OK, NULL, "none loaded");
	if (sysfs_number("/sys/kernel/kexec_loaded", 0))
		doctor_say(d, "kexec-kernel", DOCTOR_WARN,
			   "kexec -u; sysctl kernel.kexec_load_disabled=1",
			   "loaded: a reboot into it keeps memory; ward wipes its own before, what"
			   " workers copied elsewhere stays");
	else
		doctor_say(d, "kexec-kernel", DOCTOR_OK, NULL, "none loaded");
}

void doctor_system(struct doctor *d)
{
	check_memory(d);
	check_cgroup(d);
	check_rlimits(d);
	check_userns(d);
	check_swap(d);
	check_kexec(d);
}
