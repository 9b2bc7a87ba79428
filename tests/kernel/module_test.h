/* SPDX-License-Identifier: MIT */
/* What the tests share that take the module out and put it in again. */
#ifndef MODULE_TEST_H
#define MODULE_TEST_H

/* 0 or -errno; EAGAIN says that it is in use (libkmod and rmmod say EBUSY). */
int module_unload(void);
/* The same; references that fput() drops on the way to user space are gone soon. */
int module_unload_soon(void);
/* 0 or -errno. */
int module_load(void);
int module_load_with(const char *parameters);

/* Takes away what keeps the module from going, the provider's link; notes the
 * node's group.
 */
void module_loosen(void);
/* Out and in again, after module_loosen(); ends the test where that fails. */
void module_reload(void);
/* The node's group as it was. */
void module_regroup(void);
/* The link again, if there was one. */
void module_fasten(void);

#endif /* MODULE_TEST_H */
