/* SPDX-License-Identifier: MIT */
/*
 * The report that Azure's paravisor (HCL) keeps in an NV index of its vTPM: the
 * hardware's report over a JSON text, which names the vTPM's keys.
 */
#ifndef WARDD_AZURE_HCL_H
#define WARDD_AZURE_HCL_H

#include <tss2/tss2_tpm2_types.h>

#include "backend.h"

enum { HCL_SNP = 2, HCL_TDX = 4 };

#define HCL_USER_DATA_LEN 64

/**
 * struct azure_hcl - what it says
 * @len: bytes of the report, without what the index holds after it
 * @kind: HCL_SNP or HCL_TDX
 * @key: modulus of the key that signs quotes, big endian, no zeroes before it
 * @exponent: of it
 * @has_user_data: the JSON text has such a member
 * @user_data: what the guest wrote before the report was made
 */
struct azure_hcl {
	size_t len;
	uint32_t kind;
	size_t key_len;
	uint8_t key[512];
	uint32_t exponent;
	bool has_user_data;
	uint8_t user_data[HCL_USER_DATA_LEN];
};

/**
 * azure_hcl_parse() - read and check it: header, sizes, the hardware's hash of the
 *	JSON text, the key in that
 *
 * The hardware's signature is the verifier's to check.
 *
 * Return: 0; -EBADMSG with @why; -ENOMEM.
 */
int azure_hcl_parse(const uint8_t *data, size_t len, struct azure_hcl *out, struct trouble *why);

/** azure_hcl_names() - @key is the one that the report names */
bool azure_hcl_names(const struct azure_hcl *hcl, const TPMT_PUBLIC *key);

#endif /* WARDD_AZURE_HCL_H */
