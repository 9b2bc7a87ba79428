// SPDX-License-Identifier: MIT
#include "phases.h"

#include <sys/resource.h>
#include <time.h>

static uint64_t wall_ns(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t kernel_ns(void)
{
	struct rusage use = { 0 };

	getrusage(RUSAGE_THREAD, &use);
	return (uint64_t)use.ru_stime.tv_sec * 1000000000u +
	       (uint64_t)use.ru_stime.tv_usec * 1000u;
}

void phases_begin(struct phases *phases)
{
	*phases = (struct phases){ .wall_at = wall_ns(), .kernel_at = kernel_ns() };
}

enum phase phases_enter(struct phases *phases, enum phase next)
{
	uint64_t wall = wall_ns(), kernel = kernel_ns();
	enum phase last = phases->now;

	phases->wall[last] += wall - phases->wall_at;
	phases->kernel[last] += kernel - phases->kernel_at;
	phases->wall_at = wall;
	phases->kernel_at = kernel;
	phases->now = next;
	return last;
}

uint64_t phases_wall(const struct phases *phases)
{
	uint64_t sum = 0;
	int i;

	for (i = PHASE_OUTSIDE + 1; i < PHASES; i++)
		sum += phases->wall[i];
	return sum;
}

/* What is not there yet would be found missing, and charged, while something is computed. */
static void touch(uint8_t *data, size_t len)
{
	size_t at;

	for (at = 0; at < len; at += MEMORY_PAGE)
		((volatile uint8_t *)data)[at] = 0;
}

static int phased_get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	struct phased_memory *memory = arg;
	enum phase last = phases_enter(memory->phases, PHASE_MEMORY);
	int err = memory->below.get(memory->below.arg, len, label, data, handle);

	if (!err)
		touch(*data, len);
	else if (!memory->refused)
		memory->refused = err;
	phases_enter(memory->phases, last);
	return err;
}

static void phased_put(void *arg, void *handle)
{
	struct phased_memory *memory = arg;
	enum phase last = phases_enter(memory->phases, PHASE_MEMORY);

	memory->below.put(memory->below.arg, handle);
	phases_enter(memory->phases, last);
}

struct memory_backend phased_backend(struct phased_memory *memory)
{
	return (struct memory_backend){ .get = phased_get, .put = phased_put, .arg = memory };
}

static int phased_open(void *arg, uint64_t chunk, uint8_t *out, size_t *len,
		       struct failure *failure)
{
	struct phased_source *phased = arg;
	enum phase last = phases_enter(phased->phases, PHASE_DECRYPT);
	int ret = phased->below.open(phased->below.arg, chunk, out, len, failure);

	phases_enter(phased->phases, last);
	return ret;
}

void phased_source(struct phased_source *phased, struct phases *phases, struct source *source)
{
	*phased = (struct phased_source){ .below = *source, .phases = phases };
	source->open = phased_open;
	source->arg = phased;
}
