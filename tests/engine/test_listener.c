// SPDX-License-Identifier: GPL-2.0-or-later
/* Who listens hears what the chains say from then on, and nothing of it is left when they go. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/filter/programs.h"
#include "tests/engine/rig.h"

#define FILTERS "[filter no]\nprogram = drop\n"

struct heard {
	size_t iface;
	unsigned int n;
	int answer;
};

static int hear(void *cookie, const struct xlab_event *event)
{
	struct heard *heard = cookie;

	assert_int_equal(event->kind, XLAB_DECIDED);
	assert_int_equal(event->verdict, XDP_DROP);
	heard->iface = event->iface;
	heard->n++;
	return heard->answer;
}

static struct heard consume(struct listener *l, int answer)
{
	struct heard heard = { .answer = answer };
	int err = listener_consume(l, hear, &heard);

	assert_int_equal(err, heard.n ? answer : 0);
	return heard;
}

static struct listener *begin(const struct lab *lab, bool subscribe)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct listener *l;

	assert_int_equal(listener_open(lab, &l, &e), 0);
	if (subscribe)
		assert_int_equal(listener_subscribe(l, rig_end(lab), &e), 0);
	return l;
}

static void come(const struct lab *lab, unsigned int n)
{
	uint8_t frame[60];

	rig_frame(frame, sizeof(frame), 9);
	while (n--)
		assert_int_equal(rig_run(lab, frame, sizeof(frame), NULL), XDP_DROP);
}

static struct counters map_counters(const struct lab *lab)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int FD_AUTO fd = -1, FD_AUTO rings = -1;
	struct counters counters;

	assert_int_equal(counters_open(lab, rig_end(lab), &fd, &rings, &e), 0);
	assert_int_equal(counters_map(&counters, fd, counters_row(lab, rig_end(lab)), &e), 0);
	return counters;
}

/* The chain tells so many as have a bit here. */
static uint64_t told(const struct lab *lab)
{
	struct counters counters = map_counters(lab);
	uint64_t listening = counters.slots[0].listening;

	for (size_t i = 0; i < counters.n; i++)
		assert_int_equal(counters.slots[i].listening, listening);
	counters_unmap(&counters);
	return listening;
}

static int open_lock(const struct lab *lab)
{
	char *FREE_AUTO path = state_path(lab->state, "listeners/0");
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void what_is_heard(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct heard heard;
	struct listener *l, *other;
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	rig_must_chain(&lab, "no");
	l = begin(&lab, false);
	come(&lab, 1);
	assert_int_equal(listener_subscribe(l, rig_end(&lab), &e), 0);
	assert_int_equal(consume(l, 0).n, 0); /* that was before */
	come(&lab, 3);
	heard = consume(l, 7);
	assert_int_equal(heard.n, 1); /* one, and the others at the next time */
	assert_int_equal(heard.iface, rig_end(&lab));
	assert_int_equal(consume(l, 0).n, 2);
	/* another has its own */
	other = begin(&lab, true);
	come(&lab, 2);
	assert_int_equal(consume(other, 0).n, 2);
	listener_close(other);
	assert_int_equal(consume(l, 0).n, 2);
	assert_int_equal(told(&lab), 1);
	come(&lab, 1);
	listener_close(l);
	assert_int_equal(told(&lab), 0);
	/* what nobody took is not the next one's */
	l = begin(&lab, true);
	assert_int_equal(consume(l, 0).n, 0);
	come(&lab, 1);
	assert_int_equal(consume(l, 0).n, 1);
	listener_close(l);
	rig_down(&lab);
}

/* Those of its own time, once. */
static void what_is_lost(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct counters counters;
	struct listener *l;
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	rig_must_chain(&lab, "no");
	counters = map_counters(&lab);
	counters.slots[0].lost[0] = 5;
	l = begin(&lab, true);
	assert_int_equal(listener_subscribe(l, rig_end(&lab), &e), 0);
	assert_int_equal(listener_lost(l), 0);
	counters.slots[0].lost[0] += 2;
	counters.slots[counters.n - 1].lost[0] += 1;
	counters.slots[0].lost[1] = 9;
	assert_int_equal(listener_lost(l), 3);
	listener_close(l);
	counters_unmap(&counters);
	rig_down(&lab);
}

/* One that was killed has left its word in its lock's file, and its bit with the chains. */
static void one_that_was_killed(void **state)
{
	struct counters counters;
	struct listener *l;
	struct stat st;
	struct lab lab;
	int lock;

	(void)state;
	rig_up(&lab, FILTERS);
	rig_must_chain(&lab, "no");
	listener_close(begin(&lab, true));
	lock = open_lock(&lab);
	assert_int_equal(fstat(lock, &st), 0);
	assert_int_equal(st.st_size, 0);
	counters = map_counters(&lab);
	counters_subscribe(&counters, 0);
	counters_subscribe(&counters, 1);
	counters_unmap(&counters);
	assert_int_equal(told(&lab), 3);
	assert_int_equal(write(lock, "!", 1), 1);
	l = begin(&lab, false);
	assert_int_equal(told(&lab), 2); /* of another it is not taken */
	assert_int_equal(fstat(lock, &st), 0);
	assert_int_equal(st.st_size, 1); /* this one could be killed, too */
	listener_close(l);
	(void)close(lock);
	rig_down(&lab);
}

static void so_many_and_no_more(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct listener *all[XLAB_LISTENERS], *more;
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	rig_must_chain(&lab, "no");
	for (size_t i = 0; i < XLAB_LISTENERS; i++)
		all[i] = begin(&lab, true);
	assert_int_equal(listener_open(&lab, &more, &e), -EBUSY);
	assert_string_equal(e.text,
			    "cannot listen to the lab's chains: 8 listeners follow this lab "
			    "already, which is the limit: end one");
	come(&lab, 1);
	for (size_t i = 0; i < XLAB_LISTENERS; i++)
		assert_int_equal(consume(all[i], 0).n, 1);
	/* a place in the middle is free again */
	listener_close(all[3]);
	all[3] = begin(&lab, true);
	for (size_t i = 0; i < XLAB_LISTENERS; i++)
		listener_close(all[i]);
	assert_int_equal(told(&lab), 0);
	rig_down(&lab);
}

static void nothing_stays_mapped(void **state)
{
	struct counters counters;
	struct lab lab;
	void *pages;

	(void)state;
	rig_up(&lab, FILTERS);
	counters = map_counters(&lab);
	pages = counters.pages;
	assert_int_equal(msync(pages, 1, MS_ASYNC), 0);
	counters_unmap(&counters);
	assert_null(counters.slots);
	assert_int_equal(msync(pages, 1, MS_ASYNC), -1);
	assert_int_equal(errno, ENOMEM);
	counters_unmap(&counters); /* once more does no harm */
	rig_down(&lab);
}

/* What of a shared map lies between interfaces with chains is not to cost much. */
static void which_share_a_map(void **state)
{
	size_t row = sizeof(struct xlab_counters), many;
	const struct lab one = { .labfile.common = { .first = 5, .span = 1, .n = 1 } };
	struct lab lab = { .labfile.common = { .first = 5, .span = 8, .n = 2 } };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct counters counters;
	int FD_AUTO fd = -1, FD_AUTO rings = -1;

	(void)state;
	for (size_t iface = 0; iface < 20; iface++) {
		bool in = iface >= 5 && iface < 13;

		assert_int_equal(counters_row(&lab, iface), in ? iface - 5 : 0);
		assert_int_equal(counters_rows(&lab, iface), in ? 8 : 1);
		assert_int_equal(counters_rows(&one, iface), 1);
	}
	lab.labfile.common.span = 9; /* one in five at most */
	assert_int_equal(counters_rows(&lab, 5), 1);
	assert_int_equal(counters_row(&lab, 6), 0);
	/* more than a program's address reaches */
	assert_int_equal(counters_create(&fd, &rings, &e), 0);
	assert_int_equal(counters_map(&counters, fd, 0, &e), 0);
	many = (1U << 29) / (row * counters.n);
	counters_unmap(&counters);
	lab.labfile.common = (struct common_ifaces){ .span = many - 1, .n = many - 1 };
	assert_int_equal(counters_rows(&lab, 0), many - 1);
	lab.labfile.common = (struct common_ifaces){ .span = many + 1, .n = many + 1 };
	assert_int_equal(counters_rows(&lab, 0), 1);
}

/* An object that is loaded for its other maps makes none that nobody counts in or tells by. */
static void maps_that_are_not_made(void **state)
{
	static const char *const withheld[] = { "counters", "event_rings" };
	const char *function;
	struct bpf_object *obj;
	struct bpf_map *map;
	const void *bytes;
	unsigned int n = 0, others = 0;
	size_t size;

	(void)state;
	assert_int_equal(program_object(PROGRAM_PORT, &bytes, &size, &function), 0);
	obj = bpf_object__open_mem(bytes, size, NULL);
	assert_non_null(obj);
	bpf_object__for_each_map (map, obj)
		assert_true(bpf_map__autocreate(map));
	counters_withhold(obj);
	bpf_object__for_each_map (map, obj) {
		bool is = !strcmp(bpf_map__name(map), withheld[0]) ||
			  !strcmp(bpf_map__name(map), withheld[1]);

		assert_int_equal(bpf_map__autocreate(map), !is);
		n += is;
		others += !is;
	}
	assert_true(n > 0 && others > 0);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_heard),	  cmocka_unit_test(what_is_lost),
		cmocka_unit_test(one_that_was_killed),	  cmocka_unit_test(so_many_and_no_more),
		cmocka_unit_test(nothing_stays_mapped),	  cmocka_unit_test(which_share_a_map),
		cmocka_unit_test(maps_that_are_not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
