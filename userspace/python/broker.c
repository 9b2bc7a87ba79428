// SPDX-License-Identifier: MIT
/*
 * A data key by a key broker: challenge, evidence bound to the session's own key, grant.
 * All of it without the GIL; what is secret on the way never becomes a Python object.
 */
#include "wardpy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/release_evidence.h"
#include "kbs.h"

struct errand {
	struct ward_session *session;
	const char *url, *ca, *resource;
	unsigned int timeout;
	int any;			/* a key in user space will do */
	int kernel;			/* keys go to the session's own pair */
	struct ward_kbs_error error;
	const char *at;			/* what was being done when it failed */
};

static int get_evidence(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
			uint8_t **bundle, size_t *bundle_len, void *arg)
{
	const struct release_question question = { nonce, nonce_len, binding };
	struct errand *errand = arg;
	int err;

	errand->at = "ask for evidence";
	err = release_bundle(errand->session, &question, bundle, bundle_len);
	if (!err)
		errand->at = "answer the broker's challenge";
	return err;
}

/* Kernels without the cryptography, and older modules, have no pair. */
static int use_session_key(struct errand *errand, struct ward_kbs *kbs)
{
	struct ward_info info = { .size = sizeof(info) };
	uint8_t public_key[WARD_KEY_LEN];
	int err;

	errand->at = "make the session's key pair";
	errand->kernel = 0;
	err = ward_session_info(errand->session, &info);
	if (err)
		return err;
	if (!(info.out_features & WARD_FEATURE_KEYS))
		return errand->any ? 0 : -ENOPKG;
	err = ward_key_pair(errand->session, public_key);
	if (err)
		return err;
	ward_kbs_session_key(kbs, public_key);
	errand->kernel = 1;
	return 0;
}

/* A broker that knows no such keys says so before it looks at the evidence. */
static int attest(struct errand *errand, struct ward_kbs *kbs)
{
	int err;

	errand->at = "ask the broker for a challenge";
	err = ward_kbs_attest(kbs, get_evidence, errand, &errand->error);
	if (err != -EACCES || !errand->kernel || !errand->any ||
	    strcmp(errand->error.reason, "key-unsupported"))
		return err;
	ward_kbs_session_key(kbs, NULL);
	errand->kernel = 0;
	memset(&errand->error, 0, sizeof(errand->error));
	return ward_kbs_attest(kbs, get_evidence, errand, &errand->error);
}

static int fetch_held(struct errand *errand, struct ward_kbs *kbs, struct key *key)
{
	struct ward_kbs_grant grant;
	int err = ward_kbs_get_grant(kbs, errand->resource, &grant, &errand->error);

	if (err)
		return err;
	errand->at = "have the kernel unwrap the key";
	err = ward_key_import(errand->session, grant.enc, grant.sealed, &key->held);
	if (err)
		return err;
	memcpy(key->release.release, grant.release, sizeof(grant.release));
	memcpy(key->release.dataset, grant.dataset, sizeof(grant.dataset));
	memcpy(key->release.nonce, grant.receipt_nonce, sizeof(grant.receipt_nonce));
	return 0;
}

static int fetch_plain(struct errand *errand, struct ward_kbs *kbs, struct key *key)
{
	struct ward_kbs_release *release;
	int err;

	errand->at = "allocate protected memory for the key";
	err = ward_buffer_alloc(errand->session, sizeof(*release), 0, "key", &key->room);
	if (err)
		return err;
	release = ward_buffer_data(key->room);
	errand->at = "fetch the key";
	err = ward_kbs_get(kbs, errand->resource, release, &errand->error);
	if (err)
		return err;
	key->secret = release->key;
	memcpy(key->release.release, release->release, sizeof(release->release));
	memcpy(key->release.dataset, release->dataset, sizeof(release->dataset));
	memcpy(key->release.nonce, release->receipt_nonce, sizeof(release->receipt_nonce));
	return 0;
}

static int run(struct errand *errand, struct key *key)
{
	struct ward_kbs *kbs = NULL;
	int err;

	errand->at = "look at the broker's address and certificate authority";
	err = ward_kbs_new(errand->url, errand->ca, &kbs);
	if (err)
		return err;
	if (errand->timeout)
		ward_kbs_timeout(kbs, errand->timeout);
	err = use_session_key(errand, kbs);
	if (!err)
		err = attest(errand, kbs);
	if (!err) {
		errand->at = "fetch the key";
		err = errand->kernel ? fetch_held(errand, kbs, key) : fetch_plain(errand, kbs, key);
	}
	ward_kbs_free(kbs);
	return err;
}

static PyObject *failed(const struct errand *errand, int err)
{
	char text[640];

	if (!*errand->error.text)
		return error_raise(err, errand->url, "%s", errand->at);
	PyOS_snprintf(text, sizeof(text), "%s, %s: %s", errand->at, errand->url, errand->error.text);
	if (err == -EACCES && *errand->error.reason)
		return error_refused(err, errand->url, errand->error.reason, text);
	return error_text(err, errand->url, text);
}

PyObject *broker_fetch(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "session", "url", "resource", "ca", "any", "timeout", NULL };
	struct errand errand = { .at = "" };
	PyObject *object, *ca = NULL;
	struct session *session;
	struct key *key;
	int err;

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OssO&|pI", names, &object, &errand.url,
					 &errand.resource, PyUnicode_FSConverter, &ca, &errand.any,
					 &errand.timeout))
		return NULL;
	session = session_of(object);
	key = session ? key_new(object) : NULL;
	if (!key || session_lock(session)) {
		Py_XDECREF((PyObject *)key);
		Py_DECREF(ca);
		return NULL;
	}
	errand.session = session->handle;
	errand.ca = PyBytes_AsString(ca);
	Py_BEGIN_ALLOW_THREADS
	err = run(&errand, key);
	Py_END_ALLOW_THREADS
	session_unlock(session);
	Py_DECREF(ca);
	if (!err)
		return (PyObject *)key;
	Py_DECREF(key);
	return failed(&errand, err);
}
