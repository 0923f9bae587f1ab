/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LAYERS_H
#define XLAB_LAYERS_H

/* A frame as the layers that it is made of, whose fields bpf/fields.h has. Pure.
 *
 *   eth vlan ip icmp ip udp data
 *
 * Stepped over, and part of the layer before them, are IPv4's and TCP's options and IPv6's
 * extension headers. What nothing here reads, Ethernet's padding with it, is data, the last layer.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/model/field_text.h"

#define LAYERS_MAX	 16
#define LAYER_HEADER_MAX 40 /* bytes of a layer's fixed header */

/* Bytes of options or extension headers: a line of a lab file can tell them. Further extension
 * headers are data.
 */
#define LAYER_OPTIONS_MAX 1024

struct layer {
	enum xlab_layer layer;
	size_t at, size; /* bytes, options with them */
	/* Of ip and ipv6, whose extension headers tell it as well. */
	size_t end;	      /* where it says that the packet ends: beyond the bytes, if cut off */
	uint8_t proto;	      /* what it carries */
	bool fragmented;      /* one of several fragments */
	bool later_fragment;  /* not the first of them: it has no header of @proto */
	uint32_t fragment_id; /* what the fragments of one packet have in common */
};

struct layers {
	struct layer layer[LAYERS_MAX];
	size_t n;
	enum xlab_layer cut; /* told of TCP and UDP: data begin with that header, cut short */
	size_t padding;	     /* bytes at the frame's end, behind that of the packet in it */
};

/* As far as the bytes go; never beyond @size. */
void layers_read(const uint8_t *bytes, size_t size, struct layers *layers);

/* The same from the network header on; @type is its EtherType. */
void layers_read_network(const uint8_t *bytes, size_t size, uint16_t type, struct layers *layers);

/* What stands in a field of its header: 0 of one that is cut short before that. */
uint64_t layer_number(const uint8_t *bytes, const struct layer *layer, enum xlab_field field);
const char *layer_text(const uint8_t *bytes, const struct layer *layer, enum xlab_field field,
		       char buf[static FIELD_TEXT]);

size_t layer_header(enum xlab_layer layer); /* bytes of its fixed header; of data 0 */

/* The field that says what comes behind the layer; XLAB_FIELDS: none does. */
enum xlab_field layer_next(enum xlab_layer layer);

/* The field of which it is some bits: tcp.flags of tcp.flags.syn; or itself. */
enum xlab_field field_whole(enum xlab_field field);

/* The layer has the field, and that says something of it: it is no part of another (tcp.flags.syn),
 * and of ICMP it is one of its type. data has none.
 */
bool layer_has_field(const uint8_t *bytes, const struct layer *layer, enum xlab_field field);

/* Those, in the order of the table. @from XLAB_FIELDS: the first one; XLAB_FIELDS: there is none
 * left.
 */
enum xlab_field layer_next_field(const uint8_t *bytes, const struct layer *layer,
				 enum xlab_field from);

/* An ICMP or ICMPv6 error, which has the packet that it is of behind its header. */
bool layer_is_icmp_error(enum xlab_layer layer, uint8_t type);

#endif
