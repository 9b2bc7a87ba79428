// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "cert_pool.h"

struct cert_pooled {
	struct cert_pooled *next;
	X509 *cert;
	size_t len;
	uint8_t der[];
};

static X509 *find(const struct cert_pool *pool, struct wv_bytes der)
{
	struct cert_pooled *p;

	for (p = pool ? pool->first : NULL; p; p = p->next)
		if (p->len == der.len && !memcmp(p->der, der.data, der.len))
			return X509_up_ref(p->cert) ? p->cert : NULL;
	return NULL;
}

/* Without memory it is not kept: then it is read again, and nothing else differs. */
static void keep(struct cert_pool *pool, X509 *cert, struct wv_bytes der)
{
	struct cert_pooled *p = pool ? malloc(sizeof(*p) + der.len) : NULL;

	if (!p)
		return;
	X509_up_ref(cert);
	*p = (struct cert_pooled){ .next = pool->first, .cert = cert, .len = der.len };
	memcpy(p->der, der.data, der.len);
	pool->first = p;
}

X509 *cert_pool_read(struct cert_pool *pool, struct wv_bytes der, bool *more)
{
	const uint8_t *p = der.data;
	X509 *cert = find(pool, der);

	*more = false;
	if (cert)
		return cert;
	cert = d2i_X509(NULL, &p, (long)der.len);
	if (!cert)
		return NULL;
	*more = p != der.data + der.len;
	if (!*more) {
		keep(pool, cert, der);
		return cert;
	}
	X509_free(cert);
	return NULL;
}

void cert_pool_clear(struct cert_pool *pool)
{
	struct cert_pooled *next, *p;

	for (p = pool->first; p; p = next) {
		next = p->next;
		X509_free(p->cert);
		free(p);
	}
	pool->first = NULL;
}
