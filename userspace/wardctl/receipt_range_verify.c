// SPDX-License-Identifier: MIT
#include <limits.h>

#include "infile.h"
#include "receipt_range.h"

const char *receipt_records_text(const struct wv_verdict *v)
{
	if (v->events_complete)
		return "complete";
	return v->event_count ? "gap" : "absent";
}

uint64_t receipt_records_missing(const struct wv_verdict *v)
{
	return v->event_count < v->claims.session_seq ? v->claims.session_seq - v->event_count : 0;
}

/**
 * struct verifying - how far it is
 * @gaps: accepted, and records are missing
 * @code: of the first that was refused
 */
struct verifying {
	struct wardctl *ctl;
	struct appraise *a;
	const char *dir;
	unsigned int accepted, refused, missing, gaps;
	int code;
};

static void show_missing(struct verifying *y)
{
	struct output *o = y->ctl->out;

	out_text(o, "verdict", "receipt-missing");
	out_bool(o, "ok", false);
	out_int(o, "exit_code", EXIT_EVIDENCE);
	y->missing++;
}

static void show_verdict(struct verifying *y, const struct wv_verdict *v,
			 const struct wv_receipt *receipt)
{
	struct output *o = y->ctl->out;
	int reason = v->fault.reason;

	out_text(o, "verdict", wv_reason_text(reason));
	out_bool(o, "ok", !reason);
	out_int(o, "exit_code", wv_reason_exit(reason));
	if (reason) {
		out_text(o, "text", v->fault.text);
		y->refused++;
		y->code = y->code ? y->code : wv_reason_exit(reason);
		return;
	}
	out_bool(o, "simulated", v->simulated);
	out_text(o, "records", receipt_records_text(v));
	out_uint(o, "records_missing", receipt_records_missing(v));
	out_uint(o, "wiped_buffers", receipt->buffers);
	out_uint(o, "wiped_bytes", receipt->bytes);
	y->accepted++;
	y->gaps += !v->events_complete;
}

static int verify_one(struct verifying *y, const struct wv_release *one)
{
	struct wv_receipt receipt;
	struct wv_verdict v;
	struct wv_bytes in;
	char file[PATH_MAX];
	int rc;

	if (!releases_file(y->dir, one, file, sizeof(file)))
		return ctl_usage(y->ctl, "%s: the path is too long", y->dir);
	rc = infile_read_if(y->ctl, file, &in);
	if (rc)
		return rc;
	out_object(y->ctl->out, NULL);
	releases_show_one(y->ctl, one);
	out_text(y->ctl->out, "file", in.data ? file : NULL);
	if (!in.data) {
		show_missing(y);
	} else {
		wv_verify_receipt(in, one, &y->a->in, &v, &receipt);
		show_verdict(y, &v, &receipt);
	}
	out_close(y->ctl->out);
	infile_free(&in);
	return EXIT_OK;
}

static void sum_up(struct verifying *y)
{
	struct output *o = y->ctl->out;
	bool whole = !y->refused && !y->missing && !y->gaps;

	out_uint(o, "accepted", y->accepted);
	out_uint(o, "refused", y->refused);
	out_uint(o, "missing", y->missing);
	out_uint(o, "with_gaps", y->gaps);
	out_text(o, "range", whole ? "complete" : "gap");
	out_text(o, "statement", wv_receipt_statement());
	out_text(o, "range_statement",
		 "Proved so for each release whose receipt was accepted. Not proved: anything of"
		 " releases that the log leaves out, of sessions that no release names, and of the"
		 " time between sessions.");
}

int receipt_range_verify(struct wardctl *ctl, struct appraise *a,
			 const struct releases *releases, const char *dir)
{
	struct verifying y = { .ctl = ctl, .a = a, .dir = dir };
	int rc = EXIT_OK;
	size_t i;

	releases_show(ctl, releases);
	out_list(ctl->out, "receipts");
	for (i = 0; i < releases->count && !rc; i++)
		rc = verify_one(&y, &releases->one[i]);
	if (rc)
		return rc;
	out_close(ctl->out);
	sum_up(&y);
	return y.code ? y.code : y.missing ? EXIT_EVIDENCE : EXIT_OK;
}
