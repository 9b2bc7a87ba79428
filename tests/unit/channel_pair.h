/* SPDX-License-Identifier: MIT */
/* Two sides of an attested channel on loopback, each with a simulated guest's evidence. */
#ifndef TEST_CHANNEL_PAIR_H
#define TEST_CHANNEL_PAIR_H

#include <pthread.h>

#include "channel_leg.h"
#include "sim.h"

#include "libward_channel_verify.h"

#define PAIR_POLICY(more) "{\"ward-policy\":1,\"purpose\":\"channel\",\"accept_unmeasured\":true," \
			  "\"allow_tee\":[\"simulated-snp\"]" more "}"

/* What a binding leaves out. */
enum { NO_EXPORTER = 1, NO_OWN = 2, NO_PEER = 4, NO_ROLE = 8, NO_NONCE = 16 };

extern unsigned int pair_weak;		/* of pair_parts' binding */
extern const struct channel_parts pair_parts;

/**
 * struct side - one end
 * @fd: its socket; closed with the channel, or by side_end()
 * @uid: of the guest whose evidence it gives
 * @judge, @judge_nonce: how it judges; false = the claims' nonce is not looked at
 * @sent: the last bundle it gave
 * @gave: how many
 * @rc, @fault, @channel: of opening
 */
struct side {
	uint8_t role;
	int fd;
	uint32_t uid;
	struct ward_channel_options options;
	struct ward_channel_judge judge;
	struct wv_verdict verdict;
	bool judge_nonce;
	struct wv_bytes sent;
	unsigned int gave;
	int rc;
	struct ward_channel_fault fault;
	struct ward_channel *channel;
	pthread_t thread;
};

/* For cmocka: keys, roots and policies of the group. */
int pair_group_setup(void **state);
int pair_group_teardown(void **state);

extern struct ward_channel_identity *pair_key[3];	/* the connector's, the acceptor's, a third's */
extern struct wv_appraisal pair_appraisal, pair_anybody;	/* uid 1000 alone; any uid */

/** pair_sockets - two ends of a TCP connection on loopback */
void pair_sockets(int fd[2]);

/** side_new - gives and wants, uid 1000; the identity of its role */
void side_new(struct side *s, uint8_t role, int fd);
/** side_only_gives, side_only_wants - one-sided */
void side_only_gives(struct side *s);
void side_only_wants(struct side *s);
/** side_start, side_wait - open it in a thread of its own; the outcome stands in it then */
void side_start(struct side *s);
void side_wait(struct side *s);
/** side_end - close everything */
void side_end(struct side *s);

/** pair_open - both, until each is open or has failed */
void pair_open(struct side *a, struct side *b);

#endif /* TEST_CHANNEL_PAIR_H */
