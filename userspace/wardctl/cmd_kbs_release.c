// SPDX-License-Identifier: MIT
/*
 * wardctl kbs release azure: a key out of Azure Key Vault, or a Managed HSM, by a token of
 * Azure Attestation. The bearer token that the vault asks for comes out of a file or descriptor.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "hex.h"
#include "infile.h"
#include "maa.h"
#include "secret_mem.h"
#include "secret_out.h"
#include "skr.h"
#include "verbs.h"

#define BEARER_MAX	(16u << 10)
#define API_VERSION	"7.4"

/** struct secret - what lies in protected memory */
struct secret {
	char bearer[BEARER_MAX + 2];
	uint8_t key[SKR_WRAPPED_MAX];
};

/** struct job - one run; @bearer_fd: -1 = @bearer_path is a file */
struct job {
	struct maa m;
	struct secret_out to;
	struct skr_request rq;
	const char *vault_ca, *bearer_path;
	int bearer_fd;
	char key_name[256], nonce[33];
	struct secret_mem memory;
	struct secret *secret;
	struct skr_answer answer;
};

/* ---- options ---------------------------------------------------------------------------- */

/* Of Key Vault's names, nothing that a path or a query would take for its own. */
static bool word(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	return n && n < 128 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static int take_key(struct job *j, const char *text)
{
	char *slash;

	if (strlen(text) >= sizeof(j->key_name))
		return ctl_usage(j->m.ctl, "--key takes NAME or NAME/VERSION");
	strcpy(j->key_name, text);
	slash = strchr(j->key_name, '/');
	if (slash)
		*slash = 0;
	j->rq.name = j->key_name;
	j->rq.version = slash ? slash + 1 : NULL;
	if (word(j->rq.name) && (!slash || word(j->rq.version)))
		return EXIT_OK;
	return ctl_usage(j->m.ctl, "--key takes NAME or NAME/VERSION, not '%s'", text);
}

static int take_bearer_fd(struct job *j, const char *text)
{
	char *rest;
	long fd = strtol(text, &rest, 10);

	if (rest == text || *rest || fd < 0 || fd > 65535)
		return ctl_usage(j->m.ctl, "--bearer-fd takes a descriptor's number, not '%s'", text);
	j->bearer_fd = (int)fd;
	return EXIT_OK;
}

static int take(struct job *j, int opt, const char *text)
{
	switch (opt) {
	case 'V':
		j->rq.vault = text;
		return EXIT_OK;
	case 'C':
		j->vault_ca = text;
		return EXIT_OK;
	case 'K':
		return take_key(j, text);
	case 'E':
		j->rq.enc = text;
		return EXIT_OK;
	case 'b':
		j->bearer_path = text;
		return EXIT_OK;
	case 'B':
		return take_bearer_fd(j, text);
	case 'o':
		j->to.path = text;
		return EXIT_OK;
	case 'f':
		return secret_out_fd(j->m.ctl, &j->to, text);
	case 's':
		j->to.to_stdout = true;
		return EXIT_OK;
	default:
		return maa_option(&j->m, opt, text);
	}
}

static int check(struct job *j)
{
	struct wardctl *ctl = j->m.ctl;
	const char *vault = j->rq.vault;
	enum maa_scheme scheme;

	if (!vault || !j->rq.name || !(j->bearer_path || j->bearer_fd >= 0))
		return ctl_usage(ctl, "--vault, --key and --bearer or --bearer-fd are needed");
	if (strncmp(vault, "https://", 8) || strlen(vault) < 9 || strlen(vault) > 200 ||
	    vault[strlen(vault) - 1] == '/')
		return ctl_usage(ctl, "--vault takes https://HOST without a slash at its end, not '%s'",
				 vault);
	if (!skr_scheme(j->rq.enc, &scheme))
		return ctl_usage(ctl, "--enc: '%s' is none of CKM_RSA_AES_KEY_WRAP, RSA_AES_KEY_WRAP_256, RSA_AES_KEY_WRAP_384",
				 j->rq.enc);
	if (j->m.platform)
		return ctl_usage(ctl, "a key is released to a key of this guest's, which --platform does without");
	return maa_check(&j->m) ?: secret_out_check(ctl, &j->to);
}

static int parse(struct job *j, int argc, char **argv)
{
	static const struct option longs[] = {
		MAA_LONGS, { "vault", required_argument, NULL, 'V' },
		{ "vault-ca", required_argument, NULL, 'C' }, { "key", required_argument, NULL, 'K' },
		{ "enc", required_argument, NULL, 'E' }, { "bearer", required_argument, NULL, 'b' },
		{ "bearer-fd", required_argument, NULL, 'B' }, { "out", required_argument, NULL, 'o' },
		{ "fd", required_argument, NULL, 'f' }, { "stdout", no_argument, NULL, 's' }, { 0 },
	};
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		rc = c == '?' ? ctl_bad_option(j->m.ctl, argv) : take(j, c, optarg);
	if (!rc && (argc - optind != 1 || strcmp(argv[optind], "azure")))
		rc = ctl_usage(j->m.ctl, "out of what? 'azure' (Key Vault, Managed HSM) is known");
	return rc ?: check(j);
}

/* ---- the vault ---------------------------------------------------------------------------- */

static int bad_bearer(struct job *j)
{
	return ctl_error(j->m.ctl, EXIT_USAGE, "read", "%s: a bearer token is expected: one line of at most %u characters, without white space",
			 j->bearer_path ? j->bearer_path : "--bearer-fd", BEARER_MAX);
}

/* As for keys: a file that others can read is no secret. A descriptor is the caller's affair. */
static int reachable(const struct job *j, int fd)
{
	struct stat st;

	return j->bearer_fd < 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_mode & 077;
}

static int read_bearer(struct job *j)
{
	int fd = j->bearer_fd >= 0 ? j->bearer_fd : open(j->bearer_path, O_RDONLY | O_CLOEXEC);
	char *to = j->secret->bearer;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return bad_bearer(j);
	if (reachable(j, fd)) {
		close(fd);
		return ctl_error(j->m.ctl, EXIT_USAGE, "key-file",
				 "%s: others may reach it: chmod 600 it, and think about a new token",
				 j->bearer_path);
	}
	while (len <= BEARER_MAX && (n = read(fd, to + len, BEARER_MAX + 1 - len)) > 0)
		len += (size_t)n;
	if (j->bearer_fd < 0)
		close(fd);
	while (len && (to[len - 1] == '\n' || to[len - 1] == '\r'))
		len--;
	to[len] = 0;
	for (size_t i = 0; i < len; i++)
		if (to[i] <= ' ' || to[i] > '~')
			len = 0;
	return n || !len ? bad_bearer(j) : EXIT_OK;
}

static int ask(struct job *j, json_t **reply)
{
	uint8_t nonce[16];
	char url[512], *body;
	json_t *all;
	int rc;

	if (RAND_bytes(nonce, sizeof(nonce)) != 1)
		return ctl_error(j->m.ctl, EXIT_DEVICE, "random", "no random bytes");
	hex_encode(nonce, sizeof(nonce), j->nonce);
	j->rq.nonce = j->nonce;
	all = json_pack("{s:s, s:s, s:s}", "target", j->m.token, "enc", j->rq.enc, "nonce", j->nonce);
	body = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	if (!body)
		return ctl_error(j->m.ctl, EXIT_DEVICE, "no-memory", "no memory");
	snprintf(url, sizeof(url), "%s/keys/%s%s%s/release?api-version=" API_VERSION, j->rq.vault,
		 j->rq.name, j->rq.version ? "/" : "", j->rq.version ? j->rq.version : "");
	j->m.net.tls_ca = j->vault_ca;
	rc = maa_ask(&j->m.net, "the vault", url, body, j->secret->bearer, reply);
	free(body);
	return rc;
}

static int refuse(struct job *j, enum skr_end how, const struct trouble *why)
{
	static const char said[] = "%s: the released key: %s";
	struct wardctl *ctl = j->m.ctl;
	const char *vault = j->rq.vault;

	switch (how) {
	case SKR_UNSIGNED:
		return ctl_error(ctl, EXIT_EVIDENCE, "release-unsigned", said, vault, why->text);
	case SKR_MISMATCH:
		return ctl_error(ctl, EXIT_EVIDENCE, "release-mismatch", said, vault, why->text);
	case SKR_NOT_OURS:
		return ctl_error(ctl, EXIT_EVIDENCE, "release-not-ours", said, vault, why->text);
	default:
		return ctl_error(ctl, EXIT_DAMAGED, "release-damaged", said, vault, why->text);
	}
}

static int open_answer(struct job *j, const json_t *reply, size_t *len)
{
	const json_t *value = json_object_get(reply, "value");
	struct wv_bytes jws = { (const uint8_t *)json_string_value(value), json_string_length(value) };
	X509_STORE *roots = X509_STORE_new();
	struct trouble why = { "" };
	enum skr_end how;

	if (!roots || X509_STORE_load_file(roots, j->vault_ca) != 1) {
		X509_STORE_free(roots);
		return ctl_error(j->m.ctl, EXIT_USAGE, "read", "%s: no certificates (PEM)", j->vault_ca);
	}
	how = skr_open(jws, &j->rq, roots, &j->answer, &why);
	if (how == SKR_OK)
		how = skr_unwrap(&j->answer, &j->m.key, j->secret->key, len, &why);
	X509_STORE_free(roots);
	return how == SKR_OK ? EXIT_OK : refuse(j, how, &why);
}

static int deliver(struct job *j, size_t len)
{
	struct output *o = j->m.ctl->out;
	int rc = secret_out_write(j->m.ctl, &j->to, j->secret->key, len);

	if (rc || j->to.to_stdout)
		return rc;
	out_text(o, "kid", j->answer.kid);
	out_text(o, "kty", j->answer.kty);
	out_uint(o, "bytes", len);
	out_text(o, "memory", secret_mem_word(&j->memory));
	out_text(o, "written", j->to.path);
	maa_show(&j->m);
	return EXIT_OK;
}

static int work(struct job *j)
{
	json_t *reply = NULL;
	size_t len;
	int rc = read_bearer(j) ?: maa_begin(&j->m) ?: ask(j, &reply) ?: open_answer(j, reply, &len);

	json_decref(reply);
	return rc ? rc : deliver(j, len);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct job j = { .m.ctl = ctl, .to = SECRET_OUT_NONE, .bearer_fd = -1,
			 .rq.enc = "CKM_RSA_AES_KEY_WRAP" };
	int rc;

	secret_keep();
	rc = parse(&j, argc, argv);
	if (!rc && !secret_mem_new(&j.memory, sizeof(*j.secret)))
		rc = ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	if (!j.vault_ca)
		j.vault_ca = j.m.ca;
	j.secret = j.memory.data;
	rc = rc ?: work(&j);
	skr_answer_free(&j.answer);
	secret_mem_free(&j.memory);
	maa_end(&j.m);
	return rc;
}

const struct wardctl_verb verb_kbs_release = {
	.name = "kbs release",
	.args = "azure --vault URL --key NAME[/VERSION] {--bearer FILE | --bearer-fd NUMBER}\n"
		"       [--vault-ca FILE] [--enc CKM_RSA_AES_KEY_WRAP|RSA_AES_KEY_WRAP_256|RSA_AES_KEY_WRAP_384]\n"
		"       " MAA_ARGS "\n       " SECRET_OUT_ARGS,
	.help = "a key out of Azure Key Vault, by a token of Azure Attestation",
	.details = "  --vault URL          the vault, or Managed HSM: https://HOST\n"
		   "  --key NAME[/VERSION] which key; without a version the latest\n"
		   "  --bearer FILE        the token of Entra ID that the vault asks for\n"
		   "  --bearer-fd NUMBER   the same out of a descriptor that the caller opened\n"
		   "  --vault-ca FILE      who vouches for the vault; else --ca does\n"
		   "  --enc WORD           how the key is wrapped: RSA-OAEP with SHA-1 (the default), SHA-256\n"
		   "                       or SHA-384, then AES\n"
		   MAA_DETAILS SECRET_OUT_DETAILS
		   "  Of a key of kty oct-HSM it is the key's bytes, of RSA-HSM and EC-HSM PKCS #8 (DER).\n",
	.run = run,
};
