// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/many_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

char *many_lines(const char *head, const char *line, int count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_true(fputs(head, out) >= 0);
	for (int i = 0; i < count; i++) {
		for (const char *s = line; *s; s++)
			if (*s == '#')
				(void)fprintf(out, "%d", i);
			else
				(void)fputc(*s, out);
	}
	assert_int_equal(fclose(out), 0);
	return text;
}
