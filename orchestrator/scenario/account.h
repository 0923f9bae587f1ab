/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ACCOUNT_H
#define XLAB_ACCOUNT_H

/* What was seen of a step, in words. Pure; each text is malloc'ed. */

#include <stddef.h>

struct evidence;
struct labfile;
struct sighting;

/* "dropped by udp-8888 at host:veth0", and what the kernel said of it behind the chain. */
char *account_decision(const struct labfile *labfile, const struct evidence *ev,
		       const struct sighting *s);

/* "let through at h2:veth2, then dropped by the kernel of h2: TCP_CSUM"; NULL: it says nothing. */
char *account_kernel(const struct labfile *labfile, const struct evidence *ev);

/* Why of filter @by (NONE: any) at interface @at (NONE: any) no word came; NULL: it would have. */
char *account_unseen(const struct labfile *labfile, const struct evidence *ev, size_t by,
		     size_t at);

/* The best explanation of silence. */
char *account_silence(const struct labfile *labfile, const struct evidence *ev);

/* What each chain saw, and what is known besides, a line each; @why was said already. */
char *account_details(const struct labfile *labfile, const struct evidence *ev, const char *why);

#endif
