// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * [packet P]: a layer a key, in the file's order, whose fields bpf/fields.h has; or the bytes
 * themselves, in hex or from a capture. How a frame is put together, frame_make.c knows.
 */
#include "orchestrator/model/packet_config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/field_read.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/step_words.h"
#include "orchestrator/util/capture.h"

#define WORD_SIZE (sizeof("options=hex:") + 2 * LAYER_OPTIONS_MAX)

struct packet_reading {
	struct packet_config *packet;
	struct frame_make frame;
	const struct ini_key *whole; /* hex or pcap, which stand alone */
	bool refused; /* all that is behind it would be refused for the same reason */
};

/* Complains with the sentence, which is freed. */
static int complain(const struct ini_where *at, char *why, struct error *e)
{
	int err = ini_complain(at, e, "%s", why);

	free(why);
	return err;
}

static enum xlab_layer layer_of(const char *key)
{
	enum xlab_layer layer = XLAB_LAYER_ETH;

	while (strcmp(layer_names[layer], key) != 0)
		layer++;
	return layer;
}

/* Candidates for text_offer(): a layer's fields, without its name. */
static const char *next_name(void *layer, size_t i)
{
	const enum xlab_layer of = *(enum xlab_layer *)layer;

	for (enum xlab_field f = 0; f < XLAB_FIELDS; f++)
		if (fields[f].layer == of && fields[f].one == f && i-- == 0)
			return strchr(fields[f].name, '.') + 1;
	return NULL;
}

/* Pairs of digits, which white space may stand between; false: they are none. */
static bool read_hex(const char *text, uint8_t *bytes, size_t room, size_t *n)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	*n = 0;
	for (; *(text += strspn(text, " \t")); text += 2) {
		const char *high = strchr(digits, text[0]);
		const char *low = text[1] ? strchr(digits, text[1]) : NULL;

		if (!high || !low)
			return false;
		if (*n == room)
			return false;
		bytes[(*n)++] = (uint8_t)((high - digits) % 16 << 4 | (low - digits) % 16);
	}
	return *n > 0;
}

struct options {
	uint8_t bytes[LAYER_OPTIONS_MAX];
	size_t n;
};

static int read_options(const struct ini_where *at, const char *value, struct options *options,
			struct error *e)
{
	if (options->n)
		return ini_complain(at, e, "options stands twice");
	if (strncmp(value, "hex:", 4) != 0 ||
	    !read_hex(value + 4, options->bytes, sizeof(options->bytes), &options->n))
		return ini_complain(at, e, "options=%s is not options=hex:… with pairs of digits",
				    value);
	return 0;
}

/* What field.c allows are ranges and prefixes, too; here it is one value. */
static int refuse_value(const struct ini_where *at, const char *field, const char *value,
			const char *why, struct error *e)
{
	const char *allowed = strstr(why, "; allowed: ");

	return ini_refuse(at, e, "%s=%s: %.*s", field, value,
			  (int)(allowed ? (size_t)(allowed - why) : strlen(why)), why);
}

/* "ip.ttl" of filters, "addr", or none at all. */
static int refuse_name(const struct ini_where *at, enum xlab_layer layer, const char *word,
		       struct error *e)
{
	size_t n = strlen(layer_names[layer]);
	bool prefixed = !strncmp(word, layer_names[layer], n) && word[n] == '.';
	char *FREE_AUTO name =
		prefixed ? xstrdup(word) : text_format("%s.%s", layer_names[layer], word);
	char *FREE_AUTO offer = NULL;
	enum xlab_field field = field_find(name);

	if (field == XLAB_FIELDS) {
		offer = text_offer(word, next_name, &layer);
		return ini_complain(at, e, "%s has no field \"%s\"%s", layer_names[layer], word,
				    offer);
	}
	if (fields[field].one != field)
		return ini_complain(at, e, "%s is either side's: write %s= or %s=", word,
				    fields[fields[field].one].name + n + 1,
				    fields[fields[field].other].name + n + 1);
	return ini_complain(at, e, "%s stands without the layer's name: %s=", word, word + n + 1);
}

/* "ttl=64" */
static int read_field(const struct ini_where *at, char *word, struct packet_reading *r,
		      struct options *options, struct error *e)
{
	enum xlab_layer layer = layer_of(at->key->name);
	char *FREE_AUTO why = NULL;
	char *value = strchr(word, '=');
	struct field_value number;
	enum xlab_field field;
	uint32_t length;

	if (!value)
		return ini_refuse(at, e, "\"%s\" is not FIELD=VALUE", word);
	*value++ = '\0';
	if (!strcmp(word, "options"))
		return read_options(at, value, options, e);
	field = field_find_in(layer, word);
	if (field == XLAB_FIELDS)
		return refuse_name(at, layer, word, e);
	if (r->frame.layers[r->frame.n - 1].given[field])
		return ini_complain(at, e, "%s stands twice", word);
	if (fields[field].kind == XLAB_KIND_TYPE && !text_u32(value, 0, UINT16_MAX, &length))
		number = field_value_of(length); /* of a frame of 802.3, too */
	else if (field_read_value(field, value, &number, &why))
		return refuse_value(at, word, value, why, e);
	frame_set(&r->frame, field, &number);
	return 0;
}

/* hex and pcap are a whole packet. */
static int check_whole(const struct ini_where *at, struct packet_reading *r, struct error *e)
{
	if (!r->whole)
		return 0;
	r->refused = true;
	return ini_complain(at, e, "%s at line %d is a whole packet: nothing stands beside it",
			    r->whole->name, r->whole->line);
}

/* Of a key that was not understood, and may be the layer that lacks before this one, it was told
 * already.
 */
static int begin_layer(const struct ini_where *at, struct packet_reading *r, enum xlab_layer layer,
		       struct error *e)
{
	char *why = NULL;
	int err = r->refused ? -EINVAL : check_whole(at, r, e);

	if (err)
		return err;
	err = frame_add_layer(&r->frame, layer, &why);
	r->refused = err == -E2BIG;
	if (err && (r->refused || !at->section->broken))
		return complain(at, why, e);
	free(why);
	return err;
}

static int read_layer(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct packet_reading *r = object;
	struct options options = { .n = 0 };
	const char *rest = value;
	char word[WORD_SIZE], *why;
	int misplaced = begin_layer(at, r, layer_of(at->key->name), e);
	int err = 0, more;

	if (r->refused)
		return misplaced;
	while (!err && (more = text_word(&rest, word, sizeof(word))))
		err = more < 0 ? ini_complain(at, e, "a word of it is too long")
			       : read_field(at, word, r, &options, e);
	if (!err && frame_end_layer(&r->frame, options.n ? options.bytes : NULL, options.n, &why))
		err = complain(at, why, e);
	return err ? err : misplaced;
}

static int add_data(const struct ini_where *at, struct packet_reading *r, const uint8_t *bytes,
		    size_t n, struct error *e)
{
	char *why;

	if (!frame_add_data(&r->frame, bytes, n, &why))
		return 0;
	r->refused = true;
	return complain(at, why, e);
}

/* "text", hex:00ff or zero:1400 */
static int read_bytes_of(const struct ini_where *at, const char *value, struct packet_reading *r,
			 struct error *e)
{
	struct step_words w = { 0 };
	uint8_t *FREE_AUTO bytes = xcalloc(1, FRAME_MAX);
	uint32_t n = 0;
	size_t size = 0;
	int err;

	if (*value == '"') {
		err = step_words_cut(at, value, &w, e);
		if (!err && w.n != 1)
			err = ini_refuse(at, e, "\"%s\" stands behind the quotes", w.word[1]);
		if (!err)
			err = add_data(at, r, (const uint8_t *)w.word[0], strlen(w.word[0]), e);
		free(w.copy);
		return err;
	}
	if (!strncmp(value, "zero:", 5)) {
		if (text_u32(value + 5, 1, FRAME_MAX, &n))
			return ini_refuse(at, e, "zero:N has an N of 1-%d", FRAME_MAX);
	} else if (strncmp(value, "hex:", 4) != 0) {
		return ini_refuse(at, e, "it is neither text in quotes nor hex: nor zero:");
	} else if (!read_hex(value + 4, bytes, FRAME_MAX, &size)) {
		return ini_refuse(at, e, "it is not hex: with pairs of digits");
	}
	return add_data(at, r, bytes, n + size, e);
}

static int read_data(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct packet_reading *r = object;
	int misplaced = begin_layer(at, r, XLAB_LAYER_DATA, e);
	int err = r->refused ? misplaced : read_bytes_of(at, value, r, e);

	return err ? err : misplaced;
}

static int check_size(const struct ini_where *at, size_t size, struct error *e)
{
	if (size >= FRAME_MIN && size <= FRAME_MAX)
		return 0;
	return ini_complain(at, e,
			    "the packet has %zu bytes; allowed: %d-%d, beginning with its "
			    "Ethernet header",
			    size, FRAME_MIN, FRAME_MAX);
}

/* Nothing but more hex stands beside it. */
static int read_bytes(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct packet_reading *r = object;
	uint8_t *FREE_AUTO bytes = xcalloc(1, FRAME_MAX);
	size_t n;

	if (r->refused)
		return -EINVAL;
	r->refused = r->frame.n || (r->whole && strcmp(r->whole->name, "hex") != 0);
	if (r->refused)
		return ini_complain(at, e, "hex is a whole packet: nothing stands beside it");
	r->whole = at->key;
	if (!read_hex(value, bytes, FRAME_MAX, &n))
		return ini_refuse(at, e, "it is not hex with pairs of digits, %d at most",
				  FRAME_MAX);
	r->refused = n > FRAME_MAX - r->frame.size;
	if (r->refused)
		return check_size(at, n + r->frame.size, e);
	memcpy(r->frame.bytes + r->frame.size, bytes, n);
	r->frame.size += n;
	return 0;
}

/* "capture.pcapng 3" */
static int read_pcap(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct packet_reading *r = object;
	struct packet_config *p = r->packet;
	size_t len = strlen(value);
	uint32_t number = 1;

	if (r->frame.n || r->whole)
		return ini_complain(at, e, "pcap is a whole packet: nothing stands beside it");
	r->whole = at->key;
	while (len && !strchr(" \t", value[len - 1]))
		len--;
	if (!len) /* no number */
		len = strlen(value);
	else if (text_u32(value + len, 1, UINT32_MAX, &number))
		return ini_refuse(at, e, "\"%s\" is no number of a packet, from 1 on", value + len);
	while (strchr(" \t", value[len - 1])) /* no value is empty, or begins with one */
		len--;
	p->capture = value[0] == '/' ? xstrndup(value, len)
				     : text_format("%s/%.*s", at->ini->dir, (int)len, value);
	p->number = number;
	return 0;
}

#define FIELDS "fields of the layer, as in "
static const struct ini_key_spec packet_keys[] = {
	{ .name = "eth",
	  .repeats = true,
	  .allowed = FIELDS "dst=de:ad:be:ef:00:10 src=de:ad:be:ef:00:01",
	  .help = "Ethernet: dst, src, type",
	  .read = read_layer },
	{ .name = "vlan",
	  .repeats = true,
	  .allowed = FIELDS "id=10 priority=3",
	  .help = "a VLAN tag: id, priority, etype",
	  .read = read_layer },
	{ .name = "arp",
	  .repeats = true,
	  .allowed = FIELDS "opcode=1 src.proto_ipv4=10.0.0.1 dst.proto_ipv4=10.0.0.10",
	  .help = "ARP for Ethernet and IPv4; opcode=1 unless given",
	  .read = read_layer },
	{ .name = "ip",
	  .repeats = true,
	  .allowed = FIELDS "src=10.0.0.1 dst=10.0.0.10 ttl=64",
	  .help = "IPv4; ttl=64 unless given",
	  .read = read_layer },
	{ .name = "ipv6",
	  .repeats = true,
	  .allowed = FIELDS "src=fd00::1 dst=fd00::10 hlim=64",
	  .help = "IPv6; hlim=64 unless given",
	  .read = read_layer },
	{ .name = "icmp",
	  .repeats = true,
	  .allowed = FIELDS "type=8 ident=1 seq=1",
	  .help = "ICMP; type=8 unless given; an error has the packet that it is of behind it",
	  .read = read_layer },
	{ .name = "icmpv6",
	  .repeats = true,
	  .allowed = FIELDS "type=128 echo.identifier=1 echo.sequence_number=1",
	  .help = "ICMPv6; type=128 unless given",
	  .read = read_layer },
	{ .name = "tcp",
	  .repeats = true,
	  .allowed = FIELDS "srcport=40000 dstport=8000 flags=S",
	  .help = "TCP; window_size=65535 unless given",
	  .read = read_layer },
	{ .name = "udp",
	  .repeats = true,
	  .allowed = FIELDS "srcport=40000 dstport=8000",
	  .help = "UDP: srcport, dstport, length, checksum",
	  .read = read_layer },
	{ .name = "data",
	  .repeats = true,
	  .allowed = "\"text\", hex:00ff… or zero:N",
	  .help = "what the last layer carries; several follow one another",
	  .read = read_data },
	{ .name = "hex",
	  .repeats = true,
	  .allowed = "pairs of hexadecimal digits",
	  .help = "all bytes, instead of layers; several follow one another",
	  .read = read_bytes },
	{ .name = "pcap",
	  .allowed = "FILE [NUMBER]",
	  .help = "the packet of that number (default 1) of a capture, pcap or pcapng; the path is "
		  "relative to the lab file",
	  .read = read_pcap },
	{ 0 },
};

const struct ini_section_spec packet_table = {
	.kind = "packet",
	.argument = "PACKET",
	.help = "a packet, by layers in their order or as bytes",
	.keys = packet_keys,
};

int packet_config_read(struct labfile_reading *r, const struct ini_section *section,
		       struct error *e)
{
	const struct ini_where at = { .ini = &r->labfile->ini, .section = section };
	struct packet_config *p = &r->labfile->packets[r->current];
	struct packet_reading *FREE_AUTO reading = xcalloc(1, sizeof(*reading));
	char *why;
	int err;

	reading->packet = p;
	err = ini_section_read(at.ini, section, packet_keys, reading, e);
	if (err || section->broken || p->capture)
		return err;
	if (!reading->whole && frame_finish(&reading->frame, &why))
		return complain(&at, why, e);
	err = check_size(&at, reading->frame.size, e);
	if (err)
		return err;
	p->size = reading->frame.size;
	p->bytes = xmemdup(reading->frame.bytes, p->size);
	return 0;
}

int packet_config_load(struct packet_config *p, struct error *e)
{
	size_t size = 0;
	int err;

	if (p->bytes || !p->capture)
		return 0;
	err = capture_read_one(p->capture, p->number, &p->bytes, &size, e);
	if (err)
		return err;
	p->size = size;
	if (size >= FRAME_MIN && size <= FRAME_MAX)
		return 0;
	return error_input(e, "packet %u of the capture %s has %zu bytes; allowed: %d-%d",
			   p->number, p->capture, size, FRAME_MIN, FRAME_MAX);
}
