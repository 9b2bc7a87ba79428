// SPDX-License-Identifier: MIT
/*
 * wardctl dataset encrypt|decrypt|info|verify: the owner's side of
 * encrypted data sets. Keys come out of files, never out of arguments.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataset_job.h"
#include "libward_seal.h"
#include "verbs.h"

static const char *const kinds[WARD_DATASET_KINDS] = {
	[WARD_DATASET_BYTES] = "bytes",
	[WARD_DATASET_TABLE] = "table",
	[WARD_DATASET_MODEL] = "model",
	[WARD_DATASET_SEALED] = "sealed",
};

static const char *const types[WARD_RECIPIENT_TYPES] = {
	[WARD_RECIPIENT_KEY] = "key",
	[WARD_RECIPIENT_X25519] = "x25519",
	[WARD_RECIPIENT_TPM2] = "tpm2",
	[WARD_RECIPIENT_SNP] = "snp",
};

static void show_recipient(struct output *out, const struct ward_recipient *r)
{
	const char *type = r->type < WARD_RECIPIENT_TYPES ? types[r->type] : NULL;
	char needs[WARD_SEAL_SAID];

	out_object(out, NULL);
	out_text(out, "type", type ? type : "unknown");
	out_hex(out, "id", r->id, sizeof(r->id));
	if (r->type == WARD_RECIPIENT_KEY && r->how_len)
		out_textf(out, "hint", "%.*s", (int)r->how_len, (const char *)r->how);
	ward_recipient_needs(r, needs, sizeof(needs));
	out_text(out, "needs", needs);
	out_close(out);
}

static void show_info(struct wardctl *ctl, const char *file, const struct ward_dataset_info *info)
{
	out_text(ctl->out, "file", file);
	out_hex(ctl->out, "dataset", info->id, sizeof(info->id));
	out_uint(ctl->out, "version", info->version);
	out_text(ctl->out, "kind", kinds[info->kind]);
	out_uint(ctl->out, "bytes", info->length);
	out_uint(ctl->out, "chunks", info->chunks);
	out_uint(ctl->out, "chunk_size", info->chunk_size);
	if (info->rows)
		out_uint(ctl->out, "rows", info->rows);
	if (info->metadata_len && !out_parsed(ctl->out, "metadata", info->metadata))
		out_text(ctl->out, "metadata", "not JSON");
	out_list(ctl->out, "recipients");
	for (size_t i = 0; i < info->recipients->count; i++)
		show_recipient(ctl->out, &info->recipients->of[i]);
	out_close(ctl->out);
}

static int check_table(struct job *job, struct ward_table *table)
{
	struct ward_table_error err;
	int rc;

	rc = ward_table_check(job->in_fd, &job->spec, table, &err);
	if (!rc)
		return EXIT_OK;
	if (rc == -EINVAL)
		return ctl_error(job->ctl, EXIT_USAGE, "usage", "%s: %s", job->in, err.text);
	return ctl_error(job->ctl, rc == -EBADMSG ? EXIT_DAMAGED : EXIT_DEVICE,
			 rc == -EBADMSG ? "table-damaged" : "io", "%s: %s; nothing was written",
			 job->in, err.text);
}

static int write_dataset(struct job *job, const struct ward_dataset_params *params, uint8_t *id)
{
	struct ward_dataset_error err;
	struct progress bar;
	struct outfile f;
	int rc;

	rc = job_output(job, &f, 0644);
	if (rc)
		return rc;
	lseek(job->in_fd, 0, SEEK_SET);		/* the table was read before */
	progress_start(&bar, "encrypting", params->length, job->ctl->quiet);
	rc = dataset_encrypt(job->in_fd, f.fd, params, id, job->threads, &bar, &err);
	progress_end(&bar);
	if (rc) {
		outfile_abort(&f);
		return job_error(job, rc, &err);
	}
	return job_commit(job, &f);
}

/* The key file comes first: a data set whose key was lost is lost itself. */
static int encrypt_with(struct job *job, struct ward_dataset_params *params, uint8_t *id)
{
	struct ward_recipient_key *to = NULL;
	int rc = EXIT_OK;

	if (job->key || job->new_key)
		rc = job->new_key ? job_make_key(job, job->key_bytes) :
		     job_key(job, job->key, job->key_bytes);
	if (rc)
		return rc;
	rc = job_recipients(job, job->key || job->new_key ? job->key_bytes : NULL, &to,
			    &params->to_count);
	params->to = to;
	rc = rc ? rc : write_dataset(job, params, id);
	job_recipients_free(to, params->to_count);
	if (rc && job->new_key && !job->placed)
		unlink(job->new_key);
	return rc;
}

static int encrypt(struct job *job)
{
	struct ward_table table = { 0 };
	struct ward_dataset_params params = { .chunk_size = job->chunk_size };
	uint8_t id[WARD_DATASET_ID_LEN];
	char *meta = NULL;
	int rc;

	rc = job->table ? check_table(job, &table) : EXIT_OK;
	if (rc)
		return rc;
	meta = ward_table_metadata(job->table ? &table : NULL, &job->spec, job->name);
	if (!meta) {
		rc = ctl_error(job->ctl, EXIT_USAGE, "usage",
			       "a name, a column or a mark is not valid UTF-8");
		goto out;
	}
	params.kind = job->table ? WARD_DATASET_TABLE :
		      job->model ? WARD_DATASET_MODEL : WARD_DATASET_BYTES;
	params.length = job->in_size;
	params.rows = table.rows;
	params.metadata = meta;
	params.metadata_len = strlen(meta);
	rc = encrypt_with(job, &params, id);
	if (rc)
		goto out;
	out_text(job->ctl->out, "file", job->out);
	out_hex(job->ctl->out, "dataset", id, sizeof(id));
	out_uint(job->ctl->out, "bytes", job->in_size);
	if (job->table) {
		out_uint(job->ctl->out, "rows", table.rows);
		out_uint(job->ctl->out, "columns", table.column_count);
		out_uint(job->ctl->out, "missing_values", table.missing_values);
	}
	if (job->key || job->new_key)
		out_text(job->ctl->out, "key_file", job->new_key ? job->new_key : job->key);
out:
	free(meta);
	ward_table_clear(&table);
	return rc;
}

static int run_encrypt(struct wardctl *ctl, int argc, char **argv)
{
	struct job job;
	int rc = job_parse(&job, ctl, "knNCtclmdTHMj", 2, 2, argc, argv);

	if (!rc && (job.key ? job.new_key != NULL : !job.new_key && !job.to_count))
		rc = ctl_usage(ctl, "give either --key FILE or --new-key FILE, or --to FILE alone");
	if (!rc && job.model && job.table)
		rc = ctl_usage(ctl, "a table is no model: give --table or --model");
	if (!rc)
		rc = job_input(&job, 0);
	if (!rc)
		rc = encrypt(&job);
	job_end(&job);
	return rc;
}

static int decrypt_to(struct job *job, struct ward_dataset *ds)
{
	struct ward_dataset_error err;
	struct progress bar;
	struct outfile f;
	int rc;

	rc = job_output(job, &f, 0600);
	if (rc)
		return rc;
	progress_start(&bar, "decrypting", ward_dataset_info(ds)->length, job->ctl->quiet);
	rc = dataset_decrypt(ds, f.fd, job->threads, &bar, &err);
	progress_end(&bar);
	if (rc) {
		outfile_abort(&f);
		return job_error(job, rc, &err);
	}
	rc = job_commit(job, &f);
	if (rc)
		return rc;
	out_text(job->ctl->out, "file", job->out);
	out_uint(job->ctl->out, "bytes", ward_dataset_info(ds)->length);
	return EXIT_OK;
}

static int run_decrypt(struct wardctl *ctl, int argc, char **argv)
{
	struct ward_dataset *ds = NULL;
	struct job job;
	int rc = job_parse(&job, ctl, "kij", 2, 2, argc, argv);

	if (!rc)
		rc = job_open(&job, 1, &ds);
	if (!rc)
		rc = decrypt_to(&job, ds);
	ward_dataset_close(ds);
	job_end(&job);
	return rc;
}

static int run_info(struct wardctl *ctl, int argc, char **argv)
{
	struct ward_dataset *ds = NULL;
	struct job job;
	int rc = job_parse(&job, ctl, "ki", 1, 1, argc, argv);

	if (!rc)
		rc = job_open(&job, job.key || job.identity, &ds);
	if (!rc) {
		show_info(ctl, job.in, ward_dataset_info(ds));
		out_bool(ctl->out, "header_verified", job.key || job.identity);
	}
	ward_dataset_close(ds);
	job_end(&job);
	return rc;
}

static int run_verify(struct wardctl *ctl, int argc, char **argv)
{
	struct ward_dataset_error err;
	struct ward_dataset *ds = NULL;
	struct progress bar;
	struct job job;
	int rc = job_parse(&job, ctl, "kij", 1, 1, argc, argv);

	if (!rc)
		rc = job_open(&job, 1, &ds);
	if (rc)
		goto out;
	progress_start(&bar, "verifying", ward_dataset_info(ds)->length, ctl->quiet);
	rc = dataset_decrypt(ds, -1, job.threads, &bar, &err);
	progress_end(&bar);
	if (rc) {
		rc = job_error(&job, rc, &err);
		goto out;
	}
	show_info(ctl, job.in, ward_dataset_info(ds));
	out_text(ctl->out, "verdict", "ok");
out:
	ward_dataset_close(ds);
	job_end(&job);
	return rc;
}

const struct wardctl_verb verb_dataset_encrypt = {
	.name = "dataset encrypt",
	.args = "(--key FILE | --new-key FILE | --to FILE) [--table ...] INPUT OUTPUT",
	.help = "encrypt a table, or any file, for release by a key broker",
	.details =
		"  -k, --key FILE       the data key: 32 bytes, mode 0600\n"
		"      --new-key FILE   make a random key; never overwrites a file\n"
		"      --to FILE        also, or alone: for the private key to this public one\n"
		"                       (PEM, X25519); may be repeated\n"
		"      --hint TEXT      where people find the key; not secret\n"
		"      --model          the input is a model's weights\n"
		"      --name TEXT      name of the data set; not secret\n"
		"      --chunk BYTES    plaintext per chunk: power of two, 4096 to 16777216\n"
		"      --threads N      how many work on it, 1 to 64; 2\n"
		"      --table          check the input: lines of decimal numbers\n"
		"      --columns A,B,C  names, if the first line doesn't hold them\n"
		"      --label NAME     the column to predict\n"
		"      --missing TEXT   what marks a missing value, such as '?'\n"
		"      --delimiter C    ',' (default), ';' or 'tab'\n",
	.run = run_encrypt,
};

const struct wardctl_verb verb_dataset_decrypt = {
	.name = "dataset decrypt",
	.args = "(--key FILE | --identity FILE) [--threads N] DATASET OUTPUT",
	.help = "decrypt a data set; the output holds patient data, mode 0600",
	.run = run_decrypt,
};

const struct wardctl_verb verb_dataset_info = {
	.name = "dataset info",
	.args = "[--key FILE | --identity FILE] DATASET",
	.help = "what a data set says of itself, and who may open it",
	.run = run_info,
};

const struct wardctl_verb verb_dataset_verify = {
	.name = "dataset verify",
	.args = "(--key FILE | --identity FILE) [--threads N] DATASET",
	.help = "check header and every chunk of a data set",
	.run = run_verify,
};

