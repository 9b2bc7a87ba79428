// SPDX-License-Identifier: MIT
/* An arena as a Python object: one class A buffer in which NumPy's arrays live. */
#include "wardpy.h"

#include <errno.h>

PyTypeObject *arena_type;

struct arena {
	PyObject_HEAD
	PyObject *capsule;	/* NumPy's handler, and the vault */
	PyObject *before;	/* the handler that was set when it was entered */
	PyObject *session;	/* whose memory it is: it stays open */
	size_t budget;
};

static struct vault *vault_of(PyObject *object)
{
	return handler_vault(((struct arena *)object)->capsule);
}

static PyObject *arena_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "session", "budget", "label", NULL };
	struct ward_arena *arena;
	struct session *session;
	const char *label = NULL;
	struct arena *self;
	PyObject *object;
	Py_ssize_t budget;
	int err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "On|z", names, &object, &budget, &label))
		return NULL;
	session = session_of(object);
	if (!session)
		return NULL;
	if (budget <= 0)
		return PyErr_Format(PyExc_ValueError, "an arena has 1 byte or more, not %zd", budget);
	self = (struct arena *)PyType_GenericAlloc(type, 0);
	if (!self || session_lock(session)) {
		Py_XDECREF((PyObject *)self);
		return NULL;
	}
	self->session = Py_NewRef(object);
	Py_BEGIN_ALLOW_THREADS
	err = ward_arena_new(session->handle, (size_t)budget, label, &arena);
	Py_END_ALLOW_THREADS
	session_unlock(session);
	if (err) {
		Py_DECREF(self);
		return error_raise(err, NULL, "allocate an arena of %zd bytes", budget);
	}
	self->budget = ward_arena_budget(arena);
	self->capsule = handler_new(arena);
	if (!self->capsule) {
		ward_arena_destroy(arena);
		Py_CLEAR(self);
	}
	return (PyObject *)self;
}

static void arena_dealloc(PyObject *object)
{
	struct arena *self = (struct arena *)object;
	PyTypeObject *type = Py_TYPE(object);

	if (self->capsule)
		vault_end(handler_vault(self->capsule));
	Py_XDECREF(self->capsule);
	Py_XDECREF(self->before);
	Py_XDECREF(self->session);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
	Py_DECREF(type);
}

static PyObject *arena_enter(PyObject *object, PyObject *unused)
{
	struct arena *self = (struct arena *)object;

	(void)unused;
	if (self->before) {
		PyErr_SetString(PyExc_ValueError, "the arena is in use");
		return NULL;
	}
	self->before = handler_set(self->capsule);
	return self->before ? Py_NewRef(object) : NULL;
}

static PyObject *arena_leave(PyObject *object, PyObject *unused)
{
	struct arena *self = (struct arena *)object;
	PyObject *mine;

	(void)unused;
	if (!self->before)
		Py_RETURN_NONE;
	mine = handler_set(self->before);
	if (!mine)
		return NULL;
	Py_DECREF(mine);
	Py_CLEAR(self->before);
	Py_RETURN_NONE;
}

static PyObject *arena_end(PyObject *object, PyObject *unused)
{
	struct vault *vault = vault_of(object);
	struct vault_state state;

	(void)unused;
	vault_look(vault, &state);
	Py_BEGIN_ALLOW_THREADS
	vault_end(vault);
	Py_END_ALLOW_THREADS
	return PyLong_FromSize_t(state.live);
}

static PyObject *arena_holds(PyObject *object, PyObject *address)
{
	const uint8_t *at = PyLong_AsVoidPtr(address);
	struct vault_state state;

	if (!at && PyErr_Occurred())
		return NULL;
	vault_look(vault_of(object), &state);
	return PyBool_FromLong(state.data && at >= state.data && at < state.data + state.size);
}

static PyObject *get_size(PyObject *object, void *which)
{
	struct vault_state state;

	vault_look(vault_of(object), &state);
	switch (*(const char *)which) {
	case 'b':
		return PyLong_FromSize_t(((struct arena *)object)->budget);
	case 'u':
		return PyLong_FromSize_t(state.used);
	case 'p':
		return PyLong_FromSize_t(state.peak);
	default:
		return PyLong_FromSize_t(state.live);
	}
}

/* NumPy's usual allocator until handler_restore() is called with what this gives. */
static PyObject *usual(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return handler_set(NULL);
}

static PyObject *restore(PyObject *module, PyObject *capsule)
{
	PyObject *old = handler_set(capsule);

	(void)module;
	if (!old)
		return NULL;
	Py_DECREF(old);
	Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
	{ "numpy_usual", usual, METH_NOARGS, NULL },
	{ "numpy_restore", restore, METH_O, NULL },
};

static PyMethodDef methods[] = {
	{ "enter", arena_enter, METH_NOARGS, NULL },
	{ "leave", arena_leave, METH_NOARGS, NULL },
	{ "end", arena_end, METH_NOARGS, NULL },
	{ "holds", arena_holds, METH_O, NULL },
	{ 0 },
};

static PyGetSetDef members[] = {
	{ "budget", get_size, NULL, NULL, "b" },
	{ "used", get_size, NULL, NULL, "u" },
	{ "peak", get_size, NULL, NULL, "p" },
	{ "live", get_size, NULL, NULL, "l" },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_new, arena_new },
	{ Py_tp_dealloc, arena_dealloc },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, members },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "ward._ward.Arena",
	.basicsize = sizeof(struct arena),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = slots,
};

int arena_init(PyObject *module)
{
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		PyObject *function = PyCFunction_New(&functions[i], NULL);
		int err = function ? PyModule_AddObjectRef(module, functions[i].ml_name, function) : -1;

		Py_XDECREF(function);
		if (err)
			return -1;
	}
	arena_type = (PyTypeObject *)PyType_FromSpec(&spec);
	return arena_type ? PyModule_AddObjectRef(module, "Arena", (PyObject *)arena_type) : -1;
}
