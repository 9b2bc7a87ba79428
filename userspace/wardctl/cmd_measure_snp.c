// SPDX-License-Identifier: MIT
/*
 * wardctl measure snp: the launch digest that an SEV-SNP guest will have.
 */
#include <getopt.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "infile.h"
#include "measure_snp.h"
#include "verbs.h"

#define COUNTS_MAX	16

struct snp_args {
	const char *ovmf, *kernel, *initrd, *append, *type;
	unsigned int vcpus[COUNTS_MAX];
	size_t counts;
	uint64_t features;
	int vmm;
};

static bool parse_counts(const char *text, struct snp_args *a)
{
	char *end;

	for (a->counts = 0; a->counts < COUNTS_MAX; text = end + 1) {
		unsigned long n = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;

		if (!n || n > SNP_VCPUS_MAX)
			return false;
		a->vcpus[a->counts++] = (unsigned int)n;
		if (!*end)
			return true;
		if (*end != ',')
			return false;
	}
	return false;
}

static bool parse_hex(const char *text, uint64_t *out)
{
	const char *digits = strncmp(text, "0x", 2) ? text : text + 2;
	char *end;

	if (!*digits || strspn(digits, "0123456789abcdefABCDEF") != strlen(digits) ||
	    strlen(digits) > 16)
		return false;
	*out = strtoull(digits, &end, 16);
	return true;
}

static int parse_option(struct wardctl *ctl, int c, char **argv, struct snp_args *a)
{
	switch (c) {
	case 'o':
		a->ovmf = optarg;
		return EXIT_OK;
	case 'k':
		a->kernel = optarg;
		return EXIT_OK;
	case 'i':
		a->initrd = optarg;
		return EXIT_OK;
	case 'a':
		a->append = optarg;
		return EXIT_OK;
	case 't':
		a->type = optarg;
		return EXIT_OK;
	case 'n':
		return parse_counts(optarg, a) ? EXIT_OK :
		       ctl_usage(ctl, "--vcpus takes a number from 1 to %u, or up to %d of them with"
				 " commas, not '%s'", SNP_VCPUS_MAX, COUNTS_MAX, optarg);
	case 'f':
		return parse_hex(optarg, &a->features) ? EXIT_OK :
		       ctl_usage(ctl, "--guest-features takes 64 bits in hex, not '%s'", optarg);
	case 'm':
		a->vmm = snp_vmm_find(optarg);
		return a->vmm >= 0 ? EXIT_OK :
		       ctl_usage(ctl, "--vmm takes qemu, ec2 or gce, not '%s'", optarg);
	default:
		return ctl_bad_option(ctl, argv);
	}
}

static int check_args(struct wardctl *ctl, const struct snp_args *a)
{
	if (!a->ovmf || !a->counts)
		return ctl_usage(ctl, "--ovmf and --vcpus are needed");
	if ((a->initrd || a->append) && !a->kernel)
		return ctl_usage(ctl, "--initrd and --append go with --kernel: without a kernel that is"
				 " handed to the firmware they are not measured");
	if (a->vmm == SNP_VMM_QEMU && !a->type)
		return ctl_usage(ctl, "--vcpu-type is needed: with QEMU the model is in the digest");
	if (a->type && !snp_vcpu_sig(a->type))
		return ctl_usage(ctl, "--vcpu-type takes a model as QEMU names it (EPYC, EPYC-Rome,"
				 " EPYC-Milan, EPYC-Genoa, EPYC-Turin, each also with -v1, ...) or CPUID's"
				 " signature (0xa00f11), not '%s'", a->type);
	return EXIT_OK;
}

static int parse(struct wardctl *ctl, int argc, char **argv, struct snp_args *a)
{
	static const struct option longs[] = {
		{ "ovmf", required_argument, NULL, 'o' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "append", required_argument, NULL, 'a' },
		{ "vcpus", required_argument, NULL, 'n' },
		{ "vcpu-type", required_argument, NULL, 't' },
		{ "guest-features", required_argument, NULL, 'f' },
		{ "vmm", required_argument, NULL, 'm' },
		{ 0 },
	};
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		rc = parse_option(ctl, c, argv, a);
	if (!rc && optind != argc)
		rc = ctl_usage(ctl, "'%s' is one argument too many", argv[optind]);
	return rc ? rc : check_args(ctl, a);
}

/* SHA-256 of a file, or of nothing where none is named. */
static int hash_file(struct wardctl *ctl, const char *path, uint8_t out[32])
{
	struct wv_bytes b = { NULL, 0 };
	int rc = path ? infile_read_image(ctl, path, &b) : EXIT_OK;

	if (!rc && !EVP_Digest(b.data, b.len, out, NULL, EVP_sha256(), NULL))
		rc = ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	infile_free(&b);
	return rc;
}

/* As QEMU hands them over: the command line with its final NUL. */
static int hash_kernel(struct wardctl *ctl, const struct snp_args *a, uint8_t hash[3][32])
{
	const char *text = a->append ? a->append : "";
	int rc = hash_file(ctl, a->kernel, hash[0]);

	if (!rc)
		rc = hash_file(ctl, a->initrd, hash[1]);
	if (!rc && !EVP_Digest(text, strlen(text) + 1, hash[2], NULL, EVP_sha256(), NULL))
		rc = ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	return rc;
}

static int digests(struct wardctl *ctl, const struct snp_args *a, struct snp_launch *l)
{
	uint8_t digest[SNP_DIGEST_LEN];
	const char *why;
	size_t i;

	out_list(ctl->out, "measurement");
	for (i = 0; i < a->counts; i++) {
		l->vcpus = a->vcpus[i];
		why = snp_launch_digest(l, digest);
		if (why)
			return ctl_error(ctl, EXIT_DAMAGED, "firmware-unfit",
					 "%s: %s\n  mend: take an OVMF that was built for it (OvmfPkg/AmdSev"
					 " for a kernel that QEMU hands over), or measure the firmware alone,"
					 " without --kernel", a->ovmf, why);
		out_hex(ctl->out, NULL, digest, sizeof(digest));
	}
	out_close(ctl->out);
	return EXIT_OK;
}

static void show_inputs(struct wardctl *ctl, const struct snp_args *a, const struct snp_launch *l)
{
	out_object(ctl->out, "over");
	out_list(ctl->out, "vcpus");
	for (size_t i = 0; i < a->counts; i++)
		out_uint(ctl->out, NULL, a->vcpus[i]);
	out_close(ctl->out);
	out_textf(ctl->out, "vcpu_signature", "%08x", l->vcpu_sig);
	out_textf(ctl->out, "guest_features", "%llx", (unsigned long long)l->guest_features);
	if (l->kernel) {
		out_hex(ctl->out, "kernel_sha256", l->kernel, 32);
		out_hex(ctl->out, "initrd_sha256", l->initrd, 32);
		out_hex(ctl->out, "cmdline_sha256", l->cmdline, 32);
	}
	out_close(ctl->out);
}

static int measure(struct wardctl *ctl, const struct snp_args *a, struct wv_bytes image)
{
	struct ovmf ovmf;
	const char *why = ovmf_read(image, &ovmf);
	uint8_t hash[3][32];
	struct snp_launch l = { .ovmf = &ovmf, .vmm = (enum snp_vmm)a->vmm,
				.guest_features = a->features };
	int rc = EXIT_OK;

	if (why)
		return ctl_error(ctl, EXIT_DAMAGED, "firmware-unfit",
				 "%s: %s\n  mend: take the file that is given to the VM: OVMF, of 2022 or"
				 " later, in one piece", a->ovmf, why);
	l.vcpu_sig = a->type ? snp_vcpu_sig(a->type) : 0;
	if (a->kernel) {
		rc = hash_kernel(ctl, a, hash);
		l.kernel = hash[0];
		l.initrd = hash[1];
		l.cmdline = hash[2];
	}
	if (!rc)
		rc = digests(ctl, a, &l);
	if (!rc)
		show_inputs(ctl, a, &l);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct snp_args a = { .features = 1, .vmm = SNP_VMM_QEMU };
	struct wv_bytes image = { NULL, 0 };
	int rc = parse(ctl, argc, argv, &a);

	if (!rc)
		rc = infile_read_image(ctl, a.ovmf, &image);
	if (!rc)
		rc = measure(ctl, &a, image);
	infile_free(&image);
	return rc;
}

const struct wardctl_verb verb_measure_snp = {
	.name = "measure snp",
	.args = "--ovmf FILE --vcpus N[,N...] [--vcpu-type TYPE] [--kernel FILE]\n"
		"       [--initrd FILE] [--append TEXT] [--guest-features HEX] [--vmm qemu|ec2|gce]",
	.help = "the launch digest that an SEV-SNP guest will have",
	.details = "What the firmware image, and through its hashes kernel, initrd and command line,\n"
		   "come to: a policy's \"measurement\". Each number of processors has its own digest,\n"
		   "and so has each model with QEMU (EPYC-Milan-v2, or CPUID's signature in hex).\n"
		   "--guest-features: SEV_FEATURES, 1 unless said.\n",
	.run = run,
};
