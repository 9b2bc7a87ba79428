// SPDX-License-Identifier: MIT
/*
 * Where the guest itself asks the hardware, the report is over runtime data of ours, which name
 * nonce and key. Below a paravisor they are the paravisor's: there the TPM vouches for the key.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/regular.h"
#include "cursor.h"
#include "device.h"
#include "hex.h"
#include "infile.h"
#include "maa.h"

enum {
	HCL_REPORT_AT = 32, HCL_REPORT_LEN = 1184, HCL_RUNTIME_AT = 1216,
	SNP_MEASUREMENT_AT = 0x90, SNP_REPORT_MIN = 1184,
	TD_MRTD_AT = 136,	/* in the body, which a header of 48 bytes precedes, of v5 of 54 */
};

static int unfit(struct maa *m, const char *what)
{
	return ctl_error(m->ctl, EXIT_DEVICE, "evidence-unfit", "%s", what);
}

/* ---- what the evidence says of itself ------------------------------------------------ */

static int measure(struct maa *m, struct maa_evidence *e)
{
	size_t at = SNP_MEASUREMENT_AT;

	if (!e->tdx && e->report.len < SNP_REPORT_MIN)
		return unfit(m, "the report is shorter than one of SEV-SNP");
	if (e->tdx && e->report.len > 2 && e->report.data[0] >= 4 && e->report.data[0] <= 5)
		at = TD_MRTD_AT + (e->report.data[0] == 4 ? 48 : 54);
	else if (e->tdx)
		return unfit(m, "no quote of a TD, version 4 or 5");
	if (e->report.len < at + sizeof(e->measurement))
		return unfit(m, "the quote of the TD is cut short");
	memcpy(e->measurement, e->report.data + at, sizeof(e->measurement));
	return EXIT_OK;
}

/* ---- below a paravisor --------------------------------------------------------------- */

static bool hcl_open(struct maa_evidence *e, struct wv_bytes hcl)
{
	struct cursor c = cursor_over(hcl.data, hcl.len);
	uint32_t n;

	cursor_skip(&c, HCL_RUNTIME_AT + 16);
	n = cursor_le32(&c);
	e->runtime = (struct wv_bytes){ cursor_take(&c, n), n };
	if (!cursor_ok(&c) || memcmp(hcl.data, "HCLA", 4))
		return false;
	if (!e->tdx)
		e->report = (struct wv_bytes){ hcl.data + HCL_REPORT_AT, HCL_REPORT_LEN };
	return true;
}

static int td_quote(struct maa *m, struct maa_evidence *e)
{
	int rc = EXIT_OK;

	e->report = e->aux.td_quote;
	if (m->td_quote_path) {
		rc = infile_read(m->ctl, m->td_quote_path, &e->td_quote);
		e->report = e->td_quote;
	}
	if (!rc && !e->report.data)
		rc = unfit(m, "the evidence has no quote of the TD, which Azure's metadata service makes (/acc/tdquote): --td-quote FILE");
	return rc;
}

static int paravisor(struct maa *m, struct maa_evidence *e, bool tdx, struct wv_bytes data,
		     struct wv_bytes aux)
{
	struct wv_fault fault;
	struct trouble why;
	int rc = EXIT_OK;

	e->tdx = tdx;
	e->guest = !m->platform;
	if (tpm_data_parse(data, true, &e->quote, &fault) || tpm_aux_parse(aux, &e->aux, &fault) ||
	    !hcl_open(e, e->quote.hcl))
		return unfit(m, "it is not what Azure's paravisor and its vTPM give");
	if (tdx)
		rc = td_quote(m, e);
	if (rc || !e->guest)
		return rc;
	m->key.pcrs = maa_quoted(&e->quote);
	if (!m->key.pcrs)
		return unfit(m, "the quote is not of SHA-256's registers alone");
	if (maa_key_tpm(&m->key, &why))
		return ctl_error(m->ctl, EXIT_DEVICE, "tpm", "%s: %s (root, and group tss, may)",
				 m->key.where, why.text);
	return EXIT_OK;
}

static int of_bundle(struct maa *m, struct maa_evidence *e)
{
	struct wv_fault fault;
	int rc = infile_read(m->ctl, m->evidence, &e->file);

	if (rc)
		return rc;
	if (wv_bundle_decode(e->file, &e->bundle, &fault))
		return ctl_error(m->ctl, EXIT_DAMAGED, wv_reason_text(fault.reason), "%s: %s",
				 m->evidence, fault.text);
	for (size_t i = 0; i < e->bundle->evidence_count; i++) {
		const struct wv_evidence *one = &e->bundle->evidence[i];

		if (!strcmp(one->tee, "azure-snp") || !strcmp(one->tee, "azure-tdx"))
			return paravisor(m, e, one->tee[6] == 't', one->data, one->aux);
	}
	return unfit(m, "the bundle has no evidence of an Azure VM; other reports are over ward's claims, which the service can't look into");
}

/* ---- this guest ---------------------------------------------------------------------- */

static int runtime_text(struct maa *m, struct maa_evidence *e)
{
	char nonce[2 * sizeof(m->nonce) + 1];
	json_t *all;

	hex_encode(m->nonce, m->nonce_len, nonce);
	all = maa_key_new(&m->key) ? json_pack("{s:[o], s:s}", "keys", maa_key_jwk(&m->key),
					       "nonce", nonce) : NULL;
	e->text = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	if (!e->text)
		return ctl_error(m->ctl, EXIT_DEVICE, "no-memory", "no memory");
	e->runtime = (struct wv_bytes){ (const uint8_t *)e->text, strlen(e->text) };
	return EXIT_OK;
}

/* Raw report data where the administrator allows them; else the kernel's claims, for a vTPM. */
static int attest(struct ward_session *s, const struct maa *m, const struct maa_evidence *e,
		  struct ward_evidence **out)
{
	uint8_t report_data[WARD_BINDING_LEN] = { 0 };
	struct ward_request claims = {
		.size = sizeof(claims), .purpose = WARD_PURPOSE_REPORT,
		.nonce = m->nonce, .nonce_len = m->nonce_len,
	};
	int err;

	EVP_Digest(e->text, strlen(e->text), report_data, NULL, EVP_sha256(), NULL);
	err = ward_session_attest_raw(s, report_data, 0, out);
	if (err != -EACCES || ward_session_attest(s, &claims, out))
		return err;
	if ((*out)->tee == WARD_TEE_AZURE_SNP || (*out)->tee == WARD_TEE_AZURE_TDX)
		return 0;
	ward_evidence_free(*out);
	*out = NULL;
	return err;
}

static int by_hardware(struct maa *m, struct maa_evidence *e)
{
	const struct ward_evidence *d = e->device;

	e->report = (struct wv_bytes){ d->data, d->data_len };
	e->tdx = d->tee == WARD_TEE_TDX;
	if (e->tdx || d->tee == WARD_TEE_SNP || d->tee == WARD_TEE_SIMULATED)
		return EXIT_OK;
	return unfit(m, "the service judges SEV-SNP and TDX, and Azure's VMs of both");
}

static int of_device(struct maa *m, struct maa_evidence *e)
{
	struct ward_session *s = NULL;
	int rc = runtime_text(m, e) ?: device_session(m->ctl, &s), err;

	if (rc)
		return rc;
	err = attest(s, m, e, &e->device);
	if (err)
		rc = device_no_evidence(m->ctl, s, err, "get evidence");
	ward_session_close(s);
	if (rc)
		return rc;
	if (e->device->tee != WARD_TEE_AZURE_SNP && e->device->tee != WARD_TEE_AZURE_TDX)
		return by_hardware(m, e);
	EVP_PKEY_free(m->key.own);
	m->key.own = NULL;
	return paravisor(m, e, e->device->tee == WARD_TEE_AZURE_TDX,
			 (struct wv_bytes){ e->device->data, e->device->data_len },
			 (struct wv_bytes){ e->device->aux, e->device->aux_len });
}

int maa_evidence_get(struct maa *m, struct maa_evidence *e)
{
	int rc;

	memset(e, 0, sizeof(*e));
	rc = m->evidence ? of_bundle(m, e) : of_device(m, e);
	if (!rc)
		rc = measure(m, e);
	if (!rc && m->chain_path)
		rc = infile_read(m->ctl, m->chain_path, &e->chain);
	if (!rc && !e->tdx && !e->chain.data)
		rc = ctl_usage(m->ctl, "--chain FILE is needed for SEV-SNP: VCEK, ASK and ARK (PEM), as 'wardctl fetch' gets them");
	return rc;
}

void maa_evidence_free(struct maa_evidence *e)
{
	infile_free(&e->file);
	infile_free(&e->td_quote);
	infile_free(&e->chain);
	wv_bundle_free(e->bundle);
	ward_evidence_free(e->device);
	free(e->text);
}
