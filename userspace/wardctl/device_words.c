// SPDX-License-Identifier: MIT
/* The words of what the kernel counts by bits and numbers. */
#include "device.h"

static const char *const features[] = {
	"attest", "huge", "no-gup", "agent", "keys",
};

static const char *const postures[] = {
	"mem-encrypt", "module-sig", "kexec-loaded", "hibernation-off",
	"lockdown-integrity", "lockdown-confidentiality", "exclusive", "init-on-free",
};

/* By number; 0 is no purpose. */
static const char *const purposes[] = {
	"", "release", "channel", "receipt", "seal", "report", "raw",
};

static const char *const refusals[] = { "traced", "dumpable" };

#define WORDS(a) { (a), sizeof(a) / sizeof((a)[0]) }

const struct device_words device_features = WORDS(features);
const struct device_words device_postures = WORDS(postures);
const struct device_words device_purposes = WORDS(purposes);
const struct device_words device_refusals = WORDS(refusals);
