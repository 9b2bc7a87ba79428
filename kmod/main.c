// SPDX-License-Identifier: GPL-2.0-only
/*
 * ward: protected memory and mediated attestation for confidential VMs.
 *
 * Here is only the order in which the house comes up and goes down.
 */
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rcupdate.h>

#include "critical.h"
#include "evidence.h"
#include "key.h"
#include "policy.h"
#include "ward.h"

u8 ward_instance[WARD_ID_LEN];

static char *limit;
module_param(limit, charp, 0444);
MODULE_PARM_DESC(limit, "bytes of protected memory in all, with K, M or G (default: half of RAM)");

static struct miscdevice ward_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ward",
	.fops = &ward_session_fops,
	.mode = 0660,
};

static u64 limit_bytes(void)
{
	struct sysinfo info;
	char *end;
	u64 bytes;

	si_meminfo(&info);
	bytes = (u64)info.totalram * info.mem_unit / 2;
	if (limit) {
		u64 asked = memparse(limit, &end);

		if (*end || !asked)
			pr_warn("ward: limit is no size, using %llu bytes\n", bytes);
		else
			bytes = asked;
	}
	return bytes & PAGE_MASK;
}

static void record_start(void)
{
	struct ward_event ev = {
		.type = cpu_to_le16(WARD_EVENT_MODULE),
		.id = cpu_to_le64(WARD_VERSION_CODE),
	};

	ward_ledger_system(&ev);
}

static void measure_start(void)
{
	struct {
		u8 instance[WARD_ID_LEN];
		u8 build_id[sizeof_field(struct ward_claims, build_id)];
		__le32 version;
	} start = { .version = cpu_to_le32(WARD_VERSION_CODE) };

	memcpy(start.instance, ward_instance, sizeof(start.instance));
	ward_build_id(start.build_id);
	ward_critical("ward_start", &start, sizeof(start));
}

static int __init ward_init(void)
{
	u64 most = limit_bytes();
	int rc;

	get_random_bytes(ward_instance, sizeof(ward_instance));
	rc = ward_digest_init();
	if (rc)
		return rc;
	rc = ward_ledger_init(most);
	if (rc)
		goto err_digest;
	rc = ward_pool_init(most);
	if (rc)
		goto err_ledger;
	rc = ward_policy_init();
	if (rc)
		goto err_pool;
	record_start();
	measure_start();
	ward_posture_init();
	rc = ward_lease_init(&ward_session_lease_ops);
	if (rc)
		goto err_policy;
	rc = ward_buffer_init();
	if (rc)
		goto err_lease;
	rc = ward_shrinker_init();
	if (rc)
		goto err_buffer;
	rc = ward_key_init();
	if (rc)
		goto err_shrinker;
	rc = ward_lifecycle_init();
	if (rc)
		goto err_key;
	rc = ward_attest_init();
	if (rc)
		goto err_lifecycle;
	rc = ward_tsm_init();
	if (rc)
		goto err_attest;
	rc = ward_control_init();
	if (rc)
		goto err_tsm;
	rc = misc_register(&ward_device);
	if (rc)
		goto err_control;
	return 0;

err_control:
	ward_control_exit();
err_tsm:
	ward_tsm_exit();
err_attest:
	ward_attest_exit();
err_lifecycle:
	ward_lifecycle_exit();
err_key:
	ward_key_exit();
err_shrinker:
	ward_shrinker_exit();
err_buffer:
	ward_buffer_exit();
err_lease:
	ward_lease_exit();
err_policy:
	ward_policy_exit();
err_pool:
	ward_pool_exit();
err_ledger:
	ward_ledger_exit();
err_digest:
	ward_digest_exit();
	return rc;
}

/*
 * A fault that waited before a veil may have dropped the last reference to a session, and
 * with it to the module, without a file: such a task has left our code once it has slept
 * or is in user space.
 */
static void __exit ward_exit(void)
{
	synchronize_rcu_tasks();
	misc_deregister(&ward_device);
	ward_control_exit();
	ward_tsm_exit();
	ward_attest_exit();
	ward_lifecycle_exit();
	ward_key_exit();
	ward_lease_flush();
	ward_shrinker_exit();
	ward_buffer_exit();
	ward_lease_exit();
	ward_session_exit();
	ward_policy_exit();
	ward_pool_exit();
	ward_ledger_exit();
	ward_digest_exit();
}

module_init(ward_init);
module_exit(ward_exit);

MODULE_DESCRIPTION("Protected memory and mediated attestation for confidential VMs");
MODULE_AUTHOR("ward contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION(WARD_VERSION_STRING);
/* With aesni_intel, where it is, AES is not done by tables. */
MODULE_SOFTDEP("pre: sha256 sha512 aesni_intel gcm");
