// SPDX-License-Identifier: MIT
#include "memory_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447	/* Linux 5.14, the same on all machines */
#endif

static const char *const names[MEMORY_KINDS] = { "plain", "mlocked", "secret", "ward" };

struct mapping {
	void *data;
	size_t len;
};

const char *memory_kind_name(enum memory_kind kind)
{
	return names[kind];
}

int memory_kind_parse(const char *name, enum memory_kind *kind)
{
	unsigned int i;

	for (i = 0; i < MEMORY_KINDS; i++) {
		if (!strcmp(names[i], name)) {
			*kind = i;
			return 0;
		}
	}
	return -1;
}

static int map(struct mapping *m, int flags, int fd)
{
	m->data = mmap(NULL, m->len, PROT_READ | PROT_WRITE, flags, fd, 0);
	return m->data == MAP_FAILED ? -errno : 0;
}

static int map_plain(struct mapping *m)
{
	return map(m, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
}

static int map_mlocked(struct mapping *m)
{
	int err = map(m, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (!err && mlock(m->data, m->len)) {
		err = -errno;
		munmap(m->data, m->len);
	}
	return err;
}

/* The mapping keeps the file. */
static int map_secret(struct mapping *m)
{
	int err, fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);

	if (fd < 0)
		return -errno;
	err = ftruncate(fd, (off_t)m->len) ? -errno : map(m, MAP_SHARED, fd);
	close(fd);
	return err;
}

static int get(size_t len, void **data, void **handle, int (*how)(struct mapping *m))
{
	struct mapping *m = malloc(sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->len = len;
	err = how(m);
	if (err) {
		free(m);
		return err;
	}
	*data = m->data;
	*handle = m;
	return 0;
}

static int plain_get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	(void)arg;
	(void)label;
	return get(len, data, handle, map_plain);
}

static int mlocked_get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	(void)arg;
	(void)label;
	return get(len, data, handle, map_mlocked);
}

static int secret_get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	(void)arg;
	(void)label;
	return get(len, data, handle, map_secret);
}

static void plain_put(void *arg, void *handle)
{
	struct mapping *m = handle;

	(void)arg;
	munmap(m->data, m->len);
	free(m);
}

static void wiped_put(void *arg, void *handle)
{
	struct mapping *m = handle;

	explicit_bzero(m->data, m->len);
	plain_put(arg, handle);
}

struct memory_backend memory_backend_of(enum memory_kind kind)
{
	static const struct memory_backend backends[MEMORY_WARD] = {
		[MEMORY_PLAIN] = { .get = plain_get, .put = plain_put },
		[MEMORY_MLOCKED] = { .get = mlocked_get, .put = wiped_put },
		[MEMORY_SECRET] = { .get = secret_get, .put = wiped_put },
	};

	return backends[kind];
}
