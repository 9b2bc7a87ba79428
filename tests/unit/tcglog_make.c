// SPDX-License-Identifier: MIT
#include <openssl/evp.h>
#include <string.h>

#include "support.h"
#include "tcglog_make.h"

static void append(struct tcglog_made *log, const void *data, size_t len)
{
	assert_true(len <= sizeof(log->bytes) - log->len);
	if (len)
		memcpy(log->bytes + log->len, data, len);
	log->len += len;
}

void tcglog_put(struct tcglog_made *log, uint64_t value, size_t width)
{
	uint8_t b[8];
	size_t i;

	for (i = 0; i < width; i++)
		b[i] = (uint8_t)(value >> 8 * i);
	append(log, b, width);
}

void tcglog_begin(struct tcglog_made *log)
{
	static const uint8_t zero[20];

	log->len = 0;
	tcglog_put(log, 0, 4);
	tcglog_put(log, WV_EV_NO_ACTION, 4);
	append(log, zero, sizeof(zero));
	tcglog_put(log, 37, 4);
	append(log, "Spec ID Event03", 16);
	tcglog_put(log, 0x0200020000000000, 8);
	tcglog_put(log, 2, 4);
	tcglog_put(log, WV_ALG_SHA1, 2);
	tcglog_put(log, 20, 2);
	tcglog_put(log, WV_ALG_SHA256, 2);
	tcglog_put(log, 32, 2);
	tcglog_put(log, 0, 1);
}

void tcglog_measured(struct tcglog_made *log, uint32_t pcr, uint32_t type, struct wv_bytes what,
		     struct wv_bytes said)
{
	uint8_t sha1[20], sha256[32];

	assert_true(EVP_Digest(what.data, what.len, sha1, NULL, EVP_sha1(), NULL));
	assert_true(EVP_Digest(what.data, what.len, sha256, NULL, EVP_sha256(), NULL));
	tcglog_put(log, pcr, 4);
	tcglog_put(log, type, 4);
	tcglog_put(log, 2, 4);
	tcglog_put(log, WV_ALG_SHA1, 2);
	append(log, sha1, sizeof(sha1));
	tcglog_put(log, WV_ALG_SHA256, 2);
	append(log, sha256, sizeof(sha256));
	tcglog_put(log, said.len, 4);
	append(log, said.data, said.len);
}

void tcglog_add(struct tcglog_made *log, uint32_t pcr, uint32_t type, const void *data, size_t len)
{
	struct wv_bytes b = { data, len };

	tcglog_measured(log, pcr, type, b, b);
}
