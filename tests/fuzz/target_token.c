// SPDX-License-Identifier: MIT
/* A token of an attestation service under the seeds' keys, and the same bytes as keys. */
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "fuzz.h"
#include "wardverify_token.h"

#define ALL_MAX (16u << 10)

static struct wv_bytes jwks, known, tokens[3];

/* Of the world, read once. */
static void take(void)
{
	static const char *const names[] = { "token-rsa.jwt", "token-ec.jwt", "token-no-kid.jwt" };
	const char *folder = getenv("FUZZ_ROOTS");
	size_t i;

	if (jwks.data || !folder)
		return;
	jwks = fuzz_file(folder, "jwks.json");
	known = fuzz_file(folder, "tokens");
	for (i = 0; i < 3; i++)
		tokens[i] = fuzz_file(folder, names[i]);
}

static int judge(struct wv_bytes in, const struct wv_token_appraisal *how, struct wv_token *t)
{
	struct wv_token_appraisal a = *how;
	int rc;

	a.now = fuzz_world()->now;
	a.leeway = WV_TOKEN_LEEWAY;
	memset(t, 0, sizeof(*t));
	rc = fuzz_refusal(wv_verify_token(in, &a, t), &t->fault);
	fuzz_text(wv_token_json(t));
	return rc;
}

/* No byte of a token may be another one: all are signed, or the signature. */
static void must_be_known(const struct wv_token *t)
{
	size_t i;

	for (i = 0; i + 32 <= known.len; i += 32)
		if (!memcmp(known.data + i, t->digest, 32))
			return;
	if (known.data)
		fuzz_die("a token counts as authentic that nobody signed");
}

/* By what the caller expects: that of the seeds, or nothing. */
static int judge_expected(struct wv_bytes in, struct wv_token *t)
{
	static const uint8_t nonce[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const struct wv_token_appraisal expected = {
		.jwks = jwks, .audience = "ward", .nonce = { nonce, sizeof(nonce) },
		.issuer = "https://portal.trustauthority.intel.com", .accept_unmeasured = 1,
	};

	return judge(in, &expected, t);
}

/* Base64url has one spelling: what is read is written again with the same letters. */
static void spelling(struct wv_bytes in)
{
	uint8_t data[B64_DATA_LEN(ALL_MAX)];
	char text[ALL_MAX + 8];
	size_t len;

	if (!in.len || in.len > ALL_MAX || !b64url_decode((const char *)in.data, in.len, data, &len))
		return;
	b64url_encode(data, len, text);
	if (strlen(text) != in.len || memcmp(text, in.data, in.len))
		fuzz_die("base64url in two spellings");
}

/* Of a token each part, of anything else what there is. */
static void spellings(struct wv_bytes in)
{
	const uint8_t *dot;

	while (in.len && (dot = memchr(in.data, '.', in.len))) {
		spelling((struct wv_bytes){ in.data, (size_t)(dot - in.data) });
		in.len -= (size_t)(dot + 1 - in.data);
		in.data = dot + 1;
	}
	spelling(in);
}

int fuzz_one(struct wv_bytes in)
{
	const struct wv_token_appraisal by_policy = { .jwks = jwks, .policy = fuzz_world()->policy };
	struct wv_token_appraisal any = { .jwks = in, .accept_unmeasured = 1 };
	static struct wv_token t;
	size_t i;
	int rc;

	take();
	spellings(in);
	/* Large sets by one token alone: that takes longest, and is what is measured. */
	for (i = 0; i < (in.len > ALL_MAX ? 1 : 3); i++)
		judge(tokens[i], &any, &t);
	any.jwks = jwks;
	rc = judge(in, &any, &t);
	if (t.authentic) {
		must_be_known(&t);
		judge(in, &by_policy, &t);
		judge_expected(in, &t);
	}
	return rc;
}
