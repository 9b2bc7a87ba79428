// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "evidence.h"
#include "receipt.h"
#include "receipt_range.h"

/**
 * struct exporting - how far it is
 * @control: NULL = records are not this user's to see
 */
struct exporting {
	struct wardctl *ctl;
	struct ward_session *session;
	struct ward_control *control;
	const char *dir;
	unsigned int exported, failed;
};

static void show(struct exporting *e, const struct wv_release *one, int err, const char *file,
		 const struct receipt *receipt)
{
	struct wardctl *ctl = e->ctl;

	out_object(ctl->out, NULL);
	releases_show_one(ctl, one);
	out_text(ctl->out, "state", err ? receipt_reason(err) : "exported");
	out_text(ctl->out, "file", err ? NULL : file);
	if (err)
		out_text(ctl->out, "text", receipt_why(err));
	else
		receipt_show(ctl, receipt);
	out_close(ctl->out);
}

/* What one session cannot give keeps no other from giving it. */
static int export_one(struct exporting *e, const struct wv_release *one)
{
	struct receipt_for what;
	struct receipt receipt;
	char file[PATH_MAX];
	int err, rc = EXIT_OK;

	memcpy(what.session, one->session, sizeof(what.session));
	memcpy(what.release, one->release, sizeof(what.release));
	memcpy(what.dataset, one->dataset, sizeof(what.dataset));
	memcpy(what.nonce, one->receipt_nonce, sizeof(what.nonce));
	if (!releases_file(e->dir, one, file, sizeof(file)))
		return ctl_usage(e->ctl, "%s: the path is too long", e->dir);
	err = receipt_take(e->session, e->control, &what, &receipt);
	if (!err)
		rc = evidence_write_bundle(e->ctl, file, receipt.evidence, &receipt.records);
	if (!rc) {
		show(e, one, err, file, &receipt);
		*(err ? &e->failed : &e->exported) += 1;
	}
	receipt_free(&receipt);
	return rc;
}

static int export_all(struct exporting *e, const struct releases *releases)
{
	struct wardctl *ctl = e->ctl;
	int rc = EXIT_OK;
	size_t i;

	releases_show(ctl, releases);
	out_list(ctl->out, "receipts");
	for (i = 0; i < releases->count && !rc; i++)
		rc = export_one(e, &releases->one[i]);
	if (rc)
		return rc;
	out_close(ctl->out);
	out_uint(ctl->out, "exported", e->exported);
	out_uint(ctl->out, "not_exported", e->failed);
	return e->failed ? EXIT_DEVICE : EXIT_OK;
}

int receipt_range_export(struct wardctl *ctl, const struct releases *releases, const char *dir)
{
	struct exporting e = { .ctl = ctl, .dir = dir };
	int rc;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return ctl_error(ctl, EXIT_DEVICE, "output", "%s: %s", dir, strerror(errno));
	rc = device_session(ctl, &e.session);
	if (rc)
		return rc;
	if (ward_control_open(&e.control))
		e.control = NULL;
	rc = export_all(&e, releases);
	if (e.control)
		ward_control_close(e.control);
	ward_session_close(e.session);
	return rc;
}
