// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Classic programs that cannot become ours, and objects that have no place for one. What those mean
 * that can, tests/filters/test_pcap.c compares with libpcap.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/pcap_code.h"
#include "orchestrator/filter/pcap_emit.h"
#include "orchestrator/filter/pcap_expr.h"
#include "orchestrator/filter/programs.h"
#include "orchestrator/util/object_bytes.h"
#include "tests/unit/insns.h"

static const struct pcap_result result = { XDP_DROP, XDP_PASS, false };

#define RETURN(k) BPF_STMT(BPF_RET | BPF_K, k)

static int make(const struct sock_filter *classic, size_t n, struct error *e)
{
	struct bpf_insn *FREE_AUTO insns = NULL;
	size_t n_insns;

	return pcap_code_make(classic, n, &result, &insns, &n_insns, e);
}

static void refuses_what_it_does_not_know(void **state)
{
	static const struct sock_filter programs[][2] = {
		{ BPF_STMT(BPF_LD | BPF_W | 0xe0, 0), RETURN(1) },	 /* a mode that is none */
		{ BPF_STMT(BPF_LDX | BPF_W | BPF_ABS, 0), RETURN(1) },	 /* X from the packet */
		{ BPF_STMT(BPF_LD | BPF_MEM, BPF_MEMWORDS), RETURN(1) }, /* beyond M[] */
		{ BPF_STMT(BPF_LDX | BPF_MEM, BPF_MEMWORDS), RETURN(1) },
		{ BPF_STMT(BPF_ST, BPF_MEMWORDS), RETURN(1) },
		{ BPF_STMT(BPF_ALU | 0xb0 | BPF_K, 1), RETURN(1) }, /* no operation */
		{ BPF_STMT(BPF_JMP | BPF_JA, 1), RETURN(1) },	    /* past the end */
		{ BPF_STMT(BPF_JMP | BPF_JA, 1 << 20), RETURN(1) },
		{ BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)-3), RETURN(1) }, /* before the beginning */
		{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), RETURN(1) },
		{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0), RETURN(1) },
		{ BPF_JUMP(BPF_JMP | 0xa0 | BPF_K, 1, 0, 0), RETURN(1) }, /* no condition */
		{ RETURN(1), BPF_STMT(BPF_RET | BPF_X, 0) },		  /* never run: its last */
		{ RETURN(1), BPF_STMT(BPF_LD | BPF_IMM, 1) },		  /* no return at its end */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		bool unreached = programs[i][1].code == (BPF_RET | BPF_X);

		assert_int_equal(make(programs[i], 2, &e), unreached ? 0 : -EINVAL);
		if (!unreached)
			assert_string_equal(e.text,
					    "libpcap made a program of it that xlab does not know");
	}
}

#define BEGIN "r2 = u32 [r1 0]; r3 = u32 [r1 4]; "
#define ZEROS "w0 = 0; w4 = 0; "
/* Where the linear part is too short: is there more? */
#define MORE                                                                                      \
	"[r10 -72] = r1; r3 -= r2; [r10 -96] = r3; call 188; r5 = [r10 -96]; if r0 > r5 goto 2; " \
	"w0 = 2; exit; "
/* A load by the helper, up to what it said. */
#define HELP(at, size)                                                                      \
	"[r10 -88] = r4; w2 = " at "; r1 = [r10 -72]; r3 = r10; r3 += -96; w4 = " size "; " \
	"call 189; "
#define SLOW_BYTE(at)                                                                \
	ZEROS HELP(at, "1") "if r0 != 0 goto 6; r0 = u8 [r10 -96]; r4 = [r10 -88]; " \
			    "if w0 == 0 goto 3; goto 0; w0 = 1; exit; w0 = 2; exit"

/* Neither helper nor memory nor rounds that no instruction asks for; no bytes are asked for twice,
 * and none that a loop has been seen to need but from its own beginning.
 */
static void writes_no_more_than_it_needs(void **state)
{
	static const struct {
		struct sock_filter classic[4];
		size_t n;
		const char *text;
	} rows[] = {
		{ { RETURN(1) }, 1, BEGIN ZEROS "goto 0; w0 = 1; exit" },
		{ { RETURN(0) }, 1, BEGIN ZEROS "goto 0; w0 = 2; exit" },
		{ { BPF_STMT(BPF_LD | BPF_IMM, 5), RETURN(1) },
		  2,
		  BEGIN ZEROS "w0 = 5; goto 0; w0 = 1; exit" },
		{ { BPF_STMT(BPF_JMP | BPF_JA, 0), RETURN(1) },
		  2,
		  BEGIN ZEROS "goto 0; goto 0; w0 = 1; exit" },
		{ { BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_STX, 0), RETURN(1) },
		  3,
		  BEGIN ZEROS "u32 [r10 -4] = r4; u32 [r10 -16] = r4; u32 [r10 -16] = r0; "
			      "u32 [r10 -4] = r4; goto 0; w0 = 1; exit" },
		{ { BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31),
		    BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 3),
		    RETURN(1) },
		  4,
		  BEGIN ZEROS "w0 <<= 31; w0 = 0; w0 /= 3; goto 0; w0 = 1; exit" },
		{ { BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0),
		    RETURN(1) },
		  3,
		  BEGIN ZEROS "if r4 <= 31 goto 2; w0 = 0; goto 1; w0 >>= w4; w0 |= w4; goto 0; "
			      "w0 = 1; exit" },
		{ { BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_RET | BPF_A, 0) },
		  2,
		  "[r10 -72] = r1; call 188; [r10 -104] = r0; r1 = [r10 -72]; " BEGIN ZEROS
		  "r4 = u32 [r10 -104]; if w0 == 0 goto 3; goto 0; w0 = 1; exit; w0 = 2; exit" },
		{ { BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_JMP | BPF_JA, 1),
		    BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)-2), RETURN(1) },
		  4,
		  BEGIN "r5 = r3; r5 -= r2; r5 >>= 32; [r10 -120] = r5; " ZEROS
			"[r10 -112] = r4; goto 1; goto 7; r5 = [r10 -120]; w4 |= w5; "
			"r5 = [r10 -112]; r5 += 1; [r10 -112] = r5; if r5 > 64 goto 4; goto -8; "
			"goto 0; w0 = 1; exit; w0 = 2; exit" },
		{ { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 10),
		    BPF_STMT(BPF_RET | BPF_A, 0) },
		  3,
		  BEGIN ZEROS
		  "r5 = r2; r5 += 14; if r5 > r3 goto 8; r0 = u16 [r2 12]; r0 = be16 r0; "
		  "r0 = u16 [r2 10]; r0 = be16 r0; if w0 == 0 goto 9; goto 0; w0 = 1; exit; " MORE
			  ZEROS HELP(
				  "12",
				  "2") "if r0 != 0 goto 18; r0 = u16 [r10 -96]; r0 = be16 r0; "
				       "r4 = [r10 -88]; " HELP(
					       "10",
					       "2") "if r0 != 0 goto 7; r0 = u16 [r10 -96]; "
						    "r0 = be16 r0; r4 = [r10 -88]; if w0 == 0 goto "
						    "3; goto 0; w0 = 1; exit; w0 = 2; exit" },
		/* as far as the verifier lets an offset reach; further; to the end of any packet;
		   behind it */
		{ { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 32766), BPF_STMT(BPF_RET | BPF_A, 0) },
		  2,
		  BEGIN ZEROS "r5 = r2; r5 += 32767; if r5 > r3 goto 5; r0 = u8 [r2 32766]; "
			      "if w0 == 0 goto 9; goto 0; w0 = 1; exit; " MORE SLOW_BYTE("32766") },
		{ { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 32767), BPF_STMT(BPF_RET | BPF_A, 0) },
		  2,
		  BEGIN ZEROS "goto 0; " MORE SLOW_BYTE("32767") },
		{ { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 65534), BPF_STMT(BPF_RET | BPF_A, 0) },
		  2,
		  BEGIN ZEROS "goto 0; " MORE SLOW_BYTE("65534") },
		{ { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 65535), BPF_STMT(BPF_RET | BPF_A, 0) },
		  2,
		  BEGIN ZEROS "goto 0; " MORE ZEROS "goto 0; w0 = 2; exit" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bpf_insn *FREE_AUTO insns = NULL;
		struct error ERROR_AUTO e = ERROR_INIT;
		size_t n;

		assert_int_equal(
			pcap_code_make(rows[i].classic, rows[i].n, &result, &insns, &n, &e), 0);
		insns_are(insns, n, rows[i].text);
	}
}

static void refuses_none(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(make(NULL, 0, &e), -EINVAL);
}

/* Jumps reach so far and no further: from the first instruction to the last of @n. */
static int make_long(size_t n, struct error *e)
{
	struct sock_filter *FREE_AUTO classic = xcalloc(n, sizeof(*classic));

	classic[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_LEN, 0);
	for (size_t i = 1; i + 2 < n; i++)
		classic[i] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1);
	/* Where X is 0 it goes to what is written last. */
	classic[1] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0);
	classic[n - 2] = (struct sock_filter)RETURN(1);
	classic[n - 1] = (struct sock_filter)RETURN(0);
	return make(classic, n, e);
}

static void refuses_what_is_too_long(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(make_long(32700, &e), 0);
	assert_int_equal(make_long(32900, &e), -EINVAL);
	assert_string_equal(e.text, "the expression is too long: its program has more than 32,767 "
				    "instructions");
}

/* As those of "ip6 protochain" do, the last but two goes back, to the first but one. */
static void jumps_back_as_far_as_can_be(void **state)
{
	static const size_t lengths[] = { 10, 32700, 32900 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t n = lengths[i];
		struct sock_filter *FREE_AUTO classic = xcalloc(n, sizeof(*classic));
		struct error ERROR_AUTO e = ERROR_INIT;

		classic[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_LEN, 0);
		for (size_t k = 1; k < n - 3; k++)
			classic[k] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1);
		classic[n - 3] =
			(struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t) - (int)(n - 3));
		classic[n - 2] = (struct sock_filter)RETURN(1);
		classic[n - 1] = (struct sock_filter)RETURN(0);
		assert_int_equal(make(classic, n, &e), n < INT16_MAX ? 0 : -EINVAL);
	}
}

/* An instruction's offset has 16 bits, and counts from the one behind it. */
static void jumps_as_far_as_an_offset_can_say(void **state)
{
	static const struct {
		size_t at, to;
		int off; /* 0: it cannot */
	} rows[] = {
		{ 0, 32768, 32767 },
		{ 0, 32769, 0 },
		{ 32767, 0, -32768 },
		{ 32768, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const size_t ends[TO_SHORT + 1] = { 0 };
		struct pcap_out out = { 0 };

		while (out.n < rows[i].at)
			pcap_set(&out, REG_A, 0);
		pcap_jump(&out, BPF_JMP | BPF_JA, 0, 0, 0, (struct pcap_target){ TO_INSN, 0 });
		assert_int_equal(pcap_resolve(&out, &rows[i].to, ends), rows[i].off ? 0 : -E2BIG);
		if (rows[i].off)
			assert_int_equal(out.insns[rows[i].at].off, rows[i].off);
		free(out.fixups);
		free(out.insns);
	}
}

/* Names that this machine's own files have: a filter is not to depend on whose machine it is. */
static void names_are_looked_up_nowhere(void **state)
{
	static const char *const exprs[] = { "host localhost", "net loopback" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(exprs); i++) {
		struct sock_filter *FREE_AUTO classic = NULL;
		struct error ERROR_AUTO e = ERROR_INIT;
		size_t n;

		assert_int_not_equal(pcap_expr_compile(exprs[i], &classic, &n, &e), 0);
		assert_non_null(strstr(e.text, "no name server is asked"));
	}
}

/* The caret stands under the first word that nothing can save, or behind the end. */
static void shows_where_it_is_wrong(void **state)
{
	static const struct {
		const char *expr;
		size_t at; /* columns before the caret */
	} rows[] = {
		{ "prot 53", 0 },	   { "udp prot 53", 4 },
		{ "udp port port 53", 9 }, { "udp port 53 53 x y", 12 },
		{ "udp port 53)", 11 },	   { "tcp[13] = = 2", 10 },
		{ "tcp[13:3] = 2", 4 },	   { "host 10.0.0.1 and and udp", 18 },
		{ "((udp) or tcp", 13 },   { "udp and ", 8 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sock_filter *FREE_AUTO classic = NULL;
		struct error ERROR_AUTO e = ERROR_INIT;
		const char *caret;
		size_t n;

		assert_int_equal(pcap_expr_compile(rows[i].expr, &classic, &n, &e), -EINVAL);
		assert_null(strstr(e.text, "no name server"));
		caret = strrchr(e.text, '\n');
		assert_non_null(caret);
		if (strspn(caret + 1, " ") != rows[i].at + 2 ||
		    strcmp(caret + 3 + rows[i].at, "^") != 0)
			fail_msg("%s", e.text);
	}
}

static void finds_a_place_or_none(void **state)
{
	const struct bpf_insn code[] = { { .code = BPF_ALU | BPF_MOV | BPF_K, .imm = 1 },
					 { .code = BPF_JMP | BPF_EXIT } };
	void *FREE_AUTO copy = NULL;
	const char *function;
	const void *bytes;
	size_t size, was, at, before;

	(void)state;
	assert_int_equal(program_object(PROGRAM_PCAP, &bytes, &size, &function), 0);
	copy = xmemdup(bytes, size);
	was = size;
	assert_int_equal(object_graft(&copy, &size, "none", code, sizeof(code)), -ENOENT);
	assert_int_equal(object_graft(&copy, &size, "pcap", code, sizeof(code)), -EINVAL);
	assert_int_equal(object_graft(&copy, &size, "pcap_verdict", code, sizeof(code)), 0);
	/* its section is at the end now, with all that stood before it */
	at = (was + 7) / 8 * 8;
	before = size - at - sizeof(code);
	assert_in_range(before, 1000, was);
	assert_non_null(memmem(bytes, was, (char *)copy + at, before));
	assert_memory_equal((char *)copy + at + before, code, sizeof(code));
	assert_int_equal(object_graft(&copy, &size, "pcap_selects", code, sizeof(code)), 0);
	assert_int_equal(object_lengthen(copy, 8), -ENOENT); /* it has no .bss */
	assert_int_equal(object_move_symbol(copy, "none", 8), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(writes_no_more_than_it_needs),
		cmocka_unit_test(refuses_none),
		cmocka_unit_test(refuses_what_is_too_long),
		cmocka_unit_test(jumps_back_as_far_as_can_be),
		cmocka_unit_test(jumps_as_far_as_an_offset_can_say),
		cmocka_unit_test(names_are_looked_up_nowhere),
		cmocka_unit_test(shows_where_it_is_wrong),
		cmocka_unit_test(finds_a_place_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
