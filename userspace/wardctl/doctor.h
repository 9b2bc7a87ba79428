/* SPDX-License-Identifier: MIT */
/*
 * wardctl doctor: what its checks share. Checks run in the order in which one
 * thing needs another; each says what it found and, where something is wrong,
 * what mends it.
 */
#ifndef WARDCTL_DOCTOR_H
#define WARDCTL_DOCTOR_H

#include "module.h"
#include "wardctl.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_WARN,	/* ward works; something about this machine weakens what it proves */
	DOCTOR_FAIL,	/* something does not work */
	DOCTOR_SKIP,	/* cannot be told: an earlier check failed, or no right to look */
};

/**
 * struct doctor - one run
 * @facts: of the module
 * @facts_err: -errno where they could not be had
 * @counts: how many checks ended in each state
 */
struct doctor {
	struct wardctl *ctl;
	struct module_facts facts;
	int facts_err;
	unsigned int counts[4];
};

/**
 * doctor_say - the outcome of a check
 * @name: stable, for programs
 * @mend: NULL = nothing to mend
 */
void doctor_say(struct doctor *d, const char *name, enum doctor_state state, const char *mend,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The checks, by what they look at. */
void doctor_module(struct doctor *d);
void doctor_device(struct doctor *d);
void doctor_provider(struct doctor *d);
void doctor_policy(struct doctor *d);
void doctor_quote_interfaces(struct doctor *d);
void doctor_system(struct doctor *d);

#endif /* WARDCTL_DOCTOR_H */
