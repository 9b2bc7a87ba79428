// SPDX-License-Identifier: MIT
/*
 * What a TEE measured of its guest, in the one form that release logs have.
 */
#include <string.h>

#include "wardverify.h"

#define LEN sizeof(((struct wv_release *)NULL)->measurement)

void wv_verdict_measurement(const struct wv_verdict *v, uint8_t out[48])
{
	const struct wv_hash *rim = &v->cca.rim;

	memset(out, 0, LEN);
	if (v->have & WV_HAVE_REPORT)
		memcpy(out, v->report.measurement, LEN);
	else if (v->have & WV_HAVE_TDX)
		memcpy(out, v->tdx.mr_td, LEN);
	else if (v->have & WV_HAVE_NITRO)
		memcpy(out, v->nitro.pcr[0], LEN);
	else if (v->have & WV_HAVE_CCA)
		memcpy(out, rim->data, rim->len < LEN ? rim->len : LEN);
}
