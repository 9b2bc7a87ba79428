// SPDX-License-Identifier: MIT
/*
 * The order of things: what is declared before what is asked for, what is
 * wiped before what is sealed, what is sealed before what is promised.
 */
#include "job.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job_private.h"
#include "outfile.h"
#include "receipt.h"
#include "scrub.h"
#include "vault.h"

#define PATH_TEXT	PATH_MAX
#define VAULT_SHARED	VAULT_CHECKPOINT
#define VAULT_PER_SITE	4096u

static int fail_ward(struct job *job, const char *what, int err)
{
	return failed(job->failure, fail_errno(err), "%s: %s", what, ward_strerror(err));
}

/* ---- before any key ------------------------------------------------------ */

static int open_inputs(struct job *job)
{
	size_t i;

	if (plan_load(job->options->plan, &job->plan, job->failure) ||
	    outfile_dir(job->options->out, job->failure) ||
	    (job->options->early_receipt &&
	     outfile_check(job->options->early_receipt, job->failure)) ||
	    (job->options->checkpoint && outfile_check(job->options->checkpoint, job->failure)))
		return -1;
	for (i = 0; i < job->options->count; i++) {
		job->data[i] = (struct data){
			.name = job->options->data[i].name,
			.path = job->options->data[i].path, .fd = -1,
		};
	}
	for (i = 0; i < job->options->count; i++) {
		if (!plan_names_site(job->plan, job->data[i].name))
			return failed(job->failure, EXIT_DAMAGED,
				      "plan: split.test does not name the data set %s",
				      job->data[i].name);
		if (data_peek(&job->data[i], job->failure))
			return -1;
	}
	return 0;
}

/* From here on the kernel holds us to the budget, and evidence says so. */
static int limit_session(struct job *job, const struct ward_info *info)
{
	uint64_t budget = job->options->budget;
	int err;

	if (budget > info->out_limit)
		return failed(job->failure, EXIT_DEVICE,
			      "the budget of %" PRIu64 " bytes is above the limit in force, %"
			      PRIu64 "; lower --budget or raise the module's limit",
			      budget, (uint64_t)info->out_limit);
	job->pressure.threshold = job->options->threshold ? job->options->threshold :
				  budget / 4 * 3;
	err = ward_session_watch(job->session, job->pressure.threshold, budget);
	return err ? fail_ward(job, "limit of the session", err) : 0;
}

/* Who may not open the device was refused by this machine, not by a broker. */
static int no_session(struct job *job, int err)
{
	const char *device = job->options->device ? job->options->device : WARD_DEVICE;

	if (err == -EPERM)
		return failed(job->failure, EXIT_DEVICE,
			      "%s: a device cgroup or a security module refuses; docker, podman:"
			      " --device %s; systemd: DeviceAllow=%s rw; wardctl doctor tells more",
			      device, device, device);
	if (err == -EACCES)
		return failed(job->failure, EXIT_DEVICE, "%s: %s", device, ward_strerror(err));
	return fail_ward(job, device, err);
}

static int open_session(struct job *job)
{
	struct ward_info info = { .size = sizeof(info) };
	struct memory_backend backend;
	int err;

	err = ward_session_open(job->options->device, &job->session);
	if (err)
		return no_session(job, err);
	err = ward_session_info(job->session, &info);
	if (err)
		return fail_ward(job, "session", err);
	if (limit_session(job, &info))
		return -1;
	backend = memory_backend_ward(job->session);
	memory_init(&job->memory, &backend, job->options->budget);
	memcpy(job->card.session, info.out_session, WARD_ID_LEN);
	memcpy(job->card.instance, info.out_instance, WARD_ID_LEN);
	emit_step(job->emit, "open",
		  json_pack("{s:o, s:I, s:I}", "session",
			    emit_hex(info.out_session, WARD_ID_LEN), "budget",
			    (json_int_t)job->options->budget, "threshold",
			    (json_int_t)job->pressure.threshold),
		  "session of %s, limited to %" PRIu64 " bytes of protected memory",
		  job->options->device ? job->options->device : WARD_DEVICE,
		  job->options->budget);
	return 0;
}

static int declare_plan(struct job *job)
{
	int err = ward_session_measure(job->session, job->plan->digest, job->card.declared);

	if (err)
		return fail_ward(job, "declaring the plan", err);
	emit_step(job->emit, "measure",
		  json_pack("{s:s, s:o, s:o}", "plan", job->plan->name, "sha512",
			    emit_hex(job->plan->digest, PLAN_DIGEST_LEN), "declared",
			    emit_hex(job->card.declared, WARD_DIGEST_LEN)),
		  "plan %s declared: %zu columns of the design matrix, %zu runs",
		  job->plan->name, job->plan->features, job->plan->runs);
	return 0;
}

/* ---- keys ---------------------------------------------------------------- */

/* A buffer for the header, of which nothing is written there. */
static int open_by_kernel(struct job *job, size_t i)
{
	struct memory_block block;
	int ret, err = memory_get(&job->memory, MEMORY_PAGE, "header", &block);

	if (err)
		return failed(job->failure, EXIT_DEVICE, "no room for a page: %s; raise --budget",
			      ward_strerror(err));
	ret = data_open_kernel(&job->data[i], job->release[i].held, block.handle, job->failure);
	memory_put(&job->memory, &block);
	return ret;
}

static int open_data(struct job *job, size_t i)
{
	return job->proof.kernel ? open_by_kernel(job, i) :
				   data_open(&job->data[i], job->release[i].key, job->failure);
}

static int release_one(struct job *job, struct release_client *client, size_t i)
{
	struct data *data = &job->data[i];
	struct release *release = &job->release[i];
	char resource[256];

	if (snprintf(resource, sizeof(resource), "%s/%s", job->options->resources,
		     data->name) >= (int)sizeof(resource))
		return failed(job->failure, EXIT_MISUSE, "%s: the resource's name is too long",
			      data->name);
	if (release_fetch(client, &job->memory, resource, release, job->failure))
		return -1;
	if (memcmp(release->dataset, data->id, sizeof(data->id)))
		return failed(job->failure, EXIT_DAMAGED,
			      "%s (%s): the broker released the key of another data set",
			      data->name, data->path);
	if (open_data(job, i))
		return -1;
	release->key = NULL;	/* its scope ends when all data sets are open */
	memcpy(job->release_id[i], release->id, CARD_RELEASE_LEN);
	emit_step(job->emit, "release",
		  json_pack("{s:s, s:s, s:o, s:o}", "site", data->name, "resource", resource,
			    "dataset", emit_hex(data->id, sizeof(data->id)),
			    "release", emit_hex(release->id, RELEASE_ID_LEN)),
		  "%s: key of %s released, header verified", data->name, resource);
	return 0;
}

static int release_all(struct job *job, struct release_client *client)
{
	size_t i;

	for (i = 0; i < job->options->count; i++) {
		if (release_one(job, client, i))
			return -1;
	}
	return 0;
}

/* For what OpenSSL keeps of each key, and for what it needs in between. */
static int open_vault(struct job *job)
{
	size_t sites = job->proof.kernel ? 0 : job->options->count;
	size_t len = VAULT_SHARED + sites * VAULT_PER_SITE;
	int err;

	data_warm_up();
	err = vault_open(&job->memory, len);
	if (err)
		return failed(job->failure, EXIT_DEVICE,
			      "no room for %zu bytes of key schedules: %s; raise --budget",
			      len, ward_strerror(err));
	return 0;
}

/* Keys live in a scope of their own, which ends with the last data set opened. */
static int get_keys(struct job *job)
{
	struct release_client *client = NULL;
	struct memory_region *outer;
	int ret;

	if (release_open(job->options->broker, job->options->ca, job->session,
			 !job->options->key_in_user_space, &job->proof, &client, job->failure))
		return -1;
	emit_step(job->emit, "attest",
		  json_pack("{s:s, s:b, s:s}", "tee", job->proof.tee, "simulated",
			    job->proof.simulated, "keys", job->proof.kernel ? "kernel" : "user"),
		  "the broker accepted the evidence of %s%s; %s", job->proof.tee,
		  job->proof.simulated ? " (simulated TEE)" : "",
		  job->proof.kernel ? "the kernel alone holds the keys" :
				      "keys in user space, the weaker way");
	outer = memory_scope(&job->memory);
	/* what the kernel holds needs no vault */
	ret = ((!job->proof.kernel || job->options->checkpoint) && open_vault(job)) ||
	      release_all(job, client) ? -1 : 0;
	memory_release(&job->memory, outer);
	release_close(client);
	scrub_stack();
	return ret;
}

/* ---- after the last row -------------------------------------------------- */

static struct receipt_binding binding_of(const struct job *job, size_t i)
{
	return (struct receipt_binding){
		.release = job->release[i].id, .dataset = job->data[i].id,
		.nonce = job->release[i].nonce,
	};
}

/* The receipt's request before the seal, as a report: nobody may accept it. */
static int early_receipt(struct job *job)
{
	struct receipt_binding binding = binding_of(job, 0);

	if (!job->options->early_receipt)
		return 0;
	if (receipt_export(job->session, WARD_PURPOSE_REPORT, &binding,
			   job->options->early_receipt, NULL, job->failure))
		return -1;
	emit_step(job->emit, "early", NULL, "%s: evidence before the seal; not a receipt",
		  job->options->early_receipt);
	return 0;
}

static int wipe(struct job *job)
{
	struct ward_info info = { .size = sizeof(info) };
	size_t peak = job->memory.peak;
	uint64_t held = job->memory.live;
	int err;

	job_forget(job);
	scrub_stack();
	err = ward_session_info(job->session, &info);
	if (err)
		return fail_ward(job, "session", err);
	if (info.out_live)
		return failed(job->failure, EXIT_DEVICE,
			      "%" PRIu64 " bytes are still held after the wipe",
			      (uint64_t)info.out_live);
	emit_step(job->emit, "wipe",
		  json_pack("{s:I, s:I, s:I}", "wiped", (json_int_t)held, "peak",
			    (json_int_t)peak, "live", (json_int_t)info.out_live),
		  "%" PRIu64 " bytes wiped, none held; most ever held %zu of %" PRIu64,
		  held, peak, job->options->budget);
	return 0;
}

static int seal(struct job *job)
{
	struct ward_seal sealed = { .size = sizeof(sealed) };
	int err = ward_session_seal(job->session, &sealed);

	if (err)
		return fail_ward(job, "seal", err);
	emit_step(job->emit, "seal", NULL, "session sealed: it can hold no more protected memory");
	return 0;
}

static int export_receipts(struct job *job)
{
	char path[PATH_TEXT];
	size_t i, bytes;

	for (i = 0; i < job->options->count; i++) {
		struct receipt_binding binding = binding_of(job, i);

		if (snprintf(path, sizeof(path), "%s/receipt-%s.ward", job->options->out,
			     job->data[i].name) >= (int)sizeof(path))
			return failed(job->failure, EXIT_MISUSE, "%s: the path is too long",
				      job->options->out);
		if (receipt_take(job->session, WARD_PURPOSE_RECEIPT, &binding, &job->receipt[i],
				 &bytes, job->failure) ||
		    outfile_put(path, job->receipt[i], bytes, job->failure))
			return -1;
		job->receipt_len[i] = bytes;
		emit_step(job->emit, "receipt",
			  json_pack("{s:s, s:s, s:o, s:I}", "site", job->data[i].name,
				    "file", path, "release",
				    emit_hex(job->release[i].id, RELEASE_ID_LEN),
				    "bytes", (json_int_t)bytes),
			  "%s: %s, %zu bytes", job->data[i].name, path, bytes);
	}
	return 0;
}

/* Of the same sealed session as the receipts. */
static int export_cards(struct job *job)
{
	char path[PATH_TEXT];
	size_t i, bytes;

	for (i = 0; i < job->plan->runs; i++) {
		const char *name = job->plan->run[i].name;

		if (snprintf(path, sizeof(path), "%s/card-%s.ward", job->options->out, name) >=
		    (int)sizeof(path))
			return failed(job->failure, EXIT_MISUSE, "%s: the path is too long",
				      job->options->out);
		if (receipt_export_card(job->session, job->card_digest[i], path, &bytes, job->failure))
			return -1;
		emit_step(job->emit, "card",
			  json_pack("{s:s, s:s, s:o, s:I}", "run", name, "file", path, "sha512",
				    emit_hex(job->card_digest[i], CARD_DIGEST_LEN),
				    "bytes", (json_int_t)bytes),
			  "%s: %s vouches for its card, %zu bytes", name, path, bytes);
	}
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

static void describe(struct job *job)
{
	job->card.cohort = &job->cohort;
	job->card.data = job->data;
	job->card.release = (const uint8_t (*)[CARD_RELEASE_LEN])job->release_id;
	job->card.tee = job->proof.tee;
	job->card.simulated = job->proof.simulated;
	job->card.keys_kernel = job->proof.kernel;
}

static int compute(struct job *job)
{
	if (job_seal(job) || job_load(job) || job_resume(job) ||
	    (job->options->join ? job_federate(job) : job_train(job)))
		return -1;
	return job_write(job) || early_receipt(job) ? -1 : 0;
}

static int settle(struct job *job)
{
	return wipe(job) || seal(job) || export_receipts(job) ? -1 : 0;
}

static int run(struct job *job)
{
	if (open_inputs(job) || open_session(job) || declare_plan(job) || get_keys(job))
		return -1;
	describe(job);
	if (compute(job)) {
		/* That an aggregator is gone is no reason to owe the owners their receipts. */
		if (job->options->join)
			settle(job);
		return -1;
	}
	if (settle(job) || export_cards(job) || job_hand_in(job))
		return -1;
	job_no_more(job);
	return 0;
}

int job_run(const struct job_options *options, const struct emit *emit,
	    struct failure *failure)
{
	struct job *job = calloc(1, sizeof(*job));
	int ret;

	if (!job)
		return failed(failure, EXIT_DEVICE, "out of memory");
	job->options = options;
	job->emit = emit;
	job->failure = failure;
	ret = run(job);
	job_forget(job);
	job_leave(job);
	ward_session_close(job->session);
	plan_free(job->plan);
	free(job);
	scrub_stack();
	return ret;
}
