// SPDX-License-Identifier: GPL-2.0-or-later
/* Which labs are there, by what lies in their folder. state.c opens one of them. */
#include "lab/state_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/mountpoint.h"
#include "lab/state_dir.h"
#include "lab/text.h"

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(char ***names, size_t *n, const char *name, size_t len)
{
	*names = xreallocarray(*names, *n + 2, sizeof(**names));
	(*names)[(*n)++] = xstrndup(name, len);
	(*names)[*n] = NULL;
}

/* A lab whose journal was lost is still known by its tmpfs. */
static bool is_corrupt_lab(const struct state_dir *f, const struct dirent *entry)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	char *FREE_AUTO dir = text_format("%s/%s/%s", f->root, f->id, entry->d_name);
	enum mountpoint mountpoint;

	return entry->d_type == DT_DIR && *entry->d_name != '.' &&
	       !state_dir_has(f, entry->d_name, ".journal") &&
	       mountpoint_mounted(dir, 0, &mountpoint, &ignored) == 0 &&
	       (mountpoint == MOUNTPOINT_OURS || mountpoint == MOUNTPOINT_COVERED);
}

static int read_names(const struct state_dir *f, char ***names, size_t *n)
{
	DIR *DIR_AUTO dir = dir_at(f->labs_dir, ".");
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((errno = 0, entry = readdir(dir))) {
		size_t len = strlen(entry->d_name), cut = strlen(".journal");

		if (len > cut && strcmp(entry->d_name + len - cut, ".journal") == 0)
			add_name(names, n, entry->d_name, len - cut);
		else if (is_corrupt_lab(f, entry))
			add_name(names, n, entry->d_name, len);
	}
	return -errno;
}

int state_list(char ***names, struct error *e)
{
	STATE_DIR_AUTO state_dir = STATE_DIR_NONE;
	size_t n = 0;
	int err = state_dir_open(&state_dir, false, e);

	*names = xcalloc(1, sizeof(**names));
	if (state_dir.labs_dir >= 0) {
		err = read_names(&state_dir, names, &n);
		if (err)
			error_sys(e, err, "cannot list the labs of %s/%s", state_dir.root,
				  state_dir.id);
	}
	qsort(*names, n, sizeof(**names), compare_names);
	if (!err && n == 0)
		err = state_dir_tidy(&state_dir, NULL, e);
	if (err) {
		cleanup_strings(names);
		*names = NULL;
	}
	return err;
}

/* "a, b", malloc'ed; NULL if there are none. */
static char *join_names(char *const *names)
{
	char *text = NULL;

	for (size_t i = 0; names[i]; i++)
		text_list_add(&text, "%s", names[i]);
	return text;
}

int state_only(char **name, struct error *e)
{
	char *FREE_AUTO all = NULL;
	char **STRINGS_AUTO names = NULL;
	int err = state_list(&names, e);

	if (err)
		return err;
	all = join_names(names);
	if (!names[0])
		err = error_state(e, -ENOENT, "no lab is up: `xlab up FILE` starts one");
	else if (names[1])
		err = error_input(e, "several labs are up: %s; say which", all);
	else
		*name = xstrdup(names[0]);
	return err;
}

int state_no_such(const char *name, struct error *e)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	char *FREE_AUTO all = NULL;
	char **STRINGS_AUTO names = NULL;

	if (state_list(&names, &ignored) == 0)
		all = join_names(names);
	if (all)
		return error_state(e, -ENOENT, "no lab \"%s\" is up; up: %s", name, all);
	return error_state(e, -ENOENT, "no lab \"%s\" is up, nor any other", name);
}
