// SPDX-License-Identifier: MIT
/*
 * The middle of a job, as job_compute.c has it, between a stopwatch's phases: by one thread, so
 * that phases do not overlap, and with a ring that never comes near the budget, so that the
 * same chunks are decrypted in every kind of memory.
 */
#include "bench_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "receipt.h"
#include "vault.h"

__attribute__((format(printf, 3, 4)))
static void say(char *out, size_t room, const char *fmt, ...)
{
	va_list args;

	if (*out)
		return;
	va_start(args, fmt);
	vsnprintf(out, room, fmt, args);
	va_end(args);
}

/* ---- before the clock runs ------------------------------------------------- */

static int open_inputs(struct bench *b)
{
	size_t i;

	if (plan_load(b->options->job.plan, &b->plan, b->failure))
		return -1;
	for (i = 0; b->options->epochs && i < b->plan->runs; i++)
		b->plan->run[i].epochs = b->plan->run[i].max_steps = b->options->epochs;
	for (i = 0; i < b->options->job.count; i++)
		b->data[i].fd = -1;
	for (i = 0; i < b->options->job.count; i++) {
		if (bench_table(b->options, &b->options->job.data[i], &b->data[i], b->key[i],
				b->failure))
			return -1;
	}
	data_warm_up();
	return 0;
}

/* ---- memory ------------------------------------------------------------------ */

/* A session that cannot be had says why; what it says is not the training's failure. */
static int open_ward(struct bench *b)
{
	const char *device = b->options->job.device ? b->options->job.device : WARD_DEVICE;
	struct failure why = { 0 };
	struct card card = { 0 };

	if (access(device, F_OK)) {
		say(b->lacking, sizeof(b->lacking),
		    "there is no %s: load the module (wardctl module load)", device);
		return -1;
	}
	b->session.emit = &b->silent;
	b->session.failure = &why;
	if (session_begin(&b->session, &card) || session_declare(&b->session, b->plan, &card)) {
		say(b->lacking, sizeof(b->lacking), "%s", why.text);
		return -1;
	}
	b->session.failure = b->failure;
	return 0;
}

/* The threshold is the budget: what ward tells of pressure must not make it another training. */
static int open_memory(struct bench *b)
{
	struct memory_backend backend;
	size_t budget = b->options->job.budget;

	b->session = (struct session){
		.device = b->options->job.device, .budget = budget, .threshold = budget,
	};
	if (b->options->kind == MEMORY_WARD) {
		if (open_ward(b))
			return -1;
		b->phased.below = b->session.memory.backend;
	} else {
		b->phased.below = memory_backend_of(b->options->kind);
	}
	b->phased.phases = &b->phases;
	backend = phased_backend(&b->phased);
	memory_init(&b->session.memory, &backend, budget);
	return 0;
}

/* The first block that there was none of tells why. Return: 0, or -1: that is not @kind. */
static int see_refused(struct bench *b)
{
	struct rlimit limit = { 0 };
	int err = b->phased.refused;
	bool locks = b->options->kind == MEMORY_MLOCKED || b->options->kind == MEMORY_SECRET;

	if (!err)
		return 0;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (err == -ENOSYS)
		say(b->lacking, sizeof(b->lacking),
		    "this kernel has no memfd_secret(2), or keeps it off: boot it with secretmem.enable=1");
	else if (locks && (err == -EAGAIN || err == -ENOMEM || err == -EPERM))
		say(b->lacking, sizeof(b->lacking),
		    "no more may be locked than RLIMIT_MEMLOCK says, %" PRIu64
		    " bytes: raise it (ulimit -l)", (uint64_t)limit.rlim_cur);
	else
		say(b->lacking, sizeof(b->lacking), "the kernel gave no more of it: %s",
		    ward_strerror(err));
	return -1;
}

/* ---- evidence ------------------------------------------------------------------ */

static void attest(struct bench *b, uint32_t purpose)
{
	uint8_t release[WARD_ID_LEN], dataset[WARD_DATASET_ID_LEN], nonce[RECEIPT_NONCE_LEN];
	struct receipt_binding binding = { release, dataset, nonce };
	enum phase last = phases_enter(&b->phases, PHASE_ATTEST);
	struct failure why = { 0 };
	uint8_t *bundle = NULL;
	size_t len;

	/* of no release: nobody may take it for a receipt that is owed */
	if (RAND_bytes(release, sizeof(release)) != 1 || RAND_bytes(dataset, sizeof(dataset)) != 1 ||
	    RAND_bytes(nonce, sizeof(nonce)) != 1)
		say(b->unattested, sizeof(b->unattested), "the random source failed");
	else if (receipt_take(b->session.ward, purpose, &binding, &bundle, &len, &why))
		say(b->unattested, sizeof(b->unattested), "%s", why.text);
	free(bundle);
	phases_enter(&b->phases, last);
}

static bool attests(struct bench *b)
{
	if (b->options->kind != MEMORY_WARD)
		say(b->unattested, sizeof(b->unattested), "nothing vouches for this memory");
	else if (!b->options->attest)
		say(b->unattested, sizeof(b->unattested), "not asked for (--attest)");
	return !b->unattested[0];
}

/* ---- the training ---------------------------------------------------------------- */

static size_t ring_slots(const struct bench *b, size_t chunk)
{
	uint64_t room = b->options->job.budget / 2 / chunk, chunks = 0;
	size_t i;

	for (i = 0; i < b->options->job.count; i++)
		chunks += b->data[i].chunks;
	return chunks < room ? chunks : room;
}

static int load_ring(struct bench *b)
{
	size_t chunk = WARD_DATASET_CHUNK_DEFAULT;

	if (ring_init(&b->ring, &b->session.memory, chunk, ring_slots(b, chunk),
		      b->options->job.count, b->failure))
		return -1;
	if (b->options->kind != MEMORY_WARD)
		return 0;
	b->pressure = (struct pressure){
		.session = b->session.ward, .ring = &b->ring, .threshold = b->session.threshold,
	};
	b->ring.before = pressure_check;
	b->ring.before_arg = &b->pressure;
	return 0;
}

static int open_vault(struct bench *b)
{
	int err = vault_open(&b->session.memory, VAULT_CHECKPOINT +
			     b->options->job.count * (size_t)VAULT_DATASET);

	return err ? failed(b->failure, EXIT_DEVICE, "no room for key schedules: %s; raise --budget",
			    ward_strerror(err)) : 0;
}

static int load(struct bench *b)
{
	size_t i;

	if (open_vault(b) || load_ring(b))
		return -1;
	for (i = 0; i < b->options->job.count; i++) {
		struct site *site = &b->site[i];

		if (data_open(&b->data[i], b->key[i], b->failure) ||
		    data_site(&b->data[i], (unsigned int)i, site, b->failure))
			return -1;
		phased_source(&b->source[i], &b->phases, &site->source);
		if (site_init(site, b->plan, &b->ring, &b->session.memory, b->failure))
			return -1;
	}
	b->cohort = (struct cohort){
		.plan = b->plan, .memory = &b->session.memory, .ring = &b->ring,
		.sites = b->options->job.count, .site = b->site,
	};
	return cohort_survey(&b->cohort, b->failure);
}

/* One digest over those of all runs: that it was the same training, to the last bit. */
static int train(struct bench *b)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	int ret = digest && EVP_DigestInit(digest, EVP_sha256()) ? 0 : -1;
	uint64_t start;
	size_t i;

	phases_enter(&b->phases, PHASE_COMPUTE);
	start = phases_wall(&b->phases);
	for (i = 0; i < b->plan->runs && !ret; i++) {
		uint8_t one[32];

		ret = train_model(&b->cohort, &b->plan->run[i], NULL, &b->model[i], b->failure) ||
		      train_digest(&b->model[i], one) || !EVP_DigestUpdate(digest, one, sizeof(one));
		b->steps += b->model[i].steps;
	}
	if (!ret)
		ret = !EVP_DigestFinal(digest, b->weights, NULL);
	EVP_MD_CTX_free(digest);
	phases_enter(&b->phases, PHASE_COMPUTE);
	b->train_ns = phases_wall(&b->phases) - start;
	return ret ? failed(b->failure, EXIT_DEVICE, "the cryptographic library failed") : 0;
}

static void forget(struct bench *b)
{
	size_t i;

	b->chunks = b->ring.misses;
	for (i = 0; i < b->options->job.count; i++)
		site_end(&b->site[i]);
	for (i = 0; i < PLAN_RUNS_MAX; i++)
		model_clear(&b->model[i]);
	ring_end(&b->ring);
	memory_release(&b->session.memory, NULL);
	for (i = 0; i < b->options->job.count; i++)
		data_close(&b->data[i]);
	vault_close();
}

/* ---- all of it ----------------------------------------------------------------------- */

static int compute(struct bench *b)
{
	int ret;

	phases_enter(&b->phases, PHASE_COMPUTE);
	ret = load(b) || train(b) ? -1 : 0;
	forget(b);
	phases_enter(&b->phases, PHASE_MEMORY);
	return ret;
}

static uint64_t faults(void)
{
	struct rusage use = { 0 };

	getrusage(RUSAGE_SELF, &use);
	return (uint64_t)use.ru_minflt + (uint64_t)use.ru_majflt;
}

/* Return: 0, also where this machine lacks the memory; -1: there is no such training. */
static int measure(struct bench *b)
{
	int ret;

	b->faults = faults();
	counters_begin(&b->counters);
	phases_begin(&b->phases);
	phases_enter(&b->phases, PHASE_MEMORY);
	if (open_memory(b)) {
		counters_end(&b->counters);
		return 0;
	}
	if (attests(b))
		attest(b, WARD_PURPOSE_REPORT);
	ret = compute(b);
	if (!ret && b->options->kind == MEMORY_WARD)
		ret = session_seal(&b->session, 0);
	if (!ret && attests(b))
		attest(b, WARD_PURPOSE_RECEIPT);
	phases_enter(&b->phases, PHASE_OUTSIDE);
	counters_end(&b->counters);
	b->faults = faults() - b->faults;
	return see_refused(b) ? 0 : ret;
}

/* ---- the verb ---------------------------------------------------------------------- */

int bench_run(const struct bench_options *options, const struct emit *emit,
	      struct failure *failure)
{
	struct bench *b = calloc(1, sizeof(*b));
	size_t i;
	int ret;

	if (!b)
		return failed(failure, EXIT_DEVICE, "out of memory");
	b->options = options;
	b->failure = failure;
	b->silent.quiet = true;
	ret = open_inputs(b) || measure(b) ? -1 : 0;
	if (!ret)
		bench_tell(b, emit);
	for (i = 0; i < options->job.count; i++)
		data_close(&b->data[i]);
	ward_session_close(b->session.ward);
	plan_free(b->plan);
	free(b);
	return ret;
}
