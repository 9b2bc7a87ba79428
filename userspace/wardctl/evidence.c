// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence.h"
#include "outfile.h"

uint32_t evidence_purpose(const char *word)
{
	static const char *const words[] = { "release", "channel", "receipt", "seal", "report" };
	uint32_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i]))
			return i + 1;
	return 0;
}

int evidence_write(struct wardctl *ctl, const char *path, const void *data, size_t len)
{
	int err = outfile_whole(path, 0644, data, len);

	if (!err)
		return EXIT_OK;
	if (err > 0)
		return ctl_error(ctl, EXIT_DEVICE, "output-unsynced",
				 "%s is written, but its directory can't be synced: %s; a power cut may undo it",
				 path, outfile_strerror(err));
	return ctl_error(ctl, err == -EEXIST ? EXIT_USAGE : EXIT_DEVICE, "output",
			 "can't write %s: %s", path, outfile_strerror(err));
}

int evidence_write_bundle(struct wardctl *ctl, const char *path,
			  const struct ward_evidence *evidence,
			  const struct ward_records *records)
{
	uint8_t *bundle;
	size_t len;
	int err, rc;

	err = ward_bundle_encode(evidence, records, 0, &bundle, &len);
	if (err)
		return device_error(ctl, err, "make the bundle");
	rc = evidence_write(ctl, path, bundle, len);
	free(bundle);
	return rc;
}

/* What others gave over the same claims, or why they gave nothing. */
static void show_beside(struct output *out, const struct ward_evidence *evidence)
{
	out_list(out, "beside");
	for (size_t i = 0; i < evidence->more_count; i++) {
		const struct ward_piece *piece = &evidence->more[i];

		out_object(out, NULL);
		out_text(out, "tee", ward_tee_name(piece->tee));
		out_text(out, "provider", piece->provider);
		if (piece->error)
			out_text(out, "error", strerror((int)piece->error));
		else
			out_null(out, "error");
		out_uint(out, "evidence_bytes", piece->data_len);
		out_close(out);
	}
	out_close(out);
}

void evidence_show_tee(struct wardctl *ctl, const struct ward_evidence *evidence)
{
	out_text(ctl->out, "tee", ward_evidence_tee_name(evidence));
	out_text(ctl->out, "provider", evidence->provider);
	out_uint(ctl->out, "evidence_bytes", evidence->data_len);
	out_uint(ctl->out, "endorsement_bytes", evidence->aux_len);
	out_uint(ctl->out, "generation", evidence->generation);
	if (evidence->more_count)
		show_beside(ctl->out, evidence);
	if (evidence->tee == WARD_TEE_SIMULATED)
		out_line(ctl->out, "The TEE is simulated: this evidence proves nothing about hardware.");
}

void evidence_show(struct wardctl *ctl, const struct ward_evidence *evidence)
{
	struct ward_claims claims;

	memcpy(&claims, evidence->claims, sizeof(claims));
	evidence_show_tee(ctl, evidence);
	out_hex(ctl->out, "session", claims.session, sizeof(claims.session));
	out_hex(ctl->out, "subject", claims.subject, sizeof(claims.subject));
	out_uint(ctl->out, "leaf", evidence->index);
	out_uint(ctl->out, "leaves", evidence->leaves);
}
