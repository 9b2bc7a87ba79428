// SPDX-License-Identifier: MIT
/*
 * What the relying party knows of this very exchange, against the claims.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "hex.h"
#include "verify.h"

int expect_purpose(struct rules *rules, const char *name, uint32_t want, uint32_t found)
{
	struct wv_rule says = { .name = name, .held = want == found, .reason = WV_WRONG_PURPOSE,
				.field = "claims.purpose", .offset = 8,
				.expected = wv_purpose_text(want) ?: "?",
				.found = wv_purpose_text(found) ?: "?" };

	if (!want)
		return WV_OK;
	return rule(rules, &says, "taken for '%s', needed for '%s'", says.found, says.expected);
}

/* Bytes that must be the same; neither side is a secret, but whoever asks may guess. */
struct same {
	const char *name;
	struct wv_bytes want, have;
	int reason;
	const char *field;
	int64_t offset;
	const char *sentence;
};

static int check_same(struct rules *rules, const struct same *s)
{
	char expected[2 * 64 + 1], found[2 * 64 + 1];
	struct wv_rule says = { .name = s->name, .reason = s->reason, .field = s->field,
				.offset = s->offset, .expected = expected, .found = found };

	says.held = s->want.len == s->have.len &&
		    !CRYPTO_memcmp(s->want.data, s->have.data, s->have.len);
	hex_encode(s->want.data, s->want.len, expected);
	hex_encode(s->have.data, s->have.len, found);
	return rule(rules, &says, "%s", s->sentence);
}

static int check_bytes(struct rules *rules, const char *name, struct wv_bytes want,
		       struct wv_bytes have, int reason, const char *field, int64_t offset)
{
	struct same same = { name, want, have, reason, field, offset,
			     "it is not the one expected" };

	if (!want.data)
		return WV_OK;
	if (want.len != have.len)
		return fault_set(rules->fault, WV_USAGE, field, -1,
				 "%zu bytes are expected, not %zu", have.len, want.len);
	return check_same(rules, &same);
}

static int check_nonce(struct rules *rules, struct wv_bytes want, const struct wv_claims *k)
{
	struct same same = { "expect.nonce", want, { k->nonce, k->nonce_len }, WV_NONCE_MISMATCH,
			     "claims.nonce", 16, "the evidence answers another nonce" };

	if (!want.data)
		return WV_OK;
	if (!want.len || want.len > sizeof(k->nonce))
		return fault_set(rules->fault, WV_USAGE, "claims.nonce", -1,
				 "a nonce has 1 to 64 bytes, not %zu", want.len);
	return check_same(rules, &same);
}

int expect_claims(struct rules *rules, const struct wv_expect *e, const struct wv_claims *k)
{
	struct wv_bytes binding = { k->binding, 64 }, instance = { k->instance, 16 },
			session = { k->session, 16 }, subject = { k->subject, 16 };

	return expect_purpose(rules, "expect.purpose", e->purpose, k->purpose) ?:
	       check_nonce(rules, e->nonce, k) ?:
	       check_bytes(rules, "expect.binding", e->binding, binding, WV_BINDING_MISMATCH,
			   "claims.binding", 80) ?:
	       check_bytes(rules, "expect.instance", e->instance, instance, WV_WRONG_INSTANCE,
			   "claims.instance", 144) ?:
	       check_bytes(rules, "expect.session", e->session, session, WV_WRONG_SESSION,
			   "claims.session", 160) ?:
	       check_bytes(rules, "expect.subject", e->subject, subject, WV_WRONG_SESSION,
			   "claims.subject", 176);
}
