/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "orchestrator/model/filter.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/inikeys.h"
#include "orchestrator/model/filter_keys.h"
#include "orchestrator/model/labfile_values.h"

/* [filter F]: the table of programs, and what the whole section must be. */

struct program {
	const char *name;
	const char *help;
	const struct ini_key_spec *keys;
	bool matches;	 /* has keys that a packet must match */
	uint32_t action; /* unless the key says another */
};

static const struct program programs[] = {
	[PROGRAM_HELLO] = { "hello", "counts, shows `received a packet`, goes on", filter_no_keys,
			    false, XDP_PASS },
	[PROGRAM_HEADERS] = { "headers", "shows the headers of each packet, goes on",
			      filter_no_keys, false, XDP_PASS },
	[PROGRAM_ETHER] = { "ether", "matches the Ethernet header", filter_ether_keys, true,
			    XDP_DROP },
	[PROGRAM_IP] = { "ip", "matches the IPv4 or IPv6 header", filter_ip_keys, true, XDP_DROP },
	[PROGRAM_PORT] = { "port", "matches the UDP or TCP header", filter_port_keys, true,
			   XDP_DROP },
	[PROGRAM_PASS] = { "pass", "passes every packet", filter_no_keys, false, XDP_PASS },
	[PROGRAM_DROP] = { "drop", "drops every packet", filter_no_keys, false, XDP_DROP },
	[PROGRAM_ABORTED] = { "aborted", "aborts every packet", filter_no_keys, false,
			      XDP_ABORTED },
	[PROGRAM_TX] = { "tx", "sends every packet back", filter_no_keys, false, XDP_TX },
	[PROGRAM_REDIRECT] = { "redirect", "sends every packet out of another interface",
			       filter_redirect_keys, false, XDP_REDIRECT },
	[PROGRAM_UNCHECKED] = { "unchecked",
				"reads the Ethernet header without a bounds check: the verifier "
				"refuses it",
				filter_no_keys, false, XDP_PASS },
	[PROGRAM_OBJECT] = { "object", "an XDP program of yours", filter_object_keys, false,
			     XDP_PASS },
};

const char *program_name(enum program_kind kind)
{
	return programs[kind].name;
}

const char *program_help(enum program_kind kind)
{
	return programs[kind].help;
}

const struct ini_key_spec *program_keys(enum program_kind kind)
{
	return programs[kind].keys;
}

static const char *next_builtin(void *cookie, size_t i)
{
	(void)cookie;
	return i < PROGRAM_OBJECT ? programs[i].name : NULL;
}

static int unknown_program(const struct ini_where *at, const char *value, struct error *e)
{
	const char *nearest = text_nearest(value, next_builtin, NULL);
	char *FREE_AUTO list = NULL;

	for (int i = 0; i < PROGRAM_OBJECT; i++)
		text_list_add(&list, "%s", programs[i].name);
	return ini_complain(at, e,
			    "there is no such program%s%s%s (allowed: %s; or "
			    "path/to/object.bpf.o[:function])",
			    nearest ? "; did you mean \"" : "", nearest ? nearest : "",
			    nearest ? "\"?" : "", list);
}

/* "path/to/object.bpf.o[:function]": what is no built-in and looks like a path. */
static void read_object(const struct ini_where *at, const char *value, struct filter *f)
{
	const char *colon = strrchr(value, ':');
	size_t len = strlen(value);

	if (colon && colon > value && filter_is_identifier(colon + 1)) {
		len = (size_t)(colon - value);
		f->function = xstrdup(colon + 1);
	}
	f->program = PROGRAM_OBJECT;
	f->object = value[0] == '/' ? xstrndup(value, len)
				    : text_format("%s/%.*s", at->ini->dir, (int)len, value);
}

static int read_program(const struct ini_where *at, struct filter *f, struct error *e)
{
	const char *value = at->key->value;

	for (int kind = 0; kind < PROGRAM_OBJECT; kind++) {
		if (strcmp(programs[kind].name, value) != 0)
			continue;
		f->program = (enum program_kind)kind;
		f->action = programs[kind].action;
		return 0;
	}
	if (!strpbrk(value, "./"))
		return unknown_program(at, value, e);
	read_object(at, value, f);
	f->action = programs[PROGRAM_OBJECT].action;
	return 0;
}

static int read_to(const struct labfile *labfile, const struct ini_where *at, struct filter *f,
		   struct error *e)
{
	const char *rest = at->key->value;
	int err = labfile_read_iface(at, &rest, labfile, &f->redirect_to, e);

	if (!err && *rest)
		return ini_refuse(at, e, "\"%s\" is too much", rest);
	return err;
}

/* Add "src, dst, type, action": the names in a table, or those of them that say what to match. */
static void list_keys(char **list, const struct ini_key_spec *keys, bool matching)
{
	for (; keys->name; keys++)
		if (!matching || filter_key_matches(keys))
			text_list_add(list, "%s%s", keys->name,
				      keys->name[strlen(keys->name) - 1] == '.' ? "NAME" : "");
}

/* Candidates for text_nearest(): the keys that a filter of this program may have. */
static const char *next_key(void *program, size_t i)
{
	const struct program *p = program;

	for (const struct ini_key_spec *k = p->keys; k->name; k++)
		if (i-- == 0)
			return k->name;
	for (const struct ini_key_spec *k = filter_common_keys; k->name; k++)
		if (i-- == 0)
			return k->name;
	return NULL;
}

static int foreign_key(const struct ini_where *at, const struct program *p, struct error *e)
{
	bool object = p == &programs[PROGRAM_OBJECT];
	char *FREE_AUTO who = text_format("%s%s", object ? "an object of yours" : "program ",
					  object ? "" : p->name);
	const char *near = text_nearest(at->key->name, next_key, (void *)p);
	char *FREE_AUTO all = NULL;

	list_keys(&all, p->keys, false);
	list_keys(&all, filter_common_keys, false);
	if (near)
		return ini_complain(at, e,
				    "%s has no key %.32s; did you mean \"%s\"? (allowed: %s)", who,
				    at->key->name, near, all);
	return ini_complain(at, e, "%s has no key %.32s; allowed: %s", who, at->key->name, all);
}

static bool report_foreign_keys(const struct ini_where *filter, const struct program *p,
				struct error *e)
{
	struct ini_where at = *filter;
	bool any = false;

	for (size_t i = 0; i < at.section->n_keys; i++) {
		at.key = &at.section->keys[i];
		if (at.key->used)
			continue;
		at.section->keys[i].used = true;
		(void)foreign_key(&at, p, e);
		any = true;
	}
	return any;
}

/* A filter without a program that we know: its other keys cannot be judged. */
static void excuse_keys(const struct ini_section *section)
{
	for (size_t i = 0; i < section->n_keys; i++)
		for (int kind = 0; kind <= PROGRAM_OBJECT; kind++)
			for (const struct ini_key_spec *k = programs[kind].keys; k->name; k++)
				if (!strncmp(k->name, section->keys[i].name, strlen(k->name)))
					section->keys[i].used = true;
}

/* A matching program with nothing to match would match everything. */
static void check_match(const struct ini_where *at, const struct program *p, struct error *e)
{
	char *FREE_AUTO own = NULL;

	if (!p->matches)
		return;
	for (const struct ini_key_spec *k = p->keys; k->name; k++)
		if (filter_key_matches(k) && ini_find_key(at->section, k->name))
			return;
	list_keys(&own, p->keys, true);
	(void)ini_complain(at, e, "program %s has nothing to match: give it at least one of %s",
			   p->name, own);
}

/* A built-in that needs no key stands in chains under its own name, and nothing else shall. */
static void check_name(const struct ini_where *at, const struct filter *f, struct error *e)
{
	for (int kind = 0; kind < PROGRAM_OBJECT; kind++)
		if (!programs[kind].keys->name && !strcmp(programs[kind].name, f->name) &&
		    f->program != (enum program_kind)kind)
			(void)ini_complain(at, e,
					   "%s is the name of a built-in filter, and this one has "
					   "another program: give it a name of its own",
					   f->name);
}

void filter_read(struct labfile_reading *r, const struct ini_section *section, struct error *e)
{
	struct filter *f = &r->labfile->filters[r->current];
	const struct ini_where whole = { &r->labfile->ini, section, NULL, NULL };
	struct ini_where at = whole;

	(void)ini_section_read(at.ini, section, filter_common_keys, f, e);
	at.key = ini_find_key(section, "program");
	at.spec = &filter_common_keys[0];
	if (!at.key || read_program(&at, f, e)) {
		excuse_keys(section);
		return;
	}
	check_name(&at, f, e);
	(void)ini_section_read(at.ini, section, programs[f->program].keys, f, e);
	at.key = ini_find_key(section, "to");
	at.spec = &filter_redirect_keys[0];
	if (at.key && f->program == PROGRAM_REDIRECT)
		(void)read_to(r->labfile, &at, f, e);
	if (!report_foreign_keys(&whole, &programs[f->program], e) && !section->broken)
		check_match(&whole, &programs[f->program], e);
}

static const char *next_matching(void *program, size_t i)
{
	const struct program *p = program;

	for (const struct ini_key_spec *k = p->keys; k->name; k++)
		if (filter_key_matches(k) && i-- == 0)
			return k->name;
	return NULL;
}

static int no_rules(const struct filter *filter, const struct program *p, const char *key,
		    struct error *e)
{
	char *FREE_AUTO own = NULL;
	const char *near = p->matches ? text_nearest(key, next_matching, (void *)p) : NULL;

	if (!p->matches)
		return error_add(e, "filter %s (program %s) has no rules", filter->name, p->name);
	list_keys(&own, p->keys, true);
	if (near)
		return error_add(e,
				 "filter %s (program %s) has no rules of %s; did you mean \"%s\"? "
				 "(allowed: %s)",
				 filter->name, p->name, key, near, own);
	return error_add(e, "filter %s (program %s) has no rules of %s; allowed: %s", filter->name,
			 p->name, key, own);
}

int filter_read_key(struct filter *filter, const struct labfile *labfile, const char *key,
		    const char *value, struct error *e)
{
	const struct program *p = &programs[filter->program];

	(void)labfile;
	for (const struct ini_key_spec *k = p->keys; p->matches && k->name; k++) {
		struct ini_key pair = { .name = (char *)k->name, .value = (char *)value };
		const struct ini_where at = { .key = &pair, .spec = k };

		if (strcmp(k->name, key) != 0 || !filter_key_matches(k))
			continue;
		return k->read(&at, value, filter, e);
	}
	return no_rules(filter, p, key, e);
}

struct filter *filter_add(struct labfile *labfile, const char *name, int line)
{
	struct filter *f = array_add(&labfile->filters, &labfile->n_filters, sizeof(*f));

	*f = (struct filter){
		.name = xstrdup(name),
		.continues = UINT32_C(1) << XDP_PASS,
		.redirect_to = NONE,
		.line = line,
	};
	(void)names_add(&labfile->filter_names, name, labfile->n_filters - 1, NULL);
	return f;
}

void filter_add_builtins(struct labfile *labfile)
{
	for (int kind = 0; kind < PROGRAM_OBJECT; kind++) {
		const struct program *p = &programs[kind];
		struct filter *f;

		if (p->keys->name || labfile_filter(labfile, p->name) != NONE)
			continue;
		f = filter_add(labfile, p->name, 0);
		f->program = (enum program_kind)kind;
		f->action = p->action;
	}
}

const struct ini_section_spec filter_table = {
	.kind = "filter",
	.argument = "FILTER",
	.help = "an XDP program and what it matches",
	.keys = filter_common_keys,
};

#define PROGRAM_TABLE(program, own)                                                            \
	{                                                                                      \
		.kind = "filter", .argument = "FILTER", .help = "with " program, .keys = (own) \
	}

const struct ini_section_spec program_tables[PROGRAM_TABLES] = {
	PROGRAM_TABLE("program = ether", filter_ether_keys),
	PROGRAM_TABLE("program = ip", filter_ip_keys),
	PROGRAM_TABLE("program = port", filter_port_keys),
	PROGRAM_TABLE("program = redirect", filter_redirect_keys),
	PROGRAM_TABLE("an object of yours", filter_object_keys),
};
