// SPDX-License-Identifier: MIT
/*
 * A key of the TPM's owner hierarchy, derived from a template with random bytes in it, so that
 * each attestation has its own and any process can derive it again. Its policy is the registers
 * that the quote has: another boot can't use it. What it decrypts comes back encrypted.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <tss2/tss2_mu.h>

#include "../lib/tss.h"
#include "maa_key.h"

#define AK_HANDLE	0x81000003u
#define WAIT_NS		120000000000ull
#define PLAIN_MAX	64

/** struct work - an open TPM, with the key in it once it is derived */
struct work {
	struct tss tpm;
	ESYS_TR key;
	TPMT_PUBLIC public;
};

static int begin(struct work *w, const char *where, struct trouble *why)
{
	int err;

	memset(w, 0, sizeof(*w));
	w->key = ESYS_TR_NONE;
	err = tss_open(&ward_sys_real, where, &w->tpm, why);
	if (err)
		return err;
	tss_deadline(&w->tpm, ward_sys_now(&ward_sys_real) + WAIT_NS);
	return 0;
}

static void end(struct work *w)
{
	if (w->tpm.esys)
		tss_flush(&w->tpm, &w->key);
	tss_close(&w->tpm);
}

static int apply(struct work *w, ESYS_TR session, uint32_t pcrs, struct trouble *why)
{
	TPML_PCR_SELECTION registers = tss_registers(pcrs, TPM2_ALG_SHA256);
	const TPM2B_DIGEST now = { .size = 0 };
	TSS2_RC rc = Esys_PolicyPCR(w->tpm.esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
				    ESYS_TR_NONE, &now, &registers);

	return rc ? tss_failed(&w->tpm, rc, "for a policy", why) : 0;
}

/* As the registers are now. */
static int policy(struct work *w, uint32_t pcrs, TPM2B_DIGEST *out, struct trouble *why)
{
	TPM2B_DIGEST *got = NULL;
	ESYS_TR trial;
	TSS2_RC rc;
	int err = tss_session(&w->tpm, ESYS_TR_NONE, TPM2_SE_TRIAL, 0, &trial, why) ?:
		  apply(w, trial, pcrs, why);

	if (!err) {
		rc = Esys_PolicyGetDigest(w->tpm.esys, trial, ESYS_TR_NONE, ESYS_TR_NONE,
					  ESYS_TR_NONE, &got);
		err = rc ? tss_failed(&w->tpm, rc, "for a policy", why) : 0;
	}
	if (!err)
		*out = *got;
	Esys_Free(got);
	tss_flush(&w->tpm, &trial);
	return err;
}

static int derive(struct work *w, const struct maa_key *k, struct trouble *why)
{
	TPM2B_PUBLIC template = { .publicArea = {
		.type = TPM2_ALG_RSA,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA |
				    TPMA_OBJECT_DECRYPT,
		.parameters.rsaDetail = {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_NULL,
			.keyBits = 8 * MAA_KEY_LEN,
		},
		.unique.rsa.size = MAA_UNIQUE_LEN,
	} };

	memcpy(template.publicArea.unique.rsa.buffer, k->unique, MAA_UNIQUE_LEN);
	return policy(w, k->pcrs, &template.publicArea.authPolicy, why) ?:
	       tss_primary(&w->tpm, ESYS_TR_RH_OWNER, &template, &w->key, &w->public, why);
}

static int describe(struct work *w, struct maa_key *k, struct trouble *why)
{
	const TPM2B_PUBLIC_KEY_RSA *n = &w->public.unique.rsa;
	const TPM2B_PUBLIC sized = { .publicArea = w->public };

	if (n->size != MAA_KEY_LEN ||
	    Tss2_MU_TPM2B_PUBLIC_Marshal(&sized, k->public.data, MAA_TPM_PART, &k->public.len))
		return trouble_set(why, -EBADMSG, "the TPM's key makes no sense");
	memcpy(k->modulus, n->buffer, MAA_KEY_LEN);
	return 0;
}

static int take_certificate(struct maa_key *k, const TPM2B_ATTEST *info,
			    const TPMT_SIGNATURE *signature, struct trouble *why)
{
	const TPM2B_PUBLIC_KEY_RSA *sig = &signature->signature.rsassa.sig;

	if (signature->sigAlg != TPM2_ALG_RSASSA || info->size > MAA_TPM_PART ||
	    sig->size > MAA_TPM_PART)
		return trouble_set(why, -EBADMSG, "the AK does not sign by RSASSA");
	memcpy(k->certified.data, info->attestationData, info->size);
	k->certified.len = info->size;
	memcpy(k->signature.data, sig->buffer, sig->size);
	k->signature.len = sig->size;
	return 0;
}

/*
 * Whoever reaches the TPM can have a key certified: the AK needs no authorization, and nor does
 * a key that only its policy lets anybody decrypt with. What it certifies is that the key is the TPM's.
 */
static int certify(struct work *w, struct maa_key *k, struct trouble *why)
{
	const TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	const TPM2B_DATA nothing = { .size = 0 };
	TPM2B_ATTEST *info = NULL;
	TPMT_SIGNATURE *signature = NULL;
	ESYS_TR ak;
	TSS2_RC rc;
	int err;

	rc = Esys_TR_FromTPMPublic(w->tpm.esys, AK_HANDLE, ESYS_TR_NONE, ESYS_TR_NONE,
				   ESYS_TR_NONE, &ak);
	if (rc)
		return tss_failed(&w->tpm, rc, "for Azure's AK (0x81000003)", why);
	rc = Esys_Certify(w->tpm.esys, w->key, ak, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD,
			  ESYS_TR_NONE, &nothing, &own, &info, &signature);
	err = rc ? tss_failed(&w->tpm, rc, "to certify a key", why) :
		   take_certificate(k, info, signature, why);
	Esys_Free(info);
	Esys_Free(signature);
	Esys_TR_Close(w->tpm.esys, &ak);
	return err;
}

int maa_key_tpm(struct maa_key *k, struct trouble *why)
{
	struct work w;
	int err = begin(&w, k->where, why);

	if (err)
		return err;
	if (RAND_bytes(k->unique, MAA_UNIQUE_LEN) != 1)
		err = trouble_set(why, -EIO, "no random numbers");
	err = err ?: derive(&w, k, why) ?: describe(&w, k, why) ?: certify(&w, k, why);
	end(&w);
	return err;
}

static int decrypt(struct work *w, ESYS_TR session, enum maa_scheme scheme, const uint8_t *in,
		   uint8_t *out, size_t *len, struct trouble *why)
{
	static const TPM2_ALG_ID hashes[] = { TPM2_ALG_NULL, TPM2_ALG_SHA1, TPM2_ALG_SHA256,
					      TPM2_ALG_SHA384 };
	const TPMT_RSA_DECRYPT how = {
		.scheme = scheme == MAA_PKCS1 ? TPM2_ALG_RSAES : TPM2_ALG_OAEP,
		.details.oaep.hashAlg = hashes[scheme],
	};
	TPM2B_PUBLIC_KEY_RSA wrapped = { .size = MAA_KEY_LEN }, *plain = NULL;
	const TPM2B_DATA label = { .size = 0 };
	TSS2_RC rc;
	int err = 0;

	memcpy(wrapped.buffer, in, MAA_KEY_LEN);
	rc = Esys_RSA_Decrypt(w->tpm.esys, w->key, session, ESYS_TR_NONE, ESYS_TR_NONE, &wrapped,
			      &how, &label, &plain);
	if (rc)
		return tss_code(rc) == TPM2_RC_VALUE || tss_code(rc) == TPM2_RC_FAILURE ?
		       trouble_set(why, -EBADMSG, "it is not encrypted to this guest's key") :
		       tss_failed(&w->tpm, rc, "to decrypt", why);
	if (plain->size <= PLAIN_MAX)
		memcpy(out, plain->buffer, plain->size);
	else
		err = trouble_set(why, -EBADMSG, "it is not encrypted to this guest's key");
	*len = err ? 0 : plain->size;
	OPENSSL_cleanse(plain, sizeof(*plain));
	Esys_Free(plain);
	return err;
}

int maa_tpm_open(const struct maa_key *k, enum maa_scheme scheme, const uint8_t *in, uint8_t *out,
		 size_t *len, struct trouble *why)
{
	ESYS_TR session = ESYS_TR_NONE;
	struct work w;
	int err = begin(&w, k->where, why);

	*len = 0;
	if (err)
		return err;
	err = derive(&w, k, why);
	if (!err && (w.public.unique.rsa.size != MAA_KEY_LEN ||
		     memcmp(w.public.unique.rsa.buffer, k->modulus, MAA_KEY_LEN)))
		err = trouble_set(why, -ESTALE, "the TPM's registers or its owner changed since: attest anew");
	err = err ?: tss_session(&w.tpm, w.key, TPM2_SE_POLICY, TPMA_SESSION_ENCRYPT, &session, why) ?:
	      apply(&w, session, k->pcrs, why) ?: decrypt(&w, session, scheme, in, out, len, why);
	tss_flush(&w.tpm, &session);
	end(&w);
	return err;
}
