// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a file's bytes to sections of keys; what they mean is not known here.
 *
 * libinih splits lines into keys and values and takes comments off. It also cuts
 * section names at 50 characters, says nothing of sections without keys, takes ':' for
 * '=', makes a line that begins with white space part of the value before, and has comments begin
 * in quotes. So the lines it gets have passed here first: headings are read here, and
 * what it would misunderstand is reported and withheld from it, or hidden.
 */
#include "lab/inifile.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/inicount.h"
#include "lab/statefile.h"
#include "lab/text.h"

struct reader {
	struct inifile *ini;
	struct error *e;
	const char *at, *end;
	int line;
	size_t section;	   /* NOWHERE before the first heading, BROKEN behind a bad one */
	size_t *instances; /* where the heading counts: all of its sections, @section the first */
	size_t n_instances;
	struct ini_counters counters; /* of the heading */
	char *title;		      /* as written, for messages: "iface h{1..9}:eth0" */
	size_t written;		      /* bytes that came of ranges */
	struct names titles;	      /* "kind name" -> index in ini->sections */
	bool crlf;		      /* reported already */
	bool full;		      /* no more sections are taken */
};
#define NOWHERE (SIZE_MAX - 1)
#define BROKEN	SIZE_MAX

/* The section that the line is in, NULL before the first and behind a bad heading. */
static struct ini_section *current_section(const struct reader *r)
{
	return r->section < r->ini->n_sections ? &r->ini->sections[r->section] : NULL;
}

__attribute__((format(printf, 2, 3))) static void complain(struct reader *r, const char *fmt, ...)
{
	const struct ini_section *in = current_section(r);
	char *FREE_AUTO text = NULL;
	va_list args;

	if (!in)
		r->ini->broken = true;
	for (size_t i = 0; in && i < r->n_instances; i++)
		r->ini->sections[r->instances[i]].broken = true;
	if (ini_gave_up(r->e))
		return;
	va_start(args, fmt);
	text = text_vformat(fmt, args);
	va_end(args);
	(void)error_at(r->e, r->ini->path, r->line, "%s", text);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool comment(char c)
{
	return c == ';' || c == '#';
}

static const char *skip_blank(const char *s)
{
	while (blank(*s))
		s++;
	return s;
}

/* What in these bytes has no place in a line, or NULL. Control characters
 * would reach the terminals and reports of those who read the lab. The NUL or newline behind them
 * ends a character that is cut.
 */
static const char *bad_bytes(const char *line, size_t len)
{
	uint32_t code;

	for (size_t i = 0, n; i < len; i += n) {
		n = text_utf8(line + i, &code);
		if (!n || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
			return "bytes that are not UTF-8";
		if (!code)
			return "a NUL byte: is this a text file?";
		if ((code < ' ' && code != '\t') || code == 0x7f)
			return "a control character";
	}
	return NULL;
}

/* Take the next line, without its newline, if it is fit to be read. */
static bool next_line(struct reader *r, char *line)
{
	const char *start = r->at, *newline = memchr(start, '\n', (size_t)(r->end - start)), *bad;
	size_t len = (size_t)((newline ? newline : r->end) - start);

	r->at = newline ? newline + 1 : r->end;
	r->line++;
	if (len && start[len - 1] == '\r') {
		len--;
		if (!r->crlf)
			complain(r, "the line ends in CR LF, as on Windows; convert the file: "
				    "sed -i 's/\\r$//' FILE");
		r->crlf = true;
	}
	if (len > INIFILE_LINE_MAX) {
		complain(r, "the line has %zu bytes, %d are allowed", len, INIFILE_LINE_MAX);
		return false;
	}
	bad = bad_bytes(start, len);
	if (bad) {
		complain(r, "the line contains %s", bad);
		return false;
	}
	memcpy(line, start, len);
	line[len] = '\0';
	return true;
}

/* Ranges make much of little: there is an end to it. */
static bool write_out(struct reader *r, size_t bytes)
{
	r->written += bytes;
	if (r->written <= INIFILE_COUNTED_MAX)
		return true;
	if (!r->full)
		complain(r, "with its ranges written out the file has more than %d MiB",
			 INIFILE_COUNTED_MAX >> 20);
	r->full = true;
	return false;
}

/* Open the section, or the one that has this title already: its keys are
 * checked with the others then.
 */
static void open_section(struct reader *r, const char *kind, const char *name)
{
	char *FREE_AUTO title = text_format("%s %s", kind, name);
	struct ini_section *s;
	size_t old, *instance;

	if (r->ini->n_sections == INIFILE_SECTIONS_MAX) {
		complain(r, "a file has at most %d sections", INIFILE_SECTIONS_MAX);
		r->full = true;
		return;
	}
	if (names_add(&r->titles, title, r->ini->n_sections, &old)) {
		complain(r, "[%s%s%s]: stands at line %d already", kind, *name ? " " : "", name,
			 r->ini->sections[old].line);
	} else {
		old = r->ini->n_sections;
		s = array_add(&r->ini->sections, &r->ini->n_sections, sizeof(*s));
		s->kind = xstrdup(kind);
		s->name = xstrdup(name);
		s->line = r->line;
		s->counted = r->counters.n;
	}
	instance = array_add(&r->instances, &r->n_instances, sizeof(*instance));
	*instance = old;
	r->section = r->instances[0];
}

/* All the sections of a heading; that they are there already is told once. */
static void open_sections(struct reader *r, const char *kind, const char *name)
{
	char *FREE_AUTO why = NULL;
	unsigned int before = r->e->lines;

	r->counters.n = 0;
	free(r->title);
	r->title = text_format("%s%s%s", kind, *name ? " " : "", name);
	if (!strchr(name, '{')) {
		open_section(r, kind, name);
		return;
	}
	if (ini_count_heading(name, &r->counters, &why)) {
		r->ini->uncounted = true;
		complain(r, "[%s]: %s", r->title, why);
		return;
	}
	do {
		char *FREE_AUTO counted = ini_count_text(name, &r->counters, 0, &why);

		if (!counted)
			complain(r, "[%s]: %s", r->title, why);
		if (!counted || !write_out(r, sizeof(struct ini_section) + strlen(counted)))
			break;
		open_section(r, kind, counted);
	} while (r->e->lines == before && ini_count_on(&r->counters, 0));
	if (r->e->lines > before) {
		r->section = BROKEN;
		r->ini->broken = r->ini->uncounted = true;
	}
}

/* "[kind name]", @line being cut in place. */
static void read_heading(struct reader *r, char *line)
{
	char *kind = line + strspn(line, " \t") + 1, *close = strchr(kind, ']'), *name;
	const char *behind;

	r->section = BROKEN;
	r->n_instances = 0;
	if (!close) {
		complain(r, "%s: the section's ] is missing", line);
		return;
	}
	behind = skip_blank(close + 1);
	if (*behind && !(comment(*behind) && behind > close + 1)) {
		complain(r, "\"%s\" stands behind the section's ]", behind);
		return;
	}
	while (blank(close[-1]))
		close--;
	*close = '\0';
	kind += strspn(kind, " \t");
	name = kind + strcspn(kind, " \t");
	if (*name) {
		*name++ = '\0';
		name += strspn(name, " \t");
	}
	if (!*kind)
		complain(r, "[]: the section has no kind; write for example [node host]");
	else
		open_sections(r, kind, name);
}

/* In [ ] of a key, as of data[0:4], is a ':' that libinih must not see: it would split there. No
 * line has this character, see bad_bytes().
 */
#define HIDDEN_COLON '\x1f'

static void swap_colons(char *key, size_t len, char from, char to)
{
	char *open = memchr(key, '[', len);

	for (char *c = open; c && c < key + len && *c != ']'; c++)
		if (*c == from)
			*c = to;
}

/* In "quotes" of a value no comment begins: these stand for ; and # meanwhile. */
#define HIDDEN_SEMICOLON '\x1e'
#define HIDDEN_HASH	 '\x1d'

/* The quote that closes this one, before white space, a comma or the end; NULL: it is not closed.
 * In between \" and \\ are characters.
 */
static char *closing_quote(char *quote)
{
	char *s = quote + 1;

	for (; *s && *s != '"'; s++)
		if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
			s++;
	return *s && strchr(" \t,", s[1]) ? s : NULL;
}

/* @equals is the = before the value. Where words begin, a quote may open. */
static void hide_quoted(char *equals)
{
	for (char *s = equals; *s; s++) {
		char *close = *s == '"' && strchr(" \t,=!<>", s[-1]) ? closing_quote(s) : NULL;

		for (; close && s < close; s++)
			*s = *s == ';' ? HIDDEN_SEMICOLON : *s == '#' ? HIDDEN_HASH : *s;
	}
}

static void show_quoted(char *value)
{
	for (; *value; value++)
		*value = *value == HIDDEN_SEMICOLON ? ';' : *value == HIDDEN_HASH ? '#' : *value;
}

/* A ':' that is not in [ ]. */
static const char *find_colon(const char *key, const char *end)
{
	bool inside = false;

	for (; key < end && (inside || *key != ':'); key++)
		inside = *key == '[' || (inside && *key != ']');
	return key < end ? key : NULL;
}

/* Why this line is no key and value that libinih reads as we do, or NULL. */
static const char *bad_key_line(const struct reader *r, const char *key)
{
	const char *equals = key, *value;

	while (*equals && *equals != '=' && !(comment(*equals) && blank(equals[-1])))
		equals++;
	if (*equals != '=')
		return "neither a [section], nor KEY = VALUE, nor a comment";
	value = skip_blank(equals + 1);
	if (equals == key)
		return "no key stands before the =";
	if (find_colon(key, equals))
		return "a key has no ':'; write KEY = VALUE";
	if (r->section == NOWHERE)
		return "the key stands before the first [section]";
	if (!*value)
		return "the key has no value";
	if (*value == '=')
		return "one = is enough: write KEY = VALUE";
	if (comment(*value))
		return "the key has no value (; and # start a comment)";
	return NULL;
}

/* Is it one, and in a section? */
static bool is_key_line(struct reader *r, const char *key)
{
	const char *bad = bad_key_line(r, key);

	if (bad && current_section(r))
		complain(r, "[%s] %s: %s", r->title, key, bad);
	else if (bad)
		complain(r, "%s: %s", key, bad);
	return !bad && r->section != BROKEN;
}

/* ini_reader: hand libinih the next line, or a blank one in place of what is not for it. */
static char *give_line(char *str, int num, void *stream)
{
	struct reader *r = stream;
	const char *start;

	(void)num; /* run_libinih() sees to it that any line has room */
	if (r->at == r->end || r->full || ini_gave_up(r->e))
		return NULL;
	str[0] = '\0';
	if (!next_line(r, str))
		return str;
	start = skip_blank(str);
	if (*start == '[') {
		read_heading(r, str);
	} else if (*start && !comment(*start) && is_key_line(r, start)) {
		swap_colons(str, strcspn(str, "="), ':', HIDDEN_COLON);
		hide_quoted(strchr(str, '='));
		return str;
	}
	str[0] = '\0';
	return str;
}

static void add_key(struct reader *r, struct ini_section *s, const char *name, const char *value,
		    bool counted)
{
	struct ini_key *k = array_add(&s->keys, &s->n_keys, sizeof(*k));

	k->name = xstrdup(name);
	k->value = xstrdup(value);
	k->line = r->line;
	k->counted = counted;
}

/* The key for one of the heading's sections, as often as its value's own ranges say. */
static bool add_counted(struct reader *r, size_t instance, const char *name, const char *value)
{
	struct ini_counters c = r->counters;
	char *FREE_AUTO why = NULL;
	size_t from = c.n;
	int err = ini_count_value(value, &c, &why);

	if (err > 0)
		return true;
	if (err) {
		complain(r, "[%s] %s = %s: %s", r->title, name, value, why);
		return false;
	}
	do {
		char *FREE_AUTO counted = ini_count_text(value, &c, from, &why);

		if (!counted)
			complain(r, "[%s] %s = %s: %s", r->title, name, value, why);
		if (!counted ||
		    !write_out(r, sizeof(struct ini_key) + strlen(name) + strlen(counted)))
			return false;
		if (strlen(counted) > INIFILE_LINE_MAX) {
			complain(r, "[%s] %s: written out, the value has %zu bytes, %d are allowed",
				 r->title, name, strlen(counted), INIFILE_LINE_MAX);
			return false;
		}
		add_key(r, &r->ini->sections[instance], name, counted, c.n > from);
	} while (ini_count_on(&c, from));
	return true;
}

/* ini_handler: nonzero means that all is well. */
static int take_key(void *user, const char *section, const char *name, const char *text)
{
	struct reader *r = user;
	struct ini_counters *c = &r->counters;
	char *FREE_AUTO key = xstrdup(name), *FREE_AUTO value = xstrdup(text);

	(void)section;
	swap_colons(key, strlen(key), HIDDEN_COLON, ':');
	show_quoted(value);
	for (size_t i = 0; i < c->n; i++)
		c->list[i].now = c->list[i].first;
	for (size_t i = 0; i < r->n_instances; i++, (void)ini_count_on(c, 0)) {
		if (!c->n && !ini_counts(value))
			add_key(r, &r->ini->sections[r->instances[i]], key, value, false);
		else if (!add_counted(r, r->instances[i], key, value))
			break;
	}
	return 1;
}

/* The library's knobs are variables of its own, nobody else uses it here. */
static int run_libinih(struct reader *r)
{
	static char inline_comments[] = ";#";

	ini_max_line = INIFILE_LINE_MAX + 3;
	ini_inline_comment_prefixes = inline_comments;
	ini_allow_inline_comments = true;
	ini_allow_multiline = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = false;
	return ini_parse_stream(give_line, r, take_key, r);
}

static void skip_bom(struct reader *r)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t len = strlen(bom);

	if (strncmp(r->at, bom, len) != 0)
		return;
	r->line = 1;
	complain(r, "the file begins with a byte order mark (BOM); take it off: "
		    "sed -i '1s/^\\xef\\xbb\\xbf//' FILE");
	r->line = 0;
	r->at += len;
}

int inifile_parse(struct inifile *ini, const char *path, const char *dir, const char *text,
		  size_t len, struct error *e)
{
	struct reader r = { .ini = ini, .e = e, .section = NOWHERE };
	unsigned int before = e->lines;
	int line;

	*ini = (struct inifile){ .path = xstrdup(path), .dir = xstrdup(dir) };
	ini->text = memcpy(xcalloc(1, len + 1), text, len);
	if (!len)
		return error_input(e, "%s: the file is empty", path);
	if (len > INIFILE_SIZE_MAX)
		return error_input(e, "%s: the file has more than %d MiB", path,
				   INIFILE_SIZE_MAX >> 20);
	r.at = ini->text;
	r.end = ini->text + len;
	skip_bom(&r);
	line = run_libinih(&r);
	names_clear(&r.titles);
	free(r.instances);
	free(r.title);
	ini->lines = r.line;
	if (r.written)
		ini->told = xcalloc((size_t)r.line + 1, sizeof(*ini->told));
	if (line == -2)
		out_of_memory();
	if (line > 0) { /* a line that passed here and not there: never silently */
		r.line = line;
		complain(&r, "libinih cannot read this line");
	}
	return e->lines > before ? -EINVAL : 0;
}

void inifile_clear(struct inifile *ini)
{
	for (size_t i = 0; i < ini->n_sections; i++) {
		struct ini_section *s = &ini->sections[i];

		for (size_t j = 0; j < s->n_keys; j++) {
			free(s->keys[j].name);
			free(s->keys[j].value);
		}
		free(s->keys);
		free(s->kind);
		free(s->name);
	}
	free(ini->sections);
	free(ini->told);
	free(ini->path);
	free(ini->dir);
	free(ini->text);
	*ini = (struct inifile){ 0 };
}

/* O_NONBLOCK: opening a fifo must not wait for its writer. */
static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* A path that names no readable file is wrong input; what the machine refuses is not. */
static int open_failed(const char *path, int err, struct error *e)
{
	switch (err) {
	case ENOENT:
		return error_input(e, "%s: there is no such file", path);
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENXIO:
	case ENODEV:
		return error_input(e, "%s: %s", path, strerror(err));
	default:
		return error_sys(e, -err, "%s: cannot be read", path);
	}
}

static int check_file(const char *path, const struct stat *st, struct error *e)
{
	if (S_ISDIR(st->st_mode))
		return error_input(e, "%s: is a folder, not a lab file", path);
	if (!S_ISREG(st->st_mode))
		return error_input(e, "%s: is not a regular file", path);
	if (st->st_size > INIFILE_SIZE_MAX)
		return error_input(e, "%s: the file has %lld bytes, %d MiB are allowed", path,
				   (long long)st->st_size, INIFILE_SIZE_MAX >> 20);
	return 0;
}

/* All there is, but not more than one byte beyond what is allowed. NULL: errno tells. */
static char *read_whole(int fd, size_t *len)
{
	char *FREE_AUTO buf = xcalloc(1, INIFILE_SIZE_MAX + 1);

	return read_all(fd, buf, INIFILE_SIZE_MAX + 1, len) ? NULL : steal_pointer(&buf);
}

int inifile_load(struct inifile *ini, const char *path, struct error *e)
{
	char *FREE_AUTO copy = xstrdup(path), *FREE_AUTO text = NULL, *FREE_AUTO dir = NULL;
	int FD_AUTO fd = -1;
	struct stat st;
	size_t len;
	int err;

	*ini = (struct inifile){ 0 };
	fd = open_file(path);
	if (fd < 0)
		return open_failed(path, errno, e);
	if (fstat(fd, &st) < 0)
		return error_sys(e, -errno, "%s: cannot be read", path);
	err = check_file(path, &st, e);
	if (err)
		return err;
	text = read_whole(fd, &len);
	if (!text)
		return error_sys(e, -errno, "%s: cannot be read", path);
	dir = realpath(dirname(copy), NULL);
	if (!dir)
		return error_sys(e, -errno, "%s: its folder cannot be found", path);
	return inifile_parse(ini, path, dir, text, len, e);
}

bool inifile_changed(const struct inifile *ini)
{
	char *FREE_AUTO copy = xstrdup(ini->path), *FREE_AUTO text = NULL;
	char *FREE_AUTO path = text_format("%s/%s", ini->dir, basename(copy));
	int FD_AUTO fd = open_file(path);
	struct stat st;
	size_t len;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	text = read_whole(fd, &len);
	return text && (len != strlen(ini->text) || memcmp(text, ini->text, len) != 0);
}

bool ini_gave_up(const struct error *e)
{
	return e->lines >= INIFILE_ERRORS_MAX;
}
