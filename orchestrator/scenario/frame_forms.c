// SPDX-License-Identifier: GPL-2.0-or-later
/* Compares frames by what nobody changes on the way who only sends them on. */
#include "orchestrator/scenario/frame_forms.h"

#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "lab/array.h"

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
	if (form->type == ETH_P_IP && form->size >= 12)
		form->bytes[8] = form->bytes[10] = form->bytes[11] = 0;
	if (form->type == ETH_P_IPV6 && form->size >= 8)
		form->bytes[7] = 0;
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
	size_t at = ETH_HLEN;
	uint16_t type;

	if (size < ETH_HLEN || length < ETH_HLEN)
		return false;
	type = (uint16_t)(bytes[12] << 8 | bytes[13]);
	for (; (type == ETH_P_8021Q || type == ETH_P_8021AD) && size - at >= 4; at += 4)
		type = (uint16_t)(bytes[at + 2] << 8 | bytes[at + 3]);
	read_network(form, bytes + at, size - at, type, length - at);
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
