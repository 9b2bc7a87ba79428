// SPDX-License-Identifier: MIT
/* See hostile_test.h. */
#include "hostile_test.h"

#include <stdlib.h>

#include "ward_test.h"

/* ---- what it answers ------------------------------------------------------------- */

enum kind {
	RIGHT, LONGEST, STALE, FOREIGN, EMPTY, SHORT, ENDLESS, ERROR, MADE_UP, TWICE, UNREADABLE,
	KINDS,
};

static const struct {
	uint32_t error, meant;
} errors[] = {
	{ EPERM, EIO }, { EIO, EIO }, { ENXIO, ENXIO }, { ENOMEM, ENOMEM }, { EBUSY, EIO },
	{ EBADMSG, EBADMSG }, { EOVERFLOW, EOVERFLOW },
};

static void mean(struct host *host, int i, uint32_t err)
{
	__atomic_store_n(&host->meant[i], err, __ATOMIC_RELEASE);
}

/* Evidence of @len bytes that begins with a report; all that can be sent with it. */
static int send_longest(const struct host *host, int i, uint64_t cookie, const uint8_t *report)
{
	struct ward_agent_reply cmd = {
		.size = sizeof(cmd), .cookie = cookie,
		.data_addr = (uintptr_t)host->bytes, .data_len = WARD_EVIDENCE_MAX,
		.aux_addr = (uintptr_t)host->bytes, .aux_len = WARD_AUX_MAX,
		.manifest_addr = (uintptr_t)host->bytes, .manifest_len = WARD_MANIFEST_MAX,
	};

	memcpy(host->bytes, report, REPORT_LEN);
	return ward_call(host->agent[i], WARD_AGENT_REPLY, &cmd);
}

static void send_garbage(struct host *host, int i, uint64_t cookie, const void *data,
			 uint32_t len)
{
	mean(host, i, EBADMSG);
	ASSERT_EQ(agent_reply(host->agent[i], cookie, data, len), -EBADMSG);
}

static void send_error(struct host *host, int i, uint64_t cookie, uint64_t r)
{
	size_t n = r % (sizeof(errors) / sizeof(errors[0]));

	mean(host, i, errors[n].meant);
	ASSERT_EQ(agent_error(host->agent[i], cookie, errors[n].error), 0);
}

/* No byte of it is read, and the request waits as before. */
static void send_endless(struct host *host, int i, uint64_t cookie)
{
	static const uint32_t lengths[] = { WARD_EVIDENCE_MAX + 1, 16 << 20, ~0u };
	size_t k;

	for (k = 0; k < 3; k++)
		ASSERT_EQ(agent_reply(host->agent[i], cookie, host->bytes, lengths[k]),
			  -EMSGSIZE);
	mean(host, i, EOVERFLOW);
	ASSERT_EQ(agent_error(host->agent[i], cookie, EOVERFLOW), 0);
}

static void send_right(struct host *host, int i, uint64_t cookie, const uint8_t *report)
{
	mean(host, i, 0);
	ASSERT_EQ(agent_reply(host->agent[i], cookie, report, REPORT_LEN), 0);
}

static void answer_as(struct host *host, int i, const struct ward_agent_request *req,
		      enum kind kind, uint64_t r)
{
	uint8_t report[REPORT_LEN], foreign[WARD_DIGEST_LEN];
	int agent = host->agent[i];

	report_over(req->report_data, report);
	switch (kind) {
	case LONGEST:
		mean(host, i, 0);
		ASSERT_EQ(send_longest(host, i, req->cookie, report), 0);
		break;
	case STALE:
		send_garbage(host, i, req->cookie, host->last[i], REPORT_LEN);
		break;
	case FOREIGN:
		fill_words(foreign, sizeof(foreign), r | 1);
		report_over(foreign, report);
		send_garbage(host, i, req->cookie, report, REPORT_LEN);
		break;
	case EMPTY:
		send_garbage(host, i, req->cookie, NULL, 0);
		break;
	case SHORT:
		send_garbage(host, i, req->cookie, report, 1 + r % (REPORT_LEN - 1));
		break;
	case ENDLESS:
		send_endless(host, i, req->cookie);
		break;
	case ERROR:
		send_error(host, i, req->cookie, r);
		break;
	case MADE_UP:
		ASSERT_EQ(agent_reply(agent, req->cookie + 1, report, REPORT_LEN), -ENOENT);
		send_right(host, i, req->cookie, report);
		break;
	case UNREADABLE:
		ASSERT_EQ(agent_reply(agent, req->cookie, (void *)8, REPORT_LEN), -EFAULT);
		send_right(host, i, req->cookie, report);
		break;
	case TWICE:
		send_right(host, i, req->cookie, report);
		ASSERT_EQ(agent_reply(agent, req->cookie, report, REPORT_LEN), -ENOENT);
		break;
	default:
		send_right(host, i, req->cookie, report);
	}
	report_over(req->report_data, host->last[i]);
}

/* ---- its life ---------------------------------------------------------------------- */

/* False once it is retired. */
static bool answer_one(struct host *host, int i)
{
	struct ward_agent_request req;
	int ret = agent_next(host->agent[i], &req);
	uint64_t r;

	ASSERT_GE(ret, 0);
	if (!ret)
		return false;
	r = next_word(&host->seed);
	host->replies++;
	answer_as(host, i, &req, r % KINDS, r >> 8);
	return true;
}

/* Those beside answer first: nobody waits for them where the primary one failed. */
static void *host_run(void *arg)
{
	struct host *host = arg;
	int calls, i;

	for (calls = 0; calls != host->calls; calls++)
		for (i = HOST_AGENTS - 1; i >= 0; i--)
			if (!answer_one(host, i))
				return NULL;
	return NULL;
}

static const char *name_of(int i)
{
	static const char * const names[HOST_AGENTS] = { "host0", "host1", "host2", "host3" };

	return names[i];
}

static int bind_one(int i)
{
	int agent = agent_bind(name_of(i), WARD_TEE_SIMULATED, i ? WARD_AGENT_BESIDE : 0,
			       WARD_AGENT_TIMEOUT_MAX_MS);

	ASSERT_GE(agent, 0);
	return agent;
}

struct host *host_new(uint64_t seed)
{
	struct host *host = calloc(1, sizeof(*host));
	int i;

	ASSERT_TRUE(host != NULL);
	host->bytes = calloc(1, WARD_AUX_MAX);
	ASSERT_TRUE(host->bytes != NULL);
	host->seed = seed;
	host->first_seed = seed;
	no_tsm();
	for (i = 0; i < HOST_AGENTS; i++)
		host->agent[i] = bind_one(i);
	return host;
}

void host_start(struct host *host, int calls)
{
	host->calls = calls;
	ASSERT_EQ(pthread_create(&host->thread, NULL, host_run, host), 0);
}

void host_wait(struct host *host)
{
	ASSERT_EQ(pthread_join(host->thread, NULL), 0);
}

/* It waits for a question to the last one, which retires. */
void host_stop(struct host *host)
{
	int heir = bind_one(HOST_AGENTS - 1);

	host_wait(host);
	close(heir);
}

void host_end(struct host *host)
{
	int i;

	for (i = 0; i < HOST_AGENTS; i++)
		close(host->agent[i]);
	free(host->bytes);
	free(host);
}

/* ---- questions ----------------------------------------------------------------------- */

struct answer *answer_with_parts(void)
{
	struct answer *a = answer_new(WARD_PURPOSE_REPORT);

	a->cmd.more_addr = (uintptr_t)calloc(1, WARD_MORE_MAX);
	ASSERT_TRUE(a->cmd.more_addr != 0);
	return a;
}

void question_next(struct answer *a)
{
	uint64_t n;

	memcpy(&n, a->cmd.nonce, sizeof(n));
	n++;
	memcpy(a->cmd.nonce, &n, sizeof(n));
	a->cmd.more_len = WARD_MORE_MAX;
}

void answer_free(struct answer *a)
{
	free((void *)(uintptr_t)a->cmd.more_addr);
	free(a);
}

uint32_t part_error(const struct answer *a, int i)
{
	const uint8_t *at = (const uint8_t *)(uintptr_t)a->cmd.more_addr;

	while (i--)
		at += ((const struct ward_evidence_part *)at)->size;
	return ((const struct ward_evidence_part *)at)->error;
}

int replies_wanted(void)
{
	FILE *f = fopen("/fw/hostile", "r");
	int n = getenv("KTAP_SCALE") ? 8000 : 36000;

	if (f) {
		ASSERT_EQ(fscanf(f, "%d", &n), 1);
		fclose(f);
	}
	return n;
}

/* ---- memory ----------------------------------------------------------------------------- */

static long figure(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	ASSERT_TRUE(at != NULL);
	return strtol(at + strlen(name), NULL, 10);
}

/* KiB on the lists of each processor, which grow and shrink by how fast pages come and go. */
static long listed(void)
{
	static char text[65536];
	const char *at = text;
	long pages = 0;

	slurp("/proc/zoneinfo", text, sizeof(text));
	while ((at = strstr(at, " count:"))) {
		at += strlen(" count:");
		pages += strtol(at, NULL, 10);
	}
	return pages * 4;
}

struct memory memory_now(void)
{
	char text[8192];

	slurp("/proc/meminfo", text, sizeof(text));
	return (struct memory) {
		.free = figure(text, "MemFree:"), .listed = listed(), .slab = figure(text, "SUnreclaim:"),
		.vmalloc = figure(text, "VmallocUsed:"),
	};
}

void expect_no_growth(const struct memory *before, const char *what)
{
	struct memory now = memory_now();

	ktap_note("after %s: free %ld KiB less, processors' lists %ld KiB, slabs %ld KiB and vmalloc %ld KiB more",
		  what, before->free - now.free, now.listed - before->listed,
		  now.slab - before->slab, now.vmalloc - before->vmalloc);
	if (getenv("KTAP_SCALE"))
		return;
	EXPECT_LT(now.slab, before->slab + 3072);
	EXPECT_LT(now.vmalloc, before->vmalloc + 1024);
	EXPECT_GT(now.free + now.listed, before->free + before->listed - 32768);
}
