/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_GLOBALS_H
#define XLAB_GLOBALS_H

/* The read-only globals (const volatile) of an object, before it is loaded. */

#include <stdbool.h>
#include <stddef.h>

struct bpf_object;
struct error;

/* Put @size bytes into global @name: false if there is none of that name and size. */
bool globals_poke(struct bpf_object *obj, const char *name, const void *bytes, size_t size);

/*
 * Set global @name to what @value says. Integers: decimal (also negative) or
 * 0x…; bool: yes, no, true, false, 1, 0; an enum: a value's name or number;
 * char arrays: the text; 4 and 16 bytes also an address, 6 bytes a MAC, in
 * network order. -EINVAL: @e says what is allowed.
 */
int globals_set(struct bpf_object *obj, const char *name, const char *value, struct error *e);

#endif
