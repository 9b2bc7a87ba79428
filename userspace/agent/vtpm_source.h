/* SPDX-License-Identifier: MIT */
/*
 * A TPM that is ready to quote: what the backends over one share. It is opened
 * when it is first needed, and anew when it is lost.
 */
#ifndef WARDD_VTPM_SOURCE_H
#define WARDD_VTPM_SOURCE_H

#include "vtpm_evidence.h"

#define VTPM_PATH_MAX 256

/**
 * struct vtpm_source_kind - what a backend is by itself
 * @ak: key, where no option names another
 * @ak_cert: NV index of its certificate, or 0
 */
struct vtpm_source_kind {
	const char *ak;
	TPM2_HANDLE ak_cert;
};

/**
 * struct vtpm_source - the TPM, and what the options ask of it
 * @ready: @tpm and @ak are open
 */
struct vtpm_source {
	const struct ward_sys *sys;
	char where[VTPM_PATH_MAX];
	char event_log[VTPM_PATH_MAX];
	char ima_log[VTPM_PATH_MAX];
	struct vtpm_ak_kind kind;
	TPM2_HANDLE ak_cert_index;
	struct vtpm_pcrs pcrs;
	struct tss tpm;
	struct vtpm_ak ak;
	struct vtpm_endorsements endorsements;
	bool ready;
};

/** VTPM_SOURCE_OPTIONS - names that vtpm_source_init() takes */
#define VTPM_SOURCE_OPTIONS "tcti", "ak", "ak-cert", "pcrs", "eventlog", "ima"

/**
 * vtpm_source_init() - read the options
 *
 * Return: 0; -EINVAL.
 */
int vtpm_source_init(struct vtpm_source *s, const struct vtpm_source_kind *kind,
		     const struct backend_config *config, struct trouble *why);

/** vtpm_source_open() - now, rather than with the first request */
int vtpm_source_open(struct vtpm_source *s, uint64_t deadline_ns, struct trouble *why);

/** vtpm_source_close() - it may be opened again */
void vtpm_source_close(struct vtpm_source *s);

/**
 * vtpm_source_serve() - a request: @work over the open TPM
 * @deadline_ns: of the request; @work must end a little before
 *
 * A TPM that turns out to be lost (it was started anew, say) is opened again, once.
 *
 * Return: what @work returned, or why there is no TPM.
 */
int vtpm_source_serve(struct vtpm_source *s, uint64_t deadline_ns,
		      int (*work)(struct vtpm_source *s, void *arg, struct trouble *why),
		      void *arg, struct trouble *why);

/**
 * vtpm_source_quote() - quote @report_data, and make evidence of it
 * @report_data: 64 bytes
 * @hcl: a paravisor's report, or NULL
 */
int vtpm_source_quote(struct vtpm_source *s, const uint8_t *report_data,
		      const struct vtpm_bytes *hcl, struct ward_piece *out, struct trouble *why);

#endif /* WARDD_VTPM_SOURCE_H */
