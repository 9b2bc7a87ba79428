// SPDX-License-Identifier: MIT
/*
 * wardctl report REPORT REQUEST: the order of arguments that snpguest has. The
 * kernel composes the report data itself; the request goes in as the nonce and
 * bound by its hash (doc/formats.md section 5). With --raw the request is the
 * report data.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "evidence.h"
#include "outfile.h"
#include "verbs.h"

#define REQUEST_LEN WARD_NONCE_MAX
#define RAW_LEN (REQUEST_LEN - WARD_RAW_ZEROES)

/**
 * struct report_args - what was asked for
 * @report: where the TEE's own report goes
 * @request: file of REQUEST_LEN bytes; written when @random
 * @bundle: where the .ward file goes, or NULL
 * @purpose: WARD_PURPOSE_*; 0 = none was named
 */
struct report_args {
	const char *report;
	const char *request;
	const char *bundle;
	uint32_t purpose;
	uint32_t timeout_ms;
	bool random;
	bool raw;
};

static int parse_timeout(struct wardctl *ctl, const char *text, uint32_t *ms)
{
	char *end;
	long s = strtol(text, &end, 10);

	if (end == text || *end || s < 1 || s > 3600)
		return ctl_usage(ctl, "--timeout takes 1 to 3600 seconds, not '%s'", text);
	*ms = (uint32_t)s * 1000;
	return EXIT_OK;
}

static int parse_option(struct wardctl *ctl, int c, char **argv, struct report_args *args)
{
	switch (c) {
	case 'r':
		args->random = true;
		return EXIT_OK;
	case 'w':
		args->raw = true;
		return EXIT_OK;
	case 'b':
		args->bundle = optarg;
		return EXIT_OK;
	case 't':
		return parse_timeout(ctl, optarg, &args->timeout_ms);
	case 'p':
		args->purpose = evidence_purpose(optarg);
		return args->purpose ? EXIT_OK :
		       ctl_usage(ctl, "--purpose is release, channel, receipt, seal or report, not '%s'",
				 optarg);
	default:
		return ctl_bad_option(ctl, argv);
	}
}

static int parse(struct wardctl *ctl, int argc, char **argv, struct report_args *args)
{
	static const struct option longs[] = {
		{ "random", no_argument, NULL, 'r' },
		{ "bundle", required_argument, NULL, 'b' },
		{ "purpose", required_argument, NULL, 'p' },
		{ "timeout", required_argument, NULL, 't' },
		{ "raw", no_argument, NULL, 'w' },
		{ 0 },
	};
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "rb:p:t:", longs, NULL)) != -1)
		rc = parse_option(ctl, c, argv, args);
	if (rc)
		return rc;
	if (argc - optind != 2)
		return ctl_usage(ctl, "report takes two files: REPORT (written) and REQUEST (read)");
	if (args->raw && (args->bundle || args->purpose))
		return ctl_usage(ctl, "--raw is over no claims: it goes with neither --bundle nor"
				 " --purpose");
	args->report = argv[optind];
	args->request = argv[optind + 1];
	if (outfile_same(args->report, args->request) ||
	    outfile_same(args->bundle, args->request) || outfile_same(args->bundle, args->report))
		return ctl_usage(ctl, "REPORT, REQUEST and --bundle are one file each, none of them"
				 " another");
	return EXIT_OK;
}

static int make_request(struct wardctl *ctl, const struct report_args *args, uint8_t *request)
{
	if (getrandom(request, REQUEST_LEN, 0) != REQUEST_LEN)
		return ctl_error(ctl, EXIT_DEVICE, "random", "getrandom: %s", strerror(errno));
	if (args->raw)
		memset(request + RAW_LEN, 0, WARD_RAW_ZEROES);
	return evidence_write(ctl, args->request, request, REQUEST_LEN);
}

static int check_raw(struct wardctl *ctl, const char *path, const uint8_t *request)
{
	size_t i;

	for (i = RAW_LEN; i < REQUEST_LEN; i++)
		if (request[i])
			return ctl_error(ctl, EXIT_DAMAGED, "request-tail",
					 "%s: byte %zu is not zero: raw report data are a hash of up to"
					 " %d bytes, and zeroes up to %d\n"
					 "  mend: SHA-384 or shorter, padded; or without --raw, over claims"
					 " that hold all of it",
					 path, i, RAW_LEN, REQUEST_LEN);
	return EXIT_OK;
}

static int read_request(struct wardctl *ctl, const char *path, uint8_t *request)
{
	uint8_t bytes[REQUEST_LEN + 1];
	/* O_NONBLOCK: a pipe in its place must not hang us */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return ctl_error(ctl, EXIT_USAGE, "usage",
				 "read %s: %s (--random makes it)", path, strerror(errno));
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	if (n != REQUEST_LEN)
		return ctl_error(ctl, EXIT_DAMAGED, "request-length",
				 "%s: a request is %d bytes, this is %s", path, REQUEST_LEN,
				 n > REQUEST_LEN ? "longer" : "shorter");
	memcpy(request, bytes, REQUEST_LEN);
	return EXIT_OK;
}

static int write_results(struct wardctl *ctl, struct ward_session *session,
			 const struct report_args *args, const struct ward_evidence *evidence)
{
	struct ward_records *records;
	int err, rc;

	rc = evidence_write(ctl, args->report, evidence->data, evidence->data_len);
	if (rc || !args->bundle)
		return rc;
	err = ward_session_records(session, 1, &records);
	if (err)
		return device_error(ctl, err, "read the session's records");
	rc = evidence_write_bundle(ctl, args->bundle, evidence, records);
	ward_records_free(records);
	return rc;
}

static int attest_raw(struct wardctl *ctl, struct ward_session *session,
		      const struct report_args *args, const uint8_t *bytes)
{
	struct ward_evidence *evidence;
	int err, rc;

	err = ward_session_attest_raw(session, bytes, args->timeout_ms, &evidence);
	if (err)
		return device_no_evidence(ctl, session, err, "get evidence over raw report data");
	rc = write_results(ctl, session, args, evidence);
	if (!rc) {
		out_text(ctl->out, "report", args->report);
		evidence_show_tee(ctl, evidence);
		out_hex(ctl->out, "report_data", bytes, REQUEST_LEN);
		out_line(ctl->out, "Raw report data: the kernel vouches for no session with it.");
	}
	ward_evidence_free(evidence);
	return rc;
}

static int attest(struct wardctl *ctl, struct ward_session *session,
		  const struct report_args *args, const uint8_t *bytes)
{
	struct ward_request request = {
		.size = sizeof(request),
		.purpose = args->purpose ? args->purpose : WARD_PURPOSE_REPORT,
		.nonce = bytes,
		.nonce_len = REQUEST_LEN,
		.timeout_ms = args->timeout_ms,
	};
	struct ward_evidence *evidence;
	int err, rc;

	err = ward_binding_report(bytes, REQUEST_LEN, request.binding);
	if (!err)
		err = ward_session_attest(session, &request, &evidence);
	if (err)
		return device_no_evidence(ctl, session, err, "get evidence");
	rc = write_results(ctl, session, args, evidence);
	if (!rc) {
		out_text(ctl->out, "report", args->report);
		out_text(ctl->out, "bundle", args->bundle);
		evidence_show(ctl, evidence);
	}
	ward_evidence_free(evidence);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct report_args args = { 0 };
	struct ward_session *session;
	uint8_t request[REQUEST_LEN];
	int rc;

	rc = parse(ctl, argc, argv, &args);
	if (!rc && !args.random)
		rc = read_request(ctl, args.request, request);
	if (!rc && args.raw && !args.random)
		rc = check_raw(ctl, args.request, request);
	if (!rc)
		rc = device_session(ctl, &session);
	if (rc)
		return rc;
	if (args.random)
		rc = make_request(ctl, &args, request);
	if (!rc)
		rc = (args.raw ? attest_raw : attest)(ctl, session, &args, request);
	ward_session_close(session);
	return rc;
}

const struct wardctl_verb verb_report = {
	.name = "report",
	.args = "[--random] [--raw] [--bundle FILE] [--purpose PURPOSE] [--timeout SECONDS]\n"
		"       REPORT REQUEST",
	.help = "get the TEE's report over the 64 bytes of REQUEST",
	.details = "REPORT gets the TEE's report as it is. Its report data are composed by the kernel\n"
		   "from claims that hold the request as nonce; --bundle keeps those claims, without\n"
		   "which the report cannot be checked against the request. --random makes REQUEST.\n"
		   "--raw: the report data are REQUEST itself, whose last 16 bytes are zero, and no\n"
		   "claims stand behind it: for other brokers' protocols, where the administrator\n"
		   "allows it (wardctl policy set, purpose raw).\n",
	.run = run,
};
