// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab goes up, and the next commands are told. How it goes up is lab_up.c's. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/state_list.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/lab.h"
#include "orchestrator/lab_up.h"

/* Commands that work as they stand here: with other labs up, they name this one. */
static void print_hint(const struct lab *lab)
{
	const struct topology *topo = &lab->labfile.topo;
	const char *name = state_journal(lab->state)->lab;
	const char *sudo = getenv("SUDO_USER") ? "sudo " : "";
	struct error ERROR_AUTO ignored = ERROR_INIT;
	char **STRINGS_AUTO names = NULL;
	bool alone = state_list(&names, &ignored) == 0 && names[0] && !names[1];
	const char *of = alone ? "" : " ", *which = alone ? "" : name;

	printf("now: %sxlab status%s%s", sudo, of, which);
	if (lab->labfile.n_scenarios)
		printf(", %sxlab scenario --all%s%s", sudo, alone ? "" : " --lab ", which);
	if (topo->n_nodes)
		printf(", %sxlab shell %s%s%s", sudo, which, alone ? "" : "/", topo->nodes[0].name);
	printf(", %sxlab down%s%s\n", sudo, of, which);
}

static void print_up(const struct lab *lab)
{
	const struct topology *topo = &lab->labfile.topo;
	const char *name = state_journal(lab->state)->lab;
	size_t i;

	printf("%s is up:", name);
	for (i = 0; i < topo->n_nodes && i < 8; i++)
		printf(" %s", topo->nodes[i].name);
	if (i < topo->n_nodes)
		printf(" and %zu more", topo->n_nodes - i);
	putchar('\n');
	if (isatty(STDOUT_FILENO))
		print_hint(lab);
}

static int up_run(const struct invocation *in, int *status, struct error *e)
{
	struct lab_options *options = in->options;
	INTERRUPT_HOLD hold;
	struct lab LAB_AUTO lab = { 0 };
	int err;

	(void)status;
	options->command = "up";
	interrupt_hold(&hold);
	err = lab_up(&lab, in->argv[0], options, e);
	if (!err)
		print_up(&lab);
	return err;
}

const struct command cmd_up = {
	.name = "up",
	.arguments = "FILE",
	.summary = "Build the lab of a lab file and attach its chains",
	.details = "Each node and bridge gets a network namespace of its own, named after it\n"
		   "in /run/netns. On any error nothing is left.",
	.options = {
		{ "--as", "another copy: lab NAME, its namespaces are NAME-NODE",
		  OPTION_INTO(struct lab_options, as), .argument = "NAME" },
		{ "--self", "NODE is the namespace xlab was started in",
		  OPTION_INTO(struct lab_options, self), .argument = "NODE" },
		{ "--engine", "instead of the lab file's",
		  OPTION_INTO(struct lab_options, engine), .words = engine_names },
	},
	.min_args = 1,
	.max_args = 1,
	.wants = { "the lab file" },
	.completes = { "FILE", "" },
	.needs_root = true,
	.run = up_run,
};
