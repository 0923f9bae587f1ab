// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of programs, of the rows in builtins.h. Their objects are filter/programs.c's. */
#include "orchestrator/model/program.h"

#include <linux/bpf.h>

#include "lab/array.h"
#include "orchestrator/model/filter_keys.h"
#include "orchestrator/model/match_keys.h"

#define SECTION(what, own)                                                                  \
	{                                                                                   \
		.kind = "filter", .argument = "FILTER", .help = "with " what, .keys = (own) \
	}

const struct program programs[] = {
#define BUILTIN(id, called, own_keys, returned, says, ...)                     \
	[PROGRAM_##id] = { .name = #called,                                    \
			   .action = (returned),                               \
			   .help = (says),                                     \
			   .section = SECTION("program = " #called, own_keys), \
			   __VA_ARGS__ },
#include "orchestrator/model/builtins.h"
	[PROGRAM_OBJECT] = { .name = "object",
			     .action = XDP_PASS,
			     .help = "an XDP program of yours",
			     .section = SECTION("an object of yours", filter_object_keys) },
};

uint32_t program_silent(enum program_kind program)
{
	return program == PROGRAM_OBJECT ? XDP_PASS : XLAB_NEXT;
}

uint32_t program_continues(enum program_kind program)
{
	return FILTER_CONTINUES_NONE | UINT32_C(1) << program_silent(program);
}

void program_give_keys(struct filter *f)
{
	const struct match_key *key = programs[f->program].fields;

	for (; key && *key->name; key++)
		*(struct match_key *)array_add(&f->keys, &f->n_keys, sizeof(*key)) = *key;
}

bool program_matches(const struct program *p)
{
	return p->matches;
}
