// SPDX-License-Identifier: MIT
/*
 * wardctl kbs get-resource PATH: a secret from a broker, for another program. The process
 * wipes what it had of it; who receives it answers for it from there on.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "kbs_session.h"
#include "secret_mem.h"
#include "secret_out.h"
#include "verbs.h"

#define SECRET_MAX (256u << 10)

/** struct secret - of ward-broker, whose resources are data keys, or of Trustee's */
struct secret {
	struct ward_kbs_release release;
	uint8_t data[SECRET_MAX];
};

/** struct job - one run; @secret lies in @memory, @len: bytes of its data */
struct job {
	struct kbs_session s;
	struct secret_out to;
	const char *path;
	struct secret_mem memory;
	struct secret *secret;
	size_t len;
};

static int parse(struct wardctl *ctl, int argc, char **argv, struct job *j)
{
	static const struct option longs[] = {
		KBS_LONGS, { "out", required_argument, NULL, 'o' },
		{ "fd", required_argument, NULL, 'f' }, { "stdout", no_argument, NULL, 's' }, { 0 },
	};
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c == '?')
			rc = ctl_bad_option(ctl, argv);
		else if (c == 'o')
			j->to.path = optarg;
		else if (c == 'f')
			rc = secret_out_fd(ctl, &j->to, optarg);
		else if (c == 's')
			j->to.to_stdout = true;
		else
			rc = kbs_session_option(ctl, &j->s, c, optarg);
	if (!rc && argc - optind != 1)
		rc = ctl_usage(ctl, "one resource is expected: repository/type/tag");
	if (rc)
		return rc;
	j->path = argv[optind];
	rc = kbs_session_check(ctl, &j->s);
	return rc ? rc : secret_out_check(ctl, &j->to);
}

static int get(struct job *j, struct ward_kbs_error *e)
{
	ssize_t n;

	if (!j->s.trustee)
		return ward_kbs_get(j->s.kbs, j->path, &j->secret->release, e);
	n = ward_kbs_get_bytes(j->s.kbs, j->path, j->secret->data,
			       SECRET_MAX, e);
	j->len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? (int)n : 0;
}

/* The broker may know nothing more of an attestation of before: then a new one decides. */
static int fetch(struct wardctl *ctl, struct job *j)
{
	struct ward_kbs_error e = { 0 };
	int err = get(j, &e), rc;

	if (err == -EACCES && j->s.cached) {
		rc = kbs_session_again(ctl, &j->s);
		if (rc)
			return rc;
		memset(&e, 0, sizeof(e));
		err = get(j, &e);
	}
	return err ? kbs_session_error(ctl, &j->s, err, &e) : EXIT_OK;
}

static int deliver(struct wardctl *ctl, const struct job *j)
{
	const struct ward_kbs_release *release = &j->secret->release;
	const void *data = j->s.trustee ? j->secret->data : release->key;
	size_t len = j->s.trustee ? j->len : sizeof(release->key);
	int rc = secret_out_write(ctl, &j->to, data, len);

	if (rc || j->to.to_stdout)
		return rc;
	out_text(ctl->out, "resource", j->path);
	kbs_session_show(ctl, &j->s);
	out_uint(ctl->out, "bytes", len);
	out_text(ctl->out, "memory", secret_mem_word(&j->memory));
	out_text(ctl->out, "written", j->to.path);
	if (j->s.trustee)
		return EXIT_OK;
	out_hex(ctl->out, "dataset", release->dataset, sizeof(release->dataset));
	out_hex(ctl->out, "release", release->release, sizeof(release->release));
	out_hex(ctl->out, "receipt_nonce", release->receipt_nonce,
		sizeof(release->receipt_nonce));
	return EXIT_OK;
}

static int work(struct wardctl *ctl, struct job *j)
{
	int rc = kbs_session_begin(ctl, &j->s);

	if (!rc)
		rc = fetch(ctl, j);
	return rc ? rc : deliver(ctl, j);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct job j = { .to = SECRET_OUT_NONE };
	int rc;

	secret_keep();
	rc = parse(ctl, argc, argv, &j);
	if (rc)
		return rc;
	if (!secret_mem_new(&j.memory, sizeof(*j.secret)))
		rc = ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	j.secret = j.memory.data;
	if (!rc)
		rc = work(ctl, &j);
	secret_mem_free(&j.memory);
	kbs_session_end(&j.s);
	return rc;
}

const struct wardctl_verb verb_kbs_get_resource = {
	.name = "kbs get-resource",
	.args = KBS_ARGS "\n       " SECRET_OUT_ARGS " PATH",
	.help = "a secret from a key broker, for attested guests",
	.details = KBS_DETAILS SECRET_OUT_DETAILS
		   "  PATH is repository/type/tag. Of ward-broker it is a data key of 32 bytes, as\n"
		   "  --key of dataset decrypt takes it; of Trustee's whatever was put there.\n",
	.run = run,
};
