// SPDX-License-Identifier: GPL-2.0-or-later
/* A frame step: packet sockets at both ends. Frames are gathered, not judged. */
#include "orchestrator/scenario/probe_frame.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/layers_text.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/step_run.h"
#include "orchestrator/scenario/tap.h"

#define CAUGHT_MAX 1024 /* frames kept that may still turn out to be the step's */

static const struct packet_config *packet_of(const struct step_run *c)
{
	return &c->probe->lab->labfile.packets[c->step->packet];
}

static const struct topology *topo_of(const struct step_run *c)
{
	return &c->probe->lab->labfile.topo;
}

/* @back: of what comes back by a chain, and does not count as arrived. */
static int add_tap(struct step_run *c, const char *netns, const char *name, size_t iface, bool back)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	int err = netns_visit(&visit, c->probe->lab->state, netns, c->e), fd;
	struct tap *tap;

	if (err)
		return err;
	fd = tap_open(name, c->e);
	if (fd < 0)
		return error_wrap(c->e, "%s", netns);
	tap = array_add(&c->taps, &c->n_taps, sizeof(*tap));
	*tap = (struct tap){ fd, iface, back };
	if (!back)
		text_add(&c->ev->looked_at, " or ", "%s:%s", netns, name);
	return 0;
}

static int add_tap_at(struct step_run *c, size_t iface, bool back)
{
	const struct iface *i = &topo_of(c)->ifaces[iface];

	return add_tap(c, topo_of(c)->nodes[i->node].name, i->name, iface, back);
}

/* The other end of the link that the interface's frames go out of: a peer, or a bridge's port. */
static int add_tap_behind(struct step_run *c, size_t iface, bool back)
{
	const struct topology *topo = topo_of(c);
	const struct iface *i = topology_carrier(topo, &topo->ifaces[iface]);

	return i->bridge == NONE ? add_tap_at(c, i->peer, back)
				 : add_tap(c, topo->bridges[i->bridge].name, i->port, NONE, back);
}

static void add_arrival(struct step_run *c, size_t node)
{
	struct arrival *arrival = array_add(&c->ev->arrivals, &c->ev->n_arrivals, sizeof(*arrival));

	arrival->node = node;
}

/* Another interface than @from that has the frame's destination MAC, which no two have; or NONE. */
static size_t find_mac(const struct topology *topo, size_t from, const uint8_t *frame)
{
	for (size_t i = 0; i < topo->n_ifaces; i++)
		if (i != from && topo->ifaces[i].has_mac &&
		    !memcmp(topo->ifaces[i].mac, frame, ETH_ALEN))
			return i;
	return NONE;
}

/* The only interface where the step's filter stands; or NONE. */
static size_t find_filter(const struct step_run *c)
{
	const struct labfile *labfile = &c->probe->lab->labfile;
	size_t found = NONE;

	for (size_t i = 0; c->ev->chains && c->step->by != NONE && i < topo_of(c)->n_ifaces; i++) {
		if (!chain_record_has(&c->ev->chains[i], labfile->filters[c->step->by].name))
			continue;
		if (found != NONE)
			return NONE;
		found = i;
	}
	return found;
}

static int listen_at_nodes(struct step_run *c)
{
	const struct topology *topo = topo_of(c);
	int err = 0;

	for (size_t n = 0; n < c->step->n_receivers; n++) {
		size_t node = c->step->receivers[n];

		add_arrival(c, node);
		for (size_t i = 0; i < topo->n_ifaces && !err; i++)
			if (topo->ifaces[i].node == node && !topo->ifaces[i].lo &&
			    !topo->ifaces[i].vlan)
				err = add_tap_at(c, i, false);
	}
	return err;
}

static int listen_for_arrival(struct step_run *c)
{
	bool group = packet_of(c)->bytes[0] & 1;
	size_t iface = c->step->at;

	if (c->step->n_receivers)
		return listen_at_nodes(c);
	if (iface == NONE)
		iface = find_mac(topo_of(c), c->step->from, packet_of(c)->bytes);
	if (iface == NONE && group &&
	    topology_carrier(topo_of(c), &topo_of(c)->ifaces[c->step->from])->bridge != NONE)
		iface = find_filter(c);
	if (iface == NONE)
		iface = topology_carrier(topo_of(c), &topo_of(c)->ifaces[c->step->from])->peer;
	if (iface == NONE)
		return add_tap_behind(c, c->step->from, false);
	c->ev->mark.dst_node = topo_of(c)->ifaces[iface].node;
	add_arrival(c, c->ev->mark.dst_node);
	return add_tap_at(c, iface, false);
}

static bool has_chain(const struct step_run *c, size_t node)
{
	const struct topology *topo = topo_of(c);

	for (size_t i = 0; i < topo->n_ifaces; i++)
		if (topo->ifaces[i].node == node && c->ev->chains[i].n_filters)
			return true;
	return false;
}

/* Behind every interface of the nodes that have a chain: none redirects to another node's. */
static int listen_behind_chains(struct step_run *c)
{
	const struct topology *topo = topo_of(c);
	int err = 0;

	for (size_t i = 0; i < topo->n_ifaces && !err; i++)
		if (!topo->ifaces[i].lo && !topo->ifaces[i].vlan &&
		    has_chain(c, topo->ifaces[i].node))
			err = add_tap_behind(c, i, true);
	return err;
}

/* What a chain sends back or elsewhere is told by it up to XLAB_SNAP bytes. All of them are seen
 * where it comes to: back at the sender, or behind what the step's filter redirects to, which of an
 * object nobody knows.
 */
static int listen_for_returns(struct step_run *c)
{
	const struct labfile *labfile = &c->probe->lab->labfile;
	const struct step *step = c->step;
	size_t to = step->by == NONE ? NONE : labfile->filters[step->by].redirect_to;

	if (step->as == NONE || !c->ev->chains)
		return 0;
	if (step->expect == EXPECT_TX)
		return add_tap_at(c, step->from, true);
	if (step->expect == EXPECT_REDIRECT && to != NONE)
		return add_tap_behind(c, to, true);
	return step->expect == EXPECT_REDIRECT && labfile->packets[step->as].size > XLAB_SNAP
		       ? listen_behind_chains(c)
		       : 0;
}

static bool is_as(const struct step_run *c, const struct caught *caught)
{
	const struct packet_config *as = &c->probe->lab->labfile.packets[c->step->as];
	const struct frame_bytes expected = { as->bytes, as->size };
	const struct frame_bytes came = { caught->bytes, caught->size };
	char *FREE_AUTO difference = layers_difference(&expected, &came, c->step->except);

	return !difference;
}

/* What a chain says that it sent back, or elsewhere; NULL: it did not. */
static const struct left_bytes *left_of(const struct step_run *c)
{
	return c->ev->left[c->step->expect == EXPECT_TX ? XDP_TX : XDP_REDIRECT];
}

/* A bridge's copy, of what is for another interface on the same link. */
static bool is_copy(const struct step_run *c, const struct caught *caught)
{
	const struct topology *topo = topo_of(c);
	size_t at = caught->tap->iface, other;

	if (at == NONE || topology_carrier(topo, &topo->ifaces[at])->bridge == NONE)
		return false;
	other = find_mac(topo, at, caught->bytes);
	return other != NONE && topology_segment(topo, other) == topology_segment(topo, at);
}

/* It is the step's: of what comes back, it is what a chain says that it sent. */
static bool is_own(const struct step_run *c, const struct caught *caught)
{
	const struct evidence *ev = c->ev;
	const struct left_bytes *left = left_of(c);

	if (caught->tap->back)
		return left && left->length == caught->size && left->size <= caught->size &&
		       !memcmp(left->bytes, caught->bytes, left->size);
	return (frame_forms_know(&ev->frames, caught->bytes, caught->size, caught->size) &&
		!is_copy(c, caught)) ||
	       (ev->chains && c->step->as != NONE && is_as(c, caught));
}

/* The first of those that arrived, or were returned; best one that is not as it should be. */
static void keep(struct step_run *c, const struct caught *caught)
{
	struct evidence *ev = c->ev;

	if (ev->came_out && (c->step->as == NONE || is_as(c, caught)))
		return;
	free(ev->came_out);
	ev->came_out = xmemdup(caught->bytes, caught->size);
	ev->came_size = caught->size;
}

/* A frame may have come before the chain's word by which it is known: so they are looked at anew.
 */
static void count_caught(struct step_run *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_caught; i++) {
		struct caught *caught = &c->caught[i];

		if (!is_own(c, caught)) {
			c->caught[kept++] = *caught;
			continue;
		}
		keep(c, caught);
		c->ev->arrived += !caught->tap->back;
		free(caught->bytes);
	}
	c->n_caught = kept;
}

static int read_taps(struct step_run *c)
{
	struct caught caught;
	int more = 0;

	for (size_t i = 0; i < c->n_taps && more >= 0; i++)
		while ((more = tap_read(c->taps[i].fd, &caught.bytes, &caught.size, c->e)) == 1) {
			caught.tap = &c->taps[i];
			if (c->n_caught == CAUGHT_MAX) {
				free(caught.bytes);
				continue;
			}
			*(struct caught *)array_add(&c->caught, &c->n_caught, sizeof(caught)) =
				caught;
		}
	count_caught(c);
	return more < 0 ? more : 0;
}

/* All bytes of what was returned are known, or cannot be. */
static bool returns_settled(const struct step_run *c)
{
	const struct left_bytes *left = left_of(c);

	if (c->ev->came_out || !left || left->size == left->length)
		return true;
	for (size_t i = 0; i < c->n_taps; i++)
		if (c->taps[i].back)
			return false;
	return true;
}

static int frame_settled(struct step_run *c)
{
	int err = read_taps(c);

	if (err)
		return err;
	if (c->ev->arrived >= c->ev->wanted)
		return 1;
	return step_run_settled(c) && returns_settled(c);
}

static void begin(struct step_run *c)
{
	const struct packet_config *p = packet_of(c);

	c->ev->mark =
		(struct mark){ .kind = STEP_FRAME, .src_node = c->step->src, .dst_node = NONE };
	c->ev->wanted = c->step->count;
	c->ev->server_bound = true;
	c->ev->since_ns = netlink_clock_ns();
	frame_forms_add(&c->ev->frames, p->bytes, p->size, p->size);
}

/* What the kernel does not send is the lab's trouble: an MTU that is too small, a link that is
 * down.
 */
static int send_frames(struct step_run *c)
{
	const struct iface *from = &topo_of(c)->ifaces[c->step->from];
	const struct packet_config *p = packet_of(c);
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	int FD_AUTO fd = -1;
	int err =
		netns_visit(&visit, c->probe->lab->state, topo_of(c)->nodes[from->node].name, c->e);

	if (err)
		return err;
	fd = tap_open_out(from->name, c->e);
	if (fd < 0)
		return error_wrap(c->e, "%s", topo_of(c)->nodes[from->node].name);
	for (unsigned int i = 0; i < c->ev->wanted && !c->ev->trouble; i++) {
		if (send(fd, p->bytes, p->size, 0) == (ssize_t)p->size)
			continue;
		if (errno == EMSGSIZE)
			c->ev->trouble = text_format("%s cannot send its %zu bytes: its MTU is %u",
						     from->id, p->size, iface_mtu(from));
		else
			c->ev->trouble =
				text_format("%s cannot send it: %s", from->id, strerror(errno));
	}
	return 0;
}

int probe_frame_run(struct step_run *c)
{
	int err;

	begin(c);
	err = listen_for_arrival(c);
	err = err ? err : listen_for_returns(c);
	err = err ? err : send_frames(c);
	if (err || c->ev->trouble)
		return err;
	step_run_allow(c, c->ev->since_ns, c->probe->timeout_ms);
	err = step_run_wait(c, frame_settled, 0);
	if (err && err != -ETIMEDOUT)
		return err;
	/* The chains' last words tell what else is the step's. */
	err = step_run_consume(c);
	return err ? err : read_taps(c);
}
