// SPDX-License-Identifier: MIT
/*
 * wardd: has the machine's hardware sign what ward asks for, where the kernel has
 * no TSM report entry for it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "exclusive.h"
#include "keys.h"
#include "options.h"
#include "say.h"
#include "seal_agent.h"
#include "serve.h"

/* Made by `wardctl provider set tsm`: the kernel's own evidence comes first. */
#define TSM_LINK "/sys/kernel/config/ward/tsm/source"

/* ---- opening backends ------------------------------------------------------------ */

static int open_agent(struct agent *agent, const struct wanted *w, struct trouble *why)
{
	agent->backend = w->backend;
	agent->sys = w->config.sys;
	return w->backend->open(&w->config, &agent->state, why);
}

static int open_named(const struct options *o, struct agent *agents, size_t *count)
{
	for (size_t i = 0; i < o->count; i++) {
		struct trouble why = { "no reason given" };
		int err = open_agent(&agents[i], &o->agents[i], &why);

		if (err) {
			say(SAID_UNUSABLE, o->agents[i].backend->name, err, "%s", why.text);
			return err;
		}
		*count = i + 1;
	}
	return 0;
}

/*
 * Evidence of the launch once, by the kernel or by the first backend that works
 * here; and what may stand beside it, unless that is part of it.
 */
static bool worth_a_try(const struct backend *b, const struct backend *primary, bool tsm)
{
	if (!b->beside)
		return !primary && !tsm;
	return !primary || primary->quotes_launch;
}

/* 1 if the kernel does it all. */
static int open_found(struct options *o, struct agent *agents, size_t *count)
{
	bool tsm = access(TSM_LINK, F_OK) == 0;
	const struct backend *primary = NULL;

	if (tsm)
		say(SAID_FOUND, NULL, 0,
		    "the kernel's TSM report entry is linked: it gives the launch evidence");
	for (size_t i = 0; backends[i] && *count < WARD_AGENTS_MAX; i++) {
		struct trouble why = { "no reason given" };
		struct wanted *w = &o->agents[*count];
		int err;

		if (!worth_a_try(backends[i], primary, tsm))
			continue;
		o->count = *count;
		err = options_agent(o, backends[i]->name, tsm || primary, &why);
		if (!err)
			err = open_agent(&agents[*count], w, &why);
		if (err) {
			say(SAID_ABSENT, backends[i]->name, err, "%s", why.text);
			continue;
		}
		say(SAID_FOUND, backends[i]->name, 0, "found");
		primary = primary ? primary : backends[i];
		++*count;
	}
	o->count = *count;
	if (tsm && !*count && !o->keys)
		say(SAID_FOUND, NULL, 0, "nothing is left for an agent to do");
	return tsm && !*count;
}

static int probe(struct options *o)
{
	int found = 0;

	for (size_t i = 0; backends[i]; i++) {
		struct trouble why = { "no reason given" };
		struct agent agent = { 0 };
		int err;

		o->count = 0;
		err = options_agent(o, backends[i]->name, false, &why);
		if (!err)
			err = open_agent(&agent, &o->agents[0], &why);
		printf("%-10s %s\n", backends[i]->name, err ? why.text : "works");
		if (!err)
			backends[i]->close(agent.state);
		found += !err;
	}
	return found ? EXIT_OK : EXIT_TROUBLE;
}

/* ---- binding --------------------------------------------------------------------- */

static const char *bind_mend(int err)
{
	switch (err) {
	case -EPERM:
		return "an agent needs CAP_SYS_ADMIN in the initial user namespace";
	case -EUSERS:
		return "as many agents as the kernel takes are bound; end one of them";
	case -EOPNOTSUPP:
		return "ward.ko is older than this program";
	}
	return strerror(-err);
}

static int bind_agent(struct ward_session *session, struct agent *agent,
		      const struct wanted *w, uint32_t flags)
{
	struct ward_agent_options options = {
		.size = sizeof(options), .name = w->backend->name, .tee = w->backend->tee,
		.flags = flags | (w->beside ? WARD_AGENT_BESIDE : 0),
		.timeout_ms = w->timeout_ms,
	};
	int err;

	if (w->backend->tee_of)
		options.tee = w->backend->tee_of(agent->state);
	err = ward_agent_bind(session, &options, &agent->link);
	if (err)
		say(SAID_REFUSED, w->backend->name, err, "cannot become a provider: %s",
		    bind_mend(err));
	else
		say(SAID_BOUND, w->backend->name, 0, "bound%s%s%s", w->beside ? " beside" : "",
		    flags & WARD_AGENT_EXCLUSIVE ? ", exclusive" : "",
		    options.tee == WARD_TEE_SIMULATED ? ", SIMULATED: it proves nothing" : "");
	return err;
}

static int open_ward(struct ward_session **session)
{
	int err = ward_session_open(NULL, session);

	if (err)
		say(SAID_REFUSED, NULL, err, "%s: %s%s", WARD_DEVICE, strerror(-err),
		    err == -ENOENT ? ": the module is not loaded (wardctl module load)" :
		    err == -EACCES ? " (run wardd as root)" : "");
	return err;
}

static int bind_all(const struct options *o, struct agent *agents, size_t count)
{
	struct ward_session *session;
	int err;

	if (o->agent_fd >= 0) {
		err = ward_agent_from_fd(o->agent_fd, &agents[0].link);
		if (err)
			say(SAID_REFUSED, NULL, err, "--agent-fd: %s", strerror(-err));
		else
			say(SAID_BOUND, agents[0].backend->name, 0,
			    "bound by another, descriptor %d", o->agent_fd);
		return err;
	}
	err = open_ward(&session);
	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++)
		err = bind_agent(session, &agents[i], &o->agents[i],
				 o->exclusive ? WARD_AGENT_EXCLUSIVE : 0);
	ward_session_close(session);
	return err;
}

static void close_all(struct agent *agents, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ward_agent_close(agents[i].link);
		agents[i].backend->close(agents[i].state);
	}
}

/* ---- the program ------------------------------------------------------------------- */

/* No core dump, and no tracer of the same uid: backends hold keys. */
static int harden(void)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -1;
	/* tpm2-tss writes what it thinks of each failure to stderr; we say it once. */
	setenv("TSS2_LOG", "all+NONE", 0);
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0;
}

/* Without it /proc may leave processes out, and keeps to itself what they have open. */
static bool may_see_all(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	return !syscall(SYS_capget, &head, caps) && caps[0].effective & 1u << CAP_SYS_PTRACE;
}

/*
 * What was needed to look around lets its holder read and write every process, too:
 * it is given up before anything foreign is read. Where that is refused (a seccomp
 * filter) nothing is lost but this.
 */
static void look_no_more(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, caps))
		return;
	caps[0].effective &= ~(1u << CAP_SYS_PTRACE);
	caps[0].permitted &= ~(1u << CAP_SYS_PTRACE);
	caps[0].inheritable &= ~(1u << CAP_SYS_PTRACE);
	syscall(SYS_capset, &head, caps);
}

/* Where the command line has the device or the TPM; NULL = where it usually is. */
static const char *interface_of(const struct backend_config *config)
{
	const char *tcti = backend_option(config, "tcti", NULL);
	const char *path = tcti ? strchr(tcti, ':') : NULL;

	return path ? path + 1 : backend_option(config, "device", NULL);
}

/* Before our own devices are open: a wardd that is to be replaced must end first. */
static int look_around(const struct options *o)
{
	const char *named[WARD_AGENTS_MAX + 2] = { NULL };
	const struct exclusive_place here = { .root = "", .more = named };
	struct trouble why = { "" };
	int err;

	size_t n = 0;

	for (size_t i = 0; i < o->count; i++) {
		named[n] = interface_of(&o->agents[i].config);
		n += named[n] != NULL;
	}
	named[n] = o->keys;
	if (may_see_all())
		err = exclusive_look(&here, o->exclusive == EXCLUSIVE_MEND, &why);
	else
		err = trouble_set(&why, -EPERM, "--exclusive: it takes CAP_SYS_PTRACE to see what "
				  "others have open (wardd(8) has the service's drop-in)");
	if (err)
		say(SAID_EXCLUSIVE, NULL, err, "%s", why.text);
	return err;
}

/* Above the socket's folder others may look around, but not in. */
static int open_keys(const struct options *o, struct keys **keys)
{
	struct trouble why = { "" };
	int err;

	if (!o->keys)
		return 0;
	if (mkdir(SEAL_AGENT_DIR, 0755) && errno != EEXIST)
		err = trouble_set(&why, -errno, "--keys: %s: %s", SEAL_AGENT_DIR, strerror(errno));
	else
		err = keys_open(o->keys, SEAL_AGENT_SOCKET, keys, &why) ?: keys_start(*keys);
	if (err)
		say(SAID_UNUSABLE, "keys", err, "%s", why.text);
	else
		say(SAID_BOUND, "keys", 0, "given at %s", SEAL_AGENT_SOCKET);
	return err;
}

static int serve_all(struct agent *agents, size_t count, struct keys *keys)
{
	int err = serve(agents, count);

	keys_close(keys);
	return err ? EXIT_TROUBLE : EXIT_OK;
}

static int run(struct options *o)
{
	static struct agent agents[WARD_AGENTS_MAX];
	struct keys *keys = NULL;
	size_t count = 0;
	int err = 0;

	if (o->exclusive && look_around(o))
		return EXIT_TROUBLE;
	look_no_more();
	if (o->count)
		err = open_named(o, agents, &count);
	else if (open_found(o, agents, &count) && !o->keys)
		return EXIT_OK;
	if (!err && !count && !o->keys) {
		err = -ENODEV;
		say(SAID_NONE, NULL, err,
		    "nothing here gives evidence; name a --backend if that is wrong");
	}
	if (!err)
		err = open_keys(o, &keys);
	if (!err && count)
		err = bind_all(o, agents, count);
	if (err) {
		keys_close(keys);
		close_all(agents, count);
		/* A value of an option that cannot be. */
		return err == -EINVAL ? EXIT_USAGE : EXIT_TROUBLE;
	}
	return serve_all(agents, count, keys);
}

int main(int argc, char **argv)
{
	static struct options o;
	int code;

	if (harden()) {
		fputs("wardd: can't protect its memory\n", stderr);
		return EXIT_TROUBLE;
	}
	code = options_read(argc, argv, &o);
	if (code < 0)
		code = o.probe ? probe(&o) : run(&o);
	/* Not exit(): a thread may still stand in its device. */
	fflush(stdout);
	_exit(code);
}
