/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_XLAB_H
#define XLAB_BPF_XLAB_H

/*
 * What XDP programs and user space share: the counters of a chain,
 * and the events it tells. Both sides include this.
 */

#include <linux/types.h>

#define XLAB_CHAIN_MAX	    64	      /* filters in a chain */
#define XLAB_ACTIONS	    8	      /* enum xdp_action is 0-4; enum xlab_slot has others */
#define XLAB_LISTENERS	    8	      /* at once, a lab */
#define XLAB_SNAP	    128	      /* bytes of the packet in an event */
#define XLAB_LISTENER_BYTES (1 << 20) /* a listener's ring buffer */

/* A filter's verdict that it has no opinion: the chain goes on, whatever the filter's `continue` is
 * (XDP_DISPATCHER_RETVAL of libxdp, whose dispatcher does the same).
 */
#define XLAB_NEXT 31

/* Where counters have what is no enum xdp_action. */
enum xlab_slot {
	XLAB_SLOT_INVALID = 5, /* no verdict at all: the kernel takes it as XDP_ABORTED */
	XLAB_SLOT_NEXT = 6,
};

struct xlab_count {
	__u64 packets;
	__u64 bytes;
};

/*
 * One slot a CPU in an interface's row of the map "counters" (an mmapable array of one value that
 * holds all slots; there as long as the lab). An interface whose chain stands on others, too, has
 * a row of a map that they share, by ifindex, so that one program serves them all; any other has
 * a map with that one row. A chain counts where it stopped: count[gen &
 * 1][position][slot of the verdict]; position n of a chain of n filters is its end (all went on). A
 * filter after whose verdict the chain went on is counted at its position too, unless that was its
 * silent one, which follows by subtraction: XLAB_NEXT of a built-in, XDP_PASS of somebody's object.
 * A new generation of the chain uses the other bank, zeroed before it is attached.
 */
struct xlab_counters {
	__u64 listening;	    /* bit N: listener N wants events; the same in all slots */
	__u64 lost[XLAB_LISTENERS]; /* events that found listener N's ring full */
	struct xlab_count count[2][XLAB_CHAIN_MAX + 1][XLAB_ACTIONS];
} __attribute__((aligned(64))); /* no two CPUs write one cache line */

#define XLAB_KEEPS	  1
#define XLAB_KEEPS_SILENT 2 /* its silent verdicts, too: not every filter of the chain counts */

/* Where a built-in filter stands and what it is to do: its const volatile global `xlab_config`. */
struct xlab_config {
	__u32 iface;	      /* index in the lab's topology; with @rows: of the first row's */
	__u32 position;	      /* in its chain */
	__u32 length;	      /* filters in the chain */
	__u32 gen;	      /* generation of the chain */
	__u32 continues;      /* bit 1 << verdict: the chain goes on */
	__u32 cpus;	      /* slots of a row of the counters; 0: it keeps none */
	__u32 first_slot;     /* of its interface's row, where it looks the counters up */
	__u32 rows;	      /* on several interfaces: the counters have so many ... */
	__u32 first_ifindex;  /* ... and this is the ifindex of the first row's; 0 rows: on one */
	__u32 bank;	      /* where the generation's begins, in bytes from count[0] */
	__u32 frags;	      /* 1: packets may have fragments */
	__u32 tells_came;     /* 1: it is the first, and tells XLAB_CAME of each packet (libxdp) */
	__u32 keeps_counters; /* XLAB_KEEPS_…: counts and tells its own verdicts (libxdp); 0: the
			     chain does (inline) */
};

enum xlab_event_kind {
	XLAB_DECIDED = 1, /* the chain ended here, with this verdict */
	XLAB_WENT_ON = 2, /* this filter said something not silent, and the chain goes on */
	XLAB_HELLO = 3,	  /* hello saw the packet */
	XLAB_HEADERS = 4, /* headers saw the packet */
	XLAB_CAME = 5,	  /* as it came to a chain that may change it: first of its packet, at 0 */
};

/* An event on the listeners' ring buffers. For one packet all come from one
 * CPU, in order, XLAB_DECIDED last.
 */
struct xlab_event {
	__u64 time_ns;	/* CLOCK_MONOTONIC */
	__u32 ifindex;	/* in the interface's namespace */
	__u32 length;	/* of the packet, in bytes */
	__u32 gen;	/* generation of the chain */
	__u16 iface;	/* index in the lab's topology */
	__u16 position; /* of the filter; the chain's length: its end */
	__u8 kind;	/* enum xlab_event_kind */
	__u8 verdict;	/* enum xdp_action or XLAB_NEXT; what is none, cut to 8 bits */
	__u16 snapped;	/* bytes of @snap that are set */
	__u32 cpu;
	__u8 snap[XLAB_SNAP]; /* the packet's first bytes, as they are now */
};

#endif
