/* SPDX-License-Identifier: MIT */
/* A worker's memory out of the heap, which ASan watches. */
#ifndef WARD_FUZZ_PLAIN_MEMORY_H
#define WARD_FUZZ_PLAIN_MEMORY_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/worker/memory.h"

static inline int plain_get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	(void)arg;
	(void)label;
	*data = *handle = aligned_alloc(MEMORY_PAGE, len);
	if (!*data)
		return -ENOMEM;
	memset(*data, 0, len);
	return 0;
}

static inline void plain_put(void *arg, void *handle)
{
	(void)arg;
	free(handle);
}

static const struct memory_backend plain_memory = { .get = plain_get, .put = plain_put };

#endif /* WARD_FUZZ_PLAIN_MEMORY_H */
