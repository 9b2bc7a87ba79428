// SPDX-License-Identifier: MIT
/*
 * Beside $FUZZ_ROOTS, by the program's name; without it in the folder for temporary files.
 * Its files are links to memory: one on a disk would take all of the time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

#define FILES_MAX	16
#define FIRST_FD	200	/* so that a link leads to the same file in each process */

static char top[2048];
static struct file {
	const char *name;
	int fd;
	bool there;
} files[FILES_MAX];

const char *folder_path(void)
{
	const char *roots = getenv("FUZZ_ROOTS");

	if (!top[0]) {
		snprintf(top, sizeof(top), "%.1900s%s", roots ? roots : "/tmp", roots ? "/../tmp" : "");
		mkdir(top, 0755);
		snprintf(top + strlen(top), sizeof(top) - strlen(top), "/%.60s",
			 program_invocation_short_name);
		if (mkdir(top, 0755) && access(top, W_OK))
			fuzz_die("%s cannot be made", top);
	}
	return top;
}

static void path_of(const char *name, char path[4096])
{
	snprintf(path, 4096, "%s/%s", folder_path(), name);
}

static void make_above(char *path)
{
	char *slash;

	for (slash = strchr(path + strlen(top) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

/* Names are compared as pointers: they are the target's own. */
static struct file *find(const char *name)
{
	struct file *f = files;
	int fd;

	while (f < files + FILES_MAX && f->name && f->name != name)
		f++;
	if (f == files + FILES_MAX)
		fuzz_die("more than %d files", FILES_MAX);
	if (f->name)
		return f;
	fd = memfd_create("file", 0);
	*f = (struct file){ name, dup2(fd, FIRST_FD + (int)(f - files)), false };
	close(fd);
	if (f->fd < 0 || fchmod(f->fd, 0644))
		fuzz_die("no file in memory");
	return f;
}

static void show(struct file *f)
{
	char path[4096], to[64];

	path_of(f->name, path);
	make_above(path);
	unlink(path);
	snprintf(to, sizeof(to), "/proc/self/fd/%d", f->fd);
	if (symlink(to, path))
		fuzz_die("%s cannot be linked", path);
	f->there = true;
}

void folder_put(const char *name, struct wv_bytes b)
{
	struct file *f = find(name);

	if (!f->there)
		show(f);
	if (ftruncate(f->fd, 0) || (b.len && pwrite(f->fd, b.data, b.len, 0) != (ssize_t)b.len))
		fuzz_die("%s cannot be written", name);
}

void folder_drop(const char *name)
{
	struct file *f = find(name);
	char path[4096];

	path_of(name, path);
	unlink(path);
	f->there = false;
}
