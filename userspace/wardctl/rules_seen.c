// SPDX-License-Identifier: MIT
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules_seen.h"

#define NAME_MAX_TEXT 160

struct rule_row {
	char *name, *field, *expected, *found;
	int64_t offset;
	int reason;
	bool held;
};

static void free_row(struct rule_row *row)
{
	free(row->name);
	free(row->field);
	free(row->expected);
	free(row->found);
}

/* NULL = nothing to show, which memory that ran out must not look like. */
static char *copy(const char *text, bool *failed)
{
	char *own = text ? strdup(text) : NULL;

	if (text && !own)
		*failed = true;
	return own;
}

void rules_seen_note(void *context, const struct wv_rule *rule)
{
	struct rules_seen *s = context;
	struct rule_row *rows = realloc(s->rows, (s->count + 1) * sizeof(*rows));

	if (!rows) {
		s->failed = true;
		return;
	}
	s->rows = rows;
	rows[s->count++] = (struct rule_row){
		.name = copy(rule->name, &s->failed),
		.field = copy(rule->field, &s->failed),
		.expected = copy(rule->expected, &s->failed),
		.found = copy(rule->found, &s->failed),
		.offset = rule->offset,
		.reason = rule->reason,
		.held = rule->held,
	};
}

void rules_seen_free(struct rules_seen *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		free_row(&s->rows[i]);
	free(s->rows);
}

static void row_object(struct output *o, const struct rule_row *row)
{
	out_object(o, NULL);
	out_text(o, "name", row->name);
	out_bool(o, "held", row->held);
	if (!row->held)
		out_text(o, "reason", wv_reason_text(row->reason));
	out_text(o, "field", row->field);
	if (row->offset >= 0)
		out_int(o, "offset", row->offset);
	if (row->expected)
		out_text(o, "expected", row->expected);
	if (row->found)
		out_text(o, "found", row->found);
	out_close(o);
}

/* Lists of digests fill screens: people see as much as one of 64 bytes, programs all of it. */
#define SHOWN 128

static const char *more(const char *text)
{
	return text && strlen(text) > SHOWN ? "..." : "";
}

static void row_line(struct output *o, const struct rule_row *row)
{
	out_textf(o, NULL, "%-4s %-24s expected %.*s%s%s%.*s%s%s%s", row->held ? "ok" : "NO",
		  row->name, SHOWN, row->expected ?: "something else", more(row->expected),
		  row->found ? ", found " : "", SHOWN, row->found ?: "", more(row->found),
		  row->held ? "" : ": ", row->held ? "" : wv_reason_text(row->reason));
}

int rules_seen_show(struct wardctl *ctl, const struct rules_seen *s)
{
	size_t i;

	if (s->failed)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	out_list(ctl->out, "rules");
	for (i = 0; i < s->count; i++) {
		if (ctl->json)
			row_object(ctl->out, &s->rows[i]);
		else
			row_line(ctl->out, &s->rows[i]);
	}
	out_close(ctl->out);
	return EXIT_OK;
}

static void member(struct wardctl *ctl, const char *name, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (ctl->json) {
		out_object(ctl->out, NULL);
		out_text(ctl->out, "name", name);
		out_text(ctl->out, "expected", text ?: "");
		out_close(ctl->out);
	} else {
		out_textf(ctl->out, NULL, "%-24s %.*s%s", name, SHOWN, text ?: "", more(text));
	}
	free(text);
}

/* An object is the rules below it; the reader has bounded how deep they go. */
static void members(struct wardctl *ctl, const char *above, json_t *object)
{
	char name[NAME_MAX_TEXT];
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		snprintf(name, sizeof(name), "%s%s%s", above, *above ? "." : "", key);
		if (json_is_object(value))
			members(ctl, name, value);
		else if (strcmp(name, "ward-policy"))
			member(ctl, name, value);
	}
}

int rules_of_policy(struct wardctl *ctl, struct wv_bytes policy)
{
	json_t *root = json_loadb((const char *)policy.data, policy.len, 0, NULL);

	if (!root)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	out_list(ctl->out, "rules");
	members(ctl, "", root);
	out_close(ctl->out);
	json_decref(root);
	return EXIT_OK;
}
