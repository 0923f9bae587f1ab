// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/chain/chain_libxdp.h"

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
#include <dirent.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/chain/chain_inline.h"
#include "orchestrator/chain/chain_probe.h"
#include "orchestrator/filter/filter_maps.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/programs.h"
#include "orchestrator/lab.h"
#include "orchestrator/util/bpflog.h"
#include "orchestrator/util/run_in_child.h"

static void put_end(struct nlmsghdr *message, int ifindex, const char *name)
{
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));

	link->ifi_index = ifindex;
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(message, IFLA_NUM_RX_QUEUES, 1);
}

/* Move this process into a new network namespace that holds an interface of index @ifindex and
 * nothing else. It goes with the process.
 */
static int scratch_enter(int ifindex, struct error *e)
{
	struct netlink_request room;
	struct netlink *NETLINK_AUTO rt = NULL;
	struct nlattr *info, *data, *peer;
	struct nlmsghdr *message;
	int err;

	if (unshare(CLONE_NEWNET))
		return error_sys(e, -errno, "making a namespace to build a dispatcher in");
	err = netlink_open(NETLINK_ROUTE, &rt, e);
	if (err)
		return err;
	message = netlink_begin(&room, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	put_end(message, ifindex, "xlab0");
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
	/* Its index is set too, or it would take the other's. */
	put_end(message, ifindex + 1, "xlab1");
	mnl_attr_nest_end(message, peer);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	err = netlink_talk(rt, message, NULL, NULL, e);
	return err ? error_wrap(e, "making an interface to build a dispatcher on") : 0;
}

#define DISPATCHER_MAX	10 /* MAX_DISPATCHER_ACTIONS of libxdp */
#define RUN_IN_CHILD_MS 20000

struct team {
	struct filter_object objects[DISPATCHER_MAX];
	struct xdp_program *progs[DISPATCHER_MAX + 1];
	size_t n;
	bool frags;
};

static int configure(struct xdp_program *prog, size_t i, uint32_t continues)
{
	int err = xdp_program__set_run_prio(prog, (unsigned int)(i + 1) * 10);

	for (unsigned int action = XDP_ABORTED; action <= XDP_REDIRECT && !err; action++)
		err = xdp_program__set_chain_call_enabled(prog, action, continues >> action & 1);
	return err;
}

static int open_member(struct team *t, const struct chain_job *job, size_t i, struct error *e)
{
	struct filter_object *in = &t->objects[i];
	int err = filter_object_open(job->lab, job->filters[i], in, e);

	if (err)
		return err;
	/* libxdp would attach it alone then, without a word. */
	if (!bpf_object__btf(in->obj))
		return error_input(e,
				   "filter %s: the object has no BTF, which libxdp's dispatcher "
				   "needs: compile it with -g%s",
				   job->lab->labfile.filters[job->filters[i]].name,
				   job->asked ? ", or say engine = inline" : "");
	return 0;
}

static int settle_member(struct team *t, const struct chain_job *job, size_t i, struct error *e)
{
	const struct labfile *labfile = &job->lab->labfile;
	struct xlab_config config = chain_job_config(job, i);
	int err;

	config.frags = t->frags;
	config.keeps_counters = chain_user_object(labfile, job->filters, job->n_filters)
					? XLAB_KEEPS_PASSES
					: XLAB_KEEPS;
	err = filter_maps_settle(&t->objects[i], job->lab, job->filters[i], &config,
				 job->counters_fd, job->rings_fd, e);
	return err ? error_wrap(e, "filter %s", labfile->filters[job->filters[i]].name) : 0;
}

/* libxdp looks at flags that libbpf sets no sooner than at the load. */
static int configure_frags(const struct team *t, struct xdp_program *prog)
{
	return t->frags ? xdp_program__set_xdp_frags_support(prog, true) : 0;
}

static int add_member(struct team *t, const struct chain_job *job, size_t i, struct error *e)
{
	const struct filter *f = &job->lab->labfile.filters[job->filters[i]];
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts);
	struct filter_object *in = &t->objects[i];
	struct bpf_program *prog;
	int err = settle_member(t, job, i, e);

	if (err)
		return err;
	bpf_object__for_each_program (prog, in->obj) {
		bpf_program__set_autoload(prog, prog == in->main || in->has_prog_array);
	}
	opts.obj = in->obj;
	opts.prog_name = bpf_program__name(in->main);
	t->progs[i] = xdp_program__create(&opts);
	err = (int)libxdp_get_error(t->progs[i]);
	if (!err)
		err = configure_frags(t, t->progs[i]);
	if (!err)
		err = configure(t->progs[i], i, f->continues);
	return err ? error_sys(e, err, "filter %s: libxdp", f->name) : 0;
}

/* A single program takes the dispatcher's whole place, and its verdict is the last word: where it
 * is not to be, a second program makes it a chain.
 */
static bool needs_end(const struct chain_job *job)
{
	uint32_t continues = job->lab->labfile.filters[job->filters[0]].continues;

	return job->n_filters == 1 && continues & ~(1U << XDP_PASS);
}

static int open_end(struct team *t, struct error *e)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts);
	const void *bytes;
	size_t size;
	int err = program_object(PROGRAM_PASS, &bytes, &size, &opts.prog_name);

	opts.obj = err ? NULL : bpf_object__open_mem(bytes, size, NULL);
	if (!opts.obj)
		return error_sys(e, err ? err : -errno, "the built-in pass");
	t->progs[t->n] = xdp_program__create(&opts);
	err = (int)libxdp_get_error(t->progs[t->n]);
	if (!err)
		err = configure_frags(t, t->progs[t->n]);
	if (!err)
		err = configure(t->progs[t->n], t->n, 1U << XDP_PASS);
	if (err)
		return error_sys(e, err, "the built-in pass: libxdp");
	t->n++;
	return 0;
}

/* The dispatcher that libxdp has just put on the scratch interface. */
static int find_dispatcher(int ifindex, int *fd, struct error *e)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	int err = (int)libxdp_get_error(mp);

	if (err)
		return error_sys(e, err, "asking libxdp for its dispatcher");
	if (xdp_multiprog__is_legacy(mp))
		return error_state(e, -EOPNOTSUPP,
				   "libxdp has attached a single program without a "
				   "dispatcher");
	*fd = dup(xdp_program__fd(xdp_multiprog__main_prog(mp)));
	return *fd < 0 ? error_sys(e, -errno, "the dispatcher") : 0;
}

static int explain(int err, struct bpflog *log, struct error *e)
{
	FREE_AUTO char *words = bpflog_verifier(log);
	FREE_AUTO char *tail = words ? bpflog_tail(words, 12) : NULL;
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
	int err = 0;

	for (size_t i = 0; i < job->n_filters && !err; i++)
		err = open_member(t, job, i, e);
	if (!err)
		err = frags_agree(job, t->objects, &t->frags, e);
	for (t->n = 0; t->n < job->n_filters && !err; t->n++)
		err = add_member(t, job, t->n, e);
	if (!err && needs_end(job))
		err = open_end(t, e);
	if (err)
		return err;
	bpflog_begin(&log);
	/* Generic mode works on any interface, and a dispatcher does not know its mode. */
	err = xdp_program__attach_multi(t->progs, t->n, job->ifindex, XDP_MODE_SKB, 0);
	return err ? explain(err, &log, e) : find_dispatcher(job->ifindex, fd, e);
}

struct trip {
	const struct chain_job *job;
	const char *bpffs;
};

static int go(void *cookie, int *fd, struct error *e)
{
	const struct trip *trip = cookie;
	struct team *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return error_sys(e, -ENOMEM, "building a dispatcher");
	(void)setenv("LIBXDP_BPFFS", trip->bpffs, 1);
	(void)setenv("LIBXDP_BPFFS_AUTOMOUNT", "0", 1);
	(void)unsetenv("LIBXDP_OBJECT_PATH");
	(void)unsetenv("LIBXDP_SKIP_DISPATCHER");
	err = scratch_enter(trip->job->ifindex, e);
	/* Nothing is closed: the process ends. */
	return err ? err : assemble(t, trip->job, fd, e);
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
	ERROR_AUTO struct error better = ERROR_INIT;
	FD_AUTO int fd = -1;

	if (chain_engine_inline.build(job, &fd, NULL, &better))
		error_move(e, &better);
	else
		(void)error_add(e, "the same filters load with engine = inline");
	return e->err;
}

static int check_length(const struct chain_job *job, struct error *e)
{
	if (job->n_filters <= DISPATCHER_MAX)
		return 0;
	return error_state(e, -E2BIG,
			   "libxdp's dispatcher takes at most %d programs, and the chain has %zu "
			   "filters%s",
			   DISPATCHER_MAX, job->n_filters,
			   job->asked ? ": say engine = inline or auto" : "");
}

static int libxdp_build(const struct chain_job *job, int *fd, char **log, struct error *e)
{
	struct trip trip = { .job = job };
	FREE_AUTO char *what = NULL, *bpffs = NULL;
	int err = check_length(job, e);

	(void)log;
	for (size_t i = 0; i < job->n_filters && !err; i++) {
		FREE_AUTO char *folder = filter_maps_dir(job->lab, job->filters[i], e);

		err = folder ? 0 : e->err;
	}
	if (err)
		return err;
	if (asprintf(&what, "xdp/%s", job->node) < 0) {
		what = NULL;
		return error_sys(e, -ENOMEM, "building a dispatcher");
	}
	bpffs = bpffs_mount(job->lab, what, e);
	if (!bpffs)
		return e->err;
	trip.bpffs = bpffs;
	err = run_in_child(go, &trip, RUN_IN_CHILD_MS, fd, e);
	if (!err || !job->asked)
		return err;
	if (err == -EOPNOTSUPP)
		return refused_ext(e);
	return err == -EACCES || err == -EINVAL ? refused_filter(job, e) : err;
}

/* Its pins are in folders named by interface and program. */
void chain_libxdp_tidy(const struct chain_job *job, uint32_t keep)
{
	FREE_AUTO char *path = state_path(job->lab->state, "xdp/%s/xdp", job->node);
	DIR_AUTO DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		FREE_AUTO char *folder = NULL;
		int ifindex;
		uint32_t id;

		if (sscanf(entry->d_name, "dispatch-%d-%u", &ifindex, &id) != 2 ||
		    ifindex != job->ifindex || id == keep)
			continue;
		folder = state_path(job->lab->state, "xdp/%s/xdp/%s", job->node, entry->d_name);
		if (folder)
			bpffs_remove(folder);
	}
}

const struct chain_engine chain_engine_libxdp = {
	.choice = ENGINE_LIBXDP,
	.build = libxdp_build,
};
