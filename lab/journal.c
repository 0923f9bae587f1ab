// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal to and from its bytes, from one table of fields. state.c knows where they lie. */
#include "lab/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"

#define JOURNAL_HEAD "xlab journal 2\n"

static const char *const phases[] = {
	[STATE_BUILDING] = "building",
	[STATE_UP] = "up",
	[STATE_LEAVING] = "leaving",
};

/* How each field is written, and read back; one line a field. */
enum field_type { FIELD_STRING, FIELD_BOOL, FIELD_U32, FIELD_U64, FIELD_PHASE };

static const struct field {
	const char *name;
	enum field_type type;
	size_t offset;
} fields[] = {
	{ "lab", FIELD_STRING, offsetof(struct journal, lab) },
	{ "as", FIELD_STRING, offsetof(struct journal, as) },
	{ "self", FIELD_STRING, offsetof(struct journal, self) },
	{ "engine", FIELD_STRING, offsetof(struct journal, engine) },
	{ "nameless", FIELD_BOOL, offsetof(struct journal, nameless) },
	{ "group", FIELD_U32, offsetof(struct journal, group) },
	{ "self-cookie", FIELD_U64, offsetof(struct journal, self_cookie) },
	{ "phase", FIELD_PHASE, offsetof(struct journal, phase) },
	{ "tmpfs", FIELD_U64, offsetof(struct journal, tmpfs) },
	{ "path", FIELD_STRING, offsetof(struct journal, path) },
	{ "dir", FIELD_STRING, offsetof(struct journal, dir) },
	{ "text", FIELD_STRING, offsetof(struct journal, text) },
};

static void *field_at(struct journal *in, const struct field *field)
{
	return (char *)in + field->offset;
}

void journal_clear(struct journal *in)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].type == FIELD_STRING)
			free(*(char **)field_at(in, &fields[i]));
	*in = (struct journal){ 0 };
}

void journal_copy(struct journal *to, const struct journal *from)
{
	*to = *from;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char **string = field_at(to, &fields[i]);

		if (fields[i].type == FIELD_STRING)
			*string = xstrdup(*string ? *string : "");
	}
}

/* The field's value as text: in @number, or where it is. */
static const char *field_text(const struct journal *in, const struct field *field, char number[32])
{
	const void *at = (const char *)in + field->offset;

	switch (field->type) {
	case FIELD_STRING:
		return *(char *const *)at;
	case FIELD_BOOL:
		return *(const bool *)at ? "yes" : "no";
	case FIELD_U32:
		(void)snprintf(number, 32, "%" PRIu32, *(const uint32_t *)at);
		return number;
	case FIELD_U64:
		(void)snprintf(number, 32, "%" PRIu64, *(const uint64_t *)at);
		return number;
	case FIELD_PHASE:
		return phases[*(const enum state_phase *)at];
	}
	return "";
}

char *journal_write(const struct journal *in, size_t *size)
{
	char *text = NULL;
	char number[32];
	FILE *out = xopen_memstream(&text, size);

	(void)fputs(JOURNAL_HEAD, out);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *value = field_text(in, &fields[i], number);

		(void)fprintf(out, "%s %zu:%s\n", fields[i].name, strlen(value), value);
	}
	xclose_memstream(out);
	return text;
}

static int read_phase(const char *value, enum state_phase *phase)
{
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		if (strcmp(value, phases[i]) != 0)
			continue;
		*phase = (enum state_phase)i;
		return 0;
	}
	return -EINVAL;
}

static int read_u64(const char *value, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(value, &end, 10);
	return errno || *end || end == value ? -EINVAL : 0;
}

/* @value is malloc'ed; a string field takes it over. */
static int field_read(struct journal *in, const struct field *field, char **value)
{
	void *at = field_at(in, field);

	switch (field->type) {
	case FIELD_STRING:
		free(*(char **)at);
		*(char **)at = steal_pointer((void *)value);
		return 0;
	case FIELD_BOOL:
		return text_bool(*value, at);
	case FIELD_U32:
		return text_u32(*value, 0, UINT32_MAX, at);
	case FIELD_U64:
		return read_u64(*value, at);
	case FIELD_PHASE:
		return read_phase(*value, at);
	}
	return -EINVAL;
}

/* One "NAME LENGTH:BYTES\n" at *@at; its bytes malloc'ed in *@value. */
static int take_field(const char **at, const char *end, const char *name, char **value)
{
	size_t name_len = strlen(name);
	const char *bytes = memchr(*at, ':', (size_t)(end - *at));
	size_t len;

	if (!bytes || strncmp(*at, name, name_len) != 0 || (*at)[name_len] != ' ')
		return -EINVAL;
	len = strtoul(*at + name_len + 1, NULL, 10);
	bytes++;
	if (len >= (size_t)(end - bytes) || bytes[len] != '\n')
		return -EINVAL;
	*value = xstrndup(bytes, len);
	*at = bytes + len + 1;
	return strlen(*value) == len ? 0 : -EINVAL;
}

int journal_read(struct journal *in, const char *text, size_t size, struct error *e)
{
	const char *end = text + size;
	const char *at = text + strlen(JOURNAL_HEAD);

	*in = (struct journal){ 0 };
	if (size < strlen(JOURNAL_HEAD) || strncmp(text, JOURNAL_HEAD, strlen(JOURNAL_HEAD)) != 0)
		return error_state(e, -EBADMSG, "not a journal of this version of xlab");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char *FREE_AUTO value = NULL;

		if (take_field(&at, end, fields[i].name, &value) ||
		    field_read(in, &fields[i], &value))
			return error_state(e, -EBADMSG, "damaged at its field \"%s\"",
					   fields[i].name);
	}
	return 0;
}
