/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LINK_LOAD_H
#define XLAB_LINK_LOAD_H

/* A program that is put together is given to the kernel. All return an fd of the caller's, or a
 * negative errno.
 */

struct error;
struct link_output;
struct linker;

int link_load_btf(const struct link_output *out, struct error *e);
int link_load(const struct link_output *out, const struct linker *c, int btf_fd);

enum link_log {
	LOG_STEPS = 1, /* each instruction on the way to a refusal */
	LOG_ALL = 2,   /* each instruction that is looked at */
	LOG_FEW = 4,   /* why it is refused, and what it took */
};

/* Load once more for the verifier's words, malloc'ed. */
int link_load_for_log(const struct link_output *out, const struct linker *c, int btf_fd,
		      enum link_log level, char **log);

#endif
