// SPDX-License-Identifier: MIT
#include "bench_show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- for people ---------------------------------------------------------------------- */

static const char *number(double value, int digits, char to[24])
{
	if (isnan(value))
		snprintf(to, 24, "-");
	else
		snprintf(to, 24, "%.*f", digits, value);
	return to;
}

static double instructions(const struct bench *b, int kind, bool ratio)
{
	return ratio ? bench_to_plain(b, kind, BENCH_USER) :
		       bench_median(&b->memory[kind].series[BENCH_USER]) / 1e6;
}

static void row(struct wardctl *ctl, const struct bench *b, int kind)
{
	const struct bench_series *s = b->memory[kind].series;
	char t[12][24];

	out_line(ctl->out, "%-8s %10s %10s %10s %10s %10s %10s %8s %10s %8s %10s %8s",
		 bench_kind_name(kind), number(bench_median(&s[BENCH_TOTAL]) / 1e6, 3, t[0]),
		 number(bench_median(&s[BENCH_COMPUTE]) / 1e6, 3, t[1]),
		 number(bench_median(&s[BENCH_DECRYPT]) / 1e6, 3, t[2]),
		 number(bench_median(&s[BENCH_CALLS]) / 1e6, 3, t[3]),
		 number(bench_median(&s[BENCH_MEMORY]) / 1e6, 3, t[4]),
		 number(bench_median(&s[BENCH_ATTESTATION]) / 1e6, 3, t[5]),
		 number(bench_to_plain(b, kind, BENCH_TOTAL), 3, t[6]),
		 number(bench_per_epoch(b, kind) / 1e6, 3, t[7]),
		 number(bench_median(&s[BENCH_CALL_COUNT]), 0, t[8]),
		 number(instructions(b, kind, false), 3, t[9]),
		 number(instructions(b, kind, true), 3, t[10]));
}

/* Whether an earlier kind of memory gave the same reason: then it was told with that. */
static bool told(const struct bench *b, int kind, int figure)
{
	int i;

	for (i = 0; i < kind; i++)
		if (bench_measured(b, i) &&
		    !strcmp(b->memory[i].why[figure], b->memory[kind].why[figure]))
			return true;
	return false;
}

/* That nothing vouches for other memory than ward's is no lack of this machine. */
static void reasons(struct wardctl *ctl, const struct bench *b, int kind)
{
	const struct bench_memory *m = &b->memory[kind];
	int i;

	if (m->lacking[0]) {
		out_line(ctl->out, "%s: not measured here: %s", bench_kind_name(kind), m->lacking);
		return;
	}
	for (i = 0; i < BENCH_FIGURES; i++) {
		if (!m->why[i][0] || told(b, kind, i) ||
		    (i == BENCH_ATTESTATION && kind != BENCH_WARD))
			continue;
		out_line(ctl->out, "%s: not measured here: %s", bench_figure_name(i), m->why[i]);
	}
}

static void show_text(struct wardctl *ctl, const struct bench *b)
{
	int i;

	out_line(ctl->out,
		 "MEMORY        TOTAL    COMPUTE    DECRYPT      CALLS     MEMORY     ATTEST   /PLAIN"
		 "  PER EPOCH    CALLS   M INSTR.   /PLAIN");
	for (i = 0; i < BENCH_KINDS; i++)
		if (bench_measured(b, i))
			row(ctl, b, i);
	out_line(ctl->out,
		 "Medians of %zu rounds in turns, each of its own: parts need not add up to TOTAL. Times in ms, by one",
		 b->rounds);
	out_line(ctl->out,
		 "thread. CALLS: time in the kernel beside memory and attestation, and the number of all system calls.");
	out_line(ctl->out, "M INSTR.: millions in user space.");
	for (i = 0; i < BENCH_KINDS; i++)
		if (b->memory[i].wanted)
			reasons(ctl, b, i);
	out_line(ctl->out, "Weights: %s", bench_same_weights(b) ? "the same in every training, bit for bit" :
		 "NOT the same in every training");
}

/* ---- for programs --------------------------------------------------------------------- */

static void real(struct wardctl *ctl, const char *key, double value)
{
	if (isnan(value))
		out_null(ctl->out, key);
	else
		out_real(ctl->out, key, value);
}

static void count(struct wardctl *ctl, const char *key, double value)
{
	if (isnan(value))
		out_null(ctl->out, key);
	else
		out_uint(ctl->out, key, (uint64_t)value);
}

static void times(struct wardctl *ctl, const struct bench *b, int kind)
{
	const struct bench_series *s = b->memory[kind].series;
	int i;

	out_object(ctl->out, "ms");
	for (i = 0; i < BENCH_NUMBERS; i++)
		real(ctl, bench_figure_name(i), bench_median(&s[i]) / 1e6);
	real(ctl, "total_least", bench_least(&s[BENCH_TOTAL]) / 1e6);
	real(ctl, "total_most", bench_most(&s[BENCH_TOTAL]) / 1e6);
	real(ctl, "per_epoch", bench_per_epoch(b, kind) / 1e6);
	out_close(ctl->out);
}

static void lacks(struct wardctl *ctl, const struct bench_memory *m)
{
	int i;

	out_list(ctl->out, "not_measured");
	for (i = m->lacking[0] ? BENCH_FIGURES : 0; i < BENCH_FIGURES; i++) {
		if (!m->why[i][0])
			continue;
		out_object(ctl->out, NULL);
		out_text(ctl->out, "what", bench_figure_name(i));
		out_text(ctl->out, "why", m->why[i]);
		out_close(ctl->out);
	}
	if (m->lacking[0]) {
		out_object(ctl->out, NULL);
		out_text(ctl->out, "what", "all");
		out_text(ctl->out, "why", m->lacking);
		out_close(ctl->out);
	}
	out_close(ctl->out);
}

static void memory_object(struct wardctl *ctl, const struct bench *b, int kind)
{
	const struct bench_memory *m = &b->memory[kind];
	int i;

	out_object(ctl->out, NULL);
	out_text(ctl->out, "memory", bench_kind_name(kind));
	out_bool(ctl->out, "measured", bench_measured(b, kind));
	times(ctl, b, kind);
	out_object(ctl->out, "counts");
	for (i = BENCH_NUMBERS; i < BENCH_FIGURES; i++)
		count(ctl, bench_figure_name(i), bench_median(&m->series[i]));
	out_close(ctl->out);
	out_object(ctl->out, "to_plain");
	real(ctl, "total", bench_to_plain(b, kind, BENCH_TOTAL));
	real(ctl, "training", bench_to_plain(b, kind, BENCH_TRAINING));
	real(ctl, "instructions_user", bench_to_plain(b, kind, BENCH_USER));
	out_close(ctl->out);
	lacks(ctl, m);
	out_close(ctl->out);
}

static void show_json(struct wardctl *ctl, const struct bench *b)
{
	int i;

	out_uint(ctl->out, "rounds", b->rounds);
	out_bool(ctl->out, "same_weights", bench_same_weights(b));
	out_list(ctl->out, "memories");
	for (i = 0; i < BENCH_KINDS; i++)
		if (b->memory[i].wanted)
			memory_object(ctl, b, i);
	out_close(ctl->out);
}

void bench_show(struct wardctl *ctl, const struct bench *b)
{
	if (ctl->json)
		show_json(ctl, b);
	else
		show_text(ctl, b);
}
