// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of [lab], [bridge] and [iface]: one reader each, and the tables. [node] is read after
 * them, in topology_node.c.
 */
#include "lab/topology_keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"

static int read_lab_name(const struct ini_where *at, const char *value, void *object,
			 struct error *e)
{
	struct topology_reading *r = object;
	const char *why;

	if (text_name(value, NAME_MAX_LEN, &why))
		return ini_refuse(at, e, "not a name: %s", why);
	r->topo->name = xstrdup(value);
	return 0;
}

static int read_about(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;

	(void)at;
	(void)e;
	r->topo->about = xstrdup(value);
	return 0;
}

int topology_read_yes_no(const struct ini_where *at, const char *value, bool *out, struct error *e)
{
	return text_bool(value, out) ? ini_refuse(at, e, "neither yes nor no") : 0;
}

static int read_stp(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;

	return topology_read_yes_no(at, value, &r->topo->bridges[r->current].stp, e);
}

static int read_uplink(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct topology *topo = r->topo;
	size_t own = r->current, other = topology_bridge(topo, value), n = topo->n_uplinks, old;
	char *FREE_AUTO title =
		text_format("%zu %zu", own < other ? own : other, own < other ? other : own);
	struct uplink *uplink;
	struct ini_where *where;

	if (other == NONE)
		return ini_unknown(at, e, "bridge", value, topology_name_bridge, topo);
	if (other == own)
		return ini_complain(at, e, "a bridge cannot be joined to itself");
	if (names_add(&r->joined, title, n, &old))
		return ini_complain(at, e, "%s and %s are joined already, at line %d",
				    topo->bridges[own].name, value, topo->uplinks[old].line);
	where = array_add(&r->uplinks_at, &n, sizeof(*where));
	*where = *at;
	uplink = array_add(&topo->uplinks, &topo->n_uplinks, sizeof(*uplink));
	*uplink = (struct uplink){ .bridges = { own, other }, .line = at->key->line };
	return 0;
}

static const char *address4_flaw(uint32_t a, unsigned int len)
{
	uint32_t host = len >= 31 ? 0 : UINT32_MAX >> len;

	if (a >> 24 == 0)
		return "is the unspecified address";
	if (a >> 24 == 127)
		return "is a loopback address, which lo has";
	if (a >> 28 == 0xe)
		return "is a multicast address";
	if (a == UINT32_MAX)
		return "is the broadcast address";
	if (host && !(a & host))
		return "is its network's own address";
	if (host && (a & host) == host)
		return "is its network's broadcast address";
	return NULL;
}

static const char *address6_flaw(const struct prefix *p)
{
	const struct in6_addr *a = &p->address.v6;
	const struct prefix net = prefix_network(p);

	if (IN6_IS_ADDR_UNSPECIFIED(a))
		return "is the unspecified address";
	if (IN6_IS_ADDR_LOOPBACK(a))
		return "is the loopback address, which lo has";
	if (IN6_IS_ADDR_MULTICAST(a))
		return "is a multicast address";
	if (IN6_IS_ADDR_V4MAPPED(a))
		return "is an IPv4 address in IPv6 form";
	if (p->len < 127 && prefix_equal(p, &net))
		return "is its network's own address";
	return NULL;
}

/* Why an interface cannot have this address, or NULL. */
static const char *address_flaw(const struct prefix *p)
{
	if (!p->len)
		return "has the prefix length 0";
	return p->address.family == AF_INET ? address4_flaw(ntohl(p->address.v4.s_addr), p->len)
					    : address6_flaw(p);
}

/* Several may have one address; whether they are on one segment is known when all has been read. */
static void claim_address(const struct ini_where *at, struct topology_reading *r,
			  const struct address *a, size_t iface, size_t bridge)
{
	struct topology *topo = r->topo;
	size_t n = topo->n_owners, first = n;
	struct owner *owner = array_add(&topo->owners, &topo->n_owners, sizeof(*owner));
	char text[ADDRESS_TEXT];

	*owner = (struct owner){ iface, bridge, NONE, n };
	*(struct ini_where *)array_add(&r->claims, &n, sizeof(*at)) = *at;
	if (names_add(&topo->addresses, address_text(a, text), first, &first)) {
		topo->owners[topo->owners[first].last].next = topo->n_owners - 1;
		topo->owners[first].last = topo->n_owners - 1;
	}
}

static int read_prefix(const struct ini_where *at, const char *value, struct prefix *p,
		       struct error *e)
{
	const char *flaw;
	int err = text_prefix(value, p);

	if (err == -ERANGE)
		return ini_refuse(at, e, "the prefix length is too great");
	if (err && !text_cidr(value, p))
		return ini_refuse(at, e, "the prefix length is missing, as in %s/%d", value,
				  p->address.family == AF_INET ? 24 : 64);
	if (err)
		return ini_refuse(at, e, "not an address with its prefix length");
	flaw = address_flaw(p);
	return flaw ? ini_complain(at, e, "%s %s", value, flaw) : 0;
}

static int read_bridge_address(const struct ini_where *at, const char *value, void *object,
			       struct error *e)
{
	struct topology_reading *r = object;
	struct bridge *b = &r->topo->bridges[r->current];
	struct prefix p, *added;
	int err = read_prefix(at, value, &p, e);

	if (err) {
		r->topo->doubtful = true;
		return err;
	}
	if (b->n_addresses == NODE_ADDRESSES_MAX)
		return ini_complain(at, e, "a bridge has at most %d addresses", NODE_ADDRESSES_MAX);
	claim_address(at, r, &p.address, NONE, r->current);
	added = array_add(&b->addresses, &b->n_addresses, sizeof(*added));
	*added = p;
	return 0;
}

static int read_iface_address(const struct ini_where *at, const char *value, void *object,
			      struct error *e)
{
	struct topology_reading *r = object;
	struct iface *f = &r->topo->ifaces[r->current];
	struct prefix p, *added;
	int err = read_prefix(at, value, &p, e);

	if (err && f->node != NONE)
		r->topo->nodes[f->node].doubtful = true;
	if (err)
		return err;
	if (f->node != NONE && r->node_addresses[f->node]++ == NODE_ADDRESSES_MAX)
		return ini_complain(at, e, "a node has at most %d addresses", NODE_ADDRESSES_MAX);
	if (f->node != NONE)
		claim_address(at, r, &p.address, r->current, NONE);
	added = array_add(&f->addresses, &f->n_addresses, sizeof(*added));
	*added = p;
	return 0;
}

static int read_bridge(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct iface *f = &r->topo->ifaces[r->current];

	f->bridge = topology_bridge(r->topo, value);
	return f->bridge == NONE
		       ? ini_unknown(at, e, "bridge", value, topology_name_bridge, r->topo)
		       : 0;
}

static int read_port(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct iface *f = &r->topo->ifaces[r->current];
	const char *why;

	if (text_name(value, NAME_IFACE_MAX, &why))
		return ini_refuse(at, e, "not a name for an interface: %s", why);
	(void)snprintf(f->port, sizeof(f->port), "%s", value);
	return 0;
}

static int read_peer(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct iface *f = &r->topo->ifaces[r->current];

	f->peer = topology_iface(r->topo, value);
	return f->peer == NONE ? topology_complain(at, e, "interface", value, r->topo) : 0;
}

static int read_mac(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	static const uint8_t zero[6];
	struct topology_reading *r = object;
	struct iface *f = &r->topo->ifaces[r->current];
	char text[MAC_TEXT];
	size_t old;

	if (text_mac(value, f->mac))
		return ini_refuse(at, e, "not a MAC");
	if (!memcmp(f->mac, zero, sizeof(zero)))
		return ini_refuse(at, e, "an interface cannot have the MAC of zeros");
	if (f->mac[0] & 1)
		return ini_refuse(at, e, "this is a multicast MAC (its first byte is odd)");
	f->has_mac = true;
	if (names_add(&r->macs, mac_text(f->mac, text), r->current, &old))
		return ini_complain(at, e, "%s has this MAC already", r->topo->ifaces[old].id);
	return 0;
}

static int read_mtu(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;

	if (text_u32(value, MTU_MIN, 65535, &r->topo->ifaces[r->current].mtu))
		return ini_refuse(at, e, "not an MTU");
	return 0;
}

static int read_vlan(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;

	if (text_u32(value, 1, 4094, &r->topo->ifaces[r->current].vlan))
		return ini_refuse(at, e, "not a VLAN's id");
	return 0;
}

static int read_link(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct iface *f = &r->topo->ifaces[r->current];
	char *FREE_AUTO id = text_format("%.*s:%s", (int)strcspn(f->id, ":"), f->id, value);

	f->link = topology_iface(r->topo, id);
	return f->link == NONE ? topology_complain(at, e, "interface", id, r->topo) : 0;
}

/* What the readers of impairment.h say of a value. */
static int impaired(const struct ini_where *at, int err, struct error *e)
{
	if (err == -ERANGE)
		return ini_refuse(at, e, "too much, too little or too fine");
	return err ? ini_refuse(at, e, "not a number with its unit") : 0;
}

static int read_delay(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct impairment *imp = &r->topo->ifaces[r->current].impairment;

	return impaired(at, impairment_read_time(value, &imp->delay_ns), e);
}

static int read_jitter(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct impairment *imp = &r->topo->ifaces[r->current].impairment;

	return impaired(at, impairment_read_time(value, &imp->jitter_ns), e);
}

static int read_loss(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct impairment *imp = &r->topo->ifaces[r->current].impairment;

	return impaired(at, impairment_read_loss(value, &imp->loss_ppm), e);
}

static int read_rate(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct topology_reading *r = object;
	struct impairment *imp = &r->topo->ifaces[r->current].impairment;

	return impaired(at, impairment_read_rate(value, &imp->rate_bit), e);
}

#define A_NAME	  "a name of letters, digits, _ and -"
#define AN_IFNAME A_NAME ", at most 15 characters"
#define A_CIDR	  "ADDRESS/LENGTH, IPv4 or IPv6"

const struct ini_key_spec topology_lab_keys[] = {
	{ .name = "name",
	  .allowed = A_NAME,
	  .help = "default: the file's stem",
	  .read = read_lab_name },
	{ .name = "about", .allowed = "text", .help = "one line for people", .read = read_about },
	{ 0 },
};

const struct ini_key_spec topology_bridge_keys[] = {
	{ .name = "stp",
	  .allowed = "yes or no",
	  .help = "the spanning tree protocol; default no",
	  .read = read_stp },
	{ .name = "uplink",
	  .repeats = true,
	  .allowed = "another [bridge]'s name",
	  .help = "join the two by a veth pair; in a loop all bridges need stp",
	  .read = read_uplink },
	{ .name = "address",
	  .repeats = true,
	  .allowed = A_CIDR,
	  .help = "an address of the bridge itself; default none",
	  .read = read_bridge_address },
	{ 0 },
};

const struct ini_key_spec topology_iface_keys[] = {
	{ .name = "bridge",
	  .allowed = "a [bridge]'s name",
	  .help = "plug the other end of the veth pair into this bridge",
	  .read = read_bridge },
	{ .name = "port",
	  .allowed = AN_IFNAME,
	  .help = "the bridge-side end's name; default NAME-p, or NODE-NAME where others of the "
		  "bridge would have that, too; never another port's",
	  .read = read_port },
	{ .name = "peer",
	  .allowed = "NODE:NAME of another [iface]",
	  .help = "instead of bridge: the other end of the veth pair; each end names the other",
	  .read = read_peer },
	{ .name = "address",
	  .repeats = true,
	  .allowed = A_CIDR,
	  .help = "an address and its prefix length",
	  .read = read_iface_address },
	{ .name = "mac",
	  .allowed = "six bytes as in de:ad:be:ef:00:01, no multicast",
	  .help = "default: one that the kernel makes up",
	  .read = read_mac },
	{ .name = "mtu",
	  .allowed = "68-65535",
	  .help = "of this end, and of its port at a bridge; default 1500, of a VLAN that of its "
		  "link",
	  .read = read_mtu },
	{ .name = "vlan",
	  .allowed = "1-4094",
	  .help = "instead of bridge or peer: a VLAN interface, over the one that link names",
	  .read = read_vlan },
	{ .name = "link",
	  .allowed = "NAME of an [iface] of the same node that is no VLAN itself",
	  .help = "with vlan: what its frames go over, tagged",
	  .read = read_link },
	{ .name = "delay",
	  .allowed = IMPAIRMENT_A_TIME,
	  .help = "of what leaves this end (tc's netem)",
	  .read = read_delay },
	{ .name = "jitter",
	  .allowed = IMPAIRMENT_A_TIME,
	  .help = "with delay: so much more or less of it, by chance",
	  .read = read_jitter },
	{ .name = "loss",
	  .allowed = IMPAIRMENT_A_LOSS,
	  .help = "of what leaves this end, by chance",
	  .read = read_loss },
	{ .name = "rate",
	  .allowed = IMPAIRMENT_A_RATE,
	  .help = "of what leaves this end, in a second",
	  .read = read_rate },
	{ 0 },
};
