/* SPDX-License-Identifier: MIT */
/* What the rooms of a buffer share: buffer.c its life, make.c how it begins, children.c. */
#ifndef WARD_PYTHON_BUFFER_H
#define WARD_PYTHON_BUFFER_H

#include "wardpy.h"

struct buffer {
	PyObject_HEAD
	struct ward_buffer *handle;	/* NULL = closed */
	PyObject *session;		/* NULL of one that was taken over by its descriptor */
	uint8_t *data;
	size_t length;			/* what was asked for */
	size_t size;			/* whole pages */
	void *pages;			/* class B: our own mapping, or ... */
	Py_buffer memory;		/* ... somebody's, held until the pin has ended */
	Py_ssize_t views;		/* exports, and calls that use the memory */
	pid_t owner;
	bool shared;
	bool inherited;			/* this process is a child, and has it mapped */
	bool ended;			/* wiped here */
	bool is_volatile;
	struct buffer *prev, *next;	/* of children.c's list */
};

/* ---- make.c: class methods; a wrapper of @type around what libward gives ---- */

PyObject *buffer_alloc(PyObject *type, PyObject *args, PyObject *kwargs);
PyObject *buffer_pin(PyObject *type, PyObject *args, PyObject *kwargs);
PyObject *buffer_from_fd(PyObject *type, PyObject *args, PyObject *kwargs);

/* ---- children.c ---- */

int children_init(PyObject *module);
/* Shared ones are mapped in a forked child from then on. */
void children_remember(struct buffer *buffer);
void children_forget(struct buffer *buffer);

#endif /* WARD_PYTHON_BUFFER_H */
