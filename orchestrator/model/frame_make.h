/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FRAME_MAKE_H
#define XLAB_FRAME_MAKE_H

/* Makes a frame, a layer behind the other, and works out what nobody gave: lengths, types, next
 * headers and checksums. Pure. What cannot be is refused with a sentence for people, malloc'ed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/model/layers.h"

#define FRAME_MIN 14
#define FRAME_MAX 9000

struct frame_layer {
	enum xlab_layer layer;
	size_t at, size;
	bool given[XLAB_FIELDS];
};

struct frame_make {
	uint8_t bytes[FRAME_MAX];
	size_t size;
	struct frame_layer layers[LAYERS_MAX];
	size_t n;
};

/* A layer behind the last one, with its usual values. -EINVAL: it cannot stand there, but does, so
 * that more layers can be looked at, each for itself; -E2BIG: there is no room for it.
 */
int frame_add_layer(struct frame_make *f, enum xlab_layer layer, char **why);

/* A field of the layer that came last, not given before. */
void frame_set(struct frame_make *f, enum xlab_field field, const struct field_value *value);

/* All fields of the layer are set. Behind its header come its options, of IPv6 its extension
 * headers: those @options, or if there are none, but hdr_len tells of some, the end of options.
 */
int frame_end_layer(struct frame_make *f, const uint8_t *options, size_t n, char **why);

/* Bytes of the data layer that came last; NULL: zeros. */
int frame_add_data(struct frame_make *f, const uint8_t *bytes, size_t n, char **why);

/* All layers are there: what was not given is worked out. -EINVAL: something of it cannot be. */
int frame_finish(struct frame_make *f, char **why);

#endif
