// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines: added, sorted, compared. */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/snapshot/snapshot.h"

void die(const char *what)
{
	(void)fprintf(stderr, "snapshot: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void picture_put(struct picture *p, char *line)
{
	if (p->n == p->room) {
		p->room = p->room ? p->room * 2 : 256;
		p->lines = realloc(p->lines, p->room * sizeof(*p->lines));
		if (!p->lines)
			die("memory");
	}
	p->lines[p->n++] = line;
}

/* A name may hold anything, even a newline: what is not plain is shown as \xNN. */
static char *line_escape(const char *raw)
{
	char *line = malloc(strlen(raw) * 4 + 1), *out = line;

	if (!line)
		die("memory");
	for (; *raw; raw++) {
		unsigned char c = (unsigned char)*raw;

		if (c < ' ' || c > '~')
			out += sprintf(out, "\\x%02x", c);
		else
			*out++ = (char)c;
	}
	*out = '\0';
	return line;
}

void picture_add(struct picture *p, const char *fmt, ...)
{
	va_list args;
	char *raw;

	va_start(args, fmt);
	if (vasprintf(&raw, fmt, args) < 0)
		die("memory");
	va_end(args);
	picture_put(p, line_escape(raw));
	free(raw);
}

static int line_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void picture_sort(struct picture *p)
{
	struct picture sorted = { 0 };

	if (p->n)
		qsort(p->lines, p->n, sizeof(*p->lines), line_order);
	for (size_t i = 0, same; i < p->n; i += same) {
		for (same = 1; i + same < p->n && !strcmp(p->lines[i], p->lines[i + same]); same++)
			;
		if (same == 1)
			picture_add(&sorted, "%s", p->lines[i]);
		else
			picture_add(&sorted, "%s x%zu", p->lines[i], same);
	}
	picture_clear(p);
	*p = sorted;
}

void picture_clear(struct picture *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->lines[i]);
	free(p->lines);
	*p = (struct picture){ 0 };
}

size_t picture_compare(const struct picture *old, const struct picture *now, bool show)
{
	size_t i = 0, k = 0, differences = 0;

	while (i < old->n || k < now->n) {
		int order = i == old->n	  ? 1
			    : k == now->n ? -1
					  : strcmp(old->lines[i], now->lines[k]);

		if (order == 0) {
			i++;
			k++;
			continue;
		}
		differences++;
		if (show)
			printf("%c %s\n", order < 0 ? '-' : '+',
			       order < 0 ? old->lines[i] : now->lines[k]);
		if (order < 0)
			i++;
		else
			k++;
	}
	return differences;
}

char *file_read(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t room = 4096, n = 0;
	char *text;
	ssize_t got;

	if (fd < 0)
		return NULL;
	text = malloc(room + 1);
	if (!text)
		die("memory");
	while ((got = read(fd, text + n, room - n)) > 0) {
		n += (size_t)got;
		if (n < room)
			continue;
		room *= 4;
		text = realloc(text, room + 1);
		if (!text)
			die("memory");
	}
	(void)close(fd);
	if (got < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	if (size)
		*size = n;
	return text;
}
