// SPDX-License-Identifier: GPL-2.0-or-later
/* Which labs are shown, and in which form. What is shown is read and written in report/. */
#include <errno.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/state_list.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/report/status.h"
#include "orchestrator/report/status_json.h"
#include "orchestrator/report/status_text.h"
#include "orchestrator/util/json.h"
#include "orchestrator/util/table.h"

/* @j NULL: for people. */
static int print_one(const char *name, struct json *j, struct error *e)
{
	struct status s = { 0 };
	int err = status_read(&s, name, e);

	if (!err && j)
		status_print_json(&s, j);
	else if (!err)
		status_print_text(&s, colour_wanted(stdout), stdout);
	status_clear(&s);
	return err;
}

/* One that cannot be shown does not hide the others. */
static int print_all(char *const *names, struct json *j, struct error *e)
{
	int err = 0;

	for (size_t i = 0; names[i]; i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		if (i && !j)
			putchar('\n');
		/* It went down since it was listed. */
		if (print_one(names[i], j, &one) == 0 || one.err == -ENOENT)
			continue;
		err = error_join(e, &one);
	}
	return err;
}

struct status_options {
	bool json;
};

static int status_run(const struct invocation *in, int *status, struct error *e)
{
	const struct status_options *options = in->options;
	struct json json = { .out = stdout };
	struct json *j = options->json ? &json : NULL;
	char **STRINGS_AUTO names = NULL;
	int err = 0;

	(void)status;
	if (!in->argc)
		err = state_list(&names, e);
	if (err)
		return err;
	if (!in->argc && !names[0] && !j)
		puts("no lab is up");
	if (j) {
		json_open(j, NULL, '{');
		json_open(j, "labs", '[');
	}
	err = in->argc ? print_one(in->argv[0], j, e) : print_all(names, j, e);
	if (j) {
		json_close(j, ']');
		json_close(j, '}');
		json_end(j);
	}
	return err;
}

const struct command cmd_status = {
	.name = "status",
	.arguments = "[LAB]",
	.summary = "Show what is up, as it stands in the kernel",
	.details = "What a killed command left is shown too, with what to do about it.",
	.options = {
		{ "--json", "for programs; the keys are in the man page",
		  OPTION_INTO(struct status_options, json) },
	},
	.max_args = 1,
	.completes = { "LAB", "" },
	.needs_root = true,
	.run = status_run,
};
