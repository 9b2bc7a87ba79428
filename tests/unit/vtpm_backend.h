/* SPDX-License-Identifier: MIT */
/* wardd's vtpm backend over swtpm, for the tests of it. */
#ifndef TEST_VTPM_BACKEND_H
#define TEST_VTPM_BACKEND_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../userspace/agent/backends.h"
#include "../../userspace/agent/vtpm_source.h"
#include "swtpm.h"
#include "tpm_evidence.h"

#define SECOND	1000000000ull
#define LONG	(120 * SECOND)	/* no test waits for it to pass */

static const uint8_t report_data[WARD_DIGEST_LEN] = { 0xa5, 1, 2, 3, [63] = 0x5a };

static struct swtpm *tpm;
static void *backend;
static struct trouble why;

static inline int setup(void **state)
{
	(void)state;
	tpm = NULL;
	backend = NULL;
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	if (backend)
		vtpm_backend.close(backend);
	swtpm_end(tpm);
	return 0;
}

/* Options are "name", "value", ... up to NULL; tcti and eventlog are given. */
static inline int open_backend(const char *const *options)
{
	struct backend_config config = { .sys = &ward_sys_real, .count = 2, .options = {
		{ "tcti", tpm->socket }, { "eventlog", "none" },
	} };

	for (; options && *options; options += 2) {
		if (!strcmp(options[0], "eventlog"))
			config.options[1].value = options[1];
		else
			config.options[config.count++] =
				(struct backend_option){ options[0], options[1] };
	}
	return vtpm_backend.open(&config, &backend, &why);
}

#define OPTIONS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static inline void started(const char *const *options)
{
	tpm = swtpm_start();
	if (open_backend(options))
		fail_msg("open: %s", why.text);
}

static inline int quote(uint64_t within_ns, struct ward_piece *out)
{
	memset(out, 0, sizeof(*out));
	return vtpm_backend.quote(backend, report_data, ward_sys_now(&ward_sys_real) + within_ns,
				  out, &why);
}

/* A quote that must be right; what it says, valid until backend_piece_free(). */
static inline struct ward_piece good(struct tpm_evidence *e, struct tpm_aux *aux)
{
	struct ward_piece piece;

	if (quote(LONG, &piece))
		fail_msg("quote: %s", why.text);
	tpm_evidence_read((struct wv_bytes){ piece.data, piece.data_len }, false, e);
	tpm_evidence_check(e, report_data);
	tpm_aux_read((struct wv_bytes){ piece.aux, piece.aux_len }, aux);
	return piece;
}

static inline void bad(int err, uint64_t within_ns, const char *text)
{
	struct ward_piece piece;
	uint64_t deadline = ward_sys_now(&ward_sys_real) + within_ns;

	assert_int_equal(quote(within_ns, &piece), err);
	assert_true(ward_sys_now(&ward_sys_real) < deadline);
	if (!strstr(why.text, text))
		fail_msg("'%s' does not say '%s'", why.text, text);
	backend_piece_free(&piece);
}

/* A TPM of the test's own, before the backend's: swtpm serves one at a time. */
static inline struct tss bare_tpm(void)
{
	struct tss bare;

	tpm = swtpm_start();
	if (tss_open(&ward_sys_real, tpm->socket, &bare, &why))
		fail_msg("%s", why.text);
	tss_deadline(&bare, ward_sys_now(&ward_sys_real) + LONG);
	return bare;
}

static inline TPM2B_PUBLIC template_of(TPMA_OBJECT attributes)
{
	TPM2B_PUBLIC t = { .publicArea = {
		.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = attributes | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
				    TPMA_OBJECT_SIGN_ENCRYPT,
		.parameters.eccDetail = {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme = { .scheme = TPM2_ALG_ECDSA,
				    .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
			.curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL,
		},
	} };

	return t;
}

static inline void persist(struct tss *bare, const TPM2B_PUBLIC *template, TPM2_HANDLE handle)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	ESYS_TR key, kept;

	assert_int_equal(Esys_CreatePrimary(bare->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
					    ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, template,
					    &outside, &pcrs, &key, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(Esys_EvictControl(bare->esys, ESYS_TR_RH_OWNER, key, ESYS_TR_PASSWORD,
					   ESYS_TR_NONE, ESYS_TR_NONE, handle, &kept), 0);
	Esys_TR_Close(bare->esys, &kept);
	tss_flush(bare, &key);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif /* TEST_VTPM_BACKEND_H */
