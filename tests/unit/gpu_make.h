/* SPDX-License-Identifier: MIT */
/*
 * Reports of GPUs as NVIDIA's give them (doc/formats.md section 13), under certificates
 * that a test makes: root, identity, provisioner, the GPU's own CA, and its key.
 */
#ifndef TEST_GPU_MAKE_H
#define TEST_GPU_MAKE_H

#include <openssl/x509.h>

#include "support.h"

#define GPU_CHAIN 5	/* from the leaf to the root */

/**
 * struct gpu_pki - keys on P-384; [0] signs reports, the last one itself
 */
struct gpu_pki {
	EVP_PKEY *key[GPU_CHAIN];
	X509 *cert[GPU_CHAIN];
};

/**
 * struct gpu_recipe - what the certificates say
 * @root_name, @leaf_name, @device: names; "NVIDIA:GH100:..." in the leaf
 * @fwid: in the leaf, 48 bytes; NULL = no such extension
 * @tcb_info: as DiceTcbInfo, else as Hopper has it
 * @leaf_ca: the leaf may sign certificates
 * @from, @to: seconds from now, of certificate @dated (-1 = of all)
 * @dated: -1, or 0 to GPU_CHAIN - 1
 */
struct gpu_recipe {
	const char *root_name, *leaf_name, *device;
	const uint8_t *fwid;
	bool tcb_info, leaf_ca;
	long from, to;
	int dated;
};

/** gpu_recipe_new - a Hopper GPU's, whose firmware's digest is 48 times 0xf1 */
void gpu_recipe_new(struct gpu_recipe *r);

void gpu_pki_make(const struct gpu_recipe *r, struct gpu_pki *out);
void gpu_pki_free(struct gpu_pki *pki);

/** gpu_pem - the chain but for the root; or with it. ut_free() it */
struct wv_bytes gpu_pem(const struct gpu_pki *pki, bool root);

/**
 * struct gpu_plan - a report, to be changed at will before gpu_make()
 * @request: 37 bytes
 * @blocks: how many measurements; each 48 bytes of its index
 * @record_lie, @opaque_lie: added to lengths
 * @opaque: all of it, in place of version, VBIOS and FWID
 * @fwid: in the report; NULL = none
 * @feature: data of type 36; -1 = none
 * @key: that signs
 */
struct gpu_plan {
	uint8_t request[37];
	uint8_t version, code;
	size_t blocks;
	int record_lie, opaque_lie;
	struct wv_bytes opaque;
	const char *driver;
	const uint8_t *fwid;
	int feature;
	EVP_PKEY *key;
};

/** gpu_plan_new - a report over SHA-256 of @report_data (64 bytes), or over 32 times 0x77 */
void gpu_plan_new(struct gpu_plan *p, const struct gpu_pki *pki, const uint8_t *report_data);

/** gpu_make - the report; ut_free() it */
struct wv_bytes gpu_make(const struct gpu_plan *p);

#endif /* TEST_GPU_MAKE_H */
