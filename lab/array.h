/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ARRAY_H
#define XLAB_ARRAY_H

/*
 * Growing arrays, kept as a pointer and a count side by side; and a set of names, each
 * with a number. The name tables make "is it there already?" cost the same
 * whether a lab has four nodes or four thousand.
 */

#include <stddef.h>

/* Append a zeroed element of @size bytes to the array that @array points to.
 * Returns it. The caller frees the array with free().
 */
void *array_add(void *array, size_t *n, size_t size);

struct names {
	void *root; /* a tree of tsearch(3) */
};

/* The name is copied. -EEXIST: it is there already, with *@old its number (@old
 * may be NULL).
 */
int names_add(struct names *names, const char *name, size_t number, size_t *old);
size_t names_find(const struct names *names, const char *name); /* or (size_t)-1 */
void names_clear(struct names *names);

#define NAMES_AUTO __attribute__((cleanup(names_clear)))

#endif
