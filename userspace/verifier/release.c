// SPDX-License-Identifier: MIT
/*
 * One line of a broker's release log: doc/formats.md section 8.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "json_read.h"
#include "when.h"

#define RELEASE_MAX 8192

static const char *const members[] = {
	"version", "time", "resource", "dataset", "release", "receipt_nonce", "session",
	"instance", "uid", "measurement", "evidence_sha256", NULL,
};

static int read_time(struct doc_in *in, struct wv_release *out)
{
	char text[40];
	int rc = doc_text(in, in->root, "time", text, sizeof(text));

	if (!rc && !when_parse(text, &out->time))
		rc = doc_fault(in, "time", "'%s' is not a time as RFC 3339 has it", text);
	return rc;
}

static int read_release(struct doc_in *in, struct wv_release *out)
{
	uint64_t version = 0, uid = 0;
	int rc;

	rc = doc_known(in, in->root, members) ?:
	     doc_number(in, in->root, "version", 1, 1, &version);
	if (!rc && version != 1)
		rc = doc_fault(in, "version", "version 1 is the only one known");
	rc = rc ?: read_time(in, out) ?:
	     doc_text(in, in->root, "resource", out->resource, sizeof(out->resource)) ?:
	     doc_hex(in, in->root, "dataset", out->dataset, sizeof(out->dataset)) ?:
	     doc_hex(in, in->root, "release", out->release, sizeof(out->release)) ?:
	     doc_hex(in, in->root, "receipt_nonce", out->receipt_nonce,
		      sizeof(out->receipt_nonce)) ?:
	     doc_hex(in, in->root, "session", out->session, sizeof(out->session)) ?:
	     doc_hex(in, in->root, "instance", out->instance, sizeof(out->instance)) ?:
	     doc_number(in, in->root, "uid", UINT32_MAX, 1, &uid) ?:
	     doc_hex(in, in->root, "measurement", out->measurement,
		      sizeof(out->measurement)) ?:
	     doc_hex(in, in->root, "evidence_sha256", out->evidence_sha256,
		      sizeof(out->evidence_sha256));
	out->uid = (uint32_t)uid;
	return rc;
}

int wv_release_parse(struct wv_bytes json, struct wv_release *out, struct wv_fault *fault)
{
	struct doc_in in;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = doc_open(&in, json, RELEASE_MAX, WV_RELEASE_DAMAGED, fault);
	if (!rc)
		rc = read_release(&in, out);
	doc_close(&in);
	return rc;
}
