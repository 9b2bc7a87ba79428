/* SPDX-License-Identifier: MIT */
/*
 * What kind of machine this is, as far as it can be told from inside: whose
 * cloud, which memory encryption, whether a paravisor stands between the guest
 * and the processor. The host says most of it: good to find what is missing,
 * and proof of nothing.
 */
#ifndef WARDCTL_MACHINE_H
#define WARDCTL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum machine_cloud {
	CLOUD_OTHER,
	CLOUD_AZURE,
	CLOUD_GOOGLE,
	CLOUD_AWS,
	CLOUD_NITRO,	/* an enclave of AWS, which has no firmware tables */
};

enum machine_tee {
	MACHINE_PLAIN,
	MACHINE_SEV,
	MACHINE_SEV_ES,
	MACHINE_SNP,
	MACHINE_TDX,
};

enum { MACHINE_EAX, MACHINE_EBX, MACHINE_ECX, MACHINE_EDX };

/**
 * struct machine_source - where it is read from
 * @root: in front of every path; "" = this machine
 * @cpuid: fills the four registers of a leaf; false = there is no such leaf
 */
struct machine_source {
	const char *root;
	bool (*cpuid)(uint32_t leaf, uint32_t regs[4]);
};

extern const struct machine_source machine_itself;

/**
 * struct machine - what was found
 * @vendor, @product, @asset: as the firmware's tables (DMI) have them, "" = nothing
 * @tee: of this guest
 * @by: who says so
 * @paravisor: a paravisor runs the processor's own attestation; the guest does not
 * @log: the kernel's log could be read
 * @vmpck_lost: the kernel says that it threw away the key to the secure processor
 */
struct machine {
	enum machine_cloud cloud;
	char vendor[64];
	char product[64];
	char asset[64];
	enum machine_tee tee;
	const char *by;
	bool paravisor;
	bool log;
	bool vmpck_lost;
};

/** machine_get - never fails; what cannot be found out stays at zero */
void machine_get(const struct machine_source *from, struct machine *out);

/** machine_path - a path of @from; false = it is too long */
bool machine_path(const struct machine_source *from, const char *path, char *to, size_t room);

/** machine_there - is there such a file? */
bool machine_there(const struct machine_source *from, const char *path);

/** machine_line - as sysfs_line() */
int machine_line(const struct machine_source *from, const char *path, char *to, size_t room);

/** machine_cloud_text - "Azure", ... or NULL; machine_tee_text - "SEV-SNP", ... */
const char *machine_cloud_text(enum machine_cloud cloud);
const char *machine_tee_text(enum machine_tee tee);

#endif /* WARDCTL_MACHINE_H */
