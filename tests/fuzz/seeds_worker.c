// SPDX-License-Identifier: MIT
/* What ward-train reads: plans, and tables with the twelve bytes that target_csv.c has before them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seeds.h"

#define HEAD 12

static const char *const plans[] = { "heart", "wdbc", "glucose" };

/* Each kind of split, of label, of run: what the shipped plans do without. */
static const char *const more[][2] = {
	{ "levels", "{\"ward-plan\":1,\"name\":\"p\",\"features\":[{\"column\":\"a\"},{\"column\":\"b\","
		    "\"levels\":[1,2.5]},{\"column\":\"c\",\"levels\":[\"x\",\"y\"]}],\"label\":{\"column\":"
		    "\"y\",\"equals\":\"yes\"},\"missing\":\"drop\",\"standardise\":\"site\",\"split\":{\"rule\":"
		    "\"every\",\"every\":5},\"runs\":[{\"name\":\"n\",\"method\":\"newton\",\"l2\":0.01,"
		    "\"tolerance\":1e-9,\"max_steps\":50}]}" },
	{ "hash", "{\"ward-plan\":1,\"name\":\"p\",\"features\":[{\"column\":\"a\"}],\"label\":{\"column\":\"y\","
		  "\"value\":true},\"missing\":\"mean\",\"standardise\":\"none\",\"split\":{\"rule\":\"hash\","
		  "\"seed\":7,\"fraction\":0.3},\"runs\":[{\"name\":\"a\",\"method\":\"adam\",\"hidden\":[4],"
		  "\"activation\":\"tanh\",\"epochs\":3,\"batch\":16,\"rate\":0.1,\"window\":64,\"seed\":1}]}" },
	{ "folds", "{\"ward-plan\":1,\"name\":\"p\",\"features\":[{\"column\":\"a\"}],\"label\":{\"equals\":2},"
		   "\"split\":{\"rule\":\"folds\",\"seed\":7,\"folds\":5},\"runs\":[{\"name\":\"l\",\"method\":"
		   "\"lbfgs\",\"hidden\":[4,3],\"activation\":\"relu\",\"l2\":0.1,\"tolerance\":1e-6}]}" },
	{ "rows", "{\"ward-plan\":1,\"name\":\"p\",\"features\":[{\"column\":\"a\"}],\"label\":{\"column\":\"y\","
		  "\"above\":0},\"split\":{\"rule\":\"rows\",\"test\":{\"s\":[[0,3],5],\"t\":[1]}},\"runs\":[{"
		  "\"name\":\"s\",\"method\":\"sgd\",\"epochs\":3,\"batch\":16,\"rate\":0.1,\"momentum\":0.5}]}" },
	{ "course", "{\"ward-plan\":1,\"name\":\"p\",\"course\":{\"by\":\"who\",\"time\":\"at\",\"step\":300,"
		    "\"column\":\"g\",\"past\":6,\"ahead\":2},\"split\":{\"rule\":\"tail\",\"head\":0.6,\"tail\":0.2},"
		    "\"runs\":[{\"name\":\"l\",\"method\":\"lbfgs\",\"l2\":0.1,\"tolerance\":1e-6}]}" },
};

/** struct rows - a text, and how it is read: delimiter and header, missing, columns, step, kinds */
static const struct rows {
	const char *name;
	uint8_t head[HEAD];
	const char *text;
} tables[] = {
	{ "numbers", { 0, 2, 2, 3 }, "1,2.5,?\r\n-3e2, 4 ,5\n?,?,?\n6.000000000000000000000001,7,8\n9,10,11" },
	{ "header", { 0x80, 1, 2, 6 }, "a,b,c\n1,,3\n4,5,\n" },
	{ "words", { 1, 3, 4, 9, 3, 2, 4, 1, 0 },
	  "yes;2024-02-29T23:59:60Z;\"Smith; \"\"J\"\"\";any,text;1e-300\nno;2024-01-01;x;;-0.0\nx;86400;\"x\" ;NA;NA\n" },
	{ "tabs", { 2, 2, 1, 1, 0, 2 }, "1\t2024-01-01 08:05\n\"2\"\t1970-01-01 00:00:00\n" },
	{ "one", { 0, 0, 0, 0 }, "1\n2\n3\n" },
	{ "bad-quote", { 0, 0, 0, 2, 3 }, "\"x\n" },
	{ "bad-behind", { 0, 0, 1, 2, 3, 3 }, "\"x\"y,1\n" },
	{ "bad-number", { 0, 0, 1, 2 }, "1,2\n1e999,0x10\nnan,inf\n" },
	{ "bad-day", { 0, 0, 0, 2, 2 }, "2023-02-29\n" },
	{ "bad-width", { 0, 0, 1, 2 }, "1,2\n3\n" },
};

/** struct question - a request, and the byte that target_infer.c has before it: plan, and is it JSON */
static const struct question {
	const char *name;
	uint8_t how;
	const char *text;
} questions[] = {
	{ "rows", 0, "a,b,c\n1.5,2.5,x\n-3e2,1,\"y\"\n,2,z\n" },
	{ "any-order", 0, "\xef\xbb\xbf" "c,l,b,a\r\nx,,1,2\r\n" },
	{ "course", 1, "w,t,g\nm,0,1\nm,300,2\nm,600,3\nn,2024-01-01 00:00:00,4\n" },
	{ "json", 0x80, "[{\"a\":1.5,\"b\":2,\"c\":\"x\"},\n {\"a\":null,\"b\":2.5,\"c\":null,\"l\":0}]" },
	{ "json-course", 0x81, "[{\"w\":17,\"t\":0,\"g\":1},{\"w\":17,\"t\":300,\"g\":2},"
			       "{\"w\":\"17\",\"t\":\"1970-01-01T00:10:00Z\",\"g\":-3e2}]" },
	{ "bad-name", 0, "a,b,c,d\n" },
	{ "bad-twice", 0, "a,b,a\n" },
	{ "bad-lacks", 0, "a,b\n1,2\n" },
	{ "bad-value", 0x80, "[{\"a\":\"x\",\"b\":1,\"c\":\"x\"}]" },
	{ "bad-member", 0x80, "[{\"a\":1,\"b\":1,\"c\":\"x\",\"d\":1}]" },
	{ "bad-depth", 0x80, "[[[1]]]" },
	{ "bad-json", 0x80, "[{\"a\":1,}]" },
};

static void shipped(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "userspace/worker/plans/%s.json", name);
	seed_take("plan", name, ut_file(path));
}

void seeds_worker(void)
{
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
		shipped(plans[i]);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		seed_text("plan", more[i][0], more[i][1]);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		uint8_t all[512];
		size_t n = strlen(tables[i].text);

		assert_true(HEAD + n <= sizeof(all));
		memcpy(all, tables[i].head, HEAD);
		memcpy(all + HEAD, tables[i].text, n);
		seed("csv", tables[i].name, (struct wv_bytes){ all, HEAD + n });
	}
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		uint8_t all[512];
		size_t n = strlen(questions[i].text);

		assert_true(1 + n <= sizeof(all));
		all[0] = questions[i].how;
		memcpy(all + 1, questions[i].text, n);
		seed("infer", questions[i].name, (struct wv_bytes){ all, 1 + n });
	}
}
