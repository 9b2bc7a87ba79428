/* SPDX-License-Identifier: MIT */
/* What wardctl seal and unseal share: options, who may open, and why somebody could not. */
#ifndef WARDCTL_SEAL_JOB_H
#define WARDCTL_SEAL_JOB_H

#include "dataset_job.h"
#include "kbs.h"
#include "libward_seal.h"

/**
 * struct seal_job - one run
 * @job: files, keys, recipients of --to
 * @use_tpm, @use_snp: asked for
 * @auth_file: of --auth; @auth: what it holds
 * @broker: https://HOST:PORT/REPOSITORY/TYPE/TAG; @ca: who its certificate may come from
 * @counter: NV index; 0 = none
 * @versions: the broker counts instead; @counts: which, as a file says; @kbs: that broker, attested to, once @fetched
 * @fetched: @broker_key is there
 * @gave: a secret was had, bits: 1 an SNP guest's, 2 another's
 * @rc, @said: of the first recipient that ought to have opened it and did not
 */
struct seal_job {
	struct job job;
	int use_tpm;
	struct ward_seal_tpm tpm;
	const char *auth_file;
	uint8_t auth[WARD_KEYFILE_LEN];
	int use_snp;
	struct ward_seal_snp snp;
	const char *broker;
	const char *ca;
	uint32_t counter;
	int versions;
	const char *counts;
	int fetched;
	struct ward_kbs *kbs;
	int gave;
	uint8_t broker_key[WARD_KEYFILE_LEN];
	int rc;
	char said[2 * WARD_SEAL_SAID];
};

/** seal_parse - options among @takes, INPUT and OUTPUT; seal_end() in either case */
int seal_parse(struct seal_job *j, struct wardctl *ctl, const char *takes, int argc, char **argv);
void seal_end(struct seal_job *j);

/** seal_output - as job_output(), mode 0600: nor may it be the auth value or the roots */
int seal_output(struct seal_job *j, struct outfile *f);

/** seal_failed - say what a recipient of the machine's was lacking: an exit code */
int seal_failed(struct seal_job *j, int rc, const char *said);

/** seal_fetch - @broker_key by attestation, once; 0 or -errno with @said */
int seal_fetch(struct seal_job *j, char said[WARD_SEAL_SAID]);

/**
 * seal_newest - the newest version, as TPM or broker counted
 * @make: of a TPM, make the counter if it is not there
 *
 * Returns 0 or -errno with @said.
 */
int seal_newest(struct seal_job *j, int make, uint64_t *version, char said[WARD_SEAL_SAID]);

/** seal_count - have @version counted, the next one; likewise; -EALREADY: another has counted it */
int seal_count(struct seal_job *j, uint64_t version, char said[WARD_SEAL_SAID]);

#endif /* WARDCTL_SEAL_JOB_H */
