/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_MAP_VALUE_H
#define XLAB_MAP_VALUE_H

/*
 * What a lab file says of an object's maps, in the types that the object's BTF has for them. A map
 * without such (keys and values of 1, 2, 4 or 8 bytes are numbers then, else addresses or MACs)
 * has no fields.
 */

#include <stdbool.h>

struct bpf_object;
struct error;
struct map_expectation;
struct map_preset;

/* All that can be wrong but for what the map holds: nothing need be loaded. */
int map_value_check(struct bpf_object *obj, const struct map_expectation *m, struct error *e);
int map_value_check_preset(struct bpf_object *obj, const struct map_preset *p, struct error *e);

/* Put it into the map, on each CPU if it is of each its own. */
int map_value_preset(struct bpf_object *obj, const struct map_preset *p, int map_fd,
		     struct error *e);

/* *@is: what the map has, malloc'ed, NULL: no such element; else *@holds: that is expected. */
int map_value_compare(struct bpf_object *obj, const struct map_expectation *m, int map_fd,
		      bool *holds, char **is, struct error *e);

#endif
