// SPDX-License-Identifier: MIT
/*
 * Keys that the firmware derives for an SEV-SNP guest (56860, MSG_KEY_REQ). Neither SVN
 * nor TCB is taken from the moment of unsealing: the file holds those of sealing, and the
 * firmware gives the key of any that is not above what it has now.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sev-guest.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "cursor.h"
#include "seal_agent.h"

#define DEVICE	"/dev/sev-guest"

enum {
	RESPONSE_HEAD = 32,	/* status, size, reserved */
	REPORT_MIN = 1184,
	REPORT_SVN_AT = 0x4,
	REPORT_COMMITTED_TCB_AT = 0x1e0,
	STATUS_INVALID = 0x16,
};

static const char label[] = "WARD-SEAL-SNP-V1";		/* with its NUL */

/* ---- the device -------------------------------------------------------------------- */

static int device_open(const struct ward_sys *sys, struct ward_seal_snp *snp)
{
	const char *path = snp->device ? snp->device : DEVICE;
	int fd = sys->open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		return seal_say(snp->said, -ENOENT, "%s: no SEV-SNP guest, or its driver is not "
				"loaded (modprobe sev-guest)", path);
	return seal_say(snp->said, -errno, "%s: %s; run as root, or let wardd give such keys "
			"(wardd --keys)", path, strerror(errno));
}

static int ask(const struct ward_sys *sys, int fd, unsigned long what, void *request,
	       void *response, struct ward_seal_snp *snp)
{
	struct snp_guest_request_ioctl cmd = {
		.msg_version = 1,
		.req_data = (uintptr_t)request,
		.resp_data = (uintptr_t)response,
	};
	int rc = ward_sys_ioctl(sys, fd, what, &cmd);

	if (rc == -ENOTTY || rc == -ENODEV || rc == -ENXIO)
		return seal_say(snp->said, -ENXIO, "the guest's message key (VMPCK) is lost, or the "
				"device gives no keys: restart the guest (dmesg says why)");
	return rc ? seal_say(snp->said, rc == -ENOMEM ? rc : -EIO, "the firmware was asked and "
			     "failed: %s (too many requests at once? VMPL %u not this guest's?)",
			     strerror(-rc), (unsigned int)snp->vmpl) : 0;
}

static int status_of(struct cursor *c, struct ward_seal_snp *snp)
{
	uint32_t status = cursor_le32(c);

	if (status)
		return seal_say(snp->said, -EIO, "the firmware refuses: status 0x%x%s", status,
				status == STATUS_INVALID ? " (SVN or TCB above this guest's, or a VMPL below "
				"its own: was the guest or the firmware rolled back?)" : "");
	return 0;
}

/* SVN and committed TCB of now, out of a report over nothing. */
static int look(const struct ward_sys *sys, int fd, struct ward_seal_snp *snp,
		struct seal_snp_how *how)
{
	struct snp_report_req req = { .vmpl = snp->vmpl };
	struct snp_report_resp resp = { .data = { 0 } };
	struct cursor c = cursor_over(resp.data, sizeof(resp.data));
	int rc = ask(sys, fd, SNP_GET_REPORT, &req, &resp, snp) ?: status_of(&c, snp);

	if (rc)
		return rc;
	if (cursor_le32(&c) < REPORT_MIN)
		return seal_say(snp->said, -EBADMSG, "the firmware gave no whole report");
	c.at = RESPONSE_HEAD + REPORT_SVN_AT;
	how->svn = cursor_le32(&c);
	c.at = RESPONSE_HEAD + REPORT_COMMITTED_TCB_AT;
	how->tcb = cursor_le64(&c);
	return 0;
}

static int derived(const struct ward_sys *sys, int fd, const struct seal_snp_how *how,
		   struct ward_seal_snp *snp, uint8_t key[32])
{
	struct snp_derived_key_req req = {
		.root_key_select = how->root,
		.guest_field_select = how->fields,
		.vmpl = how->vmpl,
		.guest_svn = how->svn,
		.tcb_version = how->tcb,
	};
	struct snp_derived_key_resp resp = { .data = { 0 } };
	struct cursor c = cursor_over(resp.data, sizeof(resp.data));
	int rc = ask(sys, fd, SNP_GET_DERIVED_KEY, &req, &resp, snp) ?: status_of(&c, snp);

	c.at = RESPONSE_HEAD;
	cursor_copy(&c, key, 32);
	OPENSSL_cleanse(&resp, sizeof(resp));
	return rc;
}

/* ---- from key to secret --------------------------------------------------------------- */

static int hkdf(const uint8_t key[32], const uint8_t *salt, size_t salt_len, const uint8_t *info,
		size_t info_len, uint8_t out[32])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_len),
		OSSL_PARAM_construct_end(),
	};
	int ok = ctx && EVP_KDF_derive(ctx, out, 32, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -EIO;
}

/* info = label, *how*, uid, cgroup, module: zeroes for what is not bound. */
static int secret_of(const uint8_t key[32], const struct seal_snp_how *s,
		     const struct seal_identity *id, uint8_t secret[32])
{
	uint8_t info[sizeof(label) + SEAL_SNP_HOW_LEN + 4 + 32 + 32] = { 0 };
	uint8_t *p = info + sizeof(label) + SEAL_SNP_HOW_LEN;

	memcpy(info, label, sizeof(label));
	seal_snp_format(s, info + sizeof(label));
	for (int i = 0; s->bind & WARD_SEAL_BIND_UID && i < 4; i++)
		p[i] = (uint8_t)(id->uid >> 8 * i);
	if (s->bind & WARD_SEAL_BIND_CGROUP)
		memcpy(p + 4, id->cgroup, 32);
	if (s->bind & WARD_SEAL_BIND_MODULE)
		memcpy(p + 36, id->module, 32);
	return hkdf(key, s->salt, sizeof(s->salt), info, sizeof(info), secret);
}

/* ---- sealing and unsealing -------------------------------------------------------------- */

static int describe(const struct seal_snp_how *how, struct ward_recipient_key *r)
{
	uint8_t sum[32];

	r->type = WARD_RECIPIENT_SNP;
	r->how_len = SEAL_SNP_HOW_LEN;
	seal_snp_format(how, r->how);
	if (EVP_Digest(r->how, r->how_len, sum, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	return ward_recipient_id(WARD_RECIPIENT_SNP, sum, r->id);
}

int seal_snp_make(const struct ward_sys *sys, const struct seal_identity *id,
		  struct ward_recipient_key *r, struct ward_seal_snp *snp)
{
	struct seal_snp_how how = { .bind = (uint16_t)snp->bind, .root = !!snp->vmrk,
				    .fields = snp->fields, .vmpl = snp->vmpl };
	uint8_t key[32];
	int fd, rc;

	memset(r, 0, sizeof(*r));
	if (snp->fields & ~WARD_SEAL_SNP_FIELDS || snp->bind & ~WARD_SEAL_BINDS || snp->vmpl > 3)
		return seal_say(snp->said, -EINVAL, "an unknown field, or a VMPL above 3");
	if (RAND_bytes(how.salt, sizeof(how.salt)) != 1)
		return seal_say(snp->said, -EIO, "no random numbers");
	fd = device_open(sys, snp);
	if (fd < 0)
		return fd;
	rc = look(sys, fd, snp, &how) ?: derived(sys, fd, &how, snp, key);
	sys->close(fd);
	if (!rc && (secret_of(key, &how, id, r->secret) || describe(&how, r)))
		rc = seal_say(snp->said, -EIO, "the cryptographic library failed");
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

/* Part by part, as the firmware compares them. */
static bool tcb_above(uint64_t tcb, uint64_t other)
{
	for (int i = 0; i < 64; i += 8)
		if ((tcb >> i & 0xff) > (other >> i & 0xff))
			return true;
	return false;
}

/* The firmware only says that it refuses: which of the file's numbers it was. */
static void explain(const struct ward_sys *sys, int fd, const struct seal_snp_how *file,
		    struct ward_seal_snp *snp)
{
	char said[WARD_SEAL_SAID];
	struct seal_snp_how now;

	memcpy(said, snp->said, sizeof(said));
	if (look(sys, fd, snp, &now))
		memcpy(snp->said, said, sizeof(said));
	else if (file->svn > now.svn)
		seal_say(snp->said, -EIO, "sealed by a guest of SVN %u, and this one has %u: it was "
			 "rolled back, and the firmware gives no such key", (unsigned int)file->svn,
			 (unsigned int)now.svn);
	else if (tcb_above(file->tcb, now.tcb))
		seal_say(snp->said, -EIO, "sealed at TCB %016llx, and the processor's firmware is "
			 "committed to %016llx: it was rolled back, or this is another processor",
			 (unsigned long long)file->tcb, (unsigned long long)now.tcb);
	else
		memcpy(snp->said, said, sizeof(said));
}

int seal_snp_unlock(const struct ward_sys *sys, const struct seal_identity *id,
		    struct ward_seal_snp *snp, const struct ward_recipient *r, uint8_t *secret)
{
	struct seal_snp_how how;
	uint8_t key[32];
	const char *why;
	int fd, rc;

	if (r->type != WARD_RECIPIENT_SNP)
		return -ENOKEY;
	if (seal_snp_parse(r->how, r->how_len, &how, &why))
		return seal_say(snp->said, -EBADMSG, "a recipient of type snp: %s", why);
	snp->vmpl = how.vmpl;
	fd = device_open(sys, snp);
	if (fd < 0)
		return fd;
	rc = derived(sys, fd, &how, snp, key);
	if (rc == -EIO)
		explain(sys, fd, &how, snp);
	sys->close(fd);
	if (!rc && secret_of(key, &how, id, secret))
		rc = seal_say(snp->said, -EIO, "the cryptographic library failed");
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

/* Whom to ask: NULL = the device itself. */
static const char *agent_of(const struct ward_seal_snp *snp)
{
	if (snp->device)
		return strncmp(snp->device, "unix:", 5) ? NULL : snp->device + 5;
	if (!access(DEVICE, R_OK | W_OK) || access(SEAL_AGENT_SOCKET, F_OK))
		return NULL;
	return SEAL_AGENT_SOCKET;
}

/* wardd adds SVN, TCB and salt, and nothing else. */
static int agent_make(const char *agent, struct ward_recipient_key *r, struct ward_seal_snp *snp)
{
	const struct seal_snp_how want = { .bind = (uint16_t)snp->bind, .root = !!snp->vmrk,
					   .fields = snp->fields, .vmpl = snp->vmpl };
	uint8_t how[SEAL_SNP_HOW_LEN];
	struct seal_snp_how got;
	const char *why;
	int rc;

	memset(r, 0, sizeof(*r));
	seal_snp_format(&want, how);
	rc = seal_agent_ask(agent, SEAL_AGENT_MAKE, how, r->secret, snp->said);
	if (rc)
		return rc;
	if (seal_snp_parse(how, sizeof(how), &got, &why) || got.bind != want.bind ||
	    got.root != want.root || got.fields != want.fields || got.vmpl != want.vmpl)
		rc = seal_say(snp->said, -EIO, "wardd made another key than it was asked for");
	else if (describe(&got, r))
		rc = seal_say(snp->said, -EIO, "the cryptographic library failed");
	if (rc)
		OPENSSL_cleanse(r->secret, sizeof(r->secret));
	return rc;
}

int ward_recipient_snp(struct ward_recipient_key *r, struct ward_seal_snp *snp)
{
	const char *agent = agent_of(snp);
	struct seal_identity id;

	if (agent)
		return agent_make(agent, r, snp);
	return seal_identity_read(snp->bind, &id, snp->said) ?:
	       seal_snp_make(&ward_sys_real, &id, r, snp);
}

int ward_recipient_unlock_snp(void *arg, const struct ward_recipient *r, uint8_t *secret)
{
	struct ward_seal_snp *snp = arg;
	const char *agent = agent_of(snp), *why;
	uint8_t copy[SEAL_SNP_HOW_LEN];
	struct seal_identity id;
	struct seal_snp_how how;

	if (r->type != WARD_RECIPIENT_SNP)
		return -ENOKEY;
	if (seal_snp_parse(r->how, r->how_len, &how, &why))
		return seal_say(snp->said, -EBADMSG, "a recipient of type snp: %s", why);
	if (agent) {
		memcpy(copy, r->how, sizeof(copy));
		return seal_agent_ask(agent, SEAL_AGENT_UNLOCK, copy, secret, snp->said);
	}
	return seal_identity_read(how.bind, &id, snp->said) ?:
	       seal_snp_unlock(&ward_sys_real, &id, snp, r, secret);
}
