// SPDX-License-Identifier: MIT
/* Data sets whose recipients are a key, a TPM and a guest; what these want is made up. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../userspace/lib/dataset.h"
#include "../../userspace/lib/seal_private.h"
#include "seeds.h"

static const uint8_t key[WARD_DATASET_KEY_LEN] = "the key of the seeds";

static void tpm(struct ward_recipient_key *r, uint32_t pcrs, uint16_t bank)
{
	static const uint8_t bytes[WARD_SEAL_PCRS * SEAL_DIGEST_MAX] = { 1, 2, 3 };
	const struct seal_tpm_how how = { .flags = SEAL_TPM_AUTH, .pcrs = pcrs, .bank = bank,
					  .parent = bytes, .values = bytes, .public = bytes,
					  .public_len = 78, .private = bytes, .private_len = 190 };

	memset(r, 0, sizeof(*r));
	r->type = WARD_RECIPIENT_TPM2;
	r->id[0] = 3;
	r->how_len = (uint16_t)seal_tpm_format(&how, r->how, sizeof(r->how));
}

static void snp(struct ward_recipient_key *r)
{
	const struct seal_snp_how how = { .bind = 7, .fields = 0x3f, .vmpl = 1, .svn = 2, .tcb = 3 };

	memset(r, 0, sizeof(*r));
	r->type = WARD_RECIPIENT_SNP;
	r->id[0] = 4;
	r->how_len = SEAL_SNP_HOW_LEN;
	seal_snp_format(&how, r->how);
}

static void one(const char *name, const struct ward_recipient_key *to, size_t count,
		const char *metadata, size_t len)
{
	struct ward_dataset_params p = { .kind = WARD_DATASET_SEALED, .length = len,
					 .chunk_size = WARD_DATASET_CHUNK_MIN, .to = to,
					 .slot_size = WARD_DATASET_SLOT_MIN, .to_count = count,
					 .metadata = metadata, .metadata_len = strlen(metadata) };
	static const uint8_t plain[10000];
	struct ward_dataset_writer *w = NULL;
	int fd = memfd_create("wds", MFD_CLOEXEC);
	struct wv_bytes b;

	assert_int_equal(ward_dataset_create(fd, key, &p, &w, NULL), 0);
	assert_int_equal(ward_dataset_write(w, plain, len, NULL), 0);
	assert_int_equal(ward_dataset_finish(w, NULL), 0);
	ward_dataset_writer_free(w);
	b.len = (size_t)lseek(fd, 0, SEEK_END);
	b.data = malloc(b.len);
	assert_int_equal(pread(fd, (void *)b.data, b.len, 0), b.len);
	close(fd);
	seed_take("dataset", name, b);
}

void seeds_seal(void)
{
	struct ward_recipient_key *to = calloc(3, sizeof(*to));

	one("key", NULL, 0, "{}", 100);
	tpm(&to[0], 1 << 0 | 1 << 2 | 1 << 4 | 1 << 7, WARD_SEAL_BANK_SHA256);
	snp(&to[1]);
	one("machines", to, 2, "{\"counter\":{\"index\":25165825,\"version\":3}}", 5000);
	tpm(&to[0], 0xffffff, WARD_SEAL_BANK_SHA384);
	one("every-pcr", to, 1, "{\"name\":\"x\"}", 0);
	free(to);
}
