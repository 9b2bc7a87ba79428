// SPDX-License-Identifier: MIT
/* What --seal-to says is what a sealed file is opened by: nothing weaker that the file names. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../userspace/lib/seal_private.h"
#include "../../userspace/worker/seal.h"

#define NOWHERE	"unix:/nonexistent/ward"
#define ASKED	"not as --seal-to says"

static struct seal_options asked = {
	.tpm = true, .pcrs = 0x95, .tcti = NOWHERE,
	.snp = true, .fields = WARD_SEAL_SNP_MEASUREMENT | WARD_SEAL_SNP_POLICY,
	.bind = WARD_SEAL_BIND_UID, .device = NOWHERE,
};

/* What was said of a recipient that is not opened. */
static const char *said_of(const struct seal_options *options, uint16_t type, const uint8_t *how,
			   size_t len)
{
	static struct seal seal;
	const struct ward_recipient r = { .type = type, .how = how, .how_len = (uint16_t)len };
	uint8_t secret[WARD_RECIPIENT_SECRET_LEN];

	seal = (struct seal){ .options = options, .tpm = { .where = NOWHERE },
			      .snp = { .device = NOWHERE } };
	assert_int_equal(seal_unlock(&seal, &r, secret), -ENOKEY);
	return seal.said;
}

static const char *said_of_snp(const struct seal_options *options, uint64_t fields, uint16_t bind,
			       uint32_t root, uint32_t vmpl)
{
	const struct seal_snp_how how = { .bind = bind, .root = root, .fields = fields,
					  .vmpl = vmpl };
	uint8_t bytes[SEAL_SNP_HOW_LEN];

	seal_snp_format(&how, bytes);
	return said_of(options, WARD_RECIPIENT_SNP, bytes, sizeof(bytes));
}

/* A key of no measurement any guest on that processor can have; one of the VMRK, who migrates it. */
static void test_firmware(void **state)
{
	struct seal_options other = asked;
	const uint8_t cut[3] = { 1 };

	(void)state;
	assert_null(strstr(said_of_snp(&asked, asked.fields, 1, 0, 0), ASKED));
	assert_non_null(strstr(said_of_snp(&asked, 0, 1, 0, 0), ASKED));
	assert_non_null(strstr(said_of_snp(&asked, WARD_SEAL_SNP_POLICY, 1, 0, 0), ASKED));
	assert_non_null(strstr(said_of_snp(&asked, asked.fields, 0, 0, 0), ASKED));
	assert_non_null(strstr(said_of_snp(&asked, asked.fields, 1, 1, 0), ASKED));
	assert_non_null(strstr(said_of_snp(&asked, asked.fields, 1, 0, 3), ASKED));
	assert_non_null(strstr(said_of(&asked, WARD_RECIPIENT_SNP, cut, sizeof(cut)), ASKED));
	other.snp = false;
	assert_non_null(strstr(said_of_snp(&other, asked.fields, 1, 0, 0), ASKED));
}

static const char *said_of_tpm(const struct seal_options *options, uint32_t pcrs, uint16_t bank,
			       uint16_t flags)
{
	static const uint8_t zero[WARD_SEAL_PCRS * SEAL_DIGEST_MAX];
	const struct seal_tpm_how how = { .flags = flags, .bank = bank, .pcrs = pcrs,
					  .parent = zero, .values = zero, .public = zero,
					  .public_len = 2, .private = zero, .private_len = 2 };
	uint8_t bytes[WARD_RECIPIENT_HOW_MAX];
	size_t len = seal_tpm_format(&how, bytes, sizeof(bytes));

	assert_true(len);
	return said_of(options, WARD_RECIPIENT_TPM2, bytes, len);
}

static void test_tpm(void **state)
{
	struct seal_options other = asked;

	(void)state;
	assert_null(strstr(said_of_tpm(&asked, 0x95, WARD_SEAL_BANK_SHA256, 0), ASKED));
	assert_non_null(strstr(said_of_tpm(&asked, 0, WARD_SEAL_BANK_SHA256, 0), ASKED));
	assert_non_null(strstr(said_of_tpm(&asked, 0x95, WARD_SEAL_BANK_SHA384, 0), ASKED));
	assert_non_null(strstr(said_of_tpm(&asked, 0x95, WARD_SEAL_BANK_SHA256, 1), ASKED));
	other.tpm = false;
	assert_non_null(strstr(said_of_tpm(&other, 0x95, WARD_SEAL_BANK_SHA256, 0), ASKED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_tpm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
