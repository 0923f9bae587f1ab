/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PCAP_EXPR_H
#define XLAB_PCAP_EXPR_H

/* Expressions of pcap-filter(7), by libpcap, as of frames of Ethernet. */

#include <stddef.h>
#include <stdint.h>

struct error;
struct sock_filter;

/*
 * Compile one: *insns, malloc'ed, are classic BPF. -EINVAL: libpcap refuses it, with its words and
 * a caret under the place in @e; other errors are the machine's. No name server is asked for names.
 */
int pcap_expr_compile(const char *expr, struct sock_filter **insns, size_t *n, struct error *e);

/* Does it select a packet of @length bytes, the first @size of which are there? As libpcap itself
 * has it.
 */
int pcap_expr_selects(const struct sock_filter *insns, size_t n, const uint8_t *bytes, size_t size,
		      size_t length);

#endif
