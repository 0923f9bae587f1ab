/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PCAP_INSN_H
#define XLAB_PCAP_INSN_H

/* One instruction of a classic program, as libpcap's bpf_filter() understands it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcap_out;
struct sock_filter;

struct pcap_insns {
	const struct sock_filter *in;
	size_t n_in;
	struct pcap_out *out;
	uint32_t *sure; /* by instruction: so many bytes are known to be there when it is reached */
	bool slow;	/* loads go by the helper, which knows fragments */
	bool gone;	/* the instruction that was written last always jumps away */
};

/* Write instruction @at. -EINVAL: it is none that libpcap makes. */
int pcap_insn(struct pcap_insns *m, size_t at);

#endif
