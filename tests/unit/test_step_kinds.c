// SPDX-License-Identifier: GPL-2.0-or-later
/* What steps do that send nothing themselves: a program that is run, a packet that is given to a
 * chain, a map that is looked at, a change. No program runs: how it ends is given here.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/text.h"
#include "orchestrator/filter/filter_maps.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/map_value.h"
#include "orchestrator/filter/rules.h"
#include "orchestrator/filter/rules_record.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge_exec.h"
#include "orchestrator/scenario/judge_frame.h"
#include "orchestrator/scenario/node_program.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/scenario/step_do.h"
#include "orchestrator/scenario/step_exec.h"
#include "orchestrator/scenario/step_give.h"
#include "orchestrator/scenario/step_map.h"
#include "orchestrator/scenario/step_result.h"
#include "orchestrator/scenario/step_run.h"
#include "orchestrator/scenario/witness.h"
#include "tests/unit/visit.h"
#include "tests/unit/wrap.h"

#define MS 1000000ULL

static const char text[] = "[lab]\nname = t\n[node a]\n[node b]\n"
			   "[iface a:e0]\npeer = b:e0\n[iface b:e0]\npeer = a:e0\n"
			   "[filter f]\nprogram = drop\n[filter g]\nprogram = drop\n"
			   "[packet small]\neth = dst=02:00:00:00:00:0b type=0x88b5\n"
			   "[packet large]\neth = dst=02:00:00:00:00:0b type=0x88b5\n"
			   "data = zero:2034\n"
			   "[packet larger]\neth = dst=02:00:00:00:00:0b type=0x88b5\n"
			   "data = zero:2035\n";
enum { A_E0, B_E0 };
enum { SMALL, LARGE, LARGER };

static struct lab lab;
static char *done;
static const char *fails;
static int fails_with;

static int act(struct error *e, const char *word)
{
	text_add(&done, ", ", "%s", word);
	return fails && !strcmp(fails, word) ? error_state(e, fails_with, "%s fails", word) : 0;
}

static void did(size_t row, const char *words)
{
	if (!words != !done || (words && strcmp(done, words) != 0))
		fail_msg("row %zu: %s", row, done ? done : "nothing");
	free(steal_pointer(&done));
}

static int parse(void **state)
{
	return parse_text(state, &lab.labfile, text);
}

/* --- A program of the user's ----------------------------------------------------------------- */

static struct node_end end;
static bool ends;
static int wait_err;

WRAP(int, node_program_start, struct node_program *p, const struct lab *of, const char *node,
     char *const *argv, bool stays, struct error *e)
{
	assert_ptr_equal(of, &lab);
	assert_string_equal(node, "b");
	assert_string_equal(argv[0], "/bin/it");
	assert_false(stays);
	p->first->ended = ends;
	p->first->out.text = (char *)"out";
	p->first->err.text = (char *)"err";
	p->end = &end;
	return act(e, "start");
}

WRAP(int, node_program_ended, const struct node_program *p, struct error *e)
{
	assert_ptr_equal(p->end, &end);
	return act(e, "ended?");
}

WRAP(void, node_program_end, struct node_program *p)
{
	assert_non_null(p->first);
	(void)act(NULL, "end");
}

WRAP(int, step_run_wait, struct step_run *c, int (*when)(struct step_run *c), uint64_t ask_ns)
{
	uint64_t now = netlink_clock_ns();

	assert_int_equal(ask_ns, 0);
	assert_in_range(c->deadline_ns, now + 4000 * MS, now + 5000 * MS); /* ten times 500 */
	if (wait_err)
		return error_state(c->e, wait_err, "it is over");
	return when(c) ? 0 : -ETIMEDOUT;
}

static int consume(void *cookie, struct evidence *ev, struct error *e)
{
	(void)cookie;
	(void)ev;
	return act(e, "take");
}

static struct exec_seen seen;

WRAP(void, judge_exec, const struct labfile *labfile, const struct step *step,
     const struct exec_seen *what, const struct evidence *ev, struct step_result *result)
{
	(void)step;
	assert_ptr_equal(labfile, &lab.labfile);
	assert_int_equal(ev->mark.kind, STEP_EXEC);
	assert_int_equal(ev->mark.src_node, 1);
	assert_int_equal(ev->mark.dst_node, NONE);
	seen = *what;
	step_result_set(result, OUTCOME_OK, text_format("judged"));
}

WRAP(void, judge_exec_control, const struct step *step, const struct exec_seen *what,
     struct step_result *result)
{
	(void)step;
	seen = *what;
	step_result_set(result, OUTCOME_OK, text_format("tried"));
}

static void a_program(void **state)
{
	static char *argv[] = { (char *)"/bin/it", NULL };
	static const struct {
		bool ends, control;
		int wait_err;
		const char *fails;
		int err;
		const char *done, *text;
	} rows[] = {
		{ true, false, 0, NULL, 0, "start, ended?, take, end", NULL },
		{ true, true, 0, NULL, 0, "start, ended?, take, end", NULL },
		{ false, false, 0, NULL, 0, "start, take, end", NULL },
		{ false, false, -EINTR, NULL, -EINTR, "start, end", "/bin/it: it is over" },
		{ true, false, 0, "start", -EIO, "start, end", "/bin/it: start fails" },
		{ true, true, 0, "ended?", -EIO, "start, ended?, end", "/bin/it: ended? fails" },
		{ true, false, 0, "take", -EIO, "start, ended?, take, end", "/bin/it: take fails" },
	};
	const struct step step = { .kind = STEP_EXEC, .src = 1, .argv = argv };
	const struct probe probe = { .lab = &lab, .timeout_ms = 500, .consume = consume };

	(void)state;
	end = (struct node_end){ .ended = true, .status = 9, .exec_errno = ENOENT };
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step_result result = { 0 };
		struct error ERROR_AUTO e = ERROR_INIT;
		uint64_t before = netlink_clock_ns();
		struct evidence ev = { 0 };

		ends = rows[i].ends;
		wait_err = rows[i].wait_err;
		fails = rows[i].fails;
		fails_with = -EIO;
		seen = (struct exec_seen){ 0 };
		assert_int_equal(step_exec(&probe, &step, rows[i].control, &ev, &result, &e),
				 rows[i].err);
		did(i, rows[i].done);
		assert_in_range(ev.since_ns, before, netlink_clock_ns());
		if (rows[i].err) {
			assert_string_equal(e.text, rows[i].text);
			assert_null(result.why);
			continue;
		}
		assert_string_equal(result.why, rows[i].control ? "tried" : "judged");
		assert_string_equal(seen.out, "out");
		assert_string_equal(seen.err, "err");
		assert_int_equal(seen.waited_ms, ends ? 0 : 5000);
		assert_int_equal(seen.status, ends ? 9 : 0);
		assert_int_equal(seen.exec_errno, ends ? ENOENT : 0);
		step_result_clear(&result);
	}
}

/* --- A packet that is given ------------------------------------------------------------------ */

static int program;

WRAP(int, scenario_chains_program, const struct scenario_chains *s, size_t iface)
{
	assert_string_equal((const char *)s, "chains");
	assert_int_equal(iface, B_E0);
	return program;
}

WRAP(unsigned int, if_nametoindex, const char *name)
{
	assert_string_equal(name, "e0");
	return 7;
}

static int run_err;
static size_t sent_size;

WRAP(int, bpf_prog_test_run_opts, int fd, struct bpf_test_run_opts *opts)
{
	const struct xdp_md *in = opts->ctx_in;
	uint8_t *out = opts->data_out;

	assert_int_equal(fd, 5);
	assert_string_equal(visit.at, "b");
	assert_int_equal(in->ingress_ifindex, 7);
	assert_int_equal(in->data_end, opts->data_size_in);
	assert_int_equal(opts->ctx_size_in, sizeof(*in));
	assert_int_equal(opts->repeat, 1);
	assert_true(opts->data_size_out >= opts->data_size_in + 4096);
	sent_size = opts->data_size_in;
	memcpy(out, opts->data_in, opts->data_size_in);
	out[opts->data_size_in] = 'x';
	opts->data_size_out = opts->data_size_in + 1;
	opts->retval = XDP_TX;
	return run_err;
}

WRAP(int, witness_consume, struct witness *w, struct evidence *ev, struct error *e)
{
	(void)w;
	(void)ev;
	return act(e, "take");
}

WRAP(void, judge_give, const struct labfile *labfile, const struct step *step,
     const struct evidence *ev, uint32_t verdict, struct step_result *result)
{
	const struct packet_config *p = &labfile->packets[step->packet];

	(void)result;
	assert_int_equal(verdict, XDP_TX);
	assert_int_equal(ev->came_size, p->size + 1);
	assert_memory_equal(ev->came_out, p->bytes, p->size);
	assert_int_equal(ev->came_out[p->size], 'x');
	assert_int_equal(ev->mark.kind, STEP_GIVE);
	assert_int_equal(ev->mark.src_node, NONE);
	assert_int_equal(ev->mark.dst_node, 1);
	assert_int_equal(ev->wanted, 1);
	assert_true(ev->server_bound);
	assert_true(frame_forms_know(&ev->frames, p->bytes, p->size, p->size));
	(void)act(NULL, "judge");
}

static void a_packet(void **state)
{
	static const struct {
		size_t packet;
		int program, run_err;
		const char *fails, *gone;
		int err;
		const char *done, *text;
	} rows[] = {
		{ SMALL, 5, 0, NULL, NULL, 0, "take, judge", NULL },
		{ LARGER, 5, 0, NULL, NULL, 0, "take, judge", NULL },
		{ SMALL, -1, 0, NULL, NULL, -ENOENT, NULL, "no chain stands on b:e0" },
		{ SMALL, 5, 0, NULL, "b", -ENOENT, NULL, "b is gone" },
		{ SMALL, 5, -EINVAL, NULL, NULL, -EINVAL, NULL,
		  "BPF_PROG_TEST_RUN of the chain at b:e0: Invalid argument" },
		/* what a program without fragments takes in one piece */
		{ LARGE, 5, -EINVAL, NULL, NULL, -EINVAL, NULL,
		  "BPF_PROG_TEST_RUN of the chain at b:e0: Invalid argument" },
		{ LARGER, 5, -EINVAL, NULL, NULL, -EINVAL, NULL,
		  "the chain at b:e0 does not take a packet of 2049 bytes from BPF_PROG_TEST_RUN: "
		  "a filter of it takes no fragments (xdp.frags)" },
		{ LARGER, 5, -EPERM, NULL, NULL, -EPERM, NULL,
		  "BPF_PROG_TEST_RUN of the chain at b:e0: Operation not permitted" },
		{ SMALL, 5, 0, "take", NULL, -EIO, "take", "take fails" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct step step = { .kind = STEP_GIVE,
					   .at = B_E0,
					   .packet = rows[i].packet };
		struct step_result result = { 0 };
		struct error ERROR_AUTO e = ERROR_INIT;
		uint64_t before = netlink_clock_ns();
		struct evidence ev = { 0 };
		struct witness w = { 0 };

		program = rows[i].program;
		run_err = rows[i].run_err;
		fails = rows[i].fails;
		fails_with = -EIO;
		visit.gone = rows[i].gone;
		assert_int_equal(
			step_give(&lab, (const void *)"chains", &w, &step, &ev, &result, &e),
			rows[i].err);
		did(i, rows[i].done);
		if (rows[i].err)
			assert_string_equal(e.text, rows[i].text);
		else
			assert_int_equal(sent_size, lab.labfile.packets[rows[i].packet].size);
		if (program >= 0)
			assert_in_range(ev.since_ns, before, netlink_clock_ns());
		evidence_clear(&ev);
	}
	visit.gone = NULL;
}

/* --- A map that is looked at ----------------------------------------------------------------- */

WRAP(int, filter_object_open, const struct lab *of, size_t filter, struct filter_object *in,
     struct error *e)
{
	assert_ptr_equal(of, &lab);
	assert_int_equal(filter, 1);
	memset(in, 0, sizeof(*in));
	return act(e, "open");
}

WRAP(void, filter_object_close, struct filter_object *in)
{
	(void)in;
	(void)act(NULL, "close");
}

WRAP(int, filter_maps_open, const struct lab *of, size_t filter, const char *name, int *fd,
     struct error *e)
{
	(void)of;
	assert_int_equal(filter, 1);
	assert_string_equal(name, "seen");
	*fd = 1005;
	return act(e, "map");
}

static bool holds;
static const char *is;

WRAP(int, map_value_compare, struct bpf_object *obj, const struct map_expectation *m, int map_fd,
     bool *as_expected, char **value, struct error *e)
{
	(void)obj;
	(void)m;
	assert_int_equal(map_fd, 1005);
	*as_expected = holds;
	*value = is ? text_format("%s", is) : NULL;
	return act(e, "compare");
}

static void a_map(void **state)
{
	static const struct {
		const char *field, *is;
		bool holds;
		const char *fails, *done, *text;
		enum outcome outcome;
	} rows[] = {
		{ NULL, "4", true, NULL, "open, map, compare, close", "g.seen[7] is 4",
		  OUTCOME_OK },
		{ "count", "4", true, NULL, "open, map, compare, close", "g.seen[7].count is 4",
		  OUTCOME_OK },
		{ NULL, "4", false, NULL, "open, map, compare, close",
		  "g.seen[7] is 4, and not > 5", OUTCOME_NOT_OK },
		{ NULL, NULL, false, NULL, "open, map, compare, close",
		  "g.seen[7]: the map has no such element", OUTCOME_NOT_OK },
		{ NULL, NULL, false, "open", "open", "open fails", OUTCOME_LAB },
		{ NULL, NULL, false, "map", "open, map, close", "g.seen[7]: map fails",
		  OUTCOME_LAB },
		{ NULL, "4", true, "compare", "open, map, compare, close",
		  "g.seen[7]: compare fails", OUTCOME_LAB },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct step step = { .kind = STEP_MAP,
					   .by = 1,
					   .map = { .map = (char *)"seen",
						    .key = (char *)"7",
						    .field = (char *)rows[i].field,
						    .op = ">",
						    .value = (char *)"5" } };
		struct step_result result = { 0 };
		struct error ERROR_AUTO e = ERROR_INIT;

		fails = rows[i].fails;
		fails_with = -EIO;
		is = rows[i].is;
		holds = rows[i].holds;
		assert_int_equal(step_map(&lab, &step, &result, &e), rows[i].fails ? -EIO : 0);
		did(i, rows[i].done);
		assert_string_equal(rows[i].fails ? e.text : result.why, rows[i].text);
		if (!rows[i].fails)
			assert_int_equal(result.outcome, rows[i].outcome);
		step_result_clear(&result);
	}
}

/* --- A change -------------------------------------------------------------------------------- */

WRAP(int, rules_keep, struct lab *of, size_t filter, struct error *e)
{
	assert_ptr_equal(of, &lab);
	assert_int_equal(filter, 1);
	return act(e, "keep");
}

WRAP(int, rules_add, const struct lab *of, size_t filter, char *const *rules, struct error *e)
{
	(void)of;
	assert_int_equal(filter, 1);
	assert_string_equal(rules[0], "dst=1");
	assert_null(rules[1]);
	return act(e, "add");
}

WRAP(int, rules_del, const struct lab *of, size_t filter, char *const *rules, struct error *e)
{
	(void)of;
	assert_int_equal(filter, 1);
	assert_string_equal(rules[0], "dst=1");
	assert_null(rules[1]);
	return act(e, "del");
}

WRAP(int, scenario_chains_change, struct scenario_chains *s, const struct chain_config *chain,
     struct error *e)
{
	assert_string_equal((const char *)s, "chains");
	assert_int_equal(chain->iface, 1);
	return act(e, "change");
}

static void a_change(void **state)
{
	static const struct {
		enum change_kind kind;
		const char *fails, *done, *why;
	} rows[] = {
		{ CHANGE_RULE_ADD, NULL, "keep, add", "done, until the scenario ends" },
		{ CHANGE_RULE_DEL, NULL, "keep, del", "done, until the scenario ends" },
		{ CHANGE_CHAIN, NULL, "change", "done, until the scenario ends" },
		/* without what is to go back nothing is changed */
		{ CHANGE_RULE_ADD, "keep", "keep", "error of the lab: do it failed: keep fails" },
		{ CHANGE_RULE_ADD, "add", "keep, add",
		  "error of the lab: do it failed: add fails" },
		{ CHANGE_RULE_DEL, "del", "keep, del",
		  "error of the lab: do it failed: del fails" },
		{ CHANGE_CHAIN, "change", "change",
		  "error of the lab: do it failed: change fails" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct step step = { .kind = STEP_DO,
					   .by = 1,
					   .line_text = (char *)"it",
					   .change = { .kind = rows[i].kind,
						       .rule = (char *)"dst=1",
						       .chain.iface = 1 } };
		struct step_result result = { 0 };

		fails = rows[i].fails;
		fails_with = -EIO;
		step_do(&lab, (struct scenario_chains *)"chains", &step, &result);
		did(i, rows[i].done);
		assert_string_equal(result.why, rows[i].why);
		assert_int_equal(result.outcome, rows[i].fails ? OUTCOME_LAB : OUTCOME_OK);
		step_result_clear(&result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program),
		cmocka_unit_test(a_packet),
		cmocka_unit_test(a_map),
		cmocka_unit_test(a_change),
	};

	return cmocka_run_group_tests_name("step_kinds", tests, parse, clear_text);
}
