/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_JOURNAL_H
#define XLAB_JOURNAL_H

/*
 * A lab's journal as bytes: a line "xlab journal 1", then for each field
 * "NAME LENGTH:BYTES\n", so that a path or a lab file may hold any byte but NUL.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum state_phase {
	STATE_BUILDING,
	STATE_UP,
	STATE_LEAVING,
	/* Never on disk, but found: */
	STATE_VANISHED, /* up, but its tmpfs is not in this mount namespace */
	STATE_CORRUPT,	/* its journal cannot be read: no more than its name is known */
};

struct journal {
	char *lab;	      /* its name here: [lab] name, or what --as gave */
	char *as;	      /* "" or the prefix of namespace names (--as) */
	char *self;	      /* "" or the node that is xlab's own namespace (--self) */
	char *engine;	      /* "auto", "libxdp" or "inline", as asked for */
	bool nameless;	      /* no names in /run/netns (xlab run) */
	uint32_t group;	      /* IFLA_GROUP of every link of this lab */
	uint64_t self_cookie; /* SO_NETNS_COOKIE of the namespace xlab was started in */
	enum state_phase phase;
	uint64_t tmpfs; /* which one is the lab's (mountpoint_id()); 0: not known */
	char *path;	/* the lab file, as given */
	char *dir;	/* its folder, absolute */
	char *text;	/* the lab file's whole text */
};

void journal_clear(struct journal *in);

/* malloc'ed text of *@size bytes. */
char *journal_write(const struct journal *in, size_t *size);

/* Fills *@in, which the caller frees with journal_clear() in either case. */
int journal_read(struct journal *in, const char *text, size_t size, struct error *e);

/* Fields that @from has not, NULL, are "" in *@to. */
void journal_copy(struct journal *to, const struct journal *from);

#endif
