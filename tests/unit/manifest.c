// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"

/* Name and kind are the first two columns. */
static void one(char *line, void (*row)(const char *, const char *, const char *, void *),
		void *arg)
{
	char name[128], kind[160];

	if (sscanf(line, "%127[^\t]\t%159[^\t]", name, kind) == 2)
		row(name, kind, line, arg);
	else
		fail_msg("not a row of the manifest: %.80s", line);
}

bool manifest_there(void)
{
	struct wv_bytes table = ut_vector("MANIFEST.tsv");

	ut_free(table);
	return table.data;
}

void manifest_need(void)
{
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	if (!manifest_there())
		ut_skip(UT_NO_MANIFEST);
}

int manifest_each(const char *prefix, void (*row)(const char *name, const char *kind,
						  const char *row, void *arg), void *arg)
{
	struct wv_bytes table = ut_vector("MANIFEST.tsv");
	char *text, *line, *save;
	int rows = 0;

	assert_non_null(table.data);
	text = strndup((const char *)table.data, table.len);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, prefix, strlen(prefix)))
			continue;
		one(line, row, arg);
		rows++;
	}
	free(text);
	ut_free(table);
	return rows;
}

struct wanted {
	const char *name;
	char row[4096];
};

static void keep(const char *name, const char *kind, const char *row, void *arg)
{
	struct wanted *w = arg;

	(void)kind;
	if (!strcmp(name, w->name))
		snprintf(w->row, sizeof(w->row), "%s", row);
}

const char *manifest_row(const char *name)
{
	static struct wanted w;

	w = (struct wanted){ .name = name };
	manifest_each(name, keep, &w);
	if (!*w.row)
		fail_msg("the manifest has no %s", name);
	return w.row;
}

static void is_opened(const char *name, const char *kind, const char *row, void *but)
{
	(void)row;
	if (!ut_opened(name) && !(but && !strncmp(kind, but, strlen(but))))
		fail_msg("nothing here reads %s, '%s'", name, kind);
}

void manifest_opened(const char *prefix, const char *but)
{
	if (!manifest_each(prefix, is_opened, (void *)but))
		fail_msg("the manifest has no %s", prefix);
}

const char *manifest_value(const char *row, const char *key)
{
	static char value[512];
	char wanted[40];
	const char *at, *end;

	snprintf(wanted, sizeof(wanted), "%s=", key);
	for (at = strstr(row, wanted); at; at = strstr(at + 1, wanted))
		if (strchr(" \t\"", at[-1]))
			break;
	if (!at)
		return NULL;
	at += strlen(wanted);
	end = at + strcspn(at, ";\t\r");
	snprintf(value, sizeof(value), "%.*s", (int)(end - at), at);
	return value;
}

void manifest_hex(const char *row, const char *key, const uint8_t *data, size_t len)
{
	char have[130] = "";
	size_t i;

	assert_true(len <= 64);
	for (i = 0; i < len; i++)
		snprintf(have + 2 * i, 3, "%02x", data[i]);
	manifest_text(row, key, have);
}

void manifest_number(const char *row, const char *key, uint64_t have)
{
	const char *want = manifest_value(row, key);

	if (!want)
		fail_msg("the manifest has no %s", key);
	assert_true(have == strtoull(want, NULL, 0));
}

void manifest_text(const char *row, const char *key, const char *have)
{
	const char *want = manifest_value(row, key);

	if (!want)
		fail_msg("the manifest has no %s", key);
	assert_string_equal(have, want);
}
