// SPDX-License-Identifier: MIT
/*
 * The writer of evidence bundles: doc/formats.md section 4.
 */
#include <cbor.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"

/* Counts when @at is NULL, so that one walk sizes and a second one writes. */
struct writer {
	uint8_t *at;
	size_t len;
};

static void raw(struct writer *w, const void *data, size_t len)
{
	if (w->at && len)
		memcpy(w->at + w->len, data, len);
	w->len += len;
}

typedef size_t (*head_fn)(size_t value, unsigned char *buf, size_t room);

static size_t uint_head(size_t value, unsigned char *buf, size_t room)
{
	return cbor_encode_uint(value, buf, room);
}

static void head(struct writer *w, head_fn fn, size_t value)
{
	uint8_t buf[9];

	raw(w, buf, fn(value, buf, sizeof(buf)));
}

static void bytes(struct writer *w, struct wv_bytes b)
{
	head(w, cbor_encode_bytestring_start, b.len);
	raw(w, b.data, b.len);
}

static void text(struct writer *w, const char *s)
{
	head(w, cbor_encode_string_start, strlen(s));
	raw(w, s, strlen(s));
}

static void path(struct writer *w, const struct wv_bundle *b)
{
	size_t i;

	text(w, "path");
	head(w, cbor_encode_array_start, 3);
	head(w, uint_head, b->index);
	head(w, uint_head, b->leaves);
	head(w, cbor_encode_array_start, b->nodes);
	for (i = 0; i < b->nodes; i++)
		bytes(w, (struct wv_bytes){ b->path[i], sizeof(b->path[i]) });
}

static void evidence(struct writer *w, const struct wv_evidence *e)
{
	head(w, cbor_encode_map_start, 5);
	text(w, "aux");
	bytes(w, e->aux);
	text(w, "tee");
	text(w, e->tee);
	text(w, "data");
	bytes(w, e->data);
	text(w, "manifest");
	bytes(w, e->manifest);
	text(w, "provider");
	text(w, e->provider);
}

static void bundle_out(struct writer *w, const struct wv_bundle *b)
{
	size_t i;

	head(w, cbor_encode_map_start, 5);
	path(w, b);
	text(w, "claims");
	bytes(w, b->claims);
	text(w, "events");
	head(w, cbor_encode_array_start, b->event_count);
	for (i = 0; i < b->event_count; i++)
		bytes(w, b->events[i]);
	text(w, "version");
	head(w, uint_head, 1);
	text(w, "evidence");
	head(w, cbor_encode_array_start, b->evidence_count);
	for (i = 0; i < b->evidence_count; i++)
		evidence(w, &b->evidence[i]);
}

static int name_ok(const char *s, size_t size)
{
	size_t n = strnlen(s, size), i;

	for (i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return 0;
	return n > 0 && n < size;
}

/* Whatever the reader would refuse is refused here too. */
static int check(const struct wv_bundle *b, struct wv_fault *fault)
{
	size_t i;
	int ok = b->claims.len == WARD_CLAIMS_SIZE && b->leaves && b->leaves <= WARD_PATH_MAX &&
		 b->index < b->leaves && b->nodes <= WARD_PATH_NODES_MAX &&
		 b->evidence_count && b->evidence_count <= WV_EVIDENCE_MAX;

	for (i = 0; ok && i < b->evidence_count; i++) {
		const struct wv_evidence *e = &b->evidence[i];

		ok = e->data.len && e->data.len <= WARD_EVIDENCE_MAX &&
		     e->aux.len <= WARD_AUX_MAX && e->manifest.len <= WARD_MANIFEST_MAX &&
		     name_ok(e->tee, sizeof(e->tee)) &&
		     name_ok(e->provider, sizeof(e->provider));
	}
	for (i = 0; ok && i < b->event_count; i++)
		ok = b->events[i].len == WARD_EVENT_SIZE || b->events[i].len == WARD_HEAD_LEN;
	if (ok)
		return WV_OK;
	return fault_set(fault, WV_USAGE, "bundle", -1, "a length or count is out of range");
}

int wv_bundle_encode(const struct wv_bundle *bundle, uint8_t **out, size_t *out_len,
		     struct wv_fault *fault)
{
	struct writer w = { NULL, 0 };
	int rc = check(bundle, fault);

	if (rc)
		return rc;
	bundle_out(&w, bundle);
	if (w.len > WV_BUNDLE_MAX)
		return fault_set(fault, WV_USAGE, "bundle", -1, "%zu bytes are too many for a bundle",
				 w.len);
	w.at = malloc(w.len);
	if (!w.at)
		return fault_set(fault, WV_NO_MEMORY, "bundle", -1, "no memory");
	*out = w.at;
	*out_len = w.len;
	w.len = 0;
	bundle_out(&w, bundle);
	return fault_clear(fault);
}
