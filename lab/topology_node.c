// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of [node]: forwarding, routes, sysctls. Interfaces and their addresses are known. */
#include "lab/topology_node.h"

#include <errno.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "lab/topology_keys.h"

static int read_forward(const struct ini_where *at, const char *value, void *object,
			struct error *e)
{
	struct topology_reading *r = object;

	return topology_read_yes_no(at, value, &r->topo->nodes[r->current].forward, e);
}

/* Of routes and sysctls a node has each once. */
static int only_once(const struct ini_where *at, struct topology_reading *r, const char *what,
		     struct error *e)
{
	char *FREE_AUTO title = text_format("%zu %s", r->current, what);
	size_t line;

	if (names_add(&r->once, title, (size_t)at->key->line, &line))
		return ini_complain(at, e, "%s stands at line %zu already", what, line);
	return 0;
}

/* net.ipv4.conf.veth0.rp_filter: words of [A-Za-z0-9_-] between single dots.
 * A '/' would be a dot to sysctl(8), and a way out to whoever makes a path of it.
 */
static bool is_sysctl_name(const char *s)
{
	if (strncmp(s, "net.", 4) != 0)
		return false;
	return !strstr(s, "..") && s[strlen(s) - 1] != '.' &&
	       !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")];
}

static int read_sysctl(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct node *node = &r->topo->nodes[r->current];
	const char *equals = strchr(value, '=');
	char *FREE_AUTO name = NULL;
	struct sysctl *s;
	size_t len;
	int err;

	if (!equals)
		return ini_refuse(at, e, "no = stands behind the sysctl's name");
	for (len = (size_t)(equals - value); len && strchr(" \t", value[len - 1]); len--)
		;
	name = xstrndup(value, len);
	if (!is_sysctl_name(name))
		return ini_refuse(at, e, "\"%s\" is no sysctl of a network namespace", name);
	value = equals + 1 + strspn(equals + 1, " \t");
	if (!*value)
		return ini_refuse(at, e, "the sysctl has no value");
	err = only_once(at, r, name, e);
	if (err)
		return err;
	s = array_add(&node->sysctls, &node->n_sysctls, sizeof(*s));
	*s = (struct sysctl){ steal_pointer(&name), xstrdup(value), at->key->line };
	return 0;
}

/* The address by which @node itself has @a's subnet, or is @a. */
static const struct prefix *own_prefix(const struct topology *topo, size_t node,
				       const struct address *a, bool itself)
{
	size_t i = NONE;

	while ((i = topology_next_iface(topo, node, i)) != NONE)
		for (size_t j = 0; j < topo->ifaces[i].n_addresses; j++) {
			const struct prefix *p = &topo->ifaces[i].addresses[j];

			if (itself ? address_equal(&p->address, a) : prefix_covers(p, a))
				return p;
		}
	return NULL;
}

static int read_via(const struct ini_where *at, const char *word, struct topology_reading *r,
		    struct route *route, struct error *e)
{
	const struct node *node = &r->topo->nodes[r->current];

	if (text_address(word, &route->via))
		return ini_refuse(at, e, "\"%s\" is not an address", word);
	if (own_prefix(r->topo, r->current, &route->via, true))
		return ini_complain(at, e, "%s is an address of %s itself, not of a router", word,
				    node->name);
	if (own_prefix(r->topo, r->current, &route->via, false) ||
	    topology_doubts(r->topo, r->current))
		route->has_via = true;
	else
		return ini_complain(at, e, "%s is on no subnet of %s: it has no neighbour there",
				    word, node->name);
	return 0;
}

static int read_dev(const struct ini_where *at, const char *word, struct topology_reading *r,
		    struct route *route, struct error *e)
{
	const struct node *node = &r->topo->nodes[r->current];
	char *FREE_AUTO id = text_format("%s:%s", node->name, word);

	route->dev = topology_iface(r->topo, id);
	return route->dev == NONE ? topology_complain(at, e, "interface", id, r->topo) : 0;
}

/* `default` is of the family of the way: of the gateway's address, or of the
 * interface's first one.
 */
static struct prefix default_route(const struct topology *topo, const struct route *route)
{
	int family = AF_INET;

	if (route->has_via)
		family = route->via.family;
	else if (topo->ifaces[route->dev].n_addresses)
		family = topo->ifaces[route->dev].addresses[0].address.family;
	return (struct prefix){ .address = { .family = family } };
}

static int read_route_to(const struct ini_where *at, const char *word, struct route *route,
			 struct error *e)
{
	char buf[PREFIX_TEXT];
	struct prefix net;
	int err = text_cidr(word, &route->to);

	if (err == -ERANGE)
		return ini_refuse(at, e, "the prefix length of \"%s\" is too great", word);
	if (err)
		return ini_refuse(at, e, "\"%s\" is not a prefix", word);
	net = prefix_network(&route->to);
	if (!prefix_equal(&net, &route->to))
		return ini_complain(at, e, "%s has bits behind its length; the network is %s", word,
				    prefix_text(&net, buf));
	if (route->has_via && route->via.family != route->to.address.family)
		return ini_complain(at, e, "one is IPv4 and the other IPv6");
	return 0;
}

static int add_route(const struct ini_where *at, struct topology_reading *r,
		     const struct route *route, struct error *e)
{
	struct node *node = &r->topo->nodes[r->current];
	char buf[PREFIX_TEXT];
	struct route *added;
	int err = only_once(at, r, prefix_text(&route->to, buf), e);

	if (err)
		return err;
	if (node->n_routes == NODE_ROUTES_MAX)
		return ini_complain(at, e, "a node has at most %d routes", NODE_ROUTES_MAX);
	added = array_add(&node->routes, &node->n_routes, sizeof(*added));
	*added = *route;
	return 0;
}

static int read_way(const struct ini_where *at, const char *value, struct topology_reading *r,
		    struct error *e)
{
	char to[PREFIX_TEXT + 1], how[8], where[NAME_MAX_LEN + 1], rest[2];
	struct route route = { .dev = NONE, .line = at->key->line };
	const char *word = value;
	int err;

	if (strchr(value, ',') || text_word(&word, to, sizeof(to)) != 1 ||
	    text_word(&word, how, sizeof(how)) != 1 ||
	    text_word(&word, where, sizeof(where)) != 1 || text_word(&word, rest, sizeof(rest)))
		return ini_refuse(at, e, "not a route");
	if (!strcmp(how, "via"))
		err = read_via(at, where, r, &route, e);
	else if (!strcmp(how, "dev"))
		err = read_dev(at, where, r, &route, e);
	else
		err = ini_refuse(at, e, "\"%s\" is neither via nor dev", how);
	if (err)
		return err;
	if (!strcmp(to, "default"))
		route.to = default_route(r->topo, &route);
	else
		err = read_route_to(at, to, &route, e);
	return err ? err : add_route(at, r, &route, e);
}

static int read_route(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	int err = read_way(at, value, r, e);

	if (err)
		r->topo->nodes[r->current].doubtful = true;
	return err;
}

const struct ini_key_spec topology_node_keys[] = {
	{ .name = "forward",
	  .allowed = "yes or no",
	  .help = "routes between its interfaces; default no",
	  .read = read_forward },
	{ .name = "route",
	  .repeats = true,
	  .allowed = "PREFIX via ADDRESS or PREFIX dev IFACE",
	  .help = "a route; default is a prefix",
	  .read = read_route },
	{ .name = "sysctl",
	  .repeats = true,
	  .allowed = "net.NAME = VALUE",
	  .help = "a sysctl of the node's own namespace",
	  .read = read_sysctl },
	{ 0 },
};
