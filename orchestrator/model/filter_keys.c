// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of [filter F]: one reader each, and the tables. Which program has which, builtins.h
 * says.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/field_text.h"
#include "orchestrator/model/filter_keys.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/match_keys.h"

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

static int add_continue(const struct ini_where *at, const char *word, void *filter, struct error *e)
{
	struct filter *f = filter;
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

	return strcmp(value, "none") != 0 ? labfile_read_list(at, value, r->filter, e, add_continue)
					  : 0;
}

#define WORD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

bool filter_is_identifier(const char *s)
{
	return *s && !isdigit((unsigned char)*s) && !s[strspn(s, WORD_CHARACTERS)];
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

/* libpcap judges it where objects are opened: it is loaded for nothing else. */
static int read_expr(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	(void)at;
	(void)e;
	((struct filter_reading *)object)->filter->expr = xstrdup(value);
	return 0;
}

#define VALUES(called, are, says)                                                    \
	{                                                                            \
		.name = (called), .repeats = true, .allowed = (are), .help = (says), \
		.read = match_read_values                                            \
	}
#define ACTION                                                                    \
	{                                                                         \
		.name = "action", .allowed = "drop, pass, aborted or tx",         \
		.help = "what a match returns; default drop", .read = read_action \
	}

const struct ini_key_spec filter_no_keys[] = { { 0 } };

const struct ini_key_spec filter_ether_keys[] = {
	VALUES("src", ALLOWED_MAC, "source MACs"),
	VALUES("dst", ALLOWED_MAC, "destination MACs"),
	VALUES("addr", ALLOWED_MAC, "MACs, of either"),
	VALUES("type", ALLOWED_TYPE, "EtherTypes"),
	ACTION,
	{ 0 },
};

const struct ini_key_spec filter_ip_keys[] = {
	VALUES("src", ALLOWED_ADDRESS, "source addresses"),
	VALUES("dst", ALLOWED_ADDRESS, "destination addresses"),
	VALUES("addr", ALLOWED_ADDRESS, "addresses, of either"),
	VALUES("proto", ALLOWED_PROTO, "protocols"),
	ACTION,
	{ 0 },
};

const struct ini_key_spec filter_port_keys[] = {
	VALUES("src", ALLOWED_PORT, "source ports"),
	VALUES("dst", ALLOWED_PORT, "destination ports"),
	VALUES("port", ALLOWED_PORT, "ports, of either"),
	VALUES("proto", "udp, tcp", "protocols; default both"),
	ACTION,
	{ 0 },
};

const struct ini_key_spec filter_pcap_keys[] = {
	{ .name = "expr",
	  .required = true,
	  .allowed = "an expression of tcpdump (pcap-filter(7)), as in udp port 53",
	  .help = "what it selects",
	  .read = read_expr },
	ACTION,
	{ 0 },
};

const struct ini_key_spec filter_match_keys[] = {
	{ .name = "FIELD",
	  .takes = match_takes,
	  .repeats = true,
	  .allowed = "a list of its values; ! before one excludes it",
	  .help = "a field of packets as ip.ttl, see xlab help fields; all that are given must "
		  "match",
	  .read = match_read_values },
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
	return key->read == match_read_values;
}
