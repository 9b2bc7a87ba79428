// SPDX-License-Identifier: MIT
/* A bundle's verdict, or a receipt's, by libwardverify: no I/O, no clock. */
#include "wardpy.h"

#include <stdlib.h>
#include <string.h>

#include "wardverify.h"

struct question {
	struct wv_bytes bundle, policy, release;
	struct wv_expect expect;
	struct wv_roots *roots;
	struct wv_policy *parsed;
	struct wv_bytes *items;
	size_t item_count;
	int64_t now;
	struct wv_fault fault;		/* of what was given beside the bundle */
	struct wv_verdict verdict;
	struct wv_receipt receipt;
	int is_receipt;
};

static struct wv_bytes bytes_of(const char *data, Py_ssize_t len)
{
	return (struct wv_bytes){ (const uint8_t *)data, (size_t)len };
}

/* A tuple of bytes objects, which outlive the call. */
static int each_bytes(PyObject *tuple, Py_ssize_t i, struct wv_bytes *out)
{
	PyObject *item = PyTuple_GetItem(tuple, i);
	Py_ssize_t len;
	char *data;

	if (!item || PyBytes_AsStringAndSize(item, &data, &len))
		return -1;
	*out = bytes_of(data, len);
	return 0;
}

static int take_items(struct question *q, PyObject *tuple)
{
	Py_ssize_t i, n = PyTuple_Size(tuple);

	if (n <= 0)
		return n < 0 ? -1 : 0;
	q->items = calloc((size_t)n, sizeof(*q->items));
	if (!q->items) {
		PyErr_NoMemory();
		return -1;
	}
	for (i = 0; i < n; i++)
		if (each_bytes(tuple, i, &q->items[i]))
			return -1;
	q->item_count = (size_t)n;
	return 0;
}

/* Returns -1 with an exception; else 0 and maybe a fault. */
static int take_roots(struct question *q, PyObject *tuple)
{
	Py_ssize_t i, n = PyTuple_Size(tuple);
	struct wv_bytes root;

	q->roots = wv_roots_new();
	if (!q->roots) {
		PyErr_NoMemory();
		return -1;
	}
	for (i = 0; i < n && !q->fault.reason; i++) {
		if (each_bytes(tuple, i, &root))
			return -1;
		wv_roots_add(q->roots, root, &q->fault);
	}
	return n < 0 ? -1 : 0;
}

/* Without the GIL. */
static void judge(struct question *q)
{
	struct wv_collateral beside = { .items = q->items, .item_count = q->item_count };
	struct wv_appraisal appraisal = {
		.roots = q->roots, .expect = &q->expect, .collateral = &beside, .now = q->now,
	};
	struct wv_release release;

	if (q->policy.data && wv_policy_parse(q->policy, &q->parsed, &q->fault))
		return;
	appraisal.policy = q->parsed;
	if (!q->is_receipt) {
		wv_verify_bundle(q->bundle, &appraisal, &q->verdict);
		return;
	}
	if (wv_release_parse(q->release, &release, &q->fault))
		return;
	wv_verify_receipt(q->bundle, &release, &appraisal, &q->verdict, &q->receipt);
}

static PyObject *receipt_dict(const struct question *q)
{
	const struct wv_receipt *r = &q->receipt;

	if (!q->is_receipt || q->fault.reason || q->verdict.fault.reason)
		return Py_NewRef(Py_None);
	return Py_BuildValue("{s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:O,s:O,s:s}", "buffers",
			     (unsigned long long)r->buffers, "bytes", (unsigned long long)r->bytes,
			     "peak_bytes", (unsigned long long)r->peak_bytes, "class_b_buffers",
			     (unsigned long long)r->class_b_buffers, "class_b_bytes",
			     (unsigned long long)r->class_b_bytes, "class_b_live",
			     (unsigned long long)r->class_b_live, "keys_destroyed",
			     (unsigned long long)r->keys_destroyed, "records_summed",
			     r->records_summed ? Py_True : Py_False, "tombstone",
			     r->tombstone ? Py_True : Py_False, "statement",
			     wv_receipt_statement());
}

static PyObject *answer(const struct question *q)
{
	const struct wv_fault *fault = q->fault.reason ? &q->fault : &q->verdict.fault;
	char *json = q->fault.reason ? NULL : wv_verdict_json(&q->verdict);
	PyObject *receipt = receipt_dict(q), *ret;

	if (!receipt || (!json && !q->fault.reason)) {
		Py_XDECREF(receipt);
		return receipt ? PyErr_NoMemory() : NULL;
	}
	ret = Py_BuildValue("{s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:z,s:N}", "reason",
			    wv_reason_text(fault->reason), "explain",
			    wv_reason_explain(fault->reason) ?: "", "mend",
			    wv_reason_mend(fault->reason) ?: "", "text", fault->text, "field",
			    fault->field, "line", fault->line, "column", fault->column, "verdict", json,
			    "receipt", receipt);
	free(json);
	return ret;
}

static void question_free(struct question *q)
{
	wv_roots_free(q->roots);
	wv_policy_free(q->parsed);
	free(q->items);
	free(q);
}

static int parse(struct question *q, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "bundle", "now", "policy", "roots", "collateral", "purpose",
				 "nonce", "binding", "session", "complete", "release", NULL };
	const char *bundle, *policy = NULL, *nonce = NULL, *binding = NULL, *session = NULL,
		   *release = NULL;
	Py_ssize_t bundle_len, policy_len = 0, nonce_len = 0, binding_len = 0, session_len = 0,
			       release_len = 0;
	PyObject *roots, *items;
	long long now;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#Lz#O!O!Iz#z#z#pz#", names, &bundle,
					 &bundle_len, &now, &policy, &policy_len, &PyTuple_Type, &roots,
					 &PyTuple_Type, &items, &q->expect.purpose, &nonce, &nonce_len,
					 &binding, &binding_len, &session, &session_len,
					 &q->expect.events_complete, &release, &release_len))
		return -1;
	if ((binding && binding_len != WV_BINDING_LEN) || (session && session_len != WARD_ID_LEN)) {
		PyErr_SetString(PyExc_ValueError, "a binding has 64 bytes, a session's id 16");
		return -1;
	}
	q->bundle = bytes_of(bundle, bundle_len);
	q->policy = bytes_of(policy, policy_len);
	q->expect.nonce = bytes_of(nonce, nonce_len);
	q->expect.binding = bytes_of(binding, binding_len);
	q->expect.session = bytes_of(session, session_len);
	q->release = bytes_of(release, release_len);
	q->is_receipt = release != NULL;
	q->now = now;
	return take_roots(q, roots) || take_items(q, items) ? -1 : 0;
}

PyObject *verify_bundle(PyObject *module, PyObject *args, PyObject *kwargs)
{
	struct question *q = calloc(1, sizeof(*q));
	PyObject *ret = NULL;

	(void)module;
	if (!q)
		return PyErr_NoMemory();
	if (!parse(q, args, kwargs)) {
		Py_BEGIN_ALLOW_THREADS
		if (!q->fault.reason)
			judge(q);
		Py_END_ALLOW_THREADS
		ret = answer(q);
	}
	question_free(q);
	return ret;
}
