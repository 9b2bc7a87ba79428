// SPDX-License-Identifier: MIT
/*
 * A data set of a stranger's: header, tables of recipients, what machines among them want.
 * The tables' sums are made right first: they find torn writes, and keep nobody out.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../../userspace/lib/dataset_private.h"
#include "../../userspace/lib/seal_private.h"
#include "sentence.h"

#define MOST (1u << 20)

static uint8_t file[MOST];

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void mend_sum(uint8_t *slot, size_t size, const uint8_t *id)
{
	uint32_t used = le32(slot + 20);
	EVP_MD_CTX *ctx;

	if (used < 24 || used > size - 32)
		return;
	ctx = EVP_MD_CTX_new();
	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1) {
		EVP_DigestUpdate(ctx, id, WARD_DATASET_ID_LEN);
		EVP_DigestUpdate(ctx, slot, used);
		EVP_DigestFinal_ex(ctx, slot + used, NULL);
	}
	EVP_MD_CTX_free(ctx);
}

static void mend_sums(size_t len)
{
	uint64_t at = len < 88 ? len : le32(file + 8), size = len < 88 ? 0 : le32(file + 52);

	for (int i = 0; i < 2; i++, at += size)
		if (size >= 56 && at <= len && size <= len - at)
			mend_sum(file + at, size, file + DATASET_OFF_ID);
}

/* What it needs is text for a terminal, and as it stands there. */
static void look_at(const struct ward_recipient *r, size_t len)
{
	char text[WARD_SEAL_SAID];
	struct seal_tpm_how tpm;
	struct seal_snp_how snp;
	uint8_t again[WARD_RECIPIENT_HOW_MAX];
	const char *why;

	if (r->how_len > WARD_RECIPIENT_HOW_MAX || r->how_len > len)
		fuzz_die("a description of %u bytes in %zu", r->how_len, len);
	ward_recipient_needs(r, text, sizeof(text));
	if (!memchr(text, 0, sizeof(text)) || !*text)
		fuzz_die("what it needs is no text");
	if (!seal_tpm_parse(r->how, r->how_len, &tpm, &why) &&
	    (seal_tpm_format(&tpm, again, sizeof(again)) != r->how_len ||
	     memcmp(again, r->how, r->how_len)))
		fuzz_die("a TPM's description is another when it is written again");
	if (!seal_snp_parse(r->how, r->how_len, &snp, &why)) {
		seal_snp_format(&snp, again);
		if (memcmp(again, r->how, r->how_len))
			fuzz_die("a guest's description is another when it is written again");
	}
}

int fuzz_one(struct wv_bytes in)
{
	static const uint8_t key[WARD_DATASET_KEY_LEN] = "the key of the seeds";
	struct ward_dataset_error err = { .text = "" };
	struct ward_dataset *ds = NULL;
	size_t len = in.len < MOST ? in.len : MOST;
	int fd = memfd_create("wds", MFD_CLOEXEC), rc;

	if (len)
		memcpy(file, in.data, len);
	alloc_hold(true);	/* a sum that is not mended would leave out what is refused */
	mend_sums(len);
	alloc_hold(false);
	if (fd < 0 || (len && pwrite(fd, file, len, 0) != (ssize_t)len))
		fuzz_die("no file");
	rc = ward_dataset_open(fd, NULL, &ds, &err);
	if (!rc) {
		const struct ward_recipients *to = ward_dataset_info(ds)->recipients;

		if (!to->count || to->count > WARD_RECIPIENTS_MAX)
			fuzz_die("%zu recipients", to->count);
		for (size_t i = 0; i < to->count; i++)
			look_at(&to->of[i], len);
		ward_dataset_close(ds);
		ds = NULL;
		rc = ward_dataset_open(fd, key, &ds, &err) ?:
		     ward_dataset_read_to(ds, -1, 1, NULL, NULL, &err);
		ward_dataset_close(ds);
	}
	close(fd);
	return fuzz_sentence(rc ? err.text : NULL);
}
