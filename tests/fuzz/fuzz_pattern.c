// SPDX-License-Identifier: GPL-2.0-or-later
/* A `see` pattern and a line, with a NUL between: matching ends, and in reasonable time. */

#include <string.h>

#include "orchestrator/event/packet.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 2);
	const char *line;

	must(text);
	memcpy(text, bytes, size);
	text[size] = text[size + 1] = '\0';
	line = text + strlen(text) + 1;
	if (line > text + size)
		line = text + size;
	(void)packet_line_matches(text, line);
	if (!strchr(line, '*'))
		must(packet_line_matches(line, line));
	free(text);
	return 0;
}
