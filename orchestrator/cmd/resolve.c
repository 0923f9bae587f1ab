// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words of the command line become labs and what is in them, or an error that offers the nearest.
 * Those of a lab file are read in model/.
 */
#include "orchestrator/cmd/resolve.h"

#include <errno.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"

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
	char *FREE_AUTO name = slash ? xstrndup(word, (size_t)(slash - word)) : NULL;

	*rest = slash ? slash + 1 : word;
	return resolve_lab(lab, name, lock, command, e);
}

int resolve_again(const struct lab *lab, int err, struct error *e)
{
	struct error ERROR_AUTO why = ERROR_INIT;
	struct lab LAB_AUTO now = { 0 };
	const struct journal *was;
	int found;

	if (err >= 0 || e->kind != ERROR_STATE || !lab->state)
		return err;
	was = state_journal(lab->state);
	found = resolve_lab(&now, was->lab, STATE_READ, NULL, &why);
	if (found == -ENOENT)
		return error_state(e, found, "lab %s went down", was->lab);
	if (!found && state_journal(now.state)->group == was->group)
		return err;
	if (!found)
		return error_state(e, -ENOENT, "lab %s went down, and is up anew: try again",
				   was->lab);
	error_move(e, &why);
	return e->err;
}

/* @next yields what there is of @of. */
static int unknown(const struct labfile *labfile, const char *what, const char *name,
		   const char *(*next)(void *of, size_t i), const void *of, struct error *e)
{
	char *FREE_AUTO stale = lab_stale(labfile);
	char *FREE_AUTO offer = text_offer(name, next, (void *)of);

	(void)error_input(e, "lab %s has no %s %s%s", labfile->topo.name, what, name, offer);
	return stale ? error_add(e, "%s", stale) : e->err;
}

/* A node's or an interface's name that nothing has, or only a bridge. */
static int unknown_or_bridge(const struct labfile *labfile, const char *what, const char *name,
			     const char *(*next)(void *of, size_t i), struct error *e)
{
	char *FREE_AUTO why = topology_why_not(&labfile->topo, name);

	return why ? error_input(e, "lab %s: %s", labfile->topo.name, why)
		   : unknown(labfile, what, name, next, &labfile->topo, e);
}

int resolve_node(const struct labfile *labfile, const char *name, size_t *node, struct error *e)
{
	*node = topology_node(&labfile->topo, name);
	if (*node != NONE)
		return 0;
	return unknown_or_bridge(labfile, "node", name, topology_name_node, e);
}

int resolve_iface(const struct labfile *labfile, const char *name, size_t *iface, struct error *e)
{
	*iface = topology_iface(&labfile->topo, name);
	if (*iface != NONE)
		return 0;
	if (!strchr(name, ':') && topology_bridge(&labfile->topo, name) == NONE)
		return error_input(e, "\"%s\" is no NODE:IFACE, as host:veth0 is one", name);
	return unknown_or_bridge(labfile, "interface", name, topology_name_iface, e);
}

int resolve_filter(const struct labfile *labfile, const char *name, size_t *filter, struct error *e)
{
	*filter = labfile_filter(labfile, name);
	if (*filter != NONE)
		return 0;
	return unknown(labfile, "filter", name, labfile_next_filter, labfile, e);
}

int resolve_scenario(const struct labfile *labfile, const char *name, size_t *scenario,
		     struct error *e)
{
	*scenario = labfile_scenario(labfile, name);
	if (*scenario != NONE)
		return 0;
	return unknown(labfile, "scenario", name, labfile_next_scenario, labfile, e);
}
