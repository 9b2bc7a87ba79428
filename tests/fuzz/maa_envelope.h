/* SPDX-License-Identifier: MIT */
/* What target_maa.c and its seeds agree on: the token in sound envelopes, and their keys. */
#ifndef TEST_FUZZ_MAA_ENVELOPE_H
#define TEST_FUZZ_MAA_ENVELOPE_H

#define FUZZ_MAA_TOKEN	"eyJhbGciOiJSUzI1NiJ9.eyJ4LW1zLXJ1bnRpbWUiOnsia2V5cyI6W119fQ.AAAA"
#define FUZZ_MAA_KEY	0x4b	/* each byte of the key that the TPM decrypts */

#endif /* TEST_FUZZ_MAA_ENVELOPE_H */
