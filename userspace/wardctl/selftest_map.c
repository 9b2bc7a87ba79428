// SPDX-License-Identifier: MIT
/* What the owner of a class A buffer may not do to its mapping. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftest.h"

static enum proof advice(struct selftest *t, int advice, const char *what)
{
	int err = 0;

	if (madvise(t->plain, t->size, advice))
		return selftest_say(t, PROOF_UNTRIED, "%s fails on ordinary memory", what);
	if (madvise(t->data, t->size, advice))
		err = errno;
	return selftest_refused(t, !err, err, what);
}

enum proof probe_dofork(struct selftest *t)
{
	return advice(t, MADV_DOFORK, "madvise(MADV_DOFORK)");
}

enum proof probe_dodump(struct selftest *t)
{
	return advice(t, MADV_DODUMP, "madvise(MADV_DODUMP)");
}

enum proof probe_mremap(struct selftest *t)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at = mremap(t->data, t->size, t->size + page, MREMAP_MAYMOVE);
	int err = errno;

	if (at != MAP_FAILED)
		t->data = at;
	return selftest_refused(t, at != MAP_FAILED, err, "mremap() to a longer one");
}

enum proof probe_exec(struct selftest *t)
{
	int err = 0;

	if (mprotect(t->data, t->size, PROT_READ | PROT_WRITE | PROT_EXEC))
		err = errno;
	return selftest_refused(t, !err, err, "mprotect(PROT_EXEC)");
}

/* Of a buffer that is not mapped: EBUSY is not the answer that is looked for. */
enum proof probe_private(struct selftest *t)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ward_buffer *buffer = selftest_own(t, page, 0);
	enum proof proof;
	void *at;
	int fd;

	if (!buffer)
		return PROOF_UNTRIED;
	fd = ward_buffer_fd(buffer);
	munmap(ward_buffer_data(buffer), page);
	at = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);
	proof = selftest_refused(t, at != MAP_FAILED, errno, "mmap(MAP_PRIVATE)");
	if (at != MAP_FAILED)
		munmap(at, page);
	at = mmap(ward_buffer_data(buffer), page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (proof == PROOF_HOLDS && at == MAP_FAILED)
		proof = selftest_say(t, PROOF_UNTRIED, "nor can it be mapped as it should be");
	/* Unmapped here, at whatever place it is: the handle's own is free again. */
	if (at != MAP_FAILED && at != ward_buffer_data(buffer))
		munmap(at, page);
	ward_buffer_free(buffer);
	return proof;
}

enum proof probe_second(struct selftest *t)
{
	void *at = mmap(NULL, t->size, PROT_READ, MAP_SHARED, ward_buffer_fd(t->buffer), 0);
	int err = errno;

	if (at != MAP_FAILED)
		munmap(at, t->size);
	return selftest_refused(t, at != MAP_FAILED, err, "a second mmap()");
}

enum proof probe_zero(struct selftest *t)
{
	if (!t->zero_at_start)
		return selftest_say(t, PROOF_FAILS, "it held something");
	return selftest_say(t, PROOF_HOLDS, "%zu bytes", t->size);
}
