// SPDX-License-Identifier: MIT
/* See module_test.h. */
#define _GNU_SOURCE
#include "module_test.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include "ward_test.h"

#define MODULE_FILE	"/lib/ward/ward.ko"
#define TSM_ENTRY	"/sys/kernel/config/tsm/report/ward"
#define TSM_GROUP	"/sys/kernel/config/ward/tsm"
#define TSM_LINK	TSM_GROUP "/source"

/* What is set again after loading. */
static struct stat node;
static bool linked;

int module_unload(void)
{
	return syscall(SYS_delete_module, "ward", O_NONBLOCK) < 0 ? -errno : 0;
}

int module_unload_soon(void)
{
	struct timespec nap = { .tv_nsec = 10000000 };
	int ret = module_unload(), i;

	for (i = 0; i < 500 && ret == -EAGAIN; i++) {
		nanosleep(&nap, NULL);
		ret = module_unload();
	}
	return ret;
}

int module_load_with(const char *parameters)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC), ret;

	ASSERT_GE(fd, 0);
	ret = syscall(SYS_finit_module, fd, parameters, 0) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

int module_load(void)
{
	return module_load_with("");
}

void module_loosen(void)
{
	ASSERT_EQ(stat(WARD_DEVICE, &node), 0);
	linked = access(TSM_LINK, F_OK) == 0;
	if (!linked)
		return;
	ASSERT_EQ(unlink(TSM_LINK), 0);
	ASSERT_EQ(rmdir(TSM_GROUP), 0);
}

void module_regroup(void)
{
	ASSERT_EQ(chown(WARD_DEVICE, node.st_uid, node.st_gid), 0);
}

void module_reload(void)
{
	ASSERT_EQ(module_unload_soon(), 0);
	ASSERT_EQ(access(WARD_DEVICE, F_OK), -1);
	ASSERT_EQ(module_load(), 0);
	module_regroup();
}

void module_fasten(void)
{
	if (!linked)
		return;
	ASSERT_EQ(mkdir(TSM_GROUP, 0755), 0);
	ASSERT_EQ(symlink(TSM_ENTRY, TSM_LINK), 0);
}
