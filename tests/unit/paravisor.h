/* SPDX-License-Identifier: MIT */
/*
 * A double of what a confidential VM of Azure's has beside a TPM: an NV index
 * that holds the paravisor's report. swtpm's own indices end at 2048 bytes, real
 * reports have 2600: so the test in the middle plays the index. SIMULATED: its
 * hardware report has a hash and no signature.
 */
#ifndef TEST_PARAVISOR_H
#define TEST_PARAVISOR_H

#include "swtpm.h"

#define PARAVISOR_REPORT_MAX 4096

/**
 * struct paravisor - the index, and how it behaves
 * @report: what is in it; @len 0 = there is no such index
 * @key: modulus of the key that its reports name
 * @refresh: it makes a report with what the guest writes to the other index, ...
 * @after: ... so many reads later
 * @writes: of the other index
 */
struct paravisor {
	uint8_t report[PARAVISOR_REPORT_MAX];
	size_t len;
	struct wv_bytes key;
	uint32_t kind;
	bool refresh;
	int after;
	int writes;
	int pending;
	uint8_t user_data[64];
};

/** paravisor_make() - a report of @kind (2 SNP, 4 TDX) that names @p->key */
void paravisor_make(struct paravisor *p, uint32_t kind, const uint8_t *user_data);

/** paravisor_command() - for struct swtpm's @command, with the paravisor as @arg */
enum swtpm_way paravisor_command(struct swtpm *s, const struct swtpm_message *m,
				 struct swtpm_message *answer);

#endif /* TEST_PARAVISOR_H */
