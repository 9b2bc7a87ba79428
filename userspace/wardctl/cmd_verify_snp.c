// SPDX-License-Identifier: MIT
/*
 * wardctl verify certs, verify attestation: bare SNP evidence, with the
 * arguments, file names and success lines that users of snpguest know.
 */
#include <string.h>

#include "appraise.h"
#include "infile.h"
#include "verbs.h"

static const char *vek_name(const struct wv_vek_info *v)
{
	return v->kind == WV_VEK_VLEK ? "VLEK" : "VCEK";
}

static const char *intermediate_name(const struct wv_vek_info *v)
{
	return v->kind == WV_VEK_VLEK ? "ASVK" : "ASK";
}

/* A root that somebody named is not AMD's, whatever its subject says. */
static const char *owner(const struct wv_vek_info *v)
{
	return v->simulated ? "SIMULATED " : v->named_root ? "" : "AMD ";
}

static void chain_lines(struct output *o, const struct wv_vek_info *v)
{
	const char *who = owner(v);

	out_line(o, "The %sARK was self-signed!", who);
	out_line(o, "The %s%s was signed by the %sARK!", who, intermediate_name(v), who);
	out_line(o, "The %s was signed by the %s%s!", vek_name(v), who, intermediate_name(v));
}

static void chain_members(struct output *o, const struct wv_vek_info *v)
{
	char from[32], to[32];

	wv_time_text(v->not_before, from);
	wv_time_text(v->not_after, to);
	out_text(o, "kind", v->kind == WV_VEK_VLEK ? "vlek" : "vcek");
	out_text(o, "product", wv_product_text(v->product));
	out_text(o, "key", v->subject[0]);
	out_text(o, "intermediate", v->subject[1]);
	out_text(o, "root", v->subject[2]);
	out_bool(o, "named_root", v->named_root);
	out_bool(o, "simulated", v->simulated);
	out_bool(o, "crl_checked", v->crl_checked);
	out_text(o, "not_before", from);
	out_text(o, "not_after", to);
}

static int certs(struct wardctl *ctl, struct appraise *a, const char *dir)
{
	const struct wv_bytes none = { NULL, 0 };
	struct wv_vek_info info;
	struct wv_fault fault;
	struct wv_vek *vek;
	int rc;

	a->collateral_dir = dir;
	a->names_alone = true;
	rc = appraise_ready(ctl, a, -1);
	if (rc)
		return rc;
	if (wv_vek_open(a->roots, &a->collateral, none, a->now, &vek, &fault))
		return appraise_fault(ctl, dir, &fault);
	wv_vek_info(vek, &info);
	wv_vek_free(vek);
	chain_lines(ctl->out, &info);
	out_text(ctl->out, "verdict", "ok");
	chain_members(ctl->out, &info);
	return EXIT_OK;
}

static int run_certs(struct wardctl *ctl, int argc, char **argv)
{
	struct appraise a;
	int rc = appraise_options(ctl, &a, 0, argc, argv, NULL);

	if (!rc && argc - a.positionals != 1)
		rc = ctl_usage(ctl, "one folder is expected");
	if (!rc)
		rc = certs(ctl, &a, argv[a.positionals]);
	appraise_free(&a);
	return rc;
}

/* Without a policy: is it genuine? Debug guests are refused all the same. */
static const char genuine[] =
	"{\"ward-policy\":1,\"accept_unmeasured\":true,\"vmpl_max\":3,"
	"\"allow_tee\":[\"snp\",\"simulated-snp\"]}";

static int default_policy(struct wardctl *ctl, struct appraise *a)
{
	struct wv_bytes text = { (const uint8_t *)genuine, sizeof(genuine) - 1 };
	struct wv_fault fault;

	if (a->policy)
		return EXIT_OK;
	if (wv_policy_parse(text, &a->policy, &fault))
		return appraise_fault(ctl, "built-in policy", &fault);
	return EXIT_OK;
}

static void check_wanted(const struct appraise *a, struct wv_verdict *v)
{
	struct wv_fault *f = &v->fault;

	if (f->reason)
		return;
	if (a->want_measurement && memcmp(a->measurement, v->report.measurement, 48)) {
		f->reason = WV_MEASUREMENT_MISMATCH;
		f->offset = 0x90;
		strcpy(f->field, "report.measurement");
		strcpy(f->text, "it is not the one given with --measurement");
	} else if (a->want_host_data && memcmp(a->host_data, v->report.host_data, 32)) {
		f->reason = WV_HOST_DATA_REFUSED;
		f->offset = 0xc0;
		strcpy(f->field, "report.host_data");
		strcpy(f->text, "it is not the one given with --host-data");
	} else if (a->want_measurement) {
		v->measured = 1;
		v->warnings &= ~WV_WARN_UNMEASURED;
	}
}

static void report_lines(struct output *o, const struct wv_verdict *v)
{
	static const char *const parts[] = { "Boot Loader", "TEE", "SNP", "Microcode" };
	size_t i;

	chain_lines(o, &v->vek);
	for (i = 0; i < 4; i++)
		out_line(o, "Reported TCB %s from certificate matches the attestation report.",
			 parts[i]);
	if (v->vek.product == WV_PRODUCT_TURIN)
		out_line(o, "Reported TCB FMC from certificate matches the attestation report.");
	if (v->vek.has_chip_id && !(v->warnings & WV_WARN_CHIP_MASKED))
		out_line(o, "Chip ID from certificate matches the attestation report.");
	out_line(o, "VEK signed the Attestation Report!");
}

/* The folder's certificates are those of the kind that the report names. */
static int kind_of(struct wardctl *ctl, const char *path, struct wv_bytes report, int *kind)
{
	struct wv_snp_report parsed;
	struct wv_fault fault;

	if (report.len > WV_SNP_REPORT_SIZE)	/* a certificate table follows */
		report.len = WV_SNP_REPORT_SIZE;
	if (wv_snp_parse(report, &parsed, &fault))
		return appraise_fault(ctl, path, &fault);
	*kind = (int)parsed.signing_key;
	return EXIT_OK;
}

int appraise_snp(struct wardctl *ctl, struct appraise *a, const char *path,
		 struct wv_bytes report)
{
	struct wv_bytes none = { NULL, 0 }, data = { a->report_data, 64 };
	struct wv_verdict v;
	int kind = -1, rc = kind_of(ctl, path, report, &kind) ?: appraise_ready(ctl, a, kind);

	if (rc)
		return rc;
	wv_verify_snp(report, none, a->want_report_data ? data : a->expect.nonce, &a->in, &v);
	check_wanted(a, &v);
	if (!v.fault.reason)
		report_lines(ctl->out, &v);
	return appraise_done(ctl, a, path, &v);
}

static int attestation(struct wardctl *ctl, struct appraise *a, const char *dir, const char *path)
{
	struct wv_bytes report;
	int rc = default_policy(ctl, a) ?: infile_read(ctl, path, &report);

	if (rc)
		return rc;
	a->collateral_dir = dir;
	a->names_alone = true;
	rc = appraise_snp(ctl, a, path, report);
	infile_free(&report);
	return rc;
}

static int run_attestation(struct wardctl *ctl, int argc, char **argv)
{
	struct appraise a;
	int rc = appraise_options(ctl, &a, APPRAISE_SNPGUEST, argc, argv, NULL);

	if (!rc && argc - a.positionals != 2)
		rc = ctl_usage(ctl, "a folder and a report are expected");
	if (!rc)
		rc = attestation(ctl, &a, argv[a.positionals], argv[a.positionals + 1]);
	appraise_free(&a);
	return rc;
}

const struct wardctl_verb verb_verify_certs = {
	.name = "verify certs",
	.args = "DIR [--root CERT]... [--at TIME]",
	.help = "a folder's certificate chain up to AMD's root",
	.details = "  The folder holds ark, and ask with vcek or asvk with vlek (.pem or .der), and maybe\n"
		   "  the revocation list, crl.\n"
		   "  Trusted are AMD's root keys, which are built in, and the roots that you name.\n",
	.run = run_certs,
};

const struct wardctl_verb verb_verify_attestation = {
	.name = "verify attestation",
	.args = "DIR REPORT [-t] [-s] [-m HEX] [-d HEX] [-r HEX] [--policy FILE] [--explain] [--root CERT]... [--at TIME] [--ear FILE] [--ear-jwt FILE --ear-key KEY]",
	.help = "a bare SNP report: chain, signature, TCB, chip",
	.details = "  -m, --measurement HEX  the launch digest that is expected\n"
		   "  -d, --host-data HEX    the host data that is expected\n"
		   "  -r, --report-data HEX  the report data that is expected\n"
		   "  -t, --tcb, -s, --signature\n"
		   "                         accepted; both are checked in any case\n"
		   "  --ear, --ear-jwt, --ear-key\n"
		   "                         results for other programs; see verify bundle\n"
		   "  Without --policy only debug guests are refused beyond that.\n",
	.run = run_attestation,
};
