// SPDX-License-Identifier: MIT
/*
 * Whole data sets by several threads. Chunks know their places: each thread (a lane) takes
 * the next batch of them, and nobody waits for another but to read the input, which comes
 * in order. A lane has memory of its own, locked where the limits allow and wiped.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "dataset_private.h"

#define BATCH (256u << 10)

/**
 * struct stream - what the lanes share
 * @ds, @w: one of the two
 * @fd: where plaintext comes from, or goes
 * @batch: bytes of plaintext that a lane takes
 * @lock: over what follows
 * @next: first byte of the next batch
 * @stop: there is no further one
 * @rc, @err: of the first chunk that failed
 */
struct stream {
	struct ward_dataset *ds;
	struct ward_dataset_writer *w;
	const struct ward_dataset_info *info;
	int fd;
	size_t batch;
	ward_dataset_progress *progress;
	void *arg;
	pthread_mutex_t lock;
	uint64_t next;
	int stop;
	int rc;
	struct ward_dataset_error err;
};

/** struct lane - one thread's own; @sealed: room for a batch with its tags */
struct lane {
	struct stream *s;
	pthread_t thread;
	int started;
	EVP_CIPHER_CTX *ctx;
	uint8_t *plain;
	uint8_t *sealed;
	size_t sealed_len;
};

/* ---- lanes ------------------------------------------------------------------------ */

static uint8_t *memory_new(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err = errno;

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, len, MADV_DONTDUMP);
	if (mlock(p, len))
		errno = err;	/* RLIMIT_MEMLOCK: better unlocked than not at all */
	return p;
}

static void memory_free(uint8_t *p, size_t len)
{
	if (!p)
		return;
	OPENSSL_cleanse(p, len);
	munmap(p, len);
}

static int lane_open(struct lane *l, struct stream *s)
{
	const EVP_CIPHER_CTX *keyed = s->w ? s->w->ctx : s->ds->ctx;

	l->s = s;
	l->sealed_len = s->batch + s->batch / s->info->chunk_size * WARD_DATASET_TAG_LEN;
	l->ctx = EVP_CIPHER_CTX_new();
	l->plain = memory_new(s->batch);
	l->sealed = memory_new(l->sealed_len);
	return l->ctx && l->plain && l->sealed && EVP_CIPHER_CTX_copy(l->ctx, keyed) == 1 ?
	       0 : -ENOMEM;
}

static void lane_close(struct lane *l)
{
	EVP_CIPHER_CTX_free(l->ctx);
	memory_free(l->plain, l->s->batch);
	memory_free(l->sealed, l->sealed_len);
}

/* Keeps the error of the earliest chunk, whichever lane met its own first. */
static void lane_failed(struct stream *s, int rc, const struct ward_dataset_error *err)
{
	pthread_mutex_lock(&s->lock);
	if (!s->rc || err->chunk < s->err.chunk) {
		s->rc = rc;
		s->err = *err;
	}
	s->stop = 1;
	pthread_mutex_unlock(&s->lock);
}

static void lane_told(struct stream *s, uint64_t bytes)
{
	pthread_mutex_lock(&s->lock);
	if (s->progress)
		s->progress(s->arg, bytes);
	pthread_mutex_unlock(&s->lock);
}

/* ---- encrypting --------------------------------------------------------------------- */

/* As much as there is, up to @len; how much, or -errno. */
static int64_t read_full(int fd, uint8_t *p, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = read(fd, p + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		at += (size_t)n;
	}
	return (int64_t)at;
}

/* The next batch of the input and where it belongs: its length, 0 at the end, or -errno. */
static int64_t take_plain(struct lane *l, uint64_t *from, struct ward_dataset_error *err)
{
	struct stream *s = l->s;
	int64_t n = 0;

	pthread_mutex_lock(&s->lock);
	*from = s->next;
	if (!s->stop)
		n = read_full(s->fd, l->plain, s->batch);
	if (n >= 0 && n < (int64_t)s->batch)
		s->stop = 1;
	if (n < 0)
		dataset_fail(err, (int)n, *from / s->info->chunk_size, *from,
			     "can't read the input at offset %" PRIu64 ": %s", *from,
			     strerror((int)-n));
	else if ((uint64_t)n > dataset_room(s->w))
		n = dataset_fail(err, -EOVERFLOW, *from / s->info->chunk_size, *from,
				 "there is more plaintext than was said, %" PRIu64 " bytes",
				 s->w->done + dataset_room(s->w));
	else
		s->next = s->w->done += (uint64_t)n;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static int encrypt_chunk(struct lane *l, uint64_t index, const uint8_t *from, uint8_t *to,
			 size_t len)
{
	int n;

	if (dataset_begin(l->ctx, DATASET_IV_CHUNK, index, NULL, 0) ||
	    EVP_CipherUpdate(l->ctx, to, &n, from, (int)len) != 1 || (size_t)n != len)
		return -EIO;
	return dataset_tag(l->ctx, to + len);
}

static int encrypt_batch(struct lane *l, uint64_t from, size_t len, struct ward_dataset_error *err)
{
	const uint32_t size = l->s->info->chunk_size;
	const uint64_t first = from / size;
	uint8_t *to = l->sealed;
	int rc = 0;

	for (size_t done = 0; !rc && done < len; done += size) {
		size_t n = len - done < size ? len - done : size;

		rc = encrypt_chunk(l, (from + done) / size, l->plain + done, to, n);
		to += n + WARD_DATASET_TAG_LEN;
	}
	rc = rc ?: dataset_pwrite(l->s->w->fd, l->sealed, (size_t)(to - l->sealed),
				  dataset_chunk_at(l->s->info, first));
	return rc ? dataset_fail(err, rc, first, dataset_chunk_at(l->s->info, first),
				 "chunk %" PRIu64 ": can't write: %s", first, strerror(-rc)) : 0;
}

static void *encrypt_lane(void *arg)
{
	struct lane *l = arg;
	struct ward_dataset_error err;
	uint64_t from;

	for (;;) {
		int64_t n = take_plain(l, &from, &err);
		int rc = n > 0 ? encrypt_batch(l, from, (size_t)n, &err) : (int)n;

		if (rc)
			lane_failed(l->s, rc, &err);
		if (n <= 0 || rc)
			return NULL;
		lane_told(l->s, (uint64_t)n);
	}
}

/* ---- decrypting ----------------------------------------------------------------------- */

/* The next batch's bytes: how many, 0 = no further one. */
static size_t take_range(struct stream *s, uint64_t *from)
{
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	*from = s->next;
	if (!s->stop && *from < s->info->length)
		n = s->info->length - *from < s->batch ? (size_t)(s->info->length - *from) :
							 s->batch;
	s->next += n;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static int decrypt_chunk(struct lane *l, uint64_t index, uint8_t *from, uint8_t *to, size_t len)
{
	uint8_t none[16];
	int n;

	if (dataset_begin(l->ctx, DATASET_IV_CHUNK, index, NULL, 0) ||
	    EVP_CipherUpdate(l->ctx, to, &n, from, (int)len) != 1 || (size_t)n != len ||
	    EVP_CIPHER_CTX_ctrl(l->ctx, EVP_CTRL_AEAD_SET_TAG, WARD_DATASET_TAG_LEN,
				from + len) != 1)
		return -EIO;
	return EVP_CipherFinal_ex(l->ctx, none, &n) == 1 ? 0 : -EBADMSG;
}

static int bad_chunk(const struct stream *s, int rc, uint64_t index, struct ward_dataset_error *err)
{
	uint64_t at = dataset_chunk_at(s->info, index);

	if (rc == -EBADMSG)
		return dataset_fail(err, rc, index, at, "chunk %" PRIu64 ", offset %" PRIu64
				    ": the tag doesn't verify: the chunk was changed, moved or "
				    "comes from another file", index, at);
	return dataset_fail(err, rc == -ENODATA ? -EBADMSG : rc, index, at,
			    rc == -ENODATA ? "the file ends early, offset %" PRIu64 "%s%s" :
			    "can't read at offset %" PRIu64 "%s%s", at, rc == -ENODATA ? "" : ": ",
			    rc == -ENODATA ? "" : strerror(-rc));
}

static int decrypt_batch(struct lane *l, uint64_t from, size_t len, struct ward_dataset_error *err)
{
	const struct stream *s = l->s;
	const uint32_t size = s->info->chunk_size;
	const size_t chunks = len / size + (len % size != 0);
	uint8_t *sealed = l->sealed;
	int rc = dataset_pread(s->ds->fd, sealed, len + chunks * WARD_DATASET_TAG_LEN,
			       dataset_chunk_at(s->info, from / size));

	if (rc)
		return bad_chunk(s, rc, from / size, err);
	for (size_t done = 0; !rc && done < len; done += size) {
		size_t n = len - done < size ? len - done : size;

		rc = decrypt_chunk(l, (from + done) / size, sealed, l->plain + done, n);
		if (rc)
			return bad_chunk(s, rc, (from + done) / size, err);
		sealed += n + WARD_DATASET_TAG_LEN;
	}
	rc = s->fd < 0 ? 0 : dataset_pwrite(s->fd, l->plain, len, from);
	return rc ? dataset_fail(err, rc, from / size, from, "can't write the plaintext at offset %"
				 PRIu64 ": %s", from, strerror(-rc)) : 0;
}

static void *decrypt_lane(void *arg)
{
	struct lane *l = arg;
	struct ward_dataset_error err;
	uint64_t from;
	size_t n;

	while ((n = take_range(l->s, &from))) {
		int rc = decrypt_batch(l, from, n, &err);

		if (rc) {
			lane_failed(l->s, rc, &err);
			break;
		}
		lane_told(l->s, n);
	}
	return NULL;
}

/* ---- all of them ------------------------------------------------------------------------ */

/* The caller is the first lane. A thread that can't be had is done without. */
static int run(struct stream *s, unsigned int threads, void *(*work)(void *),
	       struct ward_dataset_error *err)
{
	struct lane lanes[WARD_DATASET_THREADS_MAX] = { { .s = s } };
	unsigned int n = threads ? threads : get_nprocs() > 1 ? 2 : 1, open = 0;
	int rc = 0;

	if (n > WARD_DATASET_THREADS_MAX)
		n = WARD_DATASET_THREADS_MAX;
	s->batch = s->info->chunk_size > BATCH ? s->info->chunk_size : BATCH;
	pthread_mutex_init(&s->lock, NULL);
	while (!rc && open < n)
		rc = lane_open(&lanes[open++], s);
	if (rc)
		dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, 0, "out of memory");
	for (unsigned int i = 1; !rc && i < n; i++)
		lanes[i].started = !pthread_create(&lanes[i].thread, NULL, work, &lanes[i]);
	if (!rc)
		work(&lanes[0]);
	for (unsigned int i = 0; i < open; i++) {
		if (lanes[i].started)
			pthread_join(lanes[i].thread, NULL);
		lane_close(&lanes[i]);
	}
	pthread_mutex_destroy(&s->lock);
	if (s->rc && err)
		*err = s->err;
	return rc ? rc : s->rc;
}

int ward_dataset_write_from(struct ward_dataset_writer *w, int in, unsigned int threads,
			    ward_dataset_progress *progress, void *arg,
			    struct ward_dataset_error *err)
{
	struct stream s = { .w = w, .info = &w->info, .fd = in, .progress = progress, .arg = arg };

	if (w->done || w->ended)
		return dataset_fail(err, -EINVAL, WARD_DATASET_NO_CHUNK, 0,
				    "something was written before");
	w->ended = 1;
	return run(&s, threads, encrypt_lane, err);
}

int ward_dataset_read_to(struct ward_dataset *ds, int out, unsigned int threads,
			 ward_dataset_progress *progress, void *arg,
			 struct ward_dataset_error *err)
{
	struct stream s = { .ds = ds, .info = &ds->info, .fd = out, .progress = progress,
			    .arg = arg };

	if (!ds->ctx)
		return dataset_fail(err, -ENOKEY, WARD_DATASET_NO_CHUNK, 0, "opened without a key");
	return run(&s, threads, decrypt_lane, err);
}
