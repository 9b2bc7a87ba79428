// SPDX-License-Identifier: MIT
/*
 * Protected memory with Python's buffer protocol. A buffer has one mapping, which libward
 * made, and any number of views (exports) of it, which are counted: while one lives, the
 * memory is not wiped behind it, unless by force. A buffer that ended by itself (lease,
 * revocation, purge) gives no new view.
 *
 * A shared buffer is mapped in children, too, at the address that it has in its parent,
 * so that arrays over it are as good there (children.c).
 */
#include "buffer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

PyTypeObject *buffer_type;

static const char *end_word(uint32_t end)
{
	static const char *const words[] = {
		"", "it was wiped", "it was closed", "its owner's process ended",
		"its session ended", "its session was revoked", "its session's lease ran out",
		"it was purged while it was volatile", "the machine goes down",
		"its memory was unmapped",
	};

	return end < sizeof(words) / sizeof(words[0]) ? words[end] : "it has ended";
}

static PyObject *ended(const char *why)
{
	char text[128];

	PyOS_snprintf(text, sizeof(text), "the buffer has ended: %s", why);
	return error_text(EOWNERDEAD, NULL, text);
}

/* 0 = there is memory behind it as far as this process knows. */
static int usable(struct buffer *self)
{
	if (self->handle && self->owner != getpid() && !self->inherited)
		error_process("the buffer", self->owner);
	else if (!self->handle)
		ended("it was closed");
	else if (self->ended)
		ended("it was wiped");
	else
		return 0;
	return -1;
}

/* ... and as far as the kernel does. */
static int alive(struct buffer *self)
{
	struct ward_buf_info info = { .size = sizeof(info) };
	int err;

	if (usable(self))
		return -1;
	err = ward_buffer_info(self->handle, &info);
	if (err)
		error_raise(err, NULL, "look at a buffer");
	else if (info.out_end)
		ended(end_word(info.out_end));
	return err || info.out_end ? -1 : 0;
}

/* ---- views --------------------------------------------------------------- */

/* The kernel may take its memory away at any time. */
static int is_held(struct buffer *self)
{
	if (!self->is_volatile)
		return 1;
	PyErr_SetString(PyExc_BufferError, "the buffer is volatile: hold() it first");
	return 0;
}

static int get_view(PyObject *object, Py_buffer *view, int flags)
{
	struct buffer *self = (struct buffer *)object;

	view->obj = NULL;
	if (alive(self) || !is_held(self))
		return -1;
	if (PyBuffer_FillInfo(view, object, self->data, (Py_ssize_t)self->length, 0, flags))
		return -1;
	self->views++;
	if (self->shared && self->session)
		((struct session *)self->session)->shared_views++;
	return 0;
}

static void release_view(PyObject *object, Py_buffer *view)
{
	struct buffer *self = (struct buffer *)object;

	(void)view;
	self->views--;
	if (self->shared && self->session)
		((struct session *)self->session)->shared_views--;
}

static int unviewed(struct buffer *self, const char *what)
{
	if (!self->views)
		return 0;
	PyErr_Format(PyExc_BufferError, "%zd %s of the buffer %s: let go of %s before %s",
		     self->views, self->views == 1 ? "view" : "views",
		     self->views == 1 ? "lives" : "live", self->views == 1 ? "it" : "them", what);
	return -1;
}

struct ward_buffer *buffer_hold(PyObject *object, size_t *length)
{
	struct buffer *self = (struct buffer *)object;

	if (!PyObject_TypeCheck(object, buffer_type)) {
		PyErr_SetString(PyExc_TypeError, "a ward.Buffer is wanted");
		return NULL;
	}
	if (alive(self) || !is_held(self))
		return NULL;
	self->views++;
	*length = self->length;
	return self->handle;
}

void buffer_release(PyObject *object)
{
	((struct buffer *)object)->views--;
}

/* ---- its end --------------------------------------------------------------- */

/* Of its own process: wiped, unmapped, closed. Of a parent: only let go of. */
static void let_go(struct buffer *self)
{
	struct ward_buffer *handle = self->handle;

	self->handle = NULL;
	children_forget(self);
	if (!handle)
		return;
	if (self->owner == getpid()) {
		Py_BEGIN_ALLOW_THREADS
		ward_buffer_free(handle);
		Py_END_ALLOW_THREADS
		return;
	}
	if (self->inherited)
		munmap(self->data, self->size);
	close(ward_buffer_fd(handle));
}

static void buffer_dealloc(PyObject *object)
{
	struct buffer *self = (struct buffer *)object;
	PyTypeObject *type = Py_TYPE(object);

	let_go(self);
	if (self->pages && self->owner == getpid())
		munmap(self->pages, self->size);
	if (self->memory.obj)
		PyBuffer_Release(&self->memory);
	Py_XDECREF(self->session);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
	Py_DECREF(type);
}

static PyObject *buffer_close(PyObject *object, PyObject *unused)
{
	struct buffer *self = (struct buffer *)object;

	(void)unused;
	if (self->handle && unviewed(self, "it is closed"))
		return NULL;
	let_go(self);
	Py_RETURN_NONE;
}

static PyObject *buffer_wipe(PyObject *object, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "force", NULL };
	struct buffer *self = (struct buffer *)object;
	int force = 0, err;
	uint64_t bytes = 0;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|p", names, &force))
		return NULL;
	if (self->handle && self->owner != getpid())
		return error_process("the buffer", self->owner);
	if (!self->handle || self->ended)
		return PyLong_FromLong(0);
	if (!force && unviewed(self, "it is wiped"))
		return NULL;
	/* From here on nobody gets a view, whoever runs while the GIL is away. */
	self->ended = true;
	children_forget(self);
	self->views++;
	Py_BEGIN_ALLOW_THREADS
	err = ward_buffer_wipe(self->handle, &bytes);
	Py_END_ALLOW_THREADS
	self->views--;
	if (err)
		return error_raise(err, NULL, "wipe a buffer");
	return PyLong_FromUnsignedLongLong(bytes);
}

static PyObject *buffer_scrub(PyObject *object, PyObject *unused)
{
	struct buffer *self = (struct buffer *)object;

	(void)unused;
	if (alive(self))
		return NULL;
	self->views++;
	Py_BEGIN_ALLOW_THREADS
	explicit_bzero(self->data, self->size);
	Py_END_ALLOW_THREADS
	self->views--;
	Py_RETURN_NONE;
}

/* ---- what else it can ------------------------------------------------------- */

static PyObject *buffer_info(PyObject *object, PyObject *unused)
{
	struct ward_buf_info i = { .size = sizeof(i) };
	struct buffer *self = (struct buffer *)object;
	int err;

	(void)unused;
	if (!self->handle)
		return ended("it was closed");
	err = ward_buffer_info(self->handle, &i);
	if (err)
		return error_raise(err, NULL, "look at a buffer");
	return Py_BuildValue("{s:s,s:I,s:K,s:K,s:K,s:K,s:K,s:O,s:O}", "class",
			     i.out_class == WARD_CLASS_B ? "B" : "A", "end", i.out_end, "id",
			     i.out_id, "length", i.out_length, "huge", i.out_huge, "present",
			     i.out_present, "protection", i.out_protection, "shared",
			     i.out_state & WARD_BUF_IS_SHARED ? Py_True : Py_False, "volatile",
			     i.out_state & WARD_BUF_IS_VOLATILE ? Py_True : Py_False);
}

static PyObject *buffer_volatile(PyObject *object, PyObject *unused)
{
	struct buffer *self = (struct buffer *)object;
	int err;

	(void)unused;
	if (alive(self) || unviewed(self, "it may be purged"))
		return NULL;
	err = ward_buffer_volatile(self->handle);
	if (err)
		return error_raise(err, NULL, "make a buffer volatile");
	self->is_volatile = true;
	Py_RETURN_NONE;
}

static PyObject *buffer_keep(PyObject *object, PyObject *unused)
{
	struct buffer *self = (struct buffer *)object;
	int err, survived = 0;

	(void)unused;
	if (usable(self))
		return NULL;
	err = ward_buffer_hold(self->handle, &survived);
	if (err)
		return error_raise(err, NULL, "hold a buffer");
	self->is_volatile = false;
	self->ended = !survived;
	return PyBool_FromLong(survived);
}

static PyObject *buffer_fileno(PyObject *object, PyObject *unused)
{
	struct buffer *self = (struct buffer *)object;

	(void)unused;
	if (!self->handle)
		return ended("it was closed");
	return PyLong_FromLong(ward_buffer_fd(self->handle));
}

static PyObject *get_views(PyObject *object, void *unused)
{
	(void)unused;
	return PyLong_FromSsize_t(((struct buffer *)object)->views);
}

static PyObject *get_wiped(PyObject *object, void *unused)
{
	struct buffer *self = (struct buffer *)object;

	(void)unused;
	return PyBool_FromLong(!self->handle || self->ended);
}

static PyObject *get_shared(PyObject *object, void *unused)
{
	(void)unused;
	return PyBool_FromLong(((struct buffer *)object)->shared);
}

static PyObject *get_address(PyObject *object, void *unused)
{
	(void)unused;
	return PyLong_FromVoidPtr(((struct buffer *)object)->data);
}

static Py_ssize_t length_of(PyObject *object)
{
	return (Py_ssize_t)((struct buffer *)object)->length;
}

static PyMethodDef methods[] = {
	{ "wipe", (PyCFunction)(void (*)(void))buffer_wipe, METH_VARARGS | METH_KEYWORDS, NULL },
	{ "close", buffer_close, METH_NOARGS, NULL },
	{ "scrub", buffer_scrub, METH_NOARGS, NULL },
	{ "info", buffer_info, METH_NOARGS, NULL },
	{ "volatile", buffer_volatile, METH_NOARGS, NULL },
	{ "hold", buffer_keep, METH_NOARGS, NULL },
	{ "fileno", buffer_fileno, METH_NOARGS, NULL },
	{ "_alloc", (PyCFunction)(void (*)(void))buffer_alloc, METH_VARARGS | METH_KEYWORDS | METH_CLASS, NULL },
	{ "_pin", (PyCFunction)(void (*)(void))buffer_pin, METH_VARARGS | METH_KEYWORDS | METH_CLASS, NULL },
	{ "_from_fd", (PyCFunction)(void (*)(void))buffer_from_fd, METH_VARARGS | METH_KEYWORDS | METH_CLASS, NULL },
	{ 0 },
};

static PyGetSetDef members[] = {
	{ "views", get_views, NULL, NULL, NULL },
	{ "wiped", get_wiped, NULL, NULL, NULL },
	{ "shared", get_shared, NULL, NULL, NULL },
	{ "address", get_address, NULL, NULL, NULL },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, buffer_dealloc },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, members },
	{ Py_bf_getbuffer, get_view },
	{ Py_bf_releasebuffer, release_view },
	{ Py_sq_length, length_of },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "ward._ward.Buffer",
	.basicsize = sizeof(struct buffer),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int buffer_init(PyObject *module)
{
	buffer_type = (PyTypeObject *)PyType_FromSpec(&spec);
	if (!buffer_type || children_init(module))
		return -1;
	return PyModule_AddObjectRef(module, "Buffer", (PyObject *)buffer_type);
}
