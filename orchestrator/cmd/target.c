// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/cmd/target.h"

int target_open(struct lab *lab, const char *name, enum state_lock lock, const char *command,
		struct error *e)
{
	int err = lab_open(lab, name, lock, command, e);

	if (err || state_intent(lab->state)->phase == STATE_UP)
		return err;
	err = lab_refuse(lab, e);
	lab_close(lab);
	return err;
}

int target_open_word(struct lab *lab, const char *word, enum state_lock lock, const char *command,
		     const char **rest, struct error *e)
{
	const char *slash = strchr(word, '/');
	char FREE_AUTO *name = NULL;

	*rest = slash ? slash + 1 : word;
	if (!slash)
		return target_open(lab, NULL, lock, command, e);
	name = text_format("%.*s", (int)(slash - word), word);
	if (!name)
		return error_sys(e, -ENOMEM, "%s", word);
	return target_open(lab, name, lock, command, e);
}

char *target_stale(const struct suite *suite)
{
	if (!inifile_changed(&suite->ini))
		return NULL;
	return text_format(
		"%s has changed since `xlab up`: take the lab down and up again to use it",
		suite->ini.path);
}

static int unknown(struct error *e, const struct suite *suite, const char *what, const char *name,
		   const char *nearest)
{
	char FREE_AUTO *stale = target_stale(suite);

	if (nearest)
		(void)error_input(e, "lab %s has no %s %s; did you mean %s?", suite->topo.name,
				  what, name, nearest);
	else
		(void)error_input(e, "lab %s has no %s %s", suite->topo.name, what, name);
	return stale ? error_add(e, "%s", stale) : e->err;
}

/* A node's or an interface's name that nothing has, or only a bridge. */
static int unknown_place(struct error *e, const struct suite *suite, const char *what,
			 const char *name, const char *nearest)
{
	char FREE_AUTO *why = topology_why_bridge(&suite->topo, name);

	return why ? error_input(e, "lab %s: %s", suite->topo.name, why)
		   : unknown(e, suite, what, name, nearest);
}

static const char *node_name(void *cookie, size_t i)
{
	const struct topology *topo = cookie;

	return i < topo->n_nodes ? topo->nodes[i].name : NULL;
}

int target_node(const struct suite *suite, const char *name, size_t *node, struct error *e)
{
	*node = topology_node(&suite->topo, name);
	if (*node != NONE)
		return 0;
	return unknown_place(e, suite, "node", name,
			     text_nearest(name, node_name, (void *)&suite->topo));
}

struct iface_names {
	const struct suite *suite;
	char **names;
};

static const char *iface_name(void *cookie, size_t i)
{
	struct iface_names *n = cookie;

	if (i >= n->suite->topo.n_ifaces)
		return NULL;
	if (!n->names[i])
		n->names[i] = suite_iface_name(n->suite, i);
	return n->names[i];
}

int target_iface(const struct suite *suite, const char *name, size_t *iface, struct error *e)
{
	struct iface_names n = { .suite = suite };
	size_t i;
	int err;

	*iface = topology_iface(&suite->topo, name);
	if (*iface != NONE)
		return 0;
	if (!strchr(name, ':') && topology_bridge(&suite->topo, name) == NONE)
		return error_input(e, "\"%s\" is no NODE:IFACE, as host:veth0 is one", name);
	n.names = calloc(suite->topo.n_ifaces + 1, sizeof(*n.names));
	if (!n.names)
		return error_sys(e, -ENOMEM, "%s", name);
	err = unknown_place(e, suite, "interface", name, text_nearest(name, iface_name, &n));
	for (i = 0; i < suite->topo.n_ifaces; i++)
		free(n.names[i]);
	free(n.names);
	return err;
}

int target_filter(const struct suite *suite, const char *name, size_t *filter, struct error *e)
{
	*filter = suite_filter(suite, name);
	if (*filter != NONE)
		return 0;
	return unknown(e, suite, "filter", name, suite_nearest_filter(suite, name));
}

int target_scenario(const struct suite *suite, const char *name, size_t *scenario, struct error *e)
{
	*scenario = suite_scenario(suite, name);
	if (*scenario != NONE)
		return 0;
	return unknown(e, suite, "scenario", name, suite_nearest_scenario(suite, name));
}
