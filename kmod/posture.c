// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about the machine. What this kernel cannot find out stays out of
 * @known, so that nobody takes silence for an answer.
 */
#include <linux/bits.h>
#include <linux/cc_platform.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/security.h>
#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#endif

#include "ward.h"

/*
 * Lockdown only ever rises, and each probe that is refused prints a line: once
 * refused, it is not asked again. 0 = not refused so far.
 */
static unsigned long lockdown_latched;	/* bits: enum lockdown_reason */

static bool locked_down(enum lockdown_reason what)
{
	if (test_bit(what, &lockdown_latched))
		return true;
	if (!security_locked_down(what))
		return false;
	set_bit(what, &lockdown_latched);
	return true;
}

static void fact(struct ward_posture *out, u64 bit, bool set)
{
	out->known |= bit;
	if (set)
		out->bits |= bit;
}

static u32 detect_tee(void)
{
	if (cc_platform_has(CC_ATTR_GUEST_SEV_SNP))
		return WARD_TEE_SNP;
#ifdef CONFIG_X86
	if (boot_cpu_has(X86_FEATURE_TDX_GUEST))
		return WARD_TEE_TDX;
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return WARD_TEE_SEV;
#endif
	if (ward_in_realm())
		return WARD_TEE_CCA;
	return WARD_TEE_NONE;
}

static void lockdown_facts(struct ward_posture *out)
{
	bool integrity, confidentiality;

	if (!IS_ENABLED(CONFIG_SECURITY_LOCKDOWN_LSM))
		return;
	/* One reason of each level; the level alone decides. */
	integrity = locked_down(LOCKDOWN_KEXEC);
	confidentiality = integrity && locked_down(LOCKDOWN_KCORE);
	fact(out, WARD_POSTURE_LOCKDOWN_INTEGRITY, integrity);
	fact(out, WARD_POSTURE_LOCKDOWN_CONF, confidentiality);
	out->lockdown = confidentiality ? 2 : integrity ? 1 : 0;
}

/* Whether hibernation is possible is not exported; only a refusal can be seen. */
static void hibernation_fact(struct ward_posture *out)
{
	if (!IS_ENABLED(CONFIG_HIBERNATION) ||
	    (IS_ENABLED(CONFIG_SECURITY_LOCKDOWN_LSM) &&
	     locked_down(LOCKDOWN_HIBERNATION)))
		fact(out, WARD_POSTURE_HIBERNATION_OFF, true);
}

static u64 taint_mask(void)
{
	u64 mask = 0;
	unsigned int flag;

	for (flag = 0; flag < TAINT_FLAGS_COUNT; flag++)
		if (flag != TAINT_OOT_MODULE && test_taint(flag))
			mask |= BIT_ULL(flag);
	return mask;
}

/**
 * ward_posture_get() - the machine's state as of now
 * @out: filled whole. @tee is what the kernel detects, whatever the provider
 *	calls itself
 *
 * WARD_POSTURE_EXCLUSIVE is never known here: who else can open a device node
 * is a question about file systems and namespaces, which an agent may answer.
 */
void ward_posture_get(struct ward_posture *out)
{
	memset(out, 0, sizeof(*out));
	/* Of realms cc_platform_has() knows later than the kernel does. */
	fact(out, WARD_POSTURE_MEM_ENCRYPT,
	     cc_platform_has(CC_ATTR_MEM_ENCRYPT) || ward_in_realm());
#ifdef CONFIG_MODULE_SIG
	fact(out, WARD_POSTURE_MODULE_SIG, THIS_MODULE->sig_ok);
#endif
	fact(out, WARD_POSTURE_KEXEC_LOADED, kexec_crash_loaded());
	fact(out, WARD_POSTURE_INIT_ON_FREE, want_init_on_free());
	hibernation_fact(out);
	lockdown_facts(out);
	out->taint = taint_mask();
	out->tee = detect_tee();
}

/* Latches what is locked down already, so that no request pays for the probe. */
void ward_posture_init(void)
{
	struct ward_posture first;

	ward_posture_get(&first);
}

/* What was built in: it depends on the kernel's headers alone. */
u64 ward_features(void)
{
	u64 features = WARD_FEATURE_NO_GUP | WARD_FEATURE_AGENT;

#ifdef WARD_HUGE
	features |= WARD_FEATURE_HUGE;
#endif
#ifdef WARD_HAVE_TSM
	features |= WARD_FEATURE_ATTEST;
#endif
	return features;
}
