// SPDX-License-Identifier: GPL-2.0-or-later
/* What a chain is shown as, by its record, by what is attached and by what its CPUs counted.
 * rules.mk has these given by the test.
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

#include <linux/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/journal.h"
#include "lab/text.h"
#include "orchestrator/chain/attach_point.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/labfile_read.h"

static const char text[] = "[lab]\nname = l\n[node a]\n[node b]\n"
			   "[iface a:e0]\npeer = b:e1\naddress = 10.0.0.1/24\n"
			   "[iface b:e1]\npeer = a:e0\naddress = 10.0.0.2/24\nchain = web dns\n"
			   "[filter web]\nprogram = port\ndst = 80\ncontinue = aborted drop\n"
			   "[filter dns]\nprogram = port\ndst = 53\n"
			   "[filter mine]\nprogram = x.o\n";

static struct lab lab;
static const char *record; /* the file's text; NULL: there is none */
static uint32_t attached;  /* the program's id */
static int open_err, counters_err, map_err;
static struct xlab_counters *cpus; /* of two */

const struct journal *__wrap_state_journal(const struct state *st);
const struct journal *__wrap_state_journal(const struct state *st)
{
	static const struct journal journal = { .lab = (char *)"l" };

	(void)st;
	return &journal;
}

int __wrap_state_read(const struct state *st, const char *name, char **out, struct error *e);
int __wrap_state_read(const struct state *st, const char *name, char **out, struct error *e)
{
	(void)st;
	(void)e;
	assert_string_equal(name, "chains/b:e1");
	if (!record)
		return -ENOENT;
	*out = xstrdup(record);
	return 0;
}

int __wrap_attach_point_open(struct attach_point *s, const struct lab *l,
			     const struct attach_point_id *id, struct error *e);
int __wrap_attach_point_open(struct attach_point *s, const struct lab *l,
			     const struct attach_point_id *id, struct error *e)
{
	*s = (struct attach_point)ATTACH_POINT_INIT;
	s->id = *id;
	s->name = text_format("%s:%s", id->netns, id->name);
	if (open_err)
		return error_state(e, open_err, "not there");
	assert_int_equal(chain_file_read(l, s->name, &s->file, e), 0);
	s->current = chain_file_match(&s->file, attached);
	return 0;
}

int __wrap_counters_open(const struct lab *l, size_t iface, int *counters_fd, int *rings_fd,
			 struct error *e);
int __wrap_counters_open(const struct lab *l, size_t iface, int *counters_fd, int *rings_fd,
			 struct error *e)
{
	(void)l;
	(void)counters_fd;
	(void)rings_fd;
	assert_int_equal(iface, topology_iface(&lab.labfile.topo, "b:e1"));
	return counters_err ? error_state(e, counters_err, "no counters") : 0;
}

int __wrap_counters_map(struct counters *counters, int counters_fd, size_t row, struct error *e);
int __wrap_counters_map(struct counters *counters, int counters_fd, size_t row, struct error *e)
{
	(void)counters_fd;
	assert_int_equal(row, 0);
	*counters = (struct counters){ .slots = cpus, .n = 2 };
	return map_err ? error_state(e, map_err, "not mapped") : 0;
}

static int read_chain(struct chain_view *view, struct error *e)
{
	int err;

	memset(view, 0xa5, sizeof(*view));
	err = chain_read(&lab, topology_iface(&lab.labfile.topo, "b:e1"), view, e);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* which is nobody's to close */
	return err;
}

#define NOTHING	  "now inline 0 native 0 own\nfilters\nbefore inline 0 native 0 own\nfilters\n"
#define NOW	  "now inline 5 native 12 own\nfilters "
#define NOW_GONE  "now inline 5 native 13 own\nfilters "
#define THEIRS	  "now inline 5 native 12 scenario\nfilters "
#define BEFORE	  "before inline 4 native 12 scenario\nfilters "
#define PUTS_BACK "` puts it right"
#define IS_THERE(there, wanted, who, words) \
	"b:e1: there is " there " instead of " wanted ": a " who " was killed; `xlab chain " words

/* What stands there is not what is to stand there: by whom, and what to do. */
static void what_stands_is_not_what_shall(void **state)
{
	static const struct {
		const char *record, *drift;
	} cases[] = {
		{ NOW "web dns\n", NULL },
		{ NOW "dns\nrestore dns\n", NULL },
		{ NULL, IS_THERE("no chain", "web dns", "command", "l/b:e1 web dns") PUTS_BACK },
		{ NOTHING "restore\n", NULL },
		{ NOW "dns\n", IS_THERE("dns", "web dns", "command", "l/b:e1 web dns") PUTS_BACK },
		{ THEIRS "dns web\n",
		  IS_THERE("dns web", "web dns", "scenario", "l/b:e1 web dns") PUTS_BACK },
		{ THEIRS "web dns\n",
		  IS_THERE("web dns", "web dns", "scenario", "l/b:e1 web dns") PUTS_BACK },
		{ "now inline 6 native 13 own\nfilters web\n" BEFORE "dns\npending\nrestore web\n",
		  IS_THERE("dns", "web", "scenario", "l/b:e1 web") PUTS_BACK },
		{ NOW "dns\nrestore\n",
		  IS_THERE("dns", "no chain", "command", "l/b:e1 --off") PUTS_BACK },
		/* one that passes everything is no chain */
		{ NOW "\n",
		  IS_THERE("no chain", "web dns", "command", "l/b:e1 web dns") PUTS_BACK },
		{ NOW "\nrestore\n", NULL },
		/* neither here nor there */
		{ NOW_GONE "web dns\npending\n",
		  IS_THERE("no chain", "web dns", "command", "l/b:e1 web dns") PUTS_BACK },
		{ "now inline 5 native 0 own\nfilters web\n",
		  IS_THERE("no chain", "web dns", "command", "l/b:e1 web dns") PUTS_BACK },
		{ NOW_GONE "\n",
		  IS_THERE("no chain", "web dns", "command", "l/b:e1 web dns") PUTS_BACK },
	};

	(void)state;
	attached = 12;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct chain_view view;

		record = cases[i].record;
		assert_int_equal(read_chain(&view, &e), 0);
		if (!cases[i].drift != !view.drift ||
		    (view.drift && strcmp(view.drift, cases[i].drift) != 0))
			fail_msg("%s: %s", record ? record : "no record", view.drift);
		chain_view_clear(&view);
		assert_null(view.drift);
	}
}

static void fails(int err, const char *words)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct chain_view view;

	assert_int_equal(read_chain(&view, &e), err);
	if (!strstr(e.text, words))
		fail_msg("no \"%s\" in: %s", words, e.text);
	assert_true(!view.rows && !view.drift && !view.record.n_filters && !view.record.why);
}

static char *many(size_t n)
{
	char *names = xstrdup(NOW "web");

	for (size_t i = 1; i < n; i++)
		text_add(&names, " ", "%s", "web");
	text_add(&names, "", "\n");
	return names;
}

static void what_cannot_be_shown(void **state)
{
	static int *const errors[] = { &open_err, &counters_err, &map_err };
	static const char *const words[] = { "not there", "no counters", "not mapped" };
	char *FREE_AUTO too_many = many(XLAB_CHAIN_MAX + 1), *FREE_AUTO fits = many(XLAB_CHAIN_MAX);
	struct error ERROR_AUTO e = ERROR_INIT;
	struct chain_view view;

	(void)state;
	attached = 12;
	record = NOW "web dns\n";
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		*errors[i] = -EIO;
		fails(-EIO, words[i]);
		*errors[i] = 0;
	}
	record = NOW_GONE "web dns\n";
	fails(-ESTALE, "b:e1: xlab's chain was taken off by another tool; put it back with `xlab "
		       "chain l/b:e1 web dns`");
	record = NOW "web nobody\n";
	fails(-ENOENT, "filter nobody of its chain is not in the lab");
	record = NOW "web\nrestore web nobody\n";
	fails(-EINVAL, "b:e1: the record of its chain names filters that the lab does not have");
	record = too_many;
	fails(-E2BIG, "the record of its chain has 65 filters");
	record = fits;
	assert_int_equal(read_chain(&view, &e), 0);
	assert_int_equal(view.record.n_filters, XLAB_CHAIN_MAX);
	assert_string_equal(view.rows[0].filter, "web");
	assert_string_equal(view.rows[XLAB_CHAIN_MAX - 1].filter, "web");
	assert_true(view.rows[XLAB_CHAIN_MAX - 1].known);
	chain_view_clear(&view);
	/* nor are counters needed where no chain stands */
	record = NULL;
	counters_err = -EIO;
	assert_int_equal(read_chain(&view, &e), 0);
	assert_false(view.passed_known);
	chain_view_clear(&view);
	counters_err = 0;
}

static void count(size_t cpu, size_t position, size_t action, uint64_t packets, uint64_t bytes)
{
	struct xlab_count *c = &cpus[cpu].count[1][position][action];

	c->packets += packets;
	c->bytes += bytes;
}

static void counted(const struct xlab_count *c, uint64_t packets, uint64_t bytes)
{
	assert_int_equal(c->packets, packets);
	assert_int_equal(c->bytes, bytes);
}

/* What came to the next filter and is not in a row of the one before was silent there. */
static void silence_follows_by_subtraction(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct chain_view view;

	(void)state;
	attached = 12;
	record = NOW "web dns\n";
	memset(cpus, 0, 2 * sizeof(*cpus));
	cpus[0].count[0][2][XDP_PASS].packets = 77; /* of the generation before */
	count(1, 0, XDP_ABORTED, 1, 5);
	count(0, 0, XDP_DROP, 1, 10);
	count(1, 0, XDP_DROP, 2, 20); /* after which web goes on */
	count(0, 1, XDP_DROP, 2, 25); /* and dns does not */
	count(1, 1, XDP_PASS, 4, 40);
	count(0, 1, XLAB_SLOT_INVALID, 1, 15);
	count(0, 2, XDP_PASS, 7, 60);
	count(1, 2, XDP_PASS, 3, 40);
	assert_int_equal(read_chain(&view, &e), 0);
	counted(&view.passed, 10, 100);
	assert_true(view.passed_known && view.rows[0].known && view.rows[1].known);
	assert_null(view.rows[2].filter);
	counted(&view.rows[1].verdicts[XDP_DROP], 2, 25);
	counted(&view.rows[1].verdicts[XDP_PASS], 4, 40);
	counted(&view.rows[1].verdicts[XLAB_SLOT_INVALID], 1, 15);
	counted(&view.rows[1].verdicts[XLAB_SLOT_NEXT], 10, 100);
	counted(&view.rows[0].verdicts[XDP_DROP], 3, 30);
	counted(&view.rows[0].verdicts[XLAB_SLOT_NEXT], 13, 145); /* 10 + 2 + 4 + 1 came on, 4 of
								   * them not in silence */
	counted(&view.rows[0].verdicts[XDP_PASS], 0, 0);
	chain_view_clear(&view);
	/* A packet on its way is counted here and not yet there. */
	count(0, 0, XDP_DROP, 15, 0);
	assert_int_equal(read_chain(&view, &e), 0);
	counted(&view.rows[0].verdicts[XLAB_SLOT_NEXT], 0, 145);
	chain_view_clear(&view);
	count(0, 0, XDP_DROP, 0, 1000);
	assert_int_equal(read_chain(&view, &e), 0);
	counted(&view.rows[0].verdicts[XLAB_SLOT_NEXT], 0, 0);
	chain_view_clear(&view);
}

/* Somebody's object is silent when it passes; in libxdp's dispatcher it does not count, and then
 * nothing follows, but each other one has counted its silence itself.
 */
static void silence_of_somebodys_object(void **state)
{
	static const struct {
		const char *record;
		bool known, first_known, last_known;
		uint64_t next, pass;
	} cases[] = {
		{ NOW "dns mine\n", true, true, true, 13, 10 },
		{ "now libxdp 5 native 12 own\nfilters dns mine\n", false, true, false, 6, 0 },
		{ "now libxdp 5 native 12 own\nfilters mine dns\n", false, false, true, 0, 0 },
		{ "now libxdp 5 native 12 own\nfilters dns web\n", true, true, true, 10, 0 },
	};

	(void)state;
	attached = 12;
	memset(cpus, 0, 2 * sizeof(*cpus));
	count(0, 0, XDP_DROP, 5, 50);
	count(1, 0, XLAB_SLOT_NEXT, 6, 60);
	count(0, 1, XDP_DROP, 3, 30);
	count(0, 2, XDP_PASS, 10, 100);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct chain_view view;

		record = cases[i].record;
		assert_int_equal(read_chain(&view, &e), 0);
		assert_int_equal(view.rows[0].known, cases[i].first_known);
		assert_int_equal(view.rows[1].known, cases[i].last_known);
		assert_int_equal(view.passed_known, cases[i].last_known);
		counted(&view.passed, 10, 100);
		if (i != 2)
			counted(&view.rows[0].verdicts[XLAB_SLOT_NEXT], cases[i].next,
				10 * cases[i].next);
		counted(&view.rows[1].verdicts[XDP_PASS], cases[i].pass, 10 * cases[i].pass);
		chain_view_clear(&view);
	}
}

/* Events may be of a chain that has gone. */
static void an_earlier_chain_is_recalled(void **state)
{
	size_t iface = topology_iface(&lab.labfile.topo, "b:e1");
	struct error ERROR_AUTO e = ERROR_INIT;
	struct chain_record r;

	(void)state;
	record = NOW "web\nbefore inline 4 native 11 own\nfilters dns\n"
		     "past inline 2 native 10 own\nfilters web dns\n";
	assert_int_equal(chain_recall(&lab, iface, 5, &r, &e), 0);
	assert_int_equal(r.prog_id, 12);
	chain_record_clear(&r);
	assert_int_equal(chain_recall(&lab, iface, 4, &r, &e), 0);
	assert_string_equal(r.filters[0], "dns");
	chain_record_clear(&r);
	assert_int_equal(chain_recall(&lab, iface, 2, &r, &e), 0);
	assert_int_equal(r.n_filters, 2);
	chain_record_clear(&r);
	assert_int_equal(chain_recall(&lab, iface, 3, &r, &e), -ENOENT);
	assert_null(e.text);
	assert_int_equal(r.n_filters, 0);
	record = "x\n";
	assert_int_equal(chain_recall(&lab, iface, 5, &r, &e), -EINVAL);
	assert_int_equal(r.n_filters, 0);
}

static int up(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	cpus = aligned_alloc(64, 2 * sizeof(*cpus));
	memset(cpus, 0, 2 * sizeof(*cpus));
	return labfile_parse(&lab.labfile, "f.ini", "/dir", text, strlen(text), &e);
}

static int down(void **state)
{
	(void)state;
	free(cpus);
	labfile_clear(&lab.labfile);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_is_not_what_shall),
		cmocka_unit_test(what_cannot_be_shown),
		cmocka_unit_test(silence_follows_by_subtraction),
		cmocka_unit_test(silence_of_somebodys_object),
		cmocka_unit_test(an_earlier_chain_is_recalled),
	};

	return cmocka_run_group_tests_name("chain_read", tests, up, down);
}
