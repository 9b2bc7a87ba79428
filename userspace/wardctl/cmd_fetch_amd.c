// SPDX-License-Identifier: MIT
/*
 * wardctl fetch ca, vcek, crl: AMD's collateral, with the arguments that users of
 * snpguest know.
 */
#include <string.h>

#include "../common/collateral_need.h"
#include "appraise.h"
#include "fetch_amd.h"
#include "fetch_pool.h"
#include "fetch_write.h"
#include "infile.h"
#include "verbs.h"

static int read_report(struct wardctl *ctl, const char *path, struct wv_snp_report *out)
{
	struct wv_fault fault;
	struct wv_bytes in;
	int rc = infile_read(ctl, path, &in);

	if (rc)
		return rc;
	if (collateral_report(in, out, &fault))
		rc = appraise_fault(ctl, path, &fault);
	infile_free(&in);
	return rc;
}

static int model(struct wardctl *ctl, const char *word, int *product)
{
	*product = fetch_product(word);
	if (*product)
		return EXIT_OK;
	return ctl_usage(ctl, "a model is milan, genoa (bergamo, siena) or turin, not '%s'", word);
}

/* Version 2 doesn't say of which product it is: whoever asks has to. */
static int report_product(struct fetch *f, const struct wv_snp_report *r, int *product)
{
	if (f->processor)
		return model(f->ctl, f->processor, product);
	*product = r->product;
	if (*product)
		return EXIT_OK;
	return ctl_usage(f->ctl, "the report (version %u) does not say its processor: name the model",
			 r->version);
}

/* Of ca and crl: pem|der DIR MODEL, or -r REPORT in its place. */
static int read_arguments(struct fetch *f, char **argv, int argc, struct fetch_amd *w, bool *pem)
{
	struct wv_snp_report r;
	int rc;

	if (argc != (f->report ? 2 : 3))
		return ctl_usage(f->ctl, "pem or der, a folder, and a model or -r REPORT are expected");
	*pem = !strcmp(argv[0], "pem");
	if (!*pem && strcmp(argv[0], "der"))
		return ctl_usage(f->ctl, "pem or der is expected, not '%s'", argv[0]);
	w->vlek = f->vlek;
	if (!f->report)
		return model(f->ctl, argv[2], &w->product);
	rc = read_report(f->ctl, f->report, &r);
	if (rc)
		return rc;
	w->vlek = f->vlek || r.signing_key == WV_VEK_VLEK;
	return report_product(f, &r, &w->product);
}

static int write_pair(struct fetch *f, const struct fetch_item *it, const struct fetch_amd *w,
		      const char *dir, bool pem)
{
	X509 *intermediate, *ark;
	int rc;

	if (!fetch_amd_pair(it->body, &intermediate, &ark))
		return ctl_error(f->ctl, EXIT_DEVICE, "no-memory", "no memory");
	rc = fetch_write_cert(f, it, dir, "ark", ark, pem) ?:
	     fetch_write_cert(f, it, dir, w->vlek ? "asvk" : "ask", intermediate, pem);
	X509_free(intermediate);
	X509_free(ark);
	return rc;
}

static int ca(struct fetch *f, int argc, char **argv)
{
	struct fetch_amd want = { 0 };
	struct fetch_item it = { 0 };
	bool pem = false;
	int rc = read_arguments(f, argv, argc, &want, &pem);

	if (rc)
		return rc;
	fetch_amd_ca(&it, &want);
	rc = fetch_get(f, &it) ?: fetch_folder(f->ctl, argv[1]);
	out_list(f->ctl->out, "files");
	if (!rc)
		rc = write_pair(f, &it, &want, argv[1], pem);
	fetch_item_free(&it);
	return rc;
}

static int crl(struct fetch *f, int argc, char **argv)
{
	struct fetch_item issuers = { 0 }, it = { 0 };
	struct fetch_amd want = { 0 };
	bool pem = false;
	int rc = read_arguments(f, argv, argc, &want, &pem);

	if (rc)
		return rc;
	fetch_amd_ca(&issuers, &want);
	rc = fetch_get(f, &issuers);
	want.ca = issuers.body;
	fetch_amd_crl(&it, &want);
	if (!rc)
		rc = fetch_get(f, &it) ?: fetch_folder(f->ctl, argv[1]);
	out_list(f->ctl->out, "files");
	if (!rc)
		rc = fetch_write_crl(f, &it, argv[1], "crl", pem);
	fetch_item_free(&it);
	fetch_item_free(&issuers);
	return rc;
}

/* Which VCEK signed this report. */
static int wanted_vcek(struct fetch *f, const char *path, struct fetch_amd *w)
{
	struct wv_snp_report r;
	int rc = read_report(f->ctl, path, &r) ?: report_product(f, &r, &w->product);

	if (rc)
		return rc;
	if (r.signing_key != WV_VEK_VCEK)
		return ctl_error(f->ctl, EXIT_COLLATERAL, "collateral-missing",
				 "%s is signed by a VLEK: AMD gives that to the operator, not to who asks; it comes with the report (its certificate table). fetch ca -e vlek gets its issuers",
				 path);
	if (r.product && r.product != w->product)
		return ctl_usage(f->ctl, "%s is of %s, not of %s", path, wv_product_text(r.product),
				 wv_product_text(w->product));
	if (fetch_amd_chip(&r, w->product, w))
		return EXIT_OK;
	return ctl_error(f->ctl, EXIT_COLLATERAL, "collateral-missing",
			 "%s does not say its chip (the host masks it): its VCEK can't be asked for, the host must give it",
			 path);
}

static int write_vcek(struct fetch *f, const struct fetch_item *it, const char *dir, bool pem)
{
	X509 *cert = fetch_cert(it->body);
	int rc;

	if (!cert)
		return ctl_error(f->ctl, EXIT_DEVICE, "no-memory", "no memory");
	rc = fetch_write_cert(f, it, dir, "vcek", cert, pem);
	X509_free(cert);
	return rc;
}

static int vcek(struct fetch *f, int argc, char **argv)
{
	struct fetch_item issuers = { 0 }, it = { 0 };
	struct fetch_amd want = { 0 };
	bool pem = false;
	int rc;

	if (argc != 3)
		return ctl_usage(f->ctl, "pem or der, a folder and a report are expected");
	pem = !strcmp(argv[0], "pem");
	if (!pem && strcmp(argv[0], "der"))
		return ctl_usage(f->ctl, "pem or der is expected, not '%s'", argv[0]);
	rc = wanted_vcek(f, argv[2], &want);
	if (rc)
		return rc;
	fetch_amd_ca(&issuers, &want);
	rc = fetch_get(f, &issuers);
	want.ca = issuers.body;
	fetch_amd_vcek(&it, &want);
	if (!rc)
		rc = fetch_get(f, &it) ?: fetch_folder(f->ctl, argv[1]);
	out_list(f->ctl->out, "files");
	if (!rc)
		rc = write_vcek(f, &it, argv[1], pem);
	fetch_item_free(&it);
	fetch_item_free(&issuers);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv, unsigned int takes,
	       int (*verb)(struct fetch *f, int argc, char **argv))
{
	struct fetch f;
	int rc = fetch_options(ctl, &f, FETCH_KDS, takes, argc, argv);

	if (!rc)
		rc = verb(&f, argc - f.positionals, argv + f.positionals);
	if (!rc) {
		out_close(ctl->out);
		fetch_summary(&f);
	}
	fetch_free(&f);
	return rc;
}

static int run_ca(struct wardctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, FETCH_TAKES_REPORT | FETCH_TAKES_EK, ca);
}

static int run_crl(struct wardctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, FETCH_TAKES_REPORT | FETCH_TAKES_EK, crl);
}

static int run_vcek(struct wardctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, FETCH_TAKES_MODEL, vcek);
}

#define REPORT_DETAILS \
	"  -r, --report REPORT  the model is the report's, or that of a bundle\n" \
	"  -e, --endorser vcek|vlek\n" \
	"                       the issuers of VCEKs (default), or of VLEKs\n"

const struct wardctl_verb verb_fetch_ca = {
	.name = "fetch ca",
	.args = "pem|der DIR MODEL|-r REPORT [-e vcek|vlek] " FETCH_ARGS,
	.help = "AMD's ARK and ASK (or ASVK), checked against the pinned roots",
	.details = REPORT_DETAILS FETCH_DETAILS,
	.run = run_ca,
};

const struct wardctl_verb verb_fetch_vcek = {
	.name = "fetch vcek",
	.args = "pem|der DIR REPORT [-p MODEL] " FETCH_ARGS,
	.help = "the VCEK of the chip and the TCB that a report names",
	.details = "  -p, --processor-model MODEL\n"
		   "                       where the report is of version 2, which doesn't say it\n"
		   FETCH_DETAILS,
	.run = run_vcek,
};

const struct wardctl_verb verb_fetch_crl = {
	.name = "fetch crl",
	.args = "pem|der DIR MODEL|-r REPORT [-e vcek|vlek] " FETCH_ARGS,
	.help = "the revocation list of AMD's ARK",
	.details = REPORT_DETAILS FETCH_DETAILS,
	.run = run_crl,
};
