/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_WORDS_H
#define XLAB_WORDS_H

/* Words that stand for numbers, in lab files and in reports: each table once. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/model/suite.h"

struct error;

struct word {
	const char *name; /* NULL ends a table */
	uint32_t value;
};

extern const struct word action_words[];    /* enum xdp_action */
extern const struct word ethertype_words[]; /* host order */
extern const struct word proto_words[];	    /* IP protocols */
extern const struct word engine_words[];    /* enum engine_choice */
extern const struct word mode_words[];	    /* enum xdp_mode */

bool word_value(const struct word *table, const char *name, uint32_t *value);
const char *word_next(void *table, size_t i);			 /* candidates for text_nearest() */
const char *word_name(const struct word *table, uint32_t value); /* or NULL */

const char *action_name(uint32_t action); /* aborted drop pass tx redirect */
const char *engine_name(uint32_t engine); /* auto libxdp inline */
const char *mode_name(uint32_t mode);	  /* native generic */

/* @name as an engine, from the command line or a record. */
int engine_read(const char *name, enum engine_choice *engine, struct error *e);

#endif
