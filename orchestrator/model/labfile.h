/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LABFILE_H
#define XLAB_LABFILE_H

/*
 * A whole lab file as a model: the topology, and what xlab does with it, that
 * is filters, chains, scenarios. Checked when read.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/array.h"
#include "lab/inifile.h"
#include "lab/topology.h"

struct error;
struct rule;

/* Limits, so that any file is read in no time. */
#define LABFILE_FILTERS_MAX   4096
#define LABFILE_SCENARIOS_MAX 4096
#define LABFILE_STEPS_MAX     10000 /* of all scenarios */

enum engine_choice { ENGINE_AUTO, ENGINE_LIBXDP, ENGINE_INLINE };
enum xdp_mode { XDP_MODE_CHOICE_NATIVE, XDP_MODE_CHOICE_GENERIC };

/* The built-in programs, and OBJECT for a file. The table is in program.h. */
enum program_kind {
#define BUILTIN(id, ...) PROGRAM_##id,
#include "orchestrator/model/builtins.h"
	PROGRAM_OBJECT,
};

struct setting { /* set.NAME = value of an object */
	char *name;
	char *value;
	int line;
};

struct filter {
	char *name;
	enum program_kind program;
	char *object;	    /* absolute path, with PROGRAM_OBJECT */
	char *function;	    /* or NULL: the object's only one */
	uint32_t action;    /* enum xdp_action of a match */
	uint32_t continues; /* bit 1 << action: the chain goes on after it */
	struct rule *rules; /* what it matches, in the order of the file */
	size_t n_rules;
	size_t redirect_to; /* iface, or NONE */
	struct setting *settings;
	size_t n_settings;
	int line; /* 0: a built-in that needs no key, under its own name, and not in the file */
};

struct chain_config { /* which filters on which interface */
	size_t iface;
	char **filters; /* names: there is a filter of each */
	size_t n_filters;
	int line;
};

enum step_kind { STEP_PING, STEP_UDP, STEP_TCP, STEP_SEE, STEP_REJECT };
enum step_expect { EXPECT_PASS, EXPECT_DROP };

struct step {
	enum step_kind kind;
	enum step_expect expect; /* ping, udp, tcp */
	size_t src;		 /* node */
	size_t dst;		 /* node, or NONE when an address was given */
	struct address address;	 /* where it goes: resolved when read */
	uint16_t port;
	char *text;	    /* payload; see: pattern; reject: text */
	unsigned int count; /* ping; default 1 */
	unsigned int size;  /* ping; payload bytes, default 56 */
	size_t by;	    /* filter, or NONE; reject: the filter */
	size_t at;	    /* iface, or NONE; see: the interface */
	char *line_text;    /* as written: "udp lb host:8888 coucou by udp-8888" */
	int line;
};

struct scenario {
	char *name;
	char *about;
	struct chain_config *chains;
	size_t n_chains;
	struct step *steps;
	size_t n_steps;
	int line;
};

struct labfile {
	struct inifile ini;
	struct topology topo;
	enum engine_choice engine;
	enum xdp_mode *modes;	     /* by iface */
	struct chain_config *chains; /* [iface] chain = …: those attached by up */
	size_t n_chains;
	struct filter *filters;
	size_t n_filters;
	struct scenario *scenarios;
	size_t n_scenarios;
	struct names filter_names, scenario_names; /* -> indices */
};

/* Free what labfile_load() or labfile_parse() made. */
void labfile_clear(struct labfile *labfile);

size_t labfile_filter(const struct labfile *labfile, const char *name);	  /* or NONE */
size_t labfile_scenario(const struct labfile *labfile, const char *name); /* or NONE */

/* The chain on an interface: the scenario's (NULL: none runs), else its own; NULL if none. */
const struct chain_config *labfile_chain(const struct labfile *labfile,
					 const struct scenario *scenario, size_t iface);

/* Candidates for text_offer() and the like. */
const char *labfile_next_filter(void *labfile, size_t i);
const char *labfile_next_scenario(void *labfile, size_t i);

#endif
