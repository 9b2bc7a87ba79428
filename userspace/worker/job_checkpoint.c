// SPDX-License-Identifier: MIT
/* A job's checkpoints: who can open them, going on from one, and their end. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "job_private.h"

/*
 * A key that seals is used by this process, so it comes the way that keys in user space do,
 * by an attestation of its own; where it comes by, its owner's policy says.
 */
static int fetch_key(struct job *job, struct release *release)
{
	const struct job_options *options = job->options;
	struct release_client *client = NULL;
	struct release_proof proof = { 0 };
	int ret;

	if (release_open(options->broker, options->ca, job->session.ward, false, &proof, &client,
			 job->failure))
		return -1;
	ret = release_fetch(client, &job->session.memory, options->seal.resource, release, job->failure);
	release_close(client);
	return ret;
}

static void say_who(const struct seal_options *seal, char *out, size_t cap)
{
	snprintf(out, cap, "%s%s%s%s%s", seal->tpm ? "the TPM" : "",
		 seal->tpm && (seal->snp || seal->resource) ? ", " : "",
		 seal->snp ? "the guest's firmware" : "",
		 seal->snp && seal->resource ? ", " : "",
		 seal->resource ? "the broker's key" : "");
}

int job_seal(struct job *job)
{
	const struct job_options *options = job->options;
	struct release release = { 0 };
	char who[96];

	if (!options->checkpoint)
		return 0;
	if (options->seal.resource && fetch_key(job, &release))
		return -1;
	if (seal_open(&job->seal, &options->seal, release.key, &job->session.memory, job->failure))
		return -1;
	say_who(&options->seal, who, sizeof(who));
	emit_step(job->emit, "checkpoint",
		  json_pack("{s:s, s:I, s:I, s:b, s:b, s:b}", "file", options->checkpoint,
			    "steps", (json_int_t)options->every_steps,
			    "seconds", (json_int_t)options->every_seconds,
			    "tpm", options->seal.tpm, "snp", options->seal.snp,
			    "broker", options->seal.resource != NULL),
		  "%s, sealed to %s, every %" PRIu64 " %s", options->checkpoint, who,
		  options->every_steps ? options->every_steps : options->every_seconds,
		  options->every_steps ? "steps" : "seconds");
	return 0;
}

static void tell_trouble(void *arg, const char *text)
{
	struct job *job = arg;

	progress_clear(&job->progress);
	emit_step(job->emit, "checkpoint", json_pack("{s:b}", "written", 0),
		  "not written, training goes on: %s", text);
}

int job_resume(struct job *job)
{
	struct checkpoint *checkpoint = &job->checkpoint;

	if (!job->options->checkpoint)
		return 0;
	*checkpoint = (struct checkpoint){
		.path = job->options->checkpoint, .steps = job->options->every_steps,
		.seconds = job->options->every_seconds, .plan = job->plan, .data = job->data,
		.sites = job->options->count, .seal = &job->seal, .memory = &job->session.memory,
		.trouble = tell_trouble, .arg = job,
	};
	if (checkpoint_open(checkpoint, &job->keeper, job->failure))
		return -1;
	if (checkpoint->resumed)
		emit_step(job->emit, "resume",
			  json_pack("{s:I, s:b}", "done", (json_int_t)checkpoint->done,
				    "within", checkpoint->within),
			  "%s: %zu of %zu models trained before%s", checkpoint->path,
			  checkpoint->done, checkpoint->models,
			  checkpoint->within ? ", and part of another" : "");
	return 0;
}

void job_no_more(struct job *job)
{
	if (job->options->checkpoint)
		unlink(job->options->checkpoint);
}
