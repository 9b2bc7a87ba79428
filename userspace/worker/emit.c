// SPDX-License-Identifier: MIT
#include "emit.h"

#include <stdarg.h>
#include <stdio.h>

#include "../verifier/hex.h"

static void emit_json(const char *step, const char *text, json_t *fields)
{
	json_t *line = json_pack("{s:s, s:s}", "step", step, "text", text);

	if (!line)
		return;
	if (fields)
		json_object_update(line, fields);
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
}

void emit_step(const struct emit *emit, const char *step, json_t *fields,
	       const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (emit->json)
		emit_json(step, text, fields);
	else if (!emit->quiet)
		printf("%s: %s\n", step, text);
	json_decref(fields);
	fflush(stdout);
}

json_t *emit_hex(const uint8_t *bytes, size_t len)
{
	char text[129];

	if (len > 64)
		return NULL;
	hex_encode(bytes, len, text);
	return json_stringn(text, 2 * len);
}
