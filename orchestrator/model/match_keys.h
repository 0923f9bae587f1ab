/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_MATCH_KEYS_H
#define XLAB_MATCH_KEYS_H

/* The keys of filters that match, and their values. */

#include "lab/inikeys.h"
#include "orchestrator/model/rule.h"

/* Of ether, ip and port: all of them, ending in one without a name. */
extern const struct match_key match_ether[], match_ip[], match_port[];

/* Of match: a field, or data with or without its place. */
bool match_takes(const char *name);

/* The reader of these keys, of a file and of live rules: the values become rules of the filter in
 * the struct filter_reading.
 */
int match_read_values(const struct ini_where *at, const char *value, void *object, struct error *e);

#endif
