// SPDX-License-Identifier: MIT
/* wardctl fetch tdx: Intel's collateral for the platform of a quote. */
#include <ctype.h>
#include <string.h>

#include "fetch_intel.h"
#include "fetch_write.h"
#include "hex.h"
#include "verbs.h"

static int take_fmspc(struct fetch *f, struct fetch_intel *w)
{
	size_t i;

	for (i = 0; i < 12 && hex_digit(f->fmspc[i]) >= 0; i++)
		w->of.fmspc[i] = (char)tolower((unsigned char)f->fmspc[i]);
	if (i == 12 && !f->fmspc[12])
		return EXIT_OK;
	return ctl_usage(f->ctl, "--fmspc takes 12 hexadecimal digits, not '%s'", f->fmspc);
}

static int read_arguments(struct fetch *f, int argc, char **argv, struct fetch_intel *w)
{
	if (!f->fmspc && !f->ca && argc == 2)
		return fetch_intel_quote(f->ctl, argv[1], w);
	if (argc != 1 || !f->fmspc || !f->ca)
		return ctl_usage(f->ctl, "a folder, and a quote or both --fmspc and --ca are expected");
	w->of.platform = !strcmp(f->ca, "platform");
	if (!w->of.platform && strcmp(f->ca, "processor"))
		return ctl_usage(f->ctl, "--ca takes platform or processor, not '%s'", f->ca);
	return take_fmspc(f, w);
}

enum { TCB_INFO, QE_IDENTITY, PCK_CRL, ROOT_CRL, ITEMS };

static void items(struct fetch_item it[ITEMS], const struct fetch_intel *w)
{
	fetch_intel_tcb_info(&it[TCB_INFO], w);
	fetch_intel_qe_identity(&it[QE_IDENTITY], w);
	fetch_intel_pck_crl(&it[PCK_CRL], w);
	fetch_intel_root_crl(&it[ROOT_CRL], w);
}

static int get(struct fetch *f, struct fetch_item it[ITEMS], struct fetch_intel *w)
{
	int i, rc = EXIT_OK;

	for (i = 0; !rc && i < ITEMS; i++) {
		rc = fetch_get(f, &it[i]);
		if (i == PCK_CRL)
			w->chain = it[i].chain;
	}
	return rc;
}

static int write_all(struct fetch *f, const struct fetch_item it[ITEMS], const char *dir)
{
	static const struct {
		const char *file, *chain;
	} names[ITEMS] = {
		{ "tcbinfo.json", "tcbinfo-chain.pem" },
		{ "qeidentity.json", "qeidentity-chain.pem" },
		{ "pck.crl", "pck-chain.pem" },
		{ "root.crl", NULL },
	};
	int i, rc = EXIT_OK;

	for (i = 0; !rc && i < ITEMS; i++) {
		struct fetch_item chain = { .from = it[i].from };

		rc = fetch_write(f, &it[i], dir, names[i].file, it[i].body);
		if (!rc && names[i].chain)
			rc = fetch_write(f, &chain, dir, names[i].chain, it[i].chain);
	}
	return rc;
}

static int tdx(struct fetch *f, int argc, char **argv)
{
	struct fetch_item it[ITEMS];
	struct fetch_intel want = { 0 };
	int i, rc = read_arguments(f, argc, argv, &want);

	if (rc)
		return rc;
	items(it, &want);
	rc = get(f, it, &want) ?: fetch_folder(f->ctl, argv[0]);
	if (!rc) {
		out_text(f->ctl->out, "fmspc", want.of.fmspc);
		out_text(f->ctl->out, "ca", want.of.platform ? "platform" : "processor");
		out_list(f->ctl->out, "files");
		rc = write_all(f, it, argv[0]);
	}
	for (i = 0; i < ITEMS; i++)
		fetch_item_free(&it[i]);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct fetch f;
	int rc = fetch_options(ctl, &f, FETCH_PCS, FETCH_TAKES_TDX, argc, argv);

	if (!rc)
		rc = tdx(&f, argc - f.positionals, argv + f.positionals);
	if (!rc) {
		out_close(ctl->out);
		fetch_summary(&f);
	}
	fetch_free(&f);
	return rc;
}

const struct wardctl_verb verb_fetch_tdx = {
	.name = "fetch tdx",
	.args = "DIR QUOTE|--fmspc HEX --ca platform|processor " FETCH_ARGS,
	.help = "TCB info, enclave identity and revocation lists for a TDX platform",
	.details = FETCH_DETAILS,
	.run = run,
};
