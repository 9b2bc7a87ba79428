/* SPDX-License-Identifier: MIT */
/* The open sessions, read whole, for the verbs that list or name them. */
#ifndef WARDCTL_SESSIONS_H
#define WARDCTL_SESSIONS_H

#include "device.h"

/** struct sessions - a consistent list; sessions_free() it */
struct sessions {
	struct ward_session_entry *entry;
	size_t count;
};

/** sessions_read - all that the caller may see; 0 or -errno */
int sessions_read(struct ward_control *control, struct sessions *out);
void sessions_free(struct sessions *sessions);

/** sessions_find - the one with this id, or NULL */
const struct ward_session_entry *sessions_find(const struct sessions *sessions,
					       const uint8_t *id);

/** session_named - may @text name a session: its id in hex, or the first 8 digits or more */
bool session_named(const char *text);

/**
 * session_find - the id that @text names among the sessions that the caller may
 *	see; a whole one is taken as it is. An exit code, told if not 0
 */
int session_find(struct wardctl *ctl, struct ward_control *control, const char *text,
		 uint8_t *id);

/** sessions_none - say that the list is empty */
void sessions_none(struct wardctl *ctl);

const char *session_state(uint32_t state);

/** session_who - id, user, process and state as members of what is open */
void session_who(struct wardctl *ctl, const struct ward_session_entry *entry);

#define SESSION_ID_TEXT (2 * WARD_ID_LEN + 1)
void session_id_text(const uint8_t *id, char *to);

/** session_lease - when it runs out, as members of what is open */
void session_lease(struct wardctl *ctl, uint64_t lease_ns);

/** session_lease_left - whole seconds until then; -1 = no lease */
long long session_lease_left(uint64_t lease_ns);

#endif /* WARDCTL_SESSIONS_H */
