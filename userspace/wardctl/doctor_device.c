// SPDX-License-Identifier: MIT
/* Checks: the device node, and whether this user may open it; if not, who says so. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device.h"
#include "doctor.h"
#include "sysfs.h"

static const char *group_name(gid_t gid, char *room, size_t size)
{
	struct group *group = getgrgid(gid);

	if (group)
		return group->gr_name;
	snprintf(room, size, "%u", (unsigned int)gid);
	return room;
}

/* The node must be the module's: a stale or foreign one has another number. */
static bool is_wards(const struct stat *st)
{
	char text[32], number[32];

	if (sysfs_line("/sys/class/misc/ward/dev", text, sizeof(text)))
		return true;
	snprintf(number, sizeof(number), "%u:%u", major(st->st_rdev), minor(st->st_rdev));
	return !strcmp(text, number);
}

static void say_node(struct doctor *d, const struct stat *st)
{
	unsigned int mode = st->st_mode & 07777;
	char room[16];
	const char *group = group_name(st->st_gid, room, sizeof(room));

	if (!S_ISCHR(st->st_mode) || !is_wards(st))
		doctor_say(d, "device-node", DOCTOR_FAIL,
			   "remove it, then: udevadm trigger --action=add /sys/class/misc/ward",
			   WARD_DEVICE " is not the module's device");
	else if (mode & 0007)
		doctor_say(d, "device-node", DOCTOR_WARN,
			   "install 60-ward.rules; chmod 0660 " WARD_DEVICE,
			   "mode %04o: every user may take protected memory and evidence", mode);
	else if (strcmp(group, "ward"))
		doctor_say(d, "device-node", DOCTOR_WARN,
			   "install 60-ward.rules and ward.conf (sysusers); udevadm trigger",
			   "mode %04o, group %s, not ward", mode, group);
	else
		doctor_say(d, "device-node", DOCTOR_OK, NULL, "mode %04o, group %s", mode, group);
}

static bool check_node(struct doctor *d)
{
	struct stat st;

	if (!stat(WARD_DEVICE, &st)) {
		say_node(d, &st);
		return true;
	}
	if (!d->facts.loaded)
		doctor_say(d, "device-node", DOCTOR_SKIP, NULL,
			   WARD_DEVICE " comes with the module");
	else
		doctor_say(d, "device-node", DOCTOR_FAIL,
			   "on the host: is devtmpfs mounted? In a container: pass it in"
			   " (--device " WARD_DEVICE ")",
			   WARD_DEVICE ": %s", strerror(errno));
	return false;
}

static bool holds(gid_t gid)
{
	gid_t groups[256];
	int n = getgroups(sizeof(groups) / sizeof(groups[0]), groups);

	while (n-- > 0)
		if (groups[n] == gid)
			return true;
	return getegid() == gid;
}

/* Who was added to a group has it from the next login on. */
static bool listed(gid_t gid)
{
	struct passwd *user = getpwuid(geteuid());
	struct group *group = getgrgid(gid);
	char **member = group ? group->gr_mem : NULL;

	while (user && member && *member)
		if (!strcmp(*member++, user->pw_name))
			return true;
	return false;
}

static void say_mode(struct doctor *d)
{
	unsigned int uid = geteuid();
	struct stat st;

	if (!stat(WARD_DEVICE, &st) && !holds(st.st_gid) && listed(st.st_gid))
		doctor_say(d, "device-access", DOCTOR_FAIL, "log in again, or: newgrp ward",
			   "EACCES: the node's mode refuses uid %u, which is in the node's group by"
			   " now, but was not when it logged in", uid);
	else
		doctor_say(d, "device-access", DOCTOR_FAIL,
			   "as root: usermod -aG ward USER, then log in again",
			   "EACCES: the node's mode refuses uid %u, which is not in the node's group",
			   uid);
}

/*
 * The unified hierarchy's rules are a program that nobody can read: it is what is
 * left where the mode allows and no list of the older kind refuses.
 */
static void say_cgroup(struct doctor *d)
{
	char own[256], old[256], lsm[128] = "";

	sysfs_cgroup("", own, sizeof(own));
	sysfs_cgroup("devices", old, sizeof(old));
	sysfs_line("/sys/kernel/security/lsm", lsm, sizeof(lsm));
	doctor_say(d, "device-access", DOCTOR_FAIL,
		   "systemd: DeviceAllow=" WARD_DEVICE " rw; docker, podman: --device " WARD_DEVICE,
		   "EPERM: a device cgroup (or a security module) refuses, not the mode: this"
		   " process is in %s%s%s%s%s", own[0] ? own : "no cgroup",
		   old[0] ? ", devices:" : "", old, lsm[0] ? "; security modules: " : "", lsm);
}

static void say_refused(struct doctor *d, int err)
{
	if (err == -EACCES)
		say_mode(d);
	else if (err == -EPERM)
		say_cgroup(d);
	else if (err == -EMFILE || err == -ENFILE)
		doctor_say(d, "device-access", DOCTOR_FAIL, "raise RLIMIT_NOFILE (ulimit -n)",
			   "no descriptor is left");
	else if (err == -EPROTO)
		doctor_say(d, "device-access", DOCTOR_FAIL,
			   "install ward-dkms and ward-tools of one release; wardctl module unload,"
			   " then load",
			   "the interface of the module, version %s, is not that of this program"
			   " (WARD_ABI_VERSION %u)", d->facts.loaded_version, WARD_ABI_VERSION);
	else if (err == -EDQUOT)
		doctor_say(d, "device-access", DOCTOR_FAIL,
			   "end some: wardctl session list shows them",
			   "EDQUOT: uid %u has all the sessions open that one user may",
			   (unsigned int)geteuid());
	else
		doctor_say(d, "device-access", DOCTOR_FAIL, "see the kernel log", "%s",
			   ward_strerror(err));
}

static void check_open(struct doctor *d)
{
	struct ward_info info = { .size = sizeof(info) };
	struct ward_session *session;
	int err = ward_session_open(NULL, &session);

	if (err) {
		say_refused(d, err);
		return;
	}
	err = ward_session_info(session, &info);
	ward_session_close(session);
	if (err)
		say_refused(d, err);
	else
		doctor_say(d, "device-access", DOCTOR_OK, NULL,
			   "uid %u may open it; it may hold %llu bytes", (unsigned int)geteuid(),
			   (unsigned long long)info.out_limit);
}

void doctor_device(struct doctor *d)
{
	if (check_node(d))
		check_open(d);
	else
		doctor_say(d, "device-access", DOCTOR_SKIP, NULL, "no device to open");
}
