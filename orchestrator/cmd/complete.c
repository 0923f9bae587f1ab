// SPDX-License-Identifier: GPL-2.0-or-later
/* The names that complete a word: those of the labs that are up. The script that asks for them is
 * cmd_completion.c's.
 */
#include "orchestrator/cmd/complete.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/state_list.h"
#include "lab/text.h"
#include "orchestrator/lab.h"

/* @prefix: "" or "LAB/", for there are several; only the first name on the line can have it. */
static void print_names(const char *kind, const struct labfile *labfile, const char *prefix)
{
	const struct topology *topo = &labfile->topo;

	for (size_t i = 0; !strcmp(kind, "NODE") && i < topo->n_nodes; i++)
		printf("%s%s\n", prefix, topo->nodes[i].name);
	for (size_t i = 0; !strcmp(kind, "NODE:IFACE") && i < topo->n_ifaces; i++)
		if (!topo->ifaces[i].lo)
			printf("%s%s\n", prefix, topo->ifaces[i].id);
	/* Those with rules, or with maps of their own. */
	for (size_t i = 0; !strcmp(kind, "FILTER") && i < labfile->n_filters; i++)
		if (labfile->filters[i].line)
			printf("%s%s\n", prefix, labfile->filters[i].name);
	for (size_t i = 0; !strcmp(kind, "CHAIN") && i < labfile->n_filters; i++)
		puts(labfile->filters[i].name);
	for (size_t i = 0; !strcmp(kind, "SCENARIO") && i < labfile->n_scenarios; i++)
		puts(labfile->scenarios[i].name);
}

static void print_of_labs(const char *kind)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char **STRINGS_AUTO names = NULL;

	if (state_list(&names, &e))
		return;
	for (size_t i = 0; names[i]; i++) {
		bool several = names[1];
		char *FREE_AUTO prefix =
			text_format("%s%s", several ? names[i] : "", several ? "/" : "");
		struct lab LAB_AUTO lab = { 0 };

		if (!strcmp(kind, "LAB"))
			puts(names[i]);
		else if (!lab_open(&lab, names[i], STATE_READ, "completion", &e))
			print_names(kind, &lab.labfile, prefix);
	}
}

/* Who is not root, and writes sudo in front, can read no more of the labs than their nodes' names.
 */
static void print_named(void)
{
	DIR *DIR_AUTO dir = opendir("/run/netns");
	const struct dirent *d;

	while (dir && (d = readdir(dir))) {
		char target[512];
		ssize_t len = readlinkat(dirfd(dir), d->d_name, target, sizeof(target) - 1);
		const char *node;

		target[len < 0 ? 0 : len] = '\0';
		node = strstr(target, "/ns/");
		if (!strncmp(target, "/run/xlab/", strlen("/run/xlab/")) && node)
			puts(node + strlen("/ns/"));
	}
}

void complete_print(const char *kind)
{
	if (geteuid() == 0)
		print_of_labs(kind);
	else if (!strcmp(kind, "NODE"))
		print_named();
}
