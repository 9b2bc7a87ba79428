// SPDX-License-Identifier: MIT
/*
 * TCB info and enclave identities as Intel's service serves them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* asprintf */
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "intel_make.h"

#define SGX_QE_SIGNER	"8C4F5775D796503E96137F77C68A829A0056AC8DED70140B081B094490C57BFF"
#define TD_QE_SIGNER	"DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5"
#define ZERO_48		"000000000000000000000000000000000000000000000000" \
			"000000000000000000000000000000000000000000000000"

const struct intel_doc intel_doc_default = {
	.tdx = true,
	.issued = "2025-12-20T10:00:00Z",
	.next = "2026-01-19T10:00:00Z",
	.fmspc = "90C06F000000",
};

struct wv_bytes intel_envelope(EVP_PKEY *key, const char *name, const char *body)
{
	uint8_t signature[64];
	char hex[129], *text;
	int len;

	intel_sign(key, body, strlen(body), signature);
	hex_encode(signature, sizeof(signature), hex);
	len = asprintf(&text, "{\"%s\":%s,\"signature\":\"%s\"}", name, body, hex);
	assert_true(len > 0);
	return (struct wv_bytes){ (uint8_t *)text, (size_t)len };
}

/* Sixteen components, all of one SVN, two with what Intel says beside it. */
static void components(FILE *f, const char *name, unsigned int svn)
{
	int i;

	fprintf(f, "\"%s\":[{\"svn\":%u,\"category\":\"BIOS\",\"type\":\"Early Microcode Update\"}",
		name, svn);
	for (i = 1; i < 16; i++)
		fprintf(f, ",{\"svn\":%u%s}", svn, i == 1 ? ",\"category\":\"OS/VMM\"" : "");
	fputs("]", f);
}

char *intel_level(bool tdx, unsigned int svn, unsigned int pcesvn, const char *date,
		  const char *status, const char *advisories)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	fputs("{\"tcb\":{", f);
	components(f, "sgxtcbcomponents", svn);
	fprintf(f, ",\"pcesvn\":%u", pcesvn);
	if (tdx) {
		fputs(",", f);
		components(f, "tdxtcbcomponents", svn);
	}
	fprintf(f, "},\"tcbDate\":\"%s\",\"tcbStatus\":\"%s\"", date, status);
	if (advisories)
		fprintf(f, ",\"advisoryIDs\":[%s]", advisories);
	fputs("}", f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void tdx_part(FILE *f, const struct intel_doc *d)
{
	static const char module[] = "{\"id\":\"TDX_01\",\"mrsigner\":\"" ZERO_48 "\","
		"\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\","
		"\"tcbLevels\":[{\"tcb\":{\"isvsvn\":5},\"tcbDate\":\"2025-05-14T00:00:00Z\","
		"\"tcbStatus\":\"UpToDate\"},{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2024-03-13T00:00:00Z\","
		"\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":[\"INTEL-SA-01036\"]}]}";

	fputs("\"tdxModule\":{\"mrsigner\":\"" ZERO_48 "\",\"attributes\":\"0000000000000000\","
	      "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},", f);
	fprintf(f, "\"tdxModuleIdentities\":[%s],", d->modules ? d->modules : module);
}

static void default_levels(FILE *f, bool tdx)
{
	char *new = intel_level(tdx, 5, 13, "2025-05-14T00:00:00Z", "UpToDate", NULL);
	char *old = intel_level(tdx, 2, 5, "2024-03-13T00:00:00Z", "OutOfDate",
				"\"INTEL-SA-00837\",\"INTEL-SA-01036\"");

	fprintf(f, "%s,%s", new, old);
	free(new);
	free(old);
}

struct wv_bytes intel_tcb_info(const struct intel_pki *pki, const struct intel_doc *d)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct wv_bytes out;

	assert_non_null(f);
	fprintf(f, "{\"id\":\"%s\",\"version\":3,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
		"\"fmspc\":\"%s\",\"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":18,%s",
		d->id ? d->id : d->tdx ? "TDX" : "SGX", d->issued, d->next, d->fmspc,
		d->more ? d->more : "");
	if (d->tdx)
		tdx_part(f, d);
	fputs("\"tcbLevels\":[", f);
	if (d->levels)
		fputs(d->levels, f);
	else
		default_levels(f, d->tdx);
	fputs("]}", f);
	assert_int_equal(fclose(f), 0);
	out = intel_envelope(pki->tcb_key, "tcbInfo", text);
	free(text);
	return out;
}

struct wv_bytes intel_identity(const struct intel_pki *pki, const struct intel_doc *d)
{
	static const char levels[] = "{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2025-05-14T00:00:00Z\","
		"\"tcbStatus\":\"UpToDate\"},{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2023-08-09T00:00:00Z\","
		"\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":[\"INTEL-SA-00615\"]}";
	struct wv_bytes out;
	char *text;

	assert_true(asprintf(&text,
		"{\"id\":\"%s\",\"version\":2,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
		"\"tcbEvaluationDataNumber\":17,%s\"miscselect\":\"%s\",\"miscselectMask\":\"FFFFFFFF\","
		"\"attributes\":\"%s\",\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
		"\"mrsigner\":\"%s\",\"isvprodid\":%u,\"tcbLevels\":[%s]}",
		d->id ? d->id : d->tdx ? "TD_QE" : "QE", d->issued, d->next,
		d->more ? d->more : "", d->miscselect ? d->miscselect : "00000000",
		d->attributes ? d->attributes : "11000000000000000000000000000000",
		d->mrsigner ? d->mrsigner : d->tdx ? TD_QE_SIGNER : SGX_QE_SIGNER,
		d->prodid ? d->prodid : d->tdx ? 2 : 1, d->levels ? d->levels : levels) > 0);
	out = intel_envelope(pki->tcb_key, "enclaveIdentity", text);
	free(text);
	return out;
}

/* Offsets of an enclave's report: Intel SDM volume 3D, table 38-21. */
void intel_qe_report(bool tdx, uint16_t isvsvn, uint8_t out[384])
{
	memset(out, 0, 384);
	memset(out, 5, 16);
	out[48] = 0x15;		/* INIT, MODE64BIT, PROVISION_KEY: bit 2 is masked */
	out[56] = 0xe7;
	assert_true(hex_decode(tdx ? TD_QE_SIGNER : SGX_QE_SIGNER, out + 128, 32));
	out[256] = tdx ? 2 : 1;
	out[258] = (uint8_t)isvsvn;
	out[259] = (uint8_t)(isvsvn >> 8);
}
