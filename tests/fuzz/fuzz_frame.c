// SPDX-License-Identifier: GPL-2.0-or-later
/* A frame: its layers lie in it one behind the other; what is shown of it makes it again; and from
 * itself it is not different, but from one with another byte it is.
 */

#include <string.h>

#include "lab/alloc.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/model/layers.h"
#include "orchestrator/model/layers_text.h"
#include "tests/fuzz/fuzz.h"

static void check_layers(const uint8_t *bytes, size_t size)
{
	struct layers layers;
	size_t at = 0;

	layers_read(bytes, size, &layers);
	must(layers.n <= LAYERS_MAX && layers.padding <= size);
	for (size_t i = 0; i < layers.n; i++) {
		must(layers.layer[i].at == at && layers.layer[i].size > 0);
		must(layers.layer[i].size >= layer_header(layers.layer[i].layer));
		at += layers.layer[i].size;
	}
	must(at == size);
}

static void check_again(const uint8_t *bytes, size_t size)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct labfile labfile;
	char *keys = NULL, *text;
	size_t length;
	FILE *out = xopen_memstream(&keys, &length);

	layers_print(bytes, size, out);
	xclose_memstream(out);
	text = text_format("[node a]\n[packet p]\n%s", keys);
	if (labfile_parse(&labfile, "f.ini", "/", text, strlen(text), &e))
		fail("what was shown is refused:\n%s\n%s", e.text, text);
	if (labfile.packets[0].size != size || memcmp(labfile.packets[0].bytes, bytes, size) != 0)
		fail("it is another packet that this makes:\n%s", text);
	labfile_clear(&labfile);
	free(text);
	free(keys);
}

static void check_difference(uint8_t *bytes, size_t size)
{
	const bool except[XLAB_FIELDS] = { false };
	uint8_t *other = xmemdup(bytes, size);
	const struct frame_bytes one = { bytes, size }, two = { other, size };
	char *said = layers_difference(&one, &two, except);

	must(!said);
	other[(bytes[size - 1] << 8 | bytes[0]) % size] ^= (uint8_t)(1 << (bytes[size / 2] & 7));
	said = layers_difference(&one, &two, except);
	must(said && *said);
	free(said);
	free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t *exact;

	if (!size)
		return 0;
	exact = xmemdup(bytes, size);
	check_layers(exact, size);
	if (size >= FRAME_MIN && size <= FRAME_MAX) {
		check_again(exact, size);
		check_difference(exact, size);
	}
	free(exact);
	return 0;
}
