/* SPDX-License-Identifier: MIT */
/*
 * A picture in memory: rectangles to the pixel, text of strokes, smoothed. It knows no fonts of
 * the machine's, which a confidential VM rarely has.
 */
#ifndef WARDCTL_CANVAS_H
#define WARDCTL_CANVAS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct canvas - a picture
 * @width: pixels
 * @height: pixels
 * @rgb: three bytes a pixel, row by row from the top; canvas_free() frees it
 */
struct canvas {
	int width;
	int height;
	uint8_t *rgb;
};

/** canvas_new - white; -ENOMEM, or 0 */
int canvas_new(struct canvas *c, int width, int height);
void canvas_free(struct canvas *c);

/** canvas_rect - fill with a colour, 0xrrggbb; what lies outside of the picture is left out */
void canvas_rect(struct canvas *c, int x, int y, int width, int height, uint32_t rgb);

/**
 * canvas_text - a line of text
 * @x: where it begins
 * @y: of the line that it stands on
 * @cap: height of a capital in pixels, 6 to 24
 * @text: ASCII; what has no shape here is shown as a box
 */
void canvas_text(struct canvas *c, int x, int y, int cap, uint32_t rgb, const char *text);

/** canvas_text_width - pixels that canvas_text() will take */
int canvas_text_width(int cap, const char *text);

/**
 * canvas_png - as a file of the format PNG
 * @out: on the heap
 * @len: its bytes
 * -ENOMEM, or 0
 */
int canvas_png(const struct canvas *c, uint8_t **out, size_t *len);

#endif /* WARDCTL_CANVAS_H */
