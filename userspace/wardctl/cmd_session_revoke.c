// SPDX-License-Identifier: MIT
/* wardctl session revoke: end a session's memory, whatever its owner does. */
#include <errno.h>

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
	if (!session_named(argv[1]))
		return ctl_usage(ctl, "a session id is 32 hex digits, or the first 8 or more, not '%s'",
				 argv[1]);
	rc = device_control(ctl, &control);
	if (rc)
		return rc;
	rc = session_find(ctl, control, argv[1], id);
	err = rc ? 0 : ward_control_revoke(control, id);
	if (err)
		rc = refused(ctl, control, err);
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
	.details = "ID may be cut after 8 digits or more where that names one session alone.\n"
		   "When it returns, none of the session's class A memory is mapped or readable and\n"
		   "class B is zeroed in place; the owner's next access gives SIGBUS. The session can\n"
		   "get no more memory and no evidence (ESHUTDOWN). Exit code 6 when it is refused or\n"
		   "there is no such session.\n",
	.run = run,
};
