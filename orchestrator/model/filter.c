// SPDX-License-Identifier: GPL-2.0-or-later
/* [filter F]: its program, whose keys it may have, and what the whole section must be. What the
 * keys of each program are, filter_keys.c says.
 */
#include "orchestrator/model/filter.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/field.h"
#include "orchestrator/model/filter_keys.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/program.h"

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

	if (colon && filter_is_identifier(colon + 1)) {
		len = (size_t)(colon - value);
		f->function = xstrdup(colon + 1);
	}
	f->object = value[0] == '/' ? xstrndup(value, len)
				    : text_format("%s/%.*s", at->ini->dir, (int)len, value);
}

static int read_program(const struct ini_where *at, const char *value, void *object,
			struct error *e)
{
	struct filter_reading *r = object;
	struct filter *f = r->filter;
	int kind = 0;

	while (kind < PROGRAM_OBJECT && strcmp(programs[kind].name, value) != 0)
		kind++;
	if (kind == PROGRAM_OBJECT && !strpbrk(value, "./"))
		return unknown_program(at, value, e);
	if (kind == PROGRAM_OBJECT)
		read_object(at, value, f);
	f->program = (enum program_kind)kind;
	f->action = programs[kind].action;
	program_give_keys(f);
	r->program = &programs[kind];
	return 0;
}

static const struct ini_key_spec common_keys[] = {
	{ .name = "program",
	  .required = true,
	  .allowed = "a built-in program or path/to/object.bpf.o[:function]",
	  .help = "which program; a path is relative to the lab file",
	  .read = read_program },
	{ .name = "continue",
	  .allowed = "a list of aborted, drop, pass, tx, redirect; or none",
	  .help = "the actions after which the chain goes on; default none, of an object pass",
	  .read = filter_read_continue },
	{ 0 },
};

const struct ini_section_spec filter_table = {
	.kind = "filter",
	.argument = "FILTER",
	.help = "an XDP program and what it matches",
	.keys = common_keys,
};

/* Add "src, dst, type, action": the names in a table, or those of them that say what to match. */
static void list_keys(char **list, const struct ini_key_spec *keys, bool matching)
{
	for (; keys->name; keys++)
		if (!matching || filter_key_matches(keys))
			text_list_add(list, "%s%s%s", keys->name,
				      keys->name[strlen(keys->name) - 1] == '.' ? "NAME" : "",
				      keys->takes ? " (xlab help fields)" : "");
}

/* Its keys are the fields of packets. */
static bool takes_fields(const struct program *p)
{
	return p->section.keys->name && p->section.keys->takes;
}

/* Candidates for text_nearest(): the keys that a filter of this program may have. */
static const char *next_key(void *program, size_t i)
{
	const struct program *p = program;

	for (const struct ini_key_spec *k = p->section.keys; k->name; k++)
		if (!k->takes && i-- == 0)
			return k->name;
	for (const struct ini_key_spec *k = common_keys; k->name; k++)
		if (i-- == 0)
			return k->name;
	return takes_fields(p) ? field_next(NULL, i) : NULL;
}

/* "eth.src, ip.src, ipv6.src" of "src"; NULL: no field's name ends in that. */
static char *fields_ending_in(const char *name)
{
	char *list = NULL;
	const char *field;

	for (size_t i = 0; (field = field_next(NULL, i)); i++) {
		const char *first = strchr(field, '.'), *last = strrchr(field, '.');

		if (first && (!strcmp(first + 1, name) || !strcmp(last + 1, name)))
			text_list_add(&list, "%s", field);
	}
	return list;
}

static int foreign_key(const struct ini_where *at, const struct program *p, struct error *e)
{
	bool object = p == &programs[PROGRAM_OBJECT];
	char *FREE_AUTO who = text_format("%s%s", object ? "an object of yours" : "program ",
					  object ? "" : p->name);
	char *FREE_AUTO all = NULL, *FREE_AUTO offer = NULL;
	char *FREE_AUTO meant = takes_fields(p) ? fields_ending_in(at->key->name) : NULL;

	if (meant)
		return ini_complain(at, e, "%s has no key %s; fields of that name: %s", who,
				    at->key->name, meant);
	if (field_find(at->key->name) != XLAB_FIELDS)
		return ini_complain(at, e, "%s has no key %s: program = match has", who,
				    at->key->name);
	list_keys(&all, p->section.keys, false);
	list_keys(&all, common_keys, false);
	offer = text_offer_of(at->key->name, next_key, (void *)p, all);
	return ini_complain(at, e, "%s has no key %.32s%s", who, at->key->name, offer);
}

static int report_foreign_keys(const struct ini_where *filter, const struct program *p,
			       struct error *e)
{
	struct ini_where at = *filter;
	int err = 0;

	for (size_t i = 0; i < at.section->n_keys; i++) {
		at.key = &at.section->keys[i];
		if (at.key->used)
			continue;
		at.section->keys[i].used = true;
		err = foreign_key(&at, p, e);
	}
	return err;
}

/* A filter without a program that we know: its other keys cannot be judged. */
static void excuse_keys(const struct ini_section *section)
{
	for (size_t i = 0; i < section->n_keys; i++)
		for (int kind = 0; kind <= PROGRAM_OBJECT; kind++)
			if (ini_find_spec(programs[kind].section.keys, section->keys[i].name))
				section->keys[i].used = true;
}

/* A matching program with nothing to match would match everything. */
static int check_match(const struct ini_where *at, const struct program *p, struct error *e)
{
	char *FREE_AUTO own = NULL;

	if (!program_matches(p))
		return 0;
	for (size_t i = 0; i < at->section->n_keys; i++) {
		const struct ini_key_spec *k =
			ini_find_spec(p->section.keys, at->section->keys[i].name);

		if (k && filter_key_matches(k))
			return 0;
	}
	list_keys(&own, p->section.keys, true);
	return ini_complain(at, e, "program %s has nothing to match: give it at least one of %s",
			    p->name, own);
}

/* A built-in that needs no key stands in chains under its own name, and nothing else shall. */
static int check_name(struct ini_where at, const struct filter *f, struct error *e)
{
	at.key = ini_find_key(at.section, "program");
	for (int kind = 0; kind < PROGRAM_OBJECT; kind++)
		if (!programs[kind].section.keys->name && !strcmp(programs[kind].name, f->name) &&
		    f->program != (enum program_kind)kind)
			return ini_complain(&at, e,
					    "%s is the name of a built-in filter, and this one has "
					    "another program: give it a name of its own",
					    f->name);
	return 0;
}

int filter_read(struct labfile_reading *r, const struct ini_section *section, struct error *e)
{
	struct filter *f = &r->labfile->filters[r->current];
	struct filter_reading reading = { .labfile = r->labfile, .filter = f };
	struct ini_where at = { .ini = &r->labfile->ini, .section = section };
	const struct program *p;
	int err;

	if (!ini_find_key(section, "program"))
		excuse_keys(section); /* none of them is meant for it */
	err = ini_section_read(at.ini, section, common_keys, &reading, e);
	p = reading.program;
	if (!ini_find_key(section, "continue"))
		f->continues = program_continues(f->program);
	if (!p) {
		excuse_keys(section);
		return err;
	}
	if (check_name(at, f, e))
		err = -EINVAL;
	if (ini_section_read(at.ini, section, p->section.keys, &reading, e))
		err = -EINVAL;
	if (report_foreign_keys(&at, p, e))
		return -EINVAL;
	return !section->broken && check_match(&at, p, e) ? -EINVAL : err;
}

static const char *next_matching(void *program, size_t i)
{
	const struct program *p = program;

	for (const struct ini_key_spec *k = p->section.keys; k->name; k++)
		if (filter_key_matches(k) && i-- == 0)
			return k->name;
	return NULL;
}

static int no_rules(const struct filter *filter, const struct program *p, const char *key,
		    struct error *e)
{
	char *FREE_AUTO own = NULL, *FREE_AUTO offer = NULL;

	if (!program_matches(p))
		return error_add(e, "filter %s (program %s) has no rules", filter->name, p->name);
	list_keys(&own, p->section.keys, true);
	offer = text_offer_of(key, next_matching, (void *)p, own);
	return error_add(e, "filter %s (program %s) has no rules of %s%s", filter->name, p->name,
			 key, offer);
}

static int read_key(struct filter *filter, const struct labfile *labfile, const char *key,
		    const char *value, struct error *e)
{
	const struct program *p = &programs[filter->program];
	struct filter_reading reading = { .labfile = labfile, .filter = filter, .program = p };
	struct ini_key pair = { .name = (char *)key, .value = (char *)value };
	struct ini_where at = { .key = &pair };

	if (!program_matches(p))
		return no_rules(filter, p, key, e);
	/* Of what is no field its reader tells, too. */
	at.spec = takes_fields(p) ? p->section.keys : ini_find_spec(p->section.keys, key);
	if (!at.spec || !filter_key_matches(at.spec))
		return no_rules(filter, p, key, e);
	return at.spec->read(&at, value, &reading, e);
}

int filter_read_rule(struct filter *filter, const struct labfile *labfile, const char *text,
		     struct error *e)
{
	size_t len = strcspn(text, "=");
	char key[NAME_MAX_LEN + 1] = "";

	if (text[len] != '=' || len == 0 || len >= sizeof(key))
		return error_add(e, "rule %s: write KEY=VALUE, as in dst=9999", text);
	memcpy(key, text, len);
	return read_key(filter, labfile, key, text + len + 1, e);
}

struct filter *filter_add(struct labfile *labfile, const char *name, int line)
{
	struct filter *f = array_add(&labfile->filters, &labfile->n_filters, sizeof(*f));

	*f = (struct filter){
		.name = xstrdup(name),
		.continues = FILTER_CONTINUES_NONE,
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

		if (p->section.keys->name || labfile_filter(labfile, p->name) != NONE)
			continue;
		f = filter_add(labfile, p->name, 0);
		f->program = (enum program_kind)kind;
		f->action = p->action;
	}
}
