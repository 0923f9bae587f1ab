// SPDX-License-Identifier: GPL-2.0-or-later
/* What ping and nc would send first, put together from the topology. */
#include "orchestrator/model/first_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/model/labfile.h"

#define SOURCE_PORT 40000 /* of those that a kernel takes by itself */

static void begin(struct frame_make *f, enum xlab_layer layer)
{
	char *FREE_AUTO why = NULL;

	(void)frame_add_layer(f, layer, &why); /* so few, in their order, may stand */
}

static void set_number(struct frame_make *f, enum xlab_field field, uint64_t number)
{
	struct field_value value = field_value_of(number);

	frame_set(f, field, &value);
}

/* Those at the value's end. */
static void set_bytes(struct frame_make *f, enum xlab_field field, const void *bytes, size_t size)
{
	struct field_value value = { { 0 } };

	memcpy(value.bytes + FIELD_VALUE - size, bytes, size);
	frame_set(f, field, &value);
}

static void set_address(struct frame_make *f, enum xlab_field field, const struct address *a)
{
	set_bytes(f, field, a->family == AF_INET ? (const void *)&a->v4 : (const void *)&a->v6,
		  address_size(a));
}

/* The source's address by which it is known to who has the destination's. */
static const struct address *source_of(const struct topology *topo, const struct step *step)
{
	size_t owner = step->owner == NONE ? NONE : owner_node(topo, &topo->owners[step->owner]);
	const struct prefix *found = NULL;

	if (owner != NONE && owner != step->src)
		found = topology_reach(topo, owner, step->src, step->address.family);
	if (!found)
		found = topology_reach(topo, step->src, step->src, step->address.family);
	return found ? &found->address : NULL;
}

/* Of a group of receivers: broadcast's, or the one that multicast addresses stand for. */
static void group_mac(const struct address *a, uint8_t mac[6])
{
	const uint8_t *v4 = (const uint8_t *)&a->v4;

	memset(mac, 0xff, 6);
	if (a->family == AF_INET6) {
		memset(mac, 0x33, 2);
		memcpy(mac + 2, &a->v6.s6_addr[12], 4);
	} else if (IN_MULTICAST(ntohl(a->v4.s_addr))) {
		memcpy(mac, (const uint8_t[]){ 1, 0, 0x5e, v4[1] & 0x7f, v4[2], v4[3] }, 6);
	}
}

size_t first_packet_sender(const struct topology *topo, const struct step *step, size_t iface)
{
	size_t segment = topology_segment(topo, iface), router = NONE;
	size_t own = topology_iface_on(topo, step->src, segment);

	for (size_t i = 0; i < topo->n_nodes && own == NONE; i++) {
		size_t on = topology_iface_on(topo, i, segment);

		if (!topo->nodes[i].forward || i == topo->ifaces[iface].node || on == NONE)
			continue;
		if (router != NONE)
			return NONE;
		router = on;
	}
	return own == NONE ? router : own;
}

/* Of whose MAC is not known it is 0. */
static void make_ether(struct frame_make *f, const struct topology *topo, const struct step *step,
		       size_t iface)
{
	const struct iface *to = &topo->ifaces[iface];
	size_t from = first_packet_sender(topo, step, iface);
	uint8_t group[6];

	group_mac(&step->address, group);
	begin(f, XLAB_LAYER_ETH);
	if (step->group)
		set_bytes(f, XLAB_FIELD_ETH_DST, group, sizeof(group));
	else if (to->has_mac)
		set_bytes(f, XLAB_FIELD_ETH_DST, to->mac, sizeof(to->mac));
	if (from != NONE && topo->ifaces[from].has_mac)
		set_bytes(f, XLAB_FIELD_ETH_SRC, topo->ifaces[from].mac,
			  sizeof(topo->ifaces[from].mac));
}

static void make_network(struct frame_make *f, const struct address *src, const struct address *dst)
{
	bool v4 = dst->family == AF_INET;

	begin(f, v4 ? XLAB_LAYER_IP : XLAB_LAYER_IPV6);
	set_address(f, v4 ? XLAB_FIELD_IP_SRC : XLAB_FIELD_IPV6_SRC, src);
	set_address(f, v4 ? XLAB_FIELD_IP_DST : XLAB_FIELD_IPV6_DST, dst);
}

/* Unless a type is given it is an echo request. */
static void make_ping(struct frame_make *f, const struct step *step)
{
	bool v4 = step->address.family == AF_INET;

	begin(f, v4 ? XLAB_LAYER_ICMP : XLAB_LAYER_ICMPV6);
	set_number(f, v4 ? XLAB_FIELD_ICMP_SEQ : XLAB_FIELD_ICMPV6_SEQ, 1);
}

static void make_udp(struct frame_make *f, const struct step *step)
{
	begin(f, XLAB_LAYER_UDP);
	set_number(f, XLAB_FIELD_UDP_SRCPORT, SOURCE_PORT);
	set_number(f, XLAB_FIELD_UDP_DSTPORT, step->port);
}

static void make_tcp(struct frame_make *f, const struct step *step)
{
	begin(f, XLAB_LAYER_TCP);
	set_number(f, XLAB_FIELD_TCP_SRCPORT, SOURCE_PORT);
	set_number(f, XLAB_FIELD_TCP_DSTPORT, step->port);
	set_number(f, XLAB_FIELD_TCP_FLAGS, 2); /* SYN */
}

/* What ping sends is as long as the step says; the first of TCP carries nothing. */
static int add_data(struct frame_make *f, const struct step *step, char **why)
{
	if (step->kind == STEP_TCP)
		return 0;
	begin(f, XLAB_LAYER_DATA);
	return step->kind == STEP_PING
		       ? frame_add_data(f, NULL, step->size, why)
		       : frame_add_data(f, (const uint8_t *)step->text, strlen(step->text), why);
}

int first_packet(const struct topology *topo, const struct step *step, size_t iface,
		 struct frame_make *f, char **why)
{
	const struct address *src = source_of(topo, step);
	int err;

	*f = (struct frame_make){ 0 };
	if (!src) {
		*why = text_format("node %s has no address of the destination's family",
				   topo->nodes[step->src].name);
		return -EINVAL;
	}
	make_ether(f, topo, step, iface);
	make_network(f, src, &step->address);
	if (step->kind == STEP_PING)
		make_ping(f, step);
	else if (step->kind == STEP_UDP)
		make_udp(f, step);
	else
		make_tcp(f, step);
	err = add_data(f, step, why);
	return err ? err : frame_finish(f, why);
}
