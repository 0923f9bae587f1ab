/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ACCOUNT_H
#define XLAB_ACCOUNT_H

/* What was seen of a step, in words. Pure; each text is malloc'ed. */

struct evidence;
struct labfile;
struct sighting;

/* "dropped by udp-8888 at host:veth0" */
char *account_decision(const struct labfile *labfile, const struct sighting *s);

/* The best explanation of silence. */
char *account_silence(const struct labfile *labfile, const struct evidence *ev);

/* What each chain saw, and what is known besides, a line each; @why was said already. */
char *account_details(const struct labfile *labfile, const struct evidence *ev, const char *why);

#endif
