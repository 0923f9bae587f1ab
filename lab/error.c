// SPDX-License-Identifier: GPL-2.0-or-later
/* The one error object: set, wrapped, added to. main.c prints it. */
#include "lab/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"

void error_clear(struct error *e)
{
	free(e->text);
	*e = (struct error)ERROR_INIT;
}

static void take_text(struct error *e, char *text)
{
	free(e->text);
	e->text = text;
	e->length = strlen(text);
	e->lines = 1;
	e->placed = false;
}

int error_input(struct error *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	take_text(e, text_vformat(fmt, args));
	va_end(args);
	e->kind = ERROR_INPUT;
	e->err = -EINVAL;
	return e->err;
}

int error_state(struct error *e, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	take_text(e, text_vformat(fmt, args));
	va_end(args);
	e->kind = ERROR_STATE;
	e->err = err;
	return err;
}

int error_sys(struct error *e, int err, const char *fmt, ...)
{
	char *FREE_AUTO what = NULL;
	va_list args;

	va_start(args, fmt);
	what = text_vformat(fmt, args);
	va_end(args);
	return error_state(e, err, "%s: %s", what, strerror(-err));
}

static int wrap(struct error *e, const char *what, bool placed)
{
	char *text = text_format("%s: %s", what, e->text ? e->text : strerror(-e->err));

	free(e->text);
	e->text = text;
	e->length = strlen(text);
	e->placed = placed;
	return e->err;
}

int error_wrap(struct error *e, const char *fmt, ...)
{
	char *FREE_AUTO what = NULL;
	va_list args;

	va_start(args, fmt);
	what = text_vformat(fmt, args);
	va_end(args);
	return wrap(e, what, false);
}

/* "FILE:LINE: …", malloc'ed. */
static char *format_at(const char *file, int line, const char *fmt, va_list args)
{
	char *FREE_AUTO what = text_vformat(fmt, args);

	return text_format("%s:%d: %s", file, line, what);
}

int error_wrap_at(struct error *e, const char *file, int line, const char *fmt, ...)
{
	char *FREE_AUTO text = NULL;
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

	e->text = xreallocarray(e->text, 1, e->length + add + 2);
	if (e->length)
		e->text[e->length++] = '\n';
	memcpy(e->text + e->length, line, add + 1);
	e->length += add;
	e->lines++;
}

static int add_line(struct error *e, const char *line)
{
	append_line(e, line);
	if (e->kind == ERROR_NONE) {
		e->kind = ERROR_INPUT;
		e->err = -EINVAL;
	}
	return e->err;
}

int error_add(struct error *e, const char *fmt, ...)
{
	char *FREE_AUTO line = NULL;
	va_list args;

	va_start(args, fmt);
	line = text_vformat(fmt, args);
	va_end(args);
	return add_line(e, line);
}

int error_at(struct error *e, const char *file, int line, const char *fmt, ...)
{
	char *FREE_AUTO text = NULL;
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
