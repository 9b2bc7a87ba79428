// SPDX-License-Identifier: MIT
/*
 * What the matrix has to say of class A, and of its control. Where kernels
 * differ, each has its line; the last line that fits the running one holds.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "leak.h"

#define ANY	~0u
#define ROOT	(1u << WHO_ROOT)
#define USER	(1u << WHO_USER)
#define OTHER	(1u << WHO_OTHER)

#define KERNEL(major, minor)	((major) << 8 | (minor))

static const struct {
	unsigned int since;	/* KERNEL(), or 0 */
	const char *attack;
	unsigned int by;
	const char *ward;
	const char *control;
} rows[] = {
	{ 0, "process_vm_readv", ROOT | USER, "EFAULT", "leak" },
	{ 0, "process_vm_readv", OTHER, "EPERM", "EPERM" },
	{ 0, "/proc/PID/mem", ROOT | USER, "EIO", "leak" },
	{ 0, "/proc/PID/mem", OTHER, "EACCES", "EACCES" },
	{ 0, "ptrace peek", ROOT | USER, "EIO", "leak" },
	{ 0, "ptrace peek", OTHER, "EPERM", "EPERM" },
	{ 0, "fd by SCM_RIGHTS", ANY, "EPERM", "leak" },
	{ 0, "fd by pidfd_getfd", ROOT | USER, "EPERM", "leak" },
	{ 0, "fd by pidfd_getfd", OTHER, "EPERM", "EPERM" },
	{ 0, "fork", ANY, "SIGSEGV", "leak" },
	{ 0, "MADV_DOFORK, fork", ANY, "EINVAL", "leak" },
	{ 0, "core dump", ANY, "no", "leak" },
	{ 0, "MADV_DODUMP, core", ANY, "EINVAL", "leak" },
	{ 0, "vmsplice", ANY, "EFAULT", "leak" },
	{ 0, "O_DIRECT write", ANY, "EFAULT", "leak" },
	{ 0, "io_uring fixed", ANY, "EFAULT", "leak" },
	{ 0, "uffd missing", ANY, "EINVAL", "registers" },
	{ 0, "uffd WP_ASYNC", ANY, "n/a", "n/a" },
	{ KERNEL(6, 7), "uffd WP_ASYNC", ANY, "registers", "registers" },
	{ KERNEL(7, 0), "uffd WP_ASYNC", ANY, "EINVAL", "registers" },
	{ 0, "MADV_DONTNEED", ANY, "EINVAL", "lost" },
	{ 0, "mremap grow", ANY, "EFAULT", "grows" },
	{ 0, "mremap move, readv", ANY, "EFAULT", "leak" },
	{ 0, "MAP_PRIVATE of fd", ANY, "EINVAL", "maps" },
	{ 0, "PROT_EXEC", ANY, "EACCES", "allowed" },
	{ 0, "/proc/kcore", ROOT, "no", "leak" },
	{ 0, "/proc/kcore", OTHER, "EACCES", "EACCES" },
	{ 0, "hibernation image", ROOT, "EBUSY", "leak" },
};

static unsigned int running_kernel(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname system;

	uname(&system);
	sscanf(system.release, "%u.%u", &major, &minor);
	return KERNEL(major, minor);
}

struct expected expected_of(const char *attack, enum who who)
{
	unsigned int kernel = running_kernel(), i;
	struct expected found = { NULL, NULL };

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].attack, attack) && rows[i].by & 1u << who &&
		    rows[i].since <= kernel)
			found = (struct expected) { rows[i].ward, rows[i].control };
	return found;
}
