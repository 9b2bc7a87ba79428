/* SPDX-License-Identifier: MIT */
/*
 * Evidence as a simulated guest would give it, for tests of the verifier.
 */
#ifndef TEST_SIM_H
#define TEST_SIM_H

#include "../tsmsim/certs.h"
#include "support.h"
#include "tpm_sim.h"

#define SIM_EVENTS_MAX 16
#define SIM_FIELDS_MAX 24

/** struct sim_field - @len bytes of a report at @at, little endian, set before it is signed */
struct sim_field {
	size_t at, len;
	uint64_t value;
};

/**
 * struct sim_guest - one session's account, to be changed at will before sim_bundle()
 * @claims: as the kernel would compose them
 * @events, @event_count: the session's records
 * @withheld: a bit for each record whose digest alone is shown
 * @measurement, @policy, @vmpl, @version, @cpuid: what the report will say
 * @tee: what the bundle says
 * @beside: kind of a second piece, or NULL
 * @no_launch: the report and what is beside it are left out
 * @tpm, @tpm_count: a TPM's pieces, behind the rest
 * @more, @more_count: pieces as they stand, behind those
 * @index, @leaves: place of the claims in the tree; the other leaves are made up
 * @fields, @field_count: what else the report says: sim_set()
 */
struct sim_guest {
	struct ward_claims claims;
	struct ward_event events[SIM_EVENTS_MAX];
	size_t event_count;
	uint32_t withheld;
	uint8_t measurement[48];
	uint64_t policy;
	uint32_t vmpl;
	uint32_t version;
	uint8_t cpuid[3];
	const char *tee;
	const char *beside;
	bool no_launch;
	const struct tpm_sim *tpm;
	size_t tpm_count;
	const struct wv_evidence *more;
	size_t more_count;
	uint64_t index, leaves;
	struct sim_field fields[SIM_FIELDS_MAX];
	size_t field_count;
};

/** sim_guest_new - a session with a buffer allocated and wiped, sealed or not */
void sim_guest_new(struct sim_guest *g, uint32_t purpose);

/** sim_set - the report will have @value in @len bytes (up to 8) at @at, whatever else says */
void sim_set(struct sim_guest *g, size_t at, size_t len, uint64_t value);

/** sim_event - append a record; head and sequence of the claims follow */
void sim_event(struct sim_guest *g, uint16_t type, uint64_t bytes);

/** sim_heads - set the claims' session chain from the records */
void sim_heads(struct sim_guest *g);

/** sim_report - a signed report over @report_data; WV_SNP_REPORT_SIZE bytes */
void sim_report(const struct sim_guest *g, const struct sim_pki *pki,
		const uint8_t report_data[64], uint8_t *out);

/** sim_report_data - what a TEE signs for these claims */
void sim_report_data(const struct sim_guest *g, uint8_t out[64]);

/** sim_bundle - the encoded bundle with certificate table; ut_free() it. @pki: of a launch */
struct wv_bytes sim_bundle(const struct sim_guest *g, const struct sim_pki *pki);

/** sim_pem - a certificate as PEM; ut_free() it */
struct wv_bytes sim_pem(X509 *cert);

/** sim_tree - root and path of leaf @index of @leaves, the recursive way of RFC 9162 2.1 */
void sim_tree(const uint8_t (*leaf)[64], uint64_t leaves, uint64_t index, uint8_t root[64],
	      uint8_t (*path)[64], size_t *nodes);

#endif /* TEST_SIM_H */
