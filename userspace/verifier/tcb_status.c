// SPDX-License-Identifier: MIT
/*
 * Levels of a TCB: words, and the tables by which Intel puts them together (DCAP quote
 * verification library, 4.1.2.4.17).
 */
#include <string.h>

#include "fault.h"
#include "tcb_status.h"

static const char words[][37] = {
	[WV_TCB_UNCHECKED] = "unchecked",
	[WV_TCB_UP_TO_DATE] = "UpToDate",
	[WV_TCB_SW_HARDENING] = "SWHardeningNeeded",
	[WV_TCB_CONFIGURATION] = "ConfigurationNeeded",
	[WV_TCB_CONFIGURATION_AND_SW_HARDENING] = "ConfigurationAndSWHardeningNeeded",
	[WV_TCB_TD_RELAUNCH] = "TDRelaunchAdvised",
	[WV_TCB_TD_RELAUNCH_CONFIGURATION] = "TDRelaunchAdvisedConfigurationNeeded",
	[WV_TCB_OUT_OF_DATE] = "OutOfDate",
	[WV_TCB_OUT_OF_DATE_CONFIGURATION] = "OutOfDateConfigurationNeeded",
	[WV_TCB_REVOKED] = "Revoked",
};
#define WORDS (int)(sizeof(words) / sizeof(words[0]))

const char *wv_tcb_level_text(int level)
{
	return level >= 0 && level < WORDS ? words[level] : "unknown";
}

int tcb_level_find(const char *word)
{
	int i;

	for (i = WV_TCB_UP_TO_DATE; i < WORDS; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

bool tcb_outdated(int level)
{
	return level == WV_TCB_OUT_OF_DATE || level == WV_TCB_OUT_OF_DATE_CONFIGURATION;
}

bool tcb_needs_configuration(int level)
{
	return level == WV_TCB_CONFIGURATION || level == WV_TCB_CONFIGURATION_AND_SW_HARDENING ||
	       level == WV_TCB_OUT_OF_DATE_CONFIGURATION ||
	       level == WV_TCB_TD_RELAUNCH_CONFIGURATION;
}

int tcb_without_age(int level)
{
	if (level == WV_TCB_OUT_OF_DATE)
		return WV_TCB_UP_TO_DATE;
	return level == WV_TCB_OUT_OF_DATE_CONFIGURATION ? WV_TCB_CONFIGURATION : level;
}

/* Of a part everything but up to date and revoked counts as out of date. */
int tcb_converge(int platform, int part)
{
	if (part == WV_TCB_UNCHECKED || part == WV_TCB_UP_TO_DATE ||
	    platform == WV_TCB_REVOKED)
		return platform;
	if (part == WV_TCB_REVOKED)
		return WV_TCB_REVOKED;
	switch (platform) {
	case WV_TCB_UNCHECKED:
	case WV_TCB_UP_TO_DATE:
	case WV_TCB_SW_HARDENING:
		return WV_TCB_OUT_OF_DATE;
	case WV_TCB_CONFIGURATION:
	case WV_TCB_CONFIGURATION_AND_SW_HARDENING:
		return WV_TCB_OUT_OF_DATE_CONFIGURATION;
	}
	return platform;
}
