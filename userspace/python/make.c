// SPDX-License-Identifier: MIT
/* How a buffer begins: allocated (class A), pinned (class B), taken over by descriptor. */
#include "buffer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct buffer *buffer_new(PyObject *type, PyObject *session)
{
	PyTypeObject *made = (PyTypeObject *)type;
	struct buffer *self = (struct buffer *)PyType_GenericAlloc(made, 0);

	if (self) {
		self->session = Py_XNewRef(session);
		self->owner = getpid();
	}
	return self;
}

static PyObject *filled(struct buffer *self, struct ward_buffer *handle, size_t length, bool shared)
{
	self->handle = handle;
	self->data = ward_buffer_data(handle);
	self->size = ward_buffer_size(handle);
	self->length = length ? length : self->size;
	self->shared = shared;
	if (shared)
		children_remember(self);
	return (PyObject *)self;
}

PyObject *buffer_alloc(PyObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "session", "length", "flags", "label", "timeout_ms", NULL };
	struct ward_buffer_options options = { .size = sizeof(options) };
	struct ward_buffer *handle;
	struct session *session;
	struct buffer *self;
	PyObject *object;
	Py_ssize_t length;
	int err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "On|IzI", names, &object, &length,
					 &options.flags, &options.label, &options.timeout_ms))
		return NULL;
	session = session_of(object);
	if (!session)
		return NULL;
	if (length <= 0)
		return PyErr_Format(PyExc_ValueError, "a buffer has 1 byte or more, not %zd", length);
	self = buffer_new(type, object);
	if (!self || session_lock(session)) {
		Py_XDECREF((PyObject *)self);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	err = ward_buffer_alloc_with(session->handle, (size_t)length, &options, &handle);
	Py_END_ALLOW_THREADS
	session_unlock(session);
	if (err) {
		Py_DECREF(self);
		return error_raise(err, NULL, "allocate %zd bytes of protected memory", length);
	}
	return filled(self, handle, (size_t)length, options.flags & WARD_BUF_SHARED);
}

static size_t whole_pages(size_t length)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (length + page - 1) & ~(page - 1);
}

/* Memory of our own, or of an object that exports it, writable and page aligned. */
static int memory_of(struct buffer *self, PyObject *memory, Py_ssize_t length)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (memory) {
		if (PyObject_GetBuffer(memory, &self->memory, PyBUF_WRITABLE))
			return -1;
		self->data = self->memory.buf;
		self->size = (size_t)self->memory.len;
		if (self->size && !((uintptr_t)self->data % page) && !(self->size % page))
			return 0;
		PyErr_SetString(PyExc_ValueError, "memory to pin begins at a page and has whole pages");
		return -1;
	}
	if (length <= 0 || (size_t)length > WARD_PIN_MAX) {
		PyErr_Format(PyExc_ValueError, "1 to %llu bytes can be pinned, not %zd", WARD_PIN_MAX,
			     length);
		return -1;
	}
	self->size = whole_pages((size_t)length);
	self->data = mmap(NULL, self->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (self->data == MAP_FAILED) {
		error_raise(-errno, NULL, "map %zd bytes to pin", length);
		return -1;
	}
	self->pages = self->data;
	return 0;
}

PyObject *buffer_pin(PyObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "session", "length", "memory", "label", NULL };
	struct ward_buffer_options options = { .size = sizeof(options) };
	PyObject *object, *memory = NULL;
	struct ward_buffer *handle;
	struct session *session;
	struct buffer *self;
	Py_ssize_t length;
	int err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "On|Oz", names, &object, &length, &memory,
					 &options.label))
		return NULL;
	session = session_of(object);
	self = session ? buffer_new(type, object) : NULL;
	if (!self || memory_of(self, memory == Py_None ? NULL : memory, length) ||
	    session_lock(session)) {
		Py_XDECREF((PyObject *)self);
		return NULL;
	}
	options.flags = self->pages ? WARD_PIN_CLEAN : 0;
	Py_BEGIN_ALLOW_THREADS
	err = ward_buffer_pin_with(session->handle, self->data, self->size, &options, &handle);
	Py_END_ALLOW_THREADS
	session_unlock(session);
	if (err) {
		error_raise(err, NULL, "pin %zu bytes", self->size);
		Py_DECREF(self);
		return NULL;
	}
	return filled(self, handle, self->pages ? (size_t)length : self->size, false);
}

PyObject *buffer_from_fd(PyObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "fd", "length", NULL };
	struct ward_buffer *handle;
	struct buffer *self;
	Py_ssize_t length = 0;
	int fd, err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|n", names, &fd, &length))
		return NULL;
	self = buffer_new(type, NULL);
	if (!self)
		return NULL;
	err = ward_buffer_from_fd(fd, &handle);
	if (err) {
		Py_DECREF(self);
		return error_raise(err, NULL, "map the shared buffer of descriptor %d", fd);
	}
	if (length < 0 || (size_t)length > ward_buffer_size(handle))
		length = 0;
	return filled(self, handle, (size_t)length, true);
}
