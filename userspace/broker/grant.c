// SPDX-License-Identifier: MIT
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include <jose/b64.h>
#include <linux/ward_key.h>
#include <openssl/crypto.h>

#include "grant.h"
#include "hpke.h"
#include "text.h"

#define NS		1000000000ull
#define SEALED_LEN	(WARD_KEY_GRANT_SIZE + WARD_KEY_TAG_LEN)
#define ENC_TEXT_LEN	43	/* of 32 bytes, base64url */
#define SEALED_TEXT_LEN	150	/* of 112 */

_Static_assert(sizeof(struct ward_key_grant) == WARD_KEY_GRANT_SIZE, "the format's size");
_Static_assert(HPKE_TAG_LEN == WARD_KEY_TAG_LEN, "one AEAD");

/* Which boot and which session: sizeof() of the literal counts its NUL in. */
static struct hpke_text info_for(const struct attested *who, uint8_t out[44])
{
	memcpy(out, "WARD-KEY-V1", 12);
	memcpy(out + 12, who->instance, sizeof(who->instance));
	memcpy(out + 28, who->session, sizeof(who->session));
	return (struct hpke_text){ out, 44 };
}

static void fill(struct ward_key_grant *grant, const struct release *r,
		 const struct config_resource *resource, const uint8_t *key)
{
	*grant = (struct ward_key_grant){
		.version = htole32(1),
		.uses = htole64(resource->key_uses),
		.lifetime_ns = htole64(resource->key_lifetime * NS),
	};
	memcpy(grant->dataset, resource->dataset, sizeof(grant->dataset));
	memcpy(grant->release, r->id, sizeof(grant->release));
	memcpy(grant->key, key, sizeof(grant->key));
}

static int seal(const struct ward_key_grant *grant, const struct attested *who,
		const uint8_t *to, uint8_t *enc, uint8_t *sealed)
{
	uint8_t info[44];
	struct hpke h;
	int rc = hpke_send(&h, HPKE_AES_256_GCM, to, info_for(who, info), enc);

	if (!rc)
		rc = hpke_seal(&h, (struct hpke_text){ NULL, 0 },
			       (struct hpke_text){ grant, sizeof(*grant) }, sealed);
	hpke_clear(&h);
	return rc;
}

static char *answer(const struct release *r, const struct config_resource *resource,
		    const uint8_t *enc, const uint8_t *sealed)
{
	char enc_text[ENC_TEXT_LEN + 1], sealed_text[SEALED_TEXT_LEN + 1];
	char dataset[33], id[33], nonce[65], *out;

	enc_text[jose_b64_enc_buf(enc, HPKE_KEY_LEN, enc_text, ENC_TEXT_LEN)] = 0;
	sealed_text[jose_b64_enc_buf(sealed, SEALED_LEN, sealed_text, SEALED_TEXT_LEN)] = 0;
	text_hex(resource->dataset, 16, dataset);
	text_hex(r->id, 16, id);
	text_hex(r->receipt_nonce, 32, nonce);
	return asprintf(&out, "{\"version\":1,\"enc\":\"%s\",\"sealed\":\"%s\",\"dataset\":\"%s\","
			"\"release\":\"%s\",\"receipt_nonce\":\"%s\"}", enc_text, sealed_text,
			dataset, id, nonce) < 0 ? NULL : out;
}

char *grant_json(const struct release *r, const struct config_resource *resource,
		 const struct attested *who, const uint8_t *to, const uint8_t *key)
{
	uint8_t enc[HPKE_KEY_LEN], sealed[SEALED_LEN];
	struct ward_key_grant grant;
	int rc;

	fill(&grant, r, resource, key);
	rc = seal(&grant, who, to, enc, sealed);
	OPENSSL_cleanse(&grant, sizeof(grant));
	return rc ? NULL : answer(r, resource, enc, sealed);
}
