// SPDX-License-Identifier: GPL-2.0-or-later
/* A plan that is carried out, and taken back: in which order, as far as it came, and past every
 * error. The operations are played here, by rules.mk, in their functions' places; a letter each is
 * written down, a capital one for what takes it back.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/build.h"
#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/name_conflicts.h"
#include "lab/netns_wait.h"
#include "lab/ops.h"
#include "lab/progress.h"
#include "lab/unmount.h"

static struct {
	char done[64];
	const char *fails; /* these letters */
	char interrupted;  /* once this is done */
	struct rlimit have, set;
	int n_set;
	bool may_not_raise;
	struct journal journal;
	size_t open; /* namespaces that an operation left open */
} play;

static int act(char letter, struct error *e)
{
	size_t n = strlen(play.done);

	assert_true(n + 1 < sizeof(play.done));
	play.done[n] = letter;
	if (play.fails && strchr(play.fails, letter))
		return error_state(e, -EIO, "%c fails", letter);
	return 0;
}

#define PLAYED(name, letter)                                                     \
	op_fn __wrap_##name;                                                     \
	int __wrap_##name(struct build *b, const struct op *op, struct error *e) \
	{                                                                        \
		assert_non_null(b);                                              \
		assert_non_null(op);                                             \
		return act(letter, e);                                           \
	}

PLAYED(op_state_apply, 's')
PLAYED(op_name_apply, 'n')
PLAYED(op_veth_apply, 'v')
PLAYED(op_ready_apply, 'r')
PLAYED(op_state_undo, 'S')
PLAYED(op_name_undo, 'N')
PLAYED(op_veth_undo, 'V')
PLAYED(goes_with_its_namespace, 'G')

/* Opens what build_clear() closes. */
op_fn __wrap_op_netns_apply;
int __wrap_op_netns_apply(struct build *b, const struct op *op, struct error *e)
{
	struct build_netns *ns = build_netns_of(b, op);

	assert_int_equal(ns->fd, -1);
	assert_int_equal(b->names, -1);
	ns->fd = dup(2);
	return act('t', e);
}

int __wrap_name_conflicts_check(const struct plan *plan, const struct state *st, struct error *e);
int __wrap_name_conflicts_check(const struct plan *plan, const struct state *st, struct error *e)
{
	(void)plan;
	(void)st;
	return act('?', e);
}

int __wrap_state_forget(struct state *st, struct error *e);
int __wrap_state_forget(struct state *st, struct error *e)
{
	(void)st;
	return act('F', e);
}

int __wrap_netns_names_remove(const char *dir, struct error *e);
int __wrap_netns_names_remove(const char *dir, struct error *e)
{
	assert_string_equal(dir, "/lab");
	return act('M', e);
}

void __wrap_unmount_begin(struct unmount *u, const char *dir, uint64_t id);
void __wrap_unmount_begin(struct unmount *u, const char *dir, uint64_t id)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)u;
	assert_string_equal(dir, "/lab");
	assert_int_equal(id, 77);
	(void)act('(', &e);
}

void __wrap_unmount_end(struct unmount *u, const char *dir);
void __wrap_unmount_end(struct unmount *u, const char *dir)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)u;
	assert_string_equal(dir, "/lab");
	(void)act(')', &e);
}

int __wrap_netns_wait_begin(const struct plan *plan, const struct state *st,
			    struct netns_wait **out, struct error *e);
int __wrap_netns_wait_begin(const struct plan *plan, const struct state *st,
			    struct netns_wait **out, struct error *e)
{
	int err = act('w', e);

	(void)plan;
	(void)st;
	*out = err ? NULL : (struct netns_wait *)&play;
	return err;
}

int __wrap_netns_wait_await(struct netns_wait *w, struct error *e);
int __wrap_netns_wait_await(struct netns_wait *w, struct error *e)
{
	assert_ptr_equal(w, &play);
	return act('W', e);
}

void __wrap_netns_wait_end(struct netns_wait **w);
void __wrap_netns_wait_end(struct netns_wait **w)
{
	(void)w;
}

const struct journal *__wrap_state_journal(const struct state *st);
const struct journal *__wrap_state_journal(const struct state *st)
{
	(void)st;
	return &play.journal;
}

const char *__wrap_state_lab_dir(const struct state *st);
const char *__wrap_state_lab_dir(const struct state *st)
{
	(void)st;
	return "/lab";
}

bool __wrap_interrupt_pending(void);
bool __wrap_interrupt_pending(void)
{
	return play.interrupted && strchr(play.done, play.interrupted);
}

int __wrap_getrlimit(int which, struct rlimit *limit);
int __wrap_getrlimit(int which, struct rlimit *limit)
{
	assert_int_equal(which, RLIMIT_NOFILE);
	*limit = play.have;
	return 0;
}

int __wrap_setrlimit(int which, const struct rlimit *limit);
int __wrap_setrlimit(int which, const struct rlimit *limit)
{
	assert_int_equal(which, RLIMIT_NOFILE);
	play.set = *limit;
	play.n_set++;
	errno = EPERM;
	return play.may_not_raise ? -1 : 0;
}

static struct node nodes[] = { { .name = (char[]){ "a" } }, { .name = (char[]){ "b" } } };
static struct bridge bridges[] = { { .name = (char[]){ "x" }, .stp = true } };
static struct iface ifaces[] = { { .node = 0, .lo = true }, { .node = 0 }, { .node = 1 } };
static struct topology topo = {
	.nodes = nodes,
	.n_nodes = 2,
	.bridges = bridges,
	.n_bridges = 1,
	.ifaces = ifaces,
	.n_ifaces = 3,
};
static struct op ops[] = {
	{ .kind = OP_STATE, .node = NONE, .bridge = NONE },
	{ .kind = OP_NETNS, .node = 0, .bridge = NONE },
	{ .kind = OP_NAME, .node = 0, .bridge = NONE },
	{ .kind = OP_NETNS, .node = NONE, .bridge = 0 },
	{ .kind = OP_VETH, .node = 0, .bridge = NONE },
	{ .kind = OP_READY, .node = NONE, .bridge = NONE },
};
static char self[8];
static const struct plan plan = { .topo = &topo, .self = self, .ops = ops, .n_ops = 6 };
static struct state *const st = (struct state *)&plan;

static void begin(const char *fails)
{
	memset(&play, 0, sizeof(play));
	*self = '\0';
	play.fails = fails;
	play.have = (struct rlimit){ 1024, 4096 };
	play.journal.lab = (char *)"lab";
	play.journal.self = self;
	play.journal.tmpfs = 77;
}

static size_t open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 100; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void is_carried_out_or_taken_back(void **state)
{
	static const struct {
		const char *fails;
		char interrupted;
		const char *done;
		int err;
		const char *words;
		size_t steps;
	} rows[] = {
		{ "", 0, "?stntvr", 0, NULL, 6 },
		/* what failed may have begun; what was not begun is not taken back */
		{ "s", 0, "?sSF", -EIO, "s fails", 1 },
		{ "n", 0, "?stnNGSF", -EIO, "n fails", 3 },
		{ "v", 0, "?stntvVGNGSF", -EIO, "v fails", 5 },
		{ "r", 0, "?stntvrGVGNGSF", -EIO, "r fails", 6 },
		{ "?", 0, "?F", -EIO, "? fails", 0 },
		{ "", 'n', "?stnNGSF", -EINTR, "interrupted; all that was made is removed again",
		  3 },
		{ "", 'r', "?stntvr", 0, NULL, 6 },
		/* all is tried, the first that failed is told, and what is left is not forgotten */
		{ "vV", 0, "?stntvVGNGS", -EIO, "v fails\nundoing it: V fails", 5 },
		{ "vNS", 0, "?stntvVGNGS", -EIO, "v fails\nundoing it: N fails", 5 },
		{ "vF", 0, "?stntvVGNGSF", -EIO, "v fails\nundoing it: F fails", 5 },
	};
	size_t fds = open_fds();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct progress progress = { .total = 6 };
		struct build *b = NULL;

		begin(rows[i].fails);
		play.interrupted = rows[i].interrupted;
		assert_int_equal(build_apply(&plan, st, &progress, &b, &e), rows[i].err);
		assert_string_equal(play.done, rows[i].done);
		assert_int_equal(progress.done, rows[i].steps);
		assert_int_equal(b != NULL, !rows[i].err);
		if (rows[i].err)
			assert_string_equal(e.text, rows[i].words);
		else
			assert_true(open_fds() > fds);
		build_close(b);
		assert_int_equal(open_fds(), fds);
		/* as many files as before, or never more */
		assert_int_equal(play.n_set, *rows[i].fails == '?' ? 0 : 2);
		if (play.n_set)
			assert_memory_equal(&play.set, &play.have, sizeof(play.have));
	}
}

/* Interfaces have the same index each time, but where the kernel chooses it. */
static void indices_are_known(void **state)
{
	(void)state;
	for (int own = 0; own < 2; own++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct progress progress = { 0 };
		struct build *b;

		begin("");
		strcpy(self, own ? "a" : "");
		assert_int_equal(build_apply(&plan, st, &progress, &b, &e), 0);
		assert_int_equal(b->end_index[0], LOOPBACK_INDEX);
		assert_int_equal(b->end_index[1], own ? 0 : END_INDEX + 1);
		assert_int_equal(b->end_index[2], END_INDEX + 2);
		assert_int_equal(b->port_index[0], END_INDEX + 3);
		assert_int_equal(b->port_index[2], END_INDEX + 5);
		assert_int_equal(b->uplink_index, END_INDEX + 6);
		assert_string_equal(b->alias, "xlab lab");
		assert_int_equal(names_add(&topo.node_names, "a", 0, NULL), 0);
		assert_int_equal(names_add(&topo.bridge_names, "x", 0, NULL), 0);
		b->netns[0].rt = (struct netlink *)&b->netns[0];
		b->netns[2].rt = (struct netlink *)&b->netns[2];
		assert_ptr_equal(build_rt(b, "a"), &b->netns[0]);
		assert_ptr_equal(build_rt(b, "x"), &b->netns[2]);
		b->netns[0].rt = b->netns[2].rt = NULL;
		names_clear(&topo.node_names);
		names_clear(&topo.bridge_names);
		build_close(b);
	}
	build_close(NULL);
}

/* Three namespaces, of which one is told of its links: 7 files, and 64 others. */
static void files_are_enough(void **state)
{
	static const struct {
		rlim_t cur, max;
		bool may_not_raise;
		int err;
		rlim_t set;
	} rows[] = {
		{ 1024, 4096, false, 0, 4096 }, /* all there may be, for the chains */
		{ 71, 71, true, 0, 71 },	{ 71, 4096, true, 0, 4096 },
		{ 70, 70, false, 0, 71 }, /* root may have more */
		{ 70, 70, true, -EMFILE, 71 },	{ 70, 71, true, -EMFILE, 71 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct progress progress = { 0 };
		struct build *b;

		begin("");
		play.have = (struct rlimit){ rows[i].cur, rows[i].max };
		play.may_not_raise = rows[i].may_not_raise;
		assert_int_equal(build_apply(&plan, st, &progress, &b, &e), rows[i].err);
		assert_int_equal(play.set.rlim_cur, rows[i].set);
		assert_int_equal(play.set.rlim_max, rows[i].set);
		assert_string_equal(play.done, rows[i].err ? "?F" : "?stntvr");
		if (rows[i].err && rows[i].max == 70)
			assert_string_equal(
				e.text, "3 namespaces take 71 open files at once, more than the 70 "
					"that this process may have: raise that limit first, with "
					"`ulimit -n 71`");
		build_close(b);
		assert_int_equal(play.n_set, rows[i].may_not_raise ? 1 : 2);
	}
}

static void is_undone(void **state)
{
	static const struct {
		const char *fails;
		bool self, corrupt, wait;
		const char *done;
		const char *words; /* NULL: it is done */
	} rows[] = {
		/* by its tmpfs, which is enough, unless something is in xlab's own namespace */
		{ "", false, false, false, "(M)SF", NULL },
		{ "", true, false, false, "GVGNGSF", NULL },
		{ "", true, true, false, "(M)SF", NULL },
		{ "M", false, false, false, "(M)S", "M fails" },
		{ "S", false, false, false, "(M)S", "S fails" },
		{ "MS", false, false, false, "(M)S", "M fails" },
		{ "F", false, false, false, "(M)SF", "F fails" },
		{ "GN", true, false, false, "GVGNGS", "G fails" },
		{ "F", true, false, false, "GVGNGSF", "F fails" },
		/* it is waited for what is gone, and what could not be done is told first */
		{ "", false, false, true, "w(M)SFW", NULL },
		{ "", true, false, true, "wGVGNGSFW", NULL },
		{ "W", false, false, true, "w(M)SFW", "W fails" },
		{ "SW", false, false, true, "w(M)SW", "S fails" },
		{ "w", false, false, true, "w(M)SF",
		  "the lab is down, but its end cannot be waited for: w fails" },
		{ "wS", false, false, true, "w(M)S", "S fails" },
	};
	size_t fds = open_fds();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		begin(rows[i].fails);
		play.journal.phase = rows[i].corrupt ? STATE_CORRUPT : STATE_UP;
		strcpy(self, rows[i].self ? "a" : "");
		assert_int_equal(build_undo_needs_plan(st), rows[i].self && !rows[i].corrupt);
		assert_int_equal(build_undo(&plan, st, rows[i].wait, &e), rows[i].words ? -EIO : 0);
		assert_string_equal(play.done, rows[i].done);
		if (rows[i].words)
			assert_string_equal(e.text, rows[i].words);
		else
			assert_null(e.text);
		assert_int_equal(open_fds(), fds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_carried_out_or_taken_back),
		cmocka_unit_test(indices_are_known),
		cmocka_unit_test(files_are_enough),
		cmocka_unit_test(is_undone),
	};

	return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
