/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ENUM_NAMES_H
#define XLAB_ENUM_NAMES_H

/* Words that stand for numbers, in lab files and in reports: each table once. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/model/labfile.h"

struct error;

struct enum_name {
	const char *name; /* NULL ends a table */
	uint32_t value;
};

extern const struct enum_name action_names[];	 /* enum xdp_action */
extern const struct enum_name ethertype_names[]; /* host order */
extern const struct enum_name proto_names[];	 /* IP protocols */
extern const struct enum_name engine_names[];	 /* enum engine_choice */
extern const struct enum_name mode_names[];	 /* enum xdp_mode */
extern const struct enum_name step_names[];	 /* enum step_kind of probes */
extern const struct enum_name expect_names[];	 /* enum step_expect */
extern const struct enum_name control_names[];	 /* enum step_control */

bool enum_value(const struct enum_name *table, const char *name, uint32_t *value);
const char *enum_next(void *table, size_t i); /* candidates for text_nearest() */
const char *enum_name(const struct enum_name *table, uint32_t value); /* or NULL */

const char *action_name(uint32_t action);   /* aborted drop pass tx redirect */
const char *verdict_name(uint32_t verdict); /* of those, next or invalid */
const char *engine_name(uint32_t engine);   /* auto libxdp inline */
const char *mode_name(uint32_t mode);	    /* native generic */

/* @name as an engine, from the command line or a record. */
int engine_read(const char *name, enum engine_choice *engine, struct error *e);

#endif
