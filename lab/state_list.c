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
#include "lab/folder.h"
#include "lab/site.h"
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

/* A lab whose intent was lost is still known by its tmpfs. */
static bool is_lost_lab(const struct folder *f, const struct dirent *entry)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	char *FREE_AUTO file = text_format("%s.intent", entry->d_name);
	char *FREE_AUTO dir = text_format("%s/%s/%s", f->root, f->id, entry->d_name);
	enum site site;

	return entry->d_type == DT_DIR && *entry->d_name != '.' && file && dir &&
	       faccessat(f->home, file, F_OK, AT_SYMLINK_NOFOLLOW) &&
	       site_look(dir, &site, NULL, &ignored) == 0 &&
	       (site == SITE_OURS || site == SITE_COVERED);
}

static int add_entry(const struct folder *f, char ***names, size_t *n, const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), cut = strlen(".intent");

	if (len > cut && strcmp(entry->d_name + len - cut, ".intent") == 0)
		return add_name(names, n, entry->d_name, len - cut);
	return is_lost_lab(f, entry) ? add_name(names, n, entry->d_name, len) : 0;
}

static int read_names(const struct folder *f, char ***names, size_t *n)
{
	int FD_AUTO fd = openat(f->home, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
	FOLDER_AUTO folder = FOLDER_NONE;
	size_t n = 0;
	int err = folder_open(&folder, false, e);

	*names = calloc(1, sizeof(**names));
	if (!*names)
		return error_sys(e, -ENOMEM, "list the labs");
	if (!err && folder.home >= 0) {
		err = read_names(&folder, names, &n);
		if (err)
			error_sys(e, err, "list the labs of %s/%s", folder.root, folder.id);
	}
	if (n)
		qsort(*names, n, sizeof(**names), compare_names);
	if (!err && n == 0)
		err = folder_tidy(&folder, NULL, e);
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
