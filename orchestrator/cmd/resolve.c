// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/cmd/resolve.h"

int resolve_lab(struct lab *lab, const char *name, enum state_lock lock, const char *command,
		struct error *e)
{
	int err = lab_open(lab, name, lock, command, e);

	if (err || state_journal(lab->state)->phase == STATE_UP)
		return err;
	err = lab_refuse(lab, e);
	lab_close(lab);
	return err;
}

int resolve_lab_word(struct lab *lab, const char *word, enum state_lock lock, const char *command,
		     const char **rest, struct error *e)
{
	const char *slash = strchr(word, '/');
	char FREE_AUTO *name = NULL;

	*rest = slash ? slash + 1 : word;
	if (!slash)
		return resolve_lab(lab, NULL, lock, command, e);
	name = text_format("%.*s", (int)(slash - word), word);
	if (!name)
		return error_sys(e, -ENOMEM, "%s", word);
	return resolve_lab(lab, name, lock, command, e);
}

char *resolve_stale(const struct labfile *labfile)
{
	if (!inifile_changed(&labfile->ini))
		return NULL;
	return text_format(
		"%s has changed since `xlab up`: take the lab down and up again to use it",
		labfile->ini.path);
}

static int unknown(struct error *e, const struct labfile *labfile, const char *what,
		   const char *name, const char *nearest)
{
	char FREE_AUTO *stale = resolve_stale(labfile);

	if (nearest)
		(void)error_input(e, "lab %s has no %s %s; did you mean %s?", labfile->topo.name,
				  what, name, nearest);
	else
		(void)error_input(e, "lab %s has no %s %s", labfile->topo.name, what, name);
	return stale ? error_add(e, "%s", stale) : e->err;
}

/* A node's or an interface's name that nothing has, or only a bridge. */
static int unknown_or_bridge(struct error *e, const struct labfile *labfile, const char *what,
			     const char *name, const char *nearest)
{
	char FREE_AUTO *why = topology_why_bridge(&labfile->topo, name);

	return why ? error_input(e, "lab %s: %s", labfile->topo.name, why)
		   : unknown(e, labfile, what, name, nearest);
}

static const char *node_name(void *cookie, size_t i)
{
	const struct topology *topo = cookie;

	return i < topo->n_nodes ? topo->nodes[i].name : NULL;
}

int resolve_node(const struct labfile *labfile, const char *name, size_t *node, struct error *e)
{
	*node = topology_node(&labfile->topo, name);
	if (*node != NONE)
		return 0;
	return unknown_or_bridge(e, labfile, "node", name,
				 text_nearest(name, node_name, (void *)&labfile->topo));
}

static const char *iface_name(void *cookie, size_t i)
{
	const struct topology *topo = cookie;

	return i < topo->n_ifaces ? topo->ifaces[i].id : NULL;
}

int resolve_iface(const struct labfile *labfile, const char *name, size_t *iface, struct error *e)
{
	*iface = topology_iface(&labfile->topo, name);
	if (*iface != NONE)
		return 0;
	if (!strchr(name, ':') && topology_bridge(&labfile->topo, name) == NONE)
		return error_input(e, "\"%s\" is no NODE:IFACE, as host:veth0 is one", name);
	return unknown_or_bridge(e, labfile, "interface", name,
				 text_nearest(name, iface_name, (void *)&labfile->topo));
}

int resolve_filter(const struct labfile *labfile, const char *name, size_t *filter, struct error *e)
{
	*filter = labfile_filter(labfile, name);
	if (*filter != NONE)
		return 0;
	return unknown(e, labfile, "filter", name, labfile_nearest_filter(labfile, name));
}

int resolve_scenario(const struct labfile *labfile, const char *name, size_t *scenario,
		     struct error *e)
{
	*scenario = labfile_scenario(labfile, name);
	if (*scenario != NONE)
		return 0;
	return unknown(e, labfile, "scenario", name, labfile_nearest_scenario(labfile, name));
}
