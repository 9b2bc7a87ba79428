// SPDX-License-Identifier: MIT
#include <glob.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "pg.h"

struct pg {
	char bin[128];
	char dir[64];
	char url[256];
	pid_t server;
	int databases;
};

/* The server refuses to run as root. */
static void become_nobody(void)
{
	const struct passwd *user = getpwnam("nobody");

	if (!geteuid() && (!user || setgid(user->pw_gid) || setuid(user->pw_uid)))
		_exit(127);
}

static pid_t spawn(const struct pg *pg, char *const argv[])
{
	char path[256];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", pg->bin, argv[0]);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	become_nobody();
	if (chdir(pg->dir) || !freopen("log", "a", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		_exit(127);
	execv(path, argv);
	_exit(127);
}

static int finish(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int find_server(struct pg *pg)
{
	glob_t found;
	int there = !glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found);

	if (there)
		snprintf(pg->bin, sizeof(pg->bin), "%.*s",
			 (int)(strlen(found.gl_pathv[found.gl_pathc - 1]) - strlen("/postgres")),
			 found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return there;
}

static void wait_ready(const struct pg *pg)
{
	char conninfo[160];

	snprintf(conninfo, sizeof(conninfo), "host=%s dbname=postgres user=ward", pg->dir);
	for (int i = 0; i < 600; i++) {
		if (PQping(conninfo) == PQPING_OK)
			return;
		usleep(100000);
	}
	fail_msg("the server in %s doesn't answer: see its log", pg->dir);
}

/* No TCP: the folder's rights are who may connect. */
static void start(struct pg *pg)
{
	char *argv[] = { "postgres", "-D", "data", "-k", pg->dir, "-c", "listen_addresses=", "-c",
			 "unix_socket_permissions=0777", "-c", "shared_buffers=16MB", NULL };

	pg->server = spawn(pg, argv);
	wait_ready(pg);
}

struct pg *pg_start(void)
{
	char *initdb[] = { "initdb", "-D", "data", "-U", "ward", "-A", "trust", "-E", "UTF8",
			   "--locale=C", "--no-sync", NULL };
	struct pg *pg = calloc(1, sizeof(*pg));

	assert_non_null(pg);
	if (!find_server(pg)) {
		puts("# PostgreSQL is not installed: left out");
		free(pg);
		return NULL;
	}
	strcpy(pg->dir, "/tmp/ward-pg-XXXXXX");
	assert_non_null(mkdtemp(pg->dir));
	assert_int_equal(chmod(pg->dir, 0777), 0);
	if (finish(spawn(pg, initdb)))
		fail_msg("initdb in %s failed: see its log", pg->dir);
	start(pg);
	pg_fresh(pg);
	return pg;
}

const char *pg_url(const struct pg *pg)
{
	return pg->url;
}

void pg_crash(struct pg *pg)
{
	kill(pg->server, SIGQUIT);	/* "immediate shutdown": recovery at the next start */
	finish(pg->server);
	start(pg);
}

void pg_fresh(struct pg *pg)
{
	char conninfo[160], sql[64];
	PGconn *c;
	PGresult *r;

	snprintf(conninfo, sizeof(conninfo), "host=%s dbname=postgres user=ward", pg->dir);
	snprintf(sql, sizeof(sql), "CREATE DATABASE ward%d", ++pg->databases);
	c = PQconnectdb(conninfo);
	r = PQexec(c, sql);
	assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
	PQclear(r);
	PQfinish(c);
	snprintf(pg->url, sizeof(pg->url), "postgresql:host=%s dbname=ward%d user=ward", pg->dir,
		 pg->databases);
}

void pg_stop(struct pg *pg)
{
	char command[96];

	if (!pg)
		return;
	kill(pg->server, SIGQUIT);
	finish(pg->server);
	snprintf(command, sizeof(command), "rm -rf %s", pg->dir);
	assert_int_equal(system(command), 0);
	free(pg);
}
