// SPDX-License-Identifier: MIT
/*
 * Every member of TCB info and of an identity, left out or of another form, in a
 * document that is signed as it stands: refused, or among the members that nothing is
 * read from.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intel_group.h"
#include "pck.h"
#include "tcb.h"

/* A platform that reaches the second level of everything, so that all of it is read. */
static int evaluate(struct wv_bytes info, struct wv_bytes identity, bool sgx,
		    struct wv_tcb_status *st, struct wv_fault *fault)
{
	struct wv_bytes items[3] = { info, identity, intel_signers(&pki) };
	struct wv_collateral c = { .items = items, .item_count = 3 };
	X509 *chain[3] = { pki.pck, pki.ca, pki.root };
	struct wv_tdx tdx = { .body = 2, .tee_tcb_svn = { 4, 1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
							  4, 4 } };
	struct wv_enclave qe = { .attributes = 0x15, .prod_id = sgx ? 1 : 2, .svn = 3 };
	uint8_t report[384];
	struct wv_pck pck;
	struct store s;
	int rc;

	intel_qe_report(!sgx, 3, report);
	memcpy(qe.mr_signer, report + 128, 32);
	assert_int_equal(pck_read(pki.pck, &pck, NULL), WV_OK);
	memset(pck.components, 4, 16);
	rc = store_open(&s, &c, NULL, fault);
	if (!rc)
		rc = tcb_evaluate(&(struct tcb_platform){ .tdx = sgx ? NULL : &tdx, .qe = &qe,
							  .pck = &pck, .chain = chain },
				  &s, INTEL_NOW, false, st, fault);
	store_clear(&s);
	ut_free(items[2]);
	return rc;
}

/**
 * struct walk - a document in which one place is changed at a time
 * @envelope: name around the body; @root: the body
 * @other: the other document, sound
 * @accepted: paths, each once, whose change was taken
 */
struct walk {
	const char *envelope;
	json_t *root;
	struct wv_bytes other;
	bool sgx;
	size_t tried;
	char accepted[2048];
};

static void note(struct walk *w, const char *path)
{
	char with[160];

	snprintf(with, sizeof(with), " %s", path);
	if (strstr(w->accepted, with))
		return;
	assert_true(strlen(w->accepted) + strlen(with) < sizeof(w->accepted));
	strcat(w->accepted, with);
}

static void try(struct walk *w, const char *path)
{
	char *body = json_dumps(w->root, JSON_COMPACT);
	struct wv_bytes doc = intel_envelope(pki.tcb_key, w->envelope, body);
	bool info = !strcmp(w->envelope, "tcbInfo");
	struct wv_tcb_status st;
	struct wv_fault fault;
	int rc = evaluate(info ? doc : w->other, info ? w->other : doc, w->sgx, &st, &fault);

	/* What is of another kind, or for others, is as if it were not there. */
	if (!rc && !(st.unchecked & (WV_UNCHECKED_TCB_INFO | WV_UNCHECKED_QE)))
		note(w, path);
	w->tried++;
	free(body);
	ut_free(doc);
}

static void walk(struct walk *w, json_t *at, const char *path);

static void change(struct walk *w, json_t *parent, const char *key, size_t index, const char *path)
{
	json_t *was = key ? json_object_get(parent, key) : json_array_get(parent, index);
	json_t *forms[] = {
		json_null(), json_true(), json_integer(-1), json_integer(1 << 20), json_real(0.5),
		json_string(""), json_string("x"), json_array(), json_object(),
	};
	size_t i;

	json_incref(was);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (key)
			json_object_set_new(parent, key, forms[i]);
		else
			json_array_set_new(parent, index, forms[i]);
		try(w, path);
	}
	if (key) {
		json_object_del(parent, key);
		try(w, path);
		json_object_set(parent, key, was);
	} else {
		json_array_set(parent, index, was);
	}
	walk(w, was, path);
	json_decref(was);
}

static void walk(struct walk *w, json_t *at, const char *path)
{
	char below[160];
	const char *key;
	json_t *v, *copy;
	size_t i;

	if (json_is_object(at)) {
		copy = json_copy(at);		/* changing at moves its members */
		json_object_foreach(copy, key, v) {
			snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", key);
			change(w, at, key, 0, below);
		}
		json_decref(copy);
	}
	for (i = 0; json_is_array(at) && i < json_array_size(at); i++) {
		/* Of sixteen components the last ones are as the third. */
		if (i > 2 && json_array_size(at) == 16)
			break;
		snprintf(below, sizeof(below), "%s[%zu]", path, i);
		change(w, at, NULL, i, below);
	}
}

static void expect(struct wv_bytes doc, struct walk *w, const char *unread)
{
	json_t *all = json_loadb((const char *)doc.data, doc.len, 0, NULL);

	w->root = json_object_get(all, w->envelope);
	assert_non_null(w->root);
	walk(w, w->root, "");
	if (strcmp(w->accepted, unread))
		print_error("%s: changes are taken of%s\n", w->envelope, w->accepted);
	assert_string_equal(w->accepted, unread);
	assert_true(w->tried > 150);
	json_decref(all);
	ut_free(doc);
	ut_free(w->other);
}

/* Another number is as good as this one, and fewer advisories as more. */
#define NUMBER " tcbEvaluationDataNumber"
#define ADVISORY(level) level ".advisoryIDs" level ".advisoryIDs[0]"
#define KINDS(level, of) level ".tcb." of "[0].category" level ".tcb." of "[0].type" \
			 level ".tcb." of "[1].category"
#define SGX(level) KINDS(" tcbLevels[" level "]", "sgxtcbcomponents")
#define TDX(level) KINDS(" tcbLevels[" level "]", "tdxtcbcomponents")

/*
 * Nothing is read from the kinds of components, from the module of TDs whose module has
 * no generation, and from the status of levels that a part does not have.
 */
static void tcb_info_of_tdx(void **state)
{
	struct walk w = { .envelope = "tcbInfo", .other = intel_identity(&pki, &intel_doc_default) };

	(void)state;
	expect(intel_tcb_info(&pki, &intel_doc_default), &w,
	       NUMBER " tdxModule tdxModule.mrsigner tdxModule.attributes tdxModule.attributesMask"
	       " tdxModuleIdentities[0].tcbLevels[0].tcbStatus"
	       ADVISORY(" tdxModuleIdentities[0].tcbLevels[1]") SGX("0") TDX("0") SGX("1") TDX("1")
	       ADVISORY(" tcbLevels[1]") " tcbLevels[1].advisoryIDs[1]");
}

static void tcb_info_of_sgx(void **state)
{
	struct intel_doc d = intel_doc_default;
	struct walk w = { .envelope = "tcbInfo", .sgx = true };

	(void)state;
	d.tdx = false;
	w.other = intel_identity(&pki, &d);
	expect(intel_tcb_info(&pki, &d), &w,
	       NUMBER SGX("0") SGX("1") ADVISORY(" tcbLevels[1]") " tcbLevels[1].advisoryIDs[1]");
}

static void identity(void **state)
{
	struct walk w = { .envelope = "enclaveIdentity",
			  .other = intel_tcb_info(&pki, &intel_doc_default) };

	(void)state;
	expect(intel_identity(&pki, &intel_doc_default), &w,
	       NUMBER " tcbLevels[0].tcbStatus" ADVISORY(" tcbLevels[1]"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcb_info_of_tdx),
		cmocka_unit_test(tcb_info_of_sgx),
		cmocka_unit_test(identity),
	};

	return cmocka_run_group_tests(tests, intel_setup, intel_teardown);
}
