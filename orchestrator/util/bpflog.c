// SPDX-License-Identifier: GPL-2.0-or-later
/* What libbpf and libxdp print, kept as a text. Which of it matters is for the callers. */
#include "orchestrator/util/bpflog.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"

/* A verifier's log can have megabytes; its end is what matters. */
#define KEPT (1U << 20)

/*
 * Both libraries' print functions get no cookie, so where their words go must
 * be found without one.
 */
static __thread struct bpflog *listening;

static void keep(struct bpflog *log, const char *words, size_t n)
{
	if (log->length > KEPT) {
		memmove(log->text, log->text + log->length - KEPT / 2, KEPT / 2);
		log->length = KEPT / 2;
	}
	log->text = xreallocarray(log->text, 1, log->length + n + 1);
	memcpy(log->text + log->length, words, n + 1);
	log->length += n;
}

static int collect(const char *fmt, va_list args)
{
	char *FREE_AUTO words = NULL;
	size_t n;

	if (!listening)
		return 0;
	words = text_vformat(fmt, args);
	n = strlen(words);
	keep(listening, words, n);
	return (int)n;
}

static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? collect(fmt, args) : 0;
}

static int print_libxdp(enum libxdp_print_level level, const char *fmt, va_list args)
{
	return level == LIBXDP_WARN ? collect(fmt, args) : 0;
}

void bpflog_begin(struct bpflog *log)
{
	log->outer = listening;
	log->begun = 1;
	listening = log;
	libbpf_set_print(print_libbpf);
	libxdp_set_print(print_libxdp);
}

void bpflog_end(struct bpflog *log)
{
	if (log->begun)
		listening = log->outer;
	free(log->text);
	*log = (struct bpflog)BPFLOG_INIT;
}

const char *bpflog_first(struct bpflog *log, const char *otherwise)
{
	char *line = log->text;

	if (!line)
		return otherwise;
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "libbpf: ", 8))
		line += 8;
	return *line ? line : otherwise;
}

static bool is_statistics(const char *line)
{
	return !strncmp(line, "processed ", 10) || !strncmp(line, "verification time ", 18) ||
	       !strncmp(line, "stack depth ", 12) || !strncmp(line, "max_states", 10);
}

#define TAIL_LINES 12

char *bpflog_tail(const char *text)
{
	const char *end = text + strlen(text), *at = end;
	size_t n = 0;

	while (at > text && n < TAIL_LINES) {
		for (at--; at > text && at[-1] != '\n'; at--) /* to the line's start */
			;
		if (is_statistics(at) && n == 0)
			end = at;
		else
			n++;
	}
	while (end > at && end[-1] == '\n')
		end--;
	return xstrndup(at, (size_t)(end - at));
}

char *bpflog_verifier(const struct bpflog *log)
{
	static const char begin[] = "-- BEGIN PROG LOAD LOG --\n";
	char *FREE_AUTO whole = NULL;
	const char *from = NULL, *next = log->text, *to;

	while (next && (next = strstr(next, begin)))
		from = next += strlen(begin);
	if (!from)
		return NULL;
	to = strstr(from, "-- END PROG LOAD LOG --");
	whole = xstrndup(from, to ? (size_t)(to - from) : strlen(from));
	return bpflog_tail(whole);
}
