// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory, or the end of the process. */
#include "lab/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_STATE 3 /* ERROR_STATE of lab/error.h, which stands above this file */

/* No stdio, which may want memory; and no cleanup, for the next command does that. */
void out_of_memory(void)
{
	static const char words[] = "xlab: out of memory\n";

	(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
	_exit(EXIT_STATE);
}

static void *must(void *p)
{
	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	return must(calloc(n ? n : 1, size));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	return must(reallocarray(p, n ? n : 1, size));
}

void *xmemdup(const void *bytes, size_t size)
{
	return memcpy(xcalloc(1, size ? size : 1), bytes, size);
}

char *xstrdup(const char *s)
{
	return must(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return must(strndup(s, n));
}

FILE *xopen_memstream(char **text, size_t *size)
{
	return must(open_memstream(text, size));
}

void xclose_memstream(FILE *out)
{
	if (fclose(out))
		out_of_memory();
}
