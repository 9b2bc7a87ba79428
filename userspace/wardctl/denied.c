// SPDX-License-Identifier: MIT
/* Evidence that the administrator's policy denies: which part of it, and the mend. */
#include <errno.h>
#include <stdio.h>

#include "device.h"

#define MEND "  mend: as root: wardctl policy show tells who may ask for what"

static const struct device_words *words_of(uint32_t why)
{
	switch (why) {
	case WARD_DENIED_POSTURE:
		return &device_postures;
	case WARD_DENIED_PROCESS:
		return &device_refusals;
	default:
		return &device_purposes;
	}
}

static int tell(struct wardctl *ctl, const char *what, const char *said, const char *mend)
{
	return ctl_error(ctl, EXIT_POLICY, "kernel-policy",
			 "%s: the administrator's policy denies it: %s\n%s", what, said, mend);
}

static int tell_purpose(struct wardctl *ctl, const char *what, uint32_t why,
			const char *names)
{
	char said[256];

	snprintf(said, sizeof(said), "%s may ask for %s",
		 why == WARD_DENIED_OTHERS ? "no rule names this user or a group of theirs, and others" :
					     "by the rules that name them, this user",
		 *names ? names : "nothing");
	return tell(ctl, what, said, MEND);
}

int device_no_evidence(struct wardctl *ctl, const struct ward_session *session, int err,
		       const char *what)
{
	const struct device_words *words;
	char names[128], said[256];
	uint64_t by;
	uint32_t why = ward_session_denied(session, &by);

	if (err != -EACCES)
		return device_error(ctl, err, what);
	words = words_of(why);
	device_names(by, words->word, words->n, names, sizeof(names));
	switch (why) {
	case WARD_DENIED_OTHERS:
	case WARD_DENIED_RULES:
		return tell_purpose(ctl, what, why, names);
	case WARD_DENIED_POSTURE:
		snprintf(said, sizeof(said), "the machine must have %s, and has not, or can't tell",
			 names);
		return tell(ctl, what, said, "  mend: wardctl doctor tells what is missing");
	case WARD_DENIED_PROCESS:
		snprintf(said, sizeof(said), "the process is %s", names);
		return tell(ctl, what, said,
			    "  mend: no debugger; prctl(PR_SET_DUMPABLE, 0) before the request");
	default:
		return tell(ctl, what, "to this user, for this purpose, or on a machine in this"
			    " state (the module is too old to say which)", MEND);
	}
}
