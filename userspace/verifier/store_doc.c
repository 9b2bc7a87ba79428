// SPDX-License-Identifier: MIT
/*
 * TCB info (version 3) and enclave identities (version 2): the envelope, and what
 * says which platform and which days they are for. Intel PCS API version 4.
 */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "hex.h"
#include "json_read.h"
#include "store.h"
#include "when.h"

/* Names of the envelope's member, and the version of what is in it. */
static const struct envelope {
	const char *name;
	uint64_t version;
} envelopes[] = {
	{ "tcbInfo", 3 },
	{ "enclaveIdentity", 2 },
};

static const struct doc_word {
	const char *id;
	size_t envelope;
	int kind;
} ids[] = {
	{ "SGX", 0, WV_ITEM_TCB_INFO_SGX },
	{ "TDX", 0, WV_ITEM_TCB_INFO_TDX },
	{ "QE", 1, WV_ITEM_QE_IDENTITY },
	{ "TD_QE", 1, WV_ITEM_TD_QE_IDENTITY },
	{ "QVE", 1, WV_ITEM_QVE_IDENTITY },
};

static int read_when(struct doc_in *in, json_t *object, const char *key, int64_t *out)
{
	char text[40];
	int rc = doc_text(in, object, key, text, sizeof(text));

	if (!rc && !when_parse(text, out))
		rc = doc_fault(in, key, "a time is expected: 2026-01-31T00:00:00Z");
	return rc;
}

static int read_kind(struct doc_in *in, size_t envelope, struct store_doc *d)
{
	uint64_t version = 0;
	char id[8];
	size_t i;
	int rc = doc_text(in, d->object, "id", id, sizeof(id)) ?:
		 doc_number(in, d->object, "version", UINT32_MAX, 1, &version);

	if (rc)
		return rc;
	if (version != envelopes[envelope].version)
		return doc_fault(in, "version", "version %llu is not read here, %llu is",
				 (unsigned long long)version,
				 (unsigned long long)envelopes[envelope].version);
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i].envelope == envelope && !strcmp(ids[i].id, id))
			d->kind = ids[i].kind;
	return d->kind ? WV_OK : doc_fault(in, "id", "'%s' is not known", id);
}

static int read_head(struct doc_in *in, size_t envelope, struct store_doc *d)
{
	uint64_t evaluation = 0;
	int rc;

	if (!json_is_object(d->object))
		return doc_fault(in, envelopes[envelope].name, "an object is expected");
	rc = read_kind(in, envelope, d) ?:
	     read_when(in, d->object, "issueDate", &d->issued) ?:
	     read_when(in, d->object, "nextUpdate", &d->next_update) ?:
	     doc_number(in, d->object, "tcbEvaluationDataNumber", UINT32_MAX, 1, &evaluation);
	d->evaluation = (uint32_t)evaluation;
	if (!rc && d->issued > d->next_update)
		rc = doc_fault(in, "nextUpdate", "it lies before issueDate");
	if (rc || envelope)
		return rc;
	return doc_hex(in, d->object, "fmspc", d->fmspc, sizeof(d->fmspc)) ?:
	       doc_hex(in, d->object, "pceId", d->pce_id, sizeof(d->pce_id));
}

/* Without its envelope a document carries no signature, and is of no use. */
static int unsigned_doc(struct doc_in *in)
{
	if (json_object_get(in->root, "tcbEvaluationDataNumber"))
		return doc_fault(in, "signature",
				 "the signature is missing: keep the file as Intel's service sends it");
	return WV_OK;
}

static int read_doc(struct doc_in *in, struct store_doc *d)
{
	size_t i;

	for (i = 0; i < sizeof(envelopes) / sizeof(envelopes[0]); i++) {
		d->object = json_object_get(in->root, envelopes[i].name);
		if (!d->object)
			continue;
		if (!json_span(in->text, envelopes[i].name, &d->body))
			return doc_fault(in, envelopes[i].name, "its place cannot be told");
		return doc_hex(in, in->root, "signature", d->signature, sizeof(d->signature)) ?:
		       read_head(in, i, d);
	}
	return unsigned_doc(in);
}

int store_doc_read(struct wv_bytes text, struct store_doc *out, struct wv_fault *fault)
{
	struct doc_in in;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = doc_open(&in, text, STORE_JSON_MAX, WV_COLLATERAL_DAMAGED, fault);
	out->text = text;
	if (!rc)
		rc = read_doc(&in, out);
	out->root = in.root;
	return rc;
}

void store_doc_clear(struct store_doc *d)
{
	json_decref(d->root);
	memset(d, 0, sizeof(*d));
}
