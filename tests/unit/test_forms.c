// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/evidence_add.h"
#include "orchestrator/scenario/step_result.h"
#include "tests/unit/evidence_maker.h"

/*
 *   a --- lb:eth0 (balance, drops)      a sends to lb, whose first filter may change packets
 *         lb:eth1 --- h2:eth0 (drops)
 *   bystander:eth0 (drops), which hangs on a bridge with others
 */
enum { A, LB, H2, BYSTANDER };
enum { A_ETH0, LB_ETH0, LB_ETH1, H2_ETH0, BYSTANDER_ETH0 };
enum { BALANCE, DROPS };

static struct node nodes[] = {
	{ .name = "a" }, { .name = "lb" }, { .name = "h2" }, { .name = "bystander" }
};
static struct iface ifaces[] = {
	{ .node = A, .id = "a:eth0", .bridge = NONE },
	{ .node = LB, .id = "lb:eth0", .bridge = NONE },
	{ .node = LB, .id = "lb:eth1", .bridge = NONE },
	{ .node = H2, .id = "h2:eth0", .bridge = NONE },
	{ .node = BYSTANDER, .id = "bystander:eth0", .has_mac = true, .mac = { 2, 0, 0, 0, 0, 9 } },
};
static struct filter filters[] = {
	{ .name = "balance", .program = PROGRAM_OBJECT, .redirect_to = NONE },
	{ .name = "drops", .program = PROGRAM_DROP, .redirect_to = NONE },
};
static struct labfile labfile = {
	.topo = { .nodes = nodes, .n_nodes = 4, .ifaces = ifaces, .n_ifaces = 5 },
	.filters = filters,
	.n_filters = 2,
};
static char *lb_filters[] = { "balance", "drops" };
static char *h2_filters[] = { "drops" };
static const struct chain_record chains[] = {
	{ .gen = 0 },
	{ .engine = ENGINE_INLINE, .gen = 7, .filters = lb_filters, .n_filters = 2 },
	{ .gen = 0 },
	{ .engine = ENGINE_INLINE, .gen = 1, .filters = h2_filters, .n_filters = 1 },
	{ .engine = ENGINE_INLINE, .gen = 1, .filters = h2_filters, .n_filters = 1 },
};

static struct evidence an_evidence(enum step_kind kind)
{
	return evidence_of(&labfile, chains, kind, A, LB, 80);
}

static struct packet udp(const char *src, uint16_t src_port, const char *dst, uint16_t dst_port)
{
	return (struct packet){ .has_ether = true,
				.has_ip = true,
				.src = an_address(src),
				.dst = an_address(dst),
				.proto = IPPROTO_UDP,
				.has_ports = true,
				.src_port = src_port,
				.dst_port = dst_port };
}

static struct packet sent(void)
{
	return udp("10.0.0.10", 44024, "10.0.0.1", 80);
}

static void came(struct evidence *ev, size_t iface, const struct packet *p)
{
	struct xlab_event event = event_at(chains, iface, XLAB_CAME);

	evidence_add(ev, &event, p);
}

/* It came to lb and left as @p, sent on to h2. */
static void balanced(struct evidence *ev, const struct packet *from, const struct packet *to)
{
	came(ev, LB_ETH0, from);
	add_event(ev, to, LB_ETH0, 0, XDP_TX);
}

static struct step a_step(enum step_expect expect)
{
	return (struct step){ .kind = STEP_UDP,
			      .expect = expect,
			      .count = 1,
			      .by = NONE,
			      .from = NONE,
			      .packet = NONE,
			      .as = NONE,
			      .at = NONE };
}

static void expect(const struct step *step, struct evidence *ev, enum outcome outcome,
		   const char *why, const char *details)
{
	expect_judged(&labfile, step, ev, outcome, why, details);
}

static void a_rewritten_packet_is_the_same_one(void **state)
{
	struct packet p = sent(), now = udp("10.0.0.10", 44024, "10.0.0.1", 79);
	struct evidence ev = an_evidence(STEP_UDP);
	struct step step = a_step(EXPECT_DROP);

	(void)state;
	step.by = DROPS;
	came(&ev, LB_ETH0, &p);
	add_event(&ev, &now, LB_ETH0, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_OK, "dropped by drops at lb:eth0", NULL);

	/* without a word on how it came it is another's */
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &now, LB_ETH0, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: no chain saw it", NULL);
}

/* All events of a packet are of one CPU, which is at one packet; other CPUs tell in between. */
static void a_packet_is_of_one_cpu(void **state)
{
	struct packet p = sent(), now = udp("10.0.0.10", 44024, "10.0.0.1", 79);
	struct xlab_event came_on_1 = event_at(chains, LB_ETH0, XLAB_CAME);
	struct xlab_event dropped = event_at(chains, LB_ETH0, XLAB_DECIDED);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	came_on_1.cpu = 1;
	dropped.position = 1;
	dropped.verdict = XDP_DROP;
	evidence_add(&ev, &came_on_1, &p);
	evidence_add(&ev, &dropped, &now);
	assert_null(evidence_drop(&ev, RELATION_REQUEST));
	dropped.cpu = 1;
	evidence_add(&ev, &dropped, &now);
	assert_int_equal(evidence_drop(&ev, RELATION_REQUEST)->packets, 1);
	/* that was the last of it */
	evidence_add(&ev, &dropped, &now);
	assert_int_equal(evidence_drop(&ev, RELATION_REQUEST)->packets, 1);
	/* of a chain elsewhere it says nothing */
	evidence_add(&ev, &came_on_1, &p);
	dropped.iface = H2_ETH0;
	dropped.gen = 1;
	dropped.position = 0;
	evidence_add(&ev, &dropped, &now);
	assert_int_equal(evidence_drop(&ev, RELATION_REQUEST)->packets, 1);
	evidence_clear(&ev);
}

static void each_hop_tells_the_form_that_it_saw(void **state)
{
	struct packet p = sent(), now = udp("10.0.0.1", 5000, "10.0.0.2", 8080);
	struct evidence ev = an_evidence(STEP_UDP);
	struct step step = a_step(EXPECT_PASS);

	(void)state;
	balanced(&ev, &p, &now);
	add_event(&ev, &now, H2_ETH0, 0, XDP_DROP);
	expect(&step, &ev, OUTCOME_NOT_OK, "dropped by drops at h2:eth0",
	       "lb:eth0: packet: balance tx (10.0.0.1:5000 -> 10.0.0.2:8080)\n"
	       "h2:eth0: packet 10.0.0.1:5000 -> 10.0.0.2:8080: drops drop\n"
	       "bystander:eth0: saw none of it\n");
}

/* Sent elsewhere is the last that is known of it only if no chain saw it there. */
static void the_last_chain_that_saw_it_tells(void **state)
{
	struct packet p = sent(), now = udp("10.0.0.1", 5000, "10.0.0.2", 8080);
	struct evidence ev = an_evidence(STEP_UDP);
	struct step step = a_step(EXPECT_PASS);

	(void)state;
	balanced(&ev, &p, &now);
	expect(&step, &ev, OUTCOME_NOT_OK, "sent back (tx) by balance at lb:eth0", NULL);
	ev = an_evidence(STEP_UDP);
	balanced(&ev, &p, &now);
	add_event(&ev, &now, H2_ETH0, 1, XDP_PASS);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "nothing arrived: it was let through, and lost after the chain", NULL);
}

/* The reply to a form is the step's reply, and so is what that is made into. */
static void replies_are_followed_back(void **state)
{
	struct packet p = sent(), now = udp("10.0.0.1", 5000, "10.0.0.2", 8080);
	struct packet back = udp("10.0.0.2", 8080, "10.0.0.1", 5000);
	struct packet home = udp("10.0.0.1", 80, "10.0.0.10", 44024);
	struct packet other = udp("10.0.0.2", 8080, "10.0.0.1", 5001);
	struct evidence ev = an_evidence(STEP_UDP);
	struct step step = a_step(EXPECT_DROP);

	(void)state;
	balanced(&ev, &p, &now);
	came(&ev, LB_ETH0, &other);
	add_event(&ev, &other, LB_ETH0, 1, XDP_DROP);
	assert_null(evidence_drop(&ev, RELATION_REPLY));
	came(&ev, LB_ETH0, &back);
	add_event(&ev, &home, LB_ETH0, 0, XDP_TX);
	assert_int_equal(ev.forms.n, 1);
	came(&ev, LB_ETH0, &back);
	add_event(&ev, &home, LB_ETH0, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_OK, "reply dropped by drops at lb:eth0", NULL);
}

static void what_was_dropped_has_no_form(void **state)
{
	struct packet p = sent(), now = udp("10.0.0.1", 5000, "10.0.0.2", 8080);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	came(&ev, LB_ETH0, &p);
	add_event(&ev, &now, LB_ETH0, 1, XDP_DROP);
	add_event(&ev, &now, H2_ETH0, 0, XDP_DROP);
	assert_int_equal(ev.n_seen, 2);
	assert_int_equal(ev.seen[1].relation, RELATION_OTHER);
	evidence_clear(&ev);
}

static void an_imitation_proves_nothing(void **state)
{
	struct packet p = sent(), now = udp("10.0.0.1", 5000, "10.0.0.2", 8080);
	struct packet other = udp("10.0.0.66", 66, "10.0.0.1", 80);
	struct evidence ev = an_evidence(STEP_UDP);
	struct step step = a_step(EXPECT_DROP);

	(void)state;
	/* h2 drops a packet that looks like the step's, which was lost */
	balanced(&ev, &p, &now);
	balanced(&ev, &other, &now);
	add_event(&ev, &now, H2_ETH0, 0, XDP_DROP);
	evidence_add_kernel_drop(&ev, 2000,
				 &(struct kernel_drop){ .netns = "h2",
							.reason = (char *)"UDP_CSUM",
							.packet = &now });
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: packets of others were "
	       "made "
	       "to look like it at lb:eth0",
	       "lb:eth0: packet: balance tx (10.0.0.1:5000 -> 10.0.0.2:8080)\n"
	       "h2:eth0: packet 10.0.0.1:5000 -> 10.0.0.2:8080: drops drop (or another's, made to "
	       "look like it)\n"
	       "bystander:eth0: saw none of it\n"
	       "lb:eth0: packets of others were made to look like it\n");

	/* as it was sent; what arrives need not be it either */
	ev = an_evidence(STEP_UDP);
	balanced(&ev, &other, &p);
	ev.arrived = 1;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "arrived whole, but packets of others were made to look like it at lb:eth0", NULL);
	step.expect = EXPECT_PASS;
	ev = an_evidence(STEP_UDP);
	balanced(&ev, &other, &p);
	ev.arrived = 1;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "arrived whole, but packets of others were made to look like it at lb:eth0", NULL);

	/* the fate of its own is proven before there is another */
	step.expect = EXPECT_DROP;
	ev = an_evidence(STEP_UDP);
	balanced(&ev, &p, &now);
	add_event(&ev, &now, H2_ETH0, 0, XDP_DROP);
	balanced(&ev, &other, &now);
	add_event(&ev, &now, H2_ETH0, 0, XDP_PASS);
	ev.arrived = 1; /* the other one */
	expect(&step, &ev, OUTCOME_OK, "dropped by drops at h2:eth0", NULL);

	/* another's that was dropped, or does not look like it, is none */
	ev = an_evidence(STEP_UDP);
	came(&ev, LB_ETH0, &other);
	add_event(&ev, &p, LB_ETH0, 1, XDP_DROP);
	balanced(&ev, &other, &now);
	assert_false(ev.imitated);
	evidence_clear(&ev);
}

static void what_cannot_be_known_is_said(void **state)
{
	struct packet p = sent(), now = { .has_ether = true, .type = 0x88b5 };
	struct evidence ev = an_evidence(STEP_UDP);
	struct step step = a_step(EXPECT_DROP);

	(void)state;
	balanced(&ev, &p, &now);
	add_event(&ev, &now, H2_ETH0, 0, XDP_DROP);
	step.expect = EXPECT_PASS;
	ev.seen[0].verdict = XDP_PASS;
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "nothing arrived: it left lb:eth0 as something that cannot be followed",
	       "lb:eth0: packet: balance pass\n"
	       "h2:eth0: saw none of it, only other packets\n"
	       "bystander:eth0: saw none of it\n"
	       "lb:eth0: it left as something that cannot be followed\n");
}

#define ETHER  2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0
#define IPIP   0x45, 0, 0, 48, 0, 0, 0, 0, 64, 4, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2
#define INSIDE 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 10, 10, 0, 0, 1
#define UDP_80 0xab, 0xf8, 0, 80, 0, 8, 0, 0

static void add_bytes(struct evidence *ev, struct xlab_event *event, const uint8_t *bytes,
		      size_t size)
{
	struct packet p;

	memcpy(event->snap, bytes, size);
	event->snapped = (uint16_t)size;
	packet_read(bytes, size, &p);
	evidence_add(ev, event, &p);
}

static void a_tunnel_carries_the_same_packet(void **state)
{
	static const uint8_t tunnel[] = { ETHER, IPIP, INSIDE, UDP_80 };
	static const uint8_t bare[] = { ETHER, INSIDE, UDP_80 };
	struct xlab_event event = event_at(chains, LB_ETH0, XLAB_CAME);
	struct evidence ev = an_evidence(STEP_UDP);
	struct step step = a_step(EXPECT_PASS);

	(void)state;
	add_bytes(&ev, &event, bare, sizeof(bare));
	event.kind = XLAB_DECIDED;
	event.verdict = XDP_TX;
	add_bytes(&ev, &event, tunnel, sizeof(tunnel));
	event = event_at(chains, H2_ETH0, XLAB_DECIDED);
	event.verdict = XDP_DROP;
	add_bytes(&ev, &event, tunnel, sizeof(tunnel));
	assert_int_equal(ev.forms.n, 0);
	expect(&step, &ev, OUTCOME_NOT_OK, "dropped by drops at h2:eth0",
	       "lb:eth0: packet: balance tx (10.0.0.10:44024 -> 10.0.0.1:80 in 192.0.2.1 -> "
	       "192.0.2.2)\n"
	       "h2:eth0: packet 10.0.0.10:44024 -> 10.0.0.1:80 in 192.0.2.1 -> 192.0.2.2: drops "
	       "drop\n"
	       "bystander:eth0: saw none of it\n");
}

/* A fragment but the first has a number only, which a chain may change as well. */
static void fragments_are_followed(void **state)
{
	struct packet head = sent(), tail = head, head_now, tail_now;
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	head.fragmented = tail.fragmented = tail.fragment = true;
	head.fragment_id = tail.fragment_id = 77;
	tail.has_ports = false;
	head_now = head;
	tail_now = tail;
	head_now.dst = tail_now.dst = an_address("10.0.0.2");
	head_now.fragment_id = tail_now.fragment_id = 78;
	balanced(&ev, &head, &head_now);
	add_event(&ev, &tail_now, H2_ETH0, 0, XDP_DROP);
	assert_int_equal(evidence_drop(&ev, RELATION_REQUEST)->packets, 1);
	/* what the chains saw of it is told once */
	balanced(&ev, &tail, &tail_now);
	add_event(&ev, &head_now, H2_ETH0, 0, XDP_DROP);
	assert_int_equal(ev.n_seen, 2);
	assert_int_equal(ev.seen[0].packets, 2);
	assert_true(ev.seen[0].changed);
	tail_now.fragment_id = 79; /* a number of its own */
	balanced(&ev, &tail, &tail_now);
	add_event(&ev, &tail_now, H2_ETH0, 0, XDP_DROP);
	tail_now.fragment_id = 80; /* of whom nobody knows */
	add_event(&ev, &tail_now, H2_ETH0, 0, XDP_DROP);
	for (size_t i = 0; i < ev.n_seen; i++)
		if (ev.seen[i].relation == RELATION_OTHER)
			assert_int_equal(ev.seen[i].packets, 1);
	/* another's, made to look like one of it */
	tail.fragment_id = 5;
	tail_now.fragment_id = 79;
	balanced(&ev, &tail, &tail_now);
	assert_true(ev.imitated);
	add_event(&ev, &tail_now, H2_ETH0, 0, XDP_DROP);
	assert_true(ev.seen[ev.n_seen - 1].doubtful);
	evidence_clear(&ev);
}

static void forms_are_bounded(void **state)
{
	struct packet p = sent();
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	for (uint16_t i = 0; i < 1000; i++) {
		struct packet now = udp("10.0.0.1", (uint16_t)(5000 + i), "10.0.0.2", 8080);

		balanced(&ev, &p, &now);
	}
	assert_int_equal(ev.forms.n, FORMS_MAX);
	assert_true(ev.forms.full);
	assert_in_range(ev.n_seen, FORMS_MAX, FORMS_MAX + 1);
	evidence_clear(&ev);
}

static enum relation way_of(const struct evidence *ev, const struct packet *p,
			    const struct packet *inner)
{
	struct whose whose;

	forms_know(&ev->forms, &ev->mark, p, inner, &whose);
	return whose.way;
}

/* By addresses, ports or an echo's number, and by the protocol; on the way back the other way
 * round. */
static void packets_are_known(void **state)
{
	struct evidence ev = an_evidence(STEP_UDP);
	struct packet p = sent(), back = udp("10.0.0.1", 80, "10.0.0.10", 44024), no = p;
	struct packet foreign = udp("10.0.0.5", 1, "10.0.0.6", 2);
	struct form forms[] = {
		{ { .proto = IPPROTO_UDP,
		    .src = an_address("10.0.0.3"),
		    .dst = an_address("10.0.0.2"),
		    .src_port = 7,
		    .dst_port = 8 },
		  RELATION_REQUEST },
		{ { .proto = IPPROTO_UDP,
		    .src = an_address("10.0.0.3"),
		    .dst = an_address("10.0.0.2"),
		    .src_port = 9,
		    .dst_port = 8 },
		  RELATION_REPLY },
	};
	struct packet echo = { .has_ip = true, .proto = IPPROTO_ICMPV6, .has_echo = true };

	(void)state;
	assert_int_equal(way_of(&ev, &p, NULL), RELATION_REQUEST);
	assert_int_equal(way_of(&ev, &back, NULL), RELATION_REPLY);
	/* by the packet itself, or else by what it carries */
	assert_int_equal(way_of(&ev, &p, &foreign), RELATION_REQUEST);
	assert_int_equal(way_of(&ev, &foreign, &p), RELATION_REQUEST);
	assert_int_equal(way_of(&ev, &foreign, &foreign), RELATION_OTHER);
	no.has_ip = false;
	assert_int_equal(way_of(&ev, &no, NULL), RELATION_OTHER);
	no = p;
	no.has_ports = false;
	assert_int_equal(way_of(&ev, &no, NULL), RELATION_OTHER);
	no = p;
	no.proto = IPPROTO_TCP;
	assert_int_equal(way_of(&ev, &no, NULL), RELATION_OTHER);
	/* as chains have changed it */
	ev.forms.form = forms;
	ev.forms.n = 2;
	p = udp("10.0.0.3", 7, "10.0.0.2", 8);
	back = udp("10.0.0.2", 8, "10.0.0.3", 7);
	assert_int_equal(way_of(&ev, &p, NULL), RELATION_REQUEST);
	assert_int_equal(way_of(&ev, &back, NULL), RELATION_REPLY);
	p.src_port = back.dst_port = 9;
	assert_int_equal(way_of(&ev, &p, NULL), RELATION_REPLY);
	assert_int_equal(way_of(&ev, &back, NULL), RELATION_REQUEST);
	/* pings, of either family; who answers one to all has its number */
	ev = an_evidence(STEP_PING);
	ev.mark.src = echo.src = an_address("fd00::10");
	ev.mark.dst = echo.dst = an_address("fd00::1");
	echo.icmp_id = ev.mark.src_port;
	assert_int_equal(way_of(&ev, &echo, NULL), RELATION_REQUEST);
	echo.icmp_id++;
	assert_int_equal(way_of(&ev, &echo, NULL), RELATION_OTHER);
	ev.mark.group = true;
	echo.src = an_address("fd00::7");
	echo.dst = ev.mark.src;
	assert_int_equal(way_of(&ev, &echo, NULL), RELATION_OTHER);
	echo.icmp_id--;
	assert_int_equal(way_of(&ev, &echo, NULL), RELATION_REPLY);
	echo.proto = IPPROTO_ICMP;
	assert_int_equal(way_of(&ev, &echo, NULL), RELATION_OTHER);
	ev = an_evidence(STEP_UDP);
	ev.mark.group = true;
	p = udp("10.0.0.7", 80, "10.0.0.10", 44024);
	assert_int_equal(way_of(&ev, &p, NULL), RELATION_OTHER);
}

/* Of a datagram in fragments only the first tells whose it is. */
static void fragments_are_known(void **state)
{
	struct evidence ev = an_evidence(STEP_UDP);
	struct packet head = sent(), tail = head, outer = udp("10.0.0.5", 0, "10.0.0.6", 0), not ;
	struct whose whose = { .way = RELATION_REQUEST, .sequence = 5 };

	(void)state;
	forms_remember(&ev.forms, &head, NULL, &whose); /* it is whole */
	assert_int_equal(ev.forms.n_datagrams, 0);
	head.fragmented = tail.fragmented = tail.fragment = true;
	head.fragment_id = tail.fragment_id = 77;
	tail.has_ports = false;
	whose.way = RELATION_OTHER;
	forms_remember(&ev.forms, &head, NULL, &whose);
	assert_int_equal(ev.forms.n_datagrams, 0);
	whose.way = RELATION_REQUEST;
	forms_remember(&ev.forms, &head, NULL, &whose);
	assert_int_equal(way_of(&ev, &tail, NULL), RELATION_REQUEST);
	not = tail;
	not .fragment_id++;
	assert_int_equal(way_of(&ev, &not, NULL), RELATION_OTHER);
	not = tail;
	not .proto = IPPROTO_TCP;
	assert_int_equal(way_of(&ev, &not, NULL), RELATION_OTHER);
	not = tail;
	not .src = an_address("10.0.0.11");
	assert_int_equal(way_of(&ev, &not, NULL), RELATION_OTHER);
	not = tail;
	not .dst = an_address("10.0.0.2");
	assert_int_equal(way_of(&ev, &not, NULL), RELATION_OTHER);
	/* where a tunnel's packet is in fragments, that has the number */
	outer.has_ports = false;
	outer.proto = IPPROTO_IPIP;
	outer.fragmented = true;
	outer.fragment_id = 3;
	forms_remember(&ev.forms, &outer, &head, &whose);
	outer.fragment = true;
	assert_int_equal(way_of(&ev, &outer, NULL), RELATION_REQUEST);
	evidence_clear(&ev);
}

/* As what a packet left that came as the step's, or as another's. */
static void what_packets_left_as(void **state)
{
	struct packet p = sent(), changed = udp("10.0.0.1", 5000, "10.0.0.2", 80),
		      foreign = udp("10.0.0.5", 1, "10.0.0.6", 2), none = { .has_ip = true };
	const struct {
		enum relation came;
		const struct packet *now;
		bool travels;
		enum left left;
	} rows[] = {
		{ RELATION_REQUEST, &p, true, LEFT_SAME },
		{ RELATION_REQUEST, &changed, true, LEFT_CHANGED },
		{ RELATION_REQUEST, &changed, false, LEFT_CHANGED },
		{ RELATION_REPLY, &changed, true, LEFT_CHANGED },
		{ RELATION_REQUEST, &none, true, LEFT_UNKNOWN },
		{ RELATION_REQUEST, &none, false, LEFT_SAME },
		{ RELATION_OTHER, &foreign, true, LEFT_SAME },
		{ RELATION_OTHER, &p, true, LEFT_IMITATED },
		{ RELATION_OTHER, &p, false, LEFT_SAME },
		{ RELATION_NEIGHBOUR, &p, true, LEFT_SAME },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_UDP);
		struct whose came_as;
		struct flow left;

		forms_know(&ev.forms, &ev.mark, &p, NULL, &came_as);
		came_as.way = rows[i].came;
		if (forms_left(&ev.forms, &ev.mark, &came_as, rows[i].now, NULL, rows[i].travels,
			       &left) != rows[i].left)
			fail_msg("row %zu", i);
		if (rows[i].left == LEFT_CHANGED)
			assert_int_equal(left.src_port, 5000);
		assert_int_equal(ev.forms.n, rows[i].now == &changed && rows[i].travels);
		assert_int_equal(ev.forms.n_imitated, rows[i].left == LEFT_IMITATED);
		if (ev.forms.n)
			assert_int_equal(way_of(&ev, &changed, NULL), rows[i].came);
		evidence_clear(&ev);
		assert_null(ev.forms.form);
	}
}

/* What a fragment of an echo counts for is the echo's. */
static void fragments_of_an_echo_have_its_number(void **state)
{
	struct evidence ev = an_evidence(STEP_PING);
	struct packet head = { .has_ip = true,
			       .src = an_address("10.0.0.10"),
			       .dst = an_address("10.0.0.1"),
			       .proto = IPPROTO_ICMP,
			       .has_echo = true,
			       .icmp_id = 44024,
			       .icmp_seq = 9,
			       .fragmented = true,
			       .fragment_id = 4 };
	struct packet tail = head;
	struct whose whose;
	struct flow left;

	(void)state;
	forms_know(&ev.forms, &ev.mark, &head, NULL, &whose);
	assert_int_equal(whose.sequence, 9);
	head.dst = tail.dst = an_address("10.0.0.2");
	head.icmp_seq = 0; /* which it left without */
	assert_int_equal(forms_left(&ev.forms, &ev.mark, &whose, &head, NULL, true, &left),
			 LEFT_CHANGED);
	tail.fragment = true;
	tail.has_echo = false;
	tail.icmp_seq = 0;
	forms_know(&ev.forms, &ev.mark, &tail, NULL, &whose);
	assert_int_equal(whose.way, RELATION_REQUEST);
	assert_int_equal(whose.sequence, 9);
	evidence_clear(&ev);
}

/* Where a packet can be the step's: over a link of two, or by its link address. */
static void a_bridges_copies_are_not_the_steps(void **state)
{
	struct packet p = sent();
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	memcpy(p.dst_mac, (uint8_t[]){ 2, 0, 0, 0, 0, 1 }, 6);
	add_event(&ev, &p, BYSTANDER_ETH0, 0, XDP_DROP);
	assert_null(evidence_drop(&ev, RELATION_REQUEST));
	nodes[BYSTANDER].forward = true;
	add_event(&ev, &p, BYSTANDER_ETH0, 0, XDP_DROP);
	nodes[BYSTANDER].forward = false;
	assert_null(evidence_drop(&ev, RELATION_REQUEST));
	p.dst_mac[5] = 9;
	add_event(&ev, &p, BYSTANDER_ETH0, 0, XDP_DROP);
	assert_non_null(evidence_drop(&ev, RELATION_REQUEST));
	evidence_clear(&ev);
}

static void lost_events_make_forms_doubtful(void **state)
{
	struct packet p = sent(), now = udp("10.0.0.1", 5000, "10.0.0.2", 8080);
	struct evidence ev = an_evidence(STEP_UDP);
	struct step step = a_step(EXPECT_DROP);

	(void)state;
	ev.lost = 3;
	balanced(&ev, &p, &now);
	add_event(&ev, &now, H2_ETH0, 0, XDP_DROP);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "dropped by drops at h2:eth0, but 3 events of the chains were lost, and it changed "
	       "on its way",
	       NULL);

	ev = an_evidence(STEP_UDP);
	ev.lost = 3;
	add_event(&ev, &p, LB_ETH0, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_OK, "dropped by drops at lb:eth0", NULL);
}

static void flows_in_words(void **state)
{
	static const struct {
		const char *src, *dst;
		uint8_t proto;
		const char *text;
	} rows[] = {
		{ "10.0.0.1", "10.0.0.2", IPPROTO_TCP, "10.0.0.1:7 -> 10.0.0.2:7" },
		{ "fd00::1", "fd00::2", IPPROTO_UDP, "[fd00::1]:7 -> [fd00::2]:7" },
		{ "fd00::1", "fd00::2", IPPROTO_ICMPV6, "fd00::1 -> fd00::2 id 7" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct flow flow = { rows[i].proto,
				     an_address(rows[i].src),
				     an_address(rows[i].dst),
				     7,
				     7,
				     { 0 },
				     { 0 } };
		char *FREE_AUTO text = flow_text(&flow);

		assert_string_equal(text, rows[i].text);
	}
}

static int name_filters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		assert_int_equal(names_add(&labfile.filter_names, filters[i].name, i, NULL), 0);
	return 0;
}

static int forget_names(void **state)
{
	(void)state;
	names_clear(&labfile.filter_names);
	return 0;
}

/* Who answers a broadcast does so from an address of its own, and each has a copy to drop. */
static void what_goes_to_all_is_answered_by_any(void **state)
{
	struct packet request = { .has_ip = true,
				  .src = an_address("10.0.0.10"),
				  .dst = an_address("10.0.0.255"),
				  .proto = IPPROTO_ICMP,
				  .has_echo = true,
				  .icmp_id = 44024,
				  .icmp_seq = 1 };
	struct packet reply = request;
	struct arrival *arrivals = xcalloc(2, sizeof(*arrivals));
	struct evidence ev = an_evidence(STEP_PING);
	struct whose whose;

	(void)state;
	reply.src = an_address("10.0.0.7");
	reply.dst = an_address("10.0.0.10");
	ev.mark.dst = request.dst;
	forms_know(&ev.forms, &ev.mark, &reply, NULL, &whose);
	assert_int_equal(whose.way, RELATION_OTHER);
	ev.mark.group = true;
	forms_know(&ev.forms, &ev.mark, &reply, NULL, &whose);
	assert_int_equal(whose.way, RELATION_REPLY);
	reply.dst = an_address("10.0.0.11"); /* to somebody else */
	forms_know(&ev.forms, &ev.mark, &reply, NULL, &whose);
	assert_int_equal(whose.way, RELATION_OTHER);
	arrivals[0].node = LB;
	arrivals[1].node = H2;
	ev.arrivals = arrivals;
	ev.n_arrivals = 2;
	add_event(&ev, &request, LB_ETH0, 1, XDP_DROP);
	assert_int_equal(ev.drops, 1);
	assert_int_equal(evidence_not_dropped(&ev), H2);
	assert_false(evidence_all_dropped(&ev));
	add_event(&ev, &request, H2_ETH0, 0, XDP_DROP);
	assert_int_equal(evidence_not_dropped(&ev), NONE);
	assert_true(evidence_all_dropped(&ev));
	evidence_clear(&ev);
}

/* Of what may be another's the answers may be another's, too. */
static void an_answer_to_an_imitation(void **state)
{
	struct packet other = udp("10.0.0.99", 5, "10.0.0.1", 80), p = sent();
	struct packet reply = udp("10.0.0.1", 80, "10.0.0.10", 44024);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	balanced(&ev, &other, &p);
	assert_true(ev.imitated);
	add_event(&ev, &p, LB_ETH0, 0, XDP_DROP);
	assert_int_equal(ev.seen[ev.n_seen - 1].relation, RELATION_REQUEST);
	assert_true(ev.seen[ev.n_seen - 1].doubtful);
	add_event(&ev, &reply, LB_ETH0, 0, XDP_DROP);
	assert_int_equal(ev.seen[ev.n_seen - 1].relation, RELATION_REPLY);
	assert_true(ev.seen[ev.n_seen - 1].doubtful);
	assert_null(evidence_drop(&ev, RELATION_REQUEST));
	assert_null(evidence_drop(&ev, RELATION_REPLY));
	evidence_clear(&ev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_to_an_imitation),
		cmocka_unit_test(a_rewritten_packet_is_the_same_one),
		cmocka_unit_test(a_packet_is_of_one_cpu),
		cmocka_unit_test(each_hop_tells_the_form_that_it_saw),
		cmocka_unit_test(the_last_chain_that_saw_it_tells),
		cmocka_unit_test(replies_are_followed_back),
		cmocka_unit_test(what_was_dropped_has_no_form),
		cmocka_unit_test(an_imitation_proves_nothing),
		cmocka_unit_test(what_cannot_be_known_is_said),
		cmocka_unit_test(a_tunnel_carries_the_same_packet),
		cmocka_unit_test(fragments_are_followed),
		cmocka_unit_test(packets_are_known),
		cmocka_unit_test(fragments_are_known),
		cmocka_unit_test(what_packets_left_as),
		cmocka_unit_test(fragments_of_an_echo_have_its_number),
		cmocka_unit_test(forms_are_bounded),
		cmocka_unit_test(what_goes_to_all_is_answered_by_any),
		cmocka_unit_test(a_bridges_copies_are_not_the_steps),
		cmocka_unit_test(lost_events_make_forms_doubtful),
		cmocka_unit_test(flows_in_words),
	};

	return cmocka_run_group_tests(tests, name_filters, forget_names);
}
