// SPDX-License-Identifier: GPL-2.0-or-later
/* What chains and kernel say becomes evidence, or lines that are shown. What they say is given
 * here.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/event/drop_trace.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/evidence_add.h"
#include "orchestrator/scenario/witness.h"
#include "tests/unit/wrap.h"

static struct xlab_event events[2];
static size_t n_events;
static int answer;

WRAP(int, listener_consume, struct listener *l,
     int (*fn)(void *cookie, const struct xlab_event *event), void *cookie)
{
	assert_string_equal((const char *)l, "listener");
	for (size_t i = 0; i < n_events; i++)
		assert_int_equal(fn(cookie, &events[i]), 0);
	return answer;
}

WRAP(uint64_t, listener_lost, const struct listener *l)
{
	(void)l;
	return 3;
}

static struct drop_trace_event drops[2];
static size_t n_drops;

WRAP(void, drop_trace_consume, struct drop_trace *t, drop_trace_fn fn, void *cookie)
{
	assert_string_equal((const char *)t, "drops");
	for (size_t i = 0; i < n_drops; i++)
		fn(cookie, &drops[i]);
}

WRAP(const char *, drop_trace_netns, const struct drop_trace *t,
     const struct drop_trace_event *event)
{
	(void)t;
	(void)event;
	return "h";
}

WRAP(size_t, drop_trace_iface, const struct drop_trace *t, const struct drop_trace_event *event)
{
	(void)t;
	return event->ifindex;
}

WRAP(const char *, drop_trace_reason, const struct drop_trace *t,
     const struct drop_trace_event *event)
{
	(void)t;
	(void)event;
	return "SOME_REASON";
}

static bool too_long;

WRAP(bool, drop_trace_too_long, const struct drop_trace *t, const struct drop_trace_event *event,
     struct drop_trace_limit *limit)
{
	(void)t;
	(void)event;
	*limit = (struct drop_trace_limit){ 5, "br", "p0", 1600, 1500 };
	return too_long;
}

static bool on_the_way;

WRAP(bool, evidence_on_the_way, const struct evidence *ev, size_t iface)
{
	(void)ev;
	assert_int_equal(iface, 5);
	return on_the_way;
}

/* What became evidence, a line each. */
static char *added;

WRAP(void, evidence_add, struct evidence *ev, const struct xlab_event *event,
     const struct packet *p)
{
	(void)ev;
	text_add(&added, "\n", "event at %u of type %x", event->iface, p->type);
}

WRAP(void, evidence_add_kernel_drop, struct evidence *ev, uint64_t time_ns,
     const struct kernel_drop *drop)
{
	(void)ev;
	assert_int_equal(time_ns, 77);
	text_add(&added, "\n", "drop at %s for %s: %s%s, %zu bytes of type %x", drop->netns,
		 drop->reason, drop->packet->has_ip ? "IP" : "none", drop->inner ? " in IP" : "",
		 drop->size, drop->type);
}

WRAP(void, evidence_add_xdp_failure, struct evidence *ev, uint64_t time_ns, size_t iface,
     const char *tracepoint, int err)
{
	(void)ev;
	assert_int_equal(time_ns, 77);
	text_add(&added, "\n", "%s at %zu: %d", tracepoint, iface, err);
}

static void is(size_t row, const char *expected)
{
	if (!added != !expected || (added && strcmp(added, expected) != 0))
		fail_msg("row %zu: %s", row, added ? added : "nothing");
	free(steal_pointer(&added));
}

static struct witness a_witness(void)
{
	n_events = n_drops = 0;
	answer = 0;
	too_long = on_the_way = false;
	return (struct witness){ .listener = (struct listener *)"listener",
				 .drops = (struct drop_trace *)"drops" };
}

static struct xlab_event an_event(uint16_t iface, enum xlab_event_kind kind)
{
	struct xlab_event event = { .iface = iface, .kind = (uint8_t)kind, .snapped = 14 };

	event.snap[12] = 0x88;
	event.snap[13] = 0xb5;
	return event;
}

/* hello and headers show lines, by interface; all else is evidence. */
static void what_chains_say(void **state)
{
	struct witness w = a_witness();
	struct error ERROR_AUTO e = ERROR_INIT;
	struct evidence ev = { 0 };
	const char **lines;
	size_t n;

	(void)state;
	events[0] = an_event(1, XLAB_HELLO);
	events[1] = an_event(2, XLAB_HEADERS);
	n_events = 2;
	assert_int_equal(witness_consume(&w, &ev, &e), 0);
	is(0, NULL);
	assert_int_equal(ev.lost, 3);
	lines = witness_shown(&w, 1, &n);
	assert_int_equal(n, 1);
	assert_string_equal(lines[0], "received a packet");
	free(lines);
	lines = witness_shown(&w, 2, &n);
	assert_true(n > 0);
	assert_non_null(strstr(lines[0], "0x88b5"));
	free(lines);
	lines = witness_shown(&w, 0, &n);
	assert_int_equal(n, 0);
	free(lines);
	witness_forget(&w);
	lines = witness_shown(&w, 1, &n);
	assert_int_equal(n, 0);
	free(lines);
	events[0] = an_event(3, XLAB_DECIDED);
	events[1] = an_event(4, XLAB_DECIDED);
	events[1].snapped = 13; /* half of a type */
	assert_int_equal(witness_consume(&w, &ev, &e), 0);
	is(1, "event at 3 of type 88b5\nevent at 4 of type 0");
	/* no more than there is room for, whatever it says */
	events[0].snapped = 65535;
	n_events = 1;
	assert_int_equal(witness_consume(&w, &ev, &e), 0);
	is(2, "event at 3 of type 88b5");
	answer = -EIO;
	assert_int_equal(witness_consume(&w, &ev, &e), -EIO);
	assert_string_equal(e.text, "cannot read what the chains say: Input/output error");
	is(3, "event at 3 of type 88b5");
	/* where nobody listens the kernel is heard all the same */
	w.listener = NULL;
	error_clear(&e);
	drops[0] = (struct drop_trace_event){
		.kind = DROP_TRACE_XDP_BULK_TX, .code = -ENOSPC, .time_ns = 77, .ifindex = 2
	};
	n_drops = 1;
	assert_int_equal(witness_consume(&w, &ev, &e), 0);
	is(4, "xdp_bulk_tx at 2: 28");
	w.drops = NULL;
	assert_int_equal(witness_consume(&w, &ev, &e), 0);
	is(5, NULL);
	witness_forget(&w);
}

/* Of a step that shows and shows the first lines are kept. */
static void many_lines(void **state)
{
	struct witness w = a_witness();
	struct error ERROR_AUTO e = ERROR_INIT;
	struct evidence ev = { 0 };
	const char **lines;
	size_t n;

	(void)state;
	w.drops = NULL;
	events[0] = an_event(1, XLAB_HELLO);
	n_events = 1;
	for (int i = 0; i < 4097; i++) {
		assert_int_equal(witness_consume(&w, &ev, &e), 0);
		if (i == 4094) {
			lines = witness_shown(&w, 1, &n);
			assert_int_equal(n, 4095);
			free(lines);
		}
	}
	lines = witness_shown(&w, 1, &n);
	assert_int_equal(n, 4096);
	free(lines);
	witness_forget(&w);
}

static const uint8_t v4[20] = {
	0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
};
static const uint8_t group[20] = { 0x45, 0, 0,	20, 0, 0, 0,   0, 64, 17,
				   0,	 0, 10, 0,  0, 1, 224, 0, 0,  9 };
static const uint8_t tunnel[40] = { 0x45, 0,  0,  40, 0,  0, 0,	   0, 64, 4,  0, 0, 10, 0,
				    0,	  1,  10, 0,  0,  2, 0x45, 0, 0,  20, 0, 0, 0,	0,
				    64,	  17, 0,  0,  10, 0, 0,	   3, 10, 0,  0, 4 };

static void what_the_kernel_says(void **state)
{
	static const char long_text[] = "drop at h for 1600 bytes are more than the MTU of br:p0, "
					"which is 1500: IP, 20 bytes of type 800";
	static const char plain[] = "drop at h for SOME_REASON: IP, 20 bytes of type 800";
	static const struct {
		enum drop_trace_kind kind;
		int code;
		const uint8_t *bytes;
		uint8_t size;
		bool too_long, on_the_way, to_group, frame;
		const char *added;
	} rows[] = {
		{ DROP_TRACE_KFREE_SKB, 0, v4, 20, false, false, false, false, plain },
		{ DROP_TRACE_KFREE_SKB, 0, v4, 20, true, true, false, false, long_text },
		{ DROP_TRACE_KFREE_SKB, 0, v4, 20, false, true, false, false, plain },
		{ DROP_TRACE_KFREE_SKB, 0, v4, 20, true, false, false, false, plain },
		/* what goes to a group is mostly no step's: an MTU is asked for where it may be */
		{ DROP_TRACE_KFREE_SKB, 0, group, 20, true, true, false, false, plain },
		{ DROP_TRACE_KFREE_SKB, 0, group, 20, true, true, true, false, long_text },
		{ DROP_TRACE_KFREE_SKB, 0, group, 20, true, true, false, true, long_text },
		{ DROP_TRACE_KFREE_SKB, 0, v4, 3, true, true, false, false,
		  "drop at h for 1600 bytes are more than the MTU of br:p0, which is 1500: none, "
		  "3 bytes of type 800" },
		{ DROP_TRACE_KFREE_SKB, 0, tunnel, 40, false, false, false, false,
		  "drop at h for SOME_REASON: IP in IP, 40 bytes of type 800" },
		/* that a filter aborted, or dropped, a chain says itself */
		{ DROP_TRACE_XDP_EXCEPTION, XDP_TX, v4, 0, false, false, false, false,
		  "xdp_exception at 5: 75" },
		{ DROP_TRACE_XDP_EXCEPTION, XDP_REDIRECT, v4, 0, false, false, false, false,
		  "xdp_exception at 5: 75" },
		{ DROP_TRACE_XDP_EXCEPTION, XDP_ABORTED, v4, 0, false, false, false, false, NULL },
		{ DROP_TRACE_XDP_EXCEPTION, XDP_PASS, v4, 0, false, false, false, false, NULL },
		{ DROP_TRACE_XDP_REDIRECT_ERR, -ENETDOWN, v4, 0, false, false, false, false,
		  "xdp_redirect_err at 5: 100" },
		{ DROP_TRACE_XDP_DEVMAP_XMIT, 6, v4, 0, false, false, false, false,
		  "xdp_devmap_xmit at 5: 6" },
		{ DROP_TRACE_XDP_DEVMAP_XMIT, 0, v4, 0, false, false, false, false,
		  "xdp_devmap_xmit at 5: 0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct witness w = a_witness();
		struct error ERROR_AUTO e = ERROR_INIT;
		struct evidence ev = { .mark.group = rows[i].to_group, .frames.n = rows[i].frame };

		w.listener = NULL;
		drops[0] = (struct drop_trace_event){ .kind = (uint8_t)rows[i].kind,
						      .code = rows[i].code,
						      .time_ns = 77,
						      .ifindex = 5,
						      .protocol = ETH_P_IP,
						      .snapped = rows[i].size };
		memcpy(drops[0].snap, rows[i].bytes, rows[i].size);
		n_drops = 1;
		too_long = rows[i].too_long;
		on_the_way = rows[i].on_the_way;
		assert_int_equal(witness_consume(&w, &ev, &e), 0);
		is(i, rows[i].added);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_chains_say),
		cmocka_unit_test(many_lines),
		cmocka_unit_test(what_the_kernel_says),
	};

	return cmocka_run_group_tests_name("witness", tests, NULL, NULL);
}
