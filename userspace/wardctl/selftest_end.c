// SPDX-License-Identifier: MIT
/* What is left of protected memory when it ends, and when it may be purged. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftest.h"

enum proof probe_wiped(struct selftest *t)
{
	struct ward_buf_info info = { .size = sizeof(info) };
	uint64_t bytes = 0;
	int err, signal_got;

	if (selftest_touch(t->data))
		return selftest_say(t, PROOF_UNTRIED, "it could not be read before");
	err = ward_buffer_wipe(t->buffer, &bytes);
	if (!err)
		err = ward_buffer_info(t->buffer, &info);
	if (err)
		return selftest_say(t, PROOF_UNTRIED, "%s", ward_strerror(err));
	signal_got = selftest_touch(t->data);
	if (!signal_got || !selftest_touch(t->data + t->size - 1))
		return selftest_say(t, PROOF_FAILS, "it can still be read");
	if (bytes != t->size || info.out_end != WARD_END_WIPE)
		return selftest_say(t, PROOF_FAILS, "%llu of %zu bytes were zeroed",
				    (unsigned long long)bytes, t->size);
	return selftest_say(t, PROOF_HOLDS, "%llu bytes zeroed; an access gives %s",
			    (unsigned long long)bytes,
			    signal_got == SIGBUS ? "SIGBUS" : "SIGSEGV");
}

/* Ordinary memory pinned as class B; NULL = @err. The caller unmaps *at. */
static struct ward_buffer *pin(struct selftest *t, uint8_t **at, size_t size, uint8_t value,
			       uint32_t flags, int *err)
{
	struct ward_buffer_options options = {
		.size = sizeof(options), .flags = flags, .label = "selftest",
	};
	struct ward_buffer *buffer = NULL;

	*err = -ENOMEM;
	*at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*at == MAP_FAILED)
		return NULL;
	memset(*at, value, size);
	*err = ward_buffer_pin_with(t->session, *at, size, &options, &buffer);
	return buffer;
}

enum proof probe_class_b(struct selftest *t)
{
	size_t size = 8 * (size_t)sysconf(_SC_PAGESIZE);
	struct ward_buffer *buffer;
	enum proof proof;
	uint8_t *at;
	int err;

	buffer = pin(t, &at, size, 0x5a, 0, &err);
	if (!buffer) {
		proof = selftest_say(t, PROOF_UNTRIED, "no pin: %s", ward_strerror(err));
	} else {
		ward_buffer_free(buffer);
		proof = selftest_all(at, size, 0) ?
			selftest_say(t, PROOF_HOLDS, "%zu bytes zeroed", size) :
			selftest_say(t, PROOF_FAILS, "it still holds what it held");
	}
	if (at != MAP_FAILED)
		munmap(at, size);
	return proof;
}

enum proof probe_clean(struct selftest *t)
{
	size_t size = 2 * (size_t)sysconf(_SC_PAGESIZE);
	struct ward_buffer *buffer;
	uint8_t *at;
	int err;

	buffer = pin(t, &at, size, 0, WARD_PIN_CLEAN, &err);
	ward_buffer_free(buffer);
	if (at != MAP_FAILED)
		munmap(at, size);
	if (!buffer)
		return selftest_say(t, PROOF_UNTRIED, "no pin: %s", ward_strerror(err));
	buffer = pin(t, &at, size, 1, WARD_PIN_CLEAN, &err);
	ward_buffer_free(buffer);
	if (at != MAP_FAILED)
		munmap(at, size);
	return selftest_refused(t, buffer != NULL, -err, "a pin of it");
}

enum proof probe_hold(struct selftest *t)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ward_buffer *buffer = selftest_own(t, page, 0);
	enum proof proof;
	int survived = 0, err;

	if (!buffer)
		return PROOF_UNTRIED;
	memcpy(ward_buffer_data(buffer), t->marker, MARKER_LEN);
	err = ward_buffer_volatile(buffer);
	if (!err)
		err = ward_buffer_hold(buffer, &survived);
	if (err)
		proof = selftest_say(t, PROOF_UNTRIED, "%s", ward_strerror(err));
	else if (!survived)
		proof = selftest_say(t, PROOF_UNTRIED, "the kernel purged it at once");
	else if (selftest_touch(ward_buffer_data(buffer)) ||
		 memcmp(ward_buffer_data(buffer), t->marker, MARKER_LEN))
		proof = selftest_say(t, PROOF_FAILS, "it is not what it was");
	else
		proof = selftest_say(t, PROOF_HOLDS, "it is as it was");
	ward_buffer_free(buffer);
	return proof;
}

/* @first is volatile, and the session's limit has no room for two of them. */
static enum proof purge(struct selftest *t, struct ward_session *session,
			struct ward_buffer *first, size_t page)
{
	struct ward_buffer *second = NULL;
	int survived = 1, err, got;

	err = ward_buffer_alloc(session, page, 0, "selftest", &second);
	if (err)
		return selftest_say(t, PROOF_UNTRIED, "the kernel purges nothing for it: %s",
				    ward_strerror(err));
	got = selftest_touch(ward_buffer_data(first));
	err = ward_buffer_hold(first, &survived);
	ward_buffer_free(second);
	if (!got)
		return selftest_say(t, PROOF_FAILS, "it can still be read");
	if (err || survived)
		return selftest_say(t, PROOF_FAILS, "it is said to have survived");
	return selftest_say(t, PROOF_HOLDS, "an access gives %s, hold says that it is gone",
			    got == SIGBUS ? "SIGBUS" : "SIGSEGV");
}

/* In a session of its own: a limit can only shrink. */
enum proof probe_purge(struct selftest *t)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ward_buffer *first = NULL;
	struct ward_session *session;
	enum proof proof;
	int err = ward_session_open(NULL, &session);

	if (err)
		return selftest_say(t, PROOF_UNTRIED, "no second session: %s", ward_strerror(err));
	err = ward_session_watch(session, 0, page);
	if (!err)
		err = ward_buffer_alloc(session, page, 0, "selftest", &first);
	if (!err)
		err = ward_buffer_volatile(first);
	proof = err ? selftest_say(t, PROOF_UNTRIED, "%s", ward_strerror(err)) :
		      purge(t, session, first, page);
	ward_buffer_free(first);
	ward_session_close(session);
	return proof;
}
