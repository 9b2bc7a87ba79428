// SPDX-License-Identifier: MIT
/* An open of /dev/ward. */
#include "wardpy.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

PyTypeObject *session_type;

struct session *session_of(PyObject *object)
{
	if (PyObject_TypeCheck(object, session_type))
		return (struct session *)object;
	PyErr_SetString(PyExc_TypeError, "a ward.Session is wanted");
	return NULL;
}

/*
 * Whoever holds the mutex may wait for the GIL; nobody waits for the mutex with the GIL
 * held. So neither waits for the other.
 */
int session_lock(struct session *session)
{
	if (session->owner != getpid()) {
		error_process("the session", session->owner);
		return -1;
	}
	Py_BEGIN_ALLOW_THREADS
	pthread_mutex_lock(&session->lock);
	Py_END_ALLOW_THREADS
	if (session->handle)
		return 0;
	pthread_mutex_unlock(&session->lock);
	PyErr_SetString(PyExc_ValueError, "the session is closed");
	return -1;
}

void session_unlock(struct session *session)
{
	pthread_mutex_unlock(&session->lock);
}

/* The errno's own words speak of sessions and requests, too: here it is the device that is not there. */
static void not_opened(int err, const char *device)
{
	if (err == -ENOENT && device)
		error_mend(err, device, "open a session",
			   "there is no such device: load the module (wardctl module load); wardctl doctor says what else is missing");
	else
		error_raise(err, device, "open a session");
}

static PyObject *session_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "device", "fd", NULL };
	PyObject *path = NULL;
	struct ward_session *handle;
	struct session *self;
	const char *device;
	int fd = -1, err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O&i", names, PyUnicode_FSConverter, &path,
					 &fd))
		return NULL;
	device = path ? PyBytes_AsString(path) : WARD_DEVICE;
	Py_BEGIN_ALLOW_THREADS
	err = fd < 0 ? ward_session_open(device, &handle) : ward_session_from_fd(fd, &handle);
	Py_END_ALLOW_THREADS
	if (err) {
		not_opened(err, fd < 0 ? device : NULL);
		Py_XDECREF(path);
		return NULL;
	}
	Py_XDECREF(path);
	self = (struct session *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
	if (!self) {
		ward_session_close(handle);
		return NULL;
	}
	self->handle = handle;
	self->owner = getpid();
	pthread_mutex_init(&self->lock, NULL);
	return (PyObject *)self;
}

/* In a child the descriptor goes and the handle stays: its parent's is not to end. */
static void session_end(struct session *self)
{
	struct ward_session *handle = self->handle;

	self->handle = NULL;
	if (!handle)
		return;
	if (self->owner == getpid())
		ward_session_close(handle);
	else
		close(ward_session_fd(handle));
}

static void session_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);

	session_end((struct session *)object);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
	Py_DECREF(type);
}

static PyObject *session_close(PyObject *object, PyObject *unused)
{
	struct session *self = (struct session *)object;

	(void)unused;
	if (self->owner != getpid()) {
		session_end(self);
		Py_RETURN_NONE;
	}
	if (!self->handle)
		Py_RETURN_NONE;
	/* The wait for the lock lets others run, who may take a view. */
	if (session_lock(self))
		return NULL;
	if (self->shared_views)
		PyErr_Format(PyExc_BufferError,
			     "%zd views of the session's shared buffers live, which end with it",
			     self->shared_views);
	else
		session_end(self);
	session_unlock(self);
	if (PyErr_Occurred())
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *info_dict(const struct ward_info *i)
{
	return Py_BuildValue(
		"{s:I,s:I,s:I,s:I,s:y#,s:y#,s:K,s:K,s:K,s:K,s:K}", "abi", i->out_abi,
		"module_version", i->out_module_version, "state", i->out_state, "level",
		i->out_level, "session", i->out_session, (Py_ssize_t)WARD_ID_LEN, "instance",
		i->out_instance, (Py_ssize_t)WARD_ID_LEN, "live", i->out_live, "live_b",
		i->out_live_b, "limit", i->out_limit, "features", i->out_features, "pool",
		i->out_pool);
}

static PyObject *session_info(PyObject *object, PyObject *unused)
{
	struct ward_info info = { .size = sizeof(info) };
	struct session *self = (struct session *)object;
	int err;

	(void)unused;
	if (session_lock(self))
		return NULL;
	err = ward_session_info(self->handle, &info);
	session_unlock(self);
	return err ? error_raise(err, NULL, "ask what the session has") : info_dict(&info);
}

static PyObject *session_measure(PyObject *object, PyObject *args)
{
	struct session *self = (struct session *)object;
	uint8_t now[WARD_DIGEST_LEN];
	const uint8_t *digest;
	Py_ssize_t len;
	int err;

	if (!PyArg_ParseTuple(args, "y#", &digest, &len))
		return NULL;
	if (len != WARD_DIGEST_LEN)
		return PyErr_Format(PyExc_ValueError, "a digest has %d bytes, not %zd",
				    WARD_DIGEST_LEN, len);
	if (session_lock(self))
		return NULL;
	err = ward_session_measure(self->handle, digest, now);
	session_unlock(self);
	if (err)
		return error_raise(err, NULL, "extend the declared register");
	return PyBytes_FromStringAndSize((const char *)now, sizeof(now));
}

/* It waits for allocations that are under way. */
static PyObject *session_seal(PyObject *object, PyObject *unused)
{
	struct ward_seal seal = { .size = sizeof(seal) };
	struct session *self = (struct session *)object;
	int err;

	(void)unused;
	if (session_lock(self))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	err = ward_session_seal(self->handle, &seal);
	Py_END_ALLOW_THREADS
	session_unlock(self);
	if (err)
		return error_raise(err, NULL, "seal the session");
	return Py_BuildValue("KK", seal.out_live, seal.out_live_b);
}

static PyObject *session_fileno(PyObject *object, PyObject *unused)
{
	struct session *self = (struct session *)object;

	(void)unused;
	if (!self->handle) {
		PyErr_SetString(PyExc_ValueError, "the session is closed");
		return NULL;
	}
	return PyLong_FromLong(ward_session_fd(self->handle));
}

static PyObject *session_closed(PyObject *object, void *unused)
{
	(void)unused;
	return PyBool_FromLong(!((struct session *)object)->handle);
}

static PyMethodDef methods[] = {
	{ "close", session_close, METH_NOARGS, NULL },
	{ "info", session_info, METH_NOARGS, NULL },
	{ "measure", session_measure, METH_VARARGS, NULL },
	{ "seal", session_seal, METH_NOARGS, NULL },
	{ "fileno", session_fileno, METH_NOARGS, NULL },
	{ "lease", (PyCFunction)(void (*)(void))session_lease, METH_VARARGS | METH_KEYWORDS, NULL },
	{ "notice", session_notice, METH_VARARGS, NULL },
	{ "pressure", session_pressure, METH_NOARGS, NULL },
	{ "watch", (PyCFunction)(void (*)(void))session_watch, METH_VARARGS | METH_KEYWORDS, NULL },
	{ "attest", (PyCFunction)(void (*)(void))session_attest, METH_VARARGS | METH_KEYWORDS, NULL },
	{ "receipt", session_receipt, METH_VARARGS, NULL },
	{ 0 },
};

static PyGetSetDef members[] = {
	{ "closed", session_closed, NULL, NULL, NULL },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_new, session_new },
	{ Py_tp_dealloc, session_dealloc },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, members },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "ward._ward.Session",
	.basicsize = sizeof(struct session),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = slots,
};

int session_init(PyObject *module)
{
	session_type = (PyTypeObject *)PyType_FromSpec(&spec);
	return session_type ? PyModule_AddObjectRef(module, "Session", (PyObject *)session_type) :
			      -1;
}
