/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_H
#define XLAB_CHAIN_H

/*
 * Chains of XDP programs on interfaces, whichever engine carries them.
 * chain.c keeps the records, prepares maps and chooses the engine;
 * chain_libxdp.c and chain_inline.c implement struct chain_engine.
 *
 * A chain's maps, all pinned in the lab's bpffs:
 *   bpf/iface/NODE:IFACE/book         where the chains of an interface count; made on first
 *                                     use, there as long as the lab
 *   bpf/iface/ears                    the listeners' rings, for all interfaces of the lab
 *   bpf/filter/INSTANCE/MAP           every other map of a filter but .rodata; shared by
 *                                     all places where the filter stands. An instance is
 *                                     a [filter] section; sections that name different
 *                                     functions of one object share one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bpf/xlab.h"
#include "orchestrator/suite.h"

struct bpf_object;
struct error;
struct lab;

/* Which chain stands on an interface: the file chains/NODE:IFACE. */
struct chain_record {
	enum engine_choice engine; /* libxdp or inline */
	char *why;		   /* this engine, in words on one line; NULL for a pass program */
	uint32_t gen;
	enum xdp_mode mode;
	uint32_t prog_id; /* of what is attached: the composed program, or libxdp's dispatcher */
	char **filters;	  /* names, first to last */
	size_t n_filters;
	bool scenario; /* stands there for the time of a scenario only */
};
void chain_record_clear(struct chain_record *record);

/* A chain's filter counts and tells its verdicts, whatever @program it is. */
bool chain_tells(const struct chain_record *record, enum program_kind program);

/* The verdicts of one filter of a chain. */
struct chain_row {
	char *filter;
	bool known; /* false: this engine cannot count this program */
	struct xlab_count verdicts[XLAB_ACTIONS];
};

struct chain_view {
	struct chain_record record; /* n_filters 0: no chain stands there */
	struct chain_row *rows;	    /* one a filter */
	struct xlab_count passed;   /* came through to the chain's end */
	bool passed_known;	    /* false: its last filter does not count */
	char *amiss; /* NULL, or that another chain is to stand there, and the command for it: if
			no command is at work on the lab, one was killed */
};
void chain_view_clear(struct chain_view *view);

/*
 * Put a chain on an interface in place of what xlab has there, atomically;
 * no filters: take it off. Chains that can send a packet back or elsewhere also get a
 * pass program on the interface's other end, where native mode needs it.
 * On any error the interface is as it was. -EBUSY: another tool's program is there (left
 * untouched); the verifier's refusal has the last lines of its log in @e.
 */
int chain_set(struct lab *lab, const struct chain_config *chain, bool for_scenario,
	      struct error *e);

/* What the lab file or `xlab chain` last put there (not a scenario): for restoring. */
int chain_restore(struct lab *lab, size_t iface, struct error *e);

/* Restore every interface on which a killed scenario left its chain. */
int chain_restore_all(struct lab *lab, struct error *e);

/* Take all chains off, past every error: for `down`. */
int chain_remove_all(struct lab *lab, struct error *e);

int chain_read(const struct lab *lab, size_t iface, struct chain_view *view, struct error *e);

/* The chain of generation @gen, though others may have come in its place since: whose an event is.
 * -ENOENT, without words, if that was too long ago.
 */
int chain_recall(const struct lab *lab, size_t iface, uint32_t gen, struct chain_record *record,
		 struct error *e);

/* Load filter @f alone, attach nothing: 0 it loads; -EACCES the verifier refuses it, its log in
 * *@log (malloc'ed); other errors in @e.
 */
int chain_try_load(const struct lab *lab, size_t filter, char **log, struct error *e);

/* Which engine `auto` means on this kernel, and why, in a few words. */
enum engine_choice chain_engine_auto(const char **why);

/* The lines that `xlab plan` adds for chains and pass programs. */
void chain_plan_print(const struct suite *suite, FILE *out);

/* For listeners: fds of an interface's book and ears (made if need be). */
int chain_book_open(const struct lab *lab, size_t iface, int *book_fd, int *ears_fd,
		    struct error *e);

/* For rules: the fd of map @name of the filter's instance (made if need be). */
int chain_filter_map(const struct lab *lab, size_t filter, const char *name, int *fd,
		     struct error *e);

#endif
