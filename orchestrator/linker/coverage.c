// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counts of many programs added up. A line counts as often as the busiest of its places in a
 * filter, for one that is cut in two by the compiler did not run twice; filters add up. A branch is
 * known by its instruction.
 */
#include "orchestrator/linker/coverage.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/trace.h"

struct covered {
	struct trace trace;
	char **programs; /* one a filter */
	size_t n_programs;
};

struct coverage {
	struct covered *loaded;
	size_t n_loaded;
	char **lacks;
	size_t n_lacks;
};

struct coverage *coverage_new(void)
{
	return xcalloc(1, sizeof(struct coverage));
}

void coverage_free(struct coverage *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_loaded; i++) {
		for (size_t k = 0; k < c->loaded[i].n_programs; k++)
			free(c->loaded[i].programs[k]);
		free(c->loaded[i].programs);
		trace_clear(&c->loaded[i].trace);
	}
	for (size_t i = 0; i < c->n_lacks; i++)
		free(c->lacks[i]);
	free(c->lacks);
	free(c->loaded);
	free(c);
}

void coverage_lacks(struct coverage *c, char *what)
{
	for (size_t i = 0; i < c->n_lacks; i++)
		if (!strcmp(c->lacks[i], what)) {
			free(what);
			return;
		}
	*(char **)array_add(&c->lacks, &c->n_lacks, sizeof(*c->lacks)) = what;
}

const char *coverage_lacking(const struct coverage *c, size_t i)
{
	return i < c->n_lacks ? c->lacks[i] : NULL;
}

static char *lack_of(const struct link_input *p, enum trace_level level)
{
	if (!p->code->n_lines)
		return text_format("filter %s is not covered: its object was compiled without -g",
				   p->name);
	if (level == TRACE_VERDICTS)
		return text_format("filter %s is not covered: counting its lines is too much for "
				   "the kernel",
				   p->name);
	if (level == TRACE_LINES)
		return text_format("filter %s is covered without branches: counting them is too "
				   "much for the kernel",
				   p->name);
	return NULL;
}

static void note_lacks(struct coverage *c, const struct trace *t, const struct linker *linker)
{
	for (size_t i = 0; i < linker->n_filters; i++) {
		const struct link_input *p = &linker->filters[i];
		char *lack = p->traced ? lack_of(p, t->level) : NULL;

		if (lack)
			coverage_lacks(c, lack);
	}
	if (t->uncounted)
		coverage_lacks(c,
			       text_format("%zu places %s filter %s are not counted: there is no "
					   "register and no stack for it",
					   t->uncounted,
					   linker->alone ? "of" : "in the chain that ends in",
					   linker->filters[linker->n_filters - 1].name));
}

void coverage_add(struct coverage *c, struct trace *trace, const struct linker *linker,
		  const char *const *programs)
{
	struct covered *new = array_add(&c->loaded, &c->n_loaded, sizeof(*new));

	note_lacks(c, trace, linker);
	new->trace = *trace;
	*trace = (struct trace)TRACE_NONE;
	/* What is mapped stays, and there may be thousands. */
	cleanup_fd(&new->trace.fd);
	for (size_t i = 0; i < linker->n_filters; i++)
		*(char **)array_add(&new->programs, &new->n_programs, sizeof(*new->programs)) =
			xstrdup(programs[i]);
}

/* A point with all that it is sorted by. */
struct counted {
	const struct trace_point *point;
	const char *program;
	size_t loaded; /* in which of those that were loaded */
	uint64_t times;
};

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* By file and line, lines before branches; then what is one and the same together. */
static int by_place(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;
	int order = strcmp(x->point->file, y->point->file);

	order = order ? order : compare(x->point->line, y->point->line);
	order = order ? order : compare(x->point->kind != POINT_LINE, y->point->kind != POINT_LINE);
	if (!order && x->point->kind == POINT_LINE) {
		order = compare(x->loaded, y->loaded);
		return order ? order : compare(x->point->filter, y->point->filter);
	}
	order = order ? order : strcmp(x->program, y->program);
	order = order ? order : compare(x->point->insn, y->point->insn);
	return order ? order : compare(x->point->kind, y->point->kind);
}

static struct counted *collect(const struct coverage *c, size_t *n)
{
	struct counted *all = NULL;

	*n = 0;
	for (size_t i = 0; i < c->n_loaded; i++) {
		const struct covered *l = &c->loaded[i];

		for (size_t k = 0; k < l->trace.n; k++)
			*(struct counted *)array_add(&all, n, sizeof(*all)) = (struct counted){
				.point = &l->trace.points[k],
				.program = l->programs[l->trace.points[k].filter],
				.loaded = i,
				.times = __atomic_load_n(&l->trace.cells->counts[k],
							 __ATOMIC_RELAXED),
			};
	}
	if (*n)
		qsort(all, *n, sizeof(*all), by_place);
	return all;
}

struct totals {
	size_t found, hit;
};

static void total(struct totals *t, uint64_t times)
{
	t->found++;
	t->hit += times > 0;
}

static bool is_of_line(const struct counted *c, const struct counted *first)
{
	return c->point->kind == POINT_LINE && c->point->line == first->point->line;
}

/* How often the line ran that begins at @i; *@i is behind it then. */
static uint64_t times_of_line(const struct counted *all, size_t to, size_t *i)
{
	const struct counted *first = &all[*i];
	uint64_t times = 0;

	while (*i < to && is_of_line(&all[*i], first)) {
		size_t loaded = all[*i].loaded, filter = all[*i].point->filter;
		uint64_t most = 0;

		for (; *i < to && is_of_line(&all[*i], first) && all[*i].loaded == loaded &&
		       all[*i].point->filter == filter;
		     (*i)++)
			if (all[*i].times > most)
				most = all[*i].times;
		times += most;
	}
	return times;
}

static bool is_same_branch(const struct counted *a, const struct counted *b)
{
	return a->point->kind != POINT_LINE && b->point->kind != POINT_LINE &&
	       a->point->line == b->point->line && a->point->insn == b->point->insn &&
	       !strcmp(a->program, b->program);
}

/* The branch that begins at @i, @number of its line: both of its ways. */
static void write_branch(const struct counted *all, size_t to, size_t *i, size_t number,
			 struct totals *t, FILE *out)
{
	const struct counted *first = &all[*i];
	uint64_t stayed = 0, jumped = 0;

	for (; *i < to && is_same_branch(first, &all[*i]); (*i)++)
		*(all[*i].point->kind == POINT_STAYED ? &stayed : &jumped) += all[*i].times;
	if (stayed || jumped)
		(void)fprintf(out, "BRDA:%u,%zu,0,%" PRIu64 "\nBRDA:%u,%zu,1,%" PRIu64 "\n",
			      first->point->line, number, stayed, first->point->line, number,
			      jumped);
	else
		(void)fprintf(out, "BRDA:%u,%zu,0,-\nBRDA:%u,%zu,1,-\n", first->point->line, number,
			      first->point->line, number);
	total(t, stayed);
	total(t, jumped);
}

/* Does the function that begins at @b begin at @a, too? */
static bool is_same_function(const struct counted *a, const struct counted *b)
{
	return a->point->function && a->point->line == b->point->line &&
	       !strcmp(a->point->function, b->point->function);
}

/* One may begin in several programs, and several on the same line. */
static void write_functions(const struct counted *all, size_t from, size_t to, FILE *out)
{
	struct totals t = { 0 };

	for (size_t i = from; i < to; i++) {
		uint64_t times = 0;
		size_t first = from;

		if (!all[i].point->function)
			continue;
		while (!is_same_function(&all[first], &all[i]))
			first++;
		if (first < i)
			continue;
		for (size_t k = i; k < to; k++)
			times += is_same_function(&all[k], &all[i]) ? all[k].times : 0;
		(void)fprintf(out, "FN:%u,%s\nFNDA:%" PRIu64 ",%s\n", all[i].point->line,
			      all[i].point->function, times, all[i].point->function);
		total(&t, times);
	}
	(void)fprintf(out, "FNF:%zu\nFNH:%zu\n", t.found, t.hit);
}

/* @from to @to are all of one file. */
static void write_file(const struct counted *all, size_t from, size_t to, const char *test,
		       FILE *out)
{
	const char *file = all[from].point->file;
	char *FREE_AUTO whole = realpath(file, NULL);
	struct totals lines = { 0 }, branches = { 0 };
	char *FREE_AUTO text = NULL;
	size_t size;
	FILE *counts = xopen_memstream(&text, &size);

	(void)fprintf(out, "TN:%s\nSF:%s\n", test, whole ? whole : file);
	write_functions(all, from, to, out);
	for (size_t i = from; i < to;) {
		unsigned int line = all[i].point->line;

		/* Else there was no room to count it: of the line no more is known. */
		if (all[i].point->kind == POINT_LINE) {
			uint64_t times = times_of_line(all, to, &i);

			(void)fprintf(counts, "DA:%u,%" PRIu64 "\n", line, times);
			total(&lines, times);
		}
		for (size_t number = 0;
		     i < to && all[i].point->kind != POINT_LINE && all[i].point->line == line;
		     number++)
			write_branch(all, to, &i, number, &branches, out);
	}
	xclose_memstream(counts);
	(void)fprintf(out, "BRF:%zu\nBRH:%zu\n%sLF:%zu\nLH:%zu\nend_of_record\n", branches.found,
		      branches.hit, text, lines.found, lines.hit);
}

void coverage_write(const struct coverage *c, const char *name, FILE *out)
{
	size_t n = 0;
	struct counted *FREE_AUTO all = collect(c, &n);

	for (size_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && !strcmp(all[to].point->file, all[from].point->file);)
			to++;
		write_file(all, from, to, name, out);
	}
}
