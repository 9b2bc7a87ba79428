// SPDX-License-Identifier: MIT
/* ward.Error and what is derived from it: errno, what was done, where, what mends it. */
#include "wardpy.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static PyObject *error_class, *refused_class;

static const char error_doc[] =
	"What libward, the kernel or a broker answered.\n\n"
	"errno: a positive number, as the errno contract of <linux/ward.h> has it\n"
	"strerror: one sentence: what was done, what went wrong and what mends it\n"
	"what: what was done\n"
	"where: a file, a URL, a field; or None";

static const char refused_doc[] =
	"A broker or a verifier said no, and nothing was released or accepted.\n\n"
	"reason: a stable word: 'wrong-uid', 'measurement-mismatch', ...; '' = none was given\n"
	"verdict: a verifier's whole verdict, a dict; or None";

int error_init(PyObject *module)
{
	error_class = PyErr_NewExceptionWithDoc("ward.Error", error_doc, PyExc_OSError, NULL);
	if (!error_class)
		return -1;
	refused_class = PyErr_NewExceptionWithDoc("ward.Refused", refused_doc, error_class, NULL);
	if (!refused_class)
		return -1;
	if (PyModule_AddObjectRef(module, "Error", error_class))
		return -1;
	return PyModule_AddObjectRef(module, "Refused", refused_class);
}

static int set_text(PyObject *error, const char *name, const char *text)
{
	PyObject *value = text ? PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace") :
				 Py_NewRef(Py_None);
	int ret = value ? PyObject_SetAttrString(error, name, value) : -1;

	Py_XDECREF(value);
	return ret;
}

static PyObject *raise_as(PyObject *class, int err, const char *text, const char *what,
			  const char *where, const char *reason)
{
	PyObject *error = PyObject_CallFunction(class, "is", err < 0 ? -err : err, text);

	if (!error)
		return NULL;
	if (set_text(error, "what", what) || set_text(error, "where", where))
		goto out;
	if (reason && (set_text(error, "reason", reason) || set_text(error, "verdict", NULL)))
		goto out;
	PyErr_SetObject(class, error);
out:
	Py_DECREF(error);
	return NULL;
}

PyObject *error_raise(int err, const char *where, const char *what, ...)
{
	char did[256], text[768];
	va_list ap;

	va_start(ap, what);
	vsnprintf(did, sizeof(did), what, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s%s%s: %s", did, where ? ", " : "", where ? where : "",
		 ward_strerror(err));
	return raise_as(error_class, err, text, did, where, NULL);
}

PyObject *error_mend(int err, const char *where, const char *what, const char *mend)
{
	char text[768];

	snprintf(text, sizeof(text), "%s, %s: %s", what, where, mend);
	return raise_as(error_class, err, text, what, where, NULL);
}

PyObject *error_text(int err, const char *where, const char *text)
{
	return raise_as(error_class, err, text, text, where, NULL);
}

PyObject *error_refused(int err, const char *where, const char *reason, const char *text)
{
	return raise_as(refused_class, err, text, text, where, reason ? reason : "");
}

PyObject *error_process(const char *what, pid_t owner)
{
	char text[192];

	snprintf(text, sizeof(text),
		 "%s belongs to process %d, from which this one was forked; make one here", what,
		 (int)owner);
	return raise_as(error_class, EPERM, text, what, NULL, NULL);
}
