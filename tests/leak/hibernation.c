// SPDX-License-Identifier: MIT
/*
 * Hibernation: a real image, written to a swap device that is searched after
 * the kernel has resumed from it. One for each kind, alone: what the kernel
 * does not hibernate over must not speak for the others.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "leak.h"

#define DISK	"/dev/vda"	/* the guest swaps there, and resumes from there */

/* 0 or -errno. */
static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* Small, plain, and resumed from as soon as it is written. */
static int write_image(void)
{
	put("/sys/power/pm_freeze_timeout", "120000");
	put("/sys/power/image_size", "0");
	return put("/sys/power/disk", "test_resume") ?: put("/sys/power/state", "disk");
}

static size_t search_disk(uint64_t tag)
{
	int fd = open(DISK, O_RDONLY | O_DIRECT | O_CLOEXEC);
	size_t hits = 0;

	if (fd < 0)
		cell_broken(DISK);
	stamp_count_file(fd, &tag, 1, &hits);
	close(fd);
	return hits;
}

void hibernate_attack(struct cell *cell)
{
	struct owner owner;
	size_t hits;
	int ret;

	owner_start(&owner, cell->kind, WHO_USER, cell->tag);
	ret = write_image();
	hits = search_disk(cell->tag);
	if (owner.error)
		cell_say(cell, "absent");
	else if (hits || !ret)
		cell_say(cell, hits ? "leak" : "no");
	else
		cell_errno(cell, -ret);
	owner_end(&owner);
}
