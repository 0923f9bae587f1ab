/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PCAP_CODE_H
#define XLAB_PCAP_CODE_H

/*
 * Classic BPF, as libpcap writes it, as a function of an XDP program: its argument is the context,
 * and it returns one value for what is selected and another for what is not. It means what
 * libpcap's own bpf_filter() does: a load past the end of the packet selects nothing, nor does a
 * division by zero. It asks for no map and calls no function of the program.
 *
 * Loads go straight to the packet. Where some of it lies in fragments, and the part that does not
 * is too short, all begins anew in a second copy that loads by a helper.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_insn;
struct error;
struct sock_filter;

struct pcap_result {
	uint32_t selected, other;
	bool swaps; /* of what is selected the MACs are swapped, as it is sent back */
};

/* *insns are malloc'ed. -EINVAL: it is no such program, or too long. */
int pcap_code_make(const struct sock_filter *classic, size_t n_classic,
		   const struct pcap_result *result, struct bpf_insn **insns, size_t *n,
		   struct error *e);

#endif
