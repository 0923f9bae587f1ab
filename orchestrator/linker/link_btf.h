/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LINK_BTF_H
#define XLAB_LINK_BTF_H

struct linker;
struct error;
struct link_output;

/* The merged BTF, and with it what describes each instruction. */
int link_btf_describe(struct link_output *out, struct linker *c, struct error *e);

#endif
