/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_EVIDENCE_H
#define XLAB_EVIDENCE_H

/*
 * What is known of one run of one step: what arrived, what the chains said of its
 * packets (forms.h tells which those are), and what the kernel says of the lab.
 * Pure: events are handed in, by evidence_add.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/scenario/forms.h"
#include "orchestrator/scenario/frame_forms.h"

struct came;
struct chain_record;
struct packet;

#define EVIDENCE_VERDICTS 5 /* enum xdp_action */

/* Equal sayings of a chain about packets of one relation. */
struct sighting {
	size_t iface;
	unsigned int position;
	enum xlab_event_kind kind; /* decided or went on */
	uint8_t verdict;
	enum relation relation;
	const char *filter;   /* that said it: of the chain's record; NULL: the chain's end */
	bool doubtful;	      /* these can be packets of others, made to look like it */
	bool known;	      /* @came is set: of the step's own packets */
	bool changed;	      /* in the chain, which they left as @left */
	struct address asked; /* with RELATION_ROUTER: whose link address is asked for */
	struct flow came, left;
	unsigned int packets;
	unsigned int undone; /* drops of TCP segments that came through when they were sent again */
};

/* DROP or ABORTED. */
bool verdict_drops(uint8_t verdict);

/* Of a request or a reply of the step, without doubt. */
bool sighting_is_own(const struct sighting *s);

/* Decided, DROP or ABORTED, and not all of them undone. */
bool sighting_is_drop(const struct sighting *s);

/* What TCP sends in one piece, and again when it was dropped. */
struct segment {
	size_t sighting; /* of those seen: its drop */
	uint32_t seq;
	bool handshake;
	unsigned int drops; /* since it last came through */
};

/* What the kernel says that it dropped. Whose packet it was is asked later: the chains' own words,
 * by which it is known, may come after the kernel's.
 */
struct kernel_drop {
	const char *netns; /* the node's or bridge's name in the topology */
	char *reason;	   /* as the kernel names it: NO_SOCKET */
	struct packet *packet;
	struct packet *inner; /* of a tunnel; or NULL */
	uint8_t *bytes;	      /* @size, from the network header on, and its EtherType */
	size_t size;
	uint16_t type;
};

/* Some of what it drops it gives no reason for; and what XDP dropped a filter has told better. */
bool kernel_drop_has_reason(const struct kernel_drop *drop);

/* How much its reason says, 0 to 2. OTHERHOST is a bridge's copy, or what was sent to the wrong
 * link address.
 */
unsigned int kernel_drop_weight(const struct kernel_drop *drop);

/* An error of the kernel's XDP behind a chain; these name no packet. */
struct xdp_failure {
	size_t iface;
	char *tracepoint; /* "xdp_bulk_tx" */
	int err;	  /* errno */
};

/* What one of those who are to receive a step got of its text. */
struct arrival {
	size_t node; /* NONE: a bridge that has the address */
	size_t bytes;
	unsigned int copies; /* of the whole text, if nothing else came; echoes that it answered */
};

/* A packet of the step as a chain left it: the first @size bytes of @length. */
struct left_bytes {
	size_t iface, size, length;
	uint8_t bytes[XLAB_SNAP];
};

enum neighbour_state { NEIGHBOUR_UNKNOWN, NEIGHBOUR_UNRESOLVED, NEIGHBOUR_RESOLVED };

struct evidence {
	/* set before the run */
	const struct topology *topo;
	const struct chain_record *chains; /* by interface; NULL: the control run */
	struct mark mark;
	uint64_t since_ns;   /* CLOCK_MONOTONIC: older events are none of this step's */
	unsigned int wanted; /* echo replies; or 1: the text */

	/* of the children */
	unsigned int arrived; /* of those wanted: replies; a text that came once, whole, to one */
	size_t bytes, bytes_wanted; /* of a text, at all servers */
	struct arrival *arrivals;   /* the step's receivers in its order, or who has the address */
	size_t n_arrivals;
	bool server_bound; /* all that are needed */
	bool refused;	   /* an ICMP error came back to the client */
	char *stranger;	   /* who replied to a ping in another's place: an address; NULL */
	char *takers;	   /* have the address and its port, and are none of the receivers; NULL */
	char *trouble;	   /* a child's own words, when it failed; NULL */

	/* of a frame */
	struct frame_forms frames; /* by which it is known; none: the step is none, see @mark */
	char *looked_at;	   /* where it was to arrive: "host:veth0"; NULL */
	uint8_t *came_out;	   /* @came_size: as it arrived; or as it was returned */
	size_t came_size;

	/* of the chains */
	struct sighting *seen;
	size_t n_seen;
	unsigned int drops;		      /* of those wanted: that a filter dropped */
	uint8_t *sequences;		      /* ping: a bit for each echo counted in @drops */
	unsigned int told[EVIDENCE_VERDICTS]; /* of those wanted: that a chain decided so */
	uint8_t *told_sequences[EVIDENCE_VERDICTS];
	struct left_bytes *left[EVIDENCE_VERDICTS]; /* the last with that verdict; or NULL */
	struct forms forms;
	struct came *came; /* what a CPU is at: in a chain that changes packets */
	size_t n_came;
	bool strayed; /* it left the chain at @strayed_at as what cannot be known any more */
	size_t strayed_at;
	bool imitated; /* packets of others left the chain at @imitated_at looking like it */
	size_t imitated_at;
	struct segment *segments; /* TCP: dropped ones */
	size_t n_segments;
	uint64_t lost; /* events that found the ring full */

	/* of the kernel, where it tells */
	struct kernel_drop *kernel_drops;
	size_t n_kernel_drops;
	struct xdp_failure *xdp_failures;
	size_t n_xdp_failures;

	/* asked of the kernel when something is missing */
	enum neighbour_state neighbour; /* of the next hop */
	bool neighbour_asked;		/* and unresolved: there is an entry */
	char *neighbour_text;		/* "10.0.0.1 at lb", whose neighbour it is; NULL */
	const char *router;	/* that asks for its next hop, which a filter dropped; NULL */
	size_t router_question; /* of those seen: that drop */
	char *links_down;	/* "br0:veth1, host:veth0"; NULL */
	char *absent;		/* "host lost its address 10.0.0.1"; NULL */
	char *filtered;		/* "rp_filter of r:e0 takes nothing from 10.0.0.1 there"; NULL */
	char *no_route;		/* "r has no route to 10.0.0.1, …"; NULL */
};

void evidence_clear(struct evidence *ev);
#define EVIDENCE_AUTO __attribute__((cleanup(evidence_clear)))

/* A chain there can decide over a packet of the step: at its ends, at routers, and where a link of
 * two ends. A bridge floods copies; what happens to one at a third node says nothing.
 */
bool evidence_on_the_way(const struct evidence *ev, size_t iface);

/* What that node got, or NULL: it was to receive nothing. */
const struct arrival *evidence_arrival(const struct evidence *ev, size_t node);

/* The kernel dropped a packet of that relation, where the step's own can be, best for a reason of
 * weight; or NULL. A bridge's copy for somebody else, which is dropped as such, is none.
 */
const struct kernel_drop *evidence_kernel_drop(const struct evidence *ev, enum relation relation);

/* The one for the weightiest reason of a request or a reply, and which of the two it was; or NULL.
 */
const struct kernel_drop *evidence_own_kernel_drop(const struct evidence *ev, enum relation *way);

/* The kernel dropped one of the step's own, and has a word for it. A drop without a reason can be a
 * filter's, which says so itself.
 */
bool evidence_died(const struct evidence *ev);

/* The first drop (DROP or ABORTED) of a packet of that relation, or NULL. And the verdict by which
 * a chain sent the step's packet back or elsewhere (TX, REDIRECT), if no chain saw it since.
 */
const struct sighting *evidence_drop(const struct evidence *ev, enum relation relation);
const struct sighting *evidence_diverted(const struct evidence *ev);

/* A neighbour was asked for in vain, by one of the two ends before anything went out or by a router
 * on the way: the drop of that; or NULL.
 */
const struct sighting *evidence_question_drop(const struct evidence *ev);

/* The step's own packet was seen by some chain, in either direction. */
bool evidence_seen(const struct evidence *ev);

/* Of what goes to several: one of them, at which no filter says that it dropped its copy; or NONE.
 */
size_t evidence_not_dropped(const struct evidence *ev);

/* Every packet that could arrive was dropped by a filter. */
bool evidence_all_dropped(const struct evidence *ev);

/* The kernel sends again within @ms what a filter dropped of the step's own packets, so it may
 * still arrive: a part of TCP's text soon, TCP's handshake after a second, all else never.
 */
bool evidence_comes_again(const struct evidence *ev, uint64_t ms);

/* It was sent again, and the same filter dropped it again. */
bool evidence_dropped_again(const struct evidence *ev);

#endif
