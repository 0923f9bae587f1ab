/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_GLOBALS_H
#define XLAB_GLOBALS_H

/* The read-only globals (const volatile) of an object, before it is loaded. */

#include <stdbool.h>
#include <stddef.h>

struct bpf_map;
struct bpf_object;
struct error;

/* Put @size bytes into global @name: false if there is none of that name and size. */
bool globals_poke(struct bpf_object *obj, const char *name, const void *bytes, size_t size);

/* Where global @name of that size lies: in which map, and how many bytes from its begin. Loaded or
 * not.
 */
bool globals_place(struct bpf_object *obj, const char *name, size_t size, struct bpf_map **map,
		   size_t *at);

/* Set global @name to what @value says (typed_value.h). */
int globals_set(struct bpf_object *obj, const char *name, const char *value, struct error *e);

#endif
