// SPDX-License-Identifier: MIT
/*
 * Records of a session go when it ends. What the kernel still has of them is among
 * the newest of all chains, which root may see. They stand in a receipt only where
 * they lead up to the attested head without a hole; whether they begin with the
 * first makes the difference between complete and gap.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "receipt.h"

/**
 * struct hunt - for the records of one session
 * @last: the number of the last one wanted
 * @err: -ENOMEM
 */
struct hunt {
	const uint8_t *session;
	uint64_t last;
	struct ward_records *found;
	int err;
};

static int take_record(const struct ward_event_entry *entry, void *arg)
{
	struct hunt *hunt = arg;
	struct ward_records *r = hunt->found;
	uint64_t seq = le64toh(entry->event.seq);
	struct ward_event *more;

	if (memcmp(entry->session, hunt->session, WARD_ID_LEN) || seq > hunt->last)
		return 0;
	if (seq != r->first_seq + r->count)
		r->count = 0;	/* what stands before a hole proves nothing */
	more = reallocarray(r->event, r->count + 1, sizeof(*more));
	if (!more) {
		hunt->err = -ENOMEM;
		return -ENOMEM;
	}
	r->event = more;
	if (!r->count)
		r->first_seq = seq;
	more[r->count++] = entry->event;
	return 0;
}

/* Where they cannot be had the receipt goes without them: it is as good a proof. */
static void find_records(struct ward_control *control, struct receipt *receipt)
{
	struct ward_records *r = &receipt->records;
	struct ward_claims claims;
	struct hunt hunt = { .found = r };

	memcpy(&claims, receipt->evidence->claims, sizeof(claims));
	hunt.session = claims.subject;
	hunt.last = receipt->records_of = le64toh(claims.session_seq);
	if (control && ward_control_events(control, NULL, 0, take_record, &hunt))
		r->count = 0;
	if (r->count && r->first_seq + r->count - 1 != hunt.last)
		r->count = 0;
	r->last_seq = hunt.last;
}

int receipt_take(struct ward_session *session, struct ward_control *control,
		 const struct receipt_for *what, struct receipt *out)
{
	struct ward_request request = {
		.size = sizeof(request),
		.purpose = WARD_PURPOSE_RECEIPT,
		.nonce = what->nonce,
		.nonce_len = sizeof(what->nonce),
	};
	int err;

	memset(out, 0, sizeof(*out));
	memcpy(request.subject, what->session, sizeof(request.subject));
	err = ward_binding_receipt(what->release, what->dataset, what->nonce, request.binding);
	if (!err)
		err = ward_session_attest(session, &request, &out->evidence);
	if (!err)
		find_records(control, out);
	return err;
}

void receipt_free(struct receipt *receipt)
{
	ward_evidence_free(receipt->evidence);
	free(receipt->records.event);
	memset(receipt, 0, sizeof(*receipt));
}

void receipt_show(struct wardctl *ctl, const struct receipt *receipt)
{
	const struct ward_records *r = &receipt->records;

	out_text(ctl->out, "records", !r->count ? "absent" : r->first_seq == 1 ? "complete" : "gap");
	out_uint(ctl->out, "records_count", r->count);
	out_uint(ctl->out, "records_of", receipt->records_of);
}

static const struct {
	int err;
	const char *reason;
	const char *why;
} refusals[] = {
	{ -ENOENT, "no-session",
	  "no ended session has this id: it is still open, of another boot, or too long ago" },
	{ -EPERM, "no-permission", "the session is another user's" },
	{ -EINVAL, "not-wiped",
	  "the session cannot give a receipt: it still holds protected memory" },
	{ -EACCES, "kernel-policy", "the administrator's policy denies it" },
};

const char *receipt_reason(int err)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].err == err)
			return refusals[i].reason;
	return device_reason(err);
}

const char *receipt_why(int err)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].err == err)
			return refusals[i].why;
	return ward_strerror(err);
}
