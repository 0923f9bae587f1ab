// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab's journal, which somebody may have damaged: refused, or written again it is the same. */

#include <string.h>

#include "lab/error.h"
#include "lab/journal.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct journal first, second;
	char *given = malloc(size + 1); /* as statefile_read() hands it over */
	char *once, *twice;
	size_t once_size, twice_size;

	must(given);
	memcpy(given, bytes, size);
	given[size] = '\0';
	if (journal_read(&first, given, size, &e)) {
		must(e.kind && e.text);
	} else {
		once = journal_write(&first, &once_size);
		must(once && journal_read(&second, once, once_size, &e) == 0);
		twice = journal_write(&second, &twice_size);
		must(twice && once_size == twice_size && !memcmp(once, twice, once_size));
		journal_clear(&second);
		free(once);
		free(twice);
	}
	journal_clear(&first);
	free(given);
	return 0;
}
