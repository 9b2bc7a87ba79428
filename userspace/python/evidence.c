// SPDX-License-Identifier: MIT
/* Evidence as an encoded bundle (doc/formats.md section 4). It is no secret: bytes. */
#include "wardpy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Without the GIL, the session locked. */
static int bundle_of(struct ward_session *session, const struct ward_request *request,
		     int records_wanted, uint8_t **out, size_t *len)
{
	struct ward_evidence *evidence = NULL;
	struct ward_records *records = NULL;
	uint32_t flags = records_wanted == RECORDS_DIGESTS ? WARD_BUNDLE_DIGESTS : 0;
	int err = ward_session_attest(session, request, &evidence);

	if (!err && records_wanted != RECORDS_NONE)
		err = ward_session_records(session, 1, &records);
	if (!err)
		err = ward_bundle_encode(evidence, records, flags, out, len);
	/* Too long with the records as they are: their digests still prove the chain. */
	if (err == -EMSGSIZE && records && !flags)
		err = ward_bundle_encode(evidence, records, WARD_BUNDLE_DIGESTS, out, len);
	ward_records_free(records);
	ward_evidence_free(evidence);
	return err;
}

static PyObject *attest(struct session *session, const struct ward_request *request,
			int records, const char *what)
{
	uint8_t *bundle = NULL;
	PyObject *bytes;
	size_t len = 0;
	int err;

	if (session_lock(session))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	err = bundle_of(session->handle, request, records, &bundle, &len);
	Py_END_ALLOW_THREADS
	session_unlock(session);
	if (err)
		return error_raise(err, NULL, "%s", what);
	bytes = PyBytes_FromStringAndSize((const char *)bundle, (Py_ssize_t)len);
	free(bundle);
	return bytes;
}

static int fixed(uint8_t *to, size_t want, const char *what, const uint8_t *from, Py_ssize_t len)
{
	if (!from)
		return 0;
	if ((size_t)len != want) {
		PyErr_Format(PyExc_ValueError, "%s has %zu bytes, not %zd", what, want, len);
		return -1;
	}
	memcpy(to, from, want);
	return 0;
}

PyObject *session_attest(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "purpose", "nonce", "binding", "subject", "timeout_ms",
				 "max_age_ns", "records", NULL };
	struct ward_request request = { .size = sizeof(request) };
	const uint8_t *nonce, *binding = NULL, *subject = NULL;
	Py_ssize_t nonce_len, binding_len = 0, subject_len = 0;
	unsigned long long max_age = 0;
	unsigned int timeout_ms = 0;
	int records = RECORDS_NONE;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Iy#|z#z#IKi", names, &request.purpose,
					 &nonce, &nonce_len, &binding, &binding_len, &subject,
					 &subject_len, &timeout_ms, &max_age, &records))
		return NULL;
	if (nonce_len < 8 || nonce_len > WARD_NONCE_MAX)
		return PyErr_Format(PyExc_ValueError, "a nonce has 8 to %d bytes, not %zd",
				    WARD_NONCE_MAX, nonce_len);
	if (fixed(request.binding, WARD_BINDING_LEN, "a binding", binding, binding_len) ||
	    fixed(request.subject, WARD_ID_LEN, "a session's id", subject, subject_len))
		return NULL;
	request.nonce = nonce;
	request.nonce_len = (size_t)nonce_len;
	request.timeout_ms = timeout_ms;
	request.max_age_ns = max_age;
	return attest((struct session *)self, &request, records, "ask for evidence");
}

PyObject *session_receipt(PyObject *self, PyObject *args)
{
	struct ward_request request = { .size = sizeof(request), .purpose = WARD_PURPOSE_RECEIPT };
	const uint8_t *release, *dataset, *nonce;
	Py_ssize_t release_len, dataset_len, nonce_len;
	struct release r;
	int err;

	if (!PyArg_ParseTuple(args, "y#y#y#", &release, &release_len, &dataset, &dataset_len, &nonce,
			      &nonce_len))
		return NULL;
	if (fixed(r.release, sizeof(r.release), "a release's id", release, release_len) ||
	    fixed(r.dataset, sizeof(r.dataset), "a data set's id", dataset, dataset_len) ||
	    fixed(r.nonce, sizeof(r.nonce), "a receipt's nonce", nonce, nonce_len))
		return NULL;
	request.nonce = r.nonce;
	request.nonce_len = sizeof(r.nonce);
	err = ward_binding_receipt(r.release, r.dataset, r.nonce, request.binding);
	if (err)
		return error_raise(err, NULL, "bind a receipt");
	return attest((struct session *)self, &request, RECORDS_WHOLE,
		      "ask for a receipt (the session sealed, nothing live)");
}
