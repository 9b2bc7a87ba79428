/* SPDX-License-Identifier: MIT */
/* The kernel module as a file and as a part of the running kernel (libkmod). */
#ifndef WARDCTL_MODULE_H
#define WARDCTL_MODULE_H

#include <limits.h>
#include <stdbool.h>

#define MODULE_NAME "ward"
/* DKMS builds for kernels whose headers are there, without a word about the others. */
#define MODULE_MEND "install this kernel's headers and the package ward-dkms (where both are: dkms" \
	" autoinstall); or make install && dkms install ward/" WARD_VERSION

/**
 * struct module_facts - what can be known about the module
 * @kernel: release of the running kernel
 * @path: module file for this kernel, "" = none is installed
 * @version: from the file
 * @srcversion: from the file; the kernel build's digest of the sources, "" = none
 * @vermagic: from the file
 * @signer: who signed the file, "" = not signed
 * @loaded: it is part of the running kernel
 * @loaded_version: of the one that is part of the kernel
 * @loaded_srcversion: the same
 * @state: live, coming, going
 * @users: references to it
 * @taint: flags that it set on the kernel, "" = none
 * @sig_enforce: the kernel takes signed modules only
 * @lockdown: none, integrity, confidentiality, "" = not known
 */
struct module_facts {
	char kernel[65];
	char path[PATH_MAX];
	char version[64];
	char srcversion[64];
	char vermagic[128];
	char signer[128];
	bool loaded;
	char loaded_version[64];
	char loaded_srcversion[64];
	char state[16];
	int users;
	char taint[32];
	bool sig_enforce;
	char lockdown[32];
};

/**
 * module_facts_get - @path: the file to look at, or NULL for the one installed for this
 * kernel. 0, or -errno when libkmod cannot work here at all
 */
int module_facts_get(struct module_facts *facts, const char *path);

/**
 * module_differs - another module is loaded than the file holds: of another version, or of
 * the same one made from other sources
 */
bool module_differs(const struct module_facts *facts);

/**
 * module_load - insert it, and before it what it depends on
 * @path: the file, or NULL for the one installed for this kernel
 * @options: parameters, "" = none
 * Returns 0, also when it was there, or what the kernel said (-errno).
 */
int module_load(const char *path, const char *options);

/** module_unload - remove it; 0, also when it was not there, or -errno */
int module_unload(void);

#endif /* WARDCTL_MODULE_H */
