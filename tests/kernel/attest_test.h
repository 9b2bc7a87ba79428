/* SPDX-License-Identifier: MIT */
/*
 * What the attestation tests share: the simulated TEE attached, detached and
 * made to fail; WARD_ATTEST with room for everything; what the answer must be
 * worth, worked out here from doc/formats.md and by nothing of the module's.
 */
#ifndef ATTEST_TEST_H
#define ATTEST_TEST_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ward.h>

/** struct answer - a request and all that came back; the buffers are its own. */
struct answer {
	struct ward_attest cmd;
	struct ward_claims claims;
	uint8_t path[WARD_PATH_NODES_MAX][WARD_DIGEST_LEN];
	uint8_t evidence[WARD_EVIDENCE_MAX];
	uint8_t aux[WARD_AUX_MAX];
	uint8_t manifest[WARD_MANIFEST_MAX];
};

/* An answer with a request for @purpose, a fresh nonce and all the room. */
struct answer *answer_new(uint32_t purpose);
/* A request for evidence over @report_data as it is, with all the room. */
struct answer *answer_new_raw(const uint8_t report_data[WARD_BINDING_LEN]);
/* The same request on @session: 0 or -errno; sets the room anew each time. */
int answer_ask(struct answer *a, int session);
/* One request and its answer, freed by the caller; NULL and *@err on failure. */
struct answer *attest(int session, uint32_t purpose, int *err);

/* REPORTDATA of doc/formats.md section 2 out of claims and path; false where
 * the path does not fit index and leaves.
 */
int report_data_of(const struct answer *a, uint8_t out[WARD_DIGEST_LEN]);
void leaf_of(const struct ward_claims *claims, uint8_t out[WARD_DIGEST_LEN]);
/* Ends the test unless the evidence is over the claims and well signed. */
void answer_check(const struct answer *a);
/* ECDSA P-384 of an SNP report by the VCEK in its certificate table: 1, 0, -1. */
int report_signature(const uint8_t *report, const uint8_t *aux, size_t aux_len);

/* Does this kernel have a report core at all? Skips the test where not. */
void need_provider(void);
/* Loads tsmsim and attaches it, whatever was before; all faults off. Unpaced. */
void provider_attach(void);
/*
 * No pacing and no breaker: tests call the provider often, and make it fail on
 * purpose. Those that are about either set the pace.
 */
void provider_unpaced(void);
/* PACE_SET of one setting: a WARD_A_* of it. */
void pace_set(uint16_t attr, uint32_t value);
/* PROVIDER_GET: one of its numbers, of 4 or 8 bytes. */
uint64_t provider_get(uint16_t attr);
void provider_detach(void);
int tsmsim_load(void);
int tsmsim_load_with(const char *parameters);
int tsmsim_unload(void);
/* Set a parameter of tsmsim; "0" switches a fault off. */
void fault(const char *name, const char *value);
unsigned long provider_calls(void);
/** call_begins - wait until tsmsim is in a call that was not among the first @before */
void call_begins(unsigned long before);

/** struct meddler - somebody who writes to the report entry all the time */
struct meddler {
	pthread_t thread;
	volatile bool stopping;
};

void meddler_start(struct meddler *m);
void meddler_stop(struct meddler *m);

/* The newest record of a session. */
struct ward_event last_event(int session);
uint64_t now_ns(int clock);
/* Becomes user @uid of group ward, in the current process. */
void become(unsigned int uid);
/* Whole file into @buf, NUL terminated; its length. Ends the test on failure. */
size_t slurp(const char *path, char *buf, size_t room);

#define REPORT_CORE	"/sys/kernel/config/tsm/report"
#define WARD_CONFIGFS	"/sys/kernel/config/ward"
#define WARD_GID	970
#define WORKER_UID	1001
#define OTHER_UID	1002

#endif /* ATTEST_TEST_H */
