/* SPDX-License-Identifier: MIT */
/*
 * libward, leases: until when a session may hold protected memory, and the hash
 * chain with which the data's owner, and nobody else, prolongs it. Conventions
 * as in libward.h, which includes this.
 */
#ifndef LIBWARD_LEASE_H
#define LIBWARD_LEASE_H

#include <stdint.h>

#include <linux/ward.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_session;
struct ward_lease_chain;

/* ---- lease.c: the worker's side ------------------------------------------- */

/**
 * ward_session_lease() - the lease as it stands
 * @session: session
 * @lease: the out_* fields are filled in; size need not be set
 *
 * Return: 0; -EOPNOTSUPP or -ENOTTY (a module without leases).
 */
int ward_session_lease(struct ward_session *session, struct ward_lease *lease);

/**
 * ward_session_lease_set() - set or shorten it; before attestation, so that the
 *	claims name it
 * @session: session
 * @deadline_ns: CLOCK_BOOTTIME, the hard deadline; 0 = as it is
 * @term_ns: with @anchor: how long it runs from now and from each renewal; 0 =
 *	as it is
 * @anchor: WARD_HEAD_LEN bytes that the owner gave; NULL = as it is
 * @lease: as ward_session_lease() fills it in; or NULL
 *
 * Return: 0; -EINVAL (a deadline not ahead, only one of @term_ns and @anchor),
 * -EPERM (it would grow, or the anchor is set already), -ESHUTDOWN.
 */
int ward_session_lease_set(struct ward_session *session, uint64_t deadline_ns,
			   uint64_t term_ns, const uint8_t *anchor,
			   struct ward_lease *lease);

/**
 * ward_session_lease_renew() - show the owner's next proof
 * @session: session
 * @proof: WARD_HEAD_LEN bytes that the owner gave
 * @lease: as above, or NULL
 *
 * Return: 0; -EKEYREJECTED (not the proof that is due), -EINVAL (no anchor),
 * -ESHUTDOWN (it has run out, or the session is revoked).
 */
int ward_session_lease_renew(struct ward_session *session, const uint8_t *proof,
			     struct ward_lease *lease);

/* ---- lease_chain.c: the owner's side ---------------------------------------- */

#define WARD_LEASE_CHAIN_MAX	65536u

/**
 * ward_lease_chain_new() - a chain that is good for some renewals
 * @seed: WARD_HEAD_LEN secret bytes, to make the same chain again; NULL = random
 * @renewals: 1 to WARD_LEASE_CHAIN_MAX
 * @out: freed by ward_lease_chain_free(), which wipes it
 *
 * The seed alone is kept, in a page that is locked where RLIMIT_MEMLOCK allows
 * it, left out of core dumps and not copied by fork(). Who knows the seed can
 * renew: it stays with the owner.
 *
 * Return: 0; -EINVAL, -ENOMEM, -EIO (no random bytes).
 */
int ward_lease_chain_new(const uint8_t *seed, uint32_t renewals,
			 struct ward_lease_chain **out);

/**
 * ward_lease_chain_anchor() - what the lease is set with
 * @chain: chain
 * @anchor: WARD_HEAD_LEN bytes, filled in
 *
 * Return: 0; -EIO (OpenSSL failed).
 */
int ward_lease_chain_anchor(const struct ward_lease_chain *chain,
			    uint8_t *anchor);

/**
 * ward_lease_chain_proof() - what a renewal is made with; not secret once shown
 * @chain: chain
 * @nth: from 1, in order: the nth renewal takes the nth proof
 * @proof: WARD_HEAD_LEN bytes, filled in
 *
 * Return: 0; -ENOENT (the chain is shorter), -EINVAL (0), -EIO.
 */
int ward_lease_chain_proof(const struct ward_lease_chain *chain, uint32_t nth,
			   uint8_t *proof);

/**
 * ward_lease_chain_free() - wipe and forget
 * @chain: or NULL
 */
void ward_lease_chain_free(struct ward_lease_chain *chain);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_LEASE_H */
