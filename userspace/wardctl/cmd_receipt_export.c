// SPDX-License-Identifier: MIT
/*
 * wardctl receipt export: a receipt for a session that has ended, out of its
 * tombstone, or for all releases of a log. (A program that lives takes its own
 * receipt through libward.) The records went with the session; its chain's head
 * stays in the claims, and root finds what the kernel still has of them.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "evidence.h"
#include "hex.h"
#include "outfile.h"
#include "receipt.h"
#include "receipt_range.h"
#include "verbs.h"

#define LINE_MAX_BYTES 65536

/**
 * struct receipt_args - which session, which release; @have counts the bits of
 *	what was given. Or all releases of @log
 */
struct receipt_args {
	const char *out;
	const char *log;
	struct releases releases;
	struct receipt_for what;
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

#define FIELD(name, json) { #name, json, offsetof(struct receipt_for, name), \
			    sizeof(((struct receipt_for *)0)->name) }

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

	if (!hex_decode(text, (uint8_t *)&args->what + f->offset, f->len))
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

static int option(struct wardctl *ctl, struct receipt_args *args, int c, const char **line)
{
	switch (c) {
	case 'l':
		*line = optarg;
		return EXIT_OK;
	case 'L':
		args->log = optarg;
		return EXIT_OK;
	case 'S':
		return releases_since(ctl, &args->releases, optarg);
	case 'U':
		return releases_until(ctl, &args->releases, optarg);
	default:
		return take(ctl, args, (size_t)c, optarg, "");
	}
}

/* One release, or a log with a range: never both. */
static int settle(struct wardctl *ctl, struct receipt_args *args, const char *line)
{
	bool range = args->releases.has_since || args->releases.has_until;
	int rc = EXIT_OK;

	if (args->log && (line || args->have))
		return ctl_usage(ctl, "--log has every release's own: nothing else goes with it");
	if (!args->log && range)
		return ctl_usage(ctl, "--since and --until go with --log");
	if (args->log)
		return releases_read(ctl, args->log, &args->releases);
	if (line)
		rc = take_line(ctl, args, line);
	if (!rc && args->have != HAVE_ALL)
		rc = missing(ctl, args);
	return rc;
}

static int parse(struct wardctl *ctl, int argc, char **argv, struct receipt_args *args)
{
	static const struct option longs[] = {
		{ "session", required_argument, NULL, 0 },
		{ "release", required_argument, NULL, 1 },
		{ "dataset", required_argument, NULL, 2 },
		{ "nonce", required_argument, NULL, 3 },
		{ "line", required_argument, NULL, 'l' },
		{ "log", required_argument, NULL, 'L' },
		{ "since", required_argument, NULL, 'S' },
		{ "until", required_argument, NULL, 'U' },
		{ 0 },
	};
	const char *line = NULL;
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "l:", longs, NULL)) != -1)
		rc = c != '?' ? option(ctl, args, c, &line) :
				ctl_usage(ctl, "'%s' is not an option here, or lacks its value",
					  argv[optind - 1]);
	if (!rc && argc - optind != 1)
		rc = ctl_usage(ctl, "receipt export takes one file, or with --log one directory, to write");
	if (!rc)
		rc = settle(ctl, args, line);
	if (!rc)
		args->out = argv[optind];
	if (!rc && outfile_same(args->out, line))
		rc = ctl_usage(ctl, "%s is the line: name another file for the receipt", line);
	return rc;
}

static int export_failed(struct wardctl *ctl, const struct ward_session *session, int err)
{
	const char *mend = err == -EPERM ? "\n  mend: run as that user, or as root" : "";

	if (err == -ENOENT || err == -EPERM || err == -EINVAL)
		return ctl_error(ctl, EXIT_DEVICE, receipt_reason(err), "%s%s", receipt_why(err),
				 mend);
	return device_no_evidence(ctl, session, err, "get evidence of the ended session");
}

static int take_one(struct wardctl *ctl, const struct receipt_for *what, struct receipt *receipt)
{
	struct ward_control *control;
	struct ward_session *session;
	int err, rc = device_session(ctl, &session);

	if (rc)
		return rc;
	if (ward_control_open(&control))
		control = NULL;
	err = receipt_take(session, control, what, receipt);
	if (control)
		ward_control_close(control);
	rc = err ? export_failed(ctl, session, err) : EXIT_OK;
	ward_session_close(session);
	return rc;
}

static int export_one(struct wardctl *ctl, const struct receipt_args *args)
{
	struct receipt receipt;
	int rc = take_one(ctl, &args->what, &receipt);

	if (rc)
		return rc;
	rc = evidence_write_bundle(ctl, args->out, receipt.evidence, &receipt.records);
	if (!rc) {
		out_text(ctl->out, "receipt", args->out);
		evidence_show(ctl, receipt.evidence);
		receipt_show(ctl, &receipt);
	}
	receipt_free(&receipt);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct receipt_args args = { .out = NULL };
	int rc = parse(ctl, argc, argv, &args);

	if (!rc && args.log)
		rc = receipt_range_export(ctl, &args.releases, args.out);
	else if (!rc)
		rc = export_one(ctl, &args);
	releases_free(&args.releases);
	return rc;
}

const struct wardctl_verb verb_receipt_export = {
	.name = "receipt export",
	.args = "(--line FILE | --session HEX --release HEX --dataset HEX --nonce HEX) RECEIPT,\n"
		"       or --log FILE [--since TIME] [--until TIME] DIRECTORY",
	.help = "take the wipe receipt of a session that has ended, or those of a time",
	.details = "--line reads a line of the broker's release log. The session must be the caller's\n"
		   "own, or the caller root. Records go with the session: the receipt carries the head\n"
		   "of its chain, and for root the records that the kernel still has.\n"
		   "--log takes one for each release of the log from --since on and before --until,\n"
		   "as DIRECTORY/RELEASE.ward; exit code 6 when one could not be had.\n",
	.run = run,
};
