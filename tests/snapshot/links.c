// SPDX-License-Identifier: GPL-2.0-or-later
/* Everything that rtnetlink, ethtool and nf_tables tell about the namespace this
 * process is in. Attributes are printed as they come, in hex: what is new in a
 * kernel is in the picture without being known here. Only what changes by
 * itself (statistics, timers, ages) is left out, and indices become names.
 */

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/fib_rules.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/snapshot/snapshot.h"

#define TEXT_MAX 16384

struct text {
	char bytes[TEXT_MAX];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->bytes + t->n, sizeof(t->bytes) - t->n, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(t->bytes) - t->n) {
		errno = EMSGSIZE;
		die("an attribute's text");
	}
	t->n += (size_t)n;
}

/* What to do with an attribute that is not simply printed. */
enum treat { SKIP = 1, NAME, STRING, XDP, INSIDE };

struct attr_rule {
	int type;
	enum treat treat;
	const struct attr_rule *inside; /* with INSIDE; NULL: nothing special in there */
};

#define RULES_END           \
	{                   \
		-1, 0, NULL \
	}

static const struct attr_rule inet6_rules[] = {
	{ IFLA_INET6_STATS, SKIP, NULL },
	{ IFLA_INET6_ICMP6STATS, SKIP, NULL },
	{ IFLA_INET6_CACHEINFO, SKIP, NULL },
	RULES_END,
};

static const struct attr_rule af_rules[] = {
	{ AF_INET6, INSIDE, inet6_rules },
	RULES_END,
};

static const struct attr_rule bridge_rules[] = {
	{ IFLA_BR_HELLO_TIMER, SKIP, NULL },
	{ IFLA_BR_TCN_TIMER, SKIP, NULL },
	{ IFLA_BR_TOPOLOGY_CHANGE_TIMER, SKIP, NULL },
	{ IFLA_BR_GC_TIMER, SKIP, NULL },
	{ IFLA_BR_MCAST_QUERIER_STATE + 1, SKIP, NULL } /* FDB_N_LEARNED, since 6.8 */,
	RULES_END,
};

static const struct attr_rule port_rules[] = {
	{ IFLA_BRPORT_MESSAGE_AGE_TIMER, SKIP, NULL },
	{ IFLA_BRPORT_FORWARD_DELAY_TIMER, SKIP, NULL },
	{ IFLA_BRPORT_HOLD_TIMER, SKIP, NULL },
	RULES_END,
};

/* The data of a bridge and of its ports: other kinds use these numbers for other things, but
 * the tests have no other kinds with timers.
 */
static const struct attr_rule info_rules[] = {
	{ IFLA_INFO_KIND, STRING, NULL },
	{ IFLA_INFO_DATA, INSIDE, bridge_rules },
	{ IFLA_INFO_XSTATS, SKIP, NULL },
	{ IFLA_INFO_SLAVE_KIND, STRING, NULL },
	{ IFLA_INFO_SLAVE_DATA, INSIDE, port_rules },
	RULES_END,
};

static const struct attr_rule xdp_rules[] = {
	{ IFLA_XDP_PROG_ID, XDP, NULL },
	{ IFLA_XDP_DRV_PROG_ID, XDP, NULL },
	{ IFLA_XDP_SKB_PROG_ID, XDP, NULL },
	{ IFLA_XDP_HW_PROG_ID, XDP, NULL },
	RULES_END,
};

static const struct attr_rule link_rules[] = {
	{ IFLA_IFNAME, STRING, NULL },
	{ IFLA_IFALIAS, STRING, NULL },
	{ IFLA_QDISC, STRING, NULL },
	{ IFLA_MASTER, NAME, NULL },
	{ IFLA_LINK, SKIP, NULL }, /* a peer elsewhere: an index of another namespace */
	{ IFLA_LINK_NETNSID, SKIP, NULL },
	{ IFLA_NEW_IFINDEX, SKIP, NULL },
	{ IFLA_STATS, SKIP, NULL },
	{ IFLA_STATS64, SKIP, NULL },
	{ IFLA_CARRIER_CHANGES, SKIP, NULL },
	{ IFLA_CARRIER_UP_COUNT, SKIP, NULL },
	{ IFLA_CARRIER_DOWN_COUNT, SKIP, NULL },
	{ IFLA_AF_SPEC, INSIDE, af_rules },
	{ IFLA_LINKINFO, INSIDE, info_rules },
	{ IFLA_XDP, INSIDE, xdp_rules },
	RULES_END,
};

static const struct attr_rule address_rules[] = { { IFA_CACHEINFO, SKIP, NULL }, RULES_END };
static const struct attr_rule route_rules[] = {
	{ RTA_OIF, NAME, NULL },
	{ RTA_IIF, NAME, NULL },
	{ RTA_CACHEINFO, SKIP, NULL },
	RULES_END,
};
static const struct attr_rule neighbour_rules[] = {
	{ NDA_CACHEINFO, SKIP, NULL },
	{ NDA_PROBES, SKIP, NULL },
	{ NDA_MASTER, NAME, NULL },
	RULES_END,
};
static const struct attr_rule qdisc_rules[] = {
	{ TCA_KIND, STRING, NULL },
	{ TCA_STATS, SKIP, NULL },
	{ TCA_STATS2, SKIP, NULL },
	{ TCA_XSTATS, SKIP, NULL },
	RULES_END,
};
static const struct attr_rule rule_rules[] = { { FRA_IIFNAME, STRING, NULL },
					       { FRA_OIFNAME, STRING, NULL },
					       RULES_END };
static const struct attr_rule no_rules[] = { RULES_END };

static const char *link_name(unsigned int index, char buf[static IF_NAMESIZE])
{
	return index && if_indextoname(index, buf) ? buf : "-";
}

static const struct attr_rule *rule_of(const struct attr_rule *rules, int type)
{
	for (; rules->type >= 0; rules++)
		if (rules->type == type)
			return rules;
	return NULL;
}

static void hex(struct text *t, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		text_add(t, "%02x", bytes[i]);
}

/* The value of an attribute that has none inside. */
static void value_text(struct text *t, const struct nlattr *attr, const struct attr_rule *rule)
{
	char name[IF_NAMESIZE];

	if (!rule)
		hex(t, mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	else if (rule->treat == NAME)
		text_add(t, "%s", link_name(mnl_attr_get_u32(attr), name));
	else if (rule->treat == STRING)
		text_add(t, "%.*s", (int)mnl_attr_get_payload_len(attr), mnl_attr_get_str(attr));
	else if (rule->treat == XDP)
		text_add(t, "%s", bpf_prog_label(mnl_attr_get_u32(attr)));
}

/* One table of rtnetlink or nfnetlink. */
struct table {
	const char *title;
	int bus; /* NETLINK_… */
	unsigned short type;
	unsigned char family;
	size_t header; /* bytes in front of the attributes */
	const struct attr_rule *rules;
	/* The header's text; false: not for the picture. NULL: none, all are. */
	bool (*head)(struct text *t, const void *header);
	bool lines; /* a line an attribute: there are many, and a difference shall be found */
};

static bool link_head(struct text *t, const void *header)
{
	const struct ifinfomsg *m = header;
	char name[IF_NAMESIZE];

	text_add(t, " %s type %u flags %x", link_name((unsigned int)m->ifi_index, name),
		 m->ifi_type, m->ifi_flags);
	return true;
}

static bool address_head(struct text *t, const void *header)
{
	const struct ifaddrmsg *m = header;
	char name[IF_NAMESIZE];

	text_add(t, " %s family %u /%u flags %x scope %u", link_name(m->ifa_index, name),
		 m->ifa_family, m->ifa_prefixlen, m->ifa_flags, m->ifa_scope);
	return true;
}

static bool route_head(struct text *t, const void *header)
{
	const struct rtmsg *m = header;

	text_add(t, " family %u /%u from /%u table %u proto %u scope %u type %u", m->rtm_family,
		 m->rtm_dst_len, m->rtm_src_len, m->rtm_table, m->rtm_protocol, m->rtm_scope,
		 m->rtm_type);
	return !(m->rtm_flags & RTM_F_CLONED);
}

static bool neighbour_head(struct text *t, const void *header)
{
	const struct ndmsg *m = header;
	char name[IF_NAMESIZE];

	text_add(t, " %s family %u state %x flags %x type %u",
		 link_name((unsigned int)m->ndm_ifindex, name), m->ndm_family, m->ndm_state,
		 m->ndm_flags, m->ndm_type);
	return (m->ndm_state & NUD_PERMANENT) || (m->ndm_flags & NTF_PROXY);
}

/* What a bridge has not learned by itself: there, a static entry is one without ARP. */
static bool fdb_head(struct text *t, const void *header)
{
	const struct ndmsg *m = header;

	return neighbour_head(t, header) || (m->ndm_state & NUD_NOARP) ||
	       (m->ndm_flags & NTF_EXT_LEARNED);
}

static bool qdisc_head(struct text *t, const void *header)
{
	const struct tcmsg *m = header;
	char name[IF_NAMESIZE];

	text_add(t, " %s parent %x", link_name((unsigned int)m->tcm_ifindex, name), m->tcm_parent);
	return true;
}

static bool rule_head(struct text *t, const void *header)
{
	const struct fib_rule_hdr *m = header;

	text_add(t, " family %u /%u from /%u table %u action %u flags %x", m->family, m->dst_len,
		 m->src_len, m->table, m->action, m->flags);
	return true;
}

#define NFT(what) ((NFNL_SUBSYS_NFTABLES << 8) | (what))

static const struct table tables[] = {
	{ "link", NETLINK_ROUTE, RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), link_rules,
	  link_head, true },
	{ "address", NETLINK_ROUTE, RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), address_rules,
	  address_head, false },
	{ "route", NETLINK_ROUTE, RTM_GETROUTE, AF_INET, sizeof(struct rtmsg), route_rules,
	  route_head, false },
	{ "route", NETLINK_ROUTE, RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg), route_rules,
	  route_head, false },
	{ "rule", NETLINK_ROUTE, RTM_GETRULE, AF_UNSPEC, sizeof(struct fib_rule_hdr), rule_rules,
	  rule_head, false },
	{ "neighbour", NETLINK_ROUTE, RTM_GETNEIGH, AF_UNSPEC, sizeof(struct ndmsg),
	  neighbour_rules, neighbour_head, false },
	{ "fdb", NETLINK_ROUTE, RTM_GETNEIGH, AF_BRIDGE, sizeof(struct ndmsg), neighbour_rules,
	  fdb_head, false },
	{ "qdisc", NETLINK_ROUTE, RTM_GETQDISC, AF_UNSPEC, sizeof(struct tcmsg), qdisc_rules,
	  qdisc_head, false },
	{ "nft table", NETLINK_NETFILTER, NFT(NFT_MSG_GETTABLE), AF_UNSPEC, sizeof(struct nfgenmsg),
	  no_rules, NULL, false },
	{ "nft chain", NETLINK_NETFILTER, NFT(NFT_MSG_GETCHAIN), AF_UNSPEC, sizeof(struct nfgenmsg),
	  no_rules, NULL, false },
	{ "nft rule", NETLINK_NETFILTER, NFT(NFT_MSG_GETRULE), AF_UNSPEC, sizeof(struct nfgenmsg),
	  no_rules, NULL, false },
};

struct dump {
	struct picture *picture;
	const char *where;
	const struct table *table;
};

/* Adds to @t, or for a table of lines, ends @t and begins it again for the next. */
static void attr_text(const struct dump *d, struct text *t, const struct nlattr *attr,
		      const struct attr_rule *rules)
{
	const struct attr_rule *rule = rule_of(rules, mnl_attr_get_type(attr));
	const struct nlattr *child;
	size_t before = t->n;

	if (rule && rule->treat == SKIP)
		return;
	text_add(t, " %u=", mnl_attr_get_type(attr));
	if (rule && rule->treat == INSIDE) {
		mnl_attr_for_each_nested (child, attr)
			attr_text(d, t, child, rule->inside);
	} else {
		value_text(t, attr, rule);
		if (d->table->lines)
			picture_add(d->picture, "%s %s%s", d->where, d->table->title, t->bytes);
	}
	if (d->table->lines)
		t->bytes[t->n = before] = '\0';
}

static int dump_message(const struct nlmsghdr *nlh, void *data)
{
	const struct dump *d = data;
	const struct nlattr *attr;
	static struct text t;

	t.bytes[t.n = 0] = '\0';
	if (d->table->head && !d->table->head(&t, mnl_nlmsg_get_payload(nlh)))
		return MNL_CB_OK;
	mnl_attr_for_each (attr, nlh, (unsigned int)d->table->header)
		attr_text(d, &t, attr, d->table->rules);
	if (!d->table->lines)
		picture_add(d->picture, "%s %s%s", d->where, d->table->title, t.bytes);
	return MNL_CB_OK;
}

/* A dump can be cut short by a change in the middle (EINTR): then it is done again. */
static int table_dump(struct mnl_socket *nl, const struct table *table, struct dump *d)
{
	static char buf[65536];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	unsigned char *header;
	ssize_t got;
	int ret;

	nlh->nlmsg_type = table->type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(nlh, table->header);
	header[0] = table->family; /* the first byte of each of these headers */
	if (table->type == RTM_GETLINK)
		mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_VF);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		got = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		ret = got < 0 ? -1 : mnl_cb_run(buf, (size_t)got, 0, 0, dump_message, d);
	} while (ret > 0);
	return ret < 0 ? -errno : 0;
}

static void picture_table(struct picture *p, const char *where, const struct table *table)
{
	struct dump d = { p, where, table };
	size_t before = p->n;
	int err;

	do {
		struct mnl_socket *nl = mnl_socket_open(table->bus);

		if (!nl && table->bus == NETLINK_NETFILTER)
			return; /* no nf_tables here, so nobody's either */
		if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
			die("netlink");
		while (p->n > before)
			free(p->lines[--p->n]);
		err = table_dump(nl, table, &d);
		(void)mnl_socket_close(nl);
	} while (err == -EINTR);
	if (err == -EINVAL && table->bus == NETLINK_NETFILTER)
		return; /* nfnetlink is there and nf_tables is not: nobody listens to that number */
	if (err) {
		errno = -err;
		die(table->title);
	}
}

/* The features of a link that ethtool -k shows, as the kernel's own bits. */
static void picture_offloads(struct picture *p, const char *where, const char *link, int fd)
{
	union {
		struct ethtool_gfeatures head;
		char room[sizeof(struct ethtool_gfeatures) +
			  8 * sizeof(struct ethtool_get_features_block)];
	} answer = { .head = { .cmd = ETHTOOL_GFEATURES, .size = 8 } };
	const struct ethtool_get_features_block *blocks = answer.head.features;
	struct ifreq req = { .ifr_data = (void *)&answer };
	struct text t = { .n = 0 };

	(void)snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", link);
	if (ioctl(fd, SIOCETHTOOL, &req) < 0) {
		if (errno == EOPNOTSUPP || errno == ENODEV)
			return; /* it has none, or has gone meanwhile */
		die("offloads");
	}
	for (unsigned int i = 0; i < answer.head.size && i < 8; i++)
		text_add(&t, " %08x/%08x", blocks[i].active, blocks[i].requested);
	picture_add(p, "%s offloads %s%s", where, link, t.bytes);
}

void picture_links(struct picture *p, const char *where)
{
	struct if_nameindex *links = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !links)
		die("links");
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		picture_table(p, where, &tables[i]);
	for (struct if_nameindex *l = links; l->if_index; l++)
		picture_offloads(p, where, l->if_name, fd);
	if_freenameindex(links);
	(void)close(fd);
}
