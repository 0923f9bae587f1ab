/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_NODE_H
#define XLAB_NODE_H

/* Becoming a part of a node: its network, and the file systems that show it. */

#include <stdbool.h>

struct error;
struct lab;

/*
 * Enter the node's network namespace, in a mount namespace of this process alone: /sys is that of
 * the node, and /sys/fs/bpf the bpffs in which libxdp's tools find the node's chains
 * (LIBXDP_BPFFS names it too). @own_pids: this is the first process of a PID namespace,
 * and /proc is to show that one.
 */
int node_enter(const struct lab *lab, const char *name, bool own_pids, struct error *e);

#endif
