// SPDX-License-Identifier: MIT
/* Tables of certificates behind SNP reports: no entry reaches out of the table. */
#include "contract.h"
#include "../../userspace/verifier/snp.c"
#include "proof.h"

void proof(void)
{
	struct wv_bytes in = any_bytes(LENGTH_ANY);
	struct snp_table t;
	struct wv_fault fault;
	int rc = snp_table_parse(in, &t, &fault);

	__CPROVER_assert(rc == WV_OK || rc == WV_EVIDENCE_DAMAGED, "no other reason");
	if (!rc)
		reached();
	__CPROVER_assert(there(t.ark, in) && there(t.ask, in) && there(t.vcek, in) &&
			 there(t.vlek, in), "certificates lie in the table");
}
