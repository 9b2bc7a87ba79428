// SPDX-License-Identifier: MIT
/* What arguments mean, and ioctls, which are all one. */
#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ward.h>

#include "calls.h"

struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof(*world));
	int i;

	if (!world)
		abort();
	for (i = 0; i < FILES; i++)
		world->file[i] = -1;
	world->arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	world->read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (world->arena == MAP_FAILED || world->read_only == MAP_FAILED)
		abort();
	/* Or nothing of it can be pinned. */
	madvise(world->arena, ARENA, MADV_DONTFORK);
	return world;
}

int *world_file(struct world *world, uint64_t place)
{
	return &world->file[place % FILES];
}

uint8_t *world_address(const struct world *world, uint64_t value)
{
	uint64_t offset = value & ((1ull << 48) - 1);

	switch (value >> 48) {
	case PLACE_ARENA: return world->arena + offset % ARENA;
	case PLACE_MAP: return world->map[offset % MAPS].at + (offset >> 8) % ARENA;
	case PLACE_READ_ONLY: return world->read_only + offset % 4096;
	}
	return (uint8_t *)(uintptr_t)value;
}

static void bytes_of(uint64_t number, uint8_t *to, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		number = number * 6364136223846793005ull + 1442695040888963407ull;
		to[i] = (uint8_t)(number >> 56);
	}
}

void world_bytes(const struct world *world, uint64_t value, uint8_t *to, size_t len)
{
	struct ward_info info = { .size = sizeof(info) };
	uint8_t hash[SHA256_DIGEST_LENGTH];

	memset(to, 0, len);
	switch (value % BYTES_KINDS) {
	case BYTES_ID:
		if (!ioctl(world->file[(value >> 8) % BUFFERS], WARD_INFO, &info))
			memcpy(to, info.out_session, len < WARD_ID_LEN ? len : WARD_ID_LEN);
		break;
	case BYTES_OF:
		bytes_of(value >> 8, to, len);
		break;
	case BYTES_HASH:
		bytes_of(value >> 8, hash, sizeof(hash));
		SHA256(hash, sizeof(hash), hash);
		memcpy(to, hash, len < sizeof(hash) ? len : sizeof(hash));
	}
}

uint64_t world_time(uint64_t value)
{
	struct timespec now;

	if (!(value & TIME_AHEAD))
		return value;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec + (value & ~TIME_AHEAD);
}

static uint64_t meant(struct world *world, const struct arg *arg, uint64_t value)
{
	switch (arg->kind) {
	case ARG_ADDRESS: return (uintptr_t)world_address(world, value);
	case ARG_TIME: return world_time(value);
	case ARG_BUFFER: return (uint64_t)(int64_t)*world_file(world, value);
	case ARG_COOKIE: return value ? value : world->cookie;
	default: return value;
	}
}

/* Relative times of a term or an age are what they say, not when they are over. */
static void fill(struct world *world, const struct op *op, const uint64_t *value, uint8_t *to)
{
	unsigned int i;
	uint64_t word;

	for (i = 0; i < op->n; i++) {
		const struct arg *arg = &op->arg[i];

		if (!arg->size)
			continue;
		if (arg->kind == ARG_BYTES) {
			world_bytes(world, value[i], to + arg->at, arg->size);
			continue;
		}
		word = meant(world, arg, value[i]);
		if (arg->kind == ARG_SIZE && !word)
			word = op->size;
		memcpy(to + arg->at, &word, arg->size < sizeof(word) ? arg->size : sizeof(word));
	}
}

static long do_ioctl(struct world *world, const struct op *op, const uint64_t *value)
{
	_Alignas(4096) static uint8_t page[2 * 4096];
	int *file, made;
	long ret;

	memset(page, 0, sizeof(page));
	fill(world, op, value, page);
	ret = ioctl(*world_file(world, value[0]), op->cmd, page);
	if (ret || !op->out_fd)
		return ret;
	memcpy(&made, page + op->out_fd, sizeof(made));
	file = world_file(world, value[op->n - 1]);
	if (*file >= 0)
		close(*file);
	*file = made;
	return 0;
}

static long do_one(struct world *world, const struct call *call)
{
	const struct op *op = op_at(call->op);

	return op->cmd ? do_ioctl(world, op, call->arg) : op->run(world, call->arg);
}

long world_do(struct world *world, const struct call *call)
{
	long ret;

	if (world->beside) {
		world->beside--;
		return 0;
	}
	ret = do_one(world, call);
	if (world->left && !--world->left)
		_exit(0);
	return ret;
}

void world_wait(struct world *world)
{
	while (world->n_friends)
		waitpid(world->friends[--world->n_friends], NULL, 0);
}
