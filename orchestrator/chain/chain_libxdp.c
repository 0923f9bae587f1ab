// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chains by libxdp's dispatcher.
 *
 * libxdp can add programs to a dispatcher and remove them, each time with an
 * atomic swap, but it cannot replace them all at once. So it builds every
 * dispatcher in a namespace of its own, on an interface that has the same index as
 * the real one: its pins then have the right name, in the node's own bpffs. The
 * finished dispatcher is put on the real interface by chain.c, which is one swap,
 * and what the one before has left there is removed.
 *
 * The work is done in a short-lived child, for libxdp keeps fds and paths in statics.
 */
#include "orchestrator/chain/chain_libxdp.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "lab/rtnl.h"
#include "lab/text.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/chain/chain_inline.h"
#include "orchestrator/chain/chain_probe.h"
#include "orchestrator/filter/filter_maps.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/programs.h"
#include "orchestrator/lab.h"
#include "orchestrator/util/bpflog.h"
#include "orchestrator/util/run_in_child.h"

/* Move this process into a new network namespace that holds an interface of index @ifindex and
 * nothing else but its peer. It goes with the process.
 */
static int scratch_enter(int ifindex, struct error *e)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	struct rt_veth veth = {
		.main = { .name = "xlab0", .ifindex = (unsigned int)ifindex },
		/* Its index is set too, or it would take the other's. */
		.peer = { .name = "xlab1", .ifindex = (unsigned int)ifindex + 1 },
	};
	int FD_AUTO here = -1;
	int err;

	if (unshare(CLONE_NEWNET))
		return error_sys(e, -errno, "cannot make a namespace to build a dispatcher in");
	here = veth.peer_netns = netns_current(e);
	if (here < 0)
		return here;
	err = netlink_open(NETLINK_ROUTE, &rt, e);
	if (!err)
		err = rt_veth_add(rt, &veth, e);
	return err ? error_wrap(e, "cannot make an interface to build a dispatcher on") : 0;
}

#define DISPATCHER_MAX	10 /* MAX_DISPATCHER_ACTIONS of libxdp */
#define RUN_IN_CHILD_MS 20000

struct team {
	struct filter_object objects[DISPATCHER_MAX];
	struct xdp_program *progs[DISPATCHER_MAX];
	size_t n;
	bool frags;
};

/* The team's program @i, which goes on after the verdicts @continues (bits). */
static int make_program(struct team *t, size_t i, struct xdp_program_opts *opts, uint32_t continues)
{
	struct xdp_program *prog = t->progs[i] = xdp_program__create(opts);
	int err = (int)libxdp_get_error(prog);

	/* libxdp looks at flags that libbpf sets no sooner than at the load. */
	if (!err && t->frags)
		err = xdp_program__set_xdp_frags_support(prog, true);
	if (!err)
		err = xdp_program__set_run_prio(prog, (unsigned int)(i + 1) * 10);
	for (unsigned int action = XDP_ABORTED; action <= XDP_REDIRECT && !err; action++)
		err = xdp_program__set_chain_call_enabled(prog, action, continues >> action & 1);
	return err;
}

static int open_member(struct team *t, const struct chain_job *job, size_t i, struct error *e)
{
	struct filter_object *in = &t->objects[i];
	int err = filter_object_open(job->lab, job->filters[i], in, e);
	const struct btf *btf = err ? NULL : bpf_object__btf(in->obj);

	if (err)
		return err;
	/* libxdp would attach it alone then, without a word. Of maps there may be some. */
	if (!btf || btf__find_by_name_kind(btf, bpf_program__name(in->main), BTF_KIND_FUNC) < 0)
		return error_input(e,
				   "filter %s: the object has no BTF, which libxdp's dispatcher "
				   "needs: compile it with -g%s",
				   job->lab->labfile.filters[job->filters[i]].name,
				   job->asked ? ", or say engine = inline" : "");
	return 0;
}

static int add_member(struct team *t, const struct chain_job *job, size_t i, struct error *e)
{
	const struct labfile *labfile = &job->lab->labfile;
	const struct filter *f = &labfile->filters[job->filters[i]];
	struct xlab_config config = chain_job_config(job, i);
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts);
	struct filter_object *in = &t->objects[i];
	int err;

	config.frags = t->frags;
	config.tells_came = i == 0 && chain_may_change(labfile, job->filters, job->n_filters);
	config.keeps_counters = chain_user_object(labfile, job->filters, job->n_filters)
					? XLAB_KEEPS_SILENT
					: XLAB_KEEPS;
	if (f->program != PROGRAM_OBJECT)
		(void)globals_poke(in->obj, "xlab_config", &config, sizeof(config));
	err = filter_maps_settle(in, job->lab, job->filters[i], job->counters_fd, job->rings_fd, e);
	if (err)
		return error_wrap(e, "filter %s", f->name);
	filter_object_choose(in, true);
	opts.obj = in->obj;
	opts.prog_name = bpf_program__name(in->main);
	err = make_program(t, i, &opts, f->continues);
	return err ? error_sys(e, err, "filter %s: libxdp cannot take it", f->name) : 0;
}

static int open_end(struct team *t, struct error *e)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts);
	const void *bytes;
	size_t size;
	int err = program_object(PROGRAM_PASS, &bytes, &size, &opts.prog_name);

	opts.obj = err ? NULL : bpf_object__open_mem(bytes, size, NULL);
	if (!opts.obj)
		return error_sys(e, err ? err : -errno, "cannot open the built-in pass");
	err = make_program(t, t->n, &opts, 1U << XDP_PASS);
	if (err)
		return error_sys(e, err, "libxdp cannot take the built-in pass");
	t->n++;
	return 0;
}

/* The dispatcher that libxdp has just put on the scratch interface. */
static int find_dispatcher(int ifindex, int *fd, struct error *e)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	int err = (int)libxdp_get_error(mp);

	if (err)
		return error_sys(e, err, "cannot ask libxdp for its dispatcher");
	if (xdp_multiprog__is_legacy(mp))
		return error_state(e, -EOPNOTSUPP,
				   "libxdp has attached a single program without a "
				   "dispatcher");
	*fd = dup(xdp_program__fd(xdp_multiprog__main_prog(mp)));
	return *fd < 0 ? error_sys(e, -errno, "cannot hold the dispatcher") : 0;
}

static int explain(int err, struct bpflog *log, struct error *e)
{
	char *FREE_AUTO tail = bpflog_verifier(log);
	char name[128] = "";

	if (err == -EOPNOTSUPP)
		return error_state(e, err, "libxdp: %s", bpflog_first(log, "not supported"));
	(void)libxdp_strerror(err, name, sizeof(name));
	if (tail)
		return error_state(e, err, "libxdp: the verifier refuses a filter\n%s", tail);
	return error_state(e, err, "libxdp: %s", bpflog_first(log, name));
}

static int assemble(struct team *t, const struct chain_job *job, int *fd, struct error *e)
{
	BPFLOG log = BPFLOG_INIT;
	const struct filter_object *objects[DISPATCHER_MAX];
	int err = 0;

	for (size_t i = 0; i < job->n_filters && !err; i++) {
		objects[i] = &t->objects[i];
		err = open_member(t, job, i, e);
	}
	if (!err)
		err = frags_agree(job, objects, &t->frags, e);
	for (t->n = 0; t->n < job->n_filters && !err; t->n++)
		err = add_member(t, job, t->n, e);
	/* A single program takes the dispatcher's whole place, and its verdict is the last word,
	 * though it may be none: a second program makes it a chain.
	 */
	if (!err && job->n_filters == 1)
		err = open_end(t, e);
	if (err)
		return err;
	bpflog_begin(&log);
	/* Generic mode works on any interface, and a dispatcher does not know its mode. */
	err = xdp_program__attach_multi(t->progs, t->n, job->ifindex, XDP_MODE_SKB, 0);
	return err ? explain(err, &log, e) : find_dispatcher(job->ifindex, fd, e);
}

struct trip {
	struct chain_job job;
	const char *bpffs;
};

static int go(void *cookie, int *fd, struct error *e)
{
	const struct trip *trip = cookie;
	struct team *t = xcalloc(1, sizeof(*t));
	int err;

	(void)setenv("LIBXDP_BPFFS", trip->bpffs, 1);
	(void)setenv("LIBXDP_BPFFS_AUTOMOUNT", "0", 1);
	(void)unsetenv("LIBXDP_OBJECT_PATH");
	(void)unsetenv("LIBXDP_SKIP_DISPATCHER");
	err = scratch_enter(trip->job.ifindex, e);
	/* Nothing is closed: the process ends. */
	return err ? err : assemble(t, &trip->job, fd, e);
}

static int refused_ext(struct error *e)
{
	const char *why;

	if (chain_engine_auto(&why) == ENGINE_LIBXDP)
		return e->err;
	return error_state(
		e, -EOPNOTSUPP,
		"%s, and libxdp's dispatcher is made of them: say engine = inline or auto", why);
}

/* The linked chain is refused for the same reason, and can tell where. */
static int refused_filter(const struct chain_job *job, struct error *e)
{
	struct error ERROR_AUTO better = ERROR_INIT;
	int FD_AUTO fd = -1;

	if (chain_engine_inline.build(job, &fd, NULL, &better))
		error_move(e, &better);
	else
		(void)error_add(e, "the same filters load with engine = inline");
	return e->err;
}

static int libxdp_build(const struct chain_job *job, int *fd, char **log, struct error *e)
{
	char *FREE_AUTO what = text_format("xdp/%s", job->node);
	char *FREE_AUTO bpffs = NULL;
	struct trip trip = { .job = *job };
	int err;

	(void)log;
	/* Its dispatcher has filters of its own on each interface. */
	trip.job.many = false;
	if (job->n_filters > DISPATCHER_MAX)
		return error_state(e, -E2BIG,
				   "libxdp's dispatcher takes at most %d programs, and the chain "
				   "has %zu filters%s",
				   DISPATCHER_MAX, job->n_filters,
				   job->asked ? ": say engine = inline or auto" : "");
	err = chain_job_make_maps(job, e);
	if (err)
		return err;
	trip.bpffs = bpffs = bpffs_mount(job->lab, what, e);
	if (!bpffs)
		return e->err;
	err = run_in_child(go, &trip, RUN_IN_CHILD_MS, fd, e);
	if (!job->asked)
		return err;
	if (err == -EOPNOTSUPP)
		return refused_ext(e);
	return err == -EACCES || err == -EINVAL ? refused_filter(job, e) : err;
}

/* Its pins are in folders named by interface and program. */
void chain_libxdp_tidy(const struct chain_job *job, uint32_t keep)
{
	char *FREE_AUTO path = state_path(job->lab->state, "xdp/%s/xdp", job->node);
	DIR *DIR_AUTO dir = opendir(path);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		char *FREE_AUTO folder = NULL;
		int ifindex;
		uint32_t id;

		if (sscanf(entry->d_name, "dispatch-%d-%u", &ifindex, &id) != 2 ||
		    ifindex != job->ifindex || id == keep)
			continue;
		folder = state_path(job->lab->state, "xdp/%s/xdp/%s", job->node, entry->d_name);
		bpffs_remove(folder);
	}
}

const struct chain_engine chain_engine_libxdp = {
	.choice = ENGINE_LIBXDP,
	.build = libxdp_build,
};
