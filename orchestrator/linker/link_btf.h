/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LINK_BTF_H
#define XLAB_LINK_BTF_H

struct btf;
struct linker;
struct error;
struct link_output;

/* The merged BTF, and with it what describes each instruction. */
int link_btf_describe(struct link_output *out, struct linker *c, struct error *e);

/* What an object's C only declares, as of a function in assembler, newer clangs say to be a
 * function elsewhere, for which the kernel refuses all of the BTF, and with it the lines. Nobody
 * asks for their types: of each a typedef stands there instead. Before the object is loaded.
 */
void link_btf_name_declared(struct btf *btf);

#endif
