/* SPDX-License-Identifier: MIT */
/* Shapes of letters, as strokes of a pen. */
#ifndef WARDCTL_GLYPHS_H
#define WARDCTL_GLYPHS_H

/**
 * struct glyph - one letter
 * @letter: which
 * @width: units; a capital is GLYPH_CAP of them high
 * @strokes: separated by spaces; a stroke is points, a point a digit for x and a letter for y
 *	('c' is the line that text stands on, 'h' the top of an x, 'j' that of a capital).
 *	A stroke that begins with ~ is a curve along its points, any other one straight lines
 */
struct glyph {
	char letter;
	int width;
	const char *strokes;
};

#define GLYPH_CAP	7
#define GLYPH_BASE	'c'
#define GLYPH_BELOW	2	/* units below the line */
#define GLYPH_GAP	2	/* units between letters */

/** glyph_of - that of a letter; a box where there is none */
const struct glyph *glyph_of(char letter);

#endif /* WARDCTL_GLYPHS_H */
