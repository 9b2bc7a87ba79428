// SPDX-License-Identifier: MIT
/*
 * wardctl display: what a file says, without any verification.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "appraise.h"
#include "collateral.h"
#include "infile.h"
#include "verbs.h"

static char *evidence_json(const char *tee, struct wv_bytes in, struct wv_fault *fault)
{
	struct wv_evidence e = { .data = in };

	snprintf(e.tee, sizeof(e.tee), "%s", tee);
	return wv_evidence_json(&e, fault);
}

static char *bundle_json(struct wv_bytes in, struct wv_fault *fault)
{
	struct wv_bundle *bundle;
	char *json;

	if (wv_bundle_decode(in, &bundle, fault))
		return NULL;
	json = wv_bundle_json(bundle);
	wv_bundle_free(bundle);
	return json;
}

static const char *word(json_t *event, const char *key)
{
	const char *s = json_string_value(json_object_get(event, key));

	return s ? s : "";
}

static long long number(json_t *event, const char *key)
{
	return (long long)json_integer_value(json_object_get(event, key));
}

/* A record takes a line; one that is withheld shows its digest. */
static void event_line(struct output *o, json_t *event)
{
	const char *digest = word(event, "digest");

	if (!json_object_get(event, "seq"))
		out_textf(o, NULL, "withheld %s%s", digest, word(event, "damaged"));
	else
		out_textf(o, NULL, "%4lld %14.6f s  %-12s %-8s %10lld bytes  class %s  id %lld",
			  number(event, "seq"), (double)number(event, "time_ns") / 1e9,
			  word(event, "type"), word(event, "reason"), number(event, "bytes"),
			  word(event, "class"), number(event, "id"));
}

/* For people: events in a line each; the rest as it is. */
static bool show_text(struct output *o, const char *json)
{
	json_t *object = json_loads(json, 0, NULL);
	json_t *events = json_incref(json_object_get(object, "events")), *event;
	char *rest;
	size_t i;
	bool ok;

	if (events)
		json_object_del(object, "events");
	rest = object ? json_dumps(object, 0) : NULL;
	ok = rest && out_parsed(o, NULL, rest);
	out_list(o, "events");
	json_array_foreach(events, i, event)
		event_line(o, event);
	out_close(o);
	free(rest);
	json_decref(events);
	json_decref(object);
	return ok;
}

/* PEM and JSON are text, DER begins with 0x30; evidence may have PEM within. */
static bool may_be_collateral(struct wv_bytes in)
{
	return in.len && (in.data[0] == 0xef || (in.data[0] >= '\t' && in.data[0] < 0x7f));
}

/* Neither evidence nor a bundle, but what stands beside them. */
static bool show_collateral(struct wardctl *ctl, struct wv_bytes in)
{
	struct wv_item item;

	if (!may_be_collateral(in) || wv_collateral_describe(in, &item, NULL) || !item.kind)
		return false;
	out_line(ctl->out, "collateral: as it stands, nothing is verified");
	collateral_members(ctl->out, &item);
	return true;
}

static int show(struct wardctl *ctl, const char *path, struct wv_bytes in)
{
	const char *tee = wv_evidence_find(in);
	struct wv_fault fault = { .reason = WV_OK };
	char *json = tee ? evidence_json(tee, in, &fault) : bundle_json(in, &fault);
	int rc = EXIT_OK;

	if (!json && fault.reason)
		return appraise_fault(ctl, path, &fault);
	out_line(ctl->out, "%s%s: as it stands, nothing is verified",
		 tee ? "evidence of kind " : "evidence bundle", tee ? tee : "");
	if (!json || !(ctl->json || tee ? out_parsed(ctl->out, NULL, json) :
					     show_text(ctl->out, json)))
		rc = ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	free(json);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct wv_bytes in;
	int rc;

	if (argc != 2 || (argv[1][0] == '-' && argv[1][1]))
		return ctl_usage(ctl, "one file is expected");
	rc = infile_read(ctl, argv[1], &in);
	if (!rc && !show_collateral(ctl, in))
		rc = show(ctl, argv[1], in);
	infile_free(&in);
	return rc;
}

const struct wardctl_verb verb_display = {
	.name = "display",
	.args = "FILE",
	.help = "what a bundle, bare evidence or collateral says, nothing verified",
	.run = run,
};
