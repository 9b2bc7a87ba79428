// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../common/regular.h"
#include "dataset.h"
#include "file.h"
#include "keyfile.h"
#include "world.h"

#define CERTIFICATE_MAX	65536

static int fail(struct config_fault *fault, const char *path, const char *why)
{
	snprintf(fault->text, sizeof(fault->text), "%.160s: %.150s", path, why);
	return -1;
}

static int add_root(struct world *w, const char *path, EVP_MD_CTX *md, struct config_fault *fault)
{
	struct wv_fault wf = { 0 };
	uint8_t *data;
	size_t len;
	int rc = file_read(path, CERTIFICATE_MAX, &data, &len);

	if (rc)
		return fail(fault, path, regular_strerror(rc));
	rc = wv_roots_add(w->roots, (struct wv_bytes){ data, len }, &wf);
	if (rc)
		fail(fault, path, wf.text);
	else if (EVP_DigestUpdate(md, data, len) != 1)
		rc = fail(fault, "roots", "no memory");
	free(data);
	return rc ? -1 : 0;
}

static int load_roots(struct world *w, struct config_fault *fault)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int rc = 0;

	w->roots = wv_roots_new();
	if (!w->roots || !md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		rc = fail(fault, "roots", "no memory");
	for (size_t i = 0; !rc && i < w->config.root_count; i++)
		rc = add_root(w, w->config.roots[i], md, fault);
	if (!rc && EVP_DigestFinal_ex(md, w->roots_sha256, NULL) != 1)
		rc = fail(fault, "roots", "no memory");
	EVP_MD_CTX_free(md);
	return rc;
}

static int load_policy(struct world *w, struct config_fault *fault)
{
	struct wv_fault wf = { 0 };
	uint8_t *json;
	size_t len;
	int rc = file_read(w->config.policy, WV_POLICY_MAX, &json, &len);

	if (rc)
		return fail(fault, w->config.policy, regular_strerror(rc));
	rc = wv_policy_parse((struct wv_bytes){ json, len }, &w->policy, &wf);
	EVP_Digest(json, len, w->policy_sha256, NULL, EVP_sha256(), NULL);
	free(json);
	if (!rc)
		return 0;
	snprintf(fault->text, sizeof(fault->text), "%.100s: line %d, column %d: %.24s: %.150s",
		 w->config.policy, wf.line, wf.column, wf.field, wf.text);
	return -1;
}

static int load_collateral(struct world *w, struct config_fault *fault)
{
	return w->config.collateral ?
		       collateral_open(w->config.collateral, &w->collateral, fault) : 0;
}

/* The data set must open with the key; its id is the resource's. */
static int check_dataset(struct config_resource *r, const uint8_t *key,
			 struct config_fault *fault)
{
	struct ward_dataset_error err = { .text = "can't be opened" };
	struct ward_dataset *ds = NULL;
	int fd = open(r->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return fail(fault, r->file, strerror(errno));
	rc = ward_dataset_open(fd, key, &ds, &err);
	if (rc)
		fail(fault, r->file, err.text);
	else
		memcpy(r->dataset, ward_dataset_info(ds)->id, sizeof(r->dataset));
	ward_dataset_close(ds);
	close(fd);
	return rc ? -1 : 0;
}

/* Every key is read once, so that what is wrong shows now and not at a release. */
static int check_resources(struct world *w, struct config_fault *fault)
{
	for (size_t i = 0; i < w->config.resource_count; i++) {
		struct config_resource *r = &w->config.resources[i];
		uint8_t key[WARD_KEYFILE_LEN];
		int rc = ward_keyfile_read(r->key_file, key);

		if (rc)
			return fail(fault, r->key_file, rc == -EPERM ?
				    "others may reach this key: chmod 600 it" : rc == -EINVAL ?
				    "a key file is a regular file of exactly 32 bytes" :
				    strerror(-rc));
		rc = r->file ? check_dataset(r, key, fault) : 0;
		explicit_bzero(key, sizeof(key));
		if (rc)
			return -1;
	}
	return 0;
}

int world_load(const char *path, struct world *w, struct config_fault *fault)
{
	memset(w, 0, sizeof(*w));
	if (config_load(path, &w->config, fault))
		return -1;
	world_print(path, &w->config, w->print);
	return load_roots(w, fault) || load_policy(w, fault) || load_collateral(w, fault) ||
			       check_resources(w, fault) ? -1 : 0;
}

void world_clear(struct world *w)
{
	collateral_close(w->collateral);
	wv_policy_free(w->policy);
	wv_roots_free(w->roots);
	config_clear(&w->config);
	memset(w, 0, sizeof(*w));
}

static int admin_differs(const struct config *a, const struct config *b)
{
	if (!a->admin_host || !b->admin_host)
		return a->admin_host != b->admin_host;
	return strcmp(a->admin_host, b->admin_host) || a->admin_port != b->admin_port;
}

int world_follows(const struct world *now, const struct world *next, struct config_fault *fault)
{
	const struct config *a = &now->config, *b = &next->config;
	const char *what = strcmp(a->host, b->host) || a->port != b->port ? "listen" :
			   strcmp(a->release_log, b->release_log) ? "release_log" :
			   strcmp(a->metrics_host ? a->metrics_host : "",
				  b->metrics_host ? b->metrics_host : "") ||
					   a->metrics_port != b->metrics_port ? "metrics" :
			   admin_differs(a, b) ? "admin's listen" :
			   strcmp(a->database, b->database) ? "database" :
			   strcmp(a->keyring ? a->keyring : "", b->keyring ? b->keyring : "") ?
			   "keyring" :
			   a->session_max != b->session_max ? "session_max" :
			   a->session_timeout != b->session_timeout ? "session_timeout" : NULL;

	return what ? fail(fault, what, "changes only with a restart") : 0;
}

/* A file that is missing has a print, too. */
static void add_file(EVP_MD_CTX *md, const char *path)
{
	struct stat st;
	int64_t facts[6] = { 0 };

	if (path && !stat(path, &st)) {
		facts[0] = (int64_t)st.st_ino;
		facts[1] = st.st_size;
		facts[2] = st.st_mtim.tv_sec;
		facts[3] = st.st_mtim.tv_nsec;
		facts[4] = st.st_ctim.tv_sec;
		facts[5] = st.st_ctim.tv_nsec;
	}
	EVP_DigestUpdate(md, facts, sizeof(facts));
}

void world_print(const char *path, const struct config *c, uint8_t out[WORLD_PRINT_LEN])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	memset(out, 0, WORLD_PRINT_LEN);
	if (md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1) {
		add_file(md, path);
		add_file(md, c->tls_certificate);
		add_file(md, c->tls_key);
		add_file(md, c->admin_ca);
		add_file(md, c->policy);
		for (size_t i = 0; i < c->root_count; i++)
			add_file(md, c->roots[i]);
		for (size_t i = 0; i < c->resource_count; i++) {
			add_file(md, c->resources[i].key_file);
			add_file(md, c->resources[i].file);
		}
		EVP_DigestFinal_ex(md, out, NULL);
	}
	EVP_MD_CTX_free(md);
}
