// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tcpdump expression (behind an 'x'), or any bytes as a program of classic BPF: what becomes of
 * it is refused, or is a program whose jumps lead to instructions of it and which cannot run past
 * its end.
 */

#include <linux/bpf.h>
#include <linux/filter.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/pcap_code.h"
#include "orchestrator/filter/pcap_expr.h"
#include "tests/fuzz/fuzz.h"

#define CLASSIC_MAX 4096 /* BPF_MAXINSNS of the kernel and of libpcap */

static void check_insn(const struct bpf_insn *insns, size_t n, size_t i)
{
	uint8_t class = BPF_CLASS(insns[i].code), op = BPF_OP(insns[i].code);
	bool jumps = class == BPF_JMP32 || (class == BPF_JMP && op != BPF_CALL && op != BPF_EXIT);

	must(insns[i].dst_reg <= BPF_REG_10 && insns[i].src_reg <= BPF_REG_10);
	if (jumps) {
		long to = (long)i + 1 + insns[i].off;

		must(to >= 0 && to < (long)n);
	}
}

static const struct pcap_result result = { XDP_TX, XDP_PASS, true };

static void check_code(const struct sock_filter *classic, size_t n_classic)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct bpf_insn *FREE_AUTO insns = NULL;
	size_t n = 0;

	if (pcap_code_make(classic, n_classic, &result, &insns, &n, &e)) {
		must(e.text);
		return;
	}
	must(n);
	for (size_t i = 0; i < n; i++)
		check_insn(insns, n, i);
	must(insns[n - 1].code == (BPF_JMP | BPF_EXIT) || insns[n - 1].code == (BPF_JMP | BPF_JA));
}

static void check_expression(const uint8_t *bytes, size_t size)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct sock_filter *FREE_AUTO classic = NULL;
	char *FREE_AUTO text = strndup((const char *)bytes, size);
	size_t n = 0;

	must(text);
	if (pcap_expr_compile(text, &classic, &n, &e))
		must(e.text && strchr(e.text, '^'));
	else
		check_code(classic, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t n = size / sizeof(struct sock_filter);
	struct sock_filter *FREE_AUTO classic = NULL;

	if (size && *bytes == 'x') {
		check_expression(bytes + 1, size - 1);
		return 0;
	}
	n = n < CLASSIC_MAX ? n : CLASSIC_MAX;
	classic = malloc(n * sizeof(*classic) + 1);
	must(classic);
	memcpy(classic, bytes, n * sizeof(*classic));
	check_code(classic, n);
	return 0;
}
