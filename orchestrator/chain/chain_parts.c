// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/chain/chain_parts.h"

#include <stdlib.h>

#include "lab/alloc.h"

struct chain_parts {
	struct chain_part **kept;
	size_t n, most;
};

static void free_part(struct chain_part *part)
{
	if (!part)
		return;
	filter_object_close(&part->object);
	for (size_t i = 0; i < CHAIN_CODES; i++)
		captured_prog_clear(&part->codes[i]);
	free(part);
}

struct chain_parts *chain_parts_new(size_t most)
{
	struct chain_parts *parts = xcalloc(1, sizeof(*parts));

	*parts = (struct chain_parts){ .kept = xcalloc(most, sizeof(void *)), .most = most };
	return parts;
}

void chain_parts_free(struct chain_parts *parts)
{
	if (!parts)
		return;
	for (size_t i = 0; i < parts->n; i++)
		free_part(parts->kept[i]);
	free(parts->kept);
	free(parts);
}

static struct chain_part *take_out(struct chain_parts *parts, size_t i)
{
	struct chain_part *part = parts->kept[i];

	for (parts->n--; i < parts->n; i++)
		parts->kept[i] = parts->kept[i + 1];
	return part;
}

struct chain_part *chain_parts_take(struct chain_parts *parts, size_t iface, size_t filter,
				    unsigned int wanted)
{
	struct chain_part *new;

	for (size_t i = 0; parts && i < parts->n; i++) {
		const struct chain_part *part = parts->kept[i];

		if (part->iface == iface && part->filter == filter && part->wanted == wanted)
			return take_out(parts, i);
	}
	new = xcalloc(1, sizeof(*new));
	*new = (struct chain_part){
		.iface = iface, .filter = filter, .wanted = wanted, .kept_by = parts
	};
	return new;
}

void chain_part_give(struct chain_part *part)
{
	struct chain_parts *parts = part ? part->kept_by : NULL;

	if (!parts || !parts->most || !part->loaded) {
		free_part(part);
		return;
	}
	if (parts->n == parts->most)
		free_part(take_out(parts, 0));
	parts->kept[parts->n++] = part;
}
