// SPDX-License-Identifier: GPL-2.0-or-later
/* The records of chains, and their files. What is attached in truth is attach_point.c's to ask. */
#include "orchestrator/chain/chain_record.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/enum_names.h"

static void names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

void chain_record_clear(struct chain_record *record)
{
	names_free(record->filters, record->n_filters);
	free(record->why);
	*record = (struct chain_record){ 0 };
}

void chain_file_clear(struct chain_file *file)
{
	chain_record_clear(&file->now);
	chain_record_clear(&file->before);
	for (size_t i = 0; i < file->n_past; i++)
		chain_record_clear(&file->past[i]);
	names_free(file->restore, file->n_restore);
	*file = (struct chain_file){ 0 };
}

static void add_name(char ***names, size_t *n, const char *name)
{
	char **added = array_add(names, n, sizeof(*added));

	*added = xstrdup(name);
}

char **chain_names_copy(char *const *from, size_t n)
{
	char **names = NULL;

	for (size_t i = 0; i < n;)
		add_name(&names, &i, from[i]);
	return names;
}

void chain_record_copy(struct chain_record *to, const struct chain_record *from)
{
	*to = *from;
	to->why = from->why ? xstrdup(from->why) : NULL;
	to->filters = chain_names_copy(from->filters, from->n_filters);
}

static int read_names(const char *line, char ***names, size_t *n)
{
	char name[NAME_MAX_LEN + 1];
	int more;

	while ((more = text_word(&line, name, sizeof(name))) > 0)
		add_name(names, n, name);
	return more;
}

static const struct enum_name whose_words[] = { { "own", false },
						{ "scenario", true },
						{ NULL, 0 } };

static int read_record(const char *line, struct chain_record *r)
{
	char engine[16], mode[16], whose[16];
	uint32_t engine_value, mode_value, scenario;

	if (sscanf(line, "%15s %" SCNu32 " %15s %" SCNu32 " %15s", engine, &r->gen, mode,
		   &r->prog_id, whose) != 5)
		return -EINVAL;
	if (!enum_value(engine_names, engine, &engine_value) ||
	    !enum_value(mode_names, mode, &mode_value) ||
	    !enum_value(whose_words, whose, &scenario))
		return -EINVAL;
	r->engine = (enum engine_choice)engine_value;
	r->mode = (enum xdp_mode)mode_value;
	r->scenario = scenario;
	return 0;
}

/* What follows @key and a space, or NULL. */
static const char *after(const char *line, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) != 0 || (line[n] && line[n] != ' '))
		return NULL;
	return line + n;
}

static int read_line(const char *line, struct chain_file *file, struct chain_record **r)
{
	const char *value;

	if ((value = after(line, "now")))
		return read_record(value, *r = &file->now);
	if ((value = after(line, "before")))
		return read_record(value, *r = &file->before);
	if ((value = after(line, "filters")) && *r)
		return read_names(value, &(*r)->filters, &(*r)->n_filters);
	if ((value = after(line, "why")) && *r) {
		free((*r)->why);
		(*r)->why = xstrdup(*value ? value + 1 : value);
		return 0;
	}
	if ((value = after(line, "past")) && file->n_past < CHAIN_PAST)
		return read_record(value, *r = &file->past[file->n_past++]);
	if ((value = after(line, "gen")))
		return sscanf(value, "%" SCNu32, &file->gen) == 1 ? 0 : -EINVAL;
	if (after(line, "pending")) {
		file->pending = true;
		return 0;
	}
	if ((value = after(line, "restore"))) {
		file->has_restore = true;
		return read_names(value, &file->restore, &file->n_restore);
	}
	return -EINVAL;
}

int chain_file_read(const struct lab *lab, const char *point, struct chain_file *file,
		    struct error *e)
{
	char *FREE_AUTO name = text_format("chains/%s", point);
	struct chain_record *r = NULL;
	char *FREE_AUTO text = NULL;
	int err;

	*file = (struct chain_file){ 0 };
	err = state_read(lab->state, name, &text, e);
	if (err)
		return err == -ENOENT ? 0 : err;
	for (char *line = text, *next; *line && !err; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		err = read_line(line, file, &r);
	}
	if (err) {
		chain_file_clear(file);
		return error_sys(e, err, "cannot read the record of the chain on %s", point);
	}
	return 0;
}

static void write_names(FILE *out, const char *key, char *const *names, size_t n)
{
	(void)fprintf(out, "%s", key);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, " %s", names[i]);
	(void)fprintf(out, "\n");
}

static void write_record(FILE *out, const char *key, const struct chain_record *r)
{
	(void)fprintf(out, "%s %s %" PRIu32 " %s %" PRIu32 " %s\n", key, engine_name(r->engine),
		      r->gen, mode_name(r->mode), r->prog_id, enum_name(whose_words, r->scenario));
	if (r->why)
		(void)fprintf(out, "why %s\n", r->why);
	write_names(out, "filters", r->filters, r->n_filters);
}

int chain_file_write(struct lab *lab, const char *point, const struct chain_file *file,
		     struct error *e)
{
	char *FREE_AUTO name = text_format("chains/%s", point);
	char *FREE_AUTO text = NULL;
	size_t size;
	FILE *out = xopen_memstream(&text, &size);

	write_record(out, "now", &file->now);
	write_record(out, "before", &file->before);
	if (file->pending)
		(void)fprintf(out, "pending\n");
	if (file->has_restore)
		write_names(out, "restore", file->restore, file->n_restore);
	(void)fprintf(out, "gen %" PRIu32 "\n", file->gen);
	for (size_t i = 0; i < file->n_past; i++)
		write_record(out, "past", &file->past[i]);
	xclose_memstream(out);
	return state_write(lab->state, name, text, e);
}

const struct chain_record *chain_file_match(const struct chain_file *file, uint32_t prog_id)
{
	if (!prog_id)
		return NULL;
	if (file->now.prog_id == prog_id)
		return &file->now;
	return file->before.prog_id == prog_id ? &file->before : NULL;
}

uint32_t chain_file_next_gen(const struct chain_file *file, const struct chain_record *current)
{
	uint32_t gen = file->gen + 1;

	return current && (gen & 1) == (current->gen & 1) ? gen + 1 : gen;
}

const struct chain_record *chain_file_of_gen(const struct chain_file *file, uint32_t gen)
{
	if (file->now.n_filters && file->now.gen == gen)
		return &file->now;
	if (file->before.n_filters && file->before.gen == gen)
		return &file->before;
	for (size_t i = 0; i < file->n_past; i++)
		if (file->past[i].gen == gen)
			return &file->past[i];
	return NULL;
}

void chain_file_plan(struct chain_file *to, const struct chain_file *from,
		     const struct chain_record *current, const struct chain_record *next)
{
	*to = (struct chain_file){
		.pending = true,
		.gen = next->gen > from->gen ? next->gen : from->gen,
		.n_past = from->n_past,
		.has_restore = from->has_restore,
		.restore = chain_names_copy(from->restore, from->n_restore),
		.n_restore = from->n_restore,
	};
	chain_record_copy(&to->now, next);
	if (current)
		chain_record_copy(&to->before, current);
	else /* that a scenario took off what stood there is to be known until something stands */
		to->before.scenario = from->now.scenario || from->before.scenario;
	for (size_t i = 0; i < from->n_past; i++)
		chain_record_copy(&to->past[i], &from->past[i]);
}

void chain_file_keep_for_good(struct chain_file *file, const struct chain_record *record)
{
	names_free(file->restore, file->n_restore);
	file->has_restore = true;
	file->restore = chain_names_copy(record->filters, record->n_filters);
	file->n_restore = record->n_filters;
}

/* If ours is not attached from now on, somebody else took it off. */
void chain_file_settle(struct chain_file *file)
{
	file->pending = false;
	if (file->before.n_filters) {
		if (file->n_past == CHAIN_PAST)
			chain_record_clear(&file->past[--file->n_past]);
		memmove(&file->past[1], &file->past[0], file->n_past++ * sizeof(file->past[0]));
		file->past[0] = file->before;
		file->before = (struct chain_record){ 0 };
	}
	chain_record_clear(&file->before);
}

int chain_file_names(const struct lab *lab, char ***names, struct error *e)
{
	char *FREE_AUTO path = state_path(lab->state, "chains");
	DIR *DIR_AUTO dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;
	int err = dir || errno == ENOENT ? 0 : -errno;

	*names = NULL;
	while (dir && (errno = 0, entry = readdir(dir)))
		if (strchr(entry->d_name, ':'))
			add_name(names, &n, entry->d_name);
	if (dir)
		err = -errno;
	(void)array_add(names, &n, sizeof(**names));
	return err ? error_sys(e, err, "cannot read %s", path) : 0;
}

bool chain_record_has(const struct chain_record *record, const char *filter)
{
	for (size_t i = 0; i < record->n_filters; i++)
		if (strcmp(record->filters[i], filter) == 0)
			return true;
	return false;
}

/* In libxdp's dispatcher each filter counts for itself, and a user's object does not. */
bool chain_tells(const struct chain_record *record, enum program_kind program)
{
	return record->engine == ENGINE_INLINE || program != PROGRAM_OBJECT;
}
