// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * took FILE COMMAND ARGUMENT…: runs it, and adds a line to FILE: how long it took, in microseconds;
 * the CPU time of it and of all that it started and saw the end of; its own CPU time; and the
 * largest memory of one of them, in kB. Begun without a copy of a shell, which would cost as much
 * as what is measured. What it prints goes to FILE.said, its status is passed on.
 */

#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long us(const struct timeval *t)
{
	return t->tv_sec * 1000000LL + t->tv_usec;
}

/* Of a process that has ended, but is still there: how long it itself ran. */
static long long own_us(pid_t pid)
{
	char path[64], line[128] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	file = fopen(path, "r");
	if (!file || !fgets(line, sizeof(line), file))
		err(2, "%s", path);
	fclose(file);
	return strtoll(line, NULL, 10) / 1000;
}

static pid_t start(char **argv, const char *said)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int bad;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	bad = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	if (bad)
		errx(2, "%s: %s", argv[0], strerror(bad));
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

int main(int argc, char **argv)
{
	struct rusage used;
	siginfo_t ended;
	char said[4096];
	long long begin, took, own;
	int status;
	pid_t pid;
	FILE *file;

	if (argc < 3)
		errx(2, "usage: took FILE COMMAND ARGUMENT...");
	snprintf(said, sizeof(said), "%s.said", argv[1]);
	begin = now();
	pid = start(argv + 2, said);
	if (waitid(P_PID, pid, &ended, WEXITED | WNOWAIT))
		err(2, "waitid");
	took = now() - begin;
	own = own_us(pid);
	if (wait4(pid, &status, 0, &used) != pid)
		err(2, "wait4");
	file = fopen(argv[1], "a");
	if (!file)
		err(2, "%s", argv[1]);
	fprintf(file, "%lld %lld %lld %ld\n", took, us(&used.ru_utime) + us(&used.ru_stime), own,
		used.ru_maxrss);
	if (fclose(file))
		err(2, "%s", argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
