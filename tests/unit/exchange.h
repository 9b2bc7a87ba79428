/* SPDX-License-Identifier: MIT */
/*
 * Exchanges with the broker's protocol in one process: a worker with simulated
 * evidence on one side, rcar_handle() on the other, and a clock that the test holds.
 */
#ifndef TEST_EXCHANGE_H
#define TEST_EXCHANGE_H

#include "sim.h"

#include <jansson.h>

#include "../../userspace/broker/rcar.h"

#define RX_TIMEOUT	100	/* seconds of a session */
#define RX_PATH		"hospital/dataset/one"

/* A policy that accepts rx_setup()'s guest, with more members. */
#define RX_POLICY(more) "{\"ward-policy\":1,\"purpose\":\"release\",\"uid\":[1000]," \
			"\"accept_unmeasured\":true,\"allow_tee\":[\"simulated-snp\"]" more "}"

/** struct rx - what one exchange is made of; a test changes one thing of it */
struct rx {
	struct sim_guest guest;
	const struct sim_pki *pki;
	json_t *key;			/* ephemeral pair of the worker */
	json_t *shown;			/* the public key that goes out, if another */
	const uint8_t *okp;		/* X25519 key that stands in place of @key, or NULL */
	char cookie[SESSION_COOKIE_LEN + 1];
	char nonce[64];			/* as the broker sent it */
	char *runtime_nonce;		/* as it goes back, if another */
	struct wv_bytes bundle;		/* evidence, if made already */
	int64_t now;
};

extern struct rcar rx_rcar;
extern struct config rx_config;
extern const uint8_t *rx_client;	/* SHA-256 of the client's key, or NULL */
extern struct rcar_reply rx_reply;	/* the last one */
extern json_t *rx_answer;		/* its body */
extern struct config_resource rx_resource;
extern char rx_key_path[64], rx_log_path[64], rx_db_path[64];
extern const char *rx_url;		/* of the database; NULL = a file of the group's own */
extern const uint8_t rx_data_key[32];

/* For cmocka: keys and directory of the group; tables, log and worker of a test. */
int rx_group_setup(void **state);
int rx_group_teardown(void **state);
int rx_setup(void **state);
int rx_teardown(void **state);

/** rx_on_both - a group of tests on SQLite, then on PostgreSQL where it is; how many failed */
#define rx_on_both(tests) rx_on_both_of(tests, sizeof(tests) / sizeof(*(tests)))
int rx_on_both_of(const struct CMUnitTest *tests, size_t count);

/** rx_run, rx_number - SQL that must succeed; the number that it yields */
void rx_run(const char *sql);
int64_t rx_number(const char *sql);

void rx_set_policy(const char *json);

/** rx_call - one request as it is; returns the status */
int rx_call(const char *method, const char *path, const char *cookie, const char *bearer,
	    const char *body, int64_t now);

/** rx_member - text of the last answer's member, "" if there is none */
const char *rx_member(const char *name);

/** rx_log_lines - releases so far */
unsigned int rx_log_lines(void);

/** rx_refused - the last answer must be that refusal, and nothing released so far */
void rx_refused(int status, const char *reason);

/* The steps of an exchange: challenge, evidence over it, answer, resource. */
void rx_auth(struct rx *x);
void rx_evidence(struct rx *x);
int rx_attest(struct rx *x);
int rx_get(struct rx *x);

/** rx_public_half - of a key pair, as it goes out; a new reference */
json_t *rx_public_half(const json_t *key);

/** rx_okp - an X25519 key as it goes out; a new reference */
json_t *rx_okp(const uint8_t *key);

/** rx_expect - all steps: evidence must be refused with 401, the resource too */
void rx_expect(struct rx *x, const char *reason);

/** rx_check_release - the last answer opens with the worker's key and fits that line of the log */
void rx_check_release(struct rx *x, unsigned int line);

#endif /* TEST_EXCHANGE_H */
