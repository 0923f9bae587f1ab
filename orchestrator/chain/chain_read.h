/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_READ_H
#define XLAB_CHAIN_READ_H

/* A chain as it stands, with its counters: where packets stopped, and how many went on. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"
#include "orchestrator/chain/chain_record.h"

struct error;
struct lab;

/* The verdicts of one filter of a chain. */
struct chain_row {
	char *filter;
	bool known;				  /* false: this engine cannot count this program */
	struct xlab_count verdicts[XLAB_ACTIONS]; /* enum xdp_action, enum xlab_slot */
};

struct chain_view {
	struct chain_record record; /* n_filters 0: no chain stands there */
	struct chain_row *rows;	    /* one a filter */
	struct xlab_count passed;   /* came through to the chain's end */
	bool passed_known;	    /* false: its last filter does not count */
	char *drift; /* NULL, or that another chain is to stand there, and the command for it: if
			no command is at work on the lab, one was killed */
};
void chain_view_clear(struct chain_view *view);

int chain_read(const struct lab *lab, size_t iface, struct chain_view *view, struct error *e);

/* The chain of generation @gen, though others may have come in its place since: whose an event is.
 * -ENOENT, without words, if that was too long ago.
 */
int chain_recall(const struct lab *lab, size_t iface, uint32_t gen, struct chain_record *record,
		 struct error *e);

#endif
