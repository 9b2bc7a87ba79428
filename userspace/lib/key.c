// SPDX-License-Identifier: MIT
/* Data keys that only the kernel holds: libward_key.h. No secret passes through here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

struct ward_key {
	const struct ward_sys *sys;
	int fd;
	uint64_t id;
};

static int key_new(const struct ward_sys *sys, int fd, uint64_t id, struct ward_key **out)
{
	struct ward_key *key = calloc(1, sizeof(*key));

	if (!key) {
		sys->close(fd);
		return -ENOMEM;
	}
	*key = (struct ward_key){ .sys = sys, .fd = fd, .id = id };
	*out = key;
	return 0;
}

int ward_key_pair(struct ward_session *session, uint8_t *public_key)
{
	struct ward_key_pair pair = { .size = sizeof(pair) };
	int err = ward_sys_ioctl(session->sys, session->fd, WARD_KEY_PAIR, &pair);

	if (!err)
		memcpy(public_key, pair.out_public, sizeof(pair.out_public));
	return err;
}

int ward_key_import(struct ward_session *session, const uint8_t *enc, const uint8_t *sealed,
		    struct ward_key **out)
{
	struct ward_key_import import = { .size = sizeof(import) };
	int err;

	memcpy(import.enc, enc, sizeof(import.enc));
	memcpy(import.sealed, sealed, sizeof(import.sealed));
	err = ward_sys_ioctl(session->sys, session->fd, WARD_KEY_IMPORT, &import);
	return err ? err : key_new(session->sys, import.out_fd, import.out_id, out);
}

int ward_key_unwrap(struct ward_key *key, const uint8_t *salt, const uint8_t *wrapped,
		    struct ward_key **out)
{
	struct ward_key_unwrap unwrap = { .size = sizeof(unwrap) };
	int err;

	memcpy(unwrap.salt, salt, sizeof(unwrap.salt));
	memcpy(unwrap.wrapped, wrapped, sizeof(unwrap.wrapped));
	err = ward_sys_ioctl(key->sys, key->fd, WARD_KEY_UNWRAP, &unwrap);
	return err ? err : key_new(key->sys, unwrap.out_fd, unwrap.out_id, out);
}

/* The caller may know a shorter struct one day; today there is one length. */
static int series_arg(const struct ward_key_series *series, const struct ward_buffer *buffer,
		      struct ward_key_open *arg)
{
	if (series->size < sizeof(*series) || !series->chunk ||
	    series->chunk > WARD_KEY_CHUNK_MAX || series->aad_len > sizeof(arg->aad))
		return -EINVAL;
	*arg = (struct ward_key_open){
		.size = sizeof(*arg), .buffer_fd = ward_buffer_fd(buffer), .use = series->use,
		.aad_len = series->aad_len, .iv_prefix = series->iv_prefix,
		.chunk = series->chunk,
	};
	memcpy(arg->salt, series->salt, sizeof(arg->salt));
	if (series->aad_len)
		memcpy(arg->aad, series->aad, series->aad_len);
	return 0;
}

/* Earlier calls of a series that failed: the kernel wiped its own part already. */
static void wipe(struct ward_buffer *buffer, uint64_t offset, uint64_t len)
{
	struct ward_buf_info info = { .size = sizeof(info) };
	uint8_t *data = ward_buffer_data(buffer);

	/* a buffer that has ended is zeroed, and must not be touched */
	if (!len || !data || ward_buffer_info(buffer, &info) || info.out_end)
		return;
	explicit_bzero(data + offset, len);
}

int64_t ward_key_open(struct ward_key *key, const struct ward_key_series *series,
		      struct ward_buffer *buffer, uint64_t offset)
{
	uint64_t done = 0, written = 0, message, part;
	struct ward_key_open arg;
	int err = series_arg(series, buffer, &arg);

	if (err)
		return err;
	message = (uint64_t)series->chunk + WARD_KEY_TAG_LEN;
	part = WARD_KEY_SRC_MAX / message * message;
	do {
		arg.src = (uintptr_t)series->src + done;
		arg.src_len = series->src_len - done < part ? series->src_len - done : part;
		arg.offset = offset + written;
		arg.index = series->index + done / message;
		err = ward_sys_ioctl(key->sys, key->fd, WARD_KEY_OPEN, &arg);
		if (err) {
			wipe(buffer, offset, written);
			return err;
		}
		done += arg.src_len;
		written += arg.out_bytes;
	} while (done < series->src_len);
	return (int64_t)written;
}

int ward_key_info(struct ward_key *key, struct ward_key_info *info)
{
	*info = (struct ward_key_info){ .size = sizeof(*info) };
	return ward_sys_ioctl(key->sys, key->fd, WARD_KEY_INFO, info);
}

int ward_key_end(struct ward_key *key)
{
	struct ward_key_end end = { .size = sizeof(end) };
	int err = ward_sys_ioctl(key->sys, key->fd, WARD_KEY_END, &end);

	return err ? err : (int)end.out_end;
}

int ward_key_fd(const struct ward_key *key)
{
	return key->fd;
}

uint64_t ward_key_id(const struct ward_key *key)
{
	return key->id;
}

void ward_key_free(struct ward_key *key)
{
	if (!key)
		return;
	key->sys->close(key->fd);
	free(key);
}
