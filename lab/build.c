// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/build.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/netns.h"
#include "lab/ops.h"
#include "lab/place.h"
#include "lab/site.h"
#include "lab/taken.h"
#include "lab/text.h"
#include "lab/vigil.h"

struct op_type {
	int (*apply)(struct build *b, const struct op *op, struct error *e);
	int (*undo)(struct build *b, const struct op *op, struct error *e);
};

static const struct op_type op_types[OP_KINDS] = {
#define X(kind, name) [OP_##kind] = { op_##name##_apply, op_##name##_undo },
	OP_LIST(X)
#undef X
};

/* An fd and up to three sockets a namespace. */
#define PLACE_FDS 4
#define OTHER_FDS 64

static size_t n_places(const struct build *b)
{
	return b->plan->topo->n_nodes + b->plan->topo->n_bridges;
}

static void build_clear(struct build *b)
{
	size_t i;

	for (i = 0; b->places && i < n_places(b); i++)
		place_close(&b->places[i]);
	free(b->places);
	sysctl_fresh_close(&b->fresh);
	free(b->end_index);
	free(b->port_index);
	free(b->alias);
	cleanup_fd(&b->home);
	cleanup_fd(&b->names);
}
#define BUILD_AUTO __attribute__((cleanup(build_clear))) struct build

/* Free with build_clear() in either case. */
static int build_init(struct build *b, const struct plan *plan, struct state *st, struct error *e)
{
	const struct topology *topo = plan->topo;
	size_t i;

	*b = (struct build){ .plan = plan, .st = st, .home = -1, .names = -1 };
	b->fresh.proc = -1;
	b->places = calloc(n_places(b) + 1, sizeof(*b->places));
	b->end_index = calloc(topo->n_ifaces + 1, sizeof(*b->end_index));
	b->port_index = calloc(topo->n_ifaces + 1, sizeof(*b->port_index));
	b->alias = text_format("xlab %s", state_intent(st)->lab);
	if (!b->places || !b->end_index || !b->port_index || !b->alias)
		return error_sys(e, -ENOMEM, "build the lab");
	for (i = 0; i < n_places(b); i++)
		b->places[i].fd = -1;
	for (i = 0; i < topo->n_ifaces; i++) {
		if (!plan_is_self(plan, topo->ifaces[i].node))
			b->end_index[i] = (unsigned int)(END_INDEX + i);
		b->port_index[i] = (unsigned int)(END_INDEX + topo->n_ifaces + i);
	}
	b->home = netns_current(e);
	return b->home < 0 ? b->home : 0;
}

/* The caller holds these back while a lab is built; they end it between two operations. */
static int check_signals(struct error *e)
{
	if (!interrupt_pending())
		return 0;
	return error_state(e, -EINTR, "interrupted; all that was made is removed again");
}

/* Enough files for all namespaces of a large lab; @before is what it was. */
static void raise_file_limit(const struct build *b, struct rlimit *before)
{
	struct rlimit limit;
	rlim_t wanted = n_places(b) * PLACE_FDS + OTHER_FDS;

	if (getrlimit(RLIMIT_NOFILE, before) || before->rlim_cur >= wanted) {
		before->rlim_cur = RLIM_INFINITY;
		return;
	}
	limit.rlim_cur = wanted;
	limit.rlim_max = before->rlim_max < wanted ? wanted : before->rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The commands that xlab starts get what it was started with. */
static void restore_file_limit(const struct rlimit *before)
{
	if (before->rlim_cur != RLIM_INFINITY)
		(void)setrlimit(RLIMIT_NOFILE, before);
}

/* *@begun: how many operations may have left something. */
static int apply_all(struct build *b, size_t *begun, struct error *e)
{
	int err = 0;

	while (*begun < b->plan->n_ops && !err) {
		const struct op *op = &b->plan->ops[*begun];

		err = check_signals(e);
		if (err)
			return err;
		++*begun;
		err = op_types[op->kind].apply(b, op, e);
	}
	return err;
}

static int apply(const struct plan *plan, struct state *st, size_t *begun, struct error *e)
{
	BUILD_AUTO b;
	struct rlimit before;
	int err = build_init(&b, plan, st, e);

	if (err)
		return err;
	err = taken_check(plan, st, e);
	if (err)
		return err;
	raise_file_limit(&b, &before);
	err = apply_all(&b, begun, e);
	restore_file_limit(&before);
	return err;
}

/* The first error is kept, the rest is tried all the same. */
static void keep_first(struct error *first, struct error *later)
{
	if (!first->err && later->err)
		error_move(first, later);
	else
		error_clear(later);
}

static void undo_all(struct build *b, size_t begun, struct error *e)
{
	struct error one = ERROR_INIT;
	size_t i;

	for (i = begun; i-- > 0;) {
		(void)op_types[b->plan->ops[i].kind].undo(b, &b->plan->ops[i], &one);
		keep_first(e, &one);
	}
}

/* With the fds of namespaces closed again at its end, for they would keep them alive. */
static void undo(const struct plan *plan, struct state *st, size_t begun, struct error *e)
{
	BUILD_AUTO b;

	if (build_init(&b, plan, st, e) == 0)
		undo_all(&b, begun, e);
}

/* What could not be removed is still known, for another try. */
static int undo_and_forget(const struct plan *plan, struct state *st, size_t begun, struct error *e)
{
	undo(plan, st, begun, e);
	return e->err ? e->err : state_forget(st, e);
}

int build_apply(const struct plan *plan, struct state *st, struct error *e)
{
	struct error ERROR_AUTO undoing = ERROR_INIT;
	size_t begun = 0;
	int err = apply(plan, st, &begun, e);

	if (err && undo_and_forget(plan, st, begun, &undoing))
		(void)error_add(e, "undoing it: %s", undoing.text ? undoing.text : "out of memory");
	return err;
}

int build_undo(const struct plan *plan, struct state *st, bool wait, struct error *e)
{
	struct vigil *VIGIL_AUTO vigil = NULL;
	struct error first = ERROR_INIT, waiting = ERROR_INIT;

	if (wait)
		(void)vigil_begin(plan, st, &vigil, &waiting);
	(void)undo_and_forget(plan, st, plan->n_ops, &first);
	if (vigil)
		(void)vigil_await(vigil, &waiting);
	keep_first(&first, &waiting);
	if (first.err)
		error_move(e, &first);
	return e->err;
}

int build_undo_lost(struct state *st, struct error *e)
{
	const struct op op = { .kind = OP_STATE };
	struct build b = { .st = st };
	struct error tmpfs = ERROR_INIT;

	(void)names_remove(state_dir(st), e);
	(void)op_state_undo(&b, &op, &tmpfs);
	keep_first(e, &tmpfs);
	return e->err ? e->err : state_forget(st, e);
}
