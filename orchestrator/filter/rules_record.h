/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RULES_RECORD_H
#define XLAB_RULES_RECORD_H

/*
 * The lab's file "rules": which rules a filter had before a scenario changed them. It is on disk
 * before the first change, so a killed scenario's are put right by the next command.
 *
 *   filter udp-8888
 *   rule dst=8888
 */

#include <stddef.h>

struct error;
struct lab;

/* The rules that the filter has now are those to come back to, unless earlier ones are kept. */
int rules_keep(struct lab *lab, size_t filter, struct error *e);

/* Every filter gets the rules back that were kept of it, past errors; then none are kept. */
int rules_restore_all(struct lab *lab, struct error *e);

#endif
