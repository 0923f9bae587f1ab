// SPDX-License-Identifier: GPL-2.0-or-later
/* What a chain is to be, by the lab file alone: where it stands and what is at the other end, what
 * its filters may do, and what its programs are told.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/chain/attach_point.h"
#include "orchestrator/chain/chain_job.h"
#include "orchestrator/chain/chain_pass.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/labfile_read.h"

static const char text[] =
	"[node a]\n[node b]\n[node c]\n[bridge br0]\n"
	"[iface a:e0]\npeer = b:e1\naddress = 10.0.0.1/24\n"
	"[iface b:e1]\npeer = a:e0\naddress = 10.0.0.2/24\n"
	"[iface c:e2]\nbridge = br0\nport = pc\naddress = 10.0.1.1/24\n"
	"[iface a:v7]\nvlan = 7\nlink = e0\naddress = 10.0.2.1/24\n"
	"[iface c:lo]\naddress = 10.7.0.1/32\n"
	"[iface b:slow]\npeer = c:slow\nmode = generic\naddress = 10.0.3.1/24\n"
	"[iface c:slow]\npeer = b:slow\nmode = generic\naddress = 10.0.3.2/24\n"
	"[filter no]\nprogram = drop\n[filter hi]\nprogram = hello\n"
	"[filter back]\nprogram = tx\n[filter tx80]\nprogram = port\ndst = 80\naction = tx\n"
	"[filter away]\nprogram = redirect\nto = c:e2\n"
	"[filter there]\nprogram = redirect\nto = b:e1\n"
	"[filter mine]\nprogram = x.o\n[filter other]\nprogram = y.o\n"
	"[filter on]\nprogram = drop\ncontinue = drop\n";

static struct lab lab;

static size_t iface(const char *id)
{
	size_t found = topology_iface(&lab.labfile.topo, id);

	assert_int_not_equal(found, NONE);
	return found;
}

static void id_is(const struct attach_point_id *id, const char *netns, const char *name)
{
	assert_string_equal(id->netns, netns);
	assert_string_equal(id->name, name);
}

static void ends_have_names(void **state)
{
	struct attach_point_id id = attach_point_id_of(&lab.labfile, iface("a:e0")), other;

	(void)state;
	id_is(&id, "a", "e0");
	assert_int_equal(id.iface, iface("a:e0"));
	other = attach_point_id_other(&lab.labfile, iface("a:e0"));
	id_is(&other, "b", "e1");
	assert_int_equal(other.iface, iface("b:e1"));
	assert_false(attach_point_id_same(&id, &other));
	other = attach_point_id_other(&lab.labfile, iface("b:e1"));
	assert_true(attach_point_id_same(&id, &other));
	other.name = "e3";
	assert_false(attach_point_id_same(&id, &other));
	other = (struct attach_point_id){ NONE, "b", "e0" };
	assert_false(attach_point_id_same(&id, &other));
	/* into a bridge it is a port, where no chain can stand */
	other = attach_point_id_other(&lab.labfile, iface("c:e2"));
	id_is(&other, "br0", "pc");
	assert_int_equal(other.iface, NONE);
}

static void ends_are_found_by_name(void **state)
{
	static const struct {
		const char *point, *iface; /* "" has none, NULL: there is no such end */
	} points[] = {
		{ "a:e0", "a:e0" }, { "b:e1", "b:e1" }, { "c:e2", "c:e2" }, { "br0:pc", "" },
		{ "a:v7", "a:v7" }, { "c:lo", NULL },	{ "a:e1", NULL },   { "b:e0", NULL },
		{ "a:e", NULL },    { "a:e00", NULL },	{ "a", NULL },	    { "ae0", NULL },
		{ "a.e0", NULL },   { "", NULL },	{ "aa:e0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		struct attach_point_id id;
		bool found = attach_point_id_find(&lab.labfile, points[i].point, &id);

		if (found != (points[i].iface != NULL))
			fail_msg("%s is%s found", points[i].point, found ? "" : " not");
		if (!found)
			continue;
		assert_int_equal(id.iface, *points[i].iface ? iface(points[i].iface) : NONE);
		assert_int_equal(strncmp(points[i].point, id.netns, strlen(id.netns)), 0);
	}
}

/* Filters by name, with NULL behind the last. */
static size_t names_of(const char *list, char **names)
{
	char name[NAME_MAX_LEN + 1];
	size_t n = 0;

	while (text_word(&list, name, sizeof(name)) == 1) {
		size_t filter = labfile_filter(&lab.labfile, name);

		names[n++] = filter == NONE ? (char *)"unknown" : lab.labfile.filters[filter].name;
	}
	return n;
}

static int list_needs(void *cookie, const struct attach_point_id *id)
{
	text_add(cookie, " ", "%s:%s", id->netns, id->name);
	return strlen(*(char **)cookie) > 12; /* enough */
}

/* Which ends veth delivers to only if they have a program. */
static void what_is_sent_needs_a_program_there(void **state)
{
	static const struct {
		const char *iface, *filters, *needs; /* NULL: none */
		bool sends;
		int result;
	} chains[] = {
		{ "a:e0", "", NULL, false, 0 },
		{ "a:e0", "no hi on", NULL, false, 0 },
		{ "a:e0", "back", "b:e1", true, 0 },
		{ "a:e0", "no tx80", "b:e1", true, 0 },
		{ "a:e0", "mine", "b:e1", true, 0 },
		{ "a:e0", "unknown", NULL, false, 0 },
		{ "a:e0", "unknown back", "b:e1", true, 0 },
		{ "c:e2", "back", "br0:pc", true, 0 },
		/* back over this link, perhaps, and out of that one */
		{ "b:e1", "away", "a:e0 br0:pc", true, 0 },
		{ "c:e2", "unknown no there", "br0:pc a:e0", true, 0 },
		{ "a:e0", "away there away", "b:e1 br0:pc a:e0", true, 1 },
		{ "a:e0", "away there back away away", "b:e1 br0:pc a:e0", true, 1 },
		/* in generic mode it is delivered anyhow */
		{ "b:slow", "back away", NULL, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		char *names[8], *FREE_AUTO needs = NULL;
		size_t n = names_of(chains[i].filters, names);
		int result;

		assert_int_equal(chain_may_send(&lab.labfile, names, n), chains[i].sends);
		result = chain_needs(&lab.labfile, iface(chains[i].iface), names, n, list_needs,
				     &needs);
		if (!needs != !chains[i].needs || (needs && strcmp(needs, chains[i].needs) != 0))
			fail_msg("%s on %s needs %s", chains[i].filters, chains[i].iface, needs);
		assert_int_equal(result, chains[i].result);
	}
}

/* The records that there are, in the place of the lab's: "POINT FILTER …", or one that cannot be
 * read.
 */
static const char *const *recorded;

int __wrap_chain_file_names(const struct lab *of, char ***names, struct error *e);
int __wrap_chain_file_names(const struct lab *of, char ***names, struct error *e)
{
	(void)of;
	*names = xcalloc(8, sizeof(**names));
	if (strcmp(*recorded ? *recorded : "", "unread") == 0)
		return error_sys(e, -EIO, "unread");
	for (size_t i = 0; recorded[i]; i++)
		(*names)[i] = xstrndup(recorded[i], strcspn(recorded[i], " "));
	return 0;
}

int __wrap_chain_file_read(const struct lab *of, const char *point, struct chain_file *file,
			   struct error *e);
int __wrap_chain_file_read(const struct lab *of, const char *point, struct chain_file *file,
			   struct error *e)
{
	size_t n = strlen(point);

	(void)of;
	while (strncmp(*recorded, point, n) != 0 || (*recorded)[n] != ' ')
		recorded++;
	if (strstr(*recorded, "corrupt"))
		return error_state(e, -EBADMSG, "corrupt");
	names_of(*recorded + n + 1, file->now.filters = xcalloc(8, sizeof(char *)));
	for (; file->now.filters[file->now.n_filters]; file->now.n_filters++)
		file->now.filters[file->now.n_filters] =
			xstrdup(file->now.filters[file->now.n_filters]);
	return 0;
}

/* As long as one chain sends there; what cannot be known is no answer. */
static void a_pass_program_is_wanted_by_any(void **state)
{
	static const struct {
		const char *records[4];
		bool wanted;
		int err;
	} rows[] = {
		{ { NULL }, false, 0 },
		{ { "a:e0 no hi" }, false, 0 },
		{ { "a:e0 back" }, true, 0 },
		{ { "b:e1 back" }, false, 0 },
		{ { "b:e1 hi", "a:e0 tx80" }, true, 0 },
		{ { "c:pc there", "b:e1 hi" }, false, 0 },
		{ { "a:e0 corrupt", "a:e0 back" }, false, -EBADMSG },
		{ { "a:e0 back", "b:e1 corrupt" }, true, 0 },
		{ { "b:e1 hi", "a:e0 corrupt" }, false, -EBADMSG },
		{ { "unread" }, false, -EIO },
		{ { "gone:e9 corrupt" }, false, 0 }, /* of no interface that there is */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct attach_point_id id =
			attach_point_id_other(&lab.labfile, iface("a:e0"));
		struct error ERROR_AUTO e = ERROR_INIT;
		bool wanted = !rows[i].wanted;

		recorded = rows[i].records;
		assert_int_equal(chain_pass_wanted(&lab, &id, &wanted, &e), rows[i].err);
		if (wanted != rows[i].wanted)
			fail_msg("%s: %d", rows[i].records[0], wanted);
	}
}

static size_t filters_of(const char *list, size_t *filters)
{
	char *names[8];
	size_t n = names_of(list, names);

	for (size_t i = 0; i < n; i++)
		filters[i] = labfile_filter(&lab.labfile, names[i]);
	return n;
}

static void what_filters_may_do(void **state)
{
	static const struct {
		const char *filters, *object; /* NULL: they have none */
		bool change;
	} chains[] = {
		{ "", NULL, false },	     { "no hi away", NULL, false },
		{ "no back", NULL, true },   { "tx80", NULL, true },
		{ "hi mine", "mine", true }, { "other mine", "other", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		size_t filters[8], n = filters_of(chains[i].filters, filters);
		const struct filter *object = chain_user_object(&lab.labfile, filters, n);

		if (chains[i].object)
			assert_string_equal(object->name, chains[i].object);
		else
			assert_null(object);
		assert_int_equal(chain_may_change(&lab.labfile, filters, n), chains[i].change);
	}
}

/* Where a filter stands, and which row of counters is its chain's. */
static void a_program_is_told_its_place(void **state)
{
	uint32_t cpus = (uint32_t)libbpf_num_possible_cpus();
	size_t filters[8];
	struct chain_job job = { .lab = &lab,
				 .iface = 5,
				 .filters = filters,
				 .n_filters = filters_of("hi on", filters),
				 .gen = 7,
				 .ifindex = 105,
				 .row = 2,
				 .rows = 9 };
	struct xlab_config config = chain_job_config(&job, 1);

	(void)state;
	assert_int_equal(config.iface, 5);
	assert_int_equal(config.position, 1);
	assert_int_equal(config.length, 2);
	assert_int_equal(config.gen, 7);
	assert_int_equal(config.continues, UINT32_C(1) << XLAB_NEXT | 1U << XDP_DROP);
	assert_int_equal(config.cpus, cpus);
	assert_int_equal(config.first_slot, 2 * cpus);
	assert_int_equal(config.rows, 0);
	assert_int_equal(config.first_ifindex, 0);
	assert_int_equal(config.bank, sizeof(((struct xlab_counters *)NULL)->count[0]));
	assert_int_equal(chain_job_config(&job, 0).continues, UINT32_C(1) << XLAB_NEXT);
	assert_int_equal(chain_job_config(&job, 2).continues, 0); /* the chain's own */
	assert_int_equal(chain_job_config(&job, 2).position, 2);
	/* for several interfaces: the first row's */
	job.many = true;
	job.gen = 8;
	config = chain_job_config(&job, 0);
	assert_int_equal(config.iface, 3);
	assert_int_equal(config.rows, 9);
	assert_int_equal(config.first_ifindex, 103);
	assert_int_equal(config.bank, 0);
}

/* Whether packets may be in fragments: each filter takes them (+) or not (-), or would have it so
 * of what it calls (*).
 */
static void fragments_are_taken_by_all_or_none(void **state)
{
	static const struct {
		const char *iface, *filters, *takes;
		unsigned int mtu, other_mtu;
		int err;
		bool frags;
		const char *words;
	} cases[] = {
		{ "a:e0", "no", "+", 1500, 1500, 0, false, NULL },
		{ "a:e0", "no", "+", 3506, 3506, 0, false, NULL },
		{ "a:e0", "no", "+", 3507, 1500, 0, true, NULL },
		{ "a:e0", "no", "+", 1500, 3507, 0, true, NULL },
		{ "b:slow", "no", "+", 9000, 9000, 0, false, NULL },
		{ "a:e0", "mine", "+", 1500, 1500, 0, true, NULL },
		{ "b:slow", "mine", "+", 1500, 1500, 0, true, NULL },
		{ "a:e0", "mine", "-", 1500, 1500, 0, false, NULL },
		{ "a:e0", "no mine", "++", 1500, 1500, 0, true, NULL },
		{ "a:e0", "mine other", "+-", 1500, 1500, 0, false, NULL },
		{ "a:e0", "other mine", "-+", 3507, 3506, 0, false, NULL },
		{ "a:e0", "mine hi other", "-+-", 1500, 3507, -ERANGE, false,
		  "the MTU of its other end is 3507: native XDP takes packets of more than 3506 "
		  "bytes only if every filter is SEC(\"xdp.frags\"), and these are not: mine, "
		  "other; lower" },
		{ "b:slow", "mine", "-", 1500, 9000, 0, false, NULL },
		{ "a:e0", "mine other", "*+", 1500, 1500, 0, true, NULL },
		{ "a:e0", "hi mine other", "+*-", 1500, 1500, -EINVAL, false,
		  "filter mine: the programs of its PROG_ARRAY are SEC(\"xdp.frags\"), so all "
		  "filters of the chain must be; these are not: other" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct filter_object objects[8] = { 0 };
		const struct filter_object *each[8];
		size_t filters[8];
		struct chain_job job = { .lab = &lab,
					 .iface = iface(cases[i].iface),
					 .filters = filters,
					 .n_filters = filters_of(cases[i].filters, filters),
					 .mtu = cases[i].mtu,
					 .other_mtu = cases[i].other_mtu };
		bool frags = false;
		int err;

		for (size_t k = 0; k < job.n_filters; k++) {
			objects[k].frags = cases[i].takes[k] != '-';
			objects[k].has_prog_array = cases[i].takes[k] == '*';
			each[k] = &objects[k];
		}
		err = frags_agree(&job, each, &frags, &e);
		if (err != cases[i].err || (!err && frags != cases[i].frags))
			fail_msg("%zu: %d, %d", i, err, frags);
		if (err && !strstr(e.text, cases[i].words))
			fail_msg("%zu: %s", i, e.text);
	}
	{
		/* one that takes none itself has no such programs either */
		struct error ERROR_AUTO e = ERROR_INIT;
		const struct filter_object object = { .has_prog_array = true }, *each = &object;
		size_t filters[8];
		struct chain_job job = { .lab = &lab,
					 .filters = filters,
					 .n_filters = filters_of("mine", filters) };
		bool frags = true;

		assert_int_equal(frags_agree(&job, &each, &frags, &e), 0);
		assert_false(frags);
	}
}

static int up(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	if (labfile_parse(&lab.labfile, "f.ini", "/dir", text, strlen(text), &e))
		fail_msg("%s", e.text);
	return 0;
}

static int down(void **state)
{
	(void)state;
	labfile_clear(&lab.labfile);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_have_names),
		cmocka_unit_test(ends_are_found_by_name),
		cmocka_unit_test(what_is_sent_needs_a_program_there),
		cmocka_unit_test(a_pass_program_is_wanted_by_any),
		cmocka_unit_test(what_filters_may_do),
		cmocka_unit_test(a_program_is_told_its_place),
		cmocka_unit_test(fragments_are_taken_by_all_or_none),
	};

	return cmocka_run_group_tests_name("chain_job", tests, up, down);
}
