// SPDX-License-Identifier: MIT
/*
 * Evidence bundles: doc/formats.md section 4. The keys come in the order that
 * RFC 8949 section 4.2.1 demands, so each is simply the one that must come next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cbor_read.h"
#include "fault.h"
#include "look.h"

#define MAJOR_MAP 5	/* RFC 8949, section 3.1 */

/* A byte string of 32 bytes takes 34: what is left bounds the count of events. */
#define EVENT_LEN_MIN 34

static int read_path(struct item_in *in, struct wv_bundle *b)
{
	struct wv_bytes node;
	size_t parts, i;
	int rc;

	rc = item_key(in, "path") ?: item_array(in, "path", 3, 3, &parts) ?:
	     item_uint(in, "path.index", 0, WARD_PATH_MAX - 1, &b->index) ?:
	     item_uint(in, "path.leaves", 1, WARD_PATH_MAX, &b->leaves) ?:
	     item_array(in, "path.nodes", 0, WARD_PATH_NODES_MAX, &b->nodes);
	if (!rc && b->index >= b->leaves)
		rc = fault_set(in->fault, in->reason, "path.index", (int64_t)in->c.at,
			       "there is no leaf %llu of %llu", (unsigned long long)b->index,
			       (unsigned long long)b->leaves);
	for (i = 0; !rc && i < b->nodes; i++) {
		rc = item_bytes(in, "path.nodes", WARD_DIGEST_LEN, WARD_DIGEST_LEN, &node);
		if (!rc)
			memcpy(b->path[i], node.data, node.len);
	}
	return rc;
}

static int read_event(struct item_in *in, size_t n, struct wv_bytes *event)
{
	int rc = item_bytes(in, "events", WARD_HEAD_LEN, WARD_EVENT_SIZE, event);

	if (!rc && event->len != WARD_HEAD_LEN && event->len != WARD_EVENT_SIZE)
		rc = fault_set(in->fault, in->reason, "events", (int64_t)in->c.at,
			       "%zu bytes are neither a record (%d) nor a digest (%d)",
			       event->len, WARD_EVENT_SIZE, WARD_HEAD_LEN);
	if (rc && in->fault)	/* there are thousands, and most hold: named when one does not */
		snprintf(in->fault->field, sizeof(in->fault->field), "events[%zu]", n);
	return rc;
}

static int read_events(struct item_in *in, struct wv_bundle *b)
{
	size_t i, most = cursor_left(&in->c) / EVENT_LEN_MIN;
	struct wv_bytes *events;
	int rc;

	if (most > WV_EVENTS_MAX)
		most = WV_EVENTS_MAX;
	rc = item_key(in, "events") ?: item_array(in, "events", 0, most, &b->event_count);
	if (rc || !b->event_count)
		return rc;
	events = calloc(b->event_count, sizeof(*events));
	if (!events)
		return fault_set(in->fault, WV_NO_MEMORY, "events", -1, "no memory");
	b->events = events;
	for (i = 0; !rc && i < b->event_count; i++)
		rc = read_event(in, i, &events[i]);
	return rc;
}

static int read_piece(struct item_in *in, size_t n, struct wv_evidence *e)
{
	char field[32];

	snprintf(field, sizeof(field), "evidence[%zu]", n);
	return item_map(in, field, 5) ?:
	       item_key(in, "aux") ?: item_bytes(in, field, 0, WARD_AUX_MAX, &e->aux) ?:
	       item_key(in, "tee") ?: item_name(in, field, e->tee, sizeof(e->tee)) ?:
	       item_key(in, "data") ?: item_bytes(in, field, 1, WARD_EVIDENCE_MAX, &e->data) ?:
	       item_key(in, "manifest") ?:
	       item_bytes(in, field, 0, WARD_MANIFEST_MAX, &e->manifest) ?:
	       item_key(in, "provider") ?:
	       item_name(in, field, e->provider, sizeof(e->provider));
}

static int read_evidence(struct item_in *in, struct wv_bundle *b)
{
	size_t i;
	int rc;

	rc = item_key(in, "evidence") ?:
	     item_array(in, "evidence", 1, WV_EVIDENCE_MAX, &b->evidence_count);
	for (i = 0; !rc && i < b->evidence_count; i++)
		rc = read_piece(in, i, &b->evidence[i]);
	return rc;
}

static int read_bundle(struct item_in *in, struct wv_bundle *b)
{
	uint64_t version;

	return item_map(in, "bundle", 5) ?: read_path(in, b) ?:
	       item_key(in, "claims") ?:
	       item_bytes(in, "claims", WARD_CLAIMS_SIZE, WARD_CLAIMS_SIZE, &b->claims) ?:
	       read_events(in, b) ?:
	       item_key(in, "version") ?: item_uint(in, "version", 1, 1, &version) ?:
	       read_evidence(in, b) ?: item_end(in);
}

int wv_bundle_decode(struct wv_bytes in, struct wv_bundle **out, struct wv_fault *fault)
{
	struct item_in reader = {
		.c = cursor_over(in.data, in.len),
		.reason = WV_BUNDLE_DAMAGED,
		.fault = fault,
	};
	struct wv_bundle *b;
	int rc;

	*out = NULL;
	fault_clear(fault);
	if (!in.len || in.len > WV_BUNDLE_MAX)
		return fault_set(fault, WV_BUNDLE_DAMAGED, "bundle", -1,
				 "a bundle has 1 to %u bytes, this has %zu", WV_BUNDLE_MAX,
				 in.len);
	if (in.data[0] >> 5 != MAJOR_MAP || look_is_table(in))
		return look_unknown(in, fault);
	b = calloc(1, sizeof(*b));
	if (!b)
		return fault_set(fault, WV_NO_MEMORY, "bundle", -1, "no memory");
	rc = read_bundle(&reader, b);
	if (rc)
		wv_bundle_free(b);
	else
		*out = b;
	return rc;
}

void wv_bundle_free(struct wv_bundle *bundle)
{
	if (!bundle)
		return;
	free((void *)bundle->events);
	free(bundle);
}
