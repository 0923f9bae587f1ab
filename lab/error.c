/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/cleanup.h"

void error_clear(struct error *e)
{
	free(e->text);
	*e = (struct error)ERROR_INIT;
}

/* Without memory the text is lost, kind and err are kept: main has words for that. */
static char *format_text(const char *fmt, va_list args)
{
	char *text;

	return vasprintf(&text, fmt, args) < 0 ? NULL : text;
}

static void take_text(struct error *e, char *text)
{
	free(e->text);
	e->text = text;
	e->length = text ? strlen(text) : 0;
	e->lines = text ? 1 : 0;
	e->placed = false;
}

int error_input(struct error *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	take_text(e, format_text(fmt, args));
	va_end(args);
	e->kind = ERROR_INPUT;
	e->err = -EINVAL;
	return e->err;
}

int error_state(struct error *e, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	take_text(e, format_text(fmt, args));
	va_end(args);
	e->kind = ERROR_STATE;
	e->err = err;
	return err;
}

int error_sys(struct error *e, int err, const char *fmt, ...)
{
	char *what, *text;
	va_list args;

	va_start(args, fmt);
	what = format_text(fmt, args);
	va_end(args);
	if (asprintf(&text, "%s: %s", what ? what : "", strerror(-err)) < 0)
		text = NULL;
	free(what);
	take_text(e, text);
	e->kind = ERROR_STATE;
	e->err = err;
	return err;
}

/* Without memory the inner text says more than the outer would. */
static int wrap(struct error *e, const char *what, bool placed)
{
	char *text;

	if (what && asprintf(&text, "%s: %s", what, e->text ? e->text : "out of memory") >= 0) {
		free(e->text);
		e->text = text;
		e->length = strlen(text);
		e->placed = placed;
	}
	return e->err;
}

int error_wrap(struct error *e, const char *fmt, ...)
{
	FREE_AUTO char *what = NULL;
	va_list args;

	va_start(args, fmt);
	what = format_text(fmt, args);
	va_end(args);
	return wrap(e, what, false);
}

/* "FILE:LINE: …", malloc'ed. */
static char *format_at(const char *file, int line, const char *fmt, va_list args)
{
	FREE_AUTO char *what = format_text(fmt, args);
	char *text;

	if (!what || asprintf(&text, "%s:%d: %s", file, line, what) < 0)
		return NULL;
	return text;
}

int error_wrap_at(struct error *e, const char *file, int line, const char *fmt, ...)
{
	FREE_AUTO char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = format_at(file, line, fmt, args);
	va_end(args);
	return wrap(e, text, true);
}

/* Appended in place: a lab file can have many errors, and copying all the
 * earlier ones for each would take time by their square.
 */
static void append_line(struct error *e, const char *line)
{
	size_t add = strlen(line);
	char *text = realloc(e->text, e->length + add + 2);

	if (!text)
		return;
	if (e->length)
		text[e->length++] = '\n';
	memcpy(text + e->length, line, add + 1);
	e->text = text;
	e->length += add;
	e->lines++;
}

static int add_line(struct error *e, const char *line)
{
	if (line)
		append_line(e, line);
	if (e->kind == ERROR_NONE) {
		e->kind = ERROR_INPUT;
		e->err = -EINVAL;
	}
	return e->err;
}

int error_add(struct error *e, const char *fmt, ...)
{
	FREE_AUTO char *line = NULL;
	va_list args;

	va_start(args, fmt);
	line = format_text(fmt, args);
	va_end(args);
	return add_line(e, line);
}

int error_at(struct error *e, const char *file, int line, const char *fmt, ...)
{
	FREE_AUTO char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = format_at(file, line, fmt, args);
	va_end(args);
	e->placed |= !e->text;
	return add_line(e, text);
}

void error_move(struct error *to, struct error *from)
{
	error_clear(to);
	*to = *from;
	*from = (struct error)ERROR_INIT;
}

int error_join(struct error *to, struct error *from)
{
	if (to->kind == ERROR_NONE) {
		error_move(to, from);
	} else if (from->text) {
		append_line(to, from->text);
		error_clear(from);
	}
	return to->err;
}
