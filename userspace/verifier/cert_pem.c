// SPDX-License-Identifier: MIT
/*
 * PEM as vendors write it: base64 between two lines, one such block after the other. What
 * else PEM may have, text beside the blocks, headers in them, other ends of lines, OpenSSL's
 * reader knows, which takes three times as long for this.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "cert.h"
#include "cursor.h"
#include "fault.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"
#define LINE_DIGITS 64	/* RFC 7468 section 2 */

static void skip_newlines(struct cursor *c)
{
	while (cursor_left(c) && c->data[c->at] == '\n')
		c->at++;
}

/* A line of its own: it begins where one ended, or the text does. */
static bool take_line(struct cursor *c, const char *line, size_t len)
{
	const uint8_t *p = cursor_take(c, len);

	return p && !memcmp(p, line, len) && (p == c->data || p[-1] == '\n') &&
	       (!cursor_left(c) || c->data[c->at] == '\n');
}

/* Up to the next '-'; returns how many bytes, or 0 where anything but base64 stands. */
static size_t take_base64(struct cursor *c, uint8_t *out)
{
	const uint8_t *p = c->data + c->at, *end = c->data + c->len, *line = p;
	size_t digits = 0, pads = 0, len = 0;
	uint32_t bits = 0;

	for (; p < end && *p != '-'; p++) {
		int v = *p == '_' ? -1 : b64_digit((char)*p, true);

		if (*p == '\n') {
			if (p - line > LINE_DIGITS)
				return 0;
			line = p + 1;
			continue;
		}
		if (*p == '=' && ++pads <= 2)
			v = 0;
		else if (v < 0 || pads)
			return 0;
		bits = bits << 6 | (uint32_t)v;
		if (++digits % 4)
			continue;
		out[len++] = (uint8_t)(bits >> 16);
		out[len++] = (uint8_t)(bits >> 8);
		out[len++] = (uint8_t)bits;
	}
	c->at = (size_t)(p - c->data);
	return digits % 4 || pads > len ? 0 : len - pads;
}

/* NULL = not that simple, or no certificate. */
static X509 *take_block(struct cursor *c, struct cert_pool *pool, uint8_t *room)
{
	struct wv_bytes der = { .data = room };
	bool more;

	if (!take_line(c, BEGIN, sizeof(BEGIN) - 1))
		return NULL;
	der.len = take_base64(c, room);
	if (!der.len || !take_line(c, END, sizeof(END) - 1))
		return NULL;
	skip_newlines(c);
	return cert_pool_read(pool, der, &more);
}

/* All of @in or nothing of it. */
static bool add_plain(struct cert_list *list, struct wv_bytes in)
{
	struct cursor c = cursor_over(in.data, in.len);
	uint8_t *room = malloc(B64_DATA_LEN(in.len));
	size_t before = list->count;
	X509 *cert = NULL;

	do {
		cert = room && list->count < CERT_LIST_MAX ? take_block(&c, list->pool, room) : NULL;
		if (cert)
			list->certs[list->count++] = cert;
	} while (cert && cursor_left(&c));
	free(room);
	while (!cert && list->count > before)
		X509_free(list->certs[--list->count]);
	return cert;
}

/* NULL = there is none any more, or, with *damaged, it cannot be read. */
static X509 *next_block(BIO *bio, struct cert_pool *pool, bool *damaged)
{
	struct wv_bytes der;
	uint8_t *data;
	bool more;
	long len;
	X509 *cert;

	if (PEM_bytes_read_bio(&data, &len, NULL, PEM_STRING_X509, bio, NULL, (void *)"") != 1) {
		*damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
		return NULL;
	}
	der = (struct wv_bytes){ data, (size_t)len };
	cert = cert_pool_read(pool, der, &more);
	OPENSSL_free(data);
	*damaged = !cert;
	return cert;
}

int cert_list_add_pem(struct cert_list *list, struct wv_bytes in, const char *field,
		      struct wv_fault *fault)
{
	bool damaged = false;
	BIO *bio;
	int rc = WV_OK, n = 0;
	X509 *cert;

	if (add_plain(list, in))
		return WV_OK;
	bio = BIO_new_mem_buf(in.data, (int)in.len);
	if (!bio)
		return fault_set(fault, WV_NO_MEMORY, field, -1, "no memory");
	while (!rc && (cert = next_block(bio, list->pool, &damaged))) {
		rc = cert_list_push(list, cert, field, fault);
		n++;
	}
	if (!rc && (!n || damaged))
		rc = fault_set(fault, WV_CERTIFICATE_DAMAGED, field,
			       (int64_t)in.len - BIO_pending(bio),
			       "PEM certificate %d cannot be read", n + 1);
	BIO_free(bio);
	return rc;
}
