// SPDX-License-Identifier: GPL-2.0-or-later
/* Lab files read, and no more. What is wrong with one is said by those who read it. */
#include <stdio.h>

#include "lab/error.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/filter/labfile_load.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_print.h"
#include "orchestrator/model/labfile_warn.h"
#include "orchestrator/util/sanitize.h"

static void print_count(size_t n, const char *what)
{
	printf(", %zu %s%s", n, what, n == 1 ? "" : "s");
}

struct check_options {
	bool print, strict;
};

/* Warnings are errors with --strict; else they are told beside what the file holds. */
static int warn(const struct labfile *labfile, bool strict, unsigned int *n, struct error *e)
{
	struct error ERROR_AUTO warnings = ERROR_INIT;

	labfile_warn(labfile, &warnings);
	*n = warnings.lines;
	if (!warnings.text)
		return 0;
	if (strict)
		return error_join(e, &warnings);
	sanitize_print(stderr, "%s\n", warnings.text);
	return 0;
}

static int check_file(const char *path, const struct check_options *options, struct error *e)
{
	struct labfile labfile;
	size_t n_filters = 0;
	unsigned int n_warnings = 0;
	int err = labfile_load(&labfile, path, e);

	/* Those of the file, without the built-ins that every file has. */
	for (size_t i = 0; i < labfile.n_filters; i++)
		n_filters += labfile.filters[i].line != 0;
	if (!err)
		err = warn(&labfile, options->strict, &n_warnings, e);
	if (!err && options->print) {
		labfile_print(&labfile, stdout);
	} else if (!err) {
		sanitize_print(stdout, "%s: ok", path);
		print_count(labfile.topo.n_nodes, "node");
		print_count(labfile.topo.n_bridges, "bridge");
		print_count(labfile.topo.n_ifaces, "interface");
		print_count(n_filters, "filter");
		print_count(labfile.n_scenarios, "scenario");
		if (n_warnings)
			print_count(n_warnings, "warning");
		putchar('\n');
	}
	labfile_clear(&labfile);
	return err;
}

/* All errors of all files are told, as all those of one file are. */
static int check_run(const struct invocation *in, int *status, struct error *e)
{
	const struct check_options *options = in->options;
	int err = 0;

	(void)status;
	if (options->print && in->argc > 1)
		return error_input(e, "check: --print is of one lab file, not of %d", in->argc);
	for (int i = 0; i < in->argc; i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		if (check_file(in->argv[i], options, &one))
			err = error_join(e, &one);
	}
	return err;
}

const struct command cmd_check = {
	.name = "check",
	.arguments = "FILE...",
	.summary = "Check lab files, and tell all that is wrong with them",
	.options = {
		{ "--print", "print the file as it was understood: one form for all, no comments",
		  OPTION_INTO(struct check_options, print) },
		{ "--strict", "a warning is an error",
		  OPTION_INTO(struct check_options, strict) },
	},
	.min_args = 1,
	.max_args = -1,
	.wants = { "the lab file" },
	.completes = { "FILE" },
	.run = check_run,
};
