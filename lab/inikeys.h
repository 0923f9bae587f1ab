/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INIKEYS_H
#define XLAB_INIKEYS_H

/*
 * Key tables, which say what a section of a lab file may hold: a key's name, how its value is read,
 * whether it may repeat, what is allowed (for messages) and help (for the man page).
 */

#include <stdbool.h>
#include <stddef.h>

struct error;
struct ini_key;
struct ini_key_spec;
struct ini_section;
struct inifile;

/* Where a reader of a value stands: for its messages. */
struct ini_where {
	const struct inifile *ini;	   /* NULL: not from a file, messages have no position */
	const struct ini_section *section; /* NULL only without a file */
	const struct ini_key *key;	   /* NULL: the section itself */
	const struct ini_key_spec *spec;   /* of the key, or NULL */
};

struct ini_key_spec {
	const char *name;		 /* "set." at its end a dot: any name that starts so */
	bool (*takes)(const char *name); /* or these names, which @name stands for: "FIELD" */
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

/* The entry of @keys for a key of that name, or NULL. */
const struct ini_key_spec *ini_find_spec(const struct ini_key_spec *keys, const char *name);

/* The section's first key of that name, or NULL. */
const struct ini_key *ini_find_key(const struct ini_section *section, const char *name);

/* Add "file:line: [section] key = value: MESSAGE" to @e. Returns -EINVAL. */
int ini_complain(const struct ini_where *at, struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, with what the key's table allows at the end. */
int ini_refuse(const struct ini_where *at, struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Where the last error that is told is in @e: that there are more. The two above do so themselves.
 */
void ini_tell_rest(const struct ini_where *at, struct error *e);

/* Add a line as ini_complain() does, of what can be read, and hardly be meant. */
void ini_warn(const struct ini_where *at, struct error *warnings, const char *fmt, ...)
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

/* Put the lines of @e, which the readers added, into the order of the file's lines. */
void inifile_sort_errors(const struct inifile *ini, struct error *e);

#endif
