// SPDX-License-Identifier: MIT
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tss_link.h"
#include "vtpm_source.h"

#define DEVICE		"device:/dev/tpmrm0"
#define EVENT_LOG	"/sys/kernel/security/tpm0/binary_bios_measurements"
#define IMA_LOG		"/sys/kernel/security/ima/binary_runtime_measurements"
#define PCRS		"sha256:0-15"	/* 16 and above anybody may reset */

/* Certificates of the endorsement key (TCG EK Credential Profile 2.4, 2.2.1.4). */
#define EK_CERT_RSA	0x01c00002u
#define EK_CERT_ECC	0x01c0000au

/* Kept back from a request's deadline, so that its failure can still be told. */
#define MARGIN_NS	200000000ull

/* ---- options ------------------------------------------------------------------- */

static int path_option(const struct backend_config *config, const char *name, const char *fallback,
		       char *out, struct trouble *why)
{
	const char *path = backend_option(config, name, fallback);

	if (strlen(path) >= VTPM_PATH_MAX)
		return trouble_set(why, -EINVAL, "%s: longer than %d", name, VTPM_PATH_MAX - 1);
	strcpy(out, path);
	return 0;
}

/* "none" = no log. */
static int log_option(const struct backend_config *config, const char *name, const char *fallback,
		      const char *usual, char *out, struct trouble *why)
{
	int err = path_option(config, name, fallback, out, why);

	if (!err && !strcmp(out, "none"))
		out[0] = '\0';
	else if (!err && !out[0])
		strcpy(out, usual);
	return err;
}

/* In hexadecimal, with 0x; 0 = it is none. */
static TPM2_HANDLE handle_of(const char *text)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 16);
	return strncmp(text, "0x", 2) || *end || errno || n > UINT32_MAX ? 0 : (TPM2_HANDLE)n;
}

static bool is_nv(TPM2_HANDLE handle)
{
	return handle >= TPM2_NV_INDEX_FIRST && handle <= TPM2_NV_INDEX_LAST;
}

static int ak_option(struct vtpm_source *s, const char *text, struct trouble *why)
{
	TPM2_HANDLE handle = handle_of(text);

	if (!strcmp(text, "own"))
		return 0;
	if (handle >> 24 == TPM2_HT_PERSISTENT)
		s->kind.handle = handle;
	else if (is_nv(handle))
		s->kind.template = handle;
	else
		return trouble_set(why, -EINVAL, "ak=%.40s: 'own', a persistent handle (0x81...) or "
				   "the NV index of a template (0x01...) is wanted", text);
	return 0;
}

/* Platforms that keep a template keep its certificate before it. */
static int cert_option(struct vtpm_source *s, const char *text, TPM2_HANDLE usual,
		       struct trouble *why)
{
	s->ak_cert_index = usual ? usual : s->kind.template ? s->kind.template - 1 : 0;
	if (!text)
		return 0;
	s->ak_cert_index = handle_of(text);
	if (!is_nv(s->ak_cert_index))
		return trouble_set(why, -EINVAL, "ak-cert=%.40s: an NV index (0x01...) is wanted", text);
	return 0;
}

int vtpm_source_init(struct vtpm_source *s, const struct vtpm_source_kind *kind,
		     const struct backend_config *config, struct trouble *why)
{
	memset(s, 0, sizeof(*s));
	s->sys = config->sys;
	s->kind.hierarchy = ESYS_TR_RH_ENDORSEMENT;
	s->ak = (struct vtpm_ak){ .key = ESYS_TR_NONE, .session = ESYS_TR_NONE };
	return path_option(config, "tcti", DEVICE, s->where, why) ?:
	       log_option(config, "eventlog", EVENT_LOG, EVENT_LOG, s->event_log, why) ?:
	       log_option(config, "ima", "none", IMA_LOG, s->ima_log, why) ?:
	       ak_option(s, backend_option(config, "ak", kind->ak), why) ?:
	       cert_option(s, backend_option(config, "ak-cert", NULL), kind->ak_cert, why) ?:
	       vtpm_pcrs_read(backend_option(config, "pcrs", PCRS), &s->pcrs, why);
}

/* ---- coming and going ------------------------------------------------------------ */

/* 1 = it is there, 0 = it is not, or -errno. */
static int cert_read(struct vtpm_source *s, TPM2_HANDLE index, struct vtpm_bytes *out,
		     struct trouble *why)
{
	int err = index ? vtpm_nv_read(&s->tpm, index, out, why) : -ENOENT;

	if (!err)
		vtpm_cert_trim(out);
	/* One that may not be read is as good as none. */
	return !err ? 1 : err == -ENOENT || err == -EPERM || err == -EOVERFLOW ? 0 : err;
}

static int certs_read(struct vtpm_source *s, struct trouble *why)
{
	struct vtpm_endorsements *e = &s->endorsements;
	int rc = cert_read(s, s->ak_cert_index, &e->ak_cert, why);

	e->event_log = s->event_log[0] ? s->event_log : NULL;
	e->ima_log = s->ima_log[0] ? s->ima_log : NULL;
	if (rc >= 0)
		rc = cert_read(s, EK_CERT_RSA, &e->ek_cert, why);
	if (!rc)
		rc = cert_read(s, EK_CERT_ECC, &e->ek_cert, why);
	return rc < 0 ? rc : 0;
}

int vtpm_source_open(struct vtpm_source *s, uint64_t deadline_ns, struct trouble *why)
{
	int err = tss_open(s->sys, s->where, &s->tpm, why);

	if (err)
		return err;
	tss_deadline(&s->tpm, deadline_ns);
	err = vtpm_ak_open(&s->tpm, &s->kind, &s->ak, why) ?: certs_read(s, why);
	s->ready = true;
	if (err)
		vtpm_source_close(s);
	return err;
}

void vtpm_source_close(struct vtpm_source *s)
{
	if (!s->ready)
		return;
	vtpm_ak_close(&s->tpm, &s->ak);
	tss_close(&s->tpm);
	vtpm_bytes_free(&s->endorsements.ak_cert);
	vtpm_bytes_free(&s->endorsements.ek_cert);
	s->ready = false;
}

/* ---- requests -------------------------------------------------------------------- */

static int serve_once(struct vtpm_source *s, uint64_t deadline_ns,
		      int (*work)(struct vtpm_source *s, void *arg, struct trouble *why),
		      void *arg, struct trouble *why)
{
	int err = s->ready ? 0 : vtpm_source_open(s, deadline_ns, why);

	/* A TPM that is not there now was there when we began. */
	if (err)
		return err == -ENOENT ? -ENXIO : err;
	tss_deadline(&s->tpm, deadline_ns);
	return work(s, arg, why);
}

int vtpm_source_serve(struct vtpm_source *s, uint64_t deadline_ns,
		      int (*work)(struct vtpm_source *s, void *arg, struct trouble *why),
		      void *arg, struct trouble *why)
{
	uint64_t until = deadline_ns > MARGIN_NS ? deadline_ns - MARGIN_NS : 0;
	bool was_ready = s->ready;
	int err = serve_once(s, until, work, arg, why);

	if (!err)
		return 0;
	/* Keys and sessions may be gone, or in no known state: begin anew. */
	vtpm_source_close(s);
	if (was_ready && err == -ENXIO && ward_sys_now(s->sys) < until)
		err = serve_once(s, until, work, arg, why);
	if (err)
		vtpm_source_close(s);
	return err;
}

int vtpm_source_quote(struct vtpm_source *s, const uint8_t *report_data,
		      const struct vtpm_bytes *hcl, struct ward_piece *out, struct trouble *why)
{
	uint8_t qualifying[32];
	struct vtpm_quote quote;

	if (!EVP_Digest(report_data, WARD_DIGEST_LEN, qualifying, NULL, EVP_sha256(), NULL))
		return trouble_set(why, -ENOMEM, "no memory");
	return vtpm_quote(&s->tpm, &s->ak, &s->pcrs, qualifying, &quote, why) ?:
	       vtpm_evidence_data(&quote, &s->ak, hcl, out, why) ?:
	       vtpm_evidence_aux(&s->endorsements, out, why);
}
