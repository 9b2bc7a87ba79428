/* SPDX-License-Identifier: MIT */
#ifndef TEST_FUZZ_SEEDS_H
#define TEST_FUZZ_SEEDS_H

#include "../unit/support.h"

/** seed, seed_text - one input for @target; seed_take() frees @b, too */
void seed(const char *target, const char *name, struct wv_bytes b);
void seed_take(const char *target, const char *name, struct wv_bytes b);
void seed_text(const char *target, const char *name, const char *text);

/**
 * seed_part - of a seed that was written before: what is behind @head bytes, or @split, the
 *	first of its two parts (seed_pair()). Never freed
 */
struct wv_bytes seed_part(const char *target, const char *name, size_t head, bool split);

/* A file for each family of formats. */
void seeds_ward(void);
void seeds_tpm(void);
void seeds_texts(void);
void seeds_vault(void);
void seeds_azure(void);
void seeds_worker(void);
void seeds_collateral(void);
void seeds_cose(void);
void seeds_intel(void);
void seeds_token(void);
void seeds_device(void);
void seeds_certs(void);
void seeds_anew(void);
void seeds_boot(void);
void seeds_machine(void);
void seeds_config(void);
void seeds_seal(void);
void seeds_rcar(void);
struct sim_pki;
void seeds_rcar_accepted(const struct sim_pki *pki);	/* by seeds_ward(), which has the root */
void seeds_look(void);
void seeds_bundle(void);
void seeds_policy(void);	/* last: of what the others made */
void seeds_fetch(void);

#endif /* TEST_FUZZ_SEEDS_H */
