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
struct match_key;
struct rule;

/* Limits, so that any file is read in no time. */
#define LABFILE_FILTERS_MAX   4096
#define LABFILE_SCENARIOS_MAX 4096
#define FILTER_RULES_MAX      50000
#define LABFILE_PACKETS_MAX   4096
#define LABFILE_STEPS_MAX     10000 /* of all scenarios */

enum engine_choice { ENGINE_AUTO, ENGINE_LIBXDP, ENGINE_INLINE };
enum xdp_mode { XDP_MODE_CHOICE_NATIVE, XDP_MODE_CHOICE_GENERIC };

/* The built-in programs, and OBJECT for a file. The table is in program.h. */
enum program_kind {
#define BUILTIN(id, ...) PROGRAM_##id,
#include "orchestrator/model/builtins.h"
	PROGRAM_OBJECT,
};

/* read_from is where a part of the model stands in labfile.ini. A line would not tell: of one line
 * ranges make many keys.
 */

struct setting { /* set.NAME = value of an object */
	char *name;
	char *value;
	const struct ini_key *read_from;
};

struct map_preset { /* map.NAME = KEY -> VALUE of an object */
	char *name;
	char *key;
	char *value;
	const struct ini_key *read_from;
};

struct filter {
	char *name;
	enum program_kind program;
	char *object;		/* absolute path, with PROGRAM_OBJECT */
	char *function;		/* or NULL: the object's only one */
	uint32_t action;	/* enum xdp_action of a match */
	uint32_t continues;	/* bit 1 << verdict: the chain goes on; XLAB_NEXT is always there */
	struct match_key *keys; /* by which its rules match, see rule.h */
	size_t n_keys;
	struct rule *rules; /* in the order of the file */
	size_t n_rules;
	struct names values; /* the rules as text -> their line */
	char *expr;	     /* of pcap-filter(7), with PROGRAM_PCAP */
	size_t redirect_to;  /* iface, or NONE */
	struct setting *settings;
	size_t n_settings;
	struct map_preset *presets; /* put into its maps before it stands in a chain */
	size_t n_presets;
	int line; /* 0: a built-in that needs no key, under its own name, and not in the file */
};

struct chain_config { /* which filters on which interface */
	size_t iface;
	char **filters; /* names: there is a filter of each */
	size_t n_filters;
	const struct ini_key *read_from;
	bool common; /* equal ones stand on other interfaces at the same time */
};

struct packet_config { /* [packet P] */
	char *name;
	uint8_t *bytes; /* the frame, @size bytes; NULL: a capture has it, and was not read yet */
	size_t size;
	char *capture;	 /* absolute path, with pcap = …; else NULL */
	uint32_t number; /* of the packet in it */
	const struct ini_section *read_from;
};

enum step_kind {
	STEP_PING,
	STEP_UDP,
	STEP_TCP,
	STEP_FRAME,
	STEP_EXEC,
	STEP_SEE,
	STEP_REJECT,
	STEP_MAP,
	STEP_DO,
	STEP_SERVE,
	STEP_GIVE,
};

enum step_expect {
	EXPECT_PASS,
	EXPECT_DROP,
	EXPECT_FAIL, /* exec */
	EXPECT_TX,
	EXPECT_REDIRECT,
	EXPECT_ABORTED,
};

/* What a step must do without the scenario's chains. */
enum step_control { CONTROL_PASS, CONTROL_FAIL, CONTROL_NONE };

/* map = F.MAP[KEY].FIELD OP VALUE, in the words of the file: types are the map's BTF's. */
struct map_expectation {
	char *map, *key, *value;
	char *field;	/* or NULL */
	const char *op; /* == != < <= > >= */
};

/* do = filter F add|del RULE, or chain NODE:IFACE F… */
enum change_kind { CHANGE_RULE_ADD, CHANGE_RULE_DEL, CHANGE_CHAIN };

struct change {
	enum change_kind kind;
	char *rule;		   /* "dst=9999", of the step's filter */
	struct chain_config chain; /* CHANGE_CHAIN */
};

struct step {
	enum step_kind kind;
	enum step_expect expect; /* ping, udp, tcp, frame, exec, give */
	size_t src;		 /* node; exec, serve: where it runs */
	size_t dst;		 /* node, or NONE when an address was given */
	struct address address;	 /* where it goes: resolved when read */
	size_t owner;		 /* of the topology's: who has it; NONE: nobody, or several do */
	size_t zone;		 /* iface of @src, where that address means something; or NONE */
	bool group;		 /* broadcast or multicast: each receiver gets it */
	uint16_t port;		 /* serve: that is bound when it is ready */
	uint8_t proto;		 /* serve: of that port, IPPROTO_… */
	char *text;		 /* payload; see: pattern; reject: text */
	unsigned int count;	 /* ping, frame; default 1 */
	unsigned int size;	 /* ping; payload bytes, default 56 */
	unsigned int arrive_min; /* of @count must arrive, and ... */
	unsigned int arrive_max; /* ... may; both 0: not asked, all of them */
	unsigned int flows;	 /* so many times, from a source port each; 0: not asked, once */
	unsigned int each;	 /* percent of the flows that each of @receivers gets at least */
	size_t from;		 /* frame: the iface that it goes out of; else NONE */
	size_t packet;		 /* frame, give; else NONE */
	size_t as;		 /* packet that it comes out as, or NONE */
	bool *except;		 /* by enum xlab_field: may be another than there; NULL: none */
	size_t by;		 /* filter, or NONE; reject, do: the filter */
	size_t at;		 /* iface, or NONE; see, give: the interface */
	size_t *receivers;	 /* nodes: who is to receive it; none: who has the address */
	size_t n_receivers;
	enum step_control control; /* its own, or its scenario's */
	bool warm;		   /* what is known of neighbours stays */
	char **argv;		   /* exec, serve: ends in NULL */
	struct map_expectation map;
	struct change change; /* do */
	const struct ini_key *read_from;
	char *line_text; /* as written: "udp lb host:8888 coucou by udp-8888" */
	int line;
};

struct scenario {
	const struct ini_section *read_from;
	char *name;
	char *about;
	struct chain_config *chains;
	size_t n_chains;
	struct step *steps;
	size_t n_steps;
	enum step_control control; /* of steps that say nothing else */
	bool warm;		   /* neighbours = warm */
};

struct common_ifaces {	    /* with a common chain of the lab's or of a scenario */
	size_t first, span; /* from the first to the last */
	size_t n;	    /* of the span: so many */
};

struct labfile {
	struct inifile ini;
	struct topology topo;
	enum engine_choice engine;
	enum xdp_mode *modes;	     /* by iface */
	struct chain_config *chains; /* [iface] chain = …: those attached by up */
	size_t n_chains;
	struct common_ifaces common;
	struct filter *filters;
	size_t n_filters;
	struct scenario *scenarios;
	size_t n_scenarios;
	struct packet_config *packets;
	size_t n_packets;
	struct names filter_names, scenario_names, packet_names; /* -> indices */
};

/* Free what labfile_load() or labfile_parse() made. */
void labfile_clear(struct labfile *labfile);

size_t labfile_filter(const struct labfile *labfile, const char *name);	  /* or NONE */
size_t labfile_scenario(const struct labfile *labfile, const char *name); /* or NONE */
size_t labfile_packet(const struct labfile *labfile, const char *name);	  /* or NONE */

/* ping, udp and tcp, which ping and nc send; and those and frame. */
bool step_is_nc_or_ping(const struct step *step);
bool step_is_traffic(const struct step *step);

/* `at NODE:IFACE` names where the step's packet arrives, and not where it is decided. */
bool step_arrives_at(const struct step *step);

/* It names that node as one that is to receive it. */
bool step_names_receiver(const struct step *step, size_t node);

/* The chain on an interface: the scenario's (NULL: none runs), else its own; NULL if none. */
const struct chain_config *labfile_chain(const struct labfile *labfile,
					 const struct scenario *scenario, size_t iface);

/* True if that one of the lab's own stands while the scenario runs, which has none in its place. */
bool labfile_chain_stays(const struct scenario *scenario, const struct chain_config *chain);
/* Why the filter cannot stand in the interface's chain, malloc'ed; NULL: it can. */
char *labfile_why_not(const struct labfile *labfile, size_t iface, size_t filter);

/* Candidates for text_offer() and the like. */
const char *labfile_next_filter(void *labfile, size_t i);
const char *labfile_next_scenario(void *labfile, size_t i);
const char *labfile_next_packet(void *labfile, size_t i);

#endif
