// SPDX-License-Identifier: MIT
/* Two panels: the whole training, and what of it is neither computing nor decrypting. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "canvas.h"

#define WIDTH		1000
#define HEAD		64	/* title and what the figures are */
#define PANEL_HEAD	34
#define ROW		32
#define BAR		20
#define PANEL_FOOT	40	/* the axis' numbers */
#define FOOT		36	/* the legend */
#define BARS_RIGHT	780	/* behind it stand the sums */
#define MARGIN		20
#define TICKS		6

#define INK		0x222222u
#define PALE		0x6a6a6au
#define GRID		0xe4e4e4u
#define PAPER		0xffffffu

/* Okabe and Ito's: told apart also by who sees fewer colours. */
static const uint32_t colours[BENCH_PARTS] = {
	[BENCH_COMPUTE] = 0x0072b2, [BENCH_DECRYPT] = 0x56b4e9, [BENCH_CALLS] = 0xe69f00,
	[BENCH_MEMORY] = 0xd55e00, [BENCH_ATTESTATION] = 0x009e73,
};

static const char *const legends[BENCH_PARTS] = {
	[BENCH_COMPUTE] = "computing", [BENCH_DECRYPT] = "decrypting",
	[BENCH_CALLS] = "other system calls", [BENCH_MEMORY] = "memory",
	[BENCH_ATTESTATION] = "attestation",
};

/**
 * struct panel - bars of some parts
 * @title: of it
 * @first: part; those behind it belong to it, too
 * @top: where it begins
 * @scale: pixels a ns
 */
struct panel {
	const char *title;
	int first;
	int top;
	double scale;
};

uint32_t bench_colour(enum bench_figure part)
{
	return colours[part];
}

static double median_of(const struct bench *b, int kind, int figure)
{
	double ns = bench_median(&b->memory[kind].series[figure]);

	return isnan(ns) ? 0 : ns;
}

/* Medians do not add up to the median of the whole: each part has its share of that. */
static double part_of(const struct bench *b, int kind, int part)
{
	double sum = 0;
	int i;

	for (i = 0; i < BENCH_PARTS; i++)
		sum += median_of(b, kind, i);
	return sum > 0 ? median_of(b, kind, part) / sum * median_of(b, kind, BENCH_TOTAL) : 0;
}

static double length_of(const struct bench *b, int kind, int first)
{
	double sum = 0;
	int i;

	for (i = first; i < BENCH_PARTS; i++)
		sum += part_of(b, kind, i);
	return sum;
}

/* The next of 1, 2, 5, 10, ... that is not below. */
static double round_step(double step)
{
	double power = pow(10, floor(log10(step)));
	double digits = step / power;

	return power * (digits <= 1 ? 1 : digits <= 2 ? 2 : digits <= 5 ? 5 : 10);
}

/* ---- one panel --------------------------------------------------------------------- */

static int rows(const struct bench *b)
{
	int n = 0, i;

	for (i = 0; i < BENCH_KINDS; i++)
		n += b->memory[i].wanted;
	return n;
}

static double longest(const struct bench *b, int first)
{
	double most = 0;
	int i;

	for (i = 0; i < BENCH_KINDS; i++)
		if (bench_measured(b, i))
			most = fmax(most, length_of(b, i, first));
	return most > 0 ? most : 1e6;
}

static void draw_axis(struct canvas *c, struct panel *p, double most, int height)
{
	double step = round_step(most / TICKS);
	int top = p->top + PANEL_HEAD, i, count = (int)ceil(most / step);
	char text[32];

	p->scale = (BARS_RIGHT - BENCH_BARS_LEFT) / (step * count);
	for (i = 0; i <= count; i++) {
		int x = BENCH_BARS_LEFT + (int)lround(i * step * p->scale);

		/* left of the bars, so that each begins where it says */
		canvas_rect(c, x - 1, top, 1, height + 6, i ? GRID : PALE);
		snprintf(text, sizeof(text), "%.6g", i * step / 1e6);
		canvas_text(c, x - canvas_text_width(9, text) / 2, top + height + 20, 9, PALE, text);
	}
	canvas_text(c, BARS_RIGHT + 24, top + height + 20, 9, PALE, "ms");
}

/* A sentence that is too long for its place ends with dots. */
static void draw_reason(struct canvas *c, int y, const char *why)
{
	char text[160];
	size_t len;

	snprintf(text, sizeof(text), "not measured here: %s", why);
	len = strlen(text);
	while (len > 4 && canvas_text_width(9, text) > WIDTH - MARGIN - BENCH_BARS_LEFT - 8) {
		text[--len] = '\0';
		memcpy(text + len - 3, "...", 3);
	}
	canvas_rect(c, BENCH_BARS_LEFT + 8, y - 12, canvas_text_width(9, text), 16, PAPER);
	canvas_text(c, BENCH_BARS_LEFT + 8, y, 9, PALE, text);
}

static void draw_sum(struct canvas *c, const struct bench *b, const struct panel *p, int kind,
		     int y)
{
	double ratio = bench_to_plain(b, kind, BENCH_TOTAL);
	double ns = length_of(b, kind, p->first);
	char text[64];
	int used = snprintf(text, sizeof(text), "%.3f ms", ns / 1e6);

	if (!p->first && kind != BENCH_PLAIN && !isnan(ratio))
		snprintf(text + used, sizeof(text) - (size_t)used, ", %.3f of plain", ratio);
	canvas_text(c, BARS_RIGHT + 24, y, 9, INK, text);
}

/*
 * Parts end where their sum does, so that what is rounded does not add up. What is too little
 * for a pixel beside a longer bar gets one all the same: it was measured.
 */
static void draw_bar(struct canvas *c, const struct bench *b, const struct panel *p, int kind,
		     int y)
{
	double end = 0;
	int x = BENCH_BARS_LEFT, i;

	for (i = p->first; i < BENCH_PARTS; i++) {
		int next;

		end += part_of(b, kind, i);
		next = BENCH_BARS_LEFT + (int)lround(end * p->scale);
		canvas_rect(c, x, y, next - x, BAR, colours[i]);
		x = next;
	}
	if (x == BENCH_BARS_LEFT)
		canvas_rect(c, x, y, 1, BAR, colours[p->first]);
	draw_sum(c, b, p, kind, y + BAR - 5);
}

static void draw_panel(struct canvas *c, const struct bench *b, struct panel *p)
{
	int y = p->top + PANEL_HEAD + (ROW - BAR) / 2, i;

	canvas_text(c, MARGIN, p->top + 18, 11, INK, p->title);
	draw_axis(c, p, longest(b, p->first), rows(b) * ROW);
	for (i = 0; i < BENCH_KINDS; i++) {
		const char *name = bench_kind_name(i);

		if (!b->memory[i].wanted)
			continue;
		canvas_text(c, BENCH_BARS_LEFT - 12 - canvas_text_width(10, name), y + BAR - 5, 10,
			    INK, name);
		if (bench_measured(b, i))
			draw_bar(c, b, p, i, y);
		else
			draw_reason(c, y + BAR - 5, b->memory[i].lacking);
		y += ROW;
	}
}

/* ---- all of it ------------------------------------------------------------------------ */

static void draw_legend(struct canvas *c, int y)
{
	int x = BENCH_BARS_LEFT, i;

	for (i = 0; i < BENCH_PARTS; i++) {
		canvas_rect(c, x, y - 11, 12, 12, colours[i]);
		canvas_text(c, x + 19, y, 10, INK, legends[i]);
		x += 19 + canvas_text_width(10, legends[i]) + 22;
	}
}

static void draw_head(struct canvas *c, const struct bench *b, const char *title)
{
	char text[160];

	canvas_text(c, MARGIN, 32, 15, INK, title);
	snprintf(text, sizeof(text), "time of one training by one thread, by kind of memory; "
		 "medians of %zu rounds; shorter is better", b->rounds);
	canvas_text(c, MARGIN, 54, 9, PALE, text);
}

int bench_draw(const struct bench *b, const char *title, uint8_t **out, size_t *len)
{
	int height = PANEL_HEAD + rows(b) * ROW + PANEL_FOOT;
	struct panel whole = { .title = "all of it", .first = 0, .top = HEAD };
	struct panel beside = {
		.title = "of that, what is neither computing nor decrypting",
		.first = BENCH_CALLS, .top = HEAD + height,
	};
	struct canvas c;
	int err = canvas_new(&c, WIDTH, HEAD + 2 * height + FOOT);

	if (err)
		return err;
	draw_head(&c, b, title);
	draw_panel(&c, b, &whole);
	draw_panel(&c, b, &beside);
	draw_legend(&c, HEAD + 2 * height + FOOT / 2 + 2);
	err = canvas_png(&c, out, len);
	canvas_free(&c);
	return err;
}
