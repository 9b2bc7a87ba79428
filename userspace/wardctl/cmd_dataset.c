// SPDX-License-Identifier: MIT
/*
 * wardctl dataset encrypt|decrypt|info|verify|rekey: the owner's side of
 * encrypted data sets. Keys come out of files, never out of arguments.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "dataset_ops.h"
#include "keyfile.h"
#include "outfile.h"
#include "table.h"
#include "verbs.h"

/**
 * struct job - one run of one of the verbs
 * @key, @new_key, @to_key: paths of key files
 * @table: check the input as a table; spec says how
 * @in, @out: positional arguments
 * @in_fd: @in, opened; -1 = not yet
 * @placed: @out is in place, whatever went wrong afterwards
 * @key_bytes: read from @key or made for @new_key
 */
struct job {
	struct wardctl *ctl;
	const char *key;
	const char *new_key;
	const char *to_key;
	const char *name;
	uint32_t chunk_size;
	int table;
	struct ward_table_spec spec;
	const char *in;
	const char *out;
	int in_fd;
	int placed;
	uint64_t in_size;
	uint8_t key_bytes[WARD_KEYFILE_LEN];
};

static const struct option options[] = {
	{ "key", required_argument, NULL, 'k' },
	{ "new-key", required_argument, NULL, 'n' },
	{ "to-key", required_argument, NULL, 'K' },
	{ "name", required_argument, NULL, 'N' },
	{ "chunk", required_argument, NULL, 'C' },
	{ "table", no_argument, NULL, 't' },
	{ "columns", required_argument, NULL, 'c' },
	{ "label", required_argument, NULL, 'l' },
	{ "missing", required_argument, NULL, 'm' },
	{ "delimiter", required_argument, NULL, 'd' },
	{ NULL, 0, NULL, 0 },
};

static int parse_chunk(struct job *job, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n < WARD_DATASET_CHUNK_MIN ||
	    n > WARD_DATASET_CHUNK_MAX || (n & (n - 1)))
		return ctl_usage(job->ctl, "--chunk takes a power of two from %u to %u bytes",
				 WARD_DATASET_CHUNK_MIN, WARD_DATASET_CHUNK_MAX);
	job->chunk_size = (uint32_t)n;
	return EXIT_OK;
}

static int parse_delimiter(struct job *job, const char *text)
{
	if (!strcmp(text, "tab"))
		text = "\t";
	if (strlen(text) != 1)
		return ctl_usage(job->ctl, "--delimiter takes one character, or 'tab'");
	job->spec.delimiter = *text;
	return EXIT_OK;
}

static int parse_option(struct job *job, int c)
{
	switch (c) {
	case 'k': job->key = optarg; return EXIT_OK;
	case 'n': job->new_key = optarg; return EXIT_OK;
	case 'K': job->to_key = optarg; return EXIT_OK;
	case 'N': job->name = optarg; return EXIT_OK;
	case 'C': return parse_chunk(job, optarg);
	case 't': job->table = 1; return EXIT_OK;
	case 'c': job->spec.columns = optarg; return EXIT_OK;
	case 'l': job->spec.label = optarg; return EXIT_OK;
	case 'm': job->spec.missing = optarg; return EXIT_OK;
	case 'd': return parse_delimiter(job, optarg);
	}
	return ctl_usage(job->ctl, "an option is unknown or lacks its argument");
}

/* Options must be among those that the verb takes; two files or one follow. */
static int parse(struct job *job, struct wardctl *ctl, const char *takes, int files, int argc,
		 char **argv)
{
	int c, rc;

	memset(job, 0, sizeof(*job));
	job->ctl = ctl;
	job->in_fd = -1;
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "k:", options, NULL)) != -1) {
		if (c != '?' && !strchr(takes, c))
			return ctl_usage(ctl, "an option doesn't belong to this verb");
		rc = parse_option(job, c);
		if (rc)
			return rc;
	}
	if (argc - optind != files)
		return ctl_usage(ctl, files == 2 ?
				 "two files are needed: the input and the output" :
				 "one data set is needed");
	job->in = argv[optind];
	job->out = files == 2 ? argv[optind + 1] : NULL;
	if (job->out && !strcmp(job->out, "-"))
		return ctl_usage(ctl, "the output is a file: nothing is written to a terminal or pipe by accident; name one");
	if (!job->table && (job->spec.columns || job->spec.label || job->spec.missing ||
			    job->spec.delimiter))
		return ctl_usage(ctl, "options of tables need --table");
	return EXIT_OK;
}

static void job_end(struct job *job)
{
	if (job->in_fd >= 0)
		close(job->in_fd);
	explicit_bzero(job->key_bytes, sizeof(job->key_bytes));
}

static int open_input(struct job *job)
{
	struct stat st;

	job->in_fd = open(job->in, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (job->in_fd < 0 || fstat(job->in_fd, &st))
		return ctl_error(job->ctl, EXIT_USAGE, "input", "can't open %s: %s", job->in,
				 strerror(errno));
	if (!S_ISREG(st.st_mode))
		return ctl_error(job->ctl, EXIT_USAGE, "input",
				 "%s is not a regular file: its length must be known beforehand",
				 job->in);
	job->in_size = (uint64_t)st.st_size;
	return EXIT_OK;
}

static int key_error(struct job *job, const char *path, int rc)
{
	const char *mend = strerror(-rc);

	if (rc == -EINVAL)
		mend = "a key file is a regular file of exactly 32 bytes";
	else if (rc == -EPERM)
		mend = "others may reach it: chmod 600 it, and think about a new key";
	else if (rc == -EEXIST)
		mend = "it exists; --new-key never overwrites, --key uses it";
	return ctl_error(job->ctl, EXIT_USAGE, "key-file", "key file %s: %s", path, mend);
}

static int read_key(struct job *job, const char *path, uint8_t *key)
{
	int rc;

	if (!path)
		return ctl_usage(job->ctl, "--key FILE is missing");
	rc = ward_keyfile_read(path, key);
	return rc ? key_error(job, path, rc) : EXIT_OK;
}

static int make_key(struct job *job, uint8_t *key)
{
	int rc = ward_keyfile_create(job->new_key, key);

	return rc ? key_error(job, job->new_key, rc) : EXIT_OK;
}

static int dataset_error(struct job *job, int rc, const struct ward_dataset_error *err)
{
	int code = EXIT_DEVICE;
	const char *reason = "io";

	if (rc == -EBADMSG || rc == -ENOTSUP || rc == -EKEYREJECTED || rc == -EOVERFLOW ||
	    rc == -ENODATA) {
		code = EXIT_DAMAGED;
		reason = rc == -EKEYREJECTED ? "wrong-key-or-header" : "dataset-damaged";
	} else if (rc == -EINVAL) {
		code = EXIT_USAGE;
		reason = "usage";
	}
	return ctl_error(job->ctl, code, reason, "%s: %s", job->in, err->text);
}

static int output_error(struct job *job, int rc)
{
	return ctl_error(job->ctl, rc == -EEXIST ? EXIT_USAGE : EXIT_DEVICE, "output",
			 "can't write %s: %s; nothing was written", job->out,
			 outfile_strerror(rc));
}

static int commit_output(struct job *job, struct outfile *f)
{
	int rc = outfile_commit(f);

	job->placed = rc >= 0;
	if (rc > 0)
		return ctl_error(job->ctl, EXIT_DEVICE, "output-unsynced",
				 "%s is written, but its directory can't be synced: %s; a power cut may undo it",
				 job->out, outfile_strerror(rc));
	return rc ? output_error(job, rc) : EXIT_OK;
}

/* The output replaces a file of its name: that must be neither input nor key. */
static int open_output(struct job *job, struct outfile *f, mode_t mode)
{
	const char *used[] = { job->in, job->key, job->new_key, job->to_key };
	int rc;

	for (size_t i = 0; i < sizeof(used) / sizeof(*used); i++)
		if (outfile_same(used[i], job->out))
			return ctl_error(job->ctl, EXIT_USAGE, "output",
					 "%s is the input or a key: name another output; nothing was written",
					 job->out);
	rc = outfile_open(f, job->out, mode);
	return rc ? output_error(job, rc) : EXIT_OK;
}

static void show_info(struct wardctl *ctl, const char *file, const struct ward_dataset_info *info)
{
	out_text(ctl->out, "file", file);
	out_hex(ctl->out, "dataset", info->id, sizeof(info->id));
	out_uint(ctl->out, "version", info->version);
	out_uint(ctl->out, "bytes", info->length);
	out_uint(ctl->out, "chunks", info->chunks);
	out_uint(ctl->out, "chunk_size", info->chunk_size);
	if (info->rows)
		out_uint(ctl->out, "rows", info->rows);
	if (info->metadata_len && !out_parsed(ctl->out, "metadata", info->metadata))
		out_text(ctl->out, "metadata", "not JSON");
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

	rc = open_output(job, &f, 0644);
	if (rc)
		return rc;
	progress_start(&bar, "encrypting", params->length, job->ctl->quiet);
	rc = dataset_encrypt(job->in_fd, f.fd, job->key_bytes, params, id, &bar, &err);
	progress_end(&bar);
	if (rc) {
		outfile_abort(&f);
		return dataset_error(job, rc, &err);
	}
	return commit_output(job, &f);
}

/* The key file comes first: a data set whose key was lost is lost itself. */
static int encrypt_with(struct job *job, const struct ward_dataset_params *params, uint8_t *id)
{
	int rc = job->new_key ? make_key(job, job->key_bytes) :
		 read_key(job, job->key, job->key_bytes);

	if (rc)
		return rc;
	rc = write_dataset(job, params, id);
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
	out_text(job->ctl->out, "key_file", job->new_key ? job->new_key : job->key);
out:
	free(meta);
	ward_table_clear(&table);
	return rc;
}

static int run_encrypt(struct wardctl *ctl, int argc, char **argv)
{
	struct job job;
	int rc = parse(&job, ctl, "knNCtclmd", 2, argc, argv);

	if (!rc && !job.key == !job.new_key)
		rc = ctl_usage(ctl, "give either --key FILE or --new-key FILE");
	if (!rc)
		rc = open_input(&job);
	if (!rc)
		rc = encrypt(&job);
	job_end(&job);
	return rc;
}

/* Opens the data set; with @keyed, the key is read and the header verified. */
static int open_dataset(struct job *job, int keyed, struct ward_dataset **ds)
{
	struct ward_dataset_error err;
	int rc;

	rc = keyed ? read_key(job, job->key, job->key_bytes) : EXIT_OK;
	if (!rc)
		rc = open_input(job);
	if (rc)
		return rc;
	rc = ward_dataset_open(job->in_fd, keyed ? job->key_bytes : NULL, ds, &err);
	return rc ? dataset_error(job, rc, &err) : EXIT_OK;
}

static int decrypt_to(struct job *job, struct ward_dataset *ds)
{
	struct ward_dataset_error err;
	struct progress bar;
	struct outfile f;
	int rc;

	rc = open_output(job, &f, 0600);
	if (rc)
		return rc;
	progress_start(&bar, "decrypting", ward_dataset_info(ds)->length, job->ctl->quiet);
	rc = dataset_decrypt(ds, f.fd, &bar, &err);
	progress_end(&bar);
	if (rc) {
		outfile_abort(&f);
		return dataset_error(job, rc, &err);
	}
	rc = commit_output(job, &f);
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
	int rc = parse(&job, ctl, "k", 2, argc, argv);

	if (!rc)
		rc = open_dataset(&job, 1, &ds);
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
	int rc = parse(&job, ctl, "k", 1, argc, argv);

	if (!rc)
		rc = open_dataset(&job, job.key != NULL, &ds);
	if (!rc) {
		show_info(ctl, job.in, ward_dataset_info(ds));
		out_bool(ctl->out, "header_verified", job.key != NULL);
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
	int rc = parse(&job, ctl, "k", 1, argc, argv);

	if (!rc)
		rc = open_dataset(&job, 1, &ds);
	if (rc)
		goto out;
	progress_start(&bar, "verifying", ward_dataset_info(ds)->length, ctl->quiet);
	rc = dataset_decrypt(ds, -1, &bar, &err);
	progress_end(&bar);
	if (rc) {
		rc = dataset_error(&job, rc, &err);
		goto out;
	}
	show_info(ctl, job.in, ward_dataset_info(ds));
	out_text(ctl->out, "verdict", "ok");
out:
	ward_dataset_close(ds);
	job_end(&job);
	return rc;
}

static int rekey_to(struct job *job, struct ward_dataset *ds, const uint8_t *key)
{
	struct ward_dataset_error err;
	struct progress bar;
	struct outfile f;
	int rc;

	rc = open_output(job, &f, 0644);
	if (rc)
		return rc;
	progress_start(&bar, "rekeying", ward_dataset_info(ds)->length, job->ctl->quiet);
	rc = dataset_rekey(ds, f.fd, key, &bar, &err);
	progress_end(&bar);
	if (rc) {
		outfile_abort(&f);
		return dataset_error(job, rc, &err);
	}
	return commit_output(job, &f);
}

static int rekey(struct job *job, struct ward_dataset *ds)
{
	uint8_t key[WARD_KEYFILE_LEN];
	int rc = job->new_key ? make_key(job, key) : read_key(job, job->to_key, key);

	if (!rc && !CRYPTO_memcmp(key, job->key_bytes, sizeof(key)))
		rc = ctl_error(job->ctl, EXIT_USAGE, "usage", "%s holds the same key", job->to_key);
	if (!rc) {
		rc = rekey_to(job, ds, key);
		if (rc && job->new_key && !job->placed)
			unlink(job->new_key);
	}
	explicit_bzero(key, sizeof(key));
	if (rc)
		return rc;
	out_text(job->ctl->out, "file", job->out);
	out_hex(job->ctl->out, "dataset", ward_dataset_info(ds)->id, WARD_DATASET_ID_LEN);
	out_text(job->ctl->out, "key_file", job->new_key ? job->new_key : job->to_key);
	return EXIT_OK;
}

static int run_rekey(struct wardctl *ctl, int argc, char **argv)
{
	struct ward_dataset *ds = NULL;
	struct job job;
	int rc = parse(&job, ctl, "knK", 2, argc, argv);

	if (!rc && !job.to_key == !job.new_key)
		rc = ctl_usage(ctl, "give either --to-key FILE or --new-key FILE");
	if (!rc)
		rc = open_dataset(&job, 1, &ds);
	if (!rc)
		rc = rekey(&job, ds);
	ward_dataset_close(ds);
	job_end(&job);
	return rc;
}

const struct wardctl_verb verb_dataset_encrypt = {
	.name = "dataset encrypt",
	.args = "(--key FILE | --new-key FILE) [--table ...] INPUT OUTPUT",
	.help = "encrypt a table, or any file, for release by a key broker",
	.details =
		"  -k, --key FILE       the data key: 32 bytes, mode 0600\n"
		"      --new-key FILE   make a random key; never overwrites a file\n"
		"      --name TEXT      name of the data set; not secret\n"
		"      --chunk BYTES    plaintext per chunk: power of two, 4096 to 16777216\n"
		"      --table          check the input: lines of decimal numbers\n"
		"      --columns A,B,C  names, if the first line doesn't hold them\n"
		"      --label NAME     the column to predict\n"
		"      --missing TEXT   what marks a missing value, such as '?'\n"
		"      --delimiter C    ',' (default), ';' or 'tab'\n",
	.run = run_encrypt,
};

const struct wardctl_verb verb_dataset_decrypt = {
	.name = "dataset decrypt",
	.args = "--key FILE DATASET OUTPUT",
	.help = "decrypt a data set; the output holds patient data, mode 0600",
	.run = run_decrypt,
};

const struct wardctl_verb verb_dataset_info = {
	.name = "dataset info",
	.args = "[--key FILE] DATASET",
	.help = "what the header of a data set says; verified with a key only",
	.run = run_info,
};

const struct wardctl_verb verb_dataset_verify = {
	.name = "dataset verify",
	.args = "--key FILE DATASET",
	.help = "check header and every chunk of a data set",
	.run = run_verify,
};

const struct wardctl_verb verb_dataset_rekey = {
	.name = "dataset rekey",
	.args = "--key FILE (--to-key FILE | --new-key FILE) DATASET OUTPUT",
	.help = "write the same data set under another key",
	.run = run_rekey,
};
