// SPDX-License-Identifier: MIT
/* What backends share. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"

const char *backend_option(const struct backend_config *config, const char *name,
			   const char *fallback)
{
	for (size_t i = 0; i < config->count; i++)
		if (!strcmp(config->options[i].name, name))
			return config->options[i].value;
	return fallback;
}

int backend_choice(const struct backend_config *config, const char *name, const char *fallback,
		   const char *other, bool *chosen, struct trouble *why)
{
	const char *text = backend_option(config, name, fallback);

	*chosen = !strcmp(text, other);
	if (*chosen || !strcmp(text, fallback))
		return 0;
	return trouble_set(why, -EINVAL, "%s=%.20s: '%s' or '%s' is wanted", name, text, fallback,
			   other);
}

int backend_number(const struct backend_config *config, const char *name, uint64_t fallback,
		   uint64_t min, uint64_t max, uint64_t *out, struct trouble *why)
{
	const char *text = backend_option(config, name, NULL);
	char *end;

	*out = fallback;
	if (!text)
		return 0;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || *out < min || *out > max)
		return trouble_set(why, -EINVAL, "%s=%.40s: a number from %llu to %llu is wanted",
				   name, text, (unsigned long long)min, (unsigned long long)max);
	return 0;
}

int backend_open_device(const struct backend_config *config, const char *path,
			const char *absent, int *fd, struct trouble *why)
{
	int err;

	path = backend_option(config, "device", path);
	*fd = config->sys->open(path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	err = -errno;
	if (err == -ENOENT)
		return trouble_set(why, err, "%.100s is not there: %s", path, absent);
	return trouble_set(why, err, "%.100s: %s%s", path, strerror(-err),
			   err == -EACCES ? BACKEND_AS_ROOT : "");
}

void backend_piece_free(struct ward_piece *piece)
{
	free((void *)piece->data);
	free((void *)piece->aux);
	free((void *)piece->manifest);
	memset(piece, 0, sizeof(*piece));
}

int backend_keep(const void *data, size_t len, const uint8_t **to, size_t *to_len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	*to = copy;
	*to_len = len;
	return 0;
}
