/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PARTY_H
#define XLAB_PARTY_H

/* A child in a node of the lab, and what it has said. A zeroed one has not been started. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/spawn.h"

struct error;
struct state;

/* What a child writes, to our end of a pipe. */
struct stream {
	int fd;
	char *text; /* NUL-terminated; NULL while nothing came */
	size_t size;
};

struct party {
	const char *netns; /* the node or bridge it is in; borrowed */
	struct child child;
	bool started, ended;
	int status; /* once it has ended */
	struct stream out, err;
};

/* Enter @netns and run @argv there; @in and @keep as in struct spawn. */
int party_start(struct party *p, const struct state *state, const char *netns,
		const char *const *argv, int in, uint64_t keep, struct error *e);

/* Take what it has said, and its end, without waiting. */
void party_listen(struct party *p);

/* How it failed, by its own last line or by its end: "nc in h2 says: …"; malloc'ed */
char *party_trouble(const struct party *p, const char *program);

/* End it, if it was started and runs still. */
void party_end(struct party *p);

#endif
