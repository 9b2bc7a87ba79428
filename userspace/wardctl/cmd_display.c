// SPDX-License-Identifier: MIT
/*
 * wardctl display: what a file says, without any verification.
 */
#include <stdlib.h>

#include "appraise.h"
#include "infile.h"
#include "verbs.h"

static char *report_json(struct wv_bytes in, struct wv_fault *fault)
{
	struct wv_snp_report report;

	return wv_snp_parse(in, &report, fault) ? NULL : wv_snp_json(&report);
}

static char *bundle_json(struct wv_bytes in, struct wv_fault *fault)
{
	struct wv_bundle *bundle;
	char *json;

	if (wv_bundle_decode(in, &bundle, fault))
		return NULL;
	json = wv_bundle_json(bundle);
	wv_bundle_free(bundle);
	return json;
}

static int show(struct wardctl *ctl, const char *path, struct wv_bytes in)
{
	bool report = in.len == WV_SNP_REPORT_SIZE && in.data[0] != 0xa5;
	struct wv_fault fault = { .reason = WV_OK };
	char *json = report ? report_json(in, &fault) : bundle_json(in, &fault);
	int rc = EXIT_OK;

	if (!json && fault.reason)
		return appraise_fault(ctl, path, &fault);
	out_line(ctl->out, "%s: as it stands, nothing is verified",
		 report ? "SNP report" : "evidence bundle");
	if (!json || !out_parsed(ctl->out, NULL, json))
		rc = ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	free(json);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct wv_bytes in;
	int rc;

	if (argc != 2 || (argv[1][0] == '-' && argv[1][1]))
		return ctl_usage(ctl, "one file is expected");
	rc = infile_read(ctl, argv[1], &in);
	if (!rc)
		rc = show(ctl, argv[1], in);
	infile_free(&in);
	return rc;
}

const struct wardctl_verb verb_display = {
	.name = "display",
	.args = "FILE",
	.help = "what a bundle or an SNP report says, nothing verified",
	.run = run,
};
