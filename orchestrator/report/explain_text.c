// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets that were tried, as people read it. What they came to is explain.c's. */
#include "orchestrator/report/explain_text.h"

#include <inttypes.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/chain/explain.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/filter/calls_trace.h"
#include "orchestrator/filter/rules.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/util/sanitize.h"
#include "orchestrator/util/table.h"

static const char *colour_of(uint32_t verdict, bool colour)
{
	if (!colour)
		return NULL;
	return verdict == XDP_PASS || verdict == XLAB_NEXT ? COLOUR_GOOD : COLOUR_BAD;
}

/* The first position of the filter whose rules are those of @i. */
static size_t first_position(const struct explain *x, size_t i)
{
	size_t first = 0;

	while (explain_rules(x, first) != explain_rules(x, i))
		first++;
	return first;
}

/* The rules that the last packet met, malloc'ed; NULL: none. */
static char *rules_met(struct rules_watch *rules)
{
	const struct rule_row *rows;
	char *text = NULL;
	size_t n;

	if (!rules)
		return NULL;
	rows = rules_watch_rows(rules, &n);
	for (size_t i = rules_watch_next(rules, 0); i < n; i = rules_watch_next(rules, i + 1))
		text_list_add(&text, "%s", rows[i].rule);
	return text;
}

/* A line of source that ran, @times in the program @in, and @before in those before it. */
struct ran {
	const char *file, *text;
	unsigned int line;
	const struct trace *in;
	uint64_t times, before;
};

static int by_place(const void *a, const void *b)
{
	const struct ran *x = a, *y = b;
	int files = strcmp(x->file, y->file);

	return files ? files : x->line < y->line ? -1 : x->line > y->line;
}

/* Several points of a program may be of one line: as often as the one that ran most. */
static void add_ran(struct ran **lines, size_t *n, const struct trace *t, size_t point)
{
	const struct trace_point *p = &t->points[point];
	uint64_t times = t->cells->counts[point];
	struct ran *line = *lines, *end = *lines + *n;

	if (!times)
		return;
	while (line < end && (line->line != p->line || strcmp(line->file, p->file) != 0))
		line++;
	if (line == end) {
		line = array_add(lines, n, sizeof(*line));
		*line = (struct ran){ p->file, p->text, p->line, t, 0, 0 };
	}
	if (line->in != t) {
		line->before += line->times;
		line->times = 0;
		line->in = t;
	}
	if (times > line->times)
		line->times = times;
}

/* Those of filter @i of the trace; false: it counts none. */
static bool add_lines(struct ran **lines, size_t *n, const struct trace *t, size_t i)
{
	bool known = false;

	for (size_t k = 0; k < t->n; k++) {
		if (t->points[k].filter != i || t->points[k].kind != POINT_LINE)
			continue;
		known = true;
		add_ran(lines, n, t, k);
	}
	return known;
}

/* As it is written, a tab as four spaces. */
static void add_source(struct table *t, const char *text)
{
	size_t tabs = strspn(text, "\t");

	table_add(t, NULL, "%*s%s", (int)(4 * tabs), "", text + tabs);
}

static void print_lines(const struct ran *lines, size_t n, FILE *out)
{
	struct table t = { .n_columns = 3, .right = { true } };

	for (size_t i = 0; i < n; i++) {
		if (!i || strcmp(lines[i].file, lines[i - 1].file) != 0) {
			table_print(&t, 6, out);
			sanitize_print(out, "     %s\n", lines[i].file);
		}
		table_add(&t, NULL, "%u", lines[i].line);
		add_source(&t, lines[i].text);
		if (lines[i].times + lines[i].before > 1)
			table_add(&t, NULL, "%" PRIu64 " times", lines[i].times + lines[i].before);
		else
			table_add(&t, NULL, "%s", "");
	}
	table_print(&t, 6, out);
}

static void print_unknown(const char *whose, enum trace_level level, FILE *out)
{
	(void)fprintf(out, "     (which of %s lines ran is not known: %s)\n", whose,
		      level < TRACE_LINES ? "counting them is too much for the kernel"
					  : "compile it with -g");
}

/* Of filter @i, an object, and of what it calls by a PROG_ARRAY. */
static void print_source(const struct explain *x, const struct explained *result, size_t i,
			 FILE *out)
{
	const struct trace *t = explain_trace(x);
	struct ran *FREE_AUTO lines = NULL;
	const struct call_trace *call;
	size_t n = 0;
	bool known = add_lines(&lines, &n, t, i);

	if (!known)
		print_unknown("its", t->level, out);
	for (size_t k = 0; (call = explain_call(x, i, k)); k++)
		if (!add_lines(&lines, &n, &call->trace, 0) && known) {
			char *FREE_AUTO whose = text_format("%s's", call->program);

			print_unknown(whose, call->trace.level, out);
		}
	if (n)
		qsort(lines, n, sizeof(*lines), by_place);
	print_lines(lines, n, out);
	if (explain_calls_shared(x, result, i))
		(void)fputs("     (lines behind bpf_tail_call are those of all filters here that "
			    "share its PROG_ARRAY)\n",
			    out);
}

/* @rules: those that the filter met, wherever it stands; NULL: none. */
static void print_filter(const struct explain *x, const struct explained *result, size_t i,
			 const char *rules, int width, bool colour, FILE *out)
{
	const struct filter *f = explain_filter(x, i);
	uint32_t verdict = explain_trace(x)->cells->filters[i].verdict;
	const char *paint = colour_of(verdict, colour);
	bool met = rules && verdict != XLAB_NEXT;

	(void)fprintf(out, "  %zu  %-*s  ", i + 1, width, f->name);
	if (i >= result->n_asked) {
		(void)fputs("not asked\n", out);
		return;
	}
	(void)fprintf(out, "%s%s%s%s%s\n", paint ? paint : "", verdict_name(verdict),
		      paint ? COLOUR_END : "", met ? "  " : "", met ? rules : "");
	if (f->program == PROGRAM_OBJECT)
		print_source(x, result, i, out);
}

static void print_filters(const struct explain *x, const struct explained *result, bool colour,
			  FILE *out)
{
	const struct chain_config *chain = explain_chain(x);
	char *rules[XLAB_CHAIN_MAX];
	int width = 0;

	for (size_t i = 0; i < chain->n_filters; i++) {
		rules[i] = first_position(x, i) == i ? rules_met(explain_rules(x, i)) : NULL;
		if (text_width(chain->filters[i]) > width)
			width = text_width(chain->filters[i]);
	}
	for (size_t i = 0; i < chain->n_filters; i++)
		print_filter(x, result, i, rules[first_position(x, i)], width, colour, out);
	for (size_t i = 0; i < chain->n_filters; i++)
		free(rules[i]);
}

static void print_header(void *cookie, const char *text)
{
	(void)fprintf(cookie, "  %s\n", text);
}

static void print_result(const struct explain *x, const struct explained *result, bool colour,
			 FILE *out)
{
	const struct chain_config *chain = explain_chain(x);
	const char *paint = colour_of(result->verdict, colour);

	(void)fprintf(out, "=> %s%s%s", paint ? paint : "", verdict_name(result->verdict),
		      paint ? COLOUR_END : "");
	if (result->by < chain->n_filters)
		(void)fprintf(out, ", by %s\n", chain->filters[result->by]);
	else
		(void)fputs(", for no filter decided otherwise\n", out);
}

void explain_print(const struct explain *x, const struct explained *result, const uint8_t *bytes,
		   size_t size, bool colour, FILE *out)
{
	(void)fprintf(out, "a packet of %zu bytes\n", size);
	packet_print(bytes, size, print_header, out);
	print_filters(x, result, colour, out);
	print_result(x, result, colour, out);
	if (result->size == size && !memcmp(result->bytes, bytes, size))
		return;
	(void)fprintf(out, "it came out changed, %zu bytes\n", result->size);
	packet_print(result->bytes, result->size, print_header, out);
}

/* "10.0.0.10 => 10.0.0.1 udp 44024 => 8888", as far as there is something of it. */
static void print_short(const uint8_t *bytes, size_t size, FILE *out)
{
	char src[ADDRESS_TEXT], dst[ADDRESS_TEXT];
	struct packet p;
	const char *proto;

	packet_read(bytes, size, &p);
	if (!p.has_ip) {
		const char *type = enum_name(ethertype_names, p.type);

		(void)fprintf(out, "%s => %s ", mac_text(p.src_mac, src), mac_text(p.dst_mac, dst));
		if (type)
			(void)fprintf(out, "%s\n", type);
		else
			(void)fprintf(out, "0x%04x\n", p.type);
		return;
	}
	proto = enum_name(proto_names, p.proto);
	(void)fprintf(out, "%s => %s", address_text(&p.src, src), address_text(&p.dst, dst));
	if (proto)
		(void)fprintf(out, " %s", proto);
	else
		(void)fprintf(out, " %u", p.proto);
	if (p.has_ports)
		(void)fprintf(out, " %u => %u", p.src_port, p.dst_port);
	(void)fputc('\n', out);
}

void explain_print_line(const struct explain *x, const struct explained *result, size_t number,
			const uint8_t *bytes, size_t size, FILE *out)
{
	const struct chain_config *chain = explain_chain(x);
	bool decided = result->by < chain->n_filters;
	char *FREE_AUTO rules = decided ? rules_met(explain_rules(x, result->by)) : NULL;

	(void)fprintf(out, "%zu  %s%s%s%s%s%s  ", number, verdict_name(result->verdict),
		      decided ? " by " : "", decided ? chain->filters[result->by] : "",
		      rules ? " (" : "", rules ? rules : "", rules ? ")" : "");
	print_short(bytes, size, out);
}

struct explain_summary {
	const struct explain *x;
	uint64_t said[XLAB_CHAIN_MAX][XLAB_ACTIONS];
	uint64_t *before[XLAB_CHAIN_MAX]; /* hits of each rule */
	uint64_t came_through, packets;
};

static size_t slot_of(uint32_t verdict)
{
	if (verdict == XLAB_NEXT)
		return XLAB_SLOT_NEXT;
	return verdict < XLAB_SLOT_INVALID ? verdict : XLAB_SLOT_INVALID;
}

struct explain_summary *explain_summary_new(const struct explain *x)
{
	struct explain_summary *s = xcalloc(1, sizeof(*s));

	s->x = x;
	for (size_t i = 0; i < explain_chain(x)->n_filters; i++) {
		struct rules_watch *rules = explain_rules(x, i);
		const struct rule_row *rows = NULL;
		size_t n = 0;

		if (rules)
			rows = rules_watch_rows(rules, &n);
		s->before[i] = xcalloc(n + 1, sizeof(**s->before));
		for (size_t k = 0; k < n; k++)
			s->before[i][k] = rows[k].hits;
	}
	return s;
}

void explain_summary_free(struct explain_summary *s)
{
	for (size_t i = 0; i < XLAB_CHAIN_MAX; i++)
		free(s->before[i]);
	free(s);
}

void explain_summary_add(struct explain_summary *s, const struct explained *result)
{
	const struct trace_answer *answers = explain_trace(s->x)->cells->filters;

	for (size_t i = 0; i < result->n_asked; i++)
		s->said[i][slot_of(answers[i].verdict)]++;
	s->came_through += result->by == explain_chain(s->x)->n_filters;
	s->packets++;
}

static void add_rules(const struct explain_summary *s, size_t i, struct table *t)
{
	struct rules_watch *rules = explain_rules(s->x, i);
	const struct rule_row *rows;
	size_t n;

	if (!rules || first_position(s->x, i) != i)
		return;
	rows = rules_watch_rows(rules, &n);
	for (size_t k = rules_watch_next(rules, 0); k < n; k = rules_watch_next(rules, k + 1))
		;
	for (size_t k = 0; k < n; k++) {
		if (rows[k].hits == s->before[i][k])
			continue;
		table_add(t, NULL, " ");
		table_add(t, NULL, "  %s", rows[k].rule);
		table_add(t, NULL, "%" PRIu64, rows[k].hits - s->before[i][k]);
	}
}

void explain_summary_print(struct explain_summary *s, FILE *out)
{
	static const size_t order[] = { XLAB_SLOT_NEXT, XDP_PASS,    XDP_DROP,	       XDP_TX,
					XDP_REDIRECT,	XDP_ABORTED, XLAB_SLOT_INVALID };
	const struct chain_config *chain = explain_chain(s->x);
	struct table t = { .n_columns = 3, .right = { false, false, true } };

	table_add(&t, NULL, "filter");
	table_add(&t, NULL, "verdict");
	table_add(&t, NULL, "packets");
	for (size_t i = 0; i < chain->n_filters; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
			uint32_t verdict =
				order[k] == XLAB_SLOT_NEXT ? XLAB_NEXT : (uint32_t)order[k];

			if (!s->said[i][order[k]])
				continue;
			table_add(&t, NULL, "%s", chain->filters[i]);
			table_add(&t, NULL, "%s", verdict_name(verdict));
			table_add(&t, NULL, "%" PRIu64, s->said[i][order[k]]);
		}
		add_rules(s, i, &t);
	}
	table_add(&t, NULL, "(came through)");
	table_add(&t, NULL, "pass");
	table_add(&t, NULL, "%" PRIu64, s->came_through);
	table_print(&t, 0, out);
}
