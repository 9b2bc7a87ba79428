// SPDX-License-Identifier: MIT
/* wardctl audit verify: is this what a broker decided, whole and in order? */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "appraise.h"
#include "audit_chain.h"
#include "infile.h"
#include "verbs.h"

/** struct job - options read so far; owns the key; @head_at: the line that has the head, 0 = none */
struct job {
	struct audit_chain chain;
	struct wv_bytes head;
	uint8_t head_bytes[AUDIT_HEAD_LEN];
	uint64_t head_at;
};

static int take_key(struct wardctl *ctl, struct job *j, const char *path)
{
	struct wv_bytes pem;
	int rc = infile_read(ctl, path, &pem);
	BIO *bio;

	if (rc)
		return rc;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	EVP_PKEY_free(j->chain.key);
	j->chain.key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	infile_free(&pem);
	if (j->chain.key && EVP_PKEY_is_a(j->chain.key, "ED25519"))
		return EXIT_OK;
	return ctl_error(ctl, EXIT_DAMAGED, "audit-key-unsupported",
			 "%s: not an Ed25519 public key in PEM: `ward-broker --audit-key` prints it", path);
}

static int read_options(struct wardctl *ctl, struct job *j, int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "head", required_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		rc = opt == 'k' ? take_key(ctl, j, optarg) :
		     opt == 'h' ? appraise_hex(ctl, "head", optarg, j->head_bytes, AUDIT_HEAD_LEN,
					       AUDIT_HEAD_LEN, &j->head) :
				  ctl_bad_option(ctl, argv);
	if (!rc && argc - optind != 1)
		rc = ctl_usage(ctl, "one file is expected");
	if (!rc && !j->chain.key)
		rc = ctl_usage(ctl, "--key is missing: the broker's public key, which decides whom you trust");
	return rc;
}

static int refuse(struct wardctl *ctl, const struct audit_chain *c, const char *path)
{
	int code = strcmp(c->reason, "audit-damaged") ? EXIT_EVIDENCE : EXIT_DAMAGED;

	return ctl_error(ctl, code, c->reason, "%s: %s", path, c->fault);
}

/* A line at a time: an audit of years need not fit in memory. */
static int read_lines(struct wardctl *ctl, struct job *j, const char *path, FILE *f)
{
	char line[AUDIT_LINE_MAX];
	struct audit_chain *c = &j->chain;

	while (fgets(line, sizeof(line), f)) {
		size_t len = strlen(line);

		if (!len || line[len - 1] != '\n')
			return ctl_error(ctl, EXIT_DAMAGED, "audit-damaged",
					 "%s: line %llu: torn, or longer than any record", path,
					 (unsigned long long)c->count + 1);
		if (audit_chain_add(c, line, len - 1))
			return refuse(ctl, c, path);
		if (j->head.data && !memcmp(j->head.data, c->head, AUDIT_HEAD_LEN))
			j->head_at = c->count;
	}
	if (ferror(f))
		return ctl_error(ctl, EXIT_DEVICE, "read", "%s: %s", path, strerror(errno));
	return EXIT_OK;
}

static int check_end(struct wardctl *ctl, const struct job *j, const char *path)
{
	if (!j->head.data || !memcmp(j->head.data, j->chain.head, AUDIT_HEAD_LEN))
		return EXIT_OK;
	if (j->head_at)
		return ctl_error(ctl, EXIT_EVIDENCE, "chain-broken",
				 "%s: that head is of line %llu, and others follow it: nothing is missing up to there; "
				 "to check the end take a head that is newer, or the first %llu lines alone", path,
				 (unsigned long long)j->head_at, (unsigned long long)j->head_at);
	return ctl_error(ctl, EXIT_EVIDENCE, "chain-broken",
			 "%s: no record has that head: the last ones are missing, or it is another audit's",
			 path);
}

static void show(struct wardctl *ctl, const struct job *j)
{
	const struct audit_chain *c = &j->chain;
	struct output *o = ctl->out;

	out_text(o, "verdict", "ok");
	out_uint(o, "records", c->count);
	out_uint(o, "releases", c->releases);
	out_uint(o, "refusals", c->refused);
	if (c->count) {
		out_text(o, "first", c->first);
		out_text(o, "last", c->last);
	}
	out_hex(o, "head", c->head, sizeof(c->head));
	out_bool(o, "end_checked", j->head.data != NULL);
	if (!j->head.data)
		out_line(o, "Records that were cut off at the end can't be seen: keep the head, and give it as --head");
}

static int verify(struct wardctl *ctl, struct job *j, const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int rc;

	if (!f)
		return ctl_error(ctl, EXIT_USAGE, "read", "%s: %s", path, strerror(errno));
	rc = read_lines(ctl, j, path, f) ?: check_end(ctl, j, path);
	if (f != stdin)
		fclose(f);
	if (!rc)
		show(ctl, j);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct job j = { 0 };
	int rc = read_options(ctl, &j, argc, argv) ?: verify(ctl, &j, argv[optind]);

	EVP_PKEY_free(j.chain.key);
	return rc;
}

const struct wardctl_verb verb_audit_verify = {
	.name = "audit verify",
	.args = "FILE --key PUB.pem [--head HEX]",
	.help = "is this what a key broker decided, whole and in order?",
	.details =
		"  --key FILE   the broker's public key, as `ward-broker --audit-key` prints it\n"
		"  --head HEX   the head that the file must end in: of its last record, kept from an\n"
		"               earlier time or told by somebody else\n"
		"  FILE is what `ward-broker --audit-export` prints; - is the standard input. Found are\n"
		"  records that were changed, cut out, inserted or moved; the end only by --head.\n",
	.run = run,
};
