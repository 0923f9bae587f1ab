/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_JSON_H
#define XLAB_JSON_H

/* Writing JSON: commas, indents, escapes and safe text are seen to. @key is NULL in an array. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	int depth;
	bool comma; /* something stands before, at this depth */
};

void json_open(struct json *j, const char *key, char bracket);	    /* '{' or '[' */
void json_close(struct json *j, char bracket);			    /* '}' or ']' */
void json_text(struct json *j, const char *key, const char *value); /* NULL: null */
void json_number(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_end(struct json *j); /* the last newline */

#endif
