// SPDX-License-Identifier: MIT
/* A job that takes part in a federation: the rounds in place of training, receipts for all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "job_private.h"
#include "outfile.h"
#include "receipt.h"

#define PATIENCE_S	300	/* for an aggregator that does not listen yet */

static void show_question(void *arg, const struct wire_head *head, const struct wire_task *task)
{
	struct job *job = arg;
	const struct plan_run *run = &job->plan->run[task->run];

	progress_show(&job->progress, head->type == WIRE_ROUND ? task->round + 1 : head->number,
		      run->rounds, head->type == WIRE_ROUND ? "rounds" : "questions");
}

int job_read_peer(struct job *job)
{
	const struct attested_files files = {
		.policy = job->options->peer_policy, .policy_option = "--peer-policy ",
		.root = job->options->peer_root, .root_option = "--peer-root ",
	};

	return job->options->join ? attested_read(&job->attested, &files, job->failure) : 0;
}

static int connect_aggregator(struct job *job)
{
	job->attested.session = job->session.ward;
	job->attested.reattest_ms = (uint32_t)job->options->reattest_s * 1000;
	if (attested_open(&job->attested, job->failure) ||
	    attested_connect(&job->attested, job->options->join, PATIENCE_S, &job->link,
			     job->failure))
		return -1;
	emit_step(job->emit, "join",
		  json_pack("{s:s, s:s}", "aggregator", job->options->join, "site",
			    job->client.join.name),
		  "%s proved what it is; this is site %s", job->options->join,
		  job->client.join.name);
	return 0;
}

int job_federate(struct job *job)
{
	const char *name = job->options->site ? job->options->site : job->options->data[0].name;
	int ret;

	job->client = (struct client){
		.link = &job->link, .cohort = &job->cohort, .model = job->model,
		.reattest_rounds = job->options->reattest_rounds, .heard = show_question, .heard_arg = job,
	};
	snprintf(job->client.join.name, sizeof(job->client.join.name), "%s", name);
	memcpy(job->client.join.session, job->card.session, WIRE_ID_LEN);
	if (getrandom(job->client.join.nonce, WIRE_NONCE_LEN, 0) != WIRE_NONCE_LEN)
		return failed(job->failure, EXIT_DEVICE, "no random bytes");
	if (connect_aggregator(job))
		return -1;
	progress_begin(&job->progress, "federation", job->emit->quiet);
	ret = client_run(&job->client, job->failure);
	progress_clear(&job->progress);
	if (ret)
		return -1;
	job_tell(job);
	return 0;
}

/* The receipts as they were written, back to back. */
static uint8_t *read_receipts(struct job *job, size_t *len)
{
	struct federation_receipt receipt[FEDERATION_RECEIPTS_MAX];
	uint8_t *out;
	size_t i;

	for (i = 0; i < job->options->count; i++) {
		memcpy(receipt[i].dataset, job->data[i].id, sizeof(receipt[i].dataset));
		memcpy(receipt[i].release, job->release[i].id, sizeof(receipt[i].release));
		memcpy(receipt[i].nonce, job->release[i].nonce, sizeof(receipt[i].nonce));
		receipt[i].bundle = job->receipt[i];
		receipt[i].len = job->receipt_len[i];
	}
	*len = federation_receipts_put(NULL, receipt, job->options->count);
	out = malloc(WIRE_HEAD + *len);
	if (out)
		federation_receipts_put(out + WIRE_HEAD, receipt, job->options->count);
	return out;
}

int job_hand_in(struct job *job)
{
	uint8_t *bundle = NULL, *receipts;
	size_t len, bundle_len = 0;
	int ret;

	if (!job->options->join)
		return 0;
	receipts = read_receipts(job, &len);
	if (!receipts)
		return failed(job->failure, EXIT_DEVICE, "out of memory");
	ret = client_receipts(&job->client, receipts, len, &bundle, &bundle_len, job->failure);
	free(receipts);
	if (!ret)
		ret = outfile_write(job->options->out, FEDERATION_FILE_NAME, bundle, bundle_len,
				    job->failure);
	free(bundle);
	if (!ret)
		emit_step(job->emit, "federation",
			  json_pack("{s:s, s:I}", "file", FEDERATION_FILE_NAME, "bytes",
				    (json_int_t)bundle_len),
			  "everybody's receipts: %s/" FEDERATION_FILE_NAME ", %zu bytes",
			  job->options->out, bundle_len);
	return ret;
}

void job_leave(struct job *job)
{
	size_t i;

	if (job->link.close)
		job->link.close(job->link.arg);
	job->link = (struct link){ 0 };
	attested_close(&job->attested);
	for (i = 0; i < job->options->count; i++)
		free(job->receipt[i]);
}
