// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes a frame by its layers, and what two frames differ in. Which layers there are, layers.c
 * finds out.
 */
#include "orchestrator/model/layers_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/model/layers.h"
#include "orchestrator/util/table.h"

#define TEXT_MAX    1024 /* bytes of data in one line of a lab file */
#define HEX_MAX	    512
#define ZEROS_LEAST 16 /* fewer are shown as bytes */
#define SHOWN_MAX   16 /* bytes shown where data are different */

static const char *short_name(enum xlab_field field)
{
	return strchr(fields[field].name, '.') + 1;
}

static char *hex_text(const uint8_t *bytes, size_t n)
{
	char *text = NULL;
	size_t size;
	FILE *out = xopen_memstream(&text, &size);

	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, "%02x", bytes[i]);
	xclose_memstream(out);
	return text;
}

/* Of a layer, its header's end. */
static size_t options_size(const struct layer *layer)
{
	return layer->layer == XLAB_LAYER_DATA ? 0 : layer->size - layer_header(layer->layer);
}

static void print_header(const uint8_t *bytes, const struct layer *layer, FILE *out)
{
	size_t n = options_size(layer);

	(void)fprintf(out, "%s =", layer_names[layer->layer]);
	for (enum xlab_field f = XLAB_FIELDS;
	     (f = layer_next_field(bytes, layer, f)) != XLAB_FIELDS;) {
		char value[FIELD_TEXT];

		(void)fprintf(out, " %s=%s", short_name(f), layer_text(bytes, layer, f, value));
	}
	if (n) {
		char *FREE_AUTO options = hex_text(bytes + layer->at + layer->size - n, n);

		(void)fprintf(out, " options=hex:%s", options);
	}
	(void)fputc('\n', out);
}

/* It stands in a lab file in quotes as it is: they are not closed and no range begins in it. */
static bool is_text(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isprint(bytes[i]) || strchr("\"\\{}", bytes[i]))
			return false;
	return true;
}

/* Of @n bytes, those that one line tells; 0 of zeros: they are too few. */
static size_t zeros(const uint8_t *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && !bytes[i])
		i++;
	return i >= ZEROS_LEAST ? i : 0;
}

/* Bytes up to the next run of zeros, in hex. */
static size_t print_hex(const uint8_t *bytes, size_t n, FILE *out)
{
	char *FREE_AUTO hex = NULL;
	size_t len = 1;

	while (len < n && len < HEX_MAX && !zeros(bytes + len, n - len))
		len++;
	hex = hex_text(bytes, len);
	(void)fprintf(out, "data = hex:%s\n", hex);
	return len;
}

static void print_data(const uint8_t *bytes, size_t n, FILE *out)
{
	size_t len;

	if (n <= TEXT_MAX && is_text(bytes, n)) {
		(void)fprintf(out, "data = \"%.*s\"\n", (int)n, (const char *)bytes);
		return;
	}
	for (; n; bytes += len, n -= len) {
		len = zeros(bytes, n);
		if (len)
			(void)fprintf(out, "data = zero:%zu\n", len);
		else
			len = print_hex(bytes, n, out);
	}
}

void layers_print(const uint8_t *bytes, size_t size, FILE *out)
{
	struct layers layers;

	layers_read(bytes, size, &layers);
	for (size_t i = 0; i < layers.n; i++) {
		const struct layer *layer = &layers.layer[i];

		if (layer->layer == XLAB_LAYER_DATA)
			print_data(bytes + layer->at, layer->size, out);
		else
			print_header(bytes, layer, out);
	}
	if (layers.padding)
		(void)fprintf(out, "; the last %zu byte%s Ethernet's padding\n", layers.padding,
			      layers.padding == 1 ? " is" : "s are");
}

void bytes_print(const uint8_t *bytes, size_t size, const char *before, FILE *out)
{
	for (size_t at = 0; at < size; at += 16) {
		size_t n = size - at < 16 ? size - at : 16;

		(void)fprintf(out, "%s%04zx ", before, at);
		for (size_t i = 0; i < 16; i++) {
			if (i < n)
				(void)fprintf(out, "%s %02x", i == 8 ? " " : "", bytes[at + i]);
			else
				(void)fprintf(out, "%s   ", i == 8 ? " " : "");
		}
		(void)fputs("  ", out);
		for (size_t i = 0; i < n; i++)
			(void)fputc(isprint(bytes[at + i]) ? bytes[at + i] : '.', out);
		(void)fputc('\n', out);
	}
}

/* --- Two frames ------------------------------------------------------------------------------ */

struct comparison {
	const struct frame_bytes *expected, *came;
	const bool *except;
	struct table table;
};

static bool excepts(const struct comparison *c, enum xlab_field field)
{
	return c->except && c->except[field];
}

static void differ(struct comparison *c, const char *what, const char *expected, const char *came)
{
	if (!c->table.n_cells) {
		table_add(&c->table, NULL, "field");
		table_add(&c->table, NULL, "expected");
		table_add(&c->table, NULL, "came");
	}
	table_add(&c->table, NULL, "%s", what);
	table_add(&c->table, NULL, "%s", expected);
	table_add(&c->table, NULL, "%s", came);
}

/* " of the second ip", where there are several before it; else "". */
static char *which(const struct layers *layers, size_t n)
{
	static const char *const numbers[] = { "second", "third", "fourth", "fifth" };
	size_t before = 0;

	for (size_t i = 0; i < n; i++)
		before += layers->layer[i].layer == layers->layer[n].layer;
	if (!before)
		return xstrdup("");
	return text_format(" (the %s %s)",
			   before > ARRAY_SIZE(numbers) ? "next" : numbers[before - 1],
			   layer_names[layers->layer[n].layer]);
}

/* Some bytes from the first that is different on: "2 bytes: 0a0b", "1460 bytes, from 12 on: 00ff…"
 */
static char *bytes_text(const uint8_t *bytes, size_t size, size_t from)
{
	size_t n = size - from < SHOWN_MAX ? size - from : SHOWN_MAX;
	char *FREE_AUTO hex = hex_text(bytes + from, n);
	char *FREE_AUTO start = from ? text_format(", from %zu on", from) : xstrdup("");

	return text_format("%zu byte%s%s%s%s%s", size, size == 1 ? "" : "s", start, n ? ": " : "",
			   hex, from + n < size ? "…" : "");
}

static void compare_bytes(struct comparison *c, const char *what, const uint8_t *expected,
			  size_t expected_size, const uint8_t *came, size_t came_size)
{
	char *FREE_AUTO a = NULL, *FREE_AUTO b = NULL;
	size_t from = 0;

	while (from < expected_size && from < came_size && expected[from] == came[from])
		from++;
	if (from == expected_size && from == came_size)
		return;
	a = bytes_text(expected, expected_size, from);
	b = bytes_text(came, came_size, from);
	differ(c, what, a, b);
}

/* Both are the same layer, each in its frame. */
static void compare_fields(struct comparison *c, const struct layer *expected,
			   const struct layer *came, const char *behind)
{
	for (enum xlab_field f = 0; f < XLAB_FIELDS; f++) {
		char a[FIELD_TEXT], b[FIELD_TEXT];
		char *FREE_AUTO what = NULL;

		if (excepts(c, f) || (!layer_has_field(c->expected->bytes, expected, f) &&
				      !layer_has_field(c->came->bytes, came, f)))
			continue;
		layer_text(c->expected->bytes, expected, f, a);
		layer_text(c->came->bytes, came, f, b);
		what = text_format("%s%s", fields[f].name, behind);
		if (strcmp(a, b) != 0)
			differ(c, what, a, b);
	}
}

static void compare_layer(struct comparison *c, const struct layer *expected,
			  const struct layer *came, const char *behind)
{
	const uint8_t *a = c->expected->bytes + expected->at, *b = c->came->bytes + came->at;
	size_t from = layer_header(expected->layer);
	char *FREE_AUTO what = NULL;

	compare_fields(c, expected, came, behind);
	if (expected->layer == XLAB_LAYER_DATA)
		what = xstrdup("data");
	else
		what = text_format("%s options%s", layer_names[expected->layer], behind);
	if (expected->layer != XLAB_LAYER_DATA || !excepts(c, XLAB_FIELD_DATA))
		compare_bytes(c, what, a + from, expected->size - from, b + from,
			      came->size - from);
}

/* "eth ip udp data" */
static char *order_text(const struct layers *layers)
{
	char *text = NULL;

	for (size_t i = 0; i < layers->n; i++)
		text_add(&text, " ", "%s", layer_names[layers->layer[i].layer]);
	return text ? text : xstrdup("none");
}

/* Where one of the two alone has data, it may be what is excepted. */
static bool same_order(const struct comparison *c, const struct layers *a, const struct layers *b)
{
	const struct layers *longer = a->n > b->n ? a : b;
	size_t n = a->n < b->n ? a->n : b->n;

	for (size_t i = 0; i < n; i++)
		if (a->layer[i].layer != b->layer[i].layer)
			return false;
	return a->n == b->n || (longer->n == n + 1 && excepts(c, XLAB_FIELD_DATA) &&
				longer->layer[n].layer == XLAB_LAYER_DATA);
}

char *layers_difference(const struct frame_bytes *expected, const struct frame_bytes *came,
			const bool *except)
{
	struct comparison c = { .expected = expected, .came = came, .except = except };
	char *FREE_AUTO expected_order = NULL, *FREE_AUTO came_order = NULL;
	struct layers a, b;
	char *text = NULL;
	size_t size;
	FILE *out;

	layers_read(expected->bytes, expected->size, &a);
	layers_read(came->bytes, came->size, &b);
	c.table.n_columns = 3;
	if (!same_order(&c, &a, &b)) {
		expected_order = order_text(&a);
		came_order = order_text(&b);
		differ(&c, "layers", expected_order, came_order);
	}
	for (size_t i = 0; i < a.n && i < b.n && a.layer[i].layer == b.layer[i].layer; i++) {
		char *FREE_AUTO behind = which(&a, i);

		compare_layer(&c, &a.layer[i], &b.layer[i], behind);
	}
	if (!c.table.n_cells)
		return NULL;
	out = xopen_memstream(&text, &size);
	table_print(&c.table, 0, out);
	xclose_memstream(out);
	text[size - 1] = '\0'; /* the last line's end */
	return text;
}
