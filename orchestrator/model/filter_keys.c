/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/error.h"
#include "lab/inikeys.h"
#include "lab/text.h"
#include "orchestrator/model/filter_keys.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_values.h"

/* The keys of [filter F]: one reader each, and the tables, one a program. */

#define WORD_SIZE 64 /* longer than any address, name or number */

/* Readers of keys get the filter itself, so that live rules are read by them too. */

/* Append @value unless the list has it: twice in one list is a slip of the pen. */
static int list_add(const struct ini_where *at, void *list, size_t *n, size_t size,
		    const void *value, struct error *e)
{
	const char *items;

	memcpy(&items, list, sizeof(items));
	for (size_t i = 0; i < *n; i++)
		if (!memcmp(items + i * size, value, size))
			return ini_complain(at, e,
					    "value number %zu of the list stands in it "
					    "already, as number %zu",
					    *n + 1, i + 1);
	memcpy(array_add(list, n, size), value, size);
	return 0;
}

static bool is_source(const struct ini_where *at)
{
	return !strcmp(at->key->name, "src");
}

static int add_mac(const struct ini_where *at, const char *word, struct filter *f, struct error *e)
{
	struct mac_rule rule;

	if (text_mac(word, rule.mac))
		return ini_refuse(at, e, "\"%s\" is not a MAC", word);
	return is_source(at) ? list_add(at, &f->src_macs, &f->n_src_macs, sizeof(rule), &rule, e)
			     : list_add(at, &f->dst_macs, &f->n_dst_macs, sizeof(rule), &rule, e);
}

static int add_type(const struct ini_where *at, const char *word, struct filter *f, struct error *e)
{
	uint32_t value;
	uint16_t type;

	/* Smaller numbers are lengths (IEEE 802.3), not types. */
	if (!enum_value(ethertype_names, word, &value) &&
	    text_u32(word, ETH_P_802_3_MIN, UINT16_MAX, &value))
		return ini_misspelt(at, e, "an EtherType", word, enum_next,
				    (void *)ethertype_names);
	type = (uint16_t)value;
	return list_add(at, &f->types, &f->n_types, sizeof(type), &type, e);
}

static int add_net(const struct ini_where *at, const char *word, struct filter *f, struct error *e)
{
	struct prefix p, net;
	char buf[PREFIX_TEXT];
	int err = text_cidr(word, &p);

	if (err == -ERANGE)
		return ini_refuse(at, e, "the prefix length of \"%s\" is too great", word);
	if (err)
		return ini_refuse(at, e, "\"%s\" is not an address", word);
	net = prefix_network(&p);
	if (!prefix_equal(&net, &p))
		return ini_complain(at, e, "%s has bits behind its length; the network is %s", word,
				    prefix_text(&net, buf));
	/* Every byte is set, for the comparison of whole structures. */
	memset(&net, 0, sizeof(net));
	net.len = p.len;
	net.address.family = p.address.family;
	if (p.address.family == AF_INET)
		net.address.v4 = p.address.v4;
	else
		net.address.v6 = p.address.v6;
	return is_source(at) ? list_add(at, &f->src_nets, &f->n_src_nets, sizeof(net), &net, e)
			     : list_add(at, &f->dst_nets, &f->n_dst_nets, sizeof(net), &net, e);
}

/* The protocols that have ports. */
static const struct enum_name port_names[] = {
	{ "udp", IPPROTO_UDP },
	{ "tcp", IPPROTO_TCP },
	{ NULL, 0 },
};

static int add_proto(const struct ini_where *at, const char *word, struct filter *f,
		     struct error *e)
{
	bool port = f->program == PROGRAM_PORT;
	const struct enum_name *words = port ? port_names : proto_names;
	uint32_t value;
	uint8_t proto;

	if (!enum_value(words, word, &value) && (port || text_u32(word, 0, 255, &value)))
		return port && enum_value(proto_names, word, &value)
			       ? ini_refuse(at, e, "%s has no ports", word)
			       : ini_misspelt(at, e, "a protocol", word, enum_next, (void *)words);
	proto = (uint8_t)value;
	return list_add(at, &f->protos, &f->n_protos, sizeof(proto), &proto, e);
}

static int add_ports(const struct ini_where *at, const char *word, struct filter *f,
		     struct error *e)
{
	struct range range = { 0, 0 };
	int err = text_port_range(word, &range);

	if (err == -ERANGE && range.first > range.last)
		return ini_refuse(at, e, "the range is upside down: write %u-%u", range.last,
				  range.first);
	if (err == -ERANGE)
		return ini_refuse(at, e, "\"%s\" is beyond 65535, the last port", word);
	if (err)
		return ini_refuse(at, e, "\"%s\" is not a port", word);
	return is_source(at)
		       ? list_add(at, &f->src_ports, &f->n_src_ports, sizeof(range), &range, e)
		       : list_add(at, &f->dst_ports, &f->n_dst_ports, sizeof(range), &range, e);
}

static int read_list(const struct ini_where *at, const char *value, struct filter *f,
		     struct error *e,
		     int (*add)(const struct ini_where *at, const char *word, struct filter *f,
				struct error *e))
{
	const char *rest = value;
	char word[WORD_SIZE];
	int more, err = 0, one, n = 0;

	while ((more = text_word(&rest, word, sizeof(word)))) {
		one = more < 0 ? ini_refuse(at, e, "the list has a value that is too long")
			       : add(at, word, f, e);
		err = one ? one : err;
		n++;
	}
	return n ? err : ini_refuse(at, e, "the list is empty");
}

static int read_macs(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	return read_list(at, value, object, e, add_mac);
}

static int read_types(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	return read_list(at, value, object, e, add_type);
}

static int read_nets(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	return read_list(at, value, object, e, add_net);
}

static int read_protos(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	return read_list(at, value, object, e, add_proto);
}

static int read_ports(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	return read_list(at, value, object, e, add_ports);
}

/* What a match can return: where to redirect to, only program redirect knows. */
static const struct enum_name match_words[] = {
	{ "drop", XDP_DROP }, { "pass", XDP_PASS }, { "aborted", XDP_ABORTED },
	{ "tx", XDP_TX },     { NULL, 0 },
};

static int read_action(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct filter *f = object;

	return labfile_read_enum(at, "an action of a match", value, match_words, &f->action, e);
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

static int read_continue(const struct ini_where *at, const char *value, void *object,
			 struct error *e)
{
	struct filter *f = object;

	f->continues = 0;
	return strcmp(value, "none") != 0 ? read_list(at, value, f, e, add_continue) : 0;
}

bool filter_is_identifier(const char *s)
{
	if (*s >= '0' && *s <= '9')
		return false;
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_")];
}

static int read_setting(const struct ini_where *at, const char *value, void *object,
			struct error *e)
{
	const char *name = at->key->name + strlen("set.");
	struct filter *f = object;
	struct setting *s;

	if (!filter_is_identifier(name))
		return ini_complain(at, e, "\"%s\" is no name of a C variable", name);
	for (size_t i = 0; i < f->n_settings; i++)
		if (!strcmp(f->settings[i].name, name))
			return ini_complain(at, e, "%s is set at line %d already", name,
					    f->settings[i].line);
	s = array_add(&f->settings, &f->n_settings, sizeof(*s));
	*s = (struct setting){ xstrdup(name), xstrdup(value), at->key->line };
	return 0;
}

/* These need more than the filter, so filter_read() reads them itself, before the others. */
static int read_nothing(const struct ini_where *at, const char *value, void *object,
			struct error *e)
{
	(void)at;
	(void)value;
	(void)object;
	(void)e;
	return 0;
}

#define MACS  "MACs as in de:ad:be:ef:00:01"
#define NETS  "addresses or CIDRs of either family"
#define PORTS "ports or ranges as in 8000-8999"
#define ACTION                                                                    \
	{                                                                         \
		.name = "action", .allowed = "drop, pass, aborted or tx",         \
		.help = "what a match returns; default drop", .read = read_action \
	}

const struct ini_key_spec filter_common_keys[] = {
	{ .name = "program",
	  .required = true,
	  .allowed = "a built-in program or path/to/object.bpf.o[:function]",
	  .help = "which program; a path is relative to the lab file",
	  .read = read_nothing },
	{ .name = "continue",
	  .allowed = "a list of aborted, drop, pass, tx, redirect; or none",
	  .help = "the actions after which the chain goes on; default pass",
	  .read = read_continue },
	{ 0 },
};

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
	  .read = read_protos },
	ACTION,
	{ 0 },
};

const struct ini_key_spec filter_redirect_keys[] = {
	{ .name = "to",
	  .required = true,
	  .allowed = "NODE:IFACE",
	  .help = "the interface that sends the packet",
	  .read = read_nothing },
	{ 0 },
};

const struct ini_key_spec filter_object_keys[] = {
	{ .name = "set.",
	  .repeats = true,
	  .allowed =
		  "a number, yes or no, text, a MAC, an address or an enum's name, as its type is",
	  .help = "the value of the read-only global NAME (const volatile), set before the load",
	  .read = read_setting },
	{ 0 },
};

bool filter_key_matches(const struct ini_key_spec *key)
{
	return key->read != read_action && key->read != read_nothing && key->read != read_setting;
}
