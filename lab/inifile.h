/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INIFILE_H
#define XLAB_INIFILE_H

/* A lab file as sections of keys, each with its line, and with ranges written out: of
 * [node h{1..1000}] come a thousand sections of one line. The only place that knows libinih.
 */

#include <stdbool.h>
#include <stddef.h>

struct error;

#define INIFILE_LINE_MAX     4096	       /* bytes in a line */
#define INIFILE_SIZE_MAX     (4 * 1024 * 1024) /* bytes in a file */
#define INIFILE_SECTIONS_MAX 65536
#define INIFILE_COUNTED_MAX  (32 * 1024 * 1024) /* bytes that ranges are written out to */
#define INIFILE_ERRORS_MAX   500		/* reported; then the reading is given up */
#define INIFILE_REPEATS_MAX  3 /* of a line that ranges make many of; the others are counted */

struct ini_key {
	char *name;
	char *value;
	int line;
	bool counted; /* one of those that a range made of its line */
	bool used;    /* some table has taken it */
};

struct ini_section {
	char *kind; /* "iface" of [iface host:veth0] */
	char *name; /* "host:veth0", "" if none */
	int line;
	struct ini_key *keys;
	size_t n_keys;
	bool counted; /* one of those that a range made of its heading */
	bool broken;  /* a line or a key of it was not understood: what seems missing may be that */
};

struct inifile {
	char *path; /* as given, for messages */
	char *dir;  /* absolute folder of the file: what its paths are relative to */
	char *text; /* the whole file, as read */
	struct ini_section *sections;
	size_t n_sections;
	unsigned int *told; /* by line: complaints about what is counted there; NULL: nothing is */
	int lines;
	bool broken;	/* a line or a section was not understood, whosever it is */
	bool uncounted; /* a heading's range was refused: names that are unknown may be of it */
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

/* So many errors are told already that no more are worth looking for. */
bool ini_gave_up(const struct error *e);

#endif
