// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * map = F.MAP[KEY].FIELD OP VALUE: its form. Whether there is such a map, and what its keys and
 * values are, the object's BTF says when it is loaded.
 */
#include "orchestrator/model/step_map.h"

#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/step_words.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* What of *@rest is of @set: malloc'ed, or NULL if nothing is. */
static char *take(const char **rest, const char *set)
{
	size_t len = strspn(*rest, set);
	char *taken = len ? xstrndup(*rest, len) : NULL;

	*rest += len;
	return taken;
}

static int read_filter(const struct ini_where *at, const char **rest,
		       const struct labfile_reading *r, struct step *step, struct error *e)
{
	size_t len = strcspn(*rest, ".[ \t");
	char *FREE_AUTO name = xstrndup(*rest, len);

	if (!len || (*rest)[len] != '.')
		return ini_refuse(at, e, "it must begin with a filter and one of its maps: F.MAP");
	step->by = labfile_filter(r->labfile, name);
	if (step->by == NONE)
		return ini_unknown(at, e, "filter", name, labfile_next_filter, r->labfile);
	if (r->labfile->filters[step->by].program != PROGRAM_OBJECT)
		return ini_complain(at, e,
				    "filter %s is a built-in, and its maps are nobody's concern: "
				    "this asks for those of an object of yours",
				    name);
	if (!r->stands[step->by] && !r->doubtful)
		return ini_complain(at, e,
				    "filter %s stands in no chain of this scenario, so it has no "
				    "maps",
				    name);
	*rest += len + 1;
	return 0;
}

/* "MAP[KEY]" and what may follow, ".FIELD" */
static int read_place(const struct ini_where *at, const char **rest, struct map_expectation *map,
		      struct error *e)
{
	size_t len;

	map->map = take(rest, WORD ".");
	if (!map->map)
		return ini_refuse(at, e, "the map's name is missing");
	if (**rest != '[')
		return ini_refuse(at, e, "[KEY] is missing behind the map's name %s", map->map);
	len = strcspn(++*rest, "]");
	if (!(*rest)[len])
		return ini_refuse(at, e, "the [ before the key is not closed by ]");
	if (!len)
		return ini_refuse(at, e, "the key between [ and ] is missing");
	map->key = xstrndup(*rest, len);
	*rest += len + 1;
	if (**rest != '.')
		return 0;
	++*rest;
	map->field = take(rest, WORD ".");
	return map->field ? 0 : ini_refuse(at, e, "the field behind the dot is missing");
}

static int read_op(const struct ini_where *at, const char **rest, struct map_expectation *map,
		   struct error *e)
{
	static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">" };
	char *FREE_AUTO op = NULL;

	*rest += strspn(*rest, " \t");
	op = take(rest, "=!<>");
	for (size_t i = 0; op && i < ARRAY_SIZE(ops); i++)
		if (!strcmp(op, ops[i]))
			map->op = ops[i];
	if (op && !strcmp(op, "="))
		map->op = ops[0];
	*rest += strspn(*rest, " \t");
	return map->op ? 0
		       : ini_refuse(at, e,
				    "behind %s[%s]%s%s stands none of == != < <= > >=", map->map,
				    map->key, map->field ? "." : "", map->field ? map->field : "");
}

int step_read_map(const struct ini_where *at, const char *value, struct labfile_reading *r,
		  struct error *e)
{
	struct step *step = step_add(at, r);
	const char *rest = value;
	int err;

	step->kind = STEP_MAP;
	err = read_filter(at, &rest, r, step, e);
	err = err ? err : read_place(at, &rest, &step->map, e);
	err = err ? err : read_op(at, &rest, &step->map, e);
	return err ? err : step_read_rest(at, "the VALUE", rest, &step->map.value, e);
}
