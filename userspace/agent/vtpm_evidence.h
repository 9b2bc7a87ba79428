/* SPDX-License-Identifier: MIT */
/* A TPM's evidence as doc/formats.md has it: `data` and `aux`. */
#ifndef WARDD_VTPM_EVIDENCE_H
#define WARDD_VTPM_EVIDENCE_H

#include "vtpm_quote.h"

/**
 * struct vtpm_endorsements - what goes into aux
 * @ak_cert: of the key that signs, DER; maybe empty, as all of these
 * @ek_cert: of the TPM's endorsement key, DER
 * @event_log: path, or NULL
 * @ima_log: path, or NULL
 */
struct vtpm_endorsements {
	struct vtpm_bytes ak_cert;
	struct vtpm_bytes ek_cert;
	const char *event_log;
	const char *ima_log;
};

/**
 * vtpm_evidence_data() - the evidence itself
 * @hcl: a paravisor's report, or NULL
 * @out: data is malloc'ed
 *
 * Return: 0; -ENOMEM, -EOVERFLOW, -EBADMSG.
 */
int vtpm_evidence_data(const struct vtpm_quote *quote, const struct vtpm_ak *ak,
		       const struct vtpm_bytes *hcl, struct ward_piece *out, struct trouble *why);

/**
 * vtpm_evidence_aux() - what endorses and explains it: certificates whole, logs as
 *	far as they fit
 *
 * Return: 0; -ENOMEM, -EIO, -EOVERFLOW.
 */
int vtpm_evidence_aux(const struct vtpm_endorsements *from, struct ward_piece *out,
		      struct trouble *why);

/** vtpm_cert_trim() - cut what an NV index holds after the end of a certificate */
void vtpm_cert_trim(struct vtpm_bytes *cert);

#endif /* WARDD_VTPM_EVIDENCE_H */
