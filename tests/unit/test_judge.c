// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
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
#include "orchestrator/scenario/account.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/evidence_add.h"
#include "orchestrator/scenario/judge.h"
#include "orchestrator/scenario/judge_text.h"
#include "orchestrator/scenario/step_result.h"
#include "tests/unit/evidence_maker.h"

/*
 *   host:veth0 (headers, udp-8888)      h2:veth2 (udp-8888)      lb:veth6 (no chain)
 */
enum { HOST, H2, LB };
enum { HEADERS, UDP_8888, OTHER, GUEST };
enum { SYN = 2, ACK = 16 };

static struct node nodes[] = { { .name = "host" }, { .name = "h2" }, { .name = "lb" } };
static struct iface ifaces[] = {
	{ .node = HOST, .name = "veth0", .id = "host:veth0" },
	{ .node = H2, .name = "veth2", .id = "h2:veth2" },
	{ .node = LB, .name = "veth6", .id = "lb:veth6" },
};
static struct filter filters[] = { { .name = "headers" },
				   { .name = "udp-8888" },
				   { .name = "other" },
				   { .name = "guest", .program = PROGRAM_OBJECT } };
static struct labfile labfile = {
	.topo = { .nodes = nodes, .n_nodes = 3, .ifaces = ifaces, .n_ifaces = 3 },
	.filters = filters,
	.n_filters = 4,
};
static char *host_filters[] = { "headers", "udp-8888" };
static char *h2_filters[] = { "udp-8888" };
static const struct chain_record chains[] = {
	{ .engine = ENGINE_INLINE, .gen = 7, .filters = host_filters, .n_filters = 2 },
	{ .engine = ENGINE_INLINE, .gen = 1, .filters = h2_filters, .n_filters = 1 },
	{ .gen = 0 },
};

static struct step a_step(enum step_kind kind, enum step_expect expect)
{
	return (struct step){ .kind = kind,
			      .expect = expect,
			      .src = LB,
			      .dst = HOST,
			      .count = 1,
			      .by = NONE,
			      .from = NONE,
			      .packet = NONE,
			      .as = NONE,
			      .at = NONE };
}

static struct evidence an_evidence(enum step_kind kind)
{
	return evidence_of(&labfile, chains, kind, LB, HOST, 8888);
}

static struct packet a_packet(enum step_kind kind)
{
	struct packet p = { .has_ether = true,
			    .has_ip = true,
			    .src = an_address("10.0.0.10"),
			    .dst = an_address("10.0.0.1") };

	if (kind == STEP_PING) {
		p.proto = IPPROTO_ICMP;
		p.has_icmp = p.has_echo = true;
		p.icmp_type = 8;
		p.icmp_id = 44024;
		p.icmp_seq = 1;
	} else {
		p.tcp_flags = kind == STEP_TCP ? SYN : 0;
		p.tcp_seq = 1000;
		p.proto = kind == STEP_UDP ? IPPROTO_UDP : IPPROTO_TCP;
		p.has_ports = true;
		p.src_port = 44024;
		p.dst_port = 8888;
	}
	return p;
}

static struct packet reply_to(struct packet p)
{
	struct address src = p.src;
	uint16_t port = p.src_port;

	p.src = p.dst;
	p.dst = src;
	p.src_port = p.dst_port;
	p.dst_port = port;
	p.icmp_type = 0;
	return p;
}

static void expect(const struct step *step, struct evidence *ev, enum outcome outcome,
		   const char *why)
{
	expect_judged(&labfile, step, ev, outcome, why, NULL);
}

static void a_pass_is_what_arrived(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_PASS);
	struct evidence ev = an_evidence(STEP_UDP);
	struct packet p = a_packet(STEP_UDP);

	(void)state;
	ev.arrived = 1;
	expect(&step, &ev, OUTCOME_OK, "arrived whole");

	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_NOT_OK, "dropped by udp-8888 at host:veth0");

	ev = an_evidence(STEP_UDP);
	ev.bytes = 3;
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "3 of 7 bytes arrived: it was let through, and lost after the chain");

	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 0, XDP_TX);
	expect(&step, &ev, OUTCOME_NOT_OK, "sent back (tx) by headers at host:veth0");

	/* where nobody listens, nothing can arrive, and no filter is to blame */
	ev = an_evidence(STEP_UDP);
	ev.server_bound = false;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "the server never came to listen: no chain saw it");
}

static void pings_must_all_come_back(void **state)
{
	struct step step = a_step(STEP_PING, EXPECT_PASS);
	struct evidence ev = an_evidence(STEP_PING);

	(void)state;
	ev.wanted = ev.arrived = 3;
	expect(&step, &ev, OUTCOME_OK, "3 of 3 replies came");

	ev = an_evidence(STEP_PING);
	ev.wanted = 3;
	ev.arrived = 2;
	expect(&step, &ev, OUTCOME_NOT_OK, "2 of 3 replies came: no chain saw it");

	ev = an_evidence(STEP_PING);
	ev.trouble = strdup("ping in lb says: connect: Network is unreachable");
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "no reply came: ping in lb says: connect: Network is unreachable");
}

static void a_drop_is_what_a_filter_says(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct packet p = a_packet(STEP_UDP);
	struct packet reply = reply_to(p);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_OK, "dropped by udp-8888 at host:veth0");

	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 0, XDP_ABORTED);
	expect(&step, &ev, OUTCOME_OK, "aborted by headers at host:veth0");

	ev = an_evidence(STEP_UDP);
	add_event(&ev, &reply, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_OK, "reply dropped by udp-8888 at host:veth0");

	/* silence, and a chain that let it through */
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: "
	       "it was let through, and lost after the chain");

	ev = an_evidence(STEP_UDP);
	ev.arrived = 1;
	expect(&step, &ev, OUTCOME_NOT_OK, "arrived whole, where a drop was expected");

	/* a drop was reported, yet it arrived */
	ev = an_evidence(STEP_UDP);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_NOT_OK, "arrived whole, where a drop was expected");

	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 0, XDP_REDIRECT);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: "
	       "sent elsewhere (redirect) by headers at host:veth0");

	ev = an_evidence(STEP_UDP);
	ev.server_bound = false;
	ev.trouble = strdup("nc in host says: Address already in use");
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "the server never came to listen, so silence proves nothing: "
	       "nc in host says: Address already in use");
}

/* Of a text, a part that came is something that came. */
static void a_part_that_arrived_is_no_drop(void **state)
{
	struct step step = a_step(STEP_TCP, EXPECT_DROP);
	struct packet p = a_packet(STEP_TCP);
	struct evidence ev = an_evidence(STEP_TCP);

	(void)state;
	ev.bytes = 1;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_NOT_OK, "1 of 7 bytes arrived, where a drop was expected");

	step.expect = EXPECT_PASS;
	ev = an_evidence(STEP_TCP);
	ev.bytes = 3;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "3 of 7 bytes arrived; dropped by udp-8888 at "
	       "host:veth0");
}

static void other_packets_prove_nothing(void **state)
{
	static const char silence[] = "nothing arrived, but no filter says that it dropped it: "
				      "no chain saw it";
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct packet p = a_packet(STEP_UDP), other = p;
	struct xlab_event event = { .time_ns = 999, .gen = 7, .kind = XLAB_DECIDED, .verdict = 1 };
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	other.src_port++; /* another client */
	add_event(&ev, &other, HOST, 1, XDP_DROP);
	other = p;
	other.dst = an_address("10.0.0.2");
	add_event(&ev, &other, HOST, 1, XDP_DROP);
	other = p;
	other.proto = IPPROTO_TCP;
	add_event(&ev, &other, HOST, 1, XDP_DROP);
	add_event(&ev, &p, H2, 0, XDP_DROP); /* a bridge's copy at a third node */
	evidence_add(&ev, &event, &p);	     /* older than the step */
	event.time_ns = 2000;
	event.gen = 6; /* of a chain that stood there before */
	evidence_add(&ev, &event, &p);
	event.gen = 7;
	event.position = 3; /* of no filter there */
	evidence_add(&ev, &event, &p);
	event.iface = 77;
	evidence_add(&ev, &event, &p);
	event = (struct xlab_event){
		.time_ns = 2000, .gen = 7, .kind = XLAB_WENT_ON, .verdict = 1
	};
	other.src_port = 1;
	evidence_add(&ev, &event, &other);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE, silence);
}

/* What a bridge floods comes to nodes that it is not for: their links' addresses tell. */
static void a_bridges_copy_is_not_the_packet(void **state)
{
	static const uint8_t to_h2[6] = { 2, 0, 0, 0, 0, 2 }, to_other[6] = { 2, 0, 0, 0, 0, 3 },
			     to_all[6] = { 1, 0, 94, 0, 0, 1 };
	const struct {
		size_t iface;
		const uint8_t *dst_mac; /* NULL: its first bytes are not known */
		bool has_mac, forward, alone;
		unsigned int drops;
	} rows[] = {
		{ H2, to_h2, true, false, false, 1 },
		{ H2, to_other, true, false, false, 0 },
		{ H2, to_other, true, true, false, 0 },
		/* where that does not tell, whether it may be on its way */
		{ H2, to_all, true, false, false, 0 },
		{ H2, to_all, true, true, false, 1 },
		{ H2, to_h2, false, false, false, 0 },
		{ H2, to_other, false, true, false, 1 },
		{ H2, NULL, true, true, false, 1 },
		{ H2, NULL, true, false, false, 0 },
		{ H2, to_other, true, false, true, 1 },
		/* its ends are, whatever they are called by then */
		{ HOST, to_other, true, false, false, 1 },
		{ LB, to_other, true, false, false, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_UDP);
		struct packet p = a_packet(STEP_UDP);
		struct iface *iface = &ifaces[rows[i].iface], was = *iface;

		iface->has_mac = rows[i].has_mac;
		memcpy(iface->mac, to_h2, sizeof(to_h2));
		nodes[iface->node].forward = rows[i].forward;
		if (rows[i].alone)
			iface->bridge = NONE;
		p.has_ether = rows[i].dst_mac;
		memcpy(p.dst_mac, rows[i].dst_mac ? rows[i].dst_mac : to_h2, 6);
		add_event(&ev, &p, rows[i].iface, 0, XDP_DROP);
		if (ev.drops != rows[i].drops)
			fail_msg("row %zu", i);
		nodes[iface->node].forward = false;
		*iface = was;
		evidence_clear(&ev);
	}
}

static void by_and_at_must_match(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct packet p = a_packet(STEP_UDP), other = p;
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	step.by = UDP_8888;
	step.at = HOST;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_OK, "dropped by udp-8888 at host:veth0");

	/* what becomes of another client's packet is no matter of the step's */
	ev = an_evidence(STEP_UDP);
	other.src_port++;
	add_event(&ev, &other, HOST, 0, XDP_DROP);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_OK, "dropped by udp-8888 at host:veth0");

	/* one of its own packets is dropped as it is to be, and one by another filter */
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	add_event(&ev, &p, HOST, 0, XDP_DROP);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "dropped by headers at host:veth0; expected by udp-8888 at host:veth0");

	step.by = OTHER;
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "dropped by udp-8888 at host:veth0; expected by other at host:veth0");

	step.by = NONE;
	step.at = LB;
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "dropped by udp-8888 at host:veth0; expected at lb:veth6");
}

static void each_echo_counts_once(void **state)
{
	struct step step = a_step(STEP_PING, EXPECT_DROP);
	struct packet p = a_packet(STEP_PING);
	struct evidence ev = an_evidence(STEP_PING);

	(void)state;
	ev.wanted = 2;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	assert_false(evidence_all_dropped(&ev));
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "1 of 2 dropped by udp-8888 at host:veth0; of the others nobody says so");

	ev = an_evidence(STEP_PING);
	ev.wanted = 2;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	p.icmp_seq++;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	assert_true(evidence_all_dropped(&ev));
	expect(&step, &ev, OUTCOME_OK, "dropped by udp-8888 at host:veth0");
}

/* Fragment @n of the echo's datagram @id. */
static struct packet a_fragment(struct packet p, uint32_t id, unsigned int n)
{
	p.fragmented = true;
	p.fragment_id = id;
	if (n) {
		p.fragment = true;
		p.has_icmp = p.has_echo = p.has_ports = false;
		p.icmp_id = p.icmp_seq = p.src_port = p.dst_port = 0;
	}
	return p;
}

/* The datagram's first fragment passes, the two behind it are dropped. */
static void lose_fragments(struct evidence *ev, const struct packet *echo, uint32_t id)
{
	struct packet p = a_fragment(*echo, id, 0);

	add_event(ev, &p, HOST, 2, XDP_PASS);
	for (unsigned int i = 1; i < 3; i++) {
		p = a_fragment(*echo, id, i);
		add_event(ev, &p, HOST, 1, XDP_DROP);
	}
}

static void fragments_of_a_datagram_count_once(void **state)
{
	struct step step = a_step(STEP_PING, EXPECT_DROP);
	struct packet p = a_packet(STEP_PING), reply;
	struct evidence ev = an_evidence(STEP_PING);

	(void)state;
	ev.wanted = 2;
	lose_fragments(&ev, &p, 77);
	assert_int_equal(ev.drops, 1);
	assert_false(evidence_all_dropped(&ev));
	/* Numbers are a source's own: the reply's 77 is another datagram, of the same echo. */
	reply = reply_to(p);
	lose_fragments(&ev, &reply, 77);
	assert_int_equal(ev.drops, 1);
	p.icmp_seq++;
	lose_fragments(&ev, &p, 78);
	assert_true(evidence_all_dropped(&ev));
	expect(&step, &ev, OUTCOME_OK, "dropped by udp-8888 at host:veth0");
}

static void fragments_of_others_prove_nothing(void **state)
{
	static const char silence[] = "nothing arrived, but no filter says that it dropped it: "
				      "no chain saw it";
	struct step step = a_step(STEP_PING, EXPECT_DROP);
	struct packet p = a_packet(STEP_PING);
	struct evidence ev = an_evidence(STEP_PING);

	(void)state;
	p.icmp_id++; /* another ping between the same two */
	lose_fragments(&ev, &p, 77);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE, silence);

	/* Numbers are a source's own: of the reply's 77 nobody has seen the head. */
	p = a_fragment(a_packet(STEP_PING), 77, 0);
	ev = an_evidence(STEP_PING);
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	p = a_fragment(reply_to(p), 77, 1);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	assert_int_equal(ev.drops, 0);
	assert_null(evidence_drop(&ev, RELATION_REQUEST));
	assert_null(evidence_drop(&ev, RELATION_REPLY));
	evidence_clear(&ev);

	/* nobody has seen whose it is */
	p = a_fragment(a_packet(STEP_PING), 79, 1);
	ev = an_evidence(STEP_PING);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE, silence);
}

/* A segment of the text: it follows the SYN. */
static struct packet a_segment(uint32_t seq, size_t length)
{
	struct packet p = a_packet(STEP_TCP);

	p.tcp_flags = ACK;
	p.tcp_seq = seq;
	p.tcp_length = length;
	return p;
}

static void a_dropped_handshake_comes_again_after_a_second(void **state)
{
	struct step step = a_step(STEP_TCP, EXPECT_DROP);
	struct packet p = a_packet(STEP_TCP), reply = reply_to(p);
	struct evidence ev = an_evidence(STEP_TCP);

	(void)state;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	assert_true(evidence_all_dropped(&ev));
	assert_false(evidence_comes_again(&ev, 1000));
	assert_true(evidence_comes_again(&ev, 1001));
	assert_false(evidence_dropped_again(&ev));
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	assert_true(evidence_dropped_again(&ev));
	expect(&step, &ev, OUTCOME_OK, "dropped by udp-8888 at host:veth0");

	ev = an_evidence(STEP_TCP);
	reply.tcp_flags = SYN | ACK;
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	add_event(&ev, &reply, HOST, 1, XDP_DROP);
	assert_false(evidence_comes_again(&ev, 1000));
	expect(&step, &ev, OUTCOME_OK, "reply dropped by udp-8888 at host:veth0");
}

static void a_dropped_text_comes_again_soon(void **state)
{
	struct step step = a_step(STEP_TCP, EXPECT_DROP);
	struct packet p = a_segment(1001, 7), other = a_segment(5000, 7);
	struct evidence ev = an_evidence(STEP_TCP);

	(void)state;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	assert_true(evidence_all_dropped(&ev));
	assert_true(evidence_comes_again(&ev, 1));
	add_event(&ev, &other, HOST, 1, XDP_DROP);
	assert_false(evidence_dropped_again(&ev));
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	assert_true(evidence_dropped_again(&ev));
	expect(&step, &ev, OUTCOME_OK, "dropped by udp-8888 at host:veth0");
}

static void a_drop_is_undone_by_what_comes_through_later(void **state)
{
	struct step step = a_step(STEP_TCP, EXPECT_DROP);
	struct packet first = a_segment(1001, 7), second = a_segment(1008, 7), both;
	struct evidence ev = an_evidence(STEP_TCP);

	(void)state;
	add_event(&ev, &first, HOST, 1, XDP_DROP);
	add_event(&ev, &second, HOST, 1, XDP_DROP);
	add_event(&ev, &first, HOST, 2, XDP_PASS);
	assert_true(evidence_all_dropped(&ev));
	both = a_segment(1001, 14);
	add_event(&ev, &both, HOST, 2, XDP_PASS);
	assert_false(evidence_all_dropped(&ev));
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: "
	       "it was let through, and lost after the chain");
}

static void a_bare_segment_proves_nothing(void **state)
{
	struct step step = a_step(STEP_TCP, EXPECT_DROP);
	struct packet p = a_segment(1001, 0), syn = a_packet(STEP_TCP);
	struct evidence ev = an_evidence(STEP_TCP);

	(void)state;
	add_event(&ev, &syn, HOST, 2, XDP_PASS);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	assert_false(evidence_all_dropped(&ev));
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: "
	       "it was let through, and lost after the chain");
}

static void a_dropped_question_for_the_neighbour_is_proof(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct packet own = a_packet(STEP_UDP);
	struct packet arp = { .has_ether = true,
			      .has_arp = true,
			      .arp_op = 1,
			      .arp_sender = an_address("10.0.0.10"),
			      .arp_target = an_address("10.0.0.1") };
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	ev.neighbour = NEIGHBOUR_UNRESOLVED;
	add_event(&ev, &arp, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_OK,
	       "its neighbour request was dropped by udp-8888 at host:veth0, so it never went out");

	/* what is to arrive did not, and of a verdict that proves nothing */
	for (size_t i = 0; i < 2; i++) {
		step.expect = i ? EXPECT_TX : EXPECT_PASS;
		ev = an_evidence(STEP_UDP);
		ev.neighbour = NEIGHBOUR_UNRESOLVED;
		add_event(&ev, &arp, HOST, 1, XDP_DROP);
		expect(&step, &ev, i ? OUTCOME_INCONCLUSIVE : OUTCOME_NOT_OK,
		       "its neighbour request was dropped by udp-8888 at host:veth0, so it never "
		       "went out");
	}
	step.expect = EXPECT_DROP;

	/* an answer is known all the same, or the packet went out: no proof */
	ev = an_evidence(STEP_UDP);
	ev.neighbour = NEIGHBOUR_RESOLVED;
	add_event(&ev, &arp, HOST, 1, XDP_DROP);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: no chain saw it");
	ev = an_evidence(STEP_UDP);
	ev.neighbour = NEIGHBOUR_UNRESOLVED;
	add_event(&ev, &arp, HOST, 1, XDP_DROP);
	add_event(&ev, &own, HOST, 2, XDP_PASS);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: "
	       "it was let through, and lost after the chain");

	/* somebody else's question */
	arp.arp_sender = an_address("10.0.0.3");
	ev = an_evidence(STEP_UDP);
	ev.neighbour = NEIGHBOUR_UNRESOLVED;
	add_event(&ev, &arp, HOST, 1, XDP_DROP);
	assert_null(evidence_drop(&ev, RELATION_NEIGHBOUR));

	/* unless it is a router's, which waits for the answer; the packet was seen on its way */
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: no chain saw it");
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &own, HOST, 2, XDP_PASS);
	arp.arp_target = an_address("192.0.2.1");
	add_event(&ev, &arp, HOST, 1, XDP_DROP);
	assert_null(evidence_drop(&ev, RELATION_ROUTER));
	arp.arp_target = an_address("10.0.0.1");
	add_event(&ev, &arp, HOST, 1, XDP_DROP);
	assert_ptr_equal(evidence_drop(&ev, RELATION_ROUTER), &ev.seen[2]);
	ev.router = "h2";
	ev.router_question = 2;
	expect(&step, &ev, OUTCOME_OK,
	       "the neighbour request of h2 was dropped by udp-8888 at host:veth0, so it went no "
	       "further");
}

static enum relation relation_of(struct evidence *ev, const struct packet *p)
{
	struct whose whose;

	forms_know(&ev->forms, &ev->mark, p, NULL, &whose);
	return whose_relation(&whose);
}

/* Who asks for a neighbour stands at one place in the question, and at another in the answer. */
static void a_neighbour_is_of_who_asks(void **state)
{
	struct evidence ev = an_evidence(STEP_UDP);
	struct packet arp = { .has_ether = true, .has_arp = true };
	struct packet nd = { .has_ether = true, .has_ip = true, .proto = IPPROTO_ICMPV6 };

	(void)state;
	arp.arp_op = 2; /* a router's answer to the step's node, and to somebody else */
	arp.arp_sender = an_address("10.0.0.254");
	arp.arp_target = an_address("10.0.0.10");
	assert_int_equal(relation_of(&ev, &arp), RELATION_NEIGHBOUR);
	arp.arp_sender = an_address("10.0.0.1");
	arp.arp_target = an_address("10.0.0.3");
	assert_int_equal(relation_of(&ev, &arp), RELATION_OTHER);
	arp.arp_op = 1;
	assert_int_equal(relation_of(&ev, &arp), RELATION_NEIGHBOUR);
	arp.arp_sender = an_address("10.0.0.3");
	arp.arp_target = an_address("10.0.0.1");
	assert_int_equal(relation_of(&ev, &arp), RELATION_OTHER);

	ev.mark.src = an_address("fd00::a");
	ev.mark.dst = an_address("fd00::1");
	nd.nd_target = an_address("fd00::fe");
	nd.icmp_type = 136; /* the same, by neighbour discovery */
	nd.src = an_address("fd00::fe");
	nd.dst = an_address("fd00::a");
	assert_int_equal(relation_of(&ev, &nd), RELATION_NEIGHBOUR);
	nd.src = an_address("fd00::1");
	nd.dst = an_address("fd00::3");
	assert_int_equal(relation_of(&ev, &nd), RELATION_OTHER);
	nd.icmp_type = 135;
	assert_int_equal(relation_of(&ev, &nd), RELATION_NEIGHBOUR);
	nd.src = an_address("fd00::3");
	nd.dst = an_address("ff02::1:ff00:1");
	assert_int_equal(relation_of(&ev, &nd), RELATION_OTHER);
}

static void kernel_drops_it(struct evidence *ev, uint64_t time_ns, const char *netns,
			    const char *reason, const struct packet *p)
{
	const struct kernel_drop drop = { .netns = netns,
					  .reason = (char *)reason,
					  .packet = (struct packet *)p };

	evidence_add_kernel_drop(ev, time_ns, &drop);
}

/* Whose packet the kernel dropped is known by its marks; a bridge's copy is somebody else's. */
static void the_kernels_drops_are_known_by_their_packets(void **state)
{
	struct packet p = a_packet(STEP_UDP), other = p;
	struct evidence ev = an_evidence(STEP_UDP);
	const struct kernel_drop *drop;

	(void)state;
	other.src_port++;
	kernel_drops_it(&ev, 2000, "host", "NO_SOCKET", &other);
	kernel_drops_it(&ev, 999, "host", "NO_SOCKET", &p);
	kernel_drops_it(&ev, 2000, "h2", "OTHERHOST", &p);
	assert_null(evidence_kernel_drop(&ev, RELATION_REQUEST));
	kernel_drops_it(&ev, 2000, "host", "UDP_CSUM", &p);
	drop = evidence_kernel_drop(&ev, RELATION_REQUEST);
	assert_non_null(drop);
	assert_string_equal(drop->netns, "host");
	assert_string_equal(drop->reason, "UDP_CSUM");
	assert_null(evidence_kernel_drop(&ev, RELATION_REPLY));
	evidence_clear(&ev);
}

/* ping has it: the kernel drops its own copy, and what ping's socket holds when ping is done. */
static void a_reply_that_ping_has_is_not_dropped(void **state)
{
	struct packet reply = reply_to(a_packet(STEP_PING));
	struct evidence ev = an_evidence(STEP_PING);

	(void)state;
	kernel_drops_it(&ev, 2000, "lb", "NO_SOCKET", &reply);
	kernel_drops_it(&ev, 2000, "lb", "QUEUE_PURGE", &reply);
	assert_null(evidence_kernel_drop(&ev, RELATION_REPLY));
	assert_false(evidence_died(&ev));
	kernel_drops_it(&ev, 2000, "lb", "IP_CSUM", &reply);
	assert_true(evidence_died(&ev));
	evidence_clear(&ev);
}

/* A step whose packet is told of once, by the chain at host:veth0. */
struct told_once {
	enum step_expect expect;
	size_t by, at;
	unsigned int arrived;
	uint16_t position;
	uint8_t verdict;
	enum outcome outcome;
	const char *why;
};

static void expect_each(enum step_kind kind, const struct told_once *rows, size_t n)
{
	struct packet p = a_packet(kind);

	for (size_t i = 0; i < n; i++) {
		struct step step = a_step(kind, rows[i].expect);
		struct evidence ev = an_evidence(kind);

		step.by = rows[i].by;
		step.at = rows[i].at;
		ev.arrived = rows[i].arrived;
		add_event(&ev, &p, HOST, rows[i].position, rows[i].verdict);
		expect(&step, &ev, rows[i].outcome, rows[i].why);
	}
}

/* `by` and `at` of a pass: whose word it was that let it go on. */
static void a_pass_is_by_whom_the_step_says(void **state)
{
	static const struct told_once rows[] = {
		{ EXPECT_PASS, UDP_8888, NONE, 1, 1, XDP_PASS, OUTCOME_OK,
		  "arrived whole; let through by udp-8888 at host:veth0" },
		/* the filter before it was first */
		{ EXPECT_PASS, UDP_8888, NONE, 1, 0, XDP_PASS, OUTCOME_NOT_OK,
		  "let through by headers at host:veth0; expected by udp-8888" },
		{ EXPECT_PASS, UDP_8888, NONE, 1, 2, XDP_PASS, OUTCOME_NOT_OK,
		  "let through at host:veth0, where no filter had an opinion; expected by "
		  "udp-8888" },
		/* tx and redirect let it go, too */
		{ EXPECT_PASS, UDP_8888, NONE, 1, 1, XDP_TX, OUTCOME_OK,
		  "arrived whole; sent back (tx) by udp-8888 at host:veth0" },
		/* `at` alone: that chain saw it */
		{ EXPECT_PASS, NONE, HOST, 1, 2, XDP_PASS, OUTCOME_OK,
		  "arrived whole; let through at host:veth0, where no filter had an opinion" },
		{ EXPECT_PASS, NONE, LB, 1, 2, XDP_PASS, OUTCOME_NOT_OK,
		  "let through at host:veth0, where no filter had an opinion; expected at "
		  "lb:veth6" },
	};
	struct step step = a_step(STEP_UDP, EXPECT_PASS);
	struct packet p = a_packet(STEP_UDP), other = p;
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	expect_each(STEP_UDP, rows, ARRAY_SIZE(rows));

	/* once so, once otherwise */
	step.by = UDP_8888;
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 1, XDP_PASS);
	add_event(&ev, &p, HOST, 0, XDP_PASS);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "let through by headers at host:veth0; expected by udp-8888");

	/* another's packet proves nothing */
	other.src_port++;
	ev = an_evidence(STEP_UDP);
	ev.arrived = 1;
	add_event(&ev, &other, HOST, 1, XDP_PASS);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "arrived whole, but no chain saw it on its way; expected by udp-8888");
}

/* A reply says not from whom it is: the chain there does. */
static void a_ping_is_answered_by_whom_the_step_names(void **state)
{
	size_t h2[] = { H2 }, h2_or_lb[] = { H2, LB };
	struct step step = a_step(STEP_PING, EXPECT_PASS);
	struct packet p = a_packet(STEP_PING);
	struct evidence ev = an_evidence(STEP_PING);

	(void)state;
	step.receivers = h2;
	step.n_receivers = 1;
	nodes[H2].forward = true; /* on the way */
	ev.arrived = 1;
	add_event(&ev, &p, H2, 1, XDP_PASS);
	expect(&step, &ev, OUTCOME_OK, "replied");
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	add_event(&ev, &p, H2, 0, XDP_TX);
	expect(&step, &ev, OUTCOME_OK, "replied");
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	add_event(&ev, &p, H2, 0, XDP_REDIRECT);
	expect(&step, &ev, OUTCOME_NOT_OK, "replied, but h2 did not answer it");
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	ev.arrivals = xcalloc(1, sizeof(*ev.arrivals));
	ev.n_arrivals = 1;
	ev.arrivals[0] = (struct arrival){ .node = H2, .copies = 1 }; /* its kernel did */
	expect(&step, &ev, OUTCOME_OK, "replied");
	step.receivers = h2_or_lb; /* which has no chain */
	step.n_receivers = 2;
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	expect(&step, &ev, OUTCOME_NOT_OK, "replied, but h2 or lb did not answer it");
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	ev.lost = 1;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "replied, but no chain at h2 or lb tells whether it was there");
	nodes[H2].forward = false;
}

/* Where the step's filter or its receiver has had its part, others' words are no matter. */
static void words_of_others_do_not_count(void **state)
{
	size_t host[] = { HOST }, h2[] = { H2 };
	struct step step = a_step(STEP_UDP, EXPECT_PASS);
	struct packet p = a_packet(STEP_UDP), reply = reply_to(p);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	/* once dropped, and let through when it came again */
	step.by = UDP_8888;
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 0, XDP_DROP);
	add_event(&ev, &p, HOST, 1, XDP_PASS);
	expect(&step, &ev, OUTCOME_OK, "arrived whole; let through by udp-8888 at host:veth0");

	/* the reply, and the packet in another chain */
	ev = an_evidence(STEP_UDP);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 1, XDP_PASS);
	add_event(&ev, &reply, HOST, 0, XDP_PASS);
	expect(&step, &ev, OUTCOME_OK, "arrived whole; let through by udp-8888 at host:veth0");
	nodes[H2].forward = true; /* on the way */
	step.by = HEADERS;
	ev = an_evidence(STEP_UDP);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 0, XDP_PASS);
	add_event(&ev, &p, H2, 0, XDP_PASS);
	expect(&step, &ev, OUTCOME_OK, "arrived whole; let through by headers at host:veth0");
	step.expect = EXPECT_TX;
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 0, XDP_TX);
	add_event(&ev, &p, H2, 0, XDP_TX);
	expect(&step, &ev, OUTCOME_OK, "sent back (tx) by headers at host:veth0");

	/* of several the first is told, where the step's filter stands nowhere */
	step.expect = EXPECT_PASS;
	step.by = OTHER;
	ev = an_evidence(STEP_UDP);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 0, XDP_PASS);
	add_event(&ev, &p, HOST, 1, XDP_PASS);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "let through by headers at host:veth0; expected by other");

	/* of a connection each packet may have another's, but one of the step's filter is needed */
	step = a_step(STEP_TCP, EXPECT_PASS);
	step.by = UDP_8888;
	p = a_packet(STEP_TCP);
	ev = an_evidence(STEP_TCP);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 0, XDP_PASS);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "let through by headers at host:veth0; expected by udp-8888");

	/* the reply that comes by is no question that came there */
	step = a_step(STEP_PING, EXPECT_PASS);
	step.receivers = h2;
	step.n_receivers = 1;
	p = a_packet(STEP_PING);
	reply = reply_to(p);
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	add_event(&ev, &reply, H2, 1, XDP_PASS);
	expect(&step, &ev, OUTCOME_NOT_OK, "replied, but h2 did not answer it");
	nodes[H2].forward = false;
	step.receivers = host;
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	ev.lost = 1;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "replied, but no chain at host tells whether it was there");
}

/* Of a connection another filter can let the SYN by than the text. */
static void what_is_said_beside_it_does_not_count(void **state)
{
	size_t h2[] = { H2 };
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct packet p = a_packet(STEP_UDP), other = p;
	struct evidence ev = an_evidence(STEP_UDP);
	struct xlab_event event = event_at(chains, HOST, XLAB_WENT_ON);

	(void)state;
	/* beside a drop, a word that is none, and one about what may be another's */
	step.by = UDP_8888;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	add_event(&ev, &p, HOST, 0, XDP_PASS);
	add_event(&ev, &p, HOST, 0, XDP_DROP);
	ev.seen[2].doubtful = true;
	expect(&step, &ev, OUTCOME_OK, "dropped by udp-8888 at host:veth0");

	/* where it arrives is no matter of who let it through */
	step = a_step(STEP_FRAME, EXPECT_PASS);
	step.by = UDP_8888;
	step.at = H2;
	ev = an_evidence(STEP_UDP);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 1, XDP_PASS);
	expect(&step, &ev, OUTCOME_OK,
	       "arrived at the other end; let through by udp-8888 at host:veth0");

	/* who redirects it lets it go */
	step = a_step(STEP_UDP, EXPECT_PASS);
	step.by = UDP_8888;
	ev = an_evidence(STEP_UDP);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 1, XDP_REDIRECT);
	expect(&step, &ev, OUTCOME_OK,
	       "arrived whole; sent elsewhere (redirect) by udp-8888 at host:veth0");

	/* of another's packet, and of a filter behind which it went on */
	step.expect = EXPECT_TX;
	step.by = HEADERS;
	other.src_port++;
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &other, HOST, 0, XDP_TX);
	event.verdict = XDP_TX;
	evidence_add(&ev, &event, &p);
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	step.as = 0; /* which is not asked where it was not sent back */
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "let through at host:veth0, where no filter had an opinion; expected tx by headers");
	step.as = NONE;

	/* a reply that came, though the chain at the node that was to make it dropped the echo; and
	 * where another filter was to let it through, that is what is wrong
	 */
	step = a_step(STEP_PING, EXPECT_PASS);
	step.receivers = h2;
	step.n_receivers = 1;
	p = a_packet(STEP_PING);
	nodes[H2].forward = true; /* on the way */
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	add_event(&ev, &p, H2, 0, XDP_DROP);
	expect(&step, &ev, OUTCOME_NOT_OK, "replied, but h2 did not answer it");
	nodes[H2].forward = false;
	step.by = OTHER;
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 0, XDP_PASS);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "let through by headers at host:veth0; expected by other");

	/* that events were lost makes nothing better */
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	add_event(&ev, &p, HOST, 0, XDP_PASS);
	ev.lost = 1;
	ev.forms.n = 1;
	ev.forms.form = xcalloc(1, sizeof(*ev.forms.form));
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "let through by headers at host:veth0; expected by other");
}

static void packets_of_a_connection_differ(void **state)
{
	struct step step = a_step(STEP_TCP, EXPECT_PASS);
	struct packet syn = a_packet(STEP_TCP), text = a_segment(1001, 7);
	struct evidence ev = an_evidence(STEP_TCP);

	(void)state;
	step.by = UDP_8888;
	ev.arrived = 1;
	add_event(&ev, &syn, HOST, 0, XDP_PASS);
	add_event(&ev, &text, HOST, 1, XDP_PASS);
	expect(&step, &ev, OUTCOME_OK, "arrived whole; let through by udp-8888 at host:veth0");
}

static void tx_redirect_and_aborted_are_what_a_filter_says(void **state)
{
	static const struct told_once pings[] = {
		{ EXPECT_TX, UDP_8888, NONE, 0, 1, XDP_TX, OUTCOME_OK,
		  "sent back (tx) by udp-8888 at host:veth0" },
		/* the kernel answered */
		{ EXPECT_TX, UDP_8888, NONE, 1, 2, XDP_PASS, OUTCOME_NOT_OK,
		  "let through at host:veth0, where no filter had an opinion, and the kernel "
		  "answered; expected tx by udp-8888" },
		{ EXPECT_TX, UDP_8888, NONE, 0, 0, XDP_TX, OUTCOME_NOT_OK,
		  "sent back (tx) by headers at host:veth0; expected tx by udp-8888" },
		{ EXPECT_TX, UDP_8888, NONE, 0, 1, XDP_DROP, OUTCOME_NOT_OK,
		  "dropped by udp-8888 at host:veth0; expected tx by udp-8888" },
	};
	static const struct told_once texts[] = {
		{ EXPECT_REDIRECT, NONE, NONE, 1, 1, XDP_PASS, OUTCOME_NOT_OK,
		  "let through by udp-8888 at host:veth0, and it arrived whole; expected "
		  "redirect" },
		{ EXPECT_ABORTED, NONE, NONE, 0, 1, XDP_ABORTED, OUTCOME_OK,
		  "aborted by udp-8888 at host:veth0" },
		{ EXPECT_ABORTED, NONE, NONE, 0, 1, XDP_DROP, OUTCOME_NOT_OK,
		  "dropped by udp-8888 at host:veth0; expected aborted" },
	};

	(void)state;
	expect_each(STEP_PING, pings, ARRAY_SIZE(pings));
	expect_each(STEP_UDP, texts, ARRAY_SIZE(texts));
}

static void of_tx_and_redirect_somebody_must_tell(void **state)
{
	struct step step = a_step(STEP_PING, EXPECT_TX);
	struct packet p = a_packet(STEP_PING);
	struct evidence ev = an_evidence(STEP_PING);

	(void)state;
	step.by = UDP_8888;
	ev.arrived = 1;
	expect(&step, &ev, OUTCOME_NOT_OK, "replied, and no filter says that it sent it back (tx)");
	ev = an_evidence(STEP_PING);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "no filter says that it sent it back (tx): no chain saw it");
	ev = an_evidence(STEP_PING);
	ev.wanted = 3;
	add_event(&ev, &p, HOST, 1, XDP_TX);
	add_event(&ev, &p, HOST, 1, XDP_TX);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "1 of 3 sent back (tx) by udp-8888 at host:veth0; of the others nobody says so");

	step = a_step(STEP_UDP, EXPECT_REDIRECT);
	p = a_packet(STEP_UDP);
	ev = an_evidence(STEP_UDP);
	ev.server_bound = false; /* nobody need listen */
	add_event(&ev, &p, HOST, 1, XDP_REDIRECT);
	expect(&step, &ev, OUTCOME_OK, "sent elsewhere (redirect) by udp-8888 at host:veth0");
}

/* Of others' words the one in a chain where the step's filter stands tells most, whichever came
 * first. */
static void the_word_that_was_in_its_place_is_told(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_PASS);
	struct packet p = a_packet(STEP_UDP);

	(void)state;
	step.by = HEADERS;
	nodes[H2].forward = true; /* on the way */
	for (size_t first = 0; first < 2; first++) {
		struct evidence ev = an_evidence(STEP_UDP);

		ev.arrived = 1;
		if (first)
			add_event(&ev, &p, H2, 0, XDP_PASS);
		add_event(&ev, &p, HOST, 1, XDP_PASS);
		if (!first)
			add_event(&ev, &p, H2, 0, XDP_PASS);
		expect(&step, &ev, OUTCOME_NOT_OK,
		       "let through by udp-8888 at host:veth0; expected by headers");
	}
	nodes[H2].forward = false;
}

/* What goes to several was dropped when it was at each. */
static void a_drop_at_one_of_several_is_none_at_all(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct packet p = a_packet(STEP_UDP);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	ev.mark.group = true;
	ev.arrivals = xcalloc(2, sizeof(*ev.arrivals));
	ev.n_arrivals = 2;
	ev.arrivals[0].node = HOST;
	ev.arrivals[1].node = H2;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	assert_int_equal(evidence_not_dropped(&ev), H2);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "dropped by udp-8888 at host:veth0; what became of it at h2 nobody says");
}

/* Where what a filter says cannot be known, a silence is no proof that it said nothing. */
static void silence_about_a_verdict_proves_nothing(void **state)
{
	static char *names[] = { "guest" };
	struct chain_record mute[] = {
		{ .engine = ENGINE_LIBXDP, .gen = 7, .filters = names, .n_filters = 1 },
		{ .gen = 0 },
		{ .gen = 0 },
	};
	struct step step = a_step(STEP_PING, EXPECT_TX);
	struct evidence ev = an_evidence(STEP_PING);

	(void)state;
	ev.imitated = true;
	ev.imitated_at = H2;
	ev.arrived = 1;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "replied, but packets of others were made to look like it at h2:veth2");

	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	ev.chains = mute;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "no filter says that it sent it back (tx), for with libxdp the verdicts of guest at "
	       "host:veth0 cannot be seen; engine = inline shows them");

	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	ev.lost = 3;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "no filter says that it sent it back (tx), for 3 "
	       "events of the chains were lost");

	step.expect = EXPECT_PASS;
	step.by = GUEST;
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	ev.chains = mute;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "replied, but with libxdp the verdicts of guest at host:veth0 cannot be seen; "
	       "engine = inline shows them; expected by guest");
	step.expect = EXPECT_TX;

	/* of a filter that is not in that chain, or a chain that is not meant, it proves something
	 */
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	ev.chains = mute;
	step.by = UDP_8888;
	expect(&step, &ev, OUTCOME_NOT_OK, "replied, and no filter says that it sent it back (tx)");
	ev = an_evidence(STEP_PING);
	ev.arrived = 1;
	ev.chains = mute;
	step.by = NONE;
	step.at = H2;
	expect(&step, &ev, OUTCOME_NOT_OK, "replied, and no filter says that it sent it back (tx)");
}

/* All that could be the reason at once, but for the first @n: what tells most is told. */
static void the_best_reason_of_a_silence_is_told(void **state)
{
	static const char *const reasons[] = {
		"lb lost its address 10.0.0.10",
		"down: br0:veth1",
		"dropped by the kernel of host: UDP_CSUM",
		"rp_filter of lb:veth6 takes nothing from 10.0.0.1 there",
		"lb has no route to 10.0.0.1",
		"packets of others were made to look like it at h2:veth2",
		"nc in host says: no",
		"h2 has bound that port itself, and has the address",
		"it was refused, by an ICMP error",
		"it left h2:veth2 as something that cannot be followed",
		"no neighbour entry for 10.0.0.1 at lb",
		"3 events of the chains were lost",
		"no chain saw it",
	};
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct packet p = a_packet(STEP_UDP);

	(void)state;
	/* 3 and 4 speak of the packet as it was sent: not where others' look like it, which is told
	 * then */
	for (size_t n = 3; n <= 4; n++) {
		struct evidence ev = an_evidence(STEP_UDP);
		char *FREE_AUTO why = text_format(
			"nothing arrived, but no filter says that it dropped it: %s", reasons[5]);

		*(n == 3 ? &ev.filtered : &ev.no_route) = xstrdup(reasons[n]);
		ev.imitated = true;
		ev.imitated_at = H2;
		expect(&step, &ev, OUTCOME_INCONCLUSIVE, why);
	}
	for (size_t n = 0; n < ARRAY_SIZE(reasons); n++) {
		struct evidence ev = an_evidence(STEP_UDP);
		char *FREE_AUTO why = text_format(
			"nothing arrived, but no filter says that it dropped it: %s", reasons[n]);

		ev.absent = n > 0 ? NULL : xstrdup(reasons[0]);
		ev.links_down = n > 1 ? NULL : xstrdup("br0:veth1");
		if (n <= 2)
			kernel_drops_it(&ev, 2000, "host", "UDP_CSUM", &p);
		ev.filtered = n > 3 ? NULL : xstrdup(reasons[3]);
		ev.no_route = n > 4 ? NULL : xstrdup(reasons[4]);
		ev.imitated = n == 5;
		ev.imitated_at = H2;
		ev.trouble = n > 6 ? NULL : xstrdup(reasons[6]);
		ev.takers = n > 7 ? NULL : xstrdup("h2");
		ev.refused = n <= 8;
		ev.strayed = n <= 9;
		ev.strayed_at = H2;
		ev.neighbour = n <= 10 ? NEIGHBOUR_UNRESOLVED : NEIGHBOUR_UNKNOWN;
		ev.neighbour_text = xstrdup("10.0.0.1 at lb");
		ev.lost = n <= 11 ? 3 : 0;
		expect(&step, &ev, OUTCOME_INCONCLUSIVE, why);
	}
}

static void the_kernel_says_why_it_died(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_PASS);
	struct packet p = a_packet(STEP_UDP);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	ev.trouble = strdup("nc in lb says: Connection refused");
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	kernel_drops_it(&ev, 2000, "host", "NO_SOCKET", &p);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "nothing arrived: let through at host:veth0, then dropped by the kernel of host: "
	       "NO_SOCKET");

	/* the chain where it was dropped, and not one that it came to later */
	ev = an_evidence(STEP_UDP);
	ev.mark.src_node = H2;
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	add_event(&ev, &p, H2, 1, XDP_PASS);
	kernel_drops_it(&ev, 2000, "host", "UDP_CSUM", &p);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "nothing arrived: let through at host:veth0, then dropped by the kernel of host: "
	       "UDP_CSUM");

	/* sent elsewhere, and dropped there */
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 1, XDP_REDIRECT);
	kernel_drops_it(&ev, 2000, "lb", "UDP_CSUM", &p);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "nothing arrived: sent elsewhere (redirect) by udp-8888 at host:veth0, then dropped "
	       "by the kernel of lb: UDP_CSUM");

	/* a drop that was expected of a filter is not the kernel's */
	step.expect = EXPECT_DROP;
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	kernel_drops_it(&ev, 2000, "host", "NO_SOCKET", &p);
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: let through at host:veth0, "
	       "then dropped by the kernel of host: NO_SOCKET");
}

static void the_kernel_says_why_it_died_where_no_chain_stands(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_PASS);
	struct packet p = a_packet(STEP_UDP), reply = reply_to(p);
	const struct {
		const char *reason;
		const struct packet *packet;
		const char *why;
	} rows[] = {
		{ "IP_OUTNOROUTES", &p,
		  "nothing arrived: dropped by the kernel of lb: IP_OUTNOROUTES (it has no route "
		  "there)" },
		{ "IP_RPFILTER", &reply,
		  "nothing arrived: reply dropped by the kernel of lb: IP_RPFILTER (by rp_filter: "
		  "its "
		  "source is not to be reached by the interface that it came in by)" },
		{ "NOT_SPECIFIED", &p,
		  "nothing arrived: dropped by the kernel of lb, which gives no reason" },
	};
	struct evidence ev;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ev = an_evidence(STEP_UDP);
		kernel_drops_it(&ev, 2000, "lb", rows[i].reason, rows[i].packet);
		expect(&step, &ev, OUTCOME_NOT_OK, rows[i].why);
	}

	/* best where it has a reason */
	ev = an_evidence(STEP_UDP);
	kernel_drops_it(&ev, 2000, "lb", "NOT_SPECIFIED", &p);
	kernel_drops_it(&ev, 2000, "host", "UDP_CSUM", &p);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "nothing arrived: dropped by the kernel of host: UDP_CSUM");
}

static void what_xdp_could_not_send_is_told(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_PASS);
	struct packet p = a_packet(STEP_UDP);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	add_event(&ev, &p, HOST, 1, XDP_TX);
	evidence_add_xdp_failure(&ev, 999, HOST, "xdp_bulk_tx", 105);
	evidence_add_xdp_failure(&ev, 2000, LB, "xdp_bulk_tx", 105);
	evidence_add_xdp_failure(&ev, 2000, HOST, "xdp_bulk_tx", 6);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "sent back (tx) by udp-8888 at host:veth0, but the far end of the veth takes no "
	       "native XDP frames (xdp_bulk_tx, errno 6)");

	/* at the interface where it was to go out */
	filters[UDP_8888].redirect_to = LB;
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 1, XDP_REDIRECT);
	evidence_add_xdp_failure(&ev, 2000, LB, "xdp_devmap_xmit", 100);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "sent elsewhere (redirect) by udp-8888 at host:veth0, but the kernel could not send "
	       "it: Network is down (xdp_devmap_xmit, errno 100)");
	filters[UDP_8888].redirect_to = 0;

	/* what was let through, or sent back, is not what could not be sent there */
	for (uint8_t verdict = XDP_PASS; verdict <= XDP_TX; verdict++) {
		ev = an_evidence(STEP_UDP);
		filters[UDP_8888].redirect_to = LB;
		add_event(&ev, &p, HOST, 1, verdict);
		evidence_add_xdp_failure(&ev, 2000, verdict == XDP_TX ? LB : HOST, "xdp_x", 100);
		expect(&step, &ev, OUTCOME_NOT_OK,
		       verdict == XDP_TX
			       ? "sent back (tx) by udp-8888 at host:veth0"
			       : "nothing arrived: it was let through, and lost after the "
				 "chain");
	}
	filters[UDP_8888].redirect_to = 0;
	/* by the interface that it came in by */
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 1, XDP_REDIRECT);
	evidence_add_xdp_failure(&ev, 2000, HOST, "xdp_devmap_xmit", 100);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "sent elsewhere (redirect) by udp-8888 at host:veth0, but the kernel could not send "
	       "it: Network is down (xdp_devmap_xmit, errno 100)");

	/* or, by an object, anywhere in the node */
	filters[UDP_8888].program = PROGRAM_OBJECT;
	ifaces[LB].node = HOST;
	ev = an_evidence(STEP_UDP);
	add_event(&ev, &p, HOST, 1, XDP_REDIRECT);
	evidence_add_xdp_failure(&ev, 2000, H2, "xdp_devmap_xmit", 100);
	evidence_add_xdp_failure(&ev, 2000, LB, "xdp_devmap_xmit", 6);
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "sent elsewhere (redirect) by udp-8888 at host:veth0, but the far end of the veth "
	       "takes "
	       "no native XDP frames (xdp_devmap_xmit, errno 6)");
	ifaces[LB].node = LB;
	filters[UDP_8888].program = 0;
}

/* A chain at the sender only: what goes out it does not see. */
static struct sighting a_word(size_t iface, enum xlab_event_kind kind, uint8_t verdict,
			      const char *filter)
{
	return (struct sighting){ .iface = iface,
				  .kind = kind,
				  .verdict = verdict,
				  .filter = filter,
				  .relation = RELATION_REQUEST,
				  .packets = 1 };
}

static void is_text(char *text, const char *wanted)
{
	assert_string_equal(text, wanted);
	free(text);
}

/* Of where it was sent to, and of nowhere else. */
static void which_failure_is_the_packets(void **state)
{
	static const struct {
		const char *filter;
		uint8_t verdict;
		size_t redirect_to, failed_at;
		int err;
		const char *text;
	} rows[] = {
		{ "udp-8888", XDP_REDIRECT, H2, H2, ENXIO,
		  "sent elsewhere (redirect) by udp-8888 at host:veth0, but the far end of the "
		  "veth "
		  "takes no native XDP frames (xdp_bulk_tx, errno 6)" },
		{ "udp-8888", XDP_REDIRECT, H2, H2, EOPNOTSUPP,
		  "sent elsewhere (redirect) by udp-8888 at host:veth0, but the far end of the "
		  "veth "
		  "takes no native XDP frames (xdp_bulk_tx, errno 95)" },
		{ "udp-8888", XDP_REDIRECT, H2, H2, ENOSPC,
		  "sent elsewhere (redirect) by udp-8888 at host:veth0, but the kernel could not "
		  "send it: No space left on device (xdp_bulk_tx, errno 28)" },
		{ "udp-8888", XDP_REDIRECT, H2, LB, ENXIO,
		  "sent elsewhere (redirect) by udp-8888 at host:veth0" },
		{ "udp-8888", XDP_REDIRECT, NONE, NONE, ENXIO,
		  "sent elsewhere (redirect) by udp-8888 at host:veth0" },
		{ "guest", XDP_REDIRECT, NONE, H2, ENXIO,
		  "sent elsewhere (redirect) by guest at host:veth0" },
		{ "guest", XDP_REDIRECT, NONE, NONE, ENXIO,
		  "sent elsewhere (redirect) by guest at host:veth0" },
		{ "gone", XDP_REDIRECT, NONE, H2, ENXIO,
		  "sent elsewhere (redirect) by gone at host:veth0" },
		{ "udp-8888", XDP_TX, H2, H2, ENXIO, "sent back (tx) by udp-8888 at host:veth0" },
		{ "udp-8888", 5, H2, H2, ENXIO, "taken away by udp-8888 at host:veth0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sighting s = a_word(HOST, XLAB_DECIDED, rows[i].verdict, rows[i].filter);
		struct evidence ev = an_evidence(STEP_UDP);

		filters[UDP_8888].redirect_to = rows[i].redirect_to;
		evidence_add_xdp_failure(&ev, 2000, rows[i].failed_at, "xdp_bulk_tx", rows[i].err);
		is_text(account_decision(&labfile, &ev, &s), rows[i].text);
		filters[UDP_8888].redirect_to = 0;
		evidence_clear(&ev);
	}
}

/* The chain there, or else the last one that it met. */
static void who_let_it_go_before_it_died(void **state)
{
	static const struct {
		struct sighting seen[2];
		const char *netns, *text;
	} rows[] = {
		{ { { .iface = HOST, .kind = XLAB_WENT_ON, .verdict = XDP_PASS } },
		  "host",
		  "dropped by the kernel of host: NO_SOCKET" },
		{ { { .iface = HOST, .kind = XLAB_DECIDED, .verdict = XDP_DROP } },
		  "host",
		  "dropped by the kernel of host: NO_SOCKET" },
		{ { { .iface = HOST, .kind = XLAB_DECIDED, .verdict = XDP_PASS },
		    { .iface = LB, .kind = XLAB_DECIDED, .verdict = XDP_PASS } },
		  "host",
		  "let through at host:veth0, then dropped by the kernel of host: NO_SOCKET" },
		{ { { .iface = HOST, .kind = XLAB_DECIDED, .verdict = XDP_TX },
		    { .iface = LB, .kind = XLAB_DECIDED, .verdict = XDP_PASS } },
		  "host",
		  "let through at lb:veth6, then dropped by the kernel of host: NO_SOCKET" },
		{ { { .iface = HOST, .kind = XLAB_DECIDED, .verdict = XDP_PASS },
		    { .iface = HOST, .kind = XLAB_DECIDED, .verdict = XDP_TX } },
		  "lb",
		  "sent back (tx) at host:veth0, where no filter had an opinion, then dropped by "
		  "the "
		  "kernel of lb: NO_SOCKET" },
	};
	struct packet p = a_packet(STEP_UDP);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_UDP);
		struct sighting seen[2];

		memcpy(seen, rows[i].seen, sizeof(seen));
		for (size_t k = 0; k < 2; k++)
			seen[k].relation = RELATION_REQUEST;
		kernel_drops_it(&ev, 2000, rows[i].netns, "NO_SOCKET", &p);
		ev.seen = seen;
		ev.n_seen = seen[1].kind ? 2 : 1;
		is_text(account_kernel(&labfile, &ev), rows[i].text);
		ev.seen = NULL;
		evidence_clear(&ev);
	}
}

/* What a chain did with it comes before what is wrong with links and ways. */
static void what_became_of_it_comes_first(void **state)
{
	struct sighting s = a_word(HOST, XLAB_DECIDED, XDP_TX, "headers");
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	ev.no_route = (char *)"no route";
	is_text(account_silence(&labfile, &ev), "no route");
	ev.filtered = (char *)"filtered";
	is_text(account_silence(&labfile, &ev), "filtered");
	ev.links_down = (char *)"lb:veth6";
	is_text(account_silence(&labfile, &ev), "down: lb:veth6");
	ev.seen = &s;
	ev.n_seen = 1;
	is_text(account_silence(&labfile, &ev), "sent back (tx) by headers at host:veth0");
	ev.absent = (char *)"host lost its address";
	is_text(account_silence(&labfile, &ev), "host lost its address");
}

/* A filter is silent unless it said of that packet, there, at its place, that it goes on. */
static void what_filters_said_on_the_way(void **state)
{
	struct sighting end = a_word(HOST, XLAB_DECIDED, XDP_DROP, "udp-8888");
	struct evidence ev = an_evidence(STEP_PING);
	struct sighting seen[2];

	(void)state;
	end.position = 1;
	for (int i = 0; i < 6; i++) {
		seen[0] = a_word(HOST, XLAB_WENT_ON, XDP_PASS, "headers");
		seen[1] = end;
		if (i == 1)
			seen[0].iface = H2;
		if (i == 2)
			seen[0].relation = RELATION_REPLY;
		if (i == 3)
			seen[0].position = 1;
		if (i == 4)
			seen[0].came.src_port = 1;
		if (i == 5)
			seen[0].kind = XLAB_DECIDED;
		ev.seen = seen;
		ev.n_seen = 2;
		ev.neighbour = NEIGHBOUR_RESOLVED; /* whose is not known */
		{
			char *FREE_AUTO text = account_details(&labfile, &ev, "");

			assert_int_equal(!!strstr(text, "host:veth0: request: headers pass, "
							"udp-8888 drop\n"),
					 i == 0);
			assert_int_equal(!!strstr(text, "host:veth0: request: headers next, "
							"udp-8888 drop\n"),
					 i != 0);
			assert_null(strstr(text, "neighbour entry"));
		}
	}
}

/* Of a ping to all, and of nothing else. */
static void who_answers_no_broadcast(void **state)
{
	static const struct {
		enum step_kind kind;
		bool group;
		const char *reason;
		bool hint;
	} rows[] = {
		{ STEP_PING, true, "INVALID_PROTO", true },
		{ STEP_PING, false, "INVALID_PROTO", false },
		{ STEP_UDP, true, "INVALID_PROTO", false },
		{ STEP_PING, true, "NO_SOCKET", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(rows[i].kind);
		struct packet p = a_packet(rows[i].kind);
		char *FREE_AUTO text = NULL;

		ev.mark.group = rows[i].group;
		ev.arrivals = xcalloc(1, sizeof(*ev.arrivals));
		ev.arrivals[0].node = HOST;
		ev.n_arrivals = 1;
		kernel_drops_it(&ev, 2000, "host", rows[i].reason, &p);
		text = account_kernel(&labfile, &ev);
		assert_int_equal(!!strstr(text, "icmp_echo_ignore_broadcasts"), rows[i].hint);
		evidence_clear(&ev);
	}
}

static void a_chain_at_the_sender_sees_nothing(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	ev.mark.src_node = HOST;
	ev.mark.dst_node = LB;
	expect_judged(
		&labfile, &step, &ev, OUTCOME_INCONCLUSIVE,
		"nothing arrived, but no filter says that it dropped it: no chain saw it: XDP "
		"sees what comes in, and at host:veth0 it went out",
		"host:veth0: saw none of it: XDP sees what comes in, and here it went out\n"
		"h2:veth2: saw none of it\n");
}

static void details_tell_the_way(void **state)
{
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct packet p = a_packet(STEP_UDP), other = { .has_ether = true };
	struct evidence ev = an_evidence(STEP_UDP);
	struct xlab_event went_on = {
		.time_ns = 2000, .gen = 7, .kind = XLAB_WENT_ON, .position = 1, .verdict = XDP_DROP
	};

	(void)state;
	evidence_add(&ev, &went_on, &p);
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	add_event(&ev, &other, H2, 1, XDP_PASS);
	ev.links_down = strdup("br0:veth1");
	ev.neighbour = NEIGHBOUR_UNRESOLVED;
	ev.neighbour_text = strdup("10.0.0.1 at lb");
	expect_judged(&labfile, &step, &ev, OUTCOME_INCONCLUSIVE,
		      "nothing arrived, but no filter says that it dropped it: down: br0:veth1",
		      "host:veth0: packet: headers next, udp-8888 drop, on to the stack\n"
		      "h2:veth2: saw none of it, only other packets\n"
		      "neighbour entry for 10.0.0.1 at lb: none, or failed\n");
}

static void details_are(struct evidence *ev, const char *expected)
{
	char *FREE_AUTO text = account_details(&labfile, ev, "");

	assert_string_equal(text, expected);
	evidence_clear(ev);
}

/* Each of the step's packets has its word, whatever others of the same flow have. */
static void details_tell_each_packet(void **state)
{
	struct packet p = a_packet(STEP_UDP), reply = reply_to(p), ack = a_segment(1008, 0);
	struct packet arp = { .has_ether = true,
			      .has_arp = true,
			      .arp_op = 1,
			      .arp_sender = an_address("10.0.0.10"),
			      .arp_target = an_address("10.0.0.1") };
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	add_event(&ev, &p, HOST, 2, XDP_PASS);
	add_event(&ev, &reply, HOST, 0, XDP_TX);
	details_are(&ev, "host:veth0: packet: headers next, udp-8888 drop\n"
			 "host:veth0: packet: headers next, udp-8888 next, on to the stack (2 "
			 "packets)\n"
			 "host:veth0: reply: headers tx\n"
			 "h2:veth2: saw none of it\n");

	p = a_packet(STEP_PING);
	reply = reply_to(p);
	ev = an_evidence(STEP_PING);
	add_event(&ev, &p, HOST, 1, XDP_DROP);
	add_event(&ev, &reply, HOST, 1, XDP_DROP);
	details_are(&ev, "host:veth0: request: headers next, udp-8888 drop\n"
			 "host:veth0: reply: headers next, udp-8888 drop\n"
			 "h2:veth2: saw none of it\n");
	ev = an_evidence(STEP_PING);
	add_event(&ev, &arp, HOST, 0, XDP_DROP);
	details_are(&ev, "host:veth0: neighbour request or answer: headers drop\n"
			 "host:veth0: saw none of it\n"
			 "h2:veth2: saw none of it\n");
	ev = an_evidence(STEP_PING);
	arp.arp_sender = an_address("10.0.0.77"); /* asks for who is on the way */
	add_event(&ev, &arp, HOST, 0, XDP_DROP);
	details_are(&ev, "host:veth0: neighbour request or answer of another node: headers drop\n"
			 "host:veth0: saw none of it\n"
			 "h2:veth2: saw none of it\n");

	ev = an_evidence(STEP_TCP);
	p = a_packet(STEP_TCP);
	add_event(&ev, &p, HOST, 0, XDP_PASS);
	add_event(&ev, &ack, HOST, 1, XDP_DROP);
	details_are(&ev, "host:veth0: packet: headers pass\n"
			 "host:veth0: TCP segment without text: headers next, udp-8888 drop\n"
			 "h2:veth2: saw none of it\n");
}

/* Who made another packet of it is known where one filter alone can have. */
#define FLOW "10.0.0.10:44024 -> 10.0.0.1:1999"
static void details_tell_who_changed_it(void **state)
{
	static char *one[] = { "headers", "guest", "gone", "udp-8888" };
	static char *two[] = { "guest", "guest" };
	struct chain_record guests[] = {
		{ .engine = ENGINE_INLINE, .gen = 7, .filters = one, .n_filters = 4 },
		{ .gen = 0 },
		{ .gen = 0 },
	};
	struct packet p = a_packet(STEP_UDP), changed = p;

	(void)state;
	changed.dst_port = 1999;
	for (size_t i = 0; i < 2; i++) {
		struct evidence ev = an_evidence(STEP_UDP);
		struct xlab_event came;

		guests[HOST].filters = i ? two : one;
		guests[HOST].n_filters = i ? 2 : 4;
		ev.chains = guests;
		came = event_at(guests, HOST, XLAB_CAME);
		evidence_add(&ev, &came, &p);
		add_event(&ev, &changed, HOST, i ? 1 : 3, XDP_PASS);
		details_are(&ev, i ? "host:veth0: packet: guest pass, guest pass, as " FLOW "\n"
				   : "host:veth0: packet: headers next, guest pass (" FLOW
				     "), gone ?, udp-8888 pass\n");
	}
}

/* Whatever is known, but not what the reason has said already. */
static void details_tell_what_the_reason_does_not(void **state)
{
	struct evidence ev = an_evidence(STEP_UDP);
	char *known, *said, *nothing;

	(void)state;
	ev.chains = NULL;
	nothing = account_details(&labfile, &ev, "nothing arrived");
	assert_string_equal(nothing, "");
	ev.trouble = xstrdup("nc in host says: no");
	ev.links_down = xstrdup("br0:veth1");
	ev.absent = xstrdup("lb lost its address 10.0.0.10");
	ev.filtered = xstrdup("rp_filter of lb:veth6 takes nothing from 10.0.0.1 there");
	ev.no_route = xstrdup("lb has no route to 10.0.0.1");
	ev.neighbour = NEIGHBOUR_RESOLVED;
	ev.neighbour_text = xstrdup("10.0.0.1 at lb");
	ev.imitated = ev.strayed = true;
	ev.imitated_at = HOST;
	ev.strayed_at = H2;
	ev.forms.full = true;
	ev.lost = 3;
	known = account_details(&labfile, &ev, "nothing arrived");
	assert_string_equal(known, "nc in host says: no\n"
				   "links down: br0:veth1\n"
				   "lb lost its address 10.0.0.10\n"
				   "rp_filter of lb:veth6 takes nothing from 10.0.0.1 there\n"
				   "lb has no route to 10.0.0.1\n"
				   "neighbour entry for 10.0.0.1 at lb: there\n"
				   "host:veth0: packets of others were made to look like it\n"
				   "h2:veth2: it left as something that cannot be followed\n"
				   "it took more than 64 forms, which are not all followed\n"
				   "3 events of the chains were lost\n");
	ev.imitated = ev.strayed = ev.forms.full = false;
	ev.lost = 0;
	ev.neighbour = NEIGHBOUR_UNKNOWN;
	said = account_details(
		&labfile, &ev,
		"nothing arrived: nc in host says: no; down: br0:veth1; lb has no route to "
		"10.0.0.1");
	assert_string_equal(said, "lb lost its address 10.0.0.10\n"
				  "rp_filter of lb:veth6 takes nothing from 10.0.0.1 there\n");
	free(known);
	free(said);
	free(nothing);
	evidence_clear(&ev);
}

static void a_user_object_is_mute_in_a_dispatcher(void **state)
{
	static char *names[] = { "udp-8888", "guest" };
	struct chain_record mute[] = {
		{ .engine = ENGINE_LIBXDP, .gen = 7, .filters = names, .n_filters = 2 },
		{ .engine = ENGINE_INLINE, .gen = 1, .filters = names, .n_filters = 2 },
		{ .gen = 0 },
	};
	struct step step = a_step(STEP_UDP, EXPECT_DROP);
	struct packet own = a_packet(STEP_UDP);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	ev.chains = mute;
	/* That it dropped it the kernel says as well, but not why. */
	kernel_drops_it(&ev, 2000, "host", "NOT_SPECIFIED", &own);
	expect_judged(&labfile, &step, &ev, OUTCOME_INCONCLUSIVE,
		      "nothing arrived, but no filter says that it dropped it: with libxdp the "
		      "verdicts of guest at host:veth0 cannot be seen; engine = inline shows them",
		      "host:veth0: with libxdp the verdicts of guest cannot be seen\n"
		      "h2:veth2: saw none of it\n");

	/* A third node's has no part in it. */
	ev = an_evidence(STEP_UDP);
	ev.chains = mute;
	mute[HOST].engine = ENGINE_INLINE;
	mute[H2].engine = ENGINE_LIBXDP;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: no chain saw it");

	/* It comes by one that tells before it comes there. */
	nodes[H2].forward = true;
	ev = an_evidence(STEP_UDP);
	ev.chains = mute;
	expect(&step, &ev, OUTCOME_INCONCLUSIVE,
	       "nothing arrived, but no filter says that it dropped it: with libxdp the "
	       "verdicts of guest at h2:veth2 cannot be seen; engine = inline shows them");
	nodes[H2].forward = false;
}

/* Of those that the packet may have come by. */
static void a_link_that_loses_packets_is_named(void **state)
{
	static const struct impairment lossy = { 20000000, 0, 300000, 0 };
	struct evidence ev = an_evidence(STEP_PING);
	char *there, *elsewhere, *back, *between;
	size_t src = NONE;

	(void)state;
	for (size_t i = 0; i < labfile.topo.n_ifaces; i++)
		if (labfile.topo.ifaces[i].node == ev.mark.src_node)
			src = i;
	labfile.topo.ifaces[src].impairment = lossy;
	there = account_details(&labfile, &ev, "no reply came");
	ev.mark.src_node = ev.mark.dst_node;
	elsewhere = account_details(&labfile, &ev, "no reply came");
	ev.mark.dst_node = labfile.topo.ifaces[src].node;
	back = account_details(&labfile, &ev, "no reply came");
	ev.mark.dst_node = ev.mark.src_node;
	nodes[labfile.topo.ifaces[src].node].forward = true;
	between = account_details(&labfile, &ev, "no reply came");
	nodes[labfile.topo.ifaces[src].node].forward = false;
	labfile.topo.ifaces[src].impairment = (struct impairment){ 0 };
	assert_non_null(strstr(there, ": delay 20ms, loss 30%\n"));
	assert_null(strstr(elsewhere, "delay"));
	assert_non_null(strstr(back, ": delay 20ms, loss 30%\n"));
	assert_non_null(strstr(between, ": delay 20ms, loss 30%\n"));
	free(back);
	free(between);
	free(there);
	free(elsewhere);
	evidence_clear(&ev);
}

static void a_control_run_speaks_of_the_lab(void **state)
{
	struct step step = a_step(STEP_PING, EXPECT_DROP);
	struct evidence ev = an_evidence(STEP_PING);
	struct step_result result = { 0 };

	(void)state;
	ev.chains = NULL;
	ev.links_down = strdup("br0:veth1");
	judge_control(&labfile, &step, &ev, &result);
	assert_int_equal(result.outcome, OUTCOME_LAB);
	assert_string_equal(result.why, "error of the lab: without any chain it fails too: "
					"no reply came: down: br0:veth1");
	free(result.why);
	free(result.details);
	evidence_clear(&ev);
}

static void see_and_reject_read_what_was_shown(void **state)
{
	static const char *const lines[] = { "EthHdr: …", "UdpHdr: src: 44024 => dst: 8000" };
	static const char log[] = "0: R1=ctx\n1: r2 = *(u8*)\ninvalid access to packet, off=12\n"
				  "processed 3 insns\n";
	static const char behind_a_byte[] = "!0: R1=ctx\n1: r2 = 0\n";
	struct step step = { .at = HOST, .by = UDP_8888 };
	struct step_result result = { 0 };

	(void)state;
	step.text = "UdpHdr: * => dst: 8000";
	judge_see(&labfile, &step, lines, 2, &result);
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_string_equal(result.why, lines[1]);
	/* Nothing to tell that the step does not say. */
	step.text = "UdpHdr: src: 44024 => dst: 8000";
	judge_see(&labfile, &step, lines, 2, &result);
	assert_string_equal(result.why, "shown");
	judge_see(&labfile, &step, lines, 1, &result);
	assert_int_equal(result.outcome, OUTCOME_NOT_OK);
	assert_string_equal(result.details, "shown: EthHdr: …\n");
	free(result.details);
	result.details = NULL;

	judge_see(&labfile, &step, lines, 0, &result);
	assert_int_equal(result.outcome, OUTCOME_NOT_OK);
	assert_string_equal(result.why, "nothing was shown at host:veth0");
	assert_string_equal(result.details, "");
	free(result.details);
	result.details = NULL;
	step.text = (char *)lines[0];
	judge_see(&labfile, &step, lines, 2, &result);
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_null(result.details);

	step.text = "invalid access to packet";
	judge_reject(&labfile, &step, log, &result);
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_string_equal(result.why,
			    "refused by the verifier: invalid access to packet, off=12");
	assert_null(result.details);
	/* the whole line where it stands: of the first, no more than there is */
	step.text = "access to packet";
	judge_reject(&labfile, &step, log, &result);
	assert_string_equal(result.why,
			    "refused by the verifier: invalid access to packet, off=12");
	step.text = "R1=ctx";
	judge_reject(&labfile, &step, behind_a_byte + 1, &result);
	assert_string_equal(result.why, "refused by the verifier: 0: R1=ctx");
	step.text = "something else";
	judge_reject(&labfile, &step, log, &result);
	assert_int_equal(result.outcome, OUTCOME_NOT_OK);
	assert_string_equal(result.details, log);
	free(result.details);
	result.details = NULL;
	judge_reject(&labfile, &step, "1\n2\n3\n4\n5\n6\n7\n", &result);
	assert_string_equal(result.details, "2\n3\n4\n5\n6\n7\n");
	free(result.details);
	result.details = NULL;
	judge_reject(&labfile, &step, NULL, &result);
	assert_int_equal(result.outcome, OUTCOME_NOT_OK);
	assert_string_equal(result.why, "the verifier took udp-8888");
	assert_null(result.details);
	free(result.why);
}

/* Of two outcomes a scenario has the one that is less of an ok. */
static void the_worse_outcome_counts(void **state)
{
	static const enum outcome rising[] = { OUTCOME_OK,	     OUTCOME_SKIPPED,
					       OUTCOME_INCONCLUSIVE, OUTCOME_NOT_OK,
					       OUTCOME_LAB,	     OUTCOME_STOPPED };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rising); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(rising); j++)
			assert_int_equal(outcome_worse(rising[i], rising[j]),
					 rising[i > j ? i : j]);
	}
}

static int note_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		assert_int_equal(names_add(&labfile.topo.node_names, nodes[i].name, i, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		assert_int_equal(names_add(&labfile.filter_names, filters[i].name, i, NULL), 0);
	return 0;
}

static int forget_names(void **state)
{
	(void)state;
	names_clear(&labfile.topo.node_names);
	names_clear(&labfile.filter_names);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pass_is_what_arrived),
		cmocka_unit_test(pings_must_all_come_back),
		cmocka_unit_test(a_drop_is_what_a_filter_says),
		cmocka_unit_test(a_part_that_arrived_is_no_drop),
		cmocka_unit_test(other_packets_prove_nothing),
		cmocka_unit_test(a_bridges_copy_is_not_the_packet),
		cmocka_unit_test(by_and_at_must_match),
		cmocka_unit_test(each_echo_counts_once),
		cmocka_unit_test(fragments_of_a_datagram_count_once),
		cmocka_unit_test(fragments_of_others_prove_nothing),
		cmocka_unit_test(a_dropped_handshake_comes_again_after_a_second),
		cmocka_unit_test(a_dropped_text_comes_again_soon),
		cmocka_unit_test(a_drop_is_undone_by_what_comes_through_later),
		cmocka_unit_test(a_bare_segment_proves_nothing),
		cmocka_unit_test(a_dropped_question_for_the_neighbour_is_proof),
		cmocka_unit_test(a_neighbour_is_of_who_asks),
		cmocka_unit_test(the_kernels_drops_are_known_by_their_packets),
		cmocka_unit_test(a_reply_that_ping_has_is_not_dropped),
		cmocka_unit_test(a_pass_is_by_whom_the_step_says),
		cmocka_unit_test(a_ping_is_answered_by_whom_the_step_names),
		cmocka_unit_test(words_of_others_do_not_count),
		cmocka_unit_test(packets_of_a_connection_differ),
		cmocka_unit_test(what_is_said_beside_it_does_not_count),
		cmocka_unit_test(tx_redirect_and_aborted_are_what_a_filter_says),
		cmocka_unit_test(of_tx_and_redirect_somebody_must_tell),
		cmocka_unit_test(the_word_that_was_in_its_place_is_told),
		cmocka_unit_test(a_drop_at_one_of_several_is_none_at_all),
		cmocka_unit_test(silence_about_a_verdict_proves_nothing),
		cmocka_unit_test(the_best_reason_of_a_silence_is_told),
		cmocka_unit_test(the_kernel_says_why_it_died),
		cmocka_unit_test(the_kernel_says_why_it_died_where_no_chain_stands),
		cmocka_unit_test(what_xdp_could_not_send_is_told),
		cmocka_unit_test(which_failure_is_the_packets),
		cmocka_unit_test(who_let_it_go_before_it_died),
		cmocka_unit_test(what_became_of_it_comes_first),
		cmocka_unit_test(what_filters_said_on_the_way),
		cmocka_unit_test(who_answers_no_broadcast),
		cmocka_unit_test(a_chain_at_the_sender_sees_nothing),
		cmocka_unit_test(details_tell_the_way),
		cmocka_unit_test(details_tell_each_packet),
		cmocka_unit_test(details_tell_who_changed_it),
		cmocka_unit_test(details_tell_what_the_reason_does_not),
		cmocka_unit_test(a_user_object_is_mute_in_a_dispatcher),
		cmocka_unit_test(a_link_that_loses_packets_is_named),
		cmocka_unit_test(a_control_run_speaks_of_the_lab),
		cmocka_unit_test(see_and_reject_read_what_was_shown),
		cmocka_unit_test(the_worse_outcome_counts),
	};

	return cmocka_run_group_tests(tests, note_names, forget_names);
}
