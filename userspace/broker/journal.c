// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "journal.h"
#include "journal_native.h"
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

static void add_platform(json_t *line, const struct platform *p)
{
	char until[TEXT_TIME_LEN];

	if (p->tcb)
		json_object_set_new(line, "tcb", json_string(p->tcb));
	if (p->until) {
		text_time(p->until, until);
		json_object_set_new(line, "tcb_until", json_string(until));
	}
	if (p->revocation)
		json_object_set_new(line, "revocation", json_string(p->revocation));
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

	if (!journal_native(d))
		return;
	text_time(d->time, when);
	line = json_pack("{s:s, s:s, s:s, s:s*, s:o*, s:o*}", "time", when, "event", d->event,
			 "result", d->result, "peer", d->peer, "resource", text_json(d->resource),
			 "detail", text_json(d->detail));
	if (!line)
		return;
	if (d->who)
		add_who(line, d->who);
	if (d->platform)
		add_platform(line, d->platform);
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

void journal_fault(const char *text)
{
	if (journal_native_fault(text))
		fprintf(stderr, "ward-broker: %s\n", text);
}
