// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../common/quote_nodes.h"
#include "exclusive.h"

#define ACL "system.posix_acl_access"

/* Nodes of one machine: a few TPMs, a device of a TEE, some report entries. */
enum { NODES_MAX = 256 };

/** struct node - what was found, to be recognised among open files */
struct node {
	dev_t dev, rdev;
	ino_t ino;
	char name[64];
};

struct nodes {
	size_t count;
	struct node all[NODES_MAX];
};

/** struct process - one that is looked at */
struct process {
	const char *pid;
	const struct nodes *nodes;
	DIR *dir;		/* of a thread's open files */
};

/* ---- one node ----------------------------------------------------------------- */

static bool has_acl(const char *path)
{
	return lgetxattr(path, ACL, NULL, 0) > 0;
}

static int mend_node(const struct exclusive_place *place, const char *path,
		     const struct stat *st, struct trouble *why)
{
	mode_t mode = st->st_mode & 07777 & ~quote_node_bits(st);

	if ((st->st_uid != place->owner && lchown(path, place->owner, place->group)) ||
	    (has_acl(path) && lremovexattr(path, ACL)) || chmod(path, mode))
		return trouble_set(why, -errno, "--exclusive=mend: %.160s: %s", path,
				   strerror(errno));
	return 0;
}

static int look_at(const struct exclusive_place *place, const char *path, bool mend,
		   struct nodes *nodes, struct trouble *why)
{
	struct node *node = &nodes->all[nodes->count];
	struct stat st;
	int err;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 :
		       trouble_set(why, -errno, "--exclusive: %.160s: %s", path, strerror(errno));
	if (S_ISLNK(st.st_mode))
		return trouble_set(why, -EPERM, "--exclusive: %.160s is a symbolic link, which says "
				   "nothing about the device", path);
	if (quote_node_open(&st, place->owner) || has_acl(path)) {
		if (!mend)
			return trouble_set(why, -EPERM, "--exclusive: %.120s: mode %04o, uid %u, gid %u%s: "
					   "others may get quotes; --exclusive=mend takes that away",
					   path, (unsigned int)st.st_mode & 07777,
					   (unsigned int)st.st_uid, (unsigned int)st.st_gid,
					   has_acl(path) ? ", an ACL" : "");
		err = mend_node(place, path, &st, why);
		return err ? err : look_at(place, path, false, nodes, why);
	}
	if (nodes->count == NODES_MAX)
		return trouble_set(why, -EPERM, "--exclusive: more than %d nodes", NODES_MAX);
	*node = (struct node){ .dev = st.st_dev, .rdev = st.st_rdev, .ino = st.st_ino };
	snprintf(node->name, sizeof(node->name), "%.63s", path);
	nodes->count += !S_ISDIR(st.st_mode);
	return 0;
}

static int look_at_all(const struct exclusive_place *place, const char *pattern, bool mend,
		       struct nodes *nodes, struct trouble *why)
{
	char path[PATH_MAX];
	glob_t found;
	int err = 0;

	if (snprintf(path, sizeof(path), "%s%s", place->root, pattern) >= (int)sizeof(path))
		return trouble_set(why, -ENAMETOOLONG, "--exclusive: %.100s: too long", place->root);
	switch (glob(path, GLOB_NOSORT, NULL, &found)) {
	case 0:
		break;
	case GLOB_NOMATCH:
		return 0;
	default:
		return trouble_set(why, -EIO, "--exclusive: %.160s cannot be listed", path);
	}
	for (size_t i = 0; i < found.gl_pathc && !err; i++)
		err = look_at(place, found.gl_pathv[i], mend, nodes, why);
	globfree(&found);
	return err;
}

/* ---- who has one open ------------------------------------------------------------ */

/* A device by its number, whatever name it was opened by; else the same file. */
static const struct node *node_of(const struct nodes *nodes, const struct statx *st)
{
	dev_t dev = makedev(st->stx_dev_major, st->stx_dev_minor);
	dev_t rdev = makedev(st->stx_rdev_major, st->stx_rdev_minor);
	bool device = S_ISCHR(st->stx_mode);

	for (size_t i = 0; i < nodes->count; i++) {
		const struct node *n = &nodes->all[i];

		if (device ? n->rdev == rdev : n->ino == st->stx_ino && n->dev == dev)
			return n;
	}
	return NULL;
}

/*
 * What was closed meanwhile is not held; what may not be seen might be. No file
 * system is asked for anything new: one of a user's own may never answer.
 */
static int look_at_file(const struct process *p, const char *fd, struct trouble *why)
{
	const struct node *node;
	struct statx st;

	if (statx(dirfd(p->dir), fd, AT_STATX_DONT_SYNC, 0, &st))
		return errno == ENOENT ? 0 :
		       trouble_set(why, -errno, "--exclusive: what process %.20s has open may not be "
				   "seen (it takes CAP_SYS_PTRACE): %s", p->pid, strerror(errno));
	node = node_of(p->nodes, &st);
	return !node ? 0 : trouble_set(why, -EPERM, "--exclusive: process %.20s has %s open: end it "
				       "first", p->pid, node->name);
}

/* 0 and *dir, which is NULL where the process or thread has ended. */
static int open_dir(const char *path, DIR **dir, struct trouble *why)
{
	*dir = opendir(path);
	if (*dir || errno == ENOENT || errno == ESRCH)
		return 0;
	return trouble_set(why, -errno, "--exclusive: %.160s: %s", path, strerror(errno));
}

static int look_at_thread(struct process *p, const char *path, struct trouble *why)
{
	const struct dirent *entry;
	int err = open_dir(path, &p->dir, why);

	if (!p->dir)
		return err;
	while (!err && (entry = readdir(p->dir)))
		if (entry->d_name[0] != '.')
			err = look_at_file(p, entry->d_name, why);
	closedir(p->dir);
	return err;
}

/* Each thread: one may have files of its own, or outlive the first one. */
static int look_at_process(const char *proc, const char *pid, const struct nodes *nodes,
			   struct trouble *why)
{
	struct process p = { .pid = pid, .nodes = nodes };
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *tasks;
	int err;

	snprintf(path, sizeof(path), "%.3000s/%.20s/task", proc, pid);
	err = open_dir(path, &tasks, why);
	if (!tasks)
		return err;
	while (!err && (entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%.3000s/%.20s/task/%.20s/fd", proc, pid,
			 entry->d_name);
		err = look_at_thread(&p, path, why);
	}
	closedir(tasks);
	return err;
}

static int look_at_processes(const struct exclusive_place *place, const struct nodes *nodes,
			     struct trouble *why)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *proc = NULL;
	int err = 0;

	if (snprintf(path, sizeof(path), "%s/proc", place->root) < (int)sizeof(path))
		proc = opendir(path);
	if (!proc)
		return trouble_set(why, -errno, "--exclusive: /proc: %s", strerror(errno));
	while (!err && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    strtol(entry->d_name, NULL, 10) != getpid())
			err = look_at_process(path, entry->d_name, nodes, why);
	closedir(proc);
	return err;
}

int exclusive_look(const struct exclusive_place *place, bool mend, struct trouble *why)
{
	struct nodes *nodes = calloc(1, sizeof(*nodes));
	int err = 0;

	if (!nodes)
		return trouble_set(why, -ENOMEM, "no memory");
	for (size_t i = 0; quote_nodes[i] && !err; i++)
		err = look_at_all(place, quote_nodes[i], mend, nodes, why);
	for (size_t i = 0; place->more && place->more[i] && !err; i++)
		err = look_at_all(place, place->more[i], mend, nodes, why);
	if (!err)
		err = look_at_processes(place, nodes, why);
	free(nodes);
	return err;
}
