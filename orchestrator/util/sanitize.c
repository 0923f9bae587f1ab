// SPDX-License-Identifier: GPL-2.0-or-later
/* Texts from outside, made fit for any reader. Quoting for JSON or XML is not done here. */
#include "orchestrator/util/sanitize.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static bool is_harmless(uint32_t code)
{
	if (code == '\n')
		return true;
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	return (code < 0xd800 || code > 0xdfff) && code != 0xfffe && code != 0xffff &&
	       code <= 0x10ffff;
}

char *sanitize(const char *s)
{
	/* a byte becomes three at most */
	char *text = xcalloc(s ? strlen(s) + 1 : 1, 3);
	char *out = text;

	while (s && *s) {
		uint32_t code = 0;
		size_t length = text_utf8(s, &code);
		const char *from = s;

		s += length ? length : 1;
		if (!length || !is_harmless(code)) {
			from = code == '\t' ? " " : REPLACEMENT;
			length = strlen(from);
		}
		memcpy(out, from, length);
		out += length;
	}
	return text;
}

void sanitize_print(FILE *out, const char *fmt, ...)
{
	char *FREE_AUTO text = NULL, *FREE_AUTO clean = NULL;
	va_list args;

	va_start(args, fmt);
	text = text_vformat(fmt, args);
	va_end(args);
	clean = sanitize(text);
	(void)fputs(clean, out);
}
