// SPDX-License-Identifier: MIT
/*
 * The configfs link through which the module reaches the kernel's TSM report
 * interface: CONFIGFS/ward/tsm/source -> CONFIGFS/tsm/report/ward. The link
 * lies in a directory that is made by mkdir, which pins the module.
 */
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "libward.h"

#define CONFIGFS_DEFAULT "/sys/kernel/config"
#ifndef CONFIGFS_MAGIC
#define CONFIGFS_MAGIC 0x62656570
#endif

struct paths {
	char root[PATH_MAX];
	char tsm[PATH_MAX];	/* made by the kernel's tsm with a provider */
	char report[PATH_MAX];	/* ours in it */
	char ward[PATH_MAX];	/* made by the module */
	char slot[PATH_MAX];	/* ours in it */
	char source[PATH_MAX];	/* the link */
};

static int join(char *to, const char *root, const char *rest)
{
	int n = snprintf(to, PATH_MAX, "%s%s", root, rest);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int paths_set(struct paths *p, const char *configfs)
{
	const char *root = configfs ? configfs : CONFIGFS_DEFAULT;

	if (join(p->root, root, "") || join(p->tsm, root, "/tsm/report") ||
	    join(p->report, root, "/tsm/report/ward") ||
	    join(p->ward, root, "/ward") ||
	    join(p->slot, root, "/ward/tsm") ||
	    join(p->source, root, "/ward/tsm/source"))
		return -ENAMETOOLONG;
	return 0;
}

/* Return: 1 there, 0 not there, -EACCES. */
static int there(const char *path)
{
	struct stat st;

	if (!lstat(path, &st))
		return 1;
	return errno == EACCES ? -EACCES : 0;
}

static int is_configfs(const char *root)
{
	struct statfs fs;

	return !statfs(root, &fs) && (unsigned int)fs.f_type == CONFIGFS_MAGIC;
}

int ward_provider_state(const char *configfs)
{
	struct paths p;
	int tsm, ward, source;

	if (paths_set(&p, configfs))
		return -ENAMETOOLONG;
	tsm = there(p.tsm);
	ward = there(p.ward);
	source = there(p.source);
	if (tsm < 0 || ward < 0 || source < 0)
		return -EACCES;
	if (!tsm && !ward && !is_configfs(p.root))
		return WARD_LINK_NO_CONFIGFS;
	if (!tsm)
		return WARD_LINK_NO_TSM;
	if (!ward)
		return WARD_LINK_NO_WARD;
	return source ? WARD_LINK_MADE : WARD_LINK_UNMADE;
}

static int make_dir(const char *path)
{
	return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
}

/* The TSM core takes no entry while no provider is registered with it. */
static int make_report(const char *path)
{
	int err = make_dir(path);

	return err == -ENXIO ? -ENODEV : err;
}

static int make_link(const struct paths *p)
{
	int err = make_report(p->report);

	if (!err)
		err = make_dir(p->slot);
	if (!err && symlink(p->report, p->source) && errno != EEXIST)
		err = -errno;
	return err;
}

int ward_provider_attach(const char *configfs)
{
	struct paths p;
	int state = ward_provider_state(configfs);

	switch (state) {
	case WARD_LINK_NO_WARD:
		return -ENXIO;
	case WARD_LINK_NO_CONFIGFS:
	case WARD_LINK_NO_TSM:
		return -ENODEV;
	case WARD_LINK_MADE:
		return 0;
	case WARD_LINK_UNMADE:
		break;
	default:
		return state;
	}
	if (paths_set(&p, configfs))
		return -ENAMETOOLONG;
	return make_link(&p);
}

int ward_provider_probe(const char *configfs)
{
	char path[PATH_MAX];
	struct paths p;
	int err;

	if (paths_set(&p, configfs) || join(path, p.tsm, "/ward-probe"))
		return -ENAMETOOLONG;
	if (there(p.report) == 1)
		return 0;
	err = make_report(path);
	if (!err)
		rmdir(path);
	return err == -ENOENT ? -ENODEV : err;
}

static int gone(int result)
{
	return result && errno != ENOENT ? -errno : 0;
}

int ward_provider_detach(const char *configfs)
{
	struct paths p;
	int err = paths_set(&p, configfs);

	if (!err)
		err = gone(unlink(p.source));
	if (!err)
		err = gone(rmdir(p.slot));
	if (!err)
		err = gone(rmdir(p.report));
	return err;
}
