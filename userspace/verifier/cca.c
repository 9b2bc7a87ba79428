// SPDX-License-Identifier: MIT
/*
 * The form of a CCA token: Arm DEN0137 section A7.2, draft-ffm-rats-cca-token, and the
 * layout of both from before they had profiles of their own.
 */
#include <stdio.h>
#include <string.h>

#include "arm_token.h"
#include "cca.h"
#include "fault.h"

enum { PLATFORM, REALM, HALVES };

static const struct map_member halves[HALVES] = {
	[PLATFORM] = { "platform", 44234, false, true, MAP_ANY, 0, 0 },
	[REALM] = { "realm", 44241, false, true, MAP_ANY, 0, 0 },
};

/* In a CMW each half is [content format, bytes] with a third element or without. */
static int read_half(const struct map_value *v, const char *field, bool cmw,
		     struct wv_bytes *out, struct wv_fault *fault)
{
	struct item_in in = { .c = cursor_over(v->bytes.data, v->bytes.len),
			      .reason = WV_EVIDENCE_DAMAGED, .fault = fault };
	size_t n = 0;
	int rc = WV_OK;

	if (cmw)
		rc = item_array(&in, field, 2, 3, &n) ?: item_skip(&in, field, NULL);
	rc = rc ?: item_bytes(&in, field, 1, WV_ARM_TOKEN_MAX, out);
	if (!rc && n == 3)
		rc = item_skip(&in, field, NULL);
	return rc ?: item_end(&in);
}

/* Which of the two it is, its tag tells. */
static int read_tag(struct item_in *in, bool *cmw)
{
	struct item_in ahead = *in;

	ahead.fault = NULL;
	*cmw = !item_tag(&ahead, "token", CCA_TAG_CMW);
	return item_tag(in, "token", *cmw ? CCA_TAG_CMW : CCA_TAG);
}

static int read_collection(struct wv_bytes token, struct wv_bytes half[HALVES],
			   struct wv_fault *fault)
{
	struct item_in in = { .c = cursor_over(token.data, token.len),
			      .reason = WV_EVIDENCE_DAMAGED, .fault = fault };
	struct map_value v[HALVES];
	bool cmw;
	int rc = read_tag(&in, &cmw) ?: map_read(&in, "token", halves, HALVES, v) ?:
		 item_end(&in);

	return rc ?: read_half(&v[PLATFORM], "token.platform", cmw, &half[PLATFORM], fault) ?:
	       read_half(&v[REALM], "token.realm", cmw, &half[REALM], fault);
}

int cca_read(struct wv_bytes token, struct cca_token *t, struct wv_cca *out,
	     struct wv_fault *fault)
{
	struct wv_bytes half[HALVES];
	int rc;

	memset(t, 0, sizeof(*t));
	memset(out, 0, sizeof(*out));
	if (token.len > WV_ARM_TOKEN_MAX)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "token", -1,
				 "%zu bytes are too many for a token", token.len);
	rc = read_collection(token, half, fault);
	return rc ?: cose_sign1_read(half[PLATFORM], true, "platform", &t->platform, fault) ?:
	       cose_sign1_read(half[REALM], true, "realm", &t->realm, fault) ?:
	       cca_platform_read(t, out, fault) ?: cca_realm_read(t, out, fault);
}

int wv_cca_parse(struct wv_bytes token, struct wv_cca *out, struct wv_fault *fault)
{
	struct cca_token t;
	int rc = cca_read(token, &t, out, fault);

	return rc ? rc : fault_clear(fault);
}
