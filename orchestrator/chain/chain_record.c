// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/chain/chain_record.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int add_name(char ***names, size_t *n, const char *name)
{
	char **longer = realloc(*names, (*n + 1) * sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	*names = longer;
	longer[*n] = strdup(name);
	if (!longer[*n])
		return -ENOMEM;
	(*n)++;
	return 0;
}

int chain_names_copy(char ***to, size_t *n_to, char *const *from, size_t n)
{
	int err = 0;

	*to = NULL;
	*n_to = 0;
	for (size_t i = 0; i < n && !err; i++)
		err = add_name(to, n_to, from[i]);
	return err;
}

int chain_record_copy(struct chain_record *to, const struct chain_record *from)
{
	*to = *from;
	to->why = from->why ? strdup(from->why) : NULL;
	if (chain_names_copy(&to->filters, &to->n_filters, from->filters, from->n_filters) ||
	    (from->why && !to->why))
		return -ENOMEM;
	return 0;
}

static int read_names(const char *line, char ***names, size_t *n)
{
	char name[NAME_MAX_LEN + 1];
	int more, err = 0;

	while (!err && (more = text_word(&line, name, sizeof(name))) != 0)
		err = more < 0 ? more : add_name(names, n, name);
	return err;
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

static int read_why(const char *text, struct chain_record *r)
{
	free(r->why);
	r->why = strdup(*text ? text + 1 : text);
	return r->why ? 0 : -ENOMEM;
}

static int read_past(const char *line, struct chain_file *file, struct chain_record **r)
{
	if (file->n_past == CHAIN_PAST)
		return -E2BIG;
	*r = &file->past[file->n_past++];
	return read_record(line, *r);
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
	if ((value = after(line, "why")) && *r)
		return read_why(value, *r);
	if ((value = after(line, "past")))
		return read_past(value, file, r);
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

static int parse(char *text, struct chain_file *file)
{
	struct chain_record *r = NULL;
	int err = 0;

	for (char *line = text, *next; *line && !err; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		err = read_line(line, file, &r);
	}
	return err;
}

int chain_file_read(const struct lab *lab, const char *point, struct chain_file *file,
		    struct error *e)
{
	FREE_AUTO char *name = text_format("chains/%s", point);
	FREE_AUTO char *text = NULL;
	int err;

	*file = (struct chain_file){ 0 };
	err = name ? state_read(lab->state, name, &text, e)
		   : error_sys(e, -ENOMEM, "reading %s", point);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = text ? parse(text, file) : -ENODATA;
	if (err) {
		chain_file_clear(file);
		return error_sys(e, err, "the record of the chain on %s", point);
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
	FREE_AUTO char *name = text_format("chains/%s", point);
	FREE_AUTO char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out || !name) {
		if (out)
			(void)fclose(out);
		return error_sys(e, -ENOMEM, "recording the chain on %s", point);
	}
	write_record(out, "now", &file->now);
	write_record(out, "before", &file->before);
	if (file->pending)
		(void)fprintf(out, "pending\n");
	if (file->has_restore)
		write_names(out, "restore", file->restore, file->n_restore);
	(void)fprintf(out, "gen %" PRIu32 "\n", file->gen);
	for (size_t i = 0; i < file->n_past; i++)
		write_record(out, "past", &file->past[i]);
	if (fclose(out))
		return error_sys(e, -ENOMEM, "recording the chain on %s", point);
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

static int copy_past(struct chain_file *to, const struct chain_file *from)
{
	int err = 0;

	for (size_t i = 0; i < from->n_past && !err; i++) {
		err = chain_record_copy(&to->past[i], &from->past[i]);
		to->n_past = i + 1;
	}
	return err;
}

int chain_file_plan(struct chain_file *to, const struct chain_file *from,
		    const struct chain_record *current, const struct chain_record *next)
{
	int err = chain_record_copy(&to->now, next);

	if (!err && current)
		err = chain_record_copy(&to->before, current);
	if (!err)
		err = copy_past(to, from);
	if (!err)
		err = chain_names_copy(&to->restore, &to->n_restore, from->restore,
				       from->n_restore);
	to->has_restore = from->has_restore;
	to->pending = true;
	to->gen = next->gen > from->gen ? next->gen : from->gen;
	return err;
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
	FREE_AUTO char *path = state_path(lab->state, "chains");
	DIR_AUTO DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;
	size_t n = 0;

	*names = calloc(1, sizeof(**names));
	if (!path || !*names)
		return error_sys(e, -ENOMEM, "listing the lab's chains");
	while (dir && (entry = readdir(dir))) {
		char **longer;

		if (!strchr(entry->d_name, ':'))
			continue;
		longer = realloc(*names, (n + 2) * sizeof(*longer));
		if (!longer)
			return error_sys(e, -ENOMEM, "listing the lab's chains");
		*names = longer;
		longer[n] = strdup(entry->d_name);
		longer[n + 1] = NULL;
		n += longer[n] != NULL;
	}
	return 0;
}

void chain_file_names_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

/* In libxdp's dispatcher each filter counts for itself, and a user's object does not. */
bool chain_tells(const struct chain_record *record, enum program_kind program)
{
	return record->engine == ENGINE_INLINE || program != PROGRAM_OBJECT;
}
