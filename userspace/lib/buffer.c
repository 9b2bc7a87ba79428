// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "private.h"

#define HUGE_SIZE ((size_t)2 << 20)

struct ward_buffer {
	const struct ward_sys *sys;
	int fd;
	uint64_t id;
	uint8_t *data;
	size_t size;
	int owns_mapping;	/* class A; class B memory stays its owner's */
	int guest;		/* taken over by fd: it ends with its owner, not here */
};

/*
 * The kernel can only map 2 MiB at once where address and offset agree modulo
 * 2 MiB. Reserve more than is needed, put the buffer at the first such place
 * inside (MAP_FIXED replaces nothing but the reservation), give back the rest.
 */
static void *map_aligned(const struct ward_sys *sys, int fd, size_t size)
{
	size_t room = size + HUGE_SIZE, head;
	uint8_t *base, *data;

	base = sys->mmap(NULL, room, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return MAP_FAILED;
	head = -(uintptr_t)base & (HUGE_SIZE - 1);
	data = sys->mmap(base + head, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, 0);
	if (data == MAP_FAILED) {
		int saved = errno;

		sys->munmap(base, room);
		errno = saved;
		return MAP_FAILED;
	}
	if (head)
		sys->munmap(base, head);
	sys->munmap(data + size, HUGE_SIZE - head);
	return data;
}

static int map_buffer(struct ward_buffer *buffer)
{
	const struct ward_sys *sys = buffer->sys;
	void *data;

	if (buffer->size >= HUGE_SIZE && buffer->size < SIZE_MAX - HUGE_SIZE)
		data = map_aligned(sys, buffer->fd, buffer->size);
	else
		data = sys->mmap(NULL, buffer->size, PROT_READ | PROT_WRITE,
				 MAP_SHARED, buffer->fd, 0);
	if (data == MAP_FAILED)
		return -errno;
	buffer->data = data;
	buffer->owns_mapping = 1;
	return 0;
}

static struct ward_buffer *buffer_new(struct ward_session *session, int fd,
				      uint64_t id, size_t size)
{
	struct ward_buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer) {
		session->sys->close(fd);
		return NULL;
	}
	buffer->sys = session->sys;
	buffer->fd = fd;
	buffer->id = id;
	buffer->size = size;
	return buffer;
}

/* The caller may know a shorter struct; a longer one must not ask for more. */
static int options_copy(struct ward_buffer_options *to,
			const struct ward_buffer_options *from)
{
	const uint8_t *bytes = (const uint8_t *)from;
	size_t i;

	memset(to, 0, sizeof(*to));
	if (!from)
		return 0;
	if (from->size < offsetof(struct ward_buffer_options, timeout_ms))
		return -EINVAL;
	for (i = sizeof(*to); i < from->size; i++)
		if (bytes[i])
			return -E2BIG;
	memcpy(to, from, from->size < sizeof(*to) ? from->size : sizeof(*to));
	return 0;
}

/* Absolute, so that a wait that a signal broke goes on, and does not begin anew. */
static int wait_until(const struct ward_sys *sys, uint32_t timeout_ms,
		      struct ward_buf_alloc *arg)
{
	uint64_t wait_ns = timeout_ms * 1000000ull;
	struct timespec now;

	if (wait_ns > WARD_WAIT_MAX_NS)
		return -EINVAL;
	if (sys->clock_gettime(CLOCK_BOOTTIME, &now))
		return -errno;
	if (!wait_ns)
		wait_ns = WARD_WAIT_MAX_NS;
	arg->deadline_ns = now.tv_sec * 1000000000ull + now.tv_nsec + wait_ns;
	return 0;
}

static int alloc_arg(const struct ward_sys *sys, size_t length,
		     const struct ward_buffer_options *options,
		     struct ward_buf_alloc *arg)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (!length || length > SIZE_MAX - page)
		return -EINVAL;
	if (options->timeout_ms && !(options->flags & WARD_BUF_WAIT))
		return -EINVAL;
	arg->flags = options->flags;
	arg->length = (length + page - 1) & ~(page - 1);
	ward_label_set(arg->label, options->label);
	if (!(options->flags & WARD_BUF_WAIT))
		return 0;
	return wait_until(sys, options->timeout_ms, arg);
}

int ward_buffer_alloc_with(struct ward_session *session, size_t length,
			   const struct ward_buffer_options *options,
			   struct ward_buffer **out)
{
	struct ward_buf_alloc arg = { .size = sizeof(arg) };
	struct ward_buffer_options known;
	struct ward_buffer *buffer;
	int err;

	err = options_copy(&known, options);
	if (!err)
		err = alloc_arg(session->sys, length, &known, &arg);
	if (err)
		return err;
	err = ward_sys_ioctl(session->sys, session->fd, WARD_BUF_ALLOC, &arg);
	if (err)
		return err;
	buffer = buffer_new(session, arg.out_fd, arg.out_id, arg.length);
	if (!buffer)
		return -ENOMEM;
	err = map_buffer(buffer);
	if (err) {
		ward_buffer_free(buffer);
		return err;
	}
	*out = buffer;
	return 0;
}

int ward_buffer_alloc(struct ward_session *session, size_t length,
		      uint32_t flags, const char *label,
		      struct ward_buffer **out)
{
	struct ward_buffer_options options = {
		.size = sizeof(options),
		.flags = flags,
		.label = label,
	};

	return ward_buffer_alloc_with(session, length, &options, out);
}

int ward_buffer_from_fd_with(const struct ward_sys *sys, int fd,
			     struct ward_buffer **out)
{
	struct ward_buf_info info = { .size = sizeof(info) };
	struct ward_buffer *buffer;
	int err;

	err = ward_sys_ioctl(sys, fd, WARD_BUF_INFO, &info);
	if (err)
		return err;
	if (info.out_end)
		return -EOWNERDEAD;
	if (!(info.out_state & WARD_BUF_IS_SHARED))
		return -EPERM;
	buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return -ENOMEM;
	buffer->sys = sys;
	buffer->fd = fd;
	buffer->id = info.out_id;
	buffer->size = info.out_length;
	buffer->guest = 1;
	err = map_buffer(buffer);
	if (err) {
		free(buffer);
		return err;
	}
	*out = buffer;
	return 0;
}

int ward_buffer_from_fd(int fd, struct ward_buffer **out)
{
	if (!out)
		return -EINVAL;
	return ward_buffer_from_fd_with(&ward_sys_real, fd, out);
}

/*
 * madvise() says ENOMEM of a hole as of a lack of memory. The kernel's own word for
 * a hole is EFAULT; to ask for read-ahead changes nothing and fails so for a hole
 * alone.
 */
static int advice_errno(const struct ward_sys *sys, void *addr, size_t length)
{
	int err = errno;

	if (err == ENOMEM && sys->madvise(addr, length, MADV_WILLNEED) && errno == ENOMEM)
		return -EFAULT;
	return -err;
}

/* Neither children nor core dumps get a copy that ward could not wipe. */
static int keep_private(const struct ward_sys *sys, void *addr, size_t length)
{
	if (sys->madvise(addr, length, MADV_DONTFORK))
		return advice_errno(sys, addr, length);
	if (sys->madvise(addr, length, MADV_DONTDUMP))
		return advice_errno(sys, addr, length);
	return 0;
}

int ward_buffer_pin_with(struct ward_session *session, void *addr,
			 size_t length,
			 const struct ward_buffer_options *options,
			 struct ward_buffer **out)
{
	struct ward_buf_pin arg = {
		.size = sizeof(arg),
		.addr = (uintptr_t)addr,
		.length = length,
	};
	struct ward_buffer_options known;
	struct ward_buffer *buffer;
	int err;

	err = options_copy(&known, options);
	if (!err && known.timeout_ms)
		err = -EINVAL;
	if (!err)
		err = keep_private(session->sys, addr, length);
	if (err)
		return err;
	arg.flags = known.flags;
	ward_label_set(arg.label, known.label);
	err = ward_sys_ioctl(session->sys, session->fd, WARD_BUF_PIN, &arg);
	if (err)
		return err;
	buffer = buffer_new(session, arg.out_fd, arg.out_id, length);
	if (!buffer)
		return -ENOMEM;
	buffer->data = addr;
	*out = buffer;
	return 0;
}

int ward_buffer_pin(struct ward_session *session, void *addr, size_t length,
		    const char *label, struct ward_buffer **out)
{
	struct ward_buffer_options options = {
		.size = sizeof(options),
		.label = label,
	};

	return ward_buffer_pin_with(session, addr, length, &options, out);
}

void *ward_buffer_data(const struct ward_buffer *buffer)
{
	return buffer->data;
}

size_t ward_buffer_size(const struct ward_buffer *buffer)
{
	return buffer->size;
}

uint64_t ward_buffer_id(const struct ward_buffer *buffer)
{
	return buffer->id;
}

int ward_buffer_fd(const struct ward_buffer *buffer)
{
	return buffer->fd;
}

int ward_buffer_info(struct ward_buffer *buffer, struct ward_buf_info *info)
{
	return ward_sys_ioctl(buffer->sys, buffer->fd, WARD_BUF_INFO, info);
}

int ward_buffer_wipe(struct ward_buffer *buffer, uint64_t *bytes)
{
	struct ward_buf_wipe arg = { .size = sizeof(arg) };
	int err;

	err = ward_sys_ioctl(buffer->sys, buffer->fd, WARD_BUF_WIPE, &arg);
	if (!err && bytes)
		*bytes = arg.out_bytes;
	return err;
}

int ward_buffer_volatile(struct ward_buffer *buffer)
{
	struct ward_buf_volatile arg = { .size = sizeof(arg) };

	return ward_sys_ioctl(buffer->sys, buffer->fd, WARD_BUF_VOLATILE, &arg);
}

int ward_buffer_hold(struct ward_buffer *buffer, int *survived)
{
	struct ward_buf_hold arg = { .size = sizeof(arg) };
	int err;

	err = ward_sys_ioctl(buffer->sys, buffer->fd, WARD_BUF_HOLD, &arg);
	if (!err)
		*survived = arg.out_survived != 0;
	return err;
}

void ward_buffer_free(struct ward_buffer *buffer)
{
	if (!buffer)
		return;
	if (!buffer->guest)
		ward_buffer_wipe(buffer, NULL);
	if (buffer->owns_mapping)
		buffer->sys->munmap(buffer->data, buffer->size);
	buffer->sys->close(buffer->fd);
	free(buffer);
}
