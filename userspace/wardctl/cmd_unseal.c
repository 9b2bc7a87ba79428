// SPDX-License-Identifier: MIT
/* wardctl unseal: as any of the recipients that can be had here. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "hex.h"
#include "seal_job.h"
#include "verbs.h"

/* Remembers why this one didn't, and goes on to the next. */
static int remember(struct seal_job *j, int rc, const char *said)
{
	size_t at = strlen(j->said);

	if (rc == -ENOKEY)
		return rc;
	if (!j->rc)
		j->rc = rc;
	snprintf(j->said + at, sizeof(j->said) - at, "%s%s", at ? "; " : "", said);
	return -ENOKEY;
}

static int by_key(struct seal_job *j, const struct ward_recipient *r, uint8_t *secret)
{
	char said[WARD_SEAL_SAID] = "";
	int rc = -ENOKEY;

	if (j->job.key)
		rc = ward_recipient_unlock_key(j->job.key_bytes, r, secret);
	if (rc != -ENOKEY || !j->broker)
		return rc;
	rc = seal_fetch(j, said);
	return rc ? remember(j, rc, said) : ward_recipient_unlock_key(j->broker_key, r, secret);
}

static int by_type(struct seal_job *j, const struct ward_recipient *r, uint8_t *secret)
{
	int rc;

	switch (r->type) {
	case WARD_RECIPIENT_KEY:
		return by_key(j, r, secret);
	case WARD_RECIPIENT_X25519:
		return j->job.identity ? ward_recipient_unlock_x25519(j->job.key_bytes, r, secret) :
		       -ENOKEY;
	case WARD_RECIPIENT_TPM2:
		rc = ward_recipient_unlock_tpm2(&j->tpm, r, secret);
		return rc ? remember(j, rc, j->tpm.said) : 0;
	case WARD_RECIPIENT_SNP:
		rc = ward_recipient_unlock_snp(&j->snp, r, secret);
		return rc ? remember(j, rc, j->snp.said) : 0;
	}
	return -ENOKEY;
}

static int unlock(void *arg, const struct ward_recipient *r, uint8_t *secret)
{
	struct seal_job *j = arg;
	int rc = by_type(j, r, secret);

	if (!rc)
		j->gave |= r->type == WARD_RECIPIENT_SNP ? 1 : 2;
	return rc;
}

/* What the file needs: one of these. */
static int needs(struct seal_job *j, char *all, size_t size)
{
	struct ward_dataset *ds = NULL;
	char one[WARD_SEAL_SAID] = "";
	const struct ward_recipients *to;

	all[0] = 0;
	if (ward_dataset_open(j->job.in_fd, NULL, &ds, NULL))
		return ctl_error(j->job.ctl, EXIT_DAMAGED, "dataset-damaged", "%s changed meanwhile",
				 j->job.in);
	to = ward_dataset_info(ds)->recipients;
	for (size_t i = 0; i < to->count; i++) {
		size_t at = strlen(all);

		ward_recipient_needs(&to->of[i], one, sizeof(one));
		snprintf(all + at, size - at, "%s%s", at ? "; or " : "", one);
	}
	ward_dataset_close(ds);
	return EXIT_OK;
}

/* Nothing here came near. */
static int nobody(struct seal_job *j)
{
	char all[1024];

	return needs(j, all, sizeof(all)) ?:
	       ctl_error(j->job.ctl, EXIT_EVIDENCE, "wrong-key-or-header", "%s: it takes %s",
			 j->job.in, all);
}

/* The firmware gave a key, and it is another. */
static int another_guest(struct seal_job *j, const char *text)
{
	char all[1024], said[1536];
	int rc = needs(j, all, sizeof(all));

	if (rc)
		return rc;
	snprintf(said, sizeof(said), "%s; it takes %s%s", text, all, strstr(all, "same processor") ?
		 ", whose VCEK an update of its firmware may have changed" : "");
	return seal_failed(j, -EKEYREJECTED, said);
}

static int open_sealed(struct seal_job *j, struct ward_dataset **ds)
{
	struct ward_dataset_error err;
	int rc = ward_dataset_open_as(j->job.in_fd, unlock, j, ds, &err);

	if (!rc && ward_dataset_info(*ds)->kind != WARD_DATASET_SEALED)
		return ctl_error(j->job.ctl, EXIT_USAGE, "no-sealed-file",
				 "%s is a data set that was not sealed: wardctl dataset decrypt opens it",
				 j->job.in);
	if (rc == -EKEYREJECTED && j->rc && !(j->gave & 2))
		return seal_failed(j, j->rc, j->said);
	if (rc == -EKEYREJECTED && j->gave == 1)
		return another_guest(j, err.text);
	if (rc == -EKEYREJECTED && !j->gave)
		return nobody(j);
	return rc ? job_error(&j->job, rc, &err) : EXIT_OK;
}

/* A version that is one ahead was written by a seal that was broken off: its step is made up for. */
static int compare(struct seal_job *j, uint64_t version)
{
	const char *who = j->versions ? "broker" : "TPM";
	char said[WARD_SEAL_SAID];
	uint64_t now;
	int rc = seal_newest(j, 0, &now, said);

	if (rc)
		return seal_failed(j, rc, said);
	if (version < now)
		return ctl_error(j->job.ctl, EXIT_POLICY, "rolled-back",
				 "%s is version %llu and the %s's counter is at %llu: it is an old file",
				 j->job.in, (unsigned long long)version, who, (unsigned long long)now);
	if (version > now + 1)
		return ctl_error(j->job.ctl, EXIT_POLICY, "rolled-back",
				 "%s is version %llu and the %s's counter only at %llu: it is another counter",
				 j->job.in, (unsigned long long)version, who, (unsigned long long)now);
	rc = version == now + 1 ? seal_count(j, version, said) : 0;
	/* who opens it at the same time may have made up for it, too */
	if (rc == -EALREADY && !seal_newest(j, 0, &now, said) && version == now)
		rc = 0;
	if (rc)
		return seal_failed(j, rc == -EALREADY ? rc : -EIO, said);
	out_uint(j->job.ctl->out, "version", version);
	return EXIT_OK;
}

/* Who counts: 0, or -1 where that makes no sense. */
static int take_counter(struct seal_job *j, const json_t *counter, json_int_t *version)
{
	const char *name = NULL;
	json_int_t index;

	if (!json_unpack((json_t *)counter, "{s:I, s:I, s?s !}", "index", &index, "version", version,
			 "tpm", &name)) {
		j->counter = (uint32_t)index;
		return name && !hex_decode_lower(name, j->tpm.name, sizeof(j->tpm.name)) ? -1 : 0;
	}
	j->versions = 1;
	return json_unpack((json_t *)counter, "{s:s, s:I !}", "broker", &j->counts, "version", version);
}

/* Of a key below its broker, "/REPOSITORY/TYPE/TAG"; NULL = no such URL. */
static const char *key_path(const char *url)
{
	return strncmp(url, "https://", 8) ? NULL : strchr(url + 8, '/');
}

/* Its counter is another, and may be at anything; a broker itself may have moved. */
static bool another_key(const struct seal_job *j)
{
	const char *counts = key_path(j->counts), *asked = key_path(j->broker);

	return !counts || !asked || strcmp(counts, asked);
}

/* The metadata are authenticated by now. */
static int check_version(struct seal_job *j, const struct ward_dataset_info *info)
{
	json_t *meta = json_loads(info->metadata, JSON_REJECT_DUPLICATES, NULL);
	const json_t *counter = json_object_get(meta, "counter");
	json_int_t version;
	int rc = EXIT_OK;

	if (!meta || (counter && take_counter(j, counter, &version)))
		rc = ctl_error(j->job.ctl, EXIT_DAMAGED, "dataset-damaged",
			       "%s: its metadata make no sense", j->job.in);
	else if (counter && j->versions && !j->broker)
		rc = ctl_usage(j->job.ctl, "%s: a broker counts its versions: --broker %.200s --ca FILE",
			       j->job.in, j->counts);
	else if (counter && j->versions && another_key(j))
		rc = ctl_usage(j->job.ctl, "%s: its versions are counted at %.200s, and --broker names another key",
			       j->job.in, j->counts);
	else if (counter)
		rc = compare(j, (uint64_t)version);
	else
		out_text(j->job.ctl->out, "rollback", "not noticed: whether this is the newest version nobody counts");
	json_decref(meta);
	return rc;
}

static int write_plain(struct seal_job *j, struct ward_dataset *ds)
{
	struct ward_dataset_error err;
	struct progress bar;
	struct outfile f;
	int rc = seal_output(j, &f);

	if (rc)
		return rc;
	progress_start(&bar, "unsealing", ward_dataset_info(ds)->length, j->job.ctl->quiet);
	rc = dataset_decrypt(ds, f.fd, j->job.threads, &bar, &err);
	progress_end(&bar);
	if (rc) {
		outfile_abort(&f);
		return job_error(&j->job, rc, &err);
	}
	return job_commit(&j->job, &f);
}

static int unseal(struct seal_job *j)
{
	struct ward_dataset *ds = NULL;
	int rc = EXIT_OK;

	if (j->job.key || j->job.identity)
		rc = job_opener(&j->job);
	if (!rc)
		rc = job_input(&j->job, 0);
	if (!rc)
		rc = open_sealed(j, &ds);
	if (!rc)
		rc = check_version(j, ward_dataset_info(ds)) ?: write_plain(j, ds);
	if (!rc) {
		out_text(j->job.ctl->out, "file", j->job.out);
		out_uint(j->job.ctl->out, "bytes", ward_dataset_info(ds)->length);
	}
	ward_dataset_close(ds);
	return rc;
}

static int run_unseal(struct wardctl *ctl, int argc, char **argv)
{
	struct seal_job j;
	int rc = seal_parse(&j, ctl, "aTduCkij", argc, argv) ?: unseal(&j);

	seal_end(&j);
	return rc;
}

const struct wardctl_verb verb_unseal = {
	.name = "unseal",
	.args = "[--key FILE | --identity FILE] [--auth FILE] [--broker URL --ca FILE] INPUT OUTPUT",
	.help = "open what was sealed; the output's mode is 0600",
	.details =
		"The TPM and the guest's firmware are asked without being named.\n"
		"      --auth FILE      the auth value that the TPM asks for\n"
		"      --tcti WHERE     the TPM: device:PATH (device:/dev/tpmrm0) or unix:PATH\n"
		"      --device FILE    the firmware: /dev/sev-guest, or wardd: unix:/run/wardd/keys\n"
		"      --broker URL     fetch the key there: https://HOST/PATH; --ca as for seal\n"
		"      --ca FILE        who the broker's certificate may come from (PEM)\n"
		"  -k, --key FILE       with this key: 32 bytes, mode 0600\n"
		"      --identity FILE  with this private key (PEM, X25519)\n"
		"      --threads N      how many work on it, 1 to 64; 2\n",
	.run = run_unseal,
};
