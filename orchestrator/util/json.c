// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON, written as it comes, with its texts made safe. Which keys there are is for the callers. */
#include "orchestrator/util/json.h"

#include <inttypes.h>

#include "lab/cleanup.h"
#include "orchestrator/util/sanitize.h"

static void write_string(FILE *out, const char *text)
{
	char *FREE_AUTO clean = sanitize(text);

	(void)fputc('"', out);
	for (const char *s = clean; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			(void)fprintf(out, "\\%c", c);
		else if (c < 0x20)
			(void)fprintf(out, "\\u%04x", c);
		else
			(void)fputc(c, out);
	}
	(void)fputc('"', out);
}

static void begin_value(struct json *j, const char *key)
{
	if (j->comma)
		(void)fputc(',', j->out);
	if (j->depth)
		(void)fprintf(j->out, "\n%*s", 2 * j->depth, "");
	j->comma = true;
	if (!key)
		return;
	write_string(j->out, key);
	(void)fputs(": ", j->out);
}

void json_open(struct json *j, const char *key, char bracket)
{
	begin_value(j, key);
	(void)fputc(bracket, j->out);
	j->depth++;
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (j->comma)
		(void)fprintf(j->out, "\n%*s", 2 * j->depth, "");
	(void)fputc(bracket, j->out);
	j->comma = true;
}

void json_text(struct json *j, const char *key, const char *value)
{
	begin_value(j, key);
	if (value)
		write_string(j->out, value);
	else
		(void)fputs("null", j->out);
}

void json_number(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	(void)fprintf(j->out, "%" PRIu64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin_value(j, key);
	(void)fputs(value ? "true" : "false", j->out);
}

void json_end(struct json *j)
{
	(void)fputc('\n', j->out);
}
