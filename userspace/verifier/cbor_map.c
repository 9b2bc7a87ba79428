// SPDX-License-Identifier: MIT
/*
 * Maps whose keys come in any order, and the skipping of what nobody asked for.
 */
#include <stdio.h>
#include <string.h>

#include "cbor_item.h"
#include "cbor_map.h"
#include "fault.h"

/* Whoever writes maps of indefinite length says so by in->open. */
int item_pairs(struct item_in *in, const char *field, struct item_pairs *p)
{
	struct item i;
	int rc = item_next(in, field, &i);

	p->field = field;
	p->count = 0;
	p->open = i.kind == KIND_OPEN_MAP && in->open;
	p->left = rc || p->open ? 0 : i.value;
	if (!rc && i.kind != KIND_MAP && !p->open)
		rc = fault_set(in->fault, in->reason, field, (int64_t)i.at,
			       "a map was expected, %s found", item_kind_text(i.kind));
	if (!rc && p->left > ITEM_PAIRS_MAX)
		rc = fault_set(in->fault, in->reason, field, (int64_t)i.at,
			       "a map of more than %d pairs", ITEM_PAIRS_MAX);
	return rc;
}

static bool same_label(const struct item_label *a, const struct item_label *b)
{
	if (!a->text.data || !b->text.data)
		return !a->text.data && !b->text.data && a->number == b->number;
	return a->text.len == b->text.len && !memcmp(a->text.data, b->text.data, a->text.len);
}

static int read_label(struct item_in *in, const char *field, const struct item *i,
		      struct item_label *label)
{
	memset(label, 0, sizeof(*label));
	if (i->kind == KIND_TEXT)
		label->text = (struct wv_bytes){ i->data, i->value };
	else if ((i->kind == KIND_UINT || i->kind == KIND_NINT) && i->value <= INT64_MAX)
		label->number = i->kind == KIND_NINT ? -1 - (int64_t)i->value : (int64_t)i->value;
	else
		return fault_set(in->fault, in->reason, field, (int64_t)i->at,
				 "a key is neither an integer nor text, but %s",
				 item_kind_text(i->kind));
	return WV_OK;
}

int item_pair(struct item_in *in, struct item_pairs *p, bool *more, struct item_label *label)
{
	struct item i;
	size_t n;
	int rc;

	*more = p->open || p->left;
	if (!*more)
		return WV_OK;
	rc = item_next(in, p->field, &i);
	if (!rc && p->open && i.kind == KIND_BREAK) {
		*more = p->open = false;
		return WV_OK;
	}
	if (!rc && p->count == ITEM_PAIRS_MAX)
		rc = fault_set(in->fault, in->reason, p->field, (int64_t)i.at,
			       "a map of more than %d pairs", ITEM_PAIRS_MAX);
	rc = rc ?: read_label(in, p->field, &i, label);
	for (n = 0; !rc && n < p->count; n++)
		if (same_label(&p->seen[n], label))
			rc = fault_set(in->fault, in->reason, p->field, (int64_t)i.at,
				       "the same key twice");
	if (rc)
		return rc;
	p->seen[p->count++] = *label;
	p->left -= p->left ? 1 : 0;
	return WV_OK;
}

/* How many items an array, map or tag of this head holds; ~0 = up to a break. */
static uint64_t holds(const struct item *i)
{
	switch (i->kind) {
	case KIND_TAG:
		return 1;
	case KIND_ARRAY:
		return i->value;
	case KIND_MAP:
		return i->value > UINT64_MAX / 4 ? UINT64_MAX / 2 : 2 * i->value;
	case KIND_OPEN_ARRAY:
	case KIND_OPEN_MAP:
		return UINT64_MAX;
	default:
		return 0;
	}
}

static int skip(struct item_in *in, const char *field, unsigned int depth, bool *broke)
{
	struct item i;
	int rc = item_next(in, field, &i);
	bool open = i.kind == KIND_OPEN_MAP || i.kind == KIND_OPEN_ARRAY, end = false;
	uint64_t n = holds(&i);

	*broke = i.kind == KIND_BREAK;
	if (!rc && open && !in->open)
		return fault_set(in->fault, in->reason, field, (int64_t)i.at,
				 "%s where none may be", item_kind_text(i.kind));
	if (!rc && n && !depth)
		return fault_set(in->fault, in->reason, field, (int64_t)i.at,
				 "nested more than %d deep", ITEM_DEPTH_MAX);
	for (; !rc && n && !end; n--) {
		rc = skip(in, field, depth - 1, &end);
		if (!rc && end && !open)
			rc = fault_set(in->fault, in->reason, field, (int64_t)i.at,
				       "a break within what says its length");
	}
	return rc;
}

int item_skip(struct item_in *in, const char *field, struct wv_bytes *out)
{
	size_t from = in->c.at;
	bool broke;
	int rc = skip(in, field, ITEM_DEPTH_MAX, &broke);

	if (!rc && broke)
		rc = fault_set(in->fault, in->reason, field, (int64_t)from,
			       "a break where a value belongs");
	if (out)
		*out = rc ? (struct wv_bytes){ NULL, 0 } :
			    (struct wv_bytes){ in->c.data + from, in->c.at - from };
	return rc;
}

static bool is_member(const struct map_member *m, const struct item_label *label)
{
	if (label->text.data)
		return m->by_name && label->text.len == strlen(m->name) &&
		       !memcmp(label->text.data, m->name, label->text.len);
	return !m->by_name && m->key == label->number;
}

static int read_value(struct item_in *in, const char *field, const struct map_member *m,
		      struct map_value *v)
{
	switch (m->type) {
	case MAP_BYTES:
		return item_bytes(in, field, (size_t)m->min, (size_t)m->max, &v->bytes);
	case MAP_BYTES_OR_NULL:
		return item_bytes_or_null(in, field, (size_t)m->min, (size_t)m->max, &v->bytes);
	case MAP_TEXT:
		return item_text(in, field, (size_t)m->min, (size_t)m->max, &v->bytes);
	case MAP_INT:
		return item_int(in, field, m->min, m->max, &v->number);
	default:
		return item_skip(in, field, &v->bytes);
	}
}

static const char *joined(char *out, size_t size, const char *field, const char *name)
{
	snprintf(out, size, "%s.%s", field, name);
	return out;
}

static int read_member(struct item_in *in, const char *field, const struct item_label *label,
		       const struct map_member *members, size_t count, struct map_value *values)
{
	char name[FIELD_MAX];
	size_t n;
	int rc;

	for (n = 0; n < count && !is_member(&members[n], label); n++)
		;
	if (n == count)
		return item_skip(in, field, NULL);
	values[n].at = in->c.at;
	rc = read_value(in, joined(name, sizeof(name), field, members[n].name), &members[n],
			&values[n]);
	values[n].there = !rc && (members[n].type == MAP_INT || values[n].bytes.data);
	return rc;
}

int map_read(struct item_in *in, const char *field, const struct map_member *members,
	     size_t count, struct map_value *values)
{
	struct item_label label;
	struct item_pairs p;
	char name[FIELD_MAX];
	bool more = true;
	size_t n;
	int rc;

	memset(values, 0, count * sizeof(*values));
	rc = item_pairs(in, field, &p);
	while (!rc && more) {
		rc = item_pair(in, &p, &more, &label);
		if (!rc && more)
			rc = read_member(in, field, &label, members, count, values);
	}
	for (n = 0; !rc && n < count; n++)
		if (members[n].needed && !values[n].there)
			rc = fault_set(in->fault, in->reason,
				       joined(name, sizeof(name), field, members[n].name), -1,
				       "it is missing");
	return rc;
}

int map_read_all(struct wv_bytes bytes, const char *field, const struct map_format *format,
		 struct map_value *values, struct wv_fault *fault)
{
	struct item_in in = {
		.c = cursor_over(bytes.data, bytes.len),
		.reason = WV_EVIDENCE_DAMAGED,
		.fault = fault,
		.open = format->open,
	};
	int rc = map_read(&in, field, format->members, format->count, values);

	return rc ?: item_end(&in);
}

void map_text(const struct map_value *v, char *out, size_t size)
{
	size_t i, n = v->there && v->bytes.len < size ? v->bytes.len : 0;

	for (i = 0; i < n; i++)
		out[i] = (char)(v->bytes.data[i] < 0x20 || v->bytes.data[i] > 0x7e ?
					'?' : v->bytes.data[i]);
	out[n] = '\0';
}
