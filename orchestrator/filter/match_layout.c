// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys put into the slots of match.bpf.c, each by its field, and the filter's memory laid out for
 * them.
 */
#include "orchestrator/filter/match_layout.h"

#include <elf.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/param.h>

#include <bpf/libbpf.h>

#define ROOM_MIN  1024 /* rules that fit at least, so that some can be added live */
#define SPANS_MIN 1024 /* ends of spans, likewise */

/* --- Slots ---------------------------------------------------------------------------------- */

struct slots { /* the next of those that are alike */
	unsigned int words, longs, upper, data;
};

/* One of @n slots from @first on. More than there are have only keys that no packet has at once:
 * the program then matches nothing, whatever is in its slots.
 */
static unsigned int take(unsigned int first, unsigned int *next, unsigned int n)
{
	return first + (*next < n ? (*next)++ : n - 1);
}

static bool is_either(const struct field *f)
{
	return f->one != f->other;
}

static unsigned int network_slot(const struct field *f, struct slots *s)
{
	bool word = f->bytes <= 2 || f->bits == 32;

	if (is_either(f))
		return word ? XLAB_SLOT_WORD_EITHER : XLAB_SLOT_LONG_EITHER;
	return word ? take(XLAB_SLOT_WORD, &s->words, XLAB_NETWORK_WORDS)
		    : take(XLAB_SLOT_LONG, &s->longs, XLAB_NETWORK_LONGS);
}

static unsigned int slot_of(enum xlab_field field, struct slots *s)
{
	static const unsigned int own[XLAB_FIELDS] = {
		/* plus 1 */
		[XLAB_FIELD_FRAME_LEN] = XLAB_SLOT_LENGTH + 1,
		[XLAB_FIELD_ETH_SRC] = XLAB_SLOT_ETH_SRC + 1,
		[XLAB_FIELD_ETH_DST] = XLAB_SLOT_ETH_DST + 1,
		[XLAB_FIELD_ETH_ADDR] = XLAB_SLOT_ETH_ADDR + 1,
		[XLAB_FIELD_ETH_TYPE] = XLAB_SLOT_TYPE + 1,
		[XLAB_FIELD_VLAN_ID] = XLAB_SLOT_VLAN_ID + 1,
		[XLAB_FIELD_VLAN_PRIORITY] = XLAB_SLOT_VLAN_PRIORITY + 1,
		[XLAB_FIELD_VLAN_DEI] = XLAB_SLOT_VLAN_DEI + 1,
		[XLAB_FIELD_VLAN_TYPE] = XLAB_SLOT_VLAN_TYPE + 1,
		[XLAB_FIELD_IPV6_NXT] = XLAB_SLOT_PROTO + 1,
		[XLAB_FIELD_NET_PROTO] = XLAB_SLOT_PROTO + 1,
		[XLAB_FIELD_NET_SRC] = XLAB_SLOT_SRC + 1,
		[XLAB_FIELD_NET_DST] = XLAB_SLOT_DST + 1,
		[XLAB_FIELD_NET_ADDR] = XLAB_SLOT_ADDR + 1,
		[XLAB_FIELD_PORT_SRC] = XLAB_SLOT_PORT_SRC + 1,
		[XLAB_FIELD_PORT_DST] = XLAB_SLOT_PORT_DST + 1,
	};
	const struct field *f = &fields[field];

	if (own[field])
		return own[field] - 1;
	switch (f->layer) {
	case XLAB_LAYER_DATA:
		return take(XLAB_SLOT_DATA, &s->data, XLAB_DATA_LONGS);
	case XLAB_LAYER_ARP:
	case XLAB_LAYER_IP:
	case XLAB_LAYER_IPV6:
		return network_slot(f, s);
	default:
		return is_either(f) ? XLAB_SLOT_UPPER_EITHER
				    : take(XLAB_SLOT_UPPER, &s->upper, XLAB_UPPER_WORDS);
	}
}

/* --- Loads ---------------------------------------------------------------------------------- */

static uint8_t power_up_to(unsigned int n)
{
	uint8_t power = 1;

	while (power < 8 && power * 2U <= n)
		power *= 2;
	return power;
}

/* @bytes at @offset in two loads, of which the first is the longer. */
static void split(struct match_part parts[2], unsigned int offset, unsigned int bytes)
{
	uint8_t first = power_up_to(bytes), second = first;

	if (bytes > first)
		for (second = 1; second < bytes - first;)
			second *= 2;
	parts[0] = (struct match_part){ (uint16_t)offset, first };
	parts[1] = (struct match_part){ (uint16_t)(offset + bytes - second), second };
}

/* Of 20 bits the last three bytes hold all, and the first of them has others' too: a mask. */
static bool is_flow(enum xlab_field field)
{
	return field == XLAB_FIELD_IPV6_FLOW;
}

static void place_parts(struct match_place *p)
{
	const struct field *f = &fields[p->key->field];
	unsigned int offset = f->offset, bytes = f->bytes;

	if (f->layer == XLAB_LAYER_DATA) {
		offset = p->key->offset;
		bytes = p->key->length;
	}
	p->bytes = (uint8_t)bytes;
	if (is_flow(p->key->field)) {
		p->bytes = 3;
		p->parts[0] = (struct match_part){ 1, 1 };
		p->parts[1] = (struct match_part){ 2, 2 };
		return;
	}
	split(p->parts, offset, bytes);
	if (is_either(f))
		split(p->parts + 2, fields[f->other].offset, bytes);
	p->tabled = bytes <= 2 && f->layer != XLAB_LAYER_DATA;
}

static uint64_t load(const uint8_t *bytes, size_t size)
{
	uint64_t loaded = 0;

	memcpy(&loaded, bytes, size); /* little-endian, as objects are */
	return loaded;
}

static bool is_long(unsigned int slot)
{
	return slot < XLAB_SLOT_VLAN_ID ||
	       (slot >= XLAB_SLOT_LONG && slot < XLAB_SLOT_WORD_EITHER) ||
	       slot == XLAB_SLOT_LONG_EITHER || (slot >= XLAB_SLOT_SRC && slot < XLAB_SLOT_UPPER) ||
	       slot >= XLAB_SLOT_DATA;
}

struct xlab_value match_layout_value(const struct match_place *place,
				     const struct field_value *value)
{
	const uint8_t *bytes = value->bytes + FIELD_VALUE - place->bytes;
	const struct match_part *p = place->parts;
	struct xlab_value v = { { load(bytes, p[0].size), 0 } };

	if (is_long(place->slot))
		v.part[1] = load(bytes + p[1].offset - p[0].offset, p[1].size);
	return v;
}

/* --- What the program asks ------------------------------------------------------------------ */

#define BIT(n) (UINT32_C(1) << (n))

static void ask_network(struct match_layout *l, uint32_t versions)
{
	uint32_t *asks = &l->constants[XLAB_ASKS];
	uint32_t all = BIT(XLAB_ASKS_ARP) | BIT(XLAB_ASKS_IPV4) | BIT(XLAB_ASKS_IPV6);

	if (!(*asks & BIT(XLAB_ASKS_NETWORK)))
		*asks |= BIT(XLAB_ASKS_NETWORK) | versions;
	*asks &= ~all | versions;
}

/* Two that differ are none. */
static void ask_carried(struct match_layout *l, uint32_t proto)
{
	uint32_t *asks = &l->constants[XLAB_ASKS];
	bool first = !(*asks & BIT(XLAB_ASKS_CARRIED));

	*asks |= BIT(XLAB_ASKS_PROTO) | BIT(XLAB_ASKS_CARRIED) | BIT(XLAB_ASKS_UPPER);
	l->constants[XLAB_PROTO] =
		first || l->constants[XLAB_PROTO] == proto ? proto : UINT8_MAX + 1;
}

static void ask_layer(struct match_layout *l, enum xlab_layer layer)
{
	const uint32_t both = BIT(XLAB_ASKS_IPV4) | BIT(XLAB_ASKS_IPV6);
	uint32_t *asks = &l->constants[XLAB_ASKS];

	switch (layer) {
	case XLAB_LAYER_VLAN:
		*asks |= BIT(XLAB_ASKS_ETH) | BIT(XLAB_ASKS_TAG);
		break;
	case XLAB_LAYER_ARP:
		ask_network(l, BIT(XLAB_ASKS_ARP));
		break;
	case XLAB_LAYER_IP:
		ask_network(l, BIT(XLAB_ASKS_IPV4));
		break;
	case XLAB_LAYER_IPV6:
		ask_network(l, BIT(XLAB_ASKS_IPV6));
		break;
	case XLAB_LAYER_NET:
		ask_network(l, both);
		break;
	case XLAB_LAYER_ICMP:
		ask_network(l, BIT(XLAB_ASKS_IPV4));
		ask_carried(l, IPPROTO_ICMP);
		break;
	case XLAB_LAYER_ICMPV6:
		ask_network(l, BIT(XLAB_ASKS_IPV6));
		ask_carried(l, IPPROTO_ICMPV6);
		break;
	case XLAB_LAYER_TCP:
	case XLAB_LAYER_UDP:
		ask_network(l, both);
		ask_carried(l, layer == XLAB_LAYER_TCP ? IPPROTO_TCP : IPPROTO_UDP);
		break;
	case XLAB_LAYER_PORTS:
		ask_network(l, both);
		*asks |= BIT(XLAB_ASKS_PROTO) | BIT(XLAB_ASKS_PORTS) | BIT(XLAB_ASKS_UPPER);
		break;
	case XLAB_LAYER_DATA:
		*asks |= BIT(XLAB_ASKS_DATA);
		break;
	default: /* of frame and eth: type is asked for by its slot */
		*asks |= BIT(XLAB_ASKS_ETH);
		break;
	}
}

static uint32_t end_of(const struct match_part *p)
{
	return (uint32_t)p->offset + p->size;
}

/* A value's second load ends where it does; there may be another field's. */
static void reach(uint32_t *bytes, const struct match_place *p)
{
	*bytes = MAX(*bytes, end_of(&p->parts[1]));
	*bytes = MAX(*bytes, end_of(&p->parts[3]));
}

static void ask(struct match_layout *l, const struct match_place *p)
{
	uint32_t *c = l->constants;

	if (p->key->field != XLAB_FIELD_ETH_TYPE)
		ask_layer(l, fields[p->key->field].layer);
	if (p->slot == XLAB_SLOT_PROTO)
		c[XLAB_ASKS] |= BIT(XLAB_ASKS_PROTO);
	c[XLAB_USED + p->slot / 32] |= BIT(p->slot % 32);
	if (p->tabled)
		c[XLAB_TABLED + p->slot / 32] |= BIT(p->slot % 32);
	if (p->slot / 32 == XLAB_PLACE_UPPER)
		reach(&c[XLAB_UPPER_BYTES], p);
	if (p->slot / 32 == XLAB_PLACE_DATA)
		reach(&c[XLAB_DATA_BYTES], p);
	if (p->slot >= XLAB_SLOT_LONG && p->slot < XLAB_SLOT_WORD_EITHER)
		c[XLAB_MASK + p->slot - XLAB_SLOT_LONG] =
			is_flow(p->key->field) ? 0x0f : UINT32_MAX;
}

/* --- One value ------------------------------------------------------------------------------ */

/* A tag's type is not only compared with the one behind the tags. */
static bool is_tag(const struct field_value *type)
{
	uint64_t number = field_number(type);

	return number == ETH_P_8021Q || number == ETH_P_8021AD;
}

bool match_layout_is_one(const struct match_place *place, const struct rule *rule)
{
	const struct field_span *span = &rule->span;

	return !rule->except && !span->masked &&
	       !memcmp(&span->first, &span->last, sizeof(span->first)) &&
	       !(place->key->field == XLAB_FIELD_ETH_TYPE && is_tag(&span->first));
}

/* No bits that are another field's are loaded with it. */
static bool is_whole(const struct match_place *place)
{
	return place->key->field == XLAB_FIELD_DATA ||
	       fields[place->key->field].bits == 8U * place->bytes;
}

/* True if that is all that the lab file has for the key. */
static bool find_one(struct match_place *p, const struct filter *f, size_t key, bool may_lack)
{
	const struct rule *one = NULL;
	size_t n = 0;

	for (size_t i = 0; i < f->n_rules; i++)
		if (f->rules[i].key == key) {
			one = &f->rules[i];
			n++;
		}
	if (!n)
		return may_lack;
	p->has_one = n == 1 && is_whole(p) && match_layout_is_one(p, one);
	if (p->has_one)
		p->one = match_layout_value(p, &one->span.first);
	return p->has_one;
}

static void ask_ones(struct match_layout *l, const struct filter *f)
{
	bool all = true;

	for (size_t i = 0; i < l->n_keys; i++)
		all &= find_one(&l->places[i], f, i, f->program != PROGRAM_MATCH);
	for (size_t i = 0; i < l->n_keys; i++)
		if (l->places[i].has_one)
			l->constants[XLAB_KEPT + l->places[i].slot / 32] |=
				BIT(l->places[i].slot % 32);
	if (all)
		l->constants[XLAB_ASKS] |= BIT(XLAB_ASKS_ONES);
}

/* --- Memory --------------------------------------------------------------------------------- */

static uint32_t power_from(size_t n)
{
	uint32_t bits = 0;

	while (((size_t)1 << bits) < n)
		bits++;
	return bits;
}

/* Rules of more than one value. */
static size_t count_spans(const struct filter *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_rules; i++)
		n += memcmp(&f->rules[i].span.first, &f->rules[i].span.last,
			    sizeof(struct field_value)) != 0;
	return n;
}

static void lay_areas(struct match_layout *l, size_t *size)
{
	uint32_t *c = l->constants;

	c[XLAB_AREAS] = (uint32_t)*size;
	for (size_t i = 0; i < l->n_keys; i++) {
		struct match_place *p = &l->places[i];

		if (p->tabled)
			continue;
		c[XLAB_ASKS] |= BIT(XLAB_ASKS_AREA);
		p->at = *size;
		l->keys.area[p->slot] = c[XLAB_AREA_END]++;
		*size += c[XLAB_AREA_SIZE];
	}
}

static void lay_memory(struct match_layout *l, const struct filter *filter)
{
	uint32_t *c = l->constants, bits = power_from(2 * (size_t)l->capacity);
	size_t size = sizeof(struct xlab_rules);

	for (size_t i = 0; i < l->n_keys; i++)
		if (l->places[i].tabled) {
			l->places[i].at = size;
			size += sizeof(uint16_t) << 8 * l->places[i].bytes;
		}
	c[XLAB_HASH_BITS] = bits;
	c[XLAB_HASH_SHIFT] = 64 - bits;
	c[XLAB_SPANS_MAX] = 1U << power_from(SPANS_MIN + 4 * count_spans(filter));
	c[XLAB_AREA_SIZE] =
		(uint32_t)(sizeof(struct xlab_area) + (sizeof(struct xlab_entry) << bits) +
			   2 * c[XLAB_SPANS_MAX] * sizeof(struct xlab_from));
	lay_areas(l, &size);
	for (size_t i = 0; i < l->n_keys; i++)
		l->keys.place[l->places[i].slot] = (uint32_t)l->places[i].at;
	c[XLAB_ROW] = (uint32_t)sizeof(uint64_t) * l->capacity;
	c[XLAB_HITS] = (uint32_t)size;
	c[XLAB_HITS_END] = c[XLAB_ROW] * l->cpus;
	l->hits = size;
	l->list = l->hits + c[XLAB_HITS_END];
	l->size = l->list + sizeof(struct xlab_rule) * l->capacity;
}

void match_layout(const struct filter *filter, struct match_layout *l)
{
	size_t twice = 2 * filter->n_rules;
	struct slots slots = { 0 };

	*l = (struct match_layout){ .n_keys = filter->n_keys };
	for (size_t i = 0; i < l->n_keys; i++) {
		struct match_place *p = &l->places[i];

		p->key = &filter->keys[i];
		p->slot = slot_of(p->key->field, &slots);
		place_parts(p);
		ask(l, p);
	}
	if (filter->program != PROGRAM_MATCH)
		l->constants[XLAB_ASKS] |= BIT(XLAB_ASKS_LIVE);
	ask_ones(l, filter);
	if (filter->action == XDP_TX)
		l->constants[XLAB_ASKS] |= BIT(XLAB_ASKS_TX);
	l->constants[XLAB_ACTION] = filter->action;
	l->constants[XLAB_KEYS] = (uint32_t)l->n_keys;
	l->capacity = (uint32_t)(twice < ROOM_MIN ? ROOM_MIN : twice);
	l->cpus = (uint32_t)libbpf_num_possible_cpus();
	lay_memory(l, filter);
}

/* --- Instructions --------------------------------------------------------------------------- */

static bool is_within(int number, int first, int end)
{
	return number >= first && number < end;
}

static void write_load(const struct match_layout *l, struct bpf_insn *insn)
{
	static const uint8_t sizes[] = { [1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW };
	unsigned int slot = (unsigned int)(insn->off - XLAB_LOAD(0, 0)) / 4;
	unsigned int part = (unsigned int)(insn->off - XLAB_LOAD(0, 0)) % 4;

	for (size_t i = 0; i < l->n_keys; i++) {
		const struct match_part *p = &l->places[i].parts[part];

		if (l->places[i].slot != slot || !p->size)
			continue;
		insn->off = (int16_t)p->offset;
		insn->code = BPF_LDX | BPF_MEM | sizes[p->size];
	}
}

/* The part of the one value that @number, the operand of an instruction, stands for. */
static const __u64 *one_of(const struct match_layout *l, int number)
{
	for (size_t i = 0; i < l->n_keys; i++)
		for (int part = 0; part < 2; part++)
			if (number == XLAB_ONE((int)l->places[i].slot, part))
				return &l->places[i].one.part[part];
	return NULL;
}

static void write_branch(const struct match_layout *l, struct bpf_insn *insn)
{
	const __u64 *one = one_of(l, insn->imm);

	if (is_within(insn->imm, XLAB_BIT(0), XLAB_BIT(32))) {
		insn->code = BPF_JMP | BPF_JSET | BPF_K;
		insn->imm = (int)BIT(insn->imm - XLAB_BIT(0));
	} else if (one) { /* of 32 bits: no sign goes into the others */
		insn->code = BPF_JMP32 | BPF_OP(insn->code) | BPF_K;
		insn->imm = (int)*one;
	}
}

static void write_wide(const struct match_layout *l, struct bpf_insn insn[2])
{
	const __u64 *one = one_of(l, insn->imm);

	if (insn->src_reg || !one)
		return;
	insn[0].imm = (int)*one;
	insn[1].imm = (int)(*one >> 32);
}

static void write_insn(const struct match_layout *l, struct bpf_insn *insn)
{
	switch (insn->code) {
	case BPF_LDX | BPF_MEM | BPF_DW:
		if (is_within(insn->off, XLAB_LOAD(0, 0), XLAB_LOAD_END))
			write_load(l, insn);
		break;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JNE | BPF_K:
		write_branch(l, insn);
		break;
	case BPF_ALU64 | BPF_MOV | BPF_K:
		if (is_within(insn->imm, XLAB_CONSTANT(0), XLAB_CONSTANT(XLAB_CONSTANTS)))
			insn->imm = (int)l->constants[insn->imm - XLAB_CONSTANT(0)];
		break;
	case BPF_LD | BPF_IMM | BPF_DW: /* its second half is no instruction */
		write_wide(l, insn);
		break;
	default:
		break;
	}
}

void match_layout_write(const struct match_layout *l, void *object)
{
	const Elf64_Ehdr *elf = object;
	const Elf64_Shdr *sections = (const void *)((const char *)object + elf->e_shoff);

	for (size_t s = 0; s < elf->e_shnum; s++) {
		struct bpf_insn *insns = (void *)((char *)object + sections[s].sh_offset);

		if (sections[s].sh_type != SHT_PROGBITS || !(sections[s].sh_flags & SHF_EXECINSTR))
			continue;
		for (size_t i = 0; i < sections[s].sh_size / sizeof(*insns); i++)
			write_insn(l, &insns[i]);
	}
}
