// SPDX-License-Identifier: MIT
/*
 * The kernel's own references to the owner's pages: they outlive whatever the
 * owner does to its mapping.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "leak.h"

#define DIRECT	"/direct"	/* a file system with O_DIRECT, mounted by the guest */

void vmsplice_attack(struct cell *cell, struct region *region)
{
	static unsigned char room[PAGE] __attribute__((aligned(64)));
	struct iovec iov = { region->p, sizeof(room) };
	int ends[2];

	if (pipe(ends))
		cell_broken("pipe");
	if (vmsplice(ends[1], &iov, 1, 0) < 0) {
		cell_errno(cell, errno);
	} else {
		if (read(ends[0], room, sizeof(room)) != sizeof(room))
			cell_broken("read");
		cell_look(cell, room, sizeof(room), "no");
	}
}

/* The file is there, as long as what is written, and full of other bytes. */
static int direct_file(char *path)
{
	static char block[1 << 16];
	int fd = mkostemp(path, O_CLOEXEC);
	size_t at;

	memset(block, 0x5a, sizeof(block));
	for (at = 0; at < LENGTH && fd >= 0; at += sizeof(block))
		if (write(fd, block, sizeof(block)) != sizeof(block))
			cell_broken("write");
	if (fd < 0 || fsync(fd))
		cell_broken(path);
	close(fd);
	return open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
}

void direct_attack(struct cell *cell, struct region *region)
{
	char path[] = DIRECT "/XXXXXX";
	size_t hits = 0;
	int fd = direct_file(path), error;

	if (fd < 0)
		cell_broken("O_DIRECT");
	error = pwrite(fd, region->p, LENGTH, 0) < 0 ? errno : 0;
	close(fd);
	fd = open(path, O_RDONLY);
	stamp_count_file(fd, &cell->tag, 1, &hits);
	close(fd);
	unlink(path);
	if (hits || !error)
		cell_say(cell, hits ? "leak" : "no");
	else
		cell_errno(cell, error);
}
