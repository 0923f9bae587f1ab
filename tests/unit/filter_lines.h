/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_FILTER_LINES_H
#define XLAB_TESTS_FILTER_LINES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/labfile_read.h"

/* The filter of these lines, in a lab file that has it and a node; one that is wrong fails the
 * test.
 */
static struct filter *filter_of_lines(struct labfile *labfile, const char *lines)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO text = text_format("[lab]\nname = f\n[node n]\n[filter f]\n%s\n", lines);

	if (labfile_parse(labfile, "f.ini", "/", text, strlen(text), &e))
		fail_msg("%s", e.text);
	return &labfile->filters[labfile_filter(labfile, "f")];
}

#endif
