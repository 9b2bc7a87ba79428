// SPDX-License-Identifier: MIT
/*
 * /proc/kcore is the kernel's memory as root sees it, and a crash dump is cut by
 * the same marks. Every page of the buffer begins with the marker, every page of
 * the ordinary memory with the control: the search looks at beginnings of
 * pages, so that copies of the two that lie elsewhere are no hits.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "selftest.h"

#define WINDOW ((size_t)1 << 20)
#define SECONDS 20		/* a machine with much memory is not searched whole */
#define SEGMENT_MAX (1ull << 46)	/* larger ones are no memory: vmalloc and the like */

/**
 * struct search - one pass
 * @hidden, @shown: pages of the buffer and of the ordinary memory that were found
 * @bytes: looked at
 * @until: CLOCK_MONOTONIC, seconds
 * @cut: the time was over before the end
 */
struct search {
	struct selftest *t;
	uint8_t *window;
	unsigned long long hidden, shown, bytes;
	time_t until;
	bool cut;
};

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void look(struct search *s, size_t len, size_t page)
{
	size_t at;

	for (at = 0; at + MARKER_LEN <= len; at += page) {
		s->hidden += !memcmp(s->window + at, s->t->marker, MARKER_LEN);
		s->shown += !memcmp(s->window + at, s->t->control, MARKER_LEN);
	}
	s->bytes += len;
}

static void search_segment(struct search *s, int core, const Elf64_Phdr *segment)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t at;

	for (at = 0; at < segment->p_memsz && !s->cut; at += WINDOW) {
		uint64_t rest = segment->p_memsz - at;
		ssize_t n = pread(core, s->window, rest < WINDOW ? rest : WINDOW,
				  (off_t)(segment->p_offset + at));

		if (n > 0)	/* else a hole, or memory that is not there */
			look(s, (size_t)n, page);
		s->cut = now() > s->until;
	}
}

/* Segments of the direct map have a physical address, and are no longer than memory. */
static bool search_core(struct search *s, int core)
{
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	int i;

	if (pread(core, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_ident[EI_CLASS] != ELFCLASS64)
		return false;
	for (i = 0; i < ehdr.e_phnum && !s->cut; i++) {
		off_t at = (off_t)(ehdr.e_phoff + (uint64_t)i * ehdr.e_phentsize);

		if (pread(core, &phdr, sizeof(phdr), at) != sizeof(phdr))
			return false;
		if (phdr.p_type == PT_LOAD && phdr.p_paddr != UINT64_MAX &&
		    phdr.p_memsz < SEGMENT_MAX)
			search_segment(s, core, &phdr);
	}
	return true;
}

static enum proof judge(const struct search *s)
{
	unsigned long long mib = s->bytes >> 20;

	if (s->hidden)
		return selftest_say(s->t, PROOF_FAILS, "%llu pages of it are there", s->hidden);
	if (s->cut)
		return selftest_say(s->t, PROOF_UNTRIED,
				    "not found in %llu MiB, but %d s were over before the end", mib,
				    SECONDS);
	if (!s->shown)
		return selftest_say(s->t, PROOF_UNTRIED,
				    "nor is ordinary memory found in %llu MiB", mib);
	return selftest_say(s->t, PROOF_HOLDS, "%llu MiB searched; ordinary memory is found", mib);
}

enum proof probe_kcore(struct selftest *t)
{
	struct search s = { .t = t, .until = now() + SECONDS };
	enum proof proof;
	int core = open("/proc/kcore", O_RDONLY | O_CLOEXEC);

	if (core < 0)
		return selftest_say(t, PROOF_UNTRIED, "/proc/kcore: %s%s", strerror(errno),
				    geteuid() ? " (root only)" : "");
	s.window = malloc(WINDOW);
	if (s.window && search_core(&s, core))
		proof = judge(&s);
	else
		proof = selftest_say(t, PROOF_UNTRIED, "/proc/kcore cannot be read");
	free(s.window);
	close(core);
	return proof;
}
