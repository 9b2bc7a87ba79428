// SPDX-License-Identifier: MIT
/*
 * Any TPM 2.0: a quote over its registers (TPM 2.0 part 3, TPM2_Quote) with
 * SHA-256 of the report data as qualifying data.
 */
#include <errno.h>
#include <stdlib.h>

#include "backends.h"
#include "vtpm_source.h"

/* A slow TPM makes an RSA key for a long time. */
#define OPEN_NS 60000000000ull

/** struct request - what is quoted, and where the evidence goes */
struct request {
	const uint8_t *report_data;
	struct ward_piece *out;
};

static int key_options(struct vtpm_source *s, const struct backend_config *config,
		       struct trouble *why)
{
	bool owner;
	int err = backend_choice(config, "key", "ecc", "rsa", &s->kind.rsa, why) ?:
		  backend_choice(config, "hierarchy", "endorsement", "owner", &owner, why);

	if (!err && owner)
		s->kind.hierarchy = ESYS_TR_RH_OWNER;
	return err;
}

static int vtpm_open(const struct backend_config *config, void **state, struct trouble *why)
{
	static const struct vtpm_source_kind kind = { .ak = "own" };
	struct vtpm_source *s = malloc(sizeof(*s));
	int err;

	if (!s)
		return trouble_set(why, -ENOMEM, "no memory");
	err = vtpm_source_init(s, &kind, config, why) ?: key_options(s, config, why) ?:
	      vtpm_source_open(s, ward_sys_now(config->sys) + OPEN_NS, why);
	if (err)
		free(s);
	else
		*state = s;
	return err;
}

static int quote_once(struct vtpm_source *s, void *arg, struct trouble *why)
{
	struct request *r = arg;

	return vtpm_source_quote(s, r->report_data, NULL, r->out, why);
}

static int vtpm_backend_quote(void *state, const uint8_t *report_data, uint64_t deadline_ns,
			      struct ward_piece *out, struct trouble *why)
{
	struct request r = { report_data, out };

	return vtpm_source_serve(state, deadline_ns, quote_once, &r, why);
}

static void vtpm_close(void *state)
{
	vtpm_source_close(state);
	free(state);
}

static const char *const options[] = { VTPM_SOURCE_OPTIONS, "key", "hierarchy", NULL };

const struct backend vtpm_backend = {
	.name = "vtpm",
	.about = "any TPM 2.0: a quote over its registers",
	.tee = WARD_TEE_TPM,
	.options = options,
	.beside = true,
	.open = vtpm_open,
	.quote = vtpm_backend_quote,
	.close = vtpm_close,
};
