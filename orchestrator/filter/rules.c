// SPDX-License-Identifier: GPL-2.0-or-later
/* `xlab filter F list, add, del`: rules of a filter that is there, in words. Writing them is
 * rule_maps.c's.
 */
#include "orchestrator/filter/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/filter_maps.h"
#include "orchestrator/filter/rule_maps.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/filter.h"
#include "orchestrator/model/rule.h"

struct live {
	const struct lab *lab;
	size_t filter;
};

static int live_map(void *cookie, const char *name, int *fd, struct error *e)
{
	const struct live *of = cookie;

	return filter_maps_open(of->lab, of->filter, name, fd, e);
}

static int open_live(struct rule_maps *maps, const struct lab *lab, size_t filter, struct error *e)
{
	const struct filter *f = &lab->labfile.filters[filter];
	struct live live = { lab, filter };

	if (rule_maps_open(maps, f, live_map, &live, e))
		return error_wrap(e, "filter %s", f->name);
	return 0;
}

/* All of them into the list of an empty filter, which finds what is named twice. */
static int read_rules(const struct lab *lab, const struct filter *f, char *const *texts,
		      struct filter *read, struct error *e)
{
	int err = 0, one;

	*read = (struct filter){ .name = f->name,
				 .program = f->program,
				 .keys = f->keys,
				 .n_keys = f->n_keys,
				 .redirect_to = SIZE_MAX };
	for (; *texts; texts++) {
		one = filter_read_rule(read, &lab->labfile, *texts, e);
		err = one ? one : err;
	}
	return err;
}

struct rows {
	const struct rule_maps *maps;
	struct rule_row *rows;
	size_t n;
};

static int collect_row(void *cookie, const struct rule *rule, uint32_t number)
{
	struct rows *r = cookie;

	*(struct rule_row *)array_add(&r->rows, &r->n, sizeof(*r->rows)) =
		(struct rule_row){ rule_text(r->maps->keys, rule),
				   rule_maps_hits(r->maps, number) };
	return 0;
}

void rules_free(struct rule_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(rows[i].rule);
	free(rows);
}

int rules_list(const struct lab *lab, size_t filter, struct rule_row **rows, size_t *n,
	       struct error *e)
{
	struct rule_maps RULE_MAPS_AUTO maps = RULE_MAPS_NONE;
	struct rows r = { .maps = &maps };
	int err = open_live(&maps, lab, filter, e);

	if (err)
		return err;
	(void)rule_maps_each(&maps, collect_row, &r);
	*rows = r.rows;
	*n = r.n;
	return 0;
}

struct rules_watch {
	struct rule_maps maps;
	struct rows rows;
	uint32_t *numbers;
	size_t n_numbers;
};

static int collect_number(void *cookie, const struct rule *rule, uint32_t number)
{
	struct rules_watch *w = cookie;

	*(uint32_t *)array_add(&w->numbers, &w->n_numbers, sizeof(*w->numbers)) = number;
	return collect_row(&w->rows, rule, number);
}

int rules_watch_open(const struct lab *lab, size_t filter, struct rules_watch **watch,
		     struct error *e)
{
	struct rules_watch *w = xcalloc(1, sizeof(*w));
	int err;

	w->rows.maps = &w->maps;
	err = open_live(&w->maps, lab, filter, e);
	if (err) {
		rules_watch_close(w);
		return err;
	}
	(void)rule_maps_each(&w->maps, collect_number, w);
	*watch = w;
	return 0;
}

void rules_watch_close(struct rules_watch *watch)
{
	if (!watch)
		return;
	rules_free(watch->rows.rows, watch->rows.n);
	free(watch->numbers);
	rule_maps_close(&watch->maps);
	free(watch);
}

size_t rules_watch_next(struct rules_watch *watch, size_t from)
{
	for (size_t i = from; i < watch->rows.n; i++) {
		uint64_t hits = rule_maps_hits(&watch->maps, watch->numbers[i]);
		uint64_t before = watch->rows.rows[i].hits;

		watch->rows.rows[i].hits = hits;
		if (hits != before)
			return i;
	}
	return watch->rows.n;
}

const struct rule_row *rules_watch_rows(const struct rules_watch *watch, size_t *n)
{
	*n = watch->rows.n;
	return watch->rows.rows;
}

static const char *row_text(void *cookie, size_t i)
{
	const struct rows *r = cookie;

	return i < r->n ? r->rows[i].rule : NULL;
}

static int not_there(struct rule_maps *maps, const struct filter *f, const char *text,
		     struct error *e)
{
	struct rows r = { .maps = maps };
	const char *near;

	rule_maps_each(maps, collect_row, &r);
	near = text_nearest(text, row_text, &r);
	error_input(e, "filter %s has no rule %s%s%s%s; see xlab filter %s list", f->name, text,
		    near ? " (did you mean " : "", near ? near : "", near ? "?)" : "", f->name);
	rules_free(r.rows, r.n);
	e->err = -ENOENT;
	return -ENOENT;
}

/* What rule_maps_add() and rule_maps_del() answered, in words. */
static int explain(int err, struct rule_maps *maps, const struct filter *f, const struct rule *rule,
		   struct error *e)
{
	char *FREE_AUTO text = rule_text(f->keys, rule);

	if (!err)
		return 0;
	if (err == -ENOENT)
		return not_there(maps, f, text, e);
	if (err == -EEXIST) {
		error_input(e, "filter %s has the rule %s already", f->name, text);
		return e->err = err;
	}
	if (err == -ENOSPC)
		return error_state(e, err,
				   "filter %s is full, with room for %u rules and about %u ranges: "
				   "delete some, or write %s into the lab file, which makes room "
				   "for twice as many",
				   f->name, maps->capacity - 1,
				   maps->layout.constants[XLAB_SPANS_MAX] / 2, text);
	return error_sys(e, err, "filter %s: rule %s", f->name, text);
}

typedef int rule_change(struct rule_maps *maps, const struct rule *rules, size_t n);

/* What is wrong with a rule shows before the first one is changed, except that there is no room. */
static int check_rules(struct rule_maps *maps, const struct filter *f, const struct filter *read,
		       bool there, struct error *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < read->n_rules; i++)
		if (rule_maps_has(maps, &read->rules[i]) != there)
			err = explain(there ? -ENOENT : -EEXIST, maps, f, &read->rules[i], e);
	return err;
}

static int change(const struct lab *lab, size_t filter, char *const *texts, bool add,
		  struct error *e)
{
	const struct filter *f = &lab->labfile.filters[filter];
	struct rule_maps RULE_MAPS_AUTO maps = RULE_MAPS_NONE;
	rule_change *fn = add ? rule_maps_add : rule_maps_del;
	struct filter read = { 0 };
	int err = read_rules(lab, f, texts, &read, e);

	if (!err)
		err = open_live(&maps, lab, filter, e);
	if (!err)
		err = check_rules(&maps, f, &read, !add, e);
	if (!err)
		err = explain(fn(&maps, read.rules, read.n_rules), &maps, f,
			      &read.rules[read.n_rules - 1], e);
	free(read.rules);
	names_clear(&read.values);
	return err;
}

int rules_add(const struct lab *lab, size_t filter, char *const *rules, struct error *e)
{
	return change(lab, filter, rules, true, e);
}

int rules_del(const struct lab *lab, size_t filter, char *const *rules, struct error *e)
{
	return change(lab, filter, rules, false, e);
}
