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

/* The bytes of the UTF-8 character at @s, its code in *@code; 0: it is none. */
static size_t decode(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length;

	if (s[0] < 0x80)
		length = 1;
	else if ((s[0] & 0xe0) == 0xc0)
		length = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		length = 3;
	else if ((s[0] & 0xf8) == 0xf0)
		length = 4;
	else
		return 0;
	*code = length == 1 ? s[0] : s[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3fU);
	}
	return *code >= least[length] ? length : 0;
}

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
		size_t length = decode((const unsigned char *)s, &code);
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
