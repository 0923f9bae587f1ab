// SPDX-License-Identifier: GPL-2.0-or-later
/* In which order a scenario does what it does, and what it does not do any more once something went
 * wrong. In the place of what the parts do words are written down; how they end is given here.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/netlink.h"
#include "lab/progress.h"
#include "lab/text.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/event/drop_trace.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/filter/rules_record.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/packet_config.h"
#include "orchestrator/scenario/diagnosis.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge.h"
#include "orchestrator/scenario/judge_text.h"
#include "orchestrator/scenario/neighbours.h"
#include "orchestrator/scenario/probe.h"
#include "orchestrator/scenario/probe_nc.h"
#include "orchestrator/scenario/scenario.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/scenario/serves.h"
#include "orchestrator/scenario/step_do.h"
#include "orchestrator/scenario/step_exec.h"
#include "orchestrator/scenario/step_give.h"
#include "orchestrator/scenario/step_map.h"
#include "orchestrator/scenario/step_serve.h"
#include "orchestrator/scenario/witness.h"
#include "tests/unit/wrap.h"

#define STEPS 4

static struct iface ifaces[] = { { .node = 0 }, { .node = 0 }, { .node = 0 } };
static struct packet_config packets[] = { { .name = (char *)"p" }, { .name = (char *)"q" } };
static struct lab lab = { .labfile = { .topo = { .ifaces = ifaces, .n_ifaces = 3 },
				       .packets = packets,
				       .n_packets = 2 } };
static struct step steps[STEPS];
static struct scenario scenario = { .steps = steps };
static struct chain_record records[3] = { { .n_filters = 1 }, { 0 }, { .n_filters = 2 } };
static char *const listener = (char *)"listener", *const chains = (char *)"chains";

static char *done;
static const char *fails;     /* this word, with -EIO, or that errno */
static int fails_with, skips; /* so often it does not */
static bool quiet;	      /* the kernel does not tell what it drops */
static const char *dies_at;   /* a server, behind that word */
static bool dying, died;      /* seen so far */

/* How a step ends: by the word, "control 0" or "step 0"; all others are ok. */
static struct {
	const char *word;
	enum outcome outcome;
} ends[3];

static int act(struct error *e, const char *what, size_t number)
{
	char *FREE_AUTO word =
		number == NONE ? text_format("%s", what) : text_format("%s %zu", what, number);

	text_add(&done, ", ", "%s", word);
	dying |= dies_at && !strcmp(dies_at, word);
	if (!fails || strcmp(fails, word) != 0 || skips-- > 0)
		return 0;
	return error_state(e, fails_with, "%s fails\nthe details", fails);
}

static size_t number_of(const struct step *step)
{
	return (size_t)(step - steps);
}

static void judged_wrong(struct step_result *result, enum outcome outcome, const char *word)
{
	step_result_set(result, outcome, text_format("%s went wrong", word));
	result->details = outcome == OUTCOME_LAB ? xstrdup("as judged") : NULL;
}

static void judged(const char *what, const struct step *step, struct step_result *result)
{
	char *FREE_AUTO word = text_format("%s %zu", what, number_of(step));

	(void)act(NULL, what, number_of(step));
	step_result_set(result, OUTCOME_OK, text_format("%s is ok", word));
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends[i].word && !strcmp(ends[i].word, word))
			judged_wrong(result, ends[i].outcome, word);
}

WRAP(int, probe_tools, struct probe *probe, const struct scenario *s, struct error *e)
{
	sigset_t held;

	assert_ptr_equal(s, &scenario);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &held), 0);
	assert_int_equal(sigismember(&held, SIGINT), 1);
	assert_true(fcntl(probe->signal_fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(probe->timeout_ms, 500);
	assert_int_equal(probe->listener_fd, -1);
	assert_int_equal(probe->drops_fd, quiet ? -1 : 90);
	assert_ptr_equal(probe->lab, &lab);
	return act(e, "tools", NONE);
}

WRAP(int, packet_config_load, struct packet_config *packet, struct error *e)
{
	return act(e, packet->name, NONE);
}

WRAP(int, drop_trace_fd, const struct drop_trace *t)
{
	assert_string_equal((const char *)t, "drops");
	return 90;
}

WRAP(int, scenario_chains_prepare, struct scenario_chains *s, const struct scenario *of,
     struct error *e)
{
	assert_ptr_equal(s, chains);
	assert_ptr_equal(of, &scenario);
	return act(e, "prepare", NONE);
}

WRAP(int, scenario_chains_strip, struct scenario_chains *s, const struct scenario *of,
     struct error *e)
{
	assert_ptr_equal(s, chains);
	assert_ptr_equal(of, &scenario);
	return act(e, "strip", NONE);
}

WRAP(int, scenario_chains_set, struct scenario_chains *s, struct error *e)
{
	assert_ptr_equal(s, chains);
	return act(e, "set", NONE);
}

WRAP(int, scenario_chains_restore, struct scenario_chains *s, struct error *e)
{
	assert_ptr_equal(s, chains);
	return act(e, "restore", NONE);
}

WRAP(const struct chain_record *, scenario_chains_records, const struct scenario_chains *s)
{
	assert_ptr_equal(s, chains);
	return records;
}

WRAP(int, listener_open, const struct lab *of, struct listener **out, struct error *e)
{
	assert_ptr_equal(of, &lab);
	*out = (struct listener *)listener;
	return act(e, "listen", NONE);
}

WRAP(int, listener_fd, const struct listener *l)
{
	assert_ptr_equal(l, listener);
	return 91;
}

WRAP(int, listener_subscribe, struct listener *l, size_t iface, struct error *e)
{
	assert_ptr_equal(l, listener);
	return act(e, "hear", iface);
}

WRAP(void, listener_close, struct listener *l)
{
	if (l)
		(void)act(NULL, "deaf", NONE);
}

static bool hears;
static size_t forgotten;

WRAP(int, witness_consume, struct witness *w, struct evidence *ev, struct error *e)
{
	assert_ptr_equal(w->drops, "drops");
	if (hears) { /* what comes meanwhile, of a probe */
		hears = false;
		return 0;
	}
	assert_ptr_equal(w->listener, listener);
	assert_ptr_equal(ev->chains, records);
	return act(e, "take", NONE);
}

WRAP(void, witness_forget, struct witness *w)
{
	(void)w;
	forgotten++;
}

WRAP(const char **, witness_shown, const struct witness *w, size_t iface, size_t *n)
{
	(void)w;
	*n = iface;
	return NULL;
}

WRAP(int, rules_restore_all, struct lab *of, struct error *e)
{
	assert_ptr_equal(of, &lab);
	return act(e, "rules", NONE);
}

WRAP(int, chain_restore_all, struct lab *of, struct error *e)
{
	assert_ptr_equal(of, &lab);
	return act(e, "chains", NONE);
}

WRAP(int, serves_new, const struct lab *of, struct serves **out, struct error *e)
{
	assert_ptr_equal(of, &lab);
	if (act(e, "servers", NONE))
		return e->err;
	*out = (struct serves *)&died;
	return 0;
}

WRAP(void, serves_stop, struct serves *serves)
{
	if (serves)
		(void)act(NULL, "stop", NONE);
	dying = died = false;
}

WRAP(void, serves_poll, struct serves *serves)
{
	(void)serves;
	died = dying;
}

WRAP(bool, serves_died, const struct serves *serves)
{
	(void)serves;
	return died;
}

WRAP(void, serves_judge, const struct serves *serves, struct step_result *result)
{
	assert_ptr_equal(serves, &died);
	step_result_set(result, OUTCOME_LAB, xstrdup("a server died"));
}

WRAP(int, neighbours_forget, struct neighbours *n, const struct step *step, struct error *e)
{
	assert_string_equal((const char *)n, "neighbours");
	return act(e, "forget", number_of(step));
}

/* What happens to a step's packets. */
static struct evidence seen;

WRAP(int, probe_run, const struct probe *probe, const struct step *step, struct evidence *ev,
     struct error *e)
{
	assert_ptr_equal(ev->topo, &lab.labfile.topo);
	assert_int_equal(probe->listener_fd, ev->chains ? 91 : -1);
	hears = true;
	assert_int_equal(probe->consume(probe->cookie, ev, e), 0);
	assert_false(hears);
	ev->wanted = 1;
	ev->arrived = seen.arrived;
	ev->drops = seen.drops;
	ev->neighbour_asked = seen.neighbour_asked;
	ev->neighbour = seen.neighbour;
	ev->since_ns = netlink_clock_ns() - seen.since_ns;
	if (seen.neighbour_text)
		ev->neighbour_text = text_format("n%zu", number_of(step));
	if (probe->vain) {
		char *FREE_AUTO vain = text_format("(%s)", probe->vain);

		for (char *line = vain; (line = strchr(line, '\n'));)
			*line = ' ';
		(void)act(NULL, vain, NONE);
	}
	if (step->flows)
		(void)act(NULL, "from", ev->mark.src_port);
	ev->mark.src_port = ev->mark.src_port ? ev->mark.src_port : 65534;
	ev->n_arrivals = step->flows ? 2 : 0;
	ev->arrivals = xcalloc(2, sizeof(*ev->arrivals));
	ev->arrivals[0].copies = 1;
	ev->arrivals[1].copies = 2;
	return act(e, "send", number_of(step));
}

WRAP(void, diagnosis_links, const struct lab *of, struct evidence *ev)
{
	(void)of;
	(void)ev;
	(void)act(NULL, "links?", NONE);
}

WRAP(void, diagnosis_neighbour, const struct lab *of, struct evidence *ev)
{
	(void)of;
	(void)ev;
	(void)act(NULL, "neighbour?", NONE);
}

WRAP(void, diagnosis_ways, const struct lab *of, const struct step *step, struct evidence *ev)
{
	(void)of;
	(void)ev;
	(void)act(NULL, "ways?", number_of(step));
}

WRAP(int, probe_check_nc, const struct probe *probe, struct error *e)
{
	assert_ptr_equal(probe->lab, &lab);
	return act(e, "nc?", NONE);
}

WRAP(void, judge_control, const struct labfile *labfile, const struct step *step,
     const struct evidence *ev, struct step_result *result)
{
	assert_ptr_equal(labfile, &lab.labfile);
	assert_null(ev->chains);
	judged("control", step, result);
}

WRAP(void, judge_traffic, const struct labfile *labfile, const struct step *step,
     const struct evidence *ev, struct step_result *result)
{
	assert_ptr_equal(labfile, &lab.labfile);
	assert_ptr_equal(ev->chains, records);
	judged("step", step, result);
}

WRAP(void, judge_flow, const struct step *step, unsigned int n, struct step_result *result)
{
	(void)step;
	assert_int_not_equal(result->outcome, OUTCOME_OK);
	(void)act(NULL, "flow", n);
}

WRAP(void, judge_shares, const struct labfile *labfile, const struct step *step,
     const unsigned int *flows, struct step_result *result)
{
	(void)labfile;
	(void)step;
	assert_int_equal(result->outcome, OUTCOME_OK);
	(void)act(NULL, "shares", flows[0] * 100 + flows[1]);
}

WRAP(void, judge_see, const struct labfile *labfile, const struct step *step,
     const char *const *lines, size_t n, struct step_result *result)
{
	(void)labfile;
	(void)lines;
	assert_int_equal(n, step->at);
	judged("see", step, result);
}

static int load_err;

WRAP(int, chain_try_load, const struct lab *of, size_t filter, char **log, struct error *e)
{
	assert_ptr_equal(of, &lab);
	assert_int_equal(filter, 5);
	if (load_err == -EACCES)
		*log = xstrdup("the log");
	return load_err ? error_state(e, load_err, "it does not load\nat all") : 0;
}

WRAP(void, judge_reject, const struct labfile *labfile, const struct step *step, const char *log,
     struct step_result *result)
{
	(void)labfile;
	if (load_err)
		assert_string_equal(log, "the log");
	else
		assert_null(log);
	judged("reject", step, result);
}

WRAP(int, step_serve, const struct probe *probe, const struct step *step,
     struct step_result *result, struct error *e)
{
	assert_ptr_equal(probe->serves, &died);
	judged("serve", step, result);
	return fails && !strcmp(fails, "served") ? error_state(e, fails_with, "%s\nmore", fails)
						 : 0;
}

WRAP(int, step_exec, const struct probe *probe, const struct step *step, bool is_control,
     struct evidence *ev, struct step_result *result, struct error *e)
{
	(void)probe;
	assert_ptr_equal(ev->chains, is_control ? NULL : records);
	judged(is_control ? "try" : "exec", step, result);
	return fails && !strcmp(fails, "executed") ? error_state(e, fails_with, "%s", fails) : 0;
}

WRAP(void, step_do, struct lab *of, struct scenario_chains *s, const struct step *step,
     struct step_result *result)
{
	assert_ptr_equal(of, &lab);
	assert_ptr_equal(s, chains);
	judged("do", step, result);
}

WRAP(int, step_give, const struct lab *of, const struct scenario_chains *s, struct witness *w,
     const struct step *step, struct evidence *ev, struct step_result *result, struct error *e)
{
	(void)w;
	(void)e;
	assert_ptr_equal(of, &lab);
	assert_ptr_equal(s, chains);
	assert_ptr_equal(ev->chains, records);
	judged("give", step, result);
	return 0;
}

WRAP(int, step_map, const struct lab *of, const struct step *step, struct step_result *result,
     struct error *e)
{
	assert_ptr_equal(of, &lab);
	judged("map", step, result);
	return fails && !strcmp(fails, "mapped") ? error_state(e, fails_with, "%s", fails) : 0;
}

static size_t progressed;

WRAP(void, progress_step, struct progress *p)
{
	assert_string_equal((const char *)p, "progress");
	progressed++;
}

static bool pending;

WRAP(bool, interrupt_pending, void)
{
	return pending;
}

static int no_signals;

int __real_signalfd(int fd, const sigset_t *set, int flags);
WRAP(int, signalfd, int fd, const sigset_t *set, int flags)
{
	assert_int_equal(sigismember(set, SIGTERM), 1);
	assert_int_equal(sigismember(set, SIGCHLD), 0);
	errno = EMFILE;
	return no_signals ? -1 : __real_signalfd(fd, set, flags);
}

/* --- What a scenario is, and what is asked of it ------------------------------------------- */

static struct scenario_result result;

/* Steps of those kinds, none of which names a packet. */
static void begin(const enum step_kind *kinds, size_t n)
{
	sigset_t some;

	/* a signal that is pending stays held back */
	interrupt_signals(&some);
	(void)sigprocmask(SIG_UNBLOCK, &some, NULL);
	forgotten = 0;
	memset(steps, 0, sizeof(steps));
	for (size_t i = 0; i < STEPS; i++)
		steps[i] = (struct step){ .kind = i < n ? kinds[i] : STEP_DO,
					  .packet = i < n ? NONE : 0,
					  .as = i < n ? NONE : 1,
					  .port = (uint16_t)(80 + i),
					  .by = 5 };
	scenario.n_steps = n;
	memset(ends, 0, sizeof(ends));
	seen = (struct evidence){ .arrived = 1 };
	fails = dies_at = NULL;
	fails_with = -EIO;
	dying = died = pending = false;
	load_err = no_signals = skips = 0;
	quiet = false;
	progressed = 0;
	result = (struct scenario_result){ 0 };
}

static const struct scenario_options options = {
	.timeout_ms = 500,
	.drops = (struct drop_trace *)"drops",
	.neighbours = (struct neighbours *)"neighbours",
	.progress = (struct progress *)"progress",
};

static void did(const char *words)
{
	if (!words != !done || (words && strcmp(done, words) != 0))
		fail_msg("%s", done ? done : "nothing");
	free(steal_pointer(&done));
}

static void run(int err, bool last, const char *words)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct scenario_options with = options;
	int fd = dup(STDERR_FILENO), again;

	if (quiet)
		with.drops = NULL;
	(void)close(fd);
	assert_int_equal(scenario_run(&lab, &scenario, &with, (struct scenario_chains *)chains,
				      last, &result, &e),
			 err);
	assert_int_equal(e.err, err);
	did(words);
	/* what it opened is closed */
	again = dup(STDERR_FILENO);
	assert_int_equal(again, fd);
	(void)close(again);
}

/* The outcome, and what is said of each step; clears the result. */
static void ended(enum outcome outcome, const char *error, const char *const *why)
{
	assert_int_equal(result.outcome, outcome);
	if (!error != !result.error || (error && strcmp(result.error, error) != 0))
		fail_msg("%s", result.error ? result.error : "no error");
	assert_ptr_equal(result.scenario, &scenario);
	for (size_t i = 0; i < scenario.n_steps; i++)
		if (strcmp(result.steps[i].why, why[i]) != 0)
			fail_msg("step %zu: %s", i, result.steps[i].why);
	scenario_result_clear(&result);
	assert_null(result.steps);
	assert_null(result.error);
}

#define WHY(...) ((const char *const[]){ __VA_ARGS__ })
#define START	 "tools, prepare"
#define ON	 ", listen, set, hear 0, hear 2"
#define AFTER	 "not run, after an error of the lab"

/* Chains are loaded, then off for the control run, then on for the steps, then off for good. */
static void all_is_ok(void **state)
{
	static const enum step_kind kinds[] = { STEP_UDP, STEP_PING };

	(void)state;
	begin(kinds, 2);
	run(0, true,
	    START
	    ", strip, forget 0, send 0, control 0, forget 1, send 1, control 1" ON
	    ", take, forget 0, send 0, step 0, take, forget 1, send 1, step 1, restore, deaf");
	assert_int_equal(progressed, 4);
	assert_true(result.ms > 0 && result.steps[0].ms > 0);
	assert_int_equal(forgotten, 3); /* before each step, and then */
	ended(OUTCOME_OK, NULL, WHY("step 0 is ok", "step 1 is ok"));
	/* another one follows, whose chains come in their place; not so after a signal */
	begin(kinds, 1);
	run(0, false,
	    START ", strip, forget 0, send 0, control 0" ON
		  ", take, forget 0, send 0, step 0, deaf");
	ended(OUTCOME_OK, NULL, WHY("step 0 is ok"));
	begin(kinds, 1);
	pending = true;
	run(0, false,
	    START ", strip, forget 0, send 0, control 0" ON
		  ", take, forget 0, send 0, step 0, restore, deaf");
	ended(OUTCOME_OK, NULL, WHY("step 0 is ok"));
	/* what is known of neighbours may stay */
	begin(kinds, 1);
	steps[0].warm = true;
	run(0, true, START ", strip, send 0, control 0" ON ", take, send 0, step 0, restore, deaf");
	ended(OUTCOME_OK, NULL, WHY("step 0 is ok"));
	/* the kernel does not say what it drops */
	begin((const enum step_kind[]){ STEP_MAP }, 1);
	quiet = true;
	run(0, true, START ON ", map 0, restore, deaf");
	ended(OUTCOME_OK, NULL, WHY("map 0 is ok"));
}

/* Which step it is decides whose work it is; those that send nothing have no control run. */
static void every_kind(void **state)
{
	static const enum step_kind kinds[][STEPS] = {
		{ STEP_SEE, STEP_MAP, STEP_GIVE, STEP_REJECT },
		{ STEP_SERVE, STEP_EXEC, STEP_FRAME, STEP_TCP },
	};

	(void)state;
	begin(kinds[0], 4);
	steps[0].at = 7;
	load_err = -EACCES;
	run(0, true, START ON ", see 0, map 1, take, give 2, reject 3, restore, deaf");
	assert_int_equal(progressed, 4);
	assert_int_equal(forgotten, 2);
	ended(OUTCOME_OK, NULL,
	      WHY("see 0 is ok", "map 1 is ok", "give 2 is ok", "reject 3 is ok"));
	begin(&kinds[0][3], 1);
	run(0, true, START ON ", reject 0, restore, deaf");
	ended(OUTCOME_OK, NULL, WHY("reject 0 is ok"));
	begin(&kinds[0][3], 1);
	load_err = -ENOENT;
	run(-ENOENT, true, START ON ", restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("it does not load"));
	begin(kinds[1], 4);
	run(0, true,
	    START ", servers, strip, serve 0, forget 1, try 1, forget 2, send 2, control 2, "
		  "forget 3, send 3, control 3, stop, servers" ON
		  ", serve 0, take, forget 1, exec 1, take, forget 2, send 2, step 2, "
		  "take, forget 3, send 3, step 3, stop, restore, deaf");
	assert_int_equal(progressed, 8);
	ended(OUTCOME_OK, NULL,
	      WHY("serve 0 is ok", "exec 1 is ok", "step 2 is ok", "step 3 is ok"));
	for (size_t i = 1; i < 3; i++) { /* an exec, a frame */
		begin(&kinds[1][i], 1);
		steps[0].control = CONTROL_NONE;
		fails = "take";
		run(-EIO, true, START ON ", take, restore, deaf");
		ended(OUTCOME_LAB, NULL, WHY("take fails"));
	}
	begin(&kinds[1][1], 1);
	steps[0].control = CONTROL_NONE;
	fails = "forget 0";
	run(-EIO, true, START ON ", take, forget 0, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("forget 0 fails"));
	begin(&kinds[1][1], 1);
	fails = "forget 0";
	run(-EIO, true, START ", strip, forget 0, restore");
	ended(OUTCOME_LAB, NULL, WHY("forget 0 fails"));
	begin(&kinds[1][2], 1);
	steps[0].control = CONTROL_NONE;
	fails = "send 0";
	run(-EIO, true, START ON ", take, forget 0, send 0, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("send 0 fails"));
	begin(&kinds[0][1], 1);
	fails = "mapped";
	steps[1].kind = STEP_SERVE; /* behind the end */
	run(-EIO, true, START ON ", map 0, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("mapped"));
	begin(&kinds[0][2], 1); /* a packet that is given */
	fails = "take";
	run(-EIO, true, START ON ", take, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("take fails"));
	begin(kinds[1], 2);
	steps[1].control = CONTROL_NONE;
	run(0, true,
	    START ", servers, stop, servers" ON
		  ", serve 0, take, forget 1, exec 1, stop, restore, deaf");
	ended(OUTCOME_OK, NULL, WHY("serve 0 is ok", "exec 1 is ok"));
}

/* Rules go back, where they were changed; a chain that is changed is heard. */
static void changes(void **state)
{
	static const enum step_kind kinds[] = { STEP_DO, STEP_MAP, STEP_DO };

	(void)state;
	begin(kinds, 3);
	steps[0].change.kind = CHANGE_CHAIN;
	steps[0].change.chain.iface = 1;
	steps[0].change.chain.n_filters = 1;
	steps[2].change.kind = CHANGE_CHAIN; /* to none */
	run(0, false, START ON ", do 0, hear 1, map 1, do 2, rules, deaf");
	ended(OUTCOME_OK, NULL, WHY("do 0 is ok", "map 1 is ok", "do 2 is ok"));
	begin(kinds, 3);
	steps[0].change.chain.n_filters = 1; /* a rule */
	ends[0] = (typeof(ends[0])){ "do 2", OUTCOME_LAB };
	run(0, true, START ON ", do 0, map 1, do 2, rules, restore, deaf");
	ended(OUTCOME_LAB, NULL,
	      WHY("do 0 is ok", "map 1 is ok", "do 2 went wrong; what was done before is undone"));
	/* one that was not tried undoes nothing */
	begin(kinds, 3);
	ends[0] = (typeof(ends[0])){ "map 1", OUTCOME_LAB };
	run(0, true, START ON ", do 0, map 1, rules, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("do 0 is ok", "map 1 went wrong", AFTER));
	/* the first one undoes nothing, nor is there a word where it could not be */
	begin(kinds, 3);
	ends[0] = (typeof(ends[0])){ "do 0", OUTCOME_LAB };
	run(0, true, START ON ", do 0, rules, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("do 0 went wrong", AFTER, AFTER));
	begin(kinds, 3);
	ends[0] = (typeof(ends[0])){ "do 2", OUTCOME_LAB };
	fails = "rules";
	run(-EIO, true, START ON ", do 0, map 1, do 2, rules, restore, deaf");
	ended(OUTCOME_LAB, "rules fails\nthe details",
	      WHY("do 0 is ok", "map 1 is ok", "do 2 went wrong"));
	/* what does not stand there is not heard */
	begin(kinds, 1);
	steps[0].change.kind = CHANGE_CHAIN;
	steps[0].change.chain.n_filters = 1;
	ends[0] = (typeof(ends[0])){ "do 0", OUTCOME_LAB };
	run(0, true, START ON ", do 0, rules, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("do 0 went wrong"));
	begin(kinds, 1);
	steps[0].change.kind = CHANGE_CHAIN;
	steps[0].change.chain.n_filters = 1;
	steps[0].change.chain.iface = 1;
	fails = "hear 1";
	run(-EIO, true, START ON ", do 0, hear 1, rules, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("hear 1 fails"));
}

/* A failed expectation is no reason to stop; an error of the lab is. */
static void what_went_wrong(void **state)
{
	static const enum step_kind kinds[] = { STEP_UDP, STEP_TCP };
#define BOTH ", strip, forget 0, send 0, control 0, forget 1, send 1, control 1"

	(void)state;
	begin(kinds, 2);
	ends[0] = (typeof(ends[0])){ "step 0", OUTCOME_NOT_OK };
	ends[1] = (typeof(ends[0])){ "step 1", OUTCOME_INCONCLUSIVE };
	run(0, true,
	    START BOTH ON
	    ", take, forget 0, send 0, step 0, take, forget 1, send 1, step 1, restore, deaf");
	ended(OUTCOME_NOT_OK, NULL, WHY("step 0 went wrong", "step 1 went wrong"));
	begin(kinds, 2);
	ends[0] = (typeof(ends[0])){ "step 0", OUTCOME_INCONCLUSIVE };
	run(0, true,
	    START BOTH ON
	    ", take, forget 0, send 0, step 0, take, forget 1, send 1, step 1, restore, deaf");
	ended(OUTCOME_INCONCLUSIVE, NULL, WHY("step 0 went wrong", "step 1 is ok"));
	begin(kinds, 2);
	ends[0] = (typeof(ends[0])){ "step 0", OUTCOME_LAB };
	run(0, true, START BOTH ON ", take, forget 0, send 0, step 0, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("step 0 went wrong", AFTER));
	begin(kinds, 2);
	ends[0] = (typeof(ends[0])){ "control 0", OUTCOME_LAB };
	run(0, true, START ", strip, forget 0, send 0, control 0, restore");
	assert_int_equal(progressed, 1);
	assert_true(result.steps[0].ms > 0);
	ended(OUTCOME_LAB, NULL, WHY("control 0 went wrong", AFTER));
}

/* Nothing of it is done that is not begun; all is put back that was. */
static void what_fails(void **state)
{
	static const enum step_kind kinds[] = { STEP_UDP, STEP_TCP };
	static const struct {
		const char *fails;
		int err;
		const char *done, *error, *why[2];
		enum outcome outcome;
	} rows[] = {
		{ "tools",
		  -ENOENT,
		  "tools, restore",
		  "tools fails\nthe details",
		  { AFTER, AFTER },
		  OUTCOME_LAB },
		{ "prepare",
		  -EIO,
		  START ", restore",
		  "prepare fails\nthe details",
		  { AFTER, AFTER },
		  OUTCOME_LAB },
		{ "strip",
		  -EIO,
		  START ", strip, restore",
		  "strip fails\nthe details",
		  { AFTER, AFTER },
		  OUTCOME_LAB },
		{ "forget 1",
		  -EIO,
		  START ", strip, forget 0, send 0, control 0, forget 1, restore",
		  NULL,
		  { AFTER, "forget 1 fails" },
		  OUTCOME_LAB },
		{ "send 0",
		  -EINTR,
		  START ", strip, forget 0, send 0, restore",
		  NULL,
		  { "send 0 fails", "not run, after a signal" },
		  OUTCOME_STOPPED },
		{ "listen",
		  -EIO,
		  START BOTH ", listen, restore, deaf",
		  "listen fails\nthe details",
		  { AFTER, AFTER },
		  OUTCOME_LAB },
		{ "set",
		  -EIO,
		  START BOTH ", listen, set, restore, deaf",
		  "set fails\nthe details",
		  { AFTER, AFTER },
		  OUTCOME_LAB },
		{ "hear 0",
		  -EIO,
		  START BOTH ", listen, set, hear 0, restore, deaf",
		  "hear 0 fails\nthe details",
		  { AFTER, AFTER },
		  OUTCOME_LAB },
		{ "take",
		  -EIO,
		  START BOTH ON ", take, restore, deaf",
		  NULL,
		  { "take fails", AFTER },
		  OUTCOME_LAB },
		{ "restore",
		  -EIO,
		  START BOTH ON ", take, forget 0, send 0, step 0, take, forget 1, send 1, step 1, "
				"restore, deaf",
		  "cannot put back the chains from before: restore fails\nthe details",
		  { "step 0 is ok", "step 1 is ok" },
		  OUTCOME_LAB },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int last = 0; last < 2; last++) {
			begin(kinds, 2);
			fails = rows[i].fails;
			fails_with = rows[i].err;
			if (!strcmp(fails, "restore") && !last)
				continue;
			run(rows[i].err, last, rows[i].done);
			if (rows[i].why[0][0] == 't')
				assert_string_equal(result.steps[0].details, "the details");
			ended(rows[i].outcome, rows[i].error, rows[i].why);
		}
	begin(kinds, 2);
	no_signals = true;
	run(-EMFILE, true, "restore");
	ended(OUTCOME_LAB, "cannot wait for signals: Too many open files", WHY(AFTER, AFTER));
}

/* What is loaded of captures: the steps' packets, of the first that cannot be none that follow. */
static void captures(void **state)
{
	static const enum step_kind kinds[] = { STEP_MAP, STEP_MAP };

	(void)state;
	begin(kinds, 2);
	steps[0].as = 1;
	steps[1].packet = 0;
	run(0, true, "q, p, tools, prepare" ON ", map 0, map 1, restore, deaf");
	ended(OUTCOME_OK, NULL, WHY("map 0 is ok", "map 1 is ok"));
	begin(kinds, 2);
	steps[0].packet = 0;
	steps[0].as = steps[1].as = 1;
	fails = "p";
	run(-EIO, true, "p, restore");
	ended(OUTCOME_LAB, "packet p: p fails\nthe details", WHY(AFTER, AFTER));
	begin(kinds, 2);
	steps[0].as = steps[1].packet = 1;
	fails = "q";
	run(-EIO, true, "q, restore");
	ended(OUTCOME_LAB, "packet q: q fails\nthe details", WHY(AFTER, AFTER));
}

/* Why it did not arrive is asked where something is missing that no filter dropped. */
static void what_is_asked_then(void **state)
{
	static const struct {
		enum step_kind kind;
		unsigned int arrived, drops;
		enum outcome control;
		const char *asked, *nc;
	} rows[] = {
		{ STEP_UDP, 1, 0, OUTCOME_LAB, "", "" },
		{ STEP_UDP, 0, 0, OUTCOME_LAB, ", links?, neighbour?, ways? 0", ", nc?" },
		{ STEP_TCP, 0, 0, OUTCOME_LAB, ", links?, neighbour?, ways? 0", ", nc?" },
		{ STEP_TCP, 0, 0, OUTCOME_OK, ", links?, neighbour?, ways? 0", "" },
		{ STEP_UDP, 0, 1, OUTCOME_LAB, "", ", nc?" },
		{ STEP_PING, 0, 0, OUTCOME_LAB, ", links?, neighbour?, ways? 0", "" },
		{ STEP_FRAME, 0, 0, OUTCOME_LAB, ", links?", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO all = text_format(
			START ", strip, forget 0, send 0%s, control 0%s%s", rows[i].asked,
			rows[i].nc,
			rows[i].control == OUTCOME_OK ? ON
				", take, forget 0, send 0, links?, neighbour?, ways? 0, step 0, "
				"restore, deaf"
						      : ", restore");

		begin(&rows[i].kind, 1);
		seen.arrived = rows[i].arrived;
		seen.drops = rows[i].drops;
		ends[0] = (typeof(ends[0])){ "control 0", rows[i].control };
		run(0, true, all);
		scenario_result_clear(&result);
	}
	/* nor is anything asked of what was not sent */
	begin(&rows[1].kind, 1);
	seen.arrived = 0;
	fails = "send 0";
	run(-EIO, true, START ", strip, forget 0, send 0, restore");
	ended(OUTCOME_LAB, NULL, WHY("send 0 fails"));
	/* another netcat is what is wrong then */
	begin(&rows[1].kind, 1);
	seen.arrived = 0;
	ends[0] = (typeof(ends[0])){ "control 0", OUTCOME_LAB };
	fails = "nc?";
	run(-EIO, true,
	    START
	    ", strip, forget 0, send 0, links?, neighbour?, ways? 0, control 0, nc?, restore");
	ended(OUTCOME_LAB, NULL, WHY("nc? fails"));
}

/* Neighbours that were asked for until the deadline, in vain as they were to be, are told to the
 * next steps that are to fail.
 */
static void in_vain(void **state)
{
	static const enum step_kind kinds[] = { STEP_UDP, STEP_TCP, STEP_PING, STEP_UDP };
	static const struct {
		bool asked;
		enum neighbour_state is;
		unsigned int ms;
		bool told;
	} rows[] = {
		{ true, NEIGHBOUR_UNRESOLVED, 501, true },
		{ true, NEIGHBOUR_UNRESOLVED, 400, false },
		{ true, NEIGHBOUR_RESOLVED, 501, false },
		{ false, NEIGHBOUR_UNRESOLVED, 501, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(kinds, 4);
		steps[0].control = steps[1].control = steps[3].control = CONTROL_FAIL;
		seen.neighbour_asked = rows[i].asked;
		seen.neighbour = rows[i].is;
		seen.neighbour_text = (char *)"";
		seen.since_ns = rows[i].ms * 1000000ULL;
		/* to be told once is enough: the second step went wrong */
		ends[0] = (typeof(ends[0])){ "step 0", OUTCOME_LAB };
		run(0, true,
		    rows[i].told ? START
			    ", strip, forget 0, send 0, control 0, forget 1, (n0), send 1, "
			    "control 1, forget 2, send 2, control 2, forget 3, (n0 n1), send 3, "
			    "control 3" ON ", take, forget 0, send 0, step 0, restore, deaf"
				 : START
			    ", strip, forget 0, send 0, control 0, forget 1, send 1, "
			    "control 1, forget 2, send 2, control 2, forget 3, send 3, "
			    "control 3" ON ", take, forget 0, send 0, step 0, restore, deaf");
		ended(OUTCOME_LAB, NULL, WHY("step 0 went wrong", AFTER, AFTER, AFTER));
	}
}

/* A server that died is what is wrong, whatever else is; but for a signal. */
static void servers_that_die(void **state)
{
	static const enum step_kind kinds[] = { STEP_SERVE, STEP_UDP };
#define SERVED START ", servers, strip, serve 0, forget 1, send 1, control 1, stop, servers" ON

	(void)state;
	begin(kinds, 2);
	dies_at = "send 1";
	run(0, true, START ", servers, strip, serve 0, forget 1, send 1, control 1, stop, restore");
	ended(OUTCOME_LAB, NULL, WHY(AFTER, "a server died"));
	begin(kinds, 2);
	dies_at = fails = "send 1";
	run(0, true, START ", servers, strip, serve 0, forget 1, send 1, stop, restore");
	ended(OUTCOME_LAB, NULL, WHY(AFTER, "a server died"));
	begin(kinds, 2);
	dies_at = "step 1";
	run(0, true, SERVED ", serve 0, take, forget 1, send 1, step 1, stop, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("serve 0 is ok", "a server died"));
	begin(kinds, 2);
	dies_at = fails = "take";
	run(0, true, SERVED ", serve 0, take, stop, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("serve 0 is ok", "a server died"));
	begin(kinds, 2);
	dies_at = fails = "take";
	fails_with = -EINTR;
	run(-EINTR, true, SERVED ", serve 0, take, stop, restore, deaf");
	ended(OUTCOME_STOPPED, NULL, WHY("serve 0 is ok", "take fails"));
	begin(kinds, 2);
	fails = "servers";
	run(-EIO, true, START ", servers, restore");
	ended(OUTCOME_LAB, "servers fails\nthe details", WHY(AFTER, AFTER));
	begin(kinds, 2);
	fails = "servers";
	skips = 1;
	run(-EIO, true,
	    START ", servers, strip, serve 0, forget 1, send 1, control 1, stop, servers, "
		  "restore");
	ended(OUTCOME_LAB, "servers fails\nthe details", WHY(AFTER, AFTER));
	begin(kinds, 2);
	ends[0] = (typeof(ends[0])){ "serve 0", OUTCOME_LAB };
	run(0, true, START ", servers, strip, serve 0, stop, restore");
	ended(OUTCOME_LAB, NULL, WHY("serve 0 went wrong", AFTER));
	begin(kinds, 2);
	fails = "served";
	run(-EIO, true, START ", servers, strip, serve 0, stop, restore");
	assert_string_equal(result.steps[0].details, "more");
	ended(OUTCOME_LAB, NULL, WHY("served", AFTER));
	/* what is known better stays */
	begin(kinds, 2);
	fails = "served";
	ends[0] = (typeof(ends[0])){ "serve 0", OUTCOME_LAB };
	steps[1].control = CONTROL_NONE;
	run(-EIO, true, START ", servers, stop, servers" ON ", serve 0, stop, restore, deaf");
	assert_string_equal(result.steps[0].details, "as judged");
	ended(OUTCOME_LAB, NULL, WHY("served", AFTER));
	/* an error of one line has no details */
	begin((const enum step_kind[]){ STEP_EXEC }, 1);
	steps[0].control = CONTROL_NONE;
	fails = "executed";
	run(-EIO, true, START ON ", take, forget 0, exec 0, restore, deaf");
	assert_null(result.steps[0].details);
	ended(OUTCOME_LAB, NULL, WHY("executed"));
	/* nor goes it on where it could not be tried */
	begin((const enum step_kind[]){ STEP_EXEC }, 1);
	fails = "executed";
	run(-EIO, true, START ", strip, forget 0, try 0, restore");
	ended(OUTCOME_LAB, NULL, WHY("executed"));
}

/* Of several flows each comes from a port behind the one before; until one fails. */
static void flows(void **state)
{
	static const enum step_kind kinds[] = { STEP_UDP };

	(void)state;
	begin(kinds, 1);
	steps[0].flows = 3;
	steps[0].n_receivers = 2;
	steps[0].control = CONTROL_NONE;
	steps[0].receivers = (size_t[]){ 0, 1 };
	run(0, true,
	    START ON ", take, forget 0, from 0, send 0, step 0, forget 0, from 65535, send 0, "
		     "step 0, forget 0, from 0, send 0, step 0, shares 306, restore, deaf");
	ended(OUTCOME_OK, NULL, WHY("step 0 is ok"));
	begin(kinds, 1);
	steps[0].flows = 3;
	steps[0].n_receivers = 2;
	steps[0].receivers = (size_t[]){ 0, 1 };
	steps[0].control = CONTROL_NONE;
	ends[0] = (typeof(ends[0])){ "step 0", OUTCOME_NOT_OK };
	run(0, true, START ON ", take, forget 0, from 0, send 0, step 0, flow 1, restore, deaf");
	ended(OUTCOME_NOT_OK, NULL, WHY("step 0 went wrong"));
	begin(kinds, 1);
	steps[0].flows = 3;
	steps[0].control = CONTROL_NONE;
	fails = "take";
	run(-EIO, true, START ON ", take, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("take fails"));
	begin(kinds, 1);
	steps[0].flows = 3;
	steps[0].control = CONTROL_NONE;
	fails = "send 0";
	run(-EIO, true, START ON ", take, forget 0, from 0, send 0, restore, deaf");
	ended(OUTCOME_LAB, NULL, WHY("send 0 fails"));
}

static void a_control_run(int err, const char *words)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	assert_int_equal(scenario_control(&lab, &scenario, &options,
					  (struct scenario_chains *)chains, &result, &e),
			 err);
	did(words);
}

/* It may come before other scenarios, and is not done again then. */
static void the_control_run_alone(void **state)
{
	static const enum step_kind kinds[] = { STEP_UDP, STEP_TCP };

	(void)state;
	begin(kinds, 2);
	a_control_run(0, "tools, strip, forget 0, send 0, control 0, forget 1, send 1, control 1");
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_true(scenario_is_controlled(&result));
	run(0, true,
	    START ON ", take, forget 0, send 0, step 0, take, forget 1, send 1, step 1, "
		     "restore, deaf");
	ended(OUTCOME_OK, NULL, WHY("step 0 is ok", "step 1 is ok"));
	begin(kinds, 2);
	ends[0] = (typeof(ends[0])){ "control 1", OUTCOME_LAB };
	a_control_run(0, "tools, strip, forget 0, send 0, control 0, forget 1, send 1, control 1");
	assert_int_equal(result.outcome, OUTCOME_LAB);
	run(0, false, "tools");
	ended(OUTCOME_LAB, NULL, WHY(AFTER, "control 1 went wrong"));
	/* on an error it was not done */
	begin(kinds, 2);
	fails = "send 1";
	a_control_run(-EIO, "tools, strip, forget 0, send 0, control 0, forget 1, send 1");
	assert_false(scenario_is_controlled(&result));
	begin(kinds, 2);
	fails = "tools";
	a_control_run(-EIO, "tools");
	assert_false(scenario_is_controlled(&result));
	/* nor where what is between the two matters */
	begin(kinds, 2);
	steps[1].warm = true;
	a_control_run(0, NULL);
	assert_false(scenario_is_controlled(&result));
}

static void what_a_killed_one_left(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	begin(NULL, 0);
	assert_int_equal(scenario_repair(&lab, &e), 0);
	did("chains, rules");
	fails = "chains";
	assert_int_equal(scenario_repair(&lab, &e), -EIO);
	did("chains");
	error_clear(&e);
	fails = "rules";
	assert_int_equal(scenario_repair(&lab, &e), -EIO);
	did("chains, rules");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_ok),
		cmocka_unit_test(every_kind),
		cmocka_unit_test(changes),
		cmocka_unit_test(what_went_wrong),
		cmocka_unit_test(what_fails),
		cmocka_unit_test(captures),
		cmocka_unit_test(what_is_asked_then),
		cmocka_unit_test(in_vain),
		cmocka_unit_test(servers_that_die),
		cmocka_unit_test(flows),
		cmocka_unit_test(the_control_run_alone),
		cmocka_unit_test(what_a_killed_one_left),
	};

	return cmocka_run_group_tests_name("scenario_run", tests, NULL, NULL);
}
