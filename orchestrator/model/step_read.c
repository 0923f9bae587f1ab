// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One step: `udp lb host:8888 coucou by udp-8888`. Whether the network can carry it is asked of
 * the topology; what a step does when it runs is not known here.
 */
#include "orchestrator/model/step_read.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/step_command.h"
#include "orchestrator/model/step_tail.h"
#include "orchestrator/model/step_words.h"

#define DEFAULT_TEXT "xlab"

static int read_kind(const struct ini_where *at, struct step_words *w, struct step *step,
		     struct error *e)
{
	const char *word = step_words_next(w);
	uint32_t kind;

	if (!word)
		return ini_refuse(at, e, "the step is empty");
	if (!enum_value(step_names, word, &kind))
		return ini_unknown(at, e, "step", word, enum_next, (void *)step_names);
	step->kind = (enum step_kind)kind;
	if (step->kind == STEP_EXEC)
		return step->expect == EXPECT_PASS || step->expect == EXPECT_FAIL
			       ? 0
			       : ini_complain(at, e, "exec goes with pass and fail only");
	if (step->expect == EXPECT_FAIL)
		return ini_complain(at, e,
				    "a packet does not fail: say which filter drops it, or aborts "
				    "it, with the key drop or aborted");
	return 0;
}

/* "HOST:PORT" or "[fd00::1]:PORT": cut in place at the port. */
static int cut_port(const struct ini_where *at, char **host, uint16_t *port, struct error *e)
{
	char *colon = strrchr(*host, ':');
	uint32_t value;

	if (**host == '[') {
		char *close = strchr(*host, ']');

		if (!close || close[1] != ':')
			return ini_refuse(at, e, "\"%s\" is not [ADDRESS]:PORT", *host);
		*close = '\0';
		colon = close + 1;
		++*host;
	} else if (!colon) {
		return ini_refuse(at, e, "the port is missing: write %s:PORT", *host);
	} else if (strchr(*host, ':') != colon) {
		return ini_refuse(at, e, "write an IPv6 address and its port as [ADDRESS]:PORT");
	}
	*colon = '\0';
	if (text_u32(colon + 1, 1, UINT16_MAX, &value))
		return ini_refuse(at, e, "\"%s\" is not a port of 1-65535", colon + 1);
	*port = (uint16_t)value;
	return 0;
}

/* @src's own interface on the segment of the step's owner. */
static size_t common_iface(const struct topology *topo, const struct step *step)
{
	return topology_iface_on(topo, step->src, owner_segment(topo, &topo->owners[step->owner]));
}

/* The node's address by which SRC reaches it, of a family that SRC has. */
static int resolve_node(const struct ini_where *at, const struct topology *topo, struct step *step,
			struct error *e)
{
	const struct prefix *p = topology_reach(topo, step->src, step->dst, AF_UNSPEC), *other;
	const struct owner *owner = NULL;

	if (!p && topology_doubts(topo, step->dst))
		return -EINVAL;
	if (!p)
		return ini_complain(at, e, "node %s has no address", topo->nodes[step->dst].name);
	if (!topology_node_has_family(topo, step->src, p->address.family)) {
		other = topology_reach(topo, step->src, step->dst,
				       p->address.family == AF_INET ? AF_INET6 : AF_INET);
		p = other ? other : p;
	}
	step->address = p->address;
	do
		owner = topology_owner(topo, &p->address, owner);
	while (owner_node(topo, owner) != step->dst);
	step->owner = (size_t)(owner - topo->owners);
	if (!address_is_link_local(&step->address))
		return 0;
	step->zone = common_iface(topo, step);
	if (step->zone != NONE || step->src == step->dst)
		return 0;
	return ini_complain(at, e, "%s has link-local addresses only, and shares no link with %s",
			    topo->nodes[step->dst].name, topo->nodes[step->src].name);
}

/* An address that nobody has may be meant all the same: of a step that names who receives it, that
 * must not arrive, or that a filter is to answer.
 */
static int check_nobody(const struct ini_where *at, const char *host, struct step *step,
			bool says_control, struct error *e)
{
	if (step->n_receivers)
		return 0;
	if (step->expect == EXPECT_PASS) {
		if (step->kind == STEP_PING && step->control != CONTROL_PASS)
			return 0;
		return ini_complain(at, e, "nobody in this lab has the address %s: %s", host,
				    step->kind == STEP_PING
					    ? "at NODE names who has it all the same, control=fail "
					      "says that a filter answers"
					    : "at NODE names who listens there all the same");
	}
	if (step->control == CONTROL_PASS && says_control)
		return ini_complain(at, e,
				    "nobody in this lab has the address %s, so it cannot arrive "
				    "without chains either",
				    host);
	if (step->control == CONTROL_PASS)
		step->control = CONTROL_NONE;
	return 0;
}

/* Of several that have the address the one that is a neighbour of SRC, if that is one alone. */
static size_t find_owner(const struct topology *topo, const struct step *step)
{
	const struct owner *owner = topology_owner(topo, &step->address, NULL);
	size_t found = NONE, iface;

	if (owner && owner->next == NONE)
		return (size_t)(owner - topo->owners);
	for (; owner; owner = topology_owner(topo, &step->address, owner)) {
		iface = topology_iface_on(topo, step->src, owner_segment(topo, owner));
		if (iface == NONE || !topology_on_subnet(topo, iface, &step->address))
			continue;
		if (found != NONE)
			return NONE;
		found = (size_t)(owner - topo->owners);
	}
	return found;
}

/* Several have it, and the way does not tell who is meant: those that listen must be named. */
static int check_several(const struct ini_where *at, const char *host, const struct topology *topo,
			 const struct step *step, struct error *e)
{
	char *FREE_AUTO names = NULL, *FREE_AUTO choice = NULL;

	if (step->n_receivers)
		return 0;
	for (const struct owner *o = topology_owner(topo, &step->address, NULL); o;
	     o = topology_owner(topo, &step->address, o)) {
		text_list_add(&names, "%s", owner_netns(topo, o));
		if (owner_node(topo, o) != NONE)
			text_add(&choice, "|", "%s", owner_netns(topo, o));
	}
	return ini_complain(at, e,
			    "several have the address %s: %s; name those that are meant: at %s",
			    host, names, choice ? choice : "NODE|NODE");
}

static int resolve_owner(const struct ini_where *at, const char *host, const struct topology *topo,
			 struct step *step, bool says_control, struct error *e)
{
	bool somebody = topology_owner(topo, &step->address, NULL);

	if (!somebody && topology_doubts(topo, NONE))
		return -EINVAL;
	if (!somebody)
		return check_nobody(at, host, step, says_control, e);
	step->owner = find_owner(topo, step);
	if (step->owner == NONE)
		return check_several(at, host, topo, step, e);
	if (step->kind != STEP_PING && owner_node(topo, &topo->owners[step->owner]) == NONE)
		return ini_complain(at, e, "%s is a bridge's address; only ping can go there",
				    host);
	return 0;
}

/* The only interface of SRC at which somebody has that address; more than one, or none: NONE. */
static size_t find_zone(const struct topology *topo, const struct step *step, bool *several)
{
	const struct owner *owner = NULL;
	size_t found = NONE, iface;

	while ((owner = topology_owner(topo, &step->address, owner)) != NULL) {
		iface = topology_iface_on(topo, step->src, owner_segment(topo, owner));
		*several |= found != NONE && iface != NONE && iface != found;
		found = iface == NONE ? found : iface;
	}
	if (found == NONE && !*several)
		found = topology_only_iface(topo, step->src, several);
	return *several ? NONE : found;
}

/* A link-local address means something on one link only. */
static int resolve_link_local(const struct ini_where *at, const char *host,
			      const struct topology *topo, struct step *step, bool says_control,
			      struct error *e)
{
	const struct owner *owner = NULL;
	bool several = false;

	if (step->zone == NONE)
		step->zone = find_zone(topo, step, &several);
	if (step->zone == NONE && topology_doubts(topo, step->src))
		return -EINVAL;
	if (step->zone == NONE)
		return ini_complain(at, e,
				    "%s is link-local: name the interface of %s by which it goes "
				    "out: %s%%IFACE",
				    host, topo->nodes[step->src].name, host);
	while ((owner = topology_owner(topo, &step->address, owner)) != NULL)
		if (owner_segment(topo, owner) == topology_segment(topo, step->zone))
			step->owner = (size_t)(owner - topo->owners);
	if (step->owner == NONE && topology_doubts(topo, NONE))
		return -EINVAL;
	if (step->owner == NONE)
		return check_nobody(at, host, step, says_control, e);
	return 0;
}

/* ADDRESS%IFACE: cut in place. */
static int cut_zone(const struct ini_where *at, char *host, const struct topology *topo,
		    struct step *step, struct error *e)
{
	char *FREE_AUTO id = NULL;
	char *zone = strchr(host, '%');

	if (!zone)
		return 0;
	*zone++ = '\0';
	id = text_format("%s:%s", topo->nodes[step->src].name, zone);
	step->zone = topology_iface(topo, id);
	return step->zone == NONE ? topology_complain(at, e, "interface", id, topo) : 0;
}

static int resolve_address(const struct ini_where *at, char *host, const struct topology *topo,
			   struct step *step, bool says_control, struct error *e)
{
	int err = cut_zone(at, host, topo, step, e);

	if (err)
		return err;
	if (text_address(host, &step->address))
		return ini_refuse(at, e, "\"%s\" is not an address", host);
	if (address_is_link_local(&step->address))
		return resolve_link_local(at, host, topo, step, says_control, e);
	if (step->zone != NONE)
		return ini_complain(at, e, "%s means the same on every link: write it without %%%s",
				    host, topo->ifaces[step->zone].name);
	return resolve_owner(at, host, topo, step, says_control, e);
}

/* SRC itself has the address; a link-local one on the link that is meant. */
static bool is_own(const struct topology *topo, const struct step *step)
{
	const struct owner *owner = NULL;

	while ((owner = topology_owner(topo, &step->address, owner)) != NULL)
		if (owner_node(topo, owner) == step->src &&
		    (step->zone == NONE || owner->iface == step->zone))
			return true;
	return false;
}

/* What can be known beforehand of whether the packet can go there at all. */
static int check_way(const struct ini_where *at, const struct topology *topo,
		     const struct step *step, struct error *e)
{
	const char *src = topo->nodes[step->src].name;
	bool v4 = step->address.family == AF_INET;
	char buf[ADDRESS_TEXT];

	if (is_own(topo, step))
		return ini_complain(at, e, "it goes from %s to itself, over lo, where no chain is",
				    src);
	if (topology_doubts(topo, step->src))
		return 0;
	if (!topology_node_has_family(topo, step->src, step->address.family))
		return ini_complain(at, e, "%s has no %s address to send to %s from", src,
				    v4 ? "IPv4" : "IPv6", address_text(&step->address, buf));
	if (step->zone == NONE && !topology_has_way(topo, step->src, &step->address))
		return ini_complain(at, e, "%s has no way to %s: no subnet and no route", src,
				    address_text(&step->address, buf));
	return 0;
}

/* "[fd00::1]", where no port follows: cut in place. */
static int cut_brackets(const struct ini_where *at, char **host, struct error *e)
{
	size_t len = strlen(*host);

	if (**host != '[')
		return 0;
	if ((*host)[len - 1] != ']')
		return ini_refuse(at, e, "\"%s\" is not [ADDRESS]", *host);
	(*host)[len - 1] = '\0';
	++*host;
	return 0;
}

static int read_dst(const struct ini_where *at, const char *word, const struct topology *topo,
		    struct step *step, bool says_control, struct error *e)
{
	char *FREE_AUTO copy = xstrdup(word);
	char *host = copy;
	int err = step->kind == STEP_PING ? cut_brackets(at, &host, e)
					  : cut_port(at, &host, &step->port, e);

	if (err)
		return err;
	if (strpbrk(host, ".:") || *copy == '[') {
		err = resolve_address(at, host, topo, step, says_control, e);
	} else {
		step->dst = topology_node(topo, host);
		err = step->dst == NONE ? topology_complain(at, e, "node", host, topo)
					: resolve_node(at, topo, step, e);
	}
	return err ? err : check_way(at, topo, step, e);
}

/* It stands in front of what else there is. */
static int read_text(const struct ini_where *at, struct step_words *w, struct step *step,
		     struct error *e)
{
	bool any = w->next < w->n && !step_tail_begins(w, w->next);
	const char *word = any ? step_words_next(w) : DEFAULT_TEXT;

	step->text = xstrdup(word);
	return *word ? 0 : ini_refuse(at, e, "an empty TEXT cannot be seen to arrive");
}

/* Its own control=, which no name of a node or filter can be. */
static bool says_control(const struct step_words *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->quoted[i] && !strncmp(w->word[i], "control=", strlen("control=")))
			return true;
	return false;
}

/* Those that are to receive it start a server, for which the port must be free. */
static int check_ports(const struct ini_where *at, const struct labfile_reading *r,
		       const struct step *step, struct error *e)
{
	const struct topology *topo = &r->labfile->topo;
	uint8_t proto = step->kind == STEP_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	size_t owner = step->owner == NONE ? NONE : owner_node(topo, &topo->owners[step->owner]);
	int err = 0;

	if (step->kind == STEP_PING)
		return 0;
	for (size_t i = 0; i < step->n_receivers && !err; i++)
		err = step_check_port(at, r, step->receivers[i], proto, step->port, e);
	if (!step->n_receivers && owner != NONE)
		err = step_check_port(at, r, owner, proto, step->port, e);
	return err;
}

/* DST comes last: what it may be depends on what stands behind it. */
static int read_traffic(const struct ini_where *at, struct step_words *w, struct labfile_reading *r,
			struct step *step, struct error *e)
{
	const struct topology *topo = &r->labfile->topo;
	const char *dst = step_words_next(w);
	int err = 0;

	if (!dst)
		return ini_refuse(at, e, "the destination DST is missing");
	if (step->kind != STEP_PING)
		err = read_text(at, w, step, e);
	err = err ? err : step_read_tail(at, w, r, step, e);
	err = err ? err : read_dst(at, dst, topo, step, says_control(w), e);
	return err ? err : check_ports(at, r, step, e);
}

static int read_words(const struct ini_where *at, struct step_words *w, struct labfile_reading *r,
		      struct step *step, struct error *e)
{
	int err = read_kind(at, w, step, e);

	err = err ? err
		  : step_read_node(at, w, &r->labfile->topo,
				   step->kind == STEP_EXEC ? "NODE" : "SRC", &step->src, e);
	if (err)
		return err;
	return step->kind == STEP_EXEC ? step_read_command(at, w, w->n, step, e)
				       : read_traffic(at, w, r, step, e);
}

int step_read(const struct ini_where *at, const char *value, enum step_expect expect,
	      struct labfile_reading *r, struct error *e)
{
	struct step *step = step_add(at, r);
	struct step_words w;
	int err;

	step->expect = expect;
	step->count = 1;
	step->owner = step->zone = NONE;
	step->size = 56; /* iputils' own default */
	r->n_probes++;
	err = step_words_cut(at, value, &w, e);
	err = err ? err : read_words(at, &w, r, step, e);
	free(w.copy);
	return err;
}
