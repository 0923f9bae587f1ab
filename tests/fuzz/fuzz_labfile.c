// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab file: what is read, printed and read again is the same, and so is what is warned of; what
 * is refused is refused in words.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/error.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_print.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/model/labfile_warn.h"
#include "tests/fuzz/fuzz.h"

static char *print(const struct labfile *labfile, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	must(out != NULL);
	labfile_print(labfile, out);
	must(fclose(out) == 0);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error ERROR_AUTO e = ERROR_INIT, first_said = ERROR_INIT, second_said = ERROR_INIT;
	struct labfile first = { 0 }, second = { 0 };
	size_t first_size, second_size;
	char *first_text, *second_text;
	int err = labfile_parse(&first, "fuzz.ini", "/", (const char *)bytes, size, &e);

	if (err) {
		must(e.text && *e.text && e.kind);
		labfile_clear(&first);
		return 0;
	}
	must(!e.text);
	first_text = print(&first, &first_size);
	if (labfile_parse(&second, "fuzz.ini", "/", first_text, first_size, &e))
		fail("what was printed is refused:\n%s\n%s", e.text, first_text);
	second_text = print(&second, &second_size);
	if (strcmp(first_text, second_text) != 0)
		fail("printed:\n%s\nprinted again:\n%s", first_text, second_text);
	labfile_warn(&first, &first_said);
	labfile_warn(&second, &second_said);
	/* Of what a range makes not all is told. */
	if (first.ini.told ? !first_said.lines != !second_said.lines
			   : first_said.lines != second_said.lines)
		fail("warnings:\n%s\nof what was printed:\n%s\n%s", first_said.text,
		     second_said.text, first_text);
	free(first_text);
	free(second_text);
	labfile_clear(&first);
	labfile_clear(&second);
	return 0;
}
