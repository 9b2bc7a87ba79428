// SPDX-License-Identifier: MIT
/*
 * mkguest TPM DIR: makes of a software TPM that of an Azure VM, as far as attestation goes: a
 * persistent AK where Azure has it, and DIR/guest.ward, its quote with a paravisor's report that
 * names it (SIMULATED: nobody signed that report); DIR/guest.data and .aux are without a bundle
 * around them. DIR/twisted.ward has another's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/agent/vtpm_evidence.h"
#include "../unit/paravisor.h"
#include "../unit/vtpm_backend.h"

static struct ward_piece piece;

static void make_ak(struct tss *t)
{
	TPM2B_PUBLIC template = template_of(TPMA_OBJECT_RESTRICTED);

	template.publicArea.type = TPM2_ALG_RSA;
	template.publicArea.parameters.rsaDetail = (TPMS_RSA_PARMS){
		.symmetric.algorithm = TPM2_ALG_NULL,
		.scheme = { .scheme = TPM2_ALG_RSASSA, .details.rsassa.hashAlg = TPM2_ALG_SHA256 },
		.keyBits = 2048,
	};
	persist(t, &template, 0x81000003);
}

static void evidence(struct tss *t, bool twisted)
{
	static const uint8_t qualifying[32] = { 1 }, cert[] = { 0x30, 0 };
	const struct vtpm_ak_kind kind = { .handle = 0x81000003 };
	const struct vtpm_pcrs pcrs = { TPM2_ALG_SHA256, 0xff };
	const struct vtpm_endorsements from = { .ak_cert = { (uint8_t *)cert, sizeof(cert) } };
	struct paravisor p = { 0 };
	struct vtpm_bytes hcl;
	struct vtpm_quote quote;
	struct vtpm_ak ak;
	uint8_t n[256];

	if (vtpm_ak_open(t, &kind, &ak, &why) || vtpm_quote(t, &ak, &pcrs, qualifying, &quote, &why))
		fail_msg("%s", why.text);
	memcpy(n, ak.public.unique.rsa.buffer, sizeof(n));
	n[255] ^= twisted ? 2 : 0;
	p.key = (struct wv_bytes){ n, sizeof(n) };
	paravisor_make(&p, 2, NULL);
	memset(p.report + 32 + 0x90, 0xa1, 48);
	hcl = (struct vtpm_bytes){ p.report, p.report[8] | (size_t)p.report[9] << 8 };
	if (vtpm_evidence_data(&quote, &ak, &hcl, &piece, &why) ||
	    vtpm_evidence_aux(&from, &piece, &why))
		fail_msg("%s", why.text);
	vtpm_ak_close(t, &ak);
}

/* The same without a bundle around it, for fakeward.c. */
static void write_piece(const char *dir, const char *name, const void *data, size_t len)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(data, len, 1, f) != 1 || fclose(f))
		fail_msg("%s can't be written", path);
}

static void write_bundle(const char *path)
{
	static const uint8_t claims[WARD_CLAIMS_SIZE];
	struct wv_bundle b = { .claims = { claims, sizeof(claims) }, .leaves = 1,
			       .evidence_count = 1, .evidence[0] = {
		.provider = "azure", .tee = "azure-snp",
		.data = { piece.data, piece.data_len }, .aux = { piece.aux, piece.aux_len },
	} };
	struct wv_fault fault;
	uint8_t *out;
	size_t len;
	FILE *f = fopen(path, "w");

	if (!f || wv_bundle_encode(&b, &out, &len, &fault) || fwrite(out, len, 1, f) != 1 || fclose(f))
		fail_msg("%s can't be written", path);
	free(out);
	backend_piece_free(&piece);
}

int main(int argc, char **argv)
{
	struct tss t;
	char path[512];

	if (argc != 3)
		return 1;
	if (tss_open(&ward_sys_real, argv[1], &t, &why)) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	tss_deadline(&t, ward_sys_now(&ward_sys_real) + LONG);
	make_ak(&t);
	for (int twisted = 0; twisted < 2; twisted++) {
		evidence(&t, twisted);
		if (!twisted) {
			write_piece(argv[2], "guest.data", piece.data, piece.data_len);
			write_piece(argv[2], "guest.aux", piece.aux, piece.aux_len);
		}
		snprintf(path, sizeof(path), "%s/%s.ward", argv[2], twisted ? "twisted" : "guest");
		write_bundle(path);
	}
	tss_close(&t);
	return 0;
}
