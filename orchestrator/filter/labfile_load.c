// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A lab file and the objects that its filters name, judged together and before anything is
 * built: a fault of an object is one of the file's errors, at the line that names it. What
 * only the kernel can tell, the verifier, is not asked here: this needs no root.
 */
#include "orchestrator/filter/labfile_load.h"

#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/inifile.h"
#include "lab/inikeys.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/map_value.h"
#include "orchestrator/filter/pcap_code.h"
#include "orchestrator/filter/pcap_expr.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/model/packet_config.h"

/* What @one says gets its place in the file; a fault of the machine's stays that. */
static void tell(const struct ini_where *at, const struct error *one, struct error *e)
{
	struct error ERROR_AUTO placed = ERROR_INIT;

	(void)ini_complain(at, &placed, "%s", one->text);
	placed.kind = one->kind;
	placed.err = one->err;
	(void)error_join(e, &placed);
	ini_tell_rest(at, e);
}

static void check_settings(struct ini_where at, const struct filter *f, struct filter_object *in,
			   struct error *e)
{
	for (size_t i = 0; i < f->n_settings && !ini_gave_up(e); i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		at.key = f->settings[i].read_from;
		if (globals_set(in->obj, f->settings[i].name, f->settings[i].value, &one))
			tell(&at, &one, e);
	}
}

static void check_presets(struct ini_where at, const struct filter *f, struct filter_object *in,
			  struct error *e)
{
	for (size_t i = 0; i < f->n_presets && !ini_gave_up(e); i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		at.key = f->presets[i].read_from;
		if (map_value_check_preset(in->obj, &f->presets[i], &one))
			tell(&at, &one, e);
	}
}

/* Whether a scenario asks the filter's maps for what these can have. */
static void check_steps(const struct labfile *labfile, const struct scenario *s,
			const struct filter *f, struct filter_object *in, struct error *e)
{
	struct ini_where at = { .ini = &labfile->ini, .section = s->read_from };

	for (size_t i = 0; i < s->n_steps && !ini_gave_up(e); i++) {
		const struct step *step = &s->steps[i];
		struct error ERROR_AUTO one = ERROR_INIT;

		if (step->kind != STEP_MAP || step->by == NONE || !step->map.value ||
		    &labfile->filters[step->by] != f)
			continue;
		at.key = step->read_from;
		if (map_value_check(in->obj, &step->map, &one))
			tell(&at, &one, e);
	}
}

static void check_object(const struct labfile *labfile, struct ini_where at, const struct filter *f,
			 struct error *e)
{
	struct error ERROR_AUTO one = ERROR_INIT;
	struct filter_object in;

	at.key = ini_find_key(at.section, "program");
	if (filter_object_open_file(f, &in, &one)) {
		tell(&at, &one, e);
	} else {
		check_settings(at, f, &in, e);
		check_presets(at, f, &in, e);
		for (size_t i = 0; i < labfile->n_scenarios; i++)
			check_steps(labfile, &labfile->scenarios[i], f, &in, e);
	}
	filter_object_close(&in);
}

/* What libpcap says of an expression, and whether its program can be one of ours. */
static void check_expression(struct ini_where at, const struct filter *f, struct error *e)
{
	struct sock_filter *FREE_AUTO classic = NULL;
	struct bpf_insn *FREE_AUTO insns = NULL;
	struct error ERROR_AUTO one = ERROR_INIT;
	size_t n;

	at.key = ini_find_key(at.section, "expr");
	if (pcap_expr_compile(f->expr, &classic, &n, &one) ||
	    pcap_code_make(classic, n, &(struct pcap_result){ 1, 0, false }, &insns, &n, &one))
		tell(&at, &one, e);
}

/* The n-th [filter] of the file is the n-th of the model. */
static void check_objects(const struct labfile *labfile, struct error *e)
{
	size_t n = 0;

	for (size_t i = 0; i < labfile->ini.n_sections && n < labfile->n_filters; i++) {
		struct ini_where at = { .ini = &labfile->ini,
					.section = &labfile->ini.sections[i] };
		const struct filter *f = &labfile->filters[n];

		if (strcmp(at.section->kind, "filter") != 0)
			continue;
		n++;
		if (f->object && !ini_gave_up(e))
			check_object(labfile, at, f, e);
		if (f->expr && !ini_gave_up(e))
			check_expression(at, f, e);
	}
}

/* Those of captures are read. */
static void load_packets(struct labfile *labfile, struct error *e)
{
	for (size_t i = 0; i < labfile->n_packets && !ini_gave_up(e); i++) {
		struct packet_config *p = &labfile->packets[i];
		const struct ini_where at = { .ini = &labfile->ini,
					      .section = p->read_from,
					      .key = ini_find_key(p->read_from, "pcap") };
		struct error ERROR_AUTO one = ERROR_INIT;

		if (packet_config_load(p, &one))
			tell(&at, &one, e);
	}
}

int labfile_load(struct labfile *labfile, const char *path, struct error *e)
{
	*labfile = (struct labfile){ 0 };
	(void)labfile_check(labfile, inifile_load(&labfile->ini, path, e), e);
	check_objects(labfile, e);
	load_packets(labfile, e);
	inifile_sort_errors(&labfile->ini, e);
	return e->kind == ERROR_NONE ? 0 : e->err;
}
