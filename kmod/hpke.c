// SPDX-License-Identifier: GPL-2.0-only
/*
 * HPKE (RFC 9180), the receiver's side of base mode, first message of a context, with
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
 *
 * All that is secret on the way lies in one piece of memory, which is overwritten.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "key.h"

/* KEM 0x0020; KDF 0x0001, AEAD 0x0002 */
#define KEM_SUITE	"KEM\x00\x20"
#define SUITE		"HPKE\x00\x20\x00\x01\x00\x02"

/* Its memory is without the NUL. */
#define SPAN(s)		{ s, sizeof(s) - 1 }
#define BYTES(x)	{ x, sizeof(x) }

/**
 * struct work - what is computed from the shared point to the message's key
 * @dh: the shared point
 * @prk: of whatever is being extracted
 * @shared: secret of the KEM
 * @context: mode || hash of the psk's id || hash of info
 * @secret: of the key schedule
 * @key: of the message
 * @nonce: likewise; expanded whole, the first WARD_GCM_IV_LEN bytes count
 * @aad: likewise
 */
struct work {
	u8 dh[WARD_KEY_LEN];
	u8 prk[WARD_HEAD_LEN];
	u8 shared[WARD_HEAD_LEN];
	u8 context[1 + 2 * WARD_HEAD_LEN];
	u8 secret[WARD_HEAD_LEN];
	u8 key[WARD_KEY_LEN];
	u8 nonce[WARD_HEAD_LEN];
	u8 aad[WARD_KEY_AAD_MAX];
};

static const u8 version[] = { 'H', 'P', 'K', 'E', '-', 'v', '1' };

static void labeled_extract(const struct ward_span *salt, const struct ward_span *suite,
			    const char *label, const struct ward_span *ikm,
			    unsigned int n, u8 *prk)
{
	struct ward_span in[WARD_HKDF_SPANS] = {
		BYTES(version), *suite, { label, strlen(label) },
	};

	n = min_t(unsigned int, n, ARRAY_SIZE(in) - 3);
	memcpy(in + 3, ikm, n * sizeof(*ikm));
	ward_hkdf_extract(salt, in, 3 + n, prk);
}

/*
 * @len: of the output, which is named in it; no more than a hash has, where fewer are
 * meant the first ones count.
 */
static void labeled_expand(const u8 *prk, u8 len, const struct ward_span *suite,
			   const char *label, const struct ward_span *info,
			   unsigned int n, u8 *out)
{
	const u8 length[2] = { 0, len };
	struct ward_span in[WARD_HKDF_SPANS] = {
		BYTES(length), BYTES(version), *suite, { label, strlen(label) },
	};

	n = min_t(unsigned int, n, ARRAY_SIZE(in) - 4);
	memcpy(in + 4, info, n * sizeof(*info));
	ward_hkdf_expand(prk, in, 4 + n, out);
}

/* The KEM: ExtractAndExpand() over the shared point. */
static void decapsulate(struct work *work, const struct ward_hpke *hpke)
{
	const struct ward_span suite = SPAN(KEM_SUITE), none = {}, dh = BYTES(work->dh);
	const struct ward_span context[] = {
		{ hpke->enc, WARD_KEY_LEN }, { hpke->public, WARD_KEY_LEN },
	};

	labeled_extract(&none, &suite, "eae_prk", &dh, 1, work->prk);
	labeled_expand(work->prk, sizeof(work->shared), &suite, "shared_secret", context, 2,
		       work->shared);
}

/* KeySchedule() of mode 0: neither a psk nor an id of one. */
static void key_schedule(struct work *work, const struct ward_hpke *hpke)
{
	const struct ward_span suite = SPAN(SUITE), none = {}, shared = BYTES(work->shared);
	const struct ward_span context = BYTES(work->context);

	work->context[0] = 0;
	labeled_extract(&none, &suite, "psk_id_hash", &none, 1, work->context + 1);
	labeled_extract(&none, &suite, "info_hash", hpke->info, hpke->n,
			work->context + 1 + WARD_HEAD_LEN);
	labeled_extract(&shared, &suite, "secret", &none, 1, work->secret);
	labeled_expand(work->secret, WARD_KEY_LEN, &suite, "key", &context, 1, work->key);
	labeled_expand(work->secret, WARD_GCM_IV_LEN, &suite, "base_nonce", &context, 1,
		       work->nonce);
}

static int open_with(struct work *work, const struct ward_hpke *hpke,
		     const struct ward_gcm *gcm, u8 *text, unsigned int len)
{
	const struct ward_sealed sealed = {
		.key = work->key, .iv = work->nonce, .aad = work->aad,
		.aad_len = hpke->aad_len, .text = text, .len = len,
	};
	int ret;

	if (!ward_x25519(work->dh, hpke->secret, hpke->enc))
		return -EKEYREJECTED;
	decapsulate(work, hpke);
	key_schedule(work, hpke);
	if (hpke->aad_len)
		memcpy(work->aad, hpke->aad, hpke->aad_len);
	ret = ward_gcm_open(gcm, &sealed);
	return ret == -EBADMSG ? -EKEYREJECTED : ret;
}

/**
 * ward_hpke_open() - open a message that was sealed to a public key
 * @hpke: whose, by whom, for what
 * @gcm: to open it with
 * @text: ciphertext || tag, kmalloc()ed; decrypted in place
 * @len: of it
 *
 * May sleep.
 *
 * Return: 0; -EKEYREJECTED where it does not open, or the sender's key is a point of
 * low order; -ENOMEM, or what the crypto API fails with.
 */
int ward_hpke_open(const struct ward_hpke *hpke, const struct ward_gcm *gcm, u8 *text,
		   unsigned int len)
{
	struct work *work;
	int ret;

	if (hpke->aad_len > sizeof(work->aad) || len < WARD_KEY_TAG_LEN)
		return -EKEYREJECTED;
	work = kmalloc(sizeof(*work), GFP_KERNEL_ACCOUNT);
	if (!work)
		return -ENOMEM;
	ret = open_with(work, hpke, gcm, text, len);
	kfree_sensitive(work);
	return ret;
}

/* ---- a known answer ------------------------------------------------------------ */

/*
 * The vectors that go with RFC 9180 have this suite (the RFC's appendix prints others):
 * mode 0, kem 32, kdf 1, aead 2, first encryption.
 */
static const u8 known_secret[] = {
	0x49, 0x7b, 0x45, 0x02, 0x66, 0x4c, 0xfe, 0xa5, 0xd5, 0xaf, 0x0b, 0x39, 0x93, 0x4d, 0xac,
	0x72, 0x24, 0x2a, 0x74, 0xf8, 0x48, 0x04, 0x51, 0xe1, 0xae, 0xe7, 0xd6, 0xa5, 0x33, 0x20,
	0x33, 0x3d,
};
static const u8 known_public[] = {
	0x43, 0x0f, 0x4b, 0x98, 0x59, 0x66, 0x51, 0x45, 0xa6, 0xb1, 0xba, 0x27, 0x40, 0x24, 0x48,
	0x7b, 0xd6, 0x6f, 0x03, 0xa2, 0xdd, 0x57, 0x7d, 0x77, 0x53, 0xc6, 0x8d, 0x7d, 0x7d, 0x00,
	0xc0, 0x0c,
};
static const u8 known_enc[] = {
	0x6c, 0x93, 0xe0, 0x98, 0x69, 0xdf, 0x34, 0x02, 0xd7, 0xbf, 0x23, 0x1b, 0xf5, 0x40, 0xfa,
	0xdd, 0x35, 0xcd, 0x56, 0xbe, 0x14, 0xf9, 0x71, 0x78, 0xf0, 0x95, 0x4d, 0xb9, 0x4b, 0x7f,
	0xc2, 0x56,
};
static const u8 known_text[] = {
	0xe5, 0xd8, 0x4c, 0xd5, 0x31, 0xcf, 0xb5, 0x83, 0x09, 0x6e, 0x7c, 0xfa, 0x96, 0x41, 0xbd,
	0x30, 0x79, 0xcf, 0x3a, 0x91, 0xcd, 0xa8, 0x13, 0xc5, 0x2d, 0xeb, 0x5f, 0x51, 0x2b, 0xe9,
	0x93, 0x19, 0x80, 0xa4, 0x1d, 0xe1, 0x25, 0xa9, 0x25, 0xcd, 0xad, 0x85, 0x9d, 0x5b, 0x7a,
};
static const char known_info[] = "Ode on a Grecian Urn";
static const char known_aad[] = "Count-0";
static const char known_answer[] = "Beauty is truth, truth beauty";

/**
 * ward_hpke_check() - does this kernel's cryptography give the known answer?
 *
 * Return: 0; -EKEYREJECTED where it does not; -ENOMEM, or what the crypto API fails
 * with, -ENOENT where it has no AES-256-GCM.
 */
int ward_hpke_check(void)
{
	const struct ward_span info = SPAN(known_info);
	const struct ward_hpke known = {
		.secret = known_secret, .public = known_public, .enc = known_enc,
		.info = &info, .n = 1,
		.aad = (const u8 *)known_aad, .aad_len = sizeof(known_aad) - 1,
	};
	u8 public[WARD_KEY_LEN], *text;
	struct ward_gcm gcm = {};
	int ret;

	if (!ward_x25519_public(public, known_secret) ||
	    memcmp(public, known_public, sizeof(public)))
		return -EKEYREJECTED;
	text = kmemdup(known_text, sizeof(known_text), GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	ret = ward_gcm_get(&gcm) ?: ward_hpke_open(&known, &gcm, text, sizeof(known_text));
	if (!ret && memcmp(text, known_answer, sizeof(known_answer) - 1))
		ret = -EKEYREJECTED;
	ward_gcm_put(&gcm);
	kfree(text);
	return ret;
}
