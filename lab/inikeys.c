// SPDX-License-Identifier: GPL-2.0-or-later
/* Key tables at work: complaints, reading a section, and what nobody knew. The tables stand with
 * what they describe.
 */
#include "lab/inikeys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/inifile.h"
#include "lab/text.h"

#define VALUE_SHOWN 100 /* bytes of a value in a message */

/* How many bytes of @s to show: whole UTF-8 characters. */
static int shown(const char *s)
{
	size_t len = strnlen(s, VALUE_SHOWN);

	while ((s[len] & 0xc0) == 0x80)
		len--;
	return (int)len;
}

static const char *ellipsis(const char *s)
{
	return s[shown(s)] ? "…" : "";
}

/* "[section] key = value", or what of it there is. */
static char *subject_text(const struct ini_where *at)
{
	const struct ini_section *s = at->section;
	const struct ini_key *k = at->key;
	char *FREE_AUTO key = NULL;

	if (k)
		key = text_format("%.*s%s = %.*s%s", shown(k->name), k->name, ellipsis(k->name),
				  shown(k->value), k->value, ellipsis(k->value));
	if (!s)
		return steal_pointer(&key);
	return text_format("[%s%s%.*s%s]%s%s", s->kind, *s->name ? " " : "", shown(s->name),
			   s->name, ellipsis(s->name), key ? " " : "", key ? key : "");
}

/* How many complaints there were of a line that ranges make many sections or keys of, else NULL. */
static unsigned int *times_told(const struct ini_where *at)
{
	const struct ini_section *s = at->section;
	const struct ini_key *k = at->key;

	if (!at->ini || !s || !(s->counted || (k && k->counted)))
		return NULL;
	return &at->ini->told[k ? k->line : s->line];
}

/* No more need be told of it: inifile_sort_errors() says how often it was. */
static bool told_enough(const struct ini_where *at, const struct error *e)
{
	unsigned int *told = times_told(at);

	if (ini_gave_up(e))
		return true;
	return told && *told >= INIFILE_REPEATS_MAX && (*told)++;
}

void ini_tell_rest(const struct ini_where *at, struct error *e)
{
	if (ini_gave_up(e) && at->ini)
		(void)error_add(e, "%s: these are the first %d errors, the rest was not read",
				at->ini->path, INIFILE_ERRORS_MAX);
}

static int add_complaint(const struct ini_where *at, struct error *e, const char *mark,
			 const char *fmt, va_list args, const char *allowed)
{
	char *FREE_AUTO subject = NULL, *FREE_AUTO what = NULL, *FREE_AUTO text = NULL;
	unsigned int *told = times_told(at);

	if (told_enough(at, e))
		return -EINVAL;
	if (told)
		(*told)++;
	subject = subject_text(at);
	what = text_vformat(fmt, args);
	text = text_format("%s%s: %s%s%s", mark, subject ? subject : "lab file", what,
			   allowed ? "; allowed: " : "", allowed ? allowed : "");
	if (at->section)
		(void)error_at(e, at->ini->path, at->key ? at->key->line : at->section->line, "%s",
			       text);
	else
		(void)error_add(e, "%s", text);
	ini_tell_rest(at, e);
	return -EINVAL;
}

int ini_complain(const struct ini_where *at, struct error *e, const char *fmt, ...)
{
	va_list args;
	int err;

	va_start(args, fmt);
	err = add_complaint(at, e, "", fmt, args, NULL);
	va_end(args);
	return err;
}

int ini_refuse(const struct ini_where *at, struct error *e, const char *fmt, ...)
{
	va_list args;
	int err;

	va_start(args, fmt);
	err = add_complaint(at, e, "", fmt, args, at->spec ? at->spec->allowed : NULL);
	va_end(args);
	return err;
}

void ini_warn(const struct ini_where *at, struct error *warnings, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)add_complaint(at, warnings, "warning: ", fmt, args, NULL);
	va_end(args);
}

int ini_unknown(const struct ini_where *at, struct error *e, const char *what, const char *name,
		const char *(*next)(void *cookie, size_t i), void *cookie)
{
	char *FREE_AUTO offer = NULL;

	if (at->ini && at->ini->uncounted)
		return -EINVAL;
	if (told_enough(at, e)) /* the search below is what would take time */
		return -EINVAL;
	offer = text_offer(name, next, cookie);
	return ini_complain(at, e, "there is no %s \"%.*s%s\"%s", what, shown(name), name,
			    ellipsis(name), offer);
}

int ini_misspelt(const struct ini_where *at, struct error *e, const char *what, const char *word,
		 const char *(*next)(void *cookie, size_t i), void *cookie)
{
	char *FREE_AUTO offer = NULL;

	if (told_enough(at, e))
		return -EINVAL;
	offer = text_offer_of(word, next, cookie, at->spec->allowed);
	return ini_complain(at, e, "\"%.*s%s\" is not %s%s", shown(word), word, ellipsis(word),
			    what, offer);
}

const struct ini_key *ini_find_key(const struct ini_section *section, const char *name)
{
	for (size_t i = 0; i < section->n_keys; i++)
		if (!strcmp(section->keys[i].name, name))
			return &section->keys[i];
	return NULL;
}

static bool spec_names(const struct ini_key_spec *spec, const char *name)
{
	size_t len = strlen(spec->name);

	if (spec->takes)
		return spec->takes(name);
	if (spec->name[len - 1] == '.')
		return !strncmp(spec->name, name, len);
	return !strcmp(spec->name, name);
}

const struct ini_key_spec *ini_find_spec(const struct ini_key_spec *keys, const char *name)
{
	for (; keys->name; keys++)
		if (spec_names(keys, name))
			return keys;
	return NULL;
}

static const char *only_name(void *name, size_t i)
{
	return i ? NULL : name;
}

/* A key that no table has, and that may well be meant for this one: it is told as unknown. */
static bool has_misspelt(const struct ini_section *section, const struct ini_key_spec *keys,
			 const char *name)
{
	for (size_t i = 0; i < section->n_keys; i++)
		if (!section->keys[i].used && !ini_find_spec(keys, section->keys[i].name) &&
		    text_nearest(section->keys[i].name, only_name, (void *)name))
			return true;
	return false;
}

static size_t n_specs(const struct ini_key_spec *keys)
{
	size_t n = 0;

	while (keys[n].name)
		n++;
	return n;
}

/* @first: the line where each of the table's keys stood first. */
static int read_key(const struct ini_where *at, const struct ini_key_spec *keys, void *object,
		    int *first, struct error *e)
{
	int *line = &first[at->spec - keys];

	if (*line && !at->spec->repeats)
		return ini_complain(at, e, "the key stands at line %d already, and may stand once",
				    *line);
	*line = at->key->line;
	return at->spec->read(at, at->key->value, object, e);
}

int ini_section_read(const struct inifile *ini, const struct ini_section *section,
		     const struct ini_key_spec *keys, void *object, struct error *e)
{
	struct ini_where at = { .ini = ini, .section = section };
	int *FREE_AUTO first = xcalloc(n_specs(keys), sizeof(*first));
	int err = 0;

	for (size_t i = 0; i < section->n_keys && !ini_gave_up(e); i++) {
		at.key = &section->keys[i];
		at.spec = ini_find_spec(keys, at.key->name);
		if (!at.spec)
			continue;
		section->keys[i].used = true;
		if (read_key(&at, keys, object, first, e))
			err = -EINVAL;
	}
	at.key = NULL;
	for (int i = 0; keys[i].name; i++)
		if (keys[i].required && !first[i])
			err = has_misspelt(section, keys, keys[i].name)
				      ? -EINVAL /* told as an unknown key */
				      : ini_complain(&at, e, "the key %s is missing; allowed: %s",
						     keys[i].name, keys[i].allowed);
	return err;
}

/* The kind, or with @key that key of it. */
static bool is_known(const struct ini_section_spec *const *tables, const char *kind,
		     const char *key)
{
	for (; *tables; tables++)
		if (!strcmp((*tables)->kind, kind) && (!key || ini_find_spec((*tables)->keys, key)))
			return true;
	return false;
}

void ini_mark_broken(struct inifile *ini, const struct ini_section_spec *const *tables)
{
	for (size_t i = 0; i < ini->n_sections; i++) {
		struct ini_section *s = &ini->sections[i];

		if (!is_known(tables, s->kind, NULL))
			ini->broken = true;
		for (size_t j = 0; j < s->n_keys && !s->broken; j++)
			s->broken = !is_known(tables, s->kind, s->keys[j].name);
	}
}

/* The names of which one may be meant, each once; collected for the first that nobody knows. */
struct candidates {
	const struct ini_section_spec *const *tables;
	const char *kind; /* keys of this kind; NULL: the kinds */
	const char **names;
	size_t n;
	char *list; /* "name, about, engine" */
};

static const char *next_candidate(void *cookie, size_t i)
{
	const struct candidates *c = cookie;

	return i < c->n ? c->names[i] : NULL;
}

static void add_candidate(struct candidates *c, const char *name)
{
	const char **added;

	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->names[i], name))
			return;
	added = array_add(&c->names, &c->n, sizeof(*added));
	*added = name;
	text_list_add(&c->list, "%s", name);
}

static void collect_candidates(struct candidates *c)
{
	for (const struct ini_section_spec *const *t = c->tables; *t; t++) {
		if (!c->kind)
			add_candidate(c, (*t)->kind);
		else if (!strcmp((*t)->kind, c->kind))
			for (const struct ini_key_spec *k = (*t)->keys; k->name; k++)
				add_candidate(c, k->name);
	}
}

static void candidates_clear(struct candidates *c)
{
	free(c->names);
	free(c->list);
}

static int report_name(const struct ini_where *at, struct error *e, const char *what,
		       const char *name, struct candidates *c)
{
	char *FREE_AUTO offer = NULL;

	if (told_enough(at, e))
		return -EINVAL;
	if (!c->n)
		collect_candidates(c);
	offer = text_offer_of(name, next_candidate, c, c->list);
	return ini_complain(at, e, "unknown %s%s", what, offer);
}

static int report_unused(struct ini_where at, const struct ini_section_spec *const *tables,
			 struct error *e)
{
	struct candidates keys = { .tables = tables, .kind = at.section->kind };
	int err = 0;

	for (size_t i = 0; i < at.section->n_keys; i++) {
		at.key = &at.section->keys[i];
		if (!at.key->used)
			err = report_name(&at, e, "key", at.key->name, &keys);
	}
	candidates_clear(&keys);
	return err;
}

int ini_report_unknown(const struct inifile *ini, const struct ini_section_spec *const *tables,
		       struct error *e)
{
	struct candidates kinds = { .tables = tables };
	int err = 0;

	for (size_t i = 0; i < ini->n_sections; i++) {
		const struct ini_section *s = &ini->sections[i];
		const struct ini_where at = { .ini = ini, .section = s };

		if (!is_known(tables, s->kind, NULL))
			err = report_name(&at, e, "section", s->kind, &kinds);
		else if (report_unused(at, tables, e))
			err = -EINVAL;
	}
	candidates_clear(&kinds);
	return err;
}

/* The line number behind "path:", 0 if there is none: such lines stay in front. */
static int line_number(const char *text, const char *path)
{
	size_t len = strlen(path);

	return strncmp(text, path, len) != 0 || text[len] != ':'
		       ? 0
		       : (int)strtol(text + len + 1, NULL, 10);
}

#define LINES_MAX 4 /* of one error: what is wrong, and an expression with a caret under it */

struct error_line {
	int number;
	int order; /* qsort is not stable */
	const char *text;
};

static int compare_lines(const void *a, const void *b)
{
	const struct error_line *x = a, *y = b;

	return x->number != y->number ? x->number - y->number : x->order - y->order;
}

/* @text's newlines become ends of lines. */
static size_t cut_lines(char *text, const char *path, struct error_line *lines, size_t max)
{
	size_t n = 0;
	char *rest = text, *line;

	while (n < max && (line = strsep(&rest, "\n"))) {
		/* What is set in belongs to the line above it. */
		int number = *line == ' ' && n ? lines[n - 1].number : line_number(line, path);

		lines[n] = (struct error_line){ number, (int)n, line };
		n++;
	}
	return n;
}

/* What was not told of lines that ranges make many of. */
static void tell_repeats(const struct inifile *ini, struct error *e)
{
	for (int line = 0; ini->told && line <= ini->lines; line++) {
		unsigned int told = ini->told[line];

		ini->told[line] = 0;
		if (told > INIFILE_REPEATS_MAX && !ini_gave_up(e))
			(void)error_at(e, ini->path, line,
				       "and so %u times more in what this line counts",
				       told - INIFILE_REPEATS_MAX);
	}
}

void inifile_sort_errors(const struct inifile *ini, struct error *e)
{
	struct error_line lines[INIFILE_ERRORS_MAX * LINES_MAX];
	char *FREE_AUTO copy = NULL;
	size_t n;
	char *out;

	tell_repeats(ini, e);
	copy = e->text ? xstrdup(e->text) : NULL;
	/* The line that gives up must stay the last. */
	if (!copy || !ini->path || e->lines > INIFILE_ERRORS_MAX)
		return;
	n = cut_lines(copy, ini->path, lines, ARRAY_SIZE(lines));
	qsort(lines, n, sizeof(lines[0]), compare_lines);
	out = e->text;
	for (size_t i = 0; i < n; i++) {
		out = stpcpy(out, lines[i].text);
		if (i + 1 < n)
			*out++ = '\n';
	}
}
