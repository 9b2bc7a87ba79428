// SPDX-License-Identifier: MIT
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../common/seal_words.h"
#include "seal_job.h"
#include "secret_out.h"

static const struct option options[] = {
	{ "tpm", no_argument, NULL, 't' },
	{ "pcr", required_argument, NULL, 'p' },
	{ "bank", required_argument, NULL, 'b' },
	{ "auth", required_argument, NULL, 'a' },
	{ "tcti", required_argument, NULL, 'T' },
	{ "counter", required_argument, NULL, 'c' },
	{ "versions", no_argument, NULL, 'V' },
	{ "snp", no_argument, NULL, 's' },
	{ "bind", required_argument, NULL, 'B' },
	{ "root", required_argument, NULL, 'r' },
	{ "vmpl", required_argument, NULL, 'v' },
	{ "device", required_argument, NULL, 'd' },
	{ "broker", required_argument, NULL, 'u' },
	{ "ca", required_argument, NULL, 'C' },
	{ "key", required_argument, NULL, 'k' },
	{ "to", required_argument, NULL, 'o' },
	{ "identity", required_argument, NULL, 'i' },
	{ "name", required_argument, NULL, 'N' },
	{ "threads", required_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static int number(const char *text, int base, unsigned long most, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, base);
	return *text < '0' || *text > '9' || *end || errno || *out > most ? -EINVAL : 0;
}

static int take_pcrs(struct seal_job *j, const char *text)
{
	return seal_words_pcrs(text, &j->tpm.pcrs) ?
		       ctl_usage(j->job.ctl, "--pcr takes " SEAL_WORDS_PCRS) : EXIT_OK;
}

static int take_bank(struct seal_job *j, const char *text)
{
	j->tpm.bank = !strcmp(text, "sha256") ? WARD_SEAL_BANK_SHA256 :
		      !strcmp(text, "sha384") ? WARD_SEAL_BANK_SHA384 : 0;
	return j->tpm.bank ? EXIT_OK : ctl_usage(j->job.ctl, "--bank takes sha256 or sha384");
}

static int take_counter(struct seal_job *j, const char *text)
{
	unsigned long n;

	if (number(text, 0, 0x01ffffff, &n) || n < 0x01000000)
		return ctl_usage(j->job.ctl, "--counter takes an NV index, 0x01000000 to 0x01ffffff");
	j->counter = (uint32_t)n;
	return EXIT_OK;
}

static int take_bind(struct seal_job *j, const char *text)
{
	return seal_words_bind(text, &j->snp.fields, &j->snp.bind) ?
		       ctl_usage(j->job.ctl, "--bind takes " SEAL_WORDS_BIND) : EXIT_OK;
}

static int take_root(struct seal_job *j, const char *text)
{
	j->snp.vmrk = !strcmp(text, "vmrk");
	return j->snp.vmrk || !strcmp(text, "vcek") ? EXIT_OK :
	       ctl_usage(j->job.ctl, "--root takes vcek or vmrk");
}

static int take_vmpl(struct seal_job *j, const char *text)
{
	unsigned long n;

	if (number(text, 10, 3, &n))
		return ctl_usage(j->job.ctl, "--vmpl takes 0 to 3");
	j->snp.vmpl = (uint32_t)n;
	return EXIT_OK;
}

static int take_to(struct seal_job *j, const char *path)
{
	if (j->job.to_count == JOB_LIST_MAX)
		return ctl_usage(j->job.ctl, "at most %d of --to", JOB_LIST_MAX);
	j->job.to[j->job.to_count++] = path;
	return EXIT_OK;
}

static int take(struct seal_job *j, int c)
{
	switch (c) {
	case 't': j->use_tpm = 1; return EXIT_OK;
	case 'p': return take_pcrs(j, optarg);
	case 'b': return take_bank(j, optarg);
	case 'a': j->auth_file = optarg; return EXIT_OK;
	case 'T': j->tpm.where = optarg; return EXIT_OK;
	case 'c': return take_counter(j, optarg);
	case 'V': j->versions = 1; return EXIT_OK;
	case 's': j->use_snp = 1; return EXIT_OK;
	case 'B': return take_bind(j, optarg);
	case 'r': return take_root(j, optarg);
	case 'v': return take_vmpl(j, optarg);
	case 'd': j->snp.device = optarg; return EXIT_OK;
	case 'u': j->broker = optarg; return EXIT_OK;
	case 'C': j->ca = optarg; return EXIT_OK;
	case 'k': j->job.key = optarg; return EXIT_OK;
	case 'o': return take_to(j, optarg);
	case 'i': j->job.identity = optarg; return EXIT_OK;
	case 'N': j->job.name = optarg; return EXIT_OK;
	case 'j': return job_threads(optarg, &j->job.threads) ?
			 ctl_usage(j->job.ctl, "--threads takes 1 to 64") : EXIT_OK;
	}
	return EXIT_OK;
}

static int take_files(struct seal_job *j, int argc, char **argv)
{
	struct wardctl *ctl = j->job.ctl;

	if (argc - optind != 2)
		return ctl_usage(ctl, "two files are needed: the input and the output");
	j->job.in = argv[optind];
	j->job.out = argv[optind + 1];
	if (!strcmp(j->job.out, "-"))
		return ctl_usage(ctl, "the output is a file: nothing is written to a terminal or pipe by accident; name one");
	if (j->versions && (!j->broker || j->counter))
		return ctl_usage(ctl, "--versions has the broker of --broker count, and no TPM's --counter beside it");
	if (!j->broker != !j->ca)
		return ctl_usage(ctl, "--broker URL/PATH and --ca FILE go together");
	if (!j->auth_file)
		return EXIT_OK;
	j->tpm.auth = j->auth;
	j->tpm.auth_len = sizeof(j->auth);
	return job_key(&j->job, j->auth_file, j->auth);
}

int seal_parse(struct seal_job *j, struct wardctl *ctl, const char *takes, int argc, char **argv)
{
	int c, rc;

	secret_keep();
	memset(j, 0, sizeof(*j));
	j->job.ctl = ctl;
	j->job.in_fd = -1;
	j->tpm.pcrs = 1u << 0 | 1u << 2 | 1u << 4 | 1u << 7;
	j->snp.fields = WARD_SEAL_SNP_MEASUREMENT | WARD_SEAL_SNP_POLICY;
	/* tpm2-tss writes what it thinks of each failure to stderr; we say it once. */
	setenv("TSS2_LOG", "all+NONE", 0);
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "k:", options, NULL)) != -1) {
		if (c == '?')
			return ctl_bad_option(ctl, argv);
		if (!strchr(takes, c))
			return ctl_usage(ctl, "--%s is an option of another verb", job_option_name(options, c));
		rc = take(j, c);
		if (rc)
			return rc;
	}
	return take_files(j, argc, argv);
}

void seal_end(struct seal_job *j)
{
	job_end(&j->job);
	ward_kbs_free(j->kbs);
	explicit_bzero(j->auth, sizeof(j->auth));
	explicit_bzero(j->broker_key, sizeof(j->broker_key));
}

int seal_output(struct seal_job *j, struct outfile *f)
{
	if (outfile_same(j->auth_file, j->job.out) || outfile_same(j->ca, j->job.out))
		return ctl_error(j->job.ctl, EXIT_USAGE, "output",
				 "%s is the auth value or the roots: name another output", j->job.out);
	return job_output(&j->job, f, 0600);
}

int seal_failed(struct seal_job *j, int rc, const char *said)
{
	static const struct {
		int rc;
		const char *reason;
		int code;
	} known[] = {
		{ -ESTALE, "pcr-differs", EXIT_POLICY },
		{ -EXDEV, "sealed-elsewhere", EXIT_POLICY },
		{ -EKEYREJECTED, "sealed-elsewhere", EXIT_POLICY },
		{ -EALREADY, "rolled-back", EXIT_POLICY },
		{ -EACCES, "seal-refused", EXIT_POLICY },
		{ -EINVAL, "usage", EXIT_USAGE },
		{ -ENOENT, "not-there", EXIT_DEVICE },
		{ -EBADMSG, "dataset-damaged", EXIT_DAMAGED },
		{ -ECOMM, "network", EXIT_NETWORK },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].rc == rc)
			return ctl_error(j->job.ctl, known[i].code, known[i].reason, "%s", said);
	return ctl_error(j->job.ctl, EXIT_DEVICE, "seal-failed", "%s", said);
}
