/* SPDX-License-Identifier: MIT */
/*
 * A paravisor's report as Azure's has it (doc/formats.md section 11), under test keys:
 * every field is what the test wants it to be.
 */
#ifndef TEST_AZURE_MAKE_H
#define TEST_AZURE_MAKE_H

#include "sim.h"

#define AZURE_VM_ID "26F8BC30-774E-4290-8E7A-535F3B672AEE"

/**
 * struct azure_make - what the report will be, to be changed at will
 * @version, @request, @runtime_version, @kind, @hash: numbers of the frame
 * @size_lie, @all_lie, @text_lie: added to its three lengths
 * @named: the key that HCLAkPub names
 * @vm: members of vm-configuration
 * @user_data: 64 bytes, or NULL = the member is left out
 * @text: all of the runtime data, in place of these
 * @report: the hardware's, HCL_REPORT_LEN bytes; NULL = of SNP, made of a guest
 * @padded: bytes of the index that it fills
 */
struct azure_make {
	uint32_t version, request, runtime_version, kind, hash;
	int size_lie, all_lie, text_lie;
	EVP_PKEY *named;
	const char *vm;
	const uint8_t *user_data;
	const char *text;
	const uint8_t *report;
	size_t padded;
};

/** azure_make_new - a sound report of SNP that names @ak, an RSA key that is lent */
void azure_make_new(struct azure_make *m, EVP_PKEY *ak);

/** azure_make_text - the runtime data; free() it */
char *azure_make_text(const struct azure_make *m);

/** azure_make_data - 64 bytes of report data over @text */
void azure_make_data(const struct azure_make *m, const char *text, uint8_t out[64]);

/**
 * azure_make_hcl - the report; ut_free() it
 * @g, @pki: what the SNP report says, and whose key signs it
 */
struct wv_bytes azure_make_hcl(const struct azure_make *m, const struct sim_guest *g,
			       const struct sim_pki *pki);

/**
 * azure_make_tdreport - the TDREPORT of which a quote with this body was made, and the
 *	zeroes behind it: HCL_REPORT_LEN bytes
 * @len: 584 or 648
 */
void azure_make_tdreport(const uint8_t *body, size_t len, uint8_t *out);

#endif /* TEST_AZURE_MAKE_H */
