/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INIFILE_H
#define XLAB_INIFILE_H

/*
 * A lab file as sections of keys, each with its line; and key tables, which
 * say what a section may hold. The only place that knows libinih.
 *
 * A table entry gives a key's name, how its value is read, whether it may
 * repeat, what is allowed (for messages) and help (for the man page).
 */

#include <stdbool.h>
#include <stddef.h>

struct error;

#define INIFILE_LINE_MAX     4096	       /* bytes in a line */
#define INIFILE_SIZE_MAX     (4 * 1024 * 1024) /* bytes in a file */
#define INIFILE_SECTIONS_MAX 65536
#define INIFILE_ERRORS_MAX   500 /* reported; then the reading is given up */

struct ini_key {
	char *name;
	char *value;
	int line;
	bool used; /* some table has taken it */
};

struct ini_section {
	char *kind; /* "iface" of [iface host:veth0] */
	char *name; /* "host:veth0", "" if none */
	int line;
	struct ini_key *keys;
	size_t n_keys;
	bool broken; /* a line or a key of it was not understood: what seems missing may be that */
};

struct inifile {
	char *path; /* as given, for messages */
	char *dir;  /* absolute folder of the file: what its paths are relative to */
	char *text; /* the whole file, as read */
	struct ini_section *sections;
	size_t n_sections;
	bool broken; /* a line or a section was not understood, whosever it is */
};

/*
 * Read a file (a regular one; "-" is not special) or a text. All that is wrong with its form
 * (a line too long, a NUL byte, no section, a stray line, CRLF, a BOM, an
 * empty file, a folder, a fifo) is in @e, and @ini holds what could be read all the
 * same, unless nothing could. The caller frees with inifile_clear() in any case.
 * In inifile_parse, @path and @dir are what the text came from.
 */
int inifile_load(struct inifile *ini, const char *path, struct error *e);
int inifile_parse(struct inifile *ini, const char *path, const char *dir, const char *text,
		  size_t len, struct error *e);
void inifile_clear(struct inifile *ini);

/* True if the file that this was read from can be read again and holds something else now. */
bool inifile_changed(const struct inifile *ini);

/* Put the lines of @e, which the readers added, into the order of the file's lines. */
void inifile_sort_errors(const struct inifile *ini, struct error *e);

/* The section's first key of that name, or NULL. */
const struct ini_key *ini_find_key(const struct ini_section *section, const char *name);

struct ini_key_spec;

/* Where a reader of a value stands: for its messages. */
struct ini_where {
	const struct inifile *ini;	   /* NULL: not from a file, messages have no position */
	const struct ini_section *section; /* NULL only without a file */
	const struct ini_key *key;	   /* NULL: the section itself */
	const struct ini_key_spec *spec;   /* of the key, or NULL */
};

/* Add "file:line: [section] key = value: MESSAGE" to @e. Returns -EINVAL. */
int ini_complain(const struct ini_where *at, struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, with what the key's table allows at the end. */
int ini_refuse(const struct ini_where *at, struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Complain that there is no @what named @name, and offer the nearest (see text_nearest), or tell
 * which there are where they are few.
 */
int ini_unknown(const struct ini_where *at, struct error *e, const char *what, const char *name,
		const char *(*next)(void *cookie, size_t i), void *cookie);

/* Complain that @word is not @what ("a protocol"), offer the nearest of the words that are, and
 * tell what the key's table allows.
 */
int ini_misspelt(const struct ini_where *at, struct error *e, const char *what, const char *word,
		 const char *(*next)(void *cookie, size_t i), void *cookie);

/* Set "out of memory" and return -ENOMEM: readers give up at once on that. */
int ini_no_memory(struct error *e);

/* So many errors are told already that no more are worth looking for. */
bool ini_gave_up(const struct error *e);

struct ini_key_spec {
	const char *name; /* "set." at its end a dot: any name that starts so */
	bool repeats;
	bool required;
	const char *allowed; /* "yes or no", "CIDR, IPv4 or IPv6", … */
	const char *help;
	/* Read the key's value into @object; messages by ini_complain. */
	int (*read)(const struct ini_where *at, const char *value, void *object, struct error *e);
};

struct ini_section_spec {
	const char *kind;
	const char *argument; /* "NODE", "NODE:IFACE", NULL if it has no name */
	const char *help;
	const struct ini_key_spec *keys; /* ends in an entry without a name */
};

/*
 * Hand the section's keys to @keys and mark them used; report keys twice that
 * may stand once, and required ones that are missing. Keys that the table does
 * not know are left for other tables.
 */
int ini_section_read(const struct inifile *ini, const struct ini_section *section,
		     const struct ini_key_spec *keys, void *object, struct error *e);

/* What is wrong with the section is told already: nothing more is said of its keys. */
void ini_section_skip(const struct ini_section *section);

/* Before any table reads: mark as broken the sections with keys that no table has, and the file if
 * it has a section that none has. ini_report_unknown() will tell of each.
 */
void ini_mark_broken(struct inifile *ini, const struct ini_section_spec *const *tables);

/*
 * After all tables have read: report each section whose kind no table has and
 * each key that nobody used, with the nearest known name. @tables ends in NULL;
 * several of them may speak of one kind.
 */
int ini_report_unknown(const struct inifile *ini, const struct ini_section_spec *const *tables,
		       struct error *e);

#endif
