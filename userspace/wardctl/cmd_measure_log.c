// SPDX-License-Identifier: MIT
/*
 * wardctl measure log: a TPM's event log, and the registers to which it leads.
 */
#include <string.h>

#include "appraise.h"
#include "infile.h"
#include "measure_event.h"
#include "verbs.h"

static const char *bank_name(uint16_t alg, char buffer[8])
{
	const char *name = wv_alg_text(alg);

	if (name)
		return name;
	snprintf(buffer, 8, "0x%04x", alg);
	return buffer;
}

static const char *type_name(uint32_t type, char buffer[16])
{
	const char *name = wv_tcglog_type_text(type);

	if (name)
		return name;
	snprintf(buffer, 16, "0x%08x", type);
	return buffer;
}

static void show_digests(struct output *o, const struct wv_tcglog *log,
			 const struct wv_tcglog_event *e)
{
	char name[8];
	size_t i;

	out_list(o, "digests");
	for (i = 0; i < log->banks; i++) {
		if (!e->digest[i])
			continue;
		out_object(o, NULL);
		out_text(o, "bank", bank_name(log->alg[i], name));
		out_hex(o, "value", e->digest[i], log->digest_len[i]);
		out_close(o);
	}
	out_close(o);
}

static void show_event(struct output *o, const struct wv_tcglog *log,
		       const struct wv_tcglog_event *e)
{
	char text[EVENT_TEXT_MAX], type[16];

	out_object(o, NULL);
	out_uint(o, "pcr", e->pcr);
	out_text(o, "type", type_name(e->type, type));
	if (event_text(e, text))
		out_text(o, "says", text);
	else
		out_null(o, "says");
	show_digests(o, log, e);
	out_close(o);
}

/* For people a line each, with the digest that most quotes are over. */
static void event_line(struct output *o, const struct wv_tcglog *log,
		       const struct wv_tcglog_event *e)
{
	int bank = wv_tcglog_bank(log, WV_ALG_SHA256);
	char text[EVENT_TEXT_MAX], type[16];
	unsigned int head = 0;
	int i;

	event_text(e, text);
	for (i = 0; bank >= 0 && e->digest[bank] && i < 4; i++)
		head = head << 8 | e->digest[bank][i];
	out_textf(o, NULL, "%2u  %08x...  %-32s  %s", e->pcr, head, type_name(e->type, type), text);
}

static void show_events(struct wardctl *ctl, const struct wv_tcglog *log)
{
	struct wv_tcglog_event e;
	size_t at = log->first;

	out_list(ctl->out, "events");
	while (wv_tcglog_next(log, &at, &e)) {
		if (ctl->json)
			show_event(ctl->out, log, &e);
		else
			event_line(ctl->out, log, &e);
	}
	out_close(ctl->out);
}

static void show_bank(struct wardctl *ctl, const struct wv_tcglog_pcrs *pcrs)
{
	uint32_t i;

	for (i = 0; i < WV_TCGLOG_PCRS; i++) {
		if (!(pcrs->extended >> i & 1))
			continue;
		out_object(ctl->out, NULL);
		out_text(ctl->out, "bank", wv_alg_text(pcrs->alg));
		out_uint(ctl->out, "pcr", i);
		out_hex(ctl->out, "value", pcrs->value[i], pcrs->len);
		out_close(ctl->out);
	}
}

/* Banks that nobody knows how to extend are passed over. */
static int show_registers(struct wardctl *ctl, const char *path, const struct wv_tcglog *log)
{
	struct wv_tcglog_pcrs pcrs;
	struct wv_fault fault;
	size_t i;

	out_list(ctl->out, "registers");
	for (i = 0; i < log->banks; i++) {
		if (!wv_alg_text(log->alg[i]))
			continue;
		if (wv_tcglog_replay(log, log->alg[i], &pcrs, &fault))
			return appraise_fault(ctl, path, &fault);
		show_bank(ctl, &pcrs);
	}
	out_close(ctl->out);
	return EXIT_OK;
}

/*
 * A log of a confidential VM without a TPM (CCEL, UEFI 2.10 section 38) counts measurement
 * registers as the virtual firmware does: of a TD 0 is MRTD, 1 to 4 are RTMR 0 to 3. They
 * start at zero, and are extended with SHA-384.
 */
#define TD_FIRST 1u
#define TD_LAST 4u

static int show_td(struct wardctl *ctl, const char *path, const struct wv_tcglog *log)
{
	struct wv_tcglog_pcrs mr;
	struct wv_fault fault;
	char name[8];
	uint32_t i;

	if (wv_tcglog_replay(log, WV_ALG_SHA384, &mr, &fault))
		return appraise_fault(ctl, path, &fault);
	if (mr.extended >> (TD_LAST + 1))
		return ctl_error(ctl, EXIT_DAMAGED, wv_reason_text(WV_EVENT_LOG_DAMAGED),
				 "%s: it extends registers that a TD does not have: is it a TPM's?",
				 path);
	out_object(ctl->out, "tdx");
	for (i = TD_FIRST; i <= TD_LAST; i++) {
		if (!(mr.extended >> i & 1))
			continue;
		snprintf(name, sizeof(name), "rtmr%u", i - TD_FIRST);
		out_list(ctl->out, name);
		out_hex(ctl->out, NULL, mr.value[i], mr.len);
		out_close(ctl->out);
	}
	out_close(ctl->out);
	return EXIT_OK;
}

#define CLOSE_MAX 64	/* zeroes, or so, that the last event may end in */

/* Firmware keeps a CCEL in a table of fixed size: zeroes or 0xff stand behind its end. */
static int open_padded(struct wv_bytes in, struct wv_tcglog *log, struct wv_fault *fault)
{
	size_t n = in.len, most;
	int rc = wv_tcglog_open(in, log, fault);
	uint8_t pad = in.len ? in.data[in.len - 1] : 1;

	if (!rc || (pad && pad != 0xff))
		return rc;
	while (n && in.data[n - 1] == pad)
		n--;
	most = in.len - n > CLOSE_MAX ? n + CLOSE_MAX : in.len;
	for (; rc && n <= most; n++)
		rc = wv_tcglog_open((struct wv_bytes){ in.data, n }, log, fault);
	return rc;
}

static int show(struct wardctl *ctl, const char *path, struct wv_bytes in, bool td)
{
	struct wv_tcglog log;
	struct wv_fault fault;

	if ((td ? open_padded : wv_tcglog_open)(in, &log, &fault))
		return appraise_fault(ctl, path, &fault);
	out_line(ctl->out, "A log proves nothing by itself: a quote must bear out its registers.");
	show_events(ctl, &log);
	return show_registers(ctl, path, &log) ?: td ? show_td(ctl, path, &log) : EXIT_OK;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	bool td = argc > 1 && !strcmp(argv[1], "--td");
	const char *path = td ? argv[2] : argv[1];
	struct wv_bytes in;
	int rc;

	if (argc != 2 + td || (path[0] == '-' && path[1]))
		return ctl_usage(ctl, "one file is expected:"
				 " /sys/kernel/security/tpm0/binary_bios_measurements, or a copy");
	rc = infile_read(ctl, path, &in);
	if (!rc)
		rc = show(ctl, path, in, td);
	infile_free(&in);
	return rc;
}

const struct wardctl_verb verb_measure_log = {
	.name = "measure log",
	.args = "[--td] FILE",
	.help = "a TPM's event log, and the registers to which it leads",
	.details = "FILE is /sys/kernel/security/tpm0/binary_bios_measurements (root may read it), or a\n"
		   "copy. What a log says is what its writer wanted to say; the registers decide.\n"
		   "  --td   FILE is a TD's log, /sys/firmware/acpi/tables/data/CCEL or a copy: the\n"
		   "         registers are 1 to 4 for RTMR 0 to 3, and tdx is a policy's member\n",
	.run = run,
};
