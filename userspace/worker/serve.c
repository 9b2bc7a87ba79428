// SPDX-License-Identifier: MIT
/*
 * The order of things: plan and model declared before anybody is listened to; the vault entered
 * before the first byte of a connection is read, and left when the last connection is gone; wiped
 * before it is sealed, sealed before its receipt.
 */
#include "serve.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "../common/listen_address.h"
#include "card.h"
#include "infer.h"
#include "infile.h"
#include "outfile.h"
#include "page.h"
#include "receipt.h"
#include "scrub.h"
#include "service.h"
#include "session.h"
#include "vault.h"

#define MODEL_MAX	(64u << 20)	/* bytes of its file */
#define HOST_MAX	64

/*
 * Of protected memory: what a connection takes at most, which is that of a hello that says it is
 * as long as TLS lets it be, also while it is not counted yet, or any more; and for the rest.
 */
#define PER_CONNECTION	(224u << 10)
#define VAULT_REST	(2u << 20)
#define BODIES		8	/* of the largest kind, their copies and trees */

struct serve {
	const struct serve_options *options;
	const struct emit *emit;
	struct failure *failure;
	struct plan *plan;
	struct session session;
	struct card card;
	struct trained trained;
	struct infer infer;
	struct memory rows;		/* of requests, out of the vault */
	struct standing standing;
	struct page page;
	struct service service;
	char host[HOST_MAX];
};

/* ---- plan and model ----------------------------------------------------------------------- */

static int find_run(struct serve *s)
{
	const char *name = s->options->run;
	size_t i;

	if (!name && s->plan->runs > 1)
		return failed(s->failure, EXIT_MISUSE, "--run: the plan has %zu, name one",
			      s->plan->runs);
	for (i = 0; i < s->plan->runs; i++) {
		if (name && strcmp(s->plan->run[i].name, name))
			continue;
		s->infer.run = &s->plan->run[i];
		return 0;
	}
	return failed(s->failure, EXIT_MISUSE, "--run %s: the plan has no such run", name);
}

static int declare_model(struct serve *s, const uint8_t *bytes, size_t len)
{
	uint8_t digest[WARD_DIGEST_LEN];
	int err;

	if (!EVP_Digest(bytes, len, digest, NULL, EVP_sha512(), NULL) ||
	    !EVP_Digest(bytes, len, s->infer.model, NULL, EVP_sha256(), NULL))
		return failed(s->failure, EXIT_DEVICE, "%s: no digest", s->options->model);
	err = ward_session_measure(s->session.ward, digest, s->card.declared);
	if (err)
		return session_failed(&s->session, "declaring the model", err);
	emit_step(s->emit, "model",
		  json_pack("{s:s, s:s, s:o, s:o}", "file", s->options->model, "run",
			    s->infer.run->name, "sha256",
			    emit_hex(s->infer.model, INFER_MODEL_LEN), "declared",
			    emit_hex(s->card.declared, WARD_DIGEST_LEN)),
		  "%s of run %s, declared", s->options->model, s->infer.run->name);
	return 0;
}

static int load_model(struct serve *s)
{
	uint8_t *bytes;
	size_t len;
	int ret;

	if (infile_read("", s->options->model, MODEL_MAX, &bytes, &len, s->failure))
		return -1;
	ret = trained_read(&s->trained, s->plan, s->infer.run, s->options->site, bytes, len,
			   &s->session.memory, s->failure) || declare_model(s, bytes, len) ? -1 : 0;
	free(bytes);
	return ret;
}

static int open_session(struct serve *s)
{
	s->session = (struct session){
		.device = s->options->device, .budget = s->options->budget,
		.emit = s->emit, .failure = s->failure,
	};
	return session_begin(&s->session, &s->card) ||
	       session_declare(&s->session, s->plan, &s->card) ? -1 : 0;
}

/* ---- the service --------------------------------------------------------------------------- */

/* ADDR:PORT, or [ADDR]:PORT. */
static int read_listen(struct serve *s)
{
	const char *host;
	size_t len;

	if (listen_address(s->options->listen, &host, &len, &s->service.port) || !len ||
	    len >= sizeof(s->host))
		return failed(s->failure, EXIT_MISUSE, "--listen %s: must be ADDR:PORT",
			      s->options->listen);
	memcpy(s->host, host, len);
	return 0;
}

/* All that malloc() gives from here on, whoever asks for it, is protected. */
static int enter_vault(struct serve *s)
{
	size_t len = (size_t)connections_at_most((uint32_t)s->options->connections) *
		     PER_CONNECTION +
		     BODIES * (s->options->body + SERVICE_HEADERS_MAX) + VAULT_REST;
	struct memory_backend backend;
	int err = vault_open(&s->session.memory, len);

	if (err)
		return failed(s->failure, EXIT_DEVICE,
			      "no room for %zu bytes of connections, requests and answers: %s; raise --budget or lower --connections or --body",
			      len, ward_strerror(err));
	backend = vault_backend();
	memory_init(&s->rows, &backend, len);
	vault_limit(SIZE_MAX);
	vault_enter();
	return 0;
}

static void tell_standing(const struct serve *s)
{
	const struct standing *standing = &s->standing;

	emit_step(s->emit, "attest",
		  json_pack("{s:s, s:b, s:b, s:s}", "tee", standing->tee, "evidence",
			    standing->evident, "simulated", standing->simulated, "measurement",
			    standing->measurement), "%s%s%s", standing->evident ?
		  "evidence of " : "no evidence can be had, and clients can verify nothing: ",
		  standing->evident ? standing->tee : standing->why,
		  standing->simulated ? ", a SIMULATED TEE, which protects nothing" : "");
}

static int listen_there(struct serve *s)
{
	const struct serve_options *o = s->options;

	s->service.infer = &s->infer;
	s->service.standing = &s->standing;
	s->service.memory = &s->session.memory;
	s->service.host = s->host;
	s->service.certificate = o->certificate;
	s->service.key = o->key;
	s->service.channel = o->channel;
	s->service.body_max = o->body;
	s->service.evidence_s = (uint32_t)o->evidence_s;
	s->service.limits = (struct connection_limits){
		.connections = (uint32_t)o->connections, .request_timeout = (uint32_t)o->timeout_s,
		.shutdown_timeout = (uint32_t)o->timeout_s,
		.buffered = (uint32_t)(BODIES / 4 * (o->body + SERVICE_HEADERS_MAX)),
	};
	if (service_listen(&s->service, s->failure))
		return -1;
	standing_look(&s->standing);
	tell_standing(s);
	if (page_make(&s->page, &s->infer, &s->standing, s->failure))
		return -1;
	s->service.page = s->page.html;
	s->service.policy = s->page.policy;
	emit_step(s->emit, "listen",
		  json_pack("{s:s, s:i, s:o}", "address", s->host, "port",
			    service_port(&s->service), "key",
			    emit_hex(s->standing.key, WARD_CHANNEL_KEY_LEN)),
		  "%s://%s%s%s:%u", o->channel ? "channel" : "https", strchr(s->host, ':') ? "[" : "", s->host,
		  strchr(s->host, ':') ? "]" : "", service_port(&s->service));
	return 0;
}

static int answer(struct serve *s)
{
	int ret = listen_there(s) || service_run(&s->service, s->failure) ? -1 : 0;
	const struct service_count *count = &s->service.count;

	service_end(&s->service);
	page_free(&s->page);
	vault_leave();
	if (!ret)
		emit_step(s->emit, "answered", json_pack("{s:I}", "rows", (json_int_t)count->rows),
			  "%" PRIu64 " rows", count->rows);
	return ret;
}

/* ---- the end ---------------------------------------------------------------------------------- */

static void forget(struct serve *s)
{
	vault_leave();
	vault_close();
	memory_release(&s->session.memory, NULL);
	scrub_stack();
}

static int wipe_and_seal(struct serve *s)
{
	uint64_t held = s->session.memory.live;

	forget(s);
	return session_seal(&s->session, held);
}

/* What a receipt of training has of an owner's release, this one has of session, plan and model. */
static int write_receipt(struct serve *s)
{
	const struct receipt_binding binding = {
		.release = s->card.session, .dataset = s->plan->digest, .nonce = s->infer.model,
	};
	char path[PATH_MAX];
	size_t bytes;

	if (snprintf(path, sizeof(path), "%s/receipt-serve.ward", s->options->out) >=
	    (int)sizeof(path))
		return failed(s->failure, EXIT_MISUSE, "%s: the path is too long", s->options->out);
	if (receipt_export(s->session.ward, WARD_PURPOSE_RECEIPT, &binding, path, &bytes,
			   s->failure))
		return -1;
	emit_step(s->emit, "receipt",
		  json_pack("{s:s, s:o, s:o, s:o, s:I}", "file", path, "release",
			    emit_hex(binding.release, RECEIPT_RELEASE_LEN), "dataset",
			    emit_hex(binding.dataset, RECEIPT_DATASET_LEN), "nonce",
			    emit_hex(binding.nonce, RECEIPT_NONCE_LEN), "bytes",
			    (json_int_t)bytes), "%s, %zu bytes", path, bytes);
	return 0;
}

/* ---- all of it ---------------------------------------------------------------------------------- */

static int run(struct serve *s)
{
	if (plan_load(s->options->plan, &s->plan, s->failure) || find_run(s) || read_listen(s) ||
	    outfile_dir(s->options->out, s->failure) || open_session(s) || load_model(s))
		return -1;
	s->standing.ward = s->session.ward;
	s->standing.timeout_ms = (uint32_t)s->options->evidence_s * 1000;
	s->infer.plan = s->plan;
	s->infer.trained = &s->trained;
	s->infer.memory = &s->rows;
	s->infer.missing = s->options->missing;
	s->infer.rows_max = s->options->rows;
	return enter_vault(s) || answer(s) || wipe_and_seal(s) || write_receipt(s) ? -1 : 0;
}

int serve_run(const struct serve_options *options, const struct emit *emit,
	      struct failure *failure)
{
	struct serve *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return failed(failure, EXIT_DEVICE, "out of memory");
	s->options = options;
	s->emit = emit;
	s->failure = failure;
	ret = run(s);
	forget(s);
	ward_session_close(s->session.ward);
	plan_free(s->plan);
	free(s);
	scrub_stack();
	return ret;
}
