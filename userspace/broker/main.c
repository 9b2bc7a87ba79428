// SPDX-License-Identifier: MIT
/*
 * ward-broker: releases data keys to workers whose evidence a policy accepts.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <fcntl.h>

#include "dataset.h"
#include "file.h"
#include "http.h"
#include "journal.h"
#include "keyfile.h"
#include "libward.h"

#define CERTIFICATE_MAX	65536

enum { EXIT_OK = 0, EXIT_USAGE = 1, EXIT_SYSTEM = 6 };

/**
 * struct broker - everything that one run owns
 */
struct broker {
	struct config config;
	struct wv_roots *roots;
	struct wv_policy *policy;
	struct rcar rcar;
	struct http *http;
};

static int fail(struct config_fault *fault, const char *path, const char *why)
{
	snprintf(fault->text, sizeof(fault->text), "%.160s: %.150s", path, why);
	return -1;
}

static int load_roots(struct broker *b, struct config_fault *fault)
{
	b->roots = wv_roots_new();
	if (!b->roots)
		return fail(fault, "roots", "no memory");
	for (size_t i = 0; i < b->config.root_count; i++) {
		const char *path = b->config.roots[i];
		struct wv_fault wf = { 0 };
		uint8_t *data;
		size_t len;
		int rc = file_read(path, CERTIFICATE_MAX, &data, &len);

		if (rc)
			return fail(fault, path, strerror(-rc));
		rc = wv_roots_add(b->roots, (struct wv_bytes){ data, len }, &wf);
		free(data);
		if (rc)
			return fail(fault, path, wf.text);
	}
	return 0;
}

static int load_policy(struct broker *b, struct config_fault *fault)
{
	struct wv_fault wf = { 0 };
	uint8_t *json;
	size_t len;
	int rc = file_read(b->config.policy, WV_POLICY_MAX, &json, &len);

	if (rc)
		return fail(fault, b->config.policy, strerror(-rc));
	rc = wv_policy_parse((struct wv_bytes){ json, len }, &b->policy, &wf);
	free(json);
	if (!rc)
		return 0;
	snprintf(fault->text, sizeof(fault->text), "%.120s: line %d, column %d: %.40s: %.120s",
		 b->config.policy, wf.line, wf.column, wf.field, wf.text);
	return -1;
}

/* The data set must open with the key; its id is the resource's. */
static int check_dataset(struct config_resource *r, const uint8_t *key,
			 struct config_fault *fault)
{
	struct ward_dataset_error err = { .text = "can't be opened" };
	struct ward_dataset *ds = NULL;
	int fd = open(r->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return fail(fault, r->file, strerror(errno));
	rc = ward_dataset_open(fd, key, &ds, &err);
	if (rc)
		fail(fault, r->file, err.text);
	else
		memcpy(r->dataset, ward_dataset_info(ds)->id, sizeof(r->dataset));
	ward_dataset_close(ds);
	close(fd);
	return rc ? -1 : 0;
}

/* Every key is read once, so that what is wrong shows now and not at a release. */
static int check_resources(struct broker *b, struct config_fault *fault)
{
	for (size_t i = 0; i < b->config.resource_count; i++) {
		struct config_resource *r = &b->config.resources[i];
		uint8_t key[WARD_KEYFILE_LEN];
		int rc = ward_keyfile_read(r->key_file, key);

		if (rc)
			return fail(fault, r->key_file, rc == -EPERM ?
				    "others may reach this key: chmod 600 it" : rc == -EINVAL ?
				    "a key file is a regular file of exactly 32 bytes" :
				    strerror(-rc));
		rc = r->file ? check_dataset(r, key, fault) : 0;
		explicit_bzero(key, sizeof(key));
		if (rc)
			return -1;
	}
	return 0;
}

static int start(struct broker *b, const char *path, struct config_fault *fault)
{
	struct rcar *r = &b->rcar;
	int rc;

	if (config_load(path, &b->config, fault) || load_roots(b, fault) ||
	    load_policy(b, fault) || check_resources(b, fault))
		return -1;
	rc = release_log_open(b->config.release_log, &r->log);
	if (rc)
		return fail(fault, b->config.release_log, rc == -EWOULDBLOCK ?
			    "another broker writes to it" : strerror(-rc));
	r->config = &b->config;
	r->roots = b->roots;
	r->policy = b->policy;
	r->sessions = session_table_new(b->config.session_max, b->config.session_timeout);
	r->token = token_key_new();
	if (!r->sessions || !r->token)
		return fail(fault, "start", "no memory or no random numbers");
	return http_new(&b->config, r, &b->http, fault);
}

static void stop(struct broker *b)
{
	if (b->http)
		http_free(b->http);
	token_key_free(b->rcar.token);
	session_table_free(b->rcar.sessions);
	release_log_close(b->rcar.log);
	wv_policy_free(b->policy);
	wv_roots_free(b->roots);
	config_clear(&b->config);
}

static void say(const char *event, const char *result, const char *detail)
{
	struct decision d = { .time = time(NULL), .event = event, .result = result,
			      .detail = detail };

	journal(&d);
}

/* What the policy leaves open is said once, at the start. */
static void say_warnings(const struct wv_policy *policy)
{
	uint64_t warnings = wv_policy_warnings(policy);

	for (int i = 0; i < WV_WARN_COUNT; i++)
		if (warnings & 1ull << i)
			say("policy", wv_warning_text(i), wv_warning_explain(i));
}

static int tell_ready(int fd, const struct broker *b)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "listening on %s:%u\n", b->config.host,
			 http_port(b->http));

	return write(fd, line, (size_t)n) == n ? 0 : -1;
}

static int serve(struct broker *b, int ready_fd)
{
	int rc;

	say_warnings(b->policy);
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
 * Freed memory of OpenSSL and jansson is zeroed. OpenSSL takes an allocator only
 * before its first allocation, and libjose's constructor makes that: an entry of
 * .preinit_array runs before the constructors of all libraries (System V ABI,
 * "Initialization and Termination Functions").
 */
static int unhooked = 1;

static void hook_allocators(void)
{
	unhooked = ward_hook_openssl() || ward_hook_jansson();
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
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0;
}

static int usage(FILE *f, int code)
{
	fputs("usage: ward-broker [--check] [--ready-fd FD] --config FILE\n\n"
	      "Releases data keys to workers whose evidence the policy accepts (key broker\n"
	      "protocol 0.4.0 over TLS 1.3).\n\n"
	      "  --config FILE  JSON; see ward-broker(8)\n"
	      "  --check        read everything that FILE names, then end\n"
	      "  --ready-fd FD  write 'listening on ADDRESS:PORT' there, not to stdout\n"
	      "  --version\n", f);
	return code;
}

struct arguments {
	const char *config;
	int ready_fd;
	int check;
};

/* Returns -1 to go on, or an exit code. */
static int parse_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'f' },
		{ "check", no_argument, NULL, 'c' },
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
		} else if (c == 'r') {
			a->ready_fd = (int)strtol(optarg, &end, 10);
			if (*end || end == optarg || fcntl(a->ready_fd, F_GETFD) < 0)
				return usage(stderr, EXIT_USAGE);
		} else if (c == 'V') {
			return puts("ward-broker " WARD_VERSION) < 0 ? EXIT_SYSTEM : EXIT_OK;
		} else {
			return usage(c == 'h' ? stdout : stderr, c == 'h' ? EXIT_OK : EXIT_USAGE);
		}
	}
	if (!a->config && optind < argc)
		a->config = argv[optind++];
	return a->config && optind == argc ? -1 : usage(stderr, EXIT_USAGE);
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
	if (start(&b, a.config, &fault)) {
		fprintf(stderr, "ward-broker: %s\n", fault.text);
		rc = EXIT_USAGE;
	} else {
		rc = a.check ? EXIT_OK : serve(&b, a.ready_fd);
	}
	stop(&b);
	return rc;
}
