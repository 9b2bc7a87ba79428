// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
static const struct node *node_of(const struct nodes *nodes, const struct stat *st)
{
	bool device = S_ISCHR(st->st_mode);

	for (size_t i = 0; i < nodes->count; i++) {
		const struct node *n = &nodes->all[i];

		if (device ? n->rdev == st->st_rdev : n->ino == st->st_ino && n->dev == st->st_dev)
			return n;
	}
	return NULL;
}

static int look_at_files(const char *pid, DIR *files, const struct nodes *nodes,
			 struct trouble *why)
{
	const struct dirent *entry;
	struct stat st;

	while ((entry = readdir(files))) {
		const struct node *node;

		/* What was closed meanwhile is not held. */
		if (entry->d_name[0] == '.' || fstatat(dirfd(files), entry->d_name, &st, 0))
			continue;
		node = node_of(nodes, &st);
		if (node)
			return trouble_set(why, -EPERM, "--exclusive: process %.20s has %s open: end it "
					   "first", pid, node->name);
	}
	return 0;
}

static int look_at_process(const char *proc, const char *pid, const struct nodes *nodes,
			   struct trouble *why)
{
	char path[PATH_MAX];
	DIR *files = NULL;
	int err;

	if (snprintf(path, sizeof(path), "%s/%s/fd", proc, pid) < (int)sizeof(path))
		files = opendir(path);
	if (!files)
		return errno == ENOENT || errno == ESRCH ? 0 :
		       trouble_set(why, -errno, "--exclusive: %.160s: %s", path, strerror(errno));
	err = look_at_files(pid, files, nodes, why);
	closedir(files);
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
	if (!err)
		err = look_at_processes(place, nodes, why);
	free(nodes);
	return err;
}
