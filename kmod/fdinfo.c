// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc/PID/fdinfo tells of a session, a buffer or a key to whoever may look at
 * that process: protected memory is in no RSS, so that here is where it shows.
 */
#include <linux/fs.h>
#include <linux/seq_file.h>

#include "buffer.h"
#include "key.h"

void ward_session_show(struct seq_file *seq, struct file *file)
{
	struct ward_session *session = file->private_data;
	struct ward_totals t;

	ward_ledger_totals(&session->account, &t);
	seq_printf(seq, "ward-session:\t%*phN\n", WARD_ID_LEN, session->id);
	seq_printf(seq, "ward-state:\t%#x\n", t.state);
	seq_printf(seq, "ward-live:\t%llu\n",
		   t.live[WARD_KIND_A] + t.live[WARD_KIND_SHARED]);
	seq_printf(seq, "ward-live-b:\t%llu\n", t.live[WARD_KIND_B]);
	seq_printf(seq, "ward-volatile:\t%llu\n", t.live_volatile);
	seq_printf(seq, "ward-pool:\t%llu\n", ward_pool_bytes(&session->pool));
	seq_printf(seq, "ward-peak:\t%llu\n", t.peak_all);
	seq_printf(seq, "ward-expires:\t%llu\n", t.terms.expires_ns);
}

void ward_buf_show(struct seq_file *seq, struct file *file)
{
	struct ward_buf *buf = file->private_data;
	struct ward_buf_info info;

	ward_buf_look(buf, &info);
	seq_printf(seq, "ward-session:\t%*phN\n", WARD_ID_LEN, buf->session->id);
	seq_printf(seq, "ward-buffer:\t%llu\n", info.out_id);
	seq_printf(seq, "ward-class:\t%c\n", info.out_class == WARD_CLASS_A ? 'A' : 'B');
	seq_printf(seq, "ward-length:\t%llu\n", info.out_length);
	seq_printf(seq, "ward-present:\t%llu\n", info.out_present);
	/* An end is told only when nothing is left. */
	seq_printf(seq, "ward-end:\t%u\n",
		   completion_done(&buf->gone) ? info.out_end : WARD_END_NONE);
}

void ward_key_show(struct seq_file *seq, struct file *file)
{
	struct ward_key *key = file->private_data;

	seq_printf(seq, "ward-session:\t%*phN\n", WARD_ID_LEN, key->session->id);
	seq_printf(seq, "ward-key:\t%llu\n", key->id);
	seq_printf(seq, "ward-end:\t%u\n",
		   completion_done(&key->gone) ? READ_ONCE(key->end) : WARD_END_NONE);
}
