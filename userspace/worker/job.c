// SPDX-License-Identifier: MIT
/*
 * The order of things: what is declared before what is asked for, what is
 * wiped before what is sealed, what is sealed before what is promised.
 */
#include "job.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job_private.h"
#include "outfile.h"
#include "receipt.h"
#include "scrub.h"
#include "vault.h"

#define VAULT_SHARED	VAULT_CHECKPOINT

/* ---- before any key ------------------------------------------------------ */

static int open_inputs(struct job *job)
{
	size_t i;

	if (plan_load(job->options->plan, &job->plan, job->failure) || job_read_peer(job) ||
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

static int open_session(struct job *job)
{
	const struct job_options *options = job->options;

	job->session = (struct session){
		.device = options->device, .budget = options->budget,
		.threshold = options->threshold, .emit = job->emit, .failure = job->failure,
	};
	if (session_begin(&job->session, &job->card))
		return -1;
	job->pressure.threshold = job->session.threshold;
	return session_declare(&job->session, job->plan, &job->card);
}

/* ---- keys ---------------------------------------------------------------- */

/* A buffer for the header, of which nothing is written there. */
static int open_by_kernel(struct job *job, size_t i)
{
	struct memory_block block;
	int ret, err = memory_get(&job->session.memory, MEMORY_PAGE, "header", &block);

	if (err)
		return failed(job->failure, EXIT_DEVICE, "no room for a page: %s; raise --budget",
			      ward_strerror(err));
	ret = data_open_kernel(&job->data[i], job->release[i].held, block.handle, job->failure);
	memory_put(&job->session.memory, &block);
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
	if (release_fetch(client, &job->session.memory, resource, release, job->failure))
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
	size_t len = VAULT_SHARED + sites * VAULT_DATASET;
	int err;

	data_warm_up();
	err = vault_open(&job->session.memory, len);
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

	if (release_open(job->options->broker, job->options->ca, job->session.ward,
			 !job->options->key_in_user_space, &job->proof, &client, job->failure))
		return -1;
	emit_step(job->emit, "attest",
		  json_pack("{s:s, s:b, s:s}", "tee", job->proof.tee, "simulated",
			    job->proof.simulated, "keys", job->proof.kernel ? "kernel" : "user"),
		  "the broker accepted the evidence of %s%s; %s", job->proof.tee,
		  job->proof.simulated ? " (simulated TEE)" : "",
		  job->proof.kernel ? "the kernel alone holds the keys" :
				      "keys in user space, the weaker way");
	outer = memory_scope(&job->session.memory);
	/* what the kernel holds needs no vault */
	ret = ((!job->proof.kernel || job->options->checkpoint) && open_vault(job)) ||
	      release_all(job, client) ? -1 : 0;
	memory_release(&job->session.memory, outer);
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
	if (receipt_export(job->session.ward, WARD_PURPOSE_REPORT, &binding,
			   job->options->early_receipt, NULL, job->failure))
		return -1;
	emit_step(job->emit, "early", NULL, "%s: evidence before the seal; not a receipt",
		  job->options->early_receipt);
	return 0;
}

static int wipe_and_seal(struct job *job)
{
	uint64_t held = job->session.memory.live;

	job_forget(job);
	scrub_stack();
	return session_seal(&job->session, held);
}

static int export_receipts(struct job *job)
{
	char path[PATH_MAX];
	size_t i, bytes;

	for (i = 0; i < job->options->count; i++) {
		struct receipt_binding binding = binding_of(job, i);

		if (snprintf(path, sizeof(path), "%s/receipt-%s.ward", job->options->out,
			     job->data[i].name) >= (int)sizeof(path))
			return failed(job->failure, EXIT_MISUSE, "%s: the path is too long",
				      job->options->out);
		if (receipt_take(job->session.ward, WARD_PURPOSE_RECEIPT, &binding, &job->receipt[i],
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
	return wipe_and_seal(job) || export_receipts(job) ? -1 : 0;
}

static int run(struct job *job)
{
	if (open_inputs(job) || open_session(job) || get_keys(job))
		return -1;
	describe(job);
	if (compute(job)) {
		/* That an aggregator is gone is no reason to owe the owners their receipts. */
		if (job->options->join)
			settle(job);
		return -1;
	}
	/* of the same sealed session as the receipts */
	if (settle(job) ||
	    session_cards(&job->session, job->plan, job->card_digest, job->options->out) ||
	    job_hand_in(job))
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
	ward_session_close(job->session.ward);
	plan_free(job->plan);
	free(job);
	scrub_stack();
	return ret;
}
