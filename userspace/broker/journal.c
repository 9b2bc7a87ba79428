// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "journal.h"
#include "text.h"

static void add_who(json_t *line, const struct attested *who)
{
	char hex[2 * sizeof(who->measurement) + 1];

	text_hex(who->session, sizeof(who->session), hex);
	json_object_set_new(line, "session", json_string(hex));
	text_hex(who->instance, sizeof(who->instance), hex);
	json_object_set_new(line, "instance", json_string(hex));
	json_object_set_new(line, "uid", json_integer(who->uid));
	text_hex(who->measurement, sizeof(who->measurement), hex);
	json_object_set_new(line, "measurement", json_string(hex));
	json_object_set_new(line, "simulated", json_boolean(who->simulated));
}

/* A line that can't be written has nobody left to be told of. */
static void put_line(const char *text)
{
	size_t len = strlen(text);
	ssize_t n = write(STDERR_FILENO, text, len);

	(void)n;
}

void journal(const struct decision *d)
{
	char when[TEXT_TIME_LEN], *text, *line_end;
	json_t *line;

	text_time(d->time, when);
	line = json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*}", "time", when, "event", d->event,
			 "result", d->result, "peer", d->peer, "resource", d->resource, "detail",
			 d->detail);
	if (!line)
		return;
	if (d->who)
		add_who(line, d->who);
	text = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	if (!text)
		return;
	if (asprintf(&line_end, "%s\n", text) >= 0) {
		put_line(line_end);
		free(line_end);
	}
	free(text);
}
