// SPDX-License-Identifier: MIT
/*
 * wardctl receipt export: a receipt for a session that has ended, out of its
 * tombstone. (A program that lives takes its own receipt through libward.) The
 * records went with the session; its chain's head stays in the claims.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "evidence.h"
#include "hex.h"
#include "verbs.h"

#define LINE_MAX_BYTES 65536

/**
 * struct receipt_args - which session, which release; @have counts the bits of
 *	what was given
 */
struct receipt_args {
	const char *out;
	uint8_t session[WARD_ID_LEN];
	uint8_t release[16];
	uint8_t dataset[16];
	uint8_t nonce[32];
	unsigned int have;
};

/**
 * struct field - a part of it: as option, and as member of a release log line
 */
struct field {
	const char *option;
	const char *member;
	size_t offset;
	size_t len;
};

#define FIELD(name, json) { #name, json, offsetof(struct receipt_args, name), \
			    sizeof(((struct receipt_args *)0)->name) }

static const struct field fields[] = {
	FIELD(session, "session"),
	FIELD(release, "release"),
	FIELD(dataset, "dataset"),
	FIELD(nonce, "receipt_nonce"),
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))
#define HAVE_ALL ((1u << FIELDS) - 1)

static int take(struct wardctl *ctl, struct receipt_args *args, size_t i, const char *text,
		const char *where)
{
	const struct field *f = &fields[i];

	if (!hex_decode(text, (uint8_t *)args + f->offset, f->len))
		return ctl_usage(ctl, "%s%s is %zu hex digits, not '%s'", where,
				 *where ? f->member : f->option, 2 * f->len, text);
	args->have |= 1u << i;
	return EXIT_OK;
}

static json_t *load_line(struct wardctl *ctl, const char *path, int *rc)
{
	json_error_t error;
	struct stat st;
	json_t *line;

	*rc = EXIT_DAMAGED;
	if (stat(path, &st)) {
		*rc = ctl_error(ctl, EXIT_USAGE, "usage", "read %s: %s", path, strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > LINE_MAX_BYTES) {
		ctl_error(ctl, EXIT_DAMAGED, "line", "%s: not a file of one line, at most %d bytes",
			  path, LINE_MAX_BYTES);
		return NULL;
	}
	line = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!line)
		ctl_error(ctl, EXIT_DAMAGED, "line", "%s:%d:%d: %s", path, error.line,
			  error.column, error.text);
	return line;
}

static int take_line(struct wardctl *ctl, struct receipt_args *args, const char *path)
{
	json_t *line;
	size_t i;
	int rc;

	line = load_line(ctl, path, &rc);
	if (!line)
		return rc;
	rc = EXIT_OK;
	for (i = 0; i < FIELDS && !rc; i++) {
		const char *text = json_string_value(json_object_get(line, fields[i].member));

		if (text && !(args->have & 1u << i))
			rc = take(ctl, args, i, text, "the line's member ");
	}
	json_decref(line);
	return rc;
}

static int missing(struct wardctl *ctl, const struct receipt_args *args)
{
	size_t i;

	for (i = 0; i < FIELDS; i++)
		if (!(args->have & 1u << i))
			break;
	return ctl_usage(ctl, "--%s is missing (or --line with its member '%s')",
			 fields[i].option, fields[i].member);
}

static int parse(struct wardctl *ctl, int argc, char **argv, struct receipt_args *args)
{
	static const struct option longs[] = {
		{ "session", required_argument, NULL, 0 },
		{ "release", required_argument, NULL, 1 },
		{ "dataset", required_argument, NULL, 2 },
		{ "nonce", required_argument, NULL, 3 },
		{ "line", required_argument, NULL, 'l' },
		{ 0 },
	};
	const char *line = NULL;
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "l:", longs, NULL)) != -1) {
		if (c == '?')
			rc = ctl_usage(ctl, "'%s' is not an option, or lacks its value",
				       argv[optind - 1]);
		else if (c == 'l')
			line = optarg;
		else
			rc = take(ctl, args, (size_t)c, optarg, "");
	}
	if (!rc && argc - optind != 1)
		rc = ctl_usage(ctl, "receipt export takes one file to write");
	if (!rc && line)
		rc = take_line(ctl, args, line);
	if (!rc && args->have != HAVE_ALL)
		rc = missing(ctl, args);
	if (!rc)
		args->out = argv[optind];
	return rc;
}

static int export_failed(struct wardctl *ctl, int err)
{
	if (err == -ENOENT)
		return ctl_error(ctl, EXIT_DEVICE, "no-session",
				 "no ended session has this id: it is still open, of another boot, or too"
				 " long ago");
	if (err == -EPERM)
		return ctl_error(ctl, EXIT_DEVICE, "no-permission",
				 "the session is another user's\n"
				 "  mend: run as that user, or as root");
	if (err == -EINVAL)
		return ctl_error(ctl, EXIT_DEVICE, "not-wiped",
				 "the session cannot give a receipt: it still holds protected memory");
	return device_no_evidence(ctl, err, "get evidence of the ended session");
}

static int attest(struct ward_session *session, const struct receipt_args *args,
		  struct ward_evidence **evidence)
{
	struct ward_request request = {
		.size = sizeof(request),
		.purpose = WARD_PURPOSE_RECEIPT,
		.nonce = args->nonce,
		.nonce_len = sizeof(args->nonce),
	};
	int err;

	memcpy(request.subject, args->session, sizeof(request.subject));
	err = ward_binding_receipt(args->release, args->dataset, args->nonce, request.binding);
	return err ? err : ward_session_attest(session, &request, evidence);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct receipt_args args = { 0 };
	struct ward_evidence *evidence;
	struct ward_session *session;
	int err, rc;

	rc = parse(ctl, argc, argv, &args);
	if (!rc)
		rc = device_session(ctl, &session);
	if (rc)
		return rc;
	err = attest(session, &args, &evidence);
	ward_session_close(session);
	if (err)
		return export_failed(ctl, err);
	rc = evidence_write_bundle(ctl, args.out, evidence, NULL);
	if (!rc) {
		out_text(ctl->out, "receipt", args.out);
		evidence_show(ctl, evidence);
	}
	ward_evidence_free(evidence);
	return rc;
}

const struct wardctl_verb verb_receipt_export = {
	.name = "receipt export",
	.args = "(--line FILE | --session HEX --release HEX --dataset HEX --nonce HEX) RECEIPT",
	.help = "take the wipe receipt of a session that has ended",
	.details = "--line reads a line of the broker's release log. The session must be the caller's\n"
		   "own, or the caller root. Records went with the session: the receipt carries the\n"
		   "head of its chain only.\n",
	.run = run,
};
