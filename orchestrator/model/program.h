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

/* The maps that rules lie in, besides the tables. */
enum rule_map {
	RULE_MACS,
	RULE_ADDRESSES4,
	RULE_ADDRESSES6,
	RULE_NETS,
	RULE_MAPS,
};

/* Where a program keeps its rules, see bpf/rules.h; all 0: it has none. */
struct rule_layout {
	uint32_t tables; /* of 65536 rule numbers */
	uint32_t maps;	 /* bit 1 << enum rule_map */
};

struct program {
	const char *name; /* "ether", …, "object" */
	const char *help;
	struct ini_section_spec section; /* its own keys, besides program and continue */
	struct rule_layout rules;
	const struct match_key *fields; /* that it always matches by, see match_keys.h; or NULL */
	uint32_t action;		/* enum xdp_action, unless the key says another */
	bool shows;			/* an event of its own for each packet */
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
