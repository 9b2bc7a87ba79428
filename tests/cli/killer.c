// SPDX-License-Identifier: MIT
/*
 * killer OLD CHECK COMMAND...: run COMMAND again and again in an empty folder "c" that
 * holds a copy of the file OLD as "f", killed (SIGKILL) before its first system call, its
 * second, and so on of all its threads, until it ends by itself. After each run c/f must
 * be OLD to the byte, or CHECK, a shell command, must accept it as the new one. What lies
 * beside it goes to the folder "kept". Prints how often it killed, and what it found.
 * Exit: 0; 1 neither old nor new, or COMMAND failed; 2 misuse.
 *
 * killer -n N COMMAND...: run it once, killed before the Nth of its calls that somebody
 * else can tell, counted from the first that renames a file: files that change, sockets that
 * are written to, the end. Exit: 9 killed there; else COMMAND's, which came to its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_MAX	(1 << 20)
#define CALLS_MAX	20000
#define OPTIONS		(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL)

static char old[FILE_MAX], now[FILE_MAX];
static size_t old_len;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static ssize_t slurp(const char *path, char *to)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, to, FILE_MAX);

	if (fd >= 0)
		close(fd);
	return n;
}

static void fresh_folder(void)
{
	int fd;

	if (system("rm -rf c") || mkdir("c", 0700))
		die("c");
	fd = open("c/f", O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, old, old_len) != (ssize_t)old_len || close(fd))
		die("c/f");
}

static void keep_others(int at)
{
	char to[64];
	glob_t g;

	if (glob("c/f?*", 0, NULL, &g))
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		snprintf(to, sizeof(to), "kept/%d.%zu", at, i);
		if (rename(g.gl_pathv[i], to))
			die(to);
	}
	globfree(&g);
}

static pid_t begin(char **command)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	execvp(command[0], command);
	_exit(127);
}

static int renames(unsigned long long call)
{
#ifdef SYS_rename
	if (call == SYS_rename)
		return 1;
#endif
#ifdef SYS_renameat
	if (call == SYS_renameat)
		return 1;
#endif
	return call == SYS_renameat2;
}

static int outward(unsigned long long call)
{
	static const unsigned long long calls[] = {
		SYS_fsync, SYS_connect, SYS_sendto, SYS_sendmsg, SYS_write, SYS_writev, SYS_unlinkat,
		SYS_exit_group,
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (call == calls[i])
			return 1;
	return renames(call);
}

/* Whether all calls count, or those alone that others can tell, from the first that renames. */
static int outward_only, renamed;

/* Threads stop by themselves: who is in a call is told by PTRACE_GET_SYSCALL_INFO. */
static int enters(pid_t thread)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return 0;
	renamed |= renames(info.entry.nr);
	return !outward_only || (renamed && outward(info.entry.nr));
}

/* -1: killed before call @at; else its exit status. */
static int run(char **command, int at)
{
	pid_t pid = begin(command), thread;
	int status, killed = 0, first = 1;

	while ((thread = waitpid(-1, &status, __WALL)) > 0) {
		int sig = 0;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (thread == pid)
				return killed || WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
			continue;
		}
		if (first) {
			first = 0;
			if (ptrace(PTRACE_SETOPTIONS, pid, NULL, OPTIONS))
				die("ptrace");
		} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (!killed && enters(thread) && !--at) {
				killed = 1;
				kill(pid, SIGKILL);
			}
		} else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP) {
			sig = WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, thread, NULL, (void *)(long)sig);
	}
	die("waitpid");
	return 2;
}

int main(int argc, char **argv)
{
	int was_old = 0, was_new = 0, neither = 0, at = 0, rc;
	ssize_t n;

	outward_only = argc > 3 && !strcmp(argv[1], "-n");
	if (outward_only) {
		rc = run(argv + 3, atoi(argv[2]));
		return rc < 0 ? 9 : rc;
	}
	n = argc > 3 ? slurp(argv[1], old) : -1;
	if (n < 0)
		return 2;
	old_len = (size_t)n;
	mkdir("kept", 0700);
	do {
		fresh_folder();
		rc = run(argv + 3, ++at);
		n = slurp("c/f", now);
		if (n == (ssize_t)old_len && !memcmp(old, now, old_len))
			was_old++;
		else if (!system(argv[2]))
			was_new++;
		else
			neither++;
		keep_others(at);
	} while (rc < 0 && at < CALLS_MAX);
	printf("killed %d times: %d old, %d new, %d neither; then it ended with %d\n", at - 1,
	       was_old, was_new, neither, rc);
	return rc || neither || !was_old || was_new < 2;
}
