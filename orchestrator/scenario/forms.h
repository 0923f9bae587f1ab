/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FORMS_H
#define XLAB_FORMS_H

/*
 * Whose a packet is. A step's packets are known by marks that nothing else in the lab
 * has: the ICMP id given to ping, the source port given to nc, its addresses. A chain
 * that changes packets tells each as it came and as it left, and what the step's own
 * left as is a new form of it, by which the chains behind know it. Pure.
 *
 *   10.0.0.10:44024 -> 10.0.0.1:80      as it was sent
 *   10.0.0.1:5000 -> 10.0.0.2:8080      as the chain of a balancer made it
 *   10.0.0.2:8080 -> 10.0.0.1:5000      so this is a reply to it
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/text.h"
#include "orchestrator/model/labfile.h"

struct packet;
struct datagram;

#define FORMS_MAX 64 /* a step; and likewise others' that look like one of them */

enum relation {
	RELATION_OTHER,	    /* not of this step, or a bridge's copy that went elsewhere */
	RELATION_REQUEST,   /* from the step's source */
	RELATION_REPLY,	    /* on its way back */
	RELATION_BARE,	    /* of its TCP connection, but without a part of the text: nothing hangs
			       on whether it comes through */
	RELATION_NEIGHBOUR, /* ARP or ND by which one of the two looks for the next hop */
	RELATION_ROUTER,    /* likewise, by which a node on the way may */
};

struct mark {
	enum step_kind kind;
	size_t src_node, dst_node; /* NONE: no node of the lab */
	struct address src, dst;
	uint16_t src_port, dst_port; /* ping: src_port is the ICMP id */
	bool group; /* @dst is: who answers a ping does so from an address of its own */
};

/* What a packet is known by. Of a tunnel's packet it is what the inner one is known by. */
struct flow {
	uint8_t proto;
	struct address src, dst;
	uint16_t src_port, dst_port;	 /* of an echo both are its id */
	struct address from_end, to_end; /* of the tunnel that it is in; family 0: in none */
};

bool flow_equal(const struct flow *a, const struct flow *b);

/* A request as it was sent, or a reply to that. */
bool forms_as_sent(const struct mark *mark, const struct flow *f);

/* "10.0.0.10:44024 -> 10.0.0.1:80"; malloc'ed */
char *flow_text(const struct flow *f);

struct form {
	struct flow flow;
	enum relation way; /* REQUEST or REPLY; its reverse is the other one */
};

struct forms {
	struct form *form; /* those that are not the mark's */
	size_t n;
	struct flow *imitated; /* forms that packets of others were made to look like */
	size_t n_imitated;
	struct datagram *datagrams; /* in fragments */
	size_t n_datagrams;
	bool full; /* there were more than FORMS_MAX */
};

/* What is known of a packet. */
struct whose {
	enum relation way; /* OTHER, REQUEST, REPLY or NEIGHBOUR */
	bool bare;
	bool doubtful;	   /* it can be the imitation as well */
	uint16_t sequence; /* of the echo in it, or in its datagram */
	bool has_flow;	   /* of a later fragment it is the first one's; what is not IP has none */
	struct flow flow;
};

/* Whose @p is, or if it is a tunnel's what is in it: @inner, or NULL. */
void forms_know(const struct forms *forms, const struct mark *mark, const struct packet *p,
		const struct packet *inner, struct whose *out);

/* A filter sees the first fragment of a datagram first; only that tells whose it is. */
void forms_remember(struct forms *forms, const struct packet *p, const struct packet *inner,
		    const struct whose *whose);

enum relation whose_relation(const struct whose *whose);

/* What became of it in a chain. */
enum left {
	LEFT_SAME,     /* it is known behind the chain as it is before it */
	LEFT_CHANGED,  /* it has another form, @left */
	LEFT_UNKNOWN,  /* as something that it cannot be known by any more */
	LEFT_IMITATED, /* another's: it looks like the step's now */
};

/* It came as @came, and left as @p. @travels: the chain let it go on its way. */
enum left forms_left(struct forms *forms, const struct mark *mark, const struct whose *came,
		     const struct packet *p, const struct packet *inner, bool travels,
		     struct flow *left);

void forms_clear(struct forms *forms);

#endif
