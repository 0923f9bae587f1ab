// SPDX-License-Identifier: GPL-2.0-or-later
/* Growing arrays, and names in a tree of tsearch(3). */
#include "lab/array.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"

/* Room doubles each time it is full, and it is full at every power of two: so
 * no capacity needs to be kept beside the count.
 */
void *array_add(void *array, size_t *n, size_t size)
{
	char *p;

	memcpy(&p, array, sizeof(p));
	if (!(*n & (*n - 1))) {
		p = xreallocarray(p, *n ? *n * 2 : 1, size);
		memcpy(array, &p, sizeof(p));
	}
	return memset(p + (*n)++ * size, 0, size);
}

struct name_entry {
	const char *name;
	size_t number;
	char copy[];
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct name_entry *)a)->name, ((const struct name_entry *)b)->name);
}

static const struct name_entry *find(const struct names *names, const char *name)
{
	const struct name_entry wanted = { .name = name };
	struct name_entry *const *node = tfind(&wanted, &names->root, compare);

	return node ? *node : NULL;
}

int names_add(struct names *names, const char *name, size_t number, size_t *old)
{
	const struct name_entry *there = find(names, name);
	size_t size = strlen(name) + 1;
	struct name_entry *entry;

	if (there) {
		if (old)
			*old = there->number;
		return -EEXIST;
	}
	entry = xcalloc(1, sizeof(*entry) + size);
	entry->name = memcpy(entry->copy, name, size);
	entry->number = number;
	if (!tsearch(entry, &names->root, compare))
		out_of_memory();
	return 0;
}

size_t names_find(const struct names *names, const char *name)
{
	const struct name_entry *there = find(names, name);

	return there ? there->number : (size_t)-1;
}

void names_clear(struct names *names)
{
	tdestroy(names->root, free);
	names->root = NULL;
}
