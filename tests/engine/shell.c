// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engine/shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/text.h"

char shell_head[256];

void shell(const char *fmt, ...)
{
	char *FREE_AUTO line = NULL, *FREE_AUTO all = NULL;
	va_list args;

	va_start(args, fmt);
	line = text_vformat(fmt, args);
	va_end(args);
	all = text_format("set -e; %s %s", shell_head, line);
	if (system(all))
		fail_msg("%s", all);
}
