// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/filter/suite_load.h"

#include <errno.h>
#include <string.h>

#include "lab/error.h"
#include "lab/inifile.h"
#include "lab/inikeys.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/instance.h"
#include "orchestrator/model/suite.h"
#include "orchestrator/model/suite_read.h"

/*
 * A lab file and the objects that its filters name, judged together and before anything is
 * built: a fault of an object is one of the file's errors, at the line that names it. What
 * only the kernel can tell, the verifier, is not asked here: this needs no root.
 */

/* What @one says gets its place in the file; a fault of the machine's stays that. */
static void tell(const struct ini_where *at, const struct error *one, struct error *e)
{
	struct error ERROR_AUTO placed = ERROR_INIT;

	(void)ini_complain(at, &placed, "%s", one->text ? one->text : "out of memory");
	placed.kind = one->kind;
	placed.err = one->err;
	(void)error_join(e, &placed);
}

static const struct ini_key *key_at(const struct ini_section *section, int line)
{
	for (size_t i = 0; i < section->n_keys; i++)
		if (section->keys[i].line == line)
			return &section->keys[i];
	return NULL;
}

static void check_settings(struct ini_where at, const struct filter *f, struct instance *in,
			   struct error *e)
{
	for (size_t i = 0; i < f->n_settings && !ini_gave_up(e); i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		at.key = key_at(at.section, f->settings[i].line);
		if (globals_set(in->obj, f->settings[i].name, f->settings[i].value, &one))
			tell(&at, &one, e);
	}
}

static void check_object(struct ini_where at, const struct filter *f, struct error *e)
{
	struct error ERROR_AUTO one = ERROR_INIT;
	struct instance in;

	at.key = ini_find_key(at.section, "program");
	if (instance_open_object(f, &in, &one))
		tell(&at, &one, e);
	else
		check_settings(at, f, &in, e);
	instance_close(&in);
}

/* The n-th [filter] of the file is the n-th of the suite. */
static void check_objects(const struct suite *suite, struct error *e)
{
	size_t n = 0;

	for (size_t i = 0; i < suite->ini.n_sections && n < suite->n_filters; i++) {
		struct ini_where at = { .ini = &suite->ini, .section = &suite->ini.sections[i] };
		const struct filter *f = &suite->filters[n];

		if (strcmp(at.section->kind, "filter") != 0)
			continue;
		n++;
		if (f->object && !ini_gave_up(e))
			check_object(at, f, e);
	}
}

int suite_load(struct suite *suite, const char *path, struct error *e)
{
	int err;

	*suite = (struct suite){ 0 };
	err = suite_check(suite, inifile_load(&suite->ini, path, e), e);
	if (err == -ENOMEM)
		return err;
	check_objects(suite, e);
	inifile_sort_errors(&suite->ini, e);
	return e->kind == ERROR_NONE ? 0 : e->err;
}
