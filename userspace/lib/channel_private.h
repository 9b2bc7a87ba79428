/* SPDX-License-Identifier: MIT */
/*
 * What the files of the attested channel share, lowest floor first: channel_tls.c,
 * channel_io.c (a socket, waiting, deadlines), channel_attest.c (hello, evidence,
 * verdicts), channel.c. One thread at a time has a channel; nothing is locked.
 */
#ifndef WARD_CHANNEL_PRIVATE_H
#define WARD_CHANNEL_PRIVATE_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "channel_frame.h"

/** struct channel_parts - what a test puts in place of the library's own */
struct channel_parts {
	int (*binding)(const struct ward_channel_bound *bound, uint8_t *out);
	uint64_t (*now_ms)(void);
};

/** struct ward_channel_identity - @ctx: of all its channels; it costs as much as a signature */
struct ward_channel_identity {
	EVP_PKEY *key;
	X509 *cert;
	SSL_CTX *ctx;
	uint8_t spki[WARD_CHANNEL_KEY_LEN];
};

/**
 * struct ward_channel - a channel
 * @own: the identity, where the caller gave none
 * @meth: of the BIO that @ssl has
 * @deadline: of opening, ms; 0 once it is open
 * @nonce: [0] ours, [1] the peer's, as their hellos had them
 * @ask_nonce: the one that the peer's next evidence must answer
 * @answer_nonce: the one that ours must answer
 * @asked_ms: when we asked
 * @accepted_ms, @moved: when the peer's evidence was accepted, payload bytes since
 * @want_evidence: we asked, and none has come
 * @want_verdict: we gave evidence, and were told nothing
 * @owe_ask, @owe_evidence, @owe_verdict: frames to be written, at the next boundary
 * @verdict: the one that we owe
 * @head, @head_at, @frame: of the frame that comes in; @frame.type 0 = head not whole
 * @body, @body_at: its payload, but of data
 * @left: bytes of a data frame that the caller has not read
 * @writing: a write waits halfway
 * @error: negative errno for all further calls; 0 = alive
 * @closed: the peer closed
 */
struct ward_channel {
	int fd;
	SSL *ssl;
	BIO_METHOD *meth;
	struct ward_channel_identity *own;
	const struct channel_parts *parts;
	struct ward_channel_options options;
	struct ward_channel_peer peer;
	uint8_t key[WARD_CHANNEL_KEY_LEN];
	uint64_t deadline;
	uint8_t role;
	uint8_t peer_flags;
	bool greeted, open, closed, writing;
	uint8_t nonce[2][WARD_CHANNEL_NONCE_LEN];
	uint8_t ask_nonce[WARD_CHANNEL_NONCE_LEN];
	uint8_t answer_nonce[WARD_CHANNEL_NONCE_LEN];
	uint64_t asked_ms, accepted_ms, moved;
	bool want_evidence, want_verdict;
	bool owe_ask, owe_evidence, owe_verdict;
	uint32_t verdict;
	uint8_t head[FRAME_HEAD];
	size_t head_at;
	struct frame frame;
	uint8_t *body;
	size_t body_at;
	uint32_t left;
	int error;
};

/* ---- channel_tls.c --------------------------------------------------------- */

/** channel_tls_new - ssl over the socket; 0 or -errno */
int channel_tls_new(struct ward_channel *c, const struct ward_channel_identity *identity);
/** channel_tls_peer - the peer's key into c->peer; 0 or -EPROTO */
int channel_tls_peer(struct ward_channel *c);
/** channel_tls_export - keying material over both nonces, the connector's first */
int channel_tls_export(struct ward_channel *c, const uint8_t *connector, const uint8_t *acceptor,
		       uint8_t out[32]);

/* ---- channel_io.c ---------------------------------------------------------- */

/** channel_bio_new - sends and receives on c->fd, without SIGPIPE; NULL = no memory */
BIO *channel_bio_new(struct ward_channel *c);
/** channel_fail - the channel is over, and why; returns the error, of several the first */
int channel_fail(struct ward_channel *c, int error, const char *text);
/** channel_ssl_error - the error of an SSL call that is not to be waited for; fails with it */
int channel_ssl_error(struct ward_channel *c, int code);
/** channel_wait - for @events of poll() or a timer; 0 or -errno */
int channel_wait(struct ward_channel *c, short events);
/** channel_handshake - TLS's own; 0 or -errno */
int channel_handshake(struct ward_channel *c);
/** channel_send - a frame, whole; 0 or -errno */
int channel_send(struct ward_channel *c, uint32_t type, const void *data, size_t len);
/** channel_take - up to @len bytes that are there; 0 = none yet, or closed; or -errno */
int64_t channel_take(struct ward_channel *c, void *data, size_t len);
/** channel_step - take in a part of a frame; 1 = something came, 0 = nothing, or data, -errno */
int channel_step(struct ward_channel *c);
/** channel_pump - take in what is there, up to data; 1 = data is next, 0 = nothing more, -errno */
int channel_pump(struct ward_channel *c);
/** channel_give_up - the socket is shut down for good, after the peer could read why */
void channel_give_up(struct ward_channel *c);

/* ---- channel_attest.c ------------------------------------------------------ */

/** channel_ready - both sides have accepted once what they wanted: data may come */
bool channel_ready(const struct ward_channel *c);
/** channel_greet - hellos and evidence, until the channel is open; 0 or -errno */
int channel_greet(struct ward_channel *c);
/** channel_incoming - act on the frame in c->frame and c->body; 0 or -errno */
int channel_incoming(struct ward_channel *c);
/** channel_flush - write what is owed; 0 or -errno */
int channel_flush(struct ward_channel *c);
/** channel_timers - what is due; 0 or -errno */
int channel_timers(struct ward_channel *c);
/** channel_timer_ms - until the next is due; -1 = none is */
int channel_timer_ms(struct ward_channel *c);
/** channel_ask - the peer is to prove itself again, whatever is due; 0 or -errno */
int channel_ask(struct ward_channel *c);
/** channel_stale - the peer is too late with its evidence to be sent more */
bool channel_stale(const struct ward_channel *c);

/* ---- channel.c ------------------------------------------------------------- */

/** channel_open_with - ward_channel_connect() and _accept() with other parts */
int channel_open_with(const struct channel_parts *parts, uint8_t role, int fd,
		      const struct ward_channel_options *options, struct ward_channel **out,
		      struct ward_channel_fault *fault);

#endif /* WARD_CHANNEL_PRIVATE_H */
