// SPDX-License-Identifier: MIT
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "vtpm_ak.h"

#define SECURE_HEAP	4096	/* bytes: one authorization, and what OpenSSL keeps beside */

#define KEY_ATTRIBUTES	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_RESTRICTED | \
			 TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | \
			 TPMA_OBJECT_NODA)

static const TPM2B_PUBLIC ecc_template = { .publicArea = {
	.type = TPM2_ALG_ECC,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = KEY_ATTRIBUTES | TPMA_OBJECT_SIGN_ENCRYPT,
	.parameters.eccDetail = {
		.symmetric.algorithm = TPM2_ALG_NULL,
		.scheme = { .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
		.curveID = TPM2_ECC_NIST_P256,
		.kdf.scheme = TPM2_ALG_NULL,
	},
} };

static const TPM2B_PUBLIC rsa_template = { .publicArea = {
	.type = TPM2_ALG_RSA,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = KEY_ATTRIBUTES | TPMA_OBJECT_SIGN_ENCRYPT,
	.parameters.rsaDetail = {
		.symmetric.algorithm = TPM2_ALG_NULL,
		.scheme = { .scheme = TPM2_ALG_RSASSA, .details.rsassa.hashAlg = TPM2_ALG_SHA256 },
		.keyBits = 2048,
	},
} };

/* The TPM drops zeroes at the end of an authorization: it has none there. */
static int auth_draw(struct vtpm_ak *ak, struct trouble *why)
{
	if (!CRYPTO_secure_malloc_initialized())
		CRYPTO_secure_malloc_init(SECURE_HEAP, 16);
	ak->auth = OPENSSL_secure_malloc(VTPM_AUTH_LEN);
	if (!ak->auth)
		return trouble_set(why, -ENOMEM, "no secure memory for the key's authorization");
	do {
		if (RAND_priv_bytes(ak->auth, VTPM_AUTH_LEN) != 1)
			return trouble_set(why, -EIO, "no random numbers");
	} while (!ak->auth[VTPM_AUTH_LEN - 1]);
	return 0;
}

static TSS2_RC key_create(struct tss *tpm, ESYS_TR storage, const TPM2B_PUBLIC *template,
			  const struct vtpm_ak *ak, TPM2B_PRIVATE **private, TPM2B_PUBLIC **public)
{
	TPM2B_SENSITIVE_CREATE sensitive = { .sensitive.userAuth.size = VTPM_AUTH_LEN };
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	TSS2_RC rc;

	memcpy(sensitive.sensitive.userAuth.buffer, ak->auth, VTPM_AUTH_LEN);
	do
		rc = Esys_Create(tpm->esys, storage, ak->session, ESYS_TR_NONE, ESYS_TR_NONE,
				 &sensitive, template, &outside, &pcrs, private, public, NULL,
				 NULL, NULL);
	while (tss_again(tpm, rc));
	OPENSSL_cleanse(&sensitive, sizeof(sensitive));
	return rc;
}

static int key_make(struct tss *tpm, ESYS_TR storage, const TPM2B_PUBLIC *template,
		    struct vtpm_ak *ak, struct trouble *why)
{
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc = key_create(tpm, storage, template, ak, &private, &public);

	if (rc)
		return tss_failed(tpm, rc, "for a signing key", why);
	do
		rc = Esys_Load(tpm->esys, storage, ak->session, ESYS_TR_NONE, ESYS_TR_NONE,
			       private, public, &ak->key);
	while (tss_again(tpm, rc));
	if (rc)
		ak->key = ESYS_TR_NONE;
	ak->public = public->publicArea;
	Esys_Free(private);
	Esys_Free(public);
	return rc ? tss_failed(tpm, rc, "to load a signing key", why) : 0;
}

static int own_key(struct tss *tpm, const struct vtpm_ak_kind *kind, struct vtpm_ak *ak,
		   struct trouble *why)
{
	ESYS_TR storage = ESYS_TR_NONE;
	int err;

	err = tss_storage(tpm, kind->hierarchy, &storage, why) ?:
	      tss_session(tpm, storage, TPM2_SE_HMAC, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT,
			  &ak->session, why) ?:
	      auth_draw(ak, why) ?:
	      key_make(tpm, storage, kind->rsa ? &rsa_template : &ecc_template, ak, why);
	tss_flush(tpm, &storage);
	return err;
}

static int derived_key(struct tss *tpm, const struct vtpm_ak_kind *kind, struct vtpm_ak *ak,
		       struct trouble *why)
{
	TPM2B_PUBLIC template = { .size = 0 };
	struct vtpm_bytes nv;
	size_t at = 0;
	int err = vtpm_nv_read(tpm, kind->template, &nv, why);

	if (err)
		return err;
	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(nv.data, nv.len, &at, &template.publicArea))
		err = trouble_set(why, -EBADMSG, "NV index 0x%08x holds no template of a key",
				  kind->template);
	vtpm_bytes_free(&nv);
	return err ?: tss_primary(tpm, kind->hierarchy, &template, &ak->key, &ak->public, why);
}

static int persistent_key(struct tss *tpm, const struct vtpm_ak_kind *kind,
			  struct vtpm_ak *ak, struct trouble *why)
{
	TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc;

	ak->persistent = true;
	do
		rc = Esys_TR_FromTPMPublic(tpm->esys, kind->handle, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &ak->key);
	while (tss_again(tpm, rc));
	if (rc)
		ak->key = ESYS_TR_NONE;
	else
		rc = Esys_ReadPublic(tpm->esys, ak->key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				     &public, NULL, NULL);
	if (tss_absent(rc))
		return trouble_set(why, -ENOENT, "the TPM has no key 0x%08x", kind->handle);
	if (rc)
		return tss_failed(tpm, rc, "for its key", why);
	ak->public = public->publicArea;
	Esys_Free(public);
	return 0;
}

/* Only a restricted key refuses to sign what looks like a quote and is none. */
static int key_check(const struct vtpm_ak *ak, struct trouble *why)
{
	const TPMA_OBJECT want = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT |
				 TPMA_OBJECT_FIXEDTPM;

	if ((ak->public.objectAttributes & want) != want ||
	    ak->public.objectAttributes & TPMA_OBJECT_DECRYPT)
		return trouble_set(why, -EBADMSG, "that key is no restricted signing key of "
				   "this TPM: its quotes prove nothing");
	if (ak->public.type != TPM2_ALG_RSA && ak->public.type != TPM2_ALG_ECC)
		return trouble_set(why, -EBADMSG, "that key is neither RSA nor ECC");
	return 0;
}

int vtpm_ak_open(struct tss *tpm, const struct vtpm_ak_kind *kind, struct vtpm_ak *ak,
		 struct trouble *why)
{
	int err;

	*ak = (struct vtpm_ak){ .key = ESYS_TR_NONE, .session = ESYS_TR_NONE };
	if (kind->handle)
		err = persistent_key(tpm, kind, ak, why);
	else if (kind->template)
		err = derived_key(tpm, kind, ak, why);
	else
		err = own_key(tpm, kind, ak, why);
	ak->shared = kind->handle || kind->template;
	if (!err && ak->shared)
		ak->session = ESYS_TR_PASSWORD;
	return err ?: key_check(ak, why);
}

void vtpm_ak_close(struct tss *tpm, struct vtpm_ak *ak)
{
	if (ak->key != ESYS_TR_NONE && ak->persistent)
		Esys_TR_Close(tpm->esys, &ak->key);
	else
		tss_flush(tpm, &ak->key);
	if (ak->session != ESYS_TR_PASSWORD)
		tss_flush(tpm, &ak->session);
	OPENSSL_secure_clear_free(ak->auth, VTPM_AUTH_LEN);
	*ak = (struct vtpm_ak){ .key = ESYS_TR_NONE, .session = ESYS_TR_NONE };
}

void vtpm_ak_unlock(struct tss *tpm, const struct vtpm_ak *ak)
{
	TPM2B_AUTH auth = { .size = VTPM_AUTH_LEN };

	if (!ak->auth)
		return;
	memcpy(auth.buffer, ak->auth, VTPM_AUTH_LEN);
	Esys_TR_SetAuth(tpm->esys, ak->key, &auth);
	OPENSSL_cleanse(&auth, sizeof(auth));
}

/* Its copy is written over: an empty one would leave the old bytes behind. */
void vtpm_ak_lock(struct tss *tpm, const struct vtpm_ak *ak)
{
	TPM2B_AUTH zeroes = { .size = VTPM_AUTH_LEN };

	if (!ak->auth)
		return;
	Esys_TR_SetAuth(tpm->esys, ak->key, &zeroes);
	Esys_TR_SetAuth(tpm->esys, ak->key, NULL);
}
