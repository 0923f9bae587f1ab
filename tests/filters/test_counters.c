// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters that count for themselves, and what listeners are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

static struct rule p8888 = SPAN(DST, 8888, 8888);

static const struct filter drops_8888 = {
	.name = "f", .program = PROGRAM_PORT, .action = XDP_DROP, .rules = &p8888, .n_rules = 1
};

#define GOES_ON(verdict) (1U << (verdict))

/* All that the counters have counted, to show that nothing is counted elsewhere. */
static uint64_t counted_in_all(const struct subject *s)
{
	uint64_t sum = 0;

	for (uint32_t gen = 0; gen < 2; gen++)
		for (uint32_t position = 0; position <= XLAB_CHAIN_MAX; position++)
			for (uint32_t action = 0; action < XLAB_ACTIONS; action++)
				sum += counters_get(&s->counters, gen, position, action).packets;
	return sum;
}

/* Ring buffers of listeners 0 and 5, say. */
struct ring {
	int fd;
	struct ring_buffer *ring;
	struct xlab_event events[16];
	size_t n;
};

static int keep_event(void *cookie, void *data, size_t size)
{
	struct ring *ring = cookie;

	assert_int_equal(size, sizeof(struct xlab_event));
	assert_true(ring->n < ARRAY_SIZE(ring->events));
	memcpy(&ring->events[ring->n++], data, size);
	return 0;
}

static void listen_to(struct subject *s, struct ring *ring, uint32_t number, uint32_t bytes)
{
	int event_rings = bpf_object__find_map_fd_by_name(s->obj, "event_rings");

	*ring = (struct ring){ .fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "event_ring", 0, 0, bytes,
						    NULL) };
	assert_true(ring->fd >= 0);
	ring->ring = ring_buffer__new(ring->fd, keep_event, ring, NULL);
	assert_non_null(ring->ring);
	assert_int_equal(bpf_map_update_elem(event_rings, &number, &ring->fd, BPF_ANY), 0);
	counters_subscribe(&s->counters, number);
}

static size_t consumed(struct ring *ring)
{
	ring_buffer__consume(ring->ring);
	return ring->n;
}

static void stop_listening(struct ring *ring)
{
	ring_buffer__free(ring->ring);
	close(ring->fd);
}

static void a_stop_is_counted_where_it_was(void **state)
{
	const struct xlab_config config = { .position = 3,
					    .length = 5,
					    .gen = 7,
					    .continues = GOES_ON(XLAB_NEXT),
					    .keeps_counters = 1 };
	struct frame stop = frame_udp(1, 8888, 0), on = frame_udp(1, 8000, 0);
	struct subject s;

	(void)state;
	subject_load(&s, &drops_8888, &config);
	assert_int_equal(subject_run(&s, stop.bytes, stop.len), XDP_DROP);
	assert_int_equal(subject_run(&s, stop.bytes, 100), XDP_DROP);
	assert_int_equal(subject_run(&s, on.bytes, on.len), XLAB_NEXT);
	assert_int_equal(counters_get(&s.counters, 1, 3, XDP_DROP).packets, 2);
	assert_int_equal(counters_get(&s.counters, 1, 3, XDP_DROP).bytes, 228);
	assert_int_equal(counted_in_all(&s), 2); /* what went on is counted where it stops */
	subject_free(&s);
}

static void the_last_one_counts_the_end(void **state)
{
	const struct xlab_config config = {
		.position = 4, .length = 5, .continues = GOES_ON(XLAB_NEXT), .keeps_counters = 1
	};
	struct frame on = frame_udp(1, 8000, 0);
	struct subject s;

	(void)state;
	subject_load(&s, &drops_8888, &config);
	assert_int_equal(subject_run(&s, on.bytes, on.len), XLAB_NEXT);
	assert_int_equal(counters_get(&s.counters, 0, 5, XDP_PASS).packets, 1);
	assert_int_equal(counted_in_all(&s), 1);
	subject_free(&s);
}

/* The last filter says DROP, yet goes on after it: noted here, and passed at the end. */
static void going_on_after_a_drop(void **state)
{
	const struct xlab_config config = { .position = 4,
					    .length = 5,
					    .continues = GOES_ON(XLAB_NEXT) | GOES_ON(XDP_DROP),
					    .keeps_counters = 1 };
	struct frame f = frame_udp(1, 8888, 0);
	struct subject s;
	struct ring ring;

	(void)state;
	subject_load(&s, &drops_8888, &config);
	listen_to(&s, &ring, 0, XLAB_LISTENER_BYTES);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(counters_get(&s.counters, 0, 4, XDP_DROP).packets, 1);
	assert_int_equal(counters_get(&s.counters, 0, 5, XDP_PASS).packets, 1);
	assert_int_equal(consumed(&ring), 2);
	assert_int_equal(ring.events[0].kind, XLAB_WENT_ON);
	assert_int_equal(ring.events[0].verdict, XDP_DROP);
	assert_int_equal(ring.events[1].kind, XLAB_DECIDED);
	assert_int_equal(ring.events[1].position, 5);
	assert_int_equal(ring.events[1].verdict, XDP_PASS);
	stop_listening(&ring);
	subject_free(&s);
}

/* A PASS is an accept, or, with `continue = pass`, a word that is noted; no opinion is neither. */
static void a_pass_is_no_silence(void **state)
{
	struct xlab_config config = { .length = 2,
				      .continues = GOES_ON(XLAB_NEXT),
				      .keeps_counters = 1 };
	const struct filter passes = { .name = "f", .program = PROGRAM_PASS };
	struct frame f = frame_udp(1, 8000, 0);
	struct subject s;
	struct ring ring;

	(void)state;
	for (size_t goes_on = 0; goes_on < 2; goes_on++) {
		config.continues |= (uint32_t)goes_on << XDP_PASS;
		subject_load(&s, &passes, &config);
		listen_to(&s, &ring, 0, XLAB_LISTENER_BYTES);
		assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_PASS);
		assert_int_equal(counters_get(&s.counters, 0, 0, XDP_PASS).packets, 1);
		assert_int_equal(counted_in_all(&s), 1);
		assert_int_equal(consumed(&ring), 1);
		assert_int_equal(ring.events[0].kind, goes_on ? XLAB_WENT_ON : XLAB_DECIDED);
		assert_int_equal(ring.events[0].verdict, XDP_PASS);
		stop_listening(&ring);
		subject_free(&s);
	}
}

/* Where another filter does not count, what is silent otherwise is counted, apart from PASS. */
static void silent_verdicts_are_kept_if_asked(void **state)
{
	const struct xlab_config config = { .length = 2,
					    .continues = GOES_ON(XLAB_NEXT) | GOES_ON(XDP_PASS),
					    .keeps_counters = XLAB_KEEPS_SILENT };
	struct frame on = frame_udp(1, 8000, 0), pass = frame_udp(1, 8888, 0);
	struct filter filter = drops_8888;
	struct subject s;
	struct ring ring;

	(void)state;
	filter.action = XDP_PASS;
	subject_load(&s, &filter, &config);
	listen_to(&s, &ring, 0, XLAB_LISTENER_BYTES);
	assert_int_equal(subject_run(&s, on.bytes, on.len), XLAB_NEXT);
	assert_int_equal(subject_run(&s, on.bytes, on.len), XLAB_NEXT);
	assert_int_equal(subject_run(&s, pass.bytes, pass.len), XDP_PASS);
	assert_int_equal(counters_get(&s.counters, 0, 0, XLAB_SLOT_NEXT).packets, 2);
	assert_int_equal(counters_get(&s.counters, 0, 0, XDP_PASS).packets, 1);
	assert_int_equal(counted_in_all(&s), 3);
	assert_int_equal(consumed(&ring), 1); /* counted and not told */
	stop_listening(&ring);
	subject_free(&s);
}

/* The first filter tells how a packet came, before anything changes it; only if it is to, and only
 * if somebody listens.
 */
static void the_first_tells_how_it_came(void **state)
{
	struct xlab_config config = { .length = 1, .tells_came = 1, .gen = 4, .keeps_counters = 1 };
	const struct filter tx = { .name = "f", .program = PROGRAM_TX, .action = XDP_TX };
	struct frame f = frame_udp(1, 8000, 0);
	struct subject s;
	struct ring ring;

	(void)state;
	for (uint32_t tells = 0; tells < 2; tells++) {
		config.tells_came = tells;
		subject_load(&s, &tx, &config);
		assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_TX);
		listen_to(&s, &ring, 3, XLAB_LISTENER_BYTES);
		assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_TX);
		assert_int_equal(consumed(&ring), 1 + tells);
		assert_int_equal(ring.events[tells].kind, XLAB_DECIDED);
		assert_memory_equal(ring.events[tells].snap, f.bytes + 6, 6);
		if (tells) {
			assert_int_equal(ring.events[0].kind, XLAB_CAME);
			assert_int_equal(ring.events[0].position, 0);
			assert_int_equal(ring.events[0].verdict, XLAB_NEXT);
			assert_int_equal(ring.events[0].gen, 4);
			assert_memory_equal(ring.events[0].snap, f.bytes, XLAB_SNAP);
		}
		stop_listening(&ring);
		subject_free(&s);
	}
}

static void nothing_is_kept_unless_asked(void **state)
{
	struct frame f = frame_udp(1, 8888, 0);
	struct subject s;
	struct ring ring;

	(void)state;
	subject_load(&s, &drops_8888, NULL);
	listen_to(&s, &ring, 0, XLAB_LISTENER_BYTES);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(counted_in_all(&s), 0);
	assert_int_equal(consumed(&ring), 0);
	stop_listening(&ring);
	subject_free(&s);
}

static void an_event_tells_the_packet(void **state)
{
	const struct xlab_config config = {
		.iface = 9, .position = 1, .length = 2, .gen = 6, .keeps_counters = 1
	};
	struct frame f = frame_udp(44024, 8888, 0);
	struct subject s;
	struct ring ring;

	(void)state;
	frame_fill(&f, 300);
	subject_load(&s, &drops_8888, &config);
	listen_to(&s, &ring, 0, XLAB_LISTENER_BYTES);
	subject_run(&s, f.bytes, f.len);
	subject_run(&s, f.bytes, 60);
	assert_int_equal(consumed(&ring), 2);
	assert_int_equal(ring.events[0].length, 300);
	assert_int_equal(ring.events[0].snapped, XLAB_SNAP);
	assert_memory_equal(ring.events[0].snap, f.bytes, XLAB_SNAP);
	assert_int_equal(ring.events[0].iface, 9);
	assert_int_equal(ring.events[0].gen, 6);
	assert_int_equal(ring.events[0].position, 1);
	assert_int_equal(ring.events[0].kind, XLAB_DECIDED);
	assert_true(ring.events[1].time_ns >= ring.events[0].time_ns);
	assert_int_equal(ring.events[1].length, 60);
	assert_int_equal(ring.events[1].snapped, 60);
	assert_memory_equal(ring.events[1].snap, f.bytes, 60);
	assert_int_equal(ring.events[1].snap[60], 0);
	stop_listening(&ring);
	subject_free(&s);
}

static void every_listener_hears(void **state)
{
	const struct xlab_config config = { .length = 1, .keeps_counters = 1 };
	struct frame f = frame_udp(1, 8888, 0);
	struct subject s;
	struct ring first, last;

	(void)state;
	subject_load(&s, &drops_8888, &config);
	listen_to(&s, &first, 0, XLAB_LISTENER_BYTES);
	listen_to(&s, &last, XLAB_LISTENERS - 1, XLAB_LISTENER_BYTES);
	subject_run(&s, f.bytes, f.len);
	assert_int_equal(consumed(&first), 1);
	assert_int_equal(consumed(&last), 1);
	stop_listening(&first);
	stop_listening(&last);
	subject_free(&s);
}

/* A test run repeats faster than anybody reads: the ring fills, and the rest is counted lost. */
static void a_full_ring_is_said(void **state)
{
	const struct xlab_config config = { .length = 1, .keeps_counters = 1 };
	const uint32_t packets = 20000;
	struct frame f = frame_udp(1, 8888, 0);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.bytes, .data_size_in = f.len,
		    .repeat = packets);
	uint64_t lost;
	struct subject s;
	struct ring ring;

	(void)state;
	subject_load(&s, &drops_8888, &config);
	listen_to(&s, &ring, 2, XLAB_LISTENER_BYTES);
	assert_int_equal(bpf_prog_test_run_opts(s.fd, &opts), 0);
	lost = counters_lost(&s.counters, 2);
	assert_int_equal(counted_in_all(&s), packets);
	assert_int_equal(packets - lost, XLAB_LISTENER_BYTES / (sizeof(struct xlab_event) + 8));
	stop_listening(&ring);
	subject_free(&s);
}

static void run_shower(enum program_kind program, const struct frame *f, uint8_t kind,
		       uint16_t snapped)
{
	const struct xlab_config config = { .position = 1, .length = 3 };
	struct filter filter = { .name = "f", .program = program };
	struct subject s;
	struct ring ring;

	subject_load(&s, &filter, &config);
	assert_int_equal(subject_run(&s, f->bytes, f->len), XLAB_NEXT);
	listen_to(&s, &ring, 0, XLAB_LISTENER_BYTES);
	assert_int_equal(subject_run(&s, f->bytes, f->len), XLAB_NEXT);
	assert_int_equal(consumed(&ring), 1);
	assert_int_equal(ring.events[0].kind, kind);
	assert_int_equal(ring.events[0].position, 1);
	assert_int_equal(ring.events[0].length, f->len);
	assert_int_equal(ring.events[0].snapped, snapped);
	stop_listening(&ring);
	subject_free(&s);
}

static struct frame tcp_frame(void)
{
	struct frame f = FRAME_NONE;

	frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x8100);
	frame_tag(&f, 0x0800);
	frame_ipv4(&f, "10.0.0.10", "10.0.0.1", 6, 6, 0);
	frame_ports(&f, 1, 2, 6);
	f.bytes[14 + 4 + 24 + 12] = 0x70; /* two words of options */
	frame_fill(&f, 128);
	return f;
}

static void showers_show(void **state)
{
	struct frame udp = frame_udp(1, 2, 0), udp6 = frame_udp(1, 2, 1), tcp = tcp_frame();
	struct frame arp = FRAME_NONE, cut = udp;

	(void)state;
	frame_ether(&arp, "ff:ff:ff:ff:ff:ff", "de:ad:be:ef:00:10", 0x0806);
	frame_fill(&arp, 60);
	cut.len = 30;
	run_shower(PROGRAM_HELLO, &udp, XLAB_HELLO, XLAB_SNAP);
	run_shower(PROGRAM_HEADERS, &udp, XLAB_HEADERS, 14 + 20 + 8);
	run_shower(PROGRAM_HEADERS, &udp6, XLAB_HEADERS, 14 + 40 + 8);
	run_shower(PROGRAM_HEADERS, &tcp, XLAB_HEADERS, 14 + 4 + 24 + 28);
	run_shower(PROGRAM_HEADERS, &arp, XLAB_HEADERS, 14 + 28);
	run_shower(PROGRAM_HEADERS, &cut, XLAB_HEADERS, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_is_counted_where_it_was),
		cmocka_unit_test(the_last_one_counts_the_end),
		cmocka_unit_test(going_on_after_a_drop),
		cmocka_unit_test(a_pass_is_no_silence),
		cmocka_unit_test(silent_verdicts_are_kept_if_asked),
		cmocka_unit_test(the_first_tells_how_it_came),
		cmocka_unit_test(nothing_is_kept_unless_asked),
		cmocka_unit_test(an_event_tells_the_packet),
		cmocka_unit_test(every_listener_hears),
		cmocka_unit_test(a_full_ring_is_said),
		cmocka_unit_test(showers_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
