/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LAYERS_TEXT_H
#define XLAB_LAYERS_TEXT_H

/* Frames in words: one by its layers, and two by what is different in them. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "orchestrator/model/field.h"

/* As the keys of a [packet], which make the same frame again, each field with its value. */
void layers_print(const uint8_t *bytes, size_t size, FILE *out);

/* The bytes, 16 a line, each line behind @before: "; 0000  de ad be ef …" */
void bytes_print(const uint8_t *bytes, size_t size, const char *before, FILE *out);

struct frame_bytes {
	const uint8_t *bytes;
	size_t size;
};

/* What is different in a frame, a line each under a heading, malloc'ed; NULL: nothing is.
 *
 *   field        expected  came
 *   ip.ttl       64        63
 *   ip.checksum  0x66ba    0x67ba
 *
 * @except: by enum xlab_field, those that may be different in any layer, DATA all that is carried;
 * or NULL.
 */
char *layers_difference(const struct frame_bytes *expected, const struct frame_bytes *came,
			const bool *except);

#endif
