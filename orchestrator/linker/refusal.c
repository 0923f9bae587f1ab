// SPDX-License-Identifier: GPL-2.0-or-later
/* What a verifier's log says, in the terms of a chain: which filter, which line of its source. */
#include "orchestrator/linker/refusal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/util/bpflog.h"

/* "123: (71) r0 = …": the instruction's number. */
static bool read_insn(const char *line, size_t *insn)
{
	const char *at = line;

	while (isdigit((unsigned char)*at))
		at++;
	if (at == line || strncmp(at, ": (", 3) != 0)
		return false;
	*insn = strtoul(line, NULL, 10);
	return true;
}

/* The last instruction that the log shows. */
static bool last_insn(const char *log, size_t *insn)
{
	bool found = false;

	for (const char *line = log; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		found |= read_insn(line, insn);
		if (!*line)
			break;
	}
	return found;
}

size_t refusal_filter(const struct linker *c, const char *log)
{
	size_t insn;

	if (!last_insn(log, &insn))
		return c->n_filters;
	return linker_filter_at(c, insn);
}

void refusal_seen(const char *log, bool *seen, size_t n)
{
	size_t insn;

	for (const char *line = log; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (read_insn(line, &insn) && insn < n)
			seen[insn] = true;
	}
}

static const struct bpf_line_info *line_of(const struct link_output *out, size_t insn)
{
	const struct bpf_line_info *found = NULL;

	for (size_t i = 0; i < out->n_lines && out->lines[i].insn_off <= insn; i++)
		found = &out->lines[i];
	return found;
}

static const struct {
	const char *words, *hint;
} hints[] = {
	{ "cannot call GPL-restricted function",
	  "a chain is GPL only if every filter's license is: one of them is not" },
	{ "Too large", "a filter and the functions that it calls have 512 bytes of stack "
		       "together; on kernels before 6.12, 480" },
	{ "the call stack of", "the kernel allows 8 nested frames" },
};

static const char *hint_for(const char *log)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (strstr(log, hints[i].words))
			return hints[i].hint;
	return NULL;
}

/* "filter X at file.c:12: source text", or less where less is known. */
static char *describe_where(const struct link_output *out, const struct linker *c, const char *log)
{
	size_t filter = refusal_filter(c, log), insn;
	const struct bpf_line_info *line;
	const char *source;

	if (!last_insn(log, &insn) || filter == c->n_filters)
		return text_format("the chain");
	line = line_of(out, insn);
	if (!line)
		return text_format("filter %s", c->filters[filter].name);
	source = btf__str_by_offset(out->btf, line->line_off);
	while (isspace((unsigned char)*source))
		source++;
	return text_format("filter %s at %s:%u: %s", c->filters[filter].name,
			   btf__str_by_offset(out->btf, line->file_name_off),
			   BPF_LINE_INFO_LINE_NUM(line->line_col), source);
}

int refusal_explain(const struct link_output *out, const struct linker *c, const char *log, int err,
		    struct error *e)
{
	char *FREE_AUTO where = NULL, *FREE_AUTO tail = NULL;
	const char *hint = hint_for(log);

	if (!*log && err == -EPERM)
		return error_state(e, err,
				   "the kernel does not let this process load XDP programs "
				   "(EPERM): it needs root, or CAP_BPF and CAP_NET_ADMIN");
	if (!*log)
		return error_sys(e, err,
				 "the kernel refuses the chain, without a word from the verifier");
	where = describe_where(out, c, log);
	tail = bpflog_tail(log);
	return error_state(e, err, "the verifier refuses %s\n%s%s%s", where, tail, hint ? "\n" : "",
			   hint ? hint : "");
}
