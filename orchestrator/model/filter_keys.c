// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of [filter F]: one reader each, and the tables. Which program has which, builtins.h
 * says.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/filter_keys.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/rule.h"

#define WORD_SIZE 64 /* longer than any address, name or number */

/* Append it unless its list has it: twice in one list is a slip of the pen. */
static int add_rule(const struct ini_where *at, struct filter *f, const struct rule *rule,
		    struct error *e)
{
	size_t n = 0, same = 0;

	for (size_t i = 0; i < f->n_rules; i++) {
		n += f->rules[i].key == rule->key;
		if (rule_equal(&f->rules[i], rule))
			same = n;
	}
	if (same)
		return ini_complain(at, e,
				    "value number %zu of the list stands in it already, as number "
				    "%zu",
				    n + 1, same);
	*(struct rule *)array_add(&f->rules, &f->n_rules, sizeof(*rule)) = *rule;
	return 0;
}

/* "src" or "dst": the keys of addresses and ports. */
static enum xlab_key side(const struct ini_where *at)
{
	return strcmp(at->key->name, "src") ? XLAB_KEY_DST : XLAB_KEY_SRC;
}

static int add_mac(const struct ini_where *at, const char *word, struct filter *f, struct error *e)
{
	struct rule rule = { .kind = RULE_MAC, .key = side(at) };

	if (text_mac(word, rule.mac))
		return ini_refuse(at, e, "\"%s\" is not a MAC", word);
	return add_rule(at, f, &rule, e);
}

static int add_net(const struct ini_where *at, const char *word, struct filter *f, struct error *e)
{
	struct rule rule = { .kind = RULE_NET, .key = side(at) };
	char buf[PREFIX_TEXT];
	struct prefix p;
	int err = text_cidr(word, &p);

	if (err == -ERANGE)
		return ini_refuse(at, e, "the prefix length of \"%s\" is too great", word);
	if (err)
		return ini_refuse(at, e, "\"%s\" is not an address", word);
	rule.net = prefix_network(&p);
	if (!prefix_equal(&rule.net, &p))
		return ini_complain(at, e, "%s has bits behind its length; the network is %s", word,
				    prefix_text(&rule.net, buf));
	return add_rule(at, f, &rule, e);
}

static int add_number(const struct ini_where *at, struct filter *f, enum xlab_key key,
		      uint32_t value, struct error *e)
{
	const struct rule rule = { .kind = RULE_SPAN,
				   .key = key,
				   .span = { (uint16_t)value, (uint16_t)value } };

	return add_rule(at, f, &rule, e);
}

static int add_type(const struct ini_where *at, const char *word, struct filter *f, struct error *e)
{
	uint32_t value;

	/* Smaller numbers are lengths (IEEE 802.3), not types. */
	if (!enum_value(ethertype_names, word, &value) &&
	    text_u32(word, ETH_P_802_3_MIN, UINT16_MAX, &value))
		return ini_misspelt(at, e, "an EtherType", word, enum_next,
				    (void *)ethertype_names);
	return add_number(at, f, XLAB_KEY_TYPE, value, e);
}

static int add_proto(const struct ini_where *at, const char *word, struct filter *f,
		     struct error *e)
{
	uint32_t value;

	if (!enum_value(proto_names, word, &value) && text_u32(word, 0, 255, &value))
		return ini_misspelt(at, e, "a protocol", word, enum_next, (void *)proto_names);
	return add_number(at, f, XLAB_KEY_PROTO, value, e);
}

/* The protocols that have ports. */
static const struct enum_name port_names[] = {
	{ "udp", IPPROTO_UDP },
	{ "tcp", IPPROTO_TCP },
	{ NULL, 0 },
};

static int add_port_proto(const struct ini_where *at, const char *word, struct filter *f,
			  struct error *e)
{
	uint32_t value;

	if (enum_value(port_names, word, &value))
		return add_number(at, f, XLAB_KEY_PROTO, value, e);
	return enum_value(proto_names, word, &value)
		       ? ini_refuse(at, e, "%s has no ports", word)
		       : ini_misspelt(at, e, "a protocol", word, enum_next, (void *)port_names);
}

static int add_ports(const struct ini_where *at, const char *word, struct filter *f,
		     struct error *e)
{
	struct rule rule = { .kind = RULE_SPAN, .key = side(at) };
	int err = text_port_range(word, &rule.span);

	if (err == -ERANGE && rule.span.first > rule.span.last)
		return ini_refuse(at, e, "the range is upside down: write %u-%u", rule.span.last,
				  rule.span.first);
	if (err == -ERANGE)
		return ini_refuse(at, e, "\"%s\" is beyond 65535, the last port", word);
	if (err)
		return ini_refuse(at, e, "\"%s\" is not a port", word);
	return add_rule(at, f, &rule, e);
}

typedef int word_reader(const struct ini_where *at, const char *word, struct filter *f,
			struct error *e);

static int read_list(const struct ini_where *at, const char *value, void *object, struct error *e,
		     word_reader *add)
{
	const struct filter_reading *r = object;
	const char *rest = value;
	char word[WORD_SIZE];
	int more, err = 0, one, n = 0;

	while ((more = text_word(&rest, word, sizeof(word)))) {
		one = more < 0 ? ini_refuse(at, e, "the list has a value that is too long")
			       : add(at, word, r->filter, e);
		err = one ? one : err;
		n++;
	}
	return n ? err : ini_refuse(at, e, "the list is empty");
}

/* The readers of keys that are lists. */
#define LIST_READER(name, add)                                                       \
	static int name(const struct ini_where *at, const char *value, void *object, \
			struct error *e)                                             \
	{                                                                            \
		return read_list(at, value, object, e, add);                         \
	}
LIST_READER(read_macs, add_mac)
LIST_READER(read_types, add_type)
LIST_READER(read_nets, add_net)
LIST_READER(read_protos, add_proto)
LIST_READER(read_port_protos, add_port_proto)
LIST_READER(read_ports, add_ports)

/* What a match can return: where to redirect to, only program redirect knows. */
static const struct enum_name match_words[] = {
	{ "drop", XDP_DROP }, { "pass", XDP_PASS }, { "aborted", XDP_ABORTED },
	{ "tx", XDP_TX },     { NULL, 0 },
};

static int read_action(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	const struct filter_reading *r = object;

	return labfile_read_enum(at, "an action of a match", value, match_words, &r->filter->action,
				 e);
}

static int add_continue(const struct ini_where *at, const char *word, struct filter *f,
			struct error *e)
{
	uint32_t action;
	int err = labfile_read_enum(at, "an action", word, action_names, &action, e);

	if (!err)
		f->continues |= UINT32_C(1) << action;
	return err;
}

int filter_read_continue(const struct ini_where *at, const char *value, void *object,
			 struct error *e)
{
	const struct filter_reading *r = object;

	r->filter->continues = FILTER_CONTINUES_NONE;
	return strcmp(value, "none") != 0 ? read_list(at, value, object, e, add_continue) : 0;
}

#define WORD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

bool filter_is_identifier(const char *s)
{
	if (*s >= '0' && *s <= '9')
		return false;
	return *s && !s[strspn(s, WORD_CHARACTERS)];
}

static int read_setting(const struct ini_where *at, const char *value, void *object,
			struct error *e)
{
	const char *name = at->key->name + strlen("set.");
	const struct filter_reading *r = object;
	struct filter *f = r->filter;
	struct setting *s;

	if (!filter_is_identifier(name))
		return ini_complain(at, e, "\"%s\" is no name of a C variable", name);
	for (size_t i = 0; i < f->n_settings; i++)
		if (!strcmp(f->settings[i].name, name))
			return ini_complain(at, e, "%s is set at line %d already", name,
					    f->settings[i].read_from->line);
	s = array_add(&f->settings, &f->n_settings, sizeof(*s));
	*s = (struct setting){ xstrdup(name), xstrdup(value), at->key };
	return 0;
}

/* map.NAME = KEY -> VALUE */
static int read_preset(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct filter *f = ((struct filter_reading *)object)->filter;
	const char *name = at->key->name + strlen("map."), *arrow = strstr(value, "->");
	char *FREE_AUTO key = NULL;
	struct map_preset *p;
	size_t len;

	if (!*name || name[strspn(name, WORD_CHARACTERS ".")])
		return ini_complain(at, e, "\"%s\" is no name of a map", name);
	if (!arrow)
		return ini_refuse(at, e, "the -> between key and value is missing");
	for (len = (size_t)(arrow - value); len && strchr(" \t", value[len - 1]); len--)
		;
	key = xstrndup(value, len);
	value = arrow + strlen("->");
	value += strspn(value, " \t");
	if (!len || !*value)
		return ini_refuse(at, e, "the %s is missing", len ? "VALUE" : "KEY");
	for (size_t i = 0; i < f->n_presets; i++)
		if (!strcmp(f->presets[i].name, name) && !strcmp(f->presets[i].key, key))
			return ini_complain(at, e, "%s[%s] has its value at line %d already", name,
					    key, f->presets[i].read_from->line);
	p = array_add(&f->presets, &f->n_presets, sizeof(*p));
	*p = (struct map_preset){ xstrdup(name), steal_pointer(&key), xstrdup(value), at->key };
	return 0;
}

static int read_to(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	const struct filter_reading *r = object;
	int err = labfile_read_iface(at, &value, r->labfile, &r->filter->redirect_to, e);

	if (!err && *value)
		return ini_refuse(at, e, "\"%s\" is too much", value);
	if (!err && r->labfile->topo.ifaces[r->filter->redirect_to].vlan)
		return ini_complain(
			at, e,
			"a VLAN interface takes no frames from XDP: name one that has a "
			"bridge or a peer");
	return err;
}

#define MACS  "MACs as in de:ad:be:ef:00:01"
#define NETS  "addresses or CIDRs of either family"
#define PORTS "ports or ranges as in 8000-8999"
#define ACTION                                                                    \
	{                                                                         \
		.name = "action", .allowed = "drop, pass, aborted or tx",         \
		.help = "what a match returns; default drop", .read = read_action \
	}

const struct ini_key_spec filter_no_keys[] = { { 0 } };

const struct ini_key_spec filter_ether_keys[] = {
	{ .name = "src", .allowed = MACS, .help = "source MACs", .read = read_macs },
	{ .name = "dst", .allowed = MACS, .help = "destination MACs", .read = read_macs },
	{ .name = "type",
	  .allowed = "ipv4, ipv6, arp, vlan, or a number from 0x600 to 0xffff",
	  .help = "EtherTypes",
	  .read = read_types },
	ACTION,
	{ 0 },
};

const struct ini_key_spec filter_ip_keys[] = {
	{ .name = "src", .allowed = NETS, .help = "source addresses", .read = read_nets },
	{ .name = "dst", .allowed = NETS, .help = "destination addresses", .read = read_nets },
	{ .name = "proto",
	  .allowed = "icmp, icmpv6, tcp, udp, or a number up to 255",
	  .help = "protocols",
	  .read = read_protos },
	ACTION,
	{ 0 },
};

const struct ini_key_spec filter_port_keys[] = {
	{ .name = "src", .allowed = PORTS, .help = "source ports", .read = read_ports },
	{ .name = "dst", .allowed = PORTS, .help = "destination ports", .read = read_ports },
	{ .name = "proto",
	  .allowed = "udp, tcp",
	  .help = "protocols; default both",
	  .read = read_port_protos },
	ACTION,
	{ 0 },
};

const struct ini_key_spec filter_redirect_keys[] = {
	{ .name = "to",
	  .required = true,
	  .allowed = "NODE:IFACE",
	  .help = "the interface that sends the packet",
	  .read = read_to },
	{ 0 },
};

const struct ini_key_spec filter_object_keys[] = {
	{ .name = "set.",
	  .repeats = true,
	  .allowed =
		  "a number, yes or no, text, a MAC, an address or an enum's name, as its type is",
	  .help = "the value of the read-only global NAME (const volatile), set before the load",
	  .read = read_setting },
	{ .name = "map.",
	  .repeats = true,
	  .allowed = "KEY -> VALUE, as the types of the map NAME are",
	  .help = "put into the map NAME before it first stands in a chain",
	  .read = read_preset },
	{ 0 },
};

bool filter_key_matches(const struct ini_key_spec *key)
{
	return key->read != read_action;
}
