// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules written down before a scenario changes them, and put back. Changing them is rules.c's. */
#include "orchestrator/filter/rules_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/rules.h"
#include "orchestrator/lab.h"

#define RECORD "rules"

/* The lines of the record, each cut from the next; none if there is no record. */
static int read_record(const struct lab *lab, char **text, struct error *e)
{
	int err = state_read(lab->state, RECORD, text, e);

	if (err == -ENOENT) {
		*text = xstrdup("");
		return 0;
	}
	/* A rule that is cut can read as another. */
	if (!err && **text && (*text)[strlen(*text) - 1] != '\n')
		err = error_state(e, -EBADMSG,
				  "the record of the rules that a scenario changed is "
				  "cut: take the lab down and up again");
	return err;
}

/* What follows @key in the line at @line, up to its end; NULL: it is another line. */
static const char *after(const char *line, const char *key, size_t *length)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) != 0)
		return NULL;
	*length = strcspn(line + n, "\n");
	return line + n;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : line;
}

static bool is_kept(const char *record, const char *filter)
{
	const char *name;
	size_t length;

	for (const char *line = record; *line; line = next_line(line)) {
		name = after(line, "filter ", &length);
		if (name && strlen(filter) == length && !strncmp(name, filter, length))
			return true;
	}
	return false;
}

int rules_keep(struct lab *lab, size_t filter, struct error *e)
{
	const char *name = lab->labfile.filters[filter].name;
	struct rule_row *rows = NULL;
	char *FREE_AUTO record = NULL;
	size_t n = 0;
	int err = read_record(lab, &record, e);

	if (err || is_kept(record, name))
		return err;
	err = rules_list(lab, filter, &rows, &n, e);
	if (err)
		return err;
	text_add(&record, "", "filter %s\n", name);
	for (size_t i = 0; i < n; i++)
		text_add(&record, "", "rule %s\n", rows[i].rule);
	rules_free(rows, n);
	return state_write(lab->state, RECORD, record, e);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A list of texts in order, and whether one is in it. */
struct texts {
	char **list; /* ends in NULL */
	size_t n;
};

static void texts_add(struct texts *t, const char *text, size_t length)
{
	t->list = xreallocarray(t->list, t->n + 2, sizeof(*t->list));
	t->list[t->n++] = xstrndup(text, length);
	t->list[t->n] = NULL;
}

static void texts_sort(struct texts *t)
{
	if (t->n)
		qsort(t->list, t->n, sizeof(*t->list), by_text);
}

static bool texts_has(const struct texts *t, const char *text)
{
	return t->n && bsearch(&text, t->list, t->n, sizeof(*t->list), by_text);
}

typedef int change_fn(const struct lab *lab, size_t filter, char *const *rules, struct error *e);

/* Call @change for those of @all that are not in @others. */
static int change_rest(const struct lab *lab, size_t filter, const struct texts *all,
		       const struct texts *others, change_fn *change, struct error *e)
{
	struct texts rest = { 0 };
	int err;

	for (size_t i = 0; i < all->n; i++)
		if (!texts_has(others, all->list[i]))
			texts_add(&rest, all->list[i], strlen(all->list[i]));
	err = rest.n ? change(lab, filter, rest.list, e) : 0;
	cleanup_strings(&rest.list);
	return err;
}

/* Those that are too many first: there may be room for no more. */
static int restore(const struct lab *lab, const char *name, struct texts *kept, struct error *e)
{
	size_t filter = labfile_filter(&lab->labfile, name), n = 0;
	struct rule_row *rows = NULL;
	struct texts now = { 0 };
	int err;

	if (filter == NONE)
		return error_state(e, -EINVAL,
				   "their record names a filter %s, which the lab does not have",
				   name);
	err = rules_list(lab, filter, &rows, &n, e);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		texts_add(&now, rows[i].rule, strlen(rows[i].rule));
	rules_free(rows, n);
	texts_sort(&now);
	texts_sort(kept);
	err = change_rest(lab, filter, &now, kept, rules_del, e);
	if (!err)
		err = change_rest(lab, filter, kept, &now, rules_add, e);
	cleanup_strings(&now.list);
	return err;
}

/* Of one filter, whose line is @line: to the line of the next. */
static const char *restore_at(const struct lab *lab, const char *line, struct error *e)
{
	struct error ERROR_AUTO this = ERROR_INIT;
	struct texts kept = { 0 };
	size_t length;
	const char *name = after(line, "filter ", &length), *rule;
	char *FREE_AUTO filter = name ? xstrndup(name, length) : xstrdup("");

	for (line = next_line(line); (rule = after(line, "rule ", &length)); line = next_line(line))
		texts_add(&kept, rule, length);
	if (restore(lab, filter, &kept, &this)) {
		(void)error_wrap(&this, "cannot put back the rules of filter %s", filter);
		(void)error_join(e, &this);
	}
	cleanup_strings(&kept.list);
	return line;
}

int rules_restore_all(struct lab *lab, struct error *e)
{
	struct error ERROR_AUTO all = ERROR_INIT;
	char *FREE_AUTO path = state_path(lab->state, RECORD);
	char *FREE_AUTO record = NULL;
	int err = read_record(lab, &record, e);

	if (err)
		return err;
	for (const char *line = record; *line;)
		line = restore_at(lab, line, &all);
	if (all.err) {
		error_move(e, &all);
		return e->err;
	}
	/* Left there it would undo what somebody changes later. */
	if (unlink(path) && errno != ENOENT)
		return error_sys(e, -errno, "cannot remove %s", path);
	return 0;
}
