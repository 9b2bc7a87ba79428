// SPDX-License-Identifier: MIT
/*
 * Where a member of a JSON document stands. jansson keeps no positions, but it keeps
 * the members of an object in the order of the text (2.8): text and tree are walked
 * side by side. The text is one that jansson took.
 */
#include <string.h>

#include "json_place.h"

struct walk {
	struct wv_bytes text;
	size_t at;
	const json_t *object;	/* NULL = any */
	const char *key;	/* NULL = the object itself */
	int64_t found;
};

static void skip_blanks(struct walk *w)
{
	while (w->at < w->text.len && w->text.data[w->at] && strchr(" \t\r\n", w->text.data[w->at]))
		w->at++;
}

/* A punctuation mark and the blanks around it. */
static void skip_mark(struct walk *w)
{
	skip_blanks(w);
	w->at++;
	skip_blanks(w);
}

static void skip_string(struct walk *w)
{
	for (w->at++; w->at < w->text.len && w->text.data[w->at] != '"'; w->at++)
		if (w->text.data[w->at] == '\\')
			w->at++;
	w->at++;
}

static void skip_word(struct walk *w)
{
	while (w->at < w->text.len && w->text.data[w->at] && !strchr(",]} \t\r\n", w->text.data[w->at]))
		w->at++;
}

static void value(struct walk *w, json_t *v);

static void members(struct walk *w, json_t *object)
{
	void *m = json_object_iter(object);

	skip_mark(w);
	for (; m && w->found < 0; m = json_object_iter_next(object, m)) {
		if (w->key && (!w->object || w->object == object) &&
		    !strcmp(json_object_iter_key(m), w->key)) {
			w->found = (int64_t)w->at;
			return;
		}
		skip_string(w);
		skip_mark(w);
		value(w, json_object_iter_value(m));
		skip_mark(w);
	}
	if (!json_object_size(object))
		skip_mark(w);
}

static void elements(struct walk *w, json_t *array)
{
	size_t i;

	skip_mark(w);
	for (i = 0; i < json_array_size(array) && w->found < 0; i++) {
		value(w, json_array_get(array, i));
		skip_mark(w);
	}
	if (!json_array_size(array))
		skip_mark(w);
}

/* As deep as jansson goes, 2048 levels: it has refused what is deeper. */
static void value(struct walk *w, json_t *v)
{
	if (!w->key && v == w->object) {
		w->found = (int64_t)w->at;
		return;
	}
	if (json_is_object(v))
		members(w, v);
	else if (json_is_array(v))
		elements(w, v);
	else if (json_is_string(v))
		skip_string(w);
	else
		skip_word(w);
}

int64_t json_place(struct wv_bytes text, json_t *root, const json_t *object, const char *key)
{
	struct walk w = { .text = text, .object = object, .key = key, .found = -1 };

	skip_blanks(&w);
	value(&w, root);
	return w.found;
}
