// SPDX-License-Identifier: MIT
/*
 * The configfs link through which the module reaches the kernel's TSM report
 * interface: CONFIGFS/ward/tsm/source -> CONFIGFS/tsm/report/ward. The link
 * lies in a directory that is made by mkdir, which pins the module.
 */
#include <errno.h>
#include <fcntl.h>
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

static int attribute_known(const char *name)
{
	static const char *const names[] = {
		"privlevel", "service_provider", "service_guid",
		"service_manifest_version",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return 1;
	return 0;
}

/* configfs shows an entry the attributes that its provider has. */
static int write_attribute(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(value);
	ssize_t n;
	int err;

	if (fd < 0)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	n = write(fd, value, len);
	err = n < 0 ? -errno : (size_t)n < len ? -EIO : 0;
	close(fd);
	return err;
}

int ward_provider_set(const char *configfs, const char *attribute, const char *value)
{
	char path[PATH_MAX], leaf[32];
	struct paths p;
	int err;

	if (!attribute_known(attribute) || !*value)
		return -EINVAL;
	snprintf(leaf, sizeof(leaf), "/%s", attribute);
	if (paths_set(&p, configfs) || join(path, p.report, leaf))
		return -ENAMETOOLONG;
	err = there(p.tsm) == 1 ? make_report(p.report) : -ENODEV;
	return err ? err : write_attribute(path, value);
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
