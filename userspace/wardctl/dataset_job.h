/* SPDX-License-Identifier: MIT */
/* What the verbs of wardctl dataset share: options, keys, files, and what to say of errors. */
#ifndef WARDCTL_DATASET_JOB_H
#define WARDCTL_DATASET_JOB_H

#include "dataset_ops.h"
#include "keyfile.h"
#include "outfile.h"
#include "table.h"
#include "wardctl.h"

#define JOB_LIST_MAX 16		/* of --to, of --remove */

/**
 * struct job - one run of one of the verbs
 * @key, @new_key, @to_key: paths of key files
 * @identity: path of a private key
 * @to: paths of public keys
 * @remove: ids of recipients
 * @threads: that work on it; 0 = as the library likes
 * @table: check the input as a table; spec says how
 * @in, @out: positional arguments; @out NULL: none was given
 * @in_fd: @in, opened; -1 = not yet
 * @placed: @out is in place, whatever went wrong afterwards
 * @key_bytes: read from @key or @identity, or made for @new_key
 */
struct job {
	struct wardctl *ctl;
	const char *key;
	const char *new_key;
	const char *to_key;
	const char *identity;
	const char *to[JOB_LIST_MAX];
	size_t to_count;
	uint8_t remove[JOB_LIST_MAX][WARD_RECIPIENT_ID_LEN];
	size_t remove_count;
	int keep;
	int model;
	const char *hint;
	const char *name;
	uint32_t chunk_size;
	unsigned int threads;
	int table;
	struct ward_table_spec spec;
	const char *in;
	const char *out;
	int in_fd;
	int placed;
	uint64_t in_size;
	uint8_t key_bytes[WARD_KEYFILE_LEN];
};

/**
 * job_parse - options, which must be among @takes, and from @least to @most files
 * Returns EXIT_OK or the code to end with; job_end() in either case.
 */
int job_parse(struct job *job, struct wardctl *ctl, const char *takes, int least, int most,
	      int argc, char **argv);
void job_end(struct job *job);

struct option;
/** job_option_name - the long name of an option that is among @options */
const char *job_option_name(const struct option *options, int c);

/** job_threads - the value of --threads: 0 or -EINVAL */
int job_threads(const char *text, unsigned int *threads);

/** job_input - open @in; @writable: to change it in place */
int job_input(struct job *job, int writable);

/** job_key - the key of a file; job_make_key - one for @new_key; 32 bytes each */
int job_key(struct job *job, const char *path, uint8_t *key);
int job_make_key(struct job *job, uint8_t *key);

/**
 * job_recipients - those of --to, behind whoever has @key
 * @key: NULL = nobody
 * @out: *count of them, job_recipients_free()
 */
int job_recipients(struct job *job, const uint8_t *key, struct ward_recipient_key **out,
		   size_t *count);
void job_recipients_free(struct ward_recipient_key *list, size_t count);

/** job_unlock - which way @key_bytes opens, once job_opener() has them */
ward_recipient_unlock *job_unlock(const struct job *job);
/** job_opener - @key_bytes out of --key or --identity */
int job_opener(struct job *job);

/** job_open - the data set @in, with the key or, if not @keyed, without */
int job_open(struct job *job, int keyed, struct ward_dataset **ds);

/** job_error - say what a data set's error was, return the code to end with */
int job_error(struct job *job, int rc, const struct ward_dataset_error *err);

/** job_output - @out, that must be neither input nor key; job_commit - in place with it */
int job_output(struct job *job, struct outfile *f, mode_t mode);
int job_commit(struct job *job, struct outfile *f);

#endif /* WARDCTL_DATASET_JOB_H */
