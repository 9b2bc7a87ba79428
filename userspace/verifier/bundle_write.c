// SPDX-License-Identifier: MIT
/*
 * The writer of evidence bundles: doc/formats.md section 4.
 */
#include <stdlib.h>
#include <string.h>

#include "../common/cbor_put.h"
#include "fault.h"

static void path(struct cbor_put *w, const struct wv_bundle *b)
{
	size_t i;

	cbor_put_text(w, "path");
	cbor_put_array(w, 3);
	cbor_put_uint(w, b->index);
	cbor_put_uint(w, b->leaves);
	cbor_put_array(w, b->nodes);
	for (i = 0; i < b->nodes; i++)
		cbor_put_bytes(w, b->path[i], sizeof(b->path[i]));
}

static void evidence(struct cbor_put *w, const struct wv_evidence *e)
{
	cbor_put_map(w, 5);
	cbor_put_text(w, "aux");
	cbor_put_bytes(w, e->aux.data, e->aux.len);
	cbor_put_text(w, "tee");
	cbor_put_text(w, e->tee);
	cbor_put_text(w, "data");
	cbor_put_bytes(w, e->data.data, e->data.len);
	cbor_put_text(w, "manifest");
	cbor_put_bytes(w, e->manifest.data, e->manifest.len);
	cbor_put_text(w, "provider");
	cbor_put_text(w, e->provider);
}

static void bundle_out(struct cbor_put *w, const struct wv_bundle *b)
{
	size_t i;

	cbor_put_map(w, 5);
	path(w, b);
	cbor_put_text(w, "claims");
	cbor_put_bytes(w, b->claims.data, b->claims.len);
	cbor_put_text(w, "events");
	cbor_put_array(w, b->event_count);
	for (i = 0; i < b->event_count; i++)
		cbor_put_bytes(w, b->events[i].data, b->events[i].len);
	cbor_put_text(w, "version");
	cbor_put_uint(w, 1);
	cbor_put_text(w, "evidence");
	cbor_put_array(w, b->evidence_count);
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
		 b->evidence_count && b->evidence_count <= WV_EVIDENCE_MAX &&
		 b->event_count <= WV_EVENTS_MAX;

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
	struct cbor_put w = { NULL, 0 };
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
