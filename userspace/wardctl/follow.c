// SPDX-License-Identifier: MIT
/*
 * Two ways to one output. Whoever may join the group "pressure" is told of every
 * change. Everybody else looks again and again. Both know from the number of the
 * change how many they missed. Neither leaves a session or a record behind.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "follow.h"

/**
 * struct state - what a line is made of
 * @seq: number of the change, where @numbered
 * @missed: changes since the line before that nobody saw
 */
struct state {
	struct ward_memory memory;
	uint64_t seq;
	uint64_t missed;
	uint32_t waiting;
	struct ward_stall some, full;
	bool numbered;
};

uint64_t follow_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void show_json(struct wardctl *ctl, const struct state *s, const char *told)
{
	out_uint(ctl->out, "boot_ns", follow_now());
	out_text(ctl->out, "level", device_level(s->memory.level));
	if (s->numbered) {
		out_uint(ctl->out, "change", s->seq);
		out_uint(ctl->out, "missed", s->missed);
	} else {
		out_null(ctl->out, "change");
		out_null(ctl->out, "missed");
	}
	out_uint(ctl->out, "live_a", s->memory.live_a);
	out_uint(ctl->out, "live_b", s->memory.live_b);
	device_limit(ctl, "limit", s->memory.limit);
	out_uint(ctl->out, "waiting", s->waiting);
	out_real(ctl->out, "some_avg10", s->some.avg10 / 100.0);
	out_real(ctl->out, "full_avg10", s->full.avg10 / 100.0);
	out_text(ctl->out, "told_by", told);
}

static void show_line(struct wardctl *ctl, const struct state *s)
{
	char missed[64] = "", limit[32] = "none";

	if (s->missed)
		snprintf(missed, sizeof(missed), ", %llu changes before it were missed",
			 (unsigned long long)s->missed);
	if (s->memory.limit != UINT64_MAX)
		snprintf(limit, sizeof(limit), "%llu", (unsigned long long)s->memory.limit);
	out_line(ctl->out, "%-8s live A %llu, live B %llu, limit %s, waiting %u, some %u.%02u %%%s",
		 device_level(s->memory.level), (unsigned long long)s->memory.live_a,
		 (unsigned long long)s->memory.live_b, limit, s->waiting, s->some.avg10 / 100,
		 s->some.avg10 % 100, missed);
}

static int emit(struct wardctl *ctl, const struct state *s, const char *told)
{
	if (ctl->json)
		show_json(ctl, s, told);
	else
		show_line(ctl, s);
	if (!out_finish(ctl->out))
		return ctl_error(ctl, EXIT_DEVICE, "output", "writing the result failed");
	out_reset(ctl->out);
	return EXIT_OK;
}

static int ask(struct ward_control *control, struct state *s)
{
	struct ward_gauge *gauge;
	int err = ward_control_gauge(control, &gauge);

	if (err)
		return err;
	memset(s, 0, sizeof(*s));
	s->memory = gauge->memory;
	s->numbered = gauge->has_level_seq;
	s->seq = gauge->level_seq;
	s->waiting = gauge->waiting;
	s->some = gauge->some;
	s->full = gauge->full;
	ward_gauge_free(gauge);
	return 0;
}

static void pause_ms(long ms)
{
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&wait, NULL);
}

/* Member by member: between two of them lie bytes that nobody fills. */
static bool same_bytes(const struct ward_memory *a, const struct ward_memory *b)
{
	return a->live_a == b->live_a && a->live_b == b->live_b && a->peak == b->peak &&
	       a->limit == b->limit && a->failed == b->failed && a->wiped == b->wiped &&
	       a->live_shared == b->live_shared && a->live_volatile == b->live_volatile &&
	       a->pool == b->pool;
}

/* Is @now worth a line after @before? What was skipped between them is counted. */
static bool differs(const struct follow *f, struct state *now, const struct state *before)
{
	if (now->numbered && now->seq > before->seq) {
		now->missed = now->seq - before->seq - 1;
		return true;
	}
	if (now->memory.level != before->memory.level)
		return true;
	return f->bytes && !same_bytes(&now->memory, &before->memory);
}

static int look(struct wardctl *ctl, struct ward_control *control, const struct follow *f,
		struct state before)
{
	struct state now;
	long shown = 1;
	int err, rc = EXIT_OK;

	while (!rc && (!f->count || shown < f->count)) {
		pause_ms(f->interval_ms);
		err = ask(control, &now);
		if (err)
			return device_refused(ctl, control, err, "pressure");
		if (!differs(f, &now, &before))
			continue;
		rc = emit(ctl, &now, "looking");
		before = now;
		shown++;
	}
	return rc;
}

/* Changes that the first answer knew already come first, and are none. */
static int listen(struct wardctl *ctl, struct ward_control *control, const struct follow *f,
		  struct state before)
{
	long shown = 1;
	int err, rc = EXIT_OK;

	while (!rc && (!f->count || shown < f->count)) {
		struct ward_level_change change = { .size = sizeof(change) };
		struct state now = { .numbered = true };

		err = ward_control_level(control, -1, &change);
		if (err == -EINTR || (!err && change.seq <= before.seq))
			continue;
		if (err)
			return device_error(ctl, err, "pressure --follow");
		now.memory = change.memory;
		now.seq = change.seq;
		now.missed = change.seq - before.seq - 1;
		now.waiting = change.waiting;
		now.some = change.some;
		now.full = change.full;
		rc = emit(ctl, &now, "kernel");
		before = now;
		shown++;
	}
	return rc;
}

int follow(struct wardctl *ctl, struct ward_control *control, const struct follow *f)
{
	bool told = !f->bytes && !ward_control_watch(control);
	struct state first;
	int err, rc;

	out_compact(ctl->out);
	/* After joining: what changes between the two is told twice, not never. */
	err = ask(control, &first);
	if (err)
		return device_refused(ctl, control, err, "pressure");
	rc = emit(ctl, &first, told ? "kernel" : "looking");
	if (rc)
		return rc;
	return told ? listen(ctl, control, f, first) : look(ctl, control, f, first);
}
