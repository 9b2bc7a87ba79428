// SPDX-License-Identifier: MIT
/* PNG (ISO/IEC 15948): signature, IHDR, one IDAT, IEND. Rows go unfiltered: areas of one colour. */
#include "canvas.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define SIGNATURE	"\x89PNG\r\n\x1a\n"
#define SIGNATURE_LEN	8u
#define CHUNK_FRAME	12u	/* length, type, check sum */
#define IHDR_LEN	13u

static uint8_t *put_u32(uint8_t *to, uint32_t value)
{
	value = htobe32(value);
	memcpy(to, &value, sizeof(value));
	return to + sizeof(value);
}

/* What the chunk holds may lie in place already. Return: behind it. */
static uint8_t *put_chunk(uint8_t *to, const char *type, const uint8_t *data, size_t len)
{
	uint8_t *body = put_u32(to, (uint32_t)len);

	memcpy(body, type, 4);
	memmove(body + 4, data, len);
	return put_u32(body + 4 + len, (uint32_t)crc32(0, body, (uInt)(len + 4)));
}

/* Each row behind the number of its filter, 0 = none. */
static uint8_t *rows_of(const struct canvas *c, size_t *len)
{
	size_t row = 3 * (size_t)c->width, y;
	uint8_t *rows = malloc((row + 1) * (size_t)c->height);

	*len = (row + 1) * (size_t)c->height;
	for (y = 0; rows && y < (size_t)c->height; y++) {
		rows[y * (row + 1)] = 0;
		memcpy(rows + y * (row + 1) + 1, c->rgb + y * row, row);
	}
	return rows;
}

static uint8_t *put_header(const struct canvas *c, uint8_t *to)
{
	/* eight bits of red, green and blue, deflate, the one set of filters, not interlaced */
	uint8_t ihdr[IHDR_LEN] = { [8] = 8, [9] = 2 };

	memcpy(to, SIGNATURE, SIGNATURE_LEN);
	put_u32(put_u32(ihdr, (uint32_t)c->width), (uint32_t)c->height);
	return put_chunk(to + SIGNATURE_LEN, "IHDR", ihdr, sizeof(ihdr));
}

int canvas_png(const struct canvas *c, uint8_t **out, size_t *len)
{
	size_t bytes;
	uint8_t *rows = rows_of(c, &bytes), *png = NULL, *at;
	uLongf packed = compressBound(bytes);

	if (rows)
		png = malloc(SIGNATURE_LEN + 3 * CHUNK_FRAME + IHDR_LEN + packed);
	if (!png) {
		free(rows);
		return -ENOMEM;
	}
	at = put_header(c, png);
	if (compress2(at + 8, &packed, rows, bytes, Z_BEST_COMPRESSION) != Z_OK) {
		free(rows);
		free(png);
		return -ENOMEM;
	}
	free(rows);
	at = put_chunk(at, "IDAT", at + 8, packed);
	at = put_chunk(at, "IEND", (const uint8_t *)"", 0);
	*len = (size_t)(at - png);
	*out = png;
	return 0;
}
