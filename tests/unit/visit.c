// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/visit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/error.h"
#include "lab/netns.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_read.h"
#include "tests/unit/wrap.h"

struct visit visit;

WRAP(int, netns_visit, struct netns_visit *v, const struct state *st, const char *name,
     struct error *e)
{
	(void)v;
	(void)st;
	visit.at = name;
	return visit.gone && !strcmp(visit.gone, name) ? error_state(e, -ENOENT, "%s is gone", name)
						       : 0;
}

int parse_text(void **state, struct labfile *labfile, const char *text)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	*state = labfile;
	if (labfile_parse(labfile, "/tmp/t.ini", "/tmp", text, strlen(text), &e))
		fail_msg("%s", e.text);
	return 0;
}

int clear_text(void **state)
{
	labfile_clear(*state);
	return 0;
}
