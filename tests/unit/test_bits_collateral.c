// SPDX-License-Identifier: MIT
/*
 * Every bit of what comes beside a TD's quote: TCB info, identity of the quoting enclave, who
 * signed both, and the lists of root and CA. The policy asks for all of it, so that what
 * counts as another platform's after the flip is missing.
 */
#include <string.h>

#include "bits.h"
#include "quote_make.h"

enum item { INFO, IDENTITY, SIGNERS, ROOT_LIST, CA_LIST, ITEMS };

static struct intel_pki pki;
static struct wv_bytes made;

static struct wv_bytes list_of(X509 *issuer, EVP_PKEY *signer)
{
	return crl_make(&(struct crl_recipe){ .issuer = issuer, .key = signer, .aki = issuer,
					      .from = INTEL_NOW - INTEL_DAY,
					      .to = INTEL_NOW + 20 * INTEL_DAY });
}

static void give(struct bits_subject *s)
{
	s->items[INFO] = intel_tcb_info(&pki, &intel_doc_default);
	s->items[IDENTITY] = intel_identity(&pki, &intel_doc_default);
	s->items[SIGNERS] = intel_signers(&pki);
	s->items[ROOT_LIST] = list_of(pki.root, pki.root_key);
	s->items[CA_LIST] = list_of(pki.ca, pki.ca_key);
	s->collateral.item_count = ITEMS;
	s->appraisal.collateral = &s->collateral;
}

static bool open_item(struct bits_subject *s, int form)
{
	static const uint8_t data[64] = "any";
	struct quote_plan plan;

	intel_pki_make(&intel_default, &pki);
	quote_plan_new(&plan, &pki, 4, 2);
	memcpy(plan.bytes + TD_REPORT_DATA, data, sizeof(data));
	memset(plan.bytes + TD_TCB_SVN, 5, 16);
	plan.bytes[TD_TCB_SVN + 1] = 1;
	intel_qe_report(true, 4, plan.qe);
	made = quote_make(&plan);
	quote_plan_free(&plan);
	strcpy(s->evidence.tee, "tdx");
	s->evidence.data = made;
	s->challenge = (struct wv_bytes){ data, sizeof(data) };
	s->appraisal.now = INTEL_NOW;
	bits_root(s, intel_pem((X509 *[]){ pki.root }, 1));
	bits_policy(s, "{\"ward-policy\":1,\"accept_unmeasured\":true,\"allow_debug\":true,"
		       "\"allow_tee\":[\"tdx\"],\"collateral\":{\"crl\":\"required\","
		       "\"tcb_status\":[\"UpToDate\"]}}");
	give(s);
	s->bytes = (uint8_t *)s->items[form].data;
	s->len = s->items[form].len;
	if (form == INFO || form == IDENTITY)
		bits_span(s, bits_find(s->items[form], "\"signature\":\"", 13) + 13, 128,
			  "of the signature's hexadecimal digits whether they are capitals")->mask =
			0x20;
	if (form == SIGNERS)
		bits_pem(s, 0, s->len);
	return true;
}

static void close_item(struct bits_subject *s)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		ut_free(s->items[i]);
	bits_close(s);
	ut_free(made);
	intel_pki_free(&pki);
}

static const struct bits_kind info = { "tdx, TCB info", 1, open_item, close_item, INFO };
static const struct bits_kind identity = { "tdx, QE identity", 1, open_item, close_item, IDENTITY };
static const struct bits_kind signers = { "tdx, certificates of who signed collateral", 1,
					  open_item, close_item, SIGNERS };
static const struct bits_kind root_list = { "tdx, revocation list of the root", 8, open_item,
					    close_item, ROOT_LIST };
static const struct bits_kind ca_list = { "tdx, revocation list of the PCK CA", 8, open_item,
					  close_item, CA_LIST };

int main(void)
{
	const struct bits_kind *const kinds[] = { &info, &identity, &signers, &root_list,
						  &ca_list };

	return bits_run("every bit of Intel's collateral", kinds, 5);
}
