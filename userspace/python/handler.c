// SPDX-License-Identifier: MIT
/*
 * NumPy's data in ward memory: a memory handler (NEP 49; NumPy 1.22 and later) over an
 * arena. While it is set, the data of every array that NumPy makes in this context
 * lies in the arena, temporaries of expressions included. What NumPy allocates beside
 * arrays (buffers of casts and sorts, LAPACK's and BLAS's work space) does not.
 *
 * The vault lives until the last array of it does: each holds the capsule. After
 * vault_end() what such arrays hold is zeroes, their memory is still mapped, and the
 * arena ends with the last of them.
 *
 * NumPy is not built against: its function table is found at run time; the two entries
 * that are used are frozen in NumPy's ABI since 1.22.
 */
#include "wardpy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUMPY_SET_HANDLER	304
#define HANDLER_NAME		"mem_handler"
#define HEAD			64u	/* before each block; keeps WARD_ARENA_ALIGN */

/* PyDataMem_Handler of numpy/ndarraytypes.h, version 1. */
struct numpy_handler {
	char name[127];
	uint8_t version;
	struct {
		void *ctx;
		void *(*malloc)(void *ctx, size_t size);
		void *(*calloc)(void *ctx, size_t count, size_t size);
		void *(*realloc)(void *ctx, void *at, size_t size);
		void (*free)(void *ctx, void *at, size_t size);
	} allocator;
};

struct vault {
	struct numpy_handler handler;
	pthread_mutex_t lock;		/* over all below; NumPy may free without the GIL */
	struct ward_arena *arena;	/* NULL once it was destroyed */
	size_t live;			/* blocks */
	bool ended;
	pid_t owner;			/* a child has no mapping of the arena */
};

static void *take(struct vault *vault, size_t size)
{
	uint8_t *block;

	if (vault->owner != getpid() || size > SIZE_MAX - HEAD)
		return NULL;
	pthread_mutex_lock(&vault->lock);
	block = vault->ended ? NULL : ward_arena_alloc(vault->arena, size + HEAD);
	if (block) {
		memcpy(block, &size, sizeof(size));
		vault->live++;
	}
	pthread_mutex_unlock(&vault->lock);
	return block ? block + HEAD : NULL;
}

static void *numpy_malloc(void *ctx, size_t size)
{
	return take(ctx, size);
}

/* What an arena gives is zeroed. */
static void *numpy_calloc(void *ctx, size_t count, size_t size)
{
	return size && count > SIZE_MAX / size ? NULL : take(ctx, count * size);
}

/* The last one out of an ended vault has the kernel wipe what was under it. */
static void numpy_free(void *ctx, void *at, size_t size)
{
	struct vault *vault = ctx;
	struct ward_arena *over = NULL;

	(void)size;
	if (!at || vault->owner != getpid())
		return;
	pthread_mutex_lock(&vault->lock);
	if (!vault->ended)
		ward_arena_free(vault->arena, (uint8_t *)at - HEAD);
	vault->live--;
	if (vault->ended && !vault->live) {
		over = vault->arena;
		vault->arena = NULL;
	}
	pthread_mutex_unlock(&vault->lock);
	ward_arena_destroy(over);
}

static void *numpy_realloc(void *ctx, void *at, size_t size)
{
	uint8_t *block;
	size_t had;

	if (!at)
		return take(ctx, size);
	block = take(ctx, size);
	if (!block)
		return NULL;
	memcpy(&had, (uint8_t *)at - HEAD, sizeof(had));
	memcpy(block, at, had < size ? had : size);
	numpy_free(ctx, at, had);
	return block;
}

static void capsule_free(PyObject *capsule)
{
	struct vault *vault = handler_vault(capsule);

	if (vault->owner == getpid())
		ward_arena_destroy(vault->arena);
	pthread_mutex_destroy(&vault->lock);
	free(vault);
}

struct vault *handler_vault(PyObject *capsule)
{
	return PyCapsule_GetPointer(capsule, HANDLER_NAME);
}

PyObject *handler_new(struct ward_arena *arena)
{
	struct vault *vault = calloc(1, sizeof(*vault));
	PyObject *capsule;

	if (!vault)
		return PyErr_NoMemory();
	strcpy(vault->handler.name, "ward");
	vault->handler.version = 1;
	vault->handler.allocator.ctx = vault;
	vault->handler.allocator.malloc = numpy_malloc;
	vault->handler.allocator.calloc = numpy_calloc;
	vault->handler.allocator.realloc = numpy_realloc;
	vault->handler.allocator.free = numpy_free;
	pthread_mutex_init(&vault->lock, NULL);
	vault->owner = getpid();
	capsule = PyCapsule_New(vault, HANDLER_NAME, capsule_free);
	if (!capsule) {
		free(vault);
		return NULL;
	}
	vault->arena = arena;
	return capsule;
}

/* NumPy 2 moved its core; the old name still works there, with a warning. */
static void **numpy_table(void)
{
	static void **table;
	PyObject *core, *capsule;

	if (table)
		return table;
	core = PyImport_ImportModule("numpy._core._multiarray_umath");
	if (!core && PyErr_ExceptionMatches(PyExc_ModuleNotFoundError)) {
		PyErr_Clear();
		core = PyImport_ImportModule("numpy.core._multiarray_umath");
	}
	capsule = core ? PyObject_GetAttrString(core, "_ARRAY_API") : NULL;
	Py_XDECREF(core);
	if (capsule)
		table = PyCapsule_GetPointer(capsule, NULL);
	Py_XDECREF(capsule);
	return table;
}

PyObject *handler_set(PyObject *capsule)
{
	void **table = numpy_table();
	PyObject *(*set)(PyObject *);

	if (!table)
		return NULL;
	memcpy(&set, &table[NUMPY_SET_HANDLER], sizeof(set));
	return set(capsule);
}

void vault_look(struct vault *vault, struct vault_state *out)
{
	struct ward_buffer *under;

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&vault->lock);
	out->live = vault->live;
	if (vault->arena) {
		under = ward_arena_buffer(vault->arena);
		out->used = ward_arena_used(vault->arena);
		out->peak = ward_arena_peak(vault->arena);
		out->data = ward_buffer_data(under);
		out->size = ward_buffer_size(under);
	}
	pthread_mutex_unlock(&vault->lock);
}

void vault_end(struct vault *vault)
{
	struct ward_arena *over = NULL;
	struct ward_buffer *under;

	if (vault->owner != getpid())
		return;
	pthread_mutex_lock(&vault->lock);
	if (!vault->ended && vault->live) {
		under = ward_arena_buffer(vault->arena);
		explicit_bzero(ward_buffer_data(under), ward_buffer_size(under));
	} else if (!vault->ended) {
		over = vault->arena;
		vault->arena = NULL;
	}
	vault->ended = true;
	pthread_mutex_unlock(&vault->lock);
	ward_arena_destroy(over);
}
