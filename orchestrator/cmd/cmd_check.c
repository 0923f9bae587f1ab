// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "lab/error.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/filter/suite_load.h"
#include "orchestrator/model/suite.h"
#include "orchestrator/model/suite_print.h"

static void print_count(size_t n, const char *what)
{
	printf(", %zu %s%s", n, what, n == 1 ? "" : "s");
}

/* Those of the file, without the built-ins that every file has. */
static size_t count_filters(const struct suite *suite)
{
	size_t n = 0;

	for (size_t i = 0; i < suite->n_filters; i++)
		n += suite->filters[i].line != 0;
	return n;
}

static void print_ok(const char *path, const struct suite *suite)
{
	printf("%s: ok", path);
	print_count(suite->topo.n_nodes, "node");
	print_count(suite->topo.n_bridges, "bridge");
	print_count(suite->topo.n_ifaces, "interface");
	print_count(count_filters(suite), "filter");
	print_count(suite->n_scenarios, "scenario");
	putchar('\n');
}

static int check_file(const char *path, bool print, struct error *e)
{
	struct suite suite;
	int err = suite_load(&suite, path, e);

	if (!err && print)
		suite_print(&suite, stdout);
	else if (!err)
		print_ok(path, &suite);
	suite_clear(&suite);
	return err;
}

/* All errors of all files are told, as all those of one file are. */
static int check_run(const struct invocation *in, int *status, struct error *e)
{
	bool print = invocation_option(in, "--print");
	int i, err = 0;

	(void)status;
	if (print && in->argc > 1)
		return error_input(e, "check: --print is of one lab file, not of %d", in->argc);
	for (i = 0; i < in->argc; i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		if (check_file(in->argv[i], print, &one))
			err = error_join(e, &one);
	}
	return err;
}

const struct command cmd_check = {
	.name = "check",
	.arguments = "FILE...",
	.summary = "Check lab files, and tell all that is wrong with them",
	.options = {
		{ "--print", NULL, "print the file as it was understood: one form for all, no comments" },
	},
	.min_args = 1,
	.max_args = -1,
	.wants = { "the lab file" },
	.completes = { "FILE" },
	.run = check_run,
};
