// SPDX-License-Identifier: MIT
/*
 * ward-broker: releases data keys to workers whose evidence a policy accepts.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <fcntl.h>

#include "admin_listener.h"
#include "adopt.h"
#include "die_at.h"
#include "http.h"
#include "journal.h"
#include "keyring.h"
#include "libward.h"
#include "metrics.h"
#include "metrics_listener.h"
#include "schema.h"
#include "secret_wrap.h"
#include "tls.h"
#include "world.h"

enum { EXIT_OK = 0, EXIT_USAGE = 1, EXIT_SYSTEM = 6 };

/**
 * struct broker - everything that one run owns
 * @path: of the configuration
 * @seen: what the files looked like at the last look
 * @retry: looks until what was refused is tried again; 0 = nothing was
 * @refused: why it was
 */
struct broker {
	const char *path;
	struct world world;
	struct keyring *keyring;
	struct rcar rcar;
	struct admin admin;
	struct admin_listener *admin_listener;
	struct http *http;
	struct metrics_listener *metrics;
	uint8_t seen[WORLD_PRINT_LEN];
	unsigned int retry;
	struct config_fault refused;
};

#define RELOAD_RETRY	5	/* looks between two attempts */
#define SWAP(a, b) do { __typeof__(a) t_ = (a); (a) = (b); (b) = t_; } while (0)

static int fail(struct config_fault *fault, const char *path, const char *why)
{
	snprintf(fault->text, sizeof(fault->text), "%.160s: %.150s", path, why);
	return -1;
}

static void go_by(struct broker *b)
{
	b->rcar.config = &b->world.config;
	b->rcar.roots = b->world.roots;
	b->rcar.policy = b->world.policy;
	b->rcar.collateral = b->world.collateral;
	memcpy(b->rcar.policy_sha256, b->world.policy_sha256, sizeof(b->rcar.policy_sha256));
	memcpy(b->rcar.roots_sha256, b->world.roots_sha256, sizeof(b->rcar.roots_sha256));
}

static int open_database(struct broker *b, struct config_fault *fault)
{
	struct db_fault inner = { "" };
	struct rcar *r = &b->rcar;

	if (db_open(b->world.config.database, &r->db, &inner) || schema_bring_up(r->db, &inner)) {
		snprintf(fault->text, sizeof(fault->text), "%s", inner.text);
		return -1;
	}
	if (b->world.config.keyring &&
	    keyring_open(r->db, b->world.config.keyring, &b->keyring, fault))
		return -1;
	secret_wrap_under(b->keyring);
	db_trust(r->db, b->keyring ? keyring_rows(b->keyring) : NULL);
	return 0;
}

static int open_secrets(struct broker *b, struct config_fault *fault)
{
	struct db_fault inner = { "" };
	struct rcar *r = &b->rcar;

	r->keyring = b->keyring;
	r->policies = policies_new();
	if (!r->policies)
		return fail(fault, "policies", "no memory");
	if (!audit_open(r->db, &r->audit, &inner) && !token_key_open(r->db, &r->token, &inner))
		return 0;
	snprintf(fault->text, sizeof(fault->text), "%s", inner.text);
	return -1;
}

/* One more source for the master key that the configuration's source opens. */
static int enrol(struct broker *b, const char *path, const char *source,
		 struct config_fault *fault)
{
	if (config_load(path, &b->world.config, fault))
		return -1;
	if (!b->world.config.keyring)
		return fail(fault, path, "names no keyring that could be opened");
	if (keyring_source_check(source, fault) || open_database(b, fault))
		return -1;
	return keyring_enrol(b->rcar.db, b->keyring, source, fault);
}

static void say(const char *event, const char *result, const char *detail)
{
	struct decision d = { .time = time(NULL), .event = event, .result = result,
			      .detail = detail };

	journal(&d);
}

/* The log gets the lines that the database has and a crash kept from it. @beside: who has it may. */
static int open_log(struct broker *b, bool beside, struct config_fault *fault)
{
	const char *path = b->world.config.release_log;
	struct db_fault inner = { "" };
	struct release_mended found;
	char text[320];
	int rc = release_log_open(path, &b->rcar.log);

	if (rc == -EWOULDBLOCK && beside)
		return 0;
	if (rc)
		return fail(fault, path, rc == -EWOULDBLOCK ? "another broker writes to it" :
			    strerror(-rc));
	rc = release_log_mend(b->rcar.log, b->rcar.db, b->rcar.audit, &found, &inner);
	if (found.strange) {
		snprintf(text, sizeof(text), "%.160s has %d releases that the database has not: it is "
			 "another one, or an old state came back: counts of uses may be too low", path,
			 found.strange);
		say("error", "database-behind", text);
	}
	if (found.forged) {
		snprintf(text, sizeof(text), "database: table audit has %d lines of releases that no "
			 "record names which a broker signed: %.160s does not get them", found.forged,
			 path);
		say("error", "row-not-authentic", text);
	}
	return rc < 0 ? fail(fault, path, inner.text) : 0;
}

/* All that a start reads, beside a broker that may run: its ports and its log are its own. */
static int check(struct broker *b, const char *path, struct config_fault *fault)
{
	struct config *config = &b->world.config;
	SSL_CTX *tls = NULL, *admin = NULL;
	int rc;

	if (world_load(path, &b->world, fault) || open_database(b, fault) ||
	    open_secrets(b, fault) || open_log(b, true, fault))
		return -1;
	tls = tls_new(config, fault);
	admin = tls && config->admin_host ? admin_tls(config, fault) : NULL;
	rc = !tls || (config->admin_host && !admin) ? -1 : 0;
	SSL_CTX_free(tls);
	SSL_CTX_free(admin);
	return rc;
}

static char *render_metrics(void *arg)
{
	struct broker *b = arg;
	struct db_fault ignored;
	struct metrics_now now = {
		.sessions = session_count(b->rcar.db, &b->rcar.limits, time(NULL), &ignored),
		.connections = http_count(b->http),
	};

	return metrics_text(&now);
}

static int reload_asked(void *arg, struct config_fault *fault);

static int start(struct broker *b, const char *path, struct config_fault *fault)
{
	struct config *config = &b->world.config;
	struct rcar *r = &b->rcar;

	b->path = path;
	if (world_load(path, &b->world, fault) || open_database(b, fault) ||
	    open_secrets(b, fault) || open_log(b, false, fault))
		return -1;
	memcpy(b->seen, b->world.print, sizeof(b->seen));
	go_by(b);
	r->limits = (struct session_limits){ config->session_max, config->session_timeout };
	if (http_new(config, r, &b->http, fault))
		return -1;
	b->admin = (struct admin){ .rcar = r, .reload = reload_asked, .arg = b };
	if (config->admin_host &&
	    admin_listen(http_base(b->http), config, &b->admin, &b->admin_listener, fault))
		return -1;
	return config->metrics_host ? metrics_listen(http_base(b->http), config, render_metrics, b,
						     &b->metrics, fault) : 0;
}

static void stop(struct broker *b)
{
	struct db_fault fault = { "" };

	metrics_listener_free(b->metrics);
	admin_listener_free(b->admin_listener);
	if (b->http)
		http_free(b->http);
	if (tally_flush(&b->rcar.tally, b->rcar.db, b->rcar.audit, 0, &fault))
		say("error", "store-failed", fault.text);
	token_key_free(b->rcar.token);
	release_log_close(b->rcar.log);
	audit_close(b->rcar.audit);
	policies_free(b->rcar.policies);
	secret_wrap_under(NULL);
	keyring_close(b->keyring);
	db_close(b->rcar.db);
	world_clear(&b->world);
}

/* What the audit is known by, or all of it: a running broker isn't disturbed. */
static int tell_audit(struct broker *b, const char *path, int key, struct config_fault *fault)
{
	struct db_fault inner = { "the standard output can't be written" };

	if (config_load(path, &b->world.config, fault) || open_database(b, fault) ||
	    open_secrets(b, fault))
		return -1;
	if (key ? audit_key_pem(b->rcar.audit, stdout) : audit_export(b->rcar.db, 1, 0, stdout, &inner))
		return fail(fault, "audit", inner.text);
	return 0;
}

/* On its operator's word, rows are this keyring's from now on. */
static int adopt(struct broker *b, const char *path, struct config_fault *fault)
{
	struct db_fault inner = { "" };

	if (config_load(path, &b->world.config, fault))
		return -1;
	if (!b->world.config.keyring)
		return fail(fault, path, "names no keyring that rows could be known by");
	if (open_database(b, fault) || open_secrets(b, fault))
		return -1;
	return adopt_all(b->rcar.db, b->rcar.audit, time(NULL), stdout, &inner) < 0 ?
		       fail(fault, path, inner.text) : 0;
}

/* Rows that are refused when they are wanted. 0 or -1: there are some. */
static int look_for_strays(struct broker *b, struct config_fault *fault)
{
	struct db_fault inner = { "" };
	int n = adopt_find(b->rcar.db, &inner);

	if (n <= 0)
		return n ? fail(fault, "database", inner.text) : 0;
	snprintf(fault->text, sizeof(fault->text), "%.240s (%d of them)", inner.text, n);
	return -1;
}

/* What the policy leaves open is said once, at the start. */
static void say_warnings(const struct wv_policy *policy)
{
	uint64_t warnings = wv_policy_warnings(policy);

	for (int i = 0; i < WV_WARN_COUNT; i++)
		if (warnings & 1ull << i)
			say("policy", wv_warning_text(i), wv_warning_explain(i));
}

static int take_world(struct broker *b, struct config_fault *fault)
{
	SSL_CTX *tls = NULL, *admin = NULL;
	struct world next;

	if (world_load(b->path, &next, fault) || world_follows(&b->world, &next, fault) ||
	    !(tls = tls_new(&next.config, fault)) ||
	    (b->admin_listener && !(admin = admin_tls(&next.config, fault)))) {
		SSL_CTX_free(tls);
		world_clear(&next);
		return -1;
	}
	/* from here on nothing fails */
	SWAP(b->world, next);
	go_by(b);
	http_take(b->http, &b->world.config, tls);
	if (b->admin_listener)
		admin_listener_take(b->admin_listener, &b->world.config, admin);
	world_clear(&next);
	return 0;
}

static void reload(struct broker *b)
{
	struct config_fault fault = { "" };

	if (!take_world(b, &fault)) {
		b->retry = 0;
		memcpy(b->seen, b->world.print, sizeof(b->seen));
		b->refused.text[0] = 0;
		say("reload", "ok", NULL);
		metrics_reload(1);
		say_warnings(b->world.policy);
		return;
	}
	/* it may be for a file that only the new configuration names */
	b->retry = RELOAD_RETRY;
	if (strcmp(fault.text, b->refused.text)) {
		say("reload", "kept", fault.text);
		metrics_reload(0);
	}
	b->refused = fault;
}

/* By an administrator, who hears why it was not taken. */
static int reload_asked(void *arg, struct config_fault *fault)
{
	struct broker *b = arg;

	b->refused.text[0] = 0;
	reload(b);
	*fault = b->refused;
	return b->refused.text[0] ? -1 : 0;
}

/*
 * A file that is being written differs from one look to the next: it is read when it
 * has come to rest. What was refused is tried again now and then, and said once.
 */
static void on_reload(void *arg, int now)
{
	struct broker *b = arg;
	uint8_t print[WORLD_PRINT_LEN];
	int rest;

	world_print(b->path, &b->world.config, print);
	rest = !memcmp(print, b->seen, sizeof(print));
	memcpy(b->seen, print, sizeof(print));
	if (now) {
		b->refused.text[0] = 0;
		if (b->world.collateral)
			collateral_reread(b->world.collateral, time(NULL));
		reload(b);
	} else if (b->retry ? !--b->retry : rest && memcmp(print, b->world.print, sizeof(print))) {
		reload(b);
	}
}

static int tell_ready(int fd, const struct broker *b)
{
	const struct config *c = &b->world.config;
	char line[256];
	int n = snprintf(line, sizeof(line), "listening on %s:%u\n", c->host, http_port(b->http));

	if (b->metrics)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "metrics on %s:%u\n",
			      c->metrics_host, metrics_listener_port(b->metrics));
	return write(fd, line, (size_t)n) == n ? 0 : -1;
}

static int serve(struct broker *b, int ready_fd)
{
	const struct http_hooks hooks = { .reload = on_reload, .arg = b };
	struct config_fault fault = { "" };
	int rc;

	say_warnings(b->world.policy);
	if (look_for_strays(b, &fault))
		say("error", "row-not-authentic", fault.text);
	http_hook(b->http, &hooks);
	say("start", "ok", NULL);
	if (tell_ready(ready_fd, b)) {
		say("error", "internal-error", "can't tell that the broker is ready");
		return EXIT_SYSTEM;
	}
	if (ready_fd > STDERR_FILENO)
		close(ready_fd);
	rc = http_run(b->http);
	say("stop", rc ? "internal-error" : "ok", NULL);
	return rc ? EXIT_SYSTEM : EXIT_OK;
}

/*
 * Freed memory of OpenSSL, jansson, libevent and SQLite is zeroed: keys, cookies and tokens
 * pass through them. OpenSSL takes an allocator only before its first allocation, and
 * libjose's constructor makes that: an entry of .preinit_array runs before the
 * constructors of all libraries (System V ABI, "Initialization and Termination Functions").
 */
static int unhooked = 1;

static void hook_allocators(void)
{
	unhooked = ward_hook_openssl() || ward_hook_jansson() || db_wipe_freed();
	event_set_mem_functions(ward_wiping_malloc, ward_wiping_realloc, ward_wiping_free);
}

static void (*const early)(void)
	__attribute__((section(".preinit_array"), used)) = hook_allocators;

/* No core dump, no tracer of the same uid, no residue of freed memory. */
static int harden(void)
{
	struct rlimit none = { 0, 0 };

	if (unhooked)
		return -1;
	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -1;
	/* tpm2-tss writes what it thinks of each failure to stderr; we say it once. */
	setenv("TSS2_LOG", "all+NONE", 0);
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0;
}

static int usage(FILE *f, int code)
{
	fputs("usage: ward-broker [--check | --enrol SOURCE | --adopt | --audit-key |\n"
	      "                   --audit-export] [--ready-fd FD] --config FILE\n\n"
	      "Releases data keys to workers whose evidence the policy accepts (key broker\n"
	      "protocol 0.4.0 over TLS 1.3).\n\n"
	      "  --config FILE  JSON; see ward-broker.json(5)\n"
	      "  --check        read everything that FILE names, then end\n"
	      "  --enrol SOURCE let passphrase:FILE or tpm2:device:PATH[,pcrs=0+7] open the\n"
	      "                 database's keyring from now on, too; then end\n"
	      "  --adopt        take rows of the database as they are that no broker of its\n"
	      "                 keyring wrote so; say which; then end\n"
	      "  --audit-key    print the public key that signs the audit\n"
	      "  --audit-export print the audit for `wardctl audit verify`\n"
	      "  --ready-fd FD  write 'listening on ADDRESS:PORT' there, not to stdout\n"
	      "  --version\n", f);
	return code;
}

static int misuse(const char *what)
{
	usage(stderr, EXIT_USAGE);
	fprintf(stderr, "ward-broker: %s\n", what);
	return EXIT_USAGE;
}

struct arguments {
	const char *config;
	const char *enrol;
	int ready_fd;
	int check, adopt;
	int audit;	/* 'k': its key, 'x': all of it */
};

/* Returns -1 to go on, or an exit code. */
static int parse_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'f' },
		{ "check", no_argument, NULL, 'c' },
		{ "enrol", required_argument, NULL, 'e' },
		{ "adopt", no_argument, NULL, 'a' },
		{ "audit-key", no_argument, NULL, 'k' },
		{ "audit-export", no_argument, NULL, 'x' },
		{ "ready-fd", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'f') {
			a->config = optarg;
		} else if (c == 'c') {
			a->check = 1;
		} else if (c == 'e') {
			a->enrol = optarg;
		} else if (c == 'a') {
			a->adopt = 1;
		} else if (c == 'k' || c == 'x') {
			a->audit = c;
		} else if (c == 'r') {
			a->ready_fd = (int)strtol(optarg, &end, 10);
			if (*end || end == optarg || fcntl(a->ready_fd, F_GETFD) < 0)
				return misuse("--ready-fd takes the number of a descriptor that is open");
		} else if (c == 'V') {
			return puts("ward-broker " WARD_VERSION) < 0 ? EXIT_SYSTEM : EXIT_OK;
		} else if (c == 'h') {
			return usage(stdout, EXIT_OK);
		} else {
			return usage(stderr, EXIT_USAGE);	/* getopt said which */
		}
	}
	if (!a->config && optind < argc)
		a->config = argv[optind++];
	if (optind < argc)
		return misuse("one configuration is expected");
	return a->config ? -1 : misuse("--config FILE is missing");
}

int main(int argc, char **argv)
{
	struct arguments a = { .ready_fd = STDOUT_FILENO };
	struct config_fault fault = { "" };
	struct broker b = { 0 };
	int rc;

	if (harden()) {
		fputs("ward-broker: can't protect its memory\n", stderr);
		return EXIT_SYSTEM;
	}
	rc = parse_arguments(argc, argv, &a);
	if (rc >= 0)
		return rc;
	rc = a.enrol ? enrol(&b, a.config, a.enrol, &fault) :
	     a.adopt ? adopt(&b, a.config, &fault) :
	     a.audit ? tell_audit(&b, a.config, a.audit == 'k', &fault) :
	     a.check ? check(&b, a.config, &fault) : start(&b, a.config, &fault);
	if (!rc && a.check)
		rc = look_for_strays(&b, &fault);
	if (rc) {
		journal_fault(fault.text);
		rc = EXIT_USAGE;
	} else {
		rc = a.check || a.enrol || a.adopt || a.audit ? EXIT_OK : serve(&b, a.ready_fd);
	}
	stop_at("ending");
	stop(&b);
	stop_at("ended");
	return rc;
}
