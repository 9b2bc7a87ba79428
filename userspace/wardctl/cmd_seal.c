// SPDX-License-Identifier: MIT
/*
 * wardctl seal: a file that this machine can open again, or whoever else is named. The
 * counter is stepped when the file is in its place: a crash before leaves a file that
 * opens, old or new.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "hex.h"
#include "seal_job.h"
#include "verbs.h"

#define RECIPIENTS (JOB_LIST_MAX + 4)

struct recipients {
	struct ward_recipient_key *of;
	size_t count;
};

static int add_tpm(struct seal_job *j, struct recipients *to)
{
	int rc = ward_recipient_tpm2(&to->of[to->count++], &j->tpm);

	return rc ? seal_failed(j, rc, j->tpm.said) : EXIT_OK;
}

static int add_snp(struct seal_job *j, struct recipients *to)
{
	int rc = ward_recipient_snp(&to->of[to->count++], &j->snp);

	return rc ? seal_failed(j, rc, j->snp.said) : EXIT_OK;
}

static int add_broker(struct seal_job *j, struct recipients *to)
{
	char said[WARD_SEAL_SAID];
	int rc = seal_fetch(j, said);

	if (rc)
		return seal_failed(j, rc, said);
	if (ward_recipient_key(&to->of[to->count++], j->broker_key, j->broker))
		return ctl_usage(j->job.ctl, "--broker takes at most %d bytes", WARD_RECIPIENT_HINT_MAX);
	return EXIT_OK;
}

/* Those of --key and --to, as for a data set; they come first in the table. */
static int add_people(struct seal_job *j, struct recipients *to)
{
	struct ward_recipient_key *list = NULL;
	size_t count = 0;
	int rc = j->job.key ? job_key(&j->job, j->job.key, j->job.key_bytes) : EXIT_OK;

	if (!rc)
		rc = job_recipients(&j->job, j->job.key ? j->job.key_bytes : NULL, &list, &count);
	if (rc)
		return rc;
	memcpy(to->of, list, count * sizeof(*list));
	to->count = count;
	job_recipients_free(list, count);
	return EXIT_OK;
}

static int gather(struct seal_job *j, struct recipients *to)
{
	int rc;

	to->of = calloc(RECIPIENTS, sizeof(*to->of));
	if (!to->of)
		return ctl_error(j->job.ctl, EXIT_DEVICE, "no-memory", "no memory");
	rc = add_people(j, to);
	if (!rc && j->use_tpm)
		rc = add_tpm(j, to);
	if (!rc && j->use_snp)
		rc = add_snp(j, to);
	if (!rc && j->broker)
		rc = add_broker(j, to);
	return rc;
}

/* The version that the file is to have: one above what the counter says now. */
static int next_version(struct seal_job *j, uint64_t *version)
{
	char said[WARD_SEAL_SAID];
	int rc;

	*version = 0;
	if (!j->counter && !j->versions)
		return EXIT_OK;
	rc = seal_newest(j, 1, version, said);
	if (rc)
		return seal_failed(j, rc, said);
	++*version;
	return EXIT_OK;
}

static json_t *counted_by_tpm(const struct seal_job *j, uint64_t version)
{
	char name[2 * WARD_SEAL_NAME_LEN + 1];

	hex_encode(j->tpm.name, WARD_SEAL_NAME_LEN, name);
	return json_pack("{s:I, s:I, s:s}", "index", (json_int_t)j->counter, "version",
			 (json_int_t)version, "tpm", name);
}

static char *metadata(const struct seal_job *j, uint64_t version)
{
	json_t *o = json_object();
	char *text = NULL;
	int rc = o ? 0 : -1;

	if (!rc && j->job.name)
		rc = json_object_set_new(o, "name", json_string(j->job.name));
	if (!rc && j->counter)
		rc = json_object_set_new(o, "counter", counted_by_tpm(j, version));
	if (!rc && j->versions)
		rc = json_object_set_new(o, "counter", json_pack("{s:s, s:I}", "broker", j->broker,
								 "version", (json_int_t)version));
	if (!rc)
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static int write_file(struct seal_job *j, const struct ward_dataset_params *params, uint8_t *id)
{
	struct ward_dataset_error err;
	struct progress bar;
	struct outfile f;
	int rc = seal_output(j, &f);

	if (rc)
		return rc;
	progress_start(&bar, "sealing", j->job.in_size, j->job.ctl->quiet);
	rc = dataset_encrypt(j->job.in_fd, f.fd, params, id, j->job.threads, &bar, &err);
	progress_end(&bar);
	if (rc) {
		outfile_abort(&f);
		return job_error(&j->job, rc, &err);
	}
	return job_commit(&j->job, &f);
}

static void show(struct seal_job *j, const uint8_t *id, const struct recipients *to,
		 uint64_t version)
{
	struct output *out = j->job.ctl->out;

	out_text(out, "file", j->job.out);
	out_hex(out, "dataset", id, WARD_DATASET_ID_LEN);
	out_uint(out, "recipients", to->count);
	if (version) {
		out_uint(out, "version", version);
		out_text(out, "rollback", j->versions ? "noticed, by the broker's counter" :
			 "noticed, by the TPM's counter");
	} else {
		out_text(out, "rollback", "not noticed: an old version of this file can't be told from "
			 "a new one (--counter makes the TPM count, --versions the broker)");
	}
}

static int count(struct seal_job *j, uint64_t version)
{
	char said[WARD_SEAL_SAID];
	int rc = seal_count(j, version, said);

	if (rc == -EALREADY)
		return ctl_error(j->job.ctl, EXIT_POLICY, "rolled-back",
				 "%s is written, but not as the newest: %s; seal it anew", j->job.out, said);
	return rc ? ctl_error(j->job.ctl, EXIT_DEVICE, "counter-behind",
			      "%s is written and opens, but the counter was not stepped, so that the version before opens too: %s",
			      j->job.out, said) : EXIT_OK;
}

static int seal(struct seal_job *j, struct recipients *to)
{
	struct ward_dataset_params params = { .kind = WARD_DATASET_SEALED,
					      .length = WARD_DATASET_UNKNOWN };
	uint8_t id[WARD_DATASET_ID_LEN];
	uint64_t version;
	char *meta;
	int rc = gather(j, to) ?: next_version(j, &version);

	if (rc)
		return rc;
	meta = metadata(j, version);
	if (!meta)
		return ctl_error(j->job.ctl, EXIT_USAGE, "usage", "the name is not valid UTF-8");
	params.metadata = meta;
	params.metadata_len = strlen(meta);
	params.to = to->of;
	params.to_count = to->count;
	if (to->count > 2)	/* each takes about half a KiB */
		params.slot_size = 32768;
	rc = write_file(j, &params, id);
	free(meta);
	if (!rc && version)
		rc = count(j, version);
	if (!rc)
		show(j, id, to, version);
	return rc;
}

static int input(struct seal_job *j)
{
	if (strcmp(j->job.in, "-"))
		return job_input(&j->job, 0);
	j->job.in_fd = dup(STDIN_FILENO);
	return j->job.in_fd < 0 ? ctl_error(j->job.ctl, EXIT_USAGE, "input", "no standard input: %s",
					    strerror(errno)) : EXIT_OK;
}

static int run_seal(struct wardctl *ctl, int argc, char **argv)
{
	struct recipients to = { NULL, 0 };
	struct seal_job j;
	int rc = seal_parse(&j, ctl, "tpbaTcsBrvduCkoNjV", argc, argv);

	if (!rc && !j.use_tpm && !j.use_snp && !j.broker && !j.job.key && !j.job.to_count)
		rc = ctl_usage(ctl, "name who may open it: --tpm, --snp, --broker URL/PATH, --key FILE or --to FILE");
	if (!rc && j.auth_file && !j.use_tpm)
		rc = ctl_usage(ctl, "an auth value is the TPM's to ask for: give --tpm too");
	if (!rc)
		rc = input(&j);
	if (!rc)
		rc = seal(&j, &to);
	job_recipients_free(to.of, to.count);
	seal_end(&j);
	return rc;
}

const struct wardctl_verb verb_seal = {
	.name = "seal",
	.args = "(--tpm | --snp | --broker URL --ca FILE | --key FILE | --to FILE)... INPUT OUTPUT",
	.help = "encrypt a file so that this machine can open it again",
	.details =
		"      --tpm            for this TPM 2.0 while these PCRs are as now:\n"
		"      --pcr LIST       numbers, or none; 0,2,4,7\n"
		"      --bank sha256|sha384\n"
		"      --auth FILE      and for who has this file too: 32 bytes, mode 0600\n"
		"      --tcti WHERE     device:PATH (device:/dev/tpmrm0) or unix:PATH\n"
		"      --snp            for this SEV-SNP guest, by a key that its firmware derives:\n"
		"      --bind measurement,policy,image,family,svn,tcb,uid,cgroup,module\n"
		"                       what of it must be the same; measurement,policy\n"
		"      --root vcek|vmrk which key it is derived from; vcek\n"
		"      --vmpl N         privilege level, 0 to 3; 0\n"
		"      --device FILE    /dev/sev-guest, or unix:/run/wardd/keys: wardd's (wardd --keys)\n"
		"      --broker URL     for whom this broker releases this key to: https://HOST/PATH\n"
		"      --ca FILE        who the broker's certificate may come from (PEM)\n"
		"  -k, --key FILE       for who has this key: 32 bytes, mode 0600\n"
		"      --to FILE        for the private key to this public one (PEM, X25519)\n"
		"      --counter INDEX  count versions in the TPM, at this NV index; made if need be\n"
		"      --versions       have the broker count versions: of all that this key seals\n"
		"      --name TEXT      name; not secret\n"
		"      --threads N      how many work on it, 1 to 64; 2\n"
		"Each of those named can open it alone. INPUT may be -, the standard input.\n"
		"doc/sealing.md says what survives which update.\n",
	.run = run_seal,
};
