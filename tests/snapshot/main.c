// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * snapshot                    everything but the machine-wide list of BPF objects
 * snapshot --bpf              that list only, by name and count
 * snapshot --mark             "PROGRAM MAP LINK": the highest ids there are now
 * snapshot --since MARK       BPF objects made after that mark and still there
 * … --same FILE [--within MS] take it until it is what FILE holds, at most that long;
 *                             status 1 and the differences if it never is
 *
 * Run it in the namespaces it shall tell about: tests/torture/sandbox gives a
 * command network, mount and pid namespaces of its own, so that nothing of
 * anybody else is in the picture. BPF objects are the whole machine's, which is why
 * they are apart.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/snapshot/snapshot.h"

struct request {
	bool bpf;
	struct bpf_mark since;
	const char *same;
	long within_ms;
};

static void picture_take(struct picture *p, const struct request *r)
{
	picture_clear(p);
	if (r->bpf) {
		picture_bpf(p, &r->since);
	} else {
		picture_namespaces(p);
		picture_sysctls(p, "machine", "/proc/sys/kernel");
		picture_sysctls(p, "machine", "/proc/sys/fs");
		picture_sysctls(p, "machine", "/proc/sys/vm");
		picture_mounts(p);
		picture_bpffs(p);
		picture_state(p);
		picture_processes(p);
	}
	picture_sort(p);
}

static void picture_load(struct picture *p, const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (!in)
		die(path);
	while ((n = getline(&line, &room, in)) > 0) {
		line[n - 1] = '\0';
		picture_add(p, "%s", line);
	}
	free(line);
	(void)fclose(in);
}

static long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the kernel takes down behind a command's back is waited for, as a condition. */
static int picture_await(const struct request *r)
{
	long deadline = now_ms() + r->within_ms;
	struct picture old = { 0 }, now = { 0 };
	size_t differences;

	picture_load(&old, r->same);
	for (;;) {
		picture_take(&now, r);
		differences = picture_compare(&old, &now, false);
		if (!differences || now_ms() >= deadline)
			break;
		(void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	(void)picture_compare(&old, &now, true);
	picture_clear(&old);
	picture_clear(&now);
	return differences ? 1 : 0;
}

static int mark_print(void)
{
	struct bpf_mark mark;

	bpf_mark_now(&mark);
	printf("%u %u %u\n", mark.ids[0], mark.ids[1], mark.ids[2]);
	return 0;
}

static void mark_read(struct bpf_mark *mark, const char *text)
{
	if (sscanf(text, "%u %u %u", &mark->ids[0], &mark->ids[1], &mark->ids[2]) == 3)
		return;
	errno = EINVAL;
	die(text);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "bpf", no_argument, NULL, 'b' },
		{ "mark", no_argument, NULL, 'm' },
		{ "since", required_argument, NULL, 's' },
		{ "same", required_argument, NULL, '=' },
		{ "within", required_argument, NULL, 'w' },
		{ 0 },
	};
	struct request r = { 0 };
	struct picture p = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'm')
			return mark_print();
		if (c == 'b' || c == 's')
			r.bpf = true;
		if (c == 's')
			mark_read(&r.since, optarg);
		else if (c == '=')
			r.same = optarg;
		else if (c == 'w')
			r.within_ms = strtol(optarg, NULL, 10);
		else if (c == '?')
			return 2;
	}
	if (r.same)
		return picture_await(&r);
	picture_take(&p, &r);
	for (size_t i = 0; i < p.n; i++)
		puts(p.lines[i]);
	picture_clear(&p);
	return fflush(stdout) ? 2 : 0;
}
