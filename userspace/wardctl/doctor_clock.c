// SPDX-License-Identifier: MIT
/*
 * Check: the clock. Certificates are judged by it and tokens end by it. No source
 * here is trusted: the kernel's build is a floor, the host's clock a second opinion.
 */
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>

#include "doctor.h"
#include "sysfs.h"

#define DAY (24 * 60 * 60)
#define RTC_MAY_DIFFER 300	/* seconds; it has no finer idea of the time after a migration */

static int64_t day_of(int year, int month, int day)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };

	if (year < 2000 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31)
		return 0;
	return timegm(&tm);
}

static int month_named(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *at = strstr(names, name);

	return strlen(name) == 3 && at && !((at - names) % 3) ? (int)(at - names) / 3 + 1 : 0;
}

int64_t doctor_built(const char *version)
{
	int year, month, day;
	char name[4], zone[8];
	const char *at;
	int64_t built;

	for (at = version; *at; at++) {
		built = 0;
		if (sscanf(at, "%4d-%2d-%2d", &year, &month, &day) == 3)
			built = day_of(year, month, day);
		else if (sscanf(at, "%3[A-Za-z] %2d %*d:%*d:%*d %7s %4d", name, &day, zone,
				&year) == 4)
			built = day_of(year, month_named(name), day);
		if (built)
			return built;
	}
	return 0;
}

static void text_of(int64_t at, char *to, size_t room)
{
	time_t t = at;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(to, room, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

void doctor_judge_clock(struct doctor *d, const struct doctor_clock *clock)
{
	int64_t apart = clock->now > clock->rtc ? clock->now - clock->rtc : clock->rtc - clock->now;
	char now[32], then[32];

	text_of(clock->now, now, sizeof(now));
	text_of(clock->built, then, sizeof(then));
	if (clock->built && clock->now < clock->built - DAY)
		doctor_say(d, "clock", DOCTOR_FAIL,
			   "timedatectl set-ntp true, or install chrony; at once: date -s",
			   "it says %s, which is before the kernel was built (%.10s, says uname):"
			   " no certificate is valid yet", now, then);
	else if (clock->rtc && apart > RTC_MAY_DIFFER)
		doctor_say(d, "clock", DOCTOR_WARN,
			   "chronyc makestep, or hwclock --systohc when this clock is the right one",
			   "it says %s, and the machine's own (/sys/class/rtc/rtc0) is %lld s away:"
			   " one of them is wrong, or that one keeps local time", now,
			   (long long)apart);
	else if (!clock->synced)
		doctor_say(d, "clock", DOCTOR_WARN,
			   "timedatectl set-ntp true, or install chrony",
			   "it says %s, and no time service keeps it (adjtimex): it is what the"
			   " host gave at boot", now);
	else
		doctor_say(d, "clock", DOCTOR_OK, NULL, "%s, kept by a time service", now);
}

void doctor_clock(struct doctor *d)
{
	struct doctor_clock clock = { .now = time(NULL) };
	struct timex timex = { 0 };
	struct utsname name;
	char path[512];

	uname(&name);
	clock.built = doctor_built(name.version);
	if (machine_path(d->from, "/sys/class/rtc/rtc0/since_epoch", path, sizeof(path)))
		clock.rtc = sysfs_number(path, 0);
	clock.synced = adjtimex(&timex) >= 0 && !(timex.status & STA_UNSYNC);
	doctor_judge_clock(d, &clock);
}
