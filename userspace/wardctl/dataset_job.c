// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "dataset_job.h"
#include "keypem.h"

static const struct option options[] = {
	{ "key", required_argument, NULL, 'k' },
	{ "new-key", required_argument, NULL, 'n' },
	{ "to-key", required_argument, NULL, 'K' },
	{ "identity", required_argument, NULL, 'i' },
	{ "to", required_argument, NULL, 'T' },
	{ "remove", required_argument, NULL, 'X' },
	{ "keep", no_argument, NULL, 'e' },
	{ "hint", required_argument, NULL, 'H' },
	{ "model", no_argument, NULL, 'M' },
	{ "name", required_argument, NULL, 'N' },
	{ "chunk", required_argument, NULL, 'C' },
	{ "threads", required_argument, NULL, 'j' },
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

int job_threads(const char *text, unsigned int *threads)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !n || n > WARD_DATASET_THREADS_MAX)
		return -EINVAL;
	*threads = (unsigned int)n;
	return 0;
}

static int parse_threads(struct job *job, const char *text)
{
	return job_threads(text, &job->threads) ?
	       ctl_usage(job->ctl, "--threads takes 1 to %d", WARD_DATASET_THREADS_MAX) : EXIT_OK;
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

static int parse_to(struct job *job, const char *path)
{
	if (job->to_count == JOB_LIST_MAX)
		return ctl_usage(job->ctl, "at most %d of --to", JOB_LIST_MAX);
	job->to[job->to_count++] = path;
	return EXIT_OK;
}

static int parse_remove(struct job *job, const char *hex)
{
	uint8_t *id;
	size_t i;

	if (job->remove_count == JOB_LIST_MAX)
		return ctl_usage(job->ctl, "at most %d of --remove", JOB_LIST_MAX);
	id = job->remove[job->remove_count];
	for (i = 0; i < WARD_RECIPIENT_ID_LEN; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &id[i]) != 1 || strlen(hex) != 32)
			return ctl_usage(job->ctl,
					 "--remove takes an id of 32 hex digits, as 'dataset info' shows them");
	job->remove_count++;
	return EXIT_OK;
}

static int parse_option(struct job *job, int c)
{
	switch (c) {
	case 'k': job->key = optarg; return EXIT_OK;
	case 'n': job->new_key = optarg; return EXIT_OK;
	case 'K': job->to_key = optarg; return EXIT_OK;
	case 'i': job->identity = optarg; return EXIT_OK;
	case 'T': return parse_to(job, optarg);
	case 'X': return parse_remove(job, optarg);
	case 'e': job->keep = 1; return EXIT_OK;
	case 'H': job->hint = optarg; return EXIT_OK;
	case 'M': job->model = 1; return EXIT_OK;
	case 'N': job->name = optarg; return EXIT_OK;
	case 'C': return parse_chunk(job, optarg);
	case 'j': return parse_threads(job, optarg);
	case 't': job->table = 1; return EXIT_OK;
	case 'c': job->spec.columns = optarg; return EXIT_OK;
	case 'l': job->spec.label = optarg; return EXIT_OK;
	case 'm': job->spec.missing = optarg; return EXIT_OK;
	case 'd': return parse_delimiter(job, optarg);
	}
	return EXIT_OK;
}

const char *job_option_name(const struct option *options, int c)
{
	size_t i = 0;

	while (options[i].name && options[i].val != c)
		i++;
	return options[i].name;
}

static int take_files(struct job *job, int least, int most, int argc, char **argv)
{
	int files = argc - optind;

	if (files < least || files > most)
		return ctl_usage(job->ctl, least == 2 ?
				 "two files are needed: the input and the output" :
				 most == 2 ? "a data set is needed, and maybe an output" :
				 "one data set is needed");
	job->in = argv[optind];
	job->out = files == 2 ? argv[optind + 1] : NULL;
	if (job->out && !strcmp(job->out, "-"))
		return ctl_usage(job->ctl, "the output is a file: nothing is written to a terminal or pipe by accident; name one");
	if (!job->table && (job->spec.columns || job->spec.label || job->spec.missing ||
			    job->spec.delimiter))
		return ctl_usage(job->ctl, "options of tables need --table");
	return EXIT_OK;
}

int job_parse(struct job *job, struct wardctl *ctl, const char *takes, int least, int most,
	      int argc, char **argv)
{
	int c, rc;

	memset(job, 0, sizeof(*job));
	job->ctl = ctl;
	job->in_fd = -1;
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "k:", options, NULL)) != -1) {
		if (c == '?')
			return ctl_usage(ctl, "'%s' is not an option here, or lacks its value",
					 argv[optind - 1]);
		if (!strchr(takes, c))
			return ctl_usage(ctl, "--%s is an option of another verb", job_option_name(options, c));
		rc = parse_option(job, c);
		if (rc)
			return rc;
	}
	return take_files(job, least, most, argc, argv);
}

void job_end(struct job *job)
{
	if (job->in_fd >= 0)
		close(job->in_fd);
	explicit_bzero(job->key_bytes, sizeof(job->key_bytes));
}

int job_input(struct job *job, int writable)
{
	struct stat st;

	job->in_fd = open(job->in, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
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

int job_key(struct job *job, const char *path, uint8_t *key)
{
	int rc = ward_keyfile_read(path, key);

	return rc ? key_error(job, path, rc) : EXIT_OK;
}

int job_make_key(struct job *job, uint8_t *key)
{
	int rc = ward_keyfile_create(job->new_key, key);

	return rc ? key_error(job, job->new_key, rc) : EXIT_OK;
}

int job_error(struct job *job, int rc, const struct ward_dataset_error *err)
{
	int code = EXIT_DEVICE;
	const char *reason = "io";

	if (rc == -EBADMSG || rc == -ENOTSUP || rc == -EKEYREJECTED || rc == -EOVERFLOW ||
	    rc == -ENODATA) {
		code = EXIT_DAMAGED;
		reason = rc == -EKEYREJECTED ? "wrong-key-or-header" : "dataset-damaged";
	} else if (rc == -EINVAL || rc == -EBUSY) {
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

int job_commit(struct job *job, struct outfile *f)
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
int job_output(struct job *job, struct outfile *f, mode_t mode)
{
	const char *used[] = { job->in, job->key, job->new_key, job->to_key, job->identity };
	int rc;

	for (size_t i = 0; i < sizeof(used) / sizeof(*used); i++)
		if (outfile_same(used[i], job->out))
			return ctl_error(job->ctl, EXIT_USAGE, "output",
					 "%s is the input or a key: name another output; nothing was written",
					 job->out);
	rc = outfile_open(f, job->out, mode);
	return rc ? output_error(job, rc) : EXIT_OK;
}

static int pem_error(struct job *job, const char *path, int rc)
{
	const char *mend = strerror(-rc);

	if (rc == -EINVAL)
		mend = "not an X25519 key in PEM ('openssl genpkey -algorithm X25519' makes one)";
	else if (rc == -EPERM)
		mend = "others may reach it: chmod 600 it, and think about a new key";
	return ctl_error(job->ctl, EXIT_USAGE, "key-file", "key %s: %s", path, mend);
}

static int add_public(struct job *job, const char *path, struct ward_recipient_key *r)
{
	uint8_t key[WARD_KEYPEM_LEN];
	int rc = ward_keypem_public(path, key) ?: ward_recipient_x25519(r, key);

	return rc ? pem_error(job, path, rc == -EKEYREJECTED ? -EINVAL : rc) : EXIT_OK;
}

static int add_key(struct job *job, const uint8_t *key, struct ward_recipient_key *r)
{
	if (ward_recipient_key(r, key, job->hint))
		return ctl_usage(job->ctl, "--hint takes at most %d bytes, no control characters",
				 WARD_RECIPIENT_HINT_MAX);
	return EXIT_OK;
}

int job_recipients(struct job *job, const uint8_t *key, struct ward_recipient_key **out,
		   size_t *count)
{
	struct ward_recipient_key *list = calloc(job->to_count + 1, sizeof(*list));
	size_t n = 0;
	int rc = EXIT_OK;

	if (!list)
		return ctl_error(job->ctl, EXIT_DEVICE, "io", "out of memory");
	if (key)
		rc = add_key(job, key, &list[n++]);
	for (size_t i = 0; !rc && i < job->to_count; i++)
		rc = add_public(job, job->to[i], &list[n++]);
	*count = n;
	*out = list;
	if (rc) {
		job_recipients_free(list, n);
		*out = NULL;
	}
	return rc;
}

void job_recipients_free(struct ward_recipient_key *list, size_t count)
{
	for (size_t i = 0; list && i < count; i++)
		ward_recipient_clear(&list[i]);
	free(list);
}

ward_recipient_unlock *job_unlock(const struct job *job)
{
	return job->identity ? ward_recipient_unlock_x25519 : ward_recipient_unlock_key;
}

int job_opener(struct job *job)
{
	int rc;

	if (!job->key == !job->identity)
		return ctl_usage(job->ctl, "give --key FILE or --identity FILE");
	if (job->key)
		return job_key(job, job->key, job->key_bytes);
	rc = ward_keypem_private(job->identity, job->key_bytes);
	return rc ? pem_error(job, job->identity, rc) : EXIT_OK;
}

int job_open(struct job *job, int keyed, struct ward_dataset **ds)
{
	struct ward_dataset_error err;
	int rc;

	rc = keyed ? job_opener(job) : EXIT_OK;
	if (!rc)
		rc = job_input(job, 0);
	if (rc)
		return rc;
	rc = keyed ? ward_dataset_open_as(job->in_fd, job_unlock(job), job->key_bytes, ds, &err) :
		     ward_dataset_open(job->in_fd, NULL, ds, &err);
	return rc ? job_error(job, rc, &err) : EXIT_OK;
}
