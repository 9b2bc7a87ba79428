// SPDX-License-Identifier: MIT
/* See storm.h: a thread, and the process of eight. */
#define _GNU_SOURCE
#include "storm.h"

/* The row at which the sum of weights passes *@at; NULL where it does not. */
static const struct operation *row_at(const struct operation *row, uint64_t *at)
{
	for (; row->name; row++) {
		if (*at < row->weight)
			return row;
		*at -= row->weight;
	}
	return NULL;
}

static unsigned int weight_of(const struct operation *row)
{
	unsigned int sum = 0;

	for (; row->name; row++)
		sum += row->weight;
	return sum;
}

static const struct operation *drawn(struct storm *s)
{
	uint64_t at = draw(s, weight_of(memory_operations) + weight_of(other_operations));

	return row_at(memory_operations, &at) ?: row_at(other_operations, &at);
}

/*
 * What the headers promise. EBADF, ENOTTY: the number is nobody's by now, or another
 * file's; EOPNOTSUPP: that of pinned memory.
 */
static bool promised(int err)
{
	static const int all[] = {
		EBADF, ENOTTY, EINVAL, EPERM, EACCES, ENOMEM, EMFILE, EDQUOT, ESHUTDOWN,
		EOWNERDEAD, EBUSY, ENODEV, ENXIO, EUSERS, EAGAIN, EHOSTDOWN, ETIME, EBADMSG,
		EIO, ENOENT, EINTR, ENOPKG, EMSGSIZE, EOPNOTSUPP,
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i] == err)
			return true;
	return false;
}

static void *storm(void *arg)
{
	struct storm *s = arg;
	unsigned int i;

	for (i = 0; i < OPERATIONS; i++) {
		const struct operation *op = drawn(s);
		int ret;

		tally->name[s->number] = op->name;
		ret = op->act(s);
		tally->operations++;
		if (ret < 0 && !promised(-ret) && !tally->strange++) {
			tally->errno_of = -ret;
			tally->name_of = op->name;
		}
	}
	return NULL;
}

static struct storm *storm_new(int number, uint64_t seed)
{
	struct storm *s = calloc(1, sizeof(*s));

	ASSERT_TRUE(s != NULL);
	s->number = number;
	s->seed = (seed + number) * 0x9e3779b97f4a7c15ull | 1;
	s->wire = wire_open();
	s->answer = answer_new(WARD_PURPOSE_REPORT);
	s->pinned = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	ASSERT_TRUE(s->pinned != MAP_FAILED);
	ASSERT_EQ(madvise(s->pinned, 8 * PAGE, MADV_DONTFORK), 0);
	return s;
}

void storm_process(uint64_t seed)
{
	struct storm *all[THREADS];
	int i;

	guard_signals();
	for (i = 0; i < THREADS; i++)
		all[i] = storm_new(i, seed);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(pthread_create(&all[i]->thread, NULL, storm, all[i]), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(all[i]->thread, NULL);
}
