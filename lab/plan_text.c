// SPDX-License-Identifier: GPL-2.0-or-later
/* A plan in words: one put_… for each kind of operation. */
#include "lab/plan_text.h"

#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/plan.h"
#include "lab/sysctl.h"

#define VERB_WIDTH 8
#define LINE_WIDTH 100

static const char *const op_names[OP_KINDS] = {
#define X(kind, name, undo) [OP_##kind] = #name,
	OP_LIST(X)
#undef X
};

/* A word on the line, or on a new one if it does not fit. */
static void put_word(FILE *out, size_t *column, const char *word)
{
	size_t len = strlen(word);

	if (*column + 1 + len > LINE_WIDTH) {
		(void)fprintf(out, "\n%*s", VERB_WIDTH + 3, "");
		*column = VERB_WIDTH + 3;
	}
	(void)fprintf(out, " %s", word);
	*column += 1 + len;
}

static void put_settings(FILE *out, unsigned int traits)
{
	size_t column = LINE_WIDTH;
	char word[128];

	for (size_t i = 0; i < SYSCTL_DEFAULTS; i++) {
		if (!(sysctl_defaults[i].traits & traits))
			continue;
		(void)snprintf(word, sizeof(word), "%s=%s", sysctl_defaults[i].name,
			       sysctl_defaults[i].value);
		put_word(out, &column, word);
	}
}

static void put_state(const struct plan *plan, const struct op *op, FILE *out)
{
	(void)op;
	(void)fprintf(out, "a tmpfs for lab %s, which holds its namespaces%s",
		      *plan->as ? plan->as : plan->topo->name,
		      plan->nameless ? ", in a mount namespace of its own" : "");
}

/* The first namespace with the same settings, maybe @op's own. */
static const struct op *first_alike(const struct plan *plan, const struct op *op)
{
	const struct op *first = plan->ops;

	while (first->kind != OP_NETNS || first->traits != op->traits ||
	       plan_is_self(plan, first->node))
		first++;
	return first;
}

static void put_netns(const struct plan *plan, const struct op *op, FILE *out)
{
	const struct op *first;

	(void)fputs(op->netns, out);
	if (plan_is_self(plan, op->node)) {
		(void)fputs(" is the namespace xlab was started in; its settings stay", out);
		return;
	}
	first = first_alike(plan, op);
	(void)fputs(": new, lo up;", out);
	if (first == op)
		put_settings(out, op->traits);
	else
		(void)fprintf(out, " settings as of %s", first->netns);
}

static void put_name(const struct plan *plan, const struct op *op, FILE *out)
{
	char *FREE_AUTO name = plan_netns_name(plan, op->netns);

	(void)fprintf(out, "/run/netns/%s -> %s", name, op->netns);
}

static void put_bridge(const struct plan *plan, const struct op *op, FILE *out)
{
	bool stp = plan->topo->bridges[op->bridge].stp;

	(void)fprintf(out, "%s in %s: up, a fixed mac, stp %s, forward_delay %s, mcast_snooping 0",
		      op->netns, op->netns, stp ? "1" : "0",
		      stp ? "2 s, hello_time 1 s, max_age 6 s" : "0");
	if (op->traits & TRAIT_IPV6)
		(void)fprintf(out, "; net.ipv6.conf.%s.disable_ipv6=0", op->netns);
}

static void put_mtu(unsigned int mtu, FILE *out)
{
	if (mtu)
		(void)fprintf(out, " mtu %u", mtu);
}

static void put_uplink(const struct plan *plan, const struct op *op, FILE *out)
{
	const struct uplink *u = &plan->topo->uplinks[op->uplink];

	for (size_t i = 0; i < 2; i++) {
		const char *bridge = plan->topo->bridges[u->bridges[i]].name;

		(void)fprintf(out, "%s%s:%s, port of %s, up", i ? " <-> " : "", bridge, u->ports[i],
			      bridge);
	}
	(void)fputs("; both ends: 1 rx and 1 tx queue, the lab's random group", out);
	if (u->mtu)
		(void)fprintf(out, ", mtu %u", u->mtu);
}

static void put_sysctl(const struct plan *plan, const struct op *op, FILE *out)
{
	(void)plan;
	(void)fprintf(out, "%s: %s=%s", op->netns, op->sysctl->name, op->sysctl->value);
}

static void put_end(const struct plan *plan, const struct iface *f, FILE *out)
{
	char mac[MAC_TEXT];

	(void)fprintf(out, "%s:%s", plan->topo->nodes[f->node].name, f->name);
	if (f->has_mac)
		(void)fprintf(out, " mac %s", mac_text(f->mac, mac));
	put_mtu(f->mtu, out);
}

static void put_veth(const struct plan *plan, const struct op *op, FILE *out)
{
	const struct iface *f = &plan->topo->ifaces[op->iface];

	put_end(plan, f, out);
	(void)fputs(" <-> ", out);
	if (f->bridge != NONE) {
		(void)fprintf(out, "%s:%s", plan->topo->bridges[f->bridge].name, f->port);
		put_mtu(f->mtu, out);
		(void)fprintf(out, ", port of %s, up", plan->topo->bridges[f->bridge].name);
	} else {
		put_end(plan, &plan->topo->ifaces[f->peer], out);
	}
	(void)fputs("; both ends: 1 rx and 1 tx queue, the lab's random group", out);
}

static void put_vlan(const struct plan *plan, const struct op *op, FILE *out)
{
	const struct iface *f = &plan->topo->ifaces[op->iface];

	put_end(plan, f, out);
	(void)fprintf(out, ": VLAN %u over %s; the lab's random group", f->vlan,
		      plan->topo->ifaces[f->link].id);
}

static void put_netem(const struct plan *plan, const struct op *op, FILE *out)
{
	const struct iface *f = &plan->topo->ifaces[op->iface];
	char *FREE_AUTO text = impairment_text(&f->impairment, " ", " ");

	(void)fprintf(out, "%s:%s: root, %s", op->netns, f->name, text);
}

static void put_own_settings(const char *iface, unsigned int traits, FILE *out)
{
	for (size_t i = 0; i < SYSCTL_LINK_DEFAULTS; i++)
		if (sysctl_link_defaults[i].traits & traits)
			(void)fprintf(out, " net.ipv6.conf.%s.%s=%s", iface,
				      sysctl_link_defaults[i].name, sysctl_link_defaults[i].value);
}

static void put_link(const struct plan *plan, const struct op *op, FILE *out)
{
	const struct iface *f = &plan->topo->ifaces[op->iface];

	(void)fprintf(out, "%s:%s: tx checksum, rx and tx VLAN offload off", op->netns,
		      op->port ? f->port : f->name);
	if (!op->port && iface_has_link_local(f))
		(void)fputs("; addr_gen_mode none", out);
	if (!op->port)
		(void)fprintf(out, "; alias \"xlab %s\"; up",
			      *plan->as ? plan->as : plan->topo->name);
	if (plan_is_self(plan, op->node)) {
		(void)fputc(';', out);
		put_own_settings(f->name, op->traits, out);
	}
}

static void put_address(const struct plan *plan, const struct op *op, FILE *out)
{
	char text[PREFIX_TEXT];

	(void)fprintf(out, "%s on %s:%s%s", prefix_text(op->address, text), op->netns,
		      op->iface == NONE ? op->netns : plan->topo->ifaces[op->iface].name,
		      op->address->address.family == AF_INET6 ? " nodad" : "");
}

static void put_route(const struct plan *plan, const struct op *op, FILE *out)
{
	char to[PREFIX_TEXT], via[ADDRESS_TEXT];

	(void)fprintf(out, "%s: %s", op->netns, prefix_text(&op->route->to, to));
	if (op->route->has_via)
		(void)fprintf(out, " via %s", address_text(&op->route->via, via));
	if (op->route->dev != NONE)
		(void)fprintf(out, " dev %s", plan->topo->ifaces[op->route->dev].name);
}

static void put_ready(const struct plan *plan, const struct op *op, FILE *out)
{
	(void)plan;
	(void)op;
	(void)fputs("every link has its carrier, every port forwards, every IPv6 address is "
		    "answered for",
		    out);
}

char *plan_op_text(const struct plan *plan, const struct op *op)
{
	static void (*const put[OP_KINDS])(const struct plan *, const struct op *, FILE *) = {
#define X(kind, name, undo) [OP_##kind] = put_##name,
		OP_LIST(X)
#undef X
	};
	char *text = NULL;
	size_t size;
	FILE *out = xopen_memstream(&text, &size);

	(void)fprintf(out, "%-*s ", VERB_WIDTH, op_names[op->kind]);
	put[op->kind](plan, op, out);
	xclose_memstream(out);
	return text;
}

void plan_print(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->n_ops; i++) {
		char *FREE_AUTO text = plan_op_text(plan, &plan->ops[i]);

		(void)fprintf(out, "%s\n", text);
	}
}
