// SPDX-License-Identifier: MIT
/* wardctl session revoke: end a session's memory, whatever its owner does. */
#include <errno.h>
#include <string.h>

#include "hex.h"
#include "sessions.h"
#include "verbs.h"

static int refused(struct wardctl *ctl, struct ward_control *control, int err)
{
	if (err == -ENOENT)
		return ctl_error(ctl, EXIT_DEVICE, "no-session",
				 "no such session; it may have ended, and then holds nothing\n"
				 "  mend: wardctl session list shows those that are open");
	return device_refused(ctl, control, err, "session revoke");
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct ward_control *control;
	uint8_t id[WARD_ID_LEN];
	int err, rc;

	if (argc != 2)
		return ctl_usage(ctl, "one session id is needed");
	if (strlen(argv[1]) != 2 * WARD_ID_LEN || !hex_decode(argv[1], id, sizeof(id)))
		return ctl_usage(ctl, "a session id is 32 hex digits, not '%s'", argv[1]);
	rc = device_control(ctl, &control);
	if (rc)
		return rc;
	err = ward_control_revoke(control, id);
	rc = err ? refused(ctl, control, err) : EXIT_OK;
	ward_control_close(control);
	if (rc)
		return rc;
	out_hex(ctl->out, "session", id, sizeof(id));
	out_text(ctl->out, "state", "revoked");
	out_line(ctl->out, "None of its protected memory is mapped or readable; it can get no more.");
	return EXIT_OK;
}

const struct wardctl_verb verb_session_revoke = {
	.name = "session revoke",
	.args = "ID",
	.help = "end all protected memory of a session, for ever (root)",
	.details = "When it returns, none of the session's class A memory is mapped or readable and\n"
		   "class B is zeroed in place; the owner's next access gives SIGBUS. The session can\n"
		   "get no more memory and no evidence for keys. Exit code 6 when it is refused or\n"
		   "there is no such session.\n",
	.run = run,
};
