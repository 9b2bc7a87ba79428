// SPDX-License-Identifier: MIT
/*
 * The middle of a job, as job_compute.c has it, between a stopwatch's phases: by one thread, so
 * that phases do not overlap, and with a ring that never comes near the budget, so that the
 * same chunks are decrypted in every kind of memory.
 */
#include "bench.h"

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

#include "cohort.h"
#include "counters.h"
#include "phases.h"
#include "pressure.h"
#include "receipt.h"
#include "ring.h"
#include "session.h"
#include "train.h"
#include "vault.h"

struct bench {
	const struct bench_options *options;
	struct failure *failure;
	struct plan *plan;
	struct emit silent;		/* for the session's own steps */
	struct session session;		/* of ward alone, but for its memory */
	struct pressure pressure;
	struct phases phases;
	struct phased_memory phased;
	struct counters counters;
	struct ring ring;
	struct data data[PLAN_SITES_MAX];
	uint8_t key[PLAN_SITES_MAX][WARD_DATASET_KEY_LEN];
	struct phased_source source[PLAN_SITES_MAX];
	struct site site[PLAN_SITES_MAX];
	struct cohort cohort;
	struct model model[PLAN_RUNS_MAX];

	/* results */
	uint64_t steps;
	uint64_t train_ns;
	uint64_t faults;
	uint64_t chunks;
	uint8_t weights[32];
	char lacking[640];		/* why this memory is not measured here, "" = it is */
	char unattested[640];		/* why evidence is not, likewise */
};

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

/* ---- what came of it ---------------------------------------------------------------------- */

static void put_number(json_t *to, const char *name, uint64_t value)
{
	json_object_set_new(to, name, json_integer((json_int_t)value));
}

/* Work in the kernel beside memory and evidence is a part of its own: that of system calls. */
static json_t *parts(const struct bench *b)
{
	const uint64_t *wall = b->phases.wall, *kernel = b->phases.kernel;
	uint64_t decrypt = kernel[PHASE_DECRYPT], compute = kernel[PHASE_COMPUTE];
	json_t *ns = json_object();

	/* sampled, and so sometimes more than there was */
	decrypt = decrypt < wall[PHASE_DECRYPT] ? decrypt : wall[PHASE_DECRYPT];
	compute = compute < wall[PHASE_COMPUTE] ? compute : wall[PHASE_COMPUTE];
	put_number(ns, "memory", wall[PHASE_MEMORY]);
	if (!b->unattested[0])
		put_number(ns, "attestation", wall[PHASE_ATTEST]);
	put_number(ns, "system_calls", decrypt + compute);
	put_number(ns, "decrypt", wall[PHASE_DECRYPT] - decrypt);
	put_number(ns, "compute", wall[PHASE_COMPUTE] - compute);
	put_number(ns, "total", phases_wall(&b->phases) -
		   (b->unattested[0] ? wall[PHASE_ATTEST] : 0));
	put_number(ns, "training", b->train_ns);
	return ns;
}

static json_t *counts(const struct bench *b)
{
	json_t *counts = json_object();
	int i;

	for (i = 0; i < COUNTERS; i++) {
		if (!b->counters.why[i][0])
			put_number(counts, counter_name(i), b->counters.value[i]);
	}
	put_number(counts, "page_faults", b->faults);
	put_number(counts, "chunks_decrypted", b->chunks);
	put_number(counts, "epochs", b->steps);
	put_number(counts, "peak_bytes", b->session.memory.peak);
	return counts;
}

static json_t *lacks(const struct bench *b)
{
	json_t *lacks = json_object();
	int i;

	if (b->lacking[0]) {
		json_object_set_new(lacks, "memory", json_string(b->lacking));
		return lacks;
	}
	if (b->unattested[0])
		json_object_set_new(lacks, "attestation", json_string(b->unattested));
	for (i = 0; i < COUNTERS; i++) {
		if (b->counters.why[i][0])
			json_object_set_new(lacks, counter_name(i),
					    json_string(b->counters.why[i]));
	}
	return lacks;
}

static void tell(const struct bench *b, const struct emit *emit)
{
	const char *kind = memory_kind_name(b->options->kind);
	json_t *fields = json_pack("{s:s, s:o}", "memory", kind, "not_measured", lacks(b));

	if (b->lacking[0]) {
		emit_step(emit, "bench", fields, "%s: not measured here: %s", kind, b->lacking);
		return;
	}
	if (fields) {
		json_object_set_new(fields, "ns", parts(b));
		json_object_set_new(fields, "counts", counts(b));
		json_object_set_new(fields, "weights", emit_hex(b->weights, sizeof(b->weights)));
	}
	emit_step(emit, "bench", fields,
		  "%s: %.3f ms, of them %.3f memory; %" PRIu64 " epochs or steps, %" PRIu64
		  " chunks decrypted", kind, (double)phases_wall(&b->phases) / 1e6,
		  (double)b->phases.wall[PHASE_MEMORY] / 1e6, b->steps, b->chunks);
}

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
		tell(b, emit);
	for (i = 0; i < options->job.count; i++)
		data_close(&b->data[i]);
	ward_session_close(b->session.ward);
	plan_free(b->plan);
	free(b);
	return ret;
}
