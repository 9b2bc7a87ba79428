// SPDX-License-Identifier: MIT
/*
 * See attest_test.h. Report data and signature are worked out with OpenSSL;
 * what the report's offsets are stands in AMD 56860, table 23.
 */
#include "attest_test.h"

#include <endian.h>
#include <fcntl.h>
#include <grp.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

/* ---- asking ----------------------------------------------------------------- */

struct answer *answer_new(uint32_t purpose)
{
	struct answer *a = calloc(1, sizeof(*a));

	ASSERT_TRUE(a != NULL);
	a->cmd.purpose = purpose;
	a->cmd.nonce_len = 32;
	ASSERT_EQ(getrandom(a->cmd.nonce, 32, 0), 32);
	ASSERT_EQ(getrandom(a->cmd.binding, WARD_BINDING_LEN, 0), WARD_BINDING_LEN);
	return a;
}

struct answer *answer_new_raw(const uint8_t report_data[WARD_BINDING_LEN])
{
	struct answer *a = calloc(1, sizeof(*a));

	ASSERT_TRUE(a != NULL);
	a->cmd.purpose = WARD_PURPOSE_RAW;
	memcpy(a->cmd.binding, report_data, WARD_BINDING_LEN);
	return a;
}

int answer_ask(struct answer *a, int session)
{
	struct ward_attest *cmd = &a->cmd;

	cmd->size = sizeof(*cmd);
	cmd->claims_addr = (uintptr_t)&a->claims;
	cmd->path_addr = (uintptr_t)a->path;
	cmd->evidence_addr = (uintptr_t)a->evidence;
	cmd->aux_addr = (uintptr_t)a->aux;
	cmd->manifest_addr = (uintptr_t)a->manifest;
	cmd->claims_len = sizeof(a->claims);
	cmd->path_len = sizeof(a->path);
	cmd->evidence_len = sizeof(a->evidence);
	cmd->aux_len = sizeof(a->aux);
	cmd->manifest_len = sizeof(a->manifest);
	return ward_call(session, WARD_ATTEST, cmd);
}

struct answer *attest(int session, uint32_t purpose, int *err)
{
	struct answer *a = answer_new(purpose);

	*err = answer_ask(a, session);
	if (!*err)
		return a;
	free(a);
	return NULL;
}

/* ---- from claims to report data: doc/formats.md section 2 ---------------------- */

void leaf_of(const struct ward_claims *claims, uint8_t out[WARD_DIGEST_LEN])
{
	uint8_t text[1 + WARD_CLAIMS_SIZE] = { 0x00 };

	memcpy(text + 1, claims, WARD_CLAIMS_SIZE);
	SHA512(text, sizeof(text), out);
}

static void node_of(const uint8_t *left, const uint8_t *right, uint8_t *out)
{
	uint8_t text[1 + 2 * WARD_DIGEST_LEN] = { 0x01 };

	memcpy(text + 1, left, WARD_DIGEST_LEN);
	memcpy(text + 1 + WARD_DIGEST_LEN, right, WARD_DIGEST_LEN);
	SHA512(text, sizeof(text), out);
}

/* RFC 9162 section 2.1.3.2: @r is the leaf and becomes the root. */
static int climb(const struct answer *a, uint8_t *r)
{
	uint32_t fn = a->cmd.out_index, sn = a->cmd.out_leaves - 1, i;

	for (i = 0; i < a->cmd.path_len / WARD_DIGEST_LEN; i++) {
		if (!sn)
			return 0;
		if ((fn & 1) || fn == sn) {
			node_of(a->path[i], r, r);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			node_of(r, a->path[i], r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0;
}

int report_data_of(const struct answer *a, uint8_t out[WARD_DIGEST_LEN])
{
	static const char prefix[] = "WARD-CLAIMS-V1";	/* its NUL is the 0x00 */
	uint8_t text[sizeof(prefix) + WARD_DIGEST_LEN];
	uint8_t root[WARD_DIGEST_LEN];

	if (a->cmd.out_index >= a->cmd.out_leaves ||
	    a->cmd.path_len % WARD_DIGEST_LEN)
		return 0;
	leaf_of(&a->claims, root);
	if (!climb(a, root))
		return 0;
	memcpy(text, prefix, sizeof(prefix));
	memcpy(text + sizeof(prefix), root, sizeof(root));
	SHA512(text, sizeof(text), out);
	return 1;
}

/* ---- the report's signature ------------------------------------------------------ */

static uint32_t get_le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* GHCB 56421 section 4.1.8.1: GUID, offset, length; ends with a zero entry. */
static X509 *vcek_of(const uint8_t *aux, size_t aux_len)
{
	static const uint8_t guid[16] = {
		0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
		0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd,
	};
	const uint8_t *der;
	size_t at, offset, len;

	for (at = 0; at + 24 <= aux_len; at += 24) {
		offset = get_le32(aux + at + 16);
		len = get_le32(aux + at + 20);
		if (memcmp(aux + at, guid, sizeof(guid)))
			continue;
		if (offset > aux_len || len > aux_len - offset)
			return NULL;
		der = aux + offset;
		return d2i_X509(NULL, &der, len);
	}
	return NULL;
}

static ECDSA_SIG *signature_of(const uint8_t *report)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_lebin2bn(report + 0x2a0, 72, NULL);
	BIGNUM *s = BN_lebin2bn(report + 0x2e8, 72, NULL);

	ASSERT_TRUE(sig && r && s && ECDSA_SIG_set0(sig, r, s));
	return sig;
}

int report_signature(const uint8_t *report, const uint8_t *aux, size_t aux_len)
{
	X509 *vcek = vcek_of(aux, aux_len);
	ECDSA_SIG *sig = signature_of(report);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *der = NULL;
	int len = i2d_ECDSA_SIG(sig, &der), ok = -1;

	if (vcek && ctx && len > 0 &&
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, X509_get0_pubkey(vcek)) == 1)
		ok = EVP_DigestVerify(ctx, der, len, report, 0x2a0) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(sig);
	X509_free(vcek);
	return ok;
}

void answer_check(const struct answer *a)
{
	uint8_t report_data[WARD_DIGEST_LEN];

	ASSERT_EQ(a->cmd.claims_len, WARD_CLAIMS_SIZE);
	ASSERT_TRUE(report_data_of(a, report_data));
	ASSERT_EQ(a->cmd.evidence_len, 1184);
	ASSERT_MEMEQ(a->evidence + 0x50, report_data, sizeof(report_data));
	ASSERT_EQ(a->cmd.out_tee, WARD_TEE_SIMULATED);
	ASSERT_STREQ((const char *)a->cmd.out_provider, "tsmsim");
	ASSERT_EQ(report_signature(a->evidence, a->aux, a->cmd.aux_len), 1);
}

/* ---- the provider -------------------------------------------------------------------- */

void need_provider(void)
{
	int session = session_open();

	ASSERT_GE(session, 0);
	if (!(session_info(session).out_features & WARD_FEATURE_ATTEST))
		SKIP("this kernel has no TSM report core");
	close(session);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

void fault(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/tsmsim/parameters/%s", name);
	ASSERT_EQ(write_file(path, value), 0);
}

size_t slurp(const char *path, char *buf, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	ASSERT_GE(fd, 0);
	while (len < room - 1 && (n = read(fd, buf + len, room - 1 - len)) > 0)
		len += n;
	close(fd);
	buf[len] = 0;
	return len;
}

static void *meddle(void *arg)
{
	struct meddler *m = arg;
	char blob[64];
	int fd;

	memset(blob, 0xee, sizeof(blob));
	while (!m->stopping) {
		fd = open(REPORT_CORE "/ward/inblob", O_WRONLY);
		if (fd >= 0) {
			(void)!write(fd, blob, sizeof(blob));
			close(fd);	/* commits */
		}
		sched_yield();
	}
	return NULL;
}

void meddler_start(struct meddler *m)
{
	m->stopping = false;
	ASSERT_EQ(pthread_create(&m->thread, NULL, meddle, m), 0);
}

void meddler_stop(struct meddler *m)
{
	m->stopping = true;
	ASSERT_EQ(pthread_join(m->thread, NULL), 0);
}

unsigned long provider_calls(void)
{
	char text[32];

	slurp("/sys/module/tsmsim/parameters/calls", text, sizeof(text));
	return strtoul(text, NULL, 10);
}

void call_begins(unsigned long before)
{
	unsigned int i;

	for (i = 0; i < ktap_seconds(60) * 100 && provider_calls() == before; i++)
		usleep(10000);
	ASSERT_GT(provider_calls(), before);
	usleep(50000);	/* counted first, it looks at its parameters then */
}

int tsmsim_load_with(const char *parameters)
{
	const char *path = getenv("WARD_TSMSIM");
	int fd, ret;

	if (!access("/sys/module/tsmsim", F_OK))
		return 0;
	fd = open(path ? path : "/lib/ward/tsmsim.ko", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return ret;
}

int tsmsim_load(void)
{
	return tsmsim_load_with("");
}

int tsmsim_unload(void)
{
	return syscall(SYS_delete_module, "tsmsim", O_NONBLOCK) ? -errno : 0;
}

void provider_detach(void)
{
	unlink(WARD_CONFIGFS "/tsm/source");
	rmdir(WARD_CONFIGFS "/tsm");
	rmdir(REPORT_CORE "/ward");
}

static void make_dir(const char *path)
{
	ASSERT_TRUE(!mkdir(path, 0755) || errno == EEXIST);
}

void pace_set(uint16_t attr, uint32_t value)
{
	struct wire *w = wire_open();

	ASSERT_EQ(tell(w, WARD_GENL_CMD_PACE_SET, attr, &value, sizeof(value)), 0);
	close(w->fd);
	free(w);
}

uint64_t provider_get(uint16_t attr)
{
	struct wire *w = wire_open();
	struct attrs attrs = { 0 };
	uint64_t value;

	ASSERT_EQ(ask(w, WARD_GENL_CMD_PROVIDER_GET, 0, NULL, 0, &attrs), 0);
	ASSERT_TRUE(attrs.at[attr] != NULL);
	value = attrs.at[attr]->nla_len == NLA_HDRLEN + 4 ? attr_u32(&attrs, attr) :
							    attr_u64(&attrs, attr);
	close(w->fd);
	free(w);
	return value;
}

void provider_unpaced(void)
{
	pace_set(WARD_A_CALL_MS, 0);
	pace_set(WARD_A_ASK_MS, 0);
	pace_set(WARD_A_COOLDOWN_MS, 0);
}

void provider_attach(void)
{
	static const char * const faults[] = {
		"debug", "stale", "empty", "short", "oversized", "slow_ms", "error", "hostile",
	};
	size_t i;

	need_provider();
	/* The core takes no new provider while entries of the old one are left. */
	if (access("/sys/module/tsmsim", F_OK))
		provider_detach();
	ASSERT_EQ(tsmsim_load(), 0);
	for (i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		fault(faults[i], "0");
	provider_unpaced();
	make_dir(REPORT_CORE "/ward");
	make_dir(WARD_CONFIGFS "/tsm");
	ASSERT_TRUE(!symlink(REPORT_CORE "/ward", WARD_CONFIGFS "/tsm/source") ||
		    errno == EEXIST);
}

/* ---- small things ----------------------------------------------------------------------- */

struct ward_event last_event(int session)
{
	static struct ward_event all[512];
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)all, .count = 512,
	};

	ASSERT_EQ(ward_call(session, WARD_EVENTS, &cmd), 0);
	ASSERT_GT(cmd.count, 0);
	return all[cmd.count - 1];
}

uint64_t now_ns(int clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void become(unsigned int uid)
{
	gid_t group = WARD_GID;

	ASSERT_EQ(setgroups(1, &group), 0);
	ASSERT_EQ(setresgid(group, group, group), 0);
	ASSERT_EQ(setresuid(uid, uid, uid), 0);
}
