// SPDX-License-Identifier: GPL-2.0-or-later
/* Which object each built-in filter has, what is written into its copy, and what into its maps when
 * they are new.
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

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/filter.h>
#include <linux/netlink.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/lab_links.h"
#include "lab/netlink.h"
#include "lab/rtnl.h"
#include "lab/text.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/match_layout.h"
#include "orchestrator/filter/pcap_code.h"
#include "orchestrator/filter/programs.h"
#include "orchestrator/filter/rule_maps.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/program.h"
#include "orchestrator/util/object_bytes.h"
#include "tests/unit/fails.h"
#include "tests/unit/visit.h"
#include "tests/unit/wrap.h"

#define OBJECT ((struct bpf_object *)&lab)

static struct lab lab;
static char *said; /* what was done, one after another */
static int map_of = -1;

static size_t named(const char *name)
{
	return labfile_filter(&lab.labfile, name);
}

static const struct filter *filter_of(const char *name)
{
	return &lab.labfile.filters[named(name)];
}

static bool does(const char *what, const char *more)
{
	text_add(&said, "; ", "%s%s", what, more);
	return !fails_at(what);
}

WRAP(int, pcap_code_make, const struct sock_filter *classic, size_t n_classic,
     const struct pcap_result *result, struct bpf_insn **insns, size_t *n, struct error *e)
{
	char *FREE_AUTO more =
		text_format(" %u %u %d", result->selected, result->other, result->swaps);

	assert_non_null(classic);
	assert_true(n_classic > 0);
	*n = 2;
	*insns = xcalloc(*n, sizeof(**insns));
	return does("code", more) ? 0 : error_sys(e, -errno, "no code");
}

WRAP(int, object_graft, void **bytes, size_t *size, const char *function, const void *code,
     size_t code_size)
{
	char *FREE_AUTO more = text_format(" %s", function);

	assert_non_null(*bytes);
	assert_non_null(code);
	assert_int_equal(code_size, 2 * sizeof(struct bpf_insn));
	++*size;
	return does("graft", more) ? 0 : -errno;
}

WRAP(int, object_lengthen, void *bytes, size_t size)
{
	assert_non_null(bytes);
	assert_true(size > sizeof(struct xlab_rules));
	return does("lengthen", "") ? 0 : -errno;
}

WRAP(bool, globals_poke, struct bpf_object *obj, const char *name, const void *bytes, size_t size)
{
	bool action = !strcmp(name, "xlab_action");
	struct match_layout layout;

	match_layout(filter_of("port"), &layout);
	assert_ptr_equal(obj, OBJECT);
	assert_int_equal(size, action ? sizeof(uint32_t) : sizeof(struct xlab_keys));
	if (action)
		assert_int_equal(*(const uint32_t *)bytes, XDP_TX);
	else
		assert_memory_equal(bytes, &layout.keys, size);
	return does(name, "");
}

WRAP(int, bpf_object__find_map_fd_by_name, const struct bpf_object *obj, const char *name)
{
	assert_ptr_equal(obj, OBJECT);
	text_add(&said, "; ", "map %s", name);
	return map_of;
}

WRAP(int, rule_maps_open, struct rule_maps *m, const struct filter *filter, rule_map_fd open_map,
     void *cookie, struct error *e)
{
	int FD_AUTO fd = -1;
	int err = open_map(cookie, ".bss", &fd, e);

	assert_true(program_matches(&programs[filter->program]));
	*m = (struct rule_maps)RULE_MAPS_NONE;
	if (err)
		return err;
	/* one of its own, which no program that is run has */
	assert_true(fd > 2 && fd != map_of);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return 0;
}

WRAP(int, rule_maps_fill, struct rule_maps *m, const struct filter *filter)
{
	(void)m;
	(void)filter;
	return does("fill", "") ? 0 : -errno;
}

WRAP(int, netlink_open, int protocol, struct netlink **out, struct error *e)
{
	assert_int_equal(protocol, NETLINK_ROUTE);
	*out = NULL;
	return does("netlink", "") ? 0 : error_sys(e, -errno, "no netlink");
}

WRAP(int, lab_link_find, const struct state *st, struct netlink *rt, const char *name,
     struct rt_link_state *link, struct error *e)
{
	char *FREE_AUTO more = text_format(" %s", name);

	(void)st;
	(void)rt;
	*link = (struct rt_link_state){ .ifindex = 77 };
	return does("find", more) ? 0 : error_sys(e, -errno, "no link");
}

WRAP(int, bpf_map_update_elem, int fd, const void *key, const void *value, __u64 flags)
{
	char *FREE_AUTO more =
		text_format(" %u %u", *(const uint32_t *)key, *(const unsigned int *)value);

	assert_int_equal(fd, map_of);
	assert_int_equal(flags, BPF_ANY);
	return does("write", more) ? 0 : -1;
}

static int read_lab(void **state)
{
	map_of = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return parse_text(state, &lab.labfile,
			  "[lab]\nname = p\n[node a]\n[node b]\n[iface a:e0]\npeer = b:e1\n[iface "
			  "b:e1]\npeer = a:e0\n"
			  "[filter ether]\nprogram = ether\nsrc = 00:00:00:00:00:01\n"
			  "[filter port]\nprogram = port\ndst = 80\n"
			  "[filter ip]\nprogram = ip\nsrc = 10.0.0.1\n"
			  "[filter match]\nprogram = match\nip.ttl = 1\n"
			  "[filter pcap]\nprogram = pcap\nexpr = udp\naction = tx\n"
			  "[filter drops]\nprogram = pcap\nexpr = udp\n"
			  "[filter redirect]\nprogram = redirect\nto = b:e1\n");
}

static int drop_lab(void **state)
{
	free(said);
	(void)close(map_of);
	return clear_text(state);
}

static void begin(const char *what)
{
	free(steal_pointer(&said));
	fails = what;
}

static void was(const char *wanted)
{
	fails = NULL;
	assert_string_equal(said ? said : "", wanted);
}

/* What matches is one object, whatever its keys are called. */
static void each_has_its_object(void **state)
{
	const char *function = NULL;
	const void *bytes, *match;
	size_t size, match_size;

	(void)state;
	assert_int_equal(program_object(PROGRAM_MATCH, &match, &match_size, &function), 0);
	for (unsigned int kind = 0; kind < PROGRAM_OBJECT; kind++) {
		bool matches = program_matches(&programs[kind]);

		assert_int_equal(program_object(kind, &bytes, &size, &function), 0);
		assert_memory_equal(bytes, "\177ELF", 4);
		assert_int_equal(bytes == match, matches);
		assert_string_equal(function, matches ? "match" : programs[kind].name);
	}
	assert_int_equal(program_object(PROGRAM_OBJECT, &bytes, &size, &function), -EINVAL);
}

/* Room for rules, and an expression's code twice: what it selects, and what becomes of that. */
static void a_copy_is_made_for_the_filter(void **state)
{
	static const struct {
		const char *filter, *fails, *done, *told;
	} rows[] = {
		{ "port", NULL, "lengthen", NULL },
		{ "match", NULL, "lengthen", NULL },
		{ "redirect", NULL, "", NULL },
		{ "pcap", NULL, "code 1 0 0; graft pcap_selects; code 3 31 1; graft pcap_verdict",
		  NULL },
		{ "drops", NULL, "code 1 0 0; graft pcap_selects; code 1 31 0; graft pcap_verdict",
		  NULL },
		{ "port", "lengthen", "lengthen", "cannot ready the built-in port" },
		{ "pcap", "code", "code 1 0 0", "expr = udp: no code" },
		{ "pcap", "graft", "code 1 0 0; graft pcap_selects",
		  "its embedded object has no place for pcap_selects" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct filter *f = filter_of(rows[i].filter);
		struct error ERROR_AUTO e = ERROR_INIT;
		const char *function = NULL, *same = NULL;
		void *FREE_AUTO bytes = NULL;
		size_t size = 0, was_size = 0;
		const void *object;

		begin(rows[i].fails);
		assert_int_equal(program_bytes(f, &bytes, &size, &function, &e),
				 rows[i].told ? -EPERM : 0);
		was(rows[i].done);
		if (rows[i].told) {
			char *FREE_AUTO told =
				text_format("%s: Operation not permitted", rows[i].told);

			assert_string_equal(e.text, told);
			assert_null(bytes);
			continue;
		}
		assert_int_equal(program_object(f->program, &object, &was_size, &same), 0);
		assert_string_equal(function, same);
		assert_int_equal(size, was_size + (f->expr ? 2 : 0));
		/* The places of its keys are in its instructions. */
		assert_int_equal(!memcmp(bytes, object, was_size),
				 !program_matches(&programs[f->program]));
	}
}

static void constants_are_put_into_it(void **state)
{
	static const struct {
		const char *filter, *fails, *done;
	} rows[] = {
		{ "port", NULL, "xlab_keys" },
		{ "pcap", NULL, "xlab_action" },
		{ "redirect", NULL, "" },
		{ "port", "xlab_keys", "xlab_keys" },
		{ "pcap", "xlab_action", "xlab_action" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		begin(rows[i].fails);
		assert_int_equal(program_prepare(OBJECT, filter_of(rows[i].filter), &e),
				 rows[i].fails ? -EINVAL : 0);
		was(rows[i].done);
		if (rows[i].fails)
			assert_string_equal(e.text, "its embedded object lacks a constant");
	}
}

/* Rules; and where redirect sends to, which is asked for where that is. */
static void new_maps_are_filled(void **state)
{
	static const struct {
		const char *filter, *fails, *done, *told;
	} rows[] = {
		{ "pcap", NULL, "", NULL },
		{ "port", NULL, "map .bss; fill", NULL },
		{ "port", "fill", "map .bss; fill",
		  "its rules cannot be written: Operation not permitted" },
		{ "redirect", NULL, "map target; netlink; find e1; write 0 77", NULL },
		{ "redirect", "netlink", "map target; netlink",
		  "to = b:e1: no netlink: Operation not permitted" },
		{ "redirect", "find", "map target; netlink; find e1",
		  "to = b:e1: no link: Operation not permitted" },
		{ "redirect", "write", "map target; netlink; find e1; write 0 77",
		  "to = b:e1: cannot write the map of its target: Operation not permitted" },
	};
	struct error ERROR_AUTO gone = ERROR_INIT, ERROR_AUTO none = ERROR_INIT;
	int map = map_of;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		begin(rows[i].fails);
		visit.at = NULL;
		assert_int_equal(program_fill_rules(OBJECT, &lab, named(rows[i].filter), &e),
				 rows[i].told ? -EPERM : 0);
		was(rows[i].done);
		if (rows[i].told)
			assert_string_equal(e.text, rows[i].told);
		if (strcmp(rows[i].filter, "redirect") != 0)
			assert_null(visit.at);
		else
			assert_string_equal(visit.at, "b");
	}
	begin(NULL);
	visit.gone = "b";
	assert_int_equal(program_fill_rules(OBJECT, &lab, named("redirect"), &gone), -ENOENT);
	visit.gone = NULL;
	assert_string_equal(gone.text, "to = b:e1: b is gone");
	was("map target");
	begin(NULL);
	map_of = -1;
	assert_int_equal(program_fill_rules(OBJECT, &lab, named("port"), &none), -EBADF);
	map_of = map;
	assert_string_equal(none.text, "map .bss of the loaded object: Bad file descriptor");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_object),
		cmocka_unit_test(a_copy_is_made_for_the_filter),
		cmocka_unit_test(constants_are_put_into_it),
		cmocka_unit_test(new_maps_are_filled),
	};

	return cmocka_run_group_tests_name("programs", tests, read_lab, drop_lab);
}
