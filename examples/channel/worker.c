// SPDX-License-Identifier: MIT
#include "worker.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int complain(const char *what, const char *why, int code)
{
	fprintf(stderr, "%s: %s\n", what, why);
	return code;
}

/* A file of the owner's: a policy or a root, not secret and not long. */
static int read_file(const char *path, uint8_t *out, size_t room, struct wv_bytes *bytes)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		return complain(path, strerror(errno), 1);
	*bytes = (struct wv_bytes){ out, fread(out, 1, room, f) };
	fclose(f);
	return 0;
}

static int trust(struct worker *w, const char *policy, const char *root)
{
	struct wv_fault fault = { 0 };
	uint8_t text[65536];
	struct wv_bytes in;
	int rc;

	w->roots = wv_roots_new();	/* the vendors', that are built in */
	if (!w->roots)
		return complain(policy, "no memory", 6);
	rc = read_file(policy, text, sizeof(text), &in);
	if (!rc && wv_policy_parse(in, &w->policy, &fault))
		rc = complain(policy, fault.text, 1);
	if (!rc && root)
		rc = read_file(root, text, sizeof(text), &in);
	if (!rc && root && wv_roots_add(w->roots, in, &fault))
		rc = complain(root, fault.text, 1);
	w->appraisal = (struct wv_appraisal){ .roots = w->roots, .policy = w->policy };
	w->judge = (struct ward_channel_judge){ .appraisal = &w->appraisal, .verdict = &w->verdict };
	w->options.verify = ward_channel_judge;
	w->options.verify_arg = &w->judge;
	return rc;
}

int worker_open(struct worker *w, int *argc, char ***argv)
{
	const char *policy = NULL, *root = NULL;
	int c, rc, prove = 0;

	memset(w, 0, sizeof(*w));
	w->options.size = sizeof(w->options);
	while ((c = getopt(*argc, *argv, "ep:r:t:")) != -1) {
		if (c == 'e')
			prove = 1;
		else if (c == 'p')
			policy = optarg;
		else if (c == 'r')
			root = optarg;
		else if (c == 't')
			w->options.reattest_ms = w->options.answer_ms = (uint32_t)atoi(optarg);
		else
			return 1;
	}
	*argc -= optind;
	*argv += optind;
	if (*argc != 1)
		return complain("usage", "[-e] [-p POLICY.json [-r ROOT.pem]] [-t MS] PORT", 1);
	rc = ward_session_open(NULL, &w->session);
	if (rc == -ENOENT)
		return complain(WARD_DEVICE, "the ward module is not loaded: wardctl doctor tells what is missing", 6);
	if (rc)
		return complain(WARD_DEVICE, ward_strerror(rc), 6);
	if (prove) {
		w->options.evidence = ward_channel_attest;
		w->options.evidence_arg = w->session;
	}
	return policy ? trust(w, policy, root) : 0;
}

void worker_close(struct worker *w)
{
	ward_session_close(w->session);
	wv_policy_free(w->policy);
	wv_roots_free(w->roots);
}

void worker_met(const struct worker *w, const struct ward_channel *channel)
{
	if (!ward_channel_peer(channel)->accepted)
		printf("peer: no evidence was asked for\n");
	else
		printf("peer: accepted, uid %u%s\n", w->verdict.claims.caller.uid,
		       w->verdict.simulated ? ", SIMULATED TEE: it protects nothing" : "");
	fflush(stdout);
}

int worker_failed(int err, const struct ward_channel_fault *fault)
{
	if (fault->reason)
		printf("refused: %s, by %s: %s\n", wv_reason_text(fault->reason),
		       fault->by_peer ? "the peer" : "this side", fault->text);
	else
		printf("failed: %s\n", fault->text[0] ? fault->text : strerror(-err));
	fflush(stdout);
	return fault->reason ? wv_reason_exit(fault->reason) : 8;
}

int worker_send(struct ward_channel *channel, const struct ward_buffer *buffer, uint64_t len)
{
	uint64_t head = htole64(len);
	int rc = ward_channel_write(channel, &head, sizeof(head));

	return rc ? rc : ward_channel_write(channel, ward_buffer_data(buffer), len);
}

static int64_t receive_all(struct ward_channel *channel, void *to, size_t len)
{
	uint8_t *at = to;
	int64_t n = 1;

	for (; len && n > 0; at += n, len -= (size_t)n) {
		n = ward_channel_read(channel, at, len);
		if (n < 0)
			return n;
	}
	return !len ? at - (uint8_t *)to : at == to ? 0 : -ECONNRESET;
}

int64_t worker_receive(struct ward_channel *channel, struct ward_buffer *buffer)
{
	uint64_t head, len;
	int64_t n = receive_all(channel, &head, sizeof(head));

	if (n <= 0)
		return n;
	len = le64toh(head);
	if (!len || len > ward_buffer_size(buffer))
		return -EMSGSIZE;
	n = receive_all(channel, ward_buffer_data(buffer), len);
	return n ? n : -ECONNRESET;
}
