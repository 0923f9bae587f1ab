// SPDX-License-Identifier: GPL-2.0-or-later
/* Carrying out a plan, operation by operation, and taking it back in reverse order. What each does
 * is in op_*.c.
 */
#include "lab/build.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "lab/alloc.h"
#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/mountpoint.h"
#include "lab/name_conflicts.h"
#include "lab/netns.h"
#include "lab/netns_wait.h"
#include "lab/op_self.h"
#include "lab/ops.h"
#include "lab/progress.h"
#include "lab/text.h"
#include "lab/unmount.h"

static const struct {
	op_fn *apply, *undo;
} op_types[OP_KINDS] = {
#define X(kind, name, undo) [OP_##kind] = { op_##name##_apply, undo },
	OP_LIST(X)
#undef X
};

#define OTHER_FDS 64

static size_t n_netns(const struct build *b)
{
	return b->plan->topo->n_nodes + b->plan->topo->n_bridges;
}

static void build_clear(struct build *b)
{
	for (size_t i = 0; i < n_netns(b); i++)
		build_netns_close(&b->netns[i]);
	free(b->netns);
	cleanup_fd(&b->fresh.proc);
	free(b->end_index);
	free(b->port_index);
	free(b->alias);
	cleanup_fd(&b->start_netns);
	cleanup_fd(&b->names);
	if (b->raised) /* what xlab starts gets what xlab was started with */
		(void)setrlimit(RLIMIT_NOFILE, &b->files);
}
#define BUILD_AUTO __attribute__((cleanup(build_clear))) struct build

/* Free with build_clear() in either case. */
static int build_init(struct build *b, const struct plan *plan, struct state *st, struct error *e)
{
	const struct topology *topo = plan->topo;

	*b = (struct build){ .plan = plan, .st = st, .names = -1 };
	b->fresh.proc = -1;
	b->netns = xcalloc(n_netns(b), sizeof(*b->netns));
	b->end_index = xcalloc(topo->n_ifaces, sizeof(*b->end_index));
	b->port_index = xcalloc(topo->n_ifaces, sizeof(*b->port_index));
	b->alias = text_format("xlab %s", state_journal(st)->lab);
	for (size_t i = 0; i < n_netns(b); i++)
		b->netns[i].fd = -1;
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		if (topo->ifaces[i].lo)
			b->end_index[i] = LOOPBACK_INDEX;
		else if (!plan_is_self(plan, topo->ifaces[i].node))
			b->end_index[i] = (unsigned int)(END_INDEX + i);
		b->port_index[i] = (unsigned int)(END_INDEX + topo->n_ifaces + i);
	}
	b->uplink_index = (unsigned int)(END_INDEX + topo->n_ifaces * 2);
	b->start_netns = netns_current(e);
	return b->start_netns < 0 ? b->start_netns : 0;
}

/* An fd and a socket a namespace, and another socket for a bridge with STP. */
static rlim_t files_at_once(const struct build *b)
{
	const struct topology *topo = b->plan->topo;
	size_t n = n_netns(b) * 2 + OTHER_FDS;

	for (size_t i = 0; i < topo->n_bridges; i++)
		n += topo->bridges[i].stp;
	return n;
}

/* As many as may be, for chains are loaded while all is open; no fewer than the namespaces take. */
static int raise_file_limit(struct build *b, struct error *e)
{
	rlim_t wanted = files_at_once(b);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &b->files))
		return error_sys(e, -errno, "cannot ask how many files this process may have");
	limit.rlim_max = b->files.rlim_max < wanted ? wanted : b->files.rlim_max;
	limit.rlim_cur = limit.rlim_max;
	b->raised = setrlimit(RLIMIT_NOFILE, &limit) == 0;
	if (b->raised || b->files.rlim_cur >= wanted)
		return 0;
	return error_state(e, -EMFILE,
			   "%zu namespaces take %ju open files at once, more than the %ju that "
			   "this process may have: raise that limit first, with `ulimit -n %ju`",
			   n_netns(b), (uintmax_t)wanted, (uintmax_t)b->files.rlim_max,
			   (uintmax_t)wanted);
}

/* *@begun: how many operations may have left something. The caller holds signals back while a lab
 * is built; they end it between two operations.
 */
static int apply_all(struct build *b, size_t *begun, struct progress *progress, struct error *e)
{
	int err = 0;

	while (*begun < b->plan->n_ops && !err) {
		const struct op *op = &b->plan->ops[*begun];

		if (interrupt_pending())
			return error_state(e, -EINTR,
					   "interrupted; all that was made is removed again");
		++*begun;
		err = op_types[op->kind].apply(b, op, e);
		progress_step(progress);
	}
	return err;
}

static int apply(struct build *b, const struct plan *plan, struct state *st, size_t *begun,
		 struct progress *progress, struct error *e)
{
	int err = build_init(b, plan, st, e);

	if (!err)
		err = name_conflicts_check(plan, st, e);
	if (!err)
		err = raise_file_limit(b, e);
	return err ? err : apply_all(b, begun, progress, e);
}

/* The first error is kept, the rest is tried all the same. */
static void keep_first(struct error *first, struct error *later)
{
	if (!first->err && later->err)
		error_move(first, later);
	else
		error_clear(later);
}

/* With the fds of namespaces closed again at its end, for they would keep them alive. */
static void undo(const struct plan *plan, struct state *st, size_t begun, struct error *e)
{
	BUILD_AUTO b;

	if (build_init(&b, plan, st, e))
		return;
	for (size_t i = begun; i-- > 0;) {
		struct error one = ERROR_INIT;

		(void)op_types[plan->ops[i].kind].undo(&b, &plan->ops[i], &one);
		keep_first(e, &one);
	}
}

/* What could not be removed is still known, for another try. */
static int forget(struct state *st, struct error *e)
{
	return e->err ? e->err : state_forget(st, e);
}

static int undo_and_forget(const struct plan *plan, struct state *st, size_t begun, struct error *e)
{
	undo(plan, st, begun, e);
	return forget(st, e);
}

bool build_undo_needs_plan(const struct state *st)
{
	const struct journal *journal = state_journal(st);

	return journal->phase != STATE_CORRUPT && *journal->self;
}

/* Its tmpfs with all namespaces, and the names that lead into it: in xlab's own namespace a lab has
 * nothing but what --self put there.
 */
static int undo_marked(struct state *st, struct error *e)
{
	const struct op op = { .kind = OP_STATE };
	const char *dir = state_lab_dir(st);
	struct build b = { .st = st };
	struct error tmpfs = ERROR_INIT;
	struct unmount unmount;

	unmount_begin(&unmount, dir, state_journal(st)->tmpfs);
	(void)netns_names_remove(dir, e);
	unmount_end(&unmount, dir);
	(void)op_state_undo(&b, &op, &tmpfs);
	keep_first(e, &tmpfs);
	return forget(st, e);
}

int build_apply(const struct plan *plan, struct state *st, struct progress *progress,
		struct build **built, struct error *e)
{
	struct error ERROR_AUTO undoing = ERROR_INIT;
	struct build *b = xcalloc(1, sizeof(*b));
	size_t begun = 0;
	int err = apply(b, plan, st, &begun, progress, e);

	*built = err ? NULL : b;
	if (!err)
		return 0;
	build_close(b);
	if (undo_and_forget(plan, st, begun, &undoing))
		(void)error_add(e, "undoing it: %s", undoing.text);
	return err;
}

void build_close(struct build *b)
{
	if (b)
		build_clear(b);
	free(b);
}

struct netlink *build_rt(const struct build *b, const char *netns)
{
	size_t node = topology_node(b->plan->topo, netns);

	return node != NONE ? build_netns_of_node(b, node)->rt
			    : build_netns_of_bridge(b, topology_bridge(b->plan->topo, netns))->rt;
}

int build_undo(const struct plan *plan, struct state *st, bool wait, struct error *e)
{
	struct netns_wait *NETNS_WAIT_AUTO netns_wait = NULL;
	struct error first = ERROR_INIT, waiting = ERROR_INIT;

	if (wait)
		(void)netns_wait_begin(plan, st, &netns_wait, &waiting);
	(void)(build_undo_needs_plan(st) ? undo_and_forget(plan, st, plan->n_ops, &first)
					 : undo_marked(st, &first));
	if (netns_wait)
		(void)netns_wait_await(netns_wait, &waiting);
	else if (waiting.err)
		(void)error_wrap(&waiting, "the lab is down, but its end cannot be waited for");
	keep_first(&first, &waiting);
	if (first.err)
		error_move(e, &first);
	return e->err;
}
