// SPDX-License-Identifier: GPL-2.0-or-later
/* A packet: read and printed; no byte beyond it is looked at, every line is a line of text. */

#include <ctype.h>
#include <string.h>

#include "orchestrator/event/packet.h"
#include "tests/fuzz/fuzz.h"

static void check_line(void *cookie, const char *text)
{
	size_t *lines = cookie;

	for (const char *c = text; *c; c++)
		must(isprint((unsigned char)*c));
	must(packet_line_matches("*", text));
	/* with `*` at both ends, as in `see`, a line's own text matches it */
	must(strchr(text, '*') || packet_line_matches(text, text));
	must(++*lines <= 64);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	struct packet p, inner;
	size_t lines = 0;

	must(exact);
	if (size)
		memcpy(exact, bytes, size);
	packet_read(exact, size, &p);
	must(p.payload <= size);
	must(!p.has_ports || (p.has_ip && !p.fragment));
	if (packet_read_inner(exact, size, &p, &inner))
		must(p.has_ip && inner.has_ip && inner.payload <= size - p.payload);
	packet_print(exact, size, check_line, &lines);
	free(exact);
	return 0;
}
