// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the words of chains are about the step's own packets, and what they count for. */
#include <linux/bpf.h>
#include <net/if_arp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/evidence_add.h"
#include "tests/unit/evidence_maker.h"

/* lb, host and h2 at a bridge that has an address of its own, and a router r. */
static const char text[] = "[lab]\nname = t\n[bridge s]\naddress = 10.0.0.254/24\n"
			   "[node host]\n[node h2]\n[node lb]\n[node r]\nforward = yes\n"
			   "[iface host:e0]\nbridge = s\naddress = 10.0.0.1/24\n"
			   "[iface h2:e0]\nbridge = s\naddress = 10.0.0.2/24\n"
			   "[iface lb:e0]\nbridge = s\naddress = 10.0.0.10/24\n"
			   "[iface r:e0]\nbridge = s\naddress = 10.0.0.3/24\n";
enum { HOST, H2, LB, ROUTER, IFACES };

static char *filters[] = { (char *)"one", (char *)"two" };
static const struct chain_record chains[IFACES] = {
	{ .engine = ENGINE_INLINE, .gen = 7, .filters = filters, .n_filters = 2 },
	{ .engine = ENGINE_INLINE, .gen = 1, .filters = filters, .n_filters = 2 },
	{ .engine = ENGINE_INLINE, .gen = 3, .filters = filters, .n_filters = 2 },
	{ .engine = ENGINE_INLINE, .gen = 9, .filters = filters, .n_filters = 2 },
};
static struct labfile labfile;

static int parse(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	if (labfile_parse(&labfile, "/tmp/t.ini", "/tmp", text, strlen(text), &e))
		fail_msg("%s", e.text);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	labfile_clear(&labfile);
	return 0;
}

static struct evidence an_evidence(enum step_kind kind)
{
	return evidence_of(&labfile, chains, kind, LB, HOST, 8888);
}

static struct packet a_packet(uint8_t proto)
{
	struct packet p = { .has_ether = true,
			    .has_ip = true,
			    .proto = proto,
			    .src = an_address("10.0.0.10"),
			    .dst = an_address("10.0.0.1"),
			    .src_port = 44024,
			    .dst_port = 8888,
			    .icmp_type = 8,
			    .icmp_id = 44024,
			    .icmp_seq = 1,
			    .tcp_seq = 1000 };

	p.has_icmp = p.has_echo = proto == IPPROTO_ICMP;
	p.has_ports = !p.has_icmp;
	return p;
}

static struct packet back(struct packet p)
{
	p.src = an_address("10.0.0.1");
	p.dst = an_address("10.0.0.10");
	p.src_port = 8888;
	p.dst_port = 44024;
	p.icmp_type = 0;
	return p;
}

static void say(struct evidence *ev, const struct packet *p, size_t iface,
		enum xlab_event_kind kind, uint16_t position, uint8_t verdict)
{
	struct xlab_event event = event_at(chains, iface, kind);

	event.position = position;
	event.verdict = verdict;
	evidence_add(ev, &event, p);
}

/* A word counts for an echo once, for a text once in all. */
static void what_was_told_of_how_many(void **state)
{
	struct packet echo = a_packet(IPPROTO_ICMP), udp = a_packet(IPPROTO_UDP);
	struct evidence ev = an_evidence(STEP_PING);

	(void)state;
	for (uint16_t sequence = UINT16_MAX - 9; sequence; sequence++) {
		echo.icmp_seq = sequence;
		say(&ev, &echo, HOST, XLAB_DECIDED, 0, XDP_TX);
		say(&ev, &echo, HOST, XLAB_DECIDED, 0, XDP_TX);
	}
	say(&ev, &echo, HOST, XLAB_DECIDED, 0, XDP_DROP);
	assert_int_equal(ev.told[XDP_TX], 10);
	assert_int_equal(ev.told[XDP_DROP], 1);
	assert_int_equal(ev.drops, 1);
	evidence_clear(&ev);
	ev = an_evidence(STEP_UDP);
	for (int i = 0; i < 3; i++) {
		say(&ev, &udp, HOST, XLAB_DECIDED, 0, XDP_REDIRECT);
		say(&ev, &udp, HOST, XLAB_DECIDED, 1, XDP_ABORTED);
	}
	assert_int_equal(ev.told[XDP_REDIRECT], 1);
	assert_int_equal(ev.told[XDP_ABORTED], 1);
	assert_int_equal(ev.drops, 1);
	assert_int_equal(ev.n_seen, 2);
	assert_int_equal(ev.seen[0].packets, 3);
	evidence_clear(&ev);
}

/* That it goes on after a DROP, or comes to the end, is no last word; a reply's is not the
 * request's; and a verdict that is none is no reason to write anywhere.
 */
static void which_words_are_last_ones(void **state)
{
	struct packet p = a_packet(IPPROTO_UDP), reply = back(p);
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	say(&ev, &p, HOST, XLAB_WENT_ON, 0, XDP_DROP);
	assert_int_equal(ev.n_seen, 1);
	assert_int_equal(ev.drops, 0);
	assert_int_equal(ev.told[XDP_DROP], 0);
	assert_null(ev.left[XDP_DROP]);
	say(&ev, &reply, LB, XLAB_DECIDED, 0, XDP_TX);
	assert_int_equal(ev.told[XDP_TX], 1);
	assert_null(ev.left[XDP_TX]);
	say(&ev, &p, HOST, XLAB_DECIDED, 2, XDP_TX);
	assert_int_equal(ev.left[XDP_TX]->iface, HOST);
	for (unsigned int verdict = EVIDENCE_VERDICTS; verdict < 256; verdict++)
		say(&ev, &p, HOST, XLAB_DECIDED, 0, (uint8_t)verdict);
	assert_int_equal(ev.drops, 0);
	for (size_t i = 0; i < EVIDENCE_VERDICTS; i++)
		assert_int_equal(ev.told[i], i == XDP_TX);
	assert_null(ev.forms.form);
	evidence_clear(&ev);
	ev = an_evidence(STEP_PING);
	p = a_packet(IPPROTO_ICMP);
	for (unsigned int verdict = EVIDENCE_VERDICTS; verdict < 256; verdict++)
		say(&ev, &p, HOST, XLAB_DECIDED, 0, (uint8_t)verdict);
	for (size_t i = 0; i < EVIDENCE_VERDICTS; i++)
		assert_true(!ev.told[i] && !ev.told_sequences[i] && !ev.left[i]);
	evidence_clear(&ev);
}

/* Of chains that are the scenario's, since the step began, of an interface of the lab. */
static void whose_words_count(void **state)
{
	static const struct {
		uint64_t time_ns;
		uint32_t gen;
		uint16_t iface, position;
		enum xlab_event_kind kind;
		size_t seen;
	} rows[] = {
		{ 1000, 7, HOST, 2, XLAB_DECIDED, 1 },
		{ 999, 7, HOST, 2, XLAB_DECIDED, 0 },
		{ 1000, 8, HOST, 2, XLAB_DECIDED, 0 },
		{ 1000, 7, HOST, 3, XLAB_DECIDED, 0 },
		{ 1000, 7, IFACES, 0, XLAB_DECIDED, 0 },
		{ 1000, 7, UINT16_MAX, 0, XLAB_DECIDED, 0 },
		{ 1000, 7, HOST, 0, XLAB_WENT_ON, 1 },
		{ 1000, 7, HOST, 0, XLAB_CAME, 0 },
		{ 1000, 7, HOST, 0, XLAB_HELLO, 0 },
		{ 1000, 7, HOST, 0, XLAB_HEADERS, 0 },
	};
	struct packet p = a_packet(IPPROTO_UDP);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_UDP);
		struct xlab_event event = { .time_ns = rows[i].time_ns,
					    .gen = rows[i].gen,
					    .iface = rows[i].iface,
					    .position = rows[i].position,
					    .kind = rows[i].kind };

		evidence_add(&ev, &event, &p);
		if (ev.n_seen != rows[i].seen)
			fail_msg("row %zu", i);
		if (ev.n_seen && rows[i].position == 2)
			assert_null(ev.seen[0].filter); /* the chain's end */
		else if (ev.n_seen)
			assert_string_equal(ev.seen[0].filter, "one");
		ev.chains = NULL; /* the control run */
		evidence_add(&ev, &event, &p);
		assert_int_equal(ev.n_seen, rows[i].seen);
		evidence_clear(&ev);
	}
}

/* A segment is one by its place and number; only what passes there, that way, undoes its drop. */
static void segments_that_come_again(void **state)
{
	static const struct {
		size_t iface;
		bool reply;
		uint32_t seq;
		uint16_t length;
		unsigned int drops; /* of two that were dropped at the host, one of them twice */
	} rows[] = {
		{ HOST, false, 1000, 10, 1 },  { HOST, false, 1000, 100, 1 },
		{ HOST, false, 1000, 101, 0 }, { HOST, false, 999, 1, 2 },
		{ HOST, false, 999, 2, 1 },    { HOST, false, 1001, 50, 2 },
		{ HOST, false, 1000, 0, 1 },   { LB, false, 1000, 200, 2 },
		{ HOST, true, 1000, 200, 2 },  { HOST, false, 1100, 10, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_TCP);
		struct packet p = a_packet(IPPROTO_TCP);

		p.tcp_length = 100;
		say(&ev, &p, HOST, XLAB_DECIDED, 0, XDP_DROP);
		say(&ev, &p, HOST, XLAB_DECIDED, 0, XDP_DROP);
		p.tcp_seq = 1100;
		say(&ev, &p, HOST, XLAB_DECIDED, 0, XDP_DROP);
		assert_int_equal(ev.n_segments, 2);
		assert_int_equal(ev.segments[0].drops, 2);
		assert_int_equal(ev.drops, 2);
		p.tcp_seq = rows[i].seq;
		p.tcp_length = rows[i].length;
		p.tcp_flags = 2; /* so that it is none without text */
		if (rows[i].reply)
			p = back(p);
		say(&ev, &p, rows[i].iface, XLAB_DECIDED, 2, XDP_PASS);
		if (ev.drops != rows[i].drops)
			fail_msg("row %zu: %u", i, ev.drops);
		assert_int_equal(evidence_comes_again(&ev, 0), rows[i].drops > 0);
		evidence_clear(&ev);
	}
}

static void segments_of_two_places(void **state)
{
	struct evidence ev = an_evidence(STEP_TCP);
	struct packet p = a_packet(IPPROTO_TCP);

	(void)state;
	p.tcp_length = 100;
	say(&ev, &p, HOST, XLAB_DECIDED, 0, XDP_DROP);
	say(&ev, &p, LB, XLAB_DECIDED, 0, XDP_DROP);
	assert_int_equal(ev.n_segments, 2);
	assert_int_equal(ev.segments[0].sighting, 0);
	assert_int_equal(ev.segments[1].sighting, 1);
	assert_false(ev.segments[0].handshake);
	evidence_clear(&ev);
}

/* How it came counts for all words on that packet, up to the last: by CPU, interface and chain. */
static void as_what_it_came(void **state)
{
	static const struct {
		uint32_t cpu, gen;
		size_t iface;
		bool own;
	} rows[] = {
		{ 4, 7, HOST, true },
		{ 5, 7, HOST, false },
		{ 4, 1, H2, false },
	};
	struct packet p = a_packet(IPPROTO_UDP), other = a_packet(IPPROTO_UDP);

	(void)state;
	other.dst_port = 77;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_UDP);
		struct xlab_event event = event_at(chains, HOST, XLAB_CAME);

		event.cpu = 9;
		evidence_add(&ev, &event, &other);
		event.cpu = 4;
		evidence_add(&ev, &event, &other);
		evidence_add(&ev, &event, &p); /* of the one before no last word came */
		event.iface = (uint16_t)rows[i].iface;
		event.gen = rows[i].gen;
		event.cpu = rows[i].cpu;
		event.kind = XLAB_WENT_ON;
		event.verdict = XDP_PASS;
		evidence_add(&ev, &event, &other);
		event.kind = XLAB_DECIDED;
		event.position = 1;
		event.verdict = XDP_DROP;
		evidence_add(&ev, &event, &other);
		assert_int_equal(ev.n_seen, 2);
		assert_int_equal(sighting_is_own(&ev.seen[0]), rows[i].own);
		assert_int_equal(sighting_is_own(&ev.seen[1]), rows[i].own);
		assert_int_equal(ev.drops, rows[i].own);
		assert_false(ev.seen[0].changed); /* what it left as its last word tells */
		assert_int_equal(ev.seen[1].changed, rows[i].own);
		/* the next one is another */
		evidence_add(&ev, &event, &other);
		assert_false(sighting_is_own(&ev.seen[ev.n_seen - 1]));
		evidence_clear(&ev);
	}
}

/* What others say is counted by the chain's word alone. */
static void others_are_not_told_apart(void **state)
{
	struct evidence ev = an_evidence(STEP_UDP);
	struct packet p = a_packet(IPPROTO_UDP);

	(void)state;
	for (p.dst_port = 1; p.dst_port < 9; p.dst_port++)
		say(&ev, &p, HOST, XLAB_DECIDED, 0, XDP_DROP);
	assert_int_equal(ev.n_seen, 1);
	assert_int_equal(ev.seen[0].packets, 8);
	assert_false(ev.seen[0].known);
	p.dst_port = 8888;
	say(&ev, &p, HOST, XLAB_DECIDED, 0, XDP_DROP);
	assert_int_equal(ev.n_seen, 2);
	assert_true(ev.seen[1].known);
	assert_int_equal(ev.seen[1].came.dst_port, 8888);
	evidence_clear(&ev);
}

/* Whoever asks for somebody that the packet goes to, or by. */
static void questions_on_the_way(void **state)
{
	static const struct {
		const char *asked;
		bool relevant;
	} rows[] = {
		{ "10.0.0.1", true },	 /* its destination */
		{ "10.0.0.10", true },	 /* its source */
		{ "10.0.0.3", true },	 /* a router */
		{ "10.0.0.2", false },	 /* a node */
		{ "10.0.0.254", false }, /* a bridge */
		{ "10.0.0.99", false },	 /* nobody */
		{ "10.9.9.1", true },	 /* where a chain has sent it */
		{ "10.9.9.2", true },	 /* and as whose */
		{ "10.9.9.3", false },	 /* what another left as */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_UDP);
		struct packet p = a_packet(IPPROTO_UDP), changed = p, ask = { .has_arp = true };
		struct xlab_event event = event_at(chains, HOST, XLAB_CAME);
		const struct sighting *s;

		evidence_add(&ev, &event, &p);
		changed.dst = an_address("10.9.9.1");
		changed.src = an_address("10.9.9.2");
		say(&ev, &changed, HOST, XLAB_DECIDED, 0, XDP_TX);
		assert_true(ev.seen[0].changed);
		/* which is only looked at where it has changed */
		say(&ev, &p, LB, XLAB_DECIDED, 0, XDP_TX);
		ev.seen[1].left.dst = an_address("10.9.9.3");
		ask.arp_op = ARPOP_REQUEST;
		ask.arp_sender = an_address("10.0.0.77");
		ask.arp_target = an_address(rows[i].asked);
		say(&ev, &ask, ROUTER, XLAB_DECIDED, 0, XDP_DROP);
		s = &ev.seen[ev.n_seen - 1];
		if ((s->relation == RELATION_ROUTER) != rows[i].relevant)
			fail_msg("row %zu", i);
		if (rows[i].relevant)
			assert_true(address_equal(&s->asked, &ask.arp_target));
		/* an answer has it at its other end */
		ask.arp_op = ARPOP_REPLY;
		ask.arp_sender = ask.arp_target;
		ask.arp_target = an_address("10.0.0.77");
		say(&ev, &ask, ROUTER, XLAB_DECIDED, 1, XDP_DROP);
		s = &ev.seen[ev.n_seen - 1];
		if ((s->relation == RELATION_ROUTER) != rows[i].relevant)
			fail_msg("row %zu: its answer", i);
		evidence_clear(&ev);
	}
}

/* Where the kernel has named no source no packet is taken for a question for it. */
static void what_asks_for_nobody(void **state)
{
	struct evidence ev = an_evidence(STEP_UDP);
	struct packet p = a_packet(IPPROTO_UDP);

	(void)state;
	ev.mark.src = (struct address){ 0 };
	p.dst_port = 77;
	say(&ev, &p, HOST, XLAB_DECIDED, 0, XDP_DROP);
	assert_int_equal(ev.seen[0].relation, RELATION_OTHER);
	evidence_clear(&ev);
}

/* An Ethernet frame of type 0x88b5, @c behind it. */
static void frame(struct xlab_event *event, uint8_t c)
{
	memset(event->snap, 0, sizeof(event->snap));
	event->snap[12] = 0x88;
	event->snap[13] = 0xb5;
	event->snap[14] = c;
	event->length = event->snapped = 60;
}

/* What a chain made of a frame is the step's from there on, if it let it go, and if it was. */
static void frames_that_a_chain_changes(void **state)
{
	static const struct {
		uint8_t came, verdict;
		unsigned int known; /* at the next place: as it was sent, and as it left */
	} rows[] = {
		{ 'a', XDP_TX, 3 }, { 'a', XDP_PASS, 3 },    { 'a', XDP_DROP, 1 },
		{ 'o', XDP_TX, 1 }, { 'a', XDP_ABORTED, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_FRAME);
		struct xlab_event event = event_at(chains, HOST, XLAB_CAME);
		struct packet p = { 0 };
		unsigned int known = 0;

		frame(&event, 'a');
		frame_forms_add(&ev.frames, event.snap, 60, 60);
		frame(&event, rows[i].came);
		evidence_add(&ev, &event, &p);
		event.kind = XLAB_DECIDED;
		event.verdict = rows[i].verdict;
		frame(&event, 'z');
		evidence_add(&ev, &event, &p);
		event = event_at(chains, LB, XLAB_DECIDED);
		event.verdict = XDP_REDIRECT;
		for (uint8_t k = 0; k < 2; k++) {
			unsigned int before = ev.told[XDP_REDIRECT];

			frame(&event, k ? 'z' : 'a');
			evidence_add(&ev, &event, &p);
			known += (ev.told[XDP_REDIRECT] - before) << k;
		}
		if (known != rows[i].known)
			fail_msg("row %zu: %u", i, known);
		evidence_clear(&ev);
	}
}

/* Each of several frames counts. */
static void each_frame_counts(void **state)
{
	struct evidence ev = an_evidence(STEP_FRAME);
	struct xlab_event event = event_at(chains, HOST, XLAB_DECIDED);
	struct packet p = { 0 };

	(void)state;
	frame(&event, 'a');
	frame_forms_add(&ev.frames, event.snap, 60, 60);
	event.verdict = XDP_DROP;
	for (int i = 0; i < 3; i++)
		evidence_add(&ev, &event, &p);
	assert_int_equal(ev.drops, 3);
	assert_int_equal(ev.told[XDP_DROP], 3);
	assert_int_equal(ev.left[XDP_DROP]->size, 60);
	event.snapped = UINT16_MAX; /* more than there is */
	evidence_add(&ev, &event, &p);
	assert_int_equal(ev.left[XDP_DROP]->size, XLAB_SNAP);
	evidence_clear(&ev);
}

/* A flood of what the kernel says is kept in part. */
static void what_the_kernel_says(void **state)
{
	struct packet p = a_packet(IPPROTO_UDP);
	struct kernel_drop drop = {
		.netns = "host", .reason = (char *)"NO_SOCKET", .packet = &p, .inner = &p
	};
	struct evidence ev = an_evidence(STEP_UDP);
	size_t n;

	(void)state;
	evidence_add_kernel_drop(&ev, 999, &drop);
	evidence_add_xdp_failure(&ev, 999, HOST, "xdp_bulk_tx", 6);
	assert_int_equal(ev.n_kernel_drops + ev.n_xdp_failures, 0);
	for (int i = 0; i < 10000; i++) {
		evidence_add_kernel_drop(&ev, 1000, &drop);
		evidence_add_xdp_failure(&ev, 1000, H2, "xdp_bulk_tx", 6);
	}
	n = ev.n_kernel_drops;
	assert_in_range(n, 16, 1000);
	assert_int_equal(ev.n_xdp_failures, n);
	assert_string_equal(ev.kernel_drops[n - 1].reason, "NO_SOCKET");
	assert_null(ev.kernel_drops[n - 1].bytes);
	assert_int_equal(ev.kernel_drops[n - 1].inner->dst_port, 8888);
	assert_int_equal(ev.xdp_failures[n - 1].iface, H2);
	assert_int_equal(ev.xdp_failures[n - 1].err, 6);
	evidence_clear(&ev);
}

static void drops(struct evidence *ev, const char *netns, const char *reason,
		  const struct packet *p)
{
	struct kernel_drop drop = { .netns = netns,
				    .reason = (char *)reason,
				    .packet = (struct packet *)p };

	evidence_add_kernel_drop(ev, 2000, &drop);
}

/* What a bridge has flooded dies where nobody waits for it; and ping's socket has its reply first.
 */
static void copies_that_the_kernel_drops(void **state)
{
	static const struct {
		enum step_kind kind;
		bool reply, group, arrival; /* arrival: h2 is to have it */
		const char *netns, *reason;
		bool own;
	} rows[] = {
		{ STEP_UDP, false, false, false, "host", "NO_SOCKET", true },
		{ STEP_UDP, false, false, false, "h2", "NO_SOCKET", false },
		{ STEP_UDP, false, false, true, "h2", "NO_SOCKET", true },
		{ STEP_UDP, false, false, true, "r", "NO_SOCKET", true },
		{ STEP_UDP, false, false, false, "s", "NO_SOCKET", true },
		{ STEP_UDP, false, false, false, "s", "OTHERHOST", false },
		{ STEP_UDP, false, false, false, "r", "OTHERHOST", false },
		{ STEP_UDP, false, false, false, "host", "OTHERHOST", true },
		{ STEP_UDP, false, false, false, "lb", "OTHERHOST", true },
		/* to many: only whoever is to have it can lose it */
		{ STEP_UDP, false, true, true, "h2", "NO_SOCKET", true },
		{ STEP_UDP, false, true, true, "lb", "NO_SOCKET", false },
		{ STEP_UDP, false, true, true, "s", "NO_SOCKET", false },
		{ STEP_UDP, true, true, true, "s", "NO_SOCKET", true },
		{ STEP_UDP, true, true, true, "lb", "NO_SOCKET", true },
		{ STEP_PING, true, false, false, "lb", "NO_SOCKET", false },
		{ STEP_PING, true, false, false, "lb", "QUEUE_PURGE", false },
		{ STEP_PING, true, false, false, "lb", "IP_CSUM", true },
		{ STEP_PING, true, false, false, "host", "NO_SOCKET", true },
		{ STEP_PING, false, false, false, "lb", "NO_SOCKET", true },
		{ STEP_UDP, true, false, false, "lb", "NO_SOCKET", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(rows[i].kind);
		struct packet p = a_packet(rows[i].kind == STEP_PING ? IPPROTO_ICMP : IPPROTO_UDP);
		enum relation relation = rows[i].reply ? RELATION_REPLY : RELATION_REQUEST;

		ev.mark.group = rows[i].group;
		if (rows[i].arrival) {
			ev.arrivals = calloc(1, sizeof(*ev.arrivals));
			ev.arrivals[0].node = H2;
			ev.n_arrivals = 1;
		}
		if (rows[i].reply)
			p = back(p);
		drops(&ev, rows[i].netns, rows[i].reason, &p);
		if (!evidence_kernel_drop(&ev, relation) != !rows[i].own)
			fail_msg("row %zu", i);
		assert_null(evidence_kernel_drop(&ev, rows[i].reply ? RELATION_REQUEST
								    : RELATION_REPLY));
		assert_int_equal(!evidence_arrival(&ev, H2), !rows[i].arrival);
		assert_null(evidence_arrival(&ev, HOST));
		evidence_clear(&ev);
	}
}

/* Of the request's and the reply's the one that says more, or else the request's. */
static void which_drop_tells_most(void **state)
{
	static const struct {
		const char *request, *reply; /* reasons, or NULL */
		enum relation way;
		bool died;
	} rows[] = {
		{ "NO_SOCKET", NULL, RELATION_REQUEST, true },
		{ NULL, "NO_SOCKET", RELATION_REPLY, true },
		{ "NO_SOCKET", "IP_CSUM", RELATION_REQUEST, true },
		{ "OTHERHOST", "NO_SOCKET", RELATION_REPLY, true },
		{ "NO_SOCKET", "OTHERHOST", RELATION_REQUEST, true },
		{ "OTHERHOST", NULL, RELATION_REQUEST, false },
		{ "NOT_SPECIFIED", "OTHERHOST", RELATION_REPLY, false },
		{ "XDP", NULL, RELATION_REQUEST, false },
	};
	struct packet p = a_packet(IPPROTO_UDP), reply = back(p);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_UDP);
		const struct kernel_drop *drop;
		enum relation way;

		if (rows[i].reply)
			drops(&ev, "lb", rows[i].reply, &reply);
		if (rows[i].request)
			drops(&ev, "host", rows[i].request, &p);
		drop = evidence_own_kernel_drop(&ev, &way);
		assert_non_null(drop);
		assert_int_equal(way, rows[i].way);
		assert_string_equal(drop->netns, way == RELATION_REPLY ? "lb" : "host");
		assert_int_equal(evidence_died(&ev), rows[i].died);
		/* of two that tell as much the first */
		if (rows[i].request) {
			drops(&ev, "lb", rows[i].request, &p);
			assert_string_equal(evidence_kernel_drop(&ev, RELATION_REQUEST)->netns,
					    "host");
		}
		evidence_clear(&ev);
	}
}

static void frames_that_the_kernel_drops(void **state)
{
	struct evidence ev = an_evidence(STEP_FRAME);
	struct xlab_event event = event_at(chains, HOST, XLAB_DECIDED);
	struct packet p = { 0 };
	struct kernel_drop drop = { .netns = "host",
				    .reason = (char *)"UNHANDLED_PROTO",
				    .packet = &p,
				    .bytes = event.snap + 14,
				    .size = 46,
				    .type = 0x88b5 };

	(void)state;
	frame(&event, 'a');
	frame_forms_add(&ev.frames, event.snap, 60, 60);
	frame(&event, 'b');
	evidence_add_kernel_drop(&ev, 2000, &drop);
	assert_null(evidence_kernel_drop(&ev, RELATION_REQUEST));
	assert_null(evidence_kernel_drop(&ev, RELATION_REPLY));
	frame(&event, 'a');
	evidence_add_kernel_drop(&ev, 2000, &drop);
	assert_ptr_equal(evidence_kernel_drop(&ev, RELATION_REQUEST), &ev.kernel_drops[1]);
	evidence_clear(&ev);
}

/* The last that it was let go by, if that was elsewhere. */
static void where_it_went(void **state)
{
	static const struct {
		struct {
			enum relation relation;
			enum xlab_event_kind kind;
			uint8_t verdict;
			bool doubtful;
		} seen[2];
		size_t diverted; /* of those seen, or NONE */
		bool any;
	} rows[] = {
		{ { { RELATION_REQUEST, XLAB_DECIDED, XDP_TX, false } }, 0, true },
		{ { { RELATION_REPLY, XLAB_DECIDED, XDP_REDIRECT, false } }, 0, true },
		{ { { RELATION_REQUEST, XLAB_DECIDED, XDP_TX, false },
		    { RELATION_REQUEST, XLAB_DECIDED, XDP_PASS, false } },
		  NONE,
		  true },
		{ { { RELATION_REQUEST, XLAB_DECIDED, XDP_TX, false },
		    { RELATION_REQUEST, XLAB_DECIDED, XDP_DROP, false } },
		  0,
		  true },
		{ { { RELATION_REQUEST, XLAB_DECIDED, XDP_PASS, false },
		    { RELATION_REQUEST, XLAB_DECIDED, XDP_TX, false } },
		  1,
		  true },
		{ { { RELATION_OTHER, XLAB_DECIDED, XDP_TX, false } }, NONE, false },
		{ { { RELATION_NEIGHBOUR, XLAB_DECIDED, XDP_TX, false } }, NONE, false },
		{ { { RELATION_REQUEST, XLAB_DECIDED, XDP_TX, true } }, NONE, true },
		{ { { RELATION_REQUEST, XLAB_WENT_ON, XDP_TX, false } }, NONE, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(STEP_UDP);
		struct sighting seen[2] = { 0 };

		for (size_t k = 0; k < 2; k++) {
			seen[k].relation = rows[i].seen[k].relation;
			seen[k].kind = rows[i].seen[k].kind;
			seen[k].verdict = rows[i].seen[k].verdict;
			seen[k].doubtful = rows[i].seen[k].doubtful;
			seen[k].packets = 1;
			ev.n_seen += rows[i].seen[k].verdict > 0;
		}
		ev.seen = seen;
		assert_ptr_equal(evidence_diverted(&ev),
				 rows[i].diverted == NONE ? NULL : &seen[rows[i].diverted]);
		assert_int_equal(evidence_seen(&ev), rows[i].any);
	}
}

/* Of what goes to several: who has said nothing of a drop of its own. */
static void where_it_was_not_dropped(void **state)
{
	struct arrival arrivals[] = { { .node = HOST }, { .node = H2 } };
	struct sighting seen[] = {
		{ .iface = HOST, .relation = RELATION_REQUEST, .verdict = XDP_DROP },
		{ .iface = H2, .relation = RELATION_REQUEST, .verdict = XDP_DROP },
	};
	struct evidence ev = an_evidence(STEP_UDP);

	(void)state;
	ev.mark.group = true;
	ev.arrivals = arrivals;
	ev.n_arrivals = 2;
	ev.seen = seen;
	ev.n_seen = 2;
	ev.drops = 1;
	for (size_t i = 0; i < 2; i++) {
		seen[i].kind = XLAB_DECIDED;
		seen[i].packets = 1;
	}
	assert_int_equal(evidence_not_dropped(&ev), NONE);
	assert_true(evidence_all_dropped(&ev));
	ev.drops = 0;
	assert_false(evidence_all_dropped(&ev));
	ev.drops = 1;
	seen[1].relation = RELATION_OTHER;
	assert_int_equal(evidence_not_dropped(&ev), H2);
	assert_false(evidence_all_dropped(&ev));
	seen[1].relation = RELATION_REQUEST;
	seen[1].verdict = XDP_PASS;
	assert_int_equal(evidence_not_dropped(&ev), H2);
	seen[1].verdict = XDP_DROP;
	seen[0].undone = 1;
	assert_int_equal(evidence_not_dropped(&ev), HOST);
	ev.mark.group = false;
	assert_int_equal(evidence_not_dropped(&ev), NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_of_how_many),
		cmocka_unit_test(which_words_are_last_ones),
		cmocka_unit_test(whose_words_count),
		cmocka_unit_test(segments_that_come_again),
		cmocka_unit_test(segments_of_two_places),
		cmocka_unit_test(as_what_it_came),
		cmocka_unit_test(others_are_not_told_apart),
		cmocka_unit_test(questions_on_the_way),
		cmocka_unit_test(what_asks_for_nobody),
		cmocka_unit_test(frames_that_a_chain_changes),
		cmocka_unit_test(each_frame_counts),
		cmocka_unit_test(what_the_kernel_says),
		cmocka_unit_test(copies_that_the_kernel_drops),
		cmocka_unit_test(which_drop_tells_most),
		cmocka_unit_test(frames_that_the_kernel_drops),
		cmocka_unit_test(where_it_went),
		cmocka_unit_test(where_it_was_not_dropped),
	};

	return cmocka_run_group_tests_name("evidence", tests, parse, clear);
}
