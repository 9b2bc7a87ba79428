// SPDX-License-Identifier: MIT
/*
 * A table per JSON object: every member that may stand there, where it goes,
 * and its range. What no table names is an error.
 */
#include "plan_read.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum kind { KIND_NAME, KIND_REAL, KIND_COUNT, KIND_CHOICE, KIND_OTHER };

struct member {
	const char *name;
	enum kind kind;
	size_t offset;
	double min, max;		/* KIND_REAL, KIND_COUNT */
	const char *const *choice;	/* KIND_CHOICE: NULL terminated */
};

#define NAME(name, type, field) \
	{ name, KIND_NAME, offsetof(struct type, field), 0, 0, NULL }
#define REAL(name, type, field, min, max) \
	{ name, KIND_REAL, offsetof(struct type, field), min, max, NULL }
#define COUNT(name, type, field, min, max) \
	{ name, KIND_COUNT, offsetof(struct type, field), min, max, NULL }
#define CHOICE(name, type, field, words) \
	{ name, KIND_CHOICE, offsetof(struct type, field), 0, 0, words }
#define OTHER(name) \
	{ name, KIND_OTHER, 0, 0, 0, NULL }
#define LAST \
	{ NULL, KIND_OTHER, 0, 0, 0, NULL }

struct reader {
	struct failure *failure;
	const char *where;		/* the object that is read, for messages */
};

static int bad(struct reader *r, const char *member, const char *what)
{
	return failed(r->failure, EXIT_DAMAGED, "plan: %s%s%s: %s", r->where,
		      *r->where && *member ? "." : "", member, what);
}

static int copy_name(json_t *value, char *out)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (!text || !len || len > PLAN_NAME_MAX || strlen(text) != len)
		return -1;
	memcpy(out, text, len + 1);
	return 0;
}

static int read_name(struct reader *r, const struct member *m, json_t *value, char *out)
{
	return copy_name(value, out) ? bad(r, m->name, "must be text of 1 to 63 bytes") : 0;
}

static int read_real(struct reader *r, const struct member *m, json_t *value, double *out)
{
	double number = json_number_value(value);

	if (!json_is_number(value) || !(number >= m->min && number <= m->max))
		return bad(r, m->name, "is not a number, or out of range");
	*out = number;
	return 0;
}

static int read_count(struct reader *r, const struct member *m, json_t *value,
		      uint64_t *out)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < m->min || number > m->max)
		return bad(r, m->name, "is not a whole number, or out of range");
	*out = (uint64_t)number;
	return 0;
}

static int read_choice(struct reader *r, const struct member *m, json_t *value, int *out)
{
	const char *text = json_string_value(value);
	int i;

	for (i = 0; text && m->choice[i]; i++) {
		if (!strcmp(text, m->choice[i])) {
			*out = i;
			return 0;
		}
	}
	return bad(r, m->name, "is none of the words that may stand here");
}

static int read_member(struct reader *r, const struct member *m, json_t *value, char *base)
{
	void *out = base + m->offset;

	switch (m->kind) {
	case KIND_NAME:
		return read_name(r, m, value, out);
	case KIND_REAL:
		return read_real(r, m, value, out);
	case KIND_COUNT:
		return read_count(r, m, value, out);
	case KIND_CHOICE:
		return read_choice(r, m, value, out);
	default:
		return 0;	/* the caller's */
	}
}

static const struct member *find_member(const struct member *table, const char *name)
{
	for (; table->name; table++) {
		if (!strcmp(table->name, name))
			return table;
	}
	return NULL;
}

/* Fill @base by @table and refuse what is unknown. */
static int read_object(struct reader *r, const struct member *table, json_t *object,
		       void *base)
{
	const struct member *m;
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return bad(r, "", "must be an object");
	json_object_foreach(object, name, value) {
		m = find_member(table, name);
		if (!m)
			return bad(r, name, "is not known");
		if (read_member(r, m, value, base))
			return -1;
	}
	return 0;
}

static int need_members(struct reader *r, json_t *object, const char *const *names)
{
	for (; *names; names++) {
		if (!json_object_get(object, *names))
			return bad(r, *names, "is missing");
	}
	return 0;
}

/* ---- features ------------------------------------------------------------ */

static const struct member feature_members[] = {
	NAME("column", plan_feature, column),
	OTHER("levels"),
	LAST
};

static const char *const feature_needs[] = { "column", NULL };

/* Two indicators of one column: of other levels, and both numbers or both texts. */
static bool apart(const struct plan_feature *a, const struct plan_feature *b)
{
	return a->indicator && b->indicator && !*a->word == !*b->word &&
	       (*a->word ? strcmp(a->word, b->word) : a->level != b->level);
}

static int add_feature(struct reader *r, struct plan *plan, const struct plan_feature *f)
{
	size_t i;

	for (i = 0; i < plan->features; i++) {
		const struct plan_feature *old = &plan->feature[i];

		if (!strcmp(old->column, f->column) && !apart(old, f))
			return bad(r, f->column, "is used twice");
		if (!strcmp(old->column, f->column) && *f->word &&
		    strcmp(plan->feature[plan->features - 1].column, f->column))
			return bad(r, f->column, "has texts for levels, which stand in one list");
	}
	if (plan->features == PLAN_FEATURES_MAX)
		return bad(r, "", "more than 512 columns of the design matrix");
	plan->feature[plan->features++] = *f;
	return 0;
}

static int add_levels(struct reader *r, struct plan *plan, struct plan_feature *f,
		      json_t *levels)
{
	json_t *level;
	size_t i;

	if (!json_is_array(levels) || !json_array_size(levels))
		return bad(r, f->column, "levels must be an array of numbers or of texts");
	f->indicator = true;
	json_array_foreach(levels, i, level) {
		if (json_is_number(level) && !*f->word)
			f->level = json_number_value(level);
		else if (!json_is_string(level) || (i && !*f->word) ||
			 copy_name(level, f->word))
			return bad(r, f->column, "levels must be an array of numbers or of texts of 1 to 63 bytes");
		if (add_feature(r, plan, f))
			return -1;
	}
	return 0;
}

static int read_features(struct reader *r, struct plan *plan, json_t *list)
{
	json_t *entry, *levels;
	size_t i;

	r->where = "features";
	if (!json_is_array(list) || !json_array_size(list))
		return bad(r, "", "must be an array with at least one entry");
	json_array_foreach(list, i, entry) {
		struct plan_feature feature = { 0 };

		if (read_object(r, feature_members, entry, &feature) ||
		    need_members(r, entry, feature_needs))
			return -1;
		levels = json_object_get(entry, "levels");
		if (levels ? add_levels(r, plan, &feature, levels) :
			     add_feature(r, plan, &feature))
			return -1;
	}
	return 0;
}

/* ---- label --------------------------------------------------------------- */

static const struct member label_members[] = {
	NAME("column", plan, label_column),
	REAL("above", plan, label_value, -1e300, 1e300),
	OTHER("equals"),
	OTHER("value"),
	LAST
};

static int read_equals(struct reader *r, struct plan *plan, json_t *equals)
{
	if (json_is_number(equals))
		plan->label_value = json_number_value(equals);
	else if (copy_name(equals, plan->label_word))
		return bad(r, "equals", "must be a number, or text of 1 to 63 bytes");
	return 0;
}

static int read_label(struct reader *r, struct plan *plan, json_t *label)
{
	json_t *value = json_object_get(label, "value"), *equals = json_object_get(label, "equals");

	r->where = "label";
	if (read_object(r, label_members, label, plan))
		return -1;
	if (!!equals + !!json_object_get(label, "above") + !!value != 1)
		return bad(r, "", "one of above, equals and value must stand here");
	if (value && !json_is_true(value))
		return bad(r, "value", "must be true: the column's value itself is learnt");
	plan->label = value ? PLAN_LABEL_VALUE : equals ? PLAN_LABEL_EQUALS : PLAN_LABEL_ABOVE;
	return equals ? read_equals(r, plan, equals) : 0;
}

/* ---- courses --------------------------------------------------------------- */

static const struct member course_members[] = {
	NAME("by", plan_course, by),
	NAME("time", plan_course, time),
	REAL("step", plan_course, step, 1e-3, 1e9),
	NAME("column", plan_course, column),
	COUNT("past", plan_course, past, 1, PLAN_FEATURES_MAX),
	COUNT("ahead", plan_course, ahead, 1, NET_OUTPUTS_MAX),
	LAST
};

static const char *const course_needs[] = { "column", "past", "ahead", NULL };

/* Its features are the rows before, the nearest last; its labels the rows ahead. */
static int read_course(struct reader *r, struct plan *plan, json_t *object)
{
	struct plan_course *course = &plan->course;
	size_t i;

	r->where = "course";
	if (read_object(r, course_members, object, course) ||
	    need_members(r, object, course_needs))
		return -1;
	if (!*course->time != !course->step)
		return bad(r, "", "time and step go together");
	for (i = 0; i < course->past; i++) {
		plan->feature[i].lag = course->past - i;
		strcpy(plan->feature[i].column, course->column);
	}
	plan->features = course->past;
	plan->outputs = course->ahead;
	plan->label = PLAN_LABEL_VALUE;
	return 0;
}

/* ---- split --------------------------------------------------------------- */

static const char *const split_rules[] = {
	[PLAN_SPLIT_ROWS] = "rows", [PLAN_SPLIT_HASH] = "hash", [PLAN_SPLIT_EVERY] = "every",
	[PLAN_SPLIT_TAIL] = "tail", [PLAN_SPLIT_FOLDS] = "folds", NULL
};

static const struct member split_members[] = {
	CHOICE("rule", plan, split, split_rules),
	OTHER("test"),
	COUNT("seed", plan, split_seed, 0, 9e15),
	REAL("fraction", plan, split_fraction, 0.001, 0.999),
	COUNT("every", plan, split_every, 2, 1e6),
	COUNT("folds", plan, split_folds, 2, PLAN_FOLDS_MAX),
	REAL("head", plan, split_head, 0.001, 0.999),
	REAL("tail", plan, split_tail, 0.001, 0.999),
	LAST
};

static const char *const split_needs[] = { "rule", NULL };

/* A row, or [first, last]. */
static int read_range(json_t *entry, struct plan_range *out)
{
	json_t *first = entry, *last = entry;

	if (json_is_array(entry)) {
		if (json_array_size(entry) != 2)
			return -1;
		first = json_array_get(entry, 0);
		last = json_array_get(entry, 1);
	}
	if (!json_is_integer(first) || !json_is_integer(last) ||
	    json_integer_value(first) < 0 ||
	    json_integer_value(last) < json_integer_value(first))
		return -1;
	out->first = (uint64_t)json_integer_value(first);
	out->last = (uint64_t)json_integer_value(last);
	return 0;
}

static int read_rows(struct reader *r, struct plan_rows *rows, json_t *list)
{
	json_t *entry;
	size_t i;

	if (!json_is_array(list))
		return bad(r, rows->site, "must be an array of rows");
	rows->range = calloc(json_array_size(list) + 1, sizeof(*rows->range));
	if (!rows->range)
		return bad(r, rows->site, "out of memory");
	json_array_foreach(list, i, entry) {
		if (read_range(entry, &rows->range[i]) ||
		    (i && rows->range[i].first <= rows->range[i - 1].last))
			return bad(r, rows->site,
				   "entries are rows or [first, last], ascending");
		rows->count++;
	}
	return 0;
}

static int read_test(struct reader *r, struct plan *plan, json_t *test)
{
	const char *site;
	json_t *list;

	r->where = "split.test";
	if (!json_is_object(test) || !json_object_size(test))
		return bad(r, "", "must name the test rows of each site");
	json_object_foreach(test, site, list) {
		struct plan_rows *rows = &plan->split_rows[plan->split_sites];

		if (plan->split_sites == PLAN_SITES_MAX || strlen(site) > PLAN_NAME_MAX)
			return bad(r, "", "more than 64 sites, or a name above 63 bytes");
		strcpy(rows->site, site);
		plan->split_sites++;
		if (read_rows(r, rows, list))
			return -1;
	}
	return 0;
}

static int read_split(struct reader *r, struct plan *plan, json_t *split)
{
	json_t *test = json_object_get(split, "test");
	bool fits;

	r->where = "split";
	if (read_object(r, split_members, split, plan) ||
	    need_members(r, split, split_needs))
		return -1;
	fits = !!test == (plan->split == PLAN_SPLIT_ROWS) &&
	       !plan->split_every == (plan->split != PLAN_SPLIT_EVERY) &&
	       !json_object_get(split, "fraction") == (plan->split != PLAN_SPLIT_HASH) &&
	       !plan->split_folds == (plan->split != PLAN_SPLIT_FOLDS) &&
	       !plan->split_head == (plan->split != PLAN_SPLIT_TAIL) &&
	       !plan->split_tail == (plan->split != PLAN_SPLIT_TAIL);
	if (!fits)
		return bad(r, "", "rule rows takes test, hash fraction and seed, every every, folds folds and seed, tail head and tail");
	if ((plan->split == PLAN_SPLIT_TAIL) != !!plan->course.past)
		return bad(r, "rule", "is tail where the plan is about courses, and else another");
	if (plan->split_head + plan->split_tail > 1)
		return bad(r, "", "head and tail are more than the whole together");
	return test ? read_test(r, plan, test) : 0;
}

/* ---- runs ---------------------------------------------------------------- */

static const char *const methods[] = {
	[PLAN_NEWTON] = "newton", [PLAN_LBFGS] = "lbfgs", [PLAN_SGD] = "sgd", [PLAN_ADAM] = "adam",
	NULL
};
static const char *const activations[] = { [NET_RELU] = "relu", [NET_TANH] = "tanh", NULL };

static const struct member run_members[] = {
	NAME("name", plan_run, name),
	CHOICE("method", plan_run, method, methods),
	OTHER("hidden"),
	CHOICE("activation", plan_run, activation, activations),
	REAL("l2", plan_run, l2, 0, 1e6),
	REAL("tolerance", plan_run, tolerance, 1e-15, 1),
	COUNT("max_steps", plan_run, max_steps, 1, 100000),
	COUNT("epochs", plan_run, epochs, 1, 1000000),
	COUNT("batch", plan_run, batch, 1, 1 << 20),
	REAL("rate", plan_run, rate, 1e-12, 1e3),
	REAL("decay", plan_run, decay, 0, 1e3),
	REAL("momentum", plan_run, momentum, 0, 0.9999),
	COUNT("window", plan_run, window, 1, 1 << 24),
	COUNT("seed", plan_run, seed, 0, 9e15),
	COUNT("rounds", plan_run, rounds, 1, 100000),
	REAL("clip", plan_run, clip, 1e-12, 1e12),
	REAL("max_norm", plan_run, max_norm, 1e-12, 1e300),
	LAST
};

static const char *const run_needs[] = { "name", "method", NULL };

static const struct plan_run run_defaults = {
	.tolerance = 1e-10, .max_steps = 100, .epochs = 50, .batch = 32,
	.window = 4096, .max_norm = 1e6,
};

const char *plan_method_name(enum plan_method method)
{
	return methods[method];
}

static int read_hidden(struct reader *r, struct plan_run *run, json_t *list)
{
	json_t *width;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > NET_HIDDEN_MAX)
		return bad(r, "hidden", "must be an array of at most 4 widths");
	json_array_foreach(list, i, width) {
		json_int_t units = json_integer_value(width);

		if (!json_is_integer(width) || units < 1 || units > NET_WIDTH_MAX)
			return bad(r, "hidden", "a width is a whole number from 1 to 1024");
		run->width[run->hidden++] = (size_t)units;
	}
	if (run->hidden && run->method == PLAN_NEWTON)
		return bad(r, "hidden", "newton takes no hidden layers; lbfgs, sgd and adam do");
	return 0;
}

/* Names become names of files. */
static bool plain_name(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

static int read_runs(struct reader *r, struct plan *plan, json_t *list)
{
	json_t *entry, *hidden;
	size_t i, j;

	r->where = "runs";
	if (!json_is_array(list) || !json_array_size(list) ||
	    json_array_size(list) > PLAN_RUNS_MAX)
		return bad(r, "", "must be an array of 1 to 8 runs");
	json_array_foreach(list, i, entry) {
		struct plan_run *run = &plan->run[plan->runs++];

		*run = run_defaults;
		if (read_object(r, run_members, entry, run) ||
		    need_members(r, entry, run_needs))
			return -1;
		hidden = json_object_get(entry, "hidden");
		if (hidden && read_hidden(r, run, hidden))
			return -1;
		if (!json_object_get(entry, "rate"))
			run->rate = run->method == PLAN_ADAM ? 0.001 : 0.1;
		if (run->rounds ? plan_by_step(run->method) : run->clip > 0)
			return bad(r, "rounds", "is what clip needs, and sgd and adam alone take");
		if (!plain_name(run->name))
			return bad(r, "name", "may hold a-z, 0-9, - and _");
		for (j = 0; j < i; j++) {
			if (!strcmp(plan->run[j].name, run->name))
				return bad(r, "name", "stands twice");
		}
	}
	return 0;
}

/* ---- plan ---------------------------------------------------------------- */

static const char *const missing_words[] = { "drop", "mean", NULL };
static const char *const scale_words[] = { "pooled", "site", "none", NULL };

static const struct member plan_members[] = {
	OTHER("ward-plan"),
	NAME("name", plan, name),
	OTHER("features"),
	OTHER("label"),
	OTHER("course"),
	CHOICE("missing", plan, missing, missing_words),
	CHOICE("standardise", plan, scale, scale_words),
	OTHER("split"),
	COUNT("reattest_rounds", plan, reattest_rounds, 1, 100000),
	OTHER("runs"),
	LAST
};

static const char *const plan_needs[] = {
	"ward-plan", "name", "split", "runs", NULL
};

static const char *const row_needs[] = { "features", "label", NULL };

/* Either rows that stand for themselves, or courses. */
static int read_rows_or_course(struct reader *r, struct plan *plan, json_t *root)
{
	json_t *course = json_object_get(root, "course");

	if (course && (json_object_get(root, "features") || json_object_get(root, "label")))
		return bad(r, "course", "stands in place of features and label");
	if (course)
		return read_course(r, plan, course);
	plan->outputs = 1;
	if (need_members(r, root, row_needs) ||
	    read_features(r, plan, json_object_get(root, "features")))
		return -1;
	return read_label(r, plan, json_object_get(root, "label"));
}

static int read_root(struct reader *r, struct plan *plan, json_t *root)
{
	json_t *version;

	if (read_object(r, plan_members, root, plan) ||
	    need_members(r, root, plan_needs))
		return -1;
	version = json_object_get(root, "ward-plan");
	if (!json_is_integer(version) || json_integer_value(version) != 1)
		return bad(r, "ward-plan", "must be 1");
	if (read_rows_or_course(r, plan, root) ||
	    read_split(r, plan, json_object_get(root, "split")))
		return -1;
	return read_runs(r, plan, json_object_get(root, "runs"));
}

int plan_read(const char *text, size_t len, struct plan *plan,
	      struct failure *failure)
{
	struct reader reader = { .failure = failure, .where = "" };
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int ret;

	if (!root)
		return failed(failure, EXIT_DAMAGED, "plan: line %d, column %d: %s",
			      error.line, error.column, error.text);
	ret = read_root(&reader, plan, root);
	json_decref(root);
	return ret;
}
