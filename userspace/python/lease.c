// SPDX-License-Identifier: MIT
/* A session's lease: until when it may hold protected memory. */
#include "wardpy.h"

#include <string.h>

static PyObject *lease_dict(const struct ward_lease *lease)
{
	return Py_BuildValue("{s:K,s:K,s:K,s:y#}", "expires_ns", lease->out_expires_ns,
			     "deadline_ns", lease->out_deadline_ns, "term_ns", lease->out_term_ns,
			     "anchor", lease->out_anchor, (Py_ssize_t)WARD_HEAD_LEN);
}

static int head_of(const char *what, const uint8_t *bytes, Py_ssize_t len)
{
	if (!bytes || len == WARD_HEAD_LEN)
		return 0;
	PyErr_Format(PyExc_ValueError, "%s has %d bytes, not %zd", what, WARD_HEAD_LEN, len);
	return -1;
}

PyObject *session_lease(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "deadline_ns", "term_ns", "anchor", "proof", NULL };
	struct session *session = (struct session *)self;
	unsigned long long deadline = 0, term = 0;
	const uint8_t *anchor = NULL, *proof = NULL;
	Py_ssize_t anchor_len = 0, proof_len = 0;
	struct ward_lease lease = { .size = sizeof(lease) };
	int err;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|KKz#z#", names, &deadline, &term, &anchor,
					 &anchor_len, &proof, &proof_len))
		return NULL;
	if (head_of("an anchor", anchor, anchor_len) || head_of("a proof", proof, proof_len))
		return NULL;
	if (proof && (deadline || term || anchor)) {
		PyErr_SetString(PyExc_ValueError, "a renewal sets nothing but its proof");
		return NULL;
	}
	if (session_lock(session))
		return NULL;
	if (proof)
		err = ward_session_lease_renew(session->handle, proof, &lease);
	else if (deadline || term || anchor)
		err = ward_session_lease_set(session->handle, deadline, term, anchor, &lease);
	else
		err = ward_session_lease(session->handle, &lease);
	session_unlock(session);
	return err ? error_raise(err, NULL, proof ? "renew the lease" : "set the lease") :
		     lease_dict(&lease);
}
