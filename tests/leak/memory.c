// SPDX-License-Identifier: MIT
/*
 * The kinds of memory that the matrix compares, each as its own documentation
 * says that secrets are kept in it.
 */
#define _GNU_SOURCE
#include <openssl/crypto.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <unistd.h>

#include <linux/ward.h>

#include "leak.h"

static unsigned char *anonymous(void)
{
	void *p = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static unsigned char *mapped(int fd)
{
	void *p = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static bool ward_a(struct region *r)
{
	struct ward_buf_alloc cmd = { .size = sizeof(cmd), .length = LENGTH, .label = "leak" };
	int session = open(WARD_DEVICE, O_RDWR | O_CLOEXEC);

	if (session < 0 || ioctl(session, WARD_BUF_ALLOC, &cmd))
		return false;
	r->fd = cmd.out_fd;
	r->p = mapped(r->fd);
	return r->p;
}

static bool ward_b(struct region *r)
{
	struct ward_buf_pin cmd = { .size = sizeof(cmd), .length = LENGTH, .label = "leak" };
	int session = open(WARD_DEVICE, O_RDWR | O_CLOEXEC);

	r->p = anonymous();
	cmd.addr = (uintptr_t)r->p;
	return r->p && session >= 0 && !madvise(r->p, LENGTH, MADV_DONTFORK) &&
	       !ioctl(session, WARD_BUF_PIN, &cmd);
}

static bool locked(struct region *r)
{
	r->p = anonymous();
	return r->p && !mlock(r->p, LENGTH) && !madvise(r->p, LENGTH, MADV_DONTDUMP) &&
	       !madvise(r->p, LENGTH, MADV_DONTFORK);
}

static bool sodium(struct region *r)
{
	if (sodium_init() < 0)
		return false;
	r->p = sodium_malloc(LENGTH);
	return r->p;
}

static bool openssl(struct region *r)
{
	if (CRYPTO_secure_malloc_init(4 * LENGTH, 64) != 1)
		return false;
	r->p = OPENSSL_secure_malloc(LENGTH);
	return r->p && CRYPTO_secure_allocated(r->p);
}

static bool secret(struct region *r)
{
	r->fd = syscall(SYS_memfd_secret, O_CLOEXEC);
	if (r->fd < 0 || ftruncate(r->fd, LENGTH))
		return false;
	r->p = mapped(r->fd);
	return r->p;
}

/*
 * The control. What is reached by a descriptor is another copy of the same
 * stamps, in a memfd: private memory, which all else is asked of, has none.
 */
static bool ordinary(struct region *r)
{
	r->p = anonymous();
	r->fd = memfd_create("leak", MFD_CLOEXEC);
	return r->p && r->fd >= 0 && !ftruncate(r->fd, LENGTH);
}

static bool fill_copy(int fd, uint64_t tag)
{
	unsigned char *p = mapped(fd);

	if (!p)
		return false;
	stamp_fill(p, LENGTH, tag);
	return !munmap(p, LENGTH);
}

static const struct {
	const char *name;
	bool (*get)(struct region *r);
} kinds[MEMORY_NR] = {
	[MEMORY_WARD_A] = { "ward-A", ward_a },
	[MEMORY_WARD_B] = { "ward-B", ward_b },
	[MEMORY_MLOCK] = { "mlock+", locked },
	[MEMORY_SODIUM] = { "sodium", sodium },
	[MEMORY_OPENSSL] = { "openssl", openssl },
	[MEMORY_SECRET] = { "memfd_secret", secret },
	[MEMORY_ORDINARY] = { "ordinary", ordinary },
};

const char *memory_name(enum memory kind)
{
	return kinds[kind].name;
}

bool memory_get(enum memory kind, struct region *region, uint64_t tag)
{
	*region = (struct region) { .fd = -1 };
	errno = 0;
	if (!kinds[kind].get(region) || (uintptr_t)region->p % PAGE)
		return false;
	stamp_fill(region->p, LENGTH, tag);
	return kind != MEMORY_ORDINARY || fill_copy(region->fd, tag);
}
