// SPDX-License-Identifier: MIT
#include "memory.h"

#include <errno.h>
#include <stdlib.h>

#include "libward.h"

/* Small pieces share a block of this size, large ones get their own. */
#define REGION_MIN	(4 * MEMORY_PAGE)
#define PIECE_ALIGN	64u

struct memory_region {
	struct memory_region *next;
	struct memory_block block;
	size_t used;
};

void memory_init(struct memory *memory, const struct memory_backend *backend,
		 size_t budget)
{
	*memory = (struct memory){ .backend = *backend, .budget = budget };
}

static size_t round_up(size_t len, size_t unit)
{
	return (len + unit - 1) / unit * unit;
}

int memory_try(struct memory *memory, size_t len, const char *label,
	       struct memory_block *block)
{
	void *data, *handle;
	int err;

	if (!len || len > SIZE_MAX - MEMORY_PAGE)
		return -EINVAL;
	len = round_up(len, MEMORY_PAGE);
	if (len > memory->budget - memory->live)
		return -EDQUOT;
	err = memory->backend.get(memory->backend.arg, len, label, &data, &handle);
	if (err)
		return err;
	memory->live += len;
	if (memory->live > memory->peak)
		memory->peak = memory->live;
	*block = (struct memory_block){ .data = data, .len = len, .handle = handle };
	return 0;
}

int memory_get(struct memory *memory, size_t len, const char *label,
	       struct memory_block *block)
{
	int err;

	while ((err = memory_try(memory, len, label, block)) == -EDQUOT ||
	       err == -ENOMEM) {
		if (!memory->reclaim || !memory->reclaim(memory->reclaim_arg, len))
			break;
	}
	return err;
}

void memory_put(struct memory *memory, struct memory_block *block)
{
	if (!block->handle)
		return;
	memory->backend.put(memory->backend.arg, block->handle);
	memory->live -= block->len;
	*block = (struct memory_block){ 0 };
}

static struct memory_region *region_new(struct memory *memory, size_t len)
{
	struct memory_region *region = calloc(1, sizeof(*region));

	if (!region)
		return NULL;
	/* A tight budget may have room for the piece, not for a whole region. */
	if (memory_try(memory, len < REGION_MIN ? REGION_MIN : len, "work",
		       &region->block) &&
	    memory_get(memory, len, "work", &region->block)) {
		free(region);
		return NULL;
	}
	region->next = memory->regions;
	memory->regions = region;
	return region;
}

void *memory_take(struct memory *memory, size_t len)
{
	struct memory_region *region;
	void *piece;

	if (!len || len > SIZE_MAX - MEMORY_PAGE)
		return NULL;
	len = round_up(len, PIECE_ALIGN);
	for (region = memory->regions; region; region = region->next) {
		if (region->block.len - region->used >= len)
			break;
	}
	if (!region)
		region = region_new(memory, len);
	if (!region)
		return NULL;
	piece = region->block.data + region->used;
	region->used += len;
	return piece;
}

double *memory_doubles(struct memory *memory, size_t count)
{
	if (count > SIZE_MAX / sizeof(double))
		return NULL;
	return memory_take(memory, count * sizeof(double));
}

struct memory_region *memory_scope(struct memory *memory)
{
	struct memory_region *outer = memory->regions;

	memory->regions = NULL;
	return outer;
}

void memory_release(struct memory *memory, struct memory_region *outer)
{
	struct memory_region *region;

	while ((region = memory->regions)) {
		memory->regions = region->next;
		memory_put(memory, &region->block);
		free(region);
	}
	memory->regions = outer;
}

static int ward_get(void *arg, size_t len, const char *label, void **data,
		    void **handle)
{
	struct ward_buffer *buffer;
	int err = ward_buffer_alloc(arg, len, 0, label, &buffer);

	if (err)
		return err;
	*data = ward_buffer_data(buffer);
	*handle = buffer;
	return 0;
}

static void ward_put(void *arg, void *handle)
{
	(void)arg;
	ward_buffer_free(handle);
}

struct memory_backend memory_backend_ward(struct ward_session *session)
{
	return (struct memory_backend){
		.get = ward_get, .put = ward_put, .arg = session,
	};
}
