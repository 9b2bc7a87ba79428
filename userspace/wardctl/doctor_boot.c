// SPDX-License-Identifier: MIT
/*
 * Checks: what the firmware and the kernel's lockdown let be loaded. Lockdown only
 * ever rises, so that the kernel may have refused less when it booted.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

#define EFI "/sys/firmware/efi"
#define EFI_SECURE_BOOT EFI "/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define EFI_ATTRIBUTES 4	/* bytes before a variable's value */

/* 1 on, 0 off, -1 not to be known. */
static int secure_boot(const struct machine_source *from)
{
	unsigned char value[EFI_ATTRIBUTES + 1];
	char path[512];
	ssize_t n;
	int fd;

	if (!machine_path(from, EFI_SECURE_BOOT, path, sizeof(path)))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, value, sizeof(value));
	close(fd);
	return n == sizeof(value) ? value[EFI_ATTRIBUTES] == 1 : -1;
}

static void check_secure_boot(struct doctor *d)
{
	int on = secure_boot(d->from);

	if (on >= 0)
		doctor_say(d, "secure-boot", DOCTOR_OK, NULL, on ?
			   "on: the kernel takes no module that is not signed" : "off");
	else if (machine_there(d->from, EFI))
		doctor_say(d, "secure-boot", DOCTOR_SKIP,
			   "mount -t efivarfs none " EFI "/efivars",
			   "the firmware's variable cannot be read");
	else
		doctor_say(d, "secure-boot", DOCTOR_OK, NULL, "not booted by EFI: there is none");
}

static void check_lockdown(struct doctor *d)
{
	const char *lockdown = d->facts.lockdown;

	if (!lockdown[0])
		doctor_say(d, "lockdown", DOCTOR_SKIP, NULL,
			   "/sys/kernel/security/lockdown cannot be read");
	else if (!strcmp(lockdown, "none"))
		doctor_say(d, "lockdown", DOCTOR_WARN, "boot with lockdown=integrity",
			   "none: guest root can change the kernel that the evidence vouches for");
	else
		doctor_say(d, "lockdown", DOCTOR_OK, NULL, "%s", lockdown);
}

void doctor_boot(struct doctor *d)
{
	check_secure_boot(d);
	check_lockdown(d);
}
