// SPDX-License-Identifier: GPL-2.0-or-later
/* A chain tried on packets. How it is instrumented is trace.c's, how its maps are copied
 * filter_copies.c's.
 */
#include "orchestrator/chain/explain.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/lab_links.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "lab/rtnl.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/filter/calls_trace.h"
#include "orchestrator/filter/filter_copies.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/rules.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/model/program.h"

#define PAGE_BYTES 3520	      /* that fit a page beside what the kernel keeps there */
#define OUT_ROOM   (1U << 17) /* for a packet that grew */

struct explain {
	const struct lab *lab;
	struct chain_config chain;
	struct trace trace;
	struct rules_watch *rules[XLAB_CHAIN_MAX];
	struct netns_visit visit;
	int fd;
	uint32_t ifindex; /* 0: the kernel does not take it here */
	uint8_t *out;
};

const struct chain_config *explain_chain(const struct explain *x)
{
	return &x->chain;
}

const struct filter *explain_filter(const struct explain *x, size_t i)
{
	return &x->lab->labfile.filters[labfile_filter(&x->lab->labfile, x->chain.filters[i])];
}

const struct trace *explain_trace(const struct explain *x)
{
	return &x->trace;
}

struct rules_watch *explain_rules(const struct explain *x, size_t i)
{
	return x->rules[i];
}

/* The filter whose maps position @i has. */
static size_t owner_at(const struct explain *x, size_t i)
{
	return filter_maps_owner(x->lab, labfile_filter(&x->lab->labfile, x->chain.filters[i]));
}

const struct call_trace *explain_call(const struct explain *x, size_t i, size_t n)
{
	const struct calls_trace *t = x->lab->calls;
	size_t owner = owner_at(x, i);

	for (size_t k = 0; t && k < t->n; k++)
		if (t->calls[k].owner == owner && n-- == 0)
			return &t->calls[k];
	return NULL;
}

bool explain_calls_shared(const struct explain *x, const struct explained *result, size_t i)
{
	for (size_t k = 0; k < result->n_asked; k++)
		if (k != i && owner_at(x, k) == owner_at(x, i))
			return explain_call(x, i, 0);
	return false;
}

static int copy_maps(const struct lab *lab, const struct chain_config *chain, struct error *e)
{
	int FD_AUTO originals = filter_copies_begin(lab, e);
	int err = originals < 0 ? originals : 0;

	for (size_t i = 0; i < chain->n_filters && !err; i++)
		err = filter_copies_make(lab, originals,
					 labfile_filter(&lab->labfile, chain->filters[i]), e);
	return err;
}

/* One for the positions of a filter that stands there twice. */
static int watch_rules(struct explain *x, size_t i, struct error *e)
{
	size_t filter = labfile_filter(&x->lab->labfile, x->chain.filters[i]);

	if (!program_matches(&programs[x->lab->labfile.filters[filter].program]))
		return 0;
	for (size_t k = 0; k < i; k++)
		if (!strcmp(x->chain.filters[k], x->chain.filters[i])) {
			x->rules[i] = x->rules[k];
			return 0;
		}
	return rules_watch_open(x->lab, filter, &x->rules[i], e);
}

static int enter_node(struct explain *x, struct error *e)
{
	const struct topology *topo = &x->lab->labfile.topo;
	const struct iface *iface = &topo->ifaces[x->chain.iface];
	struct netlink *NETLINK_AUTO rt = NULL;
	struct rt_link_state link = { 0 };
	int err = netns_visit(&x->visit, x->lab->state, topo->nodes[iface->node].name, e);

	if (!err)
		err = netlink_open(NETLINK_ROUTE, &rt, e);
	if (!err)
		err = lab_link_find(x->lab->state, rt, iface->name, &link, e);
	x->ifindex = link.ifindex;
	return err;
}

static int prepare(struct explain *x, struct lab *lab, bool copies, struct error *e)
{
	int err = copies ? copy_maps(lab, &x->chain, e) : 0;

	if (!err)
		err = chain_load_traced(lab, &x->chain, &x->trace, &x->fd, e);
	for (size_t i = 0; i < x->chain.n_filters && !err; i++)
		err = watch_rules(x, i, e);
	return err ? err : enter_node(x, e);
}

int explain_open(struct explain **explain, struct lab *lab, const struct chain_config *chain,
		 enum trace_level level, bool copies, struct error *e)
{
	struct explain *x = xcalloc(1, sizeof(*x));
	int err;

	*x = (struct explain){
		.lab = lab,
		.chain = { .iface = chain->iface,
			   .filters = chain_names_copy(chain->filters, chain->n_filters),
			   .n_filters = chain->n_filters },
		.trace = TRACE_NONE,
		.visit = NETNS_VISIT_NONE,
		.fd = -1,
		.out = xcalloc(1, OUT_ROOM),
	};
	x->trace.level = level;
	err = prepare(x, lab, copies, e);
	if (err)
		explain_close(x);
	else
		*explain = x;
	return err;
}

void explain_close(struct explain *x)
{
	if (!x)
		return;
	netns_leave(&x->visit);
	for (size_t i = 0; i < x->chain.n_filters; i++) {
		for (size_t k = i + 1; k < x->chain.n_filters; k++)
			if (x->rules[k] == x->rules[i])
				x->rules[k] = NULL;
		rules_watch_close(x->rules[i]);
		free(x->chain.filters[i]);
	}
	free(x->chain.filters);
	trace_clear(&x->trace);
	cleanup_fd(&x->fd);
	free(x->out);
	free(x);
}

static int run(struct explain *x, const uint8_t *bytes, size_t size, struct explained *result)
{
	struct xdp_md ctx = { .data_end = (__u32)size, .ingress_ifindex = x->ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = (__u32)size,
		    .data_out = x->out, .data_size_out = OUT_ROOM, .repeat = 1);

	if (x->ifindex) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	trace_forget(&x->trace);
	for (size_t i = 0; x->lab->calls && i < x->lab->calls->n; i++)
		trace_forget(&x->lab->calls->calls[i].trace);
	if (bpf_prog_test_run_opts(x->fd, &opts))
		return -errno;
	*result = (struct explained){
		.verdict = opts.retval,
		.bytes = x->out,
		.size = opts.data_size_out,
	};
	return 0;
}

static bool goes_on(const struct filter *f, uint32_t verdict)
{
	return verdict < 32 && f->continues >> verdict & 1;
}

static void find_decision(const struct explain *x, struct explained *result)
{
	const struct trace_answer *answers = x->trace.cells->filters;

	while (result->n_asked < x->chain.n_filters && answers[result->n_asked].asked)
		result->n_asked++;
	result->by = x->chain.n_filters;
	if (result->n_asked &&
	    !goes_on(explain_filter(x, result->n_asked - 1), answers[result->n_asked - 1].verdict))
		result->by = result->n_asked - 1;
}

int explain_packet(struct explain *x, const uint8_t *bytes, size_t size, struct explained *result,
		   struct error *e)
{
	uint32_t ifindex = x->ifindex;
	int err;

	if (size < FRAME_MIN)
		return error_input(e, "a packet of %zu byte%s is none: %d are an Ethernet header",
				   size, size == 1 ? "" : "s", FRAME_MIN);
	if (size > PAGE_BYTES && !x->trace.frags)
		return error_input(e,
				   "no packet of %zu bytes comes in here: without fragments, which "
				   "need a link with such an MTU and filters that all are "
				   "SEC(\"xdp.frags\"), one has %d at most",
				   size, PAGE_BYTES);
	err = run(x, bytes, size, result);
	/* Where no program stands on an interface, the kernel knows none that comes in there. */
	if (err == -EINVAL && x->ifindex) {
		x->ifindex = 0;
		err = run(x, bytes, size, result);
	}
	if (err)
		x->ifindex = ifindex;
	if (err)
		return error_sys(e, err, "cannot run the chain on a packet");
	find_decision(x, result);
	return 0;
}
