/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FRAME_FORMS_H
#define XLAB_FRAME_FORMS_H

/*
 * Whose a frame is that a step sends as it is, and which need not have ports or addresses: it is
 * known by its bytes. Not by its link addresses, VLAN tags, TTL and the checksum of that, which
 * bridges, VLAN interfaces and routers change. Where a chain changes it, what left the chain is
 * another form of it. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"

struct frame_form;

struct frame_forms {
	struct frame_form *form;
	size_t n;
};

/* The first @size bytes of a frame of @length. */
void frame_forms_add(struct frame_forms *forms, const uint8_t *bytes, size_t size, size_t length);
bool frame_forms_know(const struct frame_forms *forms, const uint8_t *bytes, size_t size,
		      size_t length);

/* The same from the network header on, where its length is not known. */
bool frame_forms_know_network(const struct frame_forms *forms, const uint8_t *bytes, size_t size,
			      uint16_t type);

void frame_forms_clear(struct frame_forms *forms);

#endif
