// SPDX-License-Identifier: GPL-2.0-or-later
/* libpcap's compiler, asked for nothing but code; what it lacks, to say where an expression is
 * wrong, it is asked for by trying parts.
 */
#include "orchestrator/filter/pcap_expr.h"

#include <ctype.h>
#include <errno.h>
#include <linux/filter.h>
#include <nss.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/util/capture.h"

#define SNAPLEN	   65535
#define NO_NETMASK UINT32_MAX /* PCAP_NETMASK_UNKNOWN */

struct compiler {
	const struct libpcap *lib;
	struct pcap *pcap;
};

static int compiler_open(struct compiler *c, struct error *e)
{
	c->lib = libpcap(e);
	if (!c->lib)
		return e->err;
	/* libpcap resolves names of hosts and networks as it compiles, and would ask whatever
	 * server this machine has: no source of names is none of them.
	 */
	(void)__nss_configure_lookup("hosts", "xlab_asks_nobody");
	(void)__nss_configure_lookup("networks", "xlab_asks_nobody");
	c->pcap = c->lib->open_dead(LIBPCAP_ETHERNET, SNAPLEN);
	return c->pcap ? 0 : error_state(e, -ENOMEM, "libpcap cannot begin");
}

static bool try_compile(const struct compiler *c, const char *expr, struct bpf_program *out)
{
	return !c->lib->compile(c->pcap, out, expr, 1, NO_NETMASK);
}

static bool compiles(const struct compiler *c, const char *expr)
{
	struct bpf_program out = { 0 };

	if (!try_compile(c, expr, &out))
		return false;
	c->lib->freecode(&out);
	return true;
}

/* What can follow what has been said so far: if the text compiles with one of these behind it, it
 * is wrong nowhere yet.
 */
static bool may_go_on(const struct compiler *c, const char *text, size_t length)
{
	static const char *const ends[] = {
		"",	    " ip",  " 1",     " 10.0.0.1",  " 10.0.0.0/8", " 00:00:00:00:00:00",
		" fe80::1", " = 1", " 1 = 1", "0] = 1",	    "] = 1",	   " host 10.0.0.1",
		" port 1",  " 1-2", " udp",   " broadcast",
	};
	static const char *const closes[] = { "", ")", "))", ")))" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		for (size_t k = 0; k < ARRAY_SIZE(closes); k++) {
			char *FREE_AUTO whole =
				text_format("%.*s%s%s", (int)length, text, ends[i], closes[k]);

			if (compiles(c, whole))
				return true;
		}
	return false;
}

/* The word at which the expression cannot be saved any more; its end if it only ends too early. */
static size_t wrong_at(const struct compiler *c, const char *expr)
{
	size_t at = 0;

	while (expr[at]) {
		size_t begin = at + strspn(expr + at, " \t\n");
		size_t end = begin;

		if (!expr[begin])
			break;
		while (expr[end] &&
		       (isalnum((unsigned char)expr[end]) || strchr("_.:-", expr[end])))
			end++;
		end += end == begin;
		if (!may_go_on(c, expr, end))
			return begin;
		at = end;
	}
	return strlen(expr);
}

static int refuse(const struct compiler *c, const char *expr, struct error *e)
{
	char *FREE_AUTO words = xstrdup(c->lib->geterr(c->pcap));
	bool name = strstr(words, "unknown host") || strstr(words, "unknown network");
	size_t at = wrong_at(c, expr);
	char *nul;

	for (nul = words; (nul = strchr(nul, '\n'));)
		*nul = ' ';
	return error_input(e, "libpcap: %s%s\n  %s\n  %*s^", words,
			   name ? " (no name server is asked: write its address)" : "", expr,
			   (int)at, "");
}

int pcap_expr_compile(const char *expr, struct sock_filter **insns, size_t *n, struct error *e)
{
	struct bpf_program out = { 0 };
	struct compiler c;
	int err = compiler_open(&c, e);

	if (err)
		return err;
	if (try_compile(&c, expr, &out)) {
		*n = out.bf_len;
		*insns = xmemdup(out.bf_insns, out.bf_len * sizeof(**insns));
		c.lib->freecode(&out);
	} else {
		err = refuse(&c, expr, e);
	}
	c.lib->close(c.pcap);
	return err;
}

int pcap_expr_selects(const struct sock_filter *insns, size_t n, const uint8_t *bytes, size_t size,
		      size_t length)
{
	struct error ERROR_AUTO none = ERROR_INIT;
	const struct libpcap *lib = libpcap(&none);
	struct bpf_program program = { .bf_len = (unsigned int)n,
				       .bf_insns = (struct bpf_insn *)insns };
	struct pcap_pkthdr header = { .caplen = (uint32_t)size, .len = (uint32_t)length };

	return lib ? lib->offline_filter(&program, &header, bytes) : 0;
}
