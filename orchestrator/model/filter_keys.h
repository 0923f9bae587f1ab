/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FILTER_KEYS_H
#define XLAB_FILTER_KEYS_H

/* The key tables of filters, for filter.c. Their readers get the struct filter itself. */

#include <stdbool.h>

#include "lab/inikeys.h"

extern const struct ini_key_spec filter_common_keys[], filter_no_keys[], filter_ether_keys[],
	filter_ip_keys[], filter_port_keys[], filter_redirect_keys[], filter_object_keys[];

/* [A-Za-z_][A-Za-z0-9_]*, as C has it. */
bool filter_is_identifier(const char *s);

/* True if the key says what to match, and so can be a live rule. */
bool filter_key_matches(const struct ini_key_spec *key);

#endif
