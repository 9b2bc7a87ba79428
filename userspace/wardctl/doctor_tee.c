// SPDX-License-Identifier: MIT
/*
 * Checks: what encrypts this guest's memory, and who may ask the processor for a
 * report about it.
 */
#include "device.h"
#include "doctor.h"

/* How a machine of each cloud is made that can be attested. */
static const char *start_anew(enum machine_cloud cloud)
{
	static const char *const mends[] = {
		[CLOUD_OTHER] = "start the guest as SEV-SNP or TDX",
		[CLOUD_AZURE] = "create it anew with --security-type ConfidentialVM, of a size"
				" DCasv5, ECasv5 (SNP) or DCesv5, ECesv5 (TDX)",
		[CLOUD_GOOGLE] = "create it anew with --confidential-compute-type=SEV_SNP (N2D) or"
				 " TDX (C3)",
		[CLOUD_AWS] = "start it anew as M6a, C6a or R6a with --cpu-options"
			      " AmdSevSnp=enabled",
	};

	return cloud == CLOUD_NITRO ? NULL : mends[cloud];
}

static void check_tee(struct doctor *d)
{
	const struct machine *m = &d->machine;
	const char *tee = machine_tee_text(m->tee);

	if (m->cloud == CLOUD_NITRO)
		doctor_say(d, "tee", DOCTOR_OK, NULL,
			   "a Nitro enclave: its evidence is the document of /dev/nsm");
	else if (m->tee == MACHINE_PLAIN)
		doctor_say(d, "tee", DOCTOR_WARN, start_anew(m->cloud),
			   "no memory encryption: the host can read all of this guest, and no"
			   " hardware vouches for it");
	else if (m->tee == MACHINE_SEV || m->tee == MACHINE_SEV_ES)
		doctor_say(d, "tee", DOCTOR_FAIL, start_anew(m->cloud),
			   "%s without SNP, says %s: memory is encrypted, but no report possible:"
			   " such a guest cannot prove what it is", tee, m->by);
	else
		doctor_say(d, "tee", DOCTOR_OK, NULL, "%s, says %s", tee, m->by);
}

static void check_paravisor(struct doctor *d)
{
	const struct machine *m = &d->machine;

	if (!m->paravisor)
		doctor_say(d, "paravisor", DOCTOR_OK, NULL, "none that shows itself");
	else if (d->provider.it.attached)
		doctor_say(d, "paravisor", DOCTOR_OK, NULL, "%s; %s gives evidence", m->by,
			   d->provider.it.name);
	else
		doctor_say(d, "paravisor", DOCTOR_WARN,
			   "run wardd --backend azure: the paravisor left the processor's report in"
			   " the vTPM; the policy must measure the paravisor, too",
			   "one stands between this guest and the processor, says %s: the kernel"
			   " cannot ask for reports (no sev-guest, no tdx-guest)", m->by);
}

static void check_vmpck(struct doctor *d)
{
	const struct machine *m = &d->machine;

	if (m->vmpck_lost)
		doctor_say(d, "vmpck", DOCTOR_FAIL,
			   "reboot the guest: nothing else brings the key back; then let ward alone"
			   " ask (quote-interface below)",
			   "lost: the kernel threw away the key to the secure processor after a"
			   " request failed (its log says so); every later one fails");
	else if (!m->log)
		doctor_say(d, "vmpck", DOCTOR_SKIP, NULL,
			   "the kernel's log would tell, and is shown to root alone");
	else
		doctor_say(d, "vmpck", DOCTOR_OK, NULL, "the kernel's log has no word of its loss");
}

void doctor_tee(struct doctor *d)
{
	check_tee(d);
	check_paravisor(d);
	check_vmpck(d);
}
