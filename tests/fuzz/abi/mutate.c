// SPDX-License-Identifier: MIT
/* Arguments as the grammar wants them, most of the time; calls put in, taken out, changed, mixed. */
#include <string.h>

#include <linux/ward_netlink.h>

#include "calls.h"
#include "mutate.h"
#include "random.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* Where things break: around pages, huge pages, tables, and the ends of types. */
static const uint64_t lengths[] = {
	0, 1, 8, 15, 16, 17, 31, 32, 63, 64, 65, 127, 128, 1023, 1024, 1025, 4095, 4096, 4097, 8192, 16384,
	65536, 131072, (2 << 20) - 4096, 2 << 20, (2 << 20) + 4096, 3 << 20, 4 << 20, 8 << 20,
	1ull << 26, 1ull << 31, (1ull << 32) - 1, 1ull << 32, 1ull << 40, (1ull << 63) - 1, 1ull << 63,
	~0ull - 4095, ~0ull,
};
static const uint64_t times[] = {
	0, 1, TIME_AHEAD, TIME_AHEAD | 1000, TIME_AHEAD | 1000000, TIME_AHEAD | 20000000, TIME_AHEAD | 300000000,
	1000000, 1000000000, 1ull << 60, (1ull << 60) + 1, 1ull << 63, ~0ull,
};
static const uint64_t sizes[] = { 0, 4, 8, 12, 16, 64, 96, 128, 192, 256, 320, 4088, 4096, 4097, 1u << 31, ~0u };

/* Of a kind's places, and now and then any. */
static uint64_t place(uint64_t *random, unsigned int first, unsigned int end)
{
	if (one_in(random, 32))
		return random_below(random, FILES);
	/* The first place is what most calls have in common. */
	return first + (one_in(random, 3) ? random_below(random, end - first) : 0);
}

static uint64_t address(uint64_t *random)
{
	switch (random_below(random, 12)) {
	case 0: return 0;
	case 1: return random_next(random) >> random_below(random, 48);
	case 2: return (uint64_t)PLACE_READ_ONLY << 48 | random_below(random, 4096);
	case 3:
	case 4: return (uint64_t)PLACE_MAP << 48 | random_below(random, 2) << 20 | random_below(random, MAPS);
	case 5: return (uint64_t)PLACE_ARENA << 48 | (ARENA - random_below(random, 64));
	}
	return (uint64_t)PLACE_ARENA << 48 | random_below(random, 64) << 12;
}

static uint64_t attr(uint64_t *random)
{
	static const uint16_t asked[] = {
		WARD_A_SESSION_ID, WARD_A_UID, WARD_A_LIMIT, WARD_A_LIMIT_USER, WARD_A_LIMIT_SESSION,
		WARD_A_FROM_SEQ, WARD_A_CALL_MS, WARD_A_CALL_BURST, WARD_A_ASK_MS, WARD_A_ASK_BURST,
		WARD_A_COOLDOWN_MS, WARD_A_PURPOSES, WARD_A_RULE, WARD_A_POSTURE, WARD_A_REFUSE,
	};

	if (one_in(random, 4))
		return random_below(random, WARD_A_MAX + 2);
	return asked[random_below(random, COUNT(asked))];
}

static uint64_t number(uint64_t *random)
{
	return one_in(random, 8) ? random_next(random) >> random_below(random, 64) : random_below(random, 9);
}

static uint64_t bits(uint64_t *random)
{
	const uint64_t some = 1ull << random_below(random, 8);

	if (one_in(random, 2))
		return 0;
	return one_in(random, 3) ? some | 1ull << random_below(random, 32) : some;
}

static uint64_t value(enum arg_kind kind, uint64_t *random)
{
	switch (kind) {
	case ARG_SESSION: return place(random, SESSIONS, BUFFERS);
	case ARG_BUFFER: return place(random, BUFFERS, KEYS);
	case ARG_KEY: return place(random, KEYS, AGENTS);
	case ARG_AGENT: return place(random, AGENTS, WIRES);
	case ARG_WIRE: return place(random, WIRES, FILES);
	case ARG_FILE: return random_below(random, FILES);
	case ARG_MAP: return random_below(random, 2) * random_below(random, MAPS);
	case ARG_SIZE: return one_in(random, 8) ? sizes[random_below(random, COUNT(sizes))] : 0;
	case ARG_FLAGS: return bits(random);
	case ARG_LENGTH: return lengths[random_below(random, COUNT(lengths))] + (one_in(random, 8) ? number(random) : 0);
	case ARG_ADDRESS: return address(random);
	case ARG_TIME: return times[random_below(random, COUNT(times))];
	case ARG_BYTES: return random_below(random, 6) << 8 | random_below(random, BYTES_KINDS);
	case ARG_COOKIE: return one_in(random, 4) ? random_next(random) : 0;
	case ARG_PROT: return one_in(random, 4) ? random_below(random, 8) : 3;
	case ARG_COMMAND: return random_below(random, WARD_GENL_CMD_MAX + 2);
	case ARG_ATTR: return attr(random);
	case ARG_SMALL: break;
	}
	return number(random);
}

static struct call call_make(uint64_t *random)
{
	struct call call = { .op = (unsigned int)random_below(random, op_count_made()) };
	const struct op *op = op_at(call.op);
	unsigned int i;

	for (i = 0; i < op->n; i++)
		call.arg[i] = value(op->arg[i].kind, random);
	return call;
}

static void put_in(struct program *program, unsigned int at, struct call call)
{
	if (program->n == CALLS)
		return;
	memmove(&program->call[at + 1], &program->call[at], (program->n - at) * sizeof(call));
	program->call[at] = call;
	program->n++;
}

static void take_out(struct program *program, unsigned int at)
{
	program->n--;
	memmove(&program->call[at], &program->call[at + 1], (program->n - at) * sizeof(program->call[0]));
}

static void change(struct call *call, uint64_t *random)
{
	const struct op *op = op_at(call->op);
	unsigned int at;

	if (!op->n)
		return;
	at = (unsigned int)random_below(random, op->n);
	if (one_in(random, 6))
		call->arg[at] ^= 1ull << random_below(random, 64);
	else
		call->arg[at] = value(op->arg[at].kind, random);
}

void program_make(struct program *program, uint64_t *random)
{
	unsigned int n = 2 + (unsigned int)random_below(random, 10);

	memset(program, 0, sizeof(*program));
	put_in(program, 0, (struct call){ .op = (unsigned int)op_named("open", 4) });
	while (program->n < n)
		put_in(program, program->n, call_make(random));
}

void program_mutate(struct program *program, const struct program *other, uint64_t *random)
{
	unsigned int rounds = 1 + (unsigned int)random_below(random, 4);

	while (rounds--) {
		const unsigned int at = (unsigned int)random_below(random, program->n + 1);

		switch (random_below(random, 8)) {
		case 0:
			if (at < program->n && program->n > 1)
				take_out(program, at);
			break;
		case 1:
		case 2: put_in(program, at, call_make(random)); break;
		case 3:
			if (other->n)
				put_in(program, at, other->call[random_below(random, other->n)]);
			break;
		case 4:
			if (at < program->n)
				put_in(program, at, program->call[at]);
			break;
		default:
			if (at < program->n)
				change(&program->call[at], random);
		}
	}
}
