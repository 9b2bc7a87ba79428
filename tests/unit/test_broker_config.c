// SPDX-License-Identifier: MIT
/* The broker's configuration: what is taken, what is refused, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../userspace/broker/config.h"

#define HEAD "{\"ward-broker\":1,\"tls\":{\"certificate\":\"c.pem\",\"key\":\"/etc/k.pem\"}," \
	     "\"policy\":\"p.json\",\"release_log\":\"r.log\","
#define ID "000102030405060708090a0b0c0d0e0f"
#define ONE "\"resources\":{\"a/b/c\":{\"dataset\":\"" ID "\",\"key\":\"k\"}}"
#define LISTEN "\"listen\":\"127.0.0.1:0\","

static int parse(const char *json, struct config *c, struct config_fault *fault)
{
	return config_parse(json, strlen(json), "dir", c, fault);
}

static void test_smallest(void **state)
{
	struct config_fault fault;
	struct config c;

	(void)state;
	assert_int_equal(parse(HEAD LISTEN ONE "}", &c, &fault), 0);
	assert_string_equal(c.host, "127.0.0.1");
	assert_int_equal(c.port, 0);
	assert_string_equal(c.tls_certificate, "dir/c.pem");
	assert_string_equal(c.tls_key, "/etc/k.pem");
	assert_string_equal(c.policy, "dir/p.json");
	assert_string_equal(c.release_log, "dir/r.log");
	assert_int_equal(c.session_max, 256);
	assert_int_equal(c.session_timeout, 300);
	assert_int_equal(c.token_lifetime, 300);
	assert_int_equal(c.root_count, 0);
	assert_null(c.collateral);
	assert_null(c.keyring);
	assert_string_equal(c.database, "sqlite:dir/broker.db");
	assert_int_equal(c.resource_count, 1);
	assert_int_equal(c.resources[0].dataset[15], 15);
	assert_ptr_equal(config_find(&c, "a/b/c"), &c.resources[0]);
	assert_null(config_find(&c, "a/b"));
	assert_null(config_find(&c, "a/b/cc"));
	config_clear(&c);
}

static void test_everything(void **state)
{
	struct config_fault fault;
	struct config c;

	(void)state;
	assert_int_equal(parse(HEAD "\"listen\":\"[::1]:8443\",\"roots\":[\"x.pem\",\"/y.pem\"],"
			       "\"collateral\":\"vendors\",\"keyring\":\"passphrase:pass\","
			       "\"session_max\":7,\"session_timeout\":8,\"token_lifetime\":9,"
			       "\"resources\":{\"a/b/c\":{\"file\":\"d.wds\",\"key\":\"k\","
			       "\"project\":\"clinic\",\"policy\":\"strict\","
			       "\"expires\":\"2026-01-02T03:04:05Z\",\"clients\":[\"" ID ID "\"]},"
			       "\"a/b/d.1_2-3\":{\"dataset\":\"" ID "\",\"key\":\"k\"}}}",
			       &c, &fault), 0);
	assert_string_equal(c.host, "::1");
	assert_int_equal(c.port, 8443);
	assert_string_equal(c.collateral, "dir/vendors");
	assert_string_equal(c.keyring, "passphrase:dir/pass");
	assert_string_equal(c.roots[0], "dir/x.pem");
	assert_string_equal(c.roots[1], "/y.pem");
	assert_int_equal(c.session_max, 7);
	assert_int_equal(c.session_timeout, 8);
	assert_int_equal(c.token_lifetime, 9);
	assert_string_equal(config_find(&c, "a/b/c")->file, "dir/d.wds");
	assert_null(config_find(&c, "a/b/d.1_2-3")->file);
	assert_null(config_find(&c, "a/b/d.1_2-3")->policy);
	assert_string_equal(config_find(&c, "a/b/c")->project, "clinic");
	assert_string_equal(config_find(&c, "a/b/c")->policy, "strict");
	assert_int_equal(config_find(&c, "a/b/c")->expires, 1767323045);
	assert_int_equal(config_find(&c, "a/b/c")->client_count, 1);
	assert_int_equal(config_find(&c, "a/b/c")->clients[0][31], 15);
	config_clear(&c);
}

static void test_refused(void **state)
{
	static const struct {
		const char *json;
		const char *word;
	} bad[] = {
		{ "", "line 1" },
		{ "[]", "Expected object" },
		{ "{", "line 1" },
		{ HEAD LISTEN ONE "}x", "line 1" },
		{ HEAD LISTEN LISTEN ONE "}", "duplicate" },
		{ HEAD ONE "}", "listen" },
		{ HEAD LISTEN "\"resources\":{}}", "resources" },
		{ HEAD LISTEN "\"resources\":[]}", "resources" },
		{ HEAD LISTEN ONE ",\"extra\":1}", "extra" },
		{ HEAD LISTEN "\"resources\":{\"a/b/c\":{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,"
		  "\"7\":0,\"8\":0,\"9\":0,\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0}}}",
		  "more than 16 members" },
		{ HEAD LISTEN "\"resources\":{\"a/b/c\":{\"dataset\":\"" ID "\",\"key\":\"k\","
		  "\"key_uses\":-1}}}", "key_uses" },
		{ HEAD LISTEN "\"resources\":{\"a/b/c\":{\"dataset\":\"" ID "\",\"key\":\"k\","
		  "\"key_lifetime\":31536001}}}", "key_lifetime" },
		{ HEAD LISTEN ONE ",\"session_max\":0}", "session_max" },
		{ HEAD LISTEN ONE ",\"session_timeout\":3601}", "session_timeout" },
		{ HEAD LISTEN ONE ",\"token_lifetime\":-1}", "token_lifetime" },
		{ HEAD LISTEN ONE ",\"roots\":\"x\"}", "roots" },
		{ HEAD LISTEN ONE ",\"collateral\":[\"x\"]}", "Expected string" },
		{ HEAD LISTEN ONE ",\"collaterals\":\"x\"}", "collaterals" },
		{ HEAD LISTEN ONE ",\"roots\":[1]}", "roots" },
		{ HEAD "\"listen\":\"127.0.0.1\"," ONE "}", "ADDRESS:PORT" },
		{ HEAD "\"listen\":\":80\"," ONE "}", "ADDRESS:PORT" },
		{ HEAD "\"listen\":\"::1:65536\"," ONE "}", "no port" },
		{ HEAD "\"listen\":\"::1:80x\"," ONE "}", "no port" },
		{ HEAD LISTEN "\"resources\":{\"a/b\":{\"dataset\":\"" ID "\",\"key\":\"k\"}}}",
		  "repository/type/tag" },
		{ HEAD LISTEN "\"resources\":{\"a//c\":{\"dataset\":\"" ID "\",\"key\":\"k\"}}}",
		  "repository/type/tag" },
		{ HEAD LISTEN "\"resources\":{\"a/../c\":{\"dataset\":\"" ID "\",\"key\":\"k\"}}}",
		  "repository/type/tag" },
		{ HEAD LISTEN "\"resources\":{\"a/b/c/d\":{\"dataset\":\"" ID
		  "\",\"key\":\"k\"}}}", "repository/type/tag" },
		{ HEAD LISTEN "\"resources\":{\"a/b/\\\"\":{\"dataset\":\"" ID
		  "\",\"key\":\"k\"}}}", "repository/type/tag" },
		{ HEAD LISTEN "\"resources\":{\"a/b/c\":{\"dataset\":\"" ID "\"}}}", "key" },
		{ HEAD LISTEN "\"resources\":{\"a/b/c\":{\"key\":\"k\"}}}", "either" },
		{ HEAD LISTEN "\"resources\":{\"a/b/c\":{\"dataset\":\"" ID
		  "\",\"file\":\"f\",\"key\":\"k\"}}}", "either" },
		{ HEAD LISTEN "\"resources\":{\"a/b/c\":{\"dataset\":\"00\",\"key\":\"k\"}}}",
		  "hex" },
		{ HEAD LISTEN "\"resources\":{\"a/b/c\":{\"dataset\":\"" ID
		  "\",\"key\":\"k\",\"kez\":\"k\"}}}", "kez" },
		{ "{\"ward-broker\":2,\"tls\":{\"certificate\":\"c\",\"key\":\"k\"},\"policy\":\"p\","
		  "\"release_log\":\"r\"," LISTEN ONE "}", "version 1" },
		{ "{\"ward-broker\":1,\"tls\":{\"certificate\":\"c\"},\"policy\":\"p\","
		  "\"release_log\":\"r\"," LISTEN ONE "}", "key" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_fault fault = { "" };
		struct config c;

		if (!parse(bad[i].json, &c, &fault))
			fail_msg("accepted: %s", bad[i].json);
		if (!strstr(fault.text, bad[i].word))
			fail_msg("%s: says '%s', lacks '%s'", bad[i].json, fault.text, bad[i].word);
		config_clear(&c);
	}
}

/* Cut short anywhere, it is refused and nothing leaks. */
static void test_every_truncation(void **state)
{
	static const char json[] = HEAD LISTEN ONE "}";
	struct config_fault fault;
	struct config c;

	(void)state;
	for (size_t len = 0; len < sizeof(json) - 1; len++) {
		assert_int_equal(config_parse(json, len, "", &c, &fault), -1);
		config_clear(&c);
	}
}

static void test_too_long(void **state)
{
	char *json = malloc(CONFIG_MAX + 1);
	struct config_fault fault;
	struct config c;

	(void)state;
	memset(json, ' ', CONFIG_MAX + 1);
	assert_int_equal(config_parse(json, CONFIG_MAX + 1, "", &c, &fault), -1);
	assert_non_null(strstr(fault.text, "longer"));
	free(json);
}

static void test_no_file(void **state)
{
	struct config_fault fault;
	struct config c;

	(void)state;
	assert_int_equal(config_load("/nonexistent/broker.json", &c, &fault), -1);
	assert_non_null(strstr(fault.text, "/nonexistent/broker.json"));
	config_clear(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smallest),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
