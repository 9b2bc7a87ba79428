// SPDX-License-Identifier: MIT
/*
 * x_0 is the seed, x_i = SHA-256(x_{i-1}), the anchor x_n: doc/formats.md
 * section 1. Links are computed anew from the seed, so that it is the only
 * secret that is kept: the last proof costs no hash, the anchor all of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libward.h"

struct ward_lease_chain {
	uint32_t links;
	uint8_t seed[WARD_HEAD_LEN];
};

/* The page is the chain's alone; mlock() is a favour that may be refused. */
static struct ward_lease_chain *secret_page(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	if (madvise(at, page, MADV_DONTDUMP) ||
	    madvise(at, page, MADV_DONTFORK)) {
		munmap(at, page);
		return NULL;
	}
	(void)!mlock(at, page);
	return at;
}

int ward_lease_chain_new(const uint8_t *seed, uint32_t renewals,
			 struct ward_lease_chain **out)
{
	struct ward_lease_chain *chain;

	if (!renewals || renewals > WARD_LEASE_CHAIN_MAX)
		return -EINVAL;
	chain = secret_page();
	if (!chain)
		return -ENOMEM;
	chain->links = renewals;
	if (seed)
		memcpy(chain->seed, seed, sizeof(chain->seed));
	else if (RAND_priv_bytes(chain->seed, sizeof(chain->seed)) != 1) {
		ward_lease_chain_free(chain);
		return -EIO;
	}
	*out = chain;
	return 0;
}

/* @times hashes away from the seed. What lies between is as secret as it is. */
static int link_at(const struct ward_lease_chain *chain, uint32_t times,
		   uint8_t *out)
{
	uint8_t x[WARD_HEAD_LEN];
	int ok = 1;

	memcpy(x, chain->seed, sizeof(x));
	while (ok && times--)
		ok = EVP_Digest(x, sizeof(x), x, NULL, EVP_sha256(), NULL);
	if (ok)
		memcpy(out, x, sizeof(x));
	OPENSSL_cleanse(x, sizeof(x));
	return ok ? 0 : -EIO;
}

int ward_lease_chain_anchor(const struct ward_lease_chain *chain,
			    uint8_t *anchor)
{
	return link_at(chain, chain->links, anchor);
}

int ward_lease_chain_proof(const struct ward_lease_chain *chain, uint32_t nth,
			   uint8_t *proof)
{
	if (!nth)
		return -EINVAL;
	if (nth > chain->links)
		return -ENOENT;
	return link_at(chain, chain->links - nth, proof);
}

void ward_lease_chain_free(struct ward_lease_chain *chain)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (!chain)
		return;
	OPENSSL_cleanse(chain, page);
	munmap(chain, page);
}
