// SPDX-License-Identifier: MIT
/*
 * NVIDIA GPUs: a device beside the guest. That its report answers the challenge says that
 * a GPU like that was asked; that it is this guest's says the guest, which must be
 * measured for it.
 */
#include <string.h>

#include "fault.h"
#include "gpu.h"
#include "json_write.h"
#include "kind.h"

static void warn(struct wv_verdict *v)
{
	if (v->gpu.named_root)
		v->warnings |= WV_WARN_NAMED_ROOT;
	if (!v->gpu.crl_checked)
		v->warnings |= WV_WARN_CRL_UNCHECKED;
}

int kind_gpu(struct judge *j, const struct wv_evidence *e)
{
	struct wv_verdict *v = j->v;
	struct wv_bytes carried = { v->gpu.nonce, sizeof(v->gpu.nonce) };
	int rc;

	rc = gpu_parse(e->data, &v->gpu, &v->fault);
	if (rc)
		return rc;
	v->have |= WV_HAVE_GPU;
	rc = gpu_chain(j->a, e->data, e->aux, &v->gpu, &v->fault) ?:
	     judge_fresh(j, carried, JUDGE_DIGEST, "gpu.nonce", 4);
	if (rc)
		return rc;
	warn(v);
	v->simulated |= v->gpu.simulated;
	rc = judge_beside(j, "gpu.root", "GPU's key");
	if (rc)
		return rc;
	j->seen |= POLICY_TEE_GPU;
	/* Outside of a bundle it is what is measured. */
	if (!j->report_data)
		v->measured |= j->p->gpu.block_count > 0;
	return policy_gpu(&j->p->gpu, &v->gpu, &j->rules) ?:
	       policy_crl(j->p, v->gpu.crl_checked ? 0 : WV_WARN_CRL_UNCHECKED, &j->rules);
}

bool kind_gpu_recognise(struct wv_bytes data)
{
	return gpu_is(data);
}

json_t *kind_gpu_json(struct wv_bytes data, struct wv_fault *fault)
{
	struct wv_gpu g;

	return gpu_parse(data, &g, fault) ? NULL : gpu_json(&g, false);
}
