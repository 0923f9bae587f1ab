// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The packaged objects of xdp-filter as a user's objects: in chains with ours, their features and
 * maps intact, driven as its own command does, by writing their pinned maps.
 */
#include <arpa/inet.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/filter/filter_maps.h"
#include "tests/engine/rig.h"

/* How xdp-filter marks a rule in its maps' values. */
#define SRC (1U << 0)
#define DST (1U << 1)
#define TCP (1U << 2)
#define UDP (1U << 3)

static const char *const kinds[] = { "all", "eth", "ip", "tcp", "udp" };

/* The folder that Debian puts them in is named by the machine's kind. */
static char *packaged(const char *name)
{
	FREE_AUTO char *pattern = text_format("/usr/lib/*/bpf/%s.o", name);
	glob_t found = { 0 };
	char *path;

	if (glob(pattern, 0, NULL, &found))
		fail_msg("%s: the package xdp-tools is not installed", pattern);
	path = strdup(found.gl_pathv[0]);
	globfree(&found);
	return path;
}

/* alw-udp and so on, which pass what they have no rule for, and dny-udp, which drop it. */
static char *sections(void)
{
	char *text = strdup("[filter hi]\nprogram = hello\n"
			    "[filter p1]\nprogram = port\nproto = udp\ndst = 1001\n");

	for (size_t i = 0; i < 2 * ARRAY_SIZE(kinds); i++) {
		const char *side = i % 2 ? "dny" : "alw", *kind = kinds[i / 2];
		FREE_AUTO char *name = text_format("xdpfilt_%s_%s", side, kind);
		FREE_AUTO char *path = packaged(name);
		char *longer = text_format("%s[filter %s-%s]\nprogram = %s\n%s", text, side, kind,
					   path, i % 2 ? "continue = pass drop\n" : "");

		free(text);
		text = longer;
	}
	return text;
}

static void write_rule(const struct lab *lab, const char *filter, const char *map, const void *key,
		       uint64_t value)
{
	size_t n = (size_t)libbpf_num_possible_cpus();
	FREE_AUTO uint64_t *values = calloc(n, sizeof(*values));
	ERROR_AUTO struct error e = ERROR_INIT;
	FD_AUTO int fd = -1;

	for (size_t i = 0; i < n; i++)
		values[i] = value;
	assert_int_equal(filter_maps_open(lab, labfile_filter(&lab->labfile, filter), map, &fd, &e),
			 0);
	assert_int_equal(bpf_map_update_elem(fd, key, values, BPF_ANY), 0);
}

static uint32_t verdict_of(const struct lab *lab, uint16_t port)
{
	uint8_t frame[64];

	rig_frame(frame, sizeof(frame), port);
	return rig_run(lab, frame, sizeof(frame), NULL);
}

/* All ten and two of ours; libxdp has room for ten in all. */
static void test_together(void **state)
{
	static const char all[] =
		"hi alw-all dny-all alw-eth dny-eth alw-ip dny-ip alw-tcp dny-tcp "
		"alw-udp dny-udp p1";
	static const char ten[] = "hi alw-all dny-all alw-eth dny-eth alw-ip dny-ip alw-udp "
				  "dny-udp p1";
	struct lab *lab = *state;

	rig_must_chain(lab, rig_is_libxdp() ? ten : all);
	assert_int_equal(verdict_of(lab, 1000), XDP_PASS);
	assert_int_equal(verdict_of(lab, 1001), XDP_DROP);
}

static void test_ports(void **state)
{
	const uint32_t port = htons(1007);
	struct lab *lab = *state;

	rig_must_chain(lab, "hi alw-udp p1");
	assert_int_equal(verdict_of(lab, 1007), XDP_PASS);
	write_rule(lab, "alw-udp", "filter_ports", &port, DST | UDP);
	assert_int_equal(verdict_of(lab, 1007), XDP_DROP);
	assert_int_equal(verdict_of(lab, 1008), XDP_PASS);
	rig_must_chain(lab, "p1 alw-udp hi");
	assert_int_equal(verdict_of(lab, 1007), XDP_DROP);
	write_rule(lab, "alw-udp", "filter_ports", &port, 0);
	assert_int_equal(verdict_of(lab, 1007), XDP_PASS);
}

static void test_addresses(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	const uint32_t source = htonl(0x0a090001);
	struct lab *lab = *state;

	rig_must_chain(lab, "alw-ip hi");
	assert_int_equal(verdict_of(lab, 1000), XDP_PASS);
	write_rule(lab, "alw-ip", "filter_ipv4", &source, SRC);
	assert_int_equal(verdict_of(lab, 1000), XDP_DROP);
	rig_must_chain(lab, "hi alw-eth");
	assert_int_equal(verdict_of(lab, 1000), XDP_PASS);
	write_rule(lab, "alw-eth", "filter_ethernet", mac, SRC);
	assert_int_equal(verdict_of(lab, 1000), XDP_DROP);
}

static uint64_t passed_by(const struct lab *lab, const char *filter)
{
	size_t n = (size_t)libbpf_num_possible_cpus();
	FREE_AUTO uint64_t *values = calloc(2 * n, sizeof(*values));
	ERROR_AUTO struct error e = ERROR_INIT;
	const uint32_t pass = XDP_PASS;
	uint64_t packets = 0;
	FD_AUTO int fd = -1;

	assert_int_equal(filter_maps_open(lab, labfile_filter(&lab->labfile, filter),
					  "xdp_stats_map", &fd, &e),
			 0);
	assert_int_equal(bpf_map_lookup_elem(fd, &pass, values), 0);
	for (size_t i = 0; i < n; i++)
		packets += values[2 * i];
	return packets;
}

/* Their own counters count too, and go on where the chain before left them. */
static void test_statistics(void **state)
{
	struct lab *lab = *state;
	uint64_t before = passed_by(lab, "alw-tcp");

	rig_must_chain(lab, "alw-tcp hi");
	assert_int_equal(verdict_of(lab, 1000), XDP_PASS);
	rig_must_chain(lab, "hi alw-tcp");
	assert_int_equal(verdict_of(lab, 1000), XDP_PASS);
	assert_int_equal(passed_by(lab, "alw-tcp"), before + 2);
}

/* Where a user's object cannot be counted that is said, and ours are counted all the same. */
static void test_counts(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	struct chain_view v;

	rig_must_chain(lab, "hi alw-tcp p1 hi alw-tcp");
	assert_int_equal(verdict_of(lab, 1001), XDP_DROP);
	assert_int_equal(verdict_of(lab, 1000), XDP_PASS);
	assert_int_equal(chain_read(lab, rig_end(lab), &v, &e), 0);
	assert_int_equal(v.rows[0].verdicts[XLAB_SLOT_NEXT].packets, 2);
	assert_int_equal(v.rows[1].known, !rig_is_libxdp());
	assert_int_equal(v.rows[1].verdicts[XDP_PASS].packets, rig_is_libxdp() ? 0 : 2);
	assert_int_equal(v.rows[2].verdicts[XDP_DROP].packets, 1);
	assert_int_equal(v.rows[2].verdicts[XLAB_SLOT_NEXT].packets, 1);
	assert_int_equal(v.rows[3].verdicts[XLAB_SLOT_NEXT].packets, 1);
	assert_int_equal(v.passed_known, !rig_is_libxdp());
	chain_view_clear(&v);
}

static int up(void **state)
{
	FREE_AUTO char *text = sections();

	return rig_setup(state, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_together),  cmocka_unit_test(test_ports),
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_statistics),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, up, rig_teardown);
}
