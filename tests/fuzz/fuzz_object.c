// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Somebody's object file: opened, its programs looked at, globals set; nothing is loaded. libbpf
 * may well crash over it or go round for ever, which xlab tries out in a child process. A child
 * takes a thousand times as long as the rest, so with FUZZ_JUMP in the environment the errand is
 * run on the spot, and left by a jump. What that leaves behind may bring down a later run: so a
 * finding is one only if it is found without it, too.
 */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "lab/error.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/map_value.h"
#include "orchestrator/lab.h"
#include "orchestrator/util/bpflog.h"
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

static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

static int die_quietly(void *cookie, int *fd, struct error *e)
{
	struct task *task = cookie;

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		(void)signal(deadly[i], SIG_DFL);
	return task->fn(task->cookie, fd, e);
}

#define ON_THE_SPOT_MS 300 /* of the processor; an object of any size takes less than one */

static sigjmp_buf way_out;
static volatile sig_atomic_t on_the_spot;
static struct sigaction before[_NSIG]; /* the sanitizer's, and libFuzzer's */

static void leave(int signal, siginfo_t *info, void *context)
{
	if (on_the_spot)
		siglongjmp(way_out, signal == SIGVTALRM ? -ETIMEDOUT : -EPIPE);
	if (before[signal].sa_flags & SA_SIGINFO)
		before[signal].sa_sigaction(signal, info, context);
}

static void take_signal(int signal)
{
	struct sigaction ours = { .sa_sigaction = leave,
				  .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	must(sigaction(signal, &ours, &before[signal]) == 0);
}

static void set_timer(int ms)
{
	struct itimerval timer = { .it_value.tv_usec = ms * 1000 };

	must(setitimer(ITIMER_VIRTUAL, &timer, NULL) == 0);
}

static int run_on_the_spot(struct task *task, int *fd, struct error *e)
{
	BPFLOG outer = BPFLOG_INIT; /* restored at its end, whatever was begun in between */
	int err;

	bpflog_begin(&outer);
	err = sigsetjmp(way_out, 0);
	if (err == 0) {
		on_the_spot = 1;
		set_timer(ON_THE_SPOT_MS);
		err = task->fn(task->cookie, fd, e);
	} else {
		error_clear(e);
		(void)error_sys(e, err, "an errand");
	}
	on_the_spot = 0;
	set_timer(0);
	return err;
}

int __wrap_run_in_child(int (*fn)(void *cookie, int *fd, struct error *e), void *cookie, int ms,
			int *fd, struct error *e)
{
	static enum { UNKNOWN, FORK, JUMP } way;
	struct task task = { fn, cookie };

	if (way == UNKNOWN) {
		way = getenv("FUZZ_JUMP") ? JUMP : FORK;
		for (size_t i = 0; way == JUMP && i < sizeof(deadly) / sizeof(deadly[0]); i++)
			take_signal(deadly[i]);
		if (way == JUMP)
			take_signal(SIGVTALRM);
	}
	return way == FORK ? __real_run_in_child(die_quietly, &task, ms, fd, e)
			   : run_on_the_spot(&task, fd, e);
}

static const struct ini_key read_from = { .line = 1 };
static struct setting settings[] = {
	{ .name = "limit", .value = "7", .read_from = &read_from },
	{ .name = "name", .value = "\"text\"", .read_from = &read_from },
};

/* Each map asked for what it may have, by the object's own types. */
static void ask_maps(struct bpf_object *obj)
{
	static char zero[] = "0", prefix[] = "10.0.0.0/8", field[] = "packets",
		    fields[] = "packets=1 name=a";
	struct map_expectation m = { .key = zero, .value = zero, .op = "==" };
	struct map_preset p = { .key = prefix, .value = fields };
	struct bpf_map *map;

	bpf_object__for_each_map (map, obj) {
		struct error ERROR_AUTO e = ERROR_INIT;

		m.map = p.name = (char *)(uintptr_t)bpf_map__name(map);
		m.field = NULL;
		must(!map_value_check(obj, &m, &e) == !e.kind);
		error_clear(&e);
		m.field = field;
		must(!map_value_check(obj, &m, &e) == !e.kind);
		error_clear(&e);
		must(!map_value_check_preset(obj, &p, &e) == !e.kind);
	}
}

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
	if (!err)
		ask_maps(in.obj);
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
