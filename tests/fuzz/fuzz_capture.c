// SPDX-License-Identifier: GPL-2.0-or-later
/* A capture: each packet is there as far as it was captured, or what is wrong is said. */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/util/capture.h"
#include "tests/fuzz/fuzz.h"

static void read_all(const char *path)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const uint8_t *bytes = NULL;
	struct capture *c;
	size_t size = 0, length = 0, sum = 0;
	int more;

	if (capture_open(&c, path, &e)) {
		must(!c && e.text && *e.text);
		return;
	}
	while ((more = capture_next(c, &bytes, &size, &length, &e)) == 1) {
		must(size <= CAPTURE_PACKET_MAX);
		for (size_t i = 0; i < size; i++)
			sum += bytes[i];
	}
	must(more == 0 || (e.text && *e.text));
	must(sum <= SIZE_MAX);
	capture_close(c);
}

static void read_third(const char *path)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int err = capture_read_one(path, 3, &bytes, &size, &e);

	must(err ? !bytes && e.text : bytes != NULL);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("capture", 0);
	char *path;

	must(fd >= 0);
	must(write(fd, bytes, size) == (ssize_t)size);
	path = text_format("/proc/self/fd/%d", fd);
	read_all(path);
	read_third(path);
	free(path);
	must(close(fd) == 0);
	return 0;
}
