// SPDX-License-Identifier: GPL-2.0-only
/*
 * tsmsim: a SIMULATED TEE. It registers with the kernel's TSM report core as
 * sev-guest would, and answers with the reports of report.h.
 */
#include <linux/tsm.h>

#include "report.h"

/* The report core renamed its interface when another core took the short one. */
#ifdef TSM_REPORT_INBLOB_MAX
#define tsmsim_ops_type		tsm_report_ops
#define tsmsim_register		tsm_report_register
#define tsmsim_unregister	tsm_report_unregister
#else
#define tsmsim_ops_type		tsm_ops
#define tsmsim_register		tsm_register
#define tsmsim_unregister	tsm_unregister
#endif

/* What a kernel would log on a machine that this is not: for readers of its log. */
static int log_line(const char *text, const struct kernel_param *kp)
{
	pr_info("tsmsim: SIMULATED log: %s", text);
	return 0;
}

static const struct kernel_param_ops log_ops = { .set = log_line };
module_param_cb(log, &log_ops, NULL, 0200);
MODULE_PARM_DESC(log, "a line for the kernel's log, as another machine's kernel would say it");

/* Of evidence under a name like arm_cca_guest ward doesn't know where its report data is. */
static char *tee_name = KBUILD_MODNAME;
module_param_named(name, tee_name, charp, 0444);
MODULE_PARM_DESC(name, "of the provider, as the report core shows it (default: tsmsim)");

/* ---- the report ------------------------------------------------------------------------ */

static int attach_aux(struct tsm_report *report)
{
	report->auxblob = kvmalloc(sizeof(tsmsim_aux), GFP_KERNEL);
	if (!report->auxblob)
		return -ENOMEM;
	memcpy(report->auxblob, tsmsim_aux, sizeof(tsmsim_aux));
	report->auxblob_len = sizeof(tsmsim_aux);
	return 0;
}

/* A service beside the kernel, of whatever name, has a manifest. */
static int attach_manifest(struct tsm_report *report)
{
	static const char text[] = "SIMULATED manifest of ";
	const char *service = report->desc.service_provider;

	if (!service)
		return 0;
	report->manifestblob = kvmalloc(sizeof(text) - 1 + strlen(service), GFP_KERNEL);
	if (!report->manifestblob)
		return -ENOMEM;
	memcpy(report->manifestblob, text, sizeof(text) - 1);
	memcpy(report->manifestblob + sizeof(text) - 1, service, strlen(service));
	report->manifestblob_len = sizeof(text) - 1 + strlen(service);
	return 0;
}

static int make_report(struct tsm_report *report)
{
	u8 *out = kvzalloc(OVERSIZED_LEN, GFP_KERNEL);
	int rc;

	if (!out)
		return -ENOMEM;
	rc = simulate_report(out, report->desc.inblob, report->desc.privlevel);
	if (!rc)
		rc = attach_aux(report) ?: attach_manifest(report);
	if (rc) {
		kvfree(out);
		return rc;
	}
	report->outblob = out;
	report->outblob_len = report_length();
	return 0;
}

/* ---- a host that lies --------------------------------------------------------------------- */

static uint hostile;
module_param(hostile, uint, 0644);
MODULE_PARM_DESC(hostile, "fault: any of them, by a sequence that begins with this; nothing is signed");

enum {
	HOSTILE_LEN = 8192,
	ENDLESS_LEN = 16 * 1024 * 1024,
};

/* xorshift32: who set the first number knows them all. The core's lock is held. */
static u32 hostile_next(void)
{
	hostile ^= hostile << 13;
	hostile ^= hostile >> 17;
	hostile ^= hostile << 5;
	return hostile;
}

static size_t hostile_length(u32 x)
{
	u32 some = x >> 8;

	switch (x % 16) {
	case 3:
		return 0;
	case 4:
		return some % REPORT_LEN;
	case 5:
		return some % 64 ? OVERSIZED_LEN : ENDLESS_LEN;
	default:
		return x % 16 < 10 ? REPORT_LEN : REPORT_LEN + some % 4096;
	}
}

static int hostile_error(u32 x)
{
	static const int errors[] = { -EBUSY, -ENXIO, -ENOMEM, -ETIMEDOUT };

	return x % 16 >= 6 && x % 16 < 10 ? errors[x % 16 - 6] : 0;
}

static void hostile_fill(struct tsm_report *report, u8 *out, u32 x)
{
	u8 foreign[REPORT_DATA_LEN];

	get_random_bytes(foreign, sizeof(foreign));
	fill_report(out, x % 16 == 1 ? foreign : x % 16 == 2 ? last_report_data :
		    report->desc.inblob, report->desc.privlevel);
}

static int hostile_report(struct tsm_report *report)
{
	u32 x = hostile_next();
	size_t len = hostile_length(x);
	int rc = hostile_error(x);
	u8 *out;

	if (rc)
		return rc;
	out = kvzalloc(max_t(size_t, len, HOSTILE_LEN), GFP_KERNEL);
	if (!out)
		return -ENOMEM;
	rc = attach_aux(report) ?: attach_manifest(report);
	if (rc) {
		kvfree(out);
		return rc;
	}
	hostile_fill(report, out, x);
	memcpy(last_report_data, report->desc.inblob, REPORT_DATA_LEN);
	report->outblob = out;
	report->outblob_len = len;
	return 0;
}

/* The core calls us with its lock held for writing. */
static int tsmsim_report_new(struct tsm_report *report, void *data)
{
	if (report->desc.inblob_len != REPORT_DATA_LEN)
		return -EINVAL;
	return simulate_delay() ?:
	       (READ_ONCE(hostile) ? hostile_report(report) : make_report(report));
}

static bool tsmsim_attr_visible(int n)
{
	switch (n) {
	case TSM_REPORT_GENERATION:
	case TSM_REPORT_PROVIDER:
	case TSM_REPORT_PRIVLEVEL:
	case TSM_REPORT_PRIVLEVEL_FLOOR:
	case TSM_REPORT_SERVICE_PROVIDER:
	case TSM_REPORT_SERVICE_GUID:
	case TSM_REPORT_SERVICE_MANIFEST_VER:
		return true;
	}
	return false;
}

static bool tsmsim_bin_attr_visible(int n)
{
	return n == TSM_REPORT_INBLOB || n == TSM_REPORT_OUTBLOB ||
	       n == TSM_REPORT_AUXBLOB || n == TSM_REPORT_MANIFESTBLOB;
}

static struct tsmsim_ops_type tsmsim_ops = {
	.report_new = tsmsim_report_new,
	.report_attr_visible = tsmsim_attr_visible,
	.report_bin_attr_visible = tsmsim_bin_attr_visible,
};

/* ---- coming and going ----------------------------------------------------------------------- */

static int __init tsmsim_init(void)
{
	int rc = simulator_start();

	if (rc)
		return rc;
	tsmsim_ops.name = tee_name;
	rc = tsmsim_register(&tsmsim_ops, NULL);
	if (rc) {
		simulator_end();
		return rc;
	}
	pr_info("tsmsim: SIMULATED TEE, its evidence proves nothing\n");
	return 0;
}

static void __exit tsmsim_exit(void)
{
	tsmsim_unregister(&tsmsim_ops);
	simulator_end();
}

module_init(tsmsim_init);
module_exit(tsmsim_exit);

MODULE_DESCRIPTION("SIMULATED TEE: SNP-format reports signed by a test key");
MODULE_AUTHOR("ward contributors");
MODULE_LICENSE("GPL");
