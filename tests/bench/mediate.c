// SPDX-License-Identifier: MIT
/*
 * P10: a request that ward mediates, beside one that root makes by hand: a report
 * entry of its own in configfs, data in, report, certificates and generation out.
 * The TEE is the SIMULATED one in the same guest, which signs each report, and
 * once more with a provider that takes no time at all: it does not sign.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/ward.h>

#include "bench.h"
#include "libward.h"

#define ENTRY		"/sys/kernel/config/tsm/report/bench"
#define UNSIGNED	"/sys/module/tsmsim/parameters/unsigned"

enum { REQUESTS = 8, REPORT_LEN = 1184, DATA_AT = 0x50 };

static unsigned char data[WARD_DIGEST_LEN], report[WARD_EVIDENCE_MAX], certs[WARD_AUX_MAX];
static struct ward_claims claims;
static unsigned char path[WARD_PATH_NODES_MAX][WARD_DIGEST_LEN];

static size_t read_all(const char *name, void *out, size_t room)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	need(fd >= 0, name);
	while ((n = read(fd, (char *)out + len, room - len)) > 0)
		len += n;
	need(!n, name);
	close(fd);
	return len;
}

static void write_all(const char *name, const void *in, size_t len)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);

	need(fd >= 0 && write(fd, in, len) == (ssize_t)len && !close(fd), name);
}

static void direct_round(const void *arg, uint64_t part[PARTS])
{
	char generation[32];
	uint64_t t = __rdtsc();
	int i;

	(void)arg;
	for (i = 0; i < REQUESTS; i++) {
		data[0]++;
		write_all(ENTRY "/inblob", data, sizeof(data));
		need(read_all(ENTRY "/outblob", report, sizeof(report)) == REPORT_LEN &&
		     !memcmp(report + DATA_AT, data, sizeof(data)), "a report over the data");
		read_all(ENTRY "/auxblob", certs, sizeof(certs));
		read_all(ENTRY "/generation", generation, sizeof(generation));
	}
	part[0] = (__rdtsc() - t) / REQUESTS;
}

static void mediated_round(const void *arg, uint64_t part[PARTS])
{
	struct ward_attest cmd;
	uint64_t t = __rdtsc();
	int i;

	for (i = 0; i < REQUESTS; i++) {
		cmd = (struct ward_attest){
			.size = sizeof(cmd), .purpose = WARD_PURPOSE_REPORT, .nonce_len = 32,
			.claims_addr = (uintptr_t)&claims, .claims_len = sizeof(claims),
			.path_addr = (uintptr_t)path, .path_len = sizeof(path),
			.evidence_addr = (uintptr_t)report, .evidence_len = sizeof(report),
			.aux_addr = (uintptr_t)certs, .aux_len = sizeof(certs),
		};
		need(!ioctl(*(const int *)arg, WARD_ATTEST, &cmd), "WARD_ATTEST");
		need(cmd.evidence_len == REPORT_LEN && cmd.out_leaves == 1, "a report");
	}
	part[0] = (__rdtsc() - t) / REQUESTS;
}

/* Claims that make no receipt: composed whole, and refused. */
void bench_claims(const void *arg, uint64_t part[PARTS])
{
	struct ward_attest cmd = {
		.size = sizeof(cmd), .purpose = WARD_PURPOSE_RECEIPT, .nonce_len = 32,
		.claims_addr = (uintptr_t)&claims, .claims_len = sizeof(claims),
		.evidence_addr = (uintptr_t)report, .evidence_len = sizeof(report),
	};
	int fd = *(const int *)arg, i;
	uint64_t t = __rdtsc();

	for (i = 0; i < CALLS; i++)
		need(ioctl(fd, WARD_ATTEST, &cmd) < 0, "a refused receipt");
	part[0] = (__rdtsc() - t) / CALLS;
}

static void compare(const char *what, int session)
{
	struct side s[] = {
		{ "mediated", mediated_round, &session, { { 0 } } },
		{ "by hand", direct_round, NULL, { { 0 } } },
		{ "claims", bench_claims, &session, { { 0 } } },
	};

	race(s, 3);
	row_ratio(what, (double)median(&s[0], 0) / (double)median(&s[1], 0), 1.1);
	tell("mediated", (double)median(&s[0], 0), "instructions");
	tell("by hand", (double)median(&s[1], 0), "instructions");
	tell("of the mediated, the call with its claims", (double)median(&s[2], 0), "instructions");
}

void rows_mediate(void)
{
	int session = session_open();

	if (access("/sys/module/tsmsim", F_OK)) {
		printf("P10 a mediated request: left out, this kernel has no TSM reports\n");
		return;
	}
	need(!mkdir(ENTRY, 0700), ENTRY);
	need(!ward_provider_attach(NULL), "the link to a report entry");
	compare("P10 a mediated request / one by hand, the SIMULATED TEE signs", session);
	write_all(UNSIGNED, "1", 1);
	compare("P10 the same, the provider does nothing", session);
	write_all(UNSIGNED, "0", 1);
	need(!ward_provider_detach(NULL), "the link's end");
	need(!rmdir(ENTRY), ENTRY);
	close(session);
}
