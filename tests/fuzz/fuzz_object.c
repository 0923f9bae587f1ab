// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Somebody's object file: opened, its programs looked at, globals set; nothing is loaded. libbpf
 * may well crash over it, in the child process that tries it first: that is no finding, and costs
 * less when the sanitizer does not explain it.
 */

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/error.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/lab.h"
#include "tests/fuzz/fuzz.h"

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "symbolize=0";
}

struct task {
	int (*fn)(void *cookie, int *fd, struct error *e);
	void *cookie;
};

int __real_run_in_child(int (*fn)(void *cookie, int *fd, struct error *e), void *cookie, int ms,
			int *fd, struct error *e);
int __wrap_run_in_child(int (*fn)(void *cookie, int *fd, struct error *e), void *cookie, int ms,
			int *fd, struct error *e);

static int die_quietly(void *cookie, int *fd, struct error *e)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct task *task = cookie;

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		(void)signal(deadly[i], SIG_DFL);
	return task->fn(task->cookie, fd, e);
}

int __wrap_run_in_child(int (*fn)(void *cookie, int *fd, struct error *e), void *cookie, int ms,
			int *fd, struct error *e)
{
	struct task task = { fn, cookie };

	return __real_run_in_child(die_quietly, &task, ms, fd, e);
}

static struct setting settings[] = {
	{ .name = "limit", .value = "7", .line = 1 },
	{ .name = "name", .value = "\"text\"", .line = 2 },
};

/* The whole way of a `program = path`, so the bytes are put where a path leads to them. */
static void open_filter(struct filter *f)
{
	struct lab lab = { .labfile = {
				   .ini = { .path = "fuzz.ini" }, .filters = f, .n_filters = 1 } };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct filter_object in = { 0 };
	int err = filter_object_open(&lab, 0, &in, &e);

	must(!err == !e.kind);
	must(err || in.main);
	filter_object_close(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char path[64];
	struct filter plain = { .name = "f", .program = PROGRAM_OBJECT, .object = path };
	struct filter set = plain;
	int fd = memfd_create("object", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	set.function = "canary";
	set.settings = settings;
	set.n_settings = sizeof(settings) / sizeof(settings[0]);
	open_filter(&plain);
	open_filter(&set);
	(void)close(fd);
	return 0;
}
