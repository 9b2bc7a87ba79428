// SPDX-License-Identifier: MIT
/* wardctl status: what the module is and what it holds. */
#include <errno.h>

#include "device.h"
#include "verbs.h"

#define SCHEMA 1	/* doc/json.md: what the members of every verb mean */

static void show_module(struct wardctl *ctl, const struct ward_status *status)
{
	if (ctl->json)
		out_uint(ctl->out, "schema", SCHEMA);
	out_uint(ctl->out, "abi", status->abi);
	device_module_version(ctl, "module_version", status->module_version);
	out_text(ctl->out, "wardctl_version", WARD_VERSION);
	out_hex(ctl->out, "build_id", status->build_id, sizeof(status->build_id));
	out_hex(ctl->out, "instance", status->instance, sizeof(status->instance));
	out_text(ctl->out, "tee", device_tee(status->tee));
	out_uint(ctl->out, "sessions", status->sessions);
	out_uint(ctl->out, "ended_sessions", status->tombstones);
	out_uint(ctl->out, "global_records", status->global_seq);
	out_hex(ctl->out, "global_head", status->global_head, sizeof(status->global_head));
	out_textf(ctl->out, "kernel_taint", "0x%llx", (unsigned long long)status->taint);
	device_bits(ctl, "features", status->features, device_features.word,
		    device_features.n);
	device_bits(ctl, "posture", status->posture, device_postures.word, device_postures.n);
	device_bits(ctl, "posture_false", status->posture_known & ~status->posture,
		    device_postures.word, device_postures.n);
	device_bits(ctl, "posture_not_known",
		    ~status->posture_known & ((1ull << device_postures.n) - 1),
		    device_postures.word, device_postures.n);
	out_object(ctl->out, "memory");
	device_memory(ctl, &status->memory);
	out_close(ctl->out);
	if (status->tee == WARD_TEE_SIMULATED)
		out_line(ctl->out, "The TEE is simulated: its evidence proves nothing about hardware.");
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct ward_status status = { .size = sizeof(status) };
	struct ward_control *control;
	int err, rc;

	if (argc > 1)
		return ctl_usage(ctl, "status takes no argument, not '%s'", argv[1]);
	rc = device_control(ctl, &control);
	if (rc)
		return rc;
	err = ward_control_status(control, &status);
	ward_control_close(control);
	if (err)
		return device_error(ctl, err, "status");
	show_module(ctl, &status);
	return EXIT_OK;
}

const struct wardctl_verb verb_status = {
	.name = "status",
	.args = "",
	.help = "what the module is and how much protected memory it holds",
	.details = "Bytes are exact. posture lists facts about the machine that are known and\n"
		   "hold, posture false those that are known and do not; posture not known lists\n"
		   "those that this kernel could not find out.\n",
	.run = run,
};
