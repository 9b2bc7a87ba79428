// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-256-GCM by the kernel's crypto API, on the processor and nowhere else.
 *
 * gcm(aes) may resolve to a device's driver: keys and patient data would leave the
 * encrypted memory for it. Drivers call themselves asynchronous, so that synchronous
 * implementations are taken; and, by their name, those of x86 that are asynchronous in
 * name only (they queue what comes in interrupts, where none of ours does).
 *
 * crypto_free_aead() overwrites a transform's context, and so the key schedule, for the
 * ones below it as well; aead_request_free() does the same for a request.
 */
#include <crypto/aead.h>
#include <linux/err.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "key.h"

static const char name[] = "gcm(aes)";

/* The names of x86's: generic-gcm-aesni, generic-gcm-vaes-avx10_256, .. */
static bool is_processors(struct crypto_aead *tfm)
{
	struct crypto_alg *alg = crypto_aead_tfm(tfm)->__crt_alg;

	return !(alg->cra_flags & CRYPTO_ALG_ASYNC) ||
	       !strncmp(alg->cra_driver_name, "generic-gcm-", strlen("generic-gcm-"));
}

struct crypto_aead *ward_gcm_new(void)
{
	const u32 device = CRYPTO_ALG_KERN_DRIVER_ONLY | CRYPTO_ALG_ALLOCATES_MEMORY;
	struct crypto_aead *tfm = crypto_alloc_aead(name, 0, device);
	int ret;

	if (!IS_ERR(tfm) && !is_processors(tfm)) {
		crypto_free_aead(tfm);
		tfm = ERR_PTR(-ENOENT);
	}
	if (tfm == ERR_PTR(-ENOENT))
		tfm = crypto_alloc_aead(name, 0, device | CRYPTO_ALG_ASYNC);
	if (IS_ERR(tfm))
		return tfm;
	ret = crypto_aead_setauthsize(tfm, WARD_KEY_TAG_LEN);
	if (!ret)
		return tfm;
	crypto_free_aead(tfm);
	return ERR_PTR(ret);
}

void ward_gcm_free(struct crypto_aead *tfm)
{
	crypto_free_aead(tfm);
}

/*
 * Another key takes the place of what there is, however many transforms are below. What
 * the kernel puts together of a cipher and a hash (gcm_base) allocates for that, and
 * waits: it stays as it is.
 */
void ward_gcm_spoil(struct crypto_aead *tfm)
{
	static const u8 none[WARD_KEY_LEN] __aligned(64);
	const char *driver = crypto_aead_tfm(tfm)->__crt_alg->cra_driver_name;

	if (strncmp(driver, "gcm_base", strlen("gcm_base")))
		crypto_aead_setkey(tfm, none, sizeof(none));
}

int ward_gcm_get(struct ward_gcm *gcm)
{
	struct crypto_aead *tfm = ward_gcm_new();

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	gcm->tfm = tfm;
	gcm->req = aead_request_alloc(tfm, GFP_KERNEL_ACCOUNT);
	return gcm->req ? 0 : -ENOMEM;
}

void ward_gcm_put(struct ward_gcm *gcm)
{
	if (gcm->req)
		aead_request_free(gcm->req);
	if (gcm->tfm)
		ward_gcm_free(gcm->tfm);
}

int ward_gcm_open(const struct ward_gcm *gcm, const struct ward_sealed *sealed)
{
	struct aead_request *req = gcm->req;
	DECLARE_CRYPTO_WAIT(wait);
	struct scatterlist sg[2];
	int ret = crypto_aead_setkey(gcm->tfm, sealed->key, WARD_KEY_LEN);

	if (ret)
		return ret;
	sg_init_table(sg, ARRAY_SIZE(sg));
	if (sealed->aad_len)
		sg_set_buf(&sg[0], sealed->aad, sealed->aad_len);
	sg_set_buf(&sg[1], sealed->text, sealed->len);
	aead_request_set_callback(req, 0, crypto_req_done, &wait);
	aead_request_set_ad(req, sealed->aad_len);
	aead_request_set_crypt(req, sealed->aad_len ? sg : sg + 1,
			       sealed->aad_len ? sg : sg + 1, sealed->len, sealed->iv);
	return crypto_wait_req(crypto_aead_decrypt(req), &wait);
}
