/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PACKET_CONFIG_H
#define XLAB_PACKET_CONFIG_H

/* [packet P]: read, and its bytes made. Those of a capture are read where they are needed. */

#include "lab/inikeys.h"

struct error;
struct labfile_reading;
struct packet_config;

extern const struct ini_section_spec packet_table;

int packet_config_read(struct labfile_reading *r, const struct ini_section *section,
		       struct error *e);

/* The bytes are there: a capture is read if they were not. */
int packet_config_load(struct packet_config *packet, struct error *e);

#endif
