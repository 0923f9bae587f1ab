// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/state_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/mountpoint.h"
#include "lab/state_dir.h"
#include "lab/text.h"

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(char ***names, size_t *n, const char *name, size_t len)
{
	char **grown = realloc(*names, (*n + 2) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*names = grown;
	grown[*n] = strndup(name, len);
	grown[*n + 1] = NULL;
	return grown[(*n)++] ? 0 : -ENOMEM;
}

/* A lab whose journal was lost is still known by its tmpfs. */
static bool is_corrupt_lab(const struct state_dir *f, const struct dirent *entry)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	char *FREE_AUTO file = text_format("%s.journal", entry->d_name);
	char *FREE_AUTO dir = text_format("%s/%s/%s", f->root, f->id, entry->d_name);
	enum mountpoint mountpoint;

	return entry->d_type == DT_DIR && *entry->d_name != '.' && file && dir &&
	       faccessat(f->labs_dir, file, F_OK, AT_SYMLINK_NOFOLLOW) &&
	       mountpoint_look(dir, &mountpoint, NULL, &ignored) == 0 &&
	       (mountpoint == MOUNTPOINT_OURS || mountpoint == MOUNTPOINT_COVERED);
}

static int add_entry(const struct state_dir *f, char ***names, size_t *n,
		     const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), cut = strlen(".journal");

	if (len > cut && strcmp(entry->d_name + len - cut, ".journal") == 0)
		return add_name(names, n, entry->d_name, len - cut);
	return is_corrupt_lab(f, entry) ? add_name(names, n, entry->d_name, len) : 0;
}

static int read_names(const struct state_dir *f, char ***names, size_t *n)
{
	int FD_AUTO fd = openat(f->labs_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *DIR_AUTO dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	(void)steal_fd(&fd);
	while (!err && (entry = readdir(dir)))
		err = add_entry(f, names, n, entry);
	return err;
}

int state_list(char ***names, struct error *e)
{
	STATE_DIR_AUTO state_dir = STATE_DIR_NONE;
	size_t n = 0;
	int err = state_dir_open(&state_dir, false, e);

	*names = calloc(1, sizeof(**names));
	if (!*names)
		return error_sys(e, -ENOMEM, "list the labs");
	if (!err && state_dir.labs_dir >= 0) {
		err = read_names(&state_dir, names, &n);
		if (err)
			error_sys(e, err, "list the labs of %s/%s", state_dir.root, state_dir.id);
	}
	if (n)
		qsort(*names, n, sizeof(**names), compare_names);
	if (!err && n == 0)
		err = state_dir_tidy(&state_dir, NULL, e);
	if (err) {
		state_list_free(*names);
		*names = NULL;
	}
	return err;
}

void state_list_free(char **names)
{
	size_t i;

	for (i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

/* "a, b", malloc'ed. */
static char *join_names(char *const *names)
{
	char *text = strdup("");
	char *longer;
	size_t i;

	for (i = 0; text && names[i]; i++) {
		longer = text_format("%s%s%s", text, i ? ", " : "", names[i]);
		free(text);
		text = longer;
	}
	return text;
}

int state_only(char **name, struct error *e)
{
	char *FREE_AUTO all = NULL;
	char **names;
	int err = state_list(&names, e);

	if (err)
		return err;
	all = join_names(names);
	if (!names[0])
		err = error_state(e, -ENOENT, "no lab is up: `xlab up FILE` starts one");
	else if (names[1])
		err = error_input(e, "several labs are up: %s; say which", all ? all : "");
	else
		*name = strdup(names[0]);
	state_list_free(names);
	if (!err && !*name)
		err = error_sys(e, -ENOMEM, "find the lab that is up");
	return err;
}

int state_no_such(const char *name, struct error *e)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	char *FREE_AUTO all = NULL;
	char **names = NULL;

	if (state_list(&names, &ignored) == 0 && names[0])
		all = join_names(names);
	state_list_free(names);
	if (all)
		return error_state(e, -ENOENT, "no lab \"%s\" is up; up: %s", name, all);
	return error_state(e, -ENOENT, "no lab \"%s\" is up, nor any other", name);
}
