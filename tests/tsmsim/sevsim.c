// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevsim: a DOUBLE of /dev/sev-guest, which makes the SIMULATED reports of
 * report.h, and SIMULATED derived keys. It speaks the ioctls of <linux/sev-guest.h>, errors of host and
 * firmware among them, for programs that ask the device and for kernels that have
 * no TSM report core.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <uapi/linux/sev-guest.h>

#include "report.h"

enum {
	RESPONSE_HEAD = 32,		/* MSG_REPORT_RSP: status, size, reserved; MSG_KEY_RSP */
	FIELD_POLICY = 1 << 0,		/* MSG_KEY_REQ: GUEST_FIELD_SELECT */
	FIELD_IMAGE = 1 << 1,
	FIELD_FAMILY = 1 << 2,
	FIELD_MEASUREMENT = 1 << 3,
	FIELD_SVN = 1 << 4,
	FIELD_TCB = 1 << 5,
	FIELDS = 0x3f,
	FIRMWARE_INVALID_PARAM = 0x16,
	VMPL_MAX = 3,
	HOST_INVALID_LEN = 1,
	HOST_BUSY = 2,
};

static uint busy;
module_param(busy, uint, 0644);
MODULE_PARM_DESC(busy, "fault: so many requests are throttled by the host");

static bool lost;
module_param(lost, bool, 0644);
MODULE_PARM_DESC(lost, "fault: the guest's message key is gone");

static uint vmpl;
module_param(vmpl, uint, 0644);
MODULE_PARM_DESC(vmpl, "privilege level of the guest, 0 to 3: the firmware refuses one above it");

static bool vcek_by_tcb;
module_param(vcek_by_tcb, bool, 0644);
MODULE_PARM_DESC(vcek_by_tcb, "the root key of derived keys, where it is the VCEK, goes with the committed TCB");

/* As the driver's own: one request at a time. */
static DEFINE_MUTEX(lock);

/* ---- a request ---------------------------------------------------------------------- */

/* The field was called fw_err, and later exitinfo2: the last one, either way. */
static void set_exit(struct snp_guest_request_ioctl *cmd, u32 host, u32 firmware)
{
	u64 exit = (u64)host << 32 | firmware;

	memcpy((u8 *)cmd + sizeof(*cmd) - sizeof(exit), &exit, sizeof(exit));
}

/* What the parameters want before any report; lock is held. */
static int refusal(struct snp_guest_request_ioctl *cmd)
{
	int rc;

	lockdep_assert_held(&lock);
	if (READ_ONCE(lost))
		return -ENOTTY;
	if (READ_ONCE(busy)) {
		WRITE_ONCE(busy, busy - 1);
		set_exit(cmd, HOST_BUSY, 0);
		return -EIO;
	}
	rc = simulate_delay();
	if (rc)
		set_exit(cmd, 0, FIRMWARE_INVALID_PARAM);
	return rc;
}

static bool level_refused(u32 wanted)
{
	return wanted > VMPL_MAX || wanted < READ_ONCE(vmpl);
}

static int put_response(const struct snp_guest_request_ioctl *cmd, const u8 *response)
{
	return copy_to_user(u64_to_user_ptr(cmd->resp_data), response,
			    sizeof(struct snp_report_resp)) ? -EFAULT : 0;
}

static int give_report(const struct snp_guest_request_ioctl *cmd,
		       const struct snp_report_req *req)
{
	u8 *response = kzalloc(sizeof(struct snp_report_resp), GFP_KERNEL);
	int rc = 0;

	if (!response)
		return -ENOMEM;
	if (level_refused(req->vmpl)) {
		put_unaligned_le32(FIRMWARE_INVALID_PARAM, response);
	} else {
		rc = simulate_report(response + RESPONSE_HEAD, req->user_data, req->vmpl);
		put_unaligned_le32(report_length(), response + 4);
	}
	rc = rc ?: put_response(cmd, response);
	kfree(response);
	return rc;
}

/* Room is asked for in pages; where it is too short, the host says how much it wants. */
static int give_certs(struct snp_guest_request_ioctl *cmd, struct snp_ext_report_req *req)
{
	if (!req->certs_len)
		return 0;
	if (req->certs_len < sizeof(tsmsim_aux)) {
		req->certs_len = ALIGN(sizeof(tsmsim_aux), PAGE_SIZE);
		set_exit(cmd, HOST_INVALID_LEN, 0);
		return copy_to_user(u64_to_user_ptr(cmd->req_data), req, sizeof(*req)) ? -EFAULT :
		       -ENOSPC;
	}
	return copy_to_user(u64_to_user_ptr(req->certs_address), tsmsim_aux, sizeof(tsmsim_aux)) ?
	       -EFAULT : 0;
}

static int get_report(struct snp_guest_request_ioctl *cmd, bool extended)
{
	struct snp_ext_report_req req = { };
	size_t len = extended ? sizeof(req) : sizeof(req.data);
	int rc;

	if (copy_from_user(&req, u64_to_user_ptr(cmd->req_data), len))
		return -EFAULT;
	if (!cmd->msg_version || !IS_ALIGNED(req.certs_len, PAGE_SIZE))
		return -EINVAL;
	rc = refusal(cmd);
	if (!rc && extended)
		rc = give_certs(cmd, &req);
	return rc ?: give_report(cmd, &req.data);
}

/* ---- derived keys ----------------------------------------------------------------------- */

/* As the firmware judges: what is above the guest's own has no key yet. */
static bool key_refused(const struct snp_derived_key_req *req)
{
	u64 have = READ_ONCE(committed_tcb), want = req->tcb_version;
	int i;

	for (i = 0; i < 64; i += 8)
		if ((want >> i & 0xff) > (have >> i & 0xff))
			return true;
	return req->root_key_select > 1 || req->guest_field_select & ~(u64)FIELDS ||
	       level_refused(req->vmpl) || req->guest_svn > READ_ONCE(guest_svn);
}

/*
 * SHA-384 over a label, this build's test key in the place of the processor's secret, and
 * what the request selects of the guest.
 */
static int simulate_key(const struct snp_derived_key_req *req, u8 *key)
{
	struct {
		char label[16];
		u8 secret[P384_LEN];
		__le64 root, fields, vmpl, policy, svn, tcb, vcek;
		__le32 image, family;
		u8 measurement[MEASUREMENT_LEN];
	} __packed mix = { .label = "SIMULATED KEY V1" };
	u8 digest[P384_LEN];
	int rc;

	memcpy(mix.secret, tsmsim_key, sizeof(mix.secret));
	mix.root = cpu_to_le64(req->root_key_select);
	mix.fields = cpu_to_le64(req->guest_field_select);
	mix.vmpl = cpu_to_le64(req->vmpl);
	if (!req->root_key_select && READ_ONCE(vcek_by_tcb))
		mix.vcek = cpu_to_le64(READ_ONCE(committed_tcb));
	if (req->guest_field_select & FIELD_POLICY)
		mix.policy = cpu_to_le64(guest_policy());
	if (req->guest_field_select & FIELD_IMAGE)
		mix.image = cpu_to_le32(READ_ONCE(image));
	if (req->guest_field_select & FIELD_FAMILY)
		mix.family = cpu_to_le32(READ_ONCE(family));
	if (req->guest_field_select & FIELD_MEASUREMENT)
		memcpy(mix.measurement, launch_digest, MEASUREMENT_LEN);
	if (req->guest_field_select & FIELD_SVN)
		mix.svn = cpu_to_le64(req->guest_svn);
	if (req->guest_field_select & FIELD_TCB)
		mix.tcb = cpu_to_le64(req->tcb_version);
	rc = crypto_shash_tfm_digest(sha384_tfm, (u8 *)&mix, sizeof(mix), digest);
	memcpy(key, digest, 32);
	memzero_explicit(digest, sizeof(digest));
	memzero_explicit(&mix, sizeof(mix));
	return rc;
}

static int get_key(struct snp_guest_request_ioctl *cmd)
{
	struct snp_derived_key_req req;
	struct snp_derived_key_resp resp = { };
	int rc;

	if (copy_from_user(&req, u64_to_user_ptr(cmd->req_data), sizeof(req)))
		return -EFAULT;
	if (!cmd->msg_version)
		return -EINVAL;
	rc = refusal(cmd);
	if (rc)
		return rc;
	if (key_refused(&req))
		put_unaligned_le32(FIRMWARE_INVALID_PARAM, resp.data);
	else
		rc = simulate_key(&req, resp.data + RESPONSE_HEAD);
	if (!rc && copy_to_user(u64_to_user_ptr(cmd->resp_data), &resp, sizeof(resp)))
		rc = -EFAULT;
	memzero_explicit(&resp, sizeof(resp));
	return rc;
}

static long sevsim_ioctl(struct file *file, unsigned int request, unsigned long arg)
{
	struct snp_guest_request_ioctl cmd;
	int rc;

	if (request != SNP_GET_REPORT && request != SNP_GET_EXT_REPORT &&
	    request != SNP_GET_DERIVED_KEY)
		return -ENOTTY;
	if (copy_from_user(&cmd, (void __user *)arg, sizeof(cmd)))
		return -EFAULT;
	set_exit(&cmd, 0, 0);
	mutex_lock(&lock);
	rc = request == SNP_GET_DERIVED_KEY ? get_key(&cmd) :
	     get_report(&cmd, request == SNP_GET_EXT_REPORT);
	mutex_unlock(&lock);
	if (copy_to_user((void __user *)arg, &cmd, sizeof(cmd)))
		return -EFAULT;
	return rc;
}

static const struct file_operations sevsim_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = sevsim_ioctl,
};

static struct miscdevice sevsim_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sev-guest",
	.fops = &sevsim_fops,
	.mode = 0600,
};

/* ---- coming and going ----------------------------------------------------------------- */

static int __init sevsim_init(void)
{
	int rc = simulator_start();

	if (rc)
		return rc;
	rc = misc_register(&sevsim_device);
	if (rc) {
		simulator_end();
		return rc;
	}
	pr_info("sevsim: SIMULATED /dev/sev-guest, its evidence proves nothing\n");
	return 0;
}

static void __exit sevsim_exit(void)
{
	misc_deregister(&sevsim_device);
	simulator_end();
}

module_init(sevsim_init);
module_exit(sevsim_exit);

MODULE_DESCRIPTION("DOUBLE of /dev/sev-guest: SIMULATED reports and keys, by a test key");
MODULE_AUTHOR("ward contributors");
MODULE_LICENSE("GPL");
