// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program in the place of another, below interfaces that have one: they make way, and come back.
 * The kernel that refuses it, and the records, are given here.
 *
 *      a (e0) ==== (e0: v and w, VLANs over it) b
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/lab_links.h"
#include "lab/netlink.h"
#include "lab/rtnl.h"
#include "lab/text.h"
#include "orchestrator/chain/attach.h"
#include "orchestrator/chain/attach_point.h"
#include "orchestrator/lab.h"
#include "tests/unit/fails.h"
#include "tests/unit/visit.h"
#include "tests/unit/wrap.h"

static const char text[] = "[lab]\nname = l\n[node a]\n[node b]\n"
			   "[iface a:e0]\npeer = b:e0\n[iface b:e0]\npeer = a:e0\n"
			   "[iface b:v]\nvlan = 7\nlink = e0\n[iface b:w]\nvlan = 8\nlink = e0\n"
			   "[filter web]\nprogram = port\ndst = 80\n";

enum { E0, V, W, LINKS };
static const char *const names[] = { "e0", "v", "w" };

static struct lab lab;
static uint32_t attached[LINKS];
static char *records[LINKS];
static int gone[LINKS];	 /* why there is none, or it is not the lab's */
static uint32_t ids[64]; /* of programs, by descriptor */
static char *done;

#define DONE(...) text_add(&done, ", ", __VA_ARGS__)

static size_t link_of(const char *name)
{
	size_t i = 0;

	while (i < LINKS && strcmp(names[i], name) != 0)
		i++;
	assert_true(i < LINKS);
	return i;
}

WRAP(int, state_read, const struct state *st, const char *name, char **out, struct error *e)
{
	(void)st;
	(void)e;
	*out = xstrdup(records[link_of(strchr(name, ':') + 1)]);
	return 0;
}

WRAP(int, state_write, struct state *st, const char *name, const char *all, struct error *e)
{
	size_t i = link_of(strchr(name, ':') + 1);

	(void)st;
	(void)e;
	free(records[i]);
	records[i] = xstrdup(all);
	return 0;
}

WRAP(const struct journal *, state_journal, const struct state *st)
{
	static const struct journal journal = { .lab = (char *)"l" };

	(void)st;
	return &journal;
}

WRAP(int, netlink_open, int family, struct netlink **out, struct error *e)
{
	(void)family;
	(void)e;
	*out = NULL;
	return 0;
}

WRAP(int, lab_link_find, const struct state *st, struct netlink *rt, const char *name,
     struct rt_link_state *link, struct error *e)
{
	size_t i = link_of(name);

	(void)st;
	(void)rt;
	if (gone[i])
		return error_state(e, gone[i], "%s is not there", name);
	*link = (struct rt_link_state){ .ifindex = (unsigned int)i, .drv_prog = attached[i] };
	return 0;
}

WRAP(int, bpf_prog_get_fd_by_id, uint32_t id)
{
	int fd;

	if (fails_at(id == 21 ? "v" : "w"))
		return -1;
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_in_range(fd, 0, ARRAY_SIZE(ids) - 1);
	ids[fd] = id;
	return fd;
}

/* The first line of a record. */
static int first(const char *record)
{
	return (int)strcspn(record, "\n");
}

WRAP(int, attach_swap, struct netlink *rt, unsigned int ifindex, enum xdp_mode mode, int fd,
     uint32_t old_id, struct error *e)
{
	(void)rt;
	assert_int_equal(mode, XDP_MODE_CHOICE_NATIVE);
	assert_int_equal(attached[ifindex], old_id);
	if (ifindex == E0 && ((attached[V] && !gone[V]) || (attached[W] && !gone[W]))) {
		DONE("e0 refused");
		return error_state(e, -EEXIST, "one over it has a program");
	}
	if (ifindex == E0)
		DONE("v \"%.*s\"", first(records[V]), records[V]);
	if (fails_at(ifindex == E0 ? "e0" : "back"))
		return error_sys(e, -EPERM, "cannot attach");
	DONE("%s %u for %u", names[ifindex], ids[fd], old_id);
	attached[ifindex] = ids[fd];
	return 0;
}

WRAP(int, attach_remove, struct netlink *rt, unsigned int ifindex, enum xdp_mode mode,
     uint32_t old_id, struct error *e)
{
	(void)rt;
	assert_int_equal(mode, XDP_MODE_CHOICE_NATIVE);
	assert_int_equal(attached[ifindex], old_id);
	if (fails_at("off"))
		return error_sys(e, -EPERM, "cannot take it off");
	DONE("%s off", names[ifindex]);
	attached[ifindex] = 0;
	return 0;
}

WRAP(int, attach_query, struct netlink *rt, unsigned int ifindex, struct attached *now,
     struct error *e)
{
	(void)rt;
	(void)e;
	*now = (struct attached){ attached[ifindex], XDP_MODE_CHOICE_NATIVE };
	return 0;
}

/* 30 in the place of 20, where v has 21 and w has 22. */
static int swapped(struct error *e)
{
	struct chain_record next = { .engine = ENGINE_INLINE,
				     .gen = 6,
				     .mode = XDP_MODE_CHOICE_NATIVE,
				     .prog_id = 30,
				     .filters = (char *[]){ (char *)"web" },
				     .n_filters = 1 };
	struct attach_point_id id =
		attach_point_id_of(&lab.labfile, topology_iface(&lab.labfile.topo, "b:e0"));
	ATTACH_POINT s = ATTACH_POINT_INIT;

	ids[0] = 30;
	for (size_t i = 0; i < LINKS; i++) {
		free(records[i]);
		records[i] = text_format("now inline 5 native %zu own\nwhy asked for\nfilters web\n"
					 "before inline 0 native 0 own\nfilters\n",
					 20 + i);
		attached[i] = attached[i] ? 20 + (uint32_t)i : 0;
	}
	free(done);
	done = NULL;
	if (attach_point_open(&s, &lab, &id, e))
		return e->err;
	return attach_point_swap(&s, &lab, &next, 0, e);
}

#define OFF	"now inline 0 native 0 scenario"
#define OWN(id) "now inline 5 native " id " own"

static void vlans_make_way(void **state)
{
	static const struct {
		int gone[LINKS];
		bool bare; /* v has none */
		const char *fails, *done;
		uint32_t stand[LINKS];
		const char *why; /* or NULL */
	} cases[] = {
		{ .done = "e0 refused, v off, w off, v \"" OFF
			  "\", e0 30 for 20, v 21 for 0, w 22 for 0",
		  .stand = { 30, 21, 22 } },
		{ .gone = { 0, -ENODEV, 0 },
		  .done = "e0 refused, w off, v \"" OWN("21") "\", e0 30 for 20, w 22 for 0",
		  .stand = { 30, 21, 22 } },
		{ .gone = { 0, -ESTALE, 0 },
		  .done = "e0 refused, w off, v \"" OWN("21") "\", e0 30 for 20, w 22 for 0",
		  .stand = { 30, 21, 22 } },
		{ .bare = true,
		  .done = "e0 refused, w off, v \"" OWN("21") "\", e0 30 for 20, w 22 for 0",
		  .stand = { 30, 0, 22 } },
		{ .gone = { 0, -EIO, 0 },
		  .done = "e0 refused",
		  .stand = { 20, 21, 22 },
		  .why = "b:v: v is not there" },
		{ .fails = "w",
		  .done = "e0 refused, v off, v 21 for 0",
		  .stand = { 20, 21, 22 },
		  .why = "b:w: cannot hold the chain's program: Operation not permitted" },
		/* what is not off need not come back */
		{ .fails = "off",
		  .done = "e0 refused",
		  .stand = { 20, 21, 22 },
		  .why = "b:v: cannot take it off: Operation not permitted" },
		{ .fails = "e0",
		  .done = "e0 refused, v off, w off, v \"" OFF "\", v 21 for 0, w 22 for 0",
		  .stand = { 20, 21, 22 },
		  .why = "b:e0: cannot attach: Operation not permitted" },
		{ .fails = "back",
		  .done = "e0 refused, v off, w off, v \"" OFF "\", e0 30 for 20",
		  .stand = { 30, 0, 0 },
		  .why = "b:v: cannot attach: Operation not permitted\n"
			 "b:w: cannot attach: Operation not permitted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		int err;

		memcpy(gone, cases[i].gone, sizeof(gone));
		attached[E0] = attached[W] = 1;
		attached[V] = !cases[i].bare;
		fails = cases[i].fails;
		err = swapped(&e);
		fails = NULL;
		assert_string_equal(done, cases[i].done);
		assert_string_equal(e.text ? e.text : "", cases[i].why ? cases[i].why : "");
		assert_int_equal(err, cases[i].why ? e.err : 0);
		assert_memory_equal(attached, cases[i].stand, sizeof(attached));
	}
	memset(gone, 0, sizeof(gone));
}

/* What its record says then: that it stands there as it did, for good. */
static void their_records_are_as_they_were(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	attached[E0] = attached[V] = attached[W] = 1;
	assert_int_equal(swapped(&e), 0);
	assert_int_equal(strncmp(records[V], OWN("21"), strlen(OWN("21"))), 0);
	assert_int_equal(strncmp(records[W], OWN("22"), strlen(OWN("22"))), 0);
	assert_null(strstr(records[V], "scenario"));
	assert_null(strstr(records[V], "pending"));
	assert_int_equal(strncmp(records[E0], "now inline 6 native 30 own", 26), 0);
}

static int up(void **state)
{
	return parse_text(state, &lab.labfile, text);
}

static int down(void **state)
{
	for (size_t i = 0; i < LINKS; i++)
		free(records[i]);
	free(done);
	return clear_text(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vlans_make_way),
		cmocka_unit_test(their_records_are_as_they_were),
	};

	return cmocka_run_group_tests_name("attach_point", tests, up, down);
}
