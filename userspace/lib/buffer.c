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

int ward_buffer_alloc(struct ward_session *session, size_t length,
		      uint32_t flags, const char *label,
		      struct ward_buffer **out)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct ward_buf_alloc arg = { .size = sizeof(arg), .flags = flags };
	struct ward_buffer *buffer;
	int err;

	if (!length || length > SIZE_MAX - page)
		return -EINVAL;
	arg.length = (length + page - 1) & ~(page - 1);
	ward_label_set(arg.label, label);
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

/* Neither children nor core dumps get a copy that ward could not wipe. */
static int keep_private(const struct ward_sys *sys, void *addr, size_t length)
{
	if (sys->madvise(addr, length, MADV_DONTFORK))
		return -errno;
	if (sys->madvise(addr, length, MADV_DONTDUMP))
		return -errno;
	return 0;
}

int ward_buffer_pin(struct ward_session *session, void *addr, size_t length,
		    const char *label, struct ward_buffer **out)
{
	struct ward_buf_pin arg = {
		.size = sizeof(arg),
		.addr = (uintptr_t)addr,
		.length = length,
	};
	struct ward_buffer *buffer;
	int err;

	err = keep_private(session->sys, addr, length);
	if (err)
		return err;
	ward_label_set(arg.label, label);
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

void ward_buffer_free(struct ward_buffer *buffer)
{
	if (!buffer)
		return;
	ward_buffer_wipe(buffer, NULL);
	if (buffer->owns_mapping)
		buffer->sys->munmap(buffer->data, buffer->size);
	buffer->sys->close(buffer->fd);
	free(buffer);
}
