// SPDX-License-Identifier: MIT
/* Configuration files of the programs. */
#include <stdio.h>
#include <string.h>

#include "seeds.h"

static const char *const broker[][2] = {
	{ "least", "{\"ward-broker\":1,\"listen\":\"127.0.0.1:0\",\"tls\":{\"certificate\":\"c.pem\","
		   "\"key\":\"/etc/k.pem\"},\"policy\":\"p.json\",\"release_log\":\"r.log\",\"resources\":"
		   "{\"a/b/c\":{\"dataset\":\"000102030405060708090a0b0c0d0e0f\",\"key\":\"k\"}}}" },
	{ "all", "{\"ward-broker\":1,\"listen\":\"[::1]:8443\",\"tls\":{\"certificate\":\"c.pem\","
		 "\"key\":\"k.pem\"},\"policy\":\"/p.json\",\"release_log\":\"r.log\",\"roots\":[\"x.pem\","
		 "\"/y.pem\"],\"collateral\":\"vendors\",\"session_max\":7,\"session_timeout\":8,"
		 "\"token_lifetime\":9,\"limits\":{\"peer_rate\":5},\"metrics\":\"127.0.0.1:0\","
		 "\"resources\":{\"a/b/c\":{\"file\":\"d.wards\",\"key\":\"k\"},"
		 "\"default/data/one\":{\"dataset\":\"000102030405060708090a0b0c0d0e0f\","
		 "\"key\":\"/k\"}}}" },
};

/* Files of ward.conf(5), 0xff between them. */
static const char *const ward[][2] = {
	{ "all", "# the machine\n[limits]\nglobal = 4G\neach-user = 1G\nsession=512M\nuser.root = none\n"
		 "user.1000 = 64K\n[pace]\ncall-interval = 10\ncall-burst=4\nuser-interval=1000\n"
		 "user-burst=2\ncooldown=60000\n[policy]\nothers = none\nuser.root = all,raw\n"
		 "group.wheel = release,channel\nposture = module-sig,lockdown-integrity\n"
		 "refuse=traced,dumpable\nlatch = rules,posture,refuse\n[provider]\ntsm = auto\n"
		 "privlevel = 0\nservice-provider = svsm\n"
		 "service-guid = 00000000-0000-0000-0000-000000000000\nservice-manifest-version = 1\n"
		 "[wardd]\nbackend = sev-guest,vmpl=1 vtpm\nbeside = vtpm,pcrs=sha256:0-15\n"
		 "exclusive = mend\n[fetch]\nsource = kds pccs=https://pccs.example:8081\n"
		 "import = /var/lib/collateral\ntls-ca = /etc/ssl/ca.pem\nproxy = http://proxy:3128\n" },
	{ "three", "[limits]\nglobal = 4G\n\xff[limits]\nglobal =\nsession = 1G\n\xff; none\n"
		   "[limits]\nsession = 2G\n" },
	{ "wrong", "global = 1\n[limit]\nx = 1\n[limits]\nglobal = 1\nglobal = 2\nx\n[limits\n\tuser.x = 1\n" },
};

/* Frames of an attested channel: hello, verdict, ask. */
static void frames(void)
{
	static const uint8_t some[8 + 40 + 8 + 8 + 8 + 32] = {
		[0] = 1, [4] = 40, [8] = 1, [10] = 1, [11] = 3,
		[48] = 3, [52] = 8, [56] = 87,
		[64] = 4, [68] = 32,
	};

	seed("channel", "hello", (struct wv_bytes){ some, 48 });
	seed("channel", "verdict", (struct wv_bytes){ some + 48, 16 });
	seed("channel", "all", (struct wv_bytes){ some, sizeof(some) });
}

/* Frames of a federation, one of each kind that has a payload; a file of two sites. */
static void federation(void)
{
	static const struct { uint8_t type; uint16_t len; } kinds[] = {
		{ 1, 184 }, { 2, 24 }, { 3, 8 }, { 5, 88 }, { 8, 40 }, { 9, 88 }, { 11, 40 },
		{ 12, 56 }, { 13, 352 },
	};
	uint8_t some[16 + 512] = { 0 };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char name[16];

		memset(some, 0, sizeof(some));
		some[0] = kinds[i].type;
		some[4] = (uint8_t)kinds[i].len;
		some[5] = (uint8_t)(kinds[i].len >> 8);
		some[16] = some[16 + 16] = some[16 + 20] = 1;
		if (kinds[i].type == 1)
			some[16 + 120] = 'a';
		if (kinds[i].type > 3)
			some[16] = 0;
		snprintf(name, sizeof(name), "type%u", kinds[i].type);
		seed("federation", name, (struct wv_bytes){ some, 16 + kinds[i].len });
	}
	memset(some, 0, sizeof(some));
	memcpy(some, "WARD-FED", 8);
	some[8] = some[12] = 1;
	some[104] = 'a';		/* the one site's name; no models, no receipts */
	some[104 + 120 + 16] = 1;	/* the aggregator's receipt: one byte */
	seed("federation", "file", (struct wv_bytes){ some, 104 + 120 + 24 + 1 });
}

void seeds_config(void)
{
	size_t i;

	for (i = 0; i < sizeof(ward) / sizeof(ward[0]); i++)
		seed_text("wardconf", ward[i][0], ward[i][1]);
	seed_text("keyfile", "mine", "1 2 3 4 5 6 7 8 9 10 11 12 13 14");
	seed_text("keyfile", "others", "0 2 3 4 5 6 7 8 9 10 11 12 13 14");
	frames();
	federation();

	for (i = 0; i < sizeof(broker) / sizeof(broker[0]); i++)
		seed_text("brokerconf", broker[i][0], broker[i][1]);
}
