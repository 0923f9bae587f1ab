// SPDX-License-Identifier: GPL-2.0-or-later
/* What cannot stand in a chain: a clear error each, and the interface is as it was. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/netns.h"
#include "lab/rtnl.h"
#include "orchestrator/chain/attach.h"
#include "orchestrator/chain/chain_read.h"
#include "tests/engine/rig.h"

#define BAD(name, what)	    "[filter " name "]\nprogram = " what "\n"
#define ODD(name, function) BAD(name, "OBJECTS/odd.bpf.o:" function)
#define SET(name, set)	    ODD(name, "settings") set "\n"

/* clang-format off */
static const char filters[] =
	BAD("hi", "hello")
	BAD("tx", "tx")
	BAD("any", "drop")
	BAD("missing", "/nowhere/x.o")
	BAD("folder", "/etc")
	BAD("text", "/etc/passwd")
	BAD("host-elf", "/bin/true")
	ODD("no-function", "functionz")
	BAD("several", "OBJECTS/odd.bpf.o")
	ODD("tc", "no_xdp")
	ODD("refused", "refused")
	ODD("too-deep", "too_deep")
	ODD("heavy", "heavy")
	ODD("too-heavy", "heavy")
	ODD("many", "deep")
	ODD("frags", "fragments")
	SET("unknown", "set.verdikt = 1")
	SET("too-big", "set.small = 40000")
	SET("no-number", "set.verdict = 12abc")
	SET("no-bool", "set.flag = maybe")
	SET("too-long", "set.word = eightbyt")
	SET("no-mac", "set.mac = de:ad")
	SET("no-name", "set.chosen = XDP_DORP")
	SET("no-v4", "set.addr4 = fd00::1")
	SET("no-v6", "set.addr6 = 10.0.0.1")
	SET("no-type", "set.three_bytes = 1")
	BAD("no-globals", "OBJECTS/closed.bpf.o\nset.verdict = 1")
	BAD("bare", "OBJECTS/bare.bpf.o")
	BAD("broken", "OBJECTS/siblings.bpf.o:broken")
	BAD("other", "OBJECTS/siblings.bpf.o:other")
	BAD("short-map", "OBJECTS/shortmap.bpf.o")
	BAD("static-map", "OBJECTS/staticmap.bpf.o")
	BAD("old-bare", "OBJECTS/oldmaps_bare.bpf.o")
	BAD("throwing", "OBJECTS/throw.bpf.o")
	BAD("maps1", "OBJECTS/maps.bpf.o")
	BAD("maps2", "OBJECTS/maps.bpf.o")
	BAD("maps3", "OBJECTS/maps.bpf.o")
	BAD("maps4", "OBJECTS/maps.bpf.o")
	BAD("closed", "OBJECTS/closed.bpf.o")
	BAD("needs-gpl", "OBJECTS/printer.bpf.o");
/* clang-format on */

#define MANY "many many many many many many many many "

enum where { BOTH, INLINE, LIBXDP };

struct refusal {
	const char *chain;
	enum where where;
	enum error_kind kind;
	const char *words[4]; /* each must be in the error */
};

static const struct refusal refusals[] = {
	{ "missing", BOTH, ERROR_INPUT, { "filter missing (/nowhere/x.o): ", "No such file" } },
	{ "folder", BOTH, ERROR_INPUT, { "/etc", "not a file" } },
	{ "text", BOTH, ERROR_INPUT, { "/etc/passwd", "not an ELF file" } },
	{ "host-elf", BOTH, ERROR_INPUT, { "/bin/true", "not for BPF" } },
	{ "no-function",
	  BOTH,
	  ERROR_INPUT,
	  { "filter no-function (", "/odd.bpf.o:functionz): ", "functions, pointer" } },
	{ "several", BOTH, ERROR_INPUT, { "XDP programs", "functions, pointer" } },
	{ "tc", BOTH, ERROR_INPUT, { "no_xdp is not an XDP program", "\"tc\"" } },
	{ "hi refused",
	  BOTH,
	  ERROR_STATE,
	  { "filter refused at ", "odd.bpf.c:", "eth->h_proto", "invalid access to packet" } },
	{ "broken",
	  BOTH,
	  ERROR_STATE,
	  { "siblings.bpf.c:", "BROKEN", "invalid access to packet" } },
	{ "other", BOTH, ERROR_INPUT, { "other is not an XDP program", "\"classifier\"" } },
	{ "short-map", BOTH, ERROR_INPUT, { "map cut_short", "12 bytes", "at least 16" } },
	{ "static-map", BOTH, ERROR_INPUT, { "map hidden is static" } },
	{ "old-bare", LIBXDP, ERROR_INPUT, { "filter old-bare", "no BTF", "-g" } },
	{ "too-deep", INLINE, ERROR_STATE, { "frames is too deep", "8 nested frames" } },
	{ "throwing", INLINE, ERROR_INPUT, { "filter throwing", "bpf_throw" } },
	{ "unknown",
	  BOTH,
	  ERROR_INPUT,
	  { "/tmp/xlab-rig", "set.verdikt", "did you mean \"verdict\"" } },
	{ "too-big", BOTH, ERROR_INPUT, { "set.small", "40000 does not fit", "2 bytes" } },
	{ "no-number", BOTH, ERROR_INPUT, { "set.verdict", "\"12abc\" is no number" } },
	{ "no-bool", BOTH, ERROR_INPUT, { "set.flag", "yes, no" } },
	{ "too-long", BOTH, ERROR_INPUT, { "set.word", "8 bytes", "room for 7" } },
	{ "no-mac", BOTH, ERROR_INPUT, { "set.mac", "no MAC" } },
	{ "no-v4",
	  BOTH,
	  ERROR_INPUT,
	  { "set.addr4", "\"fd00::1\" is no IPv4 address, and an array of 4 bytes" } },
	{ "no-v6",
	  BOTH,
	  ERROR_INPUT,
	  { "set.addr6", "\"10.0.0.1\" is no IPv6 address, and an array of 16 bytes" } },
	{ "no-type", BOTH, ERROR_INPUT, { "set.three_bytes", "has 3 bytes", "cannot be set" } },
	{ "no-name", BOTH, ERROR_INPUT, { "set.chosen", "did you mean \"XDP_DROP\"" } },
	{ "no-globals", BOTH, ERROR_INPUT, { "set.verdict", "no read-only global" } },
	{ "maps1 maps2 maps3 maps4", INLINE, ERROR_STATE, { "64 maps", "filter maps4" } },
	{ "closed needs-gpl", INLINE, ERROR_STATE, { "GPL", "filter needs-gpl" } },
	{ MANY MANY MANY MANY MANY MANY MANY MANY,
	  INLINE,
	  ERROR_STATE,
	  { "with filter many the chain has over", "functions, which is the kernel's limit" } },
	{ MANY MANY MANY MANY MANY MANY MANY MANY "hi",
	  INLINE,
	  ERROR_INPUT,
	  { "at most 64 filters, not 65" } },
	{ "bare", LIBXDP, ERROR_INPUT, { "filter bare", "no BTF", "-g" } },
	{ "hi hi hi hi hi hi hi hi hi hi hi", LIBXDP, ERROR_STATE, { "at most 10", "inline" } },
};

static void check_one(struct lab *lab, const struct refusal *r)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	uint32_t before = rig_attached(lab, "right", "r0");

	if (!rig_chain(lab, r->chain, &e))
		fail_msg("%s was taken", r->chain);
	if (!strstr(e.text, "right:r0"))
		fail_msg("%s: no interface in \"%s\"", r->chain, e.text);
	for (size_t i = 0; i < ARRAY_SIZE(r->words) && r->words[i]; i++)
		if (!strstr(e.text, r->words[i]))
			fail_msg("%s: no \"%s\" in \"%s\"", r->chain, r->words[i], e.text);
	if (e.kind != r->kind)
		fail_msg("%s: kind %d, not %d: %s", r->chain, e.kind, r->kind, e.text);
	assert_int_equal(rig_attached(lab, "right", "r0"), before);
}

/* With nothing on the interface, and with a chain. */
static void test_refusals(void **state)
{
	for (int round = 0; round < 2; round++) {
		rig_must_chain(*state, round ? "hi" : "");
		for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
			if (refusals[i].where == BOTH ||
			    (refusals[i].where == LIBXDP) == rig_is_libxdp())
				check_one(*state, &refusals[i]);
	}
	rig_must_chain(*state, "");
}

/* Which filter makes it too much, the verifier does not say, and is asked with shorter chains. */
static void test_too_much_to_verify(void **state)
{
	static const struct refusal too_much = {
		"heavy too-heavy",
		INLINE,
		ERROR_STATE,
		{ "with filter too-heavy the chain needs more than the 1000000 instructions" }
	};

	if (!rig_is_libxdp())
		check_one(*state, &too_much);
}

static void test_try_load(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	FREE_AUTO char *log = NULL, *none = NULL;

	assert_int_equal(chain_try_load(lab, labfile_filter(&lab->labfile, "refused"), &log, &e),
			 -EACCES);
	assert_non_null(strstr(log, "invalid access to packet"));
	/* the steps that led there alone: the kernel names functions where it tells all of them */
	assert_null(strstr(log, "func#0"));
	error_clear(&e);
	assert_int_equal(chain_try_load(lab, labfile_filter(&lab->labfile, "hi"), &none, &e), 0);
	assert_int_equal(chain_try_load(lab, labfile_filter(&lab->labfile, "missing"), &none, &e),
			 -EINVAL);
}

static int foreign(const char *iface, unsigned int flags)
{
	const struct bpf_insn drop[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	FD_AUTO int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "somebody", "GPL", drop, 2, NULL);

	return bpf_xdp_attach((int)if_nametoindex(iface), fd, flags, NULL);
}

static int detach(const char *iface)
{
	int ifindex = (int)if_nametoindex(iface);
	ERROR_AUTO struct error e = ERROR_INIT;
	NETLINK_AUTO struct netlink *rt = NULL;
	struct attached now;

	assert_int_equal(netlink_open(NETLINK_ROUTE, &rt, &e), 0);
	assert_int_equal(attach_query(rt, (unsigned int)ifindex, &now, &e), 0);
	return bpf_xdp_detach(ifindex,
			      now.mode == XDP_MODE_CHOICE_GENERIC ? XDP_FLAGS_SKB_MODE
								  : XDP_FLAGS_DRV_MODE,
			      NULL);
}

static void somebody_at(const struct lab *lab, const char *node, const char *iface,
			unsigned int flags)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	ERROR_AUTO struct error e = ERROR_INIT;

	assert_int_equal(netns_visit(&visit, lab->state, node, &e), 0);
	assert_int_equal(flags ? foreign(iface, flags) : detach(iface), 0);
}

static void as_somebody(const struct lab *lab, unsigned int flags)
{
	somebody_at(lab, "right", "r0", flags);
}

static void refuse_foreign(struct lab *lab, const char *chain)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	uint32_t theirs = rig_attached(lab, "right", "r0");

	assert_int_equal(rig_chain(lab, chain, &e), -EBUSY);
	assert_non_null(strstr(e.text, "somebody"));
	assert_non_null(strstr(e.text, "another tool"));
	assert_int_equal(rig_attached(lab, "right", "r0"), theirs);
}

/* Another tool's program stays, whether it was there first or has taken our place. */
static void test_foreign(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	struct chain_view view;

	as_somebody(lab, XDP_FLAGS_DRV_MODE);
	refuse_foreign(lab, "hi");
	refuse_foreign(lab, "");
	as_somebody(lab, 0);
	as_somebody(lab, XDP_FLAGS_SKB_MODE);
	refuse_foreign(lab, "hi");
	as_somebody(lab, 0);
	rig_must_chain(lab, "hi");
	as_somebody(lab, XDP_FLAGS_DRV_MODE);
	refuse_foreign(lab, "any");
	assert_int_equal(chain_read(lab, rig_end(lab), &view, &e), -EBUSY);
	assert_true(rig_attached(lab, "right", "r0") != 0);
	as_somebody(lab, 0);
}

/* At the other end, where a chain that sends back needs any native program: another tool's will do,
 * whether it was there first or has taken the place of ours.
 */
static void test_foreign_other_end(void **state)
{
	struct lab *lab = *state;
	uint32_t theirs;

	somebody_at(lab, "left", "l0", XDP_FLAGS_DRV_MODE);
	theirs = rig_attached(lab, "left", "l0");
	rig_must_chain(lab, "tx");
	assert_int_equal(rig_attached(lab, "left", "l0"), theirs);
	rig_must_chain(lab, "");
	assert_int_equal(rig_attached(lab, "left", "l0"), theirs);
	somebody_at(lab, "left", "l0", 0);
	rig_must_chain(lab, "tx");
	assert_int_not_equal(rig_attached(lab, "left", "l0"), 0);
	somebody_at(lab, "left", "l0", XDP_FLAGS_DRV_MODE);
	theirs = rig_attached(lab, "left", "l0");
	rig_must_chain(lab, "");
	assert_int_equal(rig_attached(lab, "left", "l0"), theirs);
	somebody_at(lab, "left", "l0", 0);
}

/* Ours taken off by another tool: said when it is read, and set again when asked for. */
static void test_taken_off(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	struct chain_view view;

	rig_must_chain(lab, "hi");
	as_somebody(lab, 0);
	assert_int_equal(chain_read(lab, rig_end(lab), &view, &e), -ESTALE);
	assert_non_null(strstr(e.text, "taken off"));
	rig_must_chain(lab, "hi");
	error_clear(&e);
	assert_int_equal(chain_read(lab, rig_end(lab), &view, &e), 0);
	chain_view_clear(&view);
	rig_must_chain(lab, "");
}

static int up(void **state)
{
	rig_setup(state, "");
	rig_reread(*state, filters);
	return 0;
}

/* An interface for jumbo packets takes fragments from all filters, or from none. */
static void test_jumbo(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	static uint8_t frame[8000];
	struct lab lab;

	(void)state;
	rig_up_with(&lab,
		    "[filter hi]\nprogram = hello\n"
		    "[filter frags]\nprogram = OBJECTS/odd.bpf.o:fragments\n"
		    "[filter closed]\nprogram = OBJECTS/closed.bpf.o\n",
		    "mtu = 9000\n");
	assert_int_equal(rig_chain(&lab, "frags closed hi", &e), -ERANGE);
	assert_non_null(strstr(e.text, "3506"));
	assert_non_null(strstr(e.text, "are not: closed;"));
	assert_int_equal(rig_attached(&lab, "right", "r0"), 0);
	rig_must_chain(&lab, "frags hi frags");
	rig_frame(frame, sizeof(frame), 1000);
	assert_int_equal(rig_run(&lab, frame, sizeof(frame), NULL), XDP_PASS);
	assert_int_equal(rig_count(&lab, 1, XLAB_SLOT_NEXT).bytes, sizeof(frame));
	rig_down(&lab);
}

/* Both modes at once are refused by the kernel; generic alone works. */
static void test_generic(void **state)
{
	struct lab lab;

	(void)state;
	rig_up_with(&lab, "", "mode = generic\n");
	as_somebody(&lab, XDP_FLAGS_DRV_MODE);
	refuse_foreign(&lab, "hello");
	as_somebody(&lab, 0);
	rig_must_chain(&lab, "tx");
	assert_int_equal(rig_attached(&lab, "left", "l0"), 0);
	rig_down(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refusals, up, rig_teardown),
		cmocka_unit_test_setup_teardown(test_too_much_to_verify, up, rig_teardown),
		cmocka_unit_test_setup_teardown(test_try_load, up, rig_teardown),
		cmocka_unit_test_setup_teardown(test_foreign, up, rig_teardown),
		cmocka_unit_test_setup_teardown(test_foreign_other_end, up, rig_teardown),
		cmocka_unit_test_setup_teardown(test_taken_off, up, rig_teardown),
		cmocka_unit_test(test_jumbo),
		cmocka_unit_test(test_generic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
