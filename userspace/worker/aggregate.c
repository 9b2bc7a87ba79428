// SPDX-License-Identifier: MIT
/*
 * The order of things on the aggregator's side: declared before anybody is listened to, models
 * written before what they were made from is wiped, wiped before it is sealed, sealed before its
 * receipt, which speaks of everybody else's.
 */
#include "aggregate.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attested.h"
#include "card.h"
#include "federate.h"
#include "outfile.h"
#include "progress.h"
#include "receipt.h"
#include "scrub.h"
#include "session.h"

struct aggregate {
	const struct aggregate_options *options;
	const struct emit *emit;
	struct failure *failure;
	struct plan *plan;
	struct session session;
	struct progress progress;
	struct attested attested;
	struct roster roster;
	struct federation federation;
	struct train_hooks hooks;
	struct model model[PLAN_RUNS_MAX];
	struct card card;
	uint8_t card_digest[PLAN_RUNS_MAX][CARD_DIGEST_LEN];
	struct federation_file file;
	uint8_t *bytes;			/* of it, behind WIRE_HEAD bytes of room */
	size_t len;
	int listener;
	int stop;
	bool listening;
	pthread_t thread;
};

/* ---- before anybody comes ----------------------------------------------------------- */

static int open_session(struct aggregate *a)
{
	a->session = (struct session){
		.device = a->options->device, .budget = a->options->budget,
		.emit = a->emit, .failure = a->failure,
	};
	return session_begin(&a->session, &a->card) ||
	       session_declare(&a->session, a->plan, &a->card) ? -1 : 0;
}

/* ---- who connects --------------------------------------------------------------------- */

static void *listen_main(void *arg)
{
	struct aggregate *a = arg;
	struct pollfd poll_on[2] = {
		{ .fd = a->listener, .events = POLLIN }, { .fd = a->stop, .events = POLLIN },
	};
	struct link link;
	int fd;

	for (;;) {
		if (poll(poll_on, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (poll_on[1].revents)
			return NULL;
		fd = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			usleep(10000);	/* no descriptor left, say: it may pass */
		else if (!attested_accept(&a->attested, fd, &link))
			roster_add(&a->roster, &link);
	}
}

static int start_listening(struct aggregate *a)
{
	a->listener = attested_listen(a->options->listen, a->failure);
	if (a->listener < 0)
		return -1;
	a->stop = eventfd(0, EFD_CLOEXEC);
	if (a->stop < 0 || pthread_create(&a->thread, NULL, listen_main, a))
		return failed(a->failure, EXIT_DEVICE, "no thread to listen with");
	a->listening = true;
	emit_step(a->emit, "listen",
		  json_pack("{s:s, s:o, s:I, s:I}", "at", a->options->listen, "federation",
			    emit_hex(a->roster.federation, WIRE_ID_LEN), "sites",
			    (json_int_t)a->options->sites, "quorum",
			    (json_int_t)a->options->quorum),
		  "%s: %" PRIu64 " sites are expected, %" PRIu64 " are enough",
		  a->options->listen, a->options->sites, a->options->quorum);
	return 0;
}

static void stop_listening(struct aggregate *a)
{
	const uint64_t one = 1;

	if (a->listening && write(a->stop, &one, sizeof(one)) == sizeof(one))
		pthread_join(a->thread, NULL);
	if (a->listener >= 0)
		close(a->listener);
	if (a->stop >= 0)
		close(a->stop);
	a->listening = false;
	a->listener = a->stop = -1;
}

static void tell_site(void *arg, const char *site, const char *text)
{
	struct aggregate *a = arg;

	progress_clear(&a->progress);
	emit_step(a->emit, *text ? "gone" : "join",
		  json_pack("{s:s, s:s}", "site", site, "why", text), "%s%s%s",
		  *site ? site : "somebody who did not say who it is",
		  *text ? ": " : " takes part", text);
}

static void tell_restart(void *arg, const struct plan_run *run, size_t sites)
{
	struct aggregate *a = arg;

	progress_clear(&a->progress);
	emit_step(a->emit, "restart",
		  json_pack("{s:s, s:I}", "run", run->name, "sites", (json_int_t)sites),
		  "%s begins anew, with %zu sites", run->name, sites);
}

static void show_step(void *arg, const struct plan_run *run, uint64_t step, uint64_t steps,
		      double loss)
{
	struct aggregate *a = arg;

	(void)loss;
	progress_show(&a->progress, step, plan_by_step(run->method) ? 0 : steps, plan_unit(run));
}

static int open_roster(struct aggregate *a)
{
	a->roster = (struct roster){
		.plan = a->plan, .memory = &a->session.memory, .tell = tell_site, .tell_arg = a,
		.options = {
			.sites = (uint32_t)a->options->sites,
			.quorum = (uint32_t)a->options->quorum,
			.join_ms = (uint32_t)a->options->join_s * 1000,
			.round_ms = (uint32_t)a->options->round_s * 1000,
			.reattest_rounds = plan_reattest(a->plan, a->options->reattest_rounds),
		},
	};
	if (getrandom(a->roster.federation, WIRE_ID_LEN, 0) != WIRE_ID_LEN)
		return failed(a->failure, EXIT_DEVICE, "no random bytes");
	return roster_init(&a->roster, a->failure);
}

/* ---- training --------------------------------------------------------------------------- */

static void tell_model(const struct aggregate *a, const struct model *model)
{
	const struct metrics *pooled = &model->pooled;
	bool values = pooled->kind == LOSS_SQUARED;

	emit_step(a->emit, "train",
		  json_pack("{s:s, s:s, s:I, s:I, s:f, s:b, s:o}", "run", model->run->name,
			    "method", plan_method_name(model->run->method),
			    plan_unit(model->run), (json_int_t)model->steps, "sites",
			    (json_int_t)model->sites, "loss", model->loss, "converged",
			    model->converged, "figures", card_metrics(pooled)),
		  "%s: %" PRIu64 " %s, loss %.6f; %s %.4f of %" PRIu64 " test rows",
		  model->run->name, model->steps, plan_unit(model->run), model->loss,
		  values ? "squared error" : "accuracy", values ? pooled->mse : pooled->accuracy,
		  pooled->rows);
}

static int train(struct aggregate *a)
{
	size_t i;
	int ret;

	a->hooks = (struct train_hooks){ .progress = show_step, .arg = a };
	a->federation = (struct federation){
		.plan = a->plan, .memory = &a->session.memory, .roster = &a->roster, .hooks = &a->hooks,
		.restarted = tell_restart, .arg = a, .model = a->model,
	};
	progress_begin(&a->progress, "federation", a->emit->quiet);
	ret = federate_run(&a->federation, a->failure);
	progress_clear(&a->progress);
	for (i = 0; !ret && i < a->plan->runs; i++)
		tell_model(a, &a->model[i]);
	return ret;
}

static int write_models(struct aggregate *a)
{
	size_t i;

	a->card.cohort = &a->federation.cohort;
	for (i = 0; i < a->plan->runs; i++) {
		a->card.digest = a->card_digest[i];
		if (card_write(&a->card, &a->model[i], a->options->out, a->failure))
			return -1;
		emit_step(a->emit, "write", json_pack("{s:s}", "run", a->plan->run[i].name),
			  "%s/model-%s.safetensors and its card model-%s.json", a->options->out,
			  a->plan->run[i].name, a->plan->run[i].name);
	}
	return 0;
}

/* ---- the end ------------------------------------------------------------------------------ */

static int describe_models(struct aggregate *a)
{
	size_t i;

	memcpy(a->file.federation, a->roster.federation, WIRE_ID_LEN);
	memcpy(a->file.plan, a->plan->digest, PLAN_DIGEST_LEN);
	memcpy(a->file.session, a->card.session, WARD_ID_LEN);
	a->file.models = a->plan->runs;
	for (i = 0; i < a->plan->runs; i++) {
		snprintf(a->file.model[i].name, sizeof(a->file.model[i].name), "%s",
			 a->plan->run[i].name);
		if (train_digest(&a->model[i], a->file.model[i].parameters))
			return failed(a->failure, EXIT_DEVICE, "SHA-256 failed");
	}
	return 0;
}

/* Who hands in what is no list of receipts has handed in none. */
static void collect_receipts(struct aggregate *a)
{
	struct federation_receipt receipt[FEDERATION_RECEIPTS_MAX];
	static uint8_t ask[WIRE_HEAD];
	size_t i;

	roster_ask_bytes(&a->roster, ask, WIRE_FINISH, 0, WIRE_RECEIPTS, FEDERATION_LIST_MAX);
	a->file.sites = a->roster.count;
	for (i = 0; i < a->file.sites; i++) {
		struct member *m = a->roster.member[i];
		struct federation_site *site = &a->file.site[i];
		int count = -1;

		memcpy(site->name, m->join.name, sizeof(site->name));
		memcpy(site->session, m->join.session, sizeof(site->session));
		memcpy(site->nonce, m->join.nonce, sizeof(site->nonce));
		site->receipts = roster_answer(&a->roster, m, &site->len);
		if (site->receipts)
			count = federation_receipts_get(site->receipts, site->len, receipt);
		if (count < 0) {
			site->receipts = NULL;
			site->len = 0;
		}
		emit_step(a->emit, "receipt",
			  json_pack("{s:s, s:i}", "site", site->name, "receipts",
				    count < 0 ? 0 : count), "%s: %d receipts", site->name,
			  count < 0 ? 0 : count);
	}
}

static void forget(struct aggregate *a)
{
	size_t i;

	for (i = 0; i < PLAN_RUNS_MAX; i++)
		model_clear(&a->model[i]);
	if (a->roster.ready)
		roster_forget(&a->roster);
	memory_release(&a->session.memory, NULL);
	scrub_stack();
}

static int wipe_and_seal(struct aggregate *a)
{
	uint64_t held = a->session.memory.live;

	forget(a);
	return session_seal(&a->session, held);
}

/* What stands before the aggregator's own receipt, and that receipt over it. */
static int take_receipt(struct aggregate *a, uint8_t **bundle, size_t *len)
{
	size_t part = federation_file_put(NULL, &a->file);
	uint8_t nonce[RECEIPT_NONCE_LEN], *bytes = malloc(part);
	struct receipt_binding binding = {
		.release = a->file.federation, .dataset = a->file.plan, .nonce = nonce,
	};
	int ret = -1;

	if (bytes) {
		federation_file_put(bytes, &a->file);
		ret = federation_file_nonce(bytes, part, nonce);
	}
	free(bytes);
	if (ret)
		return failed(a->failure, EXIT_DEVICE, "out of memory");
	return receipt_take(a->session.ward, WARD_PURPOSE_RECEIPT, &binding, bundle, len, a->failure);
}

static int make_file(struct aggregate *a)
{
	uint8_t *bundle = NULL;

	if (take_receipt(a, &bundle, &a->file.receipt_len))
		return -1;
	a->file.receipt = bundle;
	a->len = federation_file_put(NULL, &a->file);
	a->bytes = malloc(WIRE_HEAD + a->len);
	if (a->bytes)
		federation_file_put(a->bytes + WIRE_HEAD, &a->file);
	free(bundle);
	a->file.receipt = NULL;
	return a->bytes ? 0 : failed(a->failure, EXIT_DEVICE, "out of memory");
}

static int hand_out(struct aggregate *a)
{
	size_t got;

	if (make_file(a) ||
	    outfile_write(a->options->out, FEDERATION_FILE_NAME, a->bytes + WIRE_HEAD, a->len,
			  a->failure))
		return -1;
	got = roster_ask_bytes(&a->roster, a->bytes, WIRE_BUNDLE, a->len, WIRE_READY, 0);
	emit_step(a->emit, "hand-out",
		  json_pack("{s:s, s:I, s:I}", "file", FEDERATION_FILE_NAME, "bytes",
			    (json_int_t)a->len, "sites", (json_int_t)got),
		  "%s/" FEDERATION_FILE_NAME ", %zu bytes: to %zu sites", a->options->out, a->len,
		  got);
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int run(struct aggregate *a)
{
	const struct attested_files files = {
		.policy = a->options->policy, .policy_option = "--policy ",
		.root = a->options->root, .root_option = "--root ",
	};

	if (plan_load(a->options->plan, &a->plan, a->failure) ||
	    attested_read(&a->attested, &files, a->failure) ||
	    outfile_dir(a->options->out, a->failure) || open_session(a))
		return -1;
	a->attested.reattest_ms = (uint32_t)a->options->reattest_s * 1000;
	a->attested.session = a->session.ward;
	if (attested_open(&a->attested, a->failure) || open_roster(a) || start_listening(a) ||
	    train(a) || write_models(a) || describe_models(a))
		return -1;
	stop_listening(a);
	collect_receipts(a);
	return wipe_and_seal(a) || hand_out(a) ||
	       session_cards(&a->session, a->plan, a->card_digest, a->options->out) ? -1 : 0;
}

int aggregate_run(const struct aggregate_options *options, const struct emit *emit,
		  struct failure *failure)
{
	struct aggregate *a = calloc(1, sizeof(*a));
	int ret;

	if (!a)
		return failed(failure, EXIT_DEVICE, "out of memory");
	a->options = options;
	a->emit = emit;
	a->failure = failure;
	a->listener = a->stop = -1;
	ret = run(a);
	stop_listening(a);
	roster_end(&a->roster);
	forget(a);
	attested_close(&a->attested);
	ward_session_close(a->session.ward);
	plan_free(a->plan);
	free(a->bytes);
	free(a);
	scrub_stack();
	return ret;
}
