// SPDX-License-Identifier: MIT
/* What SQLite frees is zeroed: where there is no keyring, its pages have the broker's keys. */
#include <errno.h>
#include <malloc.h>

#include <sqlite3.h>

#include "db.h"
#include "libward.h"

static void *allocate(int size)
{
	return ward_wiping_malloc((size_t)size);
}

static void *reallocate(void *ptr, int size)
{
	return ward_wiping_realloc(ptr, (size_t)size);
}

static int size_of(void *ptr)
{
	return ptr ? (int)malloc_usable_size(ptr) : 0;
}

static int round_up(int size)
{
	return (size + 7) & ~7;
}

static int begin(void *data)
{
	(void)data;
	return SQLITE_OK;
}

static void end(void *data)
{
	(void)data;
}

int db_wipe_freed(void)
{
	static const sqlite3_mem_methods methods = {
		allocate, ward_wiping_free, reallocate, size_of, round_up, begin, end, NULL,
	};

	return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK ? 0 : -EBUSY;
}
