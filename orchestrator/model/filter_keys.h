/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FILTER_KEYS_H
#define XLAB_FILTER_KEYS_H

/* The key tables of filters, whose readers get a struct filter_reading (labfile_values.h). */

#include <stdbool.h>

#include "bpf/xlab.h"
#include "lab/inikeys.h"

/* `continue = none`: the chain goes on where a filter has no opinion, in any case. */
#define FILTER_CONTINUES_NONE (UINT32_C(1) << XLAB_NEXT)

extern const struct ini_key_spec filter_no_keys[], filter_ether_keys[], filter_ip_keys[],
	filter_port_keys[], filter_match_keys[], filter_pcap_keys[], filter_redirect_keys[],
	filter_object_keys[];

/* Of the key `continue`, which every filter may have. */
int filter_read_continue(const struct ini_where *at, const char *value, void *object,
			 struct error *e);

/* [A-Za-z_][A-Za-z0-9_]*, as C has it. */
bool filter_is_identifier(const char *s);

/* Of a program that matches: the key says what, and so can be a live rule. */
bool filter_key_matches(const struct ini_key_spec *key);

#endif
