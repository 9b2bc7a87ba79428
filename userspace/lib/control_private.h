/* SPDX-License-Identifier: MIT */
/* What the rooms of the control plane's client share. Nothing here is exported. */
#ifndef WARD_LIB_CONTROL_PRIVATE_H
#define WARD_LIB_CONTROL_PRIVATE_H

#include <netlink/attr.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <linux/ward_netlink.h>

#include "libward.h"

/**
 * struct ward_control - a connection
 * @sock: questions and answers
 * @pressure: the group of that name, since ward_control_watch(); or NULL
 * @events: the group of that name, since ward_control_events_watch(); or NULL
 * @family: the family's number
 * @said: why the kernel refused the last command, or empty
 */
struct ward_control {
	struct nl_sock *sock;
	struct nl_sock *pressure;
	struct nl_sock *events;
	int family;
	char said[160];
};

/**
 * struct answer - one message of the kernel's
 * @attr: by type, checked for type and length; of several alike the last
 * @first: all of them in their order, @len bytes
 */
struct answer {
	struct nlattr *attr[WARD_A_MAX + 1];
	struct nlattr *first;
	int len;
};

/* What one exchange yields: the first error, and where valid messages go. */
struct exchange {
	int (*valid)(const struct answer *answer, void *arg);
	void *arg;
	struct ward_control *control;
	int answers;
	int err;
	int done;
};

/* ---- control.c -------------------------------------------------------------- */

/* For libnl: hand a message to the exchange @arg. */
int control_on_valid(struct nl_msg *msg, void *arg);

/* A message of @cmd to be filled with attributes; NULL = no memory. */
struct nl_msg *control_command(struct ward_control *control, int cmd, int flags);

/* The same with room for @size bytes. */
struct nl_msg *control_command_sized(struct ward_control *control, int cmd, int flags,
				     size_t size);

/* Send @msg, which is freed (NULL = no memory), and take answers until the end. */
int control_talk(struct ward_control *control, struct nl_msg *msg,
		 struct exchange *x);

/* A command with exactly one answer. */
int control_ask(struct ward_control *control, struct nl_msg *msg,
		int (*valid)(const struct answer *answer, void *arg), void *arg);

/* A command that is only acknowledged. */
int control_tell(struct ward_control *control, struct nl_msg *msg);

/* libnl's error as an errno. */
int control_errno(int err);

/*
 * The caller may know an older, shorter struct. @to starts with its size, @from
 * has ours.
 */
int control_copy_out(void *to, const void *from, size_t ours);

/* ---- control_attr.c ----------------------------------------------------------- */

extern const struct nla_policy control_policy[WARD_A_MAX + 1];

/* What is absent is 0, or leaves @to as it is. */
uint32_t get_u32(const struct answer *a, int type);
uint64_t get_u64(const struct answer *a, int type);
uint64_t get_limit(const struct answer *a, int type);	/* absent = UINT64_MAX */
void get_bytes(const struct answer *a, int type, void *to, size_t len);
void get_text(const struct answer *a, int type, char *to, size_t room);
void get_memory(const struct answer *a, struct ward_memory *memory);

/**
 * struct nests - attributes of one type that a message has several of
 * @size: bytes of an entry
 * @most: more of them are no answer
 * @read: turns one attribute into one entry, which is zero; 0 or -errno
 * @entry: the entries, the caller's to free, also where one of them was refused
 * @count: how many
 */
struct nests {
	size_t size;
	size_t most;
	int (*read)(struct nlattr *nest, void *entry);
	void *entry;
	size_t count;
};

/* 0, -EBADMSG, -ENOMEM, or what @nests->read said. */
int get_nests(const struct answer *a, int type, struct nests *nests);

/* ---- control_walk.c ------------------------------------------------------------- */

#define WALK_MAX 65536u

/**
 * struct walk - a dump, taken in whole before the caller sees any of it: so the
 *	caller may stop early, or use the same handle, without an answer half read
 * @size: bytes of an entry
 * @fill: turns one message into one entry, which is zero
 */
struct walk {
	size_t size;
	int (*fill)(const struct answer *answer, void *entry);
	uint8_t *entry;
	size_t count, room;
};

int walk_valid(const struct answer *answer, void *walk);

/* Take in the answers to @msg (freed) and call @each for every entry. */
int walk_run(struct ward_control *control, struct nl_msg *msg,
	     struct walk *walk, int (*each)(const void *entry, void *arg),
	     void *arg);

/* ---- control_group.c ------------------------------------------------------------ */

/* A socket that hears group @name, into *@to unless there is one; 0 or -errno. */
int group_join(struct ward_control *control, const char *name, struct nl_sock **to);
int group_fd(const struct nl_sock *sock);
/* Wait for one message; 0, -ETIME, -EINTR, -EBADF (@sock is NULL), or what @valid says. */
int group_receive(struct nl_sock *sock, int timeout_ms,
		  int (*valid)(const struct answer *answer, void *arg), void *arg);

#endif /* WARD_LIB_CONTROL_PRIVATE_H */
