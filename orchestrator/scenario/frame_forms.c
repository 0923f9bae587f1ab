// SPDX-License-Identifier: GPL-2.0-or-later
/* Compares frames by what nobody changes on the way who only sends them on. */
#include "orchestrator/scenario/frame_forms.h"

#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "lab/array.h"
#include "orchestrator/model/layers.h"

#define FRAME_FORMS_MAX 64

struct frame_form {
	uint16_t type;		  /* EtherType behind VLAN tags */
	size_t length;		  /* from the network header on; 0: not known */
	size_t size;		  /* of which these bytes are */
	uint8_t bytes[XLAB_SNAP]; /* without what changes on the way */
};

/* Zero what a router changes. */
static void forget_hops(struct frame_form *form)
{
	const struct field_value zero = field_value_of(0);

	if (form->type == ETH_P_IP) {
		(void)field_set(XLAB_FIELD_IP_TTL, form->bytes, form->size, &zero);
		(void)field_set(XLAB_FIELD_IP_CHECKSUM, form->bytes, form->size, &zero);
	} else if (form->type == ETH_P_IPV6) {
		(void)field_set(XLAB_FIELD_IPV6_HLIM, form->bytes, form->size, &zero);
	}
}

static void read_network(struct frame_form *form, const uint8_t *bytes, size_t size, uint16_t type,
			 size_t length)
{
	*form = (struct frame_form){ .type = type, .length = length };
	form->size = size < sizeof(form->bytes) ? size : sizeof(form->bytes);
	memcpy(form->bytes, bytes, form->size);
	forget_hops(form);
}

/* False: it is too short to be one. */
static bool read_frame(struct frame_form *form, const uint8_t *bytes, size_t size, size_t length)
{
	struct layers layers;
	uint64_t type = 0;
	size_t at = 0;

	layers_read(bytes, size, &layers);
	for (size_t i = 0; i < layers.n && layers.layer[i].layer <= XLAB_LAYER_VLAN; i++) {
		const struct layer *l = &layers.layer[i];

		type = layer_number(bytes, l, layer_next(l->layer));
		at = l->at + l->size;
	}
	if (!at || length < at)
		return false;
	read_network(form, bytes + at, size - at, (uint16_t)type, length - at);
	return true;
}

static bool same(const struct frame_form *a, const struct frame_form *b)
{
	size_t size = a->size < b->size ? a->size : b->size;

	return a->type == b->type && (a->length == b->length || !a->length || !b->length) &&
	       !memcmp(a->bytes, b->bytes, size);
}

static bool know(const struct frame_forms *forms, const struct frame_form *form)
{
	for (size_t i = 0; i < forms->n; i++)
		if (same(&forms->form[i], form))
			return true;
	return false;
}

bool frame_forms_know(const struct frame_forms *forms, const uint8_t *bytes, size_t size,
		      size_t length)
{
	struct frame_form form;

	return read_frame(&form, bytes, size, length) && know(forms, &form);
}

bool frame_forms_know_network(const struct frame_forms *forms, const uint8_t *bytes, size_t size,
			      uint16_t type)
{
	struct frame_form form;

	read_network(&form, bytes, size, type, 0);
	return know(forms, &form);
}

void frame_forms_add(struct frame_forms *forms, const uint8_t *bytes, size_t size, size_t length)
{
	struct frame_form form;

	if (!read_frame(&form, bytes, size, length) || know(forms, &form) ||
	    forms->n == FRAME_FORMS_MAX)
		return;
	*(struct frame_form *)array_add(&forms->form, &forms->n, sizeof(form)) = form;
}

void frame_forms_clear(struct frame_forms *forms)
{
	free(forms->form);
	*forms = (struct frame_forms){ 0 };
}
