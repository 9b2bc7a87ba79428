/* SPDX-License-Identifier: MIT */
/*
 * What the parts of mkevidence share: the folder that is filled, and the guest's keys.
 */
#ifndef TEST_MKEVIDENCE_H
#define TEST_MKEVIDENCE_H

#include "../unit/sim.h"

/** pki - of the guest's SNP reports, for this run */
extern struct sim_pki pki;

void write_file(const char *name, struct wv_bytes b);

/** make_folder - in the folder that is filled */
void make_folder(const char *name);
void write_text(const char *name, const char *text);
void write_cert(const char *name, X509 *cert);

/** write_key - a private key: tests sign with it what they changed */
void write_key(const char *name, EVP_PKEY *key);

/** write_bundle - of a guest whose reports @pki signs */
void write_bundle(const char *name, const struct sim_guest *g);

/** write_tpm - of a guest with a TPM, whose quote @t is; @launch: beside an SNP report */
void write_tpm(const char *name, const struct tpm_sim *t, bool launch);

/** pieces - bundles of every other kind of evidence, sound and unsound (mkpieces.c) */
void pieces(void);

/** beside - with a GPU's, an enclave's or a root of trust's beside an SNP report (mkbeside.c) */
void beside(void);

/** azures - of Azure's VMs; what verifies their SNP reports goes into azure/ (mkazure.c) */
void azures(void);

#endif /* TEST_MKEVIDENCE_H */
