// SPDX-License-Identifier: MIT
#include "canvas.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "glyphs.h"

#define POINTS_MAX	256	/* of a curve, smoothed */
#define STROKE_POINTS	16	/* of one, as glyphs.c has it */
#define SMOOTHED	3	/* times */
#define CAP_MAX		24
#define CELL		(2 * CAP_MAX)

struct point {
	double x;
	double y;
};

/** struct stroke - points in pixels of a cell */
struct stroke {
	size_t count;
	struct point at[POINTS_MAX];
};

/** struct cell - how much of each pixel the pen has covered, 0 to 1 */
struct cell {
	int cap;
	float ink[CELL][CELL];
};

int canvas_new(struct canvas *c, int width, int height)
{
	size_t bytes = (size_t)width * (size_t)height * 3;

	*c = (struct canvas){ .width = width, .height = height, .rgb = malloc(bytes) };
	if (!c->rgb)
		return -ENOMEM;
	memset(c->rgb, 0xff, bytes);
	return 0;
}

void canvas_free(struct canvas *c)
{
	free(c->rgb);
	c->rgb = NULL;
}

/* @share of the colour, the rest stays as it is. */
static void blend(struct canvas *c, int x, int y, uint32_t rgb, double share)
{
	uint8_t *at;
	int i;

	if (x < 0 || y < 0 || x >= c->width || y >= c->height)
		return;
	at = c->rgb + 3 * ((size_t)y * (size_t)c->width + (size_t)x);
	for (i = 0; i < 3; i++) {
		double to = rgb >> (16 - 8 * i) & 0xff;

		at[i] = (uint8_t)lround(at[i] + (to - at[i]) * share);
	}
}

void canvas_rect(struct canvas *c, int x, int y, int width, int height, uint32_t rgb)
{
	int i, j;

	for (j = y; j < y + height; j++)
		for (i = x; i < x + width; i++)
			blend(c, i, j, rgb, 1);
}

/* ---- strokes ------------------------------------------------------------------- */

static double unit_of(int cap)
{
	return (double)cap / GLYPH_CAP;
}

static struct point middle(struct point a, struct point b, double share)
{
	return (struct point){ a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share };
}

/* Chaikin's: each corner is cut off at a quarter of its sides; the ends of an open curve stay. */
static void smooth(struct stroke *s)
{
	struct stroke to = { 0 };
	bool closed = s->at[0].x == s->at[s->count - 1].x && s->at[0].y == s->at[s->count - 1].y;
	size_t i;

	if (2 * s->count + 2 > POINTS_MAX)
		return;
	if (!closed)
		to.at[to.count++] = s->at[0];
	for (i = 0; i + 1 < s->count; i++) {
		to.at[to.count++] = middle(s->at[i], s->at[i + 1], 0.25);
		to.at[to.count++] = middle(s->at[i], s->at[i + 1], 0.75);
	}
	to.at[to.count++] = closed ? to.at[0] : s->at[s->count - 1];
	*s = to;
}

static double distance(struct point p, struct point a, struct point b)
{
	double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
	double t = length > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length : 0;

	t = fmin(1, fmax(0, t));
	return hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/* A round pen, one pixel of which fades: what is covered twice is no darker. */
static void ink_line(struct cell *cell, struct point a, struct point b)
{
	double pen = 0.35 + 0.035 * cell->cap, reach = pen + 1;
	int left = (int)fmax(0, fmin(a.x, b.x) - reach), right = (int)fmin(CELL, fmax(a.x, b.x) + reach);
	int top = (int)fmax(0, fmin(a.y, b.y) - reach), bottom = (int)fmin(CELL, fmax(a.y, b.y) + reach);
	int x, y;

	for (y = top; y < bottom; y++) {
		for (x = left; x < right; x++) {
			struct point p = { x + 0.5, y + 0.5 };
			double ink = fmin(1, fmax(0, pen + 0.5 - distance(p, a, b)));

			if (ink > cell->ink[y][x])
				cell->ink[y][x] = (float)ink;
		}
	}
}

/* One stroke of a glyph. Return: where the next one begins. */
static const char *ink_stroke(struct cell *cell, const char *text)
{
	double unit = unit_of(cell->cap);
	bool curve = *text == '~';
	struct stroke s = { 0 };
	size_t i;

	for (text += curve; *text && *text != ' ' && s.count < STROKE_POINTS; text += 2) {
		/* a margin of one unit around, the top of the cell is a capital's and one more */
		s.at[s.count++] = (struct point){
			(text[0] - '0' + 1) * unit,
			(GLYPH_CAP + 1 - (text[1] - GLYPH_BASE)) * unit,
		};
	}
	for (i = 0; curve && i < SMOOTHED; i++)
		smooth(&s);
	for (i = 0; i + 1 < s.count; i++)
		ink_line(cell, s.at[i], s.at[i + 1]);
	return *text == ' ' ? text + 1 : text;
}

static void draw_glyph(struct canvas *c, double x, int y, int cap, uint32_t rgb,
		       const struct glyph *glyph)
{
	struct cell cell = { .cap = cap };
	int left = (int)lround(x - unit_of(cap)), top = y - (int)lround((GLYPH_CAP + 1) * unit_of(cap));
	const char *stroke = glyph->strokes;
	int i, j;

	while (*stroke)
		stroke = ink_stroke(&cell, stroke);
	for (j = 0; j < CELL; j++) {
		for (i = 0; i < CELL; i++) {
			if (cell.ink[j][i] > 0)
				blend(c, left + i, top + j, rgb, (double)cell.ink[j][i]);
		}
	}
}

static double advance(int cap, const struct glyph *glyph)
{
	return (glyph->width + GLYPH_GAP) * unit_of(cap);
}

void canvas_text(struct canvas *c, int x, int y, int cap, uint32_t rgb, const char *text)
{
	double at = x;

	cap = cap > CAP_MAX ? CAP_MAX : cap;
	for (; *text; text++) {
		const struct glyph *glyph = glyph_of(*text);

		draw_glyph(c, at, y, cap, rgb, glyph);
		at += advance(cap, glyph);
	}
}

int canvas_text_width(int cap, const char *text)
{
	double width = 0;

	for (; *text; text++)
		width += advance(cap, glyph_of(*text));
	return (int)ceil(width);
}
