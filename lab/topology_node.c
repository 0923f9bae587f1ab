// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of [node]: forwarding, routes, sysctls. Interfaces and their addresses are known. */
#include "lab/topology_node.h"

#include <errno.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/sysctl.h"
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
	if (!sysctl_is_name(name))
		return ini_refuse(at, e, "\"%s\" is no sysctl of a network namespace", name);
	value = equals + 1 + strspn(equals + 1, " \t");
	if (!*value)
		return ini_refuse(at, e, "the sysctl has no value");
	/* behind white space, as it is printed, it would be one */
	if (strchr(";#", *value))
		return ini_refuse(at, e, "the sysctl has no value (; and # start a comment)");
	err = only_once(at, r, name, e);
	if (err)
		return err;
	s = array_add(&node->sysctls, &node->n_sysctls, sizeof(*s));
	*s = (struct sysctl){ steal_pointer(&name), xstrdup(value), at->key->line };
	return 0;
}

static bool has_address(const struct topology *topo, size_t node, const struct address *a)
{
	size_t i = NONE;

	while ((i = topology_next_iface(topo, node, i)) != NONE)
		if (prefixes_hold(topo->ifaces[i].addresses, topo->ifaces[i].n_addresses, a))
			return true;
	return false;
}

static int read_dev(const struct ini_where *at, const char *word, struct topology_reading *r,
		    struct route *route, struct error *e)
{
	const struct node *node = &r->topo->nodes[r->current];
	char *FREE_AUTO id = text_format("%s:%s", node->name, word);

	route->dev = topology_iface(r->topo, id);
	return route->dev == NONE ? topology_complain(at, e, "interface", id, r->topo) : 0;
}

/* ADDRESS or ADDRESS%IFACE. Whether it can be reached is known when all routes are. */
static int read_via(const struct ini_where *at, const char *word, struct topology_reading *r,
		    struct route *route, struct error *e)
{
	char *FREE_AUTO address = xstrdup(word);
	char *zone = strchr(address, '%');

	if (zone)
		*zone++ = '\0';
	if (text_address(address, &route->via))
		return ini_refuse(at, e, "\"%s\" is not an address", address);
	if (has_address(r->topo, r->current, &route->via))
		return ini_complain(at, e, "%s is an address of %s itself, not of a router",
				    address, r->topo->nodes[r->current].name);
	route->has_via = true;
	return zone ? read_dev(at, zone, r, route, e) : 0;
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
	char to[PREFIX_TEXT + 1], how[8], where[NAME_MAX_LEN + 1], dev[8] = "";
	char name[NAME_MAX_LEN + 1], rest[2];
	struct route route = { .dev = NONE, .line = at->key->line };
	const char *word = value;
	int err;

	if (strchr(value, ',') || text_word(&word, to, sizeof(to)) != 1 ||
	    text_word(&word, how, sizeof(how)) != 1 || text_word(&word, where, sizeof(where)) != 1)
		return ini_refuse(at, e, "not a route");
	if (!strcmp(how, "via"))
		err = read_via(at, where, r, &route, e);
	else if (!strcmp(how, "dev"))
		err = read_dev(at, where, r, &route, e);
	else
		err = ini_refuse(at, e, "\"%s\" is neither via nor dev", how);
	if (err)
		return err;
	err = text_word(&word, dev, sizeof(dev));
	if (err &&
	    (strcmp(dev, "dev") != 0 || !route.has_via || route.dev != NONE ||
	     text_word(&word, name, sizeof(name)) != 1 || text_word(&word, rest, sizeof(rest))))
		return ini_refuse(at, e, "not a route");
	err = err ? read_dev(at, name, r, &route, e) : 0;
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

/* The gateway is a neighbour: on a subnet of the node, or a route without gateway leads there; at
 * the interface that the route names, if it does.
 */
static bool is_neighbour(const struct topology *topo, size_t node, const struct route *route)
{
	const struct node *n = &topo->nodes[node];
	size_t i = NONE;

	while ((i = topology_next_iface(topo, node, i)) != NONE)
		if ((route->dev == NONE || route->dev == i) &&
		    topology_on_subnet(topo, i, &route->via))
			return true;
	for (size_t k = 0; k < n->n_routes; k++)
		if (!n->routes[k].has_via && prefix_covers(&n->routes[k].to, &route->via) &&
		    (route->dev == NONE || route->dev == n->routes[k].dev))
			return true;
	return false;
}

static int check_via(const struct ini_where *at, const struct topology *topo, size_t node,
		     struct route *route, struct error *e)
{
	const char *name = topo->nodes[node].name;
	char via[ADDRESS_TEXT];
	bool several = false;

	address_text(&route->via, via);
	if (address_is_link_local(&route->via)) {
		if (route->dev == NONE)
			route->dev = topology_only_iface(topo, node, &several);
		if (route->dev != NONE)
			return 0;
		return ini_complain(at, e,
				    "%s is link-local: name the interface of %s that leads there: "
				    "%s%%IFACE",
				    via, name, via);
	}
	if (is_neighbour(topo, node, route))
		return 0;
	if (route->dev != NONE)
		return ini_complain(at, e, "%s is on no subnet of %s, and no route leads there",
				    via, topo->ifaces[route->dev].id);
	return ini_complain(at, e,
			    "%s is on no subnet of %s: it has no neighbour there; a route may lead "
			    "to it: %s dev IFACE",
			    via, name, via);
}

/* Where nothing was refused, the n-th of these keys is the n-th route. */
static void check_node_routes(struct topology_reading *r, const struct ini_section *section,
			      size_t node, struct error *e)
{
	struct ini_where at = { .ini = r->ini, .section = section };
	struct node *n = &r->topo->nodes[node];

	if (topology_doubts(r->topo, node))
		return;
	for (size_t i = 0, k = 0; k < section->n_keys; k++) {
		at.key = &section->keys[k];
		if (strcmp(at.key->name, "route") != 0)
			continue;
		if (n->routes[i].has_via && check_via(&at, r->topo, node, &n->routes[i], e))
			n->doubtful = true;
		i++;
	}
}

int topology_check_routes(struct topology_reading *r, struct error *e)
{
	unsigned int before = e->lines;
	size_t node = 0;

	for (size_t i = 0; i < r->ini->n_sections && !ini_gave_up(e); i++)
		if (!strcmp(r->ini->sections[i].kind, "node"))
			check_node_routes(r, &r->ini->sections[i], node++, e);
	return e->lines > before ? -EINVAL : 0;
}

const struct ini_key_spec topology_node_keys[] = {
	{ .name = "forward",
	  .allowed = "yes or no",
	  .help = "routes between its interfaces; default no",
	  .read = read_forward },
	{ .name = "route",
	  .repeats = true,
	  .allowed = "PREFIX via ADDRESS, PREFIX via ADDRESS dev IFACE or PREFIX dev IFACE",
	  .help = "a route; default is a prefix",
	  .read = read_route },
	{ .name = "sysctl",
	  .repeats = true,
	  .allowed = "net.NAME = VALUE",
	  .help = "a sysctl of the node's own namespace",
	  .read = read_sysctl },
	{ 0 },
};
