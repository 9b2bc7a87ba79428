// SPDX-License-Identifier: MIT
/*
 * A confidential VM of Azure's, whose hardware a paravisor (HCL) asks: its report
 * names the key of the vTPM, and that signs. What the guest writes into one NV
 * index the paravisor takes into the next report, some time after it was written;
 * what binds the evidence to a request is the quote, in any case.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "azure_hcl.h"
#include "backends.h"
#include "vtpm_source.h"

#define NV_REPORT	0x01400001u
#define NV_USER_DATA	0x01400002u
#define NV_AK_CERT	0x01c101d0u
#define AK		"0x81000003"

#define OPEN_NS		30000000000ull
#define REFRESH_NS	4000000000ull	/* a new report is waited for so long, at most */
#define LOOK_NS		250000000ull

/**
 * struct azure - the TPM and the report in it
 * @refresh: have the paravisor make a report for each request
 * @late: it did not, the last time: look, but don't wait
 */
struct azure {
	struct vtpm_source tpm;
	struct vtpm_bytes report;
	struct azure_hcl hcl;
	bool refresh;
	bool late;
};

struct request {
	struct azure *azure;
	const uint8_t *report_data;
	uint64_t deadline_ns;
	struct ward_piece *out;
};

static int report_read(struct azure *a, struct trouble *why)
{
	int err;

	vtpm_bytes_free(&a->report);
	err = vtpm_nv_read(&a->tpm.tpm, NV_REPORT, &a->report, why);
	if (!err)
		err = azure_hcl_parse(a->report.data, a->report.len, &a->hcl, why);
	if (!err)
		a->report.len = a->hcl.len;
	if (!err && !azure_hcl_names(&a->hcl, &a->tpm.ak.public))
		return trouble_set(why, -EBADMSG, "the HCL report names another key than the one "
				   "that signs: is ak= " AK "?");
	return err;
}

/* Half of the time that is left, so that the other half is the quote's. */
static uint64_t refresh_end(const struct request *r)
{
	uint64_t now = ward_sys_now(r->azure->tpm.sys), left;

	left = r->deadline_ns > now ? (r->deadline_ns - now) / 2 : 0;
	return now + (left < REFRESH_NS ? left : REFRESH_NS);
}

static bool refreshed(const struct azure *a, const uint8_t *report_data)
{
	return a->hcl.has_user_data &&
	       !memcmp(a->hcl.user_data, report_data, HCL_USER_DATA_LEN);
}

/* A report with the request's data in it, or the newest there is when time is up. */
static int report_refresh(struct request *r, struct trouble *why)
{
	uint64_t until = refresh_end(r);
	struct azure *a = r->azure;
	int err;

	do
		err = report_read(a, why);
	while (!err && !refreshed(a, r->report_data) && !a->late &&
	       ward_sys_wait(a->tpm.sys, LOOK_NS, until));
	a->late = !err && !refreshed(a, r->report_data);
	return err;
}

static int report_for(struct request *r, struct trouble *why)
{
	struct azure *a = r->azure;
	int err;

	if (!a->refresh || !a->hcl.has_user_data)
		return report_read(a, why);
	err = vtpm_nv_write(&a->tpm.tpm, NV_USER_DATA, r->report_data, HCL_USER_DATA_LEN, why);
	/* Where the index is not for us to write, the report stays as it is. */
	if (err == -EPERM || err == -EINVAL)
		return report_read(a, why);
	return err ?: report_refresh(r, why);
}

static int quote_once(struct vtpm_source *s, void *arg, struct trouble *why)
{
	struct request *r = arg;
	int err = report_for(r, why);

	return err ?: vtpm_source_quote(s, r->report_data, &r->azure->report, r->out, why);
}

static int azure_quote(void *state, const uint8_t *report_data, uint64_t deadline_ns,
		       struct ward_piece *out, struct trouble *why)
{
	struct azure *a = state;
	struct request r = { a, report_data, deadline_ns, out };

	return vtpm_source_serve(&a->tpm, deadline_ns, quote_once, &r, why);
}

static int refresh_option(struct azure *a, const struct backend_config *config, struct trouble *why)
{
	bool stays;
	int err = backend_choice(config, "refresh", "yes", "no", &stays, why);

	a->refresh = !err && !stays;
	return err;
}

static void azure_close(void *state)
{
	struct azure *a = state;

	vtpm_source_close(&a->tpm);
	vtpm_bytes_free(&a->report);
	free(a);
}

static int azure_open(const struct backend_config *config, void **state, struct trouble *why)
{
	static const struct vtpm_source_kind kind = { .ak = AK, .ak_cert = NV_AK_CERT };
	struct azure *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return trouble_set(why, -ENOMEM, "no memory");
	err = vtpm_source_init(&a->tpm, &kind, config, why) ?: refresh_option(a, config, why) ?:
	      vtpm_source_open(&a->tpm, ward_sys_now(config->sys) + OPEN_NS, why) ?:
	      report_read(a, why);
	if (err == -ENOENT) {
		struct trouble lacks = *why;

		trouble_set(why, err, "%.200s: no confidential VM of Azure's", lacks.text);
	}
	if (err)
		azure_close(a);
	else
		*state = a;
	return err;
}

static uint32_t tee_of(const void *state)
{
	const struct azure *a = state;

	return a->hcl.kind == HCL_TDX ? WARD_TEE_AZURE_TDX : WARD_TEE_AZURE_SNP;
}

static const char *const options[] = { VTPM_SOURCE_OPTIONS, "refresh", NULL };

const struct backend azure_backend = {
	.name = "azure",
	.about = "SEV-SNP or TDX on Azure: its vTPM, and the report in it",
	.tee = WARD_TEE_AZURE_SNP,
	.options = options,
	.tee_of = tee_of,
	.open = azure_open,
	.quote = azure_quote,
	.close = azure_close,
};
