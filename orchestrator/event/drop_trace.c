// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads and attaches the programs of drop_trace.bpf.c, and reads their ring. What an event proves
 * is for its reader.
 */
#include "orchestrator/event/drop_trace.h"

#include <linux/btf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/drop_trace.skel.h"

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "lab/rtnl.h"
#include "orchestrator/lab.h"
#include "orchestrator/util/bpflog.h"
#include "orchestrator/util/kernel_btf.h"

static const char *const tracepoints[] = {
	[DROP_TRACE_KFREE_SKB] = "kfree_skb",
	[DROP_TRACE_XDP_EXCEPTION] = "xdp_exception",
	[DROP_TRACE_XDP_REDIRECT_ERR] = "xdp_redirect_err",
	[DROP_TRACE_XDP_BULK_TX] = "xdp_bulk_tx",
	[DROP_TRACE_XDP_DEVMAP_XMIT] = "xdp_devmap_xmit",
};

struct reason {
	uint32_t value;
	char *name;
};

struct drop_trace {
	const struct lab *lab;
	struct drop_trace_bpf *bpf;
	int links[ARRAY_SIZE(tracepoints)];
	struct ring_buffer *ring;
	struct reason *reasons;
	size_t n_reasons;
	drop_trace_fn fn;
	void *cookie;
};

enum { SK_BUFF, NET_DEVICE, SOCK, SOCK_COMMON, NET, REASONS, TYPES };

static int find_field(const struct kernel_btf *btf, const struct kernel_type *type,
		      const char *name, uint32_t *at)
{
	long offset = kernel_btf_offset(btf, type, name);

	if (offset < 0)
		return -ENOENT;
	*at = (uint32_t)offset;
	return 0;
}

static int find_fields(const struct kernel_btf *btf, const struct kernel_type *types,
		       struct drop_trace_fields *f)
{
	const struct kernel_type *skb = &types[SK_BUFF], *dev = &types[NET_DEVICE];
	uint32_t common;

	if (find_field(btf, skb, "dev", &f->skb_dev) || find_field(btf, skb, "sk", &f->skb_sk) ||
	    find_field(btf, skb, "len", &f->skb_len) ||
	    find_field(btf, skb, "data", &f->skb_data) ||
	    find_field(btf, skb, "head", &f->skb_head) ||
	    find_field(btf, skb, "tail", &f->skb_tail) ||
	    find_field(btf, skb, "network_header", &f->skb_network_header) ||
	    find_field(btf, skb, "protocol", &f->skb_protocol) ||
	    find_field(btf, dev, "ifindex", &f->dev_ifindex) ||
	    find_field(btf, dev, "nd_net", &f->dev_net) ||
	    find_field(btf, &types[SOCK], "__sk_common", &common) ||
	    find_field(btf, &types[SOCK_COMMON], "skc_net", &f->sock_net) ||
	    find_field(btf, &types[NET], "net_cookie", &f->net_cookie))
		return -ENOENT;
	f->sock_net += common; /* which is a struct in a sock */
	return 0;
}

static void add_reason(void *cookie, uint32_t value, const char *name)
{
	static const char prefix[] = "SKB_DROP_REASON_";
	struct drop_trace *t = cookie;
	struct reason *reason = array_add(&t->reasons, &t->n_reasons, sizeof(*reason));

	if (strncmp(name, prefix, strlen(prefix)) == 0)
		name += strlen(prefix);
	*reason = (struct reason){ value, xstrdup(name) };
}

/* Where things lie in this kernel, and its words. */
static int ask_kernel(struct drop_trace *t, struct drop_trace_fields *fields)
{
	struct kernel_type types[TYPES] = {
		[SK_BUFF] = { .name = "sk_buff", .kind = BTF_KIND_STRUCT },
		[NET_DEVICE] = { .name = "net_device", .kind = BTF_KIND_STRUCT },
		[SOCK] = { .name = "sock", .kind = BTF_KIND_STRUCT },
		[SOCK_COMMON] = { .name = "sock_common", .kind = BTF_KIND_STRUCT },
		[NET] = { .name = "net", .kind = BTF_KIND_STRUCT },
		[REASONS] = { .name = "skb_drop_reason", .kind = BTF_KIND_ENUM },
	};
	struct kernel_btf *btf = kernel_btf_open(KERNEL_BTF, types, TYPES);
	int err;

	if (!btf)
		return -errno;
	err = find_fields(btf, types, fields);
	if (!err)
		kernel_btf_enum(btf, &types[REASONS], add_reason, t);
	kernel_btf_close(btf);
	return err;
}

/* The lab's links in the namespace this process is in, where not all links are the lab's. */
static void add_links(const struct drop_trace *t, size_t node)
{
	const struct topology *topo = &t->lab->labfile.topo;
	int fd = bpf_map__fd(t->bpf->maps.links);
	size_t iface = NONE;
	__u8 there = 1;

	while ((iface = topology_next_iface(topo, node, iface)) != NONE) {
		__u32 ifindex = if_nametoindex(topo->ifaces[iface].name);

		if (ifindex)
			(void)bpf_map_update_elem(fd, &ifindex, &there, BPF_ANY);
	}
}

/* Of a namespace that cannot be entered nothing will be said. */
static void add_place(const struct drop_trace *t, size_t number)
{
	const struct topology *topo = &t->lab->labfile.topo;
	bool shared = number < topo->n_nodes && plan_is_self(&t->lab->plan, number);
	struct drop_trace_place place = { (__u32)number, shared };
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;
	uint64_t cookie;

	if (netns_visit(&visit, t->lab->state, topology_namespace(topo, number), &e) ||
	    netns_cookie(&cookie, &e))
		return;
	if (shared)
		add_links(t, number);
	(void)bpf_map_update_elem(bpf_map__fd(t->bpf->maps.places), &cookie, &place, BPF_ANY);
}

static int hand_over(void *cookie, void *data, size_t size)
{
	const struct drop_trace *t = cookie;

	(void)size;
	t->fn(t->cookie, data);
	return 0;
}

static int load(struct drop_trace *t)
{
	struct drop_trace_fields fields = { 0 };
	int err = ask_kernel(t, &fields);

	if (err)
		return err;
	t->bpf = drop_trace_bpf__open();
	if (!t->bpf)
		return -errno;
	memcpy((void *)&t->bpf->rodata->fields, &fields, sizeof(fields));
	err = bpf_map__set_max_entries(t->bpf->maps.places,
				       (__u32)topology_namespaces(&t->lab->labfile.topo));
	if (!err)
		err = bpf_map__set_max_entries(t->bpf->maps.links,
					       (__u32)t->lab->labfile.topo.n_ifaces + 1);
	return err ? err : drop_trace_bpf__load(t->bpf);
}

/* The words of XDP can be missing. */
static bool attach(struct drop_trace *t)
{
	const struct bpf_program *const programs[] = {
		[DROP_TRACE_KFREE_SKB] = t->bpf->progs.kfree_skb_told,
		[DROP_TRACE_XDP_EXCEPTION] = t->bpf->progs.xdp_exception_told,
		[DROP_TRACE_XDP_REDIRECT_ERR] = t->bpf->progs.xdp_redirect_err_told,
		[DROP_TRACE_XDP_BULK_TX] = t->bpf->progs.xdp_bulk_tx_told,
		[DROP_TRACE_XDP_DEVMAP_XMIT] = t->bpf->progs.xdp_devmap_xmit_told,
	};

	t->ring = ring_buffer__new(bpf_map__fd(t->bpf->maps.drops), hand_over, t, NULL);
	if (!t->ring)
		return false;
	for (size_t i = DROP_TRACE_KFREE_SKB; i < ARRAY_SIZE(tracepoints); i++)
		t->links[i] = bpf_raw_tracepoint_open(tracepoints[i], bpf_program__fd(programs[i]));
	return t->links[DROP_TRACE_KFREE_SKB] >= 0;
}

struct drop_trace *drop_trace_open(const struct lab *lab)
{
	struct drop_trace *t = xcalloc(1, sizeof(*t));
	BPFLOG log = BPFLOG_INIT;

	t->lab = lab;
	for (size_t i = 0; i < ARRAY_SIZE(t->links); i++)
		t->links[i] = -1;
	bpflog_begin(&log);
	if (!load(t)) {
		for (size_t i = 0; i < topology_namespaces(&lab->labfile.topo); i++)
			add_place(t, i);
		if (attach(t))
			return t;
	}
	drop_trace_close(t);
	return NULL;
}

void drop_trace_close(struct drop_trace *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(t->links); i++)
		cleanup_fd(&t->links[i]);
	ring_buffer__free(t->ring);
	drop_trace_bpf__destroy(t->bpf);
	for (size_t i = 0; i < t->n_reasons; i++)
		free(t->reasons[i].name);
	free(t->reasons);
	free(t);
}

int drop_trace_fd(const struct drop_trace *t)
{
	return ring_buffer__epoll_fd(t->ring);
}

void drop_trace_consume(struct drop_trace *t, drop_trace_fn fn, void *cookie)
{
	t->fn = fn;
	t->cookie = cookie;
	(void)ring_buffer__consume(t->ring);
}

const char *drop_trace_netns(const struct drop_trace *t, const struct drop_trace_event *event)
{
	return topology_namespace(&t->lab->labfile.topo, event->place);
}

size_t drop_trace_iface(const struct drop_trace *t, const struct drop_trace_event *event)
{
	const struct topology *topo = &t->lab->labfile.topo;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;
	size_t iface = NONE;

	if (event->place >= topo->n_nodes ||
	    netns_visit(&visit, t->lab->state, topo->nodes[event->place].name, &e))
		return NONE;
	while ((iface = topology_next_iface(topo, event->place, iface)) != NONE)
		if (if_nametoindex(topo->ifaces[iface].name) == event->ifindex)
			break;
	return iface;
}

const char *drop_trace_tracepoint(const struct drop_trace_event *event)
{
	return tracepoints[event->kind];
}

const char *drop_trace_reason(const struct drop_trace *t, const struct drop_trace_event *event)
{
	for (size_t i = 0; i < t->n_reasons; i++)
		if (t->reasons[i].value == (uint32_t)event->code)
			return t->reasons[i].name;
	return "NOT_SPECIFIED";
}

/* The lab's interface to which the link @name of that place belongs, or NONE. */
static size_t find_iface(const struct topology *topo, size_t place, const char *name)
{
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		const struct iface *f = &topo->ifaces[i];

		if (place < topo->n_nodes
			    ? f->node == place && !strcmp(f->name, name)
			    : f->bridge == place - topo->n_nodes && !strcmp(f->port, name))
			return i;
	}
	return NONE;
}

static void name_end(const struct topology *topo, bool port, struct drop_trace_limit *limit)
{
	const struct iface *f = &topo->ifaces[limit->iface];

	limit->netns = port ? topo->bridges[f->bridge].name : topo->nodes[f->node].name;
	limit->name = port ? f->port : f->name;
}

/* What the end of a link lets by beyond its MTU: a VLAN's tag. A bridge does not. */
#define SLACK 4

/* At the other end of that link, which becomes @limit's; *@port: it is a bridge's. */
static bool find_other_limit(const struct topology *topo, struct netlink *rt,
			     const struct rt_link_state *link, struct drop_trace_limit *limit,
			     bool *port)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct rt_link_state other = { 0 };

	if (rt_link_get_other(rt, link, &other, &e) || limit->bytes <= other.mtu + SLACK)
		return false;
	limit->mtu = other.mtu;
	if (topo->ifaces[limit->iface].bridge != NONE)
		*port = !*port;
	else
		limit->iface = topo->ifaces[limit->iface].peer;
	return limit->iface != NONE; /* of a VLAN: the link below it is none of a pair */
}

/* Of the link itself, or else of its other end. */
static bool find_limit(const struct drop_trace *t, const struct drop_trace_event *event,
		       struct drop_trace_limit *limit)
{
	const struct topology *topo = &t->lab->labfile.topo;
	struct rt_link_state link;
	struct netlink *NETLINK_AUTO rt = NULL;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;
	bool port = event->place >= topo->n_nodes;
	char name[IF_NAMESIZE];

	if (netns_visit(&visit, t->lab->state, topology_namespace(topo, event->place), &e) ||
	    netlink_open(NETLINK_ROUTE, &rt, &e) ||
	    rt_link_get(rt, NULL, event->ifindex, &link, &e) ||
	    !if_indextoname(event->ifindex, name))
		return false;
	limit->iface = find_iface(topo, event->place, name);
	if (limit->iface == NONE)
		return false;
	limit->mtu = link.mtu;
	if (limit->bytes <= link.mtu && !find_other_limit(topo, rt, &link, limit, &port))
		return false;
	name_end(topo, port, limit);
	return true;
}

bool drop_trace_too_long(const struct drop_trace *t, const struct drop_trace_event *event,
			 struct drop_trace_limit *limit)
{
	if (event->length <= MTU_MIN || strcmp(drop_trace_reason(t, event), "NOT_SPECIFIED") != 0)
		return false;
	limit->bytes = event->length;
	return find_limit(t, event, limit);
}
