/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PROGRAM_H
#define XLAB_PROGRAM_H

/* What a filter's program is: the table of built-in ones (builtins.h), and objects of the user. */

#include <stdbool.h>
#include <stdint.h>

#include "bpf/xlab.h"
#include "lab/inikeys.h"
#include "orchestrator/model/labfile.h"

struct match_key;

struct program {
	const char *name; /* "ether", …, "object" */
	const char *help;
	const struct match_key *fields;	 /* it always matches by, see match_keys.h; or NULL */
	struct ini_section_spec section; /* its own keys, besides program and continue */
	uint32_t action;		 /* enum xdp_action, unless the key says another */
	bool matches;			 /* it has keys that a packet must match, and rules */
	bool shows;			 /* an event of its own for each packet */
};

extern const struct program programs[]; /* by enum program_kind */

/* The verdict that a filter of it does not count and tell, for it follows from the others' counts:
 * no opinion (XLAB_NEXT); PASS of an object, for whom PASS means that.
 */
uint32_t program_silent(enum program_kind program);

/* The verdicts (bits) after which the chain goes on where `continue` says nothing. */
uint32_t program_continues(enum program_kind program);

/* Give a filter of a program that matches the keys that it always has. */
void program_give_keys(struct filter *f);

/* It has keys that a packet must match. */
bool program_matches(const struct program *p);

#endif
