/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPFLOG_H
#define XLAB_BPFLOG_H

/*
 * What libbpf and libxdp say goes into a text instead of onto stderr, by scope:
 *
 *   BPFLOG log = BPFLOG_INIT;
 *   bpflog_begin(&log);
 *   …                            log.text has their warnings, NULL if there are none
 *
 * The one before is in force again when log leaves its scope.
 */

#include <stddef.h>

struct bpflog {
	char *text;
	size_t length;
	struct bpflog *outer;
	int begun;
};

#define BPFLOG_INIT \
	{           \
		0   \
	}
#define BPFLOG __attribute__((cleanup(bpflog_end))) struct bpflog

void bpflog_begin(struct bpflog *log);
void bpflog_end(struct bpflog *log);

/* The first warning, which is the one that knows most, without libbpf's own prefix; or @otherwise.
 * What comes behind it in the text is lost.
 */
const char *bpflog_first(struct bpflog *log, const char *otherwise);

/* The end of a verifier's log, which has the reason, without its statistics (malloc'ed). */
char *bpflog_tail(const char *text);

/* That of the log that libbpf put among its warnings (malloc'ed), or NULL. */
char *bpflog_verifier(const struct bpflog *log);

#endif
