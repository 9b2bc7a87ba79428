// SPDX-License-Identifier: MIT
/*
 * wardctl measure boot: the registers of a TPM that a boot will lead to.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "appraise.h"
#include "infile.h"
#include "measure_boot.h"
#include "verbs.h"

struct boot_args {
	const char *kernel, *initrd, *append, *uki, *log, *phases;
};

/* What is read in and made of the arguments; freed as one. */
struct boot_input {
	struct wv_bytes kernel, initrd, uki, log, cmdline;
	struct pe kernel_pe, uki_pe;
};

static int parse_option(struct wardctl *ctl, int c, char **argv, struct boot_args *a)
{
	switch (c) {
	case 'k':
		a->kernel = optarg;
		return EXIT_OK;
	case 'i':
		a->initrd = optarg;
		return EXIT_OK;
	case 'a':
		a->append = optarg;
		return EXIT_OK;
	case 'u':
		a->uki = optarg;
		return EXIT_OK;
	case 'l':
		a->log = optarg;
		return EXIT_OK;
	case 'p':
		a->phases = optarg;
		return EXIT_OK;
	default:
		return ctl_bad_option(ctl, argv);
	}
}

static int check_args(struct wardctl *ctl, const struct boot_args *a)
{
	if (!a->kernel && !a->initrd && !a->append && !a->uki)
		return ctl_usage(ctl, "say what the boot will start: --uki, or --kernel, --initrd,"
				 " --append");
	if (a->uki && (a->kernel || a->initrd))
		return ctl_usage(ctl, "a unified image has its kernel and initrd in it: --uki goes with"
				 " neither --kernel nor --initrd");
	if (!a->log && (!a->uki || a->append))
		return ctl_usage(ctl, "--log is needed: what firmware and boot loader add to the same"
				 " registers, the log of a good boot tells"
				 " (/sys/kernel/security/tpm0/binary_bios_measurements)");
	if (a->phases && !a->uki)
		return ctl_usage(ctl, "--phases goes with --uki");
	return EXIT_OK;
}

static int parse(struct wardctl *ctl, int argc, char **argv, struct boot_args *a)
{
	static const struct option longs[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "append", required_argument, NULL, 'a' },
		{ "uki", required_argument, NULL, 'u' },
		{ "log", required_argument, NULL, 'l' },
		{ "phases", required_argument, NULL, 'p' },
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

/* As a boot loader hands it to the kernel: UTF-16, with its NUL. */
static int widen(struct wardctl *ctl, const uint8_t *text, size_t len, struct wv_bytes *out)
{
	uint8_t *wide = calloc(len + 1, 2);
	size_t i;

	if (!wide)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	for (i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e) {
			free(wide);
			return ctl_error(ctl, EXIT_DAMAGED, "image-unfit",
					 "command line: byte %zu is not printable ASCII\n"
					 "  mend: one line, without a line's end", i);
		}
		wide[2 * i] = text[i];
	}
	*out = (struct wv_bytes){ wide, 2 * (len + 1) };
	return EXIT_OK;
}

static int read_pe(struct wardctl *ctl, const char *path, struct wv_bytes *bytes, struct pe *pe)
{
	int rc = path ? infile_read_image(ctl, path, bytes) : EXIT_OK;
	const char *why = !rc && path ? pe_read(*bytes, pe) : NULL;

	if (why)
		return ctl_error(ctl, EXIT_DAMAGED, "image-unfit",
				 "%s: %s\n  mend: name a kernel with an EFI stub, or a unified kernel image",
				 path, why);
	return rc;
}

static int read_cmdline(struct wardctl *ctl, const struct boot_args *a, struct boot_input *in)
{
	struct wv_bytes text;

	if (a->append)
		return widen(ctl, (const uint8_t *)a->append, strlen(a->append), &in->cmdline);
	if (!a->uki || !pe_section(&in->uki_pe, ".cmdline", &text))
		return EXIT_OK;
	while (text.len && (!text.data[text.len - 1] || text.data[text.len - 1] == '\n'))
		text.len--;
	return widen(ctl, text.data, text.len, &in->cmdline);
}

static int read_all(struct wardctl *ctl, const struct boot_args *a, struct boot_input *in)
{
	int rc = read_pe(ctl, a->kernel, &in->kernel, &in->kernel_pe);

	if (!rc)
		rc = read_pe(ctl, a->uki, &in->uki, &in->uki_pe);
	if (!rc && a->initrd)
		rc = infile_read_image(ctl, a->initrd, &in->initrd);
	if (!rc && a->log)
		rc = infile_read(ctl, a->log, &in->log);
	return rc ? rc : read_cmdline(ctl, a, in);
}

static const char *predict(const struct boot_args *a, const struct boot_input *in,
			   const struct wv_tcglog *log, struct boot *boot)
{
	struct boot_parts parts = {
		.kernel = a->kernel ? &in->kernel_pe : NULL,
		.uki = a->uki ? &in->uki_pe : NULL,
		.initrd = in->initrd, .cmdline = in->cmdline,
	};
	const char *why;

	if (a->uki)
		pe_section(&in->uki_pe, ".initrd", &parts.initrd);
	why = a->log ? boot_predict(log, &parts, boot) : boot_predict_uki(&in->uki_pe, boot);
	return why || !a->phases ? why : boot_phases(a->phases, boot);
}

/* The registers that ward.ko's measurement can be in, as members of a policy. */
static void show_policy(struct output *o, const struct wv_tcglog_pcrs *pcrs)
{
	static const uint32_t shown[] = { 4, 9, 11, 12 };
	char name[16];
	size_t i;

	out_object(o, "tpm");
	out_object(o, "pcrs");
	out_object(o, "sha256");
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		if (!(pcrs->extended >> shown[i] & 1))
			continue;
		snprintf(name, sizeof(name), "%u", shown[i]);
		out_list(o, name);
		out_hex(o, NULL, pcrs->value[shown[i]], pcrs->len);
		out_close(o);
	}
	out_close(o);
	out_close(o);
	out_close(o);
}

static void show_replaced(struct output *o, const struct boot *boot)
{
	size_t i;

	out_list(o, "measured");
	for (i = 0; i < boot->count; i++) {
		const struct boot_replaced *r = &boot->replaced[i];

		out_object(o, NULL);
		out_uint(o, "pcr", r->pcr);
		out_text(o, "what", r->what);
		out_hex(o, "sha256", r->digest, sizeof(r->digest));
		out_close(o);
	}
	out_close(o);
}

static int show(struct wardctl *ctl, const struct boot_args *a, const struct boot_input *in)
{
	struct boot *boot = calloc(1, sizeof(*boot));
	struct wv_tcglog log;
	struct wv_fault fault;
	const char *why;
	int rc = EXIT_OK;

	if (!boot)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	if (a->log && wv_tcglog_open(in->log, &log, &fault)) {
		free(boot);
		return appraise_fault(ctl, a->log, &fault);
	}
	why = predict(a, in, &log, boot);
	if (why) {
		rc = ctl_error(ctl, EXIT_DAMAGED, "not-predictable",
			       "%s\n  mend: take the log of a boot of the same kind, on the same firmware",
			       why);
	} else {
		show_policy(ctl->out, &boot->pcrs);
		show_replaced(ctl->out, boot);
	}
	free(boot);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct boot_args a = { 0 };
	struct boot_input *in = calloc(1, sizeof(*in));
	int rc;

	if (!in)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	rc = parse(ctl, argc, argv, &a);
	if (!rc)
		rc = read_all(ctl, &a, in);
	if (!rc)
		rc = show(ctl, &a, in);
	infile_free(&in->kernel);
	infile_free(&in->initrd);
	infile_free(&in->uki);
	infile_free(&in->log);
	infile_free(&in->cmdline);
	free(in);
	return rc;
}

const struct wardctl_verb verb_measure_boot = {
	.name = "measure boot",
	.args = "[--log FILE] [--kernel FILE] [--initrd FILE] [--append TEXT]\n"
		"       [--uki FILE [--phases WORD:...]]",
	.help = "the registers of a TPM that a boot will lead to",
	.details = "Takes the event log of a boot that is known to be good, puts the measurements of\n"
		   "what is named here in the place of those that it has, and computes registers 4, 9,\n"
		   "11 and 12: members of a policy. What is not named stays as in the log. Without a\n"
		   "log, --uki gives register 11 (systemd-stub 252). --append is what the kernel finds\n"
		   "in /proc/cmdline; --phases are the words that systemd-pcrphase adds to register 11.\n",
	.run = run,
};
