// SPDX-License-Identifier: MIT
/* Between the keys and the wipe: load, train, tell, write. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "job_private.h"
#include "vault.h"

#define KEPT_PART	4	/* of the budget one part is for rows as numbers, three for the rest */

/* ---- the ring ------------------------------------------------------------ */

static const char *level_name(uint32_t level)
{
	switch (level) {
	case WARD_LEVEL_LOW:
		return "low";
	case WARD_LEVEL_MEDIUM:
		return "medium";
	default:
		return "critical";
	}
}

static void tell_yield(struct job *job, size_t before, size_t after, uint64_t bytes)
{
	emit_step(job->emit, "yield",
		  json_pack("{s:I, s:I, s:I}", "before", (json_int_t)before,
			    "after", (json_int_t)after, "wiped", (json_int_t)bytes),
		  "work needs room: ring cut from %zu to %zu chunks, %" PRIu64
		  " bytes wiped", before, after, bytes);
}

static void tell_shrink(void *arg, bool yielded, size_t before, size_t after,
			uint64_t bytes)
{
	struct job *job = arg;
	const struct ward_notice *notice = &job->pressure.last;

	progress_clear(&job->progress);
	if (yielded) {
		tell_yield(job, before, after, bytes);
		return;
	}
	emit_step(job->emit, "pressure",
		  json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "level",
			    level_name(notice->level), "live", (json_int_t)notice->live,
			    "threshold", (json_int_t)job->pressure.threshold,
			    "before", (json_int_t)before, "after", (json_int_t)after,
			    "wiped", (json_int_t)bytes),
		  "%s at %" PRIu64 " bytes held, threshold %" PRIu64
		  ": ring shrunk from %zu to %zu chunks, %" PRIu64 " bytes wiped",
		  level_name(notice->level), (uint64_t)notice->live,
		  job->pressure.threshold, before, after, bytes);
}

/* The ring has nothing left: rows that are kept as numbers can be read again. */
static size_t spare_rows(void *arg)
{
	struct job *job = arg;
	size_t bytes = 0, i;

	for (i = 0; i < job->options->count; i++)
		bytes += site_unkeep(&job->site[i]);
	if (!bytes)
		return 0;
	progress_clear(&job->progress);
	emit_step(job->emit, "yield", json_pack("{s:I}", "wiped", (json_int_t)bytes),
		  "rows kept as numbers are given back, %zu bytes wiped", bytes);
	return bytes;
}

static size_t largest_chunk(const struct job *job)
{
	size_t most = 0, i;

	for (i = 0; i < job->options->count; i++)
		most = job->data[i].chunk_bytes > most ? job->data[i].chunk_bytes : most;
	return most;
}

/* More slots than chunks, or than fit the budget, would stand empty. */
static size_t ring_slots(const struct job *job, size_t chunk)
{
	uint64_t slots = job->session.memory.budget / chunk, chunks = 0;
	size_t i;

	for (i = 0; i < job->options->count; i++)
		chunks += job->data[i].chunks;
	slots = slots < chunks ? slots : chunks;
	if (job->options->ring && job->options->ring < slots)
		slots = job->options->ring;
	return slots;
}

static int load_ring(struct job *job)
{
	size_t chunk = largest_chunk(job);

	if (ring_init(&job->ring, &job->session.memory, chunk, ring_slots(job, chunk),
		      job->options->count, job->failure))
		return -1;
	if (job->options->threads > 1 && ring_read_ahead(&job->ring, job->failure))
		return -1;
	job->pressure.session = job->session.ward;
	job->pressure.ring = &job->ring;
	job->ring.before = pressure_check;
	job->ring.before_arg = &job->pressure;
	job->ring.shrunk = tell_shrink;
	job->ring.shrunk_arg = job;
	job->ring.other = spare_rows;
	job->ring.other_arg = job;
	return 0;
}

/* ---- sites --------------------------------------------------------------- */

static void tell_site(const struct job *job, const struct site *site)
{
	emit_step(job->emit, "data",
		  json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "site", site->name,
			    "rows", (json_int_t)site->rows, "train",
			    (json_int_t)site->train, "test", (json_int_t)site->test,
			    "dropped", (json_int_t)site->dropped,
			    "chunks", (json_int_t)site->source.chunks),
		  "%s: %" PRIu64 " rows in %" PRIu64 " chunks: %" PRIu64 " to train, %"
		  PRIu64 " to test, %" PRIu64 " dropped", site->name, site->rows,
		  site->source.chunks, site->train, site->test, site->dropped);
}

static void tell_sites(const struct job *job)
{
	size_t i;

	for (i = 0; i < job->options->count; i++)
		tell_site(job, &job->site[i]);
}

static int load_sites(struct job *job)
{
	size_t left = job->session.memory.budget / KEPT_PART, i;

	for (i = 0; i < job->options->count; i++) {
		struct site *site = &job->site[i];

		if (data_site(&job->data[i], (unsigned int)i, site, job->failure) ||
		    site_init(site, job->plan, &job->ring, &job->session.memory, job->failure))
			return -1;
		left -= site_keep(site, left);
	}
	return 0;
}

int job_load(struct job *job)
{
	if (load_ring(job) || load_sites(job))
		return -1;
	job->cohort = (struct cohort){
		.plan = job->plan, .memory = &job->session.memory, .ring = &job->ring,
		.sites = job->options->count, .site = job->site,
	};
	if (job->options->join)	/* the aggregator asks for the survey */
		return 0;
	if (cohort_survey(&job->cohort, job->failure))
		return -1;
	tell_sites(job);
	return 0;
}

/* ---- runs ---------------------------------------------------------------- */

static void show_step(void *arg, const struct plan_run *run, uint64_t step,
		      uint64_t steps, double loss)
{
	struct job *job = arg;

	(void)loss;
	/* What goes by steps ends when it is there, not after a known number. */
	progress_show(&job->progress, step, plan_by_step(run->method) ? 0 : steps, plan_unit(run));
}

static void tell_run(const struct job *job, const struct model *model)
{
	const struct plan_run *run = model->run;
	const char *unit = plan_unit(run);
	char how[64] = "";

	if (plan_by_step(run->method))
		snprintf(how, sizeof(how), ", gradient %.1e, %s", model->norm,
			 model->converged ? "converged" : "NOT converged");
	emit_step(job->emit, "train",
		  json_pack("{s:s, s:s, s:I, s:f, s:b, s:I, s:I, s:I}", "run", run->name,
			    "method", plan_method_name(run->method),
			    unit, (json_int_t)model->steps, "loss", model->loss,
			    "converged", model->converged,
			    "ring", (json_int_t)job->ring.count,
			    "decrypted", (json_int_t)job->ring.misses,
			    "kept", (json_int_t)job->ring.hits),
		  "%s: %" PRIu64 " %s, loss %.6f%s; ring of %zu chunks, %" PRIu64
		  " decrypted, %" PRIu64 " still there", run->name, model->steps, unit,
		  model->loss, how, job->ring.count, job->ring.misses, job->ring.hits);
}

static void figure(char *out, size_t cap, double value)
{
	if (isfinite(value))
		snprintf(out, cap, "%.4f", value);
	else
		snprintf(out, cap, "-");
}

static void tell_metrics(const struct job *job, const char *run, const char *site,
			 const struct metrics *metrics)
{
	bool values = metrics->kind == LOSS_SQUARED;
	char first[16], second[16];

	figure(first, sizeof(first), values ? metrics->mse : metrics->accuracy);
	figure(second, sizeof(second), values ? metrics->mae : metrics->auc);
	emit_step(job->emit, "metrics",
		  json_pack("{s:s, s:s, s:o}", "run", run, "site", site, "figures",
			    card_metrics(metrics)),
		  "%s: %s: %s %s, %s %s, %" PRIu64 " test rows", run, site,
		  values ? "squared error" : "accuracy", first,
		  values ? "absolute error" : "AUC", second, metrics->rows);
}

static void tell_model(const struct job *job, const struct model *model)
{
	const char *run = model->run->name;
	size_t site;

	tell_run(job, model);
	for (site = 0; site < model->sites; site++)
		tell_metrics(job, run, job->site[site].name, &model->site[site]);
	tell_metrics(job, run, "pooled", &model->pooled);
}

void job_tell(const struct job *job)
{
	size_t i;

	tell_sites(job);
	for (i = 0; i < job->plan->runs; i++)
		tell_model(job, &job->model[i]);
}

static int train_one(struct job *job, size_t i)
{
	const struct plan_run *run = &job->plan->run[i];
	struct train_hooks hooks = {
		.progress = show_step, .arg = job,
		.keeper = job->options->checkpoint ? &job->keeper : NULL,
	};
	struct model *model = &job->model[i];
	int ret;

	progress_begin(&job->progress, run->name, job->emit->quiet);
	ret = train_model(&job->cohort, run, &hooks, model, job->failure);
	progress_clear(&job->progress);
	if (ret)
		return -1;
	tell_model(job, model);
	return 0;
}

int job_train(struct job *job)
{
	size_t i;

	for (i = 0; i < job->plan->runs; i++) {
		if (train_one(job, i))
			return -1;
	}
	return 0;
}

/* ---- out ----------------------------------------------------------------- */

int job_write(struct job *job)
{
	size_t i;

	for (i = 0; i < job->plan->runs; i++) {
		job->card.digest = job->card_digest[i];
		if (card_write(&job->card, &job->model[i], job->options->out, job->failure))
			return -1;
		emit_step(job->emit, "write",
			  json_pack("{s:s}", "run", job->plan->run[i].name),
			  "%s/model-%s.safetensors and its card model-%s.json",
			  job->options->out, job->plan->run[i].name, job->plan->run[i].name);
	}
	return 0;
}

void job_forget(struct job *job)
{
	size_t i;

	for (i = 0; i < job->options->count; i++)
		site_end(&job->site[i]);
	for (i = 0; i < PLAN_RUNS_MAX; i++)
		model_clear(&job->model[i]);
	checkpoint_end(&job->checkpoint);
	ring_end(&job->ring);
	memory_release(&job->session.memory, NULL);
	for (i = 0; i < job->options->count; i++) {
		data_close(&job->data[i]);
		ward_key_free(job->release[i].held);
		job->release[i].held = NULL;
	}
	vault_close();
}
