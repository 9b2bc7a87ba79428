/* SPDX-License-Identifier: MIT */
/*
 * libward, the attested channel: TLS 1.3 between two programs of which one or both
 * prove what they are, by evidence that is bound to this very connection
 * (doc/channel.md, doc/formats.md, Attested channel). Conventions as in libward.h, which does
 * not include this.
 *
 * A channel keeps no copy of what goes through it. It is encrypted out of the caller's
 * memory; what comes is decrypted in a buffer of OpenSSL's, at most a record of 16 KiB at
 * a time, and zeroed there once the caller has it.
 */
#ifndef LIBWARD_CHANNEL_H
#define LIBWARD_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "libward.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WARD_CHANNEL_NONCE_LEN	32
#define WARD_CHANNEL_KEY_LEN	32	/* SHA-256 of a SubjectPublicKeyInfo */

/* Roles, as they stand in bindings. */
#define WARD_CHANNEL_CONNECTOR	1
#define WARD_CHANNEL_ACCEPTOR	2

struct ward_channel;
struct ward_channel_identity;
struct ssl_ctx_st;	/* OpenSSL's SSL_CTX and SSL */
struct ssl_st;

/**
 * ward_channel_evidence_fn - get evidence of purpose *channel*
 * @nonce: the peer's, WARD_CHANNEL_NONCE_LEN bytes: the claims' nonce
 * @binding: what the evidence must be bound to, WARD_BINDING_LEN bytes
 * @bundle: the encoded bundle; the channel frees it with free()
 * Return: 0 or a negative errno, which ends the channel.
 */
typedef int (*ward_channel_evidence_fn)(const uint8_t *nonce, const uint8_t *binding,
					uint8_t **bundle, size_t *bundle_len, void *arg);

/**
 * ward_channel_verify_fn - judge the peer's evidence; ward_channel_judge() does it by
 *	libwardverify
 * @nonce, @binding: what its claims must have
 * Return: 0 = accepted; a positive enum wv_reason, which the peer is told; a negative
 * errno, of which the peer is told that nothing could be judged.
 */
typedef int (*ward_channel_verify_fn)(const uint8_t *nonce, const uint8_t *binding,
				      const uint8_t *bundle, size_t bundle_len, void *arg);

/**
 * struct ward_channel_options - what a side gives and asks for (in)
 * @size: sizeof(struct ward_channel_options)
 * @handshake_ms: until the channel must be open; 0 = 30 s
 * @identity: TLS key and certificate; NULL = one for this channel alone
 * @evidence, @evidence_arg: gives evidence, when the peer wants it; NULL = this side has none
 * @verify, @verify_arg: the peer's is wanted, and judged so; NULL = it is not wanted
 * @peer_key: WARD_CHANNEL_KEY_LEN bytes: the one peer that will do (struct
 *	ward_channel_peer of an earlier channel); NULL = any whose evidence is accepted
 * @reattest_ms: the peer's evidence is asked for again when it is so old; 0 = never
 * @reattest_bytes: or when so much went through, both ways together; 0 = never
 * @answer_ms: how long the peer may take for it before the channel ends; 0 = 10 s
 *
 * The functions are called from within the calls of the channel alone.
 */
struct ward_channel_options {
	uint32_t size;
	uint32_t handshake_ms;
	const struct ward_channel_identity *identity;
	ward_channel_evidence_fn evidence;
	void *evidence_arg;
	ward_channel_verify_fn verify;
	void *verify_arg;
	const uint8_t *peer_key;
	uint32_t reattest_ms;
	uint32_t answer_ms;
	uint64_t reattest_bytes;
};

/**
 * struct ward_channel_fault - why a channel could not be opened, or ended (out)
 * @reason: an enum wv_reason where evidence was refused, else 0
 * @by_peer: the peer refused ours
 * @text: one sentence for people
 */
struct ward_channel_fault {
	int reason;
	int by_peer;
	char text[160];
};

/**
 * struct ward_channel_peer - the other side
 * @role: WARD_CHANNEL_*
 * @accepted: how often its evidence was accepted; 0 = none was wanted
 * @told: how often it accepted ours
 * @key: SHA-256 of its certificate's SubjectPublicKeyInfo
 * @fault: why the channel ended, if it did
 */
struct ward_channel_peer {
	uint32_t role;
	uint32_t accepted;
	uint32_t told;
	uint8_t key[WARD_CHANNEL_KEY_LEN];
	struct ward_channel_fault fault;
};

/**
 * ward_channel_identity_new() - a P-384 key and a certificate of its own, in memory alone
 * @out: freed by ward_channel_identity_free(), after every channel that was opened with
 *	it; may be used by many at a time
 *
 * Return: 0; -ENOMEM; -EIO (the cryptographic library).
 */
int ward_channel_identity_new(struct ward_channel_identity **out);

/** ward_channel_identity_free() - forget the key; accepts NULL */
void ward_channel_identity_free(struct ward_channel_identity *identity);

/**
 * ward_channel_identity_key() - what the peer sees as struct ward_channel_peer.key
 * @identity: identity
 *
 * Return: WARD_CHANNEL_KEY_LEN bytes, the identity's own.
 */
const uint8_t *ward_channel_identity_key(const struct ward_channel_identity *identity);

/**
 * ward_channel_connect() - open a channel over a connected stream socket
 * @fd: becomes non-blocking; the channel's own on success, and shut down for good
 *	otherwise, but still the caller's to close
 * @options: copied; what it points to must outlive the channel, but @peer_key
 * @out: closed by ward_channel_close()
 * @fault: filled on failure; may be NULL
 *
 * Waits until both sides have accepted what they wanted.
 *
 * Return: 0; -EACCES (evidence refused: @fault->reason says why, @fault->by_peer by whom;
 * or the peer has another key than @peer_key); -ETIME; -ECONNRESET; -EPROTO (no TLS 1.3 as
 * it is done here, or a frame that is none); -EINVAL (neither function); -ENOMEM; -EIO; or
 * what the evidence function returned.
 */
int ward_channel_connect(int fd, const struct ward_channel_options *options,
			 struct ward_channel **out, struct ward_channel_fault *fault);

/**
 * ward_channel_accept() - the other side of ward_channel_connect(); all as there
 */
int ward_channel_accept(int fd, const struct ward_channel_options *options,
			struct ward_channel **out, struct ward_channel_fault *fault);

/**
 * ward_channel_read() - wait for data
 * @channel: channel
 * @data: receives up to @len bytes
 * @len: room, not 0
 *
 * Return: how many bytes; 0 = the peer closed the channel, and nothing is missing;
 * -ETIME (the peer did not attest again in time), -EACCES (evidence refused),
 * -ECONNRESET (it ended without being closed), -EPROTO, -ENOMEM, -EIO, -EINVAL, or what
 * the evidence function returned. The channel is over then: every further call says the same.
 */
int64_t ward_channel_read(struct ward_channel *channel, void *data, size_t len);

/**
 * ward_channel_write() - send all of it
 * @channel: channel
 * @data: bytes
 * @len: how many
 *
 * Return: 0; -EAGAIN: the peer's evidence is too old to send more, and its answer stands
 * behind data that must be read first; or as ward_channel_read().
 */
int ward_channel_write(struct ward_channel *channel, const void *data, size_t len);

/**
 * ward_channel_renew() - have the peer prove itself again, before anything is sent to it
 * @channel: one whose options have a verify function
 *
 * Its evidence answers a nonce that is drawn within this call, and was accepted when it returns.
 * The peer gives it from within ward_channel_read(), _write() or _renew().
 *
 * Return: 0; -EAGAIN: the answer stands behind data that must be read first; -EINVAL: this side
 * wants no evidence; or as ward_channel_read().
 */
int ward_channel_renew(struct ward_channel *channel);

/** ward_channel_fd() - the descriptor, to poll for POLLIN; stays the channel's */
int ward_channel_fd(const struct ward_channel *channel);

/**
 * ward_channel_pending() - there is something to be read without waiting for the descriptor
 */
int ward_channel_pending(const struct ward_channel *channel);

/** ward_channel_peer() - who the other side is; good until ward_channel_close() */
const struct ward_channel_peer *ward_channel_peer(const struct ward_channel *channel);

/**
 * ward_channel_close() - tell the peer that this was all, and free the channel
 * @channel: or NULL
 */
void ward_channel_close(struct ward_channel *channel);

/**
 * ward_channel_attest() - a ward_channel_evidence_fn: a session's evidence
 * @arg: the struct ward_session
 */
int ward_channel_attest(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle,
			size_t *bundle_len, void *arg);

/**
 * struct ward_channel_bound - what the evidence of one side is bound to
 * @exporter: keying material of the TLS connection, doc/formats.md, Attested channel
 * @own_key, @peer_key: SHA-256 of the SubjectPublicKeyInfo, of who gives it and who asks
 * @nonce: of who asks
 * @role: of who gives it
 */
struct ward_channel_bound {
	uint8_t exporter[32];
	uint8_t own_key[WARD_CHANNEL_KEY_LEN];
	uint8_t peer_key[WARD_CHANNEL_KEY_LEN];
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN];
	uint8_t role;
};

/**
 * ward_binding_channel() - the binding of evidence of purpose *channel*
 * @bound: all of it
 * @out: WARD_BINDING_LEN bytes
 *
 * Return: 0; -EINVAL (a role that is none); -ENOMEM.
 */
int ward_binding_channel(const struct ward_channel_bound *bound, uint8_t *out);

/**
 * ward_channel_identity_tls() - the TLS of an identity's channels, for a program that has an event
 *	loop of its own and does there what ward_channel_accept() does (doc/formats.md, Attested
 *	channel)
 * @identity: outlives it, unless the caller takes a reference of its own
 *
 * Return: the identity's own SSL_CTX.
 */
struct ssl_ctx_st *ward_channel_identity_tls(const struct ward_channel_identity *identity);

/**
 * ward_channel_tls_bound() - what this side's evidence is bound to, on a connection of that TLS
 * @ssl: its handshake is done
 * @role: of this side
 * @own_nonce: of this side's hello
 * @peer_nonce: that the evidence answers
 * @out: for ward_binding_channel()
 *
 * Return: 0; -EPROTO (not TLS 1.3, or the peer has no key on P-384); -EINVAL; -EIO; -ENOMEM.
 */
int ward_channel_tls_bound(struct ssl_st *ssl, uint8_t role, const uint8_t *own_nonce,
			   const uint8_t *peer_nonce, struct ward_channel_bound *out);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_CHANNEL_H */
