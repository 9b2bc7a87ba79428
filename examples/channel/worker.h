/* SPDX-License-Identifier: MIT */
/*
 * What both ends of the example have: a session, what they ask of the peer, and
 * messages that lie in class A memory at either end. Copy what you need.
 */
#ifndef EXAMPLE_WORKER_H
#define EXAMPLE_WORKER_H

#include <libward.h>
#include <libward_channel.h>
#include <libward_channel_verify.h>

#define MESSAGE_MAX	(4u << 20)

/**
 * struct worker - one end
 * @judge: how the peer's evidence is judged, if @options say that it is wanted
 * @verdict: what came of it
 */
struct worker {
	struct ward_session *session;
	struct wv_roots *roots;
	struct wv_policy *policy;
	struct wv_appraisal appraisal;
	struct ward_channel_judge judge;
	struct wv_verdict verdict;
	struct ward_channel_options options;
};

/** worker_open - take the options off argv, which leaves the port; 0, or an exit code, said why on stderr */
int worker_open(struct worker *w, int *argc, char ***argv);
void worker_close(struct worker *w);

/** worker_met - say who the peer is */
void worker_met(const struct worker *w, const struct ward_channel *channel);
/** worker_failed - say why there is no channel, or no more; returns an exit code */
int worker_failed(int err, const struct ward_channel_fault *fault);

/** worker_send - a message out of @buffer; 0 or a negative errno */
int worker_send(struct ward_channel *channel, const struct ward_buffer *buffer, uint64_t len);
/** worker_receive - a message into @buffer; its length, 0 = the peer closed, or a negative errno */
int64_t worker_receive(struct ward_channel *channel, struct ward_buffer *buffer);

#endif /* EXAMPLE_WORKER_H */
