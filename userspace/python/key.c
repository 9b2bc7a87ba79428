// SPDX-License-Identifier: MIT
/*
 * A data key that a broker released. Held by the kernel where it can (libward_key.h); else
 * its 32 bytes are in a class A buffer of their own. No method gives it to Python.
 */
#include "wardpy.h"

#include <string.h>
#include <unistd.h>

PyTypeObject *key_type;

struct key *key_new(PyObject *session)
{
	struct key *self = (struct key *)PyType_GenericAlloc(key_type, 0);

	if (self) {
		self->session = Py_NewRef(session);
		self->owner = getpid();
	}
	return self;
}

/* A child has neither the mapping nor the right to end what its parent holds. */
static void key_end(struct key *self)
{
	if (self->owner == getpid()) {
		ward_key_free(self->held);
		ward_buffer_free(self->room);
	}
	self->held = NULL;
	self->room = NULL;
	self->secret = NULL;
}

static void key_dealloc(PyObject *object)
{
	struct key *self = (struct key *)object;
	PyTypeObject *type = Py_TYPE(object);

	key_end(self);
	Py_XDECREF(self->session);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
	Py_DECREF(type);
}

static PyObject *key_close(PyObject *object, PyObject *unused)
{
	struct key *self = (struct key *)object;

	(void)unused;
	if (self->users) {
		PyErr_SetString(PyExc_BufferError, "data sets that were opened with the key are open");
		return NULL;
	}
	key_end(self);
	Py_RETURN_NONE;
}

static PyObject *key_info(PyObject *object, PyObject *unused)
{
	struct ward_key_info info = { .size = sizeof(info) };
	struct key *self = (struct key *)object;
	int err;

	(void)unused;
	if (!self->held)
		return Py_BuildValue("{s:O}", "live", self->secret ? Py_True : Py_False);
	err = ward_key_info(self->held, &info);
	if (err)
		return error_raise(err, NULL, "look at a key");
	return Py_BuildValue("{s:O,s:I,s:K}", "live", info.out_end ? Py_False : Py_True, "end",
			     info.out_end, "id", ward_key_id(self->held));
}

static PyObject *get_kernel(PyObject *object, void *unused)
{
	(void)unused;
	return PyBool_FromLong(((struct key *)object)->held != NULL);
}

static PyObject *get_closed(PyObject *object, void *unused)
{
	struct key *self = (struct key *)object;

	(void)unused;
	return PyBool_FromLong(!self->held && !self->secret);
}

static PyObject *get_bytes(PyObject *object, void *which)
{
	const struct release *r = &((struct key *)object)->release;

	switch (*(const char *)which) {
	case 'r':
		return PyBytes_FromStringAndSize((const char *)r->release, sizeof(r->release));
	case 'd':
		return PyBytes_FromStringAndSize((const char *)r->dataset, sizeof(r->dataset));
	default:
		return PyBytes_FromStringAndSize((const char *)r->nonce, sizeof(r->nonce));
	}
}

static PyMethodDef methods[] = {
	{ "close", key_close, METH_NOARGS, NULL },
	{ "info", key_info, METH_NOARGS, NULL },
	{ 0 },
};

static PyGetSetDef members[] = {
	{ "kernel", get_kernel, NULL, NULL, NULL },
	{ "closed", get_closed, NULL, NULL, NULL },
	{ "release_id", get_bytes, NULL, NULL, "r" },
	{ "dataset_id", get_bytes, NULL, NULL, "d" },
	{ "receipt_nonce", get_bytes, NULL, NULL, "n" },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, key_dealloc },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, members },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "ward._ward.Key",
	.basicsize = sizeof(struct key),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int key_init(PyObject *module)
{
	key_type = (PyTypeObject *)PyType_FromSpec(&spec);
	return key_type ? PyModule_AddObjectRef(module, "Key", (PyObject *)key_type) : -1;
}
