// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tells the step's own packets from others by their marks, and follows them through chains that
 * change packets. What became of them is evidence.c's.
 */
#include "orchestrator/scenario/forms.h"

#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "orchestrator/event/packet.h"

/* Only the first fragment of a datagram tells whose it is; the others have its number. */
struct datagram {
	uint8_t proto;
	struct address src, dst;
	uint32_t id;
	struct whose whose; /* the first one's */
};

/* Whatever tunnel they are in. */
static bool same_flow(const struct flow *a, const struct flow *b)
{
	return a->proto == b->proto && address_equal(&a->src, &b->src) &&
	       address_equal(&a->dst, &b->dst) && a->src_port == b->src_port &&
	       a->dst_port == b->dst_port;
}

bool flow_equal(const struct flow *a, const struct flow *b)
{
	return same_flow(a, b) && address_equal(&a->from_end, &b->from_end) &&
	       address_equal(&a->to_end, &b->to_end);
}

static struct flow flow_back(const struct flow *f)
{
	return (struct flow){ .proto = f->proto,
			      .src = f->dst,
			      .dst = f->src,
			      .src_port = f->dst_port,
			      .dst_port = f->src_port };
}

static bool is_echo(const struct flow *f)
{
	return f->proto == IPPROTO_ICMP || f->proto == IPPROTO_ICMPV6;
}

static void print_end(FILE *out, const struct address *a, bool port, uint16_t number)
{
	char text[ADDRESS_TEXT];

	address_text(a, text);
	(void)fprintf(out, port && a->family == AF_INET6 ? "[%s]" : "%s", text);
	if (port)
		(void)fprintf(out, ":%u", number);
}

char *flow_text(const struct flow *f)
{
	char *text = NULL;
	size_t size;
	FILE *out = xopen_memstream(&text, &size);

	print_end(out, &f->src, !is_echo(f), f->src_port);
	(void)fputs(" -> ", out);
	print_end(out, &f->dst, !is_echo(f), f->dst_port);
	if (is_echo(f))
		(void)fprintf(out, " id %u", f->src_port);
	if (f->from_end.family) {
		(void)fputs(" in ", out);
		print_end(out, &f->from_end, false, 0);
		(void)fputs(" -> ", out);
		print_end(out, &f->to_end, false, 0);
	}
	xclose_memstream(out);
	return text;
}

static struct flow mark_flow(const struct mark *m)
{
	bool ping = m->kind == STEP_PING;
	uint8_t echo = m->dst.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint8_t transport = m->kind == STEP_UDP ? IPPROTO_UDP : IPPROTO_TCP;

	return (struct flow){ .proto = ping ? echo : transport,
			      .src = m->src,
			      .dst = m->dst,
			      .src_port = m->src_port,
			      .dst_port = ping ? m->src_port : m->dst_port };
}

bool forms_as_sent(const struct mark *mark, const struct flow *f)
{
	const struct flow sent = mark_flow(mark), back = flow_back(&sent);

	return flow_equal(f, &sent) || flow_equal(f, &back);
}

/* False: it has no ports and no id, of a datagram in fragments only the first has them. */
static bool read_flow(const struct packet *p, struct flow *f)
{
	if (!p->has_ip || (!p->has_ports && !p->has_echo))
		return false;
	*f = (struct flow){ .proto = p->proto,
			    .src = p->src,
			    .dst = p->dst,
			    .src_port = p->has_echo ? p->icmp_id : p->src_port,
			    .dst_port = p->has_echo ? p->icmp_id : p->dst_port };
	return true;
}

static enum relation opposite(enum relation way)
{
	return way == RELATION_REQUEST ? RELATION_REPLY : RELATION_REQUEST;
}

static enum relation flow_way(const struct forms *forms, const struct mark *mark,
			      const struct flow *flow)
{
	const struct flow sent = mark_flow(mark), back = flow_back(flow);

	if (same_flow(flow, &sent))
		return RELATION_REQUEST;
	if (same_flow(&back, &sent))
		return RELATION_REPLY;
	if (mark->group && is_echo(&sent) && flow->proto == sent.proto &&
	    address_equal(&flow->dst, &mark->src) && flow->dst_port == sent.src_port)
		return RELATION_REPLY;
	for (size_t i = 0; i < forms->n; i++) {
		const struct form *form = &forms->form[i];

		if (same_flow(flow, &form->flow))
			return form->way;
		if (same_flow(&back, &form->flow))
			return opposite(form->way);
	}
	return RELATION_OTHER;
}

static bool is_imitated(const struct forms *forms, const struct flow *flow)
{
	const struct flow back = flow_back(flow);

	for (size_t i = 0; i < forms->n_imitated; i++)
		if (same_flow(flow, &forms->imitated[i]) || same_flow(&back, &forms->imitated[i]))
			return true;
	return false;
}

static struct datagram *find_datagram(const struct forms *forms, const struct packet *p)
{
	for (size_t i = 0; i < forms->n_datagrams; i++) {
		struct datagram *d = &forms->datagrams[i];

		if (d->id == p->fragment_id && d->proto == p->proto &&
		    address_equal(&d->src, &p->src) && address_equal(&d->dst, &p->dst))
			return d;
	}
	return NULL;
}

static void add_datagram(struct forms *forms, const struct packet *p, const struct whose *whose)
{
	struct datagram *d = find_datagram(forms, p);

	if (!d)
		d = array_add(&forms->datagrams, &forms->n_datagrams, sizeof(*d));
	*d = (struct datagram){ .proto = p->proto,
				.src = p->src,
				.dst = p->dst,
				.id = p->fragment_id,
				.whose = *whose };
}

/* ARP or ND: of who asks, which stands at one place in a question and at another in the answer. */
static enum relation neighbour_way(const struct mark *mark, const struct packet *p)
{
	const struct address *asker;

	if (p->has_arp)
		asker = p->arp_op == ARPOP_REQUEST ? &p->arp_sender : &p->arp_target;
	else
		asker = p->icmp_type == ND_NEIGHBOR_SOLICIT ? &p->src : &p->dst;
	return address_equal(asker, &mark->src) || address_equal(asker, &mark->dst)
		       ? RELATION_NEIGHBOUR
		       : RELATION_OTHER;
}

/* As far as the packet itself, and the datagram that it is a fragment of, tells. */
static void know(const struct forms *forms, const struct mark *mark, const struct packet *p,
		 struct whose *out)
{
	const struct datagram *d = NULL;

	*out = (struct whose){ .sequence = p->icmp_seq };
	if (p->has_arp || p->nd_target.family) {
		out->way = neighbour_way(mark, p);
	} else if (p->fragment) {
		d = find_datagram(forms, p);
		if (!d)
			return;
		*out = d->whose;
		out->doubtful = is_imitated(forms, &out->flow);
	} else if (read_flow(p, &out->flow)) {
		out->has_flow = true;
		out->way = flow_way(forms, mark, &out->flow);
		out->doubtful = is_imitated(forms, &out->flow);
		out->bare = p->proto == IPPROTO_TCP && !(p->tcp_flags & TH_SYN) && !p->tcp_length;
	}
}

static bool is_own(enum relation way)
{
	return way == RELATION_REQUEST || way == RELATION_REPLY;
}

void forms_know(const struct forms *forms, const struct mark *mark, const struct packet *p,
		const struct packet *inner, struct whose *out)
{
	know(forms, mark, p, out);
	if (out->way != RELATION_OTHER || !inner)
		return;
	know(forms, mark, inner, out);
	out->flow.from_end = p->src;
	out->flow.to_end = p->dst;
}

void forms_remember(struct forms *forms, const struct packet *p, const struct packet *inner,
		    const struct whose *whose)
{
	if (inner && !p->fragmented)
		p = inner;
	if (p->fragmented && is_own(whose->way))
		add_datagram(forms, p, whose);
}

enum relation whose_relation(const struct whose *whose)
{
	return is_own(whose->way) && whose->bare ? RELATION_BARE : whose->way;
}

/* From now on the step's own packets that look like this one cannot be told from it. */
static void imitate(struct forms *forms, const struct flow *flow)
{
	if (is_imitated(forms, flow))
		return;
	if (forms->n_imitated < FORMS_MAX)
		*(struct flow *)array_add(&forms->imitated, &forms->n_imitated, sizeof(*flow)) =
			*flow;
	else
		forms->full = true;
}

static void add_form(struct forms *forms, const struct flow *flow, enum relation way)
{
	struct form *form;

	if (forms->n == FORMS_MAX) {
		forms->full = true;
		return;
	}
	form = array_add(&forms->form, &forms->n, sizeof(*form));
	*form = (struct form){ *flow, way };
}

enum left forms_left(struct forms *forms, const struct mark *mark, const struct whose *came,
		     const struct packet *p, const struct packet *inner, bool travels,
		     struct flow *left)
{
	struct whose now;

	forms_know(forms, mark, p, inner, &now);
	if (!is_own(came->way)) {
		if (came->way != RELATION_OTHER || !travels || !is_own(now.way))
			return LEFT_SAME;
		imitate(forms, &now.flow);
		return LEFT_IMITATED;
	}
	if (!now.has_flow && (inner ? inner : p)->fragment)
		now = *came; /* its number is a new one */
	if (!now.has_flow)
		return travels ? LEFT_UNKNOWN : LEFT_SAME;
	*left = now.flow;
	if (travels && now.way == RELATION_OTHER)
		add_form(forms, &now.flow, came->way);
	now.way = came->way;
	now.sequence = came->sequence;
	if (travels)
		forms_remember(forms, p, inner, &now);
	return flow_equal(&came->flow, &now.flow) ? LEFT_SAME : LEFT_CHANGED;
}

void forms_clear(struct forms *forms)
{
	free(forms->form);
	free(forms->imitated);
	free(forms->datagrams);
	*forms = (struct forms){ 0 };
}
