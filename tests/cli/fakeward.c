// SPDX-License-Identifier: MIT
/*
 * A stand-in for /dev/ward below a program as it is (LD_PRELOAD): a session whose evidence
 * over raw report data is an unsigned report in SNP's format, for brokers that are doubles
 * themselves. $FAKEWARD says what else: "tdx", "cca", "azure" for other evidence;
 * "paravisor" for that of $FAKEWARD_EVIDENCE.data and .aux, as wardd has it on Azure, over claims; "denied"
 * for a kernel whose policy allows no raw report data, "count" to write a line for each
 * request into $FAKEWARD_LOG. With $FAKEWARD_MEMORY it gives buffers, too, which nothing
 * protects: memfds, whose wipe gives SIGBUS to who touches them, as a buffer's does. "claims"
 * for evidence of a session of its own over claims, of which it fills in purpose, nonce, binding,
 * session, register and state; nobody signed it. Where $FAKEWARD_HOLD is there, a pipe, each
 * of them takes until a byte comes out of that.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/ward.h>

#define REPORT_LEN	1184
#define QUOTE_LEN	700
#define SESSION_ID	0x5e

/* Known by their inode, since descriptors are copied and used again. */
static ino_t sessions[256];
static unsigned int opened;

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

static int is_session(int fd)
{
	ino_t inode = opened ? inode_of(fd) : 0;
	size_t i;

	for (i = 0; inode && i < sizeof(sessions) / sizeof(sessions[0]); i++)
		if (sessions[i] == inode)
			return 1;
	return 0;
}

static int is(const char *word)
{
	const char *what = getenv("FAKEWARD");

	return what && !strcmp(what, word);
}

static int open_any(const char *name, const char *path, int flags, mode_t mode)
{
	int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name), fd;

	if (strcmp(path, "/dev/ward"))
		return real(path, flags, mode);
	fd = memfd_create("ward", MFD_CLOEXEC);
	sessions[opened++ % (sizeof(sessions) / sizeof(sessions[0]))] = inode_of(fd);
	return fd;
}

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

int __open_2(const char *path, int flags)
{
	return open_any("open", path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
	return open_any("open64", path, flags, 0);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return open_any("open", path, flags, mode);
}

static void note(void)
{
	const char *path = getenv("FAKEWARD_LOG");
	FILE *f = path ? fopen(path, "a") : NULL;

	if (f) {
		fputs("attest\n", f);
		fclose(f);
	}
}

/* A TEE that takes its time. */
static void hold(void)
{
	const char *path = getenv("FAKEWARD_HOLD");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char byte;

	if (fd < 0)
		return;
	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	close(fd);
}

static uint32_t fill(const struct ward_attest *arg, uint8_t *out)
{
	memset(out, 0, REPORT_LEN);
	if (!is("tdx") && !is("cca")) {
		out[0] = 3;
		memcpy(out + 0x50, arg->binding, sizeof(arg->binding));
		memset(out + 0x90, 0xa1, 48);
		out[0x188] = 0x19;	/* Milan, of which the product shows in the TCB's layout */
		out[0x189] = 0x01;
		return REPORT_LEN;
	}
	out[0] = 4;
	memset(out + 184, 0xa1, 48);	/* MRTD */
	memcpy(out + 568, arg->binding, sizeof(arg->binding));	/* TDX: where a v4 quote has them */
	return QUOTE_LEN;
}

/* @len: of the room at @addr; what a file has, which may be more. */
static uint32_t from_file(const char *end, uint64_t addr, uint32_t len)
{
	char path[512];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", getenv("FAKEWARD_EVIDENCE") ?: "", end);
	f = fopen(path, "r");
	if (f) {
		n = fread((void *)(uintptr_t)addr, 1, len, f);
		while (fgetc(f) != EOF)
			n++;
		fclose(f);
	}
	return (uint32_t)n;
}

static int attest_azure(struct ward_attest *arg)
{
	const uint32_t room = arg->evidence_len, more = arg->aux_len;

	if (arg->purpose == WARD_PURPOSE_RAW) {
		errno = EACCES;
		return -1;
	}
	arg->evidence_len = from_file(".data", arg->evidence_addr, room);
	arg->aux_len = from_file(".aux", arg->aux_addr, more);
	memset((void *)(uintptr_t)arg->claims_addr, 0, WARD_CLAIMS_SIZE);
	arg->claims_len = WARD_CLAIMS_SIZE;
	arg->path_len = arg->manifest_len = arg->more_len = 0;
	arg->out_index = arg->out_parts = 0;
	arg->out_leaves = 1;
	arg->out_tee = WARD_TEE_AZURE_SNP;
	errno = EMSGSIZE;
	return arg->evidence_len > room || arg->aux_len > more ? -1 : 0;
}

/* What a session says of itself here: a register that is the last digest, and is it sealed. */
static struct {
	uint8_t declared[WARD_DIGEST_LEN];
	int sealed;
} said;

static int attest_claims(struct ward_attest *arg)
{
	struct ward_claims *claims = (void *)(uintptr_t)arg->claims_addr;

	memset(claims, 0, sizeof(*claims));
	claims->size = sizeof(*claims);
	claims->version = 1;
	claims->purpose = arg->purpose;
	claims->nonce_len = arg->nonce_len;
	memcpy(claims->nonce, arg->nonce, arg->nonce_len);
	memcpy(claims->binding, arg->binding, sizeof(claims->binding));
	memset(claims->session, SESSION_ID, sizeof(claims->session));
	memcpy(claims->declared, said.declared, sizeof(claims->declared));
	claims->tee = WARD_TEE_SIMULATED;
	claims->state = said.sealed ? WARD_STATE_SEALED : 0;
	arg->evidence_len = fill(arg, (uint8_t *)(uintptr_t)arg->evidence_addr);
	arg->claims_len = sizeof(*claims);
	arg->path_len = arg->aux_len = arg->manifest_len = arg->more_len = 0;
	arg->out_index = arg->out_parts = 0;
	arg->out_leaves = 1;
	arg->out_tee = WARD_TEE_SIMULATED;
	memcpy(arg->out_provider, "fake", 5);
	return 0;
}

static int attest(struct ward_attest *arg)
{
	uint8_t report[REPORT_LEN];

	note();
	hold();
	if (is("claims"))
		return attest_claims(arg);
	if (is("paravisor"))
		return attest_azure(arg);
	if (arg->purpose != WARD_PURPOSE_RAW || is("denied")) {
		errno = EACCES;
		return -1;
	}
	arg->evidence_len = fill(arg, report);
	memcpy((void *)(uintptr_t)arg->evidence_addr, report, arg->evidence_len);
	arg->claims_len = arg->path_len = arg->aux_len = arg->manifest_len = arg->more_len = 0;
	arg->out_index = arg->out_leaves = arg->out_parts = 0;
	arg->out_tee = is("tdx") ? WARD_TEE_TDX : is("cca") ? WARD_TEE_CCA :
		       is("azure") ? WARD_TEE_AZURE_SNP : WARD_TEE_SNP;
	return 0;
}

static struct buffer {
	ino_t inode;
	uint64_t length;
	uint32_t flags, end;
	int is_volatile;
} buffers[256];
static unsigned int made;

static struct buffer *buffer_of(int fd)
{
	ino_t inode = made ? inode_of(fd) : 0;
	unsigned int i;

	for (i = 0; inode && i < sizeof(buffers) / sizeof(buffers[0]); i++)
		if (buffers[i].inode == inode)
			return &buffers[i];
	return NULL;
}

static int alloc(struct ward_buf_alloc *arg)
{
	int fd = memfd_create("buffer", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)arg->length))
		return -1;
	arg->out_fd = fd;
	arg->out_id = made + 1;
	buffers[made++ % (sizeof(buffers) / sizeof(buffers[0]))] = (struct buffer){
		.inode = inode_of(fd), .length = arg->length, .flags = arg->flags,
	};
	return 0;
}

static void look(const struct buffer *b, struct ward_buf_info *info)
{
	info->out_class = WARD_CLASS_A;
	info->out_end = b->end;
	info->out_length = b->length;
	info->out_state = (b->flags & WARD_BUF_SHARED ? WARD_BUF_IS_SHARED : 0) |
			  (b->is_volatile ? WARD_BUF_IS_VOLATILE : 0);
}

static void look_at_all(struct ward_info *info)
{
	unsigned int i;

	info->out_abi = WARD_ABI_VERSION;
	memset(info->out_session, SESSION_ID, sizeof(info->out_session));
	info->out_limit = INT64_MAX;
	info->out_live = 0;
	for (i = 0; i < made && i < sizeof(buffers) / sizeof(buffers[0]); i++)
		info->out_live += buffers[i].end ? 0 : buffers[i].length;
}

static int ask_buffer(int fd, struct buffer *b, unsigned long request, void *arg)
{
	switch (request) {
	case WARD_BUF_INFO:
		look(b, arg);
		return 0;
	case WARD_BUF_WIPE:
		((struct ward_buf_wipe *)arg)->out_bytes = b->end ? 0 : b->length;
		b->end = WARD_END_WIPE;
		return ftruncate(fd, 0);
	case WARD_BUF_VOLATILE:
		b->is_volatile = 1;
		return 0;
	case WARD_BUF_HOLD:
		b->is_volatile = 0;
		((struct ward_buf_hold *)arg)->out_survived = !b->end;
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

/* The kernel copies no mapping of a buffer to a child. */
static void *map_any(const char *name, void *at, size_t length, int prot, int flags, int fd,
		     off64_t offset)
{
	void *(*real)(void *, size_t, int, int, int, off64_t) = dlsym(RTLD_NEXT, name);
	void *data = real(at, length, prot, flags, fd, offset);

	if (data != MAP_FAILED && fd >= 0 && buffer_of(fd))
		madvise(data, length, MADV_DONTFORK);
	return data;
}

void *mmap(void *at, size_t length, int prot, int flags, int fd, off_t offset)
{
	return map_any("mmap", at, length, prot, flags, fd, offset);
}

void *mmap64(void *at, size_t length, int prot, int flags, int fd, off64_t offset)
{
	return map_any("mmap64", at, length, prot, flags, fd, offset);
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!is_session(fd)) {
		struct buffer *buffer = buffer_of(fd);

		return buffer ? ask_buffer(fd, buffer, request, arg) : real(fd, request, arg);
	}
	if (request == WARD_INFO) {
		look_at_all(arg);
		return 0;
	}
	if (request == WARD_ATTEST)
		return attest(arg);
	if (request == WARD_SEAL) {
		said.sealed = 1;
		return 0;
	}
	if (request == WARD_MEASURE) {
		memcpy(said.declared, ((struct ward_measure *)arg)->digest, sizeof(said.declared));
		memcpy(((struct ward_measure *)arg)->out_register, said.declared,
		       sizeof(said.declared));
		return 0;
	}
	if (request == WARD_WATCH)
		return 0;
	if (request == WARD_EVENTS && is("claims")) {
		((struct ward_events *)arg)->count = 0;
		return 0;
	}
	if (request == WARD_BUF_ALLOC && getenv("FAKEWARD_MEMORY"))
		return alloc(arg);
	errno = ENOTTY;
	return -1;
}
