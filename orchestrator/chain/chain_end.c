// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/chain/chain_end.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/own.h"
#include "lab/text.h"
#include "orchestrator/lab.h"

struct chain_end chain_end_of(const struct suite *suite, size_t iface)
{
	const struct iface *i = &suite->topo.ifaces[iface];

	return (struct chain_end){ iface, suite->topo.nodes[i->node].name, i->name };
}

struct chain_end chain_end_other(const struct suite *suite, size_t iface)
{
	const struct iface *i = &suite->topo.ifaces[iface];

	if (i->bridge == NONE)
		return chain_end_of(suite, i->peer);
	return (struct chain_end){ NONE, suite->topo.bridges[i->bridge].name, i->port };
}

bool chain_end_same(const struct chain_end *a, const struct chain_end *b)
{
	return !strcmp(a->netns, b->netns) && !strcmp(a->name, b->name);
}

static bool is_at(const struct chain_end *end, const char *place)
{
	size_t n = strlen(end->netns);

	return !strncmp(end->netns, place, n) && place[n] == ':' &&
	       !strcmp(end->name, place + n + 1);
}

bool chain_end_find(const struct suite *suite, const char *place, struct chain_end *end)
{
	for (size_t i = 0; i < suite->topo.n_ifaces; i++) {
		*end = chain_end_of(suite, i);
		if (is_at(end, place))
			return true;
		*end = chain_end_other(suite, i);
		if (is_at(end, place))
			return true;
	}
	return false;
}

/* A bridge is no node for `xlab exec`. */
static char *command_off(const struct lab *lab, const struct spot *s)
{
	const char *mode = s->attached.mode == XDP_MODE_CHOICE_GENERIC ? "xdpgeneric" : "xdpdrv";
	FREE_AUTO char *netns = plan_netns_name(&lab->plan, s->end.netns);

	if (s->end.iface == NONE)
		return text_format("ip -n %s link set dev %s %s off", netns ? netns : s->end.netns,
				   s->end.name, mode);
	return text_format("xlab exec %s/%s -- ip link set dev %s %s off",
			   state_intent(lab->state)->lab, s->end.netns, s->end.name, mode);
}

static int find_current(struct spot *s, const struct lab *lab, struct error *e)
{
	FREE_AUTO char *off = NULL;
	int err = attach_query(s->ifindex, &s->attached, e);

	if (err)
		return err;
	s->current = chain_file_match(&s->file, s->attached.prog_id);
	if (!s->attached.prog_id || s->current)
		return 0;
	off = command_off(lab, s);
	return attach_foreign(s->attached.prog_id, off, e);
}

static int look(struct spot *s, const struct lab *lab, struct error *e)
{
	int err = netns_visit(&s->visit, lab->state, s->end.netns, e);
	unsigned int ifindex = 0;

	if (!err)
		err = own_link(lab->state, s->end.name, &ifindex, e);
	s->ifindex = (int)ifindex;
	if (!err)
		err = chain_file_read(lab, s->place, &s->file, e);
	return err ? err : find_current(s, lab, e);
}

int spot_open(struct spot *s, const struct lab *lab, const struct chain_end *end, struct error *e)
{
	int err;

	*s = (struct spot)SPOT_INIT;
	s->end = *end;
	s->place = text_format("%s:%s", end->netns, end->name);
	if (!s->place)
		return error_sys(e, -ENOMEM, "chain");
	err = look(s, lab, e);
	return err ? error_wrap(e, "%s", s->place) : 0;
}

void spot_close(struct spot *s)
{
	netns_leave(&s->visit);
	chain_file_clear(&s->file);
	free(s->place);
	*s = (struct spot)SPOT_INIT;
}

int spot_swap(struct spot *s, struct lab *lab, const struct chain_record *next, int fd,
	      struct error *e)
{
	uint32_t old = s->current ? s->current->prog_id : 0;
	struct chain_file file = { 0 };
	int err = chain_file_plan(&file, &s->file, s->current, next);

	if (err)
		err = error_sys(e, err, "recording a chain");
	else
		err = chain_file_write(lab, s->place, &file, e);
	if (!err && fd >= 0)
		err = attach_swap(s->ifindex, next->mode, fd, old, e);
	else if (!err && old)
		err = attach_remove(s->ifindex, s->current->mode, old, e);
	if (err) {
		chain_file_clear(&file);
		return error_wrap(e, "%s", s->place);
	}
	chain_file_clear(&s->file);
	s->file = file;
	s->current = fd >= 0 ? &s->file.now : NULL;
	chain_file_settle(&s->file);
	return chain_file_write(lab, s->place, &s->file, e);
}

/* The lab file's chain of an interface; an empty one if it names none. */
static struct chain_config file_chain(const struct lab *lab, size_t iface)
{
	for (size_t i = 0; i < lab->suite.n_chains; i++)
		if (lab->suite.chains[i].iface == iface)
			return lab->suite.chains[i];
	return (struct chain_config){ .iface = iface };
}

int chain_wanted(const struct lab *lab, const struct spot *s, struct chain_config *chain,
		 size_t **filters, struct error *e)
{
	const struct chain_file *file = &s->file;

	*chain = file_chain(lab, s->end.iface);
	*filters = calloc(file->n_rest + 1, sizeof(**filters));
	if (!*filters)
		return error_sys(e, -ENOMEM, "chain");
	if (!file->has_rest)
		return 0;
	chain->filters = *filters;
	chain->n_filters = 0;
	for (size_t i = 0; i < file->n_rest; i++) {
		(*filters)[i] = suite_filter(&lab->suite, file->rest[i]);
		chain->n_filters += (*filters)[i] != NONE;
	}
	if (chain->n_filters == file->n_rest)
		return 0;
	return error_state(e, -EINVAL,
			   "%s: the record of its chain names filters that the lab does not have",
			   s->place);
}

bool chain_stands(const struct lab *lab, const struct spot *s, const struct chain_config *chain)
{
	const struct chain_record *r = s->current;

	if ((r ? r->n_filters : 0) != chain->n_filters || (r && r->scenario))
		return false;
	for (size_t i = 0; i < chain->n_filters; i++)
		if (strcmp(r->filters[i], lab->suite.filters[chain->filters[i]].name) != 0)
			return false;
	return true;
}
