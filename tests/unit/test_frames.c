// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames of a step: known by their bytes on their way, and what is made of what came out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/model/field.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/evidence_add.h"
#include "orchestrator/scenario/judge.h"
#include "orchestrator/scenario/judge_frame.h"
#include "orchestrator/scenario/step_result.h"

#define ETHER "eth = dst=02:00:00:00:00:02 src=02:00:00:00:00:01\n"

static const char text[] = "[node a]\n[node b]\n"
			   "[iface a:e]\npeer = b:e\n[iface b:e]\npeer = a:e\n"
			   "[filter f]\nprogram = tx\n[filter g]\nprogram = drop\n"
			   "[packet syn]\n" ETHER "ip = src=10.0.0.1 dst=10.0.0.2 ttl=64\n"
			   "tcp = srcport=40000 dstport=80 flags=S\n"
			   "[packet hop]\n"
			   "eth = dst=02:00:00:00:00:09 src=02:00:00:00:00:08\n"
			   "ip = src=10.0.0.1 dst=10.0.0.2 ttl=63\n"
			   "tcp = srcport=40000 dstport=80 flags=S\n"
			   "[packet tagged]\n" ETHER "vlan = id=7\n"
			   "ip = src=10.0.0.1 dst=10.0.0.2 ttl=64\n"
			   "tcp = srcport=40000 dstport=80 flags=S\n"
			   "[packet other]\n" ETHER "ip = src=10.0.0.1 dst=10.0.0.2 ttl=64\n"
			   "tcp = srcport=40001 dstport=80 flags=S\n"
			   "[packet data]\n" ETHER "ip = src=10.0.0.1 dst=10.0.0.2 ttl=64\n"
			   "tcp = srcport=40000 dstport=80 flags=S\ndata = \"x\"\n"
			   "[packet odd]\neth = type=0x88b5\n"
			   "[packet six]\n" ETHER "ipv6 = hlim=7\n"
			   "[packet six-hop]\n" ETHER "ipv6 = hlim=6\n"
			   "[packet long]\n" ETHER "ip = src=10.0.0.1 dst=10.0.0.2\n"
			   "udp = dstport=80\ndata = zero:400\n"
			   "[packet long-end]\n" ETHER "ip = src=10.0.0.1 dst=10.0.0.2\n"
			   "udp = dstport=80 checksum=0x6b2f\ndata = zero:399\ndata = hex:01\n";

static struct labfile labfile;
static struct chain_record chains[2];
static char *filters[] = { (char *)"f", (char *)"g" };

#define IFACE_B 1

static const struct packet_config *packet(const char *name)
{
	size_t i = labfile_packet(&labfile, name);

	assert_int_not_equal(i, NONE);
	return &labfile.packets[i];
}

static bool is(const char *sent, const char *seen)
{
	const struct packet_config *a = packet(sent), *b = packet(seen);
	struct frame_forms forms = { 0 };
	bool known;

	frame_forms_add(&forms, a->bytes, a->size, a->size);
	known = frame_forms_know(&forms, b->bytes, b->size < 128 ? b->size : 128, b->size);
	frame_forms_clear(&forms);
	return known;
}

static void known_but_for_what_changes_on_the_way(void **state)
{
	(void)state;
	assert_true(is("syn", "syn"));
	assert_true(is("syn", "hop"));
	assert_true(is("syn", "tagged"));
	assert_true(is("tagged", "hop"));
	assert_true(is("six", "six-hop"));
	assert_true(is("odd", "odd"));
	assert_true(is("long", "long"));
	assert_false(is("syn", "other"));
	assert_false(is("syn", "data"));
	assert_false(is("syn", "odd"));
	assert_false(is("six", "syn"));
}

static void known_from_the_network_header_on(void **state)
{
	const struct packet_config *syn = packet("syn"), *hop = packet("hop");
	const struct packet_config *other = packet("other"), *tagged = packet("tagged");
	struct frame_forms forms = { 0 };

	(void)state;
	frame_forms_add(&forms, tagged->bytes, tagged->size, tagged->size);
	assert_true(frame_forms_know_network(&forms, syn->bytes + 14, syn->size - 14, 0x0800));
	assert_true(frame_forms_know_network(&forms, hop->bytes + 14, 30, 0x0800));
	assert_false(frame_forms_know_network(&forms, syn->bytes + 14, syn->size - 14, 0x86dd));
	assert_false(frame_forms_know_network(&forms, other->bytes + 14, other->size - 14, 0x0800));
	frame_forms_clear(&forms);
}

/* What is too short is none; each once; and of a flood a part. */
static void forms_are_few(void **state)
{
	const struct packet_config *syn = packet("syn");
	struct frame_forms forms = { 0 };
	uint8_t bytes[60];

	(void)state;
	memcpy(bytes, syn->bytes, syn->size);
	frame_forms_add(&forms, bytes, 10, 10);
	frame_forms_add(&forms, bytes, syn->size, 13);
	assert_int_equal(forms.n, 0);
	frame_forms_add(&forms, bytes, syn->size, syn->size);
	frame_forms_add(&forms, bytes, syn->size, syn->size);
	assert_int_equal(forms.n, 1);
	for (unsigned int i = 0; i < 1000; i++) {
		bytes[30] = (uint8_t)i;
		bytes[31] = (uint8_t)(i >> 8);
		frame_forms_add(&forms, bytes, syn->size, syn->size);
	}
	assert_in_range(forms.n, 8, 500);
	frame_forms_clear(&forms);
}

static struct step a_step(enum step_kind kind, enum step_expect expect)
{
	return (struct step){ .kind = kind,
			      .expect = expect,
			      .src = 0,
			      .dst = NONE,
			      .owner = NONE,
			      .zone = NONE,
			      .from = 0,
			      .packet = labfile_packet(&labfile, "syn"),
			      .as = NONE,
			      .by = NONE,
			      .at = kind == STEP_GIVE ? IFACE_B : NONE,
			      .count = 1 };
}

static struct evidence an_evidence(const char *sent)
{
	const struct packet_config *p = packet(sent);
	struct evidence ev = { .topo = &labfile.topo,
			       .chains = chains,
			       .mark = { .kind = STEP_FRAME, .src_node = 0, .dst_node = 1 },
			       .wanted = 1,
			       .server_bound = true,
			       .looked_at = xstrdup("b:e") };

	frame_forms_add(&ev.frames, p->bytes, p->size, p->size);
	return ev;
}

static void add(struct evidence *ev, const struct packet_config *p, enum xlab_event_kind kind,
		uint16_t position, uint8_t verdict)
{
	struct xlab_event event = { .time_ns = 1,
				    .length = (uint32_t)p->size,
				    .gen = 1,
				    .iface = IFACE_B,
				    .position = position,
				    .kind = kind,
				    .verdict = verdict };
	struct packet read;

	event.snapped = p->size < XLAB_SNAP ? (uint16_t)p->size : XLAB_SNAP;
	memcpy(event.snap, p->bytes, event.snapped);
	packet_read(event.snap, event.snapped, &read);
	evidence_add(ev, &event, &read);
}

static void came_out(struct evidence *ev, const char *name)
{
	free(ev->came_out);
	ev->came_out = xmemdup(packet(name)->bytes, packet(name)->size);
	ev->came_size = packet(name)->size;
}

static void check(struct step_result *result, struct evidence *ev, enum outcome outcome,
		  const char *why, const char *details)
{
	assert_string_equal(result->why, why);
	assert_int_equal(result->outcome, outcome);
	if (details)
		assert_string_equal(result->details, details);
	step_result_clear(result);
	evidence_clear(ev);
}

/* What a chain makes of it is known behind the chain, and in front of it not. */
static void chains_make_forms(void **state)
{
	struct evidence ev = an_evidence("syn");

	(void)state;
	add(&ev, packet("other"), XLAB_CAME, 0, XLAB_NEXT);
	add(&ev, packet("other"), XLAB_DECIDED, 0, XDP_TX);
	assert_int_equal(ev.told[XDP_TX], 0);
	add(&ev, packet("hop"), XLAB_CAME, 0, XLAB_NEXT);
	add(&ev, packet("other"), XLAB_DECIDED, 0, XDP_TX);
	assert_int_equal(ev.told[XDP_TX], 1);
	add(&ev, packet("other"), XLAB_DECIDED, 1, XDP_DROP);
	assert_int_equal(ev.drops, 1);
	add(&ev, packet("syn"), XLAB_DECIDED, 1, XDP_DROP);
	assert_int_equal(ev.drops, 2);
	evidence_clear(&ev);
}

static void arrivals_and_drops(void **state)
{
	struct step step = a_step(STEP_FRAME, EXPECT_PASS);
	struct evidence ev = an_evidence("syn");
	struct step_result r = { 0 };

	(void)state;
	ev.arrived = 1;
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_OK, "arrived at b:e", NULL);

	/* `at` is where it arrives, and needs no chain */
	ev = an_evidence("syn");
	step.at = IFACE_B;
	ev.arrived = 1;
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_OK, "arrived at b:e", NULL);

	ev = an_evidence("syn");
	add(&ev, packet("syn"), XLAB_DECIDED, 1, XDP_DROP);
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_NOT_OK, "dropped by g at b:e", NULL);

	step = a_step(STEP_FRAME, EXPECT_DROP);
	step.count = 2;
	ev = an_evidence("syn");
	ev.wanted = 2;
	add(&ev, packet("syn"), XLAB_DECIDED, 1, XDP_DROP);
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_INCONCLUSIVE,
	      "1 of 2 dropped by g at b:e; of the others nobody says so", NULL);

	ev = an_evidence("syn");
	judge_traffic(&labfile, &step, &ev, &r);
	assert_int_equal(r.outcome, OUTCOME_INCONCLUSIVE);
	step_result_clear(&r);
	evidence_clear(&ev);
}

static void what_came_out(void **state)
{
	struct step step = a_step(STEP_FRAME, EXPECT_PASS);
	bool except[XLAB_FIELDS] = { [XLAB_FIELD_ETH_DST] = true, [XLAB_FIELD_ETH_SRC] = true };
	struct evidence ev = an_evidence("syn");
	struct step_result r = { 0 };

	(void)state;
	step.as = labfile_packet(&labfile, "syn");
	step.except = except;
	ev.arrived = 1;
	came_out(&ev, "hop");
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_NOT_OK, "arrived at b:e, but it came out different from syn",
	      "field        expected  came\n"
	      "ip.ttl       64        63\n"
	      "ip.checksum  0x66ce    0x67ce");

	except[XLAB_FIELD_IP_TTL] = except[XLAB_FIELD_IP_CHECKSUM] = true;
	ev = an_evidence("syn");
	ev.arrived = 1;
	came_out(&ev, "hop");
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_OK, "arrived at b:e, as syn", NULL);
}

/* Of what a chain sent back it tells the first bytes: the rest is known only if it was seen. */
static void what_was_sent_back(void **state)
{
	struct step step = a_step(STEP_FRAME, EXPECT_TX);
	struct evidence ev = an_evidence("syn");
	struct step_result r = { 0 };

	(void)state;
	step.as = labfile_packet(&labfile, "syn");
	add(&ev, packet("syn"), XLAB_DECIDED, 0, XDP_TX);
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_OK, "sent back (tx) by f at b:e, as syn", NULL);

	step.as = labfile_packet(&labfile, "other");
	ev = an_evidence("syn");
	add(&ev, packet("syn"), XLAB_DECIDED, 0, XDP_TX);
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_NOT_OK,
	      "sent back (tx) by f at b:e, but it came out different from other",
	      "field         expected  came\n"
	      "tcp.srcport   40001     40000\n"
	      "tcp.checksum  0xff4e    0xff4f");

	step.as = labfile_packet(&labfile, "long-end");
	ev = an_evidence("long");
	add(&ev, packet("long"), XLAB_DECIDED, 0, XDP_TX);
	judge_traffic(&labfile, &step, &ev, &r);
	assert_int_equal(r.outcome, OUTCOME_NOT_OK); /* its checksum */
	step_result_clear(&r);
	step.as = labfile_packet(&labfile, "long");
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_INCONCLUSIVE,
	      "sent back (tx) by f at b:e, as long in its first 128 bytes; of the other 314 nobody "
	      "tells",
	      NULL);
	ev = an_evidence("long");
	add(&ev, packet("long"), XLAB_DECIDED, 0, XDP_TX);
	came_out(&ev, "long");
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_OK, "sent back (tx) by f at b:e, as long", NULL);

	step.as = labfile_packet(&labfile, "syn");
	ev = an_evidence("long");
	add(&ev, packet("long"), XLAB_DECIDED, 0, XDP_TX);
	judge_traffic(&labfile, &step, &ev, &r);
	check(&r, &ev, OUTCOME_NOT_OK,
	      "sent back (tx) by f at b:e, but it came out different from syn",
	      "it has 442 bytes, not 54");
}

static void what_was_given(void **state)
{
	struct step step = a_step(STEP_GIVE, EXPECT_TX);
	struct evidence ev = an_evidence("syn");
	struct step_result r = { 0 };

	(void)state;
	add(&ev, packet("syn"), XLAB_DECIDED, 0, XDP_TX);
	judge_give(&labfile, &step, &ev, XDP_TX, &r);
	check(&r, &ev, OUTCOME_OK, "sent back (tx) by f at b:e", NULL);

	step.by = labfile_filter(&labfile, "g");
	ev = an_evidence("syn");
	add(&ev, packet("syn"), XLAB_DECIDED, 0, XDP_TX);
	judge_give(&labfile, &step, &ev, XDP_TX, &r);
	check(&r, &ev, OUTCOME_NOT_OK, "sent back (tx) by f at b:e; expected by g", NULL);

	ev = an_evidence("syn");
	judge_give(&labfile, &step, &ev, XDP_TX, &r);
	assert_int_equal(r.outcome, OUTCOME_INCONCLUSIVE);
	step_result_clear(&r);
	judge_give(&labfile, &step, &ev, XDP_PASS, &r);
	check(&r, &ev, OUTCOME_NOT_OK, "pass at b:e; expected tx by g", NULL);

	ev = an_evidence("syn");
	judge_give(&labfile, &step, &ev, 77, &r);
	check(&r, &ev, OUTCOME_NOT_OK, "77, which is no verdict, at b:e; expected tx by g", NULL);

	step.by = NONE;
	step.as = labfile_packet(&labfile, "syn");
	ev = an_evidence("syn");
	came_out(&ev, "other");
	judge_give(&labfile, &step, &ev, XDP_TX, &r);
	check(&r, &ev, OUTCOME_NOT_OK, "tx at b:e, but it came out different from syn", NULL);

	/* as what it came out is asked where the rest is right; and what is not told is not known
	 */
	ev = an_evidence("syn");
	came_out(&ev, "other");
	judge_give(&labfile, &step, &ev, XDP_REDIRECT, &r);
	assert_non_null(r.details);
	check(&r, &ev, OUTCOME_NOT_OK, "redirect at b:e; expected tx", NULL);
	ev = an_evidence("syn");
	judge_give(&labfile, &step, &ev, XDP_TX, &r);
	assert_non_null(r.details);
	check(&r, &ev, OUTCOME_INCONCLUSIVE, "tx at b:e, but no chain tells what came out", NULL);

	/* the chain's last word on what was given, and no other */
	step.as = NONE;
	ev = an_evidence("syn");
	add(&ev, packet("syn"), XLAB_WENT_ON, 0, XDP_TX);
	ev.seen[0].verdict = XDP_TX;
	judge_give(&labfile, &step, &ev, XDP_TX, &r);
	assert_null(r.details);
	check(&r, &ev, OUTCOME_OK, "tx at b:e", NULL);
	ev = an_evidence("syn");
	add(&ev, packet("other"), XLAB_DECIDED, 0, XDP_TX);
	judge_give(&labfile, &step, &ev, XDP_TX, &r);
	check(&r, &ev, OUTCOME_OK, "tx at b:e", NULL);
	ev = an_evidence("syn");
	add(&ev, packet("syn"), XLAB_DECIDED, 0, XDP_TX);
	ev.seen[0].iface = !step.at;
	judge_give(&labfile, &step, &ev, XDP_TX, &r);
	check(&r, &ev, OUTCOME_OK, "tx at b:e", NULL);
	step.expect = EXPECT_ABORTED;
	ev = an_evidence("syn");
	judge_give(&labfile, &step, &ev, XDP_ABORTED, &r);
	check(&r, &ev, OUTCOME_OK, "aborted at b:e", NULL);
	step.expect = EXPECT_PASS;
	step.by = labfile_filter(&labfile, "g");
	ev = an_evidence("syn");
	add(&ev, packet("syn"), XLAB_DECIDED, 2, XDP_PASS);
	judge_give(&labfile, &step, &ev, XDP_PASS, &r);
	check(&r, &ev, OUTCOME_NOT_OK,
	      "let through at b:e, where no filter had an opinion; expected by g", NULL);
}

static int read_lab(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++)
		chains[i] = (struct chain_record){ .gen = 1, .filters = filters, .n_filters = 2 };
	return labfile_parse(&labfile, "f.ini", "/", text, strlen(text), &e);
}

static int forget_lab(void **state)
{
	(void)state;
	labfile_clear(&labfile);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_but_for_what_changes_on_the_way),
		cmocka_unit_test(known_from_the_network_header_on),
		cmocka_unit_test(forms_are_few),
		cmocka_unit_test(chains_make_forms),
		cmocka_unit_test(arrivals_and_drops),
		cmocka_unit_test(what_came_out),
		cmocka_unit_test(what_was_sent_back),
		cmocka_unit_test(what_was_given),
	};

	return cmocka_run_group_tests(tests, read_lab, forget_lab);
}
