// SPDX-License-Identifier: MIT
/* wardctl mem selftest: which of ward's promises hold on the running kernel. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "device.h"
#include "selftest.h"
#include "verbs.h"

/**
 * struct probe - one promise
 * @name: stable, for programs
 * @promise: what holds if it holds
 */
struct probe {
	const char *name;
	const char *promise;
	enum proof (*run)(struct selftest *t);
};

/* The one that ends the buffer comes last of those that need it. */
static const struct probe probes[] = {
	{ "zero-at-start", "a new buffer reads as zero", probe_zero },
	{ "process-vm-readv", "another process cannot read it", probe_vm_readv },
	{ "proc-pid-mem", "nor through /proc/PID/mem", probe_proc_mem },
	{ "vmsplice", "a pipe cannot take its pages", probe_vmsplice },
	{ "direct-io", "a disk cannot take its pages", probe_direct_io },
	{ "fork", "a child does not get it", probe_fork },
	{ "madv-dofork", "nor can its owner make children get it", probe_dofork },
	{ "madv-dodump", "nor put it into core dumps", probe_dodump },
	{ "mremap-grow", "its mapping cannot grow", probe_mremap },
	{ "prot-exec", "it cannot be made executable", probe_exec },
	{ "private-mapping", "it cannot be mapped privately (copied)", probe_private },
	{ "second-mapping", "it has one mapping at a time", probe_second },
	{ "kcore", "it is not in /proc/kcore", probe_kcore },
	{ "wiped-at-end", "wiped, it is gone for its owner too", probe_wiped },
	{ "class-b-wiped", "class B is zeroed in place", probe_class_b },
	{ "class-b-clean", "WARD_PIN_CLEAN refuses what holds something", probe_clean },
	{ "volatile-hold", "a volatile buffer that was held survives whole", probe_hold },
	{ "volatile-purge", "one that was purged is gone, and said to be", probe_purge },
};

#define PROBES (sizeof(probes) / sizeof(probes[0]))

static void fill(uint8_t *data, size_t size, const uint8_t *marker)
{
	size_t at;

	for (at = 0; at < size; at += MARKER_LEN)
		memcpy(data + at, marker, MARKER_LEN);
}

/* Two sizes of page in one buffer, where the kernel maps both. */
static int set_up(struct wardctl *ctl, struct selftest *t)
{
	int err;

	t->size = (2u << 20) + (size_t)sysconf(_SC_PAGESIZE);
	if (getrandom(t->marker, MARKER_LEN, 0) != MARKER_LEN ||
	    getrandom(t->control, MARKER_LEN, 0) != MARKER_LEN)
		return ctl_error(ctl, EXIT_DEVICE, "random", "no random bytes: %s", strerror(errno));
	t->plain = mmap(NULL, t->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->plain == MAP_FAILED)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory: %s", strerror(errno));
	err = ward_buffer_alloc(t->session, t->size, 0, "selftest", &t->buffer);
	if (err)
		return device_error(ctl, err, "allocate a buffer");
	t->data = ward_buffer_data(t->buffer);
	t->zero_at_start = selftest_all(t->data, t->size, 0);
	fill(t->data, t->size, t->marker);
	fill(t->plain, t->size, t->control);
	return EXIT_OK;
}

static const char *const proof_words[] = { "holds", "does-not-hold", "not-tried" };
static const char *const proof_text[] = { "holds", "DOES NOT HOLD", "not tried" };

static void show(struct wardctl *ctl, const struct probe *probe, enum proof proof,
		 const struct selftest *t)
{
	if (!ctl->json) {
		out_line(ctl->out, "%-13s  %-16s %s (%s)", proof_text[proof], probe->name,
			 probe->promise, t->why);
		return;
	}
	out_object(ctl->out, NULL);
	out_text(ctl->out, "check", probe->name);
	out_text(ctl->out, "state", proof_words[proof]);
	out_text(ctl->out, "promise", probe->promise);
	out_text(ctl->out, "text", t->why);
	out_close(ctl->out);
}

static void sum_up(struct wardctl *ctl, const unsigned int *counts)
{
	struct utsname system;

	uname(&system);
	if (!ctl->json) {
		out_line(ctl->out, "%s", "");
		out_line(ctl->out, "Linux %s: %u hold, %u do not hold, %u could not be tried",
			 system.release, counts[PROOF_HOLDS], counts[PROOF_FAILS],
			 counts[PROOF_UNTRIED]);
		return;
	}
	out_text(ctl->out, "kernel", system.release);
	out_uint(ctl->out, "hold", counts[PROOF_HOLDS]);
	out_uint(ctl->out, "do_not_hold", counts[PROOF_FAILS]);
	out_uint(ctl->out, "not_tried", counts[PROOF_UNTRIED]);
}

static int run_probes(struct wardctl *ctl, struct selftest *t)
{
	unsigned int counts[3] = { 0 };
	size_t i;

	if (ctl->json)
		out_list(ctl->out, "checks");
	for (i = 0; i < PROBES; i++) {
		enum proof proof;

		t->why[0] = '\0';
		proof = probes[i].run(t);
		counts[proof]++;
		show(ctl, &probes[i], proof, t);
	}
	if (ctl->json)
		out_close(ctl->out);
	sum_up(ctl, counts);
	return counts[PROOF_FAILS] ? EXIT_DEVICE : EXIT_OK;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct selftest t = { .plain = MAP_FAILED };
	int rc;

	if (argc > 1)
		return ctl_usage(ctl, "mem selftest takes no argument, not '%s'", argv[1]);
	rc = device_session(ctl, &t.session);
	if (rc)
		return rc;
	rc = set_up(ctl, &t);
	if (!rc)
		rc = run_probes(ctl, &t);
	ward_buffer_free(t.buffer);
	if (t.plain != MAP_FAILED)
		munmap(t.plain, t.size);
	ward_session_close(t.session);
	return rc;
}

const struct wardctl_verb verb_mem_selftest = {
	.name = "mem selftest",
	.args = "",
	.help = "try the protections on the running kernel: which hold",
	.details = "Every line says whether a promise holds, does not hold, or could not be tried and\n"
		   "why. The same access to ordinary memory is the control of each. It takes 2 MiB\n"
		   "and a session of its own. Root sees one check more (kcore). Exit code 6 when a\n"
		   "promise does not hold.\n",
	.run = run,
};
