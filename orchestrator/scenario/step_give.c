// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs a chain's program once on a packet of the lab file. What that proves is judge_frame.c's. */
#include "orchestrator/scenario/step_give.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge_frame.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/scenario/step_result.h"
#include "orchestrator/scenario/witness.h"

#define LINEAR_MIN 2048 /* any kernel runs a program on so many bytes in one piece */
#define GROWS_MAX  4096 /* bytes that a program may put before or behind a packet */

/* As if it had come in by the interface: programs see its number, and a chain that stands on
 * several is told by it.
 */
static int give(const struct lab *lab, const struct step *step, int fd, struct evidence *ev,
		uint32_t *verdict, struct error *e)
{
	const struct packet_config *p = &lab->labfile.packets[step->packet];
	const struct topology *topo = &lab->labfile.topo;
	const struct iface *iface = &topo->ifaces[step->at];
	struct xdp_md in = { .data_end = (uint32_t)p->size };
	uint8_t *FREE_AUTO out = xcalloc(1, FRAME_MAX + GROWS_MAX);
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = p->bytes, .data_size_in = (uint32_t)p->size,
		    .data_out = out, .data_size_out = FRAME_MAX + GROWS_MAX, .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .repeat = 1);
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	int err = netns_visit(&visit, lab->state, topo->nodes[iface->node].name, e);

	if (err)
		return err;
	in.ingress_ifindex = if_nametoindex(iface->name);
	if (!in.ingress_ifindex)
		return error_sys(e, -errno, "cannot find %s", iface->id);
	err = bpf_prog_test_run_opts(fd, &run);
	if (err == -EINVAL && p->size > LINEAR_MIN)
		return error_state(
			e, err,
			"the chain at %s does not take a packet of %zu bytes from "
			"BPF_PROG_TEST_RUN: a filter of it takes no fragments (xdp.frags)",
			iface->id, p->size);
	if (err)
		return error_sys(e, err, "BPF_PROG_TEST_RUN of the chain at %s", iface->id);
	*verdict = run.retval;
	ev->came_size = run.data_size_out;
	ev->came_out = xmemdup(out, ev->came_size);
	return 0;
}

int step_give(const struct lab *lab, const struct scenario_chains *chains, struct witness *witness,
	      const struct step *step, struct evidence *ev, struct step_result *result,
	      struct error *e)
{
	const struct packet_config *p = &lab->labfile.packets[step->packet];
	const struct iface *iface = &lab->labfile.topo.ifaces[step->at];
	int fd = scenario_chains_program(chains, step->at);
	uint32_t verdict = 0;
	int err;

	if (fd < 0)
		return error_state(e, -ENOENT, "no chain stands on %s", iface->id);
	ev->mark = (struct mark){ .kind = STEP_GIVE, .src_node = NONE, .dst_node = iface->node };
	ev->wanted = 1;
	ev->server_bound = true;
	ev->since_ns = netlink_clock_ns();
	frame_forms_add(&ev->frames, p->bytes, p->size, p->size);
	err = give(lab, step, fd, ev, &verdict, e);
	err = err ? err : witness_consume(witness, ev, e);
	if (!err)
		judge_give(&lab->labfile, step, ev, verdict, result);
	return err;
}
