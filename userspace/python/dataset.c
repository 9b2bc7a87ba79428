// SPDX-License-Identifier: MIT
/*
 * Encrypted data sets (.wds), decrypted straight into buffers: by the kernel where it
 * holds the key.
 */
#include "wardpy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dataset.h"
#include "keyfile.h"

PyTypeObject *dataset_type;

struct dataset {
	PyObject_HEAD
	struct ward_dataset *handle;	/* NULL = closed */
	PyObject *key;			/* counted in its users; NULL = by a file's key */
	int fd;
	bool busy;			/* a thread is in it, without the GIL */
};

static PyObject *failed(int err, const struct ward_dataset_error *e, const char *path,
			const char *what)
{
	char text[512];

	if (!*e->text)
		return error_raise(err, path, "%s", what);
	if (path)
		PyOS_snprintf(text, sizeof(text), "%s: %s", path, e->text);
	else
		PyOS_snprintf(text, sizeof(text), "%s: %s", what, e->text);
	return error_text(err, path, text);
}

/* Any buffer of the key's session will do for the kernel's check of the header. */
static int open_held(int fd, struct key *key, struct ward_dataset **out,
		     struct ward_dataset_error *e)
{
	struct session *session = (struct session *)key->session;
	struct ward_buffer *page;
	int err;

	err = ward_buffer_alloc(session->handle, 1, 0, "header", &page);
	if (err)
		return err;
	err = ward_dataset_open_kernel(fd, key->held, page, out, e);
	ward_buffer_free(page);
	return err;
}

static int open_by(struct dataset *self, struct key *key, const char *keyfile,
		   struct ward_dataset_error *e)
{
	uint8_t secret[WARD_KEYFILE_LEN];
	int err;

	if (key && key->held)
		return open_held(self->fd, key, &self->handle, e);
	if (key)
		return ward_dataset_open(self->fd, key->secret, &self->handle, e);
	err = ward_keyfile_read(keyfile, secret);
	if (!err)
		err = ward_dataset_open(self->fd, secret, &self->handle, e);
	explicit_bzero(secret, sizeof(secret));
	return err;
}

static int open_file(struct dataset *self, const char *path, struct key *key,
		     const char *keyfile)
{
	struct ward_dataset_error e = { 0 };
	int err = 0;

	if (key && session_lock((struct session *)key->session))
		return -1;
	Py_BEGIN_ALLOW_THREADS
	self->fd = open(path, O_RDONLY | O_CLOEXEC);
	err = self->fd < 0 ? -errno : open_by(self, key, keyfile, &e);
	Py_END_ALLOW_THREADS
	if (key)
		session_unlock((struct session *)key->session);
	if (err)
		failed(err, &e, path, "open a data set");
	return err ? -1 : 0;
}

static int key_of(PyObject *object, struct key **out)
{
	struct key *key = (struct key *)object;

	*out = NULL;
	if (object == Py_None)
		return 0;
	if (!PyObject_TypeCheck(object, key_type)) {
		PyErr_SetString(PyExc_TypeError, "a ward.Key is wanted");
		return -1;
	}
	if (key->owner != getpid() || (!key->held && !key->secret)) {
		PyErr_SetString(PyExc_ValueError, "the key is closed, or another process's");
		return -1;
	}
	*out = key;
	return 0;
}

static PyObject *dataset_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "path", "key", "keyfile", NULL };
	PyObject *path = NULL, *keyfile = NULL, *object = Py_None;
	struct dataset *self = NULL;
	struct key *key;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|OO&", names, PyUnicode_FSConverter, &path,
					 &object, PyUnicode_FSConverter, &keyfile))
		return NULL;
	if (key_of(object, &key))
		goto out;
	if (!key == !keyfile) {
		PyErr_SetString(PyExc_TypeError, "a data set is opened with a key or with a file of one");
		goto out;
	}
	self = (struct dataset *)PyType_GenericAlloc(type, 0);
	if (!self)
		goto out;
	self->fd = -1;
	/* before the GIL goes: from here on nobody closes the key */
	if (key) {
		self->key = Py_NewRef(object);
		key->users++;
	}
	if (open_file(self, PyBytes_AsString(path), key, keyfile ? PyBytes_AsString(keyfile) : NULL)) {
		Py_CLEAR(self);
		goto out;
	}
out:
	Py_XDECREF(path);
	Py_XDECREF(keyfile);
	return (PyObject *)self;
}

static void dataset_end(struct dataset *self)
{
	ward_dataset_close(self->handle);
	self->handle = NULL;
	if (self->fd >= 0)
		close(self->fd);
	self->fd = -1;
	if (self->key) {
		((struct key *)self->key)->users--;
		Py_CLEAR(self->key);
	}
}

static void dataset_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);

	dataset_end((struct dataset *)object);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
	Py_DECREF(type);
}

static int ready(struct dataset *self)
{
	if (self->handle && !self->busy)
		return 0;
	PyErr_SetString(PyExc_ValueError, self->handle ? "another thread reads the data set" :
							 "the data set is closed");
	return -1;
}

static PyObject *dataset_close(PyObject *object, PyObject *unused)
{
	struct dataset *self = (struct dataset *)object;

	(void)unused;
	if (self->busy && ready(self))
		return NULL;
	dataset_end(self);
	Py_RETURN_NONE;
}

static PyObject *dataset_info(PyObject *object, PyObject *unused)
{
	struct dataset *self = (struct dataset *)object;
	const struct ward_dataset_info *i;

	(void)unused;
	if (ready(self))
		return NULL;
	i = ward_dataset_info(self->handle);
	return Py_BuildValue("{s:I,s:y#,s:K,s:K,s:K,s:I,s:s#}", "kind", i->kind, "id", i->id,
			     (Py_ssize_t)sizeof(i->id), "length", i->length, "chunks", i->chunks,
			     "rows", i->rows, "chunk_size", i->chunk_size, "metadata", i->metadata,
			     (Py_ssize_t)i->metadata_len);
}

/* Without the GIL. One chunk: by the kernel, or here into the mapping. */
static int64_t read_one(struct dataset *self, uint64_t index, struct ward_buffer *buffer,
			size_t offset, struct ward_dataset_error *e)
{
	uint8_t *to = (uint8_t *)ward_buffer_data(buffer) + offset;

	struct key *key = (struct key *)self->key;

	if (key && key->held)
		return ward_dataset_read_chunk_into(self->handle, index, buffer, offset, e);
	return ward_dataset_read_chunk(self->handle, index, to, ward_buffer_size(buffer) - offset, e);
}

static PyObject *read_into(struct dataset *self, PyObject *into, Py_ssize_t offset, bool whole,
			   uint64_t index)
{
	struct ward_dataset_error e = { 0 };
	struct ward_buffer *buffer;
	uint64_t needed;
	size_t length;
	int64_t got;

	if (ready(self))
		return NULL;
	buffer = buffer_hold(into, &length);
	if (!buffer)
		return NULL;
	needed = whole ? ward_dataset_info(self->handle)->length :
			 ward_dataset_chunk_len(self->handle, index);
	if (offset < 0 || (size_t)offset > length || length - (size_t)offset < needed) {
		buffer_release(into);
		return PyErr_Format(PyExc_ValueError, "no room for %llu bytes at %zd of a buffer of %zu",
				    (unsigned long long)needed, offset, length);
	}
	self->busy = true;
	Py_BEGIN_ALLOW_THREADS
	if (whole)
		got = ward_dataset_load(self->handle, buffer, (size_t)offset, &e);
	else
		got = read_one(self, index, buffer, (size_t)offset, &e);
	Py_END_ALLOW_THREADS
	self->busy = false;
	buffer_release(into);
	if (got < 0)
		return failed((int)got, &e, NULL, "decrypt a data set");
	return PyLong_FromLongLong(got);
}

static PyObject *dataset_load(PyObject *object, PyObject *args)
{
	Py_ssize_t offset = 0;
	PyObject *into;

	if (!PyArg_ParseTuple(args, "O|n", &into, &offset))
		return NULL;
	return read_into((struct dataset *)object, into, offset, true, 0);
}

static PyObject *dataset_read_chunk(PyObject *object, PyObject *args)
{
	unsigned long long index;
	Py_ssize_t offset = 0;
	PyObject *into;

	if (!PyArg_ParseTuple(args, "KO|n", &index, &into, &offset))
		return NULL;
	return read_into((struct dataset *)object, into, offset, false, index);
}

static PyObject *get_closed(PyObject *object, void *unused)
{
	(void)unused;
	return PyBool_FromLong(!((struct dataset *)object)->handle);
}

static PyMethodDef methods[] = {
	{ "close", dataset_close, METH_NOARGS, NULL },
	{ "info", dataset_info, METH_NOARGS, NULL },
	{ "load", dataset_load, METH_VARARGS, NULL },
	{ "read_chunk", dataset_read_chunk, METH_VARARGS, NULL },
	{ 0 },
};

static PyGetSetDef members[] = {
	{ "closed", get_closed, NULL, NULL, NULL },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_new, dataset_new },
	{ Py_tp_dealloc, dataset_dealloc },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, members },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "ward._ward.Dataset",
	.basicsize = sizeof(struct dataset),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = slots,
};

int dataset_init(PyObject *module)
{
	dataset_type = (PyTypeObject *)PyType_FromSpec(&spec);
	return dataset_type ?
		       PyModule_AddObjectRef(module, "Dataset", (PyObject *)dataset_type) :
		       -1;
}
