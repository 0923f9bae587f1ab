// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the program has a filter's keys: each where no other is, and all bytes of it are loaded. */
#include <elf.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/match_layout.h"
#include "orchestrator/model/field.h"
#include "orchestrator/model/labfile.h"
#include "tests/unit/filter_lines.h"
#include "tests/unit/insns.h"

static struct match_layout layout;

static void lay(const struct match_key *keys, size_t n)
{
	const struct filter filter = { .program = PROGRAM_MATCH,
				       .keys = (struct match_key *)keys,
				       .n_keys = n };

	match_layout(&filter, &layout);
	assert_int_equal(layout.n_keys, n);
}

/* No packet has both of these, so that both may stand in one place. */
static bool exclude_each_other(enum xlab_field a, enum xlab_field b)
{
	enum xlab_layer one = fields[a].layer, other = fields[b].layer;

	return one != other && one > XLAB_LAYER_VLAN && other > XLAB_LAYER_VLAN;
}

static void two_keys_have_two_places(void **state)
{
	(void)state;
	for (enum xlab_field a = 0; a < XLAB_FIELD_DATA; a++)
		for (enum xlab_field b = 0; b < XLAB_FIELD_DATA; b++) {
			const struct match_key keys[] = { { .field = a }, { .field = b } };

			lay(keys, 2);
			if (a != b && layout.places[0].slot == layout.places[1].slot &&
			    !exclude_each_other(a, b))
				fail_msg("%s and %s are in one place", fields[a].name,
					 fields[b].name);
		}
}

/* Its two loads begin and end with the bytes of the field, and leave none out between them. */
static void covers(const struct match_part parts[2], unsigned int offset, unsigned int bytes)
{
	assert_int_equal(parts[0].offset, offset);
	assert_int_equal(parts[1].offset + parts[1].size, offset + bytes);
	assert_true(parts[1].offset >= offset && parts[0].size <= bytes);
	assert_true(parts[0].offset + parts[0].size >= parts[1].offset);
	for (size_t i = 0; i < 2; i++)
		assert_true(parts[i].size == 1 || parts[i].size == 2 || parts[i].size == 4 ||
			    parts[i].size == 8);
}

static void all_bytes_are_loaded(void **state)
{
	const struct match_place *p = layout.places;

	(void)state;
	for (enum xlab_field f = 0; f < XLAB_FIELD_DATA; f++) {
		const struct match_key key = { .field = f };
		const struct field *is = &fields[f];

		lay(&key, 1);
		if (f == XLAB_FIELD_IPV6_FLOW) { /* of four bytes it is in the last three */
			assert_int_equal(p->bytes, 3);
			covers(p->parts, 1, 3);
			continue;
		}
		assert_int_equal(p->bytes, is->bytes);
		covers(p->parts, is->offset, is->bytes);
		if (is->one != is->other)
			covers(p->parts + 2, fields[is->other].offset, is->bytes);
		else
			assert_true(!p->parts[2].size && !p->parts[3].size);
	}
	for (uint16_t length = 1; length <= 16; length++)
		for (uint16_t offset = 0; offset < 3; offset++) {
			const struct match_key key = { .field = XLAB_FIELD_DATA,
						       .offset = offset,
						       .length = (uint8_t)length };

			lay(&key, 1);
			assert_int_equal(p->bytes, length);
			covers(p->parts, offset, length);
			assert_false(p->tabled);
			assert_int_equal(layout.constants[XLAB_DATA_BYTES], offset + length);
		}
}

/* Of one kind, too; what no packet has at once shares the last. */
static void as_many_keys_as_can_be(void **state)
{
	static const enum xlab_field longs[] = { XLAB_FIELD_IPV6_SRC, XLAB_FIELD_IPV6_DST,
						 XLAB_FIELD_ARP_SRC_MAC, XLAB_FIELD_ARP_DST_MAC };
	struct match_key keys[MATCH_KEYS_MAX];

	(void)state;
	for (size_t i = 0; i < MATCH_KEYS_MAX; i++)
		keys[i] = (struct match_key){ .field = XLAB_FIELD_DATA,
					      .offset = (uint16_t)(2 * i),
					      .length = 2 };
	lay(keys, MATCH_KEYS_MAX);
	for (size_t i = 0; i < MATCH_KEYS_MAX; i++)
		assert_int_equal(layout.places[i].slot, XLAB_SLOT_DATA + i);
	for (size_t i = 0; i < ARRAY_SIZE(longs); i++)
		keys[i] = (struct match_key){ .field = longs[i] };
	lay(keys, ARRAY_SIZE(longs));
	for (size_t i = 0; i < ARRAY_SIZE(longs); i++)
		assert_int_equal(layout.places[i].slot, XLAB_SLOT_LONG + (i < 3 ? i : 2));
}

/* What is in memory follows one on another, and nothing lies over another. */
static void memory_has_room_for_all(void **state)
{
	static const enum xlab_field four[] = { XLAB_FIELD_IP_SRC, XLAB_FIELD_IP_TTL,
						XLAB_FIELD_UDP_DSTPORT, XLAB_FIELD_IP_DST };
	struct match_key keys[4];
	size_t area, end = sizeof(struct xlab_rules);

	(void)state;
	for (size_t i = 0; i < 4; i++)
		keys[i] = (struct match_key){ .field = four[i] };
	lay(keys, 4);
	area = layout.constants[XLAB_AREA_SIZE];
	/* twice as many places as there can be values */
	assert_int_equal(layout.capacity, 1024);
	assert_int_equal(layout.constants[XLAB_HASH_BITS], 11);
	assert_int_equal(layout.constants[XLAB_HASH_SHIFT], 64 - 11);
	assert_int_equal(layout.constants[XLAB_HITS_END], layout.cpus * 1024 * 8);
	assert_int_equal(area,
			 sizeof(struct xlab_area) +
				 (sizeof(struct xlab_entry) << layout.constants[XLAB_HASH_BITS]) +
				 2 * layout.constants[XLAB_SPANS_MAX] * sizeof(struct xlab_from));
	/* tables first, of two bytes a value of one and of two */
	assert_int_equal(layout.places[1].at, end);
	assert_int_equal(layout.places[2].at, end += 2 << 8);
	assert_int_equal(layout.places[0].at, end += 2 << 16);
	assert_int_equal(layout.constants[XLAB_AREAS], end);
	assert_int_equal(layout.places[3].at, end += area);
	assert_int_equal(layout.constants[XLAB_AREA_END], 2);
	assert_int_equal(layout.hits, end += area);
	assert_int_equal(layout.constants[XLAB_HITS], end);
	assert_int_equal(layout.constants[XLAB_ROW], layout.capacity * sizeof(uint64_t));
	assert_int_equal(layout.list, end += (size_t)layout.cpus * layout.constants[XLAB_ROW]);
	assert_int_equal(layout.size, end + layout.capacity * sizeof(struct xlab_rule));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(layout.keys.place[layout.places[i].slot], layout.places[i].at);
	assert_int_equal(layout.keys.area[layout.places[0].slot], 0);
	assert_int_equal(layout.keys.area[layout.places[3].slot], 1);
}

/* --- What the program is told ---------------------------------------------------------------- */

static const char *const asks[] = {
	[XLAB_ASKS_LIVE] = "live",	 [XLAB_ASKS_ETH] = "eth",
	[XLAB_ASKS_TAG] = "tag",	 [XLAB_ASKS_NETWORK] = "network",
	[XLAB_ASKS_ARP] = "arp",	 [XLAB_ASKS_IPV4] = "ipv4",
	[XLAB_ASKS_IPV6] = "ipv6",	 [XLAB_ASKS_PROTO] = "proto",
	[XLAB_ASKS_CARRIED] = "carried", [XLAB_ASKS_PORTS] = "ports",
	[XLAB_ASKS_UPPER] = "upper",	 [XLAB_ASKS_DATA] = "data",
	[XLAB_ASKS_AREA] = "area",	 [XLAB_ASKS_TX] = "tx",
	[XLAB_ASKS_ONES] = "ones",
};

static const struct {
	enum xlab_constant constant;
	const char *name;
} numbers[] = {
	{ XLAB_PROTO, "proto" },     { XLAB_UPPER_BYTES, "upper" }, { XLAB_DATA_BYTES, "data" },
	{ XLAB_MASK, "mask 0" },     { XLAB_MASK + 1, "mask 1" },   { XLAB_MASK + 2, "mask 2" },
	{ XLAB_SPANS_MAX, "spans" },
};

static void add_places(char **said)
{
	uint32_t wanted[3][XLAB_PLACES] = { 0 };

	for (size_t i = 0; i < layout.n_keys; i++) {
		const struct match_place *p = &layout.places[i];
		uint32_t bit = UINT32_C(1) << p->slot % 32;

		wanted[0][p->slot / 32] |= bit;
		wanted[1][p->slot / 32] |= p->tabled ? bit : 0;
		wanted[2][p->slot / 32] |= p->has_one ? bit : 0;
		if (p->has_one)
			text_add(said, "", "; one %" PRIx64 " %" PRIx64, (uint64_t)p->one.part[0],
				 (uint64_t)p->one.part[1]);
	}
	assert_memory_equal(&layout.constants[XLAB_USED], wanted[0], sizeof(wanted[0]));
	assert_memory_equal(&layout.constants[XLAB_TABLED], wanted[1], sizeof(wanted[1]));
	assert_memory_equal(&layout.constants[XLAB_KEPT], wanted[2], sizeof(wanted[2]));
}

/* "eth area; data 8; one 5 0", of numbers those that are not 0. */
static char *told(void)
{
	char *said = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(asks); i++)
		if (layout.constants[XLAB_ASKS] >> i & 1)
			text_list_add(&said, "%s", asks[i]);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (layout.constants[numbers[i].constant])
			text_add(&said, "; ", "%s %x", numbers[i].name,
				 layout.constants[numbers[i].constant]);
	add_places(&said);
	return said;
}

static void lay_text(struct labfile *labfile, const char *lines)
{
	match_layout(filter_of_lines(labfile, lines), &layout);
}

#define MATCH "program = match\n"

static void is_told_what_its_keys_need(void **state)
{
	static const char *const rows[][2] = {
		{ MATCH "eth.type = 0x0801", "ones; spans 400; one 108 0" },
		{ MATCH "eth.type = 0x8100", "spans 400" },
		{ MATCH "eth.type = 0x88a8", "spans 400" },
		{ MATCH "frame.len = 60", "eth, area, ones; spans 400; one 3c000000 0" },
		{ MATCH "eth.src = 02:03:04:05:06:07",
		  "eth, area, ones; spans 400; one 5040302 706" },
		{ MATCH "eth.src = !02:03:04:05:06:07", "eth, area; spans 400" },
		{ MATCH "eth.src = 02:03:04:05:06:07 02:03:04:05:06:08", "eth, area; spans 400" },
		{ MATCH "vlan.id = 5", "eth, tag; spans 400" },
		{ MATCH "arp.opcode = 1", "network, arp, ones; spans 400; one 100 0" },
		{ MATCH "ip.ttl = 64", "network, ipv4, ones; spans 400; one 40 0" },
		{ MATCH "ip.ttl = 64-65", "network, ipv4; spans 800" },
		{ MATCH "ip.src = 10.0.0.0/8 10.1.0.0-10.2.3.4 10.1.1.1",
		  "network, ipv4, area; spans 800" },
		{ MATCH "ipv6.hlim = 5", "network, ipv6, ones; spans 400; one 5 0" },
		{ MATCH "ipv6.nxt = tcp", "network, ipv6, proto, ones; spans 400; one 6 0" },
		{ MATCH "ipv6.flow = 5\nipv6.src = fd00::1\nipv6.dst = fd00::2",
		  "network, ipv6, area; mask 0 f; mask 1 ffffffff; mask 2 ffffffff; spans 400; one "
		  "fd 100000000000000; one fd 200000000000000" },
		{ MATCH "ipv6.addr = fd00::1",
		  "network, ipv6, area, ones; spans 400; one fd 100000000000000" },
		{ MATCH "icmp.type = 8", "network, ipv4, proto, carried, upper, ones; proto 1; "
					 "upper 1; spans 400; one 8 0" },
		{ MATCH "icmpv6.type = 128", "network, ipv6, proto, carried, upper, ones; proto "
					     "3a; upper 1; spans 400; one 80 0" },
		{ MATCH "tcp.flags = S/SA",
		  "network, ipv4, ipv6, proto, carried, upper; proto 6; upper e; spans 800" },
		{ MATCH "tcp.flags = S", "network, ipv4, ipv6, proto, carried, upper, ones; proto "
					 "6; upper e; spans 400; one 2 0" },
		{ MATCH "tcp.dstport = 80\ntcp.ack_raw = 7",
		  "network, ipv4, ipv6, proto, carried, upper, area, ones; proto 6; upper c; spans "
		  "400; one 5000 0; one 7000000 0" },
		{ MATCH "tcp.dstport = 80\nudp.length = 9",
		  "network, ipv4, ipv6, proto, carried, upper, ones; proto 100; upper 6; spans "
		  "400; one 5000 0; one 900 0" },
		{ MATCH "udp.port = 53", "network, ipv4, ipv6, proto, carried, upper, ones; proto "
					 "11; upper 4; spans 400; one 3500 0" },
		{ MATCH "ip.ttl = 64\ntcp.dstport = 80",
		  "network, ipv4, proto, carried, upper, ones; proto 6; upper 4; spans 400; one 40 "
		  "0; one 5000 0" },
		{ MATCH "tcp.dstport = 80\nip.ttl = 64",
		  "network, ipv4, proto, carried, upper, ones; proto 6; upper 4; spans 400; one "
		  "5000 0; one 40 0" },
		{ MATCH "ip.ttl = 64\nicmpv6.type = 128",
		  "network, proto, carried, upper, ones; proto 3a; upper 1; spans 400; one 40 0; "
		  "one 80 0" },
		{ MATCH "arp.opcode = 1\nip.ttl = 64",
		  "network, ones; spans 400; one 100 0; one 40 0" },
		{ MATCH "data[3:5] = hex:0102030405",
		  "data, area, ones; data 8; spans 400; one 4030201 5" },
		{ MATCH "data[3:5] = hex:0102030405\ndata[0:1] = hex:07",
		  "data, area, ones; data 8; spans 400; one 4030201 5; one 7 7" },
		{ MATCH "action = tx\nip.ttl = 64",
		  "network, ipv4, tx, ones; spans 400; one 40 0" },
		{ "program = port\nproto = udp\ndst = 53",
		  "live, network, ipv4, ipv6, proto, ports, upper, ones; upper 4; spans 400; one "
		  "3500 0; one 11 0" },
		{ "program = port\ndst = 53 80-90",
		  "live, network, ipv4, ipv6, proto, ports, upper; upper 4; spans 800" },
		{ "program = ip\nsrc = 10.0.0.1", "live, network, ipv4, ipv6, proto, area, ones; "
						  "spans 400; one 0 100000affff0000" },
		{ "program = ether\nsrc = 02:03:04:05:06:07",
		  "live, eth, area, ones; spans 400; one 5040302 706" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO said = NULL;
		struct labfile labfile;

		lay_text(&labfile, rows[i][0]);
		said = told();
		if (strcmp(said, rows[i][1]) != 0)
			fail_msg("%s: %s, not %s", rows[i][0], said, rows[i][1]);
		labfile_clear(&labfile);
	}
}

/* For twice as many rules as the lab file has, and for some at least. */
static void there_is_room_for_more_rules(void **state)
{
	static const size_t numbers_of_rules[] = { 0, 1, 512, 513, 5000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers_of_rules); i++) {
		size_t n = numbers_of_rules[i];
		struct match_key key = { .field = XLAB_FIELD_IP_TTL };
		struct rule *FREE_AUTO rules = xcalloc(n + 1, sizeof(*rules));
		const struct filter filter = { .program = PROGRAM_MATCH,
					       .keys = &key,
					       .n_keys = 1,
					       .rules = rules,
					       .n_rules = n };

		match_layout(&filter, &layout);
		assert_int_equal(layout.capacity, n > 512 ? 2 * n : 1024);
	}
}

/* --- What is written into the program -------------------------------------------------------- */

enum { SECTIONS = 4, ALL, CODE_AT = sizeof(Elf64_Ehdr) + ALL * sizeof(Elf64_Shdr) };

/* In a section of code; @text in the middle, and what it becomes. Of others nothing is touched. */
static void writes(const char *text, const char *wanted)
{
	static const struct {
		uint32_t type;
		uint64_t flags;
	} sections[] = { { SHT_NULL, 0 },
			 { SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR },
			 { SHT_PROGBITS, SHF_ALLOC },
			 { SHT_NOTE, SHF_EXECINSTR },
			 { SHT_PROGBITS, SHF_EXECINSTR } /* behind the last */ };
	size_t n;
	struct bpf_insn *FREE_AUTO insns = insns_of(text, &n);
	size_t bytes = n * sizeof(*insns);
	char *FREE_AUTO object = xcalloc(1, CODE_AT + ALL * bytes);
	Elf64_Ehdr *head = (void *)object;
	Elf64_Shdr *s = (void *)(object + sizeof(*head));

	head->e_shoff = sizeof(*head);
	head->e_shnum = SECTIONS;
	for (size_t i = 0; i < ALL; i++) {
		s[i] = (Elf64_Shdr){ .sh_type = sections[i].type,
				     .sh_flags = sections[i].flags,
				     .sh_offset = CODE_AT + i * bytes,
				     .sh_size = bytes };
		memcpy(object + s[i].sh_offset, insns, bytes);
	}
	match_layout_write(&layout, object);
	for (size_t i = 0; i < ALL; i++)
		insns_are((void *)(object + s[i].sh_offset), n, i == 1 ? wanted : text);
}

/* In both of its halves. */
static void wide_is_written(void)
{
	uint64_t one = layout.places[3].one.part[0];
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .imm = XLAB_ONE(97, 0) }, { 0 }
	};
	struct {
		Elf64_Ehdr head;
		Elf64_Shdr section;
		struct bpf_insn insns[2];
	} object = { .head = { .e_shoff = sizeof(object.head), .e_shnum = 1 },
		     .section = { .sh_type = SHT_PROGBITS,
				  .sh_flags = SHF_EXECINSTR,
				  .sh_offset = sizeof(object.head) + sizeof(object.section),
				  .sh_size = sizeof(insns) } };

	memcpy(object.insns, insns, sizeof(insns));
	match_layout_write(&layout, &object);
	assert_int_equal(one, 0x0807060504030201);
	assert_int_equal(object.insns[0].imm, 0x04030201);
	assert_int_equal(object.insns[1].imm, 0x08070605);
}

/* Numbers that stand for something are found where they can be, and nowhere else. Slots: 64 and 65
 * are of what IP carries, 96 and 97 of the payload.
 */
static void instructions_get_what_they_stand_for(void **state)
{
	static const struct {
		const char *form;
		int number;
		const char *wanted; /* NULL: it stays */
	} rows[] = {
		{ "r0 = [r1 %d]", XLAB_LOAD(64, 0), "r0 = u16 [r1 2]" },
		{ "r0 = [r1 %d]", XLAB_LOAD(64, 1), "r0 = u16 [r1 2]" },
		{ "r0 = [r1 %d]", XLAB_LOAD(64, 2), NULL },
		{ "r0 = [r1 %d]", XLAB_LOAD(65, 0), "r0 = u32 [r1 8]" },
		{ "r0 = [r1 %d]", XLAB_LOAD(66, 0), NULL },
		{ "r0 = [r1 %d]", XLAB_LOAD(96, 0), "r0 = u32 [r1 3]" },
		{ "r0 = [r1 %d]", XLAB_LOAD(96, 1), "r0 = u8 [r1 7]" },
		{ "r0 = [r1 %d]", XLAB_LOAD(97, 0), "r0 = [r1 9]" },
		{ "r0 = [r1 %d]", XLAB_LOAD(0, 0), "r0 = u32 [r1 6]" },
		{ "r0 = [r1 %d]", XLAB_LOAD(0, 1), "r0 = u16 [r1 10]" },
		{ "r0 = [r1 %d]", XLAB_LOAD(0, 0) - 1, NULL },
		{ "r0 = [r1 %d]", XLAB_LOAD_END, NULL },
		{ "r0 = u32 [r1 %d]", XLAB_LOAD(64, 0), NULL },
		{ "if r1 == %d goto 5", XLAB_BIT(0), "if r1 & 1 goto 5" },
		{ "if r1 != %d goto 5", XLAB_BIT(3), "if r1 & 8 goto 5" },
		{ "if r1 == %d goto 5", XLAB_BIT(31), "if r1 & -2147483648 goto 5" },
		{ "if r1 == %d goto 5", XLAB_BIT(-1), NULL },
		{ "if r1 == %d goto 5", XLAB_BIT(32), NULL },
		{ "if r1 > %d goto 5", XLAB_BIT(0), NULL },
		{ "r1 = %d", XLAB_CONSTANT(XLAB_KEYS), "r1 = 5" },
		{ "r1 = %d", XLAB_CONSTANT(XLAB_PROTO), "r1 = 6" },
		{ "r1 = %d", XLAB_CONSTANT(XLAB_USED), "r1 = 1" },
		{ "r1 = %d", XLAB_CONSTANT(-1), NULL },
		{ "r1 = %d", XLAB_CONSTANT(XLAB_CONSTANTS), NULL },
		{ "r1 += %d", XLAB_CONSTANT(XLAB_KEYS), NULL },
		{ "if r1 != %d goto 5", XLAB_ONE(64, 0), "if w1 != 20480 goto 5" },
		{ "if r1 == %d goto 5", XLAB_ONE(65, 0), "if w1 == 117440512 goto 5" },
		{ "if r1 == %d goto 5", XLAB_ONE(96, 1), "if w1 == 5 goto 5" },
		{ "if r1 == %d goto 5", XLAB_ONE(0, 1), "if w1 == 1798 goto 5" },
		{ "if r1 == %d goto 5", XLAB_ONE(98, 0), NULL },
		{ "if r1 > %d goto 5", XLAB_ONE(64, 0), NULL },
		{ "r1 = wide %d", XLAB_ONE(96, 0), "r1 = wide 67305985" },
		{ "r1 = wide %d", XLAB_ONE(98, 0), NULL },
		{ "r1 = map %d", XLAB_ONE(96, 0), NULL },
	};
	struct labfile labfile;

	(void)state;
	lay_text(&labfile, MATCH "tcp.dstport = 80\ntcp.ack_raw = 7\ndata[3:5] = hex:0102030405\n"
				 "data[9:8] = hex:0102030405060708\n"
				 "eth.src = 02:03:04:05:06:07");
	assert_int_equal(layout.places[0].slot, 64);
	assert_int_equal(layout.places[1].slot, 65);
	assert_int_equal(layout.places[2].slot, 96);
	assert_int_equal(layout.places[3].slot, 97);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO text = text_format(rows[i].form, rows[i].number);

		writes(text, rows[i].wanted ? rows[i].wanted : text);
	}
	wide_is_written();
	labfile_clear(&labfile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_keys_have_two_places),
		cmocka_unit_test(all_bytes_are_loaded),
		cmocka_unit_test(as_many_keys_as_can_be),
		cmocka_unit_test(memory_has_room_for_all),
		cmocka_unit_test(is_told_what_its_keys_need),
		cmocka_unit_test(there_is_room_for_more_rules),
		cmocka_unit_test(instructions_get_what_they_stand_for),
	};

	return cmocka_run_group_tests_name("match_layout", tests, NULL, NULL);
}
