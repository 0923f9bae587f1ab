/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STATUS_H
#define XLAB_STATUS_H

/* A lab as it stands: its model beside what the kernel has, for people and for programs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/chain/chain_read.h"
#include "orchestrator/lab.h"

struct error;

enum standing {
	STANDING_MISSING,
	STANDING_DOWN,
	STANDING_NO_CARRIER,
	STANDING_BLOCKING, /* up, and a loop's spare port: STP has it so */
	STANDING_UP
};
const char *standing_name(enum standing s); /* "missing", … */

struct iface_status {
	enum standing node_end, port_end; /* port_end: on a bridge only */
	bool has_mac;
	uint8_t mac[6]; /* as the kernel has it */
	struct chain_view chain;
};

struct status {
	struct lab lab;
	bool still;		     /* no other command was at work meanwhile */
	struct iface_status *ifaces; /* by iface */
	enum standing *bridges;	     /* by bridge */
	enum standing *uplinks;	     /* two by uplink: its ends, in the order of their bridges */
	enum engine_choice engine;   /* what a new chain would get, if it has no say in it */
	char *why;
	char *stale;	    /* that the lab file was edited since, or NULL */
	char **differences; /* sentences: where the kernel has it otherwise than the lab file */
	size_t n_differences;
};

/* Free with status_clear() in either case. A lab that is half there has no more than its name. */
int status_read(struct status *s, const char *lab, struct error *e);
void status_clear(struct status *s);

#endif
