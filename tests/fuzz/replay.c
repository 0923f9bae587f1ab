// SPDX-License-Identifier: GPL-2.0-or-later
/* Feed files to a fuzz target, without libFuzzer: replay FILE… */

#include "tests/fuzz/fuzz.h"

static void replay(const char *path)
{
	FILE *in = fopen(path, "re");
	long size;
	uint8_t *bytes;

	if (!in || fseek(in, 0, SEEK_END) || (size = ftell(in)) < 0 || fseek(in, 0, SEEK_SET))
		fail("%s cannot be read", path);
	/* exactly as large as the input, so that a byte beyond it is noticed */
	bytes = malloc((size_t)size ? (size_t)size : 1);
	if (!bytes || fread(bytes, 1, (size_t)size, in) != (size_t)size)
		fail("%s cannot be read", path);
	(void)fclose(in);
	(void)LLVMFuzzerTestOneInput(bytes, (size_t)size);
	free(bytes);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%d inputs\n", argc - 1);
	return argc > 1 ? 0 : 2;
}
