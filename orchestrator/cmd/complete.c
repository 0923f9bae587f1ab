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

/* @prefix: "" or "LAB/", for there are several. */
struct names_of {
	const struct labfile *labfile;
	const char *prefix;
};

static void print_nodes(const struct names_of *n)
{
	for (size_t i = 0; i < n->labfile->topo.n_nodes; i++)
		printf("%s%s\n", n->prefix, n->labfile->topo.nodes[i].name);
}

static void print_ifaces(const struct names_of *n)
{
	for (size_t i = 0; i < n->labfile->topo.n_ifaces; i++)
		printf("%s%s\n", n->prefix, n->labfile->topo.ifaces[i].id);
}

/* Those with rules, or with maps of their own. */
static void print_filters(const struct names_of *n)
{
	for (size_t i = 0; i < n->labfile->n_filters; i++)
		if (n->labfile->filters[i].line)
			printf("%s%s\n", n->prefix, n->labfile->filters[i].name);
}

static void print_chain_filters(const struct names_of *n)
{
	for (size_t i = 0; i < n->labfile->n_filters; i++)
		puts(n->labfile->filters[i].name);
}

static void print_scenarios(const struct names_of *n)
{
	for (size_t i = 0; i < n->labfile->n_scenarios; i++)
		puts(n->labfile->scenarios[i].name);
}

static const struct kind {
	const char *name;
	void (*print)(const struct names_of *n);
} kinds[] = {
	{ "NODE", print_nodes },	 { "NODE:IFACE", print_ifaces },
	{ "FILTER", print_filters },	 { "CHAIN", print_chain_filters },
	{ "SCENARIO", print_scenarios },
};

/* @kind NULL: the labs' own names. */
static void print_of_labs(const struct kind *kind)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char **names;

	if (state_list(&names, &e))
		return;
	for (size_t i = 0; names[i]; i++) {
		bool several = names[1];
		char *FREE_AUTO prefix =
			text_format("%s%s", several ? names[i] : "", several ? "/" : "");
		struct lab lab;

		if (!kind) {
			puts(names[i]);
		} else if (!lab_open(&lab, names[i], STATE_READ, "completion", &e)) {
			kind->print(&(struct names_of){ &lab.labfile, prefix });
			lab_close(&lab);
		}
	}
	state_list_free(names);
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
	if (geteuid() != 0) {
		if (!strcmp(kind, "NODE"))
			print_named();
		return;
	}
	if (!strcmp(kind, "LAB"))
		print_of_labs(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, kind))
			print_of_labs(&kinds[i]);
}
