// SPDX-License-Identifier: MIT
/* How full protected memory is, and what a session is told of it. */
#include "wardpy.h"

#include <errno.h>

PyObject *session_pressure(PyObject *self, PyObject *unused)
{
	struct ward_pressure p = { .size = sizeof(p) };
	struct session *session = (struct session *)self;
	int err;

	(void)unused;
	if (session_lock(session))
		return NULL;
	err = ward_session_pressure(session->handle, &p);
	session_unlock(session);
	if (err)
		return error_raise(err, NULL, "ask how full protected memory is");
	return Py_BuildValue("{s:I,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K}", "level", p.out_level,
			     "live", p.out_live, "peak", p.out_peak, "limit", p.out_limit_session,
			     "live_user", p.out_live_user, "limit_user", p.out_limit_user,
			     "live_global", p.out_live_global, "limit_global", p.out_limit_global,
			     "failed", p.out_failed, "volatile", p.out_volatile, "waiting",
			     p.out_waiting);
}

PyObject *session_watch(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "threshold", "limit", NULL };
	struct session *session = (struct session *)self;
	unsigned long long threshold = 0, limit = 0;
	int err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|KK", names, &threshold, &limit))
		return NULL;
	if (session_lock(session))
		return NULL;
	err = ward_session_watch(session->handle, threshold, limit);
	session_unlock(session);
	if (err)
		return error_raise(err, NULL, "limit the session to %llu bytes", limit);
	Py_RETURN_NONE;
}

static PyObject *notice_dict(const struct ward_notice *n)
{
	static const char *const kinds[] = { "?", "level", "purge", "lease", "revoke" };
	size_t kind = n->kind < sizeof(kinds) / sizeof(kinds[0]) ? n->kind : 0;

	return Py_BuildValue("{s:s,s:I,s:K,s:K,s:K,s:K}", "kind", kinds[kind], "level", n->level,
			     "seq", n->seq, "live", n->live, "time_ns", n->time_ns, "buffer", n->id);
}

/* The package polls the descriptor and asks with 0 then: others would wait for the session. */
PyObject *session_notice(PyObject *self, PyObject *args)
{
	struct session *session = (struct session *)self;
	struct ward_notice notice = { .size = sizeof(notice) };
	int timeout_ms, err;

	if (!PyArg_ParseTuple(args, "i", &timeout_ms) || session_lock(session))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	err = ward_session_notice(session->handle, timeout_ms, &notice);
	Py_END_ALLOW_THREADS
	session_unlock(session);
	if (err == -ETIME)
		Py_RETURN_NONE;
	if (err == -EINTR && PyErr_CheckSignals())
		return NULL;
	return err ? error_raise(err, NULL, "wait for a notice") : notice_dict(&notice);
}
