/* SPDX-License-Identifier: MIT */
/* What the operations of the grammar do, in the process of one program. */
#ifndef FUZZ_ABI_CALLS_H
#define FUZZ_ABI_CALLS_H

#include <sys/types.h>

#include <linux/ward_key.h>

#include "grammar.h"

enum { ARENA = 4 << 20, FRIENDS = 4 };

/**
 * struct world - what a program has; dies with its process
 * @file: by places, -1 = none
 * @cookie: of the request that an agent read last; @asked: its report data
 * @grant: of each key's place, as the owner has it
 * @beside: calls that a child does, not this process
 * @left: calls until this process, such a child, has done its own; 0 = it is none
 */
struct world {
	int file[FILES];
	struct {
		uint8_t *at;
		size_t len;
	} map[MAPS];
	uint8_t *arena, *read_only;
	uint64_t cookie;
	uint8_t asked[64];
	struct ward_key_grant grant[AGENTS - KEYS];
	unsigned int beside, left;
	pid_t friends[FRIENDS];
	unsigned int n_friends;
};

struct world *world_new(void);
/* One call; its result or -1 with errno. */
long world_do(struct world *world, const struct call *call);
/* Waits for the children that did calls beside. */
void world_wait(struct world *world);
int *world_file(struct world *world, uint64_t place);

#define CALL(name)	long call_##name(struct world *world, const uint64_t *arg)
CALL(open); CALL(close); CALL(dup); CALL(read); CALL(poll); CALL(fdinfo);
CALL(map); CALL(touch); CALL(unmap); CALL(protect); CALL(advise); CALL(remap);
CALL(lock); CALL(vmsplice); CALL(smaps); CALL(arena); CALL(beside); CALL(become); CALL(pace);
CALL(key); CALL(key_file); CALL(answer);
CALL(wire); CALL(send); CALL(rule); CALL(limits); CALL(revoke); CALL(join);
CALL(configfs); CALL(sysfs); CALL(plant);

/* What an argument means here. */
uint8_t *world_address(const struct world *world, uint64_t value);
void world_bytes(const struct world *world, uint64_t value, uint8_t *to, size_t len);
uint64_t world_time(uint64_t value);

#endif /* FUZZ_ABI_CALLS_H */
