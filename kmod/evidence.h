/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Evidence: what a TEE signs over claims, where it comes from, and the tree that
 * lets one call serve many. Ground floor; only claims.c, request.c, attest.c,
 * control.c and main.c above deal in it.
 */
#ifndef WARD_EVIDENCE_H
#define WARD_EVIDENCE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/ward.h>

/* ---- merkle.c ----------------------------------------------------------- */

/* Nodes of 64 leaves, and of any fewer: 64 + 32 + ... + 1. */
#define WARD_MERKLE_NODES	(2 * WARD_PATH_MAX - 1)

/**
 * struct ward_merkle - a tree
 * @n: leaves, 1 to WARD_PATH_MAX
 * @root: one of @node
 * @node: the leaves, then row upon row
 */
struct ward_merkle {
	unsigned int n;
	const u8 *root;
	u8 node[WARD_MERKLE_NODES][WARD_DIGEST_LEN];
};

void ward_merkle_leaf(const struct ward_claims *claims, u8 *leaf);
void ward_merkle_grow(struct ward_merkle *tree);
unsigned int ward_merkle_path(const struct ward_merkle *tree, unsigned int index,
			      u8 (*path)[WARD_DIGEST_LEN]);
void ward_merkle_report_data(const u8 *root, u8 *report_data);

/* ---- provider.c: what can be asked, and one way to ask it ----------------- */

/**
 * struct ward_evidence - what a provider returned
 * @data: this and the next two kvmalloc'ed, owned by the holder; NULL = none
 * @error: in place of evidence: why there is none, a positive errno
 */
struct ward_evidence {
	u8 *data;
	u8 *aux;
	u8 *manifest;
	size_t data_len;
	size_t aux_len;
	size_t manifest_len;
	u64 generation;
	u32 tee;
	u32 error;
	char provider[WARD_LABEL_LEN];
};

/**
 * struct ward_evidence_set - all evidence over one report data
 * @primary: of the primary provider
 * @more: of those beside it, as struct ward_evidence_part packs them; kvmalloc'ed
 * @more_len: bytes
 * @parts: in @more
 */
struct ward_evidence_set {
	struct ward_evidence primary;
	u8 *more;
	size_t more_len;
	u32 parts;
};

void ward_evidence_free(struct ward_evidence *ev);
void ward_evidence_set_free(struct ward_evidence_set *set);
/*
 * -EBADMSG for evidence that is empty, too short for its format, or over other
 * report data, where the format's place for it is known.
 */
int ward_evidence_check(const struct ward_evidence *ev, const u8 *report_data);

struct ward_provider;

/**
 * struct ward_ask - a provider on its way to answer
 * @provider: referenced
 * @report_data: 64 bytes, constant until the end of it
 * @state: the provider's own
 */
struct ward_ask {
	struct ward_provider *provider;
	const u8 *report_data;
	void *state;
};

/**
 * struct ward_provider_ops - a kind of provider
 * @kind: WARD_PROVIDER_*
 * @start: begin to ask, and don't wait; NULL = nothing to do. -EAGAIN where it was
 *	unbound meanwhile. Followed by exactly one of the next two unless it fails
 * @finish: wait for the answer and check it. May sleep for long
 * @cancel: nobody wants the answer any more; NULL = nothing to do
 * @release: the last reference is gone
 *
 * All of them in process context, with no lock held, and for one provider by one
 * thread at a time.
 */
struct ward_provider_ops {
	u32 kind;
	int (*start)(struct ward_ask *ask);
	int (*finish)(struct ward_ask *ask, struct ward_evidence *out);
	void (*cancel)(struct ward_ask *ask);
	void (*release)(struct ward_provider *provider);
};

/* What there is to know of a provider. */
struct ward_provider_facts {
	u64 serial;		/* its place, from 1; taken over with it */
	u32 kind;		/* WARD_PROVIDER_* */
	u32 tee;		/* WARD_TEE_* */
	u32 flags;		/* WARD_AGENT_*, of an agent */
	u64 calls;
	u64 errors;		/* calls that failed */
	u64 generation;		/* of its last evidence */
	bool primary;
	char name[WARD_LABEL_LEN];
};

/**
 * struct ward_provider - embedded in a source of evidence
 * @ref: held by its owner and by each ask
 * @node: in the list of providers; providers_lock, as are the next two
 * @bound: it can be asked; else it only has its seat
 * @facts: name, kind, tee and flags are constant
 * @ops: constant
 */
struct ward_provider {
	struct kref ref;
	struct list_head node;
	bool bound;
	struct ward_provider_facts facts;
	const struct ward_provider_ops *ops;
};

void ward_provider_init(struct ward_provider *p, const struct ward_provider_ops *ops,
			const char *name, u32 tee, u32 flags);
void ward_provider_get(struct ward_provider *p);
void ward_provider_put(struct ward_provider *p);
/* A seat among the providers: -EBUSY or -EUSERS where there is none. */
int ward_provider_seat(struct ward_provider *p);
/*
 * Can be asked from now on. What it takes over from is unbound by it, and returned,
 * referenced; else NULL.
 */
struct ward_provider *ward_provider_bind(struct ward_provider *p);
/* Undoes seat() and bind(), whichever was done; a call under way goes on. */
void ward_provider_unbind(struct ward_provider *p);

/* One answer of all that are bound; the only way to ask. One thread at a time. */
int ward_provider_evidence(const u8 *report_data, struct ward_evidence_set *out);
/* The primary one; -ENODEV where there is none. */
int ward_provider_primary(struct ward_provider_facts *out);
/* The first one bound whose place is after @serial; false at the end. */
bool ward_provider_after(u64 serial, struct ward_provider_facts *out);
/* Does an agent assert that nobody else reaches the quote interfaces? */
bool ward_provider_exclusive(void);

/* ---- provider_tsm.c: evidence by way of configfs-tsm --------------------- */

int ward_tsm_init(void);
void ward_tsm_exit(void);

#endif /* WARD_EVIDENCE_H */
