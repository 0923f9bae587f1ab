// SPDX-License-Identifier: GPL-2.0-or-later
/* The words behind a command's name: which are options, which are arguments, and how many may be.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/model/enum_names.h"

struct options {
	bool all;
	const char *as;
	uint32_t timeout, any;
	const struct enum_name *engine;
};

static const struct enum_name engines[] = { { "auto", 1 }, { "inline", 2 }, { NULL, 0 } };
static const struct command plain = {
	.name = "plain",
	.arguments = "LAB [NAME]",
	.summary = "Do it",
	.min_args = 1,
	.max_args = 2,
	.wants = { "the lab" },
	.options = {
		{ "--all", "each of them", OPTION_INTO(struct options, all) },
		{ "--as", "its name", OPTION_INTO(struct options, as), .argument = "NAME" },
		{ "--timeout", "so long", OPTION_INTO(struct options, timeout), .argument = "MS",
		  .min = 2, .max = 9, .unit = "milliseconds" },
		{ "--any", "so many", OPTION_INTO(struct options, any), .argument = "N",
		  .min = 1, .max = UINT32_MAX, .unit = "packets" },
		{ "--engine", "which", OPTION_INTO(struct options, engine), .words = engines },
	},
};
static const struct command rest = { .name = "rest",
				     .arguments = "NODE CMD…",
				     .summary = "Run it",
				     .min_args = 2,
				     .max_args = -1,
				     .wants = { "the node", "the command" },
				     .needs_root = true,
				     .rest_is_command = true,
				     .options = {
					     { "--as", "its name", OPTION_INTO(struct options, as),
					       .argument = "NAME" },
				     } };
static const struct command none = { .name = "none", .arguments = "", .summary = "Nothing" };
static const struct command *const all[] = { &plain, &rest, &none, NULL };

/* "arguments | all as timeout any engine" of the words of a command line; or its error, or "help".
 */
static char *read_as(const struct command *command, const char *line)
{
	char copy[200], *words[20] = { NULL }, *save = NULL, *text = NULL;
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct options *o;
	struct invocation in;
	bool help = false;
	size_t n = 0;

	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words[n++] = strcmp(w, "EMPTY") ? w : w + 5;
	if (invocation_read(&in, all, command, words, &help, &e)) {
		assert_int_equal(e.kind, ERROR_INPUT);
		text = text_format("%s", e.text);
		invocation_clear(&in);
		return text;
	}
	for (int i = 0; !help && i < in.argc; i++)
		text_add(&text, " ", "%s", in.argv[i]);
	if (!help)
		assert_null(in.argv[in.argc]);
	assert_ptr_equal(in.command, command);
	assert_ptr_equal(in.all, all);
	o = in.options;
	text_add(&text, " ", help ? "help" : "| %d %s %u %u %s", o->all, o->as ? o->as : "-",
		 o->timeout, o->any, o->engine ? o->engine->name : "-");
	invocation_clear(&in);
	return text;
}

static void words_are_options_or_arguments(void **state)
{
	static const struct {
		const struct command *command;
		const char *line, *read;
	} rows[] = {
		{ &plain, "a", "a | 0 - 0 0 -" },
		{ &plain, "a --all b", "a b | 1 - 0 0 -" },
		{ &plain, "--as x a", "a | 0 x 0 0 -" },
		{ &plain, "--as=x=y a", "a | 0 x=y 0 0 -" },
		{ &plain, "--as --all a", "a | 0 --all 0 0 -" },
		{ &plain, "- -- --all", "- --all | 0 - 0 0 -" },
		{ &plain, "-- --help", "--help | 0 - 0 0 -" },
		{ &plain, "a -- --", "a -- | 0 - 0 0 -" },
		{ &plain, "--all EMPTY", " | 1 - 0 0 -" },
		{ &plain, "a --timeout 2 --any 4294967295", "a | 0 - 2 4294967295 -" },
		{ &plain, "a --timeout=9 --engine inline", "a | 0 - 9 0 inline" },
		{ &plain, "a b c d --help", "help" },
		{ &plain, "-h --nothing", "help" },
		{ &plain, "", "plain: the lab is missing; usage: xlab plain LAB [NAME]" },
		{ &plain, "a b c d", "plain: \"c\" is too much; usage: xlab plain LAB [NAME]" },
		{ &none, "a", "none: \"a\" is too much; usage: xlab none" },
		{ &none, "", "| 0 - 0 0 -" },
		{ &plain, "a --alll", "plain: there is no option --alll; did you mean \"--all\"?" },
		{ &plain, "a --all --all", "plain: --all is given twice" },
		{ &plain, "a --as x --as=y", "plain: --as is given twice" },
		{ &plain, "a --all=yes", "plain: --all takes no value" },
		{ &plain, "a --as", "plain: --as needs a value: NAME" },
		{ &plain, "a --as=", "plain: --as needs a value: NAME" },
		{ &plain, "a --as EMPTY", "plain: --as needs a value: NAME" },
		{ &plain, "a --engine", "plain: --engine needs a value: auto|inline" },
		{ &plain, "a --engine inlin",
		  "plain: --engine has no value \"inlin\"; did you mean \"inline\"?" },
		{ &plain, "a --timeout 1",
		  "plain: --timeout 1: it is a number of milliseconds, 2 to 9" },
		{ &plain, "a --timeout 10",
		  "plain: --timeout 10: it is a number of milliseconds, 2 to 9" },
		{ &plain, "a --any 0", "plain: --any 0: it is a number of packets, at least 1" },
		{ &rest, "n ls --as x", "n ls --as x | 0 - 0 0 -" },
		{ &rest, "n --as x ls --help", "n ls --help | 0 x 0 0 -" },
		{ &rest, "--as x n -- ls", "n ls | 0 x 0 0 -" },
		{ &rest, "n -- -- ls", "n -- ls | 0 - 0 0 -" },
		{ &rest, "n", "rest: the command is missing; usage: xlab rest NODE CMD…" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO read = read_as(rows[i].command, rows[i].line);

		if (strncmp(read, rows[i].read, strlen(rows[i].read)) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].line, read, rows[i].read);
	}
}

static void commands_are_found(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_ptr_equal(command_find(all, "none"), &none);
	assert_ptr_equal(command_find(all, "plain"), &plain);
	assert_null(command_find(all, "plai"));
	assert_int_equal(command_unknown(all, "plai", &e), -EINVAL);
	assert_string_equal(e.text, "there is no command \"plai\"; did you mean \"plain\"?");
	error_clear(&e);
	assert_int_equal(command_unknown(all, "x", &e), -EINVAL);
	assert_string_equal(e.text, "there is no command \"x\"; allowed: plain, rest, none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_options_or_arguments),
		cmocka_unit_test(commands_are_found),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
