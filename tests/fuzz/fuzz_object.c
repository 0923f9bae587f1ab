// SPDX-License-Identifier: GPL-2.0-or-later
/* Somebody's object file: opened, its programs looked at, globals set; nothing is loaded. */

#include <sys/mman.h>
#include <unistd.h>

#include "lab/error.h"
#include "orchestrator/instance.h"
#include "orchestrator/lab.h"
#include "tests/fuzz/fuzz.h"

static struct setting settings[] = {
	{ .name = "limit", .value = "7", .line = 1 },
	{ .name = "name", .value = "\"text\"", .line = 2 },
};

/* The whole way of a `program = path`, so the bytes are put where a path leads to them. */
static void open_filter(struct filter *f)
{
	struct lab lab = { .suite = {
				   .ini = { .path = "fuzz.ini" }, .filters = f, .n_filters = 1 } };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct instance in = { 0 };
	int err = instance_open(&lab, 0, &in, &e);

	must(!err == !e.kind);
	must(err || in.main);
	instance_close(&in);
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
