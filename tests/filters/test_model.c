// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every filter against the model: frames cut at each length from 0 to 128
 * bytes, and 50,000 random ones. No input may come out as ABORTED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/labfile_read.h"
#include "tests/filters/frame.h"
#include "tests/filters/model.h"
#include "tests/filters/subject.h"

#define MAC_10 MAC(SRC, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x10)
#define MAC_2  MAC(SRC, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x02)
#define UDP    SPAN(PROTO, 17, 17)
#define ICMPV6 SPAN(PROTO, 58, 58)
#define PORTS  SPAN(DST, 8000, 8999), SPAN(DST, 8888, 8888), SPAN(DST, 53, 53)

static struct rule macs[] = { MAC_10, MAC_2 };
static struct rule types[] = { SPAN(TYPE, 0x0800, 0x0800), SPAN(TYPE, 0x8100, 0x8100) };
static struct rule mac_and_type[] = { MAC_10, SPAN(TYPE, 0x0800, 0x0800) };
static struct rule from_nets[4], to_nets[6] = { [4] = UDP, ICMPV6 };
static struct rule udp[] = { UDP }, one_net[1], one_net6[1];
static struct rule one_port[] = { SPAN(DST, 8888, 8888) };
static struct rule ports[] = { PORTS };
static struct rule ports_of_udp[] = { SPAN(SRC, 8000, 8999), PORTS, UDP };

static const struct filter filters[] = {
	{ .program = PROGRAM_ETHER, .rules = macs, .n_rules = 2 },
	{ .program = PROGRAM_ETHER, .rules = types, .n_rules = 2 },
	{ .program = PROGRAM_ETHER, .rules = mac_and_type, .n_rules = 2 },
	{ .program = PROGRAM_IP, .rules = from_nets, .n_rules = 4 },
	{ .program = PROGRAM_IP, .rules = to_nets, .n_rules = 6 },
	{ .program = PROGRAM_IP, .rules = udp, .n_rules = 1 },
	{ .program = PROGRAM_PORT, .rules = ports, .n_rules = 3 },
	{ .program = PROGRAM_PORT, .rules = ports_of_udp, .n_rules = 5 },
	{ .program = PROGRAM_PORT, .rules = udp, .n_rules = 1 },
	{ .program = PROGRAM_IP, .rules = one_net, .n_rules = 1 },
	{ .program = PROGRAM_IP, .rules = one_net6, .n_rules = 1 },
	{ .program = PROGRAM_PORT, .rules = one_port, .n_rules = 1 },
};

/* Keys of match, a filter each. */
static const char *const keys[] = {
	"frame.len = 60-70",
	"frame.len = 64\neth.dst = de:ad:be:ef:00:01",
	"frame.len = 64 !70-90",
	"eth.src = de:ad:be:ef:00:10",
	"eth.addr = de:ad:be:ef:00:03",
	"eth.addr = !de:ad:be:ef:00:03",
	"eth.dst = de:ad:00:00:00:00/16 !de:ad:be:ef:00:02",
	"eth.type = 0x0800 vlan",
	"eth.type = !0x88a8",
	"eth.type = ipv6",
	"eth.type = ipv4\nudp.port = 8888",
	"arp.opcode = 1\narp.dst.proto_ipv4 = 10.0.0.9",
	"vlan.id = 100",
	"vlan.id = 90-110 !100",
	"vlan.priority = 1-7",
	"vlan.dei = 0\nvlan.etype = ipv4",
	"arp.opcode = 1",
	"arp.src.hw_mac = 02:00:00:00:00:00/8\narp.dst.proto_ipv4 = 10.0.0.0/24 !10.0.0.9",
	"ip.hdr_len = 6-15",
	"ip.dsfield.dscp = 1-63",
	"ip.dsfield.ecn = !0\nip.len = 0-60",
	"ip.id = 256 512",
	"ip.flags.df = 1",
	"ip.flags.mf = 1\nip.frag_offset = 0",
	"ip.ttl = 1 64",
	"ip.proto = udp tcp",
	"ip.src = 10.0.0.10",
	"ip.src = 10.0.0.0/24 !10.0.0.10",
	"ip.addr = 10.0.0.99",
	"ip.addr = !10.0.0.99 !10.0.1.0/24",
	"ip.dst = 10.0.0.0-10.0.0.200 !10.0.0.5-10.0.0.9",
	"ipv6.tclass = 16",
	"ipv6.flow = 0x12345 0-0xff",
	"ipv6.nxt = 17 58",
	"ipv6.hlim = 64\nipv6.plen = 0-40",
	"ipv6.src = fd00::10",
	"ipv6.src = fd00::/16 !fd00::300",
	"ipv6.addr = fd01::1",
	"ipv6.dst = fd00::-fd00::ffff",
	"icmp.type = 8",
	"ipv6.addr = fd00::10\nipv6.nxt = udp",
	"icmp.code = 0-3 !1",
	"icmpv6.type = 128-135\nicmpv6.code = 0",
	"tcp.srcport = 7990-7999",
	"tcp.port = 8888",
	"tcp.port = !8888",
	"tcp.seq_raw = 0x1000000-0x7fffffff",
	"tcp.ack_raw = 0",
	"tcp.flags = S",
	"tcp.flags = S/SA",
	"tcp.flags = !S/SA !R/R",
	"tcp.flags.syn = 1\ntcp.window_size = 0-65535",
	"udp.dstport = 8888",
	"udp.port = 7990-7995 8888 !7999",
	"udp.length = 0-65535\nudp.dstport = !8888",
	"data[0:1] = hex:78",
	"data[0:2] = hex:7878",
	"data[3:3] = \"xxx\"",
	"data[0:4] = \"xxxx\" hex:00000000",
	"data[1:5] = \"xxxxx\"\nudp.dstport = 1-65535",
	"data[0:7] = !\"xxxxxxx\"",
	"data[2:8] = \"xxxxxxxx\"",
	"data[0:12] = \"xxxxxxxxxxxx\"",
	"data[0:16] = \"xxxxxxxxxxxxxxxx\"",
	"eth.src = de:ad:be:ef:00:10\nip.src = 10.0.0.10\nip.ttl = 64\nudp.dstport = 8888",
	"ip.src = 10.0.0.0/8\ntcp.dstport = 1-65535\ntcp.srcport = 1-65535\ntcp.flags = !none",
};

#define N_KEYS	  ARRAY_SIZE(keys)
#define N_FILTERS (ARRAY_SIZE(filters) + N_KEYS)

static struct labfile labfile;

/* As a lab file has them. */
static void read_keys(void)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	FREE_AUTO char *text = xstrdup("[lab]\nname = f\n[node n]\n");

	for (size_t i = 0; i < N_KEYS; i++)
		text_add(&text, "", "[filter f%zu]\nprogram = match\n%s\n", i, keys[i]);
	if (labfile_parse(&labfile, "f.ini", "/", text, strlen(text), &e))
		fail_msg("%s", e.text);
}

static int load_all(void **state)
{
	static const char *const texts[] = { "10.0.0.10", "10.0.0.0/28", "fd00::10", "fd00::/120" };
	struct subject *all = calloc(N_FILTERS, sizeof(*all));

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		from_nets[i] = rule_net(KEY_SRC, texts[i]);
		to_nets[i] = rule_net(KEY_DST, texts[i]);
	}
	one_net[0] = from_nets[0];
	one_net6[0] = from_nets[2];
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		struct filter filter = filters[i];

		filter.name = "f";
		filter.action = XDP_DROP;
		subject_load(&all[i], &filter, NULL);
	}
	read_keys();
	for (size_t i = 0; i < N_KEYS; i++)
		subject_load(&all[ARRAY_SIZE(filters) + i], &labfile.filters[i], NULL);
	*state = all;
	return 0;
}

static int free_all(void **state)
{
	struct subject *all = *state;

	for (size_t i = 0; i < N_FILTERS; i++)
		subject_free(&all[i]);
	free(all);
	labfile_clear(&labfile);
	return 0;
}

static void agree(const struct subject *all, const uint8_t *bytes, size_t len, size_t matches[])
{
	for (size_t i = 0; i < N_FILTERS; i++) {
		bool match = model_matches(&all[i].filter, bytes, len);

		if (subject_run(&all[i], bytes, len) != (match ? XDP_DROP : XLAB_NEXT)) {
			print_message("# filter %zu%s%s, the model says %d, length %zu:", i,
				      i < ARRAY_SIZE(filters) ? "" : ": ",
				      i < ARRAY_SIZE(filters) ? "" : keys[i - ARRAY_SIZE(filters)],
				      match, len);
			for (size_t k = 0; k < len; k++)
				print_message(" %02x", bytes[k]);
			print_message("\n");
			fail();
		}
		matches[i] += match;
	}
}

static uint8_t pick(const uint8_t *from, size_t n)
{
	return from[(size_t)rand() % n];
}

static void add_network6(struct frame *f)
{
	static const uint8_t kinds[] = { 0, 43, 60, 51, 44 }, carried[] = { 17, 17, 6, 58, 50 };
	int n = rand() % 3 ? 0 : rand() % 10;
	uint8_t kind = n ? pick(kinds, sizeof(kinds)) : pick(carried, sizeof(carried));

	frame_ipv6(f, rand() % 2 ? "fd00::10" : "fd00::300", rand() % 2 ? "fd00::1" : "fd01::1",
		   kind);
	while (n-- > 0) {
		uint8_t next = n ? pick(kinds, sizeof(kinds)) : pick(carried, sizeof(carried));

		frame_extension(f, kind, next, rand() % 3, rand() % 4 ? 0 : rand() % 16);
		kind = next;
	}
}

static void put(struct frame *f, size_t at, const uint8_t *from, size_t n)
{
	if (at < f->len)
		f->bytes[at] = pick(from, n);
}

/* Fields of the network's header that frame.c leaves at one value. */
static void vary_network(struct frame *f)
{
	static const uint8_t ttls[] = { 1, 64, 64, 255 }, services[] = { 0, 0x10, 0x81, 0x03 };
	static const uint8_t ids[] = { 0, 1, 2 }, flows[] = { 0, 0x01, 0xf1 };
	size_t at = f->network;

	if (f->bytes[at] >> 4 == 4) {
		put(f, at + 1, services, sizeof(services));
		put(f, at + 4, ids, sizeof(ids));
		put(f, at + 8, ttls, sizeof(ttls));
		return;
	}
	f->bytes[at] = rand() % 2 ? 0x60 : 0x61;
	put(f, at + 1, flows, sizeof(flows));
	if (rand() % 3 == 0) {
		f->bytes[at + 2] = 0x23;
		f->bytes[at + 3] = 0x45;
	}
	put(f, at + 7, ttls, sizeof(ttls));
}

/* What is carried, at @at: ports that are there may be an ICMP type. */
static void vary_carried(struct frame *f, size_t at)
{
	static const uint8_t flags[] = { 0x02, 0x12, 0x10, 0x04, 0, 0x18 },
			     sizes[] = { 0x50, 0x50, 0x60, 0x40 };
	static const uint8_t lengths[] = { 0, 8, 12, 40 };

	if (rand() % 2)
		return;
	if (f->len >= at + 20) {
		f->bytes[at + 4] = rand();
		put(f, at + 12, sizes, sizeof(sizes));
		put(f, at + 13, flags, sizeof(flags));
		f->bytes[at + 14] = rand();
	} else {
		put(f, at + 5, lengths, sizeof(lengths));
	}
	if (rand() % 3 == 0) {
		f->bytes[at] = rand() % 2 ? 8 : 128 + rand() % 9;
		f->bytes[at + 1] = rand() % 4;
	}
}

static struct frame compose_arp(void)
{
	struct frame f = FRAME_NONE;

	frame_ether(&f, "ff:ff:ff:ff:ff:ff", "de:ad:be:ef:00:10", 0x0806);
	frame_pad(&f, 14 + 28 + rand() % 20);
	f.bytes[14 + 6] = 0;
	f.bytes[14 + 7] = 1 + rand() % 2;
	f.bytes[14 + 8] = rand() % 2 ? 2 : 0xde;
	memcpy(f.bytes + 14 + 24, (const uint8_t[]){ 10, 0, rand() % 2, 8 + rand() % 3 }, 4);
	return f;
}

/* A frame that makes sense, most of the time. */
static struct frame compose(void)
{
	static const uint8_t carried[] = { 17, 17, 6, 1 };
	static const uint16_t tpids[] = { 0x8100, 0x88a8 };
	int v6 = rand() % 2, tags = rand() % 2 ? 0 : rand() % 4;
	uint16_t type = v6 ? 0x86dd : 0x0800;
	struct frame f = FRAME_NONE;
	size_t carried_at;

	if (rand() % 16 == 0)
		return compose_arp();
	frame_ether(&f, "de:ad:be:ef:00:01", rand() % 2 ? "de:ad:be:ef:00:10" : "de:ad:be:ef:00:03",
		    tags ? tpids[rand() % 2] : type);
	for (int i = 0; i < tags; i++)
		frame_tag(&f, i + 1 < tags ? tpids[rand() % 2] : type);
	if (v6)
		add_network6(&f);
	else
		frame_ipv4(&f, rand() % 2 ? "10.0.0.10" : "10.0.0.99",
			   rand() % 2 ? "10.0.0.1" : "10.0.1.1", pick(carried, sizeof(carried)),
			   rand() % 3 ? 5 : 5 + rand() % 11,
			   rand() % 4 ? 0x4000 : rand() & (rand() % 2 ? 0x3fff : 0x2000));
	carried_at = f.len;
	frame_ports(&f, 7990 + rand() % 20, rand() % 2 ? 8888 : rand(), rand() % 2 ? 17 : 6);
	vary_network(&f);
	vary_carried(&f, carried_at);
	if (rand() % 2)
		frame_fill(&f, f.len + rand() % 20);
	return f;
}

static void mutate(struct frame *f)
{
	/* As padding, or what is cut off. */
	if (f->network && rand() % 8 == 0)
		f->bytes[f->network + (f->bytes[f->network] >> 4 == 6 ? 5 : 3)] = rand() % 64;
	for (int n = rand() % 3; n > 0; n--)
		f->bytes[(size_t)rand() % f->len] ^= 1 << rand() % 8;
	if (rand() % 4 == 0)
		f->len = (size_t)rand() % (f->len + 1);
	if (rand() % 20 == 0)
		for (size_t i = 0; i < f->len; i++)
			f->bytes[i] = rand();
}

static void every_length(void **state)
{
	size_t matches[N_FILTERS] = { 0 };

	srand(7);
	for (int n = 0; n < 60; n++) {
		struct frame f = compose();

		frame_fill(&f, 128);
		for (size_t len = 0; len <= 128; len++)
			agree(*state, f.bytes, len, matches);
	}
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		assert_true(matches[i] > 0);
}

static void random_frames(void **state)
{
	size_t matches[N_FILTERS] = { 0 }, total = 50000;

	srand(42);
	for (size_t n = 0; n < total; n++) {
		struct frame f = compose();

		mutate(&f);
		agree(*state, f.bytes, f.len, matches);
	}
	for (size_t i = 0; i < N_FILTERS; i++)
		print_message("# filter %zu matched %zu of %zu\n", i, matches[i], total);
	for (size_t i = 0; i < N_FILTERS; i++)
		assert_in_range(matches[i], total / 2500, total - total / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(random_frames),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
