// SPDX-License-Identifier: MIT
/*
 * wardctl dataset rekey: other recipients for a data set. In place, which takes no
 * longer for 100 GiB; or into a new file under a new content key, against whoever has
 * had the old one.
 */
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "dataset_job.h"
#include "verbs.h"

static int to_file(struct job *job, const struct ward_recipient_key *to, size_t count)
{
	struct ward_dataset_error err;
	struct ward_dataset *ds;
	struct progress bar;
	struct outfile f;
	int rc = job_open(job, 1, &ds);

	if (rc)
		return rc;
	rc = job_output(job, &f, 0644);
	if (!rc) {
		progress_start(&bar, "rekeying", ward_dataset_info(ds)->length, job->ctl->quiet);
		rc = dataset_rekey(ds, f.fd, to, count, &bar, &err);
		progress_end(&bar);
		if (rc)
			outfile_abort(&f);
		rc = rc ? job_error(job, rc, &err) : job_commit(job, &f);
	}
	ward_dataset_close(ds);
	return rc;
}

static int in_place(struct job *job, const struct ward_recipient_key *to, size_t count)
{
	const struct ward_dataset_rekey change = {
		.add = to, .add_count = count,
		.remove = job->remove, .remove_count = job->remove_count,
		.remove_opener = !job->keep && count,
	};
	struct ward_dataset_error err;
	int rc = job_opener(job) ?: job_input(job, 1);

	if (rc)
		return rc;
	rc = ward_dataset_rekey(job->in_fd, job_unlock(job), job->key_bytes, &change, &err);
	if (rc)
		return job_error(job, rc, &err);
	job->placed = 1;
	return EXIT_OK;
}

static int show(struct job *job)
{
	struct ward_dataset *ds;
	const char *file = job->out ? job->out : job->in;
	int rc;

	job_end(job);
	job->in = file;
	rc = job_open(job, 0, &ds);
	if (rc)
		return rc;
	out_text(job->ctl->out, "file", file);
	out_hex(job->ctl->out, "dataset", ward_dataset_info(ds)->id, WARD_DATASET_ID_LEN);
	out_uint(job->ctl->out, "recipients", ward_dataset_info(ds)->recipients->count);
	if (job->new_key || job->to_key)
		out_text(job->ctl->out, "key_file", job->new_key ? job->new_key : job->to_key);
	ward_dataset_close(ds);
	return EXIT_OK;
}

static int same_key(struct job *job, const uint8_t *key)
{
	uint8_t old[WARD_KEYFILE_LEN];
	int same, rc = job_key(job, job->key, old);

	same = !rc && !CRYPTO_memcmp(old, key, sizeof(old));
	explicit_bzero(old, sizeof(old));
	return same ? ctl_error(job->ctl, EXIT_USAGE, "usage", "%s holds the same key",
				job->to_key) : rc;
}

/* The key that the data set gets, if one was asked for. */
static int next_key(struct job *job, uint8_t *key)
{
	int rc = EXIT_OK;

	if (job->new_key)
		return job_make_key(job, key);
	if (job->to_key)
		rc = job_key(job, job->to_key, key);
	return !rc && job->to_key && job->key ? same_key(job, key) : rc;
}

static int rekey(struct job *job)
{
	struct ward_recipient_key *to = NULL;
	uint8_t key[WARD_KEYFILE_LEN];
	size_t count = 0;
	int rc = next_key(job, key);

	if (!rc) {
		rc = job_recipients(job, job->new_key || job->to_key ? key : NULL, &to, &count);
		if (!rc)
			rc = job->out ? to_file(job, to, count) : in_place(job, to, count);
		job_recipients_free(to, count);
		if (rc && job->new_key && !job->placed)
			unlink(job->new_key);
	}
	explicit_bzero(key, sizeof(key));
	return rc ? rc : show(job);
}

static int check(struct job *job)
{
	if (job->new_key && job->to_key)
		return ctl_usage(job->ctl, "give either --to-key FILE or --new-key FILE");
	if (job->out && (job->keep || job->remove_count))
		return ctl_usage(job->ctl, "a new file has the recipients named here alone: no --keep, no --remove");
	if (job->out ? !job->new_key && !job->to_key && !job->to_count :
		       !job->new_key && !job->to_key && !job->to_count && !job->remove_count)
		return ctl_usage(job->ctl, "name a recipient: --to-key FILE, --new-key FILE or --to FILE");
	return EXIT_OK;
}

static int run_rekey(struct wardctl *ctl, int argc, char **argv)
{
	struct job job;
	int rc = job_parse(&job, ctl, "knKiTXeH", 1, 2, argc, argv);

	if (!rc)
		rc = check(&job);
	if (!rc)
		rc = rekey(&job);
	job_end(&job);
	return rc;
}

const struct wardctl_verb verb_dataset_rekey = {
	.name = "dataset rekey",
	.args = "(--key FILE | --identity FILE) [--new-key FILE | --to-key FILE] [--to FILE]... DATASET [OUTPUT]",
	.help = "change who may open a data set, its contents left alone",
	.details =
		"  -k, --key FILE       a data key that opens it\n"
		"      --identity FILE  or a private key (PEM, X25519)\n"
		"      --new-key FILE   for a new random key; never overwrites a file\n"
		"      --to-key FILE    for a key that exists\n"
		"      --to FILE        for the private key to this public one; may be repeated\n"
		"      --hint TEXT      where people find the key; not secret\n"
		"      --keep           the key that opens it here stays; without it those named\n"
		"                       come in its place, and it opens this file no more\n"
		"      --remove ID      leave a recipient out; 'dataset info' shows the ids\n"
		"Who could open it once may have kept the content key: with OUTPUT the data set\n"
		"is written anew under another.\n",
	.run = run_rekey,
};
