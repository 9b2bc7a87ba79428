/* SPDX-License-Identifier: MIT */
/*
 * wardctl doctor: what its checks share. Checks run in the order in which one
 * thing needs another; each says what it found and, where something is wrong,
 * what mends it.
 */
#ifndef WARDCTL_DOCTOR_H
#define WARDCTL_DOCTOR_H

#include "libward.h"
#include "machine.h"
#include "module.h"
#include "wardctl.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_WARN,	/* ward works; something about this machine weakens what it proves */
	DOCTOR_FAIL,	/* something does not work */
	DOCTOR_SKIP,	/* cannot be told: an earlier check failed, or no right to look */
};

/**
 * struct doctor_provider - what root is told of who gives evidence
 * @err: 0, or why it is not known; the rest is zero then
 * @agent: it is a program, not the kernel's TSM
 */
struct doctor_provider {
	int err;
	bool agent;
	struct ward_provider it;
	struct ward_status status;
};

/**
 * struct doctor - one run
 * @facts: of the module
 * @facts_err: -errno where they could not be had
 * @from: where facts of the machine are read
 * @machine: what it is
 * @provider: who gives evidence
 * @counts: how many checks ended in each state
 */
struct doctor {
	struct wardctl *ctl;
	struct module_facts facts;
	int facts_err;
	const struct machine_source *from;
	struct machine machine;
	struct doctor_provider provider;
	unsigned int counts[4];
};

/**
 * doctor_say - the outcome of a check
 * @name: stable, for programs
 * @mend: NULL = nothing to mend
 */
void doctor_say(struct doctor *d, const char *name, enum doctor_state state, const char *mend,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/**
 * struct doctor_clock - what there is to hold the clock against; seconds since the
 *	epoch, 0 = not known
 * @built: the day on which the kernel was built
 * @rtc: the machine's own clock, which is the host's
 * @synced: the kernel says that a time service keeps the clock
 */
struct doctor_clock {
	int64_t now;
	int64_t built;
	int64_t rtc;
	bool synced;
};

/**
 * doctor_built - the day on which a kernel was built
 * @version: as uname(2) has it; the day stands there as 2026-01-31 (Debian), or as
 *	date(1) writes it
 * Returns seconds since the epoch, 0 = it does not say.
 */
int64_t doctor_built(const char *version);

/** doctor_judge_clock - the check alone */
void doctor_judge_clock(struct doctor *d, const struct doctor_clock *clock);

/** doctor_ask_provider - fills @d->provider */
void doctor_ask_provider(struct doctor *d);

/* The checks, by what they look at. */
void doctor_machine(struct doctor *d);
void doctor_tee(struct doctor *d);
void doctor_boot(struct doctor *d);
void doctor_tpm(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_module(struct doctor *d);
void doctor_device(struct doctor *d);
void doctor_provider(struct doctor *d);
void doctor_policy(struct doctor *d);
void doctor_quote_interfaces(struct doctor *d);
void doctor_system(struct doctor *d);

#endif /* WARDCTL_DOCTOR_H */
