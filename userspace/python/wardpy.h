/* SPDX-License-Identifier: MIT */
/*
 * _ward: libward and libwardverify for Python, by the stable ABI of CPython 3.11, so that
 * one file serves 3.11 and whatever comes after it. What people use is the package
 * `ward` (ward/), which leans on this module; its types' names and signatures are in
 * ward/_ward.pyi.
 *
 * Conventions
 * -----------
 *  - Whatever may wait or touch much memory runs without the interpreter's lock (GIL).
 *    A handle of libward serves one thread at a time: a session has a mutex, which is
 *    taken without the GIL and held over a call. Buffers, keys and data sets say of
 *    themselves that they are busy, and a second thread then gets an exception.
 *  - An object belongs to the process that made it. In a child that fork() made, methods
 *    fail, and what the child lets go of ends nothing of its parent's.
 *  - State is the process's (one interpreter): single-phase initialisation.
 */
#ifndef WARD_PYTHON_H
#define WARD_PYTHON_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <structmember.h>

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "libward.h"

struct session {
	PyObject_HEAD
	struct ward_session *handle;	/* NULL = closed; changed with @lock held */
	pthread_mutex_t lock;		/* over calls of libward with @handle */
	pid_t owner;
	Py_ssize_t shared_views;	/* exports of its shared buffers, which end with it */
};

extern PyTypeObject *session_type, *buffer_type, *key_type, *dataset_type, *arena_type;

/* ---- error.c ---- */

int error_init(PyObject *module);
/* All return NULL, with ward.Error set: what was done, and where, or NULL. */
PyObject *error_raise(int err, const char *where, const char *what, ...)
	__attribute__((format(printf, 3, 4)));
/* @mend: in place of the errno's own words */
PyObject *error_mend(int err, const char *where, const char *what, const char *mend);
PyObject *error_text(int err, const char *where, const char *text);
/* ward.Refused: @reason is a word that others' programs may look at. */
PyObject *error_refused(int err, const char *where, const char *reason, const char *text);
PyObject *error_process(const char *what, pid_t owner);

/* ---- session.c ---- */

int session_init(PyObject *module);
/* Held until session_unlock(); -1 = an exception is set. */
int session_lock(struct session *session);
void session_unlock(struct session *session);
/* Of the type, or TypeError. */
struct session *session_of(PyObject *object);

/* ---- lease.c, notice.c, evidence.c: methods of a session ---- */

PyObject *session_lease(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *session_notice(PyObject *self, PyObject *args);
PyObject *session_pressure(PyObject *self, PyObject *unused);
PyObject *session_watch(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *session_attest(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *session_receipt(PyObject *self, PyObject *args);
/* What of the session's records a bundle carries. */
enum { RECORDS_NONE, RECORDS_WHOLE, RECORDS_DIGESTS };

/* ---- buffer.c ---- */

int buffer_init(PyObject *module);
/* Hold its memory over a call without the GIL: no wipe or close meanwhile. NULL = an
 * exception is set. */
struct ward_buffer *buffer_hold(PyObject *object, size_t *length);
void buffer_release(PyObject *object);

/* ---- key.c, broker.c ---- */

/* What a receipt must name. */
struct release {
	uint8_t release[16];
	uint8_t dataset[16];
	uint8_t nonce[32];
};

struct key {
	PyObject_HEAD
	struct ward_key *held;		/* by the kernel, or ... */
	struct ward_buffer *room;	/* ... @secret, in this class A buffer */
	const uint8_t *secret;
	PyObject *session;
	struct release release;
	pid_t owner;
	Py_ssize_t users;
};

int key_init(PyObject *module);
struct key *key_new(PyObject *session);
PyObject *broker_fetch(PyObject *module, PyObject *args, PyObject *kwargs);

/* ---- dataset.c ---- */

int dataset_init(PyObject *module);

/* ---- verify.c ---- */

PyObject *verify_bundle(PyObject *module, PyObject *args, PyObject *kwargs);

/* ---- arena.c, handler.c ---- */

int arena_init(PyObject *module);
struct vault;
/* A capsule as NumPy wants it, which owns the vault; NULL = an exception is set. */
PyObject *handler_new(struct ward_arena *arena);
struct vault *handler_vault(PyObject *capsule);
/* Make NumPy allocate by @capsule, NULL = as usual; the one before, a new reference. */
PyObject *handler_set(PyObject *capsule);
/* @live: blocks; the others are 0 once the arena has ended. */
struct vault_state {
	size_t live, used, peak, size;
	const uint8_t *data;
};
void vault_look(struct vault *vault, struct vault_state *out);
/* No allocation from here on; what still lives is zeroed. */
void vault_end(struct vault *vault);

#endif /* WARD_PYTHON_H */
