/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TYPED_VALUE_H
#define XLAB_TYPED_VALUE_H

/* Bytes of a global or a map, as their BTF type says: from words, and in words. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;
struct btf_type;
struct error;

struct typed_value {
	unsigned char *bytes;
	size_t size;
	const struct btf *btf;
	const struct btf_type *type;  /* without typedefs and qualifiers; NULL: nobody says */
	bool big_endian;	      /* __be16, __be32, __be64 */
	unsigned int first_bit, bits; /* of a bit field within the bytes; 0 bits: it is none */
};

/* A damaged object's names may lie outside of its strings: "" then. */
const char *typed_value_name(const struct btf *btf, uint32_t offset);

/* Give it the type @id. -EINVAL: a damaged object's types stand for each other in a circle. */
int typed_value_type(struct typed_value *v, const struct btf *btf, uint32_t id);

/*
 * Set its bytes to what @text says. Integers: decimal (also negative) or
 * 0x…; bool: yes, no, true, false, 1, 0; an enum: a value's name or number;
 * char arrays: the text; 4 and 16 bytes also an address, 6 bytes a MAC, in network order; structs:
 * FIELD=VALUE for some of its fields, all others being 0. -EINVAL: @e says what is allowed.
 */
int typed_value_set(struct typed_value *v, const char *text, struct error *e);

/* It becomes the field @path ("a" or "a.b") of what it was: a struct, a union, or a section of
 * globals.
 */
int typed_value_field(struct typed_value *v, const char *path, struct error *e);

/* Is it an integer (a bool, an enum)? */
bool typed_value_is_number(const struct typed_value *v);
bool typed_value_is_signed(const struct typed_value *v);
uint64_t typed_value_number(const struct typed_value *v); /* its sign extended */

/* "7", "XDP_DROP", "10.0.0.1", "de:ad:be:ef:00:10"; malloc'ed */
char *typed_value_text(const struct typed_value *v);

#endif
